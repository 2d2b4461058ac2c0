"""depthwise_conv_2d with depth multiplier 1 for cores with Arm's DSP extension.

What ``src/thumbnet/kernels/depthwise_conv_2d_dsp.h`` is given: records of weights, and the proof
that its short requantization is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from thumbnet.ir.attributes import Window
from thumbnet.operators.base import CArray, Kernel, Lowered, Rows, Source
from thumbnet.quantize.requantize import (
    IntArray,
    Multiplier,
    multiply_by_quantized_multiplier,
    multiply_rounding_up,
)

HEADER = "thumbnet/kernels/depthwise_conv_2d_dsp.h"
MOST_ROWS = 8
"""Of a kernel (THUMBNET_DEPTHWISE_ROWS)."""
BLOCK = 4
"""Channels that are read together and then written."""
PASS = 24
"""Outputs that are made of one expansion of the columns, at most."""

_SHIFT = 10
_INT32 = 1 << 31


@dataclass(frozen=True, eq=False)
class Channels:
    """What the outputs of a layer are made of; taps are [channels, kernel height, kernel width]."""

    taps: IntArray
    bias: IntArray
    """With the input's zero point folded in."""
    multipliers: Sequence[Multiplier]
    ties_up: int
    zero_point: int
    low: int
    high: int


def has_dsp_kernel(window: Window, multiplier: int) -> bool:
    """Whether the kernel takes such windows and depth multipliers."""
    return multiplier == 1 and window.kernel_height <= MOST_ROWS


def lower_dsp(
    source: Source, output: Rows, window: Window, channels: Channels, zero: int
) -> Lowered:
    """The layer for the kernel; ``zero`` is the input's zero point."""
    quick = quick_records(channels)
    records = exact_records(channels) if quick is None else quick
    rows = source.rows
    literals = (window.kernel_height, window.kernel_width, window.stride_width)
    most = min(PASS, output.width + output.width % 2)
    return Lowered(
        kernel=Kernel(
            HEADER, "thumbnet_depthwise_conv_2d_dsp_s8", (*literals, int(quick is not None))
        ),
        struct="thumbnet_depthwise_conv_2d_dsp_t",
        fields=(
            ("records", CArray("records", "int32_t", records.astype(np.int32))),
            ("channels", rows.channels),
            ("in_width", rows.width),
            ("ties_up", channels.ties_up),
            ("most", most),
            ("pad_left", window.pad_left),
            ("in_zero_point", zero),
            ("out_zero_point", channels.zero_point),
            ("low", channels.low),
            ("high", channels.high),
        ),
        sources=(source,),
        output=output,
        macs=output.height * output.width * channels.taps.size,
        overlap=(run_overlap(source, output, PASS, BLOCK),),
        scratch=scratch_bytes(window, min(output.width, PASS)),
    )


def scratch_bytes(window: Window, outputs: int) -> int:
    """Groups of two columns, four bytes a row and channel, as far as two outputs at a time read."""
    even = outputs + outputs % 2
    columns = (even - 1) * window.stride_width + window.kernel_width
    return (columns + 1) // 2 * 4 * BLOCK * window.kernel_height


def run_overlap(source: Source, output: Rows, most: int, block: int) -> int:
    """A run of at most ``most`` pixels is read for ``block`` channels, then these are written.

    Between two blocks the rest of all windows of the run is still needed; behind the last block,
    what later pixels read.
    """
    rows = source.rows
    ys, xs = np.arange(output.height), np.arange(output.width)
    top = np.clip(ys * source.stride - source.pad, 0, rows.height)
    left = np.clip(xs * source.stride_width - source.pad_left, 0, rows.width - 1)
    first = (top[:, None] * rows.row_size + left[None, :] * rows.channels).reshape(-1)
    rest = np.append(np.minimum.accumulate(first[::-1])[::-1], np.iinfo(np.int64).max)
    ends = (ys[:, None] * output.width + np.minimum(xs + most, output.width)).reshape(-1)
    between = (ends - 1) * output.channels - first
    pixels = ys[:, None] * output.width + xs
    behind = (pixels.reshape(-1) + 1) * output.channels - rest[1:]
    known = int(np.max(between)) if rows.channels > block else 0
    return max(known, int(np.max(behind)), 0)


# -- records ------------------------------------------------------------------------------------


def packed(taps: IntArray) -> IntArray:
    """Taps [channels, height, width] of 16 bits as the kernel's words [channels, words]."""
    channels, height, width = taps.shape
    upper = height - height % 2
    pairs = taps[:, :upper].reshape(channels, height // 2, 2, width)
    words = [_words(pairs[:, :, 0], pairs[:, :, 1]).reshape(channels, -1)]
    if height % 2:
        last = taps[:, -1]
        if width == 1:
            words.append(_words(last, last))
        even, odd = last[:, : width - width % 2], last[:, 1 : width - 1 + width % 2]
        words += [_words(row[:, 0::2], row[:, 1::2]) for row in (even, odd)]
    return np.concatenate(words, axis=1)


def _words(low: IntArray, high: IntArray) -> IntArray:
    return (low & 0xFFFF) + (high << 16)


def exact_records(channels: Channels) -> IntArray:
    """Records with the multipliers as they are, for the requantization of all kernels."""
    mantissas = np.array([m.mantissa for m in channels.multipliers], np.int64)
    shifts = np.array([m.shift for m in channels.multipliers], np.int64)
    return _records(channels.taps, channels.bias, mantissas, shifts)


def _records(taps: IntArray, bias: IntArray, multiplier: IntArray, last: IntArray) -> IntArray:
    return np.concatenate([packed(taps), np.stack([bias, multiplier, last], axis=1)], axis=1)


def quick_records(channels: Channels) -> IntArray | None:
    """Records for the short requantization; None where it is not proved for some channel.

    With P = sum * mantissa and r the right shift, TFLite's two roundings (ties upwards) are
    floor((floor(P / 2^31 + 1/2) + 2^(r-1)) / 2^r) = floor((P + 2^30 + 2^(30+r)) / 2^(31+r)), since
    floors of sums with integers nest. Times 2^(11-r) in weights and bias this is
    floor((P' + 2^(41-r) + 2^41) / 2^42), where 2^(41-r) is a multiple of 2^32 for r <= 9. For r <= 0
    there is one rounding alone, and 2^41 is all that is added.
    """
    if (channels.low, channels.high) != (-128, 127):
        return None
    least, most = reach(channels.taps, channels.bias)
    taps, bias = channels.taps.copy(), channels.bias.copy()
    count = len(bias)
    multiplier, rounding = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for c, given in enumerate(channels.multipliers):
        up = c < channels.ties_up
        ends = [_output(value, given, channels, up) for value in (int(least[c]), int(most[c]))]
        farthest = max(abs(int(least[c])), abs(int(most[c])))
        if farthest << max(given.shift, 0) >= _INT32:
            return None
        if ends[0] == ends[1]:
            # Sums between do not come out otherwise: requantization is monotonous.
            taps[c], bias[c], rounding[c] = 0, 0, ends[0] << _SHIFT
            continue
        right = -given.shift
        if not up or right > _SHIFT - 1:
            return None
        factor = 1 << (_SHIFT + 1 - right)
        taps[c] *= factor
        bias[c] *= factor
        if np.abs(taps[c]).max() >= 1 << 15 or farthest * factor >= _INT32:
            return None
        multiplier[c] = given.mantissa
        rounding[c] = (channels.zero_point << _SHIFT) + (1 << (_SHIFT - 1))
        if right > 0:
            rounding[c] += 1 << (_SHIFT - 1 - right)
    if np.abs(bias).max(initial=0) >= _INT32:
        return None
    return _records(taps, bias, multiplier, rounding)


def reach(taps: IntArray, bias: IntArray) -> tuple[IntArray, IntArray]:
    """The least and the most that each channel's sum can be, over all inputs."""
    flat = taps.reshape(len(taps), -1)
    ends = np.sort(np.stack([flat * -128, flat * 127]), axis=0)
    return bias + ends[0].sum(axis=1), bias + ends[1].sum(axis=1)


def _output(value: int, given: Multiplier, channels: Channels, up: bool) -> int:
    scale = multiply_rounding_up if up else multiply_by_quantized_multiplier
    scaled = int(scale(np.array([value]), given.mantissa, given.shift)[0])
    return min(max(scaled + channels.zero_point, channels.low), channels.high)
