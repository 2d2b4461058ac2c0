"""conv_2d and fully_connected for Arm's DSP extension.

Their C twins run on the host under sanitizers, the assembly on an emulated Cortex-M4.
"""

from __future__ import annotations

import dataclasses
import random
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import inputs, shared
from support.compiled import compile_file, litert_outputs, mismatches, run_on
from support.kernel_harness import KernelHarness
from support.random_models import random_scale, random_weights, random_zero_point
from support.random_plans import random_plan
from support.spatial_samples import (
    ACTIVATIONS,
    AnyArray,
    Layer,
    Sample,
    convolution,
    convolutions,
    dense,
    random_layers,
)
from support.stream_graphs import stream_graph
from support.tflite_model import Value
from support.tflite_writer import Writer
from thumbnet.emulator import HarnessOptions
from thumbnet.emulator.toolchain import Toolchain, compiler_name
from thumbnet.ir.graph import Graph
from thumbnet.operators import conv_2d_dsp
from thumbnet.operators.base import Lowered
from thumbnet.options import Build, Optimize
from thumbnet.quantize.requantize import Multiplier, multiply_rounding_up, quantize_multiplier
from thumbnet.schedule.replay_stream import replay_plan
from thumbnet.schedule.stream import schedule_stream

Rng = np.random.Generator

EFFORTS: tuple[Optimize, ...] = ("size", "balanced", "speed")
FUNCTIONS = {
    "thumbnet_conv_2d_dsp_s8",
    "thumbnet_conv_2d_1x1_dsp_s8",
    "thumbnet_conv_2d_gathered_dsp_s8",
    "thumbnet_fully_connected_dsp_s8",
}


def built(graph: Graph, optimize: Optimize) -> Graph:
    return graph.built_for(Build("dsp", optimize))


def lowered(sample: Sample, optimize: Optimize = "speed") -> Lowered:
    return sample.family.lower(built(sample.graph, optimize), sample.operator)


# -- the C twins ----------------------------------------------------------------------------------


def whole_quads(seed: int, count: int) -> list[Sample]:
    """Convolutions of a multiple of four channels, every third of them 1x1 with stride 1."""
    rng = np.random.default_rng(seed)
    samples = []
    for index, layer in enumerate(random_layers(seed, "conv_2d", count)):
        channels = (int(rng.choice([4, 8, 12, 20])), int(rng.choice([1, 2, 3, 4, 6, 9])))
        changed = dataclasses.replace(layer, channels=channels)
        if index % 3 == 1:
            changed = dataclasses.replace(changed, kernel=(1, 1), stride=(1, 1), pad=(0, 0, 0, 0))
        samples.append(convolution(rng, changed))
    return samples


@pytest.mark.parametrize("optimize", EFFORTS)
def test_twins_equal_references(optimize: Optimize, tmp_path: Path) -> None:
    made = [*convolutions(31, 18), *whole_quads(32, 24), *dense(33, 12)]
    made += [convolution(np.random.default_rng(34), dense_layer(n)) for n in (4, 8, 12, 64)]
    made += [with_lowest_weights(sample) for sample in made[::6]]
    harness = KernelHarness(tmp_path, widths=(1, 2, 3, 4, 5))
    for index, sample in enumerate(made):
        suites = sample.suites(index)
        given = [suites[0], suites[2], suites[4]]
        harness.add(built(sample.graph, optimize), sample.operator, given)
    dense_kernel = {"thumbnet_fully_connected_dsp_s8"} if optimize == "size" else set()
    assert {case.lowered.kernel.function for case in harness.cases} == FUNCTIONS - dense_kernel
    # Narrow activations, and none.
    assert {case.lowered.kernel.literals[1] for case in harness.cases} == {0, 1}
    harness.check()


def with_lowest_weights(sample: Sample) -> Sample:
    """The same with many weights of -128, which keep channels from sharing lanes."""
    weights = sample.graph.tensor(sample.operator.inputs[1])
    assert weights.data is not None
    data = np.where(weights.data < -60, -128, weights.data).astype(np.int8)
    graph = sample.graph.replace(tensors=[dataclasses.replace(weights, data=data)])
    return Sample(graph, b"")


def dense_layer(channels: int) -> Layer:
    return Layer("fully_connected", (1, 1), (channels, 5))


# -- the assembly ---------------------------------------------------------------------------------


def many_convolutions(rng: Rng, channels: int, count: int) -> bytes:
    """A model of ``count`` convolutions of all sorts that read the same input."""
    writer = Writer()
    shape = (1, int(rng.integers(3, 9)), int(rng.integers(3, 12)), channels)
    x = writer.input(shape, scale=random_scale(rng), zero_point=random_zero_point(rng))
    outputs = [random_convolution(writer, rng, x, index) for index in range(count)]
    return writer.finish(outputs)


def random_convolution(writer: Writer, rng: Rng, x: Value, index: int) -> Value:
    outs = int(rng.integers(1, 12))
    kernel = (1, 1) if index % 3 == 0 else tuple(int(n) for n in rng.integers(1, 5, 2))
    stride = (1, 1) if index % 2 == 0 else tuple(int(n) for n in rng.integers(1, 4, 2))
    weights = random_weights(rng, (outs, *kernel, x.shape[3]))
    spread = 45 * 74 * np.sqrt(weights[0].size)
    scales = np.exp(rng.uniform(np.log(0.002), np.log(0.02), outs)).astype(np.float32)
    return writer.conv_2d(
        x,
        weights,
        rng.normal(0, spread, outs).astype(np.int32),
        weight_scale=scales,
        scale=float(x.scale[0] * np.mean(scales) * spread / 50),
        zero_point=random_zero_point(rng),
        activation=str(rng.choice(ACTIVATIONS)),
        stride=stride,
        padding="same",
    )


def check_on_cortex_m4(model: bytes, folder: Path, changes: dict[str, Any], **options: Any) -> None:
    path = folder / "model.tflite"
    path.write_bytes(model)
    compiled = compile_file(path, "cortex-m4", **changes)
    shape = compiled.graph.tensor(compiled.graph.inputs[0]).shape
    samples = [[inputs.noise(shape, "int8", 1)], [inputs.smooth(shape, "int8", 2)]]
    samples += [[inputs.constant(shape)], [inputs.constant(shape, high=True)]]
    expected = litert_outputs(model, compiled, samples)
    measured = run_on(compiled, "cortex-m4", samples, **options)
    assert not mismatches(measured, expected)
    assert "_dsp.h" in compiled.files["model.c"]


@pytest.mark.parametrize("optimize", EFFORTS)
@pytest.mark.parametrize("channels", [1, 3, 4, 8, 20])
def test_assembly_equals_litert(optimize: Optimize, channels: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(channels)
    harness = HarnessOptions(misalignment=channels % 4)
    model = many_convolutions(rng, channels, 9)
    check_on_cortex_m4(model, tmp_path, {"optimize": optimize}, harness=harness)


@pytest.mark.parametrize("inputs_of_one", [3, 4, 31, 64, 260])
def test_assembly_of_fully_connected_equals_litert(inputs_of_one: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(inputs_of_one)
    sample = convolution(rng, Layer("fully_connected", (1, 1), (inputs_of_one, 13)))
    for optimize in EFFORTS:
        check_on_cortex_m4(sample.model, tmp_path, {"optimize": optimize})


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("optimization", ["-O0", "-Os", "-O3"])
def test_assembly_survives_compilers(
    compiler: str, optimization: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Toolchain.compile

    def with_clang(self: Toolchain, source: Path, out: Path, *flags: str) -> Path:
        if source.name != "model.c":
            return original(self, source, out, *flags)
        program = compiler_name(self.target, "clang")
        command = [program, *self.clang_flags(), *flags, "-c", str(source), "-o", str(out)]
        subprocess.run(command, check=True)
        return out

    if compiler == "clang":
        monkeypatch.setattr(Toolchain, "compile", with_clang)
    for channels in (3, 8):
        model = many_convolutions(np.random.default_rng(50 + channels), channels, 6)
        changes = {"optimize": "balanced"}
        check_on_cortex_m4(model, tmp_path, changes, optimization=optimization)


@shared.needs_shared
@pytest.mark.parametrize("name", ["mlperf-ad01", "mlperf-resnet8", "mlperf-kws"])
def test_models_are_exact_on_cortex_m4(name: str) -> None:
    path = shared.model_path(name)
    compiled = compile_file(path, "cortex-m4", optimize="speed")
    kernels = {step.lowered.kernel.function for step in compiled.plan.steps}
    assert not kernels & {"thumbnet_conv_2d_s8", "thumbnet_conv_2d_1x1_s8"}
    shape = compiled.reference_graph.tensor(compiled.reference_graph.inputs[0]).shape
    samples = [[sample] for sample in shared.suite(name, shape, 8)]
    expected = litert_outputs(path.read_bytes(), compiled, samples)
    assert not mismatches(run_on(compiled, "cortex-m4", samples), expected)


@pytest.mark.parametrize("optimize", EFFORTS)
def test_plans_replay(optimize: Optimize) -> None:
    """What kernels may write over agrees with the model of what they read, whatever the plan."""
    seen = set()
    for seed in range(8):
        graph = built(stream_graph(seed, least=6, most=14), optimize)
        plans = [random_plan(graph, "arena", random.Random(seed))]
        plans += [schedule_stream(graph, input="arena", objective=how) for how in ("ram", "speed")]
        for plan in plans:
            assert plan is not None
            seen |= {step.lowered.kernel.function for step in plan.steps}
            replay_plan(plan)
    assert len(seen & FUNCTIONS) >= 3


# -- the proof ------------------------------------------------------------------------------------


def layer_of(
    taps: AnyArray, real: float = 1e-5, bias: int = 0, zero_point: int = 3
) -> conv_2d_dsp.Layer:
    outs = len(taps)
    return conv_2d_dsp.Layer(
        taps.astype(np.int8),
        np.full(outs, bias, np.int64),
        [quantize_multiplier(real)] * outs,
        (0, zero_point),
        (-128, 127),
    )


def pack(layer: conv_2d_dsp.Layer) -> AnyArray | None:
    channels = conv_2d_dsp.exact_channels(layer)
    return None if channels is None else conv_2d_dsp.packed(channels, compact=True)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("taps", [516, 517])
def test_sums_at_the_edge_of_what_two_channels_can_share(
    sign: int, taps: int, tmp_path: Path
) -> None:
    # 516 * 127 * 128 is just below 2^23; 517 taps are beyond it.
    largest = np.full((3, taps), 127 * sign)
    found = pack(layer_of(largest))
    assert found is not None
    assert len(found) == (2 if taps == 516 else 3)
    largest[0] *= -1
    writer = Writer()
    x = writer.input((1, taps), scale=0.1, zero_point=0)
    weights = largest.astype(np.int8)
    bias = (largest.sum(axis=1) * 100).astype(np.int32)
    y = writer.fully_connected(x, weights, bias, weight_scale=0.1, scale=1000.0, zero_point=5)
    check_on_cortex_m4(writer.finish([y]), tmp_path, {"optimize": "speed"})


@pytest.mark.parametrize("optimize", EFFORTS)
def test_channels_that_cannot_share_lanes_are_single(optimize: Optimize, tmp_path: Path) -> None:
    for first, second, rows in ((-1, -128, 2), (1, -128, 1), (-128, -127, 1)):
        taps = np.array([[first] * 8, [second] * 8])
        found = pack(layer_of(taps, real=0.1))
        assert found is not None
        assert len(found) == rows
    rng = np.random.default_rng(61)
    weights = rng.choice([-128, -127, -1, 1, 90], (7, 1, 1, 8)).astype(np.int8)
    writer = Writer()
    x = writer.input((1, 3, 4, 8), scale=0.1, zero_point=-7)
    y = writer.conv_2d(x, weights, np.zeros(7, np.int32), weight_scale=0.1, scale=7.0, zero_point=5)
    check_on_cortex_m4(writer.finish([y]), tmp_path, {"optimize": optimize})


def test_multipliers_outside_the_domain_are_refused() -> None:
    taps = np.full((2, 8), 100)
    assert pack(layer_of(taps, real=1e-3)) is not None
    assert pack(layer_of(taps, real=1.5)) is None
    assert pack(layer_of(taps, real=1e-3, bias=1 << 30)) is not None  # constant
    assert pack(layer_of(taps, real=1e-7, bias=(1 << 30) + 1)) is not None  # constant, too
    assert pack(layer_of(taps, real=1e-5, bias=-(1 << 30), zero_point=127)) is not None
    assert pack(layer_of(np.full((2, 516), 127), real=1e-7, bias=1 << 30)) is None
    # Zero point << shift leaves int32 with the sum that crosses a tie.
    bias = -(7 << 24)
    assert pack(layer_of(taps, real=2.0**-25, bias=bias, zero_point=127)) is None
    assert pack(layer_of(taps, real=2.0**-25, bias=bias, zero_point=10)) is not None


def test_a_constant_channel_does_not_refuse_the_others() -> None:
    taps = np.arange(-16, 16).reshape(4, 8)
    layer = layer_of(taps, real=1e-3)
    multipliers = [*layer.multipliers]
    multipliers[2] = quantize_multiplier(1e-9)
    given = dataclasses.replace(layer, multipliers=multipliers)
    found = conv_2d_dsp.exact_channels(given)
    assert found is not None
    assert not found.taps[2].any()
    assert found.taps[3].any()
    lowest_and_highest = np.array([[-128] * 8, [127] * 8]).T
    assert kernel_outputs(found, 2, found.taps[2] @ lowest_and_highest).tolist() == [3, 3]
    assert found.fits_compact


@pytest.mark.parametrize("zero_point", [127, -128, 63, 64])
def test_compact_records_hold_what_fits(zero_point: int) -> None:
    taps = np.arange(1, 25).reshape(3, 8)
    limit = 1 << 21
    for bias, shift, fits in (
        (limit - 1, 23, True),
        (1 - limit, 0, True),
        (limit, 0, False),
        (-limit, 23, False),
        (0, 24, zero_point == 63),
    ):
        channels = conv_2d_dsp.Channels(
            zero_point,
            taps,
            np.array([shift, 0, shift]),
            np.array([1 << 30, (1 << 31) - 1, 5 << 28]),
            np.array([2 * bias, 0, -2 * bias]),
        )
        assert channels.fits_compact == fits
        if not fits:
            continue
        found = conv_2d_dsp.packed(channels, compact=True)
        assert found.shape == (2, 2 * 2 + 4)
        constants = found[:, 4:].reshape(4, 2)
        assert (constants[:, 0] >> 9).tolist() == [2 * bias, 0, -2 * bias, 0]
        assert (constants[:3, 0] & 127).tolist() == [shift, 0, shift]
        # The last pair is single.
        assert (constants[:, 0] >> 7 & 3).tolist() == [0, 0, 0, 3]
        assert (constants[:3, 1] == channels.mantissa).all()


@pytest.mark.parametrize("optimize", ["size", "balanced"])
def test_what_compact_records_cannot_hold_takes_wide_ones(
    optimize: Optimize, tmp_path: Path
) -> None:
    rng = np.random.default_rng(62)
    writer = Writer()
    x = writer.input((1, 2, 5, 8), scale=0.1, zero_point=-7)
    weights = rng.integers(-127, 128, (5, 1, 1, 8)).astype(np.int8)
    bias = np.array([1 << 22, 10, -(1 << 23), 0, -500], np.int32)
    y = writer.conv_2d(x, weights, bias, weight_scale=0.1, scale=650.0, zero_point=5)
    model = writer.finish([y])
    path = tmp_path / "model.tflite"
    path.write_bytes(model)
    compiled = compile_file(path, "cortex-m4", optimize=optimize)
    assert [step.lowered.kernel.literals[0] for step in compiled.plan.steps] == [2]
    check_on_cortex_m4(model, tmp_path, {"optimize": optimize})


def kernel_outputs(channels: conv_2d_dsp.Channels, channel: int, sums: AnyArray) -> AnyArray:
    """What the kernels' three instructions make of sums without bias."""
    doubled = 2 * sums.astype(np.int64) + channels.bias[channel]
    high = (doubled * channels.mantissa[channel] + (1 << 31)) >> 32
    total = high + channels.rounding[channel]
    assert np.abs(doubled).max() < 1 << 31
    assert np.abs(total).max() < 1 << 31
    return np.clip(total >> channels.shift[channel], -128, 127)


def test_short_requantization_equals_its_definition() -> None:
    """Over the whole range of sums of random channels, most densely where outputs change."""
    rng = np.random.default_rng(60)
    checked = 0
    for _ in range(60):
        taps = rng.integers(-127, 128, (16, int(rng.integers(4, 400))))
        reals = np.exp(rng.uniform(np.log(1e-9), np.log(0.99), 16)) * rng.choice([1, 1, -1], 16)
        multipliers: list[Multiplier] = [quantize_multiplier(float(real)) for real in reals]
        bias = (rng.normal(0, 1, 16) * np.exp(rng.uniform(0, 19, 16))).astype(np.int64)
        layer = dataclasses.replace(
            layer_of(taps, zero_point=random_zero_point(rng)), multipliers=multipliers, bias=bias
        )
        low, high = conv_2d_dsp.sum_bounds(taps)
        for c, multiplier in enumerate(multipliers):
            one = dataclasses.replace(
                layer, taps=layer.taps[c : c + 1], bias=bias[c : c + 1], multipliers=[multiplier]
            )
            found = conv_2d_dsp.exact_channels(one)
            if found is None:
                continue
            # Where outputs change, and anywhere.
            steps = (np.arange(-300, 300) / 2 / reals[c] - bias[c]).clip(low[c], high[c])
            near = steps.astype(np.int64)[:, None] + np.arange(-4, 5)
            some = rng.integers(low[c], high[c], 4000, endpoint=True)
            sums = np.concatenate([near.reshape(-1), some, [low[c], high[c]]])
            sums = sums.clip(low[c], high[c])
            scaled = multiply_rounding_up(sums + bias[c], multiplier.mantissa, multiplier.shift)
            expected = np.clip(scaled + layer.zero_points[1], -128, 127)
            sums = np.where(found.taps.any(), sums, 0)
            np.testing.assert_array_equal(kernel_outputs(found, 0, sums), expected)
            checked += 1
    assert checked > 600
