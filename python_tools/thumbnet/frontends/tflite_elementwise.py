"""Converters of functions of one operand."""

from __future__ import annotations

import math

from thumbnet.frontends.tflite_nodes import Converted, Converter, Node
from thumbnet.ir.attributes import Attributes, Gelu, LeakyRelu, Reshape
from thumbnet.ir.graph import DType, Tensor

_BYTES = (DType.INT8, DType.UINT8)
_CAST = (DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.BOOL, DType.FLOAT32)
MAX_SLOPE = 1e6
"""Greatest magnitude of a LEAKY_RELU's alpha."""


def _same_shape(node: Node, *allowed: DType) -> Tensor:
    x = node.input(0)
    node.require("input", x, *allowed)
    node.require("output", node.output(), x.dtype)
    node.expect_shape(x.shape)
    return x


def _function(builtin: str, *allowed: DType) -> Converter:
    """The converter of a function without options."""

    def convert(node: Node) -> Converted:
        return Converted(builtin.lower(), Attributes(), (_same_shape(node, *allowed),))

    kinds = " or ".join(dtype.value for dtype in allowed)
    convert.__doc__ = f"{builtin} of {kinds}."
    return convert


def leaky_relu(node: Node) -> Converted:
    """LEAKY_RELU of int8 or uint8."""
    options = node.options("LeakyReluOptions")
    alpha = 0.0 if options is None else options.number(0)
    if not (math.isfinite(alpha) and abs(alpha) <= MAX_SLOPE):
        raise node.refuse(f"alpha {alpha:g}; up to {MAX_SLOPE:g} is supported", "use RELU")
    return Converted("leaky_relu", LeakyRelu(alpha), (_same_shape(node, *_BYTES),))


def gelu(node: Node) -> Converted:
    """GELU of int8 or uint8, exact or approximated with tanh."""
    approximate = node.integer("GeluOptions", 0, "B") != 0
    return Converted("gelu", Gelu(approximate), (_same_shape(node, *_BYTES),))


def logical_not(node: Node) -> Converted:
    """LOGICAL_NOT of bool."""
    return Converted("logical_not", Attributes(), (_same_shape(node, DType.BOOL),))


def cast(node: Node) -> Converted:
    """CAST of int8, uint8, int16, int32, bool and float32, whatever their scales."""
    x, output = node.input(0), node.output()
    for role, tensor in (("input", x), ("output", output)):
        if tensor.dtype not in _CAST:
            raise node.refuse(
                f"{role} is {tensor.dtype.name}; CAST is supported for"
                f" {', '.join(dtype.name for dtype in _CAST)}",
                "leave it to the caller",
            )
    node.expect_shape(x.shape)
    if x.dtype is output.dtype:
        return Converted("reshape", Reshape(), (x,))
    return Converted("cast", Attributes(), (x,))


CONVERTERS: dict[str, Converter] = {
    "TANH": _function("TANH", *_BYTES),
    "ELU": _function("ELU", DType.INT8),
    "EXP": _function("EXP", DType.INT8),
    "LOG": _function("LOG", DType.INT8),
    "SQRT": _function("SQRT", DType.INT8),
    "RSQRT": _function("RSQRT", DType.INT8),
    "ABS": _function("ABS", DType.INT8),
    "NEG": _function("NEG", DType.INT8),
    "RELU_0_TO_1": _function("RELU_0_TO_1", *_BYTES),
    "LEAKY_RELU": leaky_relu,
    "LOGICAL_NOT": logical_not,
    "CAST": cast,
    "GELU": gelu,
}
"""Builtin operator -> converter."""
