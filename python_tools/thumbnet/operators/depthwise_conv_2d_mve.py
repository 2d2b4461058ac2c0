"""depthwise_conv_2d for Helium: what the portable lowering becomes (isa ``mve``)."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir.graph import Array
from thumbnet.operators.base import CArray, Kernel, Lowered, Source, window_overlap
from thumbnet.operators.conv_2d_mve import VECTOR, shifts_right

HEADER = "thumbnet/kernels/depthwise_conv_2d_mve.h"
_SCRATCH = 1536
"""Bytes of windows that are enough: more pixels at once would save little."""
_FEWEST = 4
"""Pixels that are made at once whatever that takes."""
_SCATTERED = 8
"""Channels that are scattered at once."""


def for_helium(lowered: Lowered) -> Lowered:
    """The portable ``lowered`` on Helium, or itself where that is not exact or not written."""
    fields = dict(lowered.fields)
    source, output = lowered.sources[0], lowered.output
    planes = -(-output.channels // _SCATTERED) * _SCATTERED
    together, plane = _together(source, output.width, planes)
    if not shifts_right(lowered) or fields["multiplier"] != 1 or 7 * plane >= 1 << 16:
        return lowered
    weights = cast(CArray, fields["weights"]).values
    dropped = ("weight_sums", "multiplier")
    changed = {
        **{name: value for name, value in fields.items() if name not in dropped},
        "weights": CArray("weights", "int8_t", by_columns(weights, source)),
        "together": together,
    }
    literals = (source.kernel_height, source.kernel_width, source.stride_width)
    return replace(
        lowered,
        kernel=Kernel(HEADER, "thumbnet_depthwise_conv_2d_mve_s8", literals),
        struct="thumbnet_depthwise_conv_2d_mve_t",
        fields=tuple(changed.items()),
        # Behind the last plane's last window a vector reads on.
        scratch=planes * plane + VECTOR,
        overlap=(
            window_overlap(
                source,
                output,
                source.kernel_width,
                source.stride_width,
                source.pad_left,
                reads_first=True,
            ),
        ),
    )


def by_columns(weights: Array, source: Source) -> npt.NDArray[np.int8]:
    """Weights [channels, taps] with taps column by column, zeros up to whole vectors."""
    channels, taps = weights.shape
    padded = np.zeros((channels, -(-taps // VECTOR) * VECTOR), np.int8)
    windows = weights.reshape(channels, source.kernel_height, source.kernel_width)
    padded[:, :taps] = windows.transpose(0, 2, 1).reshape(channels, taps)
    return padded


def _together(source: Source, width: int, planes: int) -> tuple[int, int]:
    """Pixels that are made at once, and the bytes of a channel's windows."""

    def plane(pixels: int) -> int:
        columns = (pixels - 1) * source.stride_width + source.kernel_width
        return columns * source.kernel_height

    pixels = min(width, 255)
    while pixels > _FEWEST and planes * plane(pixels) > _SCRATCH:
        pixels -= 1
    return pixels, plane(pixels)
