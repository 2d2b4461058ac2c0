"""Operators that move elements in streamed stages: LiteRT's outputs, within buffers."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from support.compiled import compile_file
from support.random_plans import random_plan
from support.schedules import check_exact, planned
from support.shape_networks import shape_network
from support.small_networks import suite
from thumbnet.schedule.pushed import why_not_pushed
from thumbnet.schedule.replay_stream import replay_plan

INPUTS = ("arena", "buffer", "rows")
SEEDS = range(6)
KINDS = {"pick", "conv_2d", "concatenation"}


@pytest.mark.parametrize("seed", SEEDS)
def test_networks_are_exact_in_every_schedule(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(shape_network(seed))
    model = compile_file(path, name="least", schedule={"input": "buffer", "objective": "ram"})
    graph = model.plan.graph
    sources = [s for s in INPUTS if s != "rows" or why_not_pushed(graph) is None]
    plans = [
        random_plan(graph, source, random.Random(seed + i)) for i in (0, 90) for source in sources
    ]
    for plan in (model.plan, *plans):
        replay_plan(plan)
    models = [model, *(planned(model, plan, f"random_{i}") for i, plan in enumerate(plans))]
    check_exact(path, models, suite(model.reference_graph), tmp_path)
