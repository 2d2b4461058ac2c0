"""Bit-exact numpy interpreter of a graph; independent of passes, schedule and C."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from thumbnet.ir.graph import Array, Graph
from thumbnet.operators.registry import family


def run(graph: Graph, inputs: Sequence[Array]) -> list[Array]:
    """The graph's outputs for one set of inputs, each of its tensor's shape and dtype."""
    values = run_all(graph, inputs)
    return [values[name] for name in graph.outputs]


def run_sequence(graph: Graph, samples: Sequence[Sequence[Array]]) -> list[list[Array]]:
    """The outputs of one inference a sample, which finds the states as the one before left them."""
    states = {state.read: state.initial for state in graph.states}
    found = []
    for inputs in samples:
        values = run_all(graph, inputs, states)
        found.append([values[name] for name in graph.outputs])
        states = {state.read: values[state.written] for state in graph.states}
    return found


def run_all(
    graph: Graph, inputs: Sequence[Array], states: Mapping[str, Array] | None = None
) -> dict[str, Array]:
    """Every tensor's value by name; ``states`` by the tensor read, the initial ones by default.

    Raises:
        ValueError: an input's number, shape or dtype is not the graph's.
    """
    if len(inputs) != len(graph.inputs):
        raise ValueError(f"{len(graph.inputs)} inputs wanted, {len(inputs)} given")
    values = {name: t.data for name, t in graph.tensors.items() if t.data is not None}
    for name, value in zip(graph.inputs, inputs, strict=True):
        tensor = graph.tensor(name)
        if value.shape != tensor.shape or value.dtype != tensor.dtype.numpy:
            raise ValueError(
                f"input {name!r}: {value.dtype}{list(value.shape)} given, "
                f"{tensor.dtype.value}{list(tensor.shape)} wanted"
            )
        values[name] = value
    values.update({state.read: state.initial for state in graph.states}, **(states or {}))
    for operator in graph.operators:
        given = [values[name] if name else None for name in operator.inputs]
        results = family(operator).reference(graph, operator, given)
        for name, result in zip(operator.outputs, results, strict=True):
            tensor = graph.tensor(name)
            if result.shape != tensor.shape or result.dtype != tensor.dtype.numpy:
                raise ValueError(
                    f"{operator.kind} {operator.name!r} made {result.dtype}{list(result.shape)} "
                    f"for {tensor.dtype.value}{list(tensor.shape)}"
                )
            values[name] = result
    return values
