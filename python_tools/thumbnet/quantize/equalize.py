"""Cross-layer equalisation: channels of a tensor brought to like ranges, at no cost.

Between two convolutions with a ReLU, or nothing, a channel may be multiplied by any s > 0 if the
weights in front are multiplied and those behind divided by it (M. Nagel et al., Data-Free
Quantization Through Weight Equalization and Bias Correction, 2019). Weights have a scale for every
output channel, so what is gained is a finer step of the activations, which have one together; what
is lost, where the second is not depthwise, is range among its weights. Ranges are those that
calibration saw. Behind a ReLU6 s is at most what brings a channel's greatest value to 6: the clamp,
which moves to 6/s for the channel, then cuts off nothing that was seen.
"""

from __future__ import annotations

import dataclasses
from typing import cast

import numpy as np

from thumbnet.ir.attributes import Activation, Convolution, DepthwiseConvolution
from thumbnet.ir.graph import Graph, Operator
from thumbnet.quantize.calibrate import Observed
from thumbnet.quantize.float_functions import Floats
from thumbnet.quantize.prepare import bias_of, constant, sole_reader

MOST = 64.0
"""The greatest s."""
_ANY = (Activation.NONE, Activation.RELU)
_LIMIT = 6.0


def equalize(graph: Graph, seen: Observed) -> Graph:
    """The same network with equalised channels; ``graph`` itself where nothing is to be done."""
    for index in range(len(graph.operators)):
        first = graph.operators[index]
        second = sole_reader(graph, first.outputs[0])
        if second is None or not _scales(first) or not _divides(first, second):
            continue
        factors = _factors(graph, first, second, seen.most[first.outputs[0]])
        if factors is not None:
            graph = _scaled(graph, first, second, factors)
    return graph


def _scales(first: Operator) -> bool:
    if first.kind == "conv_2d" and cast(Convolution, first.attributes).groups != 1:
        return False
    if first.kind not in ("conv_2d", "depthwise_conv_2d"):
        return False
    return getattr(first.attributes, "activation", None) in (*_ANY, Activation.RELU6)


def _divides(first: Operator, second: Operator) -> bool:
    if second.inputs[0] != first.outputs[0]:
        return False
    if second.kind == "conv_2d":
        return cast(Convolution, second.attributes).groups == 1
    if second.kind == "depthwise_conv_2d":
        return cast(DepthwiseConvolution, second.attributes).depth_multiplier == 1
    return False


def _factors(graph: Graph, first: Operator, second: Operator, most: Floats) -> Floats | None:
    """What every channel is multiplied by; None where that is about one for all."""
    live = most > 1e-6 * max(float(most.max()), 1e-30)
    if not live.any():
        return None
    wanted = np.where(live, most.max() / np.where(live, most, 1), 1.0)
    if second.kind == "conv_2d":
        weights = cast(Floats, graph.tensor(second.inputs[1]).data)
        by_input = np.abs(weights).max(axis=(0, 1, 2))
        strong = np.maximum(by_input / max(float(by_input.max()), 1e-30), 1e-6)
        wanted = np.sqrt(wanted * strong)
        wanted = np.where(live, wanted / wanted[live].min(), 1.0)
    if cast(Convolution, first.attributes).activation is Activation.RELU6:
        room = np.where(most < 0.999 * _LIMIT, _LIMIT / np.where(live, most, 1), 1.0)
        wanted = np.where(live, np.minimum(wanted, room), 1.0)
    factors = np.clip(wanted, 1.0, MOST).astype(np.float32)
    return factors if bool((factors > 1.01).any()) else None


def _scaled(graph: Graph, first: Operator, second: Operator, factors: Floats) -> Graph:
    before, after = (cast(Floats, graph.tensor(op.inputs[1]).data) for op in (first, second))
    shape = (-1, 1, 1, 1) if first.kind == "conv_2d" else (1, 1, 1, -1)
    tensors = [
        constant(f"{first.outputs[0]}/equalized_weights", before * factors.reshape(shape)),
        constant(f"{first.outputs[0]}/equalized_bias", bias_of(graph, first) * factors),
        constant(f"{second.outputs[0]}/divided_weights", after / factors),
    ]
    names = [tensor.name for tensor in tensors]
    new = {
        id(first): dataclasses.replace(first, inputs=(first.inputs[0], names[0], names[1])),
        id(second): dataclasses.replace(
            second, inputs=(second.inputs[0], names[2], *second.inputs[2:])
        ),
    }
    operators = [new.get(id(op), op) for op in graph.operators]
    return graph.replace(operators=operators, tensors=tensors)
