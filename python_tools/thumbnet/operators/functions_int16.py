"""Functions of single int16 elements: leaky_relu, logistic, tanh.

Arithmetic: TFLite's reference/leaky_relu.h, and the interpolation of a table of
integer_ops/logistic.h and integer_ops/tanh.h. Where the input's scale is 2^-12 (tanh: or 2^-11),
the interpreter's optimized kernels compute logistic and tanh otherwise; then BUILTIN_REF and TFLite
Micro are followed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from thumbnet.ir.attributes import LeakyRelu
from thumbnet.ir.graph import Array, Graph, Operator, Tensor
from thumbnet.operators.base import (
    CArray,
    Family,
    Fields,
    Kernel,
    Lowered,
    Source,
    elementwise_overlap,
    rows_of,
    window_overlap,
)
from thumbnet.operators.constraints import borders
from thumbnet.operators.wide import int16_per_tensor
from thumbnet.quantize.requantize import (
    IntArray,
    Multiplier,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
)

HEADER = "thumbnet/kernels/functions_s16.h"
_FRACTION = 2.0**-15
_MOST_SHIFT = 14


def elementwise(kernel: Kernel, struct: str, fields: Fields, x: Tensor, output: Tensor) -> Lowered:
    """A kernel that makes each output element of the input element in its place."""
    source, out_rows = Source(rows_of(x)), rows_of(output)
    if x.dtype.size >= output.dtype.size:
        distance = elementwise_overlap()
    else:
        distance = window_overlap(source, out_rows, 1, 1, 0)
    return Lowered(
        kernel=kernel,
        struct=struct,
        fields=fields,
        sources=(source,),
        output=out_rows,
        macs=0,
        overlap=(distance,),
        pointwise=True,
    )


def ordinary_slopes(graph: Graph, operator: Operator) -> str | None:
    """input scales, also times the slope, below 2^14 times the output's."""
    x, output = borders(graph, operator)
    for factor in (1.0, _alpha(operator)):
        if not math.isfinite(factor) or _slope(x, output, factor).shift > _MOST_SHIFT:
            return f"scales are {x.scale} and {output.scale}, the slope {factor}"
    return None


class LeakyReluInt16(Family):
    """leaky_relu_int16."""

    kinds = ("leaky_relu_int16",)
    constraints = (int16_per_tensor, ordinary_slopes)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The input's."""
        return graph.tensor(operator.inputs[0]).shape

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's QuantizeLeakyRelu."""
        x, output = borders(graph, operator)
        values, alpha = cast(Array, inputs[0]).astype(np.int64), _alpha(operator)
        up, down = _slope(x, output, 1.0), _slope(x, output, abs(alpha))
        positive = multiply_by_quantized_multiplier(values, up.mantissa, up.shift)
        negative = multiply_by_quantized_multiplier(values, down.mantissa, down.shift)
        scaled = np.where(values >= 0, positive, negative if alpha >= 0 else -negative)
        return [np.clip(scaled, -(1 << 15), (1 << 15) - 1).astype(np.int16)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """Element by element."""
        x, output = borders(graph, operator)
        alpha = _alpha(operator)
        up, down = _slope(x, output, 1.0), _slope(x, output, abs(alpha))
        fields: Fields = (
            ("mantissa", up.mantissa),
            ("negative_mantissa", down.mantissa),
            ("channels", rows_of(output).channels),
            ("shift", up.shift),
            ("negative_shift", down.shift),
            ("negative_sign", 1 if alpha >= 0 else -1),
        )
        kernel = Kernel(HEADER, "thumbnet_leaky_relu_s16")
        return elementwise(kernel, "thumbnet_leaky_relu_s16_t", fields, x, output)


def _alpha(operator: Operator) -> float:
    return cast(LeakyRelu, operator.attributes).alpha


def _slope(x: Tensor, output: Tensor, alpha: float) -> Multiplier:
    return quantize_multiplier(x.scale * alpha / output.scale)


def fractions_of_15_bits(graph: Graph, operator: Operator) -> str | None:
    """input scales in [1e-8, 2.6] and an output scale of 2^-15."""
    x, output = borders(graph, operator)
    if output.scale == _FRACTION and 1e-8 <= x.scale <= 2.6:
        return None
    return f"scales are {x.scale} and {output.scale}"


@dataclass(frozen=True)
class _Steps:
    """The multiplier and shift to the right that make steps of 1/12288 of an input."""

    multiplier: int
    shift: int


def _steps(operator: Operator, x: Tensor) -> _Steps:
    log = round(math.log2(x.scale))
    exact = abs(math.log2(x.scale) - log) < 1e-3
    left = 12 + log
    if exact and (left == 0 or (left == 1 and operator.kind == "tanh_int16")):
        return _Steps(3 << left, 0)
    multiplier, shift = x.scale * 4096.0 * 3.0, 0
    while multiplier <= 32767.0 / 2.0 and shift <= 30:
        multiplier, shift = multiplier * 2.0, shift + 1
    return _Steps(int(multiplier), shift)


def sigmoid_table() -> IntArray:
    """TFLite's sigmoid_table_uint16: 65536 / (1 + exp(-i / 24)) for i = 0..255.

    Of what lines between the entries are off in their middles, entries take one half; the last
    entry is all ones.
    """
    value, middle, after = (
        65536 / (1 + np.exp(-(np.arange(256) + offset) / 24)) for offset in (0, 0.5, 1)
    )
    found = np.floor(value - ((value + after) / 2 - middle) / 2 + 0.5).astype(np.int64)
    found[-1] = 65535
    return found


class SigmoidInt16(Family):
    """logistic_int16 and tanh_int16."""

    kinds = ("logistic_int16", "tanh_int16")
    constraints = (int16_per_tensor, fractions_of_15_bits)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The input's."""
        return graph.tensor(operator.inputs[0]).shape

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's Logistic and Tanh of int16."""
        steps = _steps(operator, graph.tensor(operator.inputs[0]))
        half = (1 << steps.shift) >> 1
        values = (cast(Array, inputs[0]).astype(np.int64) * steps.multiplier + half) >> steps.shift
        return [_INTERPOLATED[operator.kind](values).astype(np.int16)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """Element by element."""
        x, output = borders(graph, operator)
        steps = _steps(operator, x)
        fields: Fields = (
            ("table", CArray("table", "uint16_t", sigmoid_table().astype(np.uint16))),
            ("channels", rows_of(output).channels),
            ("multiplier", steps.multiplier),
            ("shift", steps.shift),
        )
        is_tanh = int(operator.kind == "tanh_int16")
        kernel = Kernel(HEADER, "thumbnet_sigmoid_s16", (is_tanh,))
        return elementwise(kernel, "thumbnet_sigmoid_s16_t", fields, x, output)


def _interpolated(values: IntArray, fraction: int, greatest: int) -> IntArray:
    """The sigmoid of magnitudes with ``fraction`` bits behind the table's places."""
    table, sizes = sigmoid_table(), np.abs(values)
    place = np.minimum(sizes >> fraction, 254)
    low, high = table[place], table[place + 1]
    between = (low << fraction) + (sizes & ((1 << fraction) - 1)) * (high - low)
    return np.where(sizes >> fraction >= 255, greatest, between)


def _logistic(values: IntArray) -> IntArray:
    found = _interpolated(values, 9, 0x7FFF << 10)
    return np.where(values >= 0, found + (1 << 9), (1 << 25) - found + (1 << 9) - 1) >> 10


def _tanh(values: IntArray) -> IntArray:
    found = _interpolated(values, 8, 0xFFFF << 8) - (1 << 23)
    return np.where(values >= 0, found + (1 << 7), -found + (1 << 7) - 1) >> 8


_INTERPOLATED: dict[str, Callable[[IntArray], IntArray]] = {
    "logistic_int16": _logistic,
    "tanh_int16": _tanh,
}
