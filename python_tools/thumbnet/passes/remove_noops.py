"""Removes operators that copy their input."""

from __future__ import annotations

import dataclasses

from thumbnet.ir.attributes import Pick, Reshape, Span
from thumbnet.ir.graph import Graph, Operator
from thumbnet.operators.transpose import is_reshape
from thumbnet.passes.rewrite import absorb, bypass, sole_reader, substitute


def remove_noops(graph: Graph) -> Graph:
    """``graph`` without identities; transposes that only move ones become reshapes."""
    for name in [operator.name for operator in graph.operators]:
        operator = next(op for op in graph.operators if op.name == name)
        if operator.kind == "transpose" and is_reshape(graph, operator):
            reshape = dataclasses.replace(operator, kind="reshape", attributes=Reshape())
            graph = graph.replace(operators=substitute(graph, operator, reshape))
            operator = reshape
        if _is_identity(graph, operator):
            graph = remove_identity(graph, operator)
    return graph


def remove_identity(graph: Graph, operator: Operator) -> Graph:
    """``graph`` without an operator whose output equals its input, where the borders allow it."""
    source, result = operator.inputs[0], operator.outputs[0]
    if result not in graph.results:
        return bypass(graph, operator)
    if source not in graph.sources and sole_reader(graph, source) is operator:
        return absorb(graph, operator)
    return graph


def _is_identity(graph: Graph, operator: Operator) -> bool:
    if len([name for name in operator.inputs if name]) != 1:
        return False
    x, output = graph.tensor(operator.inputs[0]), graph.tensor(operator.outputs[0])
    if x.shape != output.shape or x.dtype != output.dtype or x.quantization != output.quantization:
        return False
    if isinstance(operator.attributes, Pick):
        return operator.attributes.axes == tuple((Span(0, 1, size),) for size in x.shape)
    return operator.kind in (
        "reshape",
        "pad",
        "quantize",
        "concatenation",
        "resize_nearest_neighbor",
    )
