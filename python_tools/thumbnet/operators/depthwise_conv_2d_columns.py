"""depthwise_conv_2d with depth multiplier 1 for cores without SIMD instructions.

Kernel: ``src/thumbnet/kernels/depthwise_conv_2d_columns.h``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np

from thumbnet.ir.attributes import Window
from thumbnet.ir.graph import Array
from thumbnet.operators.base import CArray, Kernel, Lowered
from thumbnet.operators.depthwise_conv_2d_dsp import run_overlap
from thumbnet.options import Build

HEADER = "thumbnet/kernels/depthwise_conv_2d_columns.h"
CORES = ("cortex-m0", "cortex-m0plus", "cortex-m3")
"""Those that gain: others have registers enough for the plain kernel."""

SMALLER = (*CORES, "rv32imc")
"""Those whose code becomes smaller."""

PASS = 12
"""Pixels that are made of one expansion of a channel's columns (THUMBNET_COLUMNS_PASS)."""

_NINE = {"cortex-m0": 17, "cortex-m0plus": 17, "cortex-m3": 16}
"""Words of thumbnet_columns_nine_t."""
_MOST = 1 << 28
"""A sum in magnitude, for products of halves that fit 32 bits."""
_MIDDLE = ("bias", "mantissa", "shift", "channels", "in_width", "ties_up")
_LAST = ("stride_width", "pad_left", "in_zero_point", "out_zero_point", "low", "high")


def lower_columns(lowered: Lowered, taps: Array, window: Window, build: Build) -> Lowered | None:
    """``lowered``, a plain kernel, as this one; None where that does not pay.

    ``taps`` are [channels, kernel height * kernel width].
    """
    source, output = lowered.sources[0], lowered.output
    if build.core not in (SMALLER if build.optimize == "size" else CORES):
        return None
    if output.channels != source.rows.channels:
        return None
    given = dict(lowered.fields)
    bias = np.abs(cast(CArray, given["bias"]).values.astype(np.int64))
    if np.any(bias + 128 * np.abs(taps.astype(np.int64)).sum(axis=1) >= _MOST):
        return None
    height, width = window.kernel_height, window.kernel_width
    if build.core == "cortex-m3" and build.optimize != "size" and (height, width) != (3, 3):
        # Others are not in assembly, and the plain kernel is faster.
        return None
    weights = taps.reshape(-1, height, width).transpose(0, 2, 1)
    columns = (min(output.width, PASS) - 1) * window.stride_width + width
    head = height * width
    if (height, width) == (3, 3):
        head = _NINE.get(build.core, head)
    return replace(
        lowered,
        kernel=Kernel(HEADER, "thumbnet_depthwise_conv_2d_columns_s8", (height, width)),
        struct="thumbnet_depthwise_columns_t",
        fields=(
            ("weights", CArray("weights", "int8_t", np.ascontiguousarray(weights))),
            *((field, given[field]) for field in (*_MIDDLE, *_LAST)),
        ),
        overlap=(run_overlap(source, output, PASS, 1),),
        scratch=4 * (columns * height + head),
    )
