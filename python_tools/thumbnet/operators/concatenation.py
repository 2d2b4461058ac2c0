"""concatenation along the height, the width or the channels.

TFLite refuses int8 inputs whose scale or zero point is not the output's, so elements are only
moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import cast

import numpy as np

from thumbnet.ir import attributes
from thumbnet.ir.graph import Array, DType, Graph, Operator
from thumbnet.operators.base import CArray, Family, Kernel, Lowered, Rows, Source, rows_of

HEADER = "thumbnet/kernels/copy.h"
_LARGEST = 65535
_HEIGHT, _WIDTH, _CHANNELS = range(3)


def int8_inputs(graph: Graph, operator: Operator) -> str | None:
    """int8 inputs of the output's scale and zero point."""
    output = graph.tensor(operator.outputs[0])
    for name in operator.inputs:
        tensor = graph.tensor(name)
        if tensor.dtype is not DType.INT8:
            return f'"{name}" is {tensor.dtype.value}'
        if tensor.quantization != output.quantization:
            return f'"{name}" is quantized {tensor.quantization}, output {output.quantization}'
    return None


def computed_inputs(graph: Graph, operator: Operator) -> str | None:
    """inputs that are not constant."""
    constant = [name for name in operator.inputs if graph.tensor(name).is_constant]
    return f'"{constant[0]}" is constant' if constant else None


def image_axis(graph: Graph, operator: Operator) -> str | None:
    """height, width or channels of up to four dimensions, batch 1, as its axis."""
    shape = graph.tensor(operator.outputs[0]).shape
    if len(shape) > 4 or (len(shape) == 4 and shape[0] != 1):
        return f"output has shape {list(shape)}"
    return "axis is the batch" if _axis(graph, operator) < 0 else None


def small_shape(graph: Graph, operator: Operator) -> str | None:
    """outputs of at most 65535 in every dimension."""
    shape = graph.tensor(operator.outputs[0]).shape
    return f"output has shape {list(shape)}" if max(shape) > _LARGEST else None


class Concatenation(Family):
    """concatenation."""

    kinds = ("concatenation",)
    constraints = (int8_inputs, computed_inputs, image_axis, small_shape)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The inputs' shape, with the sum of their sizes along the axis."""
        axis = cast(attributes.Concatenation, operator.attributes).axis
        shapes = [graph.tensor(name).shape for name in operator.inputs]
        total = sum(shape[axis] for shape in shapes)
        return (*shapes[0][:axis], total, *shapes[0][axis + 1 :])

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """The inputs one behind the other."""
        axis = cast(attributes.Concatenation, operator.attributes).axis
        return [np.concatenate([cast(Array, x) for x in inputs], axis)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """A row kernel for each axis."""
        output = rows_of(graph.tensor(operator.outputs[0]))
        inputs = [rows_of(graph.tensor(name)) for name in operator.inputs]
        axis = _axis(graph, operator)
        sizes = [_size(rows, axis) for rows in inputs]
        offsets = [0, *accumulate(sizes)][:-1]
        kernel = ("rows", "columns", "channels")[axis]
        return Lowered(
            kernel=Kernel(HEADER, f"thumbnet_concatenation_{kernel}"),
            struct="thumbnet_concatenation_t",
            fields=(
                ("sizes", CArray("sizes", "uint16_t", np.array(sizes, np.uint16))),
                ("inputs", len(inputs)),
                ("pixel_size", output.channels),
            ),
            sources=tuple(
                Source(
                    rows,
                    # A row or column of another input is one outside of this.
                    pad=offset if axis == _HEIGHT else 0,
                    pad_left=offset if axis == _WIDTH else 0,
                )
                for rows, offset in zip(inputs, offsets, strict=True)
            ),
            output=output,
            macs=0,
            overlap=tuple(
                _overlap(rows, output, axis, offset)
                for rows, offset in zip(inputs, offsets, strict=True)
            ),
            pointwise=axis == _CHANNELS,
        )


def _overlap(rows: Rows, output: Rows, axis: int, offset: int) -> int:
    """Bytes written before an input's element is read, beyond the bytes of the input before it.

    They grow towards the input's last row (of its width) or pixel (of its channels).
    """
    if axis == _HEIGHT:
        return offset * output.row_size
    if axis == _WIDTH:
        behind = (rows.height - 1) * (output.row_size - rows.row_size)
        return behind + offset * output.channels
    pixels = rows.height * rows.width
    return (pixels - 1) * (output.channels - rows.channels) + offset


def _size(rows: Rows, axis: int) -> int:
    return (rows.height, rows.width, rows.channels)[axis]


def _axis(graph: Graph, operator: Operator) -> int:
    """The axis as 0, 1, 2 for height, width, channels; negative for the batch."""
    rank = len(graph.tensor(operator.outputs[0]).shape)
    return cast(attributes.Concatenation, operator.attributes).axis - rank + 3
