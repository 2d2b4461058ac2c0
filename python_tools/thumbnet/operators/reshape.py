"""reshape: the same bytes under another shape.

The memory plan gives the output the bytes of the input; the kernel is for plans that cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from thumbnet.ir.graph import Array, Graph, Operator
from thumbnet.operators.base import (
    Family,
    Kernel,
    Lowered,
    Rows,
    Source,
    elementwise_overlap,
)

HEADER = "thumbnet/kernels/copy.h"


def same_elements(graph: Graph, operator: Operator) -> str | None:
    """as many elements of the same type in the output as in the input."""
    x, output = graph.tensor(operator.inputs[0]), graph.tensor(operator.outputs[0])
    if x.elements == output.elements and x.dtype is output.dtype:
        return None
    return f"{x.dtype.value} {list(x.shape)} becomes {output.dtype.value} {list(output.shape)}"


class Reshape(Family):
    """reshape."""

    kinds = ("reshape",)
    constraints = (same_elements,)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The shape that the output declares."""
        return graph.tensor(operator.outputs[0]).shape

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """The input's elements in order, whatever the two sides' quantization: TFLite copies."""
        return [cast(Array, inputs[0]).reshape(graph.tensor(operator.outputs[0]).shape)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """A copy of one row of all elements."""
        x = graph.tensor(operator.inputs[0])
        rows = Rows(1, x.elements, 1, x.dtype.size)
        return Lowered(
            kernel=Kernel(HEADER, "thumbnet_reshape"),
            struct="thumbnet_reshape_t",
            fields=(("element_size", x.dtype.size),),
            sources=(Source(rows),),
            output=rows,
            macs=0,
            overlap=(elementwise_overlap(),),
            pointwise=True,
        )
