"""Operators that move elements in streamed stages: LiteRT's outputs, within buffers."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from support.compiled import compile_file
from support.random_plans import random_plan
from support.schedules import check_exact, planned
from support.shape_networks import shape_network
from support.small_networks import suite
from thumbnet.pipeline import Compiled
from thumbnet.plan import Plan, Step
from thumbnet.schedule.pushed import why_not_pushed
from thumbnet.schedule.replay_stream import replay_plan

INPUTS = ("arena", "buffer", "rows")
SEEDS = range(6)
FEATURES = {
    *("pick", "space_to_depth", "depth_to_space", "resize_bilinear", "concatenation"),
    *("crops", "numbered upwards", "maps that go back", "rows in another order"),
}
"""What the streamed stages must have in them."""


def write_network(folder: Path, seed: int) -> Compiled:
    """The network of that seed, compiled for the least RAM."""
    path = folder / "net.tflite"
    path.write_bytes(shape_network(seed))
    return compile_file(path, name="least", schedule={"input": "buffer", "objective": "ram"})


def random_plans(model: Compiled, seed: int) -> list[Plan]:
    """Two random plans for every sort of input that the network allows."""
    graph = model.plan.graph
    sources = [s for s in INPUTS if s != "rows" or why_not_pushed(graph) is None]
    seeds = (seed, seed + 90)
    return [random_plan(graph, source, random.Random(i)) for i in seeds for source in sources]


@pytest.mark.parametrize("seed", SEEDS)
def test_networks_are_exact_in_every_schedule(seed: int, tmp_path: Path) -> None:
    model = write_network(tmp_path, seed)
    plans = random_plans(model, seed)
    for plan in (model.plan, *plans):
        replay_plan(plan)
    models = [model, *(planned(model, plan, f"random_{i}") for i, plan in enumerate(plans))]
    check_exact(tmp_path / "net.tflite", models, suite(model.reference_graph), tmp_path)


def test_plans_have_everything_in_them(tmp_path: Path) -> None:
    """Guards the test above against looking at nothing."""
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        model = write_network(tmp_path, seed)
        for plan in (model.plan, *random_plans(model, seed)):
            for stage in plan.stages:
                if stage.kind == "stream":
                    for step in stage.steps:
                        _look(step, stage.upwards, seen)
    assert set(seen) >= FEATURES, FEATURES - set(seen)


def _look(step: Step, upwards: bool, seen: Counter[str]) -> None:
    seen[step.operator.kind] += 1
    seen["numbered upwards"] += step.lowered.numbered and upwards
    for source in step.lowered.sources:
        rows = source.row_map or ()
        seen["crops"] += min(source.pad, source.pad_left) < 0
        seen["maps that go back"] += source.oldest != rows
        seen["rows in another order"] += rows == tuple(reversed(range(source.rows.height)))
    for name in [name for name, count in seen.items() if not count]:
        del seen[name]
