"""add, sub and mul as onnxruntime rounds them: reference arithmetic and kernels' constants.

Sources: MlasQLinearAdd as it runs with AVX2 and FMA (``qladd_avx2.cpp``) and MlasQLinearMul
(``qlmul.cpp``). Both work on the file's codes: where these are uint8, so are the float32 numbers
that a rounding sees. sub has no integer operator there; it is what add would be, within one unit of
the float operators. Of a sum whose operands are broadcast onnxruntime may add the operands in the
other order, which is within one unit too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from thumbnet.ir.graph import Tensor
from thumbnet.quantize.requantize import IntArray
from thumbnet.quantize.requantize_even import Floats, float_multiplier, fused_multiply_add

HEADER = "thumbnet/kernels/elementwise_even.h"
UNSIGNED = 128
"""By how much a uint8 code is greater than the int8 code that stands for it."""
SMALLEST_RATIO, LARGEST_RATIO = 2.0**-18, 2.0**10
"""Bounds of an operand's scale by the output's, with which int64 holds the float32 operations."""

_POINT = 22
_LARGEST_VALUE = 512
"""Results beyond it saturate, whatever their rounding."""


@dataclass(frozen=True)
class SumParts:
    """fma(a, first, fma(b, second, constant)) of the file's codes a and b, all float32."""

    first: np.float32
    second: np.float32
    constant: np.float32
    codes: int

    def __call__(self, a: IntArray, b: IntArray) -> IntArray:
        """The rounded sum of int8 codes, in int8 codes, not clipped yet."""
        inner = fused_multiply_add(b + self.codes, self.second, self.constant)
        outer = fused_multiply_add(a + self.codes, self.first, inner)
        rounded: IntArray = np.rint(outer.astype(np.float64)).astype(np.int64)
        return rounded - self.codes


def sum_parts(a: Tensor, b: Tensor, output: Tensor, *, sign: int, unsigned: bool) -> SumParts:
    """How QLinearAdd prepares its factors; ``sign`` is that of b."""
    codes = UNSIGNED if unsigned else 0
    first = np.float32(a.scale) / np.float32(output.scale)
    second = np.float32(sign) * (np.float32(b.scale) / np.float32(output.scale))
    points = [np.float32(tensor.zero_point + codes) for tensor in (a, b, output)]
    moved = fused_multiply_add(first, points[0], second * points[1])
    return SumParts(first, second, np.float32(points[2] - moved), codes)


def product_scale(a: Tensor, b: Tensor, output: Tensor) -> np.float32:
    """QLinearMul's ratio."""
    return np.float32(np.float32(a.scale) * np.float32(b.scale) / np.float32(output.scale))


def even_product(
    first: IntArray, second: IntArray, scale: np.float32, output: Tensor, *, unsigned: bool
) -> IntArray:
    """The rounded product of codes less their zero points, not clipped yet."""
    codes = UNSIGNED if unsigned else 0
    products: Floats = (first * second).astype(np.float32) * scale
    moved = products + np.float32(output.zero_point + codes)
    return np.rint(moved.astype(np.float64)).astype(np.int64) - codes


def sum_fields(parts: SumParts) -> tuple[tuple[str, int], ...]:
    """``thumbnet_add_even_t`` but for its operands, channels and activation."""
    codes = np.arange(-128, 128) + parts.codes
    first, second = float(parts.first), float(parts.second)
    whole = float(parts.constant) + parts.codes * (first + second)
    inner = np.abs(codes * second + float(parts.constant)).max()
    reach = 128 * (abs(first) + abs(second)) + abs(whole) + 1
    point = min(_POINT, 30 - math.ceil(math.log2(reach)))
    # Factors and offset are rounded, the float32 operations too: half a unit of 24 bits each.
    lost = 129 + (float(inner) + _LARGEST_VALUE) * 2.0 ** (point - 23)
    margin = math.ceil(lost) << (32 - point)
    fraction, floats = _common_units(parts)
    return (
        ("first_factor", round(first * 2**point)),
        ("second_factor", round(second * 2**point)),
        ("offset", round((whole + 0.5) * 2**point)),
        ("margin", min(margin, (1 << 31) - 1)),
        *floats,
        ("point", point),
        ("fraction", fraction),
        ("codes", parts.codes),
    )


def product_fields(a: Tensor, b: Tensor, output: Tensor, *, unsigned: bool) -> dict[str, int]:
    """``thumbnet_mul_even_t`` but for its operands, channels and activation."""
    multiplier = float_multiplier(product_scale(a, b, output))
    codes = UNSIGNED if unsigned else 0
    return {
        "mantissa": multiplier.mantissa,
        "out_zero_point": output.zero_point + codes,
        "codes": codes,
        "shift": multiplier.shift,
        "first_zero_point": a.zero_point,
        "second_zero_point": b.zero_point,
    }


def _common_units(parts: SumParts) -> tuple[int, list[tuple[str, int]]]:
    """The three numbers as multiples of 2^-fraction, each a mantissa and a shift."""
    numbers = {
        "first_float": parts.first,
        "second_float": parts.second,
        "constant": parts.constant,
    }
    exact = {name: Fraction(float(number)) for name, number in numbers.items()}
    fraction = max(number.denominator.bit_length() - 1 for number in exact.values())
    fields: list[tuple[str, int]] = []
    for name, number in exact.items():
        units = int(number * 2**fraction)
        shift = max(abs(units).bit_length() - 24, 0)
        fields += [(f"{name}.mantissa", units >> shift), (f"{name}.shift", shift)]
    return fraction, fields

