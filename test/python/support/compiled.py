"""Compiling a model, running it on a target, and comparing it with LiteRT."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from thumbnet.commands.measure import model_io
from thumbnet.emulator import HarnessOptions, Measurement, measure
from thumbnet.ir.graph import DType, Tensor
from thumbnet.manifest import Manifest
from thumbnet.pipeline import Compiled, compile_model
from thumbnet.target import resolve_target

from support.litert import LiteRT
from thumbnet import manifest as manifests

AnyArray = npt.NDArray[Any]


def compile_file(path: Path, target: str = "host", **changes: Any) -> Compiled:
    """The model in ``path`` compiled with an implicit manifest, changed by ``changes``."""
    manifest = manifests.implicit(path)
    values = manifest.model_dump() | changes
    return compile_model(Manifest.model_validate(values), resolve_target(target))


def run_on(
    compiled: Compiled, target: str, samples: list[list[AnyArray]], **options: Any
) -> Measurement:
    """Runs samples on a target and measures."""
    plan = compiled.plan
    two = plan.memory.slow is not None
    harness = HarnessOptions(input_in_arena=plan.input_in_arena, two_memories=two)
    name = compiled.naming.name
    return measure(
        compiled.files,
        name,
        resolve_target(target),
        samples,
        model_io(compiled),
        options=options.pop("harness", harness),
        **options,
    )


def litert_outputs(model: bytes, compiled: Compiled, samples: list[list[AnyArray]]) -> list[Any]:
    """LiteRT's outputs for the compiled model's inputs, as the compiled model's integers.

    Where the file's borders are float and the compiled model's are not, inputs are dequantized
    for LiteRT, whose own QUANTIZE brings the same integers back, and outputs quantized back.
    """
    reference = LiteRT(model)
    graph = compiled.reference_graph
    results = []
    for sample in samples:
        given = []
        for detail, name, value in zip(reference.inputs, graph.inputs, sample, strict=True):
            as_float = detail["dtype"] is np.float32
            given.append(_dequantized(graph.tensor(name), value, as_float).reshape(detail["shape"]))
        found = zip(graph.outputs, reference.run(given), strict=True)
        results.append([_quantized(graph.tensor(name), value).reshape(-1) for name, value in found])
    return results


def _dequantized(tensor: Tensor, value: AnyArray, as_float: bool) -> AnyArray:
    if not as_float or tensor.dtype is DType.FLOAT32:
        return value
    real: AnyArray = (value.astype(np.float64) - tensor.zero_point) * tensor.scale
    return real.astype(np.float32)


def _quantized(tensor: Tensor, value: AnyArray) -> AnyArray:
    if value.dtype != np.float32 or tensor.dtype is DType.FLOAT32:
        return value
    steps: AnyArray = value.astype(np.float64) / tensor.scale + tensor.zero_point
    assert np.abs(steps - np.rint(steps)).max() < 1e-3, "not this tensor's scale"
    return np.rint(steps).astype(tensor.dtype.numpy)


def mismatches(measured: Measurement, expected: list[Any]) -> list[str]:
    """One line for every output of every sample that differs."""
    lines = []
    for index, (outputs, wanted) in enumerate(zip(measured.outputs, expected, strict=True)):
        for number, (output, right) in enumerate(zip(outputs, wanted, strict=True)):
            flat = np.asarray(output).reshape(-1)
            wrong = int(np.count_nonzero(flat != right))
            if wrong:
                most = np.abs(flat.astype(np.float64) - right.astype(np.float64)).max()
                lines.append(f"input {index}, output {number}: {wrong} of {flat.size}, by {most}")
    return lines
