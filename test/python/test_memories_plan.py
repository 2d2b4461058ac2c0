"""Plans for a fast and a slow memory: what lies where, against enumeration and replay."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from collections.abc import Iterator
from itertools import permutations

import pytest
from support.memory_graphs import GraphBuilder
from support.random_plans import random_cuts, random_split_plan
from support.shared import needs_shared
from support.stream_graphs import stream_graph
from test_stream_models import MARKS, model
from thumbnet.plan import Memories, Plan
from thumbnet.schedule import search_cuts
from thumbnet.schedule.accesses import tensor_accesses
from thumbnet.schedule.allocate import allocate
from thumbnet.schedule.assign import Forbidden, bits, buffer_of, split
from thumbnet.schedule.live_ranges import LiveRange
from thumbnet.schedule.memory import Placement
from thumbnet.schedule.predict import predict
from thumbnet.schedule.pushed import why_not_pushed
from thumbnet.schedule.replay import ReplayError
from thumbnet.schedule.replay_stream import replay_plan
from thumbnet.schedule.scheduler import Scheduler
from thumbnet.schedule.search_cuts import Cut
from thumbnet.schedule.search_growth import WHOLE_ROW, Growth, Tables
from thumbnet.schedule.search_memories import Shortage
from thumbnet.schedule.stream_cost import layer_cost
from thumbnet.schedule.stream_memory import parts_of
from thumbnet.schedule.stream_net import Network
from thumbnet.schedule.stream_overlap import Overlaps
from thumbnet.schedule.two_memories import place_stages, schedule_two_memories

MOST_TENSORS = 9
"""Whole tensors whose 2^n assignments are all placed."""

NARROW = 14

TWO_WIDTHS = (1, WHOLE_ROW)
"""Segment widths of the enumeration of stages."""


def arena(ranges: list[LiveRange], forbidden: Forbidden) -> int:
    """Bytes that these buffers take by themselves."""
    keys = {live.key for live in ranges}
    inside = {pair: gap for pair, gap in forbidden.items() if keys.issuperset(pair)}
    return allocate([buffer_of(live) for live in ranges], inside).size


@pytest.mark.parametrize("seeds", [range(0, 60), range(60, 120)], ids=str)
def test_assignments_are_the_best_of_all(seeds: range) -> None:
    """At sizes that just hold some assignment: no other one that fits costs less, and it is known.

    Every assignment of whole tensors is placed, each memory by itself.
    """
    seen: Counter[str] = Counter()
    for seed in seeds:
        rng = random.Random(seed)
        graph = stream_graph(seed, least=6, most=16)
        built = Scheduler(graph, "arena").maker.built(random_cuts(graph, "arena", rng))
        parts = parts_of(graph, built, input_in_arena=True)
        movable = [i for i, live in enumerate(parts.ranges) if not live.is_scratch]
        if len(movable) > MOST_TENSORS:
            continue
        steps = [step for found in built for step in found.stage.steps]
        by_tensor = tensor_accesses(graph, steps, parts.views)
        table = []
        for number in range(1 << len(movable)):
            slow = {movable[place] for place in bits(number)}
            sides = [
                [live for i, live in enumerate(parts.ranges) if (i in slow) == side]
                for side in (False, True)
            ]
            cost = sum(by_tensor[live.name] for live in sides[1])
            table.append((cost, *(arena(side, parts.forbidden) for side in sides)))
        costs = {live.key: by_tensor[live.name] for live in parts.ranges if not live.is_scratch}
        for _, fast, slow_size in rng.sample(table, min(6, len(table))):
            best = min(cost for cost, a, b in table if a <= fast and b <= slow_size)
            memories = Memories(fast, slow_size)
            found = split(parts.ranges, parts.forbidden, costs, memories)
            assert found is not None, (seed, fast, slow_size)
            assert found.cost == best, (seed, fast, slow_size)
            assert found.least <= best
            assert found.fast_at.size <= fast and found.slow_at.size <= slow_size
            assert not any(key.startswith(("scratch", "stage")) for key in found.slow)
            seen.update({"all": 1, "some slow": best > 0, "proved": found.least == best})
    assert seen["all"] > 100 and seen["some slow"] > 80
    assert seen["proved"] >= 0.98 * seen["all"]


def split_plans(seeds: range) -> Iterator[tuple[str, Plan]]:
    """Random stages in two memories of random sizes, for every sort of input."""
    for seed in seeds:
        graph = stream_graph(seed, least=6, most=NARROW)
        for source in ("arena", "buffer", "rows"):
            if source != "rows" or why_not_pushed(graph) is None:
                plan = random_split_plan(graph, source, random.Random(seed))
                yield f"seed {seed}, {source}", plan


@pytest.mark.parametrize("seeds", [range(0, 30), range(30, 60)], ids=str)
def test_random_plans_replay(seeds: range) -> None:
    """No byte that is still needed is written over, in either memory."""
    seen: Counter[str] = Counter()
    for name, plan in split_plans(seeds):
        try:
            replay_plan(plan)
        except ReplayError as error:
            pytest.fail(f"{name}: {error}")
        slow = plan.memory.slow
        assert slow is not None
        assert slow.size == max((p.end for p in plan.memory.placements if p.slow), default=0)
        assert not any(place.slow and place.live.is_scratch for place in plan.memory.placements)
        inside = {name for p in plan.memory.placements if p.slow for name in p.live.tensors}
        assert inside == slow.tensors
        seen.update({"slow": slow.size > 0, "several": len(slow.tensors) > 1})
        streams = [stage for stage in plan.stages if stage.kind == "stream"]
        for stage in streams:
            made = {step.operator.outputs[0] for step in stage.steps}
            read = {name for step in stage.steps for name in step.operator.inputs}
            seen["streams write slow"] += bool(made & slow.tensors)
            seen["streams read slow"] += bool((read - made) & slow.tensors)
            seen["accumulated into slow"] += any(
                step.lowered.accumulates and step.operator.outputs[0] in slow.tensors
                for step in stage.steps
            )
    assert min(seen.values()) >= 3, seen
    assert len(seen) == 5, seen


def test_a_slow_tensor_one_byte_nearer_fails_to_replay() -> None:
    """The replay sees the slow memory: few places there have a byte to spare."""
    tried = failed = 0
    for _, plan in split_plans(range(100, 140)):
        slow = plan.memory.slow
        assert slow is not None
        if slow.size:
            less = dataclasses.replace(slow, size=slow.size - 1)
            memory = dataclasses.replace(plan.memory, slow=less)
            with pytest.raises(ReplayError):
                replay_plan(dataclasses.replace(plan, memory=memory))
        for place, step in _touching(plan):
            moved = dict.fromkeys(place.live.tensors, place.offset + step)
            offsets = {**plan.memory.offsets, **moved}
            memory = dataclasses.replace(plan.memory, offsets=offsets)
            tried += 1
            failed += not _replays(dataclasses.replace(plan, memory=memory))
    # Windows without padding leave bytes at the ends that nothing reads.
    assert tried > 20 and failed > 0.7 * tried, (failed, tried)


def _touching(plan: Plan) -> Iterator[tuple[Placement, int]]:
    """Slow tensors next to one that is needed after their birth, and the step towards it."""
    slow = [place for place in plan.memory.placements if place.slow]
    for a, b in permutations(slow, 2):
        if a.live.first <= b.live.first < a.live.last:
            if b.offset == a.end:
                yield b, -1
            elif b.end == a.offset:
                yield b, 1


def _replays(plan: Plan) -> bool:
    try:
        replay_plan(plan)
    except ReplayError:
        return False
    return True


def test_the_same_offsets_in_one_memory_fail_to_replay() -> None:
    """Guards the replays above against looking at one arena only."""
    broken = tried = 0
    for _, plan in split_plans(range(40)):
        slow = plan.memory.slow
        assert slow is not None
        if len(slow.tensors) > 1:
            tried += 1
            size = max(plan.memory.arena_size, slow.size)
            memory = dataclasses.replace(plan.memory, slow=None, arena_size=size)
            broken += not _replays(dataclasses.replace(plan, memory=memory))
    assert tried > 10 and broken > 0.8 * tried, (broken, tried)


@pytest.mark.parametrize("source", ["arena", "buffer", "rows"])
def test_scheduled_plans_fit_and_replay(source: str) -> None:
    """Both limits hold; where all fits the fast memory the slow one is empty."""
    kinds: Counter[str] = Counter()
    for seed in range(40):
        graph = stream_graph(seed, least=8, most=NARROW)
        if source == "rows" and why_not_pushed(graph) is not None:
            continue
        rng = random.Random(seed)
        scheduler = Scheduler(graph, source)
        whole = scheduler.smallest(float("inf")).memory.arena_size
        sizes = Memories(int(whole * rng.uniform(0.2, 1.2)), int(whole * rng.uniform(0.2, 2)))
        for objective in ("speed", "ram"):
            plan = schedule_two_memories(graph, input=source, objective=objective, memories=sizes)
            if isinstance(plan, Shortage):
                kinds["short"] += 1
                assert sizes.fast < whole, "the smallest plan fits the fast memory alone"
                continue
            slow = plan.memory.slow
            assert slow is not None
            assert plan.memory.arena_size <= sizes.fast and slow.size <= sizes.slow
            assert (slow.size == 0) == (slow.accesses == 0) == (not slow.tensors)
            if sizes.fast >= whole and objective == "ram":
                kinds["all fast"] += slow.size == 0
            kinds["some slow"] += slow.size > 0
            replay_plan(plan)
    assert kinds["some slow"] >= 15 and kinds["all fast"] >= 1, kinds


def all_paths(net: Network, first: int = 0) -> Iterator[list[Cut]]:
    """Every way of cutting a network into layers and streams of the two segment widths."""
    if first == len(net.nodes):
        yield []
        return
    stages = [Cut(first, first + 1, None, 0, layer_cost(net.nodes[first]))]
    tables = Tables(net, TWO_WIDTHS, priced=True)
    growth = Growth(net, Overlaps(net), first, tables)
    while growth.walk.end < len(net.nodes) and growth.extend():
        end = growth.walk.end
        if end > first + 1:
            pairs = zip(TWO_WIDTHS, growth.costs, strict=True)
            stages += [Cut(first, end, width, 0, cost) for width, cost in pairs]
    for stage in stages:
        for rest in all_paths(net, stage.end):
            yield [stage, *rest]


def test_stages_are_nearly_the_best_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where any stages fit, some are found; their estimate is mostly the least, 10 % off at most.

    Of up to six operators, all cuts and assignments; the estimate is as in ``two_memories.py``.
    """
    monkeypatch.setattr(search_cuts, "WIDTHS", TWO_WIDTHS)
    excess: list[float] = []
    for seed in range(70):
        graph = stream_graph(seed, least=8, most=16, blocks=2)
        if not 3 <= len(graph.operators) <= 6:
            continue
        scheduler, rng = Scheduler(graph, "arena"), random.Random(seed)
        layers = [Cut(index, index + 1, None, 0, 0) for index in range(len(graph.operators))]
        whole = scheduler.make(layers).memory.arena_size
        sizes = Memories(int(whole * rng.uniform(0.1, 0.6)), int(whole * rng.uniform(0.4, 1)))
        costs = []
        for path in all_paths(scheduler.net):
            plan = place_stages(scheduler.maker, path, sizes)
            if plan is not None and plan.memory.slow is not None:
                costs.append(sum(cut.cost for cut in path) + plan.memory.slow.accesses)
        found = schedule_two_memories(graph, input="arena", objective="speed", memories=sizes)
        assert isinstance(found, Plan) == bool(costs), (seed, sizes)
        if isinstance(found, Plan) and found.memory.slow is not None:
            price = predict(found).stages + found.memory.slow.accesses
            assert price >= min(costs)
            excess.append((price - min(costs)) / min(costs))
    assert len(excess) >= 8
    assert max(excess) < 0.1 and sum(more == 0 for more in excess) >= 0.85 * len(excess)


def test_a_shortage_says_what_would_do() -> None:
    """With the size that it names there is a plan; a byte less than stages need is never enough."""
    kinds: Counter[str] = Counter()
    for seed in range(40):
        graph = stream_graph(seed, least=8, most=NARROW)
        rng = random.Random(seed)
        source = "arena" if why_not_pushed(graph) is not None else rng.choice(["arena", "rows"])
        whole = Scheduler(graph, source).smallest(float("inf")).memory.arena_size
        least, most = rng.choice([(0.01, 0.1), (0.1, 0.4)])
        sizes = Memories(int(whole * rng.uniform(least, most)), int(whole * rng.uniform(0.2, 1.5)))
        found = schedule_two_memories(graph, input=source, objective="speed", memories=sizes)
        if not isinstance(found, Shortage):
            continue
        kinds[found.memory] += 1
        assert found.least > (sizes.fast if found.memory == "fast" else sizes.slow)
        assert found.operator in {operator.name for operator in graph.operators}
        enough = dataclasses.replace(sizes, **{found.memory: found.least})
        plan = schedule_two_memories(graph, input=source, objective="speed", memories=enough)
        assert isinstance(plan, Plan), (seed, found)
        tight = dataclasses.replace(sizes, **{found.memory: found.least - 1})
        less = schedule_two_memories(graph, input=source, objective="speed", memories=tight)
        kinds["exact"] += isinstance(less, Shortage)
    assert kinds["slow"] >= 5 and kinds["fast"] >= 5, kinds
    assert kinds["exact"] >= 0.8 * (kinds["slow"] + kinds["fast"]), kinds


@needs_shared
@pytest.mark.parametrize("name", MARKS)
def test_assignments_of_real_networks_are_proven_best(name: str) -> None:
    """Layer by layer with a tenth and with half of what one memory takes in fast memory."""
    graph = model(name)
    scheduler = Scheduler(graph, "arena")
    cuts = [Cut(index, index + 1, None, 0, 0) for index in range(len(graph.operators))]
    whole = scheduler.make(cuts).memory.arena_size
    for part in (10, 2):
        plan = place_stages(scheduler.maker, cuts, Memories(whole // part, whole))
        assert plan is not None
        slow = plan.memory.slow
        assert slow is not None
        assert 0 < slow.accesses == slow.least
        replay_plan(plan)


def test_accesses_of_a_small_network_by_hand() -> None:
    """3x3 depthwise on 4x4x2, then 1x1 to 5 channels and a residual of them with themselves."""
    builder = GraphBuilder((1, 4, 4, 2))
    deep = builder.depthwise(builder.inputs[0], 3)
    wide = builder.conv(deep, 5)
    result = builder.add(wide, wide)
    graph = builder.graph(result)
    scheduler = Scheduler(graph, "arena")
    cuts = random_cuts(graph, "arena", random.Random(0))
    steps = [step for found in scheduler.maker.built(cuts) for step in found.stage.steps]
    found = tensor_accesses(graph, steps, {})
    # Windows cover 3 + 3 rows in the middle and 2 + 2 at the edges, and as many columns.
    assert found["in0"] == 32 + 10 * 10 * 2
    # Written once; read for every two of five channels.
    assert found[deep] == 32 + 3 * 32
    assert found[wide] == 80 + 2 * 80
    assert found[result] == 80 + 80


def test_one_memory_of_both_sizes_is_no_smaller() -> None:
    """Two memories together never hold more than their sizes say; one arena is the floor."""
    for _, plan in split_plans(range(20)):
        slow = plan.memory.slow
        assert slow is not None
        assert plan.memory.total_size == plan.memory.arena_size + slow.size
        scheduler = Scheduler(plan.graph, "arena" if plan.input_in_arena else "buffer")
        if not plan.pushed:
            assert plan.memory.total_size >= scheduler.least
