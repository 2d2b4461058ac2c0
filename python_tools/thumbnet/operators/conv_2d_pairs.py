"""conv_2d for cores without SIMD instructions, two pixels in a word.

Kernels and the proof that they are exact for any int8 weights: ``src/thumbnet/kernels/
conv_2d_pairs.h``.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from thumbnet.operators.base import CArray, Kernel, Lowered, Rows, Source, window_overlap
from thumbnet.options import Build

HEADER = "thumbnet/kernels/conv_2d_pairs.h"
CORES = ("cortex-m0", "cortex-m0plus", "rv32imc")
"""Those that gain; others do as well with the plain kernels, which need no scratch."""

_QUAD = 4
_QUAD_BYTES = 24
_LEAST_CHANNELS = 4
_OFFSET = 128
_MOST_QUADS = 16383
"""So that the totals of blocks are within int32."""
_FIRST = ("bias", "mantissa", "shift")
_LAST = ("in_zero_point", "out_zero_point", "low", "high")


def lower_pairs(lowered: Lowered, taps: npt.NDArray[np.int8], build: Build) -> Lowered | None:
    """``lowered``, a plain kernel, as one of these; None where that does not pay.

    ``taps`` are [channels, inputs of a window].
    """
    source, output = lowered.sources[0], lowered.output
    if build.core not in CORES or build.optimize == "size":
        return None
    if output.channels < _LEAST_CHANNELS or output.height * output.width == 1:
        return None
    quads = -(-taps.shape[1] // _QUAD)
    if quads > _MOST_QUADS:
        return None
    given = dict(lowered.fields)
    pointwise = lowered.pointwise
    name = "thumbnet_conv_2d_1x1_pairs_s8" if pointwise else "thumbnet_conv_2d_pairs_s8"
    return replace(
        lowered,
        kernel=Kernel(HEADER, name),
        struct="thumbnet_conv_2d_pairs_t",
        fields=(
            ("weights", CArray("weights", "uint8_t", packed(taps))),
            *((field, given[field]) for field in _FIRST),
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


def packed(taps: npt.NDArray[np.int8]) -> npt.NDArray[np.uint8]:
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
