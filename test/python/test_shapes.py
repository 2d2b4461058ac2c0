"""Operators that move, pick and repeat elements: references against LiteRT, C against them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import inputs as samples
from support.kernel_harness import KernelHarness
from support.litert import LiteRT
from support.shape_models import OTHERS, PICKS
from thumbnet.frontends.tflite import parse_tflite
from thumbnet.ir.graph import Graph
from thumbnet.ir.verify import verify
from thumbnet.operators.registry import check_supported
from thumbnet.passes.pipeline import run_passes
from thumbnet.reference import interpreter

AnyArray = np.typing.NDArray[Any]
Make = Callable[[np.random.Generator], bytes]


def read(model: bytes) -> Graph:
    """The model's graph, within the operators' limits."""
    graph = verify(parse_tflite(model, "net.tflite"))
    check_supported(graph, "net.tflite")
    return graph


def given_to(graph: Graph, seed: int) -> list[AnyArray]:
    """Noise for every input."""
    tensors = [graph.tensor(name) for name in graph.inputs]
    return [samples.noise(t.shape, t.dtype.value, seed + i) for i, t in enumerate(tensors)]


def check_model(model: bytes, seed: int, harness: KernelHarness | None) -> Graph:
    """The graph as imported and after the passes equals LiteRT; its kernels go to the harness."""
    graph = read(model)
    given = given_to(graph, seed)
    expected = LiteRT(model).run(given)
    values = interpreter.run_all(graph, given)
    changed = run_passes(graph)
    shaped = [x.reshape(changed.tensor(n).shape) for n, x in zip(graph.inputs, given, strict=True)]
    rewritten = interpreter.run(changed, shaped)
    for name, wanted, also in zip(graph.outputs, expected, rewritten, strict=True):
        text = f"seed {seed}: {[(op.kind, op.attributes) for op in graph.operators]}"
        np.testing.assert_array_equal(values[name], wanted, text)
        np.testing.assert_array_equal(also.reshape(-1), wanted.reshape(-1), text)
    if harness is not None:
        for operator in graph.operators:
            variable = [n for n in operator.inputs if n and not graph.tensor(n).is_constant]
            if variable:
                harness.add(graph, operator, [[values[name] for name in variable]])
    return graph


def kinds_of(graphs: Sequence[Graph]) -> set[str]:
    """All kinds of operators."""
    return {operator.kind for graph in graphs for operator in graph.operators}


@pytest.mark.parametrize("make", PICKS, ids=lambda make: make.__name__)
def test_picks_equal_litert(make: Make, tmp_path: Path) -> None:
    harness = KernelHarness(tmp_path, widths=(1, 3))
    graphs = []
    for seed in range(60):
        model = make(np.random.default_rng(seed))
        graphs.append(check_model(model, seed, harness if seed < 25 else None))
    assert kinds_of(graphs) <= {"pick", "reshape"}
    harness.check()


@pytest.mark.parametrize("make", OTHERS, ids=lambda make: make.__name__)
def test_others_equal_litert(make: Make, tmp_path: Path) -> None:
    harness = KernelHarness(tmp_path, widths=(1, 3))
    for seed in range(50):
        model = make(np.random.default_rng(seed))
        check_model(model, seed, harness if seed < 25 else None)
    harness.check()
