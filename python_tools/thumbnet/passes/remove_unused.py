"""Drops operators whose results nothing reads."""

from __future__ import annotations

from thumbnet.ir.graph import Graph


def remove_unused(graph: Graph) -> Graph:
    """``graph`` without operators that no graph output depends on."""
    needed = set(graph.outputs)
    kept = []
    for operator in reversed(graph.operators):
        if needed.intersection(operator.outputs):
            needed.update(operator.inputs)
            kept.append(operator)
    return graph.replace(operators=reversed(kept))
