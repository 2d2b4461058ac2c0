"""Which bottlenecks run in bands, together with where stages are cut.

A stage grows from each operator as in :mod:`search_cuts`, but at a bottleneck it also goes on with
each height of band. Of the stages that have come equally far only those stay that no other betters
in both bytes and work; what a last band changes for its readers is kept apart. Paths through these
stages then minimise the work within a RAM limit, and the least limit is found by bisection.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered
from thumbnet.operators.inverted_bottleneck import lower_band
from thumbnet.schedule.bands import Bottleneck, find_bottlenecks
from thumbnet.schedule.search_growth import Growth, layer_bytes
from thumbnet.schedule.stream_net import Fused, Network, fused_node
from thumbnet.schedule.stream_overlap import Overlaps

HEIGHTS = (1, 2, 3, 4, 6, 8)
"""Rows of a band to choose from."""

_CHOICES = 4
"""Sets of bands that are worth a plan: between buffers, some leave more gaps than others."""

Bands = tuple[tuple[Bottleneck, int], ...]


@dataclass(frozen=True, slots=True)
class Way:
    """Operators [first, end) as one stage: its bytes, its extra work and its bands."""

    first: int
    end: int
    size: int
    extra: int
    bands: Bands


@dataclass(slots=True)
class _State:
    growth: Growth
    extra: int
    bands: Bands
    last: int
    """Rows of the band that the stage ends with; 0: it ends with none."""

    @property
    def borders(self) -> tuple[int, int]:
        """The bands that decide how outputs may grow over inputs, and what readers still add."""
        leads = self.bands and self.bands[0][0].first == self.growth.walk.start
        return (self.bands[0][1] if leads else 0, self.last)


class BandSearch:
    """The ways to run a network in stages of at most ``limit`` bytes, with at most ``most`` extra
    multiply-accumulates.
    """

    def __init__(
        self,
        graph: Graph,
        lowered: Mapping[str, Lowered],
        net: Network,
        *,
        limit: int,
        most: int,
        pushed: bool,
    ) -> None:
        self.net = net
        self.count = len(net.nodes)
        self.most = most
        self.fused = dict(_fused(graph, lowered, net, most))
        self._overlaps = Overlaps(net)
        self._pushed = pushed
        self.by_first: list[list[Way]] = []
        spent: list[int | None] = [0, *[None] * self.count]
        """The least extra work with which operators can be reached."""
        for first in range(self.count):
            start = spent[first]
            ways = [] if start is None else list(self._ways(first, limit, most - start))
            for way in ways:
                known = spent[way.end]
                if start is not None and (known is None or start + way.extra < known):
                    spent[way.end] = start + way.extra
            self.by_first.append(ways)

    def least(self) -> list[Bands]:
        """Bands with which the least limits on stages' bytes are met within the allowed work."""
        sizes = sorted({way.size for ways in self.by_first for way in ways})
        found = bisect_left(sizes, True, key=lambda size: self.cheapest(size) is not None)
        return self._from(sizes[found:])

    def within(self, limit: int) -> list[Bands]:
        """Bands of least work at ``limit``, and at limits below it."""
        sizes = {way.size for ways in self.by_first for way in ways if way.size <= limit}
        return self._from(sorted(sizes, reverse=True))

    def _from(self, limits: Sequence[int]) -> list[Bands]:
        best: list[Bands] = []
        for limit in limits:
            bands = self.cheapest(limit)
            if bands is None:
                break
            if bands not in best:
                best.append(bands)
            if len(best) == _CHOICES:
                break
        return best

    def cheapest(self, limit: int) -> Bands | None:
        """The bands of least extra work in stages of at most ``limit`` bytes; None: too much."""
        best: list[int | None] = [0, *[None] * self.count]
        via: list[Way | None] = [None] * (self.count + 1)
        for first, ways in enumerate(self.by_first):
            start = best[first]
            if start is None:
                continue
            for way in ways:
                if way.size <= limit:
                    found, known = start + way.extra, best[way.end]
                    if found <= self.most and (known is None or found < known):
                        best[way.end], via[way.end] = found, way
        bands: list[tuple[Bottleneck, int]] = []
        end = self.count
        while end:
            last = via[end]
            if last is None:
                return None
            bands += last.bands
            end = last.first
        return tuple(sorted(bands, key=lambda band: band[0].first))

    def _ways(self, first: int, limit: int, most: int) -> Iterator[Way]:
        pushed = self._pushed and first == 0
        net = self.net
        if not pushed:
            size = layer_bytes(net, first)
            if size <= limit:
                yield Way(first, first + 1, size, 0, ())
        growth = Growth(net, self._overlaps, first, pushed=pushed)
        states: list[list[_State]] = [[] for _ in range(self.count + 1)]
        states[first] = [_State(growth, 0, (), 0)]
        for place in range(first, self.count + 1):
            for state in _best(states[place]):
                late = pushed and net.values[net.inputs[0]].last >= place
                alone = place == first + 1 and not pushed
                if place > first and not late and not alone and state.growth.least() <= limit:
                    size = state.growth.sizes()[0]
                    if size <= limit:
                        yield Way(first, place, size, state.extra, state.bands)
                if place < self.count:
                    self._extend(states, place, state, limit, most)
            states[place] = []

    def _extend(
        self, states: list[list[_State]], place: int, state: _State, limit: int, most: int
    ) -> None:
        for fused in self.fused.get(place, ()):
            extra = state.extra + fused.extra_macs
            if extra > most:
                continue
            growth = state.growth.copy()
            if growth.extend(fused) and growth.floor() <= limit:
                band = (Bottleneck(place, fused.end), fused.node.band)
                bands = (*state.bands, band)
                states[fused.end].append(_State(growth, extra, bands, fused.node.band))
        growth = state.growth
        if growth.extend() and growth.floor() <= limit:
            states[place + 1].append(_State(growth, state.extra, state.bands, 0))


def _best(states: Sequence[_State]) -> Iterator[_State]:
    """Those that none betters of the same borders."""
    least: dict[tuple[int, int], int] = {}
    for state in sorted(states, key=lambda state: (state.extra, state.growth.floor())):
        size = state.growth.floor()
        if size < least.get(state.borders, size + 1):
            least[state.borders] = size
            yield state


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
