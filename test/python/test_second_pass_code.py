"""Generated code of networks that run parts twice, locks of their plans, and reports of them.

What is found and saved is in test_second_pass.py.
"""

from __future__ import annotations

import importlib
import json
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import inputs
from support.cli import run
from support.compiled import compile_file, litert_outputs, mismatches, run_on
from support.litert import LiteRT
from support.random_plans import random_plan
from support.schedules import check_exact, planned
from support.squeeze_excite import INPUTS, MACS, MARKS, MODEL, real
from support.stream_networks import stream_network
from thumbnet.errors import ThumbnetError
from thumbnet.pipeline import Compiled
from thumbnet.schedule.lock import Lock, LockedPass, make_lock, pinned_plan
from thumbnet.schedule.scheduler import Scheduler
from thumbnet.schedule.second_pass import in_part, second_passes
from thumbnet.schedule.second_pass_rewrite import SPLIT, run_twice

# -- generated code -------------------------------------------------------------------------------


def samples_of(compiled: Compiled) -> list[list[Any]]:
    shape = compiled.reference_graph.tensor(compiled.reference_graph.inputs[0]).shape
    return [[make(shape, "int8", 1)] for make in (inputs.smooth, inputs.noise)]


@pytest.mark.parametrize("source", INPUTS)
def test_the_real_network_is_exact_in_every_schedule(source: str, tmp_path: Path) -> None:
    """Once and twice, as searched and in random stages."""
    models = []
    for number, recompute in enumerate((1.0, 1.3)):
        how = {"input": source, "objective": "ram", "recompute": recompute}
        models.append(compile_file(MODEL, name=f"least_{number}", schedule=how))
    for number, passes in enumerate(((), second_passes(real(), source))):
        plan = random_plan(run_twice(real(), passes), source, random.Random(number))
        assert any(len(stage.steps) > 3 for stage in plan.stages if stage.kind == "stream")
        models.append(planned(models[-1], plan, f"random_{number}"))
    parts = [in_part(real(), one, SPLIT) for one in second_passes(real(), source)]
    plan = random_plan(run_twice(real(), parts), source, random.Random(3))
    models.append(planned(models[-1], plan, "random_parts"))
    check_exact(MODEL, models, samples_of(models[0]), tmp_path)


@pytest.mark.parametrize("seed", [13, 19, 37])
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
    check_exact(path, models, samples_of(models[0]), tmp_path)


SCRATCH = 850
"""Bytes that the kernels of a Cortex-M4 need beside those that the marks were set with."""


def on_the_core(compiled: Compiled) -> int:
    """Runs the model on an emulated core: LiteRT's outputs, within its arena; its bytes."""
    samples = samples_of(compiled)
    found = run_on(compiled, "cortex-m4", samples)
    assert not mismatches(found, litert_outputs(MODEL.read_bytes(), compiled, samples))
    assert found.arena_touched <= found.arena_size
    assert found.static_bytes == 0
    return found.arena_size


@pytest.mark.parametrize("recompute", [1.0, 1.3, 1.4])
def test_the_emulated_core_agrees(recompute: float) -> None:
    how = {"input": "rows", "objective": "ram", "recompute": recompute}
    compiled = compile_file(MODEL, "cortex-m4", schedule=how)
    assert on_the_core(compiled) <= MARKS["rows", recompute] + SCRATCH


def test_the_emulated_core_agrees_on_streams() -> None:
    """Every operator of the blocks in some stream, nothing computed twice."""
    compiled = compile_file(MODEL, "cortex-m4", schedule={"input": "rows"})
    plan = random_plan(real(), "rows", random.Random(1))
    streams = [stage for stage in plan.stages if stage.kind == "stream"]
    kinds = {step.operator.kind for stage in streams for step in stage.steps}
    assert kinds >= {"conv_2d", "depthwise_conv_2d", "mean", "mul", "lookup", "add"}
    on_the_core(planned(compiled, plan, compiled.naming.name))


def test_weights_are_there_once() -> None:
    constant = re.compile(r"static const (\w+) (\w+)((?:\[\d+\])?) = (\{.*?\});\n", re.DOTALL)
    weights = []
    once = compile_file(MODEL)
    for passes in ((), second_passes(real())):
        plan = Scheduler(run_twice(once.graph, passes), "arena", second_passes=passes).smallest(0.5)
        compiled = planned(once, plan, "squeeze_excite")
        found = constant.findall(compiled.files["squeeze_excite.c"])
        own = [(kind, *rest) for kind, name, *rest in found if not name.startswith("stream_")]
        assert len(set(own)) == len(own)
        weights.append(sorted(one for one in own if "int" in one[0]))
        assert plan.second_passes == passes
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
    manifest.write_text(text % 1.2)
    plan = json.loads(run(capsys, "plan", manifest, "--json").out)
    assert plan["network_macs"] == MACS
    assert plan["macs"] == MACS + 32 * 32 * 24 * (8 + 9)
    assert "1.162 times the network's" in run(capsys, "plan", manifest).out
    manifest.write_text(text % 1)
    assert "times the network's" not in run(capsys, "plan", manifest).out


@pytest.mark.parametrize("source", INPUTS)
@pytest.mark.parametrize("recompute", [1.3, 1.4])
def test_locks_hold(source: str, recompute: float) -> None:
    how = {"input": source, "objective": "ram", "recompute": recompute}
    compiled = compile_file(MODEL, schedule=how)
    assert any(one.kept for one in compiled.plan.second_passes) == (
        recompute == 1.3 or source == "arena"
    )
    made = make_lock(compiled.plan, model="net.tflite", sha256="0" * 64, version="1")
    read = Lock.model_validate_json(made.text())
    assert read == made
    again = pinned_plan(compiled.graph, read, "net.lock", input=source)
    assert again.second_passes == compiled.plan.second_passes
    assert planned(compiled, again, "net").files == planned(compiled, compiled.plan, "net").files


def test_locks_that_do_not_fit_say_why() -> None:
    compiled = compile_file(MODEL, schedule={"objective": "ram", "recompute": 1.4})
    made = make_lock(compiled.plan, model="net.tflite", sha256="0" * 64, version="1")
    first = made.second_passes[0]
    cases: list[tuple[list[LockedPass], str]] = [
        ([], 'the model has no conv_2d ".*/again"'),
        ([first, first], f'no block of mul "{first.gate}" could run twice from "'),
        ([first.model_copy(update={"sources": ["x"]})], 'could run twice from "x"'),
        ([first.model_copy(update={"kept": 32})], "could run twice from"),
        ([first.model_copy(update={"gate": "x"})], 'no block of mul "x"'),
    ]
    for passes, expected in cases:
        wrong = made.model_copy(update={"second_passes": passes})
        with pytest.raises(ThumbnetError, match=expected):
            pinned_plan(compiled.graph, wrong, "net.lock", input="arena")


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
