"""The only home of multiplier and shift arithmetic: TFLite's fixed-point requantization.

Source: ``tensorflow/lite/kernels/internal/quantization_util.cc`` and gemmlowp's fixed point
(double rounding, the default build of TFLite). The C twin is ``src/thumbnet/requantize.h``.
onnxruntime's is in ``requantize_even``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thumbnet.ir.attributes import Activation
from thumbnet.ir.graph import Tensor

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Multiplier:
    """A real as ``mantissa * 2**(shift - 31)``; abs(mantissa) in [2**30, 2**31) or 0.

    ``even`` ones are float32 and multiply as onnxruntime does (``requantize_even``), the others as
    TFLite.
    """

    mantissa: int
    shift: int
    even: bool = False


def quantize_multiplier(real: float) -> Multiplier:
    """The multiplier nearest to ``real``; shift in [-31, 30] (TFLite's QuantizeMultiplier).

    Negative where a weight scale is, as folded batch normalizations leave them; the greatest of
    what is beyond all, infinity too.
    """
    if math.isinf(real):
        return Multiplier((1 << 31) - 1, 30)
    if real == 0.0:
        return Multiplier(0, 0)
    fraction, shift = math.frexp(real)
    mantissa = int(math.copysign(math.floor(abs(fraction) * (1 << 31) + 0.5), fraction))
    if mantissa == 1 << 31:
        mantissa //= 2
        shift += 1
    if shift < -31:
        return Multiplier(0, 0)
    if shift > 30:
        return Multiplier((1 << 31) - 1, 30)
    return Multiplier(mantissa, shift)


def float32_ratio(factors: Sequence[float], divisor: float = 1.0) -> float:
    """A product of scales over another one, each step rounded to float32 as TFLite does.

    Infinity or zero beyond its range.
    """
    made = np.float32(1)
    with np.errstate(all="ignore"):
        for factor in factors:
            made = np.float32(made * np.float32(factor))
        return float(made / np.float32(divisor))


def saturating_doubling_high_mul(a: IntArray, b: npt.ArrayLike) -> IntArray:
    """round(a * b / 2**31), ties upwards, of int32 values held as int64."""
    product = a * np.asarray(b, np.int64)
    nudge = np.where(product >= 0, 1 << 30, 1 - (1 << 30))
    total = product + nudge
    quotient: IntArray = np.where(total >= 0, total >> 31, -((-total) >> 31))
    return quotient


def rounding_doubling_high_mul_16(a: IntArray, b: IntArray | int) -> IntArray:
    """round(a * b / 2**15), ties upwards, of int16 values held as int64."""
    rounded: IntArray = (a * b + (1 << 14)) >> 15
    return rounded


def rounded_to_int16(mantissa: int) -> int:
    """The upper half of a positive mantissa, rounded (TFLite's DownScaleInt32ToInt16Multiplier)."""
    return min((mantissa + (1 << 15)) >> 16, (1 << 15) - 1)


def clipped_to_int16(x: IntArray) -> IntArray:
    """``x`` saturated."""
    return np.clip(x, -(1 << 15), (1 << 15) - 1)


def rounding_shift_right(x: IntArray, exponent: npt.ArrayLike) -> IntArray:
    """round(x / 2**exponent), ties away from zero."""
    exponents = np.asarray(exponent, np.int64)
    mask = (np.int64(1) << exponents) - 1
    remainder = x & mask
    threshold = (mask >> 1) + (x < 0)
    shifted: IntArray = (x >> exponents) + (remainder > threshold)
    return shifted


def wrap_int32(x: IntArray) -> IntArray:
    """``x`` as a 32-bit register would hold it."""
    return x.astype(np.int32).astype(np.int64)


def multiply_by_quantized_multiplier(
    x: IntArray, mantissa: npt.ArrayLike, shift: npt.ArrayLike
) -> IntArray:
    """X * mantissa * 2**(shift - 31) with TFLite's double rounding; arguments broadcast."""
    shifts = np.asarray(shift, np.int64)
    left = np.maximum(shifts, 0)
    shifted = wrap_int32(x << left)
    high = saturating_doubling_high_mul(shifted, mantissa)
    return rounding_shift_right(high, np.maximum(-shifts, 0))


def multiply_rounding_up(x: IntArray, mantissa: npt.ArrayLike, shift: npt.ArrayLike) -> IntArray:
    """As :func:`multiply_by_quantized_multiplier` with ties upwards in both roundings.

    What TFLite's vector kernels compute (vqrdmulh, vrshl) where they do not correct negative ties.
    """
    shifts = np.asarray(shift, np.int64)
    shifted = wrap_int32(x << np.maximum(shifts, 0))
    high = (shifted * np.asarray(mantissa, np.int64) + (1 << 30)) >> 31
    right = np.maximum(-shifts, 0)
    half = (np.int64(1) << right) >> 1
    return ((high + half) >> right).astype(np.int64)


def inverse_square_root(x: int) -> Multiplier:
    """1 / sqrt(x) of an integer in [0, 2^31), 0 taken as 1 (GetInvSqrtQuantizedMultiplierExp).

    Five steps of Newton's method in fixed point, as the C twin does them.
    """
    if x <= 1:
        return Multiplier((1 << 31) - 1, 0)
    shift = 11
    while x >= 1 << 29:
        x //= 4
        shift += 1
    pairs = (31 - x.bit_length()) // 2 - 1
    shift -= pairs
    x <<= 2 * pairs

    def product(a: int, b: int) -> int:
        return (a * b + (1 << 30)) >> 31

    given = x >> 1
    half = (given + 1) >> 1
    root = 1 << 28
    for _ in range(5):
        # Products of numbers with 3 and 3 (and 3) bits before the point have 6 (9); back to 3.
        cube = product(product(root, root), root) << 6
        root = (product((1 << 28) + (1 << 27), root) - product(half, cube)) << 3
    mantissa = product(root, 1518500250)
    return Multiplier(mantissa << max(-shift, 0), -max(shift, 0))


def reciprocal(x: int) -> int:
    """2^(30 + bits of x) / x of an integer in [1, 2^31), normalized to 31 bits; 0 of 0.

    TFLite's GetReciprocal: three steps of Newton's method in gemmlowp's fixed point.
    """
    if x == 0:
        return 0

    def product(a: int, b: int) -> int:
        return (a * b + (1 << 30)) >> 31

    fraction = (x << (32 - x.bit_length())) - (1 << 31)
    half = (fraction + (1 << 31) - 1 + 1) // 2
    made = 1515870810 + product(half, -1010580540)
    for _ in range(3):
        made += product(made, (1 << 29) - product(half, made)) << 2
    return min(made << 1, (1 << 31) - 1)


def reduced_to_15_bits(mantissa: int) -> int:
    """The upper half of a mantissa, rounded, as TFLite multiplies int64 sums by it."""
    return (mantissa + (1 << 15)) >> 16 if mantissa < 0x7FFF0000 else 0x7FFF


def multiply_rounding_once(x: IntArray, reduced: npt.ArrayLike, shift: npt.ArrayLike) -> IntArray:
    """X * reduced * 2**(shift - 15), ties upwards: TFLite's MultiplyByQuantizedMultiplier of int64.

    ``x`` below 2**47 in magnitude, ``reduced`` from :func:`reduced_to_15_bits`, shifts below 15.
    """
    right = 15 - np.asarray(shift, np.int64)
    return wrap_int32((x * np.asarray(reduced, np.int64) + (np.int64(1) << (right - 1))) >> right)


def activation_bounds(activation: Activation, output: Tensor) -> tuple[int, int]:
    """The fused clamp in the output's integers, inclusive."""
    info = np.iinfo(output.dtype.value)
    low, high = int(info.min), int(info.max)

    def quantized(real: float) -> int:
        # TFLite divides in float32 and rounds half away from zero.
        ratio = float(np.float32(real) / np.float32(output.scale))
        return output.zero_point + int(math.copysign(math.floor(abs(ratio) + 0.5), ratio))

    if activation in (Activation.RELU, Activation.RELU6):
        low = max(low, quantized(0.0))
    if activation is Activation.RELU6:
        high = min(high, quantized(6.0))
    if activation is Activation.RELU_N1_TO_1:
        low, high = max(low, quantized(-1.0)), min(high, quantized(1.0))
    return low, high
