"""Reductions but the mean: references against LiteRT, C against them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support import reduction_trials as trials
from support.operator_trials import check_kernels, check_references
from thumbnet.operators.reductions import _scaled_sums, _sum_scaling

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
        made = np.clip((sums * how.multiplier + how.offset) >> how.shift, -128, 127)
        right = np.clip(_scaled_sums(sums, scales, points, count), -128, 127)
        assert np.abs(made - right).max() <= 1 - how.exact
        assert how.exact or count > 1000
    assert exact[True] > exact[False]
