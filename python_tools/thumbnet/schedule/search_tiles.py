"""Which operators run over how many tiles, and which of them in bands, with what follows behind.

For each end that such a stage may have and each number of tiles the network is looked at as the
widest tile sees it: narrower. In it a stage grows as in :mod:`search_bands`; what tiles share is
counted as extra work. Behind it the search of bands goes on, and the least bytes for both are found
by bisection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered, Rows
from thumbnet.operators.inverted_bottleneck import band_macs, lower_band
from thumbnet.plan import Tiles
from thumbnet.schedule.bands import find_bottlenecks
from thumbnet.schedule.search_bands import HEIGHTS, Bands, BandSearch, State, best_states, lowest
from thumbnet.schedule.search_growth import STATE_SIZE, Growth, Tables
from thumbnet.schedule.stream_net import Fused, Network, Node, Read, fused_node
from thumbnet.schedule.stream_overlap import Overlaps
from thumbnet.schedule.stream_stage import Walk
from thumbnet.schedule.tile_regions import Spans, spans
from thumbnet.schedule.tile_stage import executed, fits_tiles

STRIPS = tuple(Tiles(count) for count in range(2, 9))
"""Whole columns have no halo above and below, so that no other tiles need less work."""

_WORSE = 3
"""Wider tiles at the edges that are tried after the best: columns do not divide evenly."""

_CHOICES = 3
"""Ways that are worth a plan."""


@dataclass(frozen=True)
class Tiled:
    """Operators before ``end`` over ``tiles``, the rest behind them.

    ``peak`` is the most bytes of any stage, ``extra`` the multiply-accumulates beyond the
    network's. ``bands`` are of the tiled operators, ``behind`` of the others.
    """

    end: int
    tiles: Tiles
    peak: int
    extra: int
    bands: Bands
    behind: Bands


class TileSearch:
    """Ways to run a network over tiles first, with at most ``most`` extra multiply-accumulates."""

    def __init__(
        self,
        graph: Graph,
        lowered: Mapping[str, Lowered],
        net: Network,
        *,
        most: int,
        tilings: Sequence[Tiles] = STRIPS,
        bands: bool = True,
    ) -> None:
        self.most = most
        self._behind = BandSearch(graph, lowered, net, most=most, pushed=False)
        if not bands:
            self._behind.fused.clear()
        known = dict(_bands(graph, lowered, net)) if bands else {}
        self.shapes = sorted(
            _shapes(lowered, net, known, tilings, most), key=lambda shape: shape.halo
        )

    def least(self, limit: int) -> list[Tiled]:
        """The ways of fewest bytes, at most ``limit``."""
        return lowest(self.at, limit)[:_CHOICES]

    def within(self, limit: int) -> list[Tiled]:
        """The way of least work at ``limit``, and at limits below it."""
        found: list[Tiled] = []
        best = self.at(limit)
        while best is not None and len(found) < _CHOICES:
            found.append(best)
            best = self.at(best.peak - 1)
        return found

    def at(self, limit: int) -> Tiled | None:
        """The way of least work in stages of at most ``limit`` bytes, if any."""
        ways = self._behind.ways(limit)
        best: Tiled | None = None
        least = self.most + 1
        for shape in self.shapes:
            rest = ways[shape.end]
            if rest is None or shape.halo + rest.extra >= least:
                continue
            state = shape.cheapest(limit, least - rest.extra, self.most)
            if state is not None:
                least = state.extra + rest.extra
                peak = max(state.size(), rest.peak)
                behind = self._behind.bands(shape.end, ways)
                best = Tiled(shape.end, shape.tiles, peak, least, state.bands, behind)
        return best


class _Shape:
    """The operators before ``end`` over ``tiles``, as the widest of these sees them.

    halo  multiply-accumulates that tiles do again, without bands
    """

    def __init__(
        self,
        lowered: Mapping[str, Lowered],
        net: Network,
        known: Mapping[int, Sequence[tuple[Fused, Lowered]]],
        end: int,
        tiles: Tiles,
    ) -> None:
        self.net = net
        self.end = end
        self.tiles = tiles
        self._known = known
        self.made = spans(net, net.nodes[:end], tiles)
        self.work = [executed(node, lowered[node.name], self.made) for node in net.nodes[:end]]
        self.halo = sum(self.work) - sum(node.macs for node in net.nodes[:end])
        self.output = net.values[net.nodes[end - 1].output].size
        self._fused: dict[int, list[Fused]] = {}

    @cached_property
    def root(self) -> State:
        """The stage before its first operator."""
        net = narrowed(self.net, self.made, self.end)
        # Over tiles, each state has a region besides.
        tables = Tables(net, (1,), priced=False)
        growth = Growth(net, _Apart(net), 0, tables, state_size=2 * STATE_SIZE)
        return State(growth, self.halo, (), 0)

    def cheapest(self, limit: int, below: int, most: int) -> State | None:
        """The stage of least work, under ``below``, that needs at most ``limit`` bytes."""
        if self.net.live[0] + self.output > limit:
            return None
        states: dict[int, list[State]] = {0: [self.root]}
        best: State | None = None
        while states:
            place = min(states)
            for state in best_states(states.pop(place)):
                if state.extra >= below:
                    break
                if place == self.end:
                    if state.size() <= limit:
                        best, below = state, state.extra
                    continue
                for other in state.next(self.fused(place), most):
                    if other.extra >= below:
                        continue
                    needs = other.floor + self.output * (other.growth.walk.end < self.end)
                    if needs <= limit:
                        states.setdefault(other.growth.walk.end, []).append(other)
        return best

    def fused(self, place: int) -> list[Fused]:
        """What may take the place of the operators from ``place`` on."""
        if place not in self._fused:
            self._fused[place] = [
                self._narrow(place, one, how)
                for one, how in self._known.get(place, ())
                if one.end <= self.end
            ]
        return self._fused[place]

    def _narrow(self, place: int, one: Fused, how: Lowered) -> Fused:
        output = one.node.output
        work = band_macs(how, self.made.rows[output], self.made.columns[output])
        node = _narrow_node(one.node, self.net, self.made)
        return Fused(node, one.end, work - sum(self.work[place : one.end]))


class _Apart(Overlaps):
    """Nothing may lie over an input, as later tiles read it again."""

    def distance(self, walk: Walk, tensor: int, output: int) -> int | None:
        """None."""
        return None


def narrowed(net: Network, made: Spans, end: int) -> Network:
    """``net`` with what operators before ``end`` make as wide and high as tiles need at most."""
    nodes = tuple(_narrow_node(node, net, made) for node in net.nodes[:end])
    values = tuple(
        replace(value, rows=_narrow_rows(value.rows, number, made))
        for number, value in enumerate(net.values)
    )
    return replace(net, nodes=(*nodes, *net.nodes[end:]), values=values)


def _narrow_node(node: Node, net: Network, made: Spans) -> Node:
    reads = tuple(_narrow_read(read, made) for read in node.reads)
    rows = _narrow_rows(net.values[node.output].rows, node.output, made)
    return replace(node, reads=reads, width=rows.width, height=rows.height)


def _narrow_read(read: Read, made: Spans) -> Read:
    return replace(read, rows=_narrow_rows(read.rows, read.tensor, made))


def _narrow_rows(rows: Rows, tensor: int, made: Spans) -> Rows:
    if tensor not in made.columns:
        return rows
    return replace(rows, width=made.width(tensor), height=made.height(tensor))


def _shapes(
    lowered: Mapping[str, Lowered],
    net: Network,
    known: Mapping[int, Sequence[tuple[Fused, Lowered]]],
    tilings: Sequence[Tiles],
    most: int,
) -> Iterator[_Shape]:
    for end in range(2, len(net.nodes)):
        inputs_end = all(net.values[one].last < end for one in net.inputs)
        if not inputs_end or not fits_tiles(net, net.nodes[:end], end):
            continue
        size = net.values[net.nodes[end - 1].output].rows
        for tiles in tilings:
            if tiles.columns <= size.width and tiles.rows <= size.height:
                strips = tiles.columns > 2 and tiles.rows == 1
                even = _even(net, end, tiles) if strips else tiles
                shape = _Shape(lowered, net, known, end, even)
                if shape.halo <= most:
                    yield shape


def _even(net: Network, end: int, tiles: Tiles) -> Tiles:
    """Strips with the outermost as much wider as makes line buffers least."""
    nodes = net.nodes[:end]
    kept: dict[int, int] = {}
    for node in nodes:
        for read in node.reads:
            rows = (read.kernel_height - 1) * net.values[read.tensor].pixel
            kept[read.tensor] = max(kept.get(read.tensor, 0), rows)
    found: list[tuple[int, Tiles]] = []
    for edge in range((net.values[nodes[-1].output].rows.width - tiles.columns) // 2 + 1):
        wider = tiles._replace(edge=edge)
        made = spans(net, nodes, wider)
        size = sum(made.width(tensor) * kept.get(tensor, 0) for tensor in made.columns)
        found.append((size, wider))
        if all(one > min(found) for one in found[-_WORSE:]):
            break
    return min(found)[1]


def _bands(
    graph: Graph, lowered: Mapping[str, Lowered], net: Network
) -> Iterator[tuple[int, list[tuple[Fused, Lowered]]]]:
    for bottleneck in find_bottlenecks(graph):
        operators = graph.operators[bottleneck.first : bottleneck.end]
        parts = [lowered[operator.name] for operator in operators]
        heights = sorted({min(height, parts[-1].output.height) for height in HEIGHTS})
        hows = [lower_band(operators, parts, height) for height in heights]
        yield (
            bottleneck.first,
            [(fused_node(net, bottleneck.first, bottleneck.end, how), how) for how in hows],
        )
