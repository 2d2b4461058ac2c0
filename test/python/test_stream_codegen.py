"""Streamed code on random small networks: LiteRT's outputs in every schedule, within buffers."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from support.compiled import compile_file
from support.random_plans import random_plan
from support.schedules import check_exact, planned
from support.small_networks import suite
from support.stream_networks import stream_network
from thumbnet.passes import run_passes
from thumbnet.pipeline import import_model
from thumbnet.plan import Plan, Stage
from thumbnet.schedule.pushed import why_not_pushed

from thumbnet import manifest

SEEDS = range(12)
INPUTS = ("arena", "buffer", "rows")

FEATURES = {
    *("stream conv_2d", "stream depthwise_conv_2d", "stream max_pool_2d", "stream add"),
    *("stream average_pool_2d", "stream mean", "stream fully_connected", "stream concatenation"),
    *("stream resize_nearest_neighbor", "stream mul", "stream lookup"),
    *("runs shorter than a row", "runs of one pixel", "kept rows", "margins", "no kept rows"),
    *("narrow tensors", "input plan.pushed=True plan.input_in_arena=False"),
}
"""What the random plans must have in them."""


def write_network(folder: Path, seed: int) -> Path:
    """The network of that seed as a file."""
    path = folder / "net.tflite"
    path.write_bytes(stream_network(seed))
    return path


def random_plans(path: Path, seed: int) -> list[Plan]:
    """A random plan for every sort of input that the network allows."""
    graph = run_passes(import_model(manifest.implicit(path)))
    sources = [s for s in INPUTS if s != "rows" or why_not_pushed(graph) is None]
    return [random_plan(graph, source, random.Random(seed)) for source in sources]


@pytest.mark.parametrize("seed", SEEDS)
def test_random_networks_are_exact_in_every_schedule(seed: int, tmp_path: Path) -> None:
    """The least RAM and random plans, from run() and from pushed rows, under sanitizers."""
    path = write_network(tmp_path, seed)
    plans = random_plans(path, seed)
    how = {"input": INPUTS[seed % len(plans)], "objective": "ram"}
    models = [compile_file(path, name="least", schedule=how)]
    models += [planned(models[0], plan, f"random_{i}") for i, plan in enumerate(plans)]
    check_exact(path, models, suite(models[0].reference_graph), tmp_path)


def test_random_plans_have_everything_in_them(tmp_path: Path) -> None:
    """Guards the test above against looking at nothing."""
    seen: Counter[str] = Counter()
    for seed in SEEDS[::2]:
        for plan in random_plans(write_network(tmp_path, seed), seed):
            streams = [stage for stage in plan.stages if stage.kind == "stream"]
            seen["plans"] += 1
            seen["several streams"] += len(streams) > 1
            seen["layers between"] += any(stage.kind == "layer" for stage in plan.stages)
            seen["several outputs"] += len(plan.graph.outputs) > 1
            for stage in streams:
                _look(stage, seen)
            seen.update({f"input {plan.pushed=} {plan.input_in_arena=}": 1})
    few = {what: count for what, count in seen.items() if count < 3}
    assert not few, seen
    assert set(seen) >= FEATURES, FEATURES - set(seen)


def _look(stage: Stage, seen: Counter[str]) -> None:
    for step in stage.steps:
        seen[f"stream {step.operator.kind}"] += 1
        run = stage.segments[step.operator.name]
        width = step.lowered.width or step.lowered.output.width
        seen["runs shorter than a row"] += run < width
        seen["runs of one pixel"] += run == 1 < width
    for line in stage.lines.values():
        seen["kept rows"] += line.rows > 1
        seen["no kept rows"] += line.rows == 0
        seen["margins"] += line.margin > 0
        seen["narrow tensors"] += line.width <= 3
