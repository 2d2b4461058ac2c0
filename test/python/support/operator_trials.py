"""Models of one operator, checked against LiteRT and, in C, against the references.

What a trial's file becomes is the front end's and the passes' work, so that their mistakes show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from thumbnet.frontends.tflite import parse_tflite
from thumbnet.ir.graph import Graph
from thumbnet.ir.verify import verify
from thumbnet.operators.registry import check_supported, family
from thumbnet.passes import run_passes
from thumbnet.reference.interpreter import run

from support import inputs
from support.kernel_harness import KernelHarness
from support.litert import LiteRT

AnyArray = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Trial:
    """A model and what goes into it: given samples, or some of every sort."""

    name: str
    model: bytes
    given: Sequence[Sequence[AnyArray]] = field(default=())

    def graph(self) -> Graph:
        """The model as imported, within all limits."""
        graph = verify(parse_tflite(self.model, "one.tflite"))
        check_supported(graph, "one.tflite")
        return graph

    def samples(self, graph: Graph, seed: int) -> list[list[AnyArray]]:
        """What goes into it."""
        if self.given:
            return [list(sample) for sample in self.given]
        tensors = [graph.tensor(name) for name in graph.inputs]
        suites = [
            inputs.suite(tensor.shape, "int8", seed + i)
            if tensor.dtype.value != "bool"
            else [value > 0 for value in inputs.suite(tensor.shape, "int8", seed + i)]
            for i, tensor in enumerate(tensors)
        ]
        return [
            [
                value.view(np.uint8) if tensor.dtype.value == "uint8" else value
                for value, tensor in zip(sample, tensors, strict=True)
            ]
            for sample in zip(*suites, strict=True)
        ]


def check_references(trials: Sequence[Trial]) -> None:
    """What graphs compute before and behind the passes is what LiteRT does."""
    for seed, trial in enumerate(trials):
        graph, interpreter = trial.graph(), LiteRT(trial.model)
        built = run_passes(graph)
        for operator in graph.operators:
            shape = family(operator).output_shape(graph, operator)
            assert shape == graph.tensor(operator.outputs[0]).shape, trial.name
        for sample in trial.samples(graph, seed):
            expected = interpreter.run(sample)
            # Reshapes at borders are gone behind the passes.
            shaped = [
                value.reshape(built.tensor(name).shape)
                for value, name in zip(sample, built.inputs, strict=True)
            ]
            for values in (run(graph, sample), run(built, shaped)):
                for value, right in zip(values, expected, strict=True):
                    np.testing.assert_array_equal(value, right.reshape(value.shape), trial.name)


def check_kernels(trials: Sequence[Trial], directory: Path, kernels: set[str]) -> None:
    """The operators in C; ``kernels`` are the functions that they must have used, all of them."""
    harness = KernelHarness(directory)
    for seed, trial in enumerate(trials):
        graph = run_passes(trial.graph())
        assert len(graph.operators) == 1, trial.name
        operator, samples = graph.operators[0], trial.samples(graph, seed)
        varying = [n for n in operator.inputs if n and not graph.tensor(n).is_constant]
        operands = [
            [dict(zip(graph.inputs, sample, strict=True))[name] for name in varying]
            for sample in samples[:: max(len(samples) // 3, 1)]
        ]
        harness.add(graph, operator, operands)
    used = {case.lowered.kernel.function.removeprefix("thumbnet_") for case in harness.cases}
    assert used == kernels
    harness.check()
