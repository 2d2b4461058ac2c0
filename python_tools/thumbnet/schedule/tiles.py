"""From a way to run operators over tiles to that stage, and the graph of what follows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered
from thumbnet.plan import Tiles
from thumbnet.schedule.bands import in_bands
from thumbnet.schedule.lowering import lower_all
from thumbnet.schedule.search_growth import segment
from thumbnet.schedule.search_tiles import Tiled, TileSearch, narrowed
from thumbnet.schedule.stream_build import Built
from thumbnet.schedule.stream_cost import layer_cost, run_cost
from thumbnet.schedule.stream_memory import make_block
from thumbnet.schedule.stream_net import Network, make_network
from thumbnet.schedule.stream_stage import Walk
from thumbnet.schedule.tile_regions import spans
from thumbnet.schedule.tile_stage import build_tiles

WIDTHS = (1, 2, 3, 4, 6, 8, 12, 16)
"""Segment widths to choose from; tiles are narrow."""

SPREAD = 1.05
"""How much more than the least RAM a stage may take for less overhead."""


@dataclass(frozen=True, eq=False)
class Beginning:
    """The operators of ``graph`` before ``end`` as a stage over tiles, in some segment width.

    No plan with it needs less than ``peak`` bytes.
    """

    graph: Graph
    end: int
    tiles: Tiles
    peak: int
    lowered: Mapping[str, Lowered]
    net: Network
    _built: dict[int, Built] = field(default_factory=dict, init=False)

    @property
    def rest(self) -> Graph:
        """What follows."""
        output = self.graph.operators[self.end - 1].outputs[0]
        return self.graph.replace(operators=self.graph.operators[self.end :], inputs=(output,))

    def build(self, width: int) -> Built:
        """The stage, in runs of ``width`` pixels of its first operator."""
        if width not in self._built:
            self._built[width] = build_tiles(
                self.graph, self.lowered, self.net, self.end, self.tiles, width
            )
        return self._built[width]

    def size(self, built: Built) -> int:
        """Bytes that the stage needs."""
        whole = self.net.live[0] + self.net.values[self.net.nodes[self.end - 1].output].size
        return whole + make_block(self.graph, built.stage).size

    def within(self, limit: int) -> Iterator[Built]:
        """The stage in each width with which it needs at most ``limit`` bytes, in the least first.

        In any case that.
        """
        for width in WIDTHS:
            built = self.build(width)
            if width != WIDTHS[0] and self.size(built) > limit:
                break
            yield built

    def moderate(self, share: float) -> Built:
        """The stage in the narrowest runs whose overhead is at most that share of whole layers.

        What tiles do twice, which is limited by itself, is no overhead here. Runs no longer than
        little more than the least RAM allows.
        """
        costs = dict(self._costs())
        nodes = self.net.nodes[: self.end]
        budget = min(costs.values()) + share * sum(layer_cost(node) for node in nodes)
        best = self.build(WIDTHS[0])
        most = int(self.size(best) * SPREAD)
        for width in WIDTHS[1:]:
            other = self.build(width)
            if self.size(other) > most:
                break
            best = other
            if costs[width] <= budget:
                break
        return best

    def _costs(self) -> Iterator[tuple[int, int]]:
        made = spans(self.net, self.net.nodes[: self.end], self.tiles)
        nodes = narrowed(self.net, made, self.end).nodes[: self.end]
        walk = Walk(self.net, 0)
        times = [walk.operator_times[index] for index in range(self.end) if walk.extend()]
        for width in WIDTHS:
            runs = [
                segment(width, time, node.width) for time, node in zip(times, nodes, strict=True)
            ]
            cost = sum(run_cost(node, run) for node, run in zip(nodes, runs, strict=True))
            yield width, cost * self.tiles.number


def beginnings(
    graph: Graph,
    lowered: Mapping[str, Lowered],
    net: Network,
    *,
    limit: int,
    most: int,
    within: bool = False,
) -> Iterator[Beginning]:
    """Stages over tiles that may lead to plans of at most ``limit`` bytes.

    With at most ``most`` multiply-accumulates more than the network's. The least bytes come first
    or, where they need only be ``within`` the limit, the least work.
    """
    search = TileSearch(graph, lowered, net, most=most)
    least = search.least(limit)
    # Between buffers there may be gaps, so that only a way of fewer bytes fits.
    ways = [*search.within(limit), *least[:1]] if within else least
    for way in dict.fromkeys(ways):
        yield beginning(graph, way, input_in_arena=net.in_arena[net.inputs[0]])


def beginning(graph: Graph, way: Tiled, *, input_in_arena: bool) -> Beginning:
    """The stage of a way that was found."""
    fused = in_bands(graph, dict((*way.bands, *way.behind)))
    end = way.end - sum(bottleneck.end - bottleneck.first - 1 for bottleneck, _ in way.bands)
    lowered = lower_all(fused)
    net = make_network(fused, lowered, input_in_arena=input_in_arena)
    return Beginning(fused, end, way.tiles, way.peak, lowered, net)
