"""pick: elements of some positions of each dimension, in any order and any number of times.

What TFLite spells as SLICE, STRIDED_SLICE, SPLIT, UNPACK, GATHER, REVERSE_V2, MIRROR_PAD, TILE and
BROADCAST_TO. Rows and evenly spaced columns are picked by what the kernel is given, so that a slice
streams; columns in another order read the whole row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir import attributes
from thumbnet.ir.attributes import Span
from thumbnet.ir.graph import Array, Graph, Operator
from thumbnet.operators.base import CArray, Family, Kernel, Lowered, Rows, Source, copy_overlap
from thumbnet.operators.constraints import same_type

HEADER = "thumbnet/kernels/pick.h"
_LARGEST = 65535
_IMAGE = 3
"""Height, width, channels."""

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Axis:
    """A dimension of the input, or several that belong together, and what is picked of it."""

    size: int
    spans: tuple[Span, ...]

    @property
    def count(self) -> int:
        """How many positions are picked."""
        return sum(span.count for span in self.spans)

    @property
    def positions(self) -> IntArray:
        """All of them, in order."""
        parts = [span.begin + span.step * np.arange(span.count) for span in self.spans]
        found: IntArray = np.concatenate(parts).astype(np.int64)
        return found

    @property
    def even(self) -> Span | None:
        """The positions as one span that goes up."""
        if len(self.spans) > 1:
            return None
        span = self.spans[0]
        if span.count == 1:
            return Span(span.begin, 1, 1)
        return span if span.step > 0 else None

    @property
    def identity(self) -> bool:
        """Whether all is taken as it is."""
        return self.spans == (Span(0, 1, self.size),)


def spans_of(positions: Sequence[int]) -> tuple[Span, ...]:
    """``positions`` as few spans; a single one has step 1."""
    if isinstance(positions, range) and len(positions) > 1:
        return (Span(positions.start, positions.step, len(positions)),)
    found: list[Span] = []
    for position in positions:
        if found:
            last = found[-1]
            step = position - (last.begin + last.step * (last.count - 1))
            if last.count == 1 or step == last.step:
                found[-1] = Span(last.begin, step, last.count + 1)
                continue
        found.append(Span(position, 1, 1))
    return tuple(found)


def picked_image(graph: Graph, operator: Operator) -> str | None:
    """elements picked along height, width and channels, or along three dimensions of any tensor."""
    x = graph.tensor(operator.inputs[0])
    axes = _attributes(operator).axes
    if len(axes) != len(x.shape) or not all(
        spans and all(_is_inside(span, size) for span in spans)
        for spans, size in zip(axes, x.shape, strict=True)
    ):
        return f"input has shape {list(x.shape)}, positions are {axes}"
    if len(_merged(x.shape, axes)) <= _IMAGE or _is_image(x.shape, axes):
        return None
    return f"input has shape {list(x.shape)}, of which {len(_merged(x.shape, axes))} parts move"


def small_image(graph: Graph, operator: Operator) -> str | None:
    """at most 65535 rows, columns and pieces of a pixel."""
    if picked_image(graph, operator) is not None:
        return None  # said already
    rows, columns, channels = image(graph, operator)
    sizes = (rows.size, rows.count, columns.size, columns.count, len(_pieces(channels, 1)))
    return None if max(sizes) <= _LARGEST else f"as an image it has {max(sizes)}"


def _is_inside(span: Span, size: int) -> bool:
    last = span.begin + span.step * (span.count - 1)
    return span.count > 0 and min(span.begin, last) >= 0 and max(span.begin, last) < size


class Pick(Family):
    """What slices, splits, gathers, mirrors and repetitions become."""

    kinds = ("pick",)
    constraints = (same_type, picked_image, small_image)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """How many positions each dimension has."""
        return tuple(sum(span.count for span in spans) for spans in _attributes(operator).axes)

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """The elements at the positions, whatever the two sides' quantization: TFLite copies."""
        found = cast(Array, inputs[0])
        for axis, spans in enumerate(_attributes(operator).axes):
            found = np.take(found, Axis(found.shape[axis], spans).positions, axis)
        return [np.ascontiguousarray(found)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """A row kernel; rows and evenly spaced columns are found by its source."""
        size = graph.tensor(operator.inputs[0]).dtype.size
        height, width, depth = image(graph, operator)
        rows = Rows(height.size, width.size, depth.size, size)
        output = Rows(height.count, width.count, depth.count, size)
        pieces = _pieces(depth, size)
        even = width.even
        columns: tuple[str, int | CArray]
        if even is None:
            table = width.positions.astype(np.uint16)
            columns = ("columns", CArray("columns", "uint16_t", table))
        else:
            columns = ("step", even.step)
        flat = np.array(pieces, np.int32).reshape(-1)
        return Lowered(
            kernel=Kernel(HEADER, "thumbnet_pick" if even else "thumbnet_pick_columns"),
            struct="thumbnet_pick_t",
            fields=(
                columns,
                ("pieces", CArray("pieces", "int32_t", flat)),
                ("pixel_size", depth.size * size),
                ("count", len(pieces)),
            ),
            sources=(_source(rows, height, even),),
            output=output,
            macs=0,
            overlap=(_overlap(rows, output, height, width, pieces),),
            pointwise=height.identity and width.identity,
        )


def image(graph: Graph, operator: Operator) -> tuple[Axis, Axis, Axis]:
    """Input and output as rows, columns and channels.

    Those of an image are its own, so that it can be streamed; else dimensions of which everything
    is taken are counted as one.
    """
    shape, axes = graph.tensor(operator.inputs[0]).shape, _attributes(operator).axes
    if _is_image(shape, axes):
        found = [Axis(size, spans) for size, spans in zip(shape, axes, strict=True)][-_IMAGE:]
    else:
        found = _merged(shape, axes)
    rows, columns, channels = [Axis(1, (Span(0, 1, 1),))] * (_IMAGE - len(found)) + found
    return rows, columns, channels


def _is_image(shape: Sequence[int], axes: Sequence[tuple[Span, ...]]) -> bool:
    """Whether it has rows, columns and channels, as :func:`rows_of` sees tensors."""
    return len(shape) <= _IMAGE or (
        len(shape) == _IMAGE + 1 and shape[0] == 1 and Axis(1, axes[0]).count == 1
    )


def _merged(shape: Sequence[int], axes: Sequence[tuple[Span, ...]]) -> list[Axis]:
    found: list[Axis] = []
    for size, spans in zip(shape, axes, strict=True):
        axis = Axis(size, spans)
        if axis.size == axis.count == 1:
            continue
        if found and found[-1].identity and axis.identity:
            whole = size * found.pop().size
            axis = Axis(whole, (Span(0, 1, whole),))
        found.append(axis)
    return found


def _source(rows: Rows, height: Axis, even: Span | None) -> Source:
    down = height.even
    row_map = None if down is not None else tuple(height.positions.tolist())
    return Source(
        rows,
        stride=1 if down is None else down.step,
        pad=0 if down is None else -down.begin,
        row_map=row_map,
        # Runs are given the whole row where their columns are not evenly spaced.
        kernel_width=rows.width if even is None else 1,
        stride_width=0 if even is None else even.step,
        pad_left=0 if even is None else -even.begin,
    )


def _pieces(channels: Axis, size: int) -> list[tuple[int, int, int, int]]:
    """Where the bytes of an output pixel lie in an input pixel: begin, size, times and step."""
    return [
        (span.begin * size, span.count * size, 1, 0)
        if span.step == 1
        else (span.begin * size, size, span.count, span.step * size)
        for span in channels.spans
    ]


def _overlap(
    rows: Rows,
    output: Rows,
    height: Axis,
    width: Axis,
    pieces: Sequence[tuple[int, int, int, int]],
) -> int:
    """Piece by piece: each is read, then written."""
    pixel = rows.channels * rows.element_size
    moves = [(begin + i * step, size) for begin, size, times, step in pieces for i in range(times)]
    begins, sizes = np.array(moves, np.int64).T
    starts = height.positions[:, None] * rows.width + width.positions[None, :]
    first = starts[:, :, None] * pixel + begins
    pixels = np.arange(output.height * output.width, dtype=np.int64)
    end = pixels[:, None] * output.channels * output.element_size + np.cumsum(sizes)
    return copy_overlap(first.reshape(-1), end.reshape(-1))


def _attributes(operator: Operator) -> attributes.Pick:
    return cast(attributes.Pick, operator.attributes)
