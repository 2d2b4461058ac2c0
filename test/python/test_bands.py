"""Inverted bottlenecks in bands: exact, replayed, and chosen as an exhaustive search would."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import cast

import pytest
from support import inputs, shared
from support.compiled import compile_file, litert_outputs, mismatches, run_on
from support.random_plans import random_plan
from support.schedules import check_exact, planned
from support.small_networks import suite
from support.stream_graphs import StreamBuilder
from support.stream_networks import stream_network
from thumbnet.ir.attributes import DepthwiseConvolution
from thumbnet.ir.graph import Graph
from thumbnet.passes import run_passes
from thumbnet.pipeline import import_model
from thumbnet.plan import Plan
from thumbnet.schedule.bands import FUSED, MOST_ROWS, find_bottlenecks, in_bands
from thumbnet.schedule.lock import Lock, make_lock, pinned_plan
from thumbnet.schedule.pushed import why_not_pushed
from thumbnet.schedule.replay import ReplayError
from thumbnet.schedule.replay_stream import replay_plan
from thumbnet.schedule.scheduler import Scheduler
from thumbnet.schedule.search_bands import HEIGHTS, BandSearch
from thumbnet.schedule.stream import INPUTS

from thumbnet import manifest

BATCHES = [range(first, first + 20) for first in range(0, 200, 20)]


def banded(graph: Graph, rng: random.Random) -> Graph:
    """The graph with most of its bottlenecks in bands of random heights."""
    found = [one for one in find_bottlenecks(graph) if rng.random() < 0.85]
    return in_bands(graph, {one: rng.randint(1, MOST_ROWS) for one in found})


def plans_of(seed: int) -> Iterator[tuple[str, Plan]]:
    """Random stages of a random graph with bands, for every sort of input."""
    rng = random.Random(seed)
    builder = StreamBuilder((1, rng.randint(5, 13), rng.randint(5, 13), rng.randint(2, 4)))
    x = builder.inputs[0]
    for _ in range(rng.randint(1, 3)):
        channels = builder.shape(x)[3] if rng.random() < 0.5 else rng.randint(2, 5)
        kernel, stride = rng.choice([2, 3, 3, 4, 5, 7]), rng.choice([1, 1, 2])
        x = builder.inverted(x, rng.randint(1, 3), kernel, stride, channels)
        if rng.random() < 0.3:
            x = builder.pyramid(x)[0]
    graph = banded(builder.graph(x), rng)
    for source in INPUTS:
        if source != "rows" or why_not_pushed(graph) is None:
            yield f"seed {seed}, {source}", random_plan(graph, source, rng)


@pytest.mark.parametrize("seeds", BATCHES, ids=str)
def test_random_bands_replay(seeds: range) -> None:
    """No byte that is still needed is written over, whatever the bands, stages and runs."""
    bands = 0
    for seed in seeds:
        for name, plan in plans_of(seed):
            bands += sum(step.lowered.workspace is not None for step in plan.steps)
            try:
                replay_plan(plan)
            except ReplayError as error:
                pytest.fail(f"{name}: {error}")
    assert bands > 2 * len(seeds)


@pytest.mark.parametrize("seed", [0, 2, 3, 4, 5, 8])
def test_random_networks_are_exact_in_bands(seed: int, tmp_path: Path) -> None:
    """Random bands and stages give LiteRT's outputs under sanitizers."""
    path = tmp_path / "net.tflite"
    path.write_bytes(stream_network(1000 + seed, heads=5))
    rng = random.Random(seed)
    model = compile_file(path, name="layers")
    graph = run_passes(import_model(manifest.implicit(path)))
    every = in_bands(graph, dict.fromkeys(find_bottlenecks(graph), 2))
    assert any(operator.kind == FUSED for operator in every.operators)
    graphs = [every, banded(graph, rng), banded(graph, rng)]
    plans = [random_plan(one, INPUTS[i % 2], rng) for i, one in enumerate(graphs)]
    models = [planned(model, plan, f"random_{i}") for i, plan in enumerate(plans)]
    check_exact(path, models, suite(model.reference_graph), tmp_path)


MARKS = {"mcunet-in3": 46_500, "mbv2-w0.35": 17_300, "mcunet-vww1": 11_600}
"""Most bytes of the arena with rows pushed and a tenth of the work done twice."""


@shared.needs_shared
@pytest.mark.parametrize("name", MARKS)
def test_a_tenth_more_work(name: str) -> None:
    """Within the mark, exact on an emulated core, little work again; a lock file repeats it."""
    path = shared.model_path(name)
    schedule = {"input": "rows", "objective": "ram", "recompute": 1.1}
    compiled = compile_file(path, "cortex-m4", schedule=schedule)
    plan = compiled.plan
    assert plan.pushed and plan.network_macs < plan.macs <= 1.1 * plan.network_macs
    shape = compiled.reference_graph.tensor(compiled.reference_graph.inputs[0]).shape
    given = [*shared.real_inputs(name, shape, 1), inputs.smooth(shape, "int8", 1)]
    samples = [[sample] for sample in given]
    found = run_on(compiled, "cortex-m4", samples)
    assert not mismatches(found, litert_outputs(path.read_bytes(), compiled, samples))
    assert found.arena_touched <= found.arena_size == plan.memory.arena_size <= MARKS[name]
    replay_plan(plan)
    lock = make_lock(plan, model=path.name, sha256="0" * 64, version="0")
    pinned = pinned_plan(
        compiled.graph, Lock.model_validate_json(lock.text()), "lock", input="rows"
    )
    assert make_lock(pinned, model=path.name, sha256="0" * 64, version="0") == lock
    assert pinned.memory.offsets == plan.memory.offsets


def expanded_rows(height: int, out: int, kernel: int, stride: int, pad: int, band: int) -> int:
    """Rows that bands expand, one after the other."""
    rows = 0
    for y in range(0, out, band):
        needed = {
            (y + b) * stride - pad + k for b in range(min(band, out - y)) for k in range(kernel)
        }
        # A kernel is given adjacent rows, also those that a stride leaves out.
        rows += sum(0 <= row < height for row in range(min(needed), max(needed) + 1))
    return rows


def test_work_is_counted() -> None:
    """Multiply-accumulates are those of the network and of every row that is expanded again."""
    rng = random.Random(1)
    for _ in range(60):
        height, width, depth = rng.randint(5, 20), rng.randint(3, 9), rng.randint(2, 4)
        kernel, stride, band = rng.choice([2, 3, 5, 7]), rng.choice([1, 2]), rng.randint(1, 8)
        builder = StreamBuilder((1, height, width, depth))
        x = builder.inverted(builder.inputs[0], 3, kernel, stride, 5)
        graph = builder.graph(x)
        (bottleneck,) = find_bottlenecks(graph)
        how = cast(DepthwiseConvolution, graph.operators[1].attributes).window
        out = builder.shape(x)[1]
        again = expanded_rows(height, out, kernel, stride, how.pad_top, band) - height
        before, after = (
            sum(node.macs for node in Scheduler(one, "arena").net.nodes)
            for one in (graph, in_bands(graph, {bottleneck: band}))
        )
        assert after - before == again * width * depth * 3 * depth


def chains() -> Iterator[tuple[int, Graph]]:
    """Networks of two or three bottlenecks and little else."""
    for seed in range(40):
        rng = random.Random(seed)
        builder = StreamBuilder((1, rng.randint(8, 20), rng.randint(8, 20), rng.randint(2, 6)))
        x = builder.inputs[0]
        if rng.random() < 0.5:
            x = builder.conv(x, rng.randint(2, 6), 3, rng.choice([1, 2]))
        for _ in range(rng.randint(2, 3)):
            channels = builder.shape(x)[3] if rng.random() < 0.5 else rng.randint(2, 6)
            kernel = rng.choice([3, 5, 7])
            x = builder.inverted(x, rng.randint(2, 5), kernel, rng.choice([1, 1, 2]), channels)
        yield seed, builder.graph(x)


def test_bands_are_the_best_of_all() -> None:
    """The least bytes at several limits on the work are those of all combinations of bands."""
    better = 0
    for seed, graph in chains():
        source = ("arena", "rows")[seed % 2]
        scheduler = Scheduler(graph, source)
        known = every_combination(scheduler)
        macs = known[0][0]
        for most in (macs // 20, macs // 4, macs):
            least = min(size for work, size in known if work <= macs + most)
            search = BandSearch(
                graph, scheduler.lowered, scheduler.net, most=most, pushed=scheduler.pushed
            )
            found = [dict(bands) for bands in search.least(scheduler.least)]
            sizes = [least_of(in_bands(graph, bands), source) for bands in found]
            works = [Scheduler(in_bands(graph, bands), source) for bands in found]
            assert all(sum(n.macs for n in one.net.nodes) <= macs + most for one in works)
            assert sizes[0] == least, (seed, source, most)
            better += least < scheduler.least
    assert better > 40


def every_combination(scheduler: Scheduler) -> list[tuple[int, int]]:
    """(multiply-accumulates, least bytes) of all combinations of bands, none first."""
    found = []
    bottlenecks = find_bottlenecks(scheduler.graph)
    for heights in product((0, *HEIGHTS), repeat=len(bottlenecks)):
        chosen = {one: n for one, n in zip(bottlenecks, heights, strict=True) if n}
        other = Scheduler(in_bands(scheduler.graph, chosen), scheduler.input)
        found.append((sum(node.macs for node in other.net.nodes), other.least))
    return found


def least_of(graph: Graph, source: str) -> int:
    """The least bytes of a graph's stages."""
    return Scheduler(graph, source).least
