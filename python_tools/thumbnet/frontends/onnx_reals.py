"""A network of plain operators on reals, some of which are stored as bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from thumbnet.errors import ThumbnetError
from thumbnet.frontends.onnx_model import RawNode, printable, short_name
from thumbnet.ir.graph import Array, DType, Quantization

BYTES: dict[np.dtype[np.generic], DType] = {
    np.dtype(np.int8): DType.INT8,
    np.dtype(np.uint8): DType.UINT8,
}
COPYING = frozenset(
    (
        *("Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Identity", "Expand", "Tile"),
        *("Slice", "Split", "Gather", "Concat", "Pad", "DepthToSpace", "SpaceToDepth", "Resize"),
        *("MaxPool", "GlobalMaxPool", "ReduceMax", "ReduceMin", "Relu", "Clip"),
    )
)
"""Operators that commute with quantization: what they make are values of their input, or clamped.

So one that is not quantized behind or before itself takes the other side's scale."""


@dataclass(frozen=True, eq=False)
class Constant:
    """A constant in the file's order of dimensions; integers for reals where it is quantized."""

    data: Array
    quantization: Quantization | None = None

    @property
    def real(self) -> Array:
        """The values that it stands for."""
        if self.quantization is None:
            return self.data
        shape = [1] * self.data.ndim
        if self.quantization.axis is not None:
            shape[self.quantization.axis] = -1
        scale = np.asarray(self.quantization.scale, np.float32)
        zero_point = np.asarray(self.quantization.zero_point, np.int64)
        if self.quantization.axis is not None:
            scale, zero_point = scale.reshape(shape), zero_point.reshape(shape)
        centred = self.data.astype(np.int64) - zero_point
        return np.asarray(centred.astype(np.float32) * scale, np.float32).reshape(self.data.shape)


@dataclass(frozen=True)
class Scale:
    """How bytes stand for reals: ``quantization`` of int8, whatever ``dtype`` the file has."""

    quantization: Quantization
    dtype: DType


@dataclass(frozen=True, eq=False)
class Real:
    """A network of plain operators on reals, some of which are stored as bytes."""

    nodes: tuple[RawNode, ...]
    constants: Mapping[str, Constant]
    scales: Mapping[str, Scale]
    outputs: tuple[str, ...]
    errors: tuple[ThumbnetError, ...]
    quantized: bool
    """Whether anything is quantized at all."""


def place_of(file: str, node: RawNode) -> str:
    """Where messages say that a node is."""
    named = next((name for name in (node.name, *node.outputs) if name), "")
    text = f"{file}: node {node.index}"
    if named:
        text += f' "{short_name(named)}"'
    return f"{text} ({printable(node.op)})"
