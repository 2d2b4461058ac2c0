"""Functions of two operands, broadcast as numpy does: what is neither a sum nor a product.

Arithmetic: TFLite's maximum_minimum.cc, squared_difference.cc, reference/prelu.h, div.h,
floor_div.h, floor_mod.h and comparisons.h. TFLite compares integers for maximum and minimum, and
divides them for floor_div and floor_mod, whatever their scales. Quotients by zero, which it
refuses while it runs, are the output's least or greatest value here, 0 / 0 is zero; those of
floor_div and floor_mod are 0 and the dividend. Quotients below half a unit for which TFLite shifts
by more than 31 bits, which C++ leaves undefined, are zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import numpy as np

from thumbnet.ir import attributes
from thumbnet.ir.graph import Array, DType, Graph, Operator, Tensor
from thumbnet.operators.base import CArray, Constraint, Family, Fields, Kernel, Lowered
from thumbnet.operators.binary_limits import (
    MORE_BITS,
    bool_operands,
    bool_output,
    difference_multipliers,
    int8_operands,
    int8_output,
    no_zero,
    one_quantization,
    ordinary_quotient,
    quotient_multiplier,
    scales_below_one,
    shape_of_first,
    small_multipliers,
    three_tensors,
)
from thumbnet.operators.operands import (
    layout,
    plain_constant,
    small_shapes,
    two_operands,
)
from thumbnet.quantize.requantize import (
    IntArray,
    Multiplier,
    activation_bounds,
    float32_ratio,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    reciprocal,
    rounding_shift_right,
    saturating_doubling_high_mul,
)

HEADER = "thumbnet/kernels/binary.h"
_FUNCTIONS = (
    *("maximum", "minimum", "squared_difference", "prelu", "div", "floor_div", "floor_mod"),
    *("equal", "not_equal", "greater", "greater_equal", "less", "less_equal"),
)
"""As the kernel numbers them."""
_LOGICAL = {"logical_and": "minimum", "logical_or": "maximum"}
COMPARISONS: dict[str, Callable[[IntArray, IntArray], Array]] = {
    "equal": np.equal,
    "not_equal": np.not_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "less": np.less,
    "less_equal": np.less_equal,
}
_COMPARED_BITS = 8
"""By how many bits TFLite shifts what it compares to the left."""
_CODES = np.arange(-128, 128, dtype=np.int64)


class Binary(Family):
    """What maximum, minimum and comparisons share."""

    kinds: tuple[str, ...] = ("maximum", "minimum")
    constraints: tuple[Constraint, ...] = (
        two_operands,
        int8_operands,
        int8_output,
        one_quantization,
        small_shapes,
        plain_constant,
    )

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The operands' shapes, broadcast."""
        return np.broadcast_shapes(*(graph.tensor(name).shape for name in operator.inputs))

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """The function of every pair, clamped."""
        a, b, output = three_tensors(graph, operator)
        first, second = (cast(Array, value).astype(np.int64) for value in inputs)
        values = self.values(operator, (first, second), (a, b, output))
        if output.dtype is DType.BOOL:
            return [values.astype(np.bool_)]
        return [np.clip(values, *_bounds(operator, output)).astype(np.int8)]

    def values(
        self,
        operator: Operator,
        pair: tuple[IntArray, IntArray],
        tensors: tuple[Tensor, Tensor, Tensor],
    ) -> IntArray:
        """The function of every pair of integers, in the output's, before the clamp."""
        del tensors
        return (np.maximum if operator.kind == "maximum" else np.minimum)(*pair)

    def numbers(self, graph: Graph, operator: Operator) -> Fields:
        """The fields that this function needs besides."""
        del graph, operator
        return ()

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """Element by element."""
        output = graph.tensor(operator.outputs[0])
        placed = layout(graph, operator)
        low, high = _bounds(operator, output)
        numbers = self.numbers(graph, operator)
        function = _FUNCTIONS.index(_LOGICAL.get(operator.kind, operator.kind))
        return Lowered(
            kernel=Kernel(HEADER, "thumbnet_binary_s8", (function, int("ranks" in dict(numbers)))),
            struct="thumbnet_binary_t",
            fields=(
                *placed.fields("first", "second"),
                ("channels", placed.rows.channels),
                ("low", low),
                ("high", high),
                *numbers,
            ),
            sources=placed.sources,
            output=placed.rows,
            macs=0,
            overlap=placed.overlap,
            pointwise=placed.pointwise,
        )


class Logical(Binary):
    """logical_and and logical_or: the least and the greatest of 0 and 1."""

    kinds = tuple(_LOGICAL)
    constraints = (two_operands, bool_operands, bool_output, small_shapes, plain_constant)

    def values(
        self,
        operator: Operator,
        pair: tuple[IntArray, IntArray],
        tensors: tuple[Tensor, Tensor, Tensor],
    ) -> IntArray:
        """Whether both, or one, are true."""
        del tensors
        both = np.logical_and if operator.kind == "logical_and" else np.logical_or
        return both(*pair).astype(np.int64)


class Comparison(Binary):
    """equal and the other comparisons."""

    kinds = tuple(COMPARISONS)
    constraints = (
        two_operands,
        int8_operands,
        bool_output,
        scales_below_one,
        small_shapes,
        plain_constant,
    )

    def values(
        self,
        operator: Operator,
        pair: tuple[IntArray, IntArray],
        tensors: tuple[Tensor, Tensor, Tensor],
    ) -> IntArray:
        """TFLite's ComparisonWithScaling."""
        first, second = (_scaled(v, t) for v, t in zip(pair, tensors[:2], strict=True))
        return COMPARISONS[operator.kind](first, second).astype(np.int64)

    def numbers(self, graph: Graph, operator: Operator) -> Fields:
        """Ranks of what is compared, unless bytes are in the same order."""
        first, second = (_scaled(_CODES, graph.tensor(name)) for name in operator.inputs)
        if np.array_equal(first, second) and np.all(np.diff(first) > 0):
            return ()
        _, ranks = np.unique(np.concatenate([first, second]), return_inverse=True)
        return (("ranks", CArray("ranks", "int16_t", ranks.astype(np.int16))),)


class SquaredDifference(Binary):
    """squared_difference."""

    kinds = ("squared_difference",)
    constraints = (
        two_operands,
        int8_operands,
        int8_output,
        small_multipliers,
        small_shapes,
        plain_constant,
    )

    def values(
        self,
        operator: Operator,
        pair: tuple[IntArray, IntArray],
        tensors: tuple[Tensor, Tensor, Tensor],
    ) -> IntArray:
        """TFLite's SquaredDifference of int8."""
        del operator
        *multipliers, last = difference_multipliers(*tensors)
        first, second = (
            multiply_by_quantized_multiplier((v - t.zero_point) << MORE_BITS, m.mantissa, m.shift)
            for v, t, m in zip(pair, tensors[:2], multipliers, strict=True)
        )
        squares = (first - second) ** 2
        scaled = multiply_by_quantized_multiplier(squares, last.mantissa, last.shift)
        return scaled + tensors[2].zero_point

    def numbers(self, graph: Graph, operator: Operator) -> Fields:
        """Multipliers of both operands and of the square."""
        a, b, output = three_tensors(graph, operator)
        first, second, last = difference_multipliers(a, b, output)
        return (
            ("first_mantissa", first.mantissa),
            ("first_shift", first.shift),
            ("second_mantissa", second.mantissa),
            ("second_shift", second.shift),
            ("out_mantissa", last.mantissa),
            ("out_shift", last.shift),
            *_zero_points(a, b, output),
        )


class Prelu(Binary):
    """prelu."""

    kinds = ("prelu",)
    constraints = (
        two_operands,
        int8_operands,
        int8_output,
        shape_of_first,
        small_shapes,
        plain_constant,
    )

    def values(
        self,
        operator: Operator,
        pair: tuple[IntArray, IntArray],
        tensors: tuple[Tensor, Tensor, Tensor],
    ) -> IntArray:
        """TFLite's Prelu."""
        del operator
        above, below = _slope_multipliers(*tensors)
        first, second = (v - t.zero_point for v, t in zip(pair, tensors[:2], strict=True))
        kept = multiply_by_quantized_multiplier(first, above.mantissa, above.shift)
        bent = multiply_by_quantized_multiplier(first * second, below.mantissa, below.shift)
        return np.where(first >= 0, kept, bent) + tensors[2].zero_point

    def numbers(self, graph: Graph, operator: Operator) -> Fields:
        """Multipliers from zero on and below it."""
        a, b, output = three_tensors(graph, operator)
        above, below = _slope_multipliers(a, b, output)
        return (
            ("first_mantissa", above.mantissa),
            ("first_shift", above.shift),
            ("second_mantissa", below.mantissa),
            ("second_shift", below.shift),
            *_zero_points(a, b, output),
        )


class Div(Binary):
    """div."""

    kinds = ("div",)
    constraints = (
        two_operands,
        int8_operands,
        int8_output,
        no_zero,
        ordinary_quotient,
        small_shapes,
        plain_constant,
    )

    def values(
        self,
        operator: Operator,
        pair: tuple[IntArray, IntArray],
        tensors: tuple[Tensor, Tensor, Tensor],
    ) -> IntArray:
        """TFLite's DivElementwise: the product with a normalized reciprocal."""
        del operator
        a, b, output = tensors
        first, second = pair[0] - a.zero_point, pair[1] - b.zero_point
        first, second = np.broadcast_arrays(np.where(second < 0, -first, first), np.abs(second))
        multiplier = quotient_multiplier(a, b, output)
        headroom = 31 - _bits(np.where(first < 0, ~first, first))
        inverse = np.array([reciprocal(i) for i in range(256)], np.int64)[second]
        quotient = saturating_doubling_high_mul(first << headroom, inverse)
        right = headroom + _bits(second) - 1 - multiplier.shift
        scaled = rounding_shift_right(
            saturating_doubling_high_mul(quotient, multiplier.mantissa), np.clip(right, 0, 62)
        )
        by_zero = np.sign(pair[0] - a.zero_point) * 512
        return np.where(second == 0, by_zero, scaled) + output.zero_point

    def numbers(self, graph: Graph, operator: Operator) -> Fields:
        """Reciprocals of all divisors and the multiplier."""
        a, b, output = three_tensors(graph, operator)
        multiplier = quotient_multiplier(a, b, output)
        inverse = np.array([reciprocal(i) for i in range(256)], np.int32)
        return (
            ("reciprocals", CArray("reciprocals", "int32_t", inverse)),
            ("out_mantissa", multiplier.mantissa),
            ("out_shift", multiplier.shift),
            *_zero_points(a, b, output),
        )


class FloorDiv(Binary):
    """floor_div and floor_mod."""

    kinds = ("floor_div", "floor_mod")
    constraints = (
        two_operands,
        int8_operands,
        int8_output,
        no_zero,
        small_shapes,
        plain_constant,
    )

    def values(
        self,
        operator: Operator,
        pair: tuple[IntArray, IntArray],
        tensors: tuple[Tensor, Tensor, Tensor],
    ) -> IntArray:
        """The quotient rounded down, or what it leaves."""
        del tensors
        first, second = pair
        safe = np.where(second == 0, 1, second)
        quotient = np.where(second == 0, 0, first // safe)
        if operator.kind == "floor_mod":
            return first - second * quotient
        return quotient


def _bounds(operator: Operator, output: Tensor) -> tuple[int, int]:
    if output.dtype is not DType.INT8 or not isinstance(
        operator.attributes, attributes.Elementwise
    ):
        return -128, 127
    return activation_bounds(operator.attributes.activation, output)


def _zero_points(a: Tensor, b: Tensor, output: Tensor) -> Fields:
    return (
        ("first_zero_point", a.zero_point),
        ("second_zero_point", b.zero_point),
        ("out_zero_point", output.zero_point),
    )


def _bits(values: IntArray) -> IntArray:
    """The bit lengths of integers of [0, 256)."""
    return np.array([int(i).bit_length() for i in range(256)], np.int64)[values]


def _scaled(values: IntArray, tensor: Tensor) -> IntArray:
    """What TFLite compares."""
    m = quantize_multiplier(tensor.scale)
    shifted = (values - tensor.zero_point) << _COMPARED_BITS
    return multiply_by_quantized_multiplier(shifted, m.mantissa, m.shift)


def _slope_multipliers(x: Tensor, slopes: Tensor, output: Tensor) -> tuple[Multiplier, Multiplier]:
    """From zero on and below it, from products and quotients in float32."""
    return (
        quantize_multiplier(float32_ratio([x.scale], output.scale)),
        quantize_multiplier(float32_ratio([x.scale, slopes.scale], output.scale)),
    )
