"""What a float32 network computes for calibration samples: ranges of tensors and of channels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from thumbnet.ir.graph import Graph
from thumbnet.quantize.float_functions import Floats
from thumbnet.quantize.float_run import evaluate, walk
from thumbnet.quantize.histogram import Histogram
from thumbnet.quantize.prepare import WEIGHTED

BATCH_BYTES = 1 << 27
"""About how many bytes the values of a batch may take."""
Samples = Sequence[Floats]
"""One array [N, *shape] an input of the network."""


@dataclass(eq=False)
class Observed:
    """What was seen: of every tensor a histogram, of some the greatest magnitude by channel.

    ``squares`` are for the inputs of operators with weights the mean squares by channel.
    """

    histograms: dict[str, Histogram] = field(default_factory=dict)
    most: dict[str, Floats] = field(default_factory=dict)
    squares: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)


def batches(graph: Graph, samples: Samples) -> Iterator[list[Floats]]:
    """The samples in parts whose values, all of a layer's, fit into BATCH_BYTES."""
    widest = max(tensor.elements for tensor in graph.tensors.values() if not tensor.is_constant)
    size = max(int(BATCH_BYTES // (4 * 16 * widest)), 1)
    for start in range(0, len(samples[0]), size):
        yield [part[start : start + size] for part in samples]


def observe(graph: Graph, samples: Samples) -> Observed:
    """Runs ``graph`` on all samples.

    Raises:
        FloatingPointError: names a tensor with a value that is not finite.
    """
    with np.errstate(all="ignore"):
        return _observed(graph, samples)


def _observed(graph: Graph, samples: Samples) -> Observed:
    seen, count = Observed(), len(samples[0])
    weighted = [op for op in graph.operators if op.kind in WEIGHTED]
    inputs = {op.inputs[0] for op in weighted}
    outputs = {op.outputs[0] for op in weighted}
    for part in batches(graph, samples):
        for name, values in walk(graph, part, lambda op, given: evaluate(graph, op, given)):
            if not np.isfinite(values).all():
                raise FloatingPointError(name)
            seen.histograms.setdefault(name, Histogram()).add(values)
            by_channel = values.reshape(-1, values.shape[-1])
            if name in outputs:
                most = np.abs(by_channel).max(axis=0)
                seen.most[name] = np.maximum(seen.most.get(name, most), most)
            if name in inputs:
                mean = np.square(by_channel, dtype=np.float64).mean(axis=0) * len(values) / count
                seen.squares[name] = seen.squares.get(name, np.zeros_like(mean)) + mean
    return seen
