"""Stages over tiles: exact, replayed, counted by brute force, and chosen as an exhaustive search
would."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from support import shared
from support.compiled import compile_file, litert_outputs, mismatches, run_on
from support.random_tiles import pixels_made, random_bands, random_tiles, rows_expanded
from support.schedules import check_exact, planned
from support.small_networks import suite
from support.stream_graphs import StreamBuilder, stream_graph
from support.stream_networks import stream_network
from thumbnet.errors import ThumbnetError
from thumbnet.ir.graph import Graph
from thumbnet.passes import run_passes
from thumbnet.pipeline import import_model
from thumbnet.plan import LineBuffer, Plan, Tiles
from thumbnet.schedule import search_bands, search_tiles
from thumbnet.schedule.bands import find_bottlenecks
from thumbnet.schedule.lock import Lock, make_lock, pinned_plan
from thumbnet.schedule.patches import patch_based
from thumbnet.schedule.replay import ReplayError
from thumbnet.schedule.replay_stream import replay_plan
from thumbnet.schedule.scheduler import Scheduler
from thumbnet.schedule.search_tiles import Tiled, TileSearch
from thumbnet.schedule.stream import schedule_stream
from thumbnet.schedule.tiles import beginning

from thumbnet import manifest

BATCHES = [range(first, first + 20) for first in range(0, 200, 20)]
INPUTS = ("arena", "buffer")
HEIGHTS, STRIPS = (1, 3), (2, 3, 5)
"""What the exhaustive search goes through: heights of bands, numbers of strips."""


def plans_of(seeds: range) -> Iterator[tuple[str, Plan]]:
    """Random tiles of random graphs, with and without bands."""
    for seed in seeds:
        rng = random.Random(seed)
        graph = stream_graph(seed, least=6, most=14)
        for source, bands in product(INPUTS, (False, True)):
            plan = random_tiles(random_bands(graph, rng) if bands else graph, source, rng)
            if plan is not None:
                yield f"seed {seed}, {source}, {plan.stages[0].tiles}", plan


def replays(plan: Plan) -> bool:
    """Whether the replay finds nothing wrong."""
    try:
        replay_plan(plan)
    except ReplayError:
        return False
    return True


@pytest.mark.parametrize("seeds", BATCHES, ids=str)
def test_random_tiles_replay(seeds: range) -> None:
    """No byte that is still needed is written over, whatever the tiles, bands and runs."""
    seen: Counter[str] = Counter()
    for name, plan in plans_of(seeds):
        try:
            replay_plan(plan)
        except ReplayError as error:
            pytest.fail(f"{name}: {error}")
        tiles = plan.stages[0].tiles
        seen["strips"] += tiles.rows == 1
        seen["patches"] += tiles.rows > 1 and tiles.columns > 1
        seen["wider at the edges"] += tiles.edge > 0
        seen["bands"] += any(step.lowered.workspace for step in plan.stages[0].steps)
    assert len(seen) == 4 and min(seen.values()) >= 2, seen


def test_line_buffers_are_minimal() -> None:
    """Less is too little: a row of any buffer, nearly any margin, a column of the widest tile."""
    enough: Counter[tuple[str, bool]] = Counter()
    for _, plan in plans_of(range(1000, 1040)):
        for line in plan.stages[0].lines.values():
            if line.rows:
                less = dataclasses.replace(line, rows=line.rows - 1)
                enough["rows", replays(_with_line(plan, less))] += 1
            if line.margin:
                less = dataclasses.replace(line, margin=line.margin - 1)
                enough["margin", replays(_with_line(plan, less))] += 1
            if line.rows > 1 and line.width > 1:
                less = dataclasses.replace(line, width=line.width - 1)
                enough["width", replays(_with_line(plan, less))] += 1
    assert enough["rows", True] == 0 and enough["rows", False] > 50, enough
    assert enough["margin", True] < 0.08 * enough["margin", False], enough
    # Strides leave out columns at the edge of a tile.
    assert enough["width", True] < 0.02 * enough["width", False], enough


def _with_line(plan: Plan, line: LineBuffer) -> Plan:
    stage = plan.stages[0]
    changed = dataclasses.replace(stage, lines={**stage.lines, line.tensor: line})
    return dataclasses.replace(plan, stages=(changed, *plan.stages[1:]))


def test_work_is_counted() -> None:
    """Multiply-accumulates are those of every pixel of every tile, found with masks."""
    tiled, banded = 0, 0
    for name, plan in plans_of(range(60)):
        graph, stage = plan.graph, plan.stages[0]
        lowered = Scheduler(graph, "arena").lowered
        made = pixels_made(plan, stage)
        for step in stage.steps:
            whole = lowered[step.operator.name]
            if whole.workspace is None:
                output = whole.output
                expected = whole.macs * made[step.operator.outputs[0]]
                assert step.lowered.macs * output.height * output.width == expected, name
                tiled += step.lowered.macs > whole.macs
            else:
                assert step.lowered.macs == rows_expanded(plan, stage, step), name
                banded += 1
        assert plan.macs == sum(step.lowered.macs for step in plan.steps)
    assert tiled > 50 and banded > 10


def write_network(path: Path, seed: int, rng: random.Random) -> Graph:
    """Writes a random network of which a bottleneck can run over tiles; gives its graph."""
    for number in range(3000 + 50 * seed, 3050 + 50 * seed):
        path.write_bytes(stream_network(number, heads=1))
        graph = run_passes(import_model(manifest.implicit(path)))
        plan = random_tiles(random_bands(graph, rng), "buffer", rng)
        if plan is not None and any(step.lowered.workspace for step in plan.stages[0].steps):
            return graph
    raise AssertionError("no network can run over tiles in bands")


@pytest.mark.parametrize("seed", range(8))
def test_random_networks_are_exact_over_tiles(seed: int, tmp_path: Path) -> None:
    """Random tiles, with and without bands, give LiteRT's outputs under sanitizers."""
    path, rng = tmp_path / "net.tflite", random.Random(seed)
    graph = write_network(path, seed, rng)
    model = compile_file(path, name="layers")
    graphs = [random_bands(graph, rng) if i % 2 else graph for i in range(4)]
    plans = [random_tiles(one, INPUTS[i // 2], rng) for i, one in enumerate(graphs)]
    models = [planned(model, plan, f"tiled_{i}") for i, plan in enumerate(plans) if plan]
    assert models
    check_exact(path, models, suite(model.reference_graph), tmp_path)


@pytest.mark.parametrize("seed", range(2))
def test_random_networks_are_exact_over_tiles_on_a_core(seed: int, tmp_path: Path) -> None:
    """The same on an emulated core, in an arena of exactly the plan's size."""
    path, rng = tmp_path / "net.tflite", random.Random(seed)
    graph = write_network(path, 20 + seed, rng)
    plan = None
    while plan is None or not any(step.lowered.workspace for step in plan.stages[0].steps):
        plan = random_tiles(random_bands(graph, rng), "buffer", rng)
    compiled = planned(compile_file(path, "cortex-m4", name="layers"), plan, "tiled")
    samples = suite(compiled.reference_graph)[:3]
    measured = run_on(compiled, "cortex-m4", samples)
    expected = litert_outputs(path.read_bytes(), compiled, samples)
    assert not mismatches(measured, expected)
    assert measured.arena_touched <= measured.arena_size == plan.memory.arena_size


# -- the search -----------------------------------------------------------------------------------


def chains() -> Iterator[tuple[int, Graph]]:
    """Networks of a convolution, one or two bottlenecks and a small end."""
    for seed in range(32):
        rng = random.Random(seed)
        builder = StreamBuilder((1, rng.randint(10, 22), rng.randint(10, 22), rng.randint(2, 4)))
        x = builder.conv(builder.inputs[0], rng.randint(2, 8), 3, rng.choice([1, 2]))
        for _ in range(rng.randint(1, 2)):
            channels = builder.shape(x)[3] if rng.random() < 0.4 else rng.randint(2, 8)
            kernel = rng.choice([3, 5])
            x = builder.inverted(x, rng.randint(1, 4), kernel, rng.choice([1, 2, 2]), channels)
        yield seed, builder.graph(builder.conv(builder.mean(x), 4))


def test_tiles_are_the_best_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """The least bytes at several limits on the work are those of every end, number of strips and
    height of band, each built and its line buffers counted out."""
    better = 0
    for search in (search_bands, search_tiles):
        monkeypatch.setattr(search, "HEIGHTS", HEIGHTS)
    for seed, graph in chains():
        source = INPUTS[seed % 2]
        scheduler = Scheduler(graph, source)
        macs = sum(node.macs for node in scheduler.net.nodes)
        known = every_way(scheduler)
        for most in (macs // 20, macs // 4, macs):
            sizes = [size for work, size in known if work <= macs + most]
            found = search_of(scheduler, most).least(1 << 40)
            assert bool(found) == bool(sizes)
            if found:
                size, work = size_and_work(scheduler, found[0])
                assert (found[0].peak, found[0].extra + macs) == (size, work), (
                    seed,
                    most,
                )
                assert size == min(sizes), (seed, most, source)
                better += size < scheduler.least
    assert better > 5


def search_of(scheduler: Scheduler, most: int) -> TileSearch:
    """The search of some strips."""
    tilings = [Tiles(count) for count in STRIPS]
    return TileSearch(scheduler.graph, scheduler.lowered, scheduler.net, most=most, tilings=tilings)


def every_way(scheduler: Scheduler) -> list[tuple[int, int]]:
    """(multiply-accumulates, bytes) of all ends, strips and bands before and behind the end."""
    search = search_of(scheduler, 1 << 40)
    bottlenecks = find_bottlenecks(scheduler.graph)
    found = []
    for shape in search.shapes:
        for heights in product((0, *HEIGHTS), repeat=len(bottlenecks)):
            chosen = [(one, n) for one, n in zip(bottlenecks, heights, strict=True) if n]
            bands = tuple(pair for pair in chosen if pair[0].end <= shape.end)
            behind = tuple(pair for pair in chosen if pair[0].first >= shape.end)
            if len(bands) + len(behind) == len(chosen):
                way = Tiled(shape.end, shape.tiles, 0, 0, bands, behind)
                found.append(size_and_work(scheduler, way)[::-1])
    return found


def size_and_work(scheduler: Scheduler, way: Tiled) -> tuple[int, int]:
    """The most bytes of a stage, and the multiply-accumulates, of a way that is built."""
    in_arena = scheduler.input == "arena"
    made = beginning(scheduler.graph, way, input_in_arena=in_arena)
    built = made.build(1)
    rest = Scheduler(made.rest, scheduler.input, whole=made.graph, before=[built])
    work = sum(step.lowered.macs for step in built.stage.steps)
    work += sum(node.macs for node in rest.net.nodes)
    return max(made.size(built), rest.least), work


# -- patches, locks and real networks -------------------------------------------------------------


def test_patches_are_one_point_of_the_space() -> None:
    """They replay, count what they share, and do more work than as many strips."""
    compared = 0
    for _, graph in chains():
        scheduler = Scheduler(graph, "buffer")
        macs = sum(node.macs for node in scheduler.net.nodes)
        plan = patch_based(graph, 2, input="buffer", recompute=4)
        if plan is None:
            continue
        stage = plan.stages[0]
        assert stage.tiles == (2, 2, 0)
        assert replays(plan)
        made = pixels_made(plan, stage)
        again = sum(
            step.lowered.macs
            - how.macs * made[step.operator.outputs[0]] // (how.output.height * how.output.width)
            for step, how in ((one, scheduler.lowered[one.operator.name]) for one in stage.steps)
        )
        assert again == 0
        search = TileSearch(graph, scheduler.lowered, scheduler.net, most=plan.macs - macs)
        ends = [shape for shape in search.shapes if shape.end == len(stage.steps)]
        strips = [shape for shape in ends if shape.tiles.columns == 2]
        assert strips and strips[0].halo <= plan.macs - macs
        compared += strips[0].halo < plan.macs - macs
    assert compared > 10
    assert patch_based(next(chains())[1], 2, input="rows") is None


@pytest.mark.parametrize("seed", range(3))
def test_locks_hold_tiles(seed: int, tmp_path: Path) -> None:
    """A recorded plan is built again byte for byte; tiles that do not fit are refused."""
    path, rng = tmp_path / "net.tflite", random.Random(seed)
    graph = write_network(path, 30 + seed, rng)
    model = compile_file(path, name="net")
    plan = None
    while plan is None or len(plan.stages) == 1:
        plan = random_tiles(random_bands(graph, rng), "buffer", rng)
    lock = make_lock(plan, model="net.tflite", sha256="", version="0")
    assert Lock.model_validate_json(lock.text()) == lock
    again = pinned_plan(graph, lock, "net.lock", input="buffer")
    assert planned(model, again, "net").files == planned(model, plan, "net").files
    for wrong in ([0, 1, 0], [200, 1, 0], [300, 300, 0], [2, 1, 100]):
        stages = [lock.stages[0].model_copy(update={"tiles": wrong}), *lock.stages[1:]]
        bad = lock.model_copy(update={"stages": stages})
        with pytest.raises(ThumbnetError, match=r"stage 0 .* cannot run over tiles"):
            pinned_plan(graph, bad, "net.lock", input="buffer")
    later = [stage.model_copy(update={"tiles": [2, 1, 0]}) for stage in lock.stages]
    bad = lock.model_copy(update={"stages": [lock.stages[0], *later[1:]]})
    with pytest.raises(ThumbnetError, match=r"stage 1 .* cannot run over tiles"):
        pinned_plan(graph, bad, "net.lock", input="buffer")


TILED = {"mlperf-vww96": (2, 8_800), "mbv2-w0.35": (5, 9_800)}
"""Strips and the most bytes of the arena with at most 1.3 times the work, image outside it."""


@shared.needs_shared
@pytest.mark.parametrize("name", TILED)
def test_real_networks_over_tiles(name: str) -> None:
    """Less RAM than without recomputation and than with patches, on a core as LiteRT."""
    path = shared.model_path(name)
    whole = compile_file(path, "cortex-m4", name="layers", schedule={"input": "buffer"})
    plan = schedule_stream(whole.graph, input="buffer", recompute=1.3)
    strips, most = TILED[name]
    assert plan.stages[0].tiles.columns == strips
    assert plan.memory.arena_size <= most
    assert whole.plan.macs < plan.macs <= 1.3 * whole.plan.macs
    for size in (2, 4):
        patches = patch_based(whole.graph, size, input="buffer", recompute=1.3)
        assert patches is not None and plan.memory.arena_size < patches.memory.arena_size
    replay_plan(plan)
    compiled = planned(whole, plan, "tiled")
    shape = whole.reference_graph.tensor(whole.reference_graph.inputs[0]).shape
    samples = [[sample] for sample in shared.real_inputs(name, shape, 1)]
    measured = run_on(compiled, "cortex-m4", samples)
    assert not mismatches(measured, litert_outputs(path.read_bytes(), whole, samples))
    assert measured.arena_touched <= measured.arena_size == plan.memory.arena_size
    assert measured.static_bytes == 0


@shared.needs_shared
def test_tiles_within_a_limit() -> None:
    """Tiles are taken where nothing else fits, and no more than are needed."""
    graph = run_passes(import_model(manifest.implicit(shared.model_path("mlperf-vww96"))))
    how: dict[str, Any] = {"input": "buffer", "objective": "speed"}
    with_room = schedule_stream(graph, **how, ram_limit=10_000, recompute=1.3)
    assert with_room.memory.arena_size <= 10_000 and not with_room.stages[0].tiled
    plan = schedule_stream(graph, **how, ram_limit=8_600, recompute=1.3)
    assert plan.memory.arena_size <= 8_600 and plan.stages[0].tiled
    least = schedule_stream(graph, **how, ram_limit=1, recompute=1.3)
    assert least.memory.arena_size <= 8_500
