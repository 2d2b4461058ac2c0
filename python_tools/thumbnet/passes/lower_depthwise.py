"""Turns depthwise convolutions of a single input channel into ordinary ones."""

from __future__ import annotations

import dataclasses
from typing import cast

import numpy as np

from thumbnet.ir.attributes import Convolution, DepthwiseConvolution
from thumbnet.ir.graph import Array, Graph, Operator, Tensor
from thumbnet.passes.rewrite import substitute


def lower_depthwise(graph: Graph) -> Graph:
    """``graph`` with depthwise_conv_2d on [1,H,W,1] as conv_2d, which has the faster kernel."""
    for operator in [op for op in graph.operators if op.kind == "depthwise_conv_2d"]:
        if graph.tensor(operator.inputs[0]).shape[3] == 1:
            convolution, weights = _as_conv_2d(graph, operator)
            operators = substitute(graph, operator, convolution)
            graph = graph.replace(operators=operators, tensors=[weights])
    return graph


def _as_conv_2d(graph: Graph, operator: Operator) -> tuple[Operator, Tensor]:
    attributes = cast(DepthwiseConvolution, operator.attributes)
    old = graph.tensor(operator.inputs[1])
    # [1, KH, KW, M] -> [M, KH, KW, 1]: the multiplier is the number of output channels.
    data = np.ascontiguousarray(np.transpose(cast(Array, old.data), (3, 1, 2, 0)))
    quantization = old.quantization
    if quantization is not None and quantization.axis is not None:
        quantization = dataclasses.replace(quantization, axis=0)
    weights = Tensor(f"{old.name}/conv_2d", data.shape, old.dtype, quantization, data)
    inputs = (operator.inputs[0], weights.name, *operator.inputs[2:])
    convolution = dataclasses.replace(
        operator,
        kind="conv_2d",
        inputs=inputs,
        attributes=Convolution(attributes.window, attributes.activation),
    )
    return convolution, weights
