"""Gemmlowp's 16-bit fixed point: logistic() and tanh() of recurrent layers.

Source: gemmlowp's fixedpoint/fixedpoint.h with ``std::int16_t`` (scalar), as TFLite's portable
tensor utilities call it. Values are int64 arrays that hold int16; a value of m integer bits is the
integer over 2**(15 - m). The C twin is ``src/thumbnet/kernels/fixed_point.h``.
"""

from __future__ import annotations

import numpy as np

from thumbnet.quantize.requantize import (
    IntArray,
    clipped_to_int16,
    rounding_doubling_high_mul_16,
    rounding_shift_right,
)

ONE = (1 << 15) - 1
"""1 with no integer bits, as near as it comes."""

# Constants of 32 bits in the source, of which the upper halves are used, rounded.
_EXP_MINUS_EIGHTH = 28918
_THIRD = 10923
_48_OVER_17 = 23130
_MINUS_32_OVER_17 = -15420
_EXP_OF_POWERS = (25520, 19875, 12055, 4435, 600, 11, 0)
"""exp(-2**e) for e = -2..4."""


def _times(a: IntArray, b: IntArray | int) -> IntArray:
    return clipped_to_int16(rounding_doubling_high_mul_16(a, b))


def _exp_near_zero(a: IntArray) -> IntArray:
    """exp() of [-1/4, 0) without integer bits: a Taylor series about -1/8."""
    x = a + (1 << 12)
    x2 = _times(x, x)
    x3, x4 = _times(x2, x), _times(x2, x2)
    tail = _times(rounding_shift_right(x4, 2) + x3, _THIRD) + x2
    series = x + rounding_shift_right(tail, 1)
    return clipped_to_int16(_EXP_MINUS_EIGHTH + _times(series, _EXP_MINUS_EIGHTH))


def exp_of_negative(a: IntArray, integer_bits: int) -> IntArray:
    """exp() of values <= 0 with ``integer_bits``, without integer bits itself."""
    fraction = 15 - integer_bits
    quarter = 1 << (fraction - 2)
    rest = (a & (quarter - 1)) - quarter
    result = _exp_near_zero(rest << integer_bits)
    remainder = rest - a
    for bit, factor in zip(range(fraction - 2, 15), _EXP_OF_POWERS, strict=False):
        result = np.where(remainder >> bit & 1, _times(result, factor), result)
    if integer_bits > 5:
        result = np.where(a < -(1 << (20 - integer_bits)), 0, result)
    return np.where(a == 0, ONE, result)


def _reciprocal_of_half_sum(a: IntArray) -> IntArray:
    """2 / (1 + a) for a in [0, 1], with two integer bits: three steps of Newton's method."""
    half = (a + ONE + 1) >> 1
    x = _48_OVER_17 + _times(half, _MINUS_32_OVER_17)
    for _ in range(3):
        x = x + clipped_to_int16(_times(x, (1 << 13) - _times(half, x)) << 2)
    return x


def logistic(values: IntArray) -> IntArray:
    """1 / (1 + exp(-x)) of values with three integer bits, without integer bits itself."""
    x = _reciprocal_of_half_sum(exp_of_negative(-np.abs(values), 3))
    positive = clipped_to_int16(x << 1)
    return np.where(values == 0, 1 << 14, np.where(values > 0, positive, ONE - positive))


def tanh(values: IntArray, integer_bits: int) -> IntArray:
    """The hyperbolic tangent of values with ``integer_bits`` <= 6, without integer bits itself."""
    x = _reciprocal_of_half_sum(exp_of_negative(-np.abs(values), integer_bits + 1))
    size = clipped_to_int16((x - (1 << 13)) << 2)
    return np.where(values == 0, 0, np.where(values > 0, size, -size))
