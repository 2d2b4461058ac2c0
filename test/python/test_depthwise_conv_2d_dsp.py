"""The depthwise kernel for Arm's DSP extension: in C on the host, as firmware, and its proofs."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from support import shared
from support.compiled import compile_file, litert_outputs, mismatches, run_on
from support.kernel_harness import KernelHarness
from support.random_models import random_scale, random_weights, random_zero_point
from support.random_plans import random_plan
from support.spatial_samples import Layer, Rng, Sample, convolution, random_pad
from support.stream_graphs import stream_graph
from support.tflite_writer import Writer
from thumbnet.emulator.measure import compile_check
from thumbnet.ir.attributes import DepthwiseConvolution
from thumbnet.ir.graph import Graph
from thumbnet.operators import depthwise_conv_2d_dsp as dsp
from thumbnet.operators.base import Lowered
from thumbnet.operators.registry import family
from thumbnet.options import Build
from thumbnet.quantize.requantize import Multiplier, multiply_rounding_up
from thumbnet.schedule.replay import ReplayError, replay
from thumbnet.schedule.replay_stream import replay_plan
from thumbnet.target import resolve_target

KERNELS = [(3, 3), (5, 5), (3, 3), (7, 7)]
KERNEL = "thumbnet_depthwise_conv_2d_dsp_s8"
BYTES = 2
"""The kernel's literal for records of bytes."""
DSP = Build(isa="dsp", optimize="speed")


def random_layer(rng: Rng, kernel: tuple[int, int], *, wide: bool = False) -> Layer:
    """A depthwise layer with a multiplier of 1."""
    channels = int(rng.choice([4, 5, 6, 8, 12, 16, 19]))
    return Layer(
        "depthwise_conv_2d",
        (
            int(rng.integers(1, 6)) + kernel[0] - 1,
            int(rng.integers(50, 60)) if wide else int(rng.integers(1, 14)) + kernel[1] - 1,
        ),
        (channels, channels),
        kernel,
        (int(rng.integers(1, 4)), int(rng.integers(1, 3))),
        str(rng.choice(["same", "same", "valid"])),
        random_pad(rng) if rng.random() < 0.3 else (0, 0, 0, 0),
        bool(rng.random() < 0.8),
        bool(rng.random() < 0.8),
        float(rng.choice([0.3, 1, 4])),
    )


def random_samples(seed: int, count: int) -> list[Sample]:
    """Layers that the kernel takes: with no clamp but that of int8."""
    rng = np.random.default_rng(seed)
    made = []
    for index in range(count):
        layer = random_layer(rng, KERNELS[index % len(KERNELS)], wide=index % 7 == 6)
        sample = convolution(rng, layer)
        made.append(unclamped(sample, rng))
    return made


def unclamped(sample: Sample, rng: Rng) -> Sample:
    """The same layer with no activation; half the time at zero point -128, as after a RELU.

    Where channels % 8 round ties away from zero, that shows only at other zero points.
    """
    operator = sample.operator
    window = operator.attributes.window
    output = sample.graph.tensor(operator.outputs[0])
    if rng.random() < 0.7:
        quantization = dataclasses.replace(output.quantization, zero_point=(-128,))
        output = dataclasses.replace(output, quantization=quantization)
    changed = dataclasses.replace(operator, attributes=DepthwiseConvolution(window, 1))
    graph = sample.graph.replace(operators=[changed], tensors=[output])
    return dataclasses.replace(sample, graph=graph)


@pytest.mark.parametrize("optimize", ["speed", "size"])
def test_kernel_equals_reference(tmp_path: Path, optimize: Literal["speed", "size"]) -> None:
    harness = KernelHarness(tmp_path)
    for index, sample in enumerate(random_samples(len(optimize), 40)):
        suites = sample.suites(index)
        graph = sample.graph.built_for(Build(isa="dsp", optimize=optimize))
        harness.add(graph, sample.operator, [suites[0], suites[2], suites[4]])
    kernels = [case.lowered.kernel for case in harness.cases]
    used = [kernel.literals[2] for kernel in kernels if kernel.function == KERNEL]
    assert len(used) > 30  # some have channels that round ties away from zero
    assert (used.count(BYTES) > 20) == (optimize == "size")
    harness.check()


# -- proofs -----------------------------------------------------------------------------------


def one_channel(rng: Rng, shift: int) -> dsp.Channels:
    """A channel whose multiplier has ``shift``."""
    size = int(rng.choice([3, 5, 7]))
    taps = rng.integers(-127, 128, (1, size, size))
    real = 2.0**shift
    bias = np.rint(rng.normal(0, 60 / real, 1) + rng.normal(0, 20000)).astype(np.int64)
    mantissa = int(rng.integers(1 << 30, 1 << 31))
    if rng.random() < 0.2:
        mantissa = 1 << 30  # ties
    point = int(rng.choice([-128, 0, int(rng.integers(-128, 128))]))
    return dsp.Channels(taps, bias, [Multiplier(mantissa, shift)], 1, 0, point, -128, 127)


def test_short_requantization_is_exact() -> None:
    """Of all sums that a channel can have: ends, neighbours of every step, and random ones."""
    rng = np.random.default_rng(3)
    checked, found = 0, dict.fromkeys(range(-20, 3), 0)
    for index in range(700):
        shift = index % 23 - 20
        channels = one_channel(rng, shift)
        quick = dsp.quick_channel(channels, 0)
        if quick is None:
            continue
        found[shift] += 1
        least, most = dsp.reach(channels.taps[0], int(channels.bias[0]))
        sums = np.unique(np.append(rng.integers(least, most + 1, 4000), [least, most]))
        near = np.arange(-2500, 2500)
        sums = np.unique(np.clip(np.append(sums, near), least, most))
        given = channels.multipliers[0]
        exact = multiply_rounding_up(sums, given.mantissa, given.shift) + channels.zero_point
        scaled = (sums - int(channels.bias[0])) * quick.factor + quick.bias
        assert np.abs(scaled).max() < 1 << 31
        high = (scaled * quick.multiplier >> 32) + quick.rounding
        np.testing.assert_array_equal(np.clip(high >> 7, -128, 127), np.clip(exact, -128, 127))
        checked += len(sums)
    assert checked > 10**6
    # Scaled, searched for, and constant channels; a multiplier of one and more is not short.
    assert all(found[shift] for shift in range(-20, 1))
    assert not found[1] and not found[2]


def test_requantization_behind_bytes_is_exact() -> None:
    """The same for records of bytes; shifts of one and more are taken too."""
    rng = np.random.default_rng(4)
    checked, found = 0, dict.fromkeys(range(-20, 3), 0)
    for index in range(500):
        shift = index % 23 - 20
        channels = one_channel(rng, shift)
        small = dsp.small_channel(channels, 0)
        if small is None:
            continue
        found[shift] += 1
        least, most = dsp.reach(channels.taps[0], int(channels.bias[0]))
        sums = np.append(rng.integers(least, most + 1, 4000), [least, most])
        sums = np.unique(np.clip(np.append(sums, np.arange(-2500, 2500)), least, most))
        given, point = channels.multipliers[0], channels.zero_point
        exact = multiply_rounding_up(sums, given.mantissa, given.shift) + point
        scaled = ((sums - int(channels.bias[0])) * small.factor + small.bias) * 256
        assert np.abs(scaled).max() < 1 << 31
        code = small.shift - 1
        assert code < 32
        rounding = ((2 * point + 1) << code) + 64 * small.extra
        assert abs(rounding) < 1 << 31
        high = (scaled * small.multiplier >> 32) + rounding
        made = np.clip(high >> small.shift, -128, 127)
        np.testing.assert_array_equal(made, np.clip(exact, -128, 127))
        checked += len(sums)
    assert checked > 10**6
    assert all(found[shift] for shift in range(-16, 3))


def test_weights_are_packed_as_the_header_says() -> None:
    taps = np.arange(1, 10).reshape(1, 3, 3)
    pairs = [(1, 4), (2, 5), (3, 6), (7, 8), (8, 9)]
    assert dsp.packed(taps).tolist() == [[low + (high << 16) for low, high in pairs]]
    assert dsp.packed(-taps)[0, 0] == (-1 & 0xFFFF) + (-4 << 16)
    # Two of these words in one of bytes.
    assert dsp.packed_bytes(taps).tolist() == [[0x05040201, 0x08060703, 0x00090008]]


# -- order of reads and writes ----------------------------------------------------------------


def accepted(graph: Graph, lowered: Lowered, distance: int) -> bool:
    """Whether the replay lets the output lie ``distance`` bytes below the input."""
    operator = graph.operators[0]
    x, out = operator.inputs[0], operator.outputs[0]
    size = max(distance + graph.tensor(x).size, graph.tensor(out).size)
    name = operator.name
    try:
        replay(
            graph,
            {name: lowered},
            {x: distance, out: 0},
            {name: size},
            size + lowered.scratch,
        )
    except ReplayError:
        return False
    return True


@pytest.mark.parametrize("seed", range(3))
def test_replay_finds_the_same_overlap(seed: int) -> None:
    """The model of what the kernel reads and writes accepts the overlap, and not one byte less."""
    tight = 0
    for sample in random_samples(seed, 20):
        graph = sample.graph.built_for(DSP)
        lowered = family(sample.operator).lower(graph, sample.operator)
        distance = lowered.overlap[0]
        assert distance is not None
        assert accepted(graph, lowered, distance)
        tight += distance == 0 or not accepted(graph, lowered, distance - 1)
    assert tight > 15  # the rest reads nothing where the overlap is bounded


def test_streams_replay() -> None:
    """Runs of every width: nothing is written over that a later run reads."""
    plans, used = 0, 0
    for seed in range(40):
        graph = stream_graph(seed, least=6, most=14).built_for(DSP)
        plan = random_plan(graph, "arena", random.Random(seed))
        if plan is None:
            continue
        replay_plan(plan)
        plans += 1
        used += sum("dsp" in step.lowered.kernel.function for step in plan.steps)
    assert plans > 20
    assert used > 10


# -- firmware ---------------------------------------------------------------------------------

LAYERS = [
    # kernel, stride, height, width, channels
    ((3, 3), 1, 5, 7, 8),
    ((3, 3), 1, 3, 26, 4),
    ((3, 3), 2, 6, 9, 16),
    ((3, 3), 1, 1, 1, 12),
    ((3, 3), 2, 4, 55, 8),
    ((3, 3), 1, 4, 5, 7),
    ((5, 5), 1, 6, 7, 8),
    ((5, 5), 2, 7, 10, 8),
    ((7, 7), 1, 5, 6, 8),
    ((7, 7), 2, 8, 27, 8),
    ((7, 7), 1, 2, 3, 3),
    ((1, 3), 1, 2, 8, 8),
    ((5, 1), 2, 6, 3, 6),
    ((3, 3), 3, 7, 8, 8),
]


def many_layers(seed: int) -> bytes:
    """A model of separate depthwise layers, each with an input and an output."""
    rng = np.random.default_rng(seed)
    writer, outputs = Writer(), []
    for index, (kernel, stride, height, width, channels) in enumerate(LAYERS):
        scale = random_scale(rng)
        x = writer.input(
            (1, height, width, channels), scale=scale, zero_point=random_zero_point(rng)
        )
        spread = 45 * 74 * np.sqrt(kernel[0] * kernel[1])
        scales = np.exp(rng.uniform(np.log(0.002), np.log(0.02), channels)).astype(np.float32)
        y = writer.depthwise_conv_2d(
            x,
            random_weights(rng, (1, *kernel, channels)),
            rng.normal(0, spread, channels).astype(np.int32),
            weight_scale=scales,
            scale=float(scale * np.mean(scales) * spread / 50),
            zero_point=-128 if index % 3 else random_zero_point(rng),
            stride=(stride, stride),
            activation="relu6" if index == 3 else "none",
        )
        outputs.append(y)
    return writer.finish(outputs)


@pytest.mark.parametrize(
    ("optimize", "optimization"),
    [("speed", "-O2"), ("balanced", "-O0"), ("size", "-Os")],
)
def test_firmware_equals_litert(tmp_path: Path, optimize: str, optimization: str) -> None:
    model = many_layers(len(optimize))
    path = tmp_path / "layers.tflite"
    path.write_bytes(model)
    compiled = compile_file(path, "cortex-m4", optimize=optimize)
    kernels = [step.lowered.kernel for step in compiled.plan.steps]
    literals = {kernel.literals for kernel in kernels if kernel.function == KERNEL}
    for size in (3, 5, 7):
        records = BYTES if optimize != "speed" else int(size == 3)
        assert {(size, 1, records), (size, 2, records)} <= literals
    shapes = [compiled.graph.tensor(name).shape for name in compiled.graph.inputs]
    rng = np.random.default_rng(1)
    samples = [[rng.integers(-128, 128, shape).astype(np.int8) for shape in shapes]]
    samples.append([np.full(shape, -128, np.int8) for shape in shapes])
    measured = run_on(compiled, "cortex-m4", samples, optimization=optimization)
    assert not mismatches(measured, litert_outputs(model, compiled, samples))


@pytest.mark.parametrize("optimization", ["-O0", "-Os", "-O2"])
def test_clang_compiles_the_assembly(tmp_path: Path, optimization: str) -> None:
    path = tmp_path / "layers.tflite"
    path.write_bytes(many_layers(0))
    compiled = compile_file(path, "cortex-m4", optimize="speed")
    target = resolve_target("cortex-m4")
    compile_check(compiled.files, compiled.naming.name, target, "clang", optimization)


@shared.needs_shared
@pytest.mark.parametrize(
    ("name", "optimize"),
    [
        ("mlperf-vww96", "speed"),
        ("mcunet-vww1", "speed"),
        ("mcunet-person-det", "balanced"),
        ("tinyengine-vww", "size"),
    ],
)
def test_networks_equal_litert(name: str, optimize: str) -> None:
    path = shared.model_path(name)
    compiled = compile_file(path, "cortex-m4", optimize=optimize)
    graph = compiled.graph
    assert {
        step.lowered.kernel.function
        for step in compiled.plan.steps
        if step.operator.kind == "depthwise_conv_2d"
    } == {KERNEL}
    samples = [[x] for x in shared.suite(name, graph.tensor(graph.inputs[0]).shape, 2)]
    measured = run_on(compiled, "cortex-m4", samples)
    assert not mismatches(measured, litert_outputs(path.read_bytes(), compiled, samples))
