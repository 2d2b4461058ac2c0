"""Products of matrices that are computed at run time: references against LiteRT, C against them."""

from __future__ import annotations

from pathlib import Path

from support import byte_trials as trials
from support.operator_trials import check_kernels, check_references

DENSE = [
    trials.dense((3, 11), 5, bias=True),
    trials.dense((2, 3, 4), 6, bias=False),
    trials.dense((1, 4, 9), 7, bias=True, keep=True),
]


def test_products_equal_litert_and_c(tmp_path: Path) -> None:
    made = trials.matmuls()
    check_references(made)
    check_kernels(made, tmp_path, {"batch_matmul_s8"})


def test_dense_layers_with_computed_weights_equal_litert_and_c(tmp_path: Path) -> None:
    check_references(DENSE)
    check_kernels(DENSE, tmp_path, {"batch_matmul_s8"})
