"""cast: elements of one type as those of another, whatever their scales.

Arithmetic: TFLite's cast.cc. Integers keep their low bits; floats lose their fraction and saturate,
NaN to the greatest value; bool is whether something is not zero. Between types of one byte it
becomes a lookup.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from thumbnet.ir.graph import Array, DType, Graph, Operator
from thumbnet.operators.base import (
    Family,
    Kernel,
    Lowered,
    Source,
    elementwise_overlap,
    rows_of,
    window_overlap,
)
from thumbnet.operators.constraints import borders

HEADER = "thumbnet/kernels/cast.h"
_TYPES = (DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.BOOL, DType.FLOAT32)
"""As the kernel numbers them."""


def known_types(graph: Graph, operator: Operator) -> str | None:
    """int8, uint8, int16, int32, bool and float32, one to another of these."""
    x, output = borders(graph, operator)
    for tensor in (x, output):
        if tensor.dtype not in _TYPES:
            return f"{tensor.dtype.value} on one side"
    return f"{x.dtype.value} on both sides" if x.dtype is output.dtype else None


class Cast(Family):
    """cast."""

    kinds = ("cast",)
    constraints = (known_types,)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The input's."""
        return graph.tensor(operator.inputs[0]).shape

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's CastValue."""
        values, to = cast(Array, inputs[0]), borders(graph, operator)[1].dtype
        if values.dtype == np.float32 and to is not DType.BOOL:
            info = np.iinfo(to.value)
            known = np.where(np.isnan(values), np.inf, values).astype(np.float64)
            values = np.trunc(np.clip(known, info.min, info.max))
        return [values.astype(to.numpy)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """Element by element."""
        x, output = borders(graph, operator)
        source, out_rows = Source(rows_of(x)), rows_of(output)
        grows = output.dtype.size > x.dtype.size
        distance = window_overlap(source, out_rows, 1, 1, 0) if grows else elementwise_overlap()
        return Lowered(
            kernel=Kernel(
                HEADER, "thumbnet_cast", (_TYPES.index(x.dtype), _TYPES.index(output.dtype))
            ),
            struct="thumbnet_cast_t",
            fields=(("channels", out_rows.channels),),
            sources=(source,),
            output=out_rows,
            macs=0,
            overlap=(distance,),
            pointwise=True,
        )
