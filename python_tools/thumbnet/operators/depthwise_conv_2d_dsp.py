"""depthwise_conv_2d with depth multiplier 1 for cores with Arm's DSP extension.

What ``src/thumbnet/kernels/depthwise_conv_2d_dsp.h`` is given: records of weights, and the proof
that its short requantization is exact.
"""

from __future__ import annotations

import functools
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
BLOCK = 4
"""Channels that are read together and then written."""
PASS = 24
"""Outputs that are made of one expansion of the columns, at most."""

_SIZES = (3, 5, 7)
_WORDS, _BLOCKS, _BYTES = range(3)
"""What the kernel's records hold: words; words, for code that spends flash on speed; bytes."""
_SHIFT = 7
"""By which the kernel shifts sums of products, behind their upper word."""
_FACTOR_BITS = 8
"""Weights of eight bits times 2^8 are 16 bits."""
_TRIES = 1 << 14
"""Rounding constants that are looked at; each asks for another bias."""
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


def lower_dsp(
    source: Source, output: Rows, window: Window, channels: Channels, optimize: Optimize
) -> Lowered | None:
    """The layer for the kernel; None where the kernel does not take it."""
    size, stride = window.kernel_height, window.stride_width
    if size != window.kernel_width or size not in _SIZES or stride > 2 or output.channels < BLOCK:
        return None
    records: IntArray | None
    if channels.multipliers[0].even:
        how, records = _WORDS, make_even_records(channels)
        if records is None:
            return None
    else:
        how, records = _BYTES, None if optimize == "speed" else make_byte_records(channels)
    if records is None:
        how = _BLOCKS if size == 3 and optimize == "speed" else _WORDS
        records = make_records(channels)
    if records is None:
        return None
    rows = source.rows
    most = min(PASS, output.width + output.width % 2)
    scratch = tuple(scratch_bytes(window, made + 1) for made in range(min(output.width, PASS)))
    return Lowered(
        kernel=Kernel(HEADER, "thumbnet_depthwise_conv_2d_dsp_s8", (size, stride, how)),
        struct="thumbnet_depthwise_conv_2d_dsp_t",
        fields=(
            ("records", CArray("records", "int32_t", records.astype(np.int32))),
            ("channels", rows.channels),
            ("in_width", rows.width),
            ("most", most),
            ("pad_left", window.pad_left),
            ("in_zero_point", channels.in_zero_point),
            ("out_zero_point", channels.zero_point),
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


def packed_bytes(taps: IntArray) -> IntArray:
    """Taps of eight bits, in the order of ``packed``'s words, two words in one."""
    words = packed(taps)
    if words.shape[1] % 2:
        words = np.concatenate([words, np.zeros((len(words), 1), np.int64)], axis=1)
    low, high = words & 0xFF, words >> 16 & 0xFF
    first = low[:, 0::2] + (high[:, 0::2] << 16)
    second = low[:, 1::2] + (high[:, 1::2] << 16)
    made: IntArray = (first + (second << 8)).astype(np.uint32).astype(np.int32).astype(np.int64)
    return made


def make_byte_records(channels: Channels) -> IntArray | None:
    """The records [channels, words] whose weights are bytes; None where a channel is not exact."""
    if (channels.low, channels.high) != (-128, 127):
        return None
    taps, ends = channels.taps.copy(), []
    for c in range(len(taps)):
        small = small_channel(channels, c)
        if small is None:
            return None
        taps[c] *= small.factor
        code = small.shift - 1 + (64 if small.extra else 0)
        ends.append(((small.bias << _FACTOR_BITS) + code, small.multiplier))
    return np.concatenate([packed_bytes(taps), np.array(ends, np.int64)], axis=1)


@dataclass(frozen=True)
class Small:
    """A channel whose output is (256 * sum * multiplier + rounding * 2^32) >> (32 + shift).

    It is saturated. The rounding is zero point * 2^shift + 2^(shift - 1), and 64 where ``extra``;
    the sum is that of weights times ``factor``, which is 1, or 0 where all sums come out the same,
    and of ``bias``.
    """

    factor: int
    bias: int
    multiplier: int
    shift: int
    extra: bool


def small_channel(channels: Channels, c: int) -> Small | None:
    """How channel ``c`` is made exactly of weights of eight bits; None where no way is known.

    As in ``_scaled``, times 2^8 whatever the shift r: all that is added is then a multiple of 2^32.
    TFLite's roundings are floor((P + 2^30 + 2^(30+r)) / 2^(31+r)) for r > 0 and, r not above 0,
    floor((P + 2^(30+r)) / 2^(31+r)).
    """
    given, bias = channels.multipliers[c], int(channels.bias[c])
    reached = reach(channels.taps[c], bias)
    if max(-reached[0], reached[1]) << max(given.shift, 0) >= _INT32:
        return None
    up = c < channels.ties_up
    first, last = (int(v) for v in _outputs(np.array(reached), given, channels.zero_point, up))
    if first == last:
        # Times a half, with the rounding for r = 0.
        return Small(0, 2 * (first - channels.zero_point), 1 << 30, _SHIFT, extra=False)
    shift = _SHIFT - given.shift
    fits = max(-reached[0], reached[1], abs(bias)) << _FACTOR_BITS < _INT32
    if not up or not fits or given.mantissa <= 0 or not 1 <= shift <= 23:
        return None
    return Small(1, bias, given.mantissa, shift, extra=given.shift < 0)


def make_even_records(channels: Channels) -> IntArray | None:
    """The records of what is rounded as onnxruntime does; None where a clamp is asked for.

    The weights' words, then bias, mantissa and shift: nothing has to be exact but sums.
    """
    if (channels.low, channels.high) != (-128, 127):
        return None
    ends = [
        (bias, m.mantissa, m.shift)
        for bias, m in zip(channels.bias.tolist(), channels.multipliers, strict=True)
    ]
    return np.concatenate([packed(channels.taps), np.array(ends, np.int64)], axis=1)


def make_records(channels: Channels) -> IntArray | None:
    """The records [channels, words]; None where a channel is not exact in the kernel."""
    if (channels.low, channels.high) != (-128, 127):
        return None
    taps, ends = channels.taps.copy(), []
    for c in range(len(taps)):
        quick = quick_channel(channels, c)
        if quick is None:
            return None
        taps[c] *= quick.factor
        ends.append((quick.bias, quick.multiplier, quick.rounding))
    return np.concatenate([packed(taps), np.array(ends, np.int64)], axis=1)


@dataclass(frozen=True)
class Quick:
    """A channel whose output is (sum * multiplier + rounding * 2^32) >> 39, saturated.

    The sum is that of weights times ``factor``, and ``bias``.
    """

    factor: int
    bias: int
    multiplier: int
    rounding: int


def quick_channel(channels: Channels, c: int) -> Quick | None:
    """How channel ``c`` is made exactly by the short requantization; None where no way is known."""
    least, most = reach(channels.taps[c], int(channels.bias[c]))
    return _quick(
        channels.multipliers[c],
        int(channels.bias[c]),
        int(np.abs(channels.taps[c]).max()),
        (least, most),
        channels.zero_point,
        c < channels.ties_up,
    )


@functools.lru_cache(maxsize=1 << 14)
def _quick(
    given: Multiplier, bias: int, largest: int, reached: tuple[int, int], zero_point: int, up: bool
) -> Quick | None:
    least, most = reached
    if max(-least, most) << max(given.shift, 0) >= _INT32:
        return None
    first, last = (int(v) for v in _outputs(np.array(reached), given, zero_point, up))
    if first == last:
        # Sums between do not come out otherwise: requantization is monotonous.
        return Quick(0, 0, 0, first << _SHIFT)
    if given.mantissa <= 0:
        return None
    found: Quick | None
    if up and given.shift >= 1 - _SHIFT:
        found = _scaled(given, bias, zero_point)
    else:
        steps = _steps(given, (first, last), zero_point, up)
        found = None if steps is None else _searched(given, bias, steps)
    if found is None:
        return None
    # Reached sums, and the int16 of the weights.
    moved = found.bias - bias * found.factor
    farthest = max(abs(end * found.factor + moved) for end in reached)
    fits = found.factor * largest < 1 << 15 and abs(found.bias) < _INT32
    return found if fits and farthest < _INT32 else None


def _scaled(given: Multiplier, bias: int, zero_point: int) -> Quick:
    """With P = sum * mantissa and r the right shift, at most 6: the same number.

    TFLite's two roundings (ties upwards) are floor((floor(P / 2^31 + 1/2) + 2^(r-1)) / 2^r) =
    floor((P + 2^30 + 2^(30+r)) / 2^(31+r)), since floors of sums with integers nest. Times 2^(8-r)
    in weights and bias this is floor((P' + 2^(38-r) + 2^38) / 2^39), where 2^(38-r) is a multiple
    of 2^32 for r <= 6. For r <= 0 there is one rounding alone: 2^38 is all that is added.
    """
    right = -given.shift
    factor = 1 << (_SHIFT + 1 - right)
    rounding = (zero_point << _SHIFT) + (1 << (_SHIFT - 1))
    if right > 0:
        rounding += 1 << (_SHIFT - 1 - right)
    return Quick(factor, bias * factor, given.mantissa, rounding)


def _searched(given: Multiplier, bias: int, steps: list[tuple[int, int]]) -> Quick | None:
    """For larger shifts and other ties: a multiplier that steps at the very same sums.

    Both are monotonous, so equal wherever the steps between outputs are. With A = factor *
    multiplier and O what bias and rounding add, a step from output q - 1 to q at the sum T asks for
    q * 2^39 - T * A <= O < q * 2^39 - (T - 1) * A.
    """
    # First with the mantissa itself or as many bits of it as possible.
    whole = min(max(_SHIFT + 1 + given.shift, 0), _FACTOR_BITS)
    for bits in (whole, *(other for other in range(_FACTOR_BITS, -1, -1) if other != whole)):
        exact = given.mantissa * 2.0 ** (_SHIFT + 1 + given.shift - bits)
        for multiplier in (int(exact), int(exact) + 1):
            if not 0 < multiplier < _INT32:
                continue
            step = multiplier << bits
            low = max((q << _SHIFT + 32) - first * step for q, first in steps)
            high = min((q << _SHIFT + 32) - (first - 1) * step for q, first in steps)
            found = _split(multiplier, low, high)
            if found is not None:
                added, rounding = found
                return Quick(1 << bits, (bias << bits) + added, multiplier, rounding)
    return None


def _steps(
    given: Multiplier, ends: tuple[int, int], zero_point: int, up: bool
) -> list[tuple[int, int]] | None:
    """(q, the least sum that comes out as q or more) for all outputs behind the first."""
    if given.shift > 0:
        return None
    right = -given.shift
    steps = []
    for q in range(ends[0] + 1, ends[1] + 1):
        # The least upper part that is rounded to q: a tie, unless it goes away from zero.
        high = ((q - zero_point) << right) - (1 << right >> 1)
        if not up and q <= zero_point and right > 0:
            high += 1
        steps.append((q, -(-((high << 31) - (1 << 30)) // given.mantissa)))
    # The proof does not rest on this derivation.
    first = np.array([at for _, at in steps])
    wanted = np.array([q for q, _ in steps])
    reaches = _outputs(first, given, zero_point, up) >= wanted
    before = _outputs(first - 1, given, zero_point, up) < wanted
    return steps if np.all(reaches & before) else None


def _split(multiplier: int, low: int, high: int) -> tuple[int, int] | None:
    """(added, rounding) such that added * multiplier + rounding * 2^32 is in [low, high)."""
    if low >= high:
        return None
    highest = low >> 32
    for rounding in range(highest, highest - _TRIES, -1):
        added = -(-(low - (rounding << 32)) // multiplier)
        if added * multiplier + (rounding << 32) < high:
            return (added, rounding) if abs(rounding) < 1 << 20 else None
    return None


def reach(taps: IntArray, bias: int) -> tuple[int, int]:
    """The least and the most that a channel's sum can be, over all inputs."""
    ends = np.sort(np.stack([taps.reshape(-1) * -128, taps.reshape(-1) * 127]), axis=0)
    least, most = ends.sum(axis=1)
    return bias + int(least), bias + int(most)


def _outputs(sums: IntArray, given: Multiplier, zero_point: int, up: bool) -> IntArray:
    """TFLite's outputs for a channel's sums."""
    scale = multiply_rounding_up if up else multiply_by_quantized_multiplier
    return np.clip(scale(sums, given.mantissa, given.shift) + zero_point, -128, 127)
