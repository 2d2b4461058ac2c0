"""What the operators of int16 activations share: limits, rounding, weights in the kernels' order.

TFLite's 16x8 scheme: activations are int16 with zero point 0, weights int8. Its type of bias says
how sums are held and rounded: int64 once, with a multiplier of 15 bits (fully_connected: with a
product in double precision); int32 twice, as int8 convolutions are. Biases are always given here:
the frontend adds one of zeros, of the type that the file asks for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from thumbnet.ir.attributes import (
    Activation,
    Convolution,
    DepthwiseConvolution,
    FullyConnected,
    TransposeConvolution,
    Window,
)
from thumbnet.ir.graph import Array, DType, Graph, Operator, Tensor
from thumbnet.operators.base import CArray, Fields
from thumbnet.operators.constraints import borders
from thumbnet.quantize.requantize import (
    IntArray,
    Multiplier,
    multiply_by_quantized_multiplier,
    multiply_rounding_once,
    multiply_rounding_up,
    quantize_multiplier,
    reduced_to_15_bits,
    wrap_int32,
)
from thumbnet.quantize.requantize_even import (
    float_multiplier,
    float_scales,
    multiply_even,
    product_scales,
)

LARGEST = 65535
LARGEST_WINDOW = 255
ONCE, TWICE, PRODUCT, TO_BYTES = range(4)
"""THUMBNET_ROUND_...: how a kernel makes outputs of sums."""
_SUM_LIMIT = {ONCE: 47, TWICE: 47, PRODUCT: 36, TO_BYTES: 31}
"""Bits that sums may have."""
_MOST_SHIFT = 7
_FINE_BITS = 26


def int16_per_tensor(graph: Graph, operator: Operator) -> str | None:
    """int16 input and output of zero point 0, quantized per tensor."""
    for role, tensor in zip(("input", "output"), borders(graph, operator), strict=True):
        problem = not_int16(tensor)
        if problem is not None:
            return f"{role} {problem}"
    return None


def not_int16(tensor: Tensor) -> str | None:
    """What keeps a tensor from being int16 of zero point 0; None where nothing does."""
    if tensor.dtype is not DType.INT16:
        return f"is {tensor.dtype.value}"
    if tensor.quantization is None or not tensor.quantization.per_tensor:
        return "is not quantized per tensor"
    return None if tensor.zero_point == 0 else f"has zero point {tensor.zero_point}"


def weights_by_output_channel(graph: Graph, operator: Operator) -> str | None:
    """weights of positive scales, per tensor or per output channel."""
    weights = graph.tensor(operator.inputs[1])
    axis = 3 if isinstance(operator.attributes, DepthwiseConvolution) else 0
    quantization = weights.quantization
    if quantization is None or min(quantization.scale) < 0:
        return "weights have no scale or a negative one"
    if quantization.per_tensor:
        return None
    if quantization.axis == axis and len(quantization.scale) == weights.shape[axis]:
        return None
    return f"weights have {len(quantization.scale)} scales along dimension {quantization.axis}"


def int64_or_int32_bias(graph: Graph, operator: Operator) -> str | None:
    """a constant bias of int64 or int32; of int64 alone for depthwise_conv_2d."""
    bias = graph.tensor(operator.inputs[2])
    depthwise = isinstance(operator.attributes, DepthwiseConvolution)
    allowed = (DType.INT64,) if depthwise else (DType.INT64, DType.INT32)
    if bias.is_constant and bias.dtype in allowed:
        return None
    return f"bias is {bias.dtype.value}{'' if bias.is_constant else ', not constant'}"


def small_shapes(graph: Graph, operator: Operator) -> str | None:
    """batches of one, kernels, strides and padding of at most 255, other sizes of at most 65535."""
    x, output = borders(graph, operator)
    if max(*x.shape, *output.shape) > LARGEST:
        return f"input has shape {list(x.shape)}, output {list(output.shape)}"
    if isinstance(operator.attributes, FullyConnected):
        return None
    if len(x.shape) != 4 or x.shape[0] != 1:
        return f"input has shape {list(x.shape)}"
    convolution = cast(Convolution | DepthwiseConvolution, operator.attributes)
    values = dataclasses.astuple(convolution.window)
    return None if max(values) <= LARGEST_WINDOW else f"window is {convolution.window}"


def plain_window(graph: Graph, operator: Operator) -> str | None:
    """windows without dilation."""
    window: Window | None = getattr(operator.attributes, "window", None)
    plain = None if window is None else Window(*dataclasses.astuple(window)[:8])
    return None if window == plain else f"window is {window}"


def bounded_sums(graph: Graph, operator: Operator) -> str | None:
    """multipliers below 128 and sums below 2^47 (fully_connected with int64 bias: 2^36)."""
    scaling = channel_scaling(graph, operator)
    most = max(multiplier.shift for multiplier in scaling.multipliers)
    if most > _MOST_SHIFT:
        return f"a multiplier of 2^{most - 1} and more"
    reach = int(scaling.reach.max())
    limit = _SUM_LIMIT[scaling.rounding]
    return f"a sum could be {reach}" if reach >= 1 << limit else None


@dataclass(frozen=True, eq=False)
class Scaling:
    """How an operator's sums [..., channels] become its outputs.

    ``reals`` are the exact multipliers in double precision, ``reach`` is what the sums, biases
    included, may amount to. The first ``ties_up`` channels round ties upwards where there are two
    roundings.
    """

    rounding: int
    multipliers: Sequence[Multiplier]
    reals: Sequence[float]
    bias: IntArray
    reach: IntArray
    ties_up: int

    @property
    def wide(self) -> bool:
        """Whether some sum could leave 32 bits."""
        return bool(self.reach.max() >= 1 << 31)

    def outputs(self, sums: IntArray, low: int, high: int, zero_point: int = 0) -> IntArray:
        """The clamped outputs of sums without bias."""
        total = sums + self.bias
        mantissas = np.array([m.mantissa for m in self.multipliers], np.int64)
        shifts = np.array([m.shift for m in self.multipliers], np.int64)
        if self.rounding == ONCE:
            reduced = [reduced_to_15_bits(m.mantissa) for m in self.multipliers]
            scaled = multiply_rounding_once(total, reduced, shifts)
        elif self.multipliers[0].even:
            scales = float_scales(self.multipliers)
            scaled = multiply_even(total, scales, 0, (low - zero_point, high - zero_point))
        elif self.rounding == PRODUCT:
            products = total * np.array(self.reals)
            whole = np.floor(np.abs(products) + 0.5)
            scaled = np.copysign(np.minimum(whole, 65536), products).astype(np.int64)
        else:
            narrow = wrap_int32(total)
            up = multiply_rounding_up(narrow, mantissas, shifts)
            away = multiply_by_quantized_multiplier(narrow, mantissas, shifts)
            scaled = np.where(np.arange(len(shifts)) < self.ties_up, up, away)
        clipped: IntArray = np.clip(scaled + zero_point, low, high)
        return clipped

    def fields(self) -> Fields:
        """The fields of ``thumbnet_dense_s16_t`` that hold multipliers and biases."""
        fine: int | CArray = 0
        if self.rounding == ONCE:
            multipliers = [reduced_to_15_bits(m.mantissa) << 16 for m in self.multipliers]
            shifts = [15 - m.shift for m in self.multipliers]
        elif self.rounding == PRODUCT:
            halves = [_halves(real) for real in self.reals]
            multipliers = [half.coarse for half in halves]
            shifts = [half.shift for half in halves]
            fine = _array("fine", "int32_t", [half.fine for half in halves])
        else:
            multipliers = [m.mantissa for m in self.multipliers]
            shifts = [m.shift for m in self.multipliers]
        bias = CArray("bias", "int64_t", self.bias)
        if not self.wide:
            bias = CArray("bias", "int32_t", self.bias.astype(np.int32))
        return (
            ("dense.bias", bias),
            ("dense.multiplier", _array("multiplier", "int32_t", multipliers)),
            ("dense.fine", fine),
            ("dense.shift", _array("shift", "int8_t", shifts)),
            ("dense.ties_up", self.ties_up),
        )


@dataclass(frozen=True)
class _Halves:
    """A double as (coarse * 2**26 + fine) * 2**-(shift + 26)."""

    coarse: int
    fine: int
    shift: int


def _halves(real: float) -> _Halves:
    if real == 0.0:
        return _Halves(0, 0, 1)
    fraction, exponent = np.frexp(real)
    mantissa = int(fraction * (1 << 53))
    shift = 53 - int(exponent) - _FINE_BITS
    # What is smaller than that makes nothing but zeros.
    if shift > 63:
        return _Halves(0, 0, 1)
    return _Halves(mantissa >> _FINE_BITS, mantissa & ((1 << _FINE_BITS) - 1), shift)


def _array(name: str, ctype: str, values: Sequence[int]) -> CArray:
    dtype = np.int8 if ctype == "int8_t" else np.int32
    return CArray(name, ctype, np.array(values, np.int64).astype(dtype))


def channel_scaling(graph: Graph, operator: Operator) -> Scaling:
    """Of a convolution or fully_connected with int8 weights and a constant bias."""
    x, weights = data_input(graph, operator), graph.tensor(operator.inputs[1])
    output, bias = graph.tensor(operator.outputs[0]), graph.tensor(operator.inputs[2])
    values = cast(Array, bias.data).astype(np.int64).reshape(-1)
    scales = weights.quantization.scale if weights.quantization is not None else ()
    scales = scales * len(values) if len(scales) == 1 else scales
    reals = [x.scale * scale / output.scale for scale in scales]
    multipliers = [quantize_multiplier(real) for real in reals]
    if graph.arithmetic == "onnxruntime" and x.dtype is DType.INT8:
        reals = product_scales(x.scale, scales, output.scale).tolist()
        multipliers = [float_multiplier(real) for real in reals]
    is_dense = isinstance(operator.attributes, FullyConnected)
    rounding, ties_up = ONCE, len(values)
    if x.dtype is DType.INT8:
        rounding = TO_BYTES
    elif bias.dtype is DType.INT32:
        rounding = TWICE
    elif is_dense:
        rounding = PRODUCT
    if is_dense and rounding == TWICE and len(set(scales)) == 1 and _one_scale(weights):
        # Of a single scale TFLite multiplies the scales in float32.
        product = float(np.float32(x.scale) * np.float32(weights.scale))
        multipliers = [quantize_multiplier(product / output.scale)] * len(values)
    if isinstance(operator.attributes, TransposeConvolution) and rounding != ONCE:
        # TFLite requantizes eight channels at a time, ties upwards, and the rest as gemmlowp does.
        ties_up = len(values) - len(values) % 8
    taps = np.abs(cast(Array, weights.data).astype(np.int64))
    axes = (0, 1, 2) if isinstance(operator.attributes, DepthwiseConvolution) else None
    sums = taps.sum(axis=axes) if axes else taps.reshape(len(values), -1).sum(axis=1)
    largest = 255 if x.dtype is DType.INT8 else 1 << 15
    return Scaling(rounding, multipliers, reals, values, np.abs(values) + largest * sums, ties_up)


def _one_scale(weights: Tensor) -> bool:
    return weights.quantization is not None and weights.quantization.per_tensor


def data_input(graph: Graph, operator: Operator) -> Tensor:
    """The input of the activations."""
    return graph.tensor(operator.inputs[0])


def in_quads(taps: Array) -> Array:
    """Weights [..., taps] in the order of ``thumbnet_dense_s16_t``: of each four 0, 2, 1, 3."""
    whole = taps.shape[-1] - taps.shape[-1] % 4
    order = np.arange(taps.shape[-1])
    order[:whole] = order[:whole].reshape(-1, 4)[:, [0, 2, 1, 3]].reshape(-1)
    return np.ascontiguousarray(taps[..., order])


def activation(operator: Operator) -> Activation:
    """The fused activation."""
    found: Activation = getattr(operator.attributes, "activation", Activation.NONE)
    return found
