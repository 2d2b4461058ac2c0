"""Converters of the operators without windows, and the table of all converters."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from thumbnet.frontends import (
    tflite_binary,
    tflite_dilation,
    tflite_elementwise,
    tflite_matmul,
    tflite_normalize,
    tflite_picks,
    tflite_recurrent,
    tflite_reductions,
    tflite_shapes,
    tflite_spatial,
    tflite_wide,
)
from thumbnet.frontends.tflite_nodes import Converted, Converter, Node
from thumbnet.frontends.tflite_picks import moved
from thumbnet.frontends.tflite_unsigned import rescaled
from thumbnet.ir.attributes import (
    Attributes,
    Concatenation,
    Elementwise,
    Reduce,
    Reshape,
    ResizeNearestNeighbor,
    Softmax,
    Transpose,
)
from thumbnet.ir.graph import DType, Tensor

REQUANTIZED = {
    (DType.INT8, DType.INT16),
    (DType.INT16, DType.INT8),
    (DType.INT16, DType.INT16),
    (DType.INT16, DType.INT32),
    (DType.INT32, DType.INT8),
    (DType.INT32, DType.INT16),
}
"""Pairs of types between which TFLite's QUANTIZE converts, beside those of bytes and floats."""


def add(node: Node) -> Converted:
    """ADD."""
    return _elementwise(node, "add", "AddOptions")


def sub(node: Node) -> Converted:
    """SUB."""
    return _elementwise(node, "sub", "SubOptions")


def mul(node: Node) -> Converted:
    """MUL."""
    return _elementwise(node, "mul", "MulOptions")


def _elementwise(node: Node, kind: str, options: str) -> Converted:
    a, b = node.input(0, "first input"), node.input(1, "second input")
    for role, tensor in (("first input", a), ("second input", b), ("output", node.output())):
        node.require(role, tensor, DType.INT8)
    try:
        shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise node.malformed(
            f"inputs {list(a.shape)} and {list(b.shape)} do not broadcast"
        ) from None
    node.expect_shape(shape)
    return Converted(kind, Elementwise(node.activation(options, 0)), (a, b))


def mean(node: Node) -> Converted:
    """MEAN over constant axes."""
    x = _int8(node)
    keep = node.integer("ReducerOptions", 0, "B") != 0
    axes = sorted({_axis(node, value, x) for value in node.constant(1, "axes")})
    kept = [1 if axis in axes else size for axis, size in enumerate(x.shape)]
    shape = kept if keep else [n for axis, n in enumerate(x.shape) if axis not in axes]
    node.expect_shape(shape)
    return Converted("mean", Reduce(tuple(axes), keep, unsigned=node.unsigned(x)), (x,))


def reshape(node: Node) -> Converted:
    """RESHAPE to the declared shape of its output; the shape input is not looked at."""
    x, output = moved(node, 0), node.output()
    if x.elements != output.elements:
        raise node.malformed(f"input {list(x.shape)} does not fill output {list(output.shape)}")
    return Converted("reshape", Reshape(), (x,))


def transpose(node: Node) -> Converted:
    """TRANSPOSE with a constant permutation."""
    x = moved(node, 0)
    given = node.constant(1, "permutation")
    permutation = tuple(_axis(node, value, x) for value in given)
    if sorted(permutation) != list(range(len(x.shape))):
        raise node.malformed(f"{given} does not permute {len(x.shape)} dimensions")
    node.expect_shape([x.shape[axis] for axis in permutation])
    return Converted("transpose", Transpose(permutation), (x,))


def concatenation(node: Node) -> Sequence[Converted]:
    """CONCATENATION."""
    options = "ConcatenationOptions"
    values = [node.input(number) for number in range(len(node.raw.inputs))]
    if not values:
        raise node.malformed("has no inputs")
    for number in range(len(values)):
        moved(node, number)
    if node.integer(options, 1, "b") != 0:
        raise node.refuse("a fused activation; none is supported", "apply it before or after")
    axis = _axis(node, node.integer(options, 0, "i"), values[0])
    shape = list(values[0].shape)
    for tensor in values[1:]:
        if len(tensor.shape) != len(shape):
            raise node.malformed("its inputs differ in rank")
    shape[axis] = sum(tensor.shape[axis] for tensor in values)
    for tensor in values:
        others = [*tensor.shape[:axis], shape[axis], *tensor.shape[axis + 1 :]]
        if others != shape:
            raise node.malformed(f"input {list(tensor.shape)} does not fit {shape}")
    node.expect_shape(shape)
    parts: list[Tensor] = []
    before: list[Converted] = []
    for tensor in values:
        part, made = rescaled(node, tensor)
        parts.append(part)
        before += made
    return [*before, Converted("concatenation", Concatenation(axis), tuple(parts))]


def resize_nearest_neighbor(node: Node) -> Converted:
    """RESIZE_NEAREST_NEIGHBOR to a constant size."""
    options = "ResizeNearestNeighborOptions"
    x = moved(node, 0)
    node.require_rank("input", x, 4)
    size = node.constant(1, "sizes")
    node.expect_shape((x.shape[0], *size, x.shape[3]))
    attributes = ResizeNearestNeighbor(
        node.integer(options, 0, "B") != 0, node.integer(options, 1, "B") != 0
    )
    return Converted("resize_nearest_neighbor", attributes, (x,))


def softmax(node: Node) -> Converted:
    """SOFTMAX over the last dimension, of int8 to int8 or int16."""
    wide = node.output().dtype is DType.INT16 and node.input(0).dtype is DType.INT8
    x = node.input(0) if wide else _int8(node)
    node.expect_shape(x.shape)
    options = node.options("SoftmaxOptions")
    beta = 0.0 if options is None else options.number(0)
    if not (math.isfinite(beta) and 0 < beta <= 1e6):
        raise node.refuse(f"beta {beta:g}; betas in (0, 1e6] are supported", "use 1.0")
    return Converted("softmax_to_int16" if wide else "softmax", Softmax(beta), (x,))


def unary(kind: str) -> Converter:
    """The converter of an int8 operator without options that keeps the shape."""

    def convert(node: Node) -> Converted:
        return Converted(kind, Attributes(), (_same_shape(node),))

    convert.__doc__ = f"{kind.upper()} of int8."
    return convert


def quantize(node: Node) -> Converted:
    """QUANTIZE of float32, int8 or uint8 to int8 or uint8, and between wider integers."""
    x = node.input(0)
    if (x.dtype, node.output().dtype) in REQUANTIZED:
        node.expect_shape(x.shape)
        return Converted("requantize", Attributes(), (x,))
    node.require("input", x, DType.FLOAT32, DType.INT8, DType.UINT8)
    node.require("output", node.output(), DType.INT8, DType.UINT8)
    node.expect_shape(x.shape)
    return Converted("quantize", Attributes(), (x,))


def dequantize(node: Node) -> Converted:
    """DEQUANTIZE of int8 or uint8 to float32."""
    x = node.input(0)
    node.require("input", x, DType.INT8, DType.UINT8)
    node.require("output", node.output(), DType.FLOAT32)
    node.expect_shape(x.shape)
    return Converted("dequantize", Attributes(), (x,))


def _int8(node: Node) -> Tensor:
    x = node.input(0)
    node.require("input", x, DType.INT8)
    node.require("output", node.output(), DType.INT8)
    return x


def _same_shape(node: Node) -> Tensor:
    x = _int8(node)
    node.expect_shape(x.shape)
    return x


def _axis(node: Node, value: int, x: Tensor) -> int:
    rank = len(x.shape)
    if not -rank <= value < rank:
        raise node.malformed(f"axis {value} is not one of {rank} dimensions")
    return value % rank


CONVERTERS: dict[str, Converter] = {
    "CONV_2D": tflite_spatial.conv_2d,
    "DEPTHWISE_CONV_2D": tflite_spatial.depthwise_conv_2d,
    "FULLY_CONNECTED": tflite_spatial.fully_connected,
    "AVERAGE_POOL_2D": tflite_spatial.average_pool_2d,
    "MAX_POOL_2D": tflite_spatial.max_pool_2d,
    "ADD": add,
    "SUB": sub,
    "MUL": mul,
    "MEAN": mean,
    "RESHAPE": reshape,
    "TRANSPOSE": transpose,
    "CONCATENATION": concatenation,
    "RESIZE_NEAREST_NEIGHBOR": resize_nearest_neighbor,
    "SOFTMAX": softmax,
    "LOGISTIC": unary("logistic"),
    "HARD_SWISH": unary("hard_swish"),
    "RELU": unary("relu"),
    "RELU6": unary("relu6"),
    "RELU_N1_TO_1": unary("relu_n1_to_1"),
    "QUANTIZE": quantize,
    "DEQUANTIZE": dequantize,
    **tflite_recurrent.CONVERTERS,
    **tflite_picks.CONVERTERS,
    **tflite_shapes.CONVERTERS,
    **tflite_elementwise.CONVERTERS,
    **tflite_binary.CONVERTERS,
    **tflite_matmul.CONVERTERS,
    **tflite_normalize.CONVERTERS,
    **tflite_reductions.CONVERTERS,
    **tflite_dilation.CONVERTERS,
}
"""Builtin operator -> converter."""

MADE_OF = {**tflite_picks.MADE_OF, **tflite_shapes.MADE_OF, **tflite_dilation.MADE_OF}
"""Builtin operator -> the kinds that it becomes, of those that are no kind of that name."""

_FLOAT_ALONE = "TFLite has it for float alone: leave it to the caller"

REMEDIES = {
    **dict.fromkeys(("FILL", "RANGE"), "export with fixed shapes, so that it is a constant"),
    **dict.fromkeys(("SIN", "COS", "SIGN", "FLOOR", "CEIL", "ROUND"), _FLOAT_ALONE),
    "SQUARE": "use MUL of the tensor by itself",
    "POW": "use MUL of the tensor by itself",
    "ADD_N": "use ADD",
    "REDUCE_PROD": "use MUL",
}
"""What to do about some operators without a converter."""

DATA_INPUTS = {
    "RESHAPE": 1,
    "CONV_2D": 3,
    "DEPTHWISE_CONV_2D": 3,
    "FULLY_CONNECTED": 3,
    "SHAPE": 0,
    "RANK": 0,
    "ZEROS_LIKE": 0,
}
"""How many leading inputs matter, where it is not all: the shape input of RESHAPE repeats what the
output declares, and what computes it (SHAPE, STRIDED_SLICE, PACK of Keras' Flatten) is not run; of
others only the shape of an input does."""

SHAPE_INPUTS = {"TRANSPOSE_CONV": 0}
"""Which input only says what the output declares: what computes it is not run, and where it is an
input of the network, which nothing else reads, the network has it no more."""

CONVERTERS.update(tflite_wide.converters(CONVERTERS, REMEDIES))
