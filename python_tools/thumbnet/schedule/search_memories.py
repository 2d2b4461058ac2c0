"""What stages need of two memories: line buffers and scratch fast, whole tensors in either.

A stage by itself: that a tensor lies in one memory all its life is for the memory plan to see.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

from thumbnet.schedule.memory import Memories
from thumbnet.schedule.search_cuts import Room
from thumbnet.schedule.search_growth import INFINITE, Growth, Tables, aligned, layer_pairs
from thumbnet.schedule.sharing import shared
from thumbnet.schedule.stream_net import Network
from thumbnet.schedule.stream_overlap import Overlaps

_MOST_TENSORS = 7
"""Live whole tensors whose 2^n assignments are all looked at."""


def room_in(
    net: Network, memories: Memories, prices: Mapping[int, float], *, hopeful: bool = False
) -> Room:
    """Room for whole tensors in ``memories``; ``prices`` is what each of them costs if slow.

    A stage pays for what it writes, as if only it decided where that lies. Tensors that it keeps
    whole are taken to be fast or, ``hopeful``, to find room in slow memory.
    """

    def room(stage: Growth | int) -> Callable[[int, int], int | None]:
        written = [net.nodes[stage].output] if isinstance(stage, int) else [*stage.written]
        table = sorted(
            (fast, sum(prices.get(index, 0) for index in written if index in there))
            for fast, slow, there in _assignments(net, stage)
            if slow <= memories.slow
        )
        sizes = [fast for fast, _ in table]
        least = list(accumulate((price for _, price in table), min))

        def price(kept: int, whole: int) -> int | None:
            number = bisect_right(sizes, memories.fast - kept + whole * hopeful)
            return int(least[number - 1]) if number else None

        return price

    return room


def least_fast(net: Network, stage: Growth | int, slow: int) -> int:
    """Bytes of whole tensors that do not fit ``slow`` bytes while the stage runs."""
    ways = _assignments(net, stage)
    return min((fast for fast, rest, _ in ways if rest <= slow), default=INFINITE)


def least_slow(net: Network, stage: Growth | int, fast: int) -> int:
    """Bytes of whole tensors that do not fit ``fast`` bytes while the stage runs."""
    ways = _assignments(net, stage)
    return min((rest for needed, rest, _ in ways if needed <= fast), default=INFINITE)


def _assignments(net: Network, stage: Growth | int) -> Iterator[tuple[int, int, set[int]]]:
    """(fast bytes, slow bytes, what is slow) of a stage's whole tensors, for each way."""
    first = stage if isinstance(stage, int) else stage.walk.start
    sizes = {
        index: value.size
        for index, value in enumerate(net.values)
        if value.root == index and net.in_arena[index] and value.born < first <= value.last
    }
    if not isinstance(stage, int):
        sizes |= stage.written
        pairs = stage.pairs()
    elif net.nodes[stage].is_view:
        pairs = []
    else:
        output = net.nodes[stage].output
        sizes[output] = net.values[output].size
        pairs = layer_pairs(net, stage)
    names = sorted(sizes, key=lambda index: -sizes[index])
    # The smallest of very many are taken to be fast.
    names = names[:_MOST_TENSORS]
    for number in range(1 << len(names)):
        slow = {index for place, index in enumerate(names) if number >> place & 1}
        fast = sizes.keys() - slow
        yield _bytes(sizes, fast, pairs), _bytes(sizes, slow, pairs), slow


def _bytes(sizes: dict[int, int], members: set[int], pairs: list[tuple[int, int, int]]) -> int:
    inside = [pair for pair in pairs if pair[0] in members and pair[1] in members]
    return sum(sizes[index] for index in members) - shared(inside)


@dataclass(frozen=True)
class Shortage:
    """The memory that is too small for every plan, and what would do.

    memory   ``fast`` or ``slow``
    least    bytes that it needs with the other one as it is
    operator the first of the stage that needs them
    """

    memory: str
    least: int
    operator: str


def shortage(net: Network, memories: Memories, *, pushed: bool) -> Shortage:
    """Which of the two memories stages find too small; slow only where it could help."""
    least, first = _least(net, memories, "slow", pushed=pushed)
    if memories.slow < least < INFINITE:
        return Shortage("slow", least, net.nodes[first].name)
    least, first = _least(net, memories, "fast", pushed=pushed)
    return Shortage("fast", least, net.nodes[first].name)


def _least(net: Network, memories: Memories, which: str, *, pushed: bool) -> tuple[int, int]:
    """Bytes that one memory needs with the other as it is, and the first operator that does.

    The path over cuts whose worst stage needs least.
    """

    def needed(stage: Growth | int, kept: int) -> int:
        if which == "fast":
            return kept + least_fast(net, stage, memories.slow)
        return least_slow(net, stage, memories.fast - kept)

    count = len(net.nodes)
    best: list[tuple[int, int]] = [(0, 0), *[(INFINITE, 0)] * count]
    overlaps, tables = Overlaps(net), Tables(net, (1,), priced=False)
    for first in range(count):
        begins = pushed and first == 0
        if not begins:
            found = needed(first, aligned(net.nodes[first].scratch))
            best[first + 1] = min(best[first + 1], max(best[first], (found, first)))
        growth = Growth(net, overlaps, first, tables, pushed=begins)
        while growth.walk.end < count and growth.extend():
            end = growth.walk.end
            if begins and net.values[net.inputs[0]].last >= end:
                continue
            found = needed(growth, growth.kept() - growth.whole[0])
            best[end] = min(best[end], max(best[first], (found, first)))
    return best[count]
