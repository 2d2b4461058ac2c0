"""Streamed code: small random networks in many schedules, then the marks on real networks."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.batch import run_together
from support.compiled import compile_file
from support.litert import LiteRT
from support.random_plans import random_plan
from support.small_networks import suite
from support.stream_networks import stream_network
from thumbnet.codegen import Provenance, generate
from thumbnet.errors import ThumbnetError
from thumbnet.pipeline import Compiled
from thumbnet.plan import Plan

SEEDS = range(16)
INPUTS = ("arena", "buffer", "rows")


def schedules(path: Path, seed: int) -> list[Compiled]:
    """The least RAM and a random plan for every sort of input that the network allows."""
    found = []
    for number, given in enumerate(INPUTS):
        how = {"input": given, "objective": "ram"}
        try:
            compiled = compile_file(path, name=f"net_{number}", schedule=how)
        except ThumbnetError:
            assert given == "rows"
            continue
        found.append(compiled)
        plan = random_plan(compiled.graph, given, random.Random(seed))
        assert plan is not None
        found.append(planned(compiled, plan, f"other_{number}"))
    return found


def planned(compiled: Compiled, plan: Plan, name: str) -> Compiled:
    """The same model under another plan."""
    naming = dataclasses.replace(compiled.naming, name=name)
    files = generate(plan, naming, Provenance("net.tflite", "0" * 64, "0"))
    return dataclasses.replace(compiled, plan=plan, naming=naming, files=files)


def shape(compiled: Compiled) -> str:
    """A plan's stages in short, for messages."""
    stages = (f"{stage.kind} {len(stage.steps)}" for stage in compiled.plan.stages)
    return f"{compiled.naming.name}: {', '.join(stages)}"


@pytest.mark.parametrize("seed", SEEDS)
def test_random_networks_are_exact_in_every_schedule(seed: int, tmp_path: Path) -> None:
    """LiteRT's outputs from run() and from pushed rows, without a step outside any buffer."""
    path = tmp_path / "net.tflite"
    path.write_bytes(stream_network(seed))
    models = schedules(path, seed)
    samples = suite(models[0].reference_graph)
    reference = LiteRT(path.read_bytes())
    expected = [[output.reshape(-1) for output in reference.run(sample)] for sample in samples]
    outputs = run_together(models, samples, tmp_path)
    for compiled, of_model in zip(models, outputs, strict=True):
        for number, (ways, wanted) in enumerate(zip(of_model, expected, strict=True)):
            for way, found in enumerate(ways):
                wrong = [
                    index
                    for index, (a, b) in enumerate(zip(found, wanted, strict=True))
                    if not np.array_equal(a, b)
                ]
                assert not wrong, (shape(compiled), f"sample {number}", f"way {way}", wrong)
