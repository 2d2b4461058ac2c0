"""Turns depthwise convolutions of a single input channel into ordinary ones."""

from __future__ import annotations

import dataclasses

from thumbnet.ir.graph import Graph
from thumbnet.operators.depthwise_conv_2d import as_conv_2d
from thumbnet.passes.rewrite import fresh_name, substitute


def lower_depthwise(graph: Graph) -> Graph:
    """``graph`` with depthwise_conv_2d on [1,H,W,1] as conv_2d, which has the faster kernel.

    Where some channels visibly round otherwise than a conv_2d's, the operator stays.
    """
    for operator in [op for op in graph.operators if op.kind == "depthwise_conv_2d"]:
        converted = as_conv_2d(graph, operator)
        if converted is not None:
            convolution, weights = converted
            name = fresh_name(graph, weights.name)
            weights = dataclasses.replace(weights, name=name)
            inputs = (convolution.inputs[0], name, *convolution.inputs[2:])
            convolution = dataclasses.replace(convolution, inputs=inputs)
            operators = substitute(graph, operator, convolution)
            graph = graph.replace(operators=operators, tensors=[weights])
    return graph
