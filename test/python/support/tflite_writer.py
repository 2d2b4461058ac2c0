"""Builds .tflite models in memory, for tests.

Every operator method of a :class:`Writer` adds the operator with its output tensor and returns that
tensor, so that models chain naturally::

    writer = Writer()
    x = writer.input((1, 8, 8, 3), scale=0.02, zero_point=-3)
    y = writer.conv_2d(x, weights, bias, weight_scale=scales, stride=2, activation="relu6",
                       scale=0.05, zero_point=4)
    data = writer.finish([writer.softmax(y)])

Arrays are stored as given (integers stay integers); scales are written as float32, as the format
has them. Models of random single operators are in :mod:`support.random_models`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]

from support.tflite_model import AnyArray, ModelBuilder, Scales, Value, ZeroPoints

ACTIVATIONS = {
    "none": schema.ActivationFunctionType.NONE,
    "relu": schema.ActivationFunctionType.RELU,
    "relu6": schema.ActivationFunctionType.RELU6,
    "relu_n1_to_1": schema.ActivationFunctionType.RELU_N1_TO_1,
}
PADDINGS = {"same": schema.Padding.SAME, "valid": schema.Padding.VALID}


def same_size(size: int, kernel: int, stride: int, padding: str) -> int:
    """Output rows or columns under TFLite's SAME or VALID padding."""
    return -(-size // stride) if padding == "same" else (size - kernel) // stride + 1


def pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """(height, width) of one number or two."""
    return (value, value) if isinstance(value, int) else value


class Writer(ModelBuilder):
    """A model of one subgraph under construction, with a method for each operator."""

    def conv_2d(
        self,
        x: Value,
        weights: AnyArray,
        bias: AnyArray | None = None,
        *,
        weight_scale: Scales,
        scale: float,
        zero_point: int = 0,
        stride: int | tuple[int, int] = 1,
        padding: str = "same",
        activation: str = "none",
        dilation: int | tuple[int, int] = 1,
    ) -> Value:
        """conv_2d with int8 weights [O,KH,KW,I] (scales per tensor or per O) and int32 bias [O]."""
        options = schema.Conv2DOptionsT()
        options.dilationHFactor, options.dilationWFactor = pair(dilation)
        w = self.constant(weights, weight_scale, axis=0)
        height, width = weights.shape[1:3]
        return self._windowed(
            "CONV_2D",
            [x, w, self._bias(bias, x, w)],
            options,
            kernel=(height, width),
            channels=weights.shape[0],
            stride=stride,
            padding=padding,
            activation=activation,
            quantization=(scale, zero_point),
        )

    def depthwise_conv_2d(
        self,
        x: Value,
        weights: AnyArray,
        bias: AnyArray | None = None,
        *,
        weight_scale: Scales,
        scale: float,
        zero_point: int = 0,
        stride: int | tuple[int, int] = 1,
        padding: str = "same",
        activation: str = "none",
        dilation: int | tuple[int, int] = 1,
    ) -> Value:
        """depthwise_conv_2d with int8 weights [1,KH,KW,I*M] (scales one or I*M) and bias [I*M]."""
        options = schema.DepthwiseConv2DOptionsT()
        options.dilationHFactor, options.dilationWFactor = pair(dilation)
        options.depthMultiplier = weights.shape[3] // x.shape[3]
        w = self.constant(weights, weight_scale, axis=3)
        height, width = weights.shape[1:3]
        return self._windowed(
            "DEPTHWISE_CONV_2D",
            [x, w, self._bias(bias, x, w)],
            options,
            kernel=(height, width),
            channels=weights.shape[3],
            stride=stride,
            padding=padding,
            activation=activation,
            quantization=(scale, zero_point),
        )

    def fully_connected(
        self,
        x: Value,
        weights: AnyArray,
        bias: AnyArray | None = None,
        *,
        weight_scale: Scales,
        weight_zero_point: int = 0,
        scale: float,
        zero_point: int = 0,
        activation: str = "none",
        keep_dims: bool = False,
    ) -> Value:
        """fully_connected with int8 weights [O,I] (scales per tensor or per O), int32 bias [O]."""
        options = schema.FullyConnectedOptionsT()
        options.fusedActivationFunction = ACTIVATIONS[activation]
        options.keepNumDims = keep_dims
        w = self.constant(weights, weight_scale, weight_zero_point, axis=0)
        lead = x.shape[:-1] if keep_dims else (int(np.prod(x.shape)) // weights.shape[1],)
        out = self.tensor((*lead, weights.shape[0]), "int8", scale, zero_point)
        version = 12 if len(w.scale) > 1 else 4
        operands = [x, w, self._bias(bias, x, w)]
        self.operator("FULLY_CONNECTED", operands, [out], options, version)
        return out

    def add(
        self, a: Value, b: Value, *, scale: float, zero_point: int = 0, activation: str = "none"
    ) -> Value:
        """Sum of a and b, broadcast."""
        options = schema.AddOptionsT()
        return self._binary("ADD", options, (a, b), (scale, zero_point), activation)

    def sub(
        self, a: Value, b: Value, *, scale: float, zero_point: int = 0, activation: str = "none"
    ) -> Value:
        """Difference of a and b, broadcast."""
        options = schema.SubOptionsT()
        return self._binary("SUB", options, (a, b), (scale, zero_point), activation)

    def mul(
        self, a: Value, b: Value, *, scale: float, zero_point: int = 0, activation: str = "none"
    ) -> Value:
        """Product of a and b, broadcast."""
        options = schema.MulOptionsT()
        return self._binary("MUL", options, (a, b), (scale, zero_point), activation)

    def average_pool_2d(
        self,
        x: Value,
        kernel: int | tuple[int, int],
        *,
        stride: int | tuple[int, int] = 1,
        padding: str = "valid",
        activation: str = "none",
    ) -> Value:
        """Average pooling; quantization is the input's."""
        return self._pool(
            "AVERAGE_POOL_2D",
            x,
            pair(kernel),
            stride=stride,
            padding=padding,
            activation=activation,
        )

    def max_pool_2d(
        self,
        x: Value,
        kernel: int | tuple[int, int],
        *,
        stride: int | tuple[int, int] = 1,
        padding: str = "valid",
        activation: str = "none",
    ) -> Value:
        """Maximum pooling; quantization is the input's."""
        return self._pool(
            "MAX_POOL_2D", x, pair(kernel), stride=stride, padding=padding, activation=activation
        )

    def pad(self, x: Value, before_after: Sequence[tuple[int, int]]) -> Value:
        """Pads each dimension by (before, after) elements of the zero point."""
        paddings = self.constant(np.array(before_after, np.int32))
        shape = [n + b + a for n, (b, a) in zip(x.shape, before_after, strict=True)]
        return self._unary("PAD", [x, paddings], schema.PadOptionsT(), shape, version=2)

    def mean(
        self,
        x: Value,
        axes: Sequence[int],
        *,
        keep_dims: bool = False,
        scale: float | None = None,
        zero_point: int | None = None,
    ) -> Value:
        """Mean over ``axes`` (may be negative)."""
        options = schema.ReducerOptionsT()
        options.keepDims = keep_dims
        gone = {axis % len(x.shape) for axis in axes}
        kept = [(i, n) for i, n in enumerate(x.shape) if keep_dims or i not in gone]
        shape = [1 if i in gone else n for i, n in kept]
        operands = [x, self.constant(np.array(axes, np.int32))]
        return self._unary("MEAN", operands, options, shape, (scale, zero_point), version=2)

    def reshape(self, x: Value, shape: Sequence[int]) -> Value:
        """To ``shape``, without -1."""
        options = schema.ReshapeOptionsT()
        options.newShape = list(shape)
        return self._unary("RESHAPE", [x, self.constant(np.array(shape, np.int32))], options, shape)

    def transpose(self, x: Value, permutation: Sequence[int]) -> Value:
        """Output dimension i is input dimension ``permutation[i]``."""
        operands = [x, self.constant(np.array(permutation, np.int32))]
        shape = [x.shape[i] for i in permutation]
        return self._unary("TRANSPOSE", operands, schema.TransposeOptionsT(), shape, version=2)

    def concatenation(
        self,
        values: Sequence[Value],
        axis: int,
        *,
        scale: float | None = None,
        zero_point: int | None = None,
    ) -> Value:
        """Joins along ``axis`` (may be negative); quantization is the first value's or given."""
        options = schema.ConcatenationOptionsT()
        options.axis = axis
        shape = list(values[0].shape)
        shape[axis] = sum(value.shape[axis] for value in values)
        return self._unary("CONCATENATION", values, options, shape, (scale, zero_point), version=2)

    def resize_nearest_neighbor(
        self,
        x: Value,
        size: tuple[int, int],
        *,
        align_corners: bool = False,
        half_pixel_centers: bool = False,
    ) -> Value:
        """To ``size`` = (height, width)."""
        options = schema.ResizeNearestNeighborOptionsT()
        options.alignCorners = align_corners
        options.halfPixelCenters = half_pixel_centers
        shape = (x.shape[0], *size, x.shape[3])
        operands = [x, self.constant(np.array(size, np.int32))]
        return self._unary("RESIZE_NEAREST_NEIGHBOR", operands, options, shape, version=3)

    def softmax(self, x: Value, *, beta: float = 1.0, dtype: str = "int8") -> Value:
        """Softmax over the last dimension; int8 output is 1/256, -128 as TFLite demands."""
        options = schema.SoftmaxOptionsT()
        options.beta = beta
        if dtype == "int16":
            out = self.tensor(x.shape, dtype, 1 / 65536, -32768)
            self.operator("SOFTMAX", [x], [out], options, version=3)
            return out
        return self._unary("SOFTMAX", [x], options, x.shape, (1 / 256, -128), version=2)

    def logistic(self, x: Value) -> Value:
        """1 / (1 + exp(-x)); int8 output is 1/256, -128 as TFLite demands."""
        return self._unary("LOGISTIC", [x], None, x.shape, (1 / 256, -128), version=2)

    def hard_swish(self, x: Value, *, scale: float | None = None, zero_point: int = -100) -> Value:
        """x * relu6(x + 3) / 6."""
        quantization = (x.scale[0] if scale is None else scale, zero_point)
        return self._unary("HARD_SWISH", [x], None, x.shape, quantization)

    def relu(
        self,
        x: Value,
        kind: str = "relu",
        *,
        scale: float | None = None,
        zero_point: int | None = None,
    ) -> Value:
        """relu, relu6 or relu_n1_to_1 as an operator of its own."""
        version = 1 if kind == "relu_n1_to_1" else 2
        return self._unary(kind.upper(), [x], None, x.shape, (scale, zero_point), version=version)

    def quantize(
        self, x: Value, dtype: str = "int8", *, scale: float, zero_point: int = 0
    ) -> Value:
        """float32, int8 or uint8 to int8 or uint8."""
        out = self.tensor(x.shape, dtype, scale, zero_point)
        self.operator("QUANTIZE", [x], [out], schema.QuantizeOptionsT(), version=2)
        return out

    def dequantize(self, x: Value) -> Value:
        """To float32."""
        out = self.tensor(x.shape, "float32")
        self.operator("DEQUANTIZE", [x], [out], schema.DequantizeOptionsT(), version=2)
        return out

    # -- shared parts -------------------------------------------------------------------------

    def _bias(self, bias: AnyArray | None, x: Value, weights: Value) -> Value | None:
        if bias is None:
            return None
        scales = np.float32(x.scale[0]) * np.array(weights.scale, np.float32)
        return self.constant(np.asarray(bias, np.int32), scales, axis=0)

    def _windowed(
        self,
        builtin: str,
        inputs: Sequence[Value | None],
        options: Any,
        *,
        kernel: tuple[int, int],
        channels: int,
        stride: int | tuple[int, int],
        padding: str,
        activation: str,
        quantization: tuple[Scales, ZeroPoints],
    ) -> Value:
        x = inputs[0]
        assert x is not None
        options.padding = PADDINGS[padding]
        options.strideH, options.strideW = strides = pair(stride)
        options.fusedActivationFunction = ACTIVATIONS[activation]
        rates = [getattr(options, f"dilation{axis}Factor", 1) for axis in "HW"]
        reach = [(k - 1) * rate + 1 for k, rate in zip(kernel, rates, strict=True)]
        size = [same_size(x.shape[1 + i], reach[i], strides[i], padding) for i in (0, 1)]
        out = self.tensor((x.shape[0], *size, channels), x.dtype, *quantization)
        self.operator(builtin, inputs, [out], options, 3 if "CONV" in builtin else 2)
        return out

    def _pool(
        self,
        builtin: str,
        x: Value,
        kernel: tuple[int, int],
        *,
        stride: int | tuple[int, int],
        padding: str,
        activation: str,
    ) -> Value:
        options = schema.Pool2DOptionsT()
        options.filterHeight, options.filterWidth = kernel
        return self._windowed(
            builtin,
            [x],
            options,
            kernel=kernel,
            channels=x.shape[3],
            stride=stride,
            padding=padding,
            activation=activation,
            quantization=(x.scale, x.zero_point),
        )

    def _binary(
        self,
        builtin: str,
        options: Any,
        operands: tuple[Value, Value],
        quantization: tuple[float, int],
        activation: str,
    ) -> Value:
        a, b = operands
        options.fusedActivationFunction = ACTIVATIONS[activation]
        out = self.tensor(np.broadcast_shapes(a.shape, b.shape), a.dtype, *quantization)
        self.operator(builtin, [a, b], [out], options, version=2)
        return out

    def _unary(
        self,
        builtin: str,
        inputs: Sequence[Value],
        options: Any,
        shape: Sequence[int],
        quantization: tuple[float | None, int | None] = (None, None),
        *,
        version: int = 1,
    ) -> Value:
        x = inputs[0]
        scale, zero_point = quantization if x.scale else (None, None)
        scales: Scales = x.scale if scale is None else scale
        points: ZeroPoints = x.zero_point if zero_point is None else zero_point
        out = self.tensor(shape, x.dtype, scales, points)
        self.operator(builtin, inputs, [out], options, version)
        return out
