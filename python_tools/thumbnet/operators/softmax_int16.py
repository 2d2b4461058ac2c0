"""softmax of int16 over the last dimension.

Arithmetic: TFLite's SoftmaxInt16 (reference/softmax.h), whose exponentials and whose reciprocal of
their sum come from tables with linear interpolation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir import attributes
from thumbnet.ir.graph import Array, Graph, Operator
from thumbnet.operators.base import CArray, Family, Fields, Kernel, Lowered, rows_of
from thumbnet.operators.constraints import borders
from thumbnet.operators.functions_int16 import elementwise
from thumbnet.operators.wide import LARGEST, int16_per_tensor
from thumbnet.quantize.requantize import (
    IntArray,
    Multiplier,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
)

HEADER = "thumbnet/kernels/softmax_s16.h"
_RANGE = 65535.0
_STEPS = 512
_LEAST, _GREATEST = -(1 << 15), (1 << 15) - 1
Floats = npt.NDArray[np.float64]


def output_of_15_bits(graph: Graph, operator: Operator) -> str | None:
    """at most 65535 channels and an output of scale 1/32768."""
    output = graph.tensor(operator.outputs[0])
    if output.scale == 1 / 32768 and output.shape and output.shape[-1] <= LARGEST:
        return None
    return f"output has shape {list(output.shape)} and scale {output.scale}"


def moderate_beta(graph: Graph, operator: Operator) -> str | None:
    """betas above zero, and times the input's scale below 2."""
    beta, scale = _beta(operator), graph.tensor(operator.inputs[0]).scale
    return None if beta > 0 and beta * scale < 2 else f"beta is {beta}, the scale {scale}"


def _table(function: Callable[[Floats], Floats], least: float, greatest: float) -> IntArray:
    """TFLite's LUTPopulate of int16, of outputs in [-1, 1]: half of the middle's error is shared.

    The interpreter takes double precision for it, TFLite Micro single.
    """
    step = (greatest - least) / _STEPS
    scaling = (_RANGE + 1) / (2.0 / _RANGE * _RANGE)
    places = np.arange(_STEPS)
    value, middle, after = (
        function(np.asarray(least + (places + offset) * step, np.float64)) * scaling
        for offset in (0, 0.5, 1)
    )
    sampled = _rounded(value)
    error = _rounded((after + sampled) / 2) - _rounded(middle)
    entries = np.append(
        sampled - _rounded(error / 2), _rounded(function(np.array(greatest)) * scaling)
    )
    clipped: IntArray = np.clip(entries, _LEAST, _GREATEST).astype(np.int64)
    return clipped


def _rounded(values: Floats) -> Floats:
    """Half away from zero."""
    rounded: Floats = np.copysign(np.floor(np.abs(values) + 0.5), values)
    return rounded


@cache
def exponentials() -> IntArray:
    """exp(-10) to exp(0), 15 bits behind the point; shared, so not to be written."""
    return _frozen(_table(np.exp, -10.0, 0.0))


@cache
def reciprocals() -> IntArray:
    """1 / (1 + x) for x from 0 to 1, 15 bits behind the point; shared, so not to be written."""
    return _frozen(_table(lambda x: 1.0 / (1.0 + x), 0.0, 1.0))


def _frozen(table: IntArray) -> IntArray:
    table.flags.writeable = False
    return table


def _looked_up(table: IntArray, values: IntArray) -> IntArray:
    inside = np.clip(values, _LEAST, _GREATEST)
    place = 256 + (inside >> 7)
    slope = table[place + 1] - table[place]
    found: IntArray = table[place] + ((slope * (inside & 0x7F) + 64) >> 7)
    return found


class SoftmaxInt16(Family):
    """softmax_int16."""

    kinds = ("softmax_int16",)
    constraints = (int16_per_tensor, output_of_15_bits, moderate_beta)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The input's."""
        return graph.tensor(operator.inputs[0]).shape

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's SoftmaxInt16."""
        values = cast(Array, inputs[0])
        pixels = values.reshape(-1, values.shape[-1]).astype(np.int64)
        by = _multiplier(graph, operator)
        below = pixels - pixels.max(axis=1, keepdims=True)
        scaled = multiply_by_quantized_multiplier(below, by.mantissa, by.shift)
        terms = _looked_up(exponentials(), scaled + _GREATEST)
        sums = terms.sum(axis=1, keepdims=True)
        zeros = 32 - np.frexp(sums.astype(np.float64))[1].astype(np.int64)
        shifted = ((sums << (zeros - 1)) + (1 << 13)) >> 14
        factor = _looked_up(reciprocals(), shifted - (1 << 15) - (1 << 16))
        right = 31 - zeros
        made = (terms * factor + (np.int64(1) << (right - 1))) >> right
        return [np.clip(made, 0, _GREATEST).astype(np.int16).reshape(values.shape)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """One pixel after the other, without scratch; may run in place."""
        x, output = borders(graph, operator)
        by = _multiplier(graph, operator)
        fields: Fields = (
            ("exponentials", CArray("exponentials", "int16_t", exponentials().astype(np.int16))),
            ("reciprocals", CArray("reciprocals", "int16_t", reciprocals().astype(np.int16))),
            ("mantissa", by.mantissa),
            ("channels", rows_of(x).channels),
            ("shift", by.shift),
        )
        kernel = Kernel(HEADER, "thumbnet_softmax_s16")
        return elementwise(kernel, "thumbnet_softmax_s16_t", fields, x, output)


def _multiplier(graph: Graph, operator: Operator) -> Multiplier:
    scale = graph.tensor(operator.inputs[0]).scale
    return quantize_multiplier(scale * _beta(operator) / (10.0 / _RANGE))


def _beta(operator: Operator) -> float:
    return cast(attributes.Softmax, operator.attributes).beta
