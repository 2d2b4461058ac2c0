"""The depthwise kernel for Arm's DSP extension: in C on the host, as firmware, and its proofs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from support.kernel_harness import KernelHarness
from support.spatial_samples import Layer, Rng, Sample, convolution, random_pad
from thumbnet.ir.attributes import DepthwiseConvolution
from thumbnet.options import Build

KERNELS = [
    (3, 3),
    (5, 5),
    (7, 7),
    (1, 3),
    (3, 1),
    (2, 2),
    (8, 4),
    (1, 1),
    (4, 5),
    (3, 5),
]
DSP = Build(isa="dsp", optimize="speed")


def random_layer(rng: Rng, kernel: tuple[int, int], *, wide: bool = False) -> Layer:
    """A depthwise layer with a multiplier of 1."""
    channels = int(rng.choice([2, 3, 4, 5, 8, 12, 16, 19]))
    return Layer(
        "depthwise_conv_2d",
        (
            int(rng.integers(1, 6)) + kernel[0] - 1,
            int(rng.integers(50, 60)) if wide else int(rng.integers(1, 14)) + kernel[1] - 1,
        ),
        (channels, channels),
        kernel,
        (int(rng.integers(1, 4)), int(rng.choice([1, 1, 2, 2, 3]))),
        str(rng.choice(["same", "same", "valid"])),
        random_pad(rng) if rng.random() < 0.3 else (0, 0, 0, 0),
        bool(rng.random() < 0.8),
        bool(rng.random() < 0.8),
        float(rng.choice([0.3, 1, 4])),
    )


def random_samples(seed: int, count: int) -> list[Sample]:
    """Layers for the kernel; in half of them no clamp but that of int8, which is the fast path."""
    rng = np.random.default_rng(seed)
    made = []
    for index in range(count):
        layer = random_layer(rng, KERNELS[index % len(KERNELS)], wide=index % 7 == 6)
        sample = convolution(rng, layer)
        made.append(unclamped(sample) if rng.random() < 0.6 else sample)
    return made


def unclamped(sample: Sample) -> Sample:
    """The same layer whose low bound is the zero point, as after a RELU at zero point -128."""
    operator = sample.operator
    window = operator.attributes.window
    output = sample.graph.tensor(operator.outputs[0])
    quantization = dataclasses.replace(output.quantization, zero_point=(-128,))
    changed = dataclasses.replace(operator, attributes=DepthwiseConvolution(window, 1))
    graph = sample.graph.replace(
        operators=[changed],
        tensors=[dataclasses.replace(output, quantization=quantization)],
    )
    return dataclasses.replace(sample, graph=graph)


@pytest.mark.parametrize("seed", range(2))
def test_kernel_equals_reference(tmp_path: Path, seed: int) -> None:
    harness = KernelHarness(tmp_path)
    for index, sample in enumerate(random_samples(seed, 40)):
        suites = sample.suites(index)
        graph = sample.graph.built_for(DSP)
        harness.add(graph, sample.operator, [suites[0], suites[2], suites[4]])
    kernels = {case.lowered.kernel for case in harness.cases}
    assert {kernel.function for kernel in kernels} == {"thumbnet_depthwise_conv_2d_dsp_s8"}
    assert {kernel.literals[3] for kernel in kernels} == {0, 2}
    harness.check()
