"""The cut search against exhaustive enumeration, and overlap distances against replays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise, product

import pytest
from support.memory_graphs import GraphBuilder
from support.stream_graphs import stream_graph
from thumbnet.errors import ThumbnetError
from thumbnet.ir.graph import Graph
from thumbnet.operators.registry import family
from thumbnet.schedule import stream_overlap
from thumbnet.schedule.replay_stream import Touch, replay_plan
from thumbnet.schedule.scheduler import Scheduler
from thumbnet.schedule.search_cuts import INFINITE, WIDTHS, Cut, Stages, least_bytes
from thumbnet.schedule.search_growth import Growth, Tables, layer_bytes
from thumbnet.schedule.stream import schedule_stream
from thumbnet.schedule.stream_cost import layer_cost
from thumbnet.schedule.stream_net import Network, make_network
from thumbnet.schedule.stream_overlap import Overlaps
from thumbnet.schedule.stream_stage import Walk

SEEDS = range(230)
MOST_OPERATORS = 9


def network(graph: Graph, source: str) -> Network:
    """The search's view of a graph."""
    lowered = {
        operator.name: family(operator).lower(graph, operator) for operator in graph.operators
    }
    return make_network(graph, lowered, input_in_arena=source == "arena")


def all_stages(net: Network, *, pushed: bool) -> dict[tuple[int, int], list[Cut]]:
    """Every stage by its first operator and its end, each grown by itself."""
    count = len(net.nodes)
    tables = Tables(net, WIDTHS, priced=True)
    found: dict[tuple[int, int], list[Cut]] = {}
    for first in range(count):
        for end in range(first + 1, count + 1):
            cuts = found[first, end] = []
            takes_rows = pushed and first == 0
            if end == first + 1 and not takes_rows:
                size, cost = layer_bytes(net, first), layer_cost(net.nodes[first])
                cuts.append(Cut(first, end, None, size, cost))
                continue
            if takes_rows and net.values[net.inputs[0]].last >= end:
                continue
            growth = Growth(net, Overlaps(net), first, tables, pushed=takes_rows)
            if all(growth.extend() for _ in range(first, end)):
                sizes = growth.sizes(0, INFINITE)
                table = zip(WIDTHS, sizes, growth.costs, strict=True)
                cuts += [Cut(first, end, width, size, cost) for width, size, cost in table]
    return found


def all_cuts(net: Network) -> Iterator[list[tuple[int, int]]]:
    """Every way of cutting a network."""
    count = len(net.nodes)
    for choice in product((False, True), repeat=count - 1):
        inner = [cut for cut, taken in enumerate(choice, start=1) if taken]
        yield list(pairwise([0, *inner, count]))


def small_networks() -> Iterator[tuple[int, str, Network]]:
    """Random networks of few operators, for every sort of input."""
    for seed in SEEDS:
        graph = stream_graph(seed, least=6, most=16, blocks=3)
        if len(graph.operators) <= MOST_OPERATORS:
            for source in ("arena", "rows"):
                yield seed, source, network(graph, source)


def test_least_bytes_and_cheapest_are_those_of_all_plans() -> None:
    """Dynamic programming finds the minimum over all 2^(n-1) cuts and all segment widths."""
    compared = 0
    for seed, source, net in small_networks():
        pushed = source == "rows"
        stages = all_stages(net, pushed=pushed)
        paths = [path for path in all_cuts(net) if all(stages[step] for step in path)]
        if not paths:
            assert least_bytes(net, pushed=pushed) == INFINITE
            continue
        compared += 1
        whole = net.live[0]
        least = min(
            max(whole, *(min(cut.size for cut in stages[step]) for step in path)) for path in paths
        )
        assert least_bytes(net, pushed=pushed) == least, (seed, source)
        for limit in (least, least + least // 10, 2 * least):
            chosen = Stages(net, limit, pushed=pushed).cheapest(limit, lambda cut: cut.cost)
            costs = [_least_cost(stages, path, limit) for path in paths]
            assert chosen is not None
            assert sum(cut.cost for cut in chosen) == min(costs), (seed, source, limit)
    assert compared >= 200


def _least_cost(
    stages: dict[tuple[int, int], list[Cut]], path: list[tuple[int, int]], limit: int
) -> int:
    fitting = [[cut.cost for cut in stages[step] if cut.size <= limit] for step in path]
    return sum(map(min, fitting)) if all(fitting) else INFINITE


def one_stage_networks(seeds: range) -> Iterator[tuple[int, Scheduler, Walk]]:
    """Random networks with the longest stage from their first operator on."""
    for seed in seeds:
        scheduler = Scheduler(stream_graph(seed, least=6, most=13), "arena")
        walk = Walk(scheduler.net, 0)
        while walk.end < len(scheduler.net.nodes) and walk.extend():
            pass
        if walk.end > 1:
            yield seed, scheduler, walk


def overlapping_pairs(net: Network, walk: Walk) -> Iterator[tuple[int, int, int | None]]:
    """Dying input, whole output and their distance, where different operators touch them."""
    overlaps = Overlaps(net)
    for tensor, readers in walk.readers.items():
        for output, writer in walk.writers.items():
            dies = net.values[tensor].last < walk.end <= net.values[output].last
            if dies and all(reader != writer for reader, _ in readers):
                yield tensor, output, overlaps.distance(walk, tensor, output)


def test_distances_are_safe_and_mostly_exact() -> None:
    """No less than what a replay shows to be needed; exactly that for most pairs."""
    kinds: Counter[str] = Counter()
    for seed, scheduler, walk in one_stage_networks(range(100)):
        net = scheduler.net
        rest = [Cut(index, index + 1, None, 0, 0) for index in range(walk.end, len(net.nodes))]
        trace: list[Touch] = []
        replay_plan(scheduler.maker.plan([Cut(0, walk.end, 1, 0, 0), *rest]), trace)
        for tensor, output, distance in overlapping_pairs(net, walk):
            if distance is None:
                kinds["apart"] += 1
                continue
            source, result = net.values[tensor], net.values[output]
            needed = _needed(trace, source.name, result.name, -source.size)
            assert distance >= needed, (seed, source.name, result.name)
            kinds["exact" if distance == needed else "more"] += 1
    assert kinds["exact"] > kinds["more"] > kinds["apart"]


def _needed(trace: list[Touch], source: str, result: str, least: int) -> int:
    """The largest (end of what is written) - (start of what is read later)."""
    oldest, found = None, least
    for touch in reversed(trace):
        if touch.tensor == source and not touch.writes:
            oldest = touch.start if oldest is None else min(oldest, touch.start)
        if touch.tensor == result and touch.writes and oldest is not None:
            found = max(found, touch.end - oldest)
    return found


def test_distances_need_few_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those at which something begins or ends give the same as all pixels of the output."""
    seeds = range(200, 300)
    few = [list(overlapping_pairs(s.net, walk)) for _, s, walk in one_stage_networks(seeds)]
    monkeypatch.setattr(stream_overlap, "_thresholds", lambda limits, axis, size: range(size))
    every = [list(overlapping_pairs(s.net, walk)) for _, s, walk in one_stage_networks(seeds)]
    assert few == every and sum(map(len, few)) > 50


def test_speed_stays_within_the_limit_and_gets_cheaper_with_it() -> None:
    """More RAM never costs more instructions; too little gives the least that there is."""
    for seed in range(40):
        graph = stream_graph(seed, least=10, most=16)
        least = schedule_stream(graph, objective="ram", moderate=float("inf")).memory.arena_size
        for limit in (least, least + 50, 2 * least):
            plan = schedule_stream(graph, objective="speed", ram_limit=limit)
            assert plan.memory.arena_size <= limit, (seed, limit)
        plan = schedule_stream(graph, objective="speed", ram_limit=least - 1)
        assert plan.memory.arena_size <= least, seed


def test_moderate_plans_are_no_larger_than_cheaper_ones() -> None:
    """The more a plan may cost, the less RAM it takes."""
    for seed in range(40):
        graph = stream_graph(seed, least=10, most=16)
        sizes = [
            schedule_stream(graph, moderate=moderate).memory.arena_size
            for moderate in (0.1, 1.0, float("inf"))
        ]
        assert sizes == sorted(sizes, reverse=True), (seed, sizes)


def _transposed(builder: GraphBuilder) -> str:
    """Read by rows and as a whole."""
    x = builder.inputs[0]
    return builder.add(builder.conv(x, 2), builder.transpose(x, (0, 2, 1, 3)))


def _wide(builder: GraphBuilder) -> str:
    return builder.add(*builder.inputs)


@pytest.mark.parametrize(
    ("inputs", "network_of", "said"),
    [(1, _transposed, "needs all of the input"), (2, _wide, "one input")],
)
def test_rows_that_cannot_be_pushed(
    inputs: int, network_of: Callable[[GraphBuilder], str], said: str
) -> None:
    """An error names the reason and what to set instead."""
    builder = GraphBuilder(*[(1, 6, 6, 2)] * inputs)
    graph = builder.graph(network_of(builder))
    with pytest.raises(ThumbnetError, match=said) as caught:
        schedule_stream(graph, input="rows")
    assert "buffer" in str(caught.value)
