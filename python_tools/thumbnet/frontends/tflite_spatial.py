"""Converters of the operators that walk windows over rows: convolutions and pools; dense layers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from thumbnet.frontends import tflite_matmul
from thumbnet.frontends.tflite_nodes import Converted, Node
from thumbnet.ir.attributes import Convolution, DepthwiseConvolution, FullyConnected, Pool, Window
from thumbnet.ir.graph import Array, DType, Quantization, Tensor

MAX_STEP = 65535
"""Largest kernel size and stride."""
SAME, VALID = 0, 1


def conv_2d(node: Node) -> Converted:
    """CONV_2D with int8 weights [O,KH,KW,I]."""
    options = "Conv2DOptions"
    x, weights = _image(node), _weights(node, rank=4, channel_axis=0)
    channels = weights.shape[0]
    if weights.shape[3] != x.shape[3]:
        raise node.refuse(
            f"input has {x.shape[3]} channels, weights {weights.shape[3]};"
            " grouped convolution is not supported",
            "use ordinary, or depthwise and pointwise convolutions",
        )
    window = _window(node, options, x, weights.shape[1:3], first_slot=(1, 2), dilation=(4, 5))
    node.expect_shape((x.shape[0], *_size(x, window), channels))
    return Converted(
        "conv_2d",
        Convolution(window, node.activation(options, 3)),
        (x, *_positive(node, weights, _bias(node, channels), channel_axis=0)),
    )


def depthwise_conv_2d(node: Node) -> Converted:
    """DEPTHWISE_CONV_2D with int8 weights [1,KH,KW,I*M]."""
    options = "DepthwiseConv2DOptions"
    x, weights = _image(node), _weights(node, rank=4, channel_axis=3)
    channels = weights.shape[3]
    # TFLite takes the multiplier from the shapes and ignores the option.
    multiplier, rest = divmod(channels, x.shape[3])
    if rest or weights.shape[0] != 1:
        raise node.malformed(
            f"weights of shape {list(weights.shape)} do not fit {x.shape[3]} input channels"
        )
    window = _window(node, options, x, weights.shape[1:3], first_slot=(1, 2), dilation=(5, 6))
    node.expect_shape((x.shape[0], *_size(x, window), channels))
    return Converted(
        "depthwise_conv_2d",
        DepthwiseConvolution(window, multiplier, node.activation(options, 4)),
        (x, *_positive(node, weights, _bias(node, channels), channel_axis=3)),
    )


def fully_connected(node: Node) -> Converted | Sequence[Converted]:
    """FULLY_CONNECTED with int8 weights [O,I], constant or, per tensor, computed at run time."""
    options = "FullyConnectedOptions"
    x, output = node.input(0), node.output()
    node.require("input", x, DType.INT8)
    node.require("output", output, DType.INT8)
    if node.integer(options, 1, "b") != 0:
        raise node.refuse("shuffled weights; plain weights are supported", "convert again")
    if node.input(1, "weights").data is None:
        return tflite_matmul.fully_connected(node, x, node.input(1))
    weights = _weights(node, rank=2, channel_axis=0)
    channels, taps = weights.shape
    if x.elements % taps:
        raise node.malformed(f"input has {x.elements} elements, weights take {taps}")
    expected = x.elements // taps * channels
    if not output.shape or output.shape[-1] != channels or output.elements != expected:
        raise node.malformed(
            f"its output is declared {list(output.shape)} and must hold {expected} elements,"
            f" {channels} in the last dimension"
        )
    return Converted(
        "fully_connected",
        FullyConnected(node.activation(options, 0)),
        (x, *_positive(node, weights, _bias(node, channels), channel_axis=0)),
    )


def average_pool_2d(node: Node) -> Converted:
    """AVERAGE_POOL_2D."""
    return _pool(node, "average_pool_2d")


def max_pool_2d(node: Node) -> Converted:
    """MAX_POOL_2D."""
    return _pool(node, "max_pool_2d")


def _pool(node: Node, kind: str) -> Converted:
    options = "Pool2DOptions"
    x = _image(node)
    kernel = (node.integer(options, 4, "i"), node.integer(options, 3, "i"))
    window = _window(node, options, x, kernel, first_slot=(1, 2))
    node.expect_shape((x.shape[0], *_size(x, window), x.shape[3]))
    return Converted(kind, Pool(window, node.activation(options, 5)), (x,))


def _image(node: Node) -> Tensor:
    """The input [N,H,W,C]; it and the output are int8."""
    x = node.input(0)
    node.require("input", x, DType.INT8)
    node.require("output", node.output(), DType.INT8)
    node.require_rank("input", x, 4)
    return x


def _weights(node: Node, rank: int, channel_axis: int) -> Tensor:
    weights = node.input(1, "weights")
    if weights.dtype is not DType.INT8:
        node.require("weights", weights, DType.INT8)
    node.require_rank("weights", weights, rank)
    if weights.data is None:
        raise node.refuse("weights are computed at run time; they must be constant", "freeze them")
    quantization = weights.quantization
    if quantization is None:
        raise node.malformed("its weights have no scale")
    if any(quantization.zero_point):
        raise node.refuse(
            "weights have a zero point; symmetric weights are supported",
            "convert again with a current converter",
        )
    if quantization.axis not in (None, channel_axis):
        raise node.malformed(f"its weights have scales along dimension {quantization.axis}")
    return weights


def _bias(node: Node, channels: int) -> Tensor | None:
    if not node.present(2):
        return None
    bias = node.input(2, "bias")
    if bias.dtype is not DType.INT32:
        node.require("bias", bias, DType.INT32)
    if bias.data is None:
        raise node.refuse("bias is computed at run time; it must be constant", "freeze it")
    if bias.elements != channels:
        raise node.malformed(f"its bias has {bias.elements} values for {channels} channels")
    return bias


def _positive(
    node: Node, weights: Tensor, bias: Tensor | None, *, channel_axis: int
) -> tuple[Tensor, Tensor | None]:
    """Weights and bias with the sign of a negative scale moved into the integers.

    Some files hold negative scales (mcunet-in3: 79 of 8,688 channels). Requantization rounds the
    product of accumulator and mantissa; with both negated it is the same product.
    """
    quantization = weights.quantization
    if quantization is None or weights.data is None or min(quantization.scale) >= 0:
        return weights, bias
    shape = [1] * len(weights.shape)
    shape[channel_axis] = len(quantization.scale)
    negative = np.array(quantization.scale) < 0
    sign = np.where(negative, -1, 1)
    data = weights.data.astype(np.int16) * sign.reshape(shape)
    if data.max() > np.iinfo(np.int8).max:
        raise node.refuse("a channel has a negative scale and a weight of -128", "convert again")
    scale = tuple(abs(value) for value in quantization.scale)
    positive = Quantization(scale, quantization.zero_point, quantization.axis)
    changed = _renamed(node, weights, data.astype(np.int8))
    changed = dataclasses.replace(changed, quantization=positive)
    if bias is None or bias.data is None:
        return changed, bias
    values = bias.data.reshape(-1).astype(np.int64) * sign
    if values.max() > np.iinfo(np.int32).max:
        raise node.refuse("a channel has a negative scale and the least bias", "convert again")
    return changed, _renamed(node, bias, values.astype(np.int32).reshape(bias.shape))


def _renamed(node: Node, tensor: Tensor, data: Array) -> Tensor:
    node.tensors.model.reader.spend(data.size)
    name = node.tensors.names.unique(f"{tensor.name}/positive")
    return dataclasses.replace(tensor, name=name, data=data)


def _window(
    node: Node,
    options: str,
    x: Tensor,
    kernel: tuple[int, ...],
    *,
    first_slot: tuple[int, int],
    dilation: tuple[int, int] | None = None,
) -> Window:
    """The window with its padding made explicit.

    ``first_slot`` are the option slots of stride width and height, ``dilation`` those of dilation
    width and height. Padding SAME centres the windows and gives the odd row or column to the end.
    """
    padding = node.integer(options, 0, "b")
    strides = tuple(node.integer(options, slot, "i") for slot in reversed(first_slot))
    if padding not in (SAME, VALID):
        raise node.malformed(f"padding {padding} is neither SAME nor VALID")
    if not all(1 <= value <= MAX_STEP for value in (*strides, *kernel)):
        raise node.malformed(f"kernel {list(kernel)} or strides {list(strides)} are out of range")
    if dilation is not None:
        rates = [node.integer(options, slot, "i", 1) for slot in reversed(dilation)]
        if rates != [1, 1]:
            raise node.refuse(f"dilations {rates}; [1, 1] is supported", "export without dilation")
    pads = []
    for size, extent, stride in zip(x.shape[1:3], kernel, strides, strict=True):
        if padding == VALID and extent > size:
            raise node.malformed(f"kernel {list(kernel)} is larger than input {list(x.shape)}")
        steps = -(-size // stride) if padding == SAME else (size - extent) // stride + 1
        total = max((steps - 1) * stride + extent - size, 0) if padding == SAME else 0
        pads.append((total // 2, total - total // 2))
    (top, bottom), (left, right) = pads
    return Window(kernel[0], kernel[1], strides[0], strides[1], top, bottom, left, right)


def _size(x: Tensor, window: Window) -> tuple[int, int]:
    """Output height and width."""
    height = x.shape[1] + window.pad_top + window.pad_bottom - window.kernel_height
    width = x.shape[2] + window.pad_left + window.pad_right - window.kernel_width
    return height // window.stride_height + 1, width // window.stride_width + 1
