"""resize_bilinear: between the four nearest pixels, whose places are settled at compile time.

Arithmetic: TFLite's reference/resize_bilinear.h, ResizeBilinearInteger. The operator names its
input twice, for the upper and for the lower row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir import attributes
from thumbnet.ir.graph import Array, Graph, Operator
from thumbnet.operators.base import CArray, Family, Kernel, Lowered, Source, copy_overlap, rows_of
from thumbnet.operators.constraints import int8_per_tensor, same_quantization

HEADER = "thumbnet/kernels/resize_bilinear.h"
_LARGEST = 65535
_ONE = 1 << 10

IntArray = npt.NDArray[np.int64]


class Places(NamedTuple):
    """Of the rows (or columns) of an output: two of the input, how far it is from the first."""

    first: IntArray
    second: IntArray
    fraction: IntArray
    """In 1/1024; 0 where the two are one."""


def places(in_size: int, out_size: int, *, align_corners: bool, half_pixel_centers: bool) -> Places:
    """As TFLite computes them in integers; where its first place leaves the input, the last one."""
    if align_corners and out_size > 1:
        scale = (_ONE * (in_size - 1) + (out_size - 1) // 2) // (out_size - 1)
    else:
        scale = (_ONE * in_size + out_size // 2) // out_size
    scaled = np.arange(out_size, dtype=np.int64) * scale
    if half_pixel_centers:
        scaled += scale // 2 - _ONE // 2
    # Positions left of the input's first belong to that, whatever their fraction.
    scaled = np.maximum(scaled, 0)
    first = np.minimum(scaled // _ONE, in_size - 1)
    second = np.minimum((scaled + _ONE - 1) // _ONE, in_size - 1)
    return Places(first, second, np.where(second == first, 0, scaled - _ONE * first))


def small_image(graph: Graph, operator: Operator) -> str | None:
    """inputs [1, height, width, channels], all sizes at most 65535."""
    x, output = graph.tensor(operator.inputs[0]), graph.tensor(operator.outputs[0])
    fits = len(x.shape) == 4 and x.shape[0] == 1 and max(*x.shape, *output.shape) <= _LARGEST
    return None if fits else f"input has shape {list(x.shape)}, output {list(output.shape)}"


class ResizeBilinear(Family):
    """resize_bilinear."""

    kinds = ("resize_bilinear",)
    constraints = (int8_per_tensor, same_quantization, small_image)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """[1,OH,OW,C], height and width as the output declares them."""
        x, output = graph.tensor(operator.inputs[0]), graph.tensor(operator.outputs[0])
        return (1, output.shape[1], output.shape[2], x.shape[3])

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's ResizeBilinearInteger."""
        x = cast(Array, inputs[0]).astype(np.int64)
        rows, columns = _places(graph, operator)
        down = rows.fraction[:, None, None]
        right = columns.fraction[:, None]
        total = np.zeros(graph.tensor(operator.outputs[0]).shape, np.int64)
        for row, weight in ((rows.first, _ONE - down), (rows.second, down)):
            for column, share in ((columns.first, _ONE - right), (columns.second, right)):
                total += x[:, row][:, :, column] * weight * share
        half = np.where(total > 0, 1 << 19, -(1 << 19))
        rounded = np.sign(total) * (np.abs(total + half) >> 20)
        return [rounded.astype(np.int8)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """A row kernel with two sources that pick their rows from maps."""
        x, output = graph.tensor(operator.inputs[0]), graph.tensor(operator.outputs[0])
        rows, out_rows = rows_of(x), rows_of(output)
        down, across = _places(graph, operator)
        end = np.arange(1, out_rows.size + 1, dtype=np.int64)
        overlap = []
        for row in (down.first, down.second):
            pixels = row[:, None] * rows.width + across.first
            elements = pixels[:, :, None] * rows.channels + np.arange(rows.channels)
            overlap.append(copy_overlap(elements.reshape(-1), end))
        tables = {
            "rows": down.fraction,
            "columns": across.first,
            "fractions": across.fraction,
        }
        arrays = [
            (name, CArray(name, "uint16_t", t.astype(np.uint16))) for name, t in tables.items()
        ]
        return Lowered(
            kernel=Kernel(HEADER, "thumbnet_resize_bilinear_s8"),
            struct="thumbnet_resize_bilinear_t",
            fields=(*arrays, ("channels", rows.channels)),
            sources=tuple(
                Source(
                    rows,
                    row_map=tuple(int(place) for place in row),
                    kernel_width=rows.width,
                    stride_width=0,
                )
                for row in (down.first, down.second)
            ),
            output=out_rows,
            macs=4 * out_rows.size,
            overlap=tuple(overlap),
            numbered=True,
        )


def _places(graph: Graph, operator: Operator) -> tuple[Places, Places]:
    """Those of the output's rows and of its columns."""
    x, output = graph.tensor(operator.inputs[0]), graph.tensor(operator.outputs[0])
    how = cast(attributes.ResizeBilinear, operator.attributes)
    rows, columns = (
        places(
            x.shape[i],
            output.shape[i],
            align_corners=how.align_corners,
            half_pixel_centers=how.half_pixel_centers,
        )
        for i in (1, 2)
    )
    return rows, columns
