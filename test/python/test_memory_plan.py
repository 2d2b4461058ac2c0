"""Memory plans of whole graphs: replayed, mutated until they break, and described."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from support.memory_graphs import GraphBuilder, random_graph
from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered
from thumbnet.plan import Plan, memory_map
from thumbnet.schedule.layers import make_plan
from thumbnet.schedule.live_ranges import conflicts
from thumbnet.schedule.memory import MemoryPlan, Placement
from thumbnet.schedule.replay import ReplayError, replay


def lowered_of(plan: Plan) -> dict[str, Lowered]:
    return {step.operator.name: step.lowered for step in plan.steps}


def replay_plan(plan: Plan) -> None:
    memory = plan.memory
    replay(plan.graph, lowered_of(plan), memory.offsets, memory.scratch, memory.arena_size)


@pytest.mark.parametrize("input_in_arena", [True, False])
@pytest.mark.parametrize("block", range(4))
def test_random_networks_replay(block: int, input_in_arena: bool) -> None:
    """Forty networks of all operator kinds with residuals, branches, views and several outputs."""
    for seed in range(40 * block, 40 * block + 40):
        graph = random_graph(seed, 1 + seed % 20)
        plan = make_plan(graph, input_in_arena=input_in_arena)
        replay_plan(plan)
        memory = plan.memory
        assert memory.arena_size == max((p.end for p in memory.placements), default=0)
        assert memory.arena_size >= memory.lower_bound >= max(memory.live_bytes.values())
        assert memory.live_bytes[memory.peak] == max(memory.live_bytes.values())
        for placement in memory.placements:
            assert placement.offset % placement.live.alignment == 0


def tight(plan: Plan) -> Iterator[tuple[Placement, int]]:
    """Buffers with a step by which each comes too near to something that it only just clears.

    Left out are outputs that accumulators write when all inputs are read: they may overlap more.
    """
    graph, placements = plan.graph, plan.memory.placements
    lowered = lowered_of(plan)
    place = {placement.live.key: placement for placement in placements}
    found = conflicts(graph, lowered, tuple(placement.live for placement in placements))
    for (a, b), (low, high) in found.items():
        if low + 1 >= high:
            continue
        first = place[b].live.first
        handover = place[a].live.last == first and 0 <= first < len(graph.operators)
        if handover and lowered[graph.operators[first].name].accumulates:
            continue
        distance = place[b].offset - place[a].offset
        if distance in (low, high):
            yield place[b], 1 if distance == low else -1


def moved(
    memory: MemoryPlan, placement: Placement, step: int
) -> tuple[dict[str, int], dict[str, int]]:
    """Offsets and scratch with one buffer moved."""
    offsets, scratch = dict(memory.offsets), dict(memory.scratch)
    if placement.live.is_scratch:
        scratch[placement.live.name] += step
    for name in placement.live.tensors:
        offsets[name] += step
    return offsets, scratch


def residual_network(seed: int) -> Graph:
    """Every byte of every tensor is read, each with the least distance that its reader allows."""
    rng = random.Random(seed)
    builder = GraphBuilder((1, rng.randint(3, 12), rng.randint(3, 12), rng.randint(1, 6)))
    x = builder.inputs[0]
    for _ in range(rng.randint(2, 7)):
        kernel = rng.choice([1, 3, 5])
        y = builder.conv(x, rng.randint(1, 20))
        y = builder.depthwise(y, kernel, rng.choice([1, 2]) if kernel > 1 else 1)
        y = builder.conv(y, builder.shape(x)[3])
        x = builder.add(y, x) if builder.shape(y) == builder.shape(x) else y
    return builder.graph(builder.fully_connected(builder.mean(x), 10))


@pytest.mark.parametrize("input_in_arena", [True, False])
def test_a_buffer_one_byte_nearer_fails_to_replay(input_in_arena: bool) -> None:
    """Thirty networks: overlap distances and disjointness have no byte to spare."""
    tried = 0
    for seed in range(30):
        plan = make_plan(residual_network(seed), input_in_arena=input_in_arena)
        replay_plan(plan)
        memory, lowered = plan.memory, lowered_of(plan)
        for placement, step in tight(plan):
            offsets, scratch = moved(memory, placement, step)
            with pytest.raises(ReplayError):
                replay(plan.graph, lowered, offsets, scratch, memory.arena_size + 1)
            tried += 1
    assert tried > 200


def test_overlap_saves_what_it_promises() -> None:
    """Expansion, depthwise 3x3 and projection of a residual block, bytes counted by hand."""
    builder = GraphBuilder((1, 8, 8, 4))
    x = builder.inputs[0]
    wide = builder.conv(x, 16)
    deep = builder.depthwise(wide, 3)
    narrow = builder.conv(deep, 4)
    result = builder.add(narrow, x)
    plan = make_plan(builder.graph(result), input_in_arena=True)
    live = plan.memory.live_bytes
    # x stays. The depthwise convolution makes a pair of pixels, a channel of both once it has read
    # that channel's windows, which begin one row and one column back.
    assert live["conv_2d0"] == 256 + 1024
    assert live["depthwise_conv_2d1"] == 256 + 1024 + (8 + 1 + 1) * 16
    assert live["conv_2d2"] == 256 + 1024 + 2 * 4
    assert live["add3"] == 256 + 256
    assert plan.memory.peak == "depthwise_conv_2d1"
    # The narrow tensor can only lie below the deep one, which lies below the wide one: both slide.
    assert plan.memory.arena_size == plan.memory.lower_bound == 256 + 1024 + 10 * 16 + 2 * 4
    replay_plan(plan)


def test_an_empty_graph_has_an_empty_plan() -> None:
    builder = GraphBuilder((1, 1, 1, 4))
    plan = make_plan(builder.graph(builder.inputs[0]), input_in_arena=False)
    assert (plan.memory.arena_size, plan.memory.peak, plan.memory.placements) == (0, "", ())
    inside = make_plan(builder.graph(builder.inputs[0]), input_in_arena=True)
    assert (inside.memory.arena_size, dict(inside.memory.offsets)) == (4, {"in0": 0})


def test_views_have_their_sources_offset() -> None:
    builder = GraphBuilder((1, 4, 4, 2))
    wide = builder.conv(builder.inputs[0], 3)
    flat = builder.reshape(wide, 1, 1, 16, 3)
    plan = make_plan(builder.graph(builder.conv(flat, 2)), input_in_arena=False)
    assert dict(plan.memory.views) == {flat: wide}
    assert plan.memory.offsets[flat] == plan.memory.offsets[wide]


def test_memory_map_is_one_line_a_buffer() -> None:
    builder = GraphBuilder((1, 4, 4, 2), (1, 1, 1, 3))
    flat = builder.reshape(builder.conv("in0", 3), 1, 1, 16, 3)
    graph = builder.graph(builder.add(builder.mean(flat), "in1"), flat)
    plan = make_plan(graph, input_in_arena=True)
    # The input lies 20 above the first output: 3 x 16 written against 2 x 14 bytes read at the
    # last pair. Scratch is aligned; the mean's 3 bytes fill what is left of 70.
    assert memory_map(plan.memory, graph).splitlines() == [
        "arena 70 bytes, peak at mean2",
        "  offset     size     steps  buffer",
        "      20       32      in-0  in0",
        "      64        3      in-3  in1",
        "       0       48     0-out  t0, t1",
        "      48       16       2-2  scratch of mean2",
        "      67        3       2-3  t2",
        "      48        3     3-out  t3",
    ]
