"""pad: elements of the zero point before and after any of height, width and channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir import attributes
from thumbnet.ir.graph import Array, Graph, Operator
from thumbnet.operators.base import Family, Kernel, Lowered, Rows, Source, copy_overlap, rows_of
from thumbnet.operators.constraints import int8_per_tensor, same_quantization

HEADER = "thumbnet/kernels/copy.h"
_LARGEST = 65535
_NEVER = np.iinfo(np.int64).max // 2
"""The first input byte of a step that reads none."""


def spatial_pads(graph: Graph, operator: Operator) -> str | None:
    """non-negative padding of height, width and channels of up to four dimensions, batch 1."""
    x, pads = graph.tensor(operator.inputs[0]), _attributes(operator)
    if len(x.shape) > 4 or (len(x.shape) == 4 and x.shape[0] != 1):
        return f"input has shape {list(x.shape)}"
    if len(pads.before) != len(x.shape) or min(*pads.before, *pads.after, 0) < 0:
        return f"padding is {list(pads.before)}, {list(pads.after)}"
    if len(x.shape) == 4 and (pads.before[0] or pads.after[0]):
        return f"padding of the batch is {pads.before[0]}, {pads.after[0]}"
    return None


def small_shape(graph: Graph, operator: Operator) -> str | None:
    """outputs of at most 65535 in every dimension."""
    shape = graph.tensor(operator.outputs[0]).shape
    return f"output has shape {list(shape)}" if max(shape) > _LARGEST else None


class Pad(Family):
    """pad."""

    kinds = ("pad",)
    constraints = (int8_per_tensor, same_quantization, spatial_pads, small_shape)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """Each dimension with what comes before and after it."""
        shape, pads = graph.tensor(operator.inputs[0]).shape, _attributes(operator)
        return tuple(map(sum, zip(pads.before, shape, pads.after, strict=True)))

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's Pad."""
        pads, x = _attributes(operator), cast(Array, inputs[0])
        value = graph.tensor(operator.outputs[0]).zero_point
        widths = list(zip(pads.before, pads.after, strict=True))
        return [np.pad(x, widths, constant_values=value)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """A row kernel; a row of padding is a row that the input lacks."""
        x, output = graph.tensor(operator.inputs[0]), graph.tensor(operator.outputs[0])
        rows, out_rows = rows_of(x), rows_of(output)
        top, left, before = (0, 0, 0, *_attributes(operator).before)[-3:]
        return Lowered(
            kernel=Kernel(HEADER, "thumbnet_pad_s8"),
            struct="thumbnet_pad_t",
            fields=(
                ("in_width", rows.width),
                ("in_channels", rows.channels),
                ("pad_left", left),
                ("channels_before", before),
                ("out_channels", out_rows.channels),
                ("value", output.zero_point),
            ),
            sources=(Source(rows, pad=top, pad_left=left),),
            output=out_rows,
            macs=0,
            overlap=(_overlap(rows, out_rows, top, left),),
        )


def _overlap(rows: Rows, output: Rows, top: int, left: int) -> int:
    """Pixel by pixel: a pixel is read, then written; one of padding reads nothing."""
    first: npt.NDArray[np.int64] = np.full((output.height, output.width), _NEVER)
    starts = np.arange(rows.height * rows.width, dtype=np.int64) * rows.channels
    inside = first[top : top + rows.height, left : left + rows.width]
    inside[:] = starts.reshape(rows.height, rows.width)
    end = np.arange(1, first.size + 1, dtype=np.int64) * output.channels
    return copy_overlap(first.reshape(-1), end)


def _attributes(operator: Operator) -> attributes.Pad:
    return cast(attributes.Pad, operator.attributes)
