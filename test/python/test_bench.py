"""Real networks on every core: TFLite's outputs, and no dearer than the committed table says."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import shared
from support.compiled import AnyArray, compile_file, litert_outputs, mismatches, run_on

BENCH = Path(__file__).resolve().parents[1] / "bench" / "results.json"

GROWTH = 1.01
"""What a change that means nothing by it may add; an intended one updates the table."""

PREDICTION = 0.05
"""How far the predicted instructions of a Cortex-M4 may be from those counted."""

PREDICTED = ("cortex-m4", "cortex-m4 speed", "cortex-m4 size")


def table() -> dict[str, dict[str, dict[str, Any]]]:
    """Figures by build and model."""
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(BENCH.read_text(encoding="utf-8"))
    return found


CASES = [(build, name) for build, models in table().items() for name in models]


@cache
def expected_of(name: str) -> tuple[list[list[AnyArray]], list[Any]]:
    """Two inputs, and LiteRT's outputs."""
    path = shared.model_path(name)
    compiled = compile_file(path)
    shape = compiled.reference_graph.tensor(compiled.reference_graph.inputs[0]).shape
    samples = [[sample] for sample in shared.suite(name, shape, 2)]
    return samples, litert_outputs(path.read_bytes(), compiled, samples)


def test_the_table_is_whole() -> None:
    """Every build has every model."""
    models = {name for _, name in CASES}
    assert {build for build, _ in CASES} >= {*PREDICTED, "cortex-m0plus", "cortex-m55", "rv32imc"}
    assert len(CASES) == len(models) * len(table()) and len(models) >= 20


@shared.needs_shared
@pytest.mark.parametrize(("build", "name"), CASES)
def test_exact_and_within_the_table(build: str, name: str) -> None:
    """Instructions, RAM and code against test/bench/results.json."""
    core, _, optimize = build.partition(" ")
    row = table()[build][name]
    samples, expected = expected_of(name)
    compiled = compile_file(shared.model_path(name), core, optimize=optimize or "balanced")
    found = run_on(compiled, core, samples)
    assert not mismatches(found, expected)
    assert found.static_bytes == 0
    assert found.weight_bytes == compiled.plan.weight_bytes
    assert found.instructions is not None
    assert found.instructions <= GROWTH * row["instructions"]
    assert found.arena_size <= GROWTH * row["arena_bytes"]
    assert found.code_bytes <= GROWTH * row["code_bytes"]
    assert found.weight_bytes <= GROWTH * row["weight_bytes"]


@pytest.mark.parametrize("build", PREDICTED)
def test_predictions_hold(build: str) -> None:
    """The cost model is within 5 % of what was counted, on every model."""
    off = {
        name: row["predicted_instructions"] / row["instructions"] - 1
        for name, row in table()[build].items()
    }
    assert len(off) >= 20
    assert {name: error for name, error in off.items() if abs(error) > PREDICTION} == {}
    assert np.mean(list(off.values())) == pytest.approx(0, abs=PREDICTION / 2)
