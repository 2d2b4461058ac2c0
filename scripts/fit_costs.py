"""Counts the instructions of single operators on emulated cores and fits operators/costs.json.

    scripts/fit_costs.py [--cores cortex-m4 ...] [--only conv_2d ...]

Every operator is a network of its own, measured layer by layer; what is fitted is the cost of a
call of its kernel (see ``thumbnet.operators.cost``), with the loop that calls it. Prints how far
the fit is off.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "test" / "python"), str(Path(__file__).resolve().parent)]

from fit_samples import EVEN, samples  # noqa: E402
from thumbnet.codegen import Naming, Provenance, generate  # noqa: E402
from thumbnet.codegen.model import ctype  # noqa: E402
from thumbnet.commands.samples import make_samples  # noqa: E402
from thumbnet.emulator import Border, ModelIo, measure  # noqa: E402
from thumbnet.frontends.tflite import read_tflite  # noqa: E402
from thumbnet.ir.graph import Graph  # noqa: E402
from thumbnet.operators.base import Lowered  # noqa: E402
from thumbnet.operators.cost import CORES, TABLE, CallCost, entry, features  # noqa: E402
from thumbnet.options import Build, Optimize  # noqa: E402
from thumbnet.passes import run_passes  # noqa: E402
from thumbnet.schedule.layers import make_plan  # noqa: E402
from thumbnet.target import resolve_target  # noqa: E402

FloatArray = npt.NDArray[np.float64]
Sample = tuple[Lowered, int]
"""An operator over a whole tensor, and the instructions that it took."""

_ROUNDS = 20000


def count(graph: Graph, core: str, optimize: Optimize, known: dict[str, Sample]) -> Sample | None:
    """Measures a network of one operator; None where the passes left none, or it is ``known``."""
    target = resolve_target(core)
    built = graph.built_for(Build(target.isa, optimize, core))
    plan = make_plan(built)
    steps = [step for step in plan.steps if not plan.is_view(step.operator)]
    if len(steps) != 1:
        return None
    naming = Naming("sample", ("input",), ("output",))
    if len(built.inputs) > 1:
        names = tuple(f"input_{i}" for i in range(len(built.inputs)))
        naming = Naming("sample", names, ("output",))
    files = generate(plan, naming, Provenance("sample", "0" * 64, "0"))
    if files["sample.c"] in known:
        return None
    tensors = [built.tensor(name) for name in built.inputs]
    output = built.tensor(built.outputs[0])
    io = ModelIo(
        tuple(
            Border(name, ctype(tensor), tensor.elements)
            for name, tensor in zip(naming.inputs, tensors, strict=True)
        ),
        (Border("output", ctype(output), output.elements),),
    )
    found = measure(files, "sample", target, make_samples(tensors, 1), io)
    assert found.instructions is not None
    lowered = steps[0].lowered
    known[files["sample.c"]] = (lowered, found.instructions - called(lowered, core))
    return known[files["sample.c"]]


def called(lowered: Lowered, core: str) -> int:
    """What the kernels that a layer's kernel calls take of it, as fitted before."""
    width = lowered.output.width if lowered.width is None else lowered.width
    return round(lowered.output.height * CallCost(lowered, core).called(width))


def call_features(lowered: Lowered) -> dict[str, float]:
    """Those of all calls of a layer."""
    steps = lowered.output.height if lowered.steps is None else lowered.steps
    width = lowered.output.width if lowered.width is None else lowered.width
    return {name: steps * value for name, value in features(lowered, width).items()}


def fit(found: list[Sample]) -> dict[str, float]:
    """Weights of least relative error, none of them negative."""
    rows = [call_features(lowered) for lowered, _ in found]
    names = sorted({name for row in rows for name in row})
    measured = np.array([instructions for _, instructions in found], np.float64)
    table = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    solved = not_negative(table / measured[:, None], np.ones(len(found)))
    return {name: float(f"{value:.4g}") for name, value in zip(names, solved, strict=True) if value}


def not_negative(table: FloatArray, wanted: FloatArray) -> FloatArray:
    """Least squares with weights that are not negative (Lawson and Hanson's active set)."""
    scale = np.linalg.norm(table, axis=0)
    scale[scale == 0] = 1.0
    matrix = table / scale
    free = np.zeros(matrix.shape[1], bool)
    solution = np.zeros(matrix.shape[1])
    for _ in range(_ROUNDS):
        gradient = matrix.T @ (wanted - matrix @ solution)
        gradient[free] = -np.inf
        best = int(np.argmax(gradient))
        if gradient[best] < 1e-9:
            break
        free[best] = True
        while True:
            trial = np.zeros_like(solution)
            trial[free] = np.linalg.lstsq(matrix[:, free], wanted, rcond=None)[0]
            if not np.any(trial[free] <= 0):
                solution = trial
                break
            negative = free & (trial <= 0)
            step = np.min(solution[negative] / (solution[negative] - trial[negative]))
            solution = solution + step * (trial - solution)
            free &= solution > 1e-15
            solution[~free] = 0.0
    return solution / scale


def groups(core: str, only: list[str]) -> dict[str, list[Sample]]:
    """Samples by the entry that they are fitted to."""
    found: dict[str, list[Sample]] = defaultdict(list)
    with ProcessPoolExecutor() as pool:
        models = list(samples(only))
        counted = pool.map(partial(counts, core=core), models)
        for (name, _), of_one in zip(models, counted, strict=True):
            for sample in of_one:
                found[sample[0].kernel.function].append(sample)
                if sample[0].kernel.literals:
                    found[entry(sample[0])].append(sample)
                print(name, entry(sample[0]), sample[1], flush=True)
    return found


def counts(named: tuple[str, bytes], core: str) -> list[Sample]:
    """One sample for each different kernel that flash can be spent on."""
    name, model = named
    graph = read_bytes(model, Path("sample.tflite"))
    if name.startswith(EVEN):
        graph = replace(graph, arithmetic="onnxruntime")
    graph = without_states(run_passes(graph))
    known: dict[str, Sample] = {}
    made = (count(graph, core, optimize, known) for optimize in get_args(Optimize))
    return [sample for sample in made if sample is not None]


def without_states(graph: Graph) -> Graph:
    """The same with its states as inputs: what is counted is the kernel, not what copies them."""
    operators = tuple(
        dataclasses.replace(operator, outputs=operator.outputs[:1]) for operator in graph.operators
    )
    read = tuple(state.read for state in graph.states)
    plain = dataclasses.replace(graph, states=(), operators=operators)
    return plain.replace(inputs=(*graph.inputs, *read))


def read_bytes(model: bytes, path: Path) -> Graph:
    """A model in memory as a graph."""
    import tempfile  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / path
        file.write_bytes(model)
        return read_tflite(file)


def errors(weights: dict[str, float], found: list[Sample]) -> FloatArray:
    """Relative errors of a fit."""
    predicted = [
        sum(weights.get(name, 0.0) * value for name, value in call_features(lowered).items())
        for lowered, _ in found
    ]
    measured = np.array([instructions for _, instructions in found], np.float64)
    return np.array(predicted) / measured - 1


def main() -> int:
    """Fits what the arguments name and merges it into the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cores", nargs="*", default=["cortex-m4"])
    parser.add_argument("--only", nargs="*", default=[])
    arguments = parser.parse_args()
    tables: dict[str, Any] = json.loads(TABLE.read_text()) if TABLE.exists() else {}
    for core in arguments.cores:
        table = tables.setdefault(CORES[core], {})
        for key, found in sorted(groups(core, arguments.only).items()):
            table[key] = fit(found)
            off = errors(table[key], found)
            print(f"{core} {key}: {len(found)} samples, off by {np.abs(off).max():.1%} at most")
    TABLE.write_text(json.dumps(tables, indent=1, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
