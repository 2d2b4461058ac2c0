"""The parts of the Unity suite of row kernels: what is lowered for which builds.

The generic part takes every case that is not for others alone. The others take the fewest that
reach all that their kernels do apart: edges, odd counts of channels and pixels, clamps, channels
that round ties away from zero, and each size, stride and number of columns that has code of its
own. Kernels of int16 are those of all builds, but a part of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from thumbnet.options import Build
from wide_cases import WIDE_CASES


@dataclass(frozen=True)
class Lowering:
    """Cases that are lowered for one build; their names get ``suffix``."""

    build: Build
    cases: Sequence[str]
    suffix: str


@dataclass(frozen=True)
class Part:
    """``kernel_constants<suffix>.h``, for ``test_kernels<suffix>.c``."""

    suffix: str
    lowerings: Sequence[Lowering] | None
    """None stands for all cases that are not for others alone."""


DSP_SPEED = Lowering(
    Build("dsp", "speed"),
    (
        "conv_2d_3x3",
        "conv_2d_stride_2",
        "conv_2d_quads",
        "conv_2d_1x1_even",
        "conv_2d_1x1_quads",
        "fully_connected_quads",
        "depthwise_3x3",
        "depthwise_whole_vectors",
        "depthwise_strided_3x3",
        "depthwise_long",
        "add",
        "sub",
        "lstm",
    ),
    "_speed",
)

DSP_BALANCED = Lowering(
    Build("dsp", "balanced"),
    (
        "conv_2d_ties",
        "conv_2d_quads",
        "conv_2d_1x1_quads",
        "fully_connected_quads",
        "depthwise_3x3",
        "depthwise_wide_5x5",
        "depthwise_strided_5x5",
        "depthwise_wide_7x7",
        "depthwise_strided_7x7",
    ),
    "_balanced",
)

DSP_SIZE = Lowering(
    Build("dsp", "size"),
    (
        "conv_2d_stride_2",
        "conv_2d_quads",
        "conv_2d_1x1_even",
        "fully_connected_quads",
        "depthwise_strided_3x3",
        "depthwise_wide_5x5",
    ),
    "_size",
)

MVE = Lowering(
    Build("mve", core="cortex-m55"),
    (
        "conv_2d_3x3",
        "conv_2d_wide_stride",
        "conv_2d_1x1",
        "conv_2d_1x1_quads",
        "conv_2d_ties",
        "fully_connected_relu",
        "depthwise_ties",
        "depthwise_padded",
        "depthwise_strided_5x5",
        "add",
        "sub",
    ),
    "",
)

SCALAR = Lowering(
    Build(core="cortex-m0plus"),
    (
        "conv_2d_3x3",
        "conv_2d_stride_2",
        "conv_2d_1x1",
        "fully_connected_quads",
        "depthwise_ties",
        "depthwise_padded",
        "depthwise_wide_5x5",
        "depthwise_long",
    ),
    "",
)

WIDE = Lowering(Build(), WIDE_CASES, "")

PARTS = (
    Part("", None),
    Part("_dsp", (DSP_SPEED, DSP_BALANCED, DSP_SIZE)),
    Part("_mve", (MVE,)),
    Part("_scalar", (SCALAR,)),
    Part("_wide", (WIDE,)),
)
"""Each runs on every board: kernels for instruction sets are plain C where there are none."""
