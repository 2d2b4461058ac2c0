"""The cost model: every kernel has weights, and single operators cost what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support import inputs
from support import random_models as models
from support.compiled import compile_file, run_on
from thumbnet.operators.base import Kernel, Lowered, Rows, Source
from thumbnet.operators.cost import CORES, TABLE
from thumbnet.operators.cost_windows import depthwise, tiles
from thumbnet.schedule.predict import predict

KERNELS = Path(__file__).resolve().parents[2] / "src" / "thumbnet" / "kernels"

WITHOUT = {
    # Priced as the kernels that it calls, and a move of bytes that plans leave out.
    *("thumbnet_inverted_bottleneck_s8", "thumbnet_reshape"),
}

Make = Callable[[np.random.Generator], bytes]

OPERATORS: dict[str, Make] = {
    "1x1": lambda rng: models.conv_2d(rng, (1, 13, 11, 40), 56, 1),
    "3x3": lambda rng: models.conv_2d(rng, (1, 15, 17, 12), 20, 3),
    "pictures": lambda rng: models.conv_2d(rng, (1, 32, 32, 3), 16, 3, stride=2),
    "spectrograms": lambda rng: models.conv_2d(rng, (1, 30, 23, 1), 10, (8, 7), stride=2),
    "columns": lambda rng: models.conv_2d(rng, (1, 40, 3, 8), 12, (5, 1)),
    "depthwise": lambda rng: models.depthwise_conv_2d(rng, (1, 18, 18, 24), 1, 3),
    "depthwise 5x5": lambda rng: models.depthwise_conv_2d(rng, (1, 14, 14, 16), 1, 5, stride=2),
    "fully connected": lambda rng: models.fully_connected(rng, (1, 200), 40),
    "add": lambda rng: models.binary(rng, "add", ((1, 9, 9, 20), (1, 9, 9, 20))),
    "max_pool": lambda rng: models.unary(rng, "max_pool_2d", (1, 12, 14, 20), kernel=2, stride=2),
    "mean": lambda rng: models.unary(rng, "mean", (1, 11, 7, 30), axes=(1, 2)),
}
"""Shapes that the weights were not fitted to."""

OFF = 0.03
"""How far a prediction may be off for one operator."""


def test_every_kernel_has_weights() -> None:
    """In one table at least; a core without them takes another's."""
    tables = json.loads(TABLE.read_text(encoding="utf-8"))
    assert set(tables) <= set(CORES.values())
    known = set().union(*tables.values())
    pattern = r"void\s+(thumbnet_\w+)\(const void \*constants,"
    written = {
        name
        for path in KERNELS.glob("*.h")
        for name in re.findall(pattern, path.read_text(encoding="utf-8"))
    }
    assert written - known - WITHOUT == set()


def test_weights_are_not_negative() -> None:
    tables = json.loads(TABLE.read_text(encoding="utf-8"))
    weights = [
        value for table in tables.values() for entry in table.values() for value in entry.values()
    ]
    assert weights and min(weights) >= 0


def test_counts_are_of_whole_runs() -> None:
    """Tiles, pairs and single pixels are as many pixels as a run has; windows reach as far."""
    rng = np.random.default_rng(7)
    for _ in range(200):
        kernel, stride, width = (int(one) for one in rng.integers((1, 1, 1), (6, 3, 20)))
        pad = int(rng.integers(0, kernel))
        rows = Rows(3, max((width - 1) * stride + kernel - 2 * pad, 1), 8)
        source = Source(rows, kernel_width=kernel, stride_width=stride, pad_left=pad)
        lowered = Lowered(Kernel("", ""), "", (), (source,), Rows(3, width, 8), 0, (0,))
        n = int(rng.integers(1, width + 1))
        made = list(tiles(lowered, n, 3))
        assert sum(tile.columns * tile.number for tile in made) == pytest.approx(n)
        counts = depthwise(lowered, n)
        assert 2 * counts["pairs"] + counts["single"] == pytest.approx(n)
        left = np.arange(width) * stride - pad
        inside = [len({*range(at, at + kernel)} & {*range(rows.width)}) for at in left]
        whole = list(tiles(lowered, width, 3))
        assert sum(one.columns * one.number * one.inside for one in whole) == pytest.approx(
            sum(inside)
        )


@pytest.mark.parametrize("optimize", ["speed", "balanced"])
@pytest.mark.parametrize("name", OPERATORS)
def test_one_operator(tmp_path: Path, name: str, optimize: str) -> None:
    """A network of one operator on an emulated Cortex-M4."""
    path = tmp_path / "one.tflite"
    path.write_bytes(OPERATORS[name](np.random.default_rng(3)))
    compiled = compile_file(path, "cortex-m4", optimize=optimize)
    shapes = [compiled.graph.tensor(tensor).shape for tensor in compiled.graph.inputs]
    sample = [inputs.noise(shape, "int8", 5 + at) for at, shape in enumerate(shapes)]
    counted = run_on(compiled, "cortex-m4", [sample]).instructions
    assert counted is not None
    assert predict(compiled.plan).total == pytest.approx(counted, rel=OFF)
