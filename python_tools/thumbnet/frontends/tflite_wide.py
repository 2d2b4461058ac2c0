"""Converters of int16 activations (TFLite's 16x8 scheme), and of transposed convolutions.

An operator of int16 is a kind of its own, with the name of the int8 one and ``_int16`` behind it.
What the two have in common is checked by the converter of the int8 one: it is given the node as a
:class:`WideNode`, which takes int16 where int8 is asked for.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from thumbnet.frontends import tflite_spatial
from thumbnet.frontends.tflite_nodes import Converted, Converter, Node
from thumbnet.ir.attributes import (
    Attributes,
    DepthwiseConvolution,
    TransposeConvolution,
    Window,
)
from thumbnet.ir.graph import DType, Tensor

_INT32 = 2
"""TensorType of an option that says which type the bias would have."""
_BIAS_TYPE_SLOTS = {"CONV_2D": ("Conv2DOptions", 6), "TRANSPOSE_CONV": ("TransposeConvOptions", 4)}


Wide = Callable[[Converter, Node], Converted]
"""Makes the int8 kind of a node of int16, with the converter of int8 at hand."""


class WideNode(Node):
    """A node whose activations are int16, for the converters of int8."""

    def require(self, role: str, tensor: Tensor, *allowed: DType) -> None:
        """Takes int16 of zero point 0 for int8 or as it is, and int64 for a bias."""
        if role == "bias" and tensor.dtype is DType.INT64:
            return
        if tensor.dtype is not DType.INT16 or not {DType.INT8, DType.INT16} & {*allowed}:
            super().require(role, tensor, *allowed)
            return
        quantization = tensor.quantization
        if quantization is None or not quantization.per_tensor:
            what = "not quantized" if quantization is None else "quantized per channel"
            raise self.refuse(
                f'{role} "{tensor.name}" is {what}; it must have one scale', "quantize again"
            )
        if quantization.scale[0] <= 0:
            raise self.malformed(f"{role} has scale {quantization.scale[0]:g}")
        if quantization.zero_point != (0,):
            raise self.refuse(
                f"{role} is int16 with zero point {quantization.zero_point[0]}; 0 is supported",
                "quantize it symmetrically",
            )


def transpose_conv(node: Node) -> Converted:
    """TRANSPOSE_CONV to its output's declared shape, which is left out of the network's inputs."""
    options = "TransposeConvOptions"
    x, weights, output = node.input(2), node.input(1, "weights"), node.output()
    node.require("input", x, DType.INT8)
    node.require("output", output, DType.INT8)
    for role, tensor in (("input", x), ("weights", weights), ("output", output)):
        node.require_rank(role, tensor, 4)
    _check_weights(node, weights)
    channels = weights.shape[0]
    if weights.shape[3] != x.shape[3]:
        raise node.malformed(f"input has {x.shape[3]} channels, weights {weights.shape[3]}")
    if output.shape[0] != x.shape[0] or output.shape[3] != channels:
        raise node.malformed(f"its output is declared {list(output.shape)}")
    shape = node.input(0, "output shape")
    if shape.is_constant and tuple(node.constant(0, "output shapes")) != output.shape:
        raise node.malformed(
            f"its output is declared {list(output.shape)}, its shape input differs"
        )
    window = _transposed_window(node, options, x, output, weights.shape[1:3])
    bias = _bias(node, channels, 3)
    attributes = TransposeConvolution(window, node.activation(options, 3))
    return Converted("transpose_conv", attributes, (x, weights, bias))


def _check_weights(node: Node, weights: Tensor) -> None:
    if weights.dtype is not DType.INT8 or weights.data is None or weights.quantization is None:
        raise node.refuse(
            f"weights are {weights.dtype.name}{'' if weights.is_constant else ', not constant'};"
            " constant int8 weights with scales are supported",
            "quantize the model to int8",
        )
    if any(weights.quantization.zero_point):
        raise node.refuse(
            "weights have a zero point; symmetric weights are supported",
            "convert again with a current converter",
        )


def _transposed_window(
    node: Node, options: str, x: Tensor, output: Tensor, kernel: tuple[int, ...]
) -> Window:
    """The window of the convolution that leads from the output's shape back to the input's."""
    padding = node.integer(options, 0, "b")
    strides = (node.integer(options, 2, "i"), node.integer(options, 1, "i"))
    if padding not in (tflite_spatial.SAME, tflite_spatial.VALID):
        raise node.malformed(f"padding {padding} is neither SAME nor VALID")
    if not all(1 <= value <= tflite_spatial.MAX_STEP for value in (*strides, *kernel)):
        raise node.malformed(f"kernel {list(kernel)} or strides {list(strides)} are out of range")
    pads = []
    for i, (extent, stride) in enumerate(zip(kernel, strides, strict=True)):
        size, wide = x.shape[1 + i], output.shape[1 + i]
        steps = -(-wide // stride)
        reach = (steps - 1) * stride + extent - wide
        before = max(reach, 0) // 2 if padding == tflite_spatial.SAME else 0
        after = (size - 1) * stride + extent - before - wide
        if padding == tflite_spatial.VALID:
            steps = (wide - extent) // stride + 1 if wide >= extent else 0
        if steps != size:
            raise node.malformed(
                f"its output is declared {list(output.shape)}, which does not lead back to"
                f" {list(x.shape)} with kernel {list(kernel)} and strides {list(strides)}"
            )
        pads.append((before, after))
    (top, bottom), (left, right) = pads
    return Window(kernel[0], kernel[1], *strides, top, bottom, left, right)


def _bias(node: Node, channels: int, number: int) -> Tensor:
    """The bias, or zeros of the type that the options ask for."""
    wide = isinstance(node, WideNode)
    if node.present(number):
        bias = node.input(number, "bias")
        if bias.dtype is not DType.INT32:
            node.require("bias", bias, DType.INT32)
        if bias.data is None:
            raise node.refuse("bias is computed at run time; it must be constant", "freeze it")
        if bias.elements != channels:
            raise node.malformed(f"its bias has {bias.elements} values for {channels} channels")
        return bias
    slot = _BIAS_TYPE_SLOTS.get(node.raw.builtin)
    narrow = not wide or node.raw.builtin == "FULLY_CONNECTED"
    if slot is not None and node.integer(*slot, "b") == _INT32:
        narrow = True
    dtype = DType.INT32 if narrow else DType.INT64
    return node.between("bias", (channels,), dtype, data=np.zeros(channels, dtype.numpy))


def _convolution(convert: Converter, node: Node) -> Converted:
    """CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED, with a bias."""
    weights = node.input(1, "weights")
    quantization = weights.quantization
    if quantization is not None and min(quantization.scale) < 0:
        raise node.refuse("weights have a negative scale", "convert again")
    made = _one(convert(node))
    channels = weights.shape[3 if isinstance(made.attributes, DepthwiseConvolution) else 0]
    bias = _bias(node, channels, 2)
    if bias.dtype is DType.INT32 and isinstance(made.attributes, DepthwiseConvolution):
        raise node.refuse("a bias of INT32; depthwise_conv_2d of int16 has INT64", "convert again")
    return dataclasses.replace(made, inputs=(*made.inputs[:2], bias))


def _one(made: object) -> Converted:
    if not isinstance(made, Converted):
        raise TypeError("a converter of several operators")
    return made


_SAME = (
    *("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"),
    *("MUL", "MEAN", "SOFTMAX", "LOGISTIC", "TANH", "RELU", "RELU6", "LEAKY_RELU"),
    *("MAXIMUM", "MINIMUM"),
    *("AVERAGE_POOL_2D", "MAX_POOL_2D"),
)
"""What the converters of int8 serve for int16 as well."""


def converters(table: Mapping[str, Converter], remedies: Mapping[str, str]) -> dict[str, Converter]:
    """Converters of int16 beside those of ``table``, to be put over it."""
    known = {**table, "TRANSPOSE_CONV": transpose_conv}
    wide: dict[str, Wide] = dict.fromkeys(_SAME, _plain)
    wide |= dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"), _convolution)
    wide |= {"ADD": _sum("AddOptions"), "SUB": _sum("SubOptions"), "TRANSPOSE_CONV": _plain}
    found = {builtin: _either(builtin, known, remedies, how) for builtin, how in wide.items()}
    borders = {
        "QUANTIZE": _quantize(table["QUANTIZE"]),
        "DEQUANTIZE": _dequantize(table["DEQUANTIZE"]),
    }
    return found | borders


def _sum(options: str) -> Wide:
    """ADD and SUB, but where TFLite takes their scales for powers of two."""

    def convert(other: Converter, node: Node) -> Converted:
        """With general scales."""
        made = _plain(other, node)
        scales = [tensor.scale for tensor in (*made.inputs, node.output()) if tensor is not None]
        may = node.integer(options, 1, "B", 1) != 0
        if may and all(abs(math.log2(scale) - round(math.log2(scale))) < 1e-3 for scale in scales):
            raise node.refuse(
                f"scales {scales} that are all powers of two, by which TFLite shifts",
                "quantize with any other scale, or set pot_scale_int16 to false",
            )
        return made

    return convert


def _quantize(other: Converter) -> Converter:
    """QUANTIZE, which also leads from float32 to int16."""

    def convert(node: Node) -> Converted | Sequence[Converted]:
        """QUANTIZE of float32 or bytes to bytes or int16, and between wider integers."""
        x, output = node.input(0), node.output()
        if (x.dtype, output.dtype) != (DType.FLOAT32, DType.INT16):
            return other(node)
        _wide_node(node).require("output", output, DType.INT8)
        node.expect_shape(x.shape)
        return Converted("quantize", Attributes(), (x,))

    return convert


def _dequantize(other: Converter) -> Converter:
    """DEQUANTIZE, also of int16."""

    def convert(node: Node) -> Converted | Sequence[Converted]:
        """DEQUANTIZE of int8, uint8 or int16 to float32."""
        x = node.input(0)
        if x.dtype is not DType.INT16:
            return other(node)
        _wide_node(node).require("input", x, DType.INT8)
        node.require("output", node.output(), DType.FLOAT32)
        node.expect_shape(x.shape)
        return Converted("dequantize", Attributes(), (x,))

    return convert


def _wide_node(node: Node) -> WideNode:
    return WideNode(node.index, node.raw, node.tensors, node.file)


def _plain(convert: Converter, node: Node) -> Converted:
    """What the converter of int8 makes of it."""
    return _one(convert(node))


def _either(
    builtin: str,
    table: Mapping[str, Converter],
    remedies: Mapping[str, str],
    convert: Wide,
) -> Converter:
    """The converter of ``builtin``: ``convert`` for int16, for the rest what ``table`` has."""
    other = table.get(builtin)
    data = 2 if builtin == "TRANSPOSE_CONV" else 0

    def either(node: Node) -> Converted | Sequence[Converted]:
        """By the type of the activations."""
        if node.present(data) and node.input(data).dtype is DType.INT16:
            made = convert(other or _missing, _wide_node(node))
            return dataclasses.replace(made, kind=f"{made.kind}_int16")
        if other is None:
            remedy = remedies.get(builtin, "replace it by supported operators")
            raise node.refuse("operator is not supported", f"{remedy}; see SUPPORTED_OPS.md")
        return other(node)

    either.__doc__ = f"{builtin} of int16." if other is None else other.__doc__
    return either


def _missing(node: Node) -> Converted:
    raise TypeError(f"{node.raw.builtin} has no converter for int8")
