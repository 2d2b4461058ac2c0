"""Converters of the operators that walk windows over rows: convolutions and pools; dense layers."""

from __future__ import annotations

from collections.abc import Sequence

from thumbnet.frontends import tflite_matmul
from thumbnet.frontends.tflite_nodes import Converted, Node
from thumbnet.frontends.tflite_weights import bias, positive, product_scaled, refuse_hybrid, weights
from thumbnet.ir.attributes import Convolution, DepthwiseConvolution, FullyConnected, Pool, Window
from thumbnet.ir.graph import DType, Tensor

MAX_STEP = 65535
"""Largest kernel size and stride."""
SAME, VALID = 0, 1


def conv_2d(node: Node) -> Converted:
    """CONV_2D with weights [O,KH,KW,I/groups]."""
    options = "Conv2DOptions"
    refuse_hybrid(node)
    x, taps = _image(node), weights(node, rank=4, channel_axis=0)
    channels = taps.shape[0]
    groups, rest = divmod(x.shape[3], taps.shape[3])
    if rest or channels % groups:
        raise node.malformed(
            f"input has {x.shape[3]} channels, weights {list(taps.shape)}: no whole groups"
        )
    window = _window(node, options, x, taps.shape[1:3], first_slot=(1, 2), dilation=(4, 5))
    node.expect_shape((x.shape[0], *_size(x, window), channels))
    taps, sums = positive(node, taps, bias(node, channels), channel_axis=0)
    return Converted(
        "conv_2d",
        Convolution(window, node.activation(options, 3), groups),
        (x, product_scaled(node, taps), sums),
    )


def depthwise_conv_2d(node: Node) -> Converted:
    """DEPTHWISE_CONV_2D with weights [1,KH,KW,I*M]."""
    options = "DepthwiseConv2DOptions"
    refuse_hybrid(node)
    x, taps = _image(node), weights(node, rank=4, channel_axis=3)
    channels = taps.shape[3]
    # TFLite takes the multiplier from the shapes and ignores the option.
    multiplier, rest = divmod(channels, x.shape[3])
    if rest or taps.shape[0] != 1:
        raise node.malformed(
            f"weights of shape {list(taps.shape)} do not fit {x.shape[3]} input channels"
        )
    window = _window(node, options, x, taps.shape[1:3], first_slot=(1, 2), dilation=(5, 6))
    node.expect_shape((x.shape[0], *_size(x, window), channels))
    taps, sums = positive(node, taps, bias(node, channels), channel_axis=3)
    # Of uint8 TFLite's vector code, too, rounds ties away from zero.
    ties_up = 0 if node.unsigned(x) else None
    return Converted(
        "depthwise_conv_2d",
        DepthwiseConvolution(window, multiplier, node.activation(options, 4), ties_up),
        (x, product_scaled(node, taps), sums),
    )


def fully_connected(node: Node) -> Converted | Sequence[Converted]:
    """FULLY_CONNECTED with weights [O,I], constant or, of int8 per tensor, made at run time."""
    options = "FullyConnectedOptions"
    x, output = node.input(0), node.output()
    refuse_hybrid(node)
    node.require("input", x, DType.INT8)
    node.require("output", output, DType.INT8)
    if node.integer(options, 1, "b") != 0:
        raise node.refuse("shuffled weights; plain weights are supported", "convert again")
    if node.input(1, "weights").data is None:
        return tflite_matmul.fully_connected(node, x, node.input(1))
    taps = weights(node, rank=2, channel_axis=0)
    channels, count = taps.shape
    if x.elements % count:
        raise node.malformed(f"input has {x.elements} elements, weights take {count}")
    expected = x.elements // count * channels
    if not output.shape or output.shape[-1] != channels or output.elements != expected:
        raise node.malformed(
            f"its output is declared {list(output.shape)} and must hold {expected} elements,"
            f" {channels} in the last dimension"
        )
    return Converted(
        "fully_connected",
        FullyConnected(node.activation(options, 0)),
        (x, *positive(node, taps, bias(node, channels), channel_axis=0)),
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
    ties_up = node.unsigned(x) and kind == "average_pool_2d"
    return Converted(kind, Pool(window, node.activation(options, 5), ties_up), (x,))


def _image(node: Node) -> Tensor:
    """The input [N,H,W,C]; it and the output are int8."""
    x = node.input(0)
    node.require("input", x, DType.INT8)
    node.require("output", node.output(), DType.INT8)
    node.require_rank("input", x, 4)
    return x


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
    rates = [1, 1]
    if dilation is not None:
        rates = [node.integer(options, slot, "i", 1) for slot in reversed(dilation)]
        if not all(1 <= rate <= MAX_STEP for rate in rates):
            raise node.malformed(f"dilations {rates} are out of range")
    # Of one row or column there is nothing to leave out between.
    rates = [rate if taps > 1 else 1 for taps, rate in zip(kernel, rates, strict=True)]
    reach = [(taps - 1) * rate + 1 for taps, rate in zip(kernel, rates, strict=True)]
    pads = []
    for size, extent, stride in zip(x.shape[1:3], reach, strides, strict=True):
        if padding == VALID and extent > size:
            raise node.malformed(f"kernel {reach} is larger than input {list(x.shape)}")
        steps = -(-size // stride) if padding == SAME else (size - extent) // stride + 1
        total = max((steps - 1) * stride + extent - size, 0) if padding == SAME else 0
        pads.append((total // 2, total - total // 2))
    (top, bottom), (left, right) = pads
    return Window(kernel[0], kernel[1], strides[0], strides[1], top, bottom, left, right, *rates)


def _size(x: Tensor, window: Window) -> tuple[int, int]:
    """Output height and width."""
    height = x.shape[1] + window.pad_top + window.pad_bottom - window.height
    width = x.shape[2] + window.pad_left + window.pad_right - window.width
    return height // window.stride_height + 1, width // window.stride_width + 1
