"""Networks of int16: every schedule, real models, the commands, what is refused."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from support import inputs, shared
from support.compiled import compile_file, mismatches, run_on
from support.litert import REFERENCE, LiteRT
from support.random_plans import random_plan
from support.schedules import check_exact, planned
from support.small_networks import suite
from support.wide_network import every_wide_operator, random_wide_network
from thumbnet.passes import run_passes
from thumbnet.pipeline import import_model
from thumbnet.schedule.pushed import why_not_pushed

from thumbnet import manifest

SOURCES = ("arena", "buffer", "rows")


@pytest.mark.parametrize("seed", range(6))
def test_random_networks_are_exact_in_every_schedule(seed: int, tmp_path: Path) -> None:
    """Whole layers, the least RAM and a random plan, run and pushed, under sanitizers."""
    path = tmp_path / "net.tflite"
    path.write_bytes(random_wide_network(seed))
    models = [compile_file(path, name="layers")]
    graph = run_passes(import_model(manifest.implicit(path)))
    sources = [s for s in SOURCES if s != "rows" or why_not_pushed(graph) is None]
    least = {"input": sources[-1], "objective": "ram"}
    models.append(compile_file(path, name="least", schedule=least))
    for number, source in enumerate(sources):
        plan = random_plan(graph, source, random.Random(seed))
        models.append(planned(models[0], plan, f"random_{number}"))
    samples = suite(models[0].reference_graph)
    check_exact(path, models, samples[:1] + samples[2:3] + samples[-1:], tmp_path)


def test_every_operator_runs_on_an_emulated_core(tmp_path: Path) -> None:
    """All operators of int16, float borders too, on the host and on a Cortex-M4."""
    path = tmp_path / "net.tflite"
    path.write_bytes(every_wide_operator())
    reference = LiteRT(path.read_bytes(), REFERENCE)
    for target, isa in (("host", "host"), ("cortex-m4", "cortex-m4"), ("cortex-m4", "host")):
        compiled = compile_file(path, target, io="float")
        samples = suite(compiled.reference_graph)[:2]
        expected = [[out.reshape(-1) for out in reference.run(sample)] for sample in samples]
        found = run_on(compiled, isa, samples, sanitize=isa == "host")
        assert not mismatches(found, expected)
