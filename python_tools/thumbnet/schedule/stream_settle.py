"""Exact line buffers of a stage, by going through its runs.

The closed form of :mod:`stream_stage` says how far a reader is behind a tensor while both advance
evenly. Where branches join, one of them may run ahead of the other by the pixels that become
possible at once at the end of a row, or by the rows at the end of the tensor. So a stage is settled
by counting through the runs that ``src/thumbnet/stream.h`` makes, without any data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from thumbnet.schedule.stream_net import Node, Read
from thumbnet.schedule.stream_stage import Extent, Walk
from thumbnet.schedule.tile_regions import Region, Tile


class _Line:
    """What a tensor that a stage makes must keep.

    gap      the most rows between the newest row and one still needed
    strip    columns before a run that are read together with it, before its row ends
    oldest   rows between -> columns before a run that are needed of that oldest row, or that would
             have to stay in the strip lest they drive out what is needed of that row
    """

    def __init__(self, height: int, width: int, band: int) -> None:
        self.height = height
        self.band = band
        self.width = width
        self.left = 0
        self.whole = True
        self.y = 0
        self.x = 0
        self.run = 0
        """Where the newest run began."""
        self.gap = 0
        self.strip = 0
        self.oldest: dict[int, int] = {}
        self.readers: list[tuple[_Operator, Read]] = []

    def begin(self, region: Region) -> None:
        """Begins a tile, for which so much is made; the line buffer must do for all tiles."""
        self.width = region.width if self.whole else max(self.width, region.width)
        self.whole = False
        self.height = region.bottom
        self.y, self.x, self.left = region.top, region.left, region.left

    def needs(self) -> tuple[int, int] | None:
        """The oldest row that is still needed and its first such column; None if none is."""
        found: tuple[int, int] | None = None
        for operator, read in self.readers:
            if operator.y < operator.height:
                row, column = _first_row(read, operator.y), _first_column(read, operator.x)
                below = operator.y + operator.band
                if below < operator.height and _first_row(read, below) == row:
                    column = self.left
                if row < self.height and (found is None or (row, column) < found):
                    found = row, column
        return found

    def begin_run(self) -> None:
        """Room is made for the run at (y, x)."""
        self.run = self.x
        needed = self.needs()
        if self.band > 1 and needed is not None:
            self.gap = max(self.gap, min(self.y + self.band, self.height) - 1 - needed[0])
        if self.band > 1 or needed is None or needed[0] > self.y:
            return
        gap = self.y - needed[0]
        self.gap = max(self.gap, gap)
        if self.x != self.left:
            self._note(gap, self.x - needed[1])

    def read(self, row: int, column: int) -> None:
        """A run reads row ``row`` from ``column`` on."""
        begun = self.x != self.left
        newest = self.y if begun else self.y - 1
        if row == newest and column < self.run:
            if begun:
                self.strip = max(self.strip, self.run - column)
            needed = self.needs()
            if needed is not None:
                self._note(newest - needed[0], self.run - column)

    def _note(self, gap: int, columns: int) -> None:
        self.oldest[gap] = max(self.oldest.get(gap, 0), columns)

    def extent(self, segment: int) -> Extent | None:
        """The kept rows and margin that take least; None if the whole tensor takes no more.

        Over tiles, a tensor is never whole.
        """
        if self.band > 1:
            fits = self.gap + 1 < self.height or not self.whole
            return Extent(self.gap + 1, 0) if fits else None
        margin = max(self.strip, self.oldest.get(self.gap, 0))
        choices = [Extent(self.gap, margin), Extent(self.gap + 1, self.strip)]
        rows, margin = min(
            choices, key=lambda one: one.rows * self.width + min(one.margin + segment, self.width)
        )
        fits = rows < self.height or not self.whole
        return Extent(rows, min(margin, self.width - 1)) if fits else None


class _Operator:
    """How far an operator is."""

    def __init__(self, node: Node, segment: int) -> None:
        self.height = node.height
        self.width = node.width
        self.band = node.band
        self.segment = segment
        self.accumulates = node.accumulates
        self.y = 0
        self.x = 0
        self.left = 0
        self.inputs: list[tuple[_Line, Read]] = []
        self.output: _Line | None = None
        self.last_reader = 0

    def begin(self, region: Region) -> None:
        """Begins a tile, for which it makes so much."""
        self.height, self.width = region.bottom, region.right
        self.y, self.x, self.left = region.top, region.left, region.left

    def step(self) -> bool:
        """Makes a run if its input exists."""
        y, x = self.y, self.x
        if y >= self.height:
            return False
        n = min(self.segment, self.width - x)
        for line, read in self.inputs:
            n = _allowed(line, read, y, x, n)
            if n <= 0:
                return False
        for line, read in self.inputs:
            line.read(_last_row(read, y), _first_column(read, x))
        output = self.output
        if output is not None and not self.accumulates:
            output.begin_run()
        self.x = x + n
        if self.x == self.width:
            self.y, self.x = min(y + self.band, self.height), self.left
        if output is not None:
            if not self.accumulates:
                output.y, output.x = self.y, self.x
            elif self.y == self.height:
                output.y = output.height
        return True


def settle(
    walk: Walk,
    runs: Mapping[int, int],
    extents: Mapping[int, Extent | None],
    tiles: Sequence[Tile] = (),
) -> dict[int, Extent | None]:
    """The smallest line buffers of the tensors of ``extents``, for runs of that many pixels.

    Where the stage runs over ``tiles``, those that do for every one of them.
    """
    lines, operators = _stage(walk, runs)
    if tiles:
        _run_tiles(walk, lines, operators, tiles)
    else:
        _run(walk, lines, operators)
    found: dict[int, Extent | None] = {}
    for tensor, extent in extents.items():
        if (extent is None and not tiles) or tensor == walk.pushed:
            found[tensor] = extent
        else:
            found[tensor] = lines[tensor].extent(runs[walk.writers[tensor]])
    if walk.pushed is not None and walk.pushed in found:
        found[walk.pushed] = Extent(lines[walk.pushed].gap, 0)
    return found


def _stage(walk: Walk, runs: Mapping[int, int]) -> tuple[dict[int, _Line], list[_Operator]]:
    net = walk.net
    lines: dict[int, _Line] = {}
    for tensor in walk.times:
        rows = net.values[tensor].rows
        lines[tensor] = _Line(rows.height, rows.width, walk.band(tensor))
    operators = []
    for index, node in walk.nodes.items():
        operator = _Operator(node, runs[index])
        for read in node.reads:
            if read.tensor in lines:
                operator.inputs.append((lines[read.tensor], read))
                lines[read.tensor].readers.append((operator, read))
        operator.output = lines[node.output]
        operators.append(operator)
    for number, operator in enumerate(operators):
        readers = [
            other
            for other, candidate in enumerate(operators)
            if any(line is operator.output for line, _ in candidate.inputs)
        ]
        operator.last_reader = max(readers, default=number)
    return lines, operators


def _run(walk: Walk, lines: Mapping[int, _Line], operators: list[_Operator]) -> None:
    if walk.pushed is None:
        _advance(operators)
        return
    pushed = lines[walk.pushed]
    for y in range(pushed.height):
        pushed.y = y + 1
        _advance(operators)
        needed = pushed.needs()
        if needed is not None:
            pushed.gap = max(pushed.gap, y + 1 - needed[0])


def _run_tiles(
    walk: Walk,
    lines: Mapping[int, _Line],
    operators: Sequence[_Operator],
    tiles: Sequence[Tile],
) -> None:
    for tile in tiles:
        for node, operator in zip(walk.nodes.values(), operators, strict=True):
            operator.begin(tile[node.output])
            lines[node.output].begin(tile[node.output])
        _advance(operators)


def _advance(operators: Sequence[_Operator]) -> None:
    number = len(operators) - 1
    while number >= 0:
        number = operators[number].last_reader if operators[number].step() else number - 1


def _allowed(line: _Line, read: Read, y: int, x: int, most: int) -> int:
    """``thumbnet_stream_allowed``."""
    last = min(_last_row(read, y), line.height - 1)
    if last < line.y:
        return most
    if last >= line.y + line.band or read.stride_width == 0:
        return 0
    reach = line.x - 1 - read.columns_behind
    if reach < x * read.stride_width:
        return 0
    return min(reach // read.stride_width - x + 1, most)


def _first_row(read: Read, y: int) -> int:
    """The first row that rows from y on read."""
    if read.source.row_map is not None:
        return read.source.oldest[y]
    return max(y * read.source.stride - read.pad, 0)


def _last_row(read: Read, y: int) -> int:
    """The last row that row y reads, inside the tensor."""
    if read.source.row_map is not None:
        return read.source.row_map[y]
    return min(y * read.source.stride + read.rows_behind, read.rows.height - 1)


def _first_column(read: Read, x: int) -> int:
    """The first column that column x reads."""
    return max(x * read.stride_width - read.pad_left, 0)
