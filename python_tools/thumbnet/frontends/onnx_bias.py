"""Constants that are added behind a product, as its bias.

PyTorch exports a dense layer on three dimensions as MatMul and Add, and quantizers leave no scale
between the two.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from thumbnet.frontends.onnx_model import RawNode
from thumbnet.ir.graph import Array

_OUTPUTS = {"Conv": 0, "MatMul": -1, "Gemm": -1}
"""Operator -> the dimension of its weights that counts outputs."""


def with_bias(
    nodes: Sequence[RawNode],
    constants: Mapping[str, Array],
    taken: Collection[str],
) -> list[RawNode]:
    """``nodes`` with sums behind MatMul, Gemm and Conv as their third input.

    ``taken`` are the tensors that have a scale or are outputs: these stay.
    """
    reads = Counter(name for node in nodes for name in node.inputs)
    producers = {name: node for node in nodes for name in node.outputs}
    merged: dict[int, RawNode] = {}
    for node in nodes:
        if node.op != "Add" or len(node.inputs) != 2:
            continue
        for x, constant in (node.inputs, node.inputs[::-1]):
            before = producers.get(x)
            if before is None or constant not in constants or reads[x] != 1 or x in taken:
                continue
            if _fits(before, constants, constants[constant].shape):
                inputs = (*before.inputs[:2], constant)
                merged[id(node)] = dataclasses.replace(before, inputs=inputs, outputs=node.outputs)
                merged[id(before)] = merged[id(node)]
    kept = []
    for node in nodes:
        made = merged.get(id(node), node)
        if made is node or node.op == "Add":
            kept.append(made)
    return kept


def _fits(before: RawNode, constants: Mapping[str, Array], shape: Sequence[int]) -> bool:
    """Whether a constant of ``shape`` varies along the channels of what ``before`` makes alone."""
    if before.op not in _OUTPUTS or len(before.inputs) != 2 or before.inputs[1] not in constants:
        return False
    weights = constants[before.inputs[1]]
    if weights.ndim < 2:
        return False
    channels = weights.shape[0 if before.attributes.get("transB") else _OUTPUTS[before.op]]
    if before.op == "Conv":
        behind = weights.ndim - 2
        return tuple(shape[-behind - 1 :]) == (channels, *(1,) * behind) and all(
            size == 1 for size in shape[: -behind - 1]
        )
    return shape[-1:] == (channels,) and all(size == 1 for size in shape[:-1])
