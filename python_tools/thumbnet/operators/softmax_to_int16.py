"""softmax of int8 whose probabilities are int16.

TFLite's optimized kernel, in single precision as for int8, but with any scale of the output: the
sum is multiplied with it before the reciprocal. The C kernel does the same on the bits of the
numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from thumbnet.ir import attributes
from thumbnet.ir.graph import Array, DType, Graph, Operator
from thumbnet.operators.base import CArray, Family, Kernel, Lowered, Source, rows_of, window_overlap
from thumbnet.operators.constraints import borders
from thumbnet.operators.softmax import exponentials, positive_beta

HEADER = "thumbnet/kernels/softmax_to_int16.h"


def int8_to_int16(graph: Graph, operator: Operator) -> str | None:
    """int8 input and int16 output, quantized per tensor, the output of a scale in [2^-17, 1]."""
    x, output = borders(graph, operator)
    if (x.dtype, output.dtype) != (DType.INT8, DType.INT16):
        return f"input is {x.dtype.value}, output {output.dtype.value}"
    for tensor in (x, output):
        if tensor.quantization is None or not tensor.quantization.per_tensor:
            return f"{tensor.name!r} is not quantized per tensor"
    # Within these a probability keeps bits below the point, which its rounding relies on.
    return None if 2**-17 <= output.scale <= 1 else f"output has scale {output.scale}"


class SoftmaxToInt16(Family):
    """softmax_to_int16."""

    kinds = ("softmax_to_int16",)
    constraints = (int8_to_int16, positive_beta)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The input's."""
        return graph.tensor(operator.inputs[0]).shape

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's optimized_ops::Softmax."""
        x, output = borders(graph, operator)
        values = cast(Array, inputs[0])
        pixels = values.reshape(-1, values.shape[-1]).astype(np.int64)
        beta = cast(attributes.Softmax, operator.attributes).beta
        terms = exponentials(x.scale, beta)[pixels.max(axis=1, keepdims=True) - pixels]
        # accumulate() adds one after the other; sum() would add in pairs.
        sums = np.add.accumulate(terms, axis=1, dtype=np.float32)[:, -1:]
        scaled = terms * (np.float32(1) / (sums * np.float32(output.scale)))
        rounded = np.floor(scaled.astype(np.float64) + 0.5).astype(np.int64)
        made = np.clip(rounded + output.zero_point, -32768, 32767)
        return [made.astype(np.int16).reshape(values.shape)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """One pixel after the other, without scratch."""
        x, output = borders(graph, operator)
        source, out_rows = Source(rows_of(x), stride_width=1), rows_of(output)
        table = exponentials(x.scale, cast(attributes.Softmax, operator.attributes).beta)
        return Lowered(
            kernel=Kernel(HEADER, "thumbnet_softmax_s8_s16"),
            struct="thumbnet_softmax_s8_s16_t",
            fields=(
                ("table", CArray("table", "uint32_t", table.view(np.uint32))),
                ("scale", int(np.float32(output.scale).view(np.uint32))),
                ("channels", out_rows.channels),
                ("zero_point", output.zero_point),
            ),
            sources=(source,),
            output=out_rows,
            macs=0,
            overlap=(window_overlap(source, out_rows, 1, 1, 0),),
            pointwise=True,
        )
