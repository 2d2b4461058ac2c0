"""Rewrites a float32 graph into the operators that its int8 form will have.

Products and sums with a constant for every channel go into the convolution in front, or become one
of 1x1; clamps go into the operator in front; whatever else is computed from one tensor, element by
element, becomes one function, since it will be one table of 256 bytes.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import cast

import numpy as np

from thumbnet.ir.attributes import (
    Activation,
    Attributes,
    DepthwiseConvolution,
    Window,
)
from thumbnet.ir.graph import DType, Graph, Operator, Tensor
from thumbnet.quantize.float_functions import CLAMPS, FUNCTIONS, Floats

WEIGHTED = {"conv_2d": 0, "depthwise_conv_2d": 3, "fully_connected": 0, "transpose_conv": 0}
"""Kinds with constant weights -> the dimension of these that counts outputs."""
_OF_TWO = ("add", "sub", "mul", "div", "maximum", "minimum", "prelu")
COMPOSED = "composed"
"""The kind of a function of one tensor that several operators of the file make."""


@dataclass(frozen=True, eq=False)
class Composed(Attributes):
    """composed: what ``body``, of one input and one output, makes of each element."""

    body: Graph


def prepare(graph: Graph) -> Graph:
    """The same network, as the module says."""
    for _ in range(len(graph.operators) + 1):
        folded = _fold_affine(graph)
        if folded is None:
            break
        graph = folded
    for _ in range(len(graph.operators) + 1):
        fused = _fuse_clamp(graph)
        if fused is None:
            break
        graph = fused
    return _compose(graph)


def sole_reader(graph: Graph, name: str) -> Operator | None:
    """The one operator that reads ``name``, which is no output."""
    readers = graph.consumers(name)
    return readers[0] if len(readers) == 1 and name not in graph.results else None


def constant(name: str, data: Floats) -> Tensor:
    """A float32 constant."""
    return Tensor(name, data.shape, DType.FLOAT32, None, np.ascontiguousarray(data))


# products and sums with constants


def _fold_affine(graph: Graph) -> Graph | None:
    """One product or sum with a constant less; None where there is none."""
    for operator in graph.operators:
        if operator.kind not in ("mul", "add", "sub", "div"):
            continue
        found = _affine(graph, operator)
        if found is None:
            continue
        source, factor, offset = found
        producer = graph.producer(source)
        alone = producer is not None and sole_reader(graph, source) is operator
        if producer is not None and alone and _takes(graph, producer, factor):
            return _into(graph, producer, operator, factor, offset)
        if factor.size > 1:
            return _as_convolution(graph, operator, source, factor, offset)
    return None


def _affine(graph: Graph, operator: Operator) -> tuple[str, Floats, Floats] | None:
    """The input, and what each channel of it is multiplied by and what is then added."""
    a, b = (graph.tensor(name) for name in operator.inputs)
    if a.is_constant == b.is_constant or getattr(operator.attributes, "activation", None) not in (
        None,
        Activation.NONE,
    ):
        return None
    x, other = (b, a) if a.is_constant else (a, b)
    shape = graph.tensor(operator.outputs[0]).shape
    if x.shape != shape or not shape or other.data is None:
        return None
    channels = shape[-1]
    if other.elements not in (1, channels) or (
        other.elements == channels and channels > 1 and other.shape[-1:] != (channels,)
    ):
        return None
    values = cast(Floats, other.data).reshape(-1)
    if other.elements == channels and channels > 1 and len(shape) not in (2, 4):
        return None
    one, zero = np.ones_like(values), np.zeros_like(values)
    if operator.kind == "mul":
        return x.name, values, zero
    if operator.kind == "div":
        if x is not a or not values.all():
            return None
        return x.name, one / values, zero
    if operator.kind == "add":
        return x.name, one, values
    if x is a:
        return x.name, one, -values
    return x.name, -one, values


def _takes(graph: Graph, producer: Operator, factor: Floats) -> bool:
    """Whether the weights of ``producer`` can be scaled."""
    if producer.kind not in WEIGHTED:
        return False
    free = getattr(producer.attributes, "activation", None) is Activation.NONE
    weights = graph.tensor(producer.inputs[1])
    fits = factor.size in (1, weights.shape[WEIGHTED[producer.kind]])
    return free and fits and weights.is_constant


def _into(
    graph: Graph, producer: Operator, operator: Operator, factor: Floats, offset: Floats
) -> Graph:
    weights = graph.tensor(producer.inputs[1])
    axis = WEIGHTED[producer.kind]
    channels = weights.shape[axis]
    shape = [1] * len(weights.shape)
    shape[axis] = -1
    scaled = cast(Floats, weights.data) * np.broadcast_to(factor, (channels,)).reshape(shape)
    given = bias_of(graph, producer)
    moved = given * factor + offset
    names = [f"{operator.outputs[0]}/{role}" for role in ("weights", "bias")]
    new = [constant(n, d.astype(np.float32)) for n, d in zip(names, (scaled, moved), strict=True)]
    made = dataclasses.replace(
        producer, inputs=(producer.inputs[0], *names), outputs=operator.outputs
    )
    rest = [made if op is producer else op for op in graph.operators if op is not operator]
    return graph.replace(operators=rest, tensors=new)


def bias_of(graph: Graph, operator: Operator) -> Floats:
    """The bias of an operator of WEIGHTED, zeros where it has none."""
    weights = graph.tensor(operator.inputs[1])
    name = operator.inputs[2] if len(operator.inputs) > 2 else ""
    if not name:
        return np.zeros(weights.shape[WEIGHTED[operator.kind]], np.float32)
    return cast(Floats, graph.tensor(name).data)


def _as_convolution(
    graph: Graph, operator: Operator, source: str, factor: Floats, offset: Floats
) -> Graph | None:
    """A depthwise convolution of 1x1, whose weights have a scale for every channel."""
    shape = graph.tensor(source).shape
    if len(shape) != 4:
        return None
    names = [f"{operator.outputs[0]}/{role}" for role in ("weights", "bias")]
    new = [constant(names[0], factor.reshape(1, 1, 1, -1)), constant(names[1], offset)]
    attributes = DepthwiseConvolution(Window(1, 1))
    inputs = (source, *names)
    made = Operator("depthwise_conv_2d", operator.name, inputs, operator.outputs, attributes)
    rest = [made if op is operator else op for op in graph.operators]
    return graph.replace(operators=rest, tensors=new)


# clamps


def _fuse_clamp(graph: Graph) -> Graph | None:
    for clamp in graph.operators:
        activation = CLAMPS.get(clamp.kind)
        producer = graph.producer(clamp.inputs[0])
        if activation is None or producer is None:
            continue
        if sole_reader(graph, clamp.inputs[0]) is not clamp:
            continue
        if getattr(producer.attributes, "activation", None) is Activation.NONE:
            attributes = dataclasses.replace(producer.attributes, activation=activation)  # type: ignore[call-arg]
            fused = dataclasses.replace(producer, attributes=attributes, outputs=clamp.outputs)
            rest = [fused if op is producer else op for op in graph.operators if op is not clamp]
            return graph.replace(operators=rest)
    return None


# functions


def _compose(graph: Graph) -> Graph:
    """Functions of one tensor as one operator each."""
    roots: dict[str, str] = {}
    made_by = {operator.outputs[0]: operator for operator in graph.operators}
    for operator in graph.operators:
        root = _root(graph, operator, roots)
        if root is not None:
            roots[operator.outputs[0]] = root
    needed = set(graph.results)
    for operator in graph.operators:
        if operator.outputs[0] not in roots:
            needed.update(operator.inputs)
    kept = []
    for operator in graph.operators:
        name = operator.outputs[0]
        if name not in roots:
            kept.append(operator)
        elif name in needed:
            body = _between(graph, made_by, roots[name], name)
            single = len(body.operators) == 1 and operator.kind in FUNCTIONS
            attributes: Attributes = operator.attributes if single else Composed(body)
            kind = operator.kind if single else COMPOSED
            kept.append(Operator(kind, operator.name, (roots[name],), (name,), attributes))
    return graph.replace(operators=kept)


def _root(graph: Graph, operator: Operator, roots: dict[str, str]) -> str | None:
    """The tensor that an operator's output is a function of, element by element."""
    if operator.kind not in FUNCTIONS and operator.kind not in _OF_TWO:
        return None
    found = set()
    for name in operator.inputs:
        tensor = graph.tensor(name)
        if not tensor.is_constant:
            found.add(roots.get(name, name))
        elif tensor.elements != 1:
            return None
    root = found.pop() if len(found) == 1 else None
    if root is None or graph.tensor(root).shape != graph.tensor(operator.outputs[0]).shape:
        return None
    varying = [name for name in operator.inputs if not graph.tensor(name).is_constant]
    # x + x and the like have kernels of their own.
    alone = len(varying) > 1 and all(name == root for name in varying)
    return None if alone else root


def _between(graph: Graph, made_by: dict[str, Operator], root: str, name: str) -> Graph:
    """The operators from ``root`` to ``name`` as a graph of their own."""
    wanted, found = [name], set()
    while wanted:
        current = wanted.pop()
        if current == root or current in found or current not in made_by:
            continue
        found.add(current)
        wanted += [n for n in made_by[current].inputs if not graph.tensor(n).is_constant]
    operators = [op for op in graph.operators if op.outputs[0] in found]
    return Graph(name, graph.tensors, tuple(operators), (root,), (name,)).replace()
