"""The bytes that a stage needs while it grows, for several segment widths at once."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from operator import add

from thumbnet.operators.base import at_run
from thumbnet.schedule.sharing import shared, together
from thumbnet.schedule.stream_cost import line_cost, run_cost
from thumbnet.schedule.stream_net import UNIT, Fused, Network, Node
from thumbnet.schedule.stream_overlap import Overlaps
from thumbnet.schedule.stream_stage import Extent, Time, Walk

WHOLE_ROW = 1 << 16
"""The segment width that stands for a whole row."""

INFINITE = 1 << 60
"""More bytes than there are."""

STATE_SIZE = 6
"""Bytes of ``thumbnet_stream_state_t``."""

SCRATCH_ALIGNMENT = 4

_MOST_SHARING = 6
"""Inputs and outputs of a stage whose places are worked out together."""


def segment(width: int, time: Time, columns: int) -> int:
    """Pixels of a run of an operator in a stage whose leader makes ``width`` at once.

    Operators behind strides get as many fewer pixels from each run in front of them.
    """
    return max(1, min(columns, -(-width * UNIT // time.column_scale)))


def line_pixels(extent: Extent | None, segment: int, height: int, width: int) -> int:
    """Pixels of a line buffer, or of the whole tensor where that takes no more."""
    if extent is None:
        return height * width
    return min(height * width, extent.rows * width + min(extent.margin + segment, width))


def aligned(size: int) -> int:
    """``size`` rounded up so that what follows it is aligned like scratch."""
    return -(-size // SCRATCH_ALIGNMENT) * SCRATCH_ALIGNMENT


class Tables:
    """Costs and line buffers of a network's operators by segment width, each worked out once.

    Stages that begin with different operators have most of them in common. Costs are 0 unless
    ``priced``.
    """

    def __init__(self, net: Network, widths: tuple[int, ...], *, priced: bool) -> None:
        self.net = net
        self.widths = widths
        self.priced = priced
        self._runs: dict[tuple[int, int], list[int]] = {}
        self._costs: dict[tuple[int, int], list[int]] = {}
        self._scratches: dict[tuple[Node, int], list[int]] = {}
        self._workspaces: dict[tuple[Node, int], list[int]] = {}
        self._lines: dict[tuple[int, int, Extent | None, int], tuple[list[int], list[int]]] = {}

    def run_costs(self, index: int, time: Time) -> list[int]:
        """Of operator ``index``, by segment width."""
        key = index, time.column_scale
        if key not in self._costs:
            node = self.net.nodes[index]
            runs = self._segments(time, node.width)
            self._costs[key] = [run_cost(node, run) for run in runs]
        return self._costs[key]

    def scratches(self, node: Node, time: Time) -> list[int]:
        """Bytes of a node's scratch, by segment width."""
        if not node.run_scratch:
            return [aligned(node.scratch)] * len(self.widths)
        key = node, time.column_scale
        if key not in self._scratches:
            runs = self._segments(time, node.width)
            self._scratches[key] = [aligned(at_run(node.run_scratch, run)) for run in runs]
        return self._scratches[key]

    def workspaces(self, node: Node, time: Time) -> list[int]:
        """Bytes of a node's workspace, by segment width."""
        if node.workspace is None:
            return [0] * len(self.widths)
        key = node, time.column_scale
        if key not in self._workspaces:
            runs = self._segments(time, node.width)
            self._workspaces[key] = [aligned(node.workspace.size(run)) for run in runs]
        return self._workspaces[key]

    def lines(
        self, tensor: int, extent: Extent | None, time: Time, band: int
    ) -> tuple[list[int], list[int]]:
        """Bytes of a tensor's line buffer, and what it costs, by segment width.

        Rows that are made in bands have no strip, and are not copied.
        """
        key = tensor, time.column_scale, extent, band
        if key not in self._lines:
            value = self.net.values[tensor]
            height, width = value.rows.height, value.rows.width
            runs = self._segments(time, width) if band == 1 else [0] * len(self.widths)
            sizes = [line_pixels(extent, run, height, width) * value.pixel for run in runs]
            costs = [0] * len(runs)
            if self.priced and band == 1:
                costs = [line_cost(self.net, tensor, extent, run) for run in runs]
            self._lines[key] = sizes, costs
        return self._lines[key]

    def _segments(self, time: Time, columns: int) -> list[int]:
        key = time.column_scale, columns
        if key not in self._runs:
            self._runs[key] = [segment(wide, time, columns) for wide in self.widths]
        return self._runs[key]


class Growth:
    """A streamed stage from operator ``start`` on, with what it needs for each segment width.

    lines    bytes of line buffers by segment width
    whole    those of them that hold all of a tensor, which a plan makes an ordinary one
    costs    the same for :mod:`stream_cost`, where the tables are priced
    written  whole tensors that the stage makes, with their sizes
    scratch  bytes that last through the stage
    """

    def __init__(
        self,
        net: Network,
        overlaps: Overlaps,
        start: int,
        tables: Tables,
        *,
        pushed: bool = False,
        state_size: int = STATE_SIZE,
    ) -> None:
        self.net = net
        self._tables = tables
        self._overlaps = overlaps
        self.walk = Walk(net, start, pushed=pushed)
        self.state_size = state_size
        self.lines = [0] * len(tables.widths)
        self.whole = [0] * len(tables.widths)
        self.costs = [0] * len(tables.widths)
        self.written: dict[int, int] = {}
        self.scratch = 0
        self._once = [0] * len(tables.widths)
        self._states = 0
        self._before = net.live[start]

    def copy(self) -> Growth:
        """A stage that grows on by itself."""
        other = copy(self)
        other.walk = self.walk.copy()
        other.written = dict(self.written)
        return other

    def extend(self, fused: Fused | None = None) -> bool:
        """Adds the next operator, or fused ones; False if it cannot join the stage."""
        walk, net = self.walk, self.net
        index = walk.end
        if not walk.extend(fused):
            return False
        node = walk.nodes[index]
        self._states += 1 + node.accumulates
        time = walk.operator_times[index]
        if node.accumulates:
            self.scratch += aligned(node.scratch)
        elif node.scratch:
            self._once = list(map(max, self._once, self._tables.scratches(node, time)))
        self.written[node.output] = net.values[node.output].size
        if self._tables.priced:
            self.costs = list(map(add, self.costs, self._tables.run_costs(index, time)))
        if node.workspace is not None:
            sizes = self._tables.workspaces(node, time)
            self.lines = list(map(add, self.lines, sizes))
        for tensor in {read.tensor for read in node.reads}:
            if index <= net.values[tensor].last < walk.end and tensor in walk.times:
                self.written.pop(tensor, None)
                self._add_lines(tensor)
        return True

    def _add_lines(self, tensor: int) -> None:
        walk = self.walk
        extent = walk.extent(tensor)
        if tensor == walk.pushed:
            value = self.net.values[tensor]
            rows = value.rows.height - 1
            rows = rows if extent is None else min(extent.rows, rows)
            size = rows * value.rows.width * value.pixel
            self.lines = [known + size for known in self.lines]
        else:
            band = walk.band(tensor)
            sizes, costs = self._tables.lines(tensor, extent, walk.times[tensor], band)
            size = self.net.values[tensor].size
            whole = [line if line == size else 0 for line in sizes]
            self.lines = list(map(add, self.lines, sizes))
            self.whole = list(map(add, self.whole, whole))
            self.costs = list(map(add, self.costs, costs))

    def kept(self, which: int = 0) -> int:
        """Bytes that the stage takes besides whole tensors, at segment width number ``which``."""
        states = self._states + len(self.walk.readers) + (self.walk.pushed is not None)
        return self.lines[which] + self.scratch + self._once[which] + self.state_size * states

    def floor(self) -> int:
        """Bytes that the stage needs however much further it grows."""
        return self._before + self.kept()

    def least(self) -> int:
        """Bytes that the stage needs at least, at the first segment width."""
        total = self._before + sum(self.written.values()) + self.kept()
        return max(total - self._most_saved(), self.floor())

    def sizes(self, enough: int, limit: int) -> list[int]:
        """Bytes that the stage needs, by segment width.

        A tensor may share bytes with two others, which is looked into only where that can bring
        more than ``enough`` bytes down to ``limit`` or less.
        """
        pairs = self.pairs()
        saved = shared(pairs)
        own = self.lines[0] + self._once[0]
        whole = self._before + sum(self.written.values()) + self.kept() - own - saved
        sizes = [whole + line + once for line, once in zip(self.lines, self._once, strict=True)]
        if len(pairs) > 1:
            most = self._most_saved() - saved
            if any(enough < size <= limit + most for size in sizes):
                more = max(self._saved(pairs) - saved, 0)
                sizes = [size - more for size in sizes]
        return sizes

    def _most_saved(self) -> int:
        dying = sum(size for _, size in self._dying())
        return min(dying, sum(self.written.values()))

    def _saved(self, pairs: list[tuple[int, int, int]]) -> int:
        """Bytes that inputs and tensors share at best; 0 where these are many."""
        inputs = list(dict.fromkeys(pair[0] for pair in pairs))
        outputs = list(dict.fromkeys(pair[1] for pair in pairs))
        if len(inputs) + len(outputs) > _MOST_SHARING:
            return 0
        dying = tuple(self.net.values[tensor].size for tensor in inputs)
        written = tuple(self.written[tensor] for tensor in outputs)
        distances = tuple(
            tuple(self._overlaps.distance(self.walk, a, b) for b in outputs) for a in inputs
        )
        return sum(dying) + sum(written) - together(dying, written, distances)

    def pairs(self) -> list[tuple[int, int, int]]:
        """(dying input, written tensor, bytes that they can share)."""
        found = []
        for tensor, size in self._dying():
            for output, written in self.written.items():
                least = self._overlaps.distance(self.walk, tensor, output)
                if least is not None:
                    both = min(size, written - max(least, 0))
                    if both > 0:
                        found.append((tensor, output, both))
        return found

    def _dying(self) -> Iterator[tuple[int, int]]:
        """Whole inputs of the arena that nothing reads after the stage, with their sizes."""
        net = self.net
        for tensor in self.walk.readers:
            if net.in_arena[tensor] and net.values[tensor].last < self.walk.end:
                yield tensor, net.values[tensor].size


def layer_bytes(net: Network, index: int) -> int:
    """Bytes that operator ``index`` needs when it runs over whole tensors; INFINITE: it cannot."""
    node = net.nodes[index]
    if node.workspace is not None:
        return INFINITE
    if node.is_view:
        return max(net.live[index], net.live[index + 1])
    output, dying = net.values[node.output], _dying_at(net, index)
    sizes = tuple(net.values[root].size for root in dying)
    distances = tuple((least,) for least in dying.values())
    return (
        net.live[index]
        - sum(sizes)
        + together(sizes, (output.size,), distances)
        + aligned(node.scratch)
    )


def layer_pairs(net: Network, index: int) -> list[tuple[int, int, int]]:
    """The same as :meth:`Growth.pairs` for operator ``index`` over whole tensors."""
    output = net.values[net.nodes[index].output]
    return [
        (root, net.nodes[index].output, min(net.values[root].size, output.size - both))
        for root, both in _dying_at(net, index).items()
        if both is not None and output.size > both
    ]


def _dying_at(net: Network, index: int) -> dict[int, int | None]:
    """Inputs that operator ``index`` reads last -> how far its output may start below them."""
    node = net.nodes[index]
    dying: dict[int, int | None] = {}
    for read, overlap in zip(node.reads, node.overlap, strict=True):
        value = net.values[read.tensor]
        if net.in_arena[read.tensor] and value.last == index:
            known = dying.get(value.root, overlap)
            none = overlap is None or known is None
            dying[value.root] = None if none else max(overlap or 0, known or 0)
    return dying
