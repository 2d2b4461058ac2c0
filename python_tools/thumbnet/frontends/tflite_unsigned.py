"""uint8 networks: int8 inside, the file's type at the borders.

The reader makes every quantized uint8 tensor int8 (:class:`Tensors`), so that one set of operators
serves both. Where TFLite's kernels for uint8 round otherwise, converters say so in attributes. Here
graph inputs and outputs get their type back.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

import numpy as np

from thumbnet.frontends.tflite_nodes import Converted, Node
from thumbnet.frontends.tflite_tensors import Names, as_unsigned
from thumbnet.ir.attributes import Attributes, Lookup
from thumbnet.ir.graph import DType, Graph, Operator, Tensor

_CONVERSIONS = ("quantize", "dequantize")
"""Kinds that take uint8 as it is."""


def rescaled(node: Node, x: Tensor) -> tuple[Tensor, list[Converted]]:
    """Input ``x`` of a uint8 CONCATENATION in its output's quantization, and what makes it so.

    Arithmetic: TFLite's ConcatenationWithScaling, in float32, as a table.
    """
    output = node.output()
    if not node.unsigned(x) or x.quantization == output.quantization:
        return x, []
    scale = np.float32(x.scale) * (np.float32(1) / np.float32(output.scale))
    codes = np.arange(256).astype(np.float32)
    bias = -np.float32(x.zero_point + 128) * scale
    rounded = np.rint(codes * scale + bias).astype(np.float64) + output.zero_point + 128
    table = (np.clip(rounded, 0, 255).astype(np.uint8)) ^ np.uint8(128)
    table.setflags(write=False)
    between = node.between("rescaled", x.shape, DType.INT8, output.quantization)
    entries = node.between("table", table.shape, DType.UINT8, None, table)
    how = Lookup("concatenation")
    return between, [Converted("lookup", how, (x, entries), (between,))]


def with_borders(graph: Graph, unsigned: Collection[str], names: Names) -> Graph:
    """``graph`` whose inputs and outputs of ``unsigned`` are uint8, ``names`` being its operators'.

    A conversion to or from int8 is added unless what is next to the border converts anyway.
    """
    for name in graph.inputs:
        if name in unsigned:
            graph = _input(graph, name, names)
    for name in graph.outputs:
        if name in unsigned and name not in graph.inputs and graph.producer(name) is not None:
            graph = _output(graph, name, names)
    return graph


def _input(graph: Graph, name: str, names: Names) -> Graph:
    border = as_unsigned(graph.tensor(name))
    if all(reader.kind in _CONVERSIONS for reader in graph.consumers(name)):
        return graph.replace(tensors=[border])
    inside, graph = _moved(graph, name)
    convert = Operator("quantize", names.unique(inside), (name,), (inside,), Attributes())
    return graph.replace(operators=[convert, *graph.operators], tensors=[border])


def _output(graph: Graph, name: str, names: Names) -> Graph:
    producer = graph.producer(name)
    border = as_unsigned(graph.tensor(name))
    beside = [*graph.consumers(name), *(() if producer is None else (producer,))]
    if all(operator.kind in _CONVERSIONS for operator in beside):
        return graph.replace(tensors=[border])
    inside, graph = _moved(graph, name)
    convert = Operator("quantize", names.unique(name), (inside,), (name,), Attributes())
    return graph.replace(operators=[*graph.operators, convert], tensors=[border])


def _moved(graph: Graph, name: str) -> tuple[str, Graph]:
    """The name of a new tensor, and the graph with operators using it instead of ``name``."""
    inside = f"{name}/int8"
    while inside in graph.tensors:
        inside += "_"

    def renamed(given: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(inside if one == name else one for one in given)

    operators = [
        dataclasses.replace(op, inputs=renamed(op.inputs), outputs=renamed(op.outputs))
        for op in graph.operators
    ]
    tensor = dataclasses.replace(graph.tensor(name), name=inside)
    states = tuple(
        dataclasses.replace(
            state, read=renamed((state.read,))[0], written=renamed((state.written,))[0]
        )
        for state in graph.states
    )
    tensors = {**graph.tensors, inside: tensor}
    return inside, dataclasses.replace(
        graph, tensors=tensors, operators=tuple(operators), states=states
    )
