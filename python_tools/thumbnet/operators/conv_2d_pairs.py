"""conv_2d and fully_connected for cores without SIMD instructions.

Kernels and why they are exact for any int8 weights: ``src/thumbnet/kernels/conv_2d_pairs.h`` (two
pixels in a word) and ``fully_connected_quads.h`` (four channels side by side).
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir.graph import Array
from thumbnet.operators.base import CArray, Kernel, Lowered, Rows, Source, window_overlap
from thumbnet.options import Build

HEADER = "thumbnet/kernels/conv_2d_pairs.h"
DENSE_HEADER = "thumbnet/kernels/fully_connected_quads.h"
CORES = ("cortex-m0", "cortex-m0plus", "cortex-m3", "rv32imc")
"""Those that gain; others do as well with the plain kernels, which need no scratch."""

_QUAD = 4
_QUAD_BYTES = 24
_LEAST_CHANNELS = 4
_OFFSET = 128
_LOWER, _UPPER = 32767, -256
"""Offsets of a block's halves (THUMBNET_PAIRS_LOWER, THUMBNET_PAIRS_UPPER)."""
_MOST_QUADS = 16383
_MOST_INPUTS = 1 << 14
"""So that totals are within int32."""
_FIRST = ("bias", "mantissa", "shift")
_LAST = ("in_zero_point", "out_zero_point", "low", "high")


def lower_pairs(lowered: Lowered, taps: Array, build: Build) -> Lowered | None:
    """``lowered``, a plain kernel, as one of these; None where that does not pay.

    ``taps`` are [channels, inputs of a window].
    """
    source, output = lowered.sources[0], lowered.output
    if build.core not in CORES:
        return None
    if output.channels < _LEAST_CHANNELS:
        return None
    if lowered.pointwise and output.height * output.width == 1:
        return _dense(lowered, taps) if taps.shape[1] <= _MOST_INPUTS else None
    quads = -(-taps.shape[1] // _QUAD)
    if quads > _MOST_QUADS:
        return None
    blocks = 2 * quads
    given = dict(lowered.fields)
    folded = cast(CArray, given["bias"])
    sums = folded.values.astype(np.int64) - blocks * _UPPER
    if np.any(sums >= 1 << 31):
        return None
    bias = replace(folded, values=sums.astype(np.int32))
    pointwise = lowered.pointwise
    name = "thumbnet_conv_2d_1x1_pairs_s8" if pointwise else "thumbnet_conv_2d_pairs_s8"
    return replace(
        lowered,
        kernel=Kernel(HEADER, name),
        struct="thumbnet_conv_2d_pairs_t",
        fields=(
            ("weights", CArray("weights", "uint8_t", packed(taps))),
            ("bias", bias),
            *((field, given[field]) for field in _FIRST[1:]),
            ("start", -blocks * (_LOWER - _UPPER)),
            ("quads", quads),
            ("out_channels", output.channels),
            ("in_channels", source.rows.channels),
            ("in_width", source.rows.width),
            ("kernel_height", source.kernel_height),
            ("kernel_width", source.kernel_width),
            ("stride_width", source.stride_width),
            ("pad_left", source.pad_left),
            *((field, given[field]) for field in _LAST),
        ),
        overlap=(_overlap(source, output, pointwise=pointwise),),
        scratch=quads * _QUAD_BYTES,
    )


def _dense(lowered: Lowered, taps: Array) -> Lowered:
    given = dict(lowered.fields)
    count, width = taps.shape
    filled = np.pad(taps.astype(np.int64), ((0, -count % _QUAD), (0, 0))) + _OFFSET
    weights = filled.reshape(-1, _QUAD, width).transpose(0, 2, 1).astype(np.uint8)
    return replace(
        lowered,
        kernel=Kernel(DENSE_HEADER, "thumbnet_fully_connected_quads_s8"),
        struct="thumbnet_fully_connected_quads_t",
        fields=(
            ("weights", CArray("weights", "uint8_t", np.ascontiguousarray(weights))),
            *((field, given[field]) for field in _FIRST),
            ("in_channels", width),
            ("out_channels", count),
            *((field, given[field]) for field in _LAST[1:]),
        ),
    )


def packed(taps: Array) -> npt.NDArray[np.uint8]:
    """Weights plus 128 as [pairs of channels, pairs of taps, 2 channels, 2 taps], filled up."""
    count, width = taps.shape
    padded = np.pad(taps.astype(np.int64), ((0, count % 2), (0, -width % _QUAD))) + _OFFSET
    blocks = padded.reshape(-(-count // 2), 2, -1, 2).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(blocks).astype(np.uint8)


def _overlap(source: Source, output: Rows, *, pointwise: bool) -> int:
    """Both windows are read before a pixel is written."""
    if pointwise:
        # It may be run over the whole tensor as one row.
        rows = source.rows
        source = Source(Rows(1, rows.height * rows.width, rows.channels))
        output = Rows(1, output.height * output.width, output.channels)
    return window_overlap(
        source,
        output,
        source.kernel_width,
        source.stride_width,
        source.pad_left,
        together=2,
        reads_first=True,
    )
