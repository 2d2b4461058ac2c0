"""select and select_v2: one of two operands by a third, broadcast as numpy does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from thumbnet.ir.graph import Array, DType, Graph, Operator
from thumbnet.operators.base import Family, Kernel, Lowered
from thumbnet.operators.operands import layout, plain_constant, small_shapes

HEADER = "thumbnet/kernels/select.h"
_BYTES = (DType.INT8, DType.UINT8, DType.BOOL)


def bool_condition(graph: Graph, operator: Operator) -> str | None:
    """a condition of type bool."""
    dtype = graph.tensor(operator.inputs[0]).dtype
    return None if dtype is DType.BOOL else f"condition is {dtype.value}"


def equal_bytes(graph: Graph, operator: Operator) -> str | None:
    """values of the output's type (int8, uint8 or bool), scale and zero point."""
    output = graph.tensor(operator.outputs[0])
    for name in (*operator.inputs[1:], *operator.outputs):
        tensor = graph.tensor(name)
        if tensor.dtype not in _BYTES or tensor.dtype is not output.dtype:
            return f'"{name}" is {tensor.dtype.value}'
        if tensor.quantization != output.quantization:
            return f'"{name}" is quantized otherwise'
    return None


class Select(Family):
    """select and select_v2."""

    kinds = ("select", "select_v2")
    constraints = (bool_condition, equal_bytes, small_shapes, plain_constant)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The operands' shapes, broadcast."""
        return np.broadcast_shapes(*(graph.tensor(name).shape for name in operator.inputs))

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """numpy's where."""
        condition, first, second = (cast(Array, value) for value in inputs)
        return [np.where(condition, first, second)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """Element by element."""
        placed = layout(graph, operator)
        return Lowered(
            kernel=Kernel(HEADER, "thumbnet_select_s8"),
            struct="thumbnet_select_t",
            fields=(
                *placed.fields("condition", "first", "second"),
                ("channels", placed.rows.channels),
            ),
            sources=placed.sources,
            output=placed.rows,
            macs=0,
            overlap=placed.overlap,
            pointwise=placed.pointwise,
        )
