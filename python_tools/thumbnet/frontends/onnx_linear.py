"""The operators of ONNX and onnxruntime that carry their tensors' scales as inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from thumbnet.frontends.onnx_model import RawNode
from thumbnet.frontends.onnx_values import integer


@dataclass(frozen=True)
class Linear:
    """Which inputs of a QLinear operator are what.

    ``inputs`` holds for each operand the numbers of its values, scale and zero point, ``output``
    those of the output's scale and zero point. From ``repeated`` on operands come in triples.
    """

    op: str
    inputs: tuple[tuple[int, int, int], ...]
    output: tuple[int, int]
    bias: int | None = None
    repeated: int | None = None

    def operands(self, count: int) -> Iterator[tuple[int, int, int]]:
        """The operands of a node with ``count`` inputs."""
        yield from self.inputs
        if self.repeated is not None:
            for first in range(self.repeated, count - 2, 3):
                yield first, first + 1, first + 2

    def channel_axis(self, node: RawNode, rank: int) -> int:
        """The dimension of constant weights that has several scales."""
        if self.op == "Conv" or (self.op == "Gemm" and integer(node, "transB", 0)):
            return 0
        return rank - 1


_UNARY = ((0, 1, 2),)
_BINARY = ((0, 1, 2), (3, 4, 5))

LINEAR: dict[str, Linear] = {
    "QLinearConv": Linear("Conv", _BINARY, (6, 7), bias=8),
    "QLinearMatMul": Linear("MatMul", _BINARY, (6, 7)),
    "QGemm": Linear("Gemm", _BINARY, (7, 8), bias=6),
    "QLinearAdd": Linear("Add", _BINARY, (6, 7)),
    "QLinearMul": Linear("Mul", _BINARY, (6, 7)),
    "QLinearAveragePool": Linear("AveragePool", _UNARY, (3, 4)),
    "QLinearGlobalAveragePool": Linear("GlobalAveragePool", _UNARY, (3, 4)),
    "QLinearSigmoid": Linear("Sigmoid", _UNARY, (3, 4)),
    "QLinearLeakyRelu": Linear("LeakyRelu", _UNARY, (3, 4)),
    "QLinearSoftmax": Linear("Softmax", _UNARY, (3, 4)),
    "QLinearConcat": Linear("Concat", (), (0, 1), repeated=2),
}
"""Operator -> what it is without quantization."""
