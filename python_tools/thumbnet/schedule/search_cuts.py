"""Where to cut a network into stages.

A stage is an operator over whole tensors or a streamed run of consecutive operators; between
stages all live tensors are whole. Both searches are dynamic programming over the cuts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from thumbnet.schedule.search_growth import WHOLE_ROW, Growth, aligned, layer_bytes
from thumbnet.schedule.stream_cost import layer_cost
from thumbnet.schedule.stream_net import Network
from thumbnet.schedule.stream_overlap import Overlaps

INFINITE = 1 << 60

Price = Callable[["Cut"], int]

Room = Callable[[Growth | int], Callable[[int, int], int | None]]
"""What two memories say to a streamed stage or to a layer, given as its number: for the bytes that
it keeps besides whole tensors, and how many of these are tensors that it keeps whole, a price of
those that it writes to slow memory; None where whole tensors find no room any more."""

WIDTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, WHOLE_ROW)
"""Segment widths to choose from, counted at a stage's leader."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Operators [first, end) as one stage; ``width`` is None for a layer.

    ``slow`` is what it costs besides in two memories.
    """

    first: int
    end: int
    width: int | None
    size: int
    cost: int
    slow: int = 0


def least_bytes(net: Network, *, pushed: bool = False) -> int:
    """The least arena that stages allow if nothing lies between buffers.

    ``pushed``: the input comes row by row (``net`` has it outside the arena). INFINITE if no
    stage can take it so.
    """
    count = len(net.nodes)
    layers = [layer_bytes(net, index) for index in range(count)]
    rest = [0] * (count + 1)
    """What layers need from there on."""
    for index in reversed(range(count)):
        rest[index] = max(layers[index], rest[index + 1])
    best = [INFINITE] * (count + 1)
    best[0] = net.live[0]
    limit = INFINITE
    overlaps = Overlaps(net)
    for first in range(count):
        if best[first] >= limit:
            continue
        begins = pushed and first == 0
        if not begins:
            best[first + 1] = min(best[first + 1], max(best[first], layers[first]))
            limit = min(limit, max(best[first], rest[first]))
        growth = Growth(net, overlaps, first, pushed=begins)
        while growth.walk.end < count and growth.extend():
            end = growth.walk.end
            if growth.floor() >= limit:
                break
            if end == first + 1 and not begins:
                continue
            if begins and net.values[net.inputs[0]].last >= end:
                continue
            found = max(best[first], growth.least())
            if found < min(best[end], limit):
                best[end] = min(best[end], max(found, growth.sizes()[0]))
                limit = min(limit, max(best[end], rest[end]))
    return limit


class Stages:
    """All stages of a network that need no more than ``limit`` bytes, and paths through them.

    ``room`` is what two memories allow besides.
    """

    def __init__(
        self, net: Network, limit: int, *, pushed: bool = False, room: Room | None = None
    ) -> None:
        overlaps = Overlaps(net)
        self.limit = limit
        self.count = len(net.nodes)
        self.by_first = [
            list(
                _cuts(net, overlaps, first, limit, WIDTHS, pushed=pushed and first == 0, room=room)
            )
            for first in range(self.count)
        ]

    def sizes(self) -> list[int]:
        """The bytes that stages need, without repetition, in order."""
        return sorted({cut.size for cuts in self.by_first for cut in cuts})

    def cheapest(self, limit: int, price: Price) -> list[Cut] | None:
        """The path of least total price on which no stage needs more than ``limit`` bytes.

        None if there is none. Of paths of one price, that of fewest stages.
        """
        best: list[tuple[int, int] | None] = [(0, 0), *[None] * self.count]
        via: list[Cut | None] = [None] * (self.count + 1)
        for first, cuts in enumerate(self.by_first):
            start = best[first]
            if start is None:
                continue
            for cut in cuts:
                if cut.size <= limit:
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


def _cuts(
    net: Network,
    overlaps: Overlaps,
    first: int,
    limit: int,
    widths: tuple[int, ...],
    *,
    pushed: bool,
    room: Room | None,
) -> Iterator[Cut]:
    """The stages from operator ``first`` on that need no more than ``limit`` bytes."""
    count = len(net.nodes)
    if not pushed:
        size = layer_bytes(net, first)
        slow = 0 if room is None else room(first)(aligned(net.nodes[first].scratch), 0)
        if size <= limit and slow is not None:
            yield Cut(first, first + 1, None, size, layer_cost(net.nodes[first]), slow)
    growth = Growth(net, overlaps, first, widths, pushed=pushed, priced=True)
    while growth.walk.end < count and growth.extend():
        end = growth.walk.end
        if growth.floor() > limit:
            return
        late = pushed and net.values[net.inputs[0]].last >= end
        if late or (end == first + 1 and not pushed) or growth.least() > limit:
            continue
        table = enumerate(zip(widths, growth.sizes(), growth.costs, strict=True))
        slow_at = None if room is None else room(growth)
        for i, (width, size, cost) in table:
            slow = 0 if slow_at is None else slow_at(growth.kept(i), growth.whole[i])
            if size <= limit and slow is not None:
                yield Cut(first, end, width, size, cost, slow)
