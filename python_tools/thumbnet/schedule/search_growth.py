"""The bytes that a stage needs while it grows, for several segment widths at once."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy

from thumbnet.schedule.stream_cost import line_cost, run_cost
from thumbnet.schedule.stream_net import UNIT, Fused, Network
from thumbnet.schedule.stream_overlap import Overlaps
from thumbnet.schedule.stream_stage import Extent, Time, Walk

WHOLE_ROW = 1 << 16
"""The segment width that stands for a whole row."""

INFINITE = 1 << 60
"""More bytes than there are."""

STATE_SIZE = 6
"""Bytes of ``thumbnet_stream_state_t``."""

SCRATCH_ALIGNMENT = 4


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


class Growth:
    """A streamed stage from operator ``start`` on, with what it needs for each segment width.

    lines    bytes of line buffers by segment width
    costs    the same for :mod:`stream_cost`, where ``priced``
    written  whole tensors that the stage makes, with their sizes
    scratch  bytes that last through the stage
    """

    def __init__(
        self,
        net: Network,
        overlaps: Overlaps,
        start: int,
        widths: tuple[int, ...] = (1,),
        *,
        pushed: bool = False,
        priced: bool = False,
        state_size: int = STATE_SIZE,
    ) -> None:
        self.net = net
        self._overlaps = overlaps
        self.walk = Walk(net, start, pushed=pushed)
        self.widths = widths
        self.state_size = state_size
        self.lines = [0] * len(widths)
        self.costs = [0] * len(widths)
        self._priced = priced
        self.written: dict[int, int] = {}
        self.scratch = 0
        self._once = 0
        self._states = 0
        self._before = net.live[start]

    def copy(self) -> Growth:
        """A stage that grows on by itself."""
        other = copy(self)
        other.walk = self.walk.copy()
        other.lines, other.costs = list(self.lines), list(self.costs)
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
        if node.accumulates:
            self.scratch += aligned(node.scratch)
        else:
            self._once = max(self._once, aligned(node.scratch))
        self.written[node.output] = net.values[node.output].size
        if self._priced:
            for i, wide in enumerate(self.widths):
                run = segment(wide, walk.operator_times[index], node.width)
                self.costs[i] += run_cost(node, run)
        if node.workspace is not None:
            for i, wide in enumerate(self.widths):
                run = segment(wide, walk.operator_times[index], node.width)
                self.lines[i] += aligned(node.workspace.size(run))
        for tensor in {read.tensor for read in node.reads}:
            if index <= net.values[tensor].last < walk.end and tensor in walk.times:
                self.written.pop(tensor, None)
                self._add_lines(tensor)
        return True

    def _add_lines(self, tensor: int) -> None:
        walk, value = self.walk, self.net.values[tensor]
        height, width = value.rows.height, value.rows.width
        extent = walk.extent(tensor)
        if tensor == walk.pushed:
            rows = height - 1 if extent is None else min(extent.rows, height - 1)
            sizes = [rows * width * value.pixel] * len(self.widths)
        else:
            runs = [0] * len(self.widths)
            if walk.band(tensor) == 1:
                runs = [segment(wide, walk.times[tensor], width) for wide in self.widths]
            sizes = [line_pixels(extent, run, height, width) * value.pixel for run in runs]
            for i, run in enumerate(runs):
                if self._priced and run:
                    self.costs[i] += line_cost(self.net, tensor, extent, run)
        for i, size in enumerate(sizes):
            self.lines[i] += size

    def kept(self, which: int = 0) -> int:
        """Bytes that the stage takes besides whole tensors, at segment width number ``which``."""
        states = self._states + len(self.walk.readers) + (self.walk.pushed is not None)
        return self.lines[which] + self.scratch + self._once + self.state_size * states

    def floor(self) -> int:
        """Bytes that the stage needs however much further it grows."""
        return self._before + self.kept()

    def least(self) -> int:
        """Bytes that the stage needs at least, at the first segment width."""
        saved = 0
        dying = [size for _, size in self._dying()]
        for size in self.written.values():
            saved += min(size, max(dying, default=0))
        total = self._before + sum(self.written.values()) + self.kept()
        return max(total - saved, self.floor())

    def sizes(self) -> list[int]:
        """Bytes that the stage needs, by segment width."""
        whole = self._before + sum(self.written.values()) - shared(self.pairs())
        return [whole + self.kept(i) for i in range(len(self.widths))]

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


def shared(pairs: list[tuple[int, int, int]]) -> int:
    """Bytes saved if each tensor shares with at most one other, the greatest first."""
    saved = 0
    used: set[int] = set()
    for a, b, both in sorted(pairs, key=lambda pair: -pair[2]):
        if a not in used and b not in used:
            used.update((a, b))
            saved += both
    return saved


def layer_bytes(net: Network, index: int) -> int:
    """Bytes that operator ``index`` needs when it runs over whole tensors; INFINITE: it cannot."""
    node = net.nodes[index]
    if node.workspace is not None:
        return INFINITE
    if node.is_view:
        return max(net.live[index], net.live[index + 1])
    output = net.values[node.output]
    least: dict[int, int | None] = {}
    for read, overlap in zip(node.reads, node.overlap, strict=True):
        value = net.values[read.tensor]
        if net.in_arena[read.tensor] and value.last == index:
            known = least.get(value.root, 0)
            both = None if overlap is None or known is None else max(overlap, known)
            least[value.root] = both
    pairs = [
        (root, node.output, min(net.values[root].size, output.size - both))
        for root, both in least.items()
        if both is not None and output.size > both
    ]
    return net.live[index] + output.size - shared(pairs) + aligned(node.scratch)
