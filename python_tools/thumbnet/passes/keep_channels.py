"""Rewrites a graph to the channels that are kept of every tensor."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir.attributes import Attributes, DepthwiseConvolution, Pad, Reduce
from thumbnet.ir.graph import Array, DType, Graph, Operator, Tensor
from thumbnet.operators.conv_2d import given_bias
from thumbnet.operators.depthwise_conv_2d import ties_up
from thumbnet.operators.reduce import operator_scaling
from thumbnet.passes.intervals import Known, channel_count
from thumbnet.passes.rewrite import fresh_name, substitute

_SUFFIX = "/kept"
Mask = npt.NDArray[np.bool_]
Kept = Mapping[str, Mask]
"""By name of a computed tensor, which of its channels (its last dimension) stay."""


def keep_channels(graph: Graph, kept: Kept, known: Known) -> Graph:
    """``graph`` with the channels of ``kept`` alone; constants left out go into biases.

    ``kept`` agrees with what operators need (:mod:`thumbnet.passes.constant_channels`).
    """
    changed = graph
    for operator in graph.operators:
        borders = [name for name in (*operator.inputs, *operator.outputs) if name in kept]
        rule = _RULES.get(operator.kind)
        if rule is not None and not all(kept[name].all() for name in borders):
            attributes, constants = rule(graph, operator, kept, known)
            changed = _replaced(changed, operator, attributes, constants)
    narrow = [
        dataclasses.replace(tensor, shape=(*tensor.shape[:-1], int(kept[name].sum())))
        for name, tensor in changed.tensors.items()
        if name in kept and not kept[name].all()
    ]
    return changed.replace(tensors=narrow)


Constants = Mapping[int, Tensor]
"""By an operator's input, what it reads there from now on."""
Rule = Callable[[Graph, Operator, Kept, Known], tuple[Attributes, Constants]]


def _replaced(
    graph: Graph, operator: Operator, attributes: Attributes, constants: Constants
) -> Graph:
    inputs, tensors = list(operator.inputs), []
    for index, tensor in constants.items():
        # What has another value has another name.
        name = fresh_name(graph, tensor.name)
        if index == len(inputs):
            inputs.append("")
        inputs[index] = name
        tensors.append(dataclasses.replace(tensor, name=name))
    new = dataclasses.replace(operator, inputs=tuple(inputs), attributes=attributes)
    return graph.replace(operators=substitute(graph, operator, new), tensors=tensors)


def _convolution(
    graph: Graph, operator: Operator, kept: Kept, known: Known
) -> tuple[Attributes, Constants]:
    """conv_2d and fully_connected: fewer rows and columns of weights, other biases."""
    x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
    columns, rows = kept[x.name], kept[operator.outputs[0]]
    taps = cast(Array, weights.data)
    if len(rows) != len(taps):
        rows = np.ones(len(taps), np.bool_)
    if taps.shape[-1] % len(columns):
        columns = np.ones(taps.shape[-1], np.bool_)
    added = np.zeros(len(taps), np.int64)
    if x.name in known and not columns.all():
        constant = known[x.name].constant & ~columns
        values = np.where(constant, known[x.name].low - x.zero_point, 0)
        added = taps.reshape(len(taps), -1, len(columns)).astype(np.int64).sum(axis=1) @ values
    repeated = np.resize(columns, taps.shape[-1])
    narrow = taps[rows][..., repeated]
    constants = {1: _with_data(weights, narrow, rows, 0)}
    bias = _bias(graph, operator, added, rows)
    return operator.attributes, constants if bias is None else constants | {2: bias}


def _depthwise(
    graph: Graph, operator: Operator, kept: Kept, known: Known
) -> tuple[Attributes, Constants]:
    weights, channels = graph.tensor(operator.inputs[1]), kept[operator.outputs[0]]
    attributes = cast(DepthwiseConvolution, operator.attributes)
    narrow = dataclasses.replace(
        attributes,
        depth_multiplier=int(channels.sum()) // int(kept[operator.inputs[0]].sum()),
        ties_up=int(channels[: ties_up(attributes, len(channels))].sum()),
    )
    constants = {1: _with_data(weights, cast(Array, weights.data)[..., channels], channels, 3)}
    bias = _bias(graph, operator, np.zeros(len(channels), np.int64), channels)
    return narrow, constants if bias is None else constants | {2: bias}


def _bias(
    graph: Graph, operator: Operator, added: npt.NDArray[np.int64], rows: Mask
) -> Tensor | None:
    """The bias of ``rows`` with ``added``; None where there is none and nothing is added."""
    old = given_bias(graph, operator, len(rows))
    wide = np.abs(old + added) >= 1 << 31
    # Only a channel whose multiplier is zero can be so wide: whatever it sums up is lost.
    values = np.where(wide, old, old + added).astype(np.int32)[rows]
    if len(operator.inputs) > 2 and operator.inputs[2]:
        return _with_data(graph.tensor(operator.inputs[2]), values, rows, 0)
    if not added.any():
        return None
    return Tensor(f"{operator.name}/bias", values.shape, DType.INT32, None, values)


def _elementwise(
    graph: Graph, operator: Operator, kept: Kept, known: Known
) -> tuple[Attributes, Constants]:
    channels = kept[operator.outputs[0]]
    constants = {}
    for index, name in enumerate(operator.inputs):
        tensor = graph.tensor(name)
        if tensor.data is not None and channel_count(tensor) == len(channels) > 1:
            narrow = tensor.data[..., channels]
            constants[index] = _with_data(tensor, narrow, channels, len(tensor.shape) - 1)
    return operator.attributes, constants


def _pad(
    graph: Graph, operator: Operator, kept: Kept, known: Known
) -> tuple[Attributes, Constants]:
    attributes, output = cast(Pad, operator.attributes), kept[operator.outputs[0]]
    start, end = attributes.before[-1], len(output) - attributes.after[-1]
    before = (*attributes.before[:-1], int(output[:start].sum()))
    after = (*attributes.after[:-1], int(output[end:].sum()))
    return dataclasses.replace(attributes, before=before, after=after), {}


def _mean(
    graph: Graph, operator: Operator, kept: Kept, known: Known
) -> tuple[Attributes, Constants]:
    attributes, channels = cast(Reduce, operator.attributes), kept[operator.outputs[0]]
    rounded_up = operator_scaling(graph, operator).rounded_up
    if rounded_up == 0:
        return attributes, {}
    return dataclasses.replace(attributes, ties_up=int(channels[:rounded_up].sum())), {}


def _with_data(tensor: Tensor, data: Array, rows: Mask, axis: int) -> Tensor:
    """``tensor`` with ``rows`` of its dimension ``axis`` left, and the scales that belong there."""
    data = np.ascontiguousarray(data)
    data.setflags(write=False)
    quantization = tensor.quantization
    if quantization is not None and quantization.axis == axis and not quantization.per_tensor:
        chosen = np.flatnonzero(rows)
        quantization = dataclasses.replace(
            quantization,
            scale=tuple(quantization.scale[i] for i in chosen),
            zero_point=tuple(quantization.zero_point[i] for i in chosen),
        )
    name = tensor.name.removesuffix(_SUFFIX) + _SUFFIX
    return Tensor(name, data.shape, tensor.dtype, quantization, data)


_RULES: dict[str, Rule] = {
    "conv_2d": _convolution,
    "fully_connected": _convolution,
    "depthwise_conv_2d": _depthwise,
    **dict.fromkeys(("add", "sub", "mul"), _elementwise),
    "pad": _pad,
    "mean": _mean,
}
"""Kinds whose constants or attributes know channels."""
