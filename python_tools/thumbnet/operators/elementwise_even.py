"""add, sub and mul as onnxruntime rounds them: reference arithmetic and kernels' constants.

Sources: MlasQLinearAdd as it runs with AVX2 and FMA (``qladd_avx2.cpp``) and MlasQLinearMul
(``qlmul.cpp``). Both work on the file's codes: where these are uint8, so are the float32 numbers
that a rounding sees. sub has no integer operator there; it is what add would be, within one unit of
the float operators. Of a sum whose operands are broadcast onnxruntime may add the operands in the
other order, which is within one unit too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import numpy as np

from thumbnet.ir import attributes
from thumbnet.ir.graph import Graph, Operator, Tensor
from thumbnet.quantize.requantize import IntArray
from thumbnet.quantize.requantize_even import Floats, float_multiplier, fused_multiply_add

_UNSIGNED = 128
"""By how much a uint8 code is greater than the int8 code that stands for it."""
_SMALLEST, _LARGEST = 2.0**-18, 2.0**10
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


def float_ratios(graph: Graph, operator: Operator) -> str | None:
    """operand scales of 2^-18 to 2^10 of the output's (add and sub, as onnxruntime rounds)."""
    if operator.kind == "mul" or graph.arithmetic != "onnxruntime":
        return None
    scales = [graph.tensor(name).scale for name in (*operator.inputs, *operator.outputs)]
    ratios = [scale / scales[2] for scale in scales[:2]]
    fits = all(_SMALLEST <= ratio <= _LARGEST for ratio in ratios)
    return None if fits else f"scales are {scales}"


def even_values(
    operator: Operator, codes: Sequence[IntArray], tensors: tuple[Tensor, Tensor, Tensor]
) -> IntArray:
    """Output codes of both operands' codes, not clipped yet; tensors are theirs and the output."""
    a, b, output = tensors
    if operator.kind != "mul":
        return _sum_parts(operator, a, b, output)(*codes)
    # QLinearMul adds the zero point before it rounds.
    added = _added(operator)
    products: Floats = ((codes[0] - a.zero_point) * (codes[1] - b.zero_point)).astype(np.float32)
    moved = products * _product_scale(a, b, output) + np.float32(output.zero_point + added)
    return np.rint(moved.astype(np.float64)).astype(np.int64) - added


def even_fields(
    operator: Operator, a: Tensor, b: Tensor, output: Tensor
) -> tuple[tuple[str, int], ...]:
    """``thumbnet_add_even_t`` or ``thumbnet_mul_even_t`` but for operands, channels, activation."""
    if operator.kind != "mul":
        return _sum_fields(_sum_parts(operator, a, b, output))
    multiplier = float_multiplier(_product_scale(a, b, output))
    return (
        ("mantissa", multiplier.mantissa),
        ("out_zero_point", output.zero_point + _added(operator)),
        ("codes", _added(operator)),
        ("shift", multiplier.shift),
        ("first_zero_point", a.zero_point),
        ("second_zero_point", b.zero_point),
    )


def _added(operator: Operator) -> int:
    """By how much the file's codes are greater."""
    return _UNSIGNED if cast(attributes.Elementwise, operator.attributes).unsigned else 0


def _sum_parts(operator: Operator, a: Tensor, b: Tensor, output: Tensor) -> SumParts:
    """How QLinearAdd prepares its factors."""
    added = _added(operator)
    first = np.float32(a.scale) / np.float32(output.scale)
    second = np.float32(b.scale) / np.float32(output.scale)
    second = -second if operator.kind == "sub" else second
    points = [np.float32(tensor.zero_point + added) for tensor in (a, b, output)]
    moved = fused_multiply_add(first, points[0], second * points[1])
    return SumParts(first, second, np.float32(points[2] - moved), added)


def _product_scale(a: Tensor, b: Tensor, output: Tensor) -> np.float32:
    return np.float32(np.float32(a.scale) * np.float32(b.scale) / np.float32(output.scale))


def _sum_fields(parts: SumParts) -> tuple[tuple[str, int], ...]:
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
