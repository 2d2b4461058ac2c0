"""Structural verifier: what every graph between two stages must satisfy."""

from __future__ import annotations

import numpy as np

from thumbnet.ir.graph import Graph, Operator, Tensor


class InvalidGraph(ValueError):  # noqa: N818 - the name says what is wrong
    """A stage of the compiler broke the graph: a bug of ours, not of the user's model."""


def verify(graph: Graph) -> Graph:
    """Returns ``graph`` if it is well formed.

    Every name is defined once and before it is read, graph inputs are no constants, shapes are
    positive, constants hold data of their shape and type, quantizations are complete, and every
    graph output is written.

    Raises:
        InvalidGraph: names the tensor or operator at fault.
    """
    for name, tensor in graph.tensors.items():
        _verify_tensor(name, tensor)
    ready = {name for name, tensor in graph.tensors.items() if tensor.is_constant}
    for name in graph.sources:
        if name not in graph.tensors:
            raise InvalidGraph(f"graph input {name!r} is no tensor of the graph")
        if name in ready:
            raise InvalidGraph(f"graph input {name!r} is a constant or given twice")
        ready.add(name)
    seen: set[str] = set()
    for operator in graph.operators:
        if operator.name in seen:
            raise InvalidGraph(f"operator name {operator.name!r} is used twice")
        seen.add(operator.name)
        _verify_operator(graph, operator, ready)
    for name in graph.outputs:
        if name not in ready:
            raise InvalidGraph(f"graph output {name!r} is never written")
    _verify_states(graph, ready)
    return graph


def _verify_states(graph: Graph, ready: set[str]) -> None:
    """States are written, of their type, and in their place by their only reader alone."""
    in_place = {name: operator for operator in graph.operators for name in operator.outputs[1:]}
    reads = {state.read for state in graph.states}
    for state in graph.states:
        if state.written not in ready:
            raise InvalidGraph(f"state {state.read!r} is never written")
        old, new = graph.tensor(state.read), graph.tensor(state.written)
        if state.written in reads:
            raise InvalidGraph(f"state {state.written!r} becomes another without a copy")
        if (old.shape, old.dtype) != (new.shape, new.dtype):
            raise InvalidGraph(f"state {state.read!r} becomes a tensor of another shape or type")
        if (state.initial.shape, state.initial.dtype) != (old.shape, old.dtype.numpy):
            raise InvalidGraph(f"state {state.read!r} begins with another shape or type")
        operator = in_place.pop(state.written, None)
        if operator is not None and (
            graph.consumers(state.read) != (operator,)
            or graph.consumers(state.written)
            or state.written in graph.outputs
        ):
            raise InvalidGraph(f"state {state.read!r} is changed in its place and read elsewhere")
    if in_place:
        raise InvalidGraph(f"{next(iter(in_place))!r} is a second output and no state")


def _verify_operator(graph: Graph, operator: Operator, ready: set[str]) -> None:
    """Adds the operator's outputs to the names that are ``ready`` to be read."""
    for name in operator.inputs:
        if name and name not in ready:
            raise InvalidGraph(f"operator {operator.name!r} reads {name!r} before it exists")
    for name in operator.outputs:
        if name in ready:
            raise InvalidGraph(f"operator {operator.name!r} writes {name!r} a second time")
        if name not in graph.tensors:
            raise InvalidGraph(f"operator {operator.name!r} writes unknown tensor {name!r}")
        ready.add(name)


def _verify_tensor(name: str, tensor: Tensor) -> None:
    if tensor.name != name:
        raise InvalidGraph(f"tensor {tensor.name!r} is filed under {name!r}")
    if any(size < 1 for size in tensor.shape):
        raise InvalidGraph(f"tensor {name!r} has shape {list(tensor.shape)}")
    if tensor.data is not None:
        if tensor.data.shape != tensor.shape or tensor.data.dtype != tensor.dtype.numpy:
            raise InvalidGraph(
                f"constant {name!r} holds {tensor.data.dtype}{list(tensor.data.shape)} "
                f"for {tensor.dtype.value}{list(tensor.shape)}"
            )
        if tensor.data.dtype == np.object_:
            raise InvalidGraph(f"constant {name!r} holds Python objects")
    quantization = tensor.quantization
    if quantization is not None:
        if not len(quantization.scale) == len(quantization.zero_point) > 0:
            raise InvalidGraph(f"tensor {name!r}: scales and zero points differ in number")
        if quantization.axis is not None and not 0 <= quantization.axis < len(tensor.shape):
            raise InvalidGraph(f"tensor {name!r} is quantized along dimension {quantization.axis}")
        if any(not np.isfinite(scale) for scale in quantization.scale):
            raise InvalidGraph(f"tensor {name!r}: a scale is not finite")
