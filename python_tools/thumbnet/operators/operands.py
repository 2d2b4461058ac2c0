"""Operands of element-wise operators as rows, broadcast as numpy does.

A constant operand is part of a kernel's constants (``<which>.constant``), so ``sources`` holds the
others only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from thumbnet.ir.graph import Array, Graph, Operator, Tensor
from thumbnet.operators.base import CArray, Fields, Rows, Source, elementwise_overlap

_LARGEST = 65535


def two_operands(graph: Graph, operator: Operator) -> str | None:
    """two operands."""
    # Where both are constant, what comes of them is too, before any of this is lowered.
    count = len(operator.inputs)
    return None if count == 2 else f"it has {count} operands"


def small_shapes(graph: Graph, operator: Operator) -> str | None:
    """shapes of up to four dimensions, batch 1, widths and channels of at most 65535."""
    shape = graph.tensor(operator.outputs[0]).shape
    batch = len(shape) > 4 or (len(shape) == 4 and shape[0] != 1)
    large = max(shape, default=1) > _LARGEST
    return f"output has shape {list(shape)}" if batch or large else None


def plain_constant(graph: Graph, operator: Operator) -> str | None:
    """constants of several rows beside operands that vary along all rows and columns or neither."""
    output = rows_beside(graph.tensor(operator.outputs[0]))
    operands = [operand_of(graph, name) for name in operator.inputs]
    if not needs_flat(operands):
        return None
    for operand in operands:
        if operand.data is None and operand.plane not in ((1, 1), plane_of(output)):
            return f"operand {list(operand.tensor.shape)} beside a constant of several rows"
    return None


@dataclass(frozen=True, eq=False)
class Operand:
    """An operand as rows; ``data`` [height, width, channels] where it is constant."""

    tensor: Tensor
    rows: Rows
    data: Array | None

    @property
    def plane(self) -> tuple[int, int]:
        """(height, width)."""
        return plane_of(self.rows)

    def flattened(self, output: Rows) -> Operand:
        """The same beside an output that is taken as one row."""
        data, width = self.data, self.rows.height * self.rows.width
        if data is not None:
            width = output.height * output.width
            shape = (output.height, output.width, self.rows.channels)
            data = np.broadcast_to(data, shape).reshape(1, width, self.rows.channels)
        return Operand(self.tensor, replace(self.rows, height=1, width=width), data)

    def source(self, output: Rows) -> Source:
        """The rows and columns of an operand that is not constant."""
        height, width = self.plane
        return Source(
            self.rows,
            stride=int(height == output.height),
            stride_width=int(width == output.width),
        )

    def fields(self, name: str, row: int, output: Rows, array: str = "operand") -> Fields:
        """``thumbnet_operand_t``, of int16 ``thumbnet_operand_s16_t``; constants as ``array``."""
        ctype = "int8_t" if self.rows.element_size == 1 else "int16_t"
        constant = 0 if self.data is None else CArray(array, ctype, self.data)
        # A constant pixel serves every column, also where a narrow plane is run as one long row.
        pixel = self.data is not None and self.plane == (1, 1)
        steps = self.rows.width == output.width and not pixel
        return (
            (f"{name}.constant", constant),
            (f"{name}.row", row),
            (f"{name}.column_step", self.rows.channels if steps else 0),
            (f"{name}.channel_step", int(self.rows.channels == output.channels)),
        )


def operand_of(graph: Graph, name: str) -> Operand:
    """A tensor of bytes or int16 as an operand."""
    tensor = graph.tensor(name)
    rows = rows_beside(tensor)
    if tensor.data is None:
        return Operand(tensor, rows, None)
    shape = (rows.height, rows.width, rows.channels)
    data = tensor.data.view(np.int8) if rows.element_size == 1 else tensor.data
    return Operand(tensor, rows, data.reshape(shape))


def rows_beside(tensor: Tensor) -> Rows:
    """Rows of a tensor whose last dimension meets the output's, as broadcasting aligns them."""
    shape = (1,) * (4 - len(tensor.shape)) + tensor.shape
    return Rows(shape[-3], shape[-2], shape[-1], tensor.dtype.size)


def plane_of(rows: Rows) -> tuple[int, int]:
    """(height, width)."""
    return rows.height, rows.width


def needs_flat(operands: Sequence[Operand]) -> bool:
    """Whether a constant has several rows: kernels are not told which one they make."""
    return any(operand.data is not None and operand.rows.height > 1 for operand in operands)


def row_numbers(operands: Sequence[Operand]) -> tuple[int, ...]:
    """Which row pointer is an operand's; a constant has that of the next one."""
    varying = [operand.data is None for operand in operands]
    return tuple(sum(varying[:i]) for i in range(len(operands)))


@dataclass(frozen=True)
class Layout:
    """Operands beside their output, and what that means for a kernel that makes it from them.

    Such a kernel reads an element of each operand before it writes the output's at its place.
    """

    operands: tuple[Operand, ...]
    rows: Rows

    @property
    def sources(self) -> tuple[Source, ...]:
        """Of the operands that are not constant."""
        return tuple(operand.source(self.rows) for operand in self.operands if operand.data is None)

    @property
    def overlap(self) -> tuple[int | None, ...]:
        """The output may take the place of an operand of its shape."""
        return tuple(
            elementwise_overlap() if source.rows == self.rows else None for source in self.sources
        )

    @property
    def pointwise(self) -> bool:
        """Whether all may be run as one row, where columns mean nothing to a constant any more."""
        return all(
            operand.plane == (plane_of(self.rows) if operand.data is None else (1, 1))
            for operand in self.operands
        )

    def fields(self, *names: str) -> Fields:
        """``thumbnet_operand_t`` of each operand."""
        numbers = row_numbers(self.operands)
        found: list[tuple[str, int | CArray]] = []
        for name, operand, number in zip(names, self.operands, numbers, strict=True):
            found += operand.fields(name, number, self.rows, name)
        return tuple(found)


def layout(graph: Graph, operator: Operator) -> Layout:
    """The operands of ``operator`` beside its output."""
    rows = rows_beside(graph.tensor(operator.outputs[0]))
    operands = [operand_of(graph, name) for name in operator.inputs]
    if needs_flat(operands):
        operands = [operand.flattened(rows) for operand in operands]
        rows = replace(rows, height=1, width=rows.height * rows.width)
    return Layout(tuple(operands), rows)
