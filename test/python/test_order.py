"""Orders of operators: against brute force, in plans, locks and generated code."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from support import shared
from support.all_plans import orders
from support.compiled import compile_file, litert_outputs, mismatches, run_on
from support.memory_graphs import GraphBuilder, random_graph
from support.small_networks import POINT, SCALE, Net
from support.small_networks import suite as samples_for
from support.stream_graphs import stream_graph
from support.tflite_model import Value
from thumbnet.frontends.tflite import read_tflite
from thumbnet.ir.graph import Graph
from thumbnet.passes import run_passes
from thumbnet.passes.quantized_io import quantize_io
from thumbnet.schedule import order as order_module
from thumbnet.schedule.choose import Chooser
from thumbnet.schedule.layers import make_plan
from thumbnet.schedule.lock import make_lock, pinned_plan
from thumbnet.schedule.lowering import lower_all
from thumbnet.schedule.order import Needs, Order, is_forced, least_orders, least_peak, reordered
from thumbnet.schedule.replay_stream import replay_plan
from thumbnet.schedule.stream import schedule_stream
from thumbnet.schedule.stream_net import make_network

MOST_ORDERS = 60


def needs_of(graph: Graph) -> Needs:
    return Needs(make_network(graph, lower_all(graph)))


def branched_graphs(seeds: range) -> Iterator[tuple[int, Graph, list[Order]]]:
    """Graphs with two to MOST_ORDERS orders, and these as numbers of operators."""
    for seed in seeds:
        if seed % 2:
            graph = random_graph(seed, 3 + seed % 6)
        else:
            graph = stream_graph(seed, least=4, most=9, blocks=2)
        if len(graph.operators) <= 9:
            found = list(islice(orders(graph), MOST_ORDERS + 1))
            assert is_forced(graph) == (len(found) == 1), seed
            if 1 < len(found) <= MOST_ORDERS:
                number = {one.name: at for at, one in enumerate(graph.operators)}
                yield seed, graph, [tuple(number[one.name] for one in order) for order in found]


@pytest.mark.parametrize("seeds", [range(0, 150), range(150, 300)], ids=str)
def test_least_peak_is_that_of_all_orders(seeds: range) -> None:
    """By the exact memory plan of every order; arenas are as small but for gaps."""
    compared, improved = 0, 0
    for seed, graph, every in branched_graphs(seeds):
        plans = {order: make_plan(reordered(graph, order)) for order in every}
        peaks = {order: max(plan.memory.live_bytes.values()) for order, plan in plans.items()}
        given = tuple(range(len(graph.operators)))
        found = least_peak(graph, needs_of(graph))
        assert peaks[found or given] == min(peaks.values()), seed
        compared, improved = compared + 1, improved + (found is not None)
        least = min(plan.memory.arena_size for plan in plans.values())
        layers = Chooser(graph, "arena").plan("speed", least)
        assert layers.memory.arena_size == least, seed
        replay_plan(layers)
    assert compared >= 40 and improved >= 15


def test_least_orders_finds_all_or_good_ones() -> None:
    """All orders where they are few; else one that is nearly the best of all."""
    missed, compared = 0, 0
    for seed, graph, every in branched_graphs(range(300)):
        needs = needs_of(graph)

        def score(order: Order, _: int, needs: Needs = needs) -> int:
            return needs.peak(order)

        found = least_orders(graph, score, MOST_ORDERS)
        assert found == sorted((score(order, 0), order) for order in every), seed
        if len(every) >= 12:
            few = least_orders(graph, score, 10)
            assert len(few) <= 10 and few[-1][1] == tuple(range(len(graph.operators)))
            compared, missed = compared + 1, missed + (few[0][0] > found[0][0])
    assert compared >= 10 and missed <= compared / 4


def test_narrow_search_stays_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where too many sets of operators are possible, what comes back is still an improvement."""
    monkeypatch.setattr(order_module, "WIDTH", 2)
    improved = 0
    for seed, graph, every in branched_graphs(range(300)):
        needs = needs_of(graph)
        found = least_peak(graph, needs)
        if found is not None:
            assert found in every
            assert needs.peak(found) < needs.peak(range(len(graph.operators))), seed
            improved += 1
    assert improved >= 25


def wide(branches: int) -> Graph:
    """Many branches of one image, each of which widens before it shrinks, made side by side."""
    builder = GraphBuilder((1, 12, 12, 2))
    tops = [builder.conv(builder.inputs[0], 6) for _ in range(branches)]
    ends = [builder.conv(builder.conv(top, 8, 3), 1, 1, 2) for top in tops]
    return builder.graph(builder.concatenation(tuple(ends)))


def test_large_graphs_of_many_branches() -> None:
    """Thirty-one operators in ten branches: far too many orders to look at."""
    graph = wide(10)
    chooser = Chooser(graph, "arena")
    given = make_plan(graph).memory.arena_size
    one_by_one = 144 * (2 + 6 + 8) + 36 * 9
    plan = chooser.plan("speed", one_by_one)
    assert plan.memory.arena_size <= one_by_one < given / 3
    assert all(stage.kind == "layer" for stage in plan.stages)
    replay_plan(plan)


def test_streams_in_another_order_need_less_and_cost_no_more() -> None:
    """Never worse than in the given order; the lock of a reordered plan makes it again."""
    gained, moved = 0, 0
    for seed, graph, _ in branched_graphs(range(0, 300, 2)):
        given = schedule_stream(graph, moderate=float("inf")).memory.arena_size
        plan = Chooser(graph, "arena").plan("ram", 1)
        assert plan.memory.arena_size <= given, seed
        replay_plan(plan)
        gained += plan.memory.arena_size < given
        names = [step.operator.name for step in plan.steps]
        assert names == [operator.name for operator in plan.graph.operators]
        if names != [operator.name for operator in graph.operators]:
            moved += 1
            lock = make_lock(plan, model="net", sha256="", version="0")
            again = pinned_plan(graph, lock, "plan.lock", input="arena")
            assert again.memory.offsets == plan.memory.offsets
            assert [step.operator.name for step in again.steps] == names
    assert gained >= 5 and moved >= gained


def test_what_fits_keeps_its_order() -> None:
    """Operators are not moved where RAM is not what is missing."""
    graph = wide(3)
    whole = make_plan(graph)
    for limit in (None, whole.memory.arena_size):
        plan = Chooser(graph, "arena").plan("speed", limit)
        assert plan.graph is graph
    assert Chooser(graph, "arena").plan("speed", whole.memory.arena_size - 1).graph is not graph


def fan(net: Net) -> Value:
    """Three branches that start side by side in the file; better one after the other."""
    image = net.image(1, 12, 12, 3)
    tops = [net.conv(image, 6, kernel=1, scale=SCALE * (i + 1)) for i in range(3)]
    ends = [net.conv(net.depthwise(top, scale=SCALE), 2, stride=2) for top in tops]
    return net.add(net.add(ends[0], ends[1], scale=0.1, zero_point=POINT), ends[2], scale=0.1)


@pytest.mark.parametrize("schedule", [{"objective": "ram"}, {"objective": "speed", "ram": 2400}])
def test_reordered_networks_are_exact(schedule: dict[str, object], tmp_path: Path) -> None:
    """Less RAM than in the file's order, and LiteRT's outputs on the host."""
    net = Net()
    model = net.finish([fan(net)])
    path = tmp_path / "fan.tflite"
    path.write_bytes(model)
    compiled = compile_file(path, schedule=schedule)
    names = [operator.name for operator in compiled.graph.operators]
    assert [step.operator.name for step in compiled.plan.steps] != names
    given = make_plan(compiled.graph)
    if schedule["objective"] == "ram":
        given = schedule_stream(compiled.graph)
    assert compiled.plan.memory.arena_size < given.memory.arena_size
    samples = samples_for(compiled.reference_graph)
    expected = litert_outputs(model, compiled, samples)
    assert len({np.asarray(outputs[0]).tobytes() for outputs in expected}) > 1
    assert not mismatches(run_on(compiled, "host", samples), expected)


def test_chains_have_one_order() -> None:
    """Residuals and squeeze-and-excite do not make a graph branch."""
    builder = GraphBuilder((1, 8, 8, 4))
    x = builder.conv(builder.inputs[0], 4)
    y = builder.add(builder.conv(builder.depthwise(x), 4), x)
    graph = builder.graph(builder.add(y, builder.conv(builder.mean(y), 4), "mul"))
    assert is_forced(graph)
    assert not is_forced(wide(2))


@shared.needs_shared
@pytest.mark.parametrize("name", ["mlperf-resnet8", "mcunet-person-det"])
def test_real_networks_with_branches_gain_nothing(name: str) -> None:
    """The files' orders are good: their branches lie where little is live."""
    graph = run_passes(quantize_io(read_tflite(shared.model_path(name))))
    assert not is_forced(graph)
    assert least_peak(graph, needs_of(graph)) is None
    chooser = Chooser(graph, "arena")
    found = chooser.plan("ram", 1).memory.arena_size
    assert found == schedule_stream(graph, moderate=float("inf")).memory.arena_size
