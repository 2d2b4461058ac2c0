"""One model under several plans, run together and compared with LiteRT."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from thumbnet.codegen import Provenance, generate
from thumbnet.pipeline import Compiled
from thumbnet.plan import Plan

from support.batch import run_together
from support.litert import LiteRT


def planned(compiled: Compiled, plan: Plan, name: str) -> Compiled:
    """The same model under another plan."""
    naming = dataclasses.replace(compiled.naming, name=name)
    files = generate(plan, naming, Provenance("net.tflite", "0" * 64, "0"))
    return dataclasses.replace(compiled, plan=plan, naming=naming, files=files)


def in_short(compiled: Compiled) -> str:
    """A plan for messages: its input and the operators of its stages."""
    plan = compiled.plan
    source = "rows" if plan.pushed else "arena" if plan.input_in_arena else "buffer"
    stages = (
        f"{stage.kind} {len(stage.steps)}{f' {stage.tiles}' if stage.tiled else ''}"
        for stage in plan.stages
    )
    return f"{source}: {', '.join(stages)}"


def check_exact(
    path: Path,
    models: Sequence[Compiled],
    samples: Sequence[list[npt.NDArray[Any]]],
    folder: Path,
) -> None:
    """LiteRT's outputs of the file from every model, run and pushed, under sanitizers."""
    assert models and samples
    reference = LiteRT(path.read_bytes())
    expected = [[output.reshape(-1) for output in reference.run(sample)] for sample in samples]
    for compiled, of_model in zip(models, run_together(models, samples, folder), strict=True):
        for number, (ways, wanted) in enumerate(zip(of_model, expected, strict=True)):
            assert ways
            for way, found in enumerate(ways):
                pairs = enumerate(zip(found, wanted, strict=True))
                wrong = [index for index, (a, b) in pairs if not np.array_equal(a, b)]
                assert not wrong, (in_short(compiled), f"sample {number}, way {way}", wrong)
