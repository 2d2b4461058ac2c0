"""Reductions but the mean: references against LiteRT, C against them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support import reduction_trials as trials
from support.litert import LiteRT
from support.operator_trials import Trial, check_kernels, check_references
from support.tflite_writer import Writer
from thumbnet.operators.reductions import _scaled_sums, _sum_scaling
from thumbnet.reference.interpreter import run

KINDS = ("sum", "reduce_max", "reduce_min", *trials.BOOLS)


@pytest.mark.parametrize("kind", KINDS)
def test_reductions_equal_litert(kind: str) -> None:
    check_references(trials.reductions(kind, 6 if kind == "sum" else 2))


@pytest.mark.parametrize("kind", trials.PLACES)
def test_places_equal_litert(kind: str) -> None:
    check_references(trials.places(kind))


def test_kernels_equal_references(tmp_path: Path) -> None:
    made = [trial for kind in KINDS for trial in trials.reductions(kind)]
    made += [trial for kind in trials.PLACES for trial in trials.places(kind)]
    check_kernels(made, tmp_path, {"reduce_plane_s8", "reduce_row_s8"})


def test_sums_are_scaled_in_integers_as_in_float32() -> None:
    rng, exact = np.random.default_rng(3), {False: 0, True: 0}
    for _ in range(60):
        count = int(rng.choice([1, 7, 49, 1000, 40000]))
        scales = (float(rng.uniform(0.01, 0.2)), float(rng.uniform(0.01, 0.2) * count**0.5))
        points = (int(rng.integers(-128, 128)), int(rng.integers(-128, 128)))
        how = _sum_scaling(scales, points, count)
        assert how is not None
        exact[how.exact] += 1
        sums = np.unique(rng.integers(-128 * count, 127 * count + 1, 100_000))
        made = np.clip(how.scaled(sums), -128, 127)
        right = np.clip(_scaled_sums(sums, scales, points, count), -128, 127)
        assert np.abs(made - right).max() <= 1 - how.exact
        assert how.exact or count > 1000
    assert exact[True] > exact[False]


def test_normalization_equals_litert_and_c(tmp_path: Path) -> None:
    made = [
        trials.normalized("l2_normalization", shape, number)
        for shape in trials.SHAPES
        for number in range(3)
    ]
    check_references(made)
    check_kernels(made, tmp_path, {"l2_normalization_s8"})


def test_log_softmax_is_within_one_unit_of_litert_and_equal_in_c(tmp_path: Path) -> None:
    made = [
        trials.normalized("log_softmax", shape, number)
        for shape in trials.SHAPES
        for number in range(6)
    ]
    check_kernels(made, tmp_path, {"log_softmax_s8"})
    different = total = 0
    for seed, trial in enumerate(made):
        graph, interpreter = trial.graph(), LiteRT(trial.model)
        for sample in trial.samples(graph, seed):
            off = np.abs(run(graph, sample)[0].astype(int) - interpreter.run(sample)[0])
            assert off.max() <= 1, trial.name
            different, total = different + int(off.sum()), total + off.size
    # Only what lies in the middle of two steps but for float32's last bits.
    assert different <= total // 2000


def test_batches_of_softmax_are_pixels(tmp_path: Path) -> None:
    writer = Writer()
    x = writer.input((2, 3, 4, 5), "int8", 0.1, 3)
    made = [Trial("softmax", writer.finish([writer.softmax(x)]))]
    check_references(made)
    check_kernels(made, tmp_path, {"softmax_s8"})
