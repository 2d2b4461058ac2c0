"""Helium kernels: their plain C on the host under sanitizers, and the vectors on an emulated M55."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support import inputs as samples
from support.kernel_harness import KernelHarness
from support.spatial_samples import Sample, convolutions, dense, depthwise
from thumbnet.operators.base import Kernel
from thumbnet.operators.registry import family
from thumbnet.options import Build

HELIUM = Build(isa="mve", optimize="speed", core="cortex-m55")


def on_helium(sample: Sample) -> Sample:
    """The same operator with its kernels chosen for Helium."""
    return dataclasses.replace(sample, graph=sample.graph.built_for(HELIUM))


def kernel(sample: Sample) -> Kernel:
    """The kernel that is chosen."""
    return family(sample.operator).lower(sample.graph, sample.operator).kernel


@pytest.mark.parametrize(
    "make",
    [lambda: convolutions(41, 45), lambda: depthwise(42, 45), lambda: dense(43, 30)],
    ids=["conv_2d", "depthwise_conv_2d", "fully_connected"],
)
def test_plain_c_equals_reference(make: Callable[[], list[Sample]], tmp_path: Path) -> None:
    harness = KernelHarness(tmp_path, widths=(1, 2, 3, 4))
    helium = 0
    for index, sample in enumerate(map(on_helium, make())):
        x = sample.graph.tensor(sample.operator.inputs[0])
        given = [samples.noise(x.shape, "int8", index), samples.constant(x.shape)]
        harness.add(sample.graph, sample.operator, [[one] for one in given])
        helium += "mve" in kernel(sample).header
    assert helium > len(harness.cases) // 3
    harness.check()
