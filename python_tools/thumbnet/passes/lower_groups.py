"""Makes convolutions whose groups have one input channel each depthwise ones."""

from __future__ import annotations

import dataclasses

import numpy as np

from thumbnet.ir.attributes import Convolution, DepthwiseConvolution
from thumbnet.ir.graph import Graph, Operator, Tensor
from thumbnet.operators.registry import family
from thumbnet.passes.rewrite import fresh_name, substitute


def lower_groups(graph: Graph) -> Graph:
    """``graph`` with such convolutions as ``depthwise_conv_2d``, which has kernels of its own."""
    for operator in graph.operators:
        attributes = operator.attributes
        if isinstance(attributes, Convolution) and attributes.groups > 1:
            changed = _depthwise(graph, operator, attributes)
            if changed is not None:
                graph = changed
    return graph


def _depthwise(graph: Graph, operator: Operator, attributes: Convolution) -> Graph | None:
    old = graph.tensor(operator.inputs[1])
    if attributes.groups != graph.tensor(operator.inputs[0]).shape[3] or old.data is None:
        return None
    data = np.ascontiguousarray(np.transpose(old.data, (3, 1, 2, 0)))
    data.setflags(write=False)
    quantization = old.quantization
    if quantization is not None and quantization.axis is not None:
        quantization = dataclasses.replace(quantization, axis=3)
    name = fresh_name(graph, f"{old.name}/depthwise")
    weights = Tensor(name, data.shape, old.dtype, quantization, data)
    multiplier = data.shape[3] // attributes.groups
    # TFLite rounds ties of grouped convolutions away from zero.
    how = DepthwiseConvolution(attributes.window, multiplier, attributes.activation, ties_up=0)
    new = dataclasses.replace(
        operator,
        kind="depthwise_conv_2d",
        inputs=(operator.inputs[0], name, *operator.inputs[2:]),
        attributes=how,
    )
    changed = graph.replace(operators=substitute(graph, operator, new), tensors=[weights])
    limits = family(new).constraints
    return changed if all(limit(changed, new) is None for limit in limits) else None
