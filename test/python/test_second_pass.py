"""Squeeze-and-excite blocks whose cheap part runs twice: what is found, saved, and computed."""

from __future__ import annotations

import dataclasses
import importlib
import json
import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import inputs
from support.batch import run_together
from support.cli import run
from support.compiled import compile_file, litert_outputs, mismatches, run_on
from support.litert import LiteRT
from support.random_plans import random_plan
from support.small_networks import Net
from support.stream_networks import stream_network
from support.tflite_model import Value
from thumbnet.codegen import Provenance, generate
from thumbnet.errors import ThumbnetError
from thumbnet.frontends.tflite import parse_tflite
from thumbnet.ir.graph import Graph
from thumbnet.ir.verify import verify
from thumbnet.passes import run_passes
from thumbnet.pipeline import Compiled
from thumbnet.plan import Plan
from thumbnet.reference.interpreter import run as run_reference
from thumbnet.schedule.front import pareto_front
from thumbnet.schedule.lock import Lock, make_lock, pinned_plan
from thumbnet.schedule.replay_stream import replay_plan
from thumbnet.schedule.second_pass import candidates, run_twice, second_passes
from thumbnet.schedule.stream import Scheduler, schedule_stream

MODEL = Path(__file__).parents[1] / "models" / "squeeze_excite.tflite"
INPUTS = ("arena", "buffer", "rows")


@cache
def real() -> Graph:
    """The trained network of MobileNetV3's kind, after all passes."""
    return run_passes(parse_tflite(MODEL.read_bytes(), "net"))


def graph_of(build: Callable[[Net], list[Value]]) -> Graph:
    """A small network after all passes."""
    net = Net()
    return run_passes(parse_tflite(net.finish(build(net)), "net"))


def excited(net: Net, x: Value, wide: int = 24, *, stride: int = 1) -> tuple[Value, Value]:
    """Expand, depthwise and squeeze-and-excite: what is multiplied, and the product."""
    value = net.depthwise(net.conv(x, wide, 1), stride=stride)
    return value, net.mul(value, factors(net, value, wide), scale=0.05, zero_point=0)


def factors(net: Net, value: Value, wide: int) -> Value:
    """One a channel, of the mean of ``value``."""
    squeezed = net.conv(net.mean(value, (1, 2), keep_dims=True), 4, 1)
    return net.logistic(net.conv(squeezed, wide, 1))


def block(net: Net, x: Value, wide: int = 24) -> Value:
    """A bottleneck with squeeze-and-excite and a residual."""
    return net.sum(net.conv(excited(net, x, wide)[1], x.shape[3], 1), x)


def two_blocks(net: Net) -> list[Value]:
    """16x12 images."""
    x = net.conv(net.image(1, 16, 12, 3), 6)
    return [net.dense(block(net, block(net, x), 16))]


# -- what is found --------------------------------------------------------------------------------


def test_each_block_is_found() -> None:
    graph = graph_of(two_blocks)
    first, second = second_passes(graph)
    by_name = {operator.name: operator for operator in graph.operators}
    for one, wide in ((first, 24), (second, 16)):
        assert by_name[one.gate].kind == "mul"
        kinds = [by_name[name].kind for name in one.operators]
        assert kinds == ["conv_2d", "depthwise_conv_2d"]
        assert one.sources == (by_name[one.operators[0]].inputs[0],)
        assert one.macs == 16 * 12 * (6 * wide + 9 * wide)
        assert one.size == 16 * 12 * wide


def test_of_the_real_network_all_blocks_of_stride_one() -> None:
    """The block of stride 2 starts from as many bytes as it would save."""
    graph = real()
    assert [one.size for one in second_passes(graph)] == [24576, 12288, 5120]
    kinds = {operator.name: operator.kind for operator in graph.operators}
    for one in second_passes(graph)[1:]:
        wanted = ["conv_2d", "lookup", "depthwise_conv_2d", "lookup"]
        assert [kinds[name] for name in one.operators] == wanted
        (source,) = one.sources
        assert graph.tensor(source).size * 4 == one.size


def stays_whole(net: Net) -> list[Value]:
    x = net.conv(net.image(1, 16, 12, 3), 6)
    value, product = excited(net, x)
    return [net.dense(net.sum(product, value))]


def is_an_output(net: Net) -> list[Value]:
    value, product = excited(net, net.conv(net.image(1, 16, 12, 3), 6))
    return [value, net.dense(product)]


def is_smaller_than_its_source(net: Net) -> list[Value]:
    return [net.dense(excited(net, net.conv(net.image(1, 16, 12, 3), 6), stride=2)[1])]


def has_other_factors(net: Net) -> list[Value]:
    x = net.conv(net.image(1, 16, 12, 3), 6)
    value = net.depthwise(net.conv(x, 24, 1))
    return [net.dense(net.mul(value, factors(net, x, 24), scale=0.05, zero_point=0))]


@pytest.mark.parametrize(
    "build", [stays_whole, is_an_output, is_smaller_than_its_source, has_other_factors]
)
def test_what_would_save_nothing_is_left_alone(build: Callable[[Net], list[Value]]) -> None:
    assert second_passes(graph_of(build), "rows") == ()


def test_pushed_rows_are_gone() -> None:
    """A block right behind the image: an image that stays is free, one in the arena waits."""
    graph = graph_of(lambda net: [net.dense(excited(net, net.image(1, 16, 12, 3))[1])])
    for source in ("arena", "buffer"):
        (one,) = second_passes(graph, source)
        assert one.sources == graph.inputs
    assert second_passes(graph, "rows") == ()


def test_candidates_keep_to_the_limit() -> None:
    graph = real()
    macs = sum(step.lowered.macs for step in schedule_stream(graph).steps)
    for limit in (1.0, 1.05, 1.1, 1.2, 1.35, 4.0):
        found = list(candidates(graph, limit))
        assert found[0] == ()
        assert len(set(found)) == len(found)
        assert all(sum(one.macs for one in several) <= (limit - 1) * macs for several in found)
    assert max(map(len, found)) == 3
    assert {several for several in found if len(several) == 1} == {
        (one,) for one in second_passes(graph)
    }


# -- what is computed -----------------------------------------------------------------------------


def test_the_second_run_computes_the_same() -> None:
    for graph in (graph_of(two_blocks), real()):
        passes = second_passes(graph)
        twice = verify(run_twice(graph, passes))
        added = sum(len(one.operators) for one in passes)
        assert len(twice.operators) == len(graph.operators) + added
        shape = graph.tensor(graph.inputs[0]).shape
        sample = [inputs.noise(shape, "int8", 3)]
        pairs = zip(run_reference(graph, sample), run_reference(twice, sample), strict=True)
        assert all(np.array_equal(*pair) for pair in pairs)
        # Weights are the same tensors.
        assert {name for name, tensor in twice.tensors.items() if tensor.is_constant} == {
            name for name, tensor in graph.tensors.items() if tensor.is_constant
        }


def test_passes_that_do_not_fit_are_refused() -> None:
    graph = graph_of(two_blocks)
    first, second = second_passes(graph)
    with pytest.raises(ValueError, match="more than twice"):
        run_twice(graph, (first, dataclasses.replace(second, operators=first.operators)))
    for wrong in ({"gate": "none"}, {"operators": ("none",)}):
        with pytest.raises(ValueError, match="no block"):
            run_twice(graph, (dataclasses.replace(first, **wrong),))


# -- what is saved --------------------------------------------------------------------------------

MARKS = {
    ("arena", 1.0): 33_600,
    ("arena", 1.2): 17_100,
    ("arena", 1.4): 12_400,
    ("buffer", 1.4): 10_700,
    ("rows", 1.0): 33_600,
    ("rows", 1.2): 17_100,
    ("rows", 1.4): 10_800,
}
"""Input and recompute -> most bytes of the arena, at the time of writing."""


@pytest.mark.parametrize(("source", "recompute"), MARKS)
def test_ram_falls(source: str, recompute: float) -> None:
    plan = schedule_stream(real(), input=source, recompute=recompute)
    replay_plan(plan)
    assert plan.memory.arena_size <= MARKS[source, recompute]
    assert plan.network_macs == 2_578_176
    assert plan.macs <= recompute * plan.network_macs
    assert (plan.macs == plan.network_macs) == (recompute == 1.0)
    if recompute == 1.0:
        # The first block's product needs its operand whole, and its input for the residual.
        assert plan.memory.arena_size >= (24 + 8) * 32 * 32


def test_without_the_tensor_there_is_less_than_the_tensor() -> None:
    graph = graph_of(two_blocks)
    passes = second_passes(graph)
    assert Scheduler(graph, "rows").least >= passes[0].size + 16 * 12 * 6
    assert Scheduler(graph, "rows", passes).least < passes[0].size


def test_speed_computes_no_more_than_the_limit_needs() -> None:
    graph = real()
    for limit, passes in ((34_000, 0), (18_000, 1), (13_000, 2)):
        plan = schedule_stream(graph, objective="speed", ram_limit=limit, recompute=4.0)
        replay_plan(plan)
        assert plan.memory.arena_size <= limit
        assert len(plan.second_passes) == passes
    # Where nothing fits, the least.
    plan = schedule_stream(graph, objective="speed", ram_limit=1000, recompute=4.0)
    assert plan.memory.arena_size <= MARKS["arena", 1.4]


def test_the_front_goes_on() -> None:
    graph = real()
    plain, further = (pareto_front(graph, "rows", recompute) for recompute in (1.0, 2.0))
    assert plain[-1].size > 33_000
    assert further[-1].size <= MARKS["rows", 1.4]
    assert further[0].size == plain[0].size
    points = [(point.size, point.overhead) for point in further]
    assert points == sorted(points, key=lambda point: (-point[0], point[1]))
    assert further[-1].overhead >= 1.5 * 0.33 * 2_578_176


# -- generated code -------------------------------------------------------------------------------


def planned(compiled: Compiled, plan: Plan, name: str) -> Compiled:
    """The same model under another plan."""
    naming = dataclasses.replace(compiled.naming, name=name)
    files = generate(plan, naming, Provenance("net.tflite", "0" * 64, "0"))
    return dataclasses.replace(compiled, plan=plan, naming=naming, files=files)


def samples_of(compiled: Compiled) -> list[list[Any]]:
    shape = compiled.reference_graph.tensor(compiled.reference_graph.inputs[0]).shape
    return [[make(shape, "int8", 1)] for make in (inputs.smooth, inputs.noise)]


def check_all(path: Path, models: list[Compiled], folder: Path) -> None:
    """All models, run and pushed, under sanitizers: LiteRT's outputs."""
    samples = samples_of(models[0])
    reference = LiteRT(path.read_bytes())
    expected = [[output.reshape(-1) for output in reference.run(sample)] for sample in samples]
    for of_model in run_together(models, samples, folder):
        for ways, wanted in zip(of_model, expected, strict=True):
            for found in ways:
                assert all(np.array_equal(a, b) for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("source", INPUTS)
def test_the_real_network_is_exact_in_every_schedule(source: str, tmp_path: Path) -> None:
    """Once and twice, as searched and in random stages."""
    models = []
    for number, recompute in enumerate((1.0, 1.2, 1.4)):
        how = {"input": source, "objective": "ram", "recompute": recompute}
        models.append(compile_file(MODEL, name=f"least_{number}", schedule=how))
    for number, passes in enumerate(((), second_passes(real(), source))):
        plan = random_plan(run_twice(real(), passes), source, random.Random(number))
        assert any(len(stage.steps) > 3 for stage in plan.stages if stage.kind == "stream")
        models.append(planned(models[-1], plan, f"random_{number}"))
    check_all(MODEL, models, tmp_path)


@pytest.mark.parametrize("seed", [13, 18, 19, 37, 46])
def test_random_networks_are_exact(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(stream_network(seed))
    how = {"input": "arena", "objective": "ram", "recompute": 4.0}
    models = [compile_file(path, name="least", schedule=how)]
    passes = second_passes(models[0].graph)
    assert passes
    for one in passes:
        plan = random_plan(run_twice(models[0].graph, [one]), "arena", random.Random(seed))
        models.append(planned(models[0], plan, f"random_{len(models)}"))
    check_all(path, models, tmp_path)


@pytest.mark.parametrize("recompute", [1.0, 1.4])
def test_the_emulated_core_agrees(recompute: float) -> None:
    how = {"input": "rows", "objective": "ram", "recompute": recompute}
    compiled = compile_file(MODEL, "cortex-m4", schedule=how)
    samples = samples_of(compiled)
    found = run_on(compiled, "cortex-m4", samples)
    assert not mismatches(found, litert_outputs(MODEL.read_bytes(), compiled, samples))
    assert found.arena_touched <= found.arena_size <= MARKS["rows", recompute]
    assert found.static_bytes == 0


def test_weights_are_there_once() -> None:
    constant = re.compile(r"static const (\w+) (\w+)((?:\[\d+\])?) = (\{.*?\});\n", re.DOTALL)
    weights = []
    for recompute in (1.0, 1.4):
        compiled = compile_file(MODEL, schedule={"objective": "ram", "recompute": recompute})
        found = constant.findall(compiled.files["squeeze_excite.c"])
        own = [(kind, *rest) for kind, name, *rest in found if not name.startswith("stream_")]
        assert len(set(own)) == len(own)
        weights.append(sorted(one for one in own if "int" in one[0]))
        assert len(compiled.plan.second_passes) == (2 if recompute > 1 else 0)
        total = sum(
            int(extent[1:-1]) * int(re.sub(r"\D", "", kind)) // 8 for kind, extent, _ in weights[-1]
        )
        assert total == compiled.plan.weight_bytes
    assert weights[0] == weights[1]


# -- around it ------------------------------------------------------------------------------------


def test_the_plan_says_what_is_computed_twice(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    manifest = tmp_path / "thumbnet.yaml"
    text = f"model: {MODEL}\nname: net\nschedule: {{objective: ram, recompute: %s}}\n"
    manifest.write_text(text % 1.25)
    plan = json.loads(run(capsys, "plan", manifest, "--json").out)
    assert plan["network_macs"] == 2_578_176
    assert plan["macs"] == 2_578_176 + 32 * 32 * 24 * (8 + 9)
    assert "1.162 times the network's" in run(capsys, "plan", manifest).out
    manifest.write_text(text % 1)
    assert "times the network's" not in run(capsys, "plan", manifest).out


@pytest.mark.parametrize("source", INPUTS)
def test_locks_hold(source: str) -> None:
    how = {"input": source, "objective": "ram", "recompute": 1.4}
    compiled = compile_file(MODEL, schedule=how)
    made = make_lock(compiled.plan, model="net.tflite", sha256="0" * 64, version="1")
    read = Lock.model_validate_json(made.text())
    assert read == made
    again = pinned_plan(compiled.graph, read, "net.lock", input=source)
    assert again.second_passes == compiled.plan.second_passes
    assert planned(compiled, again, "net").files == planned(compiled, compiled.plan, "net").files
    wrong = read.model_copy(update={"second_passes": read.second_passes[:1] * 2})
    with pytest.raises(ThumbnetError, match=r"no block of mul .* could run twice from"):
        pinned_plan(compiled.graph, wrong, "net.lock", input=source)
    wrong = read.model_copy(update={"second_passes": []})
    with pytest.raises(ThumbnetError, match="the model has no conv_2d"):
        pinned_plan(compiled.graph, wrong, "net.lock", input=source)


def test_what_does_not_fit_is_told_what_would() -> None:
    with pytest.raises(ThumbnetError) as caught:
        compile_file(MODEL, schedule={"ram": 18_000})
    message = caught.value.message()
    assert "set schedule: {recompute: 1.17}; the arena then needs 17" in message
    compiled = compile_file(MODEL, schedule={"ram": 18_000, "recompute": 1.17})
    assert compiled.plan.memory.arena_size <= 18_000


def test_the_committed_network_tells_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """On images that it was neither trained on nor calibrated with."""
    pytest.importorskip("sklearn")
    monkeypatch.syspath_prepend(MODEL.parent)
    images = importlib.import_module("coloured_digits").draw("test", seed=2026)
    network = LiteRT(MODEL.read_bytes())
    right = 0
    for pixels, label in zip(images.pixels, images.labels, strict=True):
        sample = (pixels.astype(np.int16) - 128).astype(np.int8)
        right += int(np.argmax(network.run([sample[None]])[0]) == label)
    assert right >= 0.93 * len(images.labels)
