"""Real networks on every core: TFLite's outputs, and no dearer than the committed table says."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]
from support import shared
from support.compiled import AnyArray, compile_file, litert_outputs, mismatches, run_on
from thumbnet.commands.samples import make_samples
from thumbnet.ir.graph import DType
from thumbnet.reference.interpreter import run_sequence

BENCH = Path(__file__).resolve().parents[1] / "bench" / "results.json"

GROWTH = 1.01
"""What a change that means nothing by it may add; an intended one updates the table."""

PREDICTION = 0.05
"""How far the predicted instructions of a Cortex-M4 may be from those counted."""

TYPICAL = 0.01
"""How far they are for half of the models."""

ONNX = ("kaijiang-kws-onnx", "kaijiang-ic-resnet-onnx")
"""Models that round as onnxruntime does, with weights that were fitted in TFLite's arithmetic."""

MISSED = {"tflm-mnist-lstm-int8": 0.065, **dict.fromkeys(ONNX, 0.45)}
"""Where a prediction is further off; the LSTM's on a Cortex-M33, which takes an M4's weights."""

PREDICTED = ("cortex-m4", "cortex-m4 speed", "cortex-m4 size", "cortex-m7", "cortex-m33")


def table() -> dict[str, dict[str, dict[str, Any]]]:
    """Figures by build and model."""
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(BENCH.read_text(encoding="utf-8"))
    return found


CASES = [(build, name) for build, models in table().items() for name in models]


OF_OTHER_TESTS = ("tflm-seanet-transpose_conv0",)
"""Models whose inputs are not the file's: test_int16_networks.py compares them with LiteRT."""


@cache
def expected_of(name: str) -> tuple[list[list[AnyArray]], list[Any]]:
    """Two inputs, one inference after the other, and LiteRT's outputs.

    Of ONNX files the reference's, which test_onnx_models.py holds to onnxruntime.
    """
    path = shared.model_path(name)
    compiled = compile_file(path)
    graph = compiled.reference_graph
    tensors = [graph.tensor(tensor) for tensor in graph.inputs]
    samples: list[list[AnyArray]] = make_samples(tensors, 2)
    if [tensor.dtype for tensor in tensors] == [DType.INT8]:
        samples = [[sample] for sample in shared.suite(name, tensors[0].shape, 2)]
    if path.suffix == ".onnx" or name in OF_OTHER_TESTS:
        outputs = run_sequence(graph, samples)
        return samples, [[output.reshape(-1) for output in found] for found in outputs]
    return samples, litert_outputs(readable(path.read_bytes()), compiled, samples)


def readable(model: bytes) -> bytes:
    """A copy whose biases say that they are quantized along their only dimension.

    Those of tflm-person-detect name the weights' instead, which LiteRT refuses to read.
    """
    found = schema.ModelT.InitFromPackedBuf(model, 0)
    for tensor in found.subgraphs[0].tensors:
        dimensions = 0 if tensor.shape is None else len(tensor.shape)
        if tensor.quantization is not None and (
            tensor.quantization.quantizedDimension >= dimensions
        ):
            tensor.quantization.quantizedDimension = 0
    builder = flatbuffers.Builder(len(model))
    builder.Finish(found.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def test_the_table_is_whole() -> None:
    """Every build has every model."""
    models = {name for _, name in CASES}
    assert {build for build, _ in CASES} >= {*PREDICTED, "cortex-m0plus", "cortex-m55", "rv32imc"}
    assert len(CASES) == len(models) * len(table()) and len(models) == 35
    rows = [row for models in table().values() for row in models.values()]
    assert all(row["exact"] for row in rows)


@shared.needs_shared
def test_no_model_is_left_out() -> None:
    """The table has every network of ../shared/models."""
    folders = {path.parent.name for path in shared.model_files()}
    assert {name for _, name in CASES} == folders


@shared.needs_shared
@pytest.mark.parametrize(("build", "name"), CASES)
def test_exact_and_within_the_table(build: str, name: str) -> None:
    """Instructions, RAM and code against test/bench/results.json."""
    core, _, optimize = build.partition(" ")
    row = table()[build][name]
    samples, expected = expected_of(name)
    compiled = compile_file(shared.model_path(name), core, optimize=optimize or "balanced")
    found = run_on(compiled, core, samples)
    assert not mismatches(found, expected)
    assert found.static_bytes == 0
    assert found.weight_bytes == compiled.plan.weight_bytes
    assert found.instructions is not None
    assert found.instructions <= GROWTH * row["instructions"]
    assert found.arena_size <= GROWTH * row["arena_bytes"]
    assert found.code_bytes <= GROWTH * row["code_bytes"]
    assert found.weight_bytes <= GROWTH * row["weight_bytes"]
    assert compiled.plan.graph.state_bytes <= row["state_bytes"]


@pytest.mark.parametrize("build", PREDICTED)
def test_predictions_hold(build: str) -> None:
    """The cost model is within 5 % of what was counted, on every model."""
    off = {
        name: row["predicted_instructions"] / row["instructions"] - 1
        for name, row in table()[build].items()
    }
    assert len(off) >= 20
    limits = {name: MISSED.get(name, PREDICTION) for name in off}
    assert {name: error for name, error in off.items() if abs(error) > limits[name]} == {}
    assert np.median(np.abs(list(off.values()))) <= TYPICAL


MOST_INSTRUCTIONS = {
    "mlperf-ad01": 300_000,
    "mlperf-kws": 3_600_000,
    "mlperf-resnet8": 12_500_000,
    "mlperf-vww96": 6_200_000,
    "tflm-person-detect": 9_300_000,
    "tinyengine-vww": 17_000_000,
    "mcunet-person-det": 26_500_000,
}
"""Half of what CMSIS-NN and TinyEngine take, and less."""

MOST_CODE = {
    ("cortex-m4", "mlperf-vww96"): 10_000,
    ("cortex-m4", "mlperf-kws"): 9_000,
    ("cortex-m4", "tinyengine-vww"): 16_000,
    ("cortex-m4", "mlperf-ad01"): 3_500,
    ("cortex-m4 size", "mlperf-vww96"): 7_000,
}

MOST_SCALAR = {
    "mlperf-ad01": 1_150_000,
    "mlperf-kws": 14_450_000,
    "mlperf-resnet8": 57_000_000,
    "mlperf-vww96": 45_200_000,
    "tflm-person-detect": 45_800_000,
    "tinyengine-vww": 89_800_000,
    "mcunet-person-det": 151_500_000,
}
"""On a Cortex-M0+: half of TFLite Micro's reference kernels on a Cortex-M4, of which is known that
they take four to five times CMSIS-NN's instructions; here four."""


def test_marks() -> None:
    """What the committed table has to stay below."""
    figures = table()
    for name, most in MOST_INSTRUCTIONS.items():
        assert figures["cortex-m4 speed"][name]["instructions"] <= most, name
    for (build, name), most in MOST_CODE.items():
        assert figures[build][name]["code_bytes"] <= most, name
    for name, most in MOST_SCALAR.items():
        assert figures["cortex-m0plus"][name]["instructions"] <= most, name
    for name, part in (("mlperf-vww96", 0.45), ("mlperf-resnet8", 0.28)):
        fast = figures["cortex-m4 speed"][name]["instructions"]
        assert figures["cortex-m55"][name]["instructions"] <= part * fast, name
    assert figures["cortex-m4"]["mlperf-vww96"]["macs"] <= 3_900_000
