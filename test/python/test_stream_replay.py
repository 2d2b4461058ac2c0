"""Streamed plans of random small networks, replayed run by run in an arena of tags."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from collections.abc import Iterator

import pytest
from support.random_plans import random_plan
from support.stream_graphs import stream_graph
from thumbnet.errors import ThumbnetError
from thumbnet.plan import LineBuffer, Plan
from thumbnet.schedule.replay import ReplayError
from thumbnet.schedule.replay_stream import replay_plan
from thumbnet.schedule.stream import INPUTS, schedule_stream

BATCHES = [range(first, first + 14) for first in range(0, 210, 14)]
"""Seeds of networks; those of one batch are one test."""

NARROW = 14
"""Pixels a side at most, so that replaying takes milliseconds."""


def random_plans(seeds: range) -> Iterator[tuple[str, Plan]]:
    """Plans of random stages for every sort of input, with a name for messages."""
    for seed in seeds:
        graph = stream_graph(seed, least=6, most=NARROW)
        for source in INPUTS:
            plan = random_plan(graph, source, random.Random(seed))
            if plan is not None:
                yield f"seed {seed}, {source}", plan


def chosen_plans(seeds: range) -> Iterator[tuple[str, Plan]]:
    """The plans that the scheduler chooses."""
    for seed in seeds:
        graph = stream_graph(seed, least=6, most=NARROW)
        for source in INPUTS:
            for objective, limit in (("ram", None), ("speed", None), ("speed", 1000)):
                try:
                    plan = schedule_stream(
                        graph, input=source, objective=objective, ram_limit=limit
                    )
                except ThumbnetError:
                    assert source == "rows"
                    continue
                yield f"seed {seed}, {source}, {objective} {limit}", plan


@pytest.mark.parametrize("seeds", BATCHES, ids=str)
def test_random_stages_replay(seeds: range) -> None:
    """No byte that is still needed is written over, whatever the stages and segment widths."""
    streams = 0
    for name, plan in random_plans(seeds):
        streams += sum(stage.kind == "stream" for stage in plan.stages)
        try:
            replay_plan(plan)
        except ReplayError as error:
            pytest.fail(f"{name}: {error}")
    assert streams >= len(seeds)


@pytest.mark.parametrize("seeds", BATCHES[::3], ids=str)
def test_chosen_plans_replay(seeds: range) -> None:
    """The same for what the scheduler chooses."""
    for name, plan in chosen_plans(seeds):
        try:
            replay_plan(plan)
        except ReplayError as error:
            pytest.fail(f"{name}: {error}")


def test_line_buffers_are_minimal() -> None:
    """One row or one column less is too little, of every row and of nearly every margin."""
    enough: Counter[tuple[str, bool]] = Counter()
    for _, plan in random_plans(range(1000, 1030)):
        for index, stage in enumerate(plan.stages):
            for line in stage.lines.values():
                if line.rows:
                    less = dataclasses.replace(line, rows=line.rows - 1)
                    enough["rows", _replays(_with_line(plan, index, less))] += 1
                if line.margin:
                    less = dataclasses.replace(line, margin=line.margin - 1)
                    enough["margin", _replays(_with_line(plan, index, less))] += 1
    assert enough["rows", True] == 0 and enough["rows", False] > 100
    assert enough["margin", True] < 0.08 * enough["margin", False]


def _with_line(plan: Plan, index: int, line: LineBuffer) -> Plan:
    """``plan`` with another line buffer, no larger, in the same place."""
    stage = plan.stages[index]
    changed = dataclasses.replace(stage, lines={**stage.lines, line.tensor: line})
    stages = (*plan.stages[:index], changed, *plan.stages[index + 1 :])
    return dataclasses.replace(plan, stages=stages)


def _replays(plan: Plan) -> bool:
    try:
        replay_plan(plan)
    except ReplayError:
        return False
    return True


def test_no_place_is_wasted() -> None:
    """A buffer of a stage can be moved onto its neighbour only at a price.

    But where the last column of a row is one that no window reads again: a kept row has it all the
    same, and its neighbour could begin there. Or where one pixel is made of another in its place.
    """
    free: Counter[bool] = Counter()
    for seed in range(40):
        graph = stream_graph(seed, least=10, most=12)
        plan = schedule_stream(graph, input="arena", objective="ram", moderate=float("inf"))
        for stage in plan.stages:
            for name, line in stage.lines.items():
                slots, strip = plan.memory.lines[name]
                for moved in [(slots - 1, strip)] * bool(line.rows) + [(slots, strip - 1)]:
                    lines = {**plan.memory.lines, name: moved}
                    memory = dataclasses.replace(plan.memory, lines=lines)
                    free[_replays(dataclasses.replace(plan, memory=memory))] += 1
    assert free[False] > 60
    assert free[True] < 0.05 * free[False]
