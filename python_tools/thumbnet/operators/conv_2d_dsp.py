"""conv_2d and fully_connected for Arm's DSP extension: packing, and the proof that it is exact.

Kernels: ``src/thumbnet/kernels/conv_2d_dsp.h``. Two output channels A and B share the int16 lanes
of a weight word as 256 * wB + wA, and requantization is one multiply-accumulate and a shift. Both
are exact within bounds that hold or do not hold for a layer's own weights, whatever the inputs are.
Channels that cannot share lanes are packed one by one; where a requantization is outside of what
the kernels can do, :func:`lower_dsp` leaves the layer to its portable kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from thumbnet.ir.graph import Array
from thumbnet.operators.base import CArray, Kernel, Lowered, Rows, Source, window_overlap
from thumbnet.options import Build, Optimize
from thumbnet.quantize.requantize import IntArray, Multiplier, multiply_rounding_up

HEADER = "thumbnet/kernels/conv_2d_dsp.h"

EFFORT: dict[Optimize, int] = {"size": 0, "balanced": 1, "speed": 2}
"""The kernels' literal ``effort``."""

TILE = 3
"""Columns that are made together, but for size."""

_QUAD = 4
_LEAST_QUADS = 2
_INT32 = 1 << 31
_COMPACT_BIAS = 1 << 22

_FEW, _MANY = 8, 1024
"""Fewer channels than these of windows of more inputs than these are not worth expanding them: it
takes RAM, twice the window's bytes, and pays only where many channels read it."""


@dataclass(frozen=True, eq=False)
class Layer:
    """What is to be lowered, in numbers.

    taps        int8 [channels, inputs of a window], in the order in which windows are read
    bias        [channels], the input's zero point folded in
    zero_points of the input and of the output
    bounds      the fused activation, in the output's integers
    """

    taps: Array
    bias: IntArray
    multipliers: Sequence[Multiplier]
    zero_points: tuple[int, int]
    bounds: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Channels:
    """Channels in the kernels' terms; all arrays have an element for each.

    ``output = saturate8(((2 * sum + bias) * mantissa + (rounding << 32) + 2**31 >> 32) >> shift)``
    where ``sum`` is of taps times inputs.
    """

    zero_point: int
    taps: IntArray
    shift: IntArray
    mantissa: IntArray
    bias: IntArray

    @property
    def rounding(self) -> IntArray:
        """The zero point, shifted left, and half of what the right shift drops (none for 0)."""
        return ((2 * self.zero_point + 1) << self.shift) >> 1

    @property
    def fits_compact(self) -> bool:
        """Whether kernels can compute ``rounding`` in int32 and 23 bits hold each bias."""
        zero = abs(2 * self.zero_point + 1)
        rounds = np.all(zero << self.shift < _INT32)
        return bool(rounds and np.all(np.abs(self.bias) < _COMPACT_BIAS))


def lower_dsp(lowered: Lowered, layer: Layer, build: Build) -> Lowered | None:
    """``lowered``, a portable kernel, as one of the DSP kernels; None where none is exact."""
    source, output = lowered.sources[0], lowered.output
    low, high = layer.bounds
    row = source.kernel_width * source.rows.channels
    if layer.multipliers[0].even:
        effort = EFFORT[build.optimize]
        words = packed_even(layer, row if effort > 0 else None)
    else:
        channels = exact_channels(layer)
        if channels is None:
            return None
        # Only the fastest kernels read the wide record.
        effort = EFFORT[build.optimize] if channels.fits_compact else EFFORT["speed"]
        if effort > 0:
            channels = replace(channels, taps=remains_last(channels.taps, row))
        words = packed(channels, compact=effort < 2)
    columns = 1 if effort == 0 else min(TILE, _row_width(lowered))
    quads = quads_of(layer.taps.shape[1])
    gathered = source.rows.channels % _QUAD != 0
    scratch = tuple(
        _scratch(source, quads, made + 1, effort, gathered=gathered) for made in range(columns)
    )
    literals: tuple[int, ...] = (effort, int((low, high) != (-128, 127)))
    if gathered:
        literals += (int((source.kernel_height, row) == (3, 9) and effort > 0),)
    return replace(
        lowered,
        kernel=Kernel(HEADER, _function(lowered, gathered, effort), literals),
        struct="thumbnet_conv_2d_dsp_t",
        fields=(
            ("weights", CArray("weights", "int32_t", words)),
            ("quads", quads),
            ("out_channels", output.channels),
            ("in_channels", source.rows.channels),
            ("in_width", source.rows.width),
            ("kernel_height", source.kernel_height),
            ("kernel_width", source.kernel_width),
            ("stride_width", source.stride_width),
            ("pad_left", source.pad_left),
            ("in_zero_point", layer.zero_points[0]),
            ("low", low),
            ("high", high),
            ("out_zero_point", layer.zero_points[1]),
        ),
        overlap=(_overlap(source, output, columns, pointwise=lowered.pointwise and not gathered),),
        scratch=scratch[-1],
        run_scratch=scratch,
        pointwise=lowered.pointwise and not gathered,
    )


def remains_last(taps: IntArray, row: int) -> IntArray:
    """Taps [channels, inputs] of windows with rows of ``row`` inputs, as gathered windows lie.

    First the whole quads of each row, then what remains of all rows.
    """
    rows = taps.reshape(len(taps), -1, row)
    whole = row // _QUAD * _QUAD
    parts = [rows[:, :, :whole], rows[:, :, whole:]]
    return np.concatenate([part.reshape(len(taps), -1) for part in parts], axis=1)


def _scratch(source: Source, quads: int, columns: int, effort: int, *, gathered: bool) -> int:
    """Bytes of the expanded windows; of gathered ones also their remains and a row.

    For size, all bytes of a gathered window.
    """
    size = 2 * _QUAD * quads * columns
    if not gathered:
        return size
    if effort == 0:
        return size + _QUAD * quads
    row = source.kernel_width * source.rows.channels
    remains = -(-source.kernel_height * (row % _QUAD) // _QUAD) * _QUAD
    # Rows that reach outside go through scratch column by column.
    return size + max(remains * columns, remains + row)


def quads_of(taps: int) -> int:
    """Groups of four inputs of a window, the last padded; at least as many as the kernels need."""
    return max(-(-taps // _QUAD), _LEAST_QUADS)


def exact_channels(layer: Layer) -> Channels | None:
    """The channels in the kernels' terms, or None where one of them cannot be exact.

    A channel that gives one output for all inputs becomes that output: (4 d * 2**30 + 2**31) >> 32
    is d, what the output is above its zero point. Of the others, with S a sum
    with its bias, M the mantissa and r the right shift: (2 S M + 2**31) >> 32 is TFLite's
    high = (S M + 2**30) >> 31, and (high + (z << r) + half) >> r is ((high + half) >> r) + z, half
    being 2**(r - 1), or 0 where r is. Both hold for integers of any size, so all that is checked is
    that no register overflows: 2 S and high + (z << r) + half, with abs(high) <= abs(S).
    """
    taps = layer.taps.astype(np.int64)
    mantissa = np.array([m.mantissa for m in layer.multipliers], np.int64)
    shifts = np.array([m.shift for m in layer.multipliers], np.int64)
    low_sum, high_sum = sum_bounds(taps)
    zero_point, bounds = layer.zero_points[1], layer.bounds

    def output(sums: IntArray) -> IntArray:
        scaled = multiply_rounding_up(sums, mantissa, shifts)
        return np.clip(scaled + zero_point, *bounds)

    # An output is monotone in its sum unless that wraps: between equal ends is nothing else.
    first, last = output(low_sum + layer.bias), output(high_sum + layer.bias)
    left = np.maximum(shifts, 0)
    most = np.maximum(np.abs(low_sum + layer.bias), np.abs(high_sum + layer.bias))
    constant = (first == last) & (most << left < _INT32)
    right = np.maximum(-shifts, 0)
    half = (np.int64(1) << right) >> 1
    rounding = (np.int64(zero_point) << right) + half
    # 2 * (sum + bias) and the rounded high word with its constant must be within int32.
    fits = (most < _INT32 // 2) & (np.abs(layer.bias) < _INT32 // 2)
    fits &= np.abs(rounding) + most < _INT32
    fits &= (shifts <= 0) & (right < 32)
    if not np.all(constant | fits):
        return None
    return Channels(
        zero_point=zero_point,
        taps=np.where(constant[:, None], 0, taps),
        shift=np.where(constant, 0, right),
        mantissa=np.where(constant, 1 << 30, mantissa),
        bias=np.where(constant, 4 * (first - zero_point), 2 * layer.bias),
    )


def sum_bounds(taps: IntArray) -> tuple[IntArray, IntArray]:
    """The least and the greatest sum of taps times int8 inputs of each channel."""
    positive = np.maximum(taps, 0).sum(axis=1)
    negative = np.minimum(taps, 0).sum(axis=1)
    return 127 * negative - 128 * positive, 127 * positive - 128 * negative


def packed(channels: Channels, *, compact: bool) -> npt.NDArray[np.int32]:
    """The kernels' stream of int32: a row for each pair of channels, or for one that has no other.

    ``compact`` takes eight bytes for a channel's constants instead of sixteen, in the form that
    ``conv_2d_asm_dsp.h`` describes.

    A channel follows another in its lanes only where both are exact: 256 * wB + wA is within int16,
    and B, the difference of sums that wrap at 32 bits, so that 256 * B has to be within int32.
    """
    count = len(channels.taps)
    firsts, seconds, words = _lanes(channels.taps)
    if compact:
        fields, flags = [(channels.bias << 9) + channels.shift, channels.mantissa], 7
    else:
        fields = [channels.shift, channels.mantissa, channels.rounding, channels.bias]
        flags = 30
    constants = np.pad(np.stack(fields, axis=1), ((0, 1), (0, 0)))
    second = constants[seconds]
    second[:, 0] += np.where(seconds == count, 1 << flags, 0)
    second[-1, 0] += 2 << flags
    rows = [words, constants[firsts], second]
    return np.concatenate(rows, axis=1).astype(np.uint32).view(np.int32)


def packed_even(layer: Layer, row: int | None) -> npt.NDArray[np.int32]:
    """The same for outputs that are rounded as onnxruntime does (``conv_2d_even_dsp.h``).

    Sums are exact in registers whatever the multipliers are. ``row``: inputs of a window's row,
    where windows are gathered by rows.
    """
    taps = layer.taps.astype(np.int64)
    count = len(taps)
    firsts, seconds, words = _lanes(taps if row is None else remains_last(taps, row))
    shifts = np.append([m.shift & 0xFF for m in layer.multipliers], 0)
    mantissas = [m.mantissa for m in layer.multipliers]
    constants = np.pad(np.stack([layer.bias, mantissas], axis=1), ((0, 1), (0, 0)))
    flags = shifts[firsts] + (shifts[seconds] << 8) + np.where(seconds == count, 1 << 16, 0)
    flags[-1] += 1 << 17
    rows = [words, flags[:, None], constants[firsts], constants[seconds]]
    return np.concatenate(rows, axis=1).astype(np.uint32).view(np.int32)


def _lanes(channels: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """The channels of each pair, and their words of weights [pairs, words]."""
    # The channel behind the last one is that which a single one has beside it.
    width = channels.shape[1]
    taps = np.pad(channels, ((0, 1), (0, _QUAD * quads_of(width) - width)))
    firsts, seconds = _pairs(taps)
    lanes = (256 * taps[seconds] + taps[firsts]).reshape(len(firsts), -1, _QUAD)
    # SXTB16 takes the bytes 0 and 2 of four inputs, then 1 and 3.
    words = (lanes[:, :, 2:] << 16) + (lanes[:, :, :2] & 0xFFFF)
    return firsts, seconds, words.reshape(len(firsts), -1)


def _pairs(taps: IntArray) -> tuple[IntArray, IntArray]:
    """Channels A and B of each pair; B is the last of ``taps``, all zeros, where A is single."""
    lanes = 256 * taps[1:] + taps[:-1]
    within = np.all((lanes >= -(1 << 15)) & (lanes < 1 << 15), axis=1)
    low_sum, high_sum = sum_bounds(taps[1:])
    fits = within & (np.maximum(-low_sum, high_sum) < 1 << 23)
    pairs, none = [], len(taps) - 1
    channel = 0
    while channel < none:
        second = channel + 1 if fits[channel] else none
        pairs.append((channel, second))
        channel += 1 if second == none else 2
    firsts, seconds = np.array(pairs, np.int64).T
    return firsts, seconds


def _function(lowered: Lowered, gathered: bool, effort: int) -> str:
    if gathered:
        return "thumbnet_conv_2d_gathered_dsp_s8"
    if not lowered.pointwise:
        return "thumbnet_conv_2d_dsp_s8"
    # For size single pixels share the code of many.
    one = lowered.output.height * lowered.output.width == 1 and effort > 0
    return "thumbnet_fully_connected_dsp_s8" if one else "thumbnet_conv_2d_1x1_dsp_s8"


def _row_width(lowered: Lowered) -> int:
    """The most pixels that a run has."""
    output = lowered.output
    return output.height * output.width if lowered.pointwise else output.width


def _overlap(source: Source, output: Rows, columns: int, *, pointwise: bool) -> int:
    """All windows of the columns of a tile are read before one of them is written."""
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
        together=columns,
        reads_first=True,
    )
