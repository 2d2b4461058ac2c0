"""Limits of functions of two operands, and the multipliers that some of them are about."""

from __future__ import annotations

import numpy as np

from thumbnet.ir.graph import DType, Graph, Operator, Tensor
from thumbnet.quantize.requantize import Multiplier, float32_ratio, quantize_multiplier

MORE_BITS = 7
"""Bits behind the point of squared_difference's operands."""


def int8_operands(graph: Graph, operator: Operator) -> str | None:
    """int8 operands, quantized per tensor."""
    for name in operator.inputs:
        tensor = graph.tensor(name)
        if tensor.dtype is not DType.INT8:
            return f'"{name}" is {tensor.dtype.value}'
        if tensor.quantization is None or not tensor.quantization.per_tensor:
            return f'"{name}" is not quantized per tensor'
    return None


def int8_output(graph: Graph, operator: Operator) -> str | None:
    """an int8 output, quantized per tensor."""
    output = graph.tensor(operator.outputs[0])
    if output.dtype is not DType.INT8:
        return f"output is {output.dtype.value}"
    if output.quantization is None or not output.quantization.per_tensor:
        return "output is not quantized per tensor"
    return None


def bool_output(graph: Graph, operator: Operator) -> str | None:
    """an output of type bool."""
    output = graph.tensor(operator.outputs[0])
    return None if output.dtype is DType.BOOL else f"output is {output.dtype.value}"


def bool_operands(graph: Graph, operator: Operator) -> str | None:
    """operands of type bool."""
    for name in operator.inputs:
        if graph.tensor(name).dtype is not DType.BOOL:
            return f'"{name}" is {graph.tensor(name).dtype.value}'
    return None


def one_quantization(graph: Graph, operator: Operator) -> str | None:
    """operands of the output's scale and zero point."""
    output = graph.tensor(operator.outputs[0])
    for name in operator.inputs:
        if graph.tensor(name).quantization != output.quantization:
            return f'"{name}" is quantized otherwise'
    return None


def small_multipliers(graph: Graph, operator: Operator) -> str | None:
    """an output scale of more than 2^-12 times the square of the operands' greater one."""
    a, b, output = three_tensors(graph, operator)
    last = difference_multipliers(a, b, output)[2]
    return None if last.shift <= 0 else f"scales are {a.scale}, {b.scale} and {output.scale}"


def shape_of_first(graph: Graph, operator: Operator) -> str | None:
    """slopes that broadcast to the input's shape."""
    x, _, output = three_tensors(graph, operator)
    return None if x.shape == output.shape else f"input {list(x.shape)} becomes {output.shape}"


def no_zero(graph: Graph, operator: Operator) -> str | None:
    """constant divisors without a zero."""
    divisor = graph.tensor(operator.inputs[1])
    if divisor.data is None:
        return None
    zero = divisor.zero_point if operator.kind == "div" else 0
    return "the divisor holds a zero" if np.any(divisor.data == zero) else None


def ordinary_quotient(graph: Graph, operator: Operator) -> str | None:
    """output scales of more than 2^-20 of the operand scales' quotient."""
    shift = quotient_multiplier(*three_tensors(graph, operator)).shift
    return None if -50 <= shift <= 20 else f"a multiplier of about 2^{shift}"


def scales_below_one(graph: Graph, operator: Operator) -> str | None:
    """operand scales below one."""
    scales = [graph.tensor(name).scale for name in operator.inputs]
    return None if max(scales) < 1 else f"scales are {scales}"


def three_tensors(graph: Graph, operator: Operator) -> tuple[Tensor, Tensor, Tensor]:
    """Both operands and the output."""
    a, b = operator.inputs
    return graph.tensor(a), graph.tensor(b), graph.tensor(operator.outputs[0])


def difference_multipliers(a: Tensor, b: Tensor, output: Tensor) -> tuple[Multiplier, ...]:
    """Of both operands and of the square; TFLite multiplies these scales in float32."""
    twice = 2 * max(a.scale, b.scale)
    return (
        quantize_multiplier(a.scale / twice),
        quantize_multiplier(b.scale / twice),
        quantize_multiplier(twice * twice / ((1 << (2 * MORE_BITS)) * output.scale)),
    )


def quotient_multiplier(a: Tensor, b: Tensor, output: Tensor) -> Multiplier:
    """From a product and a quotient in float32."""
    divisor = float32_ratio([b.scale, output.scale])
    return quantize_multiplier(float32_ratio([a.scale], divisor))
