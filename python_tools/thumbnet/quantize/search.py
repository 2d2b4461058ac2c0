"""Chooses how tensors are clipped and weights rounded by the error that the network's outputs have.

Errors are measured on samples that took no part in calibration. First every method is tried for all
tensors together, with both ways to round weights; then one tensor after the other tries the ranges
of the other methods. Work is counted in multiply-accumulates, never in seconds, so that the result
does not depend on the machine's speed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from thumbnet.ir.graph import Graph, Operator, Quantization
from thumbnet.quantize import clipping
from thumbnet.quantize.calibrate import Observed, Samples
from thumbnet.quantize.float_functions import Floats
from thumbnet.quantize.float_run import evaluate, operands, walk
from thumbnet.quantize.histogram import Histogram
from thumbnet.quantize.prepare import WEIGHTED, bias_of
from thumbnet.quantize.scales import PLACES, groups, prescribed, tensors
from thumbnet.quantize.simulate import Scheme, rounded, simulated
from thumbnet.quantize.weights import METHODS, Weights, quantize_weights

WORK = 4e9
"""Multiply-accumulates that trying single tensors may take."""
_BIAS_STEPS = float(1 << 24)
_NEAR = 0.02
"""Scales that differ by less are not tried both."""
_MONOTONE = frozenset(("softmax", "log_softmax", "logistic"))
"""Kinds at a network's end in front of which errors are measured."""


@dataclass(frozen=True)
class Choice:
    """How the tensors were clipped at first, and how weights were rounded."""

    clipping: str
    weights: str


class Search:
    """A prepared graph with what calibration saw of it, and samples to measure errors on.

    ``real`` is the network that errors are counted from, which has the same tensors. ``bounds`` are
    the ranges of inputs that are known beforehand.
    """

    def __init__(
        self,
        graph: Graph,
        seen: Observed,
        held: Samples,
        real: Graph,
        bounds: Mapping[str, clipping.Range],
    ) -> None:
        self.graph = graph
        self.seen = seen
        self.held = held
        self.group = groups(graph)
        self.ranges = {name: clipping.ranges(h) for name, h in self._histograms().items()}
        for name, (low, high) in bounds.items():
            least, most = self.ranges[self.group[name]]["minmax"]
            whole = (min(low, least), max(high, most))
            self.ranges[self.group[name]] = dict.fromkeys(clipping.METHODS, whole)
        self.targets = [_measured(graph, name) for name in graph.outputs]
        self.wanted = dict(
            item
            for item in walk(real, held, lambda op, given: evaluate(real, op, given))
            if item[0] in self.targets
        )
        self.tables = {method: self._weights(method) for method in METHODS}
        self.macs = {op.outputs[0]: _macs(graph, op) * len(held[0]) for op in graph.operators}

    def _histograms(self) -> Mapping[str, Histogram]:
        found: dict[str, Histogram] = {}
        for name in tensors(self.graph):
            first = self.group[name]
            seen = self.seen.histograms[name]
            found[first] = found[first].with_(seen) if first in found else seen
        return found

    def _weights(self, method: str) -> dict[str, Weights]:
        found = {}
        for op in self.graph.operators:
            if op.kind in WEIGHTED:
                x, data = op.inputs[0], cast(Floats, self.graph.tensor(op.inputs[1]).data)
                step = clipping.quantization_of(self.ranges[self.group[x]]["minmax"]).scale[0]
                least = np.abs(bias_of(self.graph, op)) / np.float32(step * _BIAS_STEPS)
                squares = self.seen.squares[x]
                found[op.outputs[0]] = quantize_weights(op.kind, data, method, squares, least)
        return found

    def scheme(self, choice: Choice) -> Scheme:
        """All tensors by one method."""
        steps = {
            name: clipping.quantization_of(found[choice.clipping])
            for name, found in self.ranges.items()
        }
        for op in self.graph.operators:
            fixed = prescribed(self.graph, op, self.group)
            if fixed is not None and list(self.group.values()).count(self.group[op.outputs[0]]) < 2:
                steps[op.outputs[0]] = fixed
        biases = {
            op.outputs[0]: bias_of(self.graph, op)
            for op in self.graph.operators
            if op.kind in WEIGHTED
        }
        return Scheme(self.graph, self.group, steps, self.tables[choice.weights], biases)

    def start(self) -> tuple[float, Choice]:
        """The best choice for all tensors together, and its error."""
        found = []
        for method in clipping.METHODS:
            for how in METHODS:
                choice = Choice(method, how)
                found.append((self.error(self.scheme(choice)), choice))
        return min(found, key=lambda pair: pair[0])

    def error(self, scheme: Scheme) -> float:
        """The squared error of the outputs, relative to their variance."""
        return self._error(dict(self._values(scheme)))

    def _values(self, scheme: Scheme) -> Iterator[tuple[str, Floats]]:
        starts = [
            rounded(x, scheme.of(n)) for x, n in zip(self.held, self.graph.inputs, strict=True)
        ]
        for name, values in walk(
            self.graph, starts, lambda op, given: simulated(scheme, op, given)
        ):
            if name in self.targets:
                yield name, values

    def _error(self, values: Mapping[str, Floats]) -> float:
        total = 0.0
        for name in self.targets:
            wanted = self.wanted[name].astype(np.float64)
            spread = float(np.square(wanted - wanted.mean()).mean())
            total += float(np.square(values[name] - wanted).mean()) / max(spread, 1e-12)
        return total

    def refine(self, scheme: Scheme) -> tuple[float, Scheme]:
        """Each group of tensors with the range of whichever method leaves the least error."""
        trial = _Trial(self, scheme)
        best, left = self._error(trial.values), WORK
        for first in dict.fromkeys(self.group.values()):
            for other in self._alternatives(scheme, first):
                changed = {**scheme.quantizations, first: other}
                candidate = dataclasses.replace(scheme, quantizations=changed)
                values, work = trial.changed(candidate, first)
                left -= work
                error = self._error({**trial.values, **values})
                if error < best:
                    best, scheme = error, candidate
                    trial.values.update(values)
            if left < 0:
                break
        return best, scheme

    def _alternatives(self, scheme: Scheme, first: str) -> list[Quantization]:
        members = [op for op in self.graph.operators if self.group[op.outputs[0]] == first]
        if any(op.kind in PLACES for op in members) or any(
            scheme.quantizations[first] == prescribed(self.graph, op, self.group) for op in members
        ):
            return []
        found = [scheme.quantizations[first]]
        for given in self.ranges[first].values():
            made = clipping.quantization_of(given)
            known = (abs(made.scale[0] / f.scale[0] - 1) < _NEAR for f in found)
            if not any(known):
                found.append(made)
        return found[1:]


class _Trial:
    """All values of a scheme on the held samples, so that a change is computed from where it is."""

    def __init__(self, search: Search, scheme: Scheme) -> None:
        self.search = search
        graph = search.graph
        self.values: dict[str, Floats] = {}
        for x, name in zip(search.held, graph.inputs, strict=True):
            self.values[name] = rounded(x, scheme.of(name))
        for op in graph.operators:
            given = operands(graph, op, self.values)
            self.values[op.outputs[0]] = simulated(scheme, op, given)

    def changed(self, scheme: Scheme, first: str) -> tuple[dict[str, Floats], float]:
        """The values that change with the quantization of ``first``, and the work they took."""
        search, found, work = self.search, dict[str, Floats](), 0.0
        for x, name in zip(search.held, search.graph.inputs, strict=True):
            if search.group[name] == first:
                found[name] = rounded(x, scheme.of(name))
        for op in search.graph.operators:
            name = op.outputs[0]
            if search.group[name] == first or not found.keys().isdisjoint(op.inputs):
                given = operands(search.graph, op, {**self.values, **found})
                found[name] = simulated(scheme, op, given)
                work += search.macs[name]
        return found, work


def _measured(graph: Graph, name: str) -> str:
    """The tensor in front of a function that only orders a network's output anew."""
    producer = graph.producer(name)
    return producer.inputs[0] if producer is not None and producer.kind in _MONOTONE else name


def _macs(graph: Graph, operator: Operator) -> float:
    """Multiply-accumulates, and an element's bytes for what has none."""
    elements = sum(graph.tensor(name).elements for name in operator.outputs)
    if operator.kind not in WEIGHTED:
        return float(elements)
    weights: Sequence[int] = graph.tensor(operator.inputs[1]).shape
    if operator.kind == "depthwise_conv_2d":
        return float(elements * weights[1] * weights[2] * 4)
    return float(elements * int(np.prod(weights[1:])))
