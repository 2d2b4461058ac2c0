"""Real networks: every output equals TFLite's interpreter, on the host and on an emulated core."""

from __future__ import annotations

import numpy as np
import pytest
from support import shared
from support.compiled import compile_file, litert_outputs, mismatches, run_on
from thumbnet.reference.interpreter import run as run_reference

COUNT = 20

LAYER_WISE = {
    "mlperf-vww96": 55_296,
    "mlperf-resnet8": 49_152,
    "mlperf-kws": 16_000,
    "mcunet-in0": 46_080,
    "mcunet-in1": 92_160,
    "mcunet-in3": 340_736,
    "mbv2-w0.35": 311_040,
    "mcunet-vww0": 61_440,
    "mcunet-vww1": 96_000,
    "mcunet-person-det": 245_760,
}
"""Bytes that whole tensors side by side need, scratch not counted (the largest in + out)."""

TFLM_ARENA = {
    "mlperf-ad01": 2_860,
    "mlperf-kws": 24_356,
    "mlperf-resnet8": 56_532,
    "mlperf-vww96": 102_244,
    "tinyengine-vww": 220_376,
    "mcunet-person-det": 380_488,
}
"""RAM of TFLite Micro with CMSIS-NN, measured by others."""


@shared.needs_shared
@pytest.mark.parametrize("name", shared.MODELS)
def test_model_is_exact_and_within_its_bounds(name: str) -> None:
    """Host with sanitizers, then an emulated Cortex-M4, against LiteRT on real and made inputs."""
    path = shared.model_path(name)
    compiled = compile_file(path)
    tensor = compiled.graph.tensor(compiled.graph.inputs[0])
    shape = compiled.reference_graph.tensor(compiled.reference_graph.inputs[0]).shape
    samples = [[sample] for sample in shared.suite(name, shape, COUNT)]
    assert samples[0][0].dtype == tensor.dtype.numpy
    expected = litert_outputs(path.read_bytes(), compiled, samples)
    # Inputs that all lead to one output would show nothing.
    assert len({b"".join(o.tobytes() for o in outputs) for outputs in expected}) > 3

    reference = [o.reshape(-1) for o in run_reference(compiled.reference_graph, samples[0])]
    assert all(np.array_equal(a, b) for a, b in zip(reference, expected[0], strict=True))

    host = run_on(compiled, "host", samples, sanitize=True)
    assert not mismatches(host, expected)
    assert host.arena_touched == host.arena_size == compiled.plan.memory.arena_size
    emulated = compile_file(path, "cortex-m4")
    board = run_on(emulated, "cortex-m4", samples)
    assert not mismatches(board, expected)
    # The same code in plain C.
    twin = run_on(emulated, "host", samples[:4], sanitize=True)
    assert not mismatches(twin, expected[:4])

    assert board.arena_touched <= board.arena_size == emulated.plan.memory.arena_size
    assert board.static_bytes == 0
    assert board.weight_bytes == emulated.plan.weight_bytes
    scratch = max(step.lowered.scratch for step in emulated.plan.steps)
    if name in LAYER_WISE:
        assert board.arena_size <= LAYER_WISE[name] + scratch
    if name in TFLM_ARENA:
        assert board.arena_size < TFLM_ARENA[name]
    if name == "mlperf-vww96":
        assert board.code_bytes <= 24_000


@shared.needs_shared
def test_keyword_spotting_accuracy() -> None:
    """mlperf-kws on the 1,000 utterances of MLPerf Tiny: TFLite's answers, every one."""
    with np.load(shared.SHARED / "datasets/mlperf-tiny-kws01/kws01.npz", allow_pickle=False) as d:
        features, labels = d["x"], d["labels"]
    path = shared.model_path("mlperf-kws")
    compiled = compile_file(path)
    samples = [[feature[None]] for feature in features]
    measured = run_on(compiled, "host", samples)
    expected = litert_outputs(path.read_bytes(), compiled, samples)
    assert not mismatches(measured, expected)
    predictions = [int(np.argmax(outputs[0])) for outputs in measured.outputs]
    # TFLite's default delegate, which rounds otherwise, gets one utterance more.
    assert np.mean(np.array(predictions) == labels) == pytest.approx(0.901, abs=1e-9)


@shared.needs_shared
@pytest.mark.parametrize("name", shared.MODELS)
def test_model_compiles_without_warnings(name: str) -> None:
    """gcc and clang, host and arm, C99 and a C++ user of the header."""
    from thumbnet.emulator.measure import compile_check
    from thumbnet.target import resolve_target

    compiled = compile_file(shared.model_path(name))
    for target in ("host", "cortex-m4"):
        for compiler in ("gcc", "clang"):
            compile_check(compiled.files, compiled.naming.name, resolve_target(target), compiler)
