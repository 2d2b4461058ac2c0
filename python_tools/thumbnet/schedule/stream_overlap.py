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
        self._corners: dict[tuple[Read, Reach, int, int], list[tuple[int, int]]] = {}

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

    def distance_upwards(self, walk: Walk, tensor: int, output: int) -> int:
        """Least d such that ``output`` may start d bytes, or any more, above the input ``tensor``.

        Of a stage that runs upwards, in a network whose rows are counted from the end. Columns are
        not: a row is free as a whole, and its first byte is the first that is written of it.
        """
        writer = walk.ends[walk.writers[output]] - 1
        source, result = self.net.values[tensor], self.net.values[output]
        found = -result.size
        for reader, read in walk.readers[tensor]:
            node, last = walk.nodes[reader], walk.ends[reader] - 1
            reach = self._reach(node, last, writer)
            if reach is None:
                return source.size
            needed = 0
            for y in range(result.rows.height):
                row = y
                if last != writer:
                    # Pixels in the padding need only what those before them need.
                    row = reach.rows.at(y if reach.columns.at(0) >= 0 else y - 1)
                if row >= 0:
                    needed = max(needed, _first_row(node, read, row - row % node.band))
                # In the reader's rows: behind a reshape the tensor was made in others.
                above = (read.rows.height - needed) * read.rows.row_size
                found = max(found, above - (result.rows.height - 1 - y) * result.rows.row_size)
        return found

    def _find(self, node: Node, reader: int, read: Read, writer: int) -> int | None:
        if reader == writer:
            uses = zip(node.reads, node.overlap, strict=True)
            found = [least for use, least in uses if use.tensor == read.tensor]
            known = [least for least in found if least is not None]
            return max(known) if len(known) == len(found) else None
        reach = self._reach(node, reader, writer)
        if reach is None:
            return None
        output, source = (
            self.net.values[self.net.nodes[writer].output],
            self.net.values[read.tensor],
        )
        key = (read, reach, output.rows.height, output.rows.width)
        if key not in self._corners:
            self._corners[key] = _corners(node, *key)
        # In the reader's pixels: behind a reshape the tensor was made in others.
        pixel = read.rows.channels * read.rows.element_size
        distances = [end * output.pixel - start * pixel for end, start in self._corners[key]]
        return max([-source.size, *distances])

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


def _corners(
    node: Node, read: Read, reach: Reach, height: int, width: int
) -> list[tuple[int, int]]:
    """Pixels made of an output of that size, and the first of the input that is then still read.

    Only where something ends or begins, and no pair that says less than another.
    """
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
    found: list[tuple[int, int]] = []
    for y in ys:
        written = y * width + 1
        row = reach.rows.at(y)
        # Pixels in the padding need only what those before them need.
        before = _Oldest(node, read, reach.rows.at(y - 1) if y else -1)
        above = before.behind(last) if last is not None else 0
        here = _Oldest(node, read, row) if row >= 0 else None
        for x, column in columns:
            oldest = above if column is None or here is None else here.behind(column)
            if oldest is not None:
                found.append((written + x, oldest))
    corners: list[tuple[int, int]] = []
    for made, oldest in sorted(found, key=lambda pair: (-pair[0], pair[1])):
        if not corners or oldest < corners[-1][1]:
            corners.append((made, oldest))
    return corners


class _Oldest:
    """Which pixels are still read while an operator makes row ``row``."""

    def __init__(self, node: Node, read: Read, row: int) -> None:
        self.width = read.rows.width
        self.end = read.rows.height * self.width
        # Rows of a band are made together.
        row -= row % node.band
        self.below = _first_row(node, read, row + node.band) * self.width
        self.here = _first_row(node, read, row) * self.width if row >= 0 else -1

    def behind(self, column: int) -> int | None:
        """The first of them once the row is made up to where ``column`` is next; None: none."""
        if self.here < 0:
            return 0
        oldest = self.below
        if column < self.width and self.here + column < oldest:
            oldest = self.here + column
        return oldest if oldest < self.end else None


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


def _first_row(node: Node, read: Read, row: int) -> int:
    """The first input row that rows from ``row`` on read."""
    if row >= node.height:
        return read.rows.height
    if read.source.row_map is not None:
        return read.source.oldest[row]
    return min(max(row * read.stride - read.pad, 0), read.rows.height)
