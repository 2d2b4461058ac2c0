"""Networks of int16: every schedule, real models, the commands, what is refused."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import inputs, shared
from support.cli import run
from support.compiled import compile_file, mismatches, run_on
from support.litert import REFERENCE, LiteRT
from support.random_plans import random_plan
from support.schedules import check_exact, planned
from support.small_networks import suite
from support.tflite_model import Value
from support.wide_network import every_wide_operator, random_wide_network
from support.wide_writer import WideWriter
from thumbnet.errors import ThumbnetError
from thumbnet.frontends.tflite import parse_tflite
from thumbnet.operators.registry import check_supported
from thumbnet.passes import run_passes
from thumbnet.pipeline import import_model
from thumbnet.schedule.pushed import why_not_pushed

from thumbnet import manifest

SOURCES = ("arena", "buffer", "rows")


@pytest.mark.parametrize("seed", (4, 5))
def test_random_networks_are_exact_in_every_schedule(seed: int, tmp_path: Path) -> None:
    """Whole layers, the least RAM and a random plan, run and pushed, under sanitizers."""
    path = tmp_path / "net.tflite"
    path.write_bytes(random_wide_network(seed))
    models = [compile_file(path, name="layers")]
    graph = run_passes(import_model(manifest.implicit(path)))
    sources = [s for s in SOURCES if s != "rows" or why_not_pushed(graph) is None]
    least = {"input": sources[-1], "objective": "ram"}
    models.append(compile_file(path, name="least", schedule=least))
    for number, source in enumerate(sources):
        plan = random_plan(graph, source, random.Random(seed))
        models.append(planned(models[0], plan, f"random_{number}"))
    samples = suite(models[0].reference_graph)
    check_exact(path, models, samples[:1] + samples[2:3] + samples[-1:], tmp_path)


def test_every_operator_runs_on_an_emulated_core(tmp_path: Path) -> None:
    """All operators of int16, float borders too, on the host and on a Cortex-M4."""
    path = tmp_path / "net.tflite"
    path.write_bytes(every_wide_operator())
    reference = LiteRT(path.read_bytes(), REFERENCE)
    for target, isa in (("host", "host"), ("cortex-m4", "cortex-m4")):
        compiled = compile_file(path, target, io="float")
        samples = suite(compiled.reference_graph)[:2]
        expected = [[out.reshape(-1) for out in reference.run(sample)] for sample in samples]
        found = run_on(compiled, isa, samples, sanitize=isa == "host")
        assert not mismatches(found, expected)


@shared.needs_shared
@pytest.mark.parametrize("name", ["tflm-seanet-conv9", "tflm-seanet-transpose_conv0"])
def test_speech_enhancement_layers_are_exact(name: str) -> None:
    """Host with sanitizers, and a Cortex-M4; the output shape is not an input any more."""
    path = shared.model_path(name)
    interpreter = LiteRT(path.read_bytes())
    shape = tuple(interpreter.inputs[-1]["shape"])
    makers = (inputs.noise, inputs.smooth, inputs.checkered)
    samples = [[make(shape, "int16")] for make in makers]
    extra = [np.array(interpreter.outputs[0]["shape"], np.int32)] * (len(interpreter.inputs) - 1)
    expected = [[interpreter.run([*extra, *given])[0].reshape(-1)] for given in samples]
    compiled = compile_file(path, "cortex-m4")
    assert len(compiled.graph.inputs) == 1
    assert f"const int16_t input[{compiled.naming.name.upper()}_INPUT_SIZE]" in "".join(
        compiled.files.values()
    )
    assert not mismatches(run_on(compiled, "cortex-m4", samples), expected)
    assert not mismatches(run_on(compiled, "host", samples, sanitize=True), expected)


def test_measure_takes_int16_samples_and_compares_int32_outputs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A user's file, made up samples, and a file of another type."""
    writer = WideWriter()
    x = writer.input((1, 5), "int16", 3e-4)
    y = writer.quantize(writer.tanh(x), "int32", scale=1.1e-6)
    model, given = tmp_path / "net.tflite", tmp_path / "given.npz"
    model.write_bytes(writer.finish([y]))
    np.savez(given, input=np.arange(-20000, 20000, 4000, dtype=np.int16).reshape(2, 5))
    for more in ([], ["--inputs", given]):
        ran = run(capsys, "measure", model, "--target", "host", "--json", *more)
        assert ran.status == 0
        assert json.loads(ran.out)["exact"] is True
    np.savez(given, input=np.zeros((2, 5), np.int8))
    ran = run(capsys, "measure", model, "--target", "host", "--inputs", given)
    assert ran.status == 2
    assert "is int8; the input is int16" in ran.err


def refusal(writer: WideWriter, output: Value) -> str:
    """The message with which a model is refused."""
    with pytest.raises(ThumbnetError) as caught:
        graph = parse_tflite(writer.finish([output]), "net.tflite")
        check_supported(graph, "net.tflite")
    return caught.value.message()


def convolved(**changes: Any) -> str:
    """How a conv_2d with something wrong is refused."""
    writer = WideWriter()
    x = writer.input((1, 3, 3, 2), "int16", 0.001, changes.pop("zero_point", 0))
    weights = np.ones((2, 1, 1, 2), np.int8)
    how = {"bias": np.zeros(2, np.int64), "weight_scale": 0.01, "scale": 0.001} | changes
    return refusal(writer, writer.conv_2d(x, weights, **how))


def test_limits_of_int16_are_reported() -> None:
    assert "zero point 5; 0 is supported" in convolved(zero_point=5)
    assert "negative scale" in convolved(weight_scale=[0.01, -0.01])
    assert "bias is INT8" in convolved(bias=np.zeros(2, np.int8))
    assert "a sum could be" in convolved(bias=np.array([0, 1 << 50]))
    assert "a multiplier of 2^" in convolved(scale=1e-9)
    writer = WideWriter()
    x = writer.input((1, 3, 3, 2), "int16", 0.001)
    weights = np.ones((1, 3, 3, 2), np.int8)
    filtered = writer.depthwise_conv_2d(
        x, weights, np.zeros(2, np.int32), weight_scale=0.01, scale=0.001
    )
    assert "a bias of INT32" in refusal(writer, filtered)
    writer = WideWriter()
    x = writer.input((1, 3), "int16", 2.0**-9)
    assert "all powers of two" in refusal(writer, writer.add(x, x, scale=2.0**-8))
    writer = WideWriter()
    x = writer.input((1, 3), "int16", 5.0)
    assert "scales are 5.0" in refusal(writer, writer.tanh(x))


def transposed(size: tuple[int, int], **changes: Any) -> str:
    """How a transpose_conv with something wrong is refused."""
    writer = WideWriter()
    x = writer.input((1, 3, 3, 2), "int8", 0.05)
    weights = changes.pop("weights", np.ones((4, 3, 3, 2), np.int8))
    how = {"weight_scale": 0.01, "scale": 0.1, "stride": 2} | changes
    return refusal(writer, writer.transpose_conv(x, weights, size, **how))


def test_limits_of_transposed_convolutions_are_reported() -> None:
    assert "does not lead back to [1, 3, 3, 2]" in transposed((9, 6))
    assert "does not lead back" in transposed((2, 2), padding="valid")
    assert "input has 2 channels, weights 5" in transposed(
        (6, 6), weights=np.ones((4, 3, 3, 5), np.int8)
    )
    assert "weights are INT16" in transposed((6, 6), weights=np.ones((4, 3, 3, 2), np.int16))
    assert "strides [0, 2] are out of range" in transposed((6, 6), stride=(0, 2))


def test_an_output_shape_is_no_input() -> None:
    """It is left out where nothing else reads it; a constant one has to be the declared one."""
    weights = np.ones((4, 3, 3, 2), np.int8)
    writer = WideWriter()
    shape = writer.input((4,), "int32", name="shape")
    x = writer.input((1, 3, 3, 2), "int8", 0.05, name="x")
    y = writer.transpose_conv(
        x, weights, (6, 6), weight_scale=0.01, scale=0.1, stride=2, shape=shape
    )
    assert parse_tflite(writer.finish([y]), "net.tflite").inputs == ("x",)
    writer = WideWriter()
    x = writer.input((1, 3, 3, 2), "int8", 0.05)
    shape = writer.constant(np.array([1, 6, 7, 4], np.int32))
    y = writer.transpose_conv(
        x, weights, (6, 6), weight_scale=0.01, scale=0.1, stride=2, shape=shape
    )
    assert "its shape input differs" in refusal(writer, y)
