"""Evaluates operators whose inputs are all constants."""

from __future__ import annotations

import dataclasses

from thumbnet.ir.graph import Graph
from thumbnet.operators.registry import family


def fold_constants(graph: Graph) -> Graph:
    """``graph`` with the results of constant operators as constants."""
    for operator in graph.operators:
        inputs = [graph.tensors.get(name) for name in operator.inputs]
        if any(tensor is not None and not tensor.is_constant for tensor in inputs):
            continue
        values = [None if tensor is None else tensor.data for tensor in inputs]
        results = family(operator).reference(graph, operator, values)
        folded = [
            dataclasses.replace(graph.tensor(name), data=result)
            for name, result in zip(operator.outputs, results, strict=True)
        ]
        rest = [other for other in graph.operators if other is not operator]
        graph = graph.replace(operators=rest, tensors=folded)
    return graph
