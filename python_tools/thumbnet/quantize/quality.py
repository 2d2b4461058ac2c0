"""What quantization costs: accuracy before and after, and how noisy each tensor has become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thumbnet.ir.graph import Array, DType, Graph, Tensor
from thumbnet.quantize.calibrate import Samples, batches
from thumbnet.quantize.float_functions import Floats
from thumbnet.quantize.float_run import evaluate, run, walk
from thumbnet.quantize.quantizer import Quantized
from thumbnet.quantize.scales import PLACES
from thumbnet.reference.interpreter import run_all

CLEAN = 120.0
"""Decibels of what is the same to float32's last bits."""


@dataclass(frozen=True)
class Noise:
    """The signal-to-noise ratio of an operator's output, int8 against float32, in decibels.

    ``added`` is by how many decibels the operator is below the worst of its inputs.
    """

    name: str
    kind: str
    decibels: float
    added: float


def noise(quantized: Quantized, samples: Samples) -> list[Noise]:
    """One line an operator of the float32 network, in order; computed by the exact reference."""
    graph, real = quantized.graph, quantized.real
    signal: dict[str, float] = {}
    error: dict[str, float] = {}
    for index in range(len(samples[0])):
        given = [part[index : index + 1] for part in samples]
        values = run_all(graph, [part[0] for part in given])
        for name, wanted in walk(real, given, lambda op, x: evaluate(real, op, x)):
            inside = f"{name}/quantized"
            found = _real(graph, inside if inside in values else name, values)
            signal[name] = signal.get(name, 0.0) + float(np.square(wanted, dtype=np.float64).sum())
            difference = found.astype(np.float64) - wanted[0]
            error[name] = error.get(name, 0.0) + float(np.square(difference).sum())
    level = {name: _decibels(signal[name], error[name]) for name in signal}
    lines = []
    for op in real.operators:
        name = op.outputs[0]
        if op.kind in PLACES:
            continue
        before = [level[x] for x in op.inputs if x in level]
        lines.append(Noise(name, op.kind, level[name], min(before, default=CLEAN) - level[name]))
    return lines


def _real(graph: Graph, name: str, values: dict[str, Array]) -> Floats:
    tensor = graph.tensor(name)
    return dequantized(tensor, values[name]) if tensor.quantization else _float(values[name])


def _float(value: Array) -> Floats:
    return value.astype(np.float32)


def dequantized(tensor: Tensor, codes: Array) -> Floats:
    """The reals that the values of a quantized tensor stand for."""
    real: Floats = (_float(codes) - np.float32(tensor.zero_point)) * np.float32(tensor.scale)
    return real


def _decibels(signal: float, error: float) -> float:
    if signal == 0 or error <= signal * 10 ** (-CLEAN / 10):
        return CLEAN
    return float(10 * np.log10(signal / error))


def float_scores(graph: Graph, samples: Samples) -> Floats:
    """The first output of a float32 graph for each sample, flattened: [N, elements]."""
    parts = [run(graph, part)[0] for part in batches(graph, samples)]
    return np.concatenate(parts).reshape(len(samples[0]), -1)


def int8_scores(graph: Graph, samples: Samples) -> Floats:
    """Likewise of an int8 graph with float32 borders, by the exact reference."""
    found = []
    for index in range(len(samples[0])):
        values = run_all(graph, [part[index] for part in samples])
        found.append(_float(values[graph.outputs[0]]).reshape(-1))
    return np.stack(found)


def right(scores: Floats, labels: npt.NDArray[np.int64]) -> int:
    """How often the greatest score, or a single one's side of a half or zero, is the label's."""
    if scores.shape[1] == 1:
        middle = 0.5 if scores.min() >= 0 and scores.max() <= 1 else 0.0
        return int(np.count_nonzero((scores[:, 0] > middle) == (labels > 0)))
    return int(np.count_nonzero(scores.argmax(axis=1) == labels))


def standard_error(correct: int, count: int) -> float:
    """Of an accuracy in percent, from ``count`` independent samples."""
    part = correct / max(count, 1)
    return float(100 * np.sqrt(part * (1 - part) / max(count, 1)))


def worst(lines: Sequence[Noise], count: int = 5) -> list[Noise]:
    """The operators that add most noise."""
    return sorted(lines, key=lambda line: -line.added)[:count]


def takes_classes(graph: Graph) -> bool:
    """Whether the first output's values can be compared with classes."""
    tensor = graph.tensor(graph.outputs[0])
    return tensor.dtype is DType.FLOAT32
