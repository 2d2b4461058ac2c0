"""Real ONNX networks: generated code against onnxruntime, every quantized tensor."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from support import shared
from support.compiled import compile_file, run_on
from support.onnx_models import arranged, imported, session
from support.ort import Ort, optimized
from thumbnet.ir.graph import Tensor
from thumbnet.pipeline import Compiled

AnyArray = npt.NDArray[Any]

KEYWORDS, PICTURES = "kaijiang-kws-onnx", "kaijiang-ic-resnet-onnx"
MFCC = (0.5847029089927673, 83)
"""Scale and zero point of the data set's bytes: those of mlperf-kws' input."""

pytestmark = shared.needs_shared


def file_of(name: str) -> bytes:
    return next((shared.SHARED / "models" / name).glob("*.onnx")).read_bytes()


def shown(data: bytes, count: int | None = None) -> bytes:
    """The model with its last ``count`` quantized tensors, or all, as outputs besides."""
    model = onnx.load_from_string(data)
    constants = {item.name for item in model.graph.initializer}
    nodes = [n for n in model.graph.node if n.op_type == "QuantizeLinear"]
    names = [node.output[0] for node in nodes if node.input[0] not in constants]
    for name in names[-count if count else 0 :]:
        kind = onnx.TensorProto.INT8
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, kind, None))
    return bytes(model.SerializeToString())


@cache
def utterances() -> tuple[AnyArray, AnyArray]:
    """The keywords' features in float32, and their labels."""
    file = shared.SHARED / "datasets/mlperf-tiny-kws01/kws01.npz"
    with np.load(file, allow_pickle=False) as data:
        features, labels = data["x"], data["labels"]
    scale, point = MFCC
    real = (features.astype(np.float32) - np.float32(point)) * np.float32(scale)
    return real.reshape(len(labels), 490), labels


def inputs(name: str, count: int) -> AnyArray:
    """Real inputs in float32, a third of them noise."""
    if name == KEYWORDS:
        real = utterances()[0][:count]
    else:
        file = shared.SHARED / "datasets/coco256-person/val2017.npz"
        fitted = [shared.fit(p, (1, 32, 32, 3))[0] for p in shared.jpeg_pixels(file, count)]
        real = np.stack(fitted).astype(np.float32) + np.float32(128)
    noise = np.random.default_rng(3).permutation(real.reshape(-1)).reshape(real.shape)
    return np.where(np.arange(count).reshape(-1, *[1] * (real.ndim - 1)) % 3 == 2, noise, real)


def compiled_for(data: bytes, folder: Path, target: str = "host") -> Compiled:
    path = folder / "net.onnx"
    path.write_bytes(data)
    return compile_file(path, target)


def codes(compiled: Compiled, reals: AnyArray) -> list[list[AnyArray]]:
    """What the model's QUANTIZE makes of them, of which the caller is in charge."""
    tensor = compiled.graph.tensor(compiled.graph.inputs[0])
    steps = np.rint(reals / np.float32(tensor.scale)) + tensor.zero_point
    return [[value.reshape(tensor.shape)] for value in np.clip(steps, -128, 127).astype(np.int8)]


def outputs_of(compiled: Compiled) -> list[Tensor]:
    return [compiled.graph.tensor(name) for name in compiled.graph.outputs]


@pytest.mark.parametrize(("name", "tensors"), [(KEYWORDS, 12), (PICTURES, 15)])
def test_every_quantized_tensor_equals_onnxruntime(name: str, tensors: int, tmp_path: Path) -> None:
    """Host with sanitizers and an emulated Cortex-M4; probabilities, float32 there, within one."""
    data = shown(file_of(name))
    reals, runtime, orders = inputs(name, 12), session(data), imported(data).outputs
    (item,) = runtime.get_inputs()
    expected = []
    for real in reals:
        found = runtime.run(None, {item.name: real[None]})
        expected.append([arranged(v, o).reshape(-1) for v, o in zip(found, orders, strict=True)])
    for target, count in (("host", 12), ("cortex-m4", 3)):
        compiled = compiled_for(data, tmp_path, target)
        (probabilities, *_) = outputs_of(compiled)
        samples = codes(compiled, reals)[:count]
        measured = run_on(compiled, target, samples, sanitize=target == "host")
        for got, wanted in zip(measured.outputs, expected[:count], strict=True):
            assert len(got) == tensors + 1
            for a, b in zip(got[1:], wanted[1:], strict=True):
                assert np.array_equal(a.reshape(-1), b)
            real = (got[0].astype(np.float64) - probabilities.zero_point) * probabilities.scale
            assert np.abs(real - wanted[0]).max() < 1.01 / 256


@pytest.mark.parametrize(
    ("name", "in_float"),
    # uint8 inside, but for what has a side of each type: of the residual network six of nine
    # convolutions and two of three sums.
    [(KEYWORDS, {"Gemm": 1}), (PICTURES, {"Conv": 6, "Add": 2, "Gemm": 1})],
)
def test_scores_are_within_one_unit_by_default(
    name: str, in_float: dict[str, int], tmp_path: Path
) -> None:
    """onnxruntime without qdqisint8allowed; that the scores are an output leaves Gemm in float."""
    data = shown(file_of(name), 1)
    found = optimized(data, tmp_path / "optimized.onnx")
    assert {op: found.count(op) for op in ("Conv", "Add", "Gemm") if op in found} == in_float
    reals, runtime = inputs(name, 30), Ort(data).session
    compiled = compiled_for(data, tmp_path)
    measured = run_on(compiled, "host", codes(compiled, reals))
    (item,) = runtime.get_inputs()
    for real, (_, scores) in zip(reals, measured.outputs, strict=True):
        (_, wanted) = runtime.run(None, {item.name: real[None]})
        assert np.abs(scores.astype(np.int16) - wanted.reshape(-1)).max() <= 1


def test_keyword_spotting_accuracy(tmp_path: Path) -> None:
    """The 1,000 utterances of MLPerf Tiny: onnxruntime's answers by default, every one."""
    data = file_of(KEYWORDS)
    reals, labels = utterances()
    compiled, runtime = compiled_for(data, tmp_path), Ort(data)
    measured = run_on(compiled, "host", codes(compiled, reals))
    predictions = np.array([int(np.argmax(outputs[0])) for outputs in measured.outputs])
    wanted = np.array([int(runtime.run([real[None]]).argmax()) for real in reals])
    assert np.array_equal(predictions, wanted)
    assert np.mean(predictions == labels) == pytest.approx(0.902, abs=1e-9)
