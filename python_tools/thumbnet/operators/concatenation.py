"""concatenation along any dimension, of elements of any type.

TFLite refuses int8 inputs whose scale or zero point is not the output's, so elements are only
moved.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import cast

import numpy as np

from thumbnet.ir import attributes
from thumbnet.ir.graph import Array, Graph, Operator
from thumbnet.operators.base import CArray, Family, Kernel, Lowered, Rows, Source, rows_of

HEADER = "thumbnet/kernels/copy.h"
_LARGEST = 65535
_HEIGHT, _WIDTH, _CHANNELS = range(3)


def same_inputs(graph: Graph, operator: Operator) -> str | None:
    """inputs of the output's type, scale and zero point."""
    output = graph.tensor(operator.outputs[0])
    for name in operator.inputs:
        tensor = graph.tensor(name)
        if tensor.dtype is not output.dtype:
            return f'"{name}" is {tensor.dtype.value}'
        if tensor.quantization != output.quantization:
            return f'"{name}" is quantized {tensor.quantization}, output {output.quantization}'
    return None


def computed_inputs(graph: Graph, operator: Operator) -> str | None:
    """inputs of which none is constant, or all."""
    constant = [name for name in operator.inputs if graph.tensor(name).is_constant]
    some = 0 < len(constant) < len(operator.inputs)
    return f'"{constant[0]}" is constant' if some else None


def small_shape(graph: Graph, operator: Operator) -> str | None:
    """at most 65535 rows, columns and bytes of a pixel."""
    rows = _image(graph, operator, operator.outputs[0])
    sizes = (rows.height, rows.width, rows.channels * rows.element_size)
    return f"as an image the output has {max(sizes)}" if max(sizes) > _LARGEST else None


class Concatenation(Family):
    """concatenation."""

    kinds = ("concatenation",)
    constraints = (same_inputs, computed_inputs, small_shape)

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
        output = _image(graph, operator, operator.outputs[0])
        inputs = [_image(graph, operator, name) for name in operator.inputs]
        axis = _axis(graph, operator)
        sizes = [_size(rows, axis) for rows in inputs]
        offsets = [0, *accumulate(sizes)][:-1]
        pixel = output.channels * output.element_size
        kernel = ("rows", "columns", "channels")[axis]
        return Lowered(
            kernel=Kernel(HEADER, f"thumbnet_concatenation_{kernel}"),
            struct="thumbnet_concatenation_t",
            fields=(
                ("sizes", CArray("sizes", "uint16_t", np.array(sizes, np.uint16))),
                ("inputs", len(inputs)),
                ("pixel_size", pixel),
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
        return behind + offset * output.channels * output.element_size
    pixels = rows.height * rows.width
    return (pixels - 1) * (output.channels - rows.channels) * rows.element_size + offset


def _size(rows: Rows, axis: int) -> int:
    """Rows, columns or bytes of a pixel."""
    return (rows.height, rows.width, rows.channels * rows.element_size)[axis]


def _is_image(graph: Graph, operator: Operator) -> bool:
    """Whether the output is joined along what :func:`rows_of` takes for rows to channels."""
    shape = graph.tensor(operator.outputs[0]).shape
    axis = cast(attributes.Concatenation, operator.attributes).axis
    return len(shape) <= 3 or (len(shape) == 4 and shape[0] == 1 and axis > 0)


def _image(graph: Graph, operator: Operator, name: str) -> Rows:
    """A tensor's own rows, or what is in front of the axis as rows, what is behind as channels."""
    tensor = graph.tensor(name)
    if _is_image(graph, operator):
        return rows_of(tensor)
    axis = cast(attributes.Concatenation, operator.attributes).axis
    before, behind = math.prod(tensor.shape[:axis]), math.prod(tensor.shape[axis + 1 :])
    return Rows(before, tensor.shape[axis], behind, tensor.dtype.size)


def _axis(graph: Graph, operator: Operator) -> int:
    """The axis as 0, 1, 2 for height, width, channels."""
    if not _is_image(graph, operator):
        return _WIDTH
    rank = len(graph.tensor(operator.outputs[0]).shape)
    return cast(attributes.Concatenation, operator.attributes).axis - rank + 3
