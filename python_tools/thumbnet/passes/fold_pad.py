"""Folds PAD into the convolutions that read it."""

from __future__ import annotations

import dataclasses
from typing import cast

from thumbnet.ir.attributes import Convolution, DepthwiseConvolution, Pad, Window
from thumbnet.ir.graph import Graph, Operator, Tensor
from thumbnet.operators.registry import family
from thumbnet.passes.rewrite import rename_input, substitute


def fold_pad(graph: Graph) -> Graph:
    """``graph`` with spatial pads as explicit pads of the convolutions behind them.

    Exact because PAD writes its zero point, which is also what a convolution takes for a missing
    pixel. A PAD with other readers stays for those, and one that is wider than a convolution can
    take in stays too.
    """
    # Of several in a row, the one next to the convolution first.
    for pad in [op for op in reversed(graph.operators) if op.kind == "pad"]:
        if not _is_spatial(graph, pad):
            continue
        for reader in graph.consumers(pad.outputs[0]):
            if isinstance(reader.attributes, Convolution | DepthwiseConvolution):
                folded = _with_pads(reader, cast(Pad, pad.attributes))
                moved = rename_input(folded, pad.outputs[0], pad.inputs[0])
                changed = graph.replace(operators=substitute(graph, reader, moved))
                if _within_limits(changed, moved):
                    graph = changed
    # A PAD that lost its readers goes with the unused operators.
    return graph


def _within_limits(graph: Graph, operator: Operator) -> bool:
    return all(limit(graph, operator) is None for limit in family(operator).constraints)


def _is_spatial(graph: Graph, pad: Operator) -> bool:
    attributes = cast(Pad, pad.attributes)
    x, output = graph.tensor(pad.inputs[0]), graph.tensor(pad.outputs[0])
    return (
        len(x.shape) == 4
        and attributes.before[0] == attributes.after[0] == 0
        and attributes.before[3] == attributes.after[3] == 0
        and x.quantization == output.quantization
        and (attributes.value is None or attributes.value == _zero_point(x))
    )


def _zero_point(x: Tensor) -> int:
    return x.zero_point if x.quantization is not None and x.quantization.per_tensor else 0


def _with_pads(convolution: Operator, pad: Pad) -> Operator:
    attributes = cast(Convolution | DepthwiseConvolution, convolution.attributes)
    window = attributes.window
    padded: Window = dataclasses.replace(
        window,
        pad_top=window.pad_top + pad.before[1],
        pad_bottom=window.pad_bottom + pad.after[1],
        pad_left=window.pad_left + pad.before[2],
        pad_right=window.pad_right + pad.after[2],
    )
    return dataclasses.replace(
        convolution, attributes=dataclasses.replace(attributes, window=padded)
    )
