"""Fuses stand-alone clamps into the operator before them."""

from __future__ import annotations

import dataclasses

import numpy as np

from thumbnet.ir.attributes import Activation
from thumbnet.ir.graph import Graph, Operator
from thumbnet.operators.lookup import BYTE_LIMITS, lookup_table
from thumbnet.passes.rewrite import absorb, sole_reader, substitute
from thumbnet.quantize.requantize import activation_bounds

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
    one does; otherwise it requantizes and stays. onnxruntime's does too, unless the bound itself is
    a tie that is rounded otherwise.
    """
    for clamp in [operator for operator in graph.operators if operator.kind in _ACTIVATIONS]:
        source = clamp.inputs[0]
        producer = graph.producer(source)
        if producer is None or sole_reader(graph, source) is not clamp:
            continue
        same = graph.tensor(source).quantization == graph.tensor(clamp.outputs[0]).quantization
        if same and _is_free(producer) and _only_clamps(graph, clamp):
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


def _only_clamps(graph: Graph, clamp: Operator) -> bool:
    """Whether ``clamp``, of unchanged quantization, is the fused clamp."""
    if graph.arithmetic == "tflite":
        return True
    output = graph.tensor(clamp.outputs[0])
    if output.dtype not in BYTE_LIMITS:
        return False
    least, most = BYTE_LIMITS[output.dtype]
    bounds = activation_bounds(_ACTIVATIONS[clamp.kind], output)
    wanted = np.clip(np.arange(least, most + 1), *bounds).astype(output.dtype.numpy)
    return np.array_equal(lookup_table(graph, clamp), wanted.view(np.uint8))


def _is_free(producer: Operator) -> bool:
    return getattr(producer.attributes, "activation", None) is Activation.NONE
