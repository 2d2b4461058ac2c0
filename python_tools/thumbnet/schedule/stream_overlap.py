"""How far a stage's whole output may grow over a whole input that dies in it.

From dependencies alone: when a pixel of the output is made, every operator that it depends on has
made at least the pixels that it needs, whatever the order in which they ran. What such an operator
has read for the last time is free.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from thumbnet.schedule.stream_net import UNIT, Network, Node, Read
from thumbnet.schedule.stream_stage import Walk


class Axis(NamedTuple):
    """The row (or column) of an operator that row i of another tensor needs, in ticks.

    ``min(scale * i + delay, cap)``, as windows end at the last row of what they read; none where
    that is below ``least``, as windows in the padding need nothing.
    """

    scale: int
    delay: int
    least: int
    cap: int

    def at(self, i: int) -> int:
        """The row that i needs; -1 if none."""
        ticks = self.scale * i + self.delay
        return min(ticks, self.cap) // UNIT if ticks >= self.least else -1

    def windows(self, stride: int, behind: int, size: int) -> Axis:
        """The same for windows on a tensor of ``size`` rows."""
        least = max(self.least, self.delay)
        cap = min(self.cap, self.scale * (size - 1) + self.delay)
        return Axis(self.scale * stride, self.delay + self.scale * behind, least, cap)

    def whole(self, size: int) -> Axis:
        """The same for what reads all ``size`` rows."""
        cap = min(self.cap, self.scale * (size - 1) + self.delay)
        return Axis(0, cap, self.least, cap)


class Reach(NamedTuple):
    """The pixel of an operator that a pixel of another tensor needs."""

    rows: Axis
    columns: Axis


def distance(walk: Walk, tensor: int, output: int) -> int | None:
    """Least d such that ``output`` may start d bytes, or any more, below the input ``tensor``.

    None where the two must be disjoint; minus the input's size where all of it has been read
    before the first byte is written.
    """
    net = walk.net
    writer = walk.writers[output]
    found = -net.values[tensor].size
    for reader, read in walk.readers[tensor]:
        least: int | None
        if reader == writer:
            node = net.nodes[writer]
            least = node.overlap[node.reads.index(read)]
        else:
            reach = _reach(net, reader, writer)
            least = None if reach is None else _distance(net, reader, read, writer, reach)
        if least is None:
            return None
        found = max(found, least)
    return found


def _reach(net: Network, reader: int, writer: int) -> Reach | None:
    """What the output of ``writer`` needs of ``reader``; None if nothing."""
    nodes = net.nodes
    grid = nodes[reader]
    axes = (Axis(UNIT, 0, 0, UNIT * (size - 1)) for size in (grid.height, grid.width))
    reached = {grid.output: _output(grid, Reach(*axes))}
    for node in nodes[reader + 1 : writer + 1]:
        latest: Reach | None = None
        for read in node.reads:
            reach = reached.get(read.tensor)
            if reach is not None:
                window = _window(read, reach)
                latest = window if latest is None else _later(latest, window)
        if latest is not None:
            reached[node.output] = _output(node, latest)
    return reached.get(nodes[writer].output)


def _output(node: Node, reach: Reach) -> Reach:
    """From an operator's grid to its output, which takes all of the grid if it accumulates."""
    if not node.accumulates:
        return reach
    return Reach(reach.rows.whole(node.height), reach.columns.whole(node.width))


def _window(read: Read, reach: Reach) -> Reach:
    """What an operator's pixel needs through one of its windows."""
    height, width = read.rows.height, read.rows.width
    if read.stride_width == 0:
        columns = reach.columns.whole(width)
    else:
        columns = reach.columns.windows(read.stride_width, read.columns_behind, width)
    if read.ratio is not None:
        count, steps = read.ratio
        scale, lost = divmod(reach.rows.scale * count, steps)
        delay = reach.rows.delay + reach.rows.scale * read.least // steps
        # What rounding takes from every row must not become a row too many.
        rows = reach.rows._replace(scale=scale, delay=delay - (height * steps if lost else 0))
    elif read.stride == 0:
        rows = reach.rows.whole(height)
    else:
        rows = reach.rows.windows(read.stride, read.rows_behind, height)
    return Reach(rows, columns)


def _later(a: Reach, b: Reach) -> Reach:
    """Both hold; the one that says more for most pixels."""
    return max(a, b, key=lambda reach: (*reach.rows, *reach.columns))


def _distance(net: Network, reader: int, read: Read, writer: int, reach: Reach) -> int:
    node, output = net.nodes[reader], net.values[net.nodes[writer].output]
    height, width = output.rows.height, output.rows.width
    pixel = net.values[read.tensor].pixel
    ys: Iterable[int] = range(height)
    xs: Iterable[int] = range(width)
    if read.stride and not any(axis.scale % UNIT for axis in reach):
        # In between, what is freed and what is written both grow evenly.
        first = read.pad // read.stride
        ys = _thresholds((0, first - 1, first, first + 1, node.height - 2), reach.rows, height)
        first = read.pad_left // read.stride_width if read.stride_width else 0
        xs = _thresholds((0, first, first + 1, node.width - 2), reach.columns, width)
    columns = [(x, reach.columns.at(x)) for x in xs]
    last = reach.columns.at(width - 1)
    worst = -net.values[read.tensor].size
    for y in ys:
        row = reach.rows.at(y)
        above = reach.rows.at(y - 1) if y else -1
        for x, column in columns:
            # Pixels in the padding need only what those before them need.
            oldest = (
                _oldest(node, read, above, last)
                if column < 0 and row >= 0
                else _oldest(node, read, row, column)
            )
            if oldest is not None:
                made = (y * width + x + 1) * output.pixel
                worst = max(worst, made - oldest * pixel)
    return worst


def _thresholds(limits: tuple[int, ...], axis: Axis, size: int) -> list[int]:
    """Where ``axis`` passes the limits or its cap, and both sides of it, within [0, size)."""
    found = {0, size - 1}
    if axis.scale:
        for limit in (*(limit * UNIT for limit in limits), axis.least, axis.cap):
            at = (limit - axis.delay) // axis.scale
            found.update((at - 1, at, at + 1))
    return [i for i in found if 0 <= i < size]


def _oldest(node: Node, read: Read, row: int, column: int) -> int | None:
    """The first pixel that is still read once pixel (row, column) is made; None if none is."""
    column += 1
    if row < 0:
        row, column = 0, 0
    elif column >= node.width:
        row, column = row + 1, 0
    if row >= node.height:
        return None
    width = read.rows.width
    first = max(column * read.stride_width - read.pad_left, 0)
    return min(_first_row(node, read, row) * width + first, _first_row(node, read, row + 1) * width)


def _first_row(node: Node, read: Read, row: int) -> int:
    """The first input row that rows from ``row`` on read."""
    if row >= node.height:
        return read.rows.height
    if read.source.row_map is not None:
        return min(read.source.row_map[row:])
    return min(max(row * read.stride - read.pad, 0), read.rows.height)
