"""Counts the instructions of single operators on emulated cores and fits operators/costs.json.

    scripts/fit_costs.py [--cores cortex-m4 ...] [--only conv_2d ...]

Every operator is a network of its own, measured layer by layer, less what an inference takes
besides (``fit_frame.py``, which comes first); what is fitted is the cost of a call of its kernel
(see ``thumbnet.operators.cost``), with the loop that calls it. Prints how far the fit is off.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "test" / "python"), str(Path(__file__).resolve().parent)]

from fit_samples import EVEN, samples  # noqa: E402
from thumbnet.codegen import Naming, Provenance, generate  # noqa: E402
from thumbnet.codegen.model import ctype  # noqa: E402
from thumbnet.commands.samples import make_samples  # noqa: E402
from thumbnet.emulator import Border, HarnessOptions, ModelIo, measure  # noqa: E402
from thumbnet.frontends.tflite import read_tflite  # noqa: E402
from thumbnet.ir.graph import Graph, Tensor  # noqa: E402
from thumbnet.operators.base import Lowered  # noqa: E402
from thumbnet.operators.cost import (  # noqa: E402
    CORES,
    TABLE,
    CallCost,
    entries,
    features,
    frame_cost,
)
from thumbnet.options import Build, Optimize  # noqa: E402
from thumbnet.passes import run_passes  # noqa: E402
from thumbnet.plan import Plan  # noqa: E402
from thumbnet.schedule.layers import make_plan  # noqa: E402
from thumbnet.schedule.predict import frame_counts  # noqa: E402
from thumbnet.target import resolve_target  # noqa: E402

FloatArray = npt.NDArray[np.float64]


class Sample(NamedTuple):
    """An operator over a whole tensor, and the instructions that its layer took."""

    lowered: Lowered
    instructions: int
    optimize: Optimize


_ROUNDS = 20000

FEWEST = 6
"""Samples that an instantiation needs for weights of its own."""


def count(graph: Graph, core: str, optimize: Optimize, known: dict[str, Sample]) -> Sample | None:
    """Measures a network of one operator; None where the passes left none, or it is ``known``."""
    target = resolve_target(core)
    built = graph.built_for(Build(target.isa, optimize, core))
    plan = make_plan(built)
    steps = [step for step in plan.steps if not plan.is_view(step.operator)]
    if len(steps) != 1:
        return None
    naming = name_borders(built)
    files = generate(plan, naming, Provenance("sample", "0" * 64, "0"))
    if files["sample.c"] in known:
        return None
    frame = frame_cost(frame_counts(plan) | {"layers": 1.0}, core)
    found = instructions(files, plan, naming, core) - round(frame)
    found -= called(steps[0].lowered, core)
    known[files["sample.c"]] = Sample(steps[0].lowered, found, optimize)
    return known[files["sample.c"]]


def name_borders(graph: Graph) -> Naming:
    """C names of a sample."""

    def names(prefix: str, count: int) -> tuple[str, ...]:
        return tuple(f"{prefix}_{i}" for i in range(count)) if count > 1 else (prefix,)

    return Naming("sample", names("input", len(graph.inputs)), names("output", len(graph.outputs)))


def instructions(files: Mapping[str, str], plan: Plan, naming: Naming, core: str) -> int:
    """Those of one inference on ``core``."""

    def borders(names: Sequence[str], tensors: Sequence[Tensor]) -> tuple[Border, ...]:
        pairs = zip(names, tensors, strict=True)
        return tuple(Border(name, ctype(tensor), tensor.elements) for name, tensor in pairs)

    graph = plan.graph
    tensors = [graph.tensor(name) for name in graph.inputs]
    outputs = [graph.tensor(name) for name in graph.outputs]
    io = ModelIo(borders(naming.inputs, tensors), borders(naming.outputs, outputs))
    options = HarnessOptions(input_in_arena=plan.input_in_arena)
    samples = make_samples(tensors, 1)
    found = measure(files, "sample", resolve_target(core), samples, io, options=options)
    assert found.instructions is not None
    return found.instructions


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
    rows = [call_features(sample.lowered) for sample in found]
    names = sorted({name for row in rows for name in row})
    measured = np.array([sample.instructions for sample in found], np.float64)
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
                own, shared = names(sample)
                found[shared].append(sample)
                if own != shared:
                    found[own].append(sample)
                print(name, own, sample.instructions, flush=True)
    shared_names = {names(sample)[1] for samples in found.values() for sample in samples}
    # An instantiation that few samples have is better taken for the others'.
    return {
        name: samples
        for name, samples in found.items()
        if name in shared_names or len(samples) >= FEWEST
    }


def names(sample: Sample) -> tuple[str, str]:
    """The entries of a sample's instantiation and of all instantiations."""
    own, shared, *_ = entries(sample.lowered, sample.optimize)
    return own, shared


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
        for lowered, _, _ in found
    ]
    measured = np.array([sample.instructions for sample in found], np.float64)
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
