"""How far a stage's whole output may grow over a whole input that dies in it.

From dependencies alone: when a pixel of the output is made, every operator that it depends on has
made at least the pixels that it needs, whatever the order in which they ran. What such an operator
has read for the last time is free.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from thumbnet.schedule.stream_net import UNIT, Network, Node, Read
from thumbnet.schedule.stream_stage import Walk

_NEVER = 1 << 30


class Axis(NamedTuple):
    """The row (or column) of an operator that row i of another tensor needs, in ticks.

    ``min(scale * i + delay, cap)``, as windows end at the last row of what they read; none where i
    is below ``first``, as windows in the padding need nothing.
    """

    scale: int
    delay: int
    first: int
    cap: int

    def at(self, i: int) -> int:
        """The row that i needs; -1 if none."""
        return min(self.scale * i + self.delay, self.cap) // UNIT if i >= self.first else -1

    def windows(self, stride: int, behind: int, size: int) -> Axis:
        """The same for windows on a tensor of ``size`` rows."""
        if self.first >= size:
            return self._replace(first=_NEVER)
        first = -((behind - max(self.first, 0)) // stride)
        cap = min(self.cap, self.scale * (size - 1) + self.delay)
        return Axis(self.scale * stride, self.delay + self.scale * behind, first, cap)

    def picked(self, read: Read, size: int) -> Axis:
        """The same for rows of a tensor of ``size`` rows that are picked by a map."""
        count, steps = read.ratio or (1, 1)
        scale, lost = divmod(self.scale * count, steps)
        delay = self.delay + self.scale * read.least // steps
        # What rounding takes from every row must not become a row too many.
        delay -= size * steps if lost else 0
        first = -((read.least - max(self.first, 0) * steps) // count)
        return Axis(scale, delay, first, self.cap)

    def whole(self, size: int) -> Axis:
        """The same for what reads all ``size`` rows."""
        cap = min(self.cap, self.scale * (size - 1) + self.delay)
        return Axis(0, cap, 0 if self.first < size else _NEVER, cap)


class Reach(NamedTuple):
    """The pixel of an operator that a pixel of another tensor needs."""

    rows: Axis
    columns: Axis


class Overlaps:
    """Distances between the tensors of a network, each found once."""

    def __init__(self, net: Network) -> None:
        self.net = net
        self._reaches: dict[tuple[int, int], tuple[int, dict[int, Reach]]] = {}
        self._distances: dict[tuple[int, int, int, int, int], int | None] = {}

    def distance(self, walk: Walk, tensor: int, output: int) -> int | None:
        """Least d such that ``output`` may start d bytes, or any more, below the input ``tensor``.

        Of a stage. None where the two must be disjoint; minus the input's size where all of it has
        been read before the first byte is written.
        """
        writer = walk.ends[walk.writers[output]] - 1
        found = -self.net.values[tensor].size
        for reader, read in walk.readers[tensor]:
            node, last = walk.nodes[reader], walk.ends[reader] - 1
            key = (reader, last, node.band, tensor, writer)
            if key not in self._distances:
                self._distances[key] = self._find(node, last, read, writer)
            least = self._distances[key]
            if least is None:
                return None
            found = max(found, least)
        return found

    def _find(self, node: Node, reader: int, read: Read, writer: int) -> int | None:
        if reader == writer:
            uses = zip(node.reads, node.overlap, strict=True)
            found = [least for use, least in uses if use.tensor == read.tensor]
            known = [least for least in found if least is not None]
            return max(known) if len(known) == len(found) else None
        reach = self._reach(node, reader, writer)
        return None if reach is None else _distance(self.net, node, read, writer, reach)

    def _reach(self, grid: Node, reader: int, writer: int) -> Reach | None:
        """What the output of ``writer`` needs of ``reader``; None if nothing.

        That what lies between them may be fused changes nothing.
        """
        nodes = self.net.nodes
        key = (reader, grid.band)
        if key not in self._reaches:
            axes = (Axis(UNIT, 0, 0, UNIT * (size - 1)) for size in (grid.height, grid.width))
            self._reaches[key] = (reader, {grid.output: _output(grid, Reach(*axes))})
        end, reached = self._reaches[key]
        for node in nodes[end + 1 : writer + 1]:
            latest: Reach | None = None
            for read in node.reads:
                reach = reached.get(read.tensor)
                if reach is not None:
                    window = _window(node, read, reach)
                    latest = window if latest is None else _later(latest, window)
            if latest is not None:
                reached[node.output] = _output(node, latest)
        self._reaches[key] = (max(end, writer), reached)
        return reached.get(nodes[writer].output)


def _output(node: Node, reach: Reach) -> Reach:
    """From an operator's grid to its output, which takes all of the grid if it accumulates."""
    if not node.accumulates:
        return reach
    return Reach(reach.rows.whole(node.height), reach.columns.whole(node.width))


def _window(node: Node, read: Read, reach: Reach) -> Reach:
    """What an operator's pixel needs through one of its windows.

    What rows of a band need besides, because those below are made with them, is left out but for
    the last of them, which is what counts.
    """
    height, width = read.rows.height, read.rows.width
    if read.stride_width == 0:
        columns = reach.columns.whole(width)
    else:
        columns = reach.columns.windows(read.stride_width, read.columns_behind, width)
    if read.ratio is not None:
        rows = reach.rows.picked(read, height)
    elif read.stride == 0:
        rows = reach.rows.whole(height)
    else:
        behind = read.rows_behind - (node.band - 1) * read.stride
        rows = reach.rows.windows(read.stride, behind, height)
    return Reach(rows, columns)


def _later(a: Reach, b: Reach) -> Reach:
    """Both hold; the one that says more for most pixels."""
    return max(a, b, key=lambda reach: (reach.rows.delay, *reach.rows, *reach.columns))


def _distance(net: Network, node: Node, read: Read, writer: int, reach: Reach) -> int:
    output = net.values[net.nodes[writer].output]
    height, width, made = output.rows.height, output.rows.width, output.pixel
    pixel = net.values[read.tensor].pixel
    ys: Sequence[int] = range(height)
    # In between, what is freed and what is written both grow evenly.
    if read.stride and not reach.rows.scale % UNIT:
        limits = _limits(read.pad, read.stride, read.rows.height, node.height)
        ys = _thresholds(limits, reach.rows, height)
    xs: Sequence[int] = range(width)
    if read.stride_width and not reach.columns.scale % UNIT:
        limits = _limits(read.pad_left, read.stride_width, read.rows.width, node.width)
        xs = _thresholds(limits, reach.columns, width)
    columns = [(x, _first_column(node, read, reach.columns.at(x))) for x in xs]
    last = _first_column(node, read, reach.columns.at(width - 1))
    worst = -net.values[read.tensor].size
    for y in ys:
        row = reach.rows.at(y)
        for x, column in columns:
            # Pixels in the padding need only what those before them need.
            if column is None or row < 0:
                above = reach.rows.at(y - 1) if y else -1
                oldest = _oldest(node, read, above, last) if last is not None else 0
            else:
                oldest = _oldest(node, read, row, column)
            if oldest is not None:
                worst = max(worst, (y * width + x + 1) * made - oldest * pixel)
    return worst


def _limits(pad: int, stride: int, size: int, count: int) -> tuple[int, ...]:
    """Of ``count`` windows on ``size`` rows, those where something ends or begins."""
    first = pad // stride
    return (0, first - 1, first, first + 1, (size - 1 + pad) // stride, count - 2)


def _thresholds(limits: tuple[int, ...], axis: Axis, size: int) -> list[int]:
    """Where ``axis`` passes the limits or its cap, and both sides of it, within [0, size)."""
    found = {0, axis.first - 1, axis.first, size - 1}
    if axis.scale:
        for limit in (*(limit * UNIT for limit in limits), axis.cap):
            at = (limit - axis.delay) // axis.scale
            found.update((at - 1, at, at + 1))
    return [i for i in found if 0 <= i < size]


def _first_column(node: Node, read: Read, column: int) -> int | None:
    """The first input column that pixels behind ``column`` still read.

    That of the next row, the input's width, if there are no such; None where even ``column`` is
    in the padding.
    """
    if column < 0:
        return None
    if column + 1 >= node.width:
        return read.rows.width
    return max((column + 1) * read.stride_width - read.pad_left, 0)


def _oldest(node: Node, read: Read, row: int, column: int) -> int | None:
    """The first pixel that is still read once row ``row`` is made up to where ``column`` is next.

    None if none is.
    """
    width = read.rows.width
    # Rows of a band are made together.
    row -= row % node.band
    below = _first_row(node, read, row + node.band) * width
    if row < 0:
        return 0
    first = below if column >= width else _first_row(node, read, row) * width + column
    oldest = min(first, below)
    return oldest if oldest < read.rows.height * width else None


def _first_row(node: Node, read: Read, row: int) -> int:
    """The first input row that rows from ``row`` on read."""
    if row >= node.height:
        return read.rows.height
    if read.source.row_map is not None:
        return read.source.row_map[row]
    return min(max(row * read.stride - read.pad, 0), read.rows.height)
