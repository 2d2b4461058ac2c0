"""transpose: any permutation of up to five dimensions, as one step over the whole tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from thumbnet.ir import attributes
from thumbnet.ir.graph import Array, Graph, Operator
from thumbnet.operators.base import CArray, Family, Kernel, Lowered, Rows, Source
from thumbnet.operators.constraints import same_quantization, same_type

HEADER = "thumbnet/kernels/copy.h"
_RANK = 5
"""THUMBNET_TRANSPOSE_RANK."""


def few_dimensions(graph: Graph, operator: Operator) -> str | None:
    """up to five dimensions, neighbours that stay together counting as one."""
    x = graph.tensor(operator.inputs[0])
    sizes, _, _ = _odometer(x.shape, _permutation(operator), x.dtype.size)
    return None if len(sizes) <= _RANK else f"input has shape {list(x.shape)}"


def is_reshape(graph: Graph, operator: Operator) -> bool:
    """Whether a transpose only moves dimensions of size one, so that no byte moves."""
    shape = graph.tensor(operator.inputs[0]).shape
    moved = [i for i in _permutation(operator) if shape[i] != 1]
    return moved == sorted(moved)


class Transpose(Family):
    """transpose."""

    kinds = ("transpose",)
    constraints = (same_type, few_dimensions, same_quantization)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The input's dimensions, permuted."""
        shape = graph.tensor(operator.inputs[0]).shape
        return tuple(shape[i] for i in _permutation(operator))

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """The input, permuted."""
        permuted = np.transpose(cast(Array, inputs[0]), _permutation(operator))
        return [np.ascontiguousarray(permuted)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """The whole tensor as one pixel of one row."""
        x = graph.tensor(operator.inputs[0])
        sizes, strides, block = _odometer(x.shape, _permutation(operator), x.dtype.size)
        rows = Rows(1, 1, x.elements, x.dtype.size)
        return Lowered(
            kernel=Kernel(HEADER, "thumbnet_transpose"),
            struct="thumbnet_transpose_t",
            fields=(
                ("sizes", CArray("sizes", "uint32_t", np.array(sizes, np.uint32))),
                ("strides", CArray("strides", "uint32_t", np.array(strides, np.uint32))),
                ("block", block),
            ),
            sources=(Source(rows),),
            output=rows,
            macs=0,
            overlap=(0 if is_reshape(graph, operator) else None,),
        )


def _odometer(
    shape: Sequence[int], permutation: Sequence[int], element_size: int
) -> tuple[list[int], list[int], int]:
    """Output sizes and the input's byte strides, five each, and the bytes that stay together."""
    in_strides = [
        int(np.prod(shape[i + 1 :], dtype=np.int64)) * element_size for i in range(len(shape))
    ]
    merged: list[tuple[int, int]] = []
    for size, stride in [(shape[i], in_strides[i]) for i in permutation if shape[i] != 1]:
        if merged and merged[-1][1] == size * stride:
            # Neighbours of the output that are neighbours of the input count as one dimension.
            merged[-1] = (merged[-1][0] * size, stride)
        else:
            merged.append((size, stride))
    block = element_size
    if merged and merged[-1][1] == element_size:
        block *= merged.pop()[0]
    merged = [(1, 0)] * (_RANK - len(merged)) + merged
    return [size for size, _ in merged], [stride for _, stride in merged], block


def _permutation(operator: Operator) -> tuple[int, ...]:
    return cast(attributes.Transpose, operator.attributes).permutation
