"""Fuses stand-alone clamps into the operator before them."""

from __future__ import annotations

import dataclasses

from thumbnet.ir.attributes import Activation
from thumbnet.ir.graph import Graph, Operator
from thumbnet.passes.rewrite import absorb, sole_reader, substitute

_ACTIVATIONS = {
    "relu": Activation.RELU,
    "relu6": Activation.RELU6,
    "relu_n1_to_1": Activation.RELU_N1_TO_1,
    "relu_int16": Activation.RELU,
    "relu6_int16": Activation.RELU6,
}


def fuse_activation(graph: Graph) -> Graph:
    """``graph`` with RELUs fused where the quantization does not change on the way.

    With equal scales and zero points TFLite's stand-alone RELU only clamps, exactly as the fused
    one does; otherwise it requantizes and stays.
    """
    for clamp in [operator for operator in graph.operators if operator.kind in _ACTIVATIONS]:
        source = clamp.inputs[0]
        producer = graph.producer(source)
        if producer is None or sole_reader(graph, source) is not clamp:
            continue
        same = graph.tensor(source).quantization == graph.tensor(clamp.outputs[0]).quantization
        if same and _is_free(producer):
            fused = dataclasses.replace(
                producer,
                attributes=dataclasses.replace(
                    producer.attributes,
                    activation=_ACTIVATIONS[clamp.kind],  # type: ignore[call-arg]
                ),
            )
            graph = graph.replace(operators=substitute(graph, producer, fused))
            graph = absorb(graph, clamp)
    return graph


def _is_free(producer: Operator) -> bool:
    return getattr(producer.attributes, "activation", None) is Activation.NONE
