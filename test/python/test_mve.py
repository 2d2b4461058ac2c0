"""Helium kernels: plain C on the host under sanitizers, vectors on an emulated Cortex-M55."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from support import inputs as samples
from support import shared
from support.compiled import compile_file, litert_outputs, mismatches, run_on
from support.kernel_harness import KernelHarness
from support.side_by_side import compiled_graph, side_by_side
from support.spatial_samples import (
    FULL,
    Layer,
    Sample,
    binary,
    convolution,
    convolutions,
    dense,
    depthwise,
)
from thumbnet.operators.base import Kernel
from thumbnet.operators.registry import family
from thumbnet.options import Build
from thumbnet.schedule.replay_stream import replay_plan

HELIUM = Build(isa="mve", optimize="speed", core="cortex-m55")


def on_helium(sample: Sample) -> Sample:
    """The same operator with its kernels chosen for Helium."""
    return dataclasses.replace(sample, graph=sample.graph.built_for(HELIUM))


def kernel(sample: Sample) -> Kernel:
    """The kernel that is chosen."""
    return family(sample.operator).lower(sample.graph, sample.operator).kernel


@pytest.mark.parametrize(
    "make",
    [lambda: convolutions(41, 45), lambda: depthwise(42, 27), lambda: dense(43, 30)],
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


def test_multipliers_above_one_take_the_portable_kernel() -> None:
    rng = np.random.default_rng(44)
    layers = [Layer("conv_2d", gain=gain, per_channel=False) for gain in (1, 1e4)]
    layers += [Layer("depthwise_conv_2d", channels=(4, 4), gain=gain) for gain in (1, 1e4)]
    headers = [kernel(on_helium(convolution(rng, layer))).header for layer in layers]
    assert ["mve" in header for header in headers] == [True, False, True, False]


def ordinary(seed: int) -> list[Sample]:
    """Layers as networks have them: whole vectors and ragged ones, and sums of tensors."""
    rng = np.random.default_rng(seed)
    layers = [
        Layer("conv_2d", (5, 7), (16, 16)),
        Layer("conv_2d", (6, 9), (3, 8), stride=(2, 2)),
        Layer("conv_2d", (4, 11), (40, 10), (1, 1)),
        Layer("conv_2d", (8, 8), (16, 33), (1, 1), (2, 2)),
        Layer("conv_2d", (3, 3), (128, 5), (1, 1)),
        Layer("fully_connected", (1, 1), (200, 11)),
        Layer("depthwise_conv_2d", (9, 12), (24, 24)),
        Layer("depthwise_conv_2d", (9, 11), (21, 21), stride=(2, 2)),
        Layer("depthwise_conv_2d", (6, 6), (100, 100)),
        Layer("depthwise_conv_2d", (9, 9), (12, 12), (5, 5)),
        Layer("depthwise_conv_2d", (9, 9), (10, 10), (7, 7), stride=(2, 2)),
    ]
    made = [convolution(rng, layer) for layer in layers for _ in range(2)]
    sizes = [FULL, (1, 7, 3, 5)]
    made += [binary(rng, kind, (size, size)) for kind in ("add", "sub") for size in sizes * 3]
    return made


def test_ordinary_layers_in_plain_c(tmp_path: Path) -> None:
    harness = KernelHarness(tmp_path, widths=(1, 3, 5))
    for sample in map(on_helium, ordinary(45)):
        assert "mve" in kernel(sample).header
        harness.add(sample.graph, sample.operator, sample.suites(46)[:3])
    harness.check()


# -- vectors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: ordinary(47),
        lambda: [*convolutions(48, 20), *dense(49, 10)],
        lambda: depthwise(50, 30),
    ],
    ids=["ordinary", "convolutions", "depthwise"],
)
def test_vectors_equal_reference(make: Callable[[], list[Sample]]) -> None:
    made = list(map(on_helium, make()))
    compiled = compiled_graph(side_by_side([sample.graph for sample in made], HELIUM))
    assert sum("mve" in step.lowered.kernel.header for step in compiled.plan.steps) > len(made) // 3
    suites = [[sample.suites(index)[i] for index, sample in enumerate(made)] for i in range(4)]
    inputs: list[list[npt.NDArray[Any]]] = [[x for given in s for x in given] for s in suites]
    expected = [
        [sample.reference(given).reshape(-1) for sample, given in zip(made, s, strict=True)]
        for s in suites
    ]
    measured = run_on(compiled, "cortex-m55", inputs)
    assert not mismatches(measured, expected)


@shared.needs_shared
@pytest.mark.parametrize(
    ("name", "objective"),
    [
        *[(name, "speed") for name in ("mlperf-resnet8", "mlperf-vww96", "mlperf-kws")],
        *[(name, "ram") for name in ("mlperf-resnet8", "mlperf-vww96", "mcunet-in0")],
    ],
)
def test_models_are_exact(name: str, objective: str) -> None:
    """Also streamed in short runs, and where an inverted bottleneck calls these kernels."""
    path = shared.model_path(name)
    compiled = compile_file(path, "cortex-m55", schedule={"objective": objective})
    replay_plan(compiled.plan)
    shape = compiled.reference_graph.tensor(compiled.reference_graph.inputs[0]).shape
    given = [[sample] for sample in shared.suite(name, shape, 6)]
    expected = litert_outputs(path.read_bytes(), compiled, given)
    assert not mismatches(run_on(compiled, "cortex-m55", given), expected)
