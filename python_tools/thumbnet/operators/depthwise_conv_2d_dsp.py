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
from thumbnet.options import Optimize
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
_FACTOR_BITS = 8
"""Weights of eight bits times 2^8 are 16 bits."""
_INT32 = 1 << 31


@dataclass(frozen=True, eq=False)
class Channels:
    """What the outputs of a layer are made of; taps are [channels, kernel height, kernel width]."""

    taps: IntArray
    bias: IntArray
    """With the input's zero point folded in."""
    multipliers: Sequence[Multiplier]
    ties_up: int
    in_zero_point: int
    zero_point: int
    low: int
    high: int


def has_dsp_kernel(window: Window, multiplier: int) -> bool:
    """Whether the kernel takes such windows and depth multipliers."""
    return multiplier == 1 and window.kernel_height <= MOST_ROWS


def has_sums(window: Window) -> bool:
    """Whether the sums of such windows are in assembly."""
    size = window.kernel_height
    return size == window.kernel_width and size in (3, 5, 7) and window.stride_width <= 2


def lower_dsp(
    source: Source, output: Rows, window: Window, channels: Channels, optimize: Optimize
) -> Lowered:
    """The layer for the kernel."""
    records, all_quick = make_records(channels, window)
    quick = (2 if optimize == "speed" else 1) if all_quick else 0
    rows = source.rows
    literals = (window.kernel_height, window.kernel_width, window.stride_width)
    most = min(PASS, output.width + output.width % 2)
    scratch = tuple(scratch_bytes(window, made + 1) for made in range(min(output.width, PASS)))
    return Lowered(
        kernel=Kernel(HEADER, "thumbnet_depthwise_conv_2d_dsp_s8", (*literals, quick)),
        struct="thumbnet_depthwise_conv_2d_dsp_t",
        fields=(
            ("records", CArray("records", "int32_t", records.astype(np.int32))),
            ("channels", rows.channels),
            ("in_width", rows.width),
            ("ties_up", channels.ties_up),
            ("most", most),
            ("pad_left", window.pad_left),
            ("in_zero_point", channels.in_zero_point),
            ("out_zero_point", channels.zero_point),
            ("low", channels.low),
            ("high", channels.high),
        ),
        sources=(source,),
        output=output,
        macs=output.height * output.width * channels.taps.size,
        overlap=(run_overlap(source, output, PASS, BLOCK),),
        scratch=scratch[-1],
        run_scratch=scratch,
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


def make_records(channels: Channels, window: Window) -> tuple[IntArray, bool]:
    """The records [channels, words], and whether all of them are quick."""
    quick = has_sums(window) and (channels.low, channels.high) == (-128, 127)
    taps, bias = channels.taps.copy(), channels.bias.copy()
    multiplier = np.array([-given.mantissa for given in channels.multipliers])
    last = np.array([given.shift for given in channels.multipliers])
    all_quick = quick
    for c in range(len(bias)):
        found = quick_channel(channels, c) if quick else None
        if found is None:
            all_quick = False
            continue
        taps[c] *= found.factor
        bias[c], multiplier[c], last[c] = found.bias, found.multiplier, found.rounding
    ends = np.stack([bias, multiplier, last], axis=1)
    return np.concatenate([packed(taps), ends], axis=1), all_quick


@dataclass(frozen=True)
class Quick:
    """A channel whose output is (sum * multiplier + rounding * 2^32) >> 42, saturated.

    The sum is that of weights times ``factor``, and ``bias``.
    """

    factor: int
    bias: int
    multiplier: int
    rounding: int


def quick_channel(channels: Channels, c: int) -> Quick | None:
    """How channel ``c`` is made exactly by the short requantization; None where no way is known."""
    given = channels.multipliers[c]
    taps, bias = channels.taps[c], int(channels.bias[c])
    least, most = reach(taps, bias)
    if max(-least, most) << max(given.shift, 0) >= _INT32:
        return None
    ends = (output_of(channels, c, least), output_of(channels, c, most))
    if ends[0] == ends[1]:
        # Sums between do not come out otherwise: requantization is monotonous.
        return Quick(0, 0, 0, ends[0] << _SHIFT)
    if c >= channels.ties_up or given.mantissa <= 0:
        return None
    scaled = given.shift >= 1 - _SHIFT
    found = (
        _scaled(given, bias, channels.zero_point)
        if scaled
        else _searched(channels, c, (least, most), ends)
    )
    if found is None:
        return None
    # Reached sums, and the int16 of the weights.
    moved = found.bias - bias * found.factor
    farthest = max(abs(end * found.factor + moved) for end in (least, most))
    fits = found.factor * int(np.abs(taps).max()) < 1 << 15 and abs(found.bias) < _INT32
    return found if fits and farthest < _INT32 else None


def _scaled(given: Multiplier, bias: int, zero_point: int) -> Quick:
    """With P = sum * mantissa and r the right shift, at most 9, the same number.

    TFLite's two roundings (ties upwards) are floor((floor(P / 2^31 + 1/2) + 2^(r-1)) / 2^r) =
    floor((P + 2^30 + 2^(30+r)) / 2^(31+r)), since floors of sums with integers nest. Times
    2^(11-r) in weights and bias this is floor((P' + 2^(41-r) + 2^41) / 2^42), where 2^(41-r) is a
    multiple of 2^32 for r <= 9. For r <= 0 there is one rounding alone: 2^41 is all that is added.
    """
    right = -given.shift
    factor = 1 << (_SHIFT + 1 - right)
    rounding = (zero_point << _SHIFT) + (1 << (_SHIFT - 1))
    if right > 0:
        rounding += 1 << (_SHIFT - 1 - right)
    return Quick(factor, bias * factor, given.mantissa, rounding)


def _searched(
    channels: Channels, c: int, reached: tuple[int, int], ends: tuple[int, int]
) -> Quick | None:
    """For larger shifts: a multiplier of fewer bits that steps at the very same sums.

    Both are monotonous, so equal wherever the steps between outputs are. With A = factor *
    multiplier and O what bias and rounding add, a step from output q - 1 to q at the sum T asks for
    q * 2^42 - T * A <= O < q * 2^42 - (T - 1) * A.
    """
    given, bias = channels.multipliers[c], int(channels.bias[c])
    steps = [(q, _first_sum(channels, c, q, reached)) for q in range(ends[0] + 1, ends[1] + 1)]
    for bits in range(_FACTOR_BITS, -1, -1):
        exact = given.mantissa * 2.0 ** (_SHIFT + 1 + given.shift - bits)
        for multiplier in (int(exact), int(exact) + 1):
            if not 0 < multiplier < _INT32:
                continue
            step = multiplier << bits
            low = max((q << _SHIFT + 32) - first * step for q, first in steps)
            high = min((q << _SHIFT + 32) - (first - 1) * step for q, first in steps)
            # O in whole multiples of 2^32 and as many of the multiplier as are then missing.
            rounding = low >> 32
            added = -(-(low - (rounding << 32)) // multiplier)
            if (rounding << 32) + added * multiplier < high and abs(rounding) < 1 << 20:
                return Quick(1 << bits, (bias << bits) + added, multiplier, rounding)
    return None


def _first_sum(channels: Channels, c: int, q: int, reached: tuple[int, int]) -> int:
    """The least sum that comes out as ``q`` or more; the last one reached does."""
    below, at = reached
    while at - below > 1:
        middle = (below + at) // 2
        if output_of(channels, c, middle) >= q:
            at = middle
        else:
            below = middle
    return at


def reach(taps: IntArray, bias: int) -> tuple[int, int]:
    """The least and the most that a channel's sum can be, over all inputs."""
    ends = np.sort(np.stack([taps.reshape(-1) * -128, taps.reshape(-1) * 127]), axis=0)
    least, most = ends.sum(axis=1)
    return bias + int(least), bias + int(most)


def output_of(channels: Channels, c: int, value: int) -> int:
    """TFLite's output of channel ``c`` for a sum."""
    up = c < channels.ties_up
    scale = multiply_rounding_up if up else multiply_by_quantized_multiplier
    given = channels.multipliers[c]
    scaled = int(scale(np.array([value]), given.mantissa, given.shift)[0])
    return min(max(scaled + channels.zero_point, channels.low), channels.high)
