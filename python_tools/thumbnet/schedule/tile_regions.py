"""Which part of each tensor a stage makes for one tile of its last output.

From the last operator back to the first: a tensor's region is all that its readers' windows reach
for theirs. Rows and columns do not depend on each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from thumbnet.plan import Tiles
from thumbnet.schedule.stream_net import Network, Node

Span = tuple[int, int]
"""Rows or columns [first, end)."""


class Region(NamedTuple):
    """Columns [left, right) of rows [top, bottom)."""

    left: int
    right: int
    top: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left


Tile = Mapping[int, Region]
"""By tensor, what is made of it for a tile."""


class Spans(NamedTuple):
    """By tensor its columns, one a column of tiles, and its rows, one a row of tiles."""

    columns: Mapping[int, Sequence[Span]]
    rows: Mapping[int, Sequence[Span]]

    def tiles(self) -> list[Tile]:
        """All tiles in the order in which they run."""
        down, across = (len(next(iter(spans.values()))) for spans in (self.rows, self.columns))
        return [
            {
                tensor: Region(*self.columns[tensor][column], *self.rows[tensor][row])
                for tensor in self.columns
            }
            for row in range(down)
            for column in range(across)
        ]

    def width(self, tensor: int) -> int:
        """Columns of a tensor that the widest tile needs."""
        return max(end - first for first, end in self.columns[tensor])

    def height(self, tensor: int) -> int:
        """Rows of a tensor that the highest tile needs."""
        return max(end - first for first, end in self.rows[tensor])


def spans(net: Network, nodes: Sequence[Node], tiles: Tiles) -> Spans:
    """What ``nodes``, in order, make for ``tiles`` of the last one's output."""
    last = nodes[-1].output
    size = net.values[last].rows
    columns = {last: _split(size.width, tiles.columns, tiles.edge)}
    rows = {last: _split(size.height, tiles.rows)}
    made = {node.output for node in nodes}
    for node in reversed(nodes):
        for read in node.reads:
            if read.tensor not in made:
                continue
            width, height = read.rows.width, read.rows.height
            behind = read.pad_left + read.columns_behind + 1
            _need(
                columns,
                read.tensor,
                [
                    _window(span, read.stride_width, read.pad_left, behind, width)
                    for span in columns[node.output]
                ],
            )
            # A band's last row reads no further down than it would by itself.
            window = read.kernel_height - (node.band - 1) * read.stride
            _need(
                rows,
                read.tensor,
                [
                    _window(span, read.stride, read.pad, window, height)
                    for span in rows[node.output]
                ],
            )
    return Spans(columns, rows)


def _split(size: int, count: int, edge: int = 0) -> list[Span]:
    """``count`` parts of nearly the same size, the first and the last ``edge`` larger."""
    inner = [edge + i * (size - 2 * edge) // count for i in range(1, count)]
    return list(pairwise([0, *inner, size]))


def _window(span: Span, stride: int, pad: int, window: int, size: int) -> Span:
    """What windows of [first, end) reach; one row or column where they lie in the padding alone."""
    first = min(max(span[0] * stride - pad, 0), size - 1)
    return first, min(max((span[1] - 1) * stride - pad + window, first + 1), size)


def _need(spans: dict[int, list[Span]], tensor: int, needed: Iterable[Span]) -> None:
    known = spans.get(tensor)
    pairs = (
        [(*span, *span) for span in needed]
        if known is None
        else [(*a, *b) for a, b in zip(known, needed, strict=True)]
    )
    spans[tensor] = [(min(a, c), max(b, d)) for a, b, c, d in pairs]
