"""Removes reshapes that are only another view of the same bytes.

What remains (a reshape between two operators that both care about shape) costs nothing either:
the memory plan gives its output the bytes of its input.
"""

from __future__ import annotations

import dataclasses

from thumbnet.ir.graph import Graph, Operator
from thumbnet.passes.remove_noops import remove_identity
from thumbnet.passes.rewrite import absorb, bypass, sole_reader

_FLATTENING = ("fully_connected", "fully_connected_int16")


def remove_reshapes(graph: Graph) -> Graph:
    """``graph`` without reshapes at its borders and in front of flattening operators."""
    while True:
        changed = graph
        for name in [op.name for op in graph.operators if op.kind == "reshape"]:
            operator = next(op for op in changed.operators if op.name == name)
            changed = _remove(changed, operator)
        # One that goes may leave another at the border.
        if len(changed.operators) == len(graph.operators):
            return changed
        graph = changed


def _remove(graph: Graph, operator: Operator) -> Graph:
    source, result = operator.inputs[0], operator.outputs[0]
    if graph.tensor(source).quantization != graph.tensor(result).quantization:
        # Some files give the two sides different scales; TFLite copies the bytes all the same.
        return graph
    if graph.tensor(source).shape == graph.tensor(result).shape:
        return remove_identity(graph, operator)
    flattened = all(reader.kind in _FLATTENING for reader in graph.consumers(result))
    if result not in graph.results:
        if flattened:
            return bypass(graph, operator)
        if source in graph.inputs and sole_reader(graph, source) is operator:
            # Callers pass bytes in row-major order, so the input may have the inner shape.
            shaped = dataclasses.replace(graph.tensor(source), shape=graph.tensor(result).shape)
            return bypass(graph, operator).replace(tensors=[shaped])
        return graph
    producer = graph.producer(source)
    if result not in graph.outputs:
        # A state's shape is that of what reads it.
        return graph
    if producer is not None and flattened and sole_reader(graph, source) is operator:
        # Callers read bytes in row-major order, so the output may have the inner shape.
        shaped = dataclasses.replace(graph.tensor(result), shape=graph.tensor(source).shape)
        return absorb(graph, operator).replace(tensors=[shaped])
    return graph
