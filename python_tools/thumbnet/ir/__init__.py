"""Graph IR: tensors, operators, attributes; a verifier and a text dump."""

from thumbnet.ir.graph import Array, DType, Graph, Operator, Quantization, Tensor

__all__ = ["Array", "DType", "Graph", "Operator", "Quantization", "Tensor"]
