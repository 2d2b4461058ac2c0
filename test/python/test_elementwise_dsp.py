"""add and sub in one rounding: C against the references over all pairs of operands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.compiled import compile_file, litert_outputs, mismatches, run_on
from support.kernel_harness import KernelHarness
from support.spatial_samples import FULL, Sample, binary
from support.tflite_writer import Writer
from thumbnet.operators.elementwise_dsp import short_sum
from thumbnet.operators.registry import family
from thumbnet.options import Build

DSP = Build(isa="dsp")
ALL = (1, 256, 257, 1)
"""A shape in which every pair of bytes fits, in rows of an odd width."""


def all_pairs() -> list[np.ndarray]:
    """Operands of the shape ALL with all 65,536 pairs, the first 256 twice."""
    index = np.arange(256 * 257)
    pairs = (index // 256 % 256 - 128, index % 256 - 128)
    return [pair.astype(np.int8).reshape(ALL) for pair in pairs]


def is_short(sample: Sample) -> bool:
    graph = sample.graph.built_for(DSP)
    lowered = family(sample.operator).lower(graph, sample.operator)
    return lowered.kernel.function == "thumbnet_add_dsp_s8"


@pytest.mark.parametrize("kind", ["add", "sub"])
def test_all_pairs_of_operands(tmp_path: Path, kind: str) -> None:
    rng = np.random.default_rng(3 if kind == "add" else 4)
    made = [binary(rng, kind, (ALL, ALL)) for _ in range(12)]
    short = [sample for sample in made if is_short(sample)]
    assert len(short) >= 10  # most scales have exact factors
    harness = KernelHarness(tmp_path, widths=(3, 64))
    for sample in short[:6]:
        harness.add(sample.graph.built_for(DSP), sample.operator, [all_pairs()])
    harness.check()


def test_runs_and_constants(tmp_path: Path) -> None:
    """Runs that are no multiples of four, and a constant operand of the output's shape."""
    rng = np.random.default_rng(5)
    harness = KernelHarness(tmp_path, widths=(1, 2, 3, 5))
    for constant in (None, 0, 1) * 6:
        sample = binary(rng, "add", (FULL, FULL), constant)
        harness.add(sample.graph.built_for(DSP), sample.operator, [sample.suites(0)[0]])
    used = {case.lowered.kernel.function for case in harness.cases}
    assert "thumbnet_add_dsp_s8" in used
    harness.check()


def test_broadcasts_stay_portable() -> None:
    sample = binary(np.random.default_rng(6), "add", (FULL, (1, 1, 1, FULL[3])))
    assert not is_short(sample)


def ties_away(values: np.ndarray) -> np.ndarray:
    return np.sign(values) * np.floor(np.abs(values) + 0.5)


def test_exact_ties_go_away_from_zero() -> None:
    """Half the sum of two operands is a tie for every other pair."""
    operand = np.arange(-128, 128)
    wanted = ties_away((operand[:, None] + operand[None, :]) / 2).astype(np.int64)
    assert short_sum(0.5, 0.5, wanted, (-128, 127)) is not None


def test_what_no_factors_give_is_refused() -> None:
    operand = np.arange(-128, 128)
    wanted = np.clip(ties_away((operand[:, None] + operand[None, :]) / 2), -128, 127)
    wanted[7, 9] += 1
    assert short_sum(0.5, 0.5, wanted.astype(np.int64), (-128, 127)) is None


@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m33"])
def test_on_emulated_cores(tmp_path: Path, core: str) -> None:
    """The instructions, not their twins: every pair, and a clamped difference."""
    shape = (1, 16, 16, 257)
    writer = Writer()
    a = writer.input(shape, "int8", 0.0312847, 5)
    b = writer.input(shape, "int8", 0.0471913, -7)
    y = writer.add(a, b, scale=0.0597731, zero_point=3)
    z = writer.sub(a, b, scale=0.0518429, zero_point=-100, activation="relu")
    model = tmp_path / "sums.tflite"
    model.write_bytes(writer.finish([y, z]))
    compiled = compile_file(model, core)
    functions = {step.lowered.kernel for step in compiled.plan.steps}
    assert {kernel.function for kernel in functions} == {"thumbnet_add_dsp_s8"}
    assert {kernel.literals for kernel in functions} == {(0,), (1,)}
    samples = [[pair.reshape(shape) for pair in all_pairs()]]
    expected = litert_outputs(model.read_bytes(), compiled, samples)
    assert not mismatches(run_on(compiled, core, samples), expected)
