"""Convolutions for cores without SIMD instructions: in C on the host, and as firmware."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from support.compiled import compile_file, litert_outputs, mismatches, run_on
from support.kernel_harness import KernelHarness
from support.small_networks import Net, shaped_for, suite
from support.spatial_samples import Layer, Sample, convolution, convolutions, dense, depthwise
from thumbnet.options import Build

SCALAR = Build(isa="portable", optimize="speed", core="cortex-m0plus")


def outside(kind: str) -> list[Sample]:
    """Windows that lie wholly outside, above, below and on both sides."""
    rng = np.random.default_rng(10)
    pads = ((4, 3, 5, 4), (0, 6, 0, 6), (6, 0, 6, 0))
    channels = (3, 3) if kind == "depthwise_conv_2d" else (3, 5)
    layer = Layer(kind, (4, 5), channels, (3, 3), (2, 2), "valid")
    return [convolution(rng, dataclasses.replace(layer, pad=pad)) for pad in pads]


def wide() -> list[Sample]:
    """More output channels than the random ones have, odd numbers of taps among them."""
    rng = np.random.default_rng(11)
    return [
        convolution(rng, Layer("conv_2d", (3, width), (ins, outs), kernel, padding="same"))
        for width, ins, outs, kernel in (
            (5, 7, 9, (1, 1)),
            (6, 8, 16, (1, 1)),
            (1, 33, 4, (1, 1)),
            (7, 5, 6, (3, 3)),
            (4, 2, 12, (5, 2)),
        )
    ]


def test_kernels_equal_references(tmp_path: Path) -> None:
    harness = KernelHarness(tmp_path)
    for index, sample in enumerate(
        [*convolutions(41, 30), *outside("conv_2d"), *wide(), *dense(42, 12)]
    ):
        suites = sample.suites(index)
        graph = sample.graph.built_for(SCALAR)
        harness.add(graph, sample.operator, [suites[0], suites[2], suites[4]])
    used = {case.lowered.kernel.function for case in harness.cases}
    kernels = {"conv_2d_pairs_s8", "conv_2d_1x1_pairs_s8", "fully_connected_quads_s8"}
    assert used >= {f"thumbnet_{kernel}" for kernel in kernels}
    harness.check()


def test_depthwise_kernels_equal_references(tmp_path: Path) -> None:
    harness = KernelHarness(tmp_path, widths=(1, 2, 5, 13))
    rng = np.random.default_rng(14)
    layers = [
        Layer("depthwise_conv_2d", (4, width), (5, 5), kernel, (1, stride), "same")
        for width, stride, kernel in ((40, 1, (3, 3)), (61, 2, (3, 3)), (27, 1, (1, 5)))
    ]
    made = [
        *depthwise(43, 40),
        *outside("depthwise_conv_2d"),
        *(convolution(rng, a) for a in layers),
    ]
    for index, sample in enumerate(made):
        suites = sample.suites(index)
        graph = sample.graph.built_for(SCALAR)
        harness.add(graph, sample.operator, [suites[0], suites[2], suites[4]])
    used = {case.lowered.kernel.function for case in harness.cases}
    assert "thumbnet_depthwise_conv_2d_columns_s8" in used
    harness.check()


@pytest.mark.parametrize("weight", [-128, 127])
def test_the_largest_products_stay_apart(tmp_path: Path, weight: int) -> None:
    rng = np.random.default_rng(12)
    sample = convolution(rng, Layer("conv_2d", (1, 4), (6, 4), (1, 1)))
    x, weights = (sample.graph.tensor(name) for name in sample.operator.inputs[:2])
    assert weights.data is not None
    data = np.full_like(weights.data, weight)
    changed = dataclasses.replace(weights, data=data)
    graph = sample.graph.replace(tensors=[changed]).built_for(SCALAR)
    pixels = np.array([-128, 127, 127, -128], np.int8)
    given = [np.repeat(pixels, 6).reshape(x.shape), np.full(x.shape, -128, np.int8)]
    harness = KernelHarness(tmp_path)
    harness.add(graph, sample.operator, [[values] for values in given])
    harness.check()


def test_few_channels_and_other_cores_keep_the_plain_kernel() -> None:
    rng = np.random.default_rng(13)
    few = convolution(rng, Layer("conv_2d", (3, 4), (6, 3), (1, 1)))
    many = convolution(rng, Layer("conv_2d", (3, 4), (6, 4), (1, 1)))
    other = dataclasses.replace(SCALAR, core="host")
    cases = [(few, SCALAR, False), (many, other, False), (many, SCALAR, True)]
    for sample, build, expected in cases:
        graph = sample.graph.built_for(build)
        kernel = sample.family.lower(graph, sample.operator).kernel
        assert ("pairs" in kernel.function) == expected


def network() -> bytes:
    """Odd and even numbers of blocks, one pixel left over, unclamped and clamped outputs."""
    net = Net()
    x = net.conv(net.image(1, 7, 15, 5), 9, scale=0.4)
    x = net.depthwise(x, scale=0.5, zero_point=-128)
    x = net.conv(x, 6, 1, scale=0.6)
    x = net.depthwise(x, stride=2, scale=0.9, zero_point=-128, activation="relu")
    x = net.conv(x, 12, 1, scale=0.8)
    return net.finish([net.dense(x, scale=0.9)])


@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m3", "rv32imc"])
@pytest.mark.parametrize("optimize", ["speed", "size"])
def test_firmware_equals_litert(tmp_path: Path, core: str, optimize: str) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(network())
    compiled = compile_file(path, core, optimize=optimize)
    functions = " ".join(step.lowered.kernel.function for step in compiled.plan.steps)
    assert "1x1_pairs" in functions
    assert "conv_2d_pairs" in functions
    assert "quads" in functions
    assert ("columns" in functions) == (core != "rv32imc" or optimize == "size")
    samples = [shaped_for(compiled.graph, sample) for sample in suite(compiled.graph)]
    expected = litert_outputs(path.read_bytes(), compiled, samples)
    assert np.unique(np.concatenate([outputs[0] for outputs in expected])).size > 8
    assert not mismatches(run_on(compiled, core, samples), expected)
