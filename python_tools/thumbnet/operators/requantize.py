"""requantize: QUANTIZE between integers of which one is wider than a byte.

Arithmetic: TFLite's reference/requantize.h. Differences from the zero point wrap at 32 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from thumbnet.ir.graph import Array, DType, Graph, Operator
from thumbnet.operators.base import Family, Kernel, Lowered, Source, rows_of, window_overlap
from thumbnet.operators.constraints import borders
from thumbnet.quantize.requantize import (
    Multiplier,
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


class Requantize(Family):
    """requantize."""

    kinds = ("requantize",)
    constraints = (integers_of_one_scale,)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The input's."""
        return graph.tensor(operator.inputs[0]).shape

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's Requantize."""
        x, output = borders(graph, operator)
        multiplier = _multiplier(graph, operator)
        distance = wrap_int32(cast(Array, inputs[0]).astype(np.int64) - x.zero_point)
        scaled = multiply_by_quantized_multiplier(distance, multiplier.mantissa, multiplier.shift)
        moved = wrap_int32(scaled + output.zero_point)
        limits = np.iinfo(output.dtype.value)
        return [np.clip(moved, limits.min, limits.max).astype(output.dtype.numpy)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """Element by element."""
        x, output = borders(graph, operator)
        multiplier = _multiplier(graph, operator)
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
                ("shift", multiplier.shift),
            ),
            sources=(source,),
            output=out_rows,
            macs=0,
            overlap=(0 if narrower else window_overlap(source, out_rows, 1, 1, 0),),
            pointwise=True,
        )


def _multiplier(graph: Graph, operator: Operator) -> Multiplier:
    x, output = borders(graph, operator)
    return quantize_multiplier(x.scale / output.scale)
