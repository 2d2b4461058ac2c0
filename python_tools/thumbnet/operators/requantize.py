"""requantize: QUANTIZE between integers of which one is wider than a byte; relu and relu6 of int16.

Arithmetic: TFLite's reference/requantize.h, and ReluX, which is the same with another clamp.
Differences from the zero point wrap at 32 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from thumbnet.ir.attributes import Activation
from thumbnet.ir.graph import Array, DType, Graph, Operator
from thumbnet.operators.base import (
    Constraint,
    Family,
    Kernel,
    Lowered,
    Source,
    rows_of,
    window_overlap,
)
from thumbnet.operators.constraints import borders
from thumbnet.operators.wide import int16_per_tensor
from thumbnet.quantize.requantize import (
    Multiplier,
    activation_bounds,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    wrap_int32,
)

HEADER = "thumbnet/kernels/requantize.h"
PAIRS = {
    (DType.INT8, DType.INT16),
    (DType.INT16, DType.INT8),
    (DType.INT16, DType.INT16),
    (DType.INT16, DType.INT32),
    (DType.INT32, DType.INT8),
    (DType.INT32, DType.INT16),
}
_MOST_SHIFT = 14
_ACTIVATIONS = {
    "requantize": Activation.NONE,
    "relu_int16": Activation.RELU,
    "relu6_int16": Activation.RELU6,
}


def integers_of_one_scale(graph: Graph, operator: Operator) -> str | None:
    """int8 to int16; int16 to int8, int16 or int32; int32 to int8 or int16; per tensor."""
    tensors = borders(graph, operator)
    x, output = tensors
    if (x.dtype, output.dtype) not in PAIRS:
        return f"input is {x.dtype.value}, output {output.dtype.value}"
    for tensor in tensors:
        if tensor.quantization is None or not tensor.quantization.per_tensor:
            return f"{tensor.name!r} is not quantized per tensor"
    return None


def ordinary_scale(graph: Graph, operator: Operator) -> str | None:
    """input scales below 2^14 times the output's."""
    x, output = borders(graph, operator)
    shift = _multiplier(graph, operator).shift
    return None if shift <= _MOST_SHIFT else f"scales are {x.scale} and {output.scale}"


class Requantize(Family):
    """requantize."""

    kinds: tuple[str, ...] = ("requantize",)
    constraints: tuple[Constraint, ...] = (integers_of_one_scale,)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The input's."""
        return graph.tensor(operator.inputs[0]).shape

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's Requantize and ReluX."""
        x, output = borders(graph, operator)
        multiplier = _multiplier(graph, operator)
        distance = wrap_int32(cast(Array, inputs[0]).astype(np.int64) - x.zero_point)
        scaled = multiply_by_quantized_multiplier(distance, multiplier.mantissa, multiplier.shift)
        moved = wrap_int32(scaled + output.zero_point)
        low, high = activation_bounds(_ACTIVATIONS[operator.kind], output)
        return [np.clip(moved, low, high).astype(output.dtype.numpy)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """Element by element."""
        x, output = borders(graph, operator)
        multiplier = _multiplier(graph, operator)
        low, high = activation_bounds(_ACTIVATIONS[operator.kind], output)
        source, out_rows = Source(rows_of(x), stride_width=1), rows_of(output)
        narrower = output.dtype.size <= x.dtype.size
        return Lowered(
            kernel=Kernel(HEADER, "thumbnet_requantize_wide", (x.dtype.size, output.dtype.size)),
            struct="thumbnet_requantize_t",
            fields=(
                ("mantissa", multiplier.mantissa),
                ("channels", out_rows.channels),
                ("in_zero_point", x.zero_point),
                ("zero_point", output.zero_point),
                ("low", low),
                ("high", high),
                ("shift", multiplier.shift),
            ),
            sources=(source,),
            output=out_rows,
            macs=0,
            overlap=(0 if narrower else window_overlap(source, out_rows, 1, 1, 0),),
            pointwise=True,
        )


class ReluInt16(Requantize):
    """relu_int16 and relu6_int16."""

    kinds = ("relu_int16", "relu6_int16")
    constraints = (int16_per_tensor, ordinary_scale)


def _multiplier(graph: Graph, operator: Operator) -> Multiplier:
    x, output = borders(graph, operator)
    if operator.kind != "requantize":
        # Here TFLite divides in float32.
        return quantize_multiplier(float(np.float32(x.scale) / np.float32(output.scale)))
    return quantize_multiplier(x.scale / output.scale)
