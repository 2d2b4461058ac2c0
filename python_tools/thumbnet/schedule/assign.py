"""Which buffers of a memory plan lie in fast and which in slow memory, and where.

Buffers that live at the same time must fit, and constraints between two of them hold only where
both lie in the same memory. An assignment goes buffer by buffer in order of birth; what has died
matters no more, so that dynamic programming finds the one with the fewest bytes read and written in
slow memory, as far as the bytes of live buffers tell whether it fits. Then it is placed. Where one
of its arenas is too large after all, few of that arena's buffers are to blame; best first, the
search goes on with each of these in the other memory.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from thumbnet.schedule.allocate import Allocation, Buffer, Interval, allocate
from thumbnet.schedule.allocate_bounds import bytes_at_least, shared_bytes
from thumbnet.schedule.allocate_problem import make_problem
from thumbnet.schedule.live_ranges import LiveRange
from thumbnet.schedule.memory import Memories

_STATES = 256
"""States at a birth; where there are more, the most expensive are dropped."""

_NODES = 48
"""Assignments that are placed at most, the best first."""

_ROUNDS = 6
"""How often less room is asked for, where none of these fits."""

Forbidden = Mapping[tuple[str, str], Interval]


@dataclass(frozen=True, eq=False)
class Split:
    """Buffers in two arenas.

    slow      keys of the live ranges that lie in the slow one
    fast_at   the others' places, with the arena's size and lower bound
    slow_at   the same of the slow ones
    cost      accesses in slow memory
    least     accesses that no assignment of these buffers goes below; 0 where that is not known
    """

    slow: frozenset[str]
    fast_at: Allocation
    slow_at: Allocation
    cost: int
    least: int


def split(
    ranges: Sequence[LiveRange],
    forbidden: Forbidden,
    accesses: Mapping[str, int],
    memories: Memories,
) -> Split | None:
    """The fewest ``accesses`` (by key of a live range) in slow memory within both sizes.

    What belongs to operators and stages rather than to tensors is always fast. ``ranges`` come in
    order of birth. None where nothing was found that fits; nothing does where even the bytes of
    live buffers say so. The result is the best that there is where its cost is its ``least``.
    """
    search = _Search(ranges, forbidden, accesses, memories)
    return search.best_first() or search.with_room()


@dataclass(frozen=True, order=True)
class _Node:
    """The cheapest assignment of those that leave ``fast`` and ``slow`` where they are.

    All are bit masks: bit i is live range i, in ``mask`` set where it is slow.
    """

    cost: int
    mask: int
    fast: int
    slow: int


class _Search:
    """Places assignments until one fits."""

    def __init__(
        self,
        ranges: Sequence[LiveRange],
        forbidden: Forbidden,
        accesses: Mapping[str, int],
        memories: Memories,
    ) -> None:
        self._ranges = ranges
        self._forbidden = forbidden
        self._memories = memories
        self._chooser = Chooser(ranges, forbidden, accesses)
        self._all = (1 << len(ranges)) - 1
        self._movable = sum(1 << i for i, live in enumerate(ranges) if not live.is_scratch)
        self._placed: dict[int, Allocation] = {}
        self._least: int | None = None
        """Accesses below which there is nothing, once something has failed without a proof."""

    def best_first(self) -> Split | None:
        """The cheapest assignment that fits; None if none was found in the nodes' number."""
        nodes: list[_Node] = []
        self._add(nodes, 0, 0)
        for _ in range(_NODES):
            if not nodes:
                return None
            node = heapq.heappop(nodes)
            found = self._split(node.mask, node.cost)
            if found is not None:
                return found
            sides = (
                (self._all & ~node.mask, self._memories.fast),
                (node.mask, self._memories.slow),
            )
            for slow, (members, limit) in enumerate(sides):
                if self._place(members).size > limit:
                    if self._place(members).lower_bound <= limit and self._least is None:
                        self._least = node.cost
                    self._branch(nodes, node, self._conflict(members, limit), bool(slow))
                    break
        return None

    def with_room(self) -> Split | None:
        """An assignment that fits because smaller memories were asked for."""
        asked = self._memories
        self._least = 0 if self._least is None else self._least
        for _ in range(_ROUNDS):
            found = self._chooser.cheapest(asked, 0, 0)
            if found is None:
                return None
            cost, mask = found
            done = self._split(mask, cost)
            if done is not None:
                return done
            fast = self._place(self._all & ~mask).size - self._memories.fast
            slow = self._place(mask).size - self._memories.slow
            asked = Memories(asked.fast - max(fast, 0), asked.slow - max(slow, 0))
        return None

    def _split(self, mask: int, cost: int) -> Split | None:
        fast, slow = self._place(self._all & ~mask), self._place(mask)
        if fast.size > self._memories.fast or slow.size > self._memories.slow:
            return None
        keys = frozenset(self._ranges[i].key for i in bits(mask))
        least = cost if self._least is None else self._least
        return Split(keys, fast, slow, cost, least if self._chooser.complete else 0)

    def _add(self, nodes: list[_Node], fast: int, slow: int) -> None:
        found = self._chooser.cheapest(self._memories, fast, slow)
        if found is not None:
            heapq.heappush(nodes, _Node(*found, fast, slow))

    def _branch(self, nodes: list[_Node], node: _Node, conflict: int, slow: bool) -> None:
        """Not all of ``conflict`` can be where it is: the first of it is not, or the next, ..."""
        stay = 0
        for i in bits(conflict & self._movable & ~(node.fast | node.slow)):
            if slow:
                self._add(nodes, node.fast | 1 << i, node.slow | stay)
            else:
                self._add(nodes, node.fast | stay, node.slow | 1 << i)
            stay |= 1 << i

    def _conflict(self, members: int, limit: int) -> int:
        """Some of ``members`` that do not fit by themselves; without any of them they would."""
        for remove in (list(bits(members)), list(bits(members))[::-1]):
            # From both ends of time first: what is to blame lies close together.
            low, high = 0, len(remove)
            while low + 1 < high:
                middle = (low + high) // 2
                rest = members & ~sum(1 << i for i in remove[:middle])
                low, high = (middle, high) if self._place(rest).size > limit else (low, middle)
            members &= ~sum(1 << i for i in remove[:low])
        for i in list(bits(members)):
            rest = members & ~(1 << i)
            if self._place(rest).size > limit:
                members = rest
        return members

    def _place(self, members: int) -> Allocation:
        """The arena of these live ranges."""
        if members not in self._placed:
            ranges = [self._ranges[i] for i in bits(members)]
            keys = {live.key for live in ranges}
            inside = {pair: gap for pair, gap in self._forbidden.items() if keys.issuperset(pair)}
            self._placed[members] = allocate([buffer_of(live) for live in ranges], inside)
        return self._placed[members]


class Chooser:
    """The cheapest assignments that the bytes of live buffers allow."""

    def __init__(
        self, ranges: Sequence[LiveRange], forbidden: Forbidden, accesses: Mapping[str, int]
    ) -> None:
        self._ranges = ranges
        self._costs = [accesses.get(live.key, 0) for live in ranges]
        self._problem = make_problem([buffer_of(live) for live in ranges], forbidden)
        self._shared = shared_bytes(self._problem)
        self._needs: dict[int, int] = {0: 0}
        self._births = list(self._find_births())
        self.complete = True
        """Whether no state was dropped so far."""

    def cheapest(self, memories: Memories, fast: int, slow: int) -> tuple[int, int] | None:
        """Accesses in slow memory and the mask of what is slow; None where nothing fits.

        ``fast`` and ``slow`` are buffers whose memory is given.
        """
        best: dict[int, tuple[int, int]] = {0: (0, 0)}
        for i, (live, movable) in enumerate(self._births):
            bit = 1 << i
            ways = [0] * (not slow & bit) + [bit] * (movable and not fast & bit)
            following: dict[int, tuple[int, int]] = {}
            for state, (cost, mask) in best.items():
                for chosen in ways:
                    there = (state | chosen) & live
                    found = (cost + (self._costs[i] if chosen else 0), mask | chosen)
                    known = following.get(there)
                    if (known is None or found < known) and self._fits(live, there, memories):
                        following[there] = found
            if len(following) > _STATES:
                self.complete = False
                order = sorted(following, key=lambda state: following[state])
                # The last has most in slow memory: where the fast one is tight, nothing else fits.
                following = {state: following[state] for state in (*order[:_STATES], order[-1])}
            best = following
        return min(best.values(), default=None)

    def _find_births(self) -> Iterator[tuple[int, bool]]:
        """For each buffer, the mask of those live at its birth, and whether it may be slow."""
        for i, one in enumerate(self._ranges):
            live = 0
            for j, other in enumerate(self._ranges[: i + 1]):
                live |= (other.last >= one.first) << j
            yield live, not one.is_scratch

    def _fits(self, live: int, slow: int, memories: Memories) -> bool:
        return self._need(live & ~slow) <= memories.fast and self._need(slow) <= memories.slow

    def _need(self, members: int) -> int:
        """Bytes that these buffers cover at least."""
        if members not in self._needs:
            found = list(bits(members))
            self._needs[members] = bytes_at_least(self._problem, found, self._shared)
        return self._needs[members]


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def buffer_of(live: LiveRange) -> Buffer:
    """The live range as the allocator sees it."""
    return Buffer(live.key, live.size, live.alignment)
