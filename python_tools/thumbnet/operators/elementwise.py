"""add, sub and mul of two int8 operands, broadcast as numpy does.

Arithmetic: TFLite's add.cc, sub.cc, mul.cc and integer_ops/add.h, mul.h; onnxruntime's is in
``elementwise_even``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np

from thumbnet.ir import attributes
from thumbnet.ir.graph import Array, DType, Graph, Operator, Tensor
from thumbnet.operators import elementwise_dsp
from thumbnet.operators.base import (
    CArray,
    Family,
    Fields,
    Kernel,
    Lowered,
    Rows,
    elementwise_overlap,
)
from thumbnet.operators.constraints import positive_scales
from thumbnet.operators.elementwise_even import even_fields, even_values, float_ratios
from thumbnet.operators.operands import (
    Operand,
    needs_flat,
    operand_of,
    plain_constant,
    plane_of,
    row_numbers,
    rows_beside,
    small_shapes,
    two_operands,
)
from thumbnet.quantize.requantize import (
    Multiplier,
    activation_bounds,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
)

HEADER = "thumbnet/kernels/elementwise.h"
EVEN_HEADER = "thumbnet/kernels/elementwise_even.h"
HELIUM_HEADER = "thumbnet/kernels/elementwise_mve.h"
_LEFT_SHIFT = 20


def int8_operands(graph: Graph, operator: Operator) -> str | None:
    """int8 operands and output, quantized per tensor."""
    for name in (*operator.inputs, *operator.outputs):
        tensor = graph.tensor(name)
        if tensor.dtype is not DType.INT8:
            return f'"{name}" is {tensor.dtype.value}'
        if tensor.quantization is None or not tensor.quantization.per_tensor:
            return f'"{name}" is not quantized per tensor'
    return None


def ordinary_scales(graph: Graph, operator: Operator) -> str | None:
    """output scales of more than 2^-19 of the operands' (add and sub)."""
    if operator.kind == "mul" or graph.arithmetic != "tflite":
        return None
    tensors = [graph.tensor(name) for name in (*operator.inputs, *operator.outputs)]
    last = _sum_multipliers(*tensors)[2]
    return None if last.shift <= 0 else f"scales are {[tensor.scale for tensor in tensors]}"


class Elementwise(Family):
    """add, sub, mul."""

    kinds = ("add", "sub", "mul")
    constraints = (
        two_operands,
        int8_operands,
        positive_scales,
        small_shapes,
        plain_constant,
        ordinary_scales,
        float_ratios,
    )

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The operands' shapes, broadcast."""
        return np.broadcast_shapes(*(graph.tensor(name).shape for name in operator.inputs))

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's AddElementwise, SubElementwise, MulElementwise; QLinearAdd and QLinearMul."""
        a, b = (graph.tensor(name) for name in operator.inputs)
        output = graph.tensor(operator.outputs[0])
        if graph.arithmetic == "onnxruntime":
            codes = [cast(Array, value).astype(np.int64) for value in inputs]
            values = even_values(operator, codes, (a, b, output))
            bounds = activation_bounds(_activation(operator), output)
            return [np.clip(values, *bounds).astype(np.int8)]
        first = cast(Array, inputs[0]).astype(np.int64) - a.zero_point
        second = cast(Array, inputs[1]).astype(np.int64) - b.zero_point
        if operator.kind == "mul":
            combined, last = first * second, _product_multiplier(a, b, output)
        else:
            first_by, second_by, last = _sum_multipliers(a, b, output)
            first, second = (
                multiply_by_quantized_multiplier(x << _LEFT_SHIFT, by.mantissa, by.shift)
                for x, by in ((first, first_by), (second, second_by))
            )
            combined = first + second if operator.kind == "add" else first - second
        scaled = multiply_by_quantized_multiplier(combined, last.mantissa, last.shift)
        bounds = activation_bounds(_activation(operator), output)
        return [np.clip(scaled + output.zero_point, *bounds).astype(np.int8)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """A kernel for operands of the output's shape, or one that broadcasts."""
        output = graph.tensor(operator.outputs[0])
        rows = rows_beside(output)
        operands = [operand_of(graph, name) for name in operator.inputs]
        if needs_flat(operands):
            # Kernels are not told which row they make, only which column.
            operands = [operand.flattened(rows) for operand in operands]
            rows = Rows(1, rows.height * rows.width, rows.channels)
        sources = tuple(operand.source(rows) for operand in operands if operand.data is None)
        whole = all(operand.rows == rows for operand in operands)
        name = "mul" if operator.kind == "mul" else "add"
        fields = _product_fields if operator.kind == "mul" else _sum_fields
        low, high = activation_bounds(_activation(operator), output)
        kernel = Kernel(HEADER, f"thumbnet_{name}_{'' if whole else 'broadcast_'}s8")
        struct = f"thumbnet_{name}_t"
        even = graph.arithmetic == "onnxruntime"
        if even:
            kernel = _on_even(kernel, name)
            struct = f"thumbnet_{name}_even_t"
            fields = _even_fields
        constants = fields(operator, operands, output, rows)
        if graph.build.isa == "mve" and whole:
            kernel = _on_helium(kernel, dict(constants))
        numbers: Fields = (*constants, ("channels", rows.channels))
        if not even:
            numbers = (*numbers, ("out_zero_point", output.zero_point))
        short = None
        if whole and name == "add" and graph.build.isa == "dsp" and not even:
            short = self._short_sum(graph, operator)
        if short is not None:
            clamps = int((low, high) != (-128, 127))
            kernel = Kernel(elementwise_dsp.HEADER, "thumbnet_add_dsp_s8", (clamps,))
            struct = "thumbnet_add_dsp_t"
            numbers = (
                *operands[0].fields("first", row_numbers(operands)[0], rows),
                *operands[1].fields("second", row_numbers(operands)[1], rows),
                ("first_factor", short.first),
                ("second_factor", short.second),
                ("offset", short.offset),
                ("channels", rows.channels),
            )
        return Lowered(
            kernel=kernel,
            struct=struct,
            fields=(*numbers, ("low", low), ("high", high)),
            sources=sources,
            output=rows,
            macs=0,
            overlap=tuple(
                elementwise_overlap() if source.rows == rows else None for source in sources
            ),
            # Over the whole tensor as one row, columns mean nothing to a constant any more.
            pointwise=all(
                operand.plane == (plane_of(rows) if operand.data is None else (1, 1))
                for operand in operands
            ),
        )

    def _short_sum(self, graph: Graph, operator: Operator) -> elementwise_dsp.ShortSum | None:
        """Factors with which one rounding is as good as TFLite's three for all operands."""
        a, b, output = (graph.tensor(name) for name in (*operator.inputs, operator.outputs[0]))
        values = np.arange(-128, 128, dtype=np.int8)
        pairs = [values[:, None], values[None, :]]
        wanted = self.reference(graph, operator, pairs)[0]
        sign = -1 if operator.kind == "sub" else 1
        return elementwise_dsp.short_sum(
            a.scale / output.scale,
            sign * b.scale / output.scale,
            wanted.astype(np.int64),
            activation_bounds(_activation(operator), output),
        )


def _even_fields(
    operator: Operator, operands: Sequence[Operand], output: Tensor, rows: Rows
) -> Fields:
    a, b = operands
    numbers = row_numbers(operands)
    places = (*a.fields("first", numbers[0], rows), *b.fields("second", numbers[1], rows))
    return (*places, *even_fields(operator, a.tensor, b.tensor, output))


def _on_even(kernel: Kernel, name: str) -> Kernel:
    return Kernel(EVEN_HEADER, kernel.function.replace(name, f"{name}_even"))


def _on_helium(kernel: Kernel, constants: Mapping[str, int | CArray]) -> Kernel:
    """The kernel for Helium, where there is one."""
    if "out_shift" not in constants or constants["out_shift"] == 0:
        return kernel
    literals = (int(constants["second_shift"] != 0), int(constants["second_sign"] == -1))
    return Kernel(HELIUM_HEADER, "thumbnet_add_mve_s8", literals)


def _sum_multipliers(a: Tensor, b: Tensor, output: Tensor) -> tuple[Multiplier, ...]:
    """Of both operands and of the sum; scales are float32, TFLite computes with them in double."""
    twice = 2 * max(a.scale, b.scale)
    return (
        quantize_multiplier(a.scale / twice),
        quantize_multiplier(b.scale / twice),
        quantize_multiplier(twice / ((1 << _LEFT_SHIFT) * output.scale)),
    )


def result_multiplier(graph: Graph, operator: Operator) -> tuple[Multiplier, int]:
    """The multiplier of the sum or product, and the greatest magnitude that it is applied to.

    In onnxruntime's arithmetic nothing overflows: that of zero.
    """
    if graph.arithmetic == "onnxruntime":
        return Multiplier(0, 0), 0
    tensors = [graph.tensor(name) for name in (*operator.inputs, *operator.outputs)]
    if operator.kind == "mul":
        return _product_multiplier(*tensors), 255 * 255
    return _sum_multipliers(*tensors)[2], 255 << _LEFT_SHIFT


def _product_multiplier(a: Tensor, b: Tensor, output: Tensor) -> Multiplier:
    """TFLite multiplies and divides these scales in float32."""
    product = np.float32(a.scale) * np.float32(b.scale)
    return quantize_multiplier(float(product / np.float32(output.scale)))


def _sum_fields(
    operator: Operator, operands: Sequence[Operand], output: Tensor, rows: Rows
) -> Fields:
    a, b = operands
    signs = (1, -1 if operator.kind == "sub" else 1)
    *multipliers, last = _sum_multipliers(a.tensor, b.tensor, output)
    # TFLite scales the operand of the greater scale by exactly one half.
    first = 0 if a.tensor.scale >= b.tensor.scale else 1
    second = 1 - first
    factor = signs[first] << (_LEFT_SHIFT - 1)
    numbers = row_numbers(operands)
    return (
        *operands[first].fields("first", numbers[first], rows),
        *operands[second].fields("second", numbers[second], rows),
        ("first_factor", factor),
        ("offset", -operands[first].tensor.zero_point * factor),
        ("second_mantissa", multipliers[second].mantissa),
        ("out_mantissa", last.mantissa),
        ("second_shift", -multipliers[second].shift),
        ("out_shift", -last.shift),
        ("second_sign", signs[second]),
        ("second_zero_point", operands[second].tensor.zero_point),
    )


def _product_fields(
    operator: Operator, operands: Sequence[Operand], output: Tensor, rows: Rows
) -> Fields:
    a, b = operands
    multiplier = _product_multiplier(a.tensor, b.tensor, output)
    numbers = row_numbers(operands)
    return (
        *a.fields("first", numbers[0], rows),
        *b.fields("second", numbers[1], rows),
        ("mantissa", multiplier.mantissa),
        ("shift", multiplier.shift),
        ("first_zero_point", a.tensor.zero_point),
        ("second_zero_point", b.tensor.zero_point),
    )


def _activation(operator: Operator) -> attributes.Activation:
    return cast(attributes.Elementwise, operator.attributes).activation
