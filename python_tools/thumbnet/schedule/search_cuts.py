"""Where to cut a network into stages.

A stage is an operator over whole tensors or a streamed run of consecutive operators; between
stages all live tensors are whole. Both searches are dynamic programming over the cuts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from thumbnet.plan import ONE_TILE, Tiles
from thumbnet.schedule.search_growth import (
    INFINITE,
    WHOLE_ROW,
    Growth,
    Tables,
    aligned,
    layer_bytes,
)
from thumbnet.schedule.stream_cost import layer_cost
from thumbnet.schedule.stream_net import Network
from thumbnet.schedule.stream_overlap import Overlaps

Price = Callable[["Cut"], int]

Room = Callable[[Growth | int], Callable[[int, int], int | None]]
"""What two memories say to a streamed stage or to a layer, given as its number: for the bytes that
it keeps besides whole tensors, and how many of these are tensors that it keeps whole, a price of
those that it writes to slow memory; None where whole tensors find no room any more."""

WIDTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, WHOLE_ROW)
"""Segment widths to choose from, counted at a stage's leader."""


class Cut(NamedTuple):
    """Operators [first, end) as one stage; ``width`` is None for a layer.

    ``upwards``: from the last row to the first. ``slow`` is what it costs besides in two memories.
    ``tiles``: what it runs over.
    """

    first: int
    end: int
    width: int | None
    size: int
    cost: int
    upwards: bool = False
    slow: int = 0
    tiles: Tiles = ONE_TILE


def least_bytes(net: Network, *, pushed: bool = False, below: int = INFINITE) -> int:
    """The least arena that stages allow if nothing lies between buffers.

    ``pushed``: the input comes row by row (``net`` has it outside the arena). INFINITE if no
    stage can take it so. Only what is less than ``below`` counts; where nothing is, that.
    """
    count = len(net.nodes)
    layers = [layer_bytes(net, index) for index in range(count)]
    rest = [0] * (count + 1)
    """What layers need from there on."""
    for index in reversed(range(count)):
        rest[index] = max(layers[index], rest[index + 1])
    best = [INFINITE] * (count + 1)
    best[0] = net.live[0]
    limit = below
    overlaps, tables = Overlaps(net), Tables(net, (1,), priced=False)
    for first in range(count):
        if best[first] >= limit:
            continue
        begins = pushed and first == 0
        if not begins:
            best[first + 1] = min(best[first + 1], max(best[first], layers[first]))
            limit = min(limit, max(best[first], rest[first]))
        growth = Growth(net, overlaps, first, tables, pushed=begins)
        while growth.walk.end < count and growth.extend():
            end = growth.walk.end
            if growth.floor() >= limit:
                break
            if end == first + 1 and not begins and net.nodes[first].workspace is None:
                continue
            if begins and net.values[net.inputs[0]].last >= end:
                continue
            found = max(best[first], growth.least())
            most = min(best[end], limit)
            if found < most:
                best[end] = min(best[end], max(found, growth.sizes(best[first], most - 1)[0]))
                limit = min(limit, max(best[end], rest[end]))
    return limit


class Stages:
    """All stages of a network that need no more than ``limit`` bytes, and paths through them.

    But for streams of operators that ``plenty`` bytes are enough for as layers, which cost less.
    ``room`` is what two memories allow besides.
    """

    def __init__(
        self,
        net: Network,
        limit: int,
        *,
        pushed: bool = False,
        plenty: int = 0,
        room: Room | None = None,
    ) -> None:
        self.net = net
        self.limit = limit
        self.count = len(net.nodes)
        self._plenty = plenty
        self._room = room
        self._layers = [layer_bytes(net, index) for index in range(self.count)]
        self._overlaps, self._tables = Overlaps(net), Tables(net, WIDTHS, priced=True)
        self.by_first = [
            list(self._cuts(first, pushed=pushed and first == 0)) for first in range(self.count)
        ]

    def sizes(self) -> list[int]:
        """The bytes that stages need, without repetition, in order."""
        return sorted({cut.size for cuts in self.by_first for cut in cuts})

    def cheapest(self, limit: int, price: Price, without: tuple[Cut, ...] = ()) -> list[Cut] | None:
        """The path of least total price on which no stage needs more than ``limit`` bytes.

        None if there is none. Of paths of one price, that of fewest stages. A stage of the same
        operators as one of ``without`` needs less than that.
        """
        most: dict[tuple[int, int], int] = {}
        for cut in without:
            most[cut.first, cut.end] = min(most.get((cut.first, cut.end), limit), cut.size - 1)
        best: list[tuple[int, int] | None] = [(0, 0), *[None] * self.count]
        via: list[Cut | None] = [None] * (self.count + 1)
        for first, cuts in enumerate(self.by_first):
            start = best[first]
            if start is None:
                continue
            for cut in cuts:
                if cut.size <= (most.get((first, cut.end), limit) if most else limit):
                    found = (start[0] + price(cut), start[1] + 1)
                    known = best[cut.end]
                    if known is None or found < known:
                        best[cut.end], via[cut.end] = found, cut
        path: list[Cut] = []
        end = self.count
        while end:
            last = via[end]
            if last is None:
                return None
            path.append(last)
            end = last.first
        return path[::-1]

    def _cuts(self, first: int, *, pushed: bool) -> Iterator[Cut]:
        """The stages from operator ``first`` on."""
        net, limit, layers = self.net, self.limit, self._layers
        if not pushed and layers[first] <= limit:
            slow: int | None = 0
            if self._room is not None:
                slow = self._room(first)(aligned(net.nodes[first].scratch), 0)
            if slow is not None:
                cost = layer_cost(net.nodes[first])
                yield Cut(first, first + 1, None, layers[first], cost, slow=slow)
        streamed = [at for at in range(first, self.count) if layers[at] > self._plenty]
        if not streamed and not pushed:
            return
        growth = Growth(net, self._overlaps, first, self._tables, pushed=pushed)
        while growth.walk.end < self.count and growth.extend():
            end = growth.walk.end
            if growth.floor() > limit:
                return
            if pushed and net.values[net.inputs[0]].last >= end:
                continue
            alone = end == first + 1 and net.nodes[first].workspace is None
            if not pushed and (alone or end <= streamed[0]):
                continue
            if growth.least() > limit:
                continue
            yield from self._streams(growth)

    def _streams(self, growth: Growth) -> Iterator[Cut]:
        """A stage by segment width."""
        first, end, limit = growth.walk.start, growth.walk.end, self.limit
        slow_at = None if self._room is None else self._room(growth)
        known = -1, -1
        table = zip(WIDTHS, growth.sizes(limit, limit), growth.costs, strict=True)
        for index, (width, *found) in enumerate(table):
            # Segments as wide as the rows are the same whatever the width.
            if found[0] > limit or (found[0], found[1]) == known:
                continue
            known = found[0], found[1]
            slow = 0 if slow_at is None else slow_at(growth.kept(index), growth.whole[index])
            if slow is not None:
                yield Cut(first, end, width, *known, slow=slow)
