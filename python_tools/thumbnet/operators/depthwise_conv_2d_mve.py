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
_OVERLAP = 1024
"""Bytes of output that may be written before all of the windows above them have been read: more
pixels at once would save little."""
_FEWEST = 6
"""Pixels that are made at once whatever that takes."""
_MOST = 255
_SCATTERED = 8
"""Channels that are scattered at once."""


def for_helium(lowered: Lowered, *, even: bool = False) -> Lowered:
    """The portable ``lowered`` on Helium, or itself where that is not exact or not written.

    Sums are requantized one by one where onnxruntime's multipliers (``even``) do.
    """
    fields = dict(lowered.fields)
    source, output = lowered.sources[0], lowered.output
    if not (even or shifts_right(lowered)) or fields["multiplier"] != 1:
        return lowered
    together = min(max(_OVERLAP // output.channels, _FEWEST), output.width, _MOST)
    columns = (together - 1) * source.stride_width + source.kernel_width
    plane = columns * source.kernel_height
    if plane * (_SCATTERED - 1) >= 1 << 16:  # scattered by 16-bit offsets
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
        scratch=_SCATTERED * plane + VECTOR,
        overlap=(
            window_overlap(
                source,
                output,
                source.kernel_width,
                source.stride_width,
                source.pad_left,
                together=together,
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
