"""add, sub, mul, maximum and minimum of two int16 operands, broadcast as numpy does.

Arithmetic: TFLite's integer_ops/add.h, sub.h (general scales), integer_ops/mul.h and
maximum_minimum.h. A constant operand is part of the kernel's constants, so ``sources`` holds the
other one only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from thumbnet.ir.graph import Array, Graph, Operator, Tensor
from thumbnet.operators.base import Family, Fields, Kernel, Lowered
from thumbnet.operators.operands import (
    Operand,
    layout,
    plain_constant,
    row_numbers,
    small_shapes,
    two_operands,
)
from thumbnet.operators.wide import activation, not_int16
from thumbnet.quantize.requantize import (
    Multiplier,
    activation_bounds,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
)

HEADER = "thumbnet/kernels/elementwise_s16.h"
_LEFT_SHIFT = 15
_OPERATIONS = {
    "add_int16": 0,
    "sub_int16": 0,
    "mul_int16": 1,
    "maximum_int16": 2,
    "minimum_int16": 3,
}
_EXTREMES = {"maximum_int16": np.maximum, "minimum_int16": np.minimum}


def int16_operands(graph: Graph, operator: Operator) -> str | None:
    """int16 operands and output of zero point 0 and positive scales, quantized per tensor."""
    for name in (*operator.inputs, *operator.outputs):
        problem = not_int16(graph.tensor(name))
        if problem is not None:
            return f'"{name}" {problem}'
        if graph.tensor(name).scale <= 0:
            return f'"{name}" has scale {graph.tensor(name).scale}'
    return None


def ordinary_scales(graph: Graph, operator: Operator) -> str | None:
    """output scales of more than 2^-14 of the operands' (add, sub); equal scales (the extremes)."""
    tensors = [graph.tensor(name) for name in (*operator.inputs, *operator.outputs)]
    scales = [tensor.scale for tensor in tensors]
    if operator.kind in _EXTREMES:
        return None if len(set(scales)) == 1 else f"scales are {scales}"
    if operator.kind == "mul_int16":
        return None
    return None if _sum_multipliers(*tensors)[2].shift <= 0 else f"scales are {scales}"


class ElementwiseInt16(Family):
    """add_int16, sub_int16, mul_int16, maximum_int16, minimum_int16."""

    kinds = tuple(_OPERATIONS)
    constraints = (two_operands, int16_operands, small_shapes, plain_constant, ordinary_scales)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The operands' shapes, broadcast."""
        return np.broadcast_shapes(*(graph.tensor(name).shape for name in operator.inputs))

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's AddElementwise, SubElementwise, MulElementwise and MaximumMinimum of int16."""
        a, b = (graph.tensor(name) for name in operator.inputs)
        output = graph.tensor(operator.outputs[0])
        first, second = (cast(Array, values).astype(np.int64) for values in inputs)
        if operator.kind in _EXTREMES:
            return [_EXTREMES[operator.kind](first, second).astype(np.int16)]
        if operator.kind == "mul_int16":
            combined, last = first * second, _product_multiplier(a, b, output)
        else:
            first_by, second_by, last = _sum_multipliers(a, b, output)
            first, second = (
                multiply_by_quantized_multiplier(x << _LEFT_SHIFT, by.mantissa, by.shift)
                for x, by in ((first, first_by), (second, second_by))
            )
            combined = first - second if operator.kind == "sub_int16" else first + second
        scaled = multiply_by_quantized_multiplier(combined, last.mantissa, last.shift)
        bounds = activation_bounds(activation(operator), output)
        return [np.clip(scaled, *bounds).astype(np.int16)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """One kernel, for operands of the output's shape or any."""
        output = graph.tensor(operator.outputs[0])
        placed = layout(graph, operator)
        operands, rows = placed.operands, placed.rows
        whole = all(operand.rows == rows for operand in operands)
        low, high = activation_bounds(activation(operator), output)
        numbers = row_numbers(operands)
        a, b = (operand.tensor for operand in operands)
        swapped = _OPERATIONS[operator.kind] == 0 and a.scale < b.scale
        first, second = (1, 0) if swapped else (0, 1)
        return Lowered(
            kernel=Kernel(HEADER, "thumbnet_binary_s16", (_OPERATIONS[operator.kind], int(whole))),
            struct="thumbnet_binary_s16_t",
            fields=(
                *operands[first].fields("first", numbers[first], rows),
                *operands[second].fields("second", numbers[second], rows),
                *_factors(operator, operands, output, first),
                ("channels", rows.channels),
                ("low", low),
                ("high", high),
            ),
            sources=placed.sources,
            output=rows,
            macs=0,
            overlap=placed.overlap,
            pointwise=placed.pointwise,
        )


def _sum_multipliers(a: Tensor, b: Tensor, output: Tensor) -> tuple[Multiplier, ...]:
    """Of both operands and of the sum."""
    twice = 2 * max(a.scale, b.scale)
    return (
        quantize_multiplier(a.scale / twice),
        quantize_multiplier(b.scale / twice),
        quantize_multiplier(twice / ((1 << _LEFT_SHIFT) * output.scale)),
    )


def _product_multiplier(a: Tensor, b: Tensor, output: Tensor) -> Multiplier:
    """TFLite multiplies and divides these scales in float32."""
    product = np.float32(a.scale) * np.float32(b.scale)
    return quantize_multiplier(float(product / np.float32(output.scale)))


def _factors(operator: Operator, operands: Sequence[Operand], output: Tensor, first: int) -> Fields:
    """The multipliers of ``thumbnet_binary_s16_t``; operand ``first`` has the greater scale."""
    a, b = (operand.tensor for operand in operands)
    if operator.kind in _EXTREMES:
        return ()
    if operator.kind == "mul_int16":
        last = _product_multiplier(a, b, output)
        return (("out_mantissa", last.mantissa), ("out_shift", last.shift))
    signs = (1, -1 if operator.kind == "sub_int16" else 1)
    *multipliers, last = _sum_multipliers(a, b, output)
    second = 1 - first
    # TFLite scales the operand of the greater scale by exactly one half.
    return (
        ("first_factor", signs[first] << (_LEFT_SHIFT - 1)),
        ("second_mantissa", multipliers[second].mantissa),
        ("out_mantissa", last.mantissa),
        ("second_shift", multipliers[second].shift),
        ("out_shift", last.shift),
        ("second_sign", signs[second]),
    )
