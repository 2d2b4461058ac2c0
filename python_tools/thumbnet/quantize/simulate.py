"""What a network computes with int8 tensors, in float32: values lie on the steps of their scales.

Beside the int8 graph it leaves out how multipliers and biases are rounded, which is far less than a
step, and is as fast as float32 is. Choices are made with it; what comes of them is measured with
the exact reference.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from thumbnet.ir.graph import Graph, Operator, Quantization
from thumbnet.quantize.clipping import quantization_of
from thumbnet.quantize.float_functions import Floats, clamped
from thumbnet.quantize.float_run import before_clamp
from thumbnet.quantize.prepare import WEIGHTED
from thumbnet.quantize.scales import PLACES, SHARING, prescribed
from thumbnet.quantize.weights import Weights, as_bytes

_COPYING = SHARING - {"average_pool_2d", "resize_bilinear"}
"""Kinds whose outputs are on their inputs' steps."""


@dataclass(frozen=True, eq=False)
class Scheme:
    """How a prepared graph is quantized: by tensor, and by the output of operators with weights.

    ``group`` is of :func:`thumbnet.quantize.scales.groups`, ``quantizations`` are by the group's
    first tensor.
    """

    graph: Graph
    group: Mapping[str, str]
    quantizations: Mapping[str, Quantization]
    weights: Mapping[str, Weights]
    biases: Mapping[str, Floats]

    def of(self, name: str) -> Quantization:
        """The quantization of a tensor that is computed."""
        return self.quantizations[self.group[name]]

    def constant(self, operator: Operator, number: int) -> Quantization:
        """The quantization of a constant operand."""
        if operator.kind in SHARING:
            return self.of(operator.outputs[0])
        data = cast(Floats, self.graph.tensor(operator.inputs[number]).data)
        return quantization_of((float(data.min()), float(data.max())))

    def fixed(self, operator: Operator) -> Quantization | None:
        """A quantization that an operator's output must have, where the tensor has another."""
        found = prescribed(self.graph, operator, self.group)
        return None if found == self.of(operator.outputs[0]) else found

    def with_biases(self, biases: Mapping[str, Floats]) -> Scheme:
        """The same with other biases."""
        return dataclasses.replace(self, biases=biases)


def rounded(values: Floats, quantization: Quantization) -> Floats:
    """``values`` on the steps of a quantization."""
    scale, zero_point = np.float32(quantization.scale[0]), quantization.zero_point[0]
    steps: Floats = np.rint(values / scale)
    np.clip(steps, -128 - zero_point, 127 - zero_point, out=steps)
    steps *= scale
    return steps


def sums(scheme: Scheme, operator: Operator, given: Sequence[Floats]) -> Floats:
    """What an operator makes of values on steps, before its clamp and before it is rounded."""
    return before_clamp(scheme.graph, operator, _operands(scheme, operator, given))


def finished(scheme: Scheme, operator: Operator, values: Floats) -> Floats:
    """``values`` of :func:`sums` as the operator's output."""
    if operator.kind in PLACES:
        return values
    activation = getattr(operator.attributes, "activation", None)
    values = values if activation is None else clamped(values, activation)
    if operator.kind in _COPYING:
        return values
    fixed = scheme.fixed(operator)
    values = values if fixed is None else rounded(values, fixed)
    return rounded(values, scheme.of(operator.outputs[0]))


def simulated(scheme: Scheme, operator: Operator, given: Sequence[Floats]) -> Floats:
    """An operator's output, on its steps."""
    return finished(scheme, operator, sums(scheme, operator, given))


def _operands(scheme: Scheme, operator: Operator, given: Sequence[Floats]) -> list[Floats]:
    found = list(given)
    name = operator.outputs[0]
    if operator.kind in WEIGHTED:
        return [found[0], scheme.weights[name].real, scheme.biases[name]]
    for number, read in enumerate(operator.inputs):
        if read and scheme.graph.tensor(read).is_constant:
            quantization = scheme.constant(operator, number)
            scale, zero_point = quantization.scale[0], quantization.zero_point[0]
            codes = as_bytes(given[number], scale, zero_point).astype(np.float32)
            found[number] = (codes - np.float32(zero_point)) * np.float32(scale)
    return found
