"""``thumbnet measure``: a model on an emulated target, compared with the bit-exact reference."""

from __future__ import annotations

import json
from pathlib import Path

from thumbnet.codegen.model import ctype
from thumbnet.commands.front_end import measure_front_end
from thumbnet.commands.model import compile_for
from thumbnet.commands.samples import make_samples, read_samples
from thumbnet.emulator import Border, HarnessOptions, Measurement, ModelIo
from thumbnet.emulator import measure as run_on_target
from thumbnet.ir.graph import Array
from thumbnet.operators.cost import CORES
from thumbnet.pipeline import Compiled
from thumbnet.reference.interpreter import run_sequence
from thumbnet.report.console import console
from thumbnet.report.terminal import key_values
from thumbnet.schedule.predict import predict


def measure(
    path: Path,
    target: str,
    inputs: Path | None,
    count: int | None,
    optimize: str | None,
    as_json: bool,
    frontend: bool = False,
) -> bool:
    """Print the measurement; return whether every output equals the reference's.

    ``frontend`` adds the manifest's front end, on made-up samples.

    The keys of the JSON object never change their names or meanings.
    """
    manifest, board, compiled = compile_for(path, target, optimize=optimize)
    samples = _samples(compiled, inputs, count)
    two = compiled.plan.memory.slow is not None
    options = HarnessOptions(input_in_arena=compiled.plan.input_in_arena, two_memories=two)
    measured = run_on_target(
        compiled.files, compiled.naming.name, board, samples, model_io(compiled), options=options
    )
    exact = _is_exact(compiled, samples, measured)
    report = {
        "model": manifest.model.name,
        "target": board.name,
        "exact": exact,
        "inferences": len(samples),
        "instructions": measured.instructions,
        "predicted_instructions": predict(compiled.plan).total if board.core in CORES else None,
        "arena_bytes": measured.arena_size,
        "state_bytes": compiled.plan.graph.state_bytes,
        "stack_bytes": measured.stack_bytes,
        "code_bytes": measured.code_bytes,
        "weight_bytes": measured.weight_bytes,
        "static_bytes": measured.static_bytes,
        "macs": compiled.plan.macs,
        "peak_operator": compiled.plan.memory.peak,
    }
    if measured.slow_size is not None:
        report["fast_bytes"] = measured.arena_size - measured.slow_size
        report["slow_bytes"] = measured.slow_size
    if frontend:
        same, figures = measure_front_end(compiled, board, model_io(compiled).outputs)
        exact = exact and same
        report |= {"exact": exact, **figures}
    if as_json:
        print(json.dumps(report))
    else:
        console().print(key_values(report))
    return exact


def _samples(compiled: Compiled, inputs: Path | None, count: int | None) -> list[list[Array]]:
    graph = compiled.reference_graph
    tensors = [graph.tensor(name) for name in graph.inputs]
    if inputs is None:
        return make_samples(tensors, count)
    return read_samples(inputs, dict(zip(compiled.naming.inputs, tensors, strict=True)), count)


def model_io(compiled: Compiled) -> ModelIo:
    """The compiled model's borders as the harness wants them."""
    graph, naming = compiled.graph, compiled.naming

    def borders(tensors: tuple[str, ...], names: tuple[str, ...]) -> tuple[Border, ...]:
        found = [graph.tensor(tensor) for tensor in tensors]
        pairs = zip(names, found, strict=True)
        return tuple(Border(name, ctype(tensor), tensor.elements) for name, tensor in pairs)

    return ModelIo(borders(graph.inputs, naming.inputs), borders(graph.outputs, naming.outputs))


def _is_exact(compiled: Compiled, samples: list[list[Array]], measured: Measurement) -> bool:
    """Whether every output of every sample has the very bytes of the model as imported."""
    wanted = run_sequence(compiled.reference_graph, samples)
    for expected, outputs in zip(wanted, measured.outputs, strict=True):
        pairs = zip(outputs, expected, strict=True)
        if any(output.tobytes() != right.tobytes() for output, right in pairs):
            return False
    return True
