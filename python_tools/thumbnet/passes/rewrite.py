"""Small graph surgeries that several passes share."""

from __future__ import annotations

import dataclasses

from thumbnet.ir.graph import Graph, Operator


def rename_input(operator: Operator, old: str, new: str) -> Operator:
    """``operator`` reading ``new`` wherever it read ``old``."""
    inputs = tuple(new if name == old else name for name in operator.inputs)
    return dataclasses.replace(operator, inputs=inputs)


def bypass(graph: Graph, operator: Operator) -> Graph:
    """``graph`` without ``operator``, its readers reading its first input instead.

    Only for an operator whose output is no graph output.
    """
    source, result = operator.inputs[0], operator.outputs[0]
    rest = [rename_input(op, result, source) for op in graph.operators if op is not operator]
    return graph.replace(operators=rest)


def absorb(graph: Graph, operator: Operator) -> Graph:
    """``graph`` without ``operator``, the producer of its input writing its output directly.

    Only for an operator that is the one reader of a tensor that is no graph input or output.
    """
    source, result = operator.inputs[0], operator.outputs[0]
    rest = []
    for op in graph.operators:
        if op is operator:
            continue
        outputs = tuple(result if name == source else name for name in op.outputs)
        rest.append(dataclasses.replace(op, outputs=outputs))
    return graph.replace(operators=rest)


def sole_reader(graph: Graph, name: str) -> Operator | None:
    """The one operator that reads ``name``; None if others do too or it is a graph output."""
    if name in graph.results:
        return None
    readers = graph.consumers(name)
    return readers[0] if len(readers) == 1 else None


def substitute(graph: Graph, old: Operator, new: Operator) -> list[Operator]:
    """The operators of ``graph`` with ``new`` in the place of ``old``."""
    return [new if operator is old else operator for operator in graph.operators]


def fresh_name(graph: Graph, wanted: str) -> str:
    """``wanted``, or that with a number where the graph already has a tensor of the name."""
    names = (wanted, *(f"{wanted}_{number}" for number in range(2, len(graph.tensors) + 3)))
    return next(name for name in names if name not in graph.tensors)
