"""resize_nearest_neighbor: which row and column is nearest is settled at compile time.

Arithmetic: TFLite's reference/resize_nearest_neighbor.h, in float32.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np

from thumbnet.ir import attributes
from thumbnet.ir.graph import Array, Graph, Operator
from thumbnet.operators.base import CArray, Family, Kernel, Lowered, Source, copy_overlap, rows_of
from thumbnet.operators.constraints import same_quantization, same_type

HEADER = "thumbnet/kernels/copy.h"
_LARGEST = 65535


def small_image(graph: Graph, operator: Operator) -> str | None:
    """inputs [1, height, width, channels], all sizes and the bytes of a pixel at most 65535."""
    x, output = graph.tensor(operator.inputs[0]), graph.tensor(operator.outputs[0])
    pixel = x.shape[-1] * x.dtype.size if x.shape else 0
    largest = max(pixel, *x.shape, *output.shape)
    fits = len(x.shape) == 4 and x.shape[0] == 1 and largest <= _LARGEST
    return None if fits else f"input has shape {list(x.shape)}, output {list(output.shape)}"


def nearest(
    in_size: int, out_size: int, *, align_corners: bool, half_pixel_centers: bool
) -> list[int]:
    """The input row (or column) of each output row, as TFLite computes it in float32."""
    one = np.float32(1)
    if align_corners and out_size > 1:
        scale = np.float32(in_size - 1) / np.float32(out_size - 1)
    else:
        scale = np.float32(in_size) / np.float32(out_size)
    offset = one / 2 if half_pixel_centers else one * 0
    found = []
    for i in range(out_size):
        position = float((np.float32(i) + offset) * scale)
        # Positions are not negative, so that this rounds half away from zero.
        index = math.floor(position + 0.5) if align_corners else math.floor(position)
        found.append(min(index, in_size - 1))
    return found


class ResizeNearestNeighbor(Family):
    """resize_nearest_neighbor."""

    kinds = ("resize_nearest_neighbor",)
    constraints = (same_type, same_quantization, small_image)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """[1,OH,OW,C], height and width as the output declares them."""
        x, output = graph.tensor(operator.inputs[0]), graph.tensor(operator.outputs[0])
        return (1, output.shape[1], output.shape[2], x.shape[3])

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's ResizeNearestNeighbor."""
        rows, columns = _maps(graph, operator)
        return [cast(Array, inputs[0])[:, rows][:, :, columns]]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """A row kernel whose source picks its row from a map."""
        x, output = graph.tensor(operator.inputs[0]), graph.tensor(operator.outputs[0])
        rows, out_rows = rows_of(x), rows_of(output)
        row_map, columns = _maps(graph, operator)
        pixels = np.array(row_map)[:, None] * rows.width + np.array(columns)[None, :]
        pixel = rows.channels * rows.element_size
        first = pixels.reshape(-1).astype(np.int64) * pixel
        end = np.arange(1, first.size + 1, dtype=np.int64) * pixel
        return Lowered(
            kernel=Kernel(HEADER, "thumbnet_resize_nearest_neighbor"),
            struct="thumbnet_resize_t",
            fields=(
                ("columns", CArray("columns", "uint16_t", np.array(columns, np.uint16))),
                ("pixel_size", pixel),
            ),
            # Runs are given the whole row: their columns need not be evenly spaced.
            sources=(
                Source(rows, row_map=tuple(row_map), kernel_width=rows.width, stride_width=0),
            ),
            output=out_rows,
            macs=0,
            overlap=(copy_overlap(first, end),),
        )


def _maps(graph: Graph, operator: Operator) -> tuple[list[int], list[int]]:
    """The input rows of the output rows, and the input columns of the output columns."""
    x, output = graph.tensor(operator.inputs[0]), graph.tensor(operator.outputs[0])
    how = cast(attributes.ResizeNearestNeighbor, operator.attributes)
    rows, columns = (
        nearest(
            x.shape[i],
            output.shape[i],
            align_corners=how.align_corners,
            half_pixel_centers=how.half_pixel_centers,
        )
        for i in (1, 2)
    )
    return rows, columns
