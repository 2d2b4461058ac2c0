"""conv_2d and fully_connected for Helium: what the portable lowering becomes (isa ``mve``)."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir.graph import Array
from thumbnet.operators.base import CArray, Kernel, Lowered, Rows, Source, window_overlap

HEADER = "thumbnet/kernels/conv_2d_mve.h"
VECTOR = 16
"""Bytes of a vector."""
_TOGETHER = 3
"""Pixels that are made at once."""
_WINDOWS = 512
"""Bytes of windows that are enough: more of them in one call would save little."""
_MOST = 255 // _TOGETHER
_GROUP = 4
"""Sums that are requantized at once."""


def for_helium(lowered: Lowered, *, even: bool = False) -> Lowered:
    """The portable ``lowered`` on Helium, or itself where that is not exact.

    The vector requantization is TFLite's for any int32 sum while multipliers are not negative and
    shift to the right; onnxruntime's (``even``) is the portable one.
    """
    fields = dict(lowered.fields)
    if not (even or shifts_right(lowered)):
        return lowered
    source, output = lowered.sources[0], lowered.output
    weights = cast(CArray, fields["weights"]).values
    single = source.kernel_height * source.kernel_width == 1 and source.pad == source.pad_left == 0
    # A window of 1x1 with padding behind it alone reaches outside too.
    inside = (output.height - 1) * source.stride < source.rows.height and (
        output.width - 1
    ) * source.stride_width < source.rows.width
    single = single and inside
    # Fewer pixels are made one by one.
    alone = single and output.height * output.width < _TOGETHER
    together = 1 if alone else _TOGETHER
    taps = weights.shape[1]
    windows = 0 if single else _TOGETHER * min(max(_WINDOWS // (_TOGETHER * taps), 1), _MOST)
    changed = {
        **{name: value for name, value in fields.items() if name != "edge_bias"},
        "weights": CArray("weights", "int8_t", packed(weights)),
        "together": windows,
    }
    sums = -(-output.channels // _GROUP) * _GROUP * together * 4
    return replace(
        lowered,
        kernel=Kernel(HEADER, "thumbnet_conv_2d_1x1_mve_s8")
        if single
        else Kernel(HEADER, "thumbnet_conv_2d_mve_s8", (source.kernel_height, source.kernel_width)),
        struct="thumbnet_conv_2d_mve_t",
        fields=tuple(changed.items()),
        scratch=sums + windows * taps,
        overlap=(_overlap(source, output, long=lowered.pointwise),),
    )


def shifts_right(lowered: Lowered) -> bool:
    """Whether all multipliers are below one and none is negative."""
    fields = dict(lowered.fields)
    shifts = cast(CArray, fields["shift"]).values.astype(np.int64)
    mantissas = cast(CArray, fields["mantissa"]).values.astype(np.int64)
    return bool(np.all(shifts <= 0) and np.all(shifts >= -31) and np.all(mantissas >= 0))


def packed(weights: Array) -> npt.NDArray[np.int8]:
    """Weights [channels, taps] as [channels / 2, taps / 16, 2, 16], zeros where there are none."""
    channels, taps = weights.shape
    padded = np.zeros((-(-channels // 2) * 2, -(-taps // VECTOR) * VECTOR), np.int8)
    padded[:channels, :taps] = weights
    blocks = padded.reshape(len(padded) // 2, 2, -1, VECTOR)
    return np.ascontiguousarray(blocks.transpose(0, 2, 1, 3))


def _overlap(source: Source, output: Rows, *, long: bool) -> int:
    """Windows of the pixels that are made together are read before any is written."""
    rows = source.rows
    if long:
        # It may be run over the whole tensor as one row.
        source = Source(Rows(1, rows.height * rows.width, rows.channels))
        output = Rows(1, output.height * output.width, output.channels)
    return window_overlap(
        source,
        output,
        source.kernel_width,
        source.stride_width,
        source.pad_left,
        reads_first=True,
    )
