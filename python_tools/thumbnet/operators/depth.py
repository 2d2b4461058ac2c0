"""space_to_depth and depth_to_space: pixels in squares, and the same one behind the other.

space_to_depth streams. depth_to_space makes the rows of its squares together, from one input row:
it can end a stage, and what reads it finds it whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from thumbnet.ir import attributes
from thumbnet.ir.graph import Array, Graph, Operator
from thumbnet.operators.base import (
    Family,
    Kernel,
    Lowered,
    Rows,
    Source,
    copy_overlap,
    rows_of,
    window_overlap,
)
from thumbnet.operators.constraints import same_quantization, same_type

HEADER = "thumbnet/kernels/pick.h"
_LARGEST = 65535


def small_image(graph: Graph, operator: Operator) -> str | None:
    """inputs [1, height, width, channels], all sizes and the bytes of a pixel at most 65535."""
    for name in (*operator.inputs, *operator.outputs):
        tensor = graph.tensor(name)
        pixel = tensor.shape[-1] * tensor.dtype.size
        if len(tensor.shape) != 4 or tensor.shape[0] != 1 or max(*tensor.shape, pixel) > _LARGEST:
            return f"input or output has shape {list(tensor.shape)}"
    return None


class SpaceToDepth(Family):
    """space_to_depth."""

    kinds = ("space_to_depth",)
    constraints = (same_type, same_quantization, small_image)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """[1,H/B,W/B,C*B*B]."""
        block = cast(attributes.SpaceToDepth, operator.attributes).block
        batch, height, width, channels = graph.tensor(operator.inputs[0]).shape
        return (batch, height // block, width // block, channels * block**2)

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's SpaceToDepth."""
        block = cast(attributes.SpaceToDepth, operator.attributes).block
        shape = self.output_shape(graph, operator)
        x = cast(Array, inputs[0])
        split = x.reshape(shape[0], shape[1], block, shape[2], block, x.shape[3])
        return [np.ascontiguousarray(split.transpose(0, 1, 3, 2, 4, 5)).reshape(shape)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """A row kernel with a window of the block."""
        block = cast(attributes.SpaceToDepth, operator.attributes).block
        rows = rows_of(graph.tensor(operator.inputs[0]))
        output = rows_of(graph.tensor(operator.outputs[0]))
        source = Source(
            rows, kernel_height=block, stride=block, kernel_width=block, stride_width=block
        )
        return Lowered(
            kernel=Kernel(HEADER, "thumbnet_space_to_depth"),
            struct="thumbnet_depth_t",
            fields=(("size", block * rows.channels * rows.element_size), ("block", block)),
            sources=(source,),
            output=output,
            macs=0,
            # A pixel's rows are read one after the other while it is written.
            overlap=(window_overlap(source, output, block, block, 0),),
        )


class DepthToSpace(Family):
    """depth_to_space."""

    kinds = ("depth_to_space",)
    constraints = (same_type, same_quantization, small_image)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """[1,H*B,W*B,C/B/B]."""
        block = cast(attributes.DepthToSpace, operator.attributes).block
        batch, height, width, channels = graph.tensor(operator.inputs[0]).shape
        return (batch, height * block, width * block, channels // block**2)

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's DepthToSpace."""
        block = cast(attributes.DepthToSpace, operator.attributes).block
        shape = self.output_shape(graph, operator)
        x = cast(Array, inputs[0])
        split = x.reshape(*x.shape[:3], block, block, shape[3])
        return [np.ascontiguousarray(split.transpose(0, 1, 3, 2, 4, 5)).reshape(shape)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """A kernel that makes the rows of an input row's squares as one pixel."""
        block = cast(attributes.DepthToSpace, operator.attributes).block
        rows = rows_of(graph.tensor(operator.inputs[0]))
        output = Rows(rows.height, 1, rows.width * rows.channels, rows.element_size)
        size = rows.channels // block * rows.element_size
        steps = np.arange(rows.height * block * rows.width, dtype=np.int64)
        y, row, x = np.unravel_index(steps, (rows.height, block, rows.width))
        first = (y * rows.width + x) * rows.channels * rows.element_size + row * size
        return Lowered(
            kernel=Kernel(HEADER, "thumbnet_depth_to_space"),
            struct="thumbnet_depth_t",
            fields=(("size", size), ("block", block), ("width", rows.width)),
            sources=(Source(rows, kernel_width=rows.width, stride_width=0),),
            output=output,
            macs=0,
            overlap=(copy_overlap(first.astype(np.int64), (steps + 1) * size),),
        )
