"""Converters of products of matrices that are computed at run time."""

from __future__ import annotations

import numpy as np

from thumbnet.frontends.tflite_nodes import Converted, Converter, Node
from thumbnet.ir.attributes import BatchMatMul, Reshape
from thumbnet.ir.graph import DType, Tensor

_RANKS = range(2, 6)


def batch_matmul(node: Node) -> Converted:
    """BATCH_MATMUL of int8, either matrix transposed (adj_x, adj_y) and either constant."""
    options = "BatchMatMulOptions"
    a, b = node.input(0, "first matrix"), node.input(1, "second matrix")
    for role, tensor in (("first matrix", a), ("second matrix", b), ("output", node.output())):
        node.require(role, tensor, DType.INT8)
        if len(tensor.shape) not in _RANKS:
            raise node.malformed(f"{role} has shape {list(tensor.shape)}")
    adj_x, adj_y = (node.integer(options, slot, "B") != 0 for slot in (0, 1))
    rows, depth = a.shape[-2:] if not adj_x else a.shape[:-3:-1]
    below, columns = b.shape[-2:] if not adj_y else b.shape[:-3:-1]
    try:
        batches = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError:
        batches = None
    if batches is None or depth != below:
        raise node.malformed(f"matrices {list(a.shape)} and {list(b.shape)} do not fit")
    node.expect_shape((*batches, rows, columns))
    return Converted("batch_matmul", BatchMatMul(adj_x, adj_y), (a, b))


def fully_connected(node: Node, x: Tensor, weights: Tensor) -> list[Converted]:
    """FULLY_CONNECTED with weights [O,I] that are computed at run time, quantized per tensor."""
    node.require("weights", weights, DType.INT8)
    node.require_rank("weights", weights, 2)
    output, (channels, taps) = node.output(), weights.shape
    if x.elements % taps:
        raise node.malformed(f"input has {x.elements} elements, weights take {taps}")
    pixels = x.elements // taps
    if not output.shape or output.shape[-1] != channels or output.elements != pixels * channels:
        raise node.malformed(
            f"its output is declared {list(output.shape)} and must hold {pixels * channels}"
            f" elements, {channels} in the last dimension"
        )
    bias = node.input(2, "bias") if node.present(2) else None
    if bias is not None and (bias.dtype is not DType.INT32 or bias.elements != channels):
        raise node.malformed(f"bias has {bias.elements} values of {bias.dtype.name}")
    if bias is not None and bias.data is None:
        raise node.refuse("bias is computed at run time; it must be constant", "add it with ADD")
    how = BatchMatMul(
        adj_y=True, activation=node.activation("FullyConnectedOptions", 0), ties_up=True
    )
    flat = node.between("flat", (pixels, taps), x.dtype, x.quantization)
    product = node.between("product", (pixels, channels), output.dtype, output.quantization)
    return [
        Converted("reshape", Reshape(), (x,), (flat,)),
        Converted("batch_matmul", how, (flat, weights, bias), (product,)),
        Converted("reshape", Reshape(), (product,), (output,)),
    ]


CONVERTERS: dict[str, Converter] = {"BATCH_MATMUL": batch_matmul}
"""Builtin operator -> converter."""
