"""Inverted bottlenecks that can run in bands, and the graph in which some of them do.

The expanding 1x1 convolution is what is computed again: in a stream whose bands are ``rows`` output
rows high, the expanded tensor needs no line buffer, and the rows that neighbouring bands share are
expanded twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from thumbnet.ir.attributes import (
    Convolution,
    DepthwiseConvolution,
    Elementwise,
    Window,
)
from thumbnet.ir.fused import InvertedBottleneck
from thumbnet.ir.graph import Graph, Operator

FUSED = "inverted_bottleneck"
"""The kind of what takes a bottleneck's place."""

MOST_ROWS = 8
"""Output rows of the highest band."""

_POINT = Window(1, 1)


@dataclass(frozen=True)
class Bottleneck:
    """Operators [first, end) of a graph, one behind the other, that can run in bands."""

    first: int
    end: int


def find_bottlenecks(graph: Graph) -> tuple[Bottleneck, ...]:
    """Expansion, depthwise, projection and perhaps the ADD of the expansion's input.

    Where nothing else reads what is between them.
    """
    found: list[Bottleneck] = []
    first = 0
    while first < len(graph.operators):
        end = _end(graph, first)
        if end is not None:
            found.append(Bottleneck(first, end))
        first = first + 1 if end is None else end
    return tuple(found)


def in_bands(graph: Graph, rows: Mapping[Bottleneck, int]) -> Graph:
    """The graph in which these bottlenecks run in bands of so many rows.

    The operator that takes the place of one is called like its last operator.
    """
    starts = {bottleneck.first: bottleneck for bottleneck in rows}
    operators: list[Operator] = []
    index = 0
    while index < len(graph.operators):
        bottleneck = starts.get(index)
        if bottleneck is None:
            operators.append(graph.operators[index])
            index += 1
        else:
            operators.append(_fused(graph, bottleneck, rows[bottleneck]))
            index = bottleneck.end
    return graph.replace(operators=operators)


def _fused(graph: Graph, bottleneck: Bottleneck, rows: int) -> Operator:
    parts = graph.operators[bottleneck.first : bottleneck.end]
    source, result = parts[0].inputs[0], parts[-1].outputs[0]
    body = graph.replace(operators=parts, inputs=(source,), outputs=(result,))
    how = InvertedBottleneck(body, rows)
    return Operator(FUSED, parts[-1].name, (source,), (result,), how)


def _end(graph: Graph, first: int) -> int | None:
    """Where the bottleneck that begins with operator ``first`` ends; None if there is none."""
    parts = graph.operators[first : first + 4]
    if len(parts) < 3:
        return None
    expand, depthwise, project = parts[:3]
    shapes = _is_point(expand) and _is_plain_depthwise(graph, depthwise) and _is_point(project)
    if not shapes or graph.tensor(expand.inputs[0]).is_constant:
        return None
    chain = _passes_on(graph, expand, depthwise) and _passes_on(graph, depthwise, project)
    if not chain:
        return None
    if len(parts) == 4 and _adds(graph, parts[3], expand, project):
        return first + 4
    return first + 3


def _is_point(operator: Operator) -> bool:
    return operator.kind == "conv_2d" and (cast(Convolution, operator.attributes).window == _POINT)


def _is_plain_depthwise(graph: Graph, operator: Operator) -> bool:
    if operator.kind != "depthwise_conv_2d":
        return False
    how = cast(DepthwiseConvolution, operator.attributes)
    return how.depth_multiplier == 1 and graph.tensor(operator.inputs[0]).shape[3] > 1


def _passes_on(graph: Graph, operator: Operator, reader: Operator) -> bool:
    """Whether ``reader`` alone reads what ``operator`` makes, as its first input."""
    made = operator.outputs[0]
    return (
        made == reader.inputs[0]
        and made not in graph.results
        and graph.consumers(made) == (reader,)
        and reader.inputs.count(made) == 1
    )


def _adds(graph: Graph, operator: Operator, expand: Operator, project: Operator) -> bool:
    if not isinstance(operator.attributes, Elementwise) or operator.kind != "add":
        return False
    made, source = project.outputs[0], expand.inputs[0]
    if sorted(operator.inputs) != sorted((made, source)):
        return False
    same = graph.tensor(made).shape == graph.tensor(source).shape
    alone = made not in graph.results and graph.consumers(made) == (operator,)
    return same and alone
