"""Converters of normalizations."""

from __future__ import annotations

from thumbnet.frontends.tflite_nodes import Converted, Converter, Node
from thumbnet.ir.attributes import Activation, Attributes
from thumbnet.ir.graph import DType, Tensor


def _last_dimension(node: Node) -> Tensor:
    x = node.input(0)
    node.require("input", x, DType.INT8)
    node.require("output", node.output(), DType.INT8)
    node.expect_shape(x.shape)
    if not x.shape:
        raise node.malformed("its input has no dimension")
    return x


def l2_normalization(node: Node) -> Converted:
    """L2_NORMALIZATION over the last dimension."""
    x = _last_dimension(node)
    if node.activation("L2NormOptions", 0) is not Activation.NONE:
        raise node.refuse("a fused activation; none is supported", "apply it behind")
    return Converted("l2_normalization", Attributes(), (x,))


def log_softmax(node: Node) -> Converted:
    """LOG_SOFTMAX over the last dimension."""
    return Converted("log_softmax", Attributes(), (_last_dimension(node),))


CONVERTERS: dict[str, Converter] = {
    "L2_NORMALIZATION": l2_normalization,
    "LOG_SOFTMAX": log_softmax,
}
"""Builtin operator -> converter."""
