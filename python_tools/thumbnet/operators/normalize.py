"""l2_normalization and log_softmax over the last dimension.

Arithmetic: TFLite's integer_ops/l2normalization.h. Its log_softmax computes in float32; here the
same is done in fixed point with 24 bits behind the point, so that results are TFLite's but where
these lie within float32's last bits of the middle of two steps, and then within one of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir.graph import Array, Graph, Operator
from thumbnet.operators.base import (
    CArray,
    Constraint,
    Family,
    Kernel,
    Lowered,
    Source,
    elementwise_overlap,
    rows_of,
)
from thumbnet.operators.constraints import borders, int8_per_tensor
from thumbnet.quantize.requantize import (
    IntArray,
    inverse_square_root,
    multiply_by_quantized_multiplier,
)

HEADER = "thumbnet/kernels/normalize.h"
_POINT = 24
"""Bits behind the point of log_softmax."""
_OUT_BITS = 7
"""l2_normalization's outputs are of 2^-7."""


def output_of_a_128th(graph: Graph, operator: Operator) -> str | None:
    """an output of scale 1/128 and zero point 0."""
    output = graph.tensor(operator.outputs[0])
    if output.scale != 1 / 128 or output.zero_point != 0:
        return f"output has scale {output.scale} and zero point {output.zero_point}"
    return None


def output_of_a_16th(graph: Graph, operator: Operator) -> str | None:
    """an output of scale 1/16 and zero point 127, within one unit of TFLite's."""
    output = graph.tensor(operator.outputs[0])
    if output.scale != 1 / 16 or output.zero_point != 127:
        return f"output has scale {output.scale} and zero point {output.zero_point}"
    return None


def bounded_squares(graph: Graph, operator: Operator) -> str | None:
    """up to 32768 channels."""
    channels = graph.tensor(operator.inputs[0]).shape[-1:]
    return f"{channels[0]} channels" if channels and channels[0] > 1 << 15 else None


def fine_input_scale(graph: Graph, operator: Operator) -> str | None:
    """an input scale below 8."""
    scale = graph.tensor(operator.inputs[0]).scale
    return None if scale < 8 else f"input has scale {scale}"


class L2Normalization(Family):
    """l2_normalization."""

    kinds: tuple[str, ...] = ("l2_normalization",)
    constraints: tuple[Constraint, ...] = (int8_per_tensor, output_of_a_128th, bounded_squares)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The input's."""
        return graph.tensor(operator.inputs[0]).shape

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's L2Normalization of int8."""
        given = cast(Array, inputs[0])
        values = given.astype(np.int64) - graph.tensor(operator.inputs[0]).zero_point
        pixels = values.reshape(-1, given.shape[-1])
        made = np.empty_like(pixels)
        for i, pixel in enumerate(pixels):
            root = inverse_square_root(int(np.sum(pixel**2)))
            shift = root.shift + _OUT_BITS
            made[i] = multiply_by_quantized_multiplier(pixel, root.mantissa, shift)
        return [np.clip(made, -128, 127).astype(np.int8).reshape(given.shape)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """One pixel after the other, without scratch; may run in place."""
        x, _ = borders(graph, operator)
        rows = rows_of(x)
        kernel, struct, fields = self.constants(graph, operator)
        return Lowered(
            kernel=Kernel(HEADER, kernel),
            struct=struct,
            fields=(("channels", rows.channels), *fields),
            sources=(Source(rows),),
            output=rows,
            macs=0,
            overlap=(elementwise_overlap(),),
            pointwise=True,
        )

    def constants(
        self, graph: Graph, operator: Operator
    ) -> tuple[str, str, tuple[tuple[str, int | CArray], ...]]:
        """The kernel, its structure and what that holds besides channels."""
        zero_point = graph.tensor(operator.inputs[0]).zero_point
        fields = (("zero_point", zero_point),)
        return "thumbnet_l2_normalization_s8", "thumbnet_l2_normalization_t", fields


class LogSoftmax(L2Normalization):
    """log_softmax."""

    kinds = ("log_softmax",)
    constraints = (int8_per_tensor, output_of_a_16th, bounded_squares, fine_input_scale)

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """Sixteen times the distance to the greatest and the logarithm of the sum, below 127."""
        given, x = cast(Array, inputs[0]), graph.tensor(operator.inputs[0])
        pixels = given.reshape(-1, given.shape[-1]).astype(np.int64)
        distances = pixels.max(axis=1, keepdims=True) - pixels
        sums = _exponentials(x.scale)[distances].sum(axis=1)
        logarithms = np.array([sixteen_logarithms(int(s)) for s in sums], np.int64)
        below = distances * _step(x.scale) + logarithms[:, None]
        whole: IntArray = (below + (1 << (_POINT - 1))) >> _POINT
        return [(127 - np.minimum(whole, 255)).astype(np.int8).reshape(given.shape)]

    def constants(
        self, graph: Graph, operator: Operator
    ) -> tuple[str, str, tuple[tuple[str, int | CArray], ...]]:
        """The kernel, its structure and what that holds besides channels."""
        scale = graph.tensor(operator.inputs[0]).scale
        table = _exponentials(scale).astype(np.uint32)
        fields = (
            ("exponentials", CArray("exponentials", "uint32_t", table)),
            ("step", _step(scale)),
        )
        return "thumbnet_log_softmax_s8", "thumbnet_log_softmax_t", fields


def sixteen_logarithms(x: int) -> int:
    """16 ln(x / 2^24) * 2^24 of an integer of at least 2^24: its base 2 logarithm bit by bit."""
    logarithm = 0
    while x >> (_POINT + 1):
        x = (x >> 1) | (x & 1)
        logarithm += 1 << _POINT
    fraction = x << 6
    for bit in reversed(range(_POINT)):
        fraction = (fraction * fraction) >> 30
        if fraction >> 31:
            fraction >>= 1
            logarithm += 1 << bit
    return (logarithm * math.floor(16 * math.log(2) * (1 << _POINT))) >> _POINT


def _exponentials(scale: float) -> npt.NDArray[np.int64]:
    """exp(-scale * i) * 2^24."""
    table = [math.floor(math.exp(-scale * i) * (1 << _POINT) + 0.5) for i in range(256)]
    return np.array(table, np.int64)


def _step(scale: float) -> int:
    """The input's scale in 2^-24 of the output's."""
    return round(scale * 16 * (1 << _POINT))
