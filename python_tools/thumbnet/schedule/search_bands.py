"""Which bottlenecks run in bands, together with where stages are cut.

A stage grows from each operator as in :mod:`search_cuts`, but at a bottleneck it also goes on with
each height of band. Of the stages that have come equally far only those stay that no other betters
in both bytes and work; what bands at its two ends change is kept apart. For one limit on the bytes,
the least work from each operator to the last is found from behind, so that a stage is given up as
soon as it does more than is known to do; the least limit is found by bisection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered
from thumbnet.operators.inverted_bottleneck import lower_band
from thumbnet.schedule.bands import Bottleneck, find_bottlenecks
from thumbnet.schedule.search_growth import INFINITE, Growth, Tables, layer_bytes
from thumbnet.schedule.stream_net import Fused, Network, fused_node
from thumbnet.schedule.stream_overlap import Overlaps

HEIGHTS = (1, 2, 3, 4, 6, 8)
"""Rows of a band to choose from."""

_CHOICES = 4
"""Sets of bands that are worth a plan: between buffers, some leave more gaps than others."""

Bands = tuple[tuple[Bottleneck, int], ...]


@dataclass(frozen=True, slots=True)
class Way:
    """From one operator to the last: the first stage's end, bytes and bands, and the work of all.

    ``peak`` is the most bytes of any of the stages, ``extra`` their multiply-accumulates beyond the
    network's.
    """

    end: int
    peak: int
    extra: int
    bands: Bands


class State:
    """A stage that has come as far as its growth; what follows from it is found once."""

    def __init__(self, growth: Growth, extra: int, bands: Bands, last: int) -> None:
        self.growth = growth
        self.extra = extra
        self.bands = bands
        self.floor = growth.floor()
        leads = bands and bands[0][0].first == growth.walk.start
        self.borders = (bands[0][1] if leads else 0, last)
        """Bands that decide how outputs may grow over inputs, and what readers still add."""
        self._size = 0
        self._next: list[State] | None = None

    def size(self) -> int:
        """Bytes of the stage if it ends here."""
        if not self._size:
            self._size = self.growth.sizes(0, INFINITE)[0]
        return self._size

    def fits(self, limit: int) -> bool:
        """Whether the stage needs no more bytes if it ends here."""
        return self.growth.least() <= limit and self.size() <= limit

    def next(self, fused: Sequence[Fused], most: int) -> list[State]:
        """The stage with the next operator, and with each of what may take the next ones' place.

        Of at most ``most`` extra multiply-accumulates.
        """
        if self._next is None:
            self._next = []
            for one in (None, *fused):
                extra = self.extra + (one.extra_macs if one else 0)
                if extra > most:
                    continue
                growth = self.growth.copy()
                if growth.extend(one):
                    bands = self.bands
                    if one is not None:
                        place = self.growth.walk.end
                        bands = (*bands, (Bottleneck(place, one.end), one.node.band))
                    self._next.append(State(growth, extra, bands, one.node.band if one else 0))
        return self._next


@dataclass(frozen=True, slots=True)
class Banded:
    """Bands, and the most bytes of any stage with them."""

    peak: int
    bands: Bands


class _Peaked(Protocol):
    @property
    def peak(self) -> int: ...


_Found = TypeVar("_Found", bound=_Peaked)


def lowest(at: Callable[[int], _Found | None], limit: int) -> list[_Found]:
    """What ``at`` finds for ``limit`` and for lower ones, that of the lowest first.

    ``at`` finds something for a limit if it does for a lower one; the lowest is found by bisection.
    """
    best = at(limit)
    found = [] if best is None else [best]
    low = 0
    while best is not None and low < best.peak:
        middle = (low + best.peak) // 2
        lower = at(middle)
        if lower is None:
            low = middle + 1
        else:
            best = lower
            found.append(best)
    return found[::-1]


class BandSearch:
    """Ways to run a network in stages with at most ``most`` extra multiply-accumulates."""

    def __init__(
        self, graph: Graph, lowered: Mapping[str, Lowered], net: Network, *, most: int, pushed: bool
    ) -> None:
        self.net = net
        self.count = len(net.nodes)
        self.most = most
        self.fused = dict(_fused(graph, lowered, net, most))
        self._pushed = pushed
        overlaps, tables = Overlaps(net), Tables(net, (1,), priced=False)
        self._roots = [
            State(Growth(net, overlaps, first, tables, pushed=pushed and first == 0), 0, (), 0)
            for first in range(self.count)
        ]
        self._layers = [layer_bytes(net, index) for index in range(self.count)]

    def least(self, limit: int) -> list[Bands]:
        """Bands with which stages need the fewest bytes, at most ``limit``; a few such sets."""
        return _distinct(one.bands for one in lowest(self.at, limit))

    def within(self, limit: int) -> list[Bands]:
        """Bands of least work at ``limit``, and at limits below it."""
        found: list[Bands] = []
        best = self.at(limit)
        while best is not None and len(found) < _CHOICES:
            found.append(best.bands)
            best = self.at(best.peak - 1)
        return _distinct(found)

    def at(self, limit: int) -> Banded | None:
        """The bands of least work in stages of at most ``limit`` bytes and their peak, if any."""
        ways = self.ways(limit)
        way = ways[0]
        if way is None:
            return None
        return Banded(max(way.peak, self.net.live[0]), self.bands(0, ways))

    def ways(self, limit: int) -> list[Way | None]:
        """From each operator on the way of least work in stages of at most ``limit`` bytes."""
        ways: list[Way | None] = [None] * self.count
        ways.append(Way(self.count, 0, 0, ()))
        for first in reversed(range(self.count)):
            if self.net.live[first] <= limit:
                ways[first] = self._way(first, limit, ways)
        return ways

    def bands(self, first: int, ways: Sequence[Way | None]) -> Bands:
        """The bands of the way from operator ``first`` on."""
        bands: Bands = ()
        way = ways[first]
        while way is not None:
            bands += way.bands
            way = ways[way.end] if way.end < self.count else None
        return bands

    def _way(self, first: int, limit: int, ways: Sequence[Way | None]) -> Way | None:
        """The way of least work from operator ``first`` on, given those from later ones."""
        pushed = self._pushed and first == 0
        input_ends = self.net.values[self.net.inputs[0]].last if pushed else -1
        best: Way | None = None
        least = self.most + 1
        rest = ways[first + 1]
        if not pushed and self._layers[first] <= limit and rest is not None:
            best, least = _joined(first + 1, self._layers[first], 0, (), rest), rest.extra
        states: dict[int, list[State]] = {first: [self._roots[first]]}
        while states and least:
            place = min(states)
            for state in best_states(states.pop(place)):
                if state.extra >= least:
                    break
                ends = place > input_ends and (place > first + 1 or (pushed and place > first))
                rest = ways[place] if ends else None
                if rest is not None and state.extra + rest.extra < least and state.fits(limit):
                    best = _joined(place, state.size(), state.extra, state.bands, rest)
                    least = best.extra
                if place < self.count:
                    for other in state.next(self.fused.get(place, ()), self.most):
                        if other.floor <= limit and other.extra < least:
                            states.setdefault(other.growth.walk.end, []).append(other)
        return best


def _joined(end: int, size: int, extra: int, bands: Bands, rest: Way) -> Way:
    return Way(end, max(size, rest.peak), extra + rest.extra, bands)


def best_states(states: Sequence[State]) -> Iterator[State]:
    """Those that none betters of the same borders, the least work first."""
    if len(states) == 1:
        yield states[0]
        return
    least: dict[tuple[int, int], int] = {}
    for state in sorted(states, key=lambda state: (state.extra, state.floor)):
        if state.floor < least.get(state.borders, INFINITE):
            least[state.borders] = state.floor
            yield state


def _distinct(found: Iterable[Bands]) -> list[Bands]:
    return list(dict.fromkeys(found))[:_CHOICES]


def _fused(
    graph: Graph, lowered: Mapping[str, Lowered], net: Network, most: int
) -> Iterator[tuple[int, tuple[Fused, ...]]]:
    for bottleneck in find_bottlenecks(graph):
        operators = graph.operators[bottleneck.first : bottleneck.end]
        parts = [lowered[operator.name] for operator in operators]
        heights = {min(height, parts[-1].output.height) for height in HEIGHTS}
        found = (
            fused_node(net, bottleneck.first, bottleneck.end, lower_band(operators, parts, height))
            for height in sorted(heights)
        )
        yield bottleneck.first, tuple(fused for fused in found if fused.extra_macs <= most)
