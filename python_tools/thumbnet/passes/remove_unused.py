"""Drops operators and states whose results nothing reads."""

from __future__ import annotations

from thumbnet.ir.graph import Graph


def remove_unused(graph: Graph) -> Graph:
    """``graph`` without operators and states that no graph output depends on, now or later."""
    needed = set(graph.outputs)
    while True:
        before = len(needed)
        for operator in reversed(graph.operators):
            if needed.intersection(operator.outputs):
                needed.update(operator.inputs)
        # What is kept for the next inference matters where that one reads it.
        needed.update(state.written for state in graph.states if state.read in needed)
        if len(needed) == before:
            break
    kept = [one for one in graph.operators if needed.intersection(one.outputs)]
    states = tuple(state for state in graph.states if state.read in needed)
    return graph.replace(operators=kept, states=states)
