"""Empirical bias correction: what rounding does to the mean of a channel goes into its bias.

M. Nagel et al., 2019 (see ``equalize``), with means measured on calibration samples, layer by layer
with all layers in front rounded and corrected.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thumbnet.ir.graph import Operator
from thumbnet.quantize.calibrate import Samples
from thumbnet.quantize.float_functions import Floats, clamped
from thumbnet.quantize.float_run import before_clamp, walk
from thumbnet.quantize.prepare import WEIGHTED
from thumbnet.quantize.simulate import Scheme, finished, rounded, sums


def corrected(scheme: Scheme, samples: Samples) -> Scheme:
    """``scheme`` with corrected biases."""
    graph = scheme.graph
    biases = dict(scheme.biases)
    wanted: dict[str, Floats] = {}

    def real(operator: Operator, given: Sequence[Floats]) -> Floats:
        values = before_clamp(graph, operator, given)
        if operator.kind in WEIGHTED:
            wanted[operator.outputs[0]] = _means(values)
        activation = getattr(operator.attributes, "activation", None)
        return values if activation is None else clamped(values, activation)

    def stepped(operator: Operator, given: Sequence[Floats]) -> Floats:
        values = sums(scheme, operator, given)
        name = operator.outputs[0]
        if operator.kind in WEIGHTED:
            change = wanted.pop(name) - _means(values)
            biases[name] = (biases[name] + change).astype(np.float32)
            values = values + change
        return finished(scheme, operator, values)

    starts = [rounded(x, scheme.of(n)) for x, n in zip(samples, graph.inputs, strict=True)]
    pairs = zip(walk(graph, samples, real), walk(graph, starts, stepped), strict=True)
    for _ in pairs:
        pass
    return scheme.with_biases(biases)


def _means(values: Floats) -> Floats:
    found: Floats = values.reshape(-1, values.shape[-1]).mean(axis=0, dtype=np.float64)
    return found.astype(np.float32)
