"""Inputs and outputs of generated models: odd ones, and float ones on both sides of ``io``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support import inputs, litert
from support.compiled import mismatches, run_on
from support.generated import compiled_net, macros
from support.small_networks import AnyArray, Net, shaped_for, suite
from support.tflite_model import Value
from thumbnet.emulator import compile_check
from thumbnet.target import resolve_target


def _twice(net: Net) -> list[Value]:
    made = net.conv(net.image())
    return [made, made]


def _in_between(net: Net) -> list[Value]:
    made = net.conv(net.image())
    flat = net.reshape(made, (60,))
    return [made, flat, net.relu(made, scale=0.2), net.dense(flat)]


def _passed_through(net: Net) -> list[Value]:
    x = net.image()
    return [net.conv(x), x]


def _ignored(net: Net) -> list[Value]:
    x, _ = net.image(), net.image(1, 2, 3, 4)
    return [net.conv(x)]


def _unsigned(net: Net) -> list[Value]:
    made = net.conv(net.quantize(net.image(dtype="uint8"), scale=0.05, zero_point=-3))
    return [net.quantize(made, "uint8", scale=0.05, zero_point=125)]


BORDERS: dict[str, Callable[[Net], list[Value]]] = {
    "only a reshape": lambda net: [net.reshape(net.image(), (60,))],
    "a tensor twice": _twice,
    "tensors in between": _in_between,
    "an input that is an output": _passed_through,
    "an input that nothing reads": _ignored,
    "unsigned bytes": _unsigned,
}


@pytest.mark.parametrize("source", ["arena", "buffer"])
@pytest.mark.parametrize("what", BORDERS)
def test_borders(what: str, source: str, tmp_path: Path) -> None:
    net = Net()
    model = net.finish(BORDERS[what](net))
    compiled = compiled_net(model, tmp_path, schedule={"input": source})
    samples = [shaped_for(compiled.graph, sample) for sample in suite(compiled.reference_graph)]
    expected = [
        [
            output.reshape(-1)
            for output in litert.run(model, shaped_for(compiled.reference_graph, s))
        ]
        for s in samples
    ]
    compile_check(compiled.files, "net", resolve_target("host"))
    measured = run_on(compiled, "host", samples, sanitize=True, optimization="-O0")
    assert not mismatches(measured, expected)
    assert measured.arena_touched == measured.arena_size


# -- float borders --------------------------------------------------------------------------------


def float_network() -> bytes:
    """Float borders around operators on which all of TFLite's resolvers agree."""
    net = Net()
    x = net.quantize(net.input((1, 6, 5, 2), "float32"), scale=0.02, zero_point=-5)
    pooled = net.max_pool_2d(x, 2)
    y = net.add(pooled, pooled, scale=0.03, zero_point=4)
    # Results below the zero point, whose ties resolvers round differently, are clamped.
    z = net.conv(y, 3, activation="relu", zero_point=-128)
    return net.finish([net.dequantize(z), net.dequantize(y)])


def float_samples(scale: float, zero_point: int) -> list[AnyArray]:
    """Noise beyond the quantized range, and every tie between two steps and its neighbours."""
    rng = np.random.default_rng(3)
    ties = (np.arange(-128, 127) - zero_point + 0.5) * scale
    near = np.concatenate([np.nextafter(ties.astype(np.float32), np.float32(d)) for d in (-9, 9)])
    values = np.concatenate([ties.astype(np.float32), near, rng.normal(0, 3, 195)])
    return list(values.astype(np.float32)[:960].reshape(-1, 1, 6, 5, 2))


def test_float_borders_are_converted_on_the_device(tmp_path: Path) -> None:
    model = float_network()
    compiled = compiled_net(model, tmp_path, io="float")
    assert {op.kind for op in compiled.graph.operators} >= {"quantize", "dequantize"}
    assert "const float input[NET_INPUT_SIZE]" in compiled.files["net.h"]
    assert "NET_INPUT_SCALE" not in compiled.files["net.h"]
    samples = [[sample] for sample in float_samples(float(np.float32(0.02)), -5)]
    assert len(samples) == 16
    reference = litert.LiteRT(model, litert.REFERENCE)
    expected = [[output.reshape(-1) for output in reference.run(sample)] for sample in samples]
    measured = run_on(compiled, "host", samples, sanitize=True)
    assert not mismatches(measured, expected)
    assert not mismatches(run_on(compiled, "cortex-m0plus", samples[:2]), expected[:2])


def test_quantized_borders_leave_the_conversion_to_the_caller(tmp_path: Path) -> None:
    model = float_network()
    compiled = compiled_net(model, tmp_path)
    header = compiled.files["net.h"]
    assert not {op.kind for op in compiled.graph.operators} & {"quantize", "dequantize"}
    assert "const int8_t input[NET_INPUT_SIZE]" in header
    # With the scale and zero point that the header states, as a caller would.
    found = macros(header)
    border = {
        name: (
            np.float32(found[f"NET_{name}_SCALE"].rstrip("f")),
            np.float32(found[f"NET_{name}_ZERO_POINT"].strip("()")),
        )
        for name in ("INPUT", "OUTPUT_0", "OUTPUT_1")
    }
    samples = inputs.suite((1, 6, 5, 2))
    reals = [border["INPUT"][0] * (s.astype(np.float32) - border["INPUT"][1]) for s in samples]
    reference = litert.LiteRT(model, litert.REFERENCE)
    measured = run_on(compiled, "host", [[sample] for sample in samples], sanitize=True)
    for real, outputs in zip(reals, measured.outputs, strict=True):
        for index, (wanted, output) in enumerate(zip(reference.run([real]), outputs, strict=True)):
            scale, zero_point = border[f"OUTPUT_{index}"]
            assert np.array_equal(
                scale * (output.astype(np.float32) - zero_point), wanted.reshape(-1)
            )
