"""Byte to byte functions of one operand, computed for each of the 256 inputs at compile time.

Arithmetic: TFLite's LUTPopulate (tanh, elu, gelu, exp, log: in single precision, with the function
itself rounded correctly, where C libraries differ from one another in last bits), QuantizeLeakyRelu
(leaky_relu), ReluX (relu_0_to_1), Negate (neg, of the integers as they are), and elementwise.cc
(abs, sqrt, rsqrt). sqrt and rsqrt of what is negative, which TFLite refuses while it runs, are
those of zero here; values beyond 32 bits, which it leaves undefined, saturate.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir import attributes
from thumbnet.ir.attributes import Attributes
from thumbnet.ir.graph import Tensor
from thumbnet.operators.exponential import exponential
from thumbnet.quantize.requantize import (
    IntArray,
    Multiplier,
    float32_ratio,
    inverse_square_root,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
)

Floats = npt.NDArray[np.float32]
ByteFunction = Callable[[IntArray, Tensor, Tensor, Attributes], IntArray]
"""What inputs less their zero point become, before saturation."""

_FRACTION = 20
"""Bits behind the point of rsqrt's reciprocal root."""


def _in_single_precision(function: Callable[[Floats, Attributes], Floats]) -> ByteFunction:
    """LUTPopulate: the function of the dequantized input, scaled and rounded half away."""

    def values(codes: IntArray, x: Tensor, output: Tensor, given: Attributes) -> IntArray:
        with np.errstate(over="ignore", under="ignore"):
            real = np.float32(x.scale) * codes.astype(np.float32)
            scaled = function(real, given) * (np.float32(1) / np.float32(output.scale))
        rounded = np.copysign(np.floor(np.abs(scaled.astype(np.float64)) + 0.5), scaled)
        whole: IntArray = np.clip(rounded, -(1 << 31), (1 << 31) - 1).astype(np.int64)
        return whole + output.zero_point

    return values


def _each(function: Callable[[float], float]) -> Callable[[Floats, Attributes], Floats]:
    """A function in double precision, rounded to single."""

    def values(reals: Floats, given: Attributes) -> Floats:
        del given
        return np.array([function(float(real)) for real in reals], np.float32)

    return values


def _exp(reals: Floats, given: Attributes) -> Floats:
    del given
    return exponential(reals)


def _log(codes: IntArray, x: Tensor, output: Tensor, given: Attributes) -> IntArray:
    least = np.iinfo(output.dtype.value).min
    positive = np.where(codes > 0, codes, 1)
    made = _in_single_precision(_each(math.log))(positive, x, output, given)
    return np.where(codes > 0, made, least)


def _gelu(reals: Floats, given: Attributes) -> Floats:
    half, one = np.float32(0.5), np.float32(1)
    if cast(attributes.Gelu, given).approximate:
        slope = np.float32(2 / math.sqrt(math.pi) * math.sqrt(0.5))
        inner = slope * (reals + np.float32(0.044715) * reals * reals * reals)
        bent = _each(math.tanh)(inner, given)
        return half * reals * (one + bent)
    turned = reals * np.float32(-math.sqrt(0.5))
    return half * reals * _each(math.erfc)(turned, given)


def _leaky_relu(codes: IntArray, x: Tensor, output: Tensor, given: Attributes) -> IntArray:
    alpha = cast(attributes.LeakyRelu, given).alpha
    kept = quantize_multiplier(float32_ratio([x.scale], output.scale))
    bent = quantize_multiplier(float32_ratio([x.scale, alpha], output.scale))
    above = multiply_by_quantized_multiplier(codes, kept.mantissa, kept.shift)
    below = multiply_by_quantized_multiplier(codes, abs(bent.mantissa), bent.shift)
    sign = -1 if bent.mantissa < 0 else 1
    return np.where(codes >= 0, above, sign * below) + output.zero_point


def _relu_0_to_1(codes: IntArray, x: Tensor, output: Tensor, given: Attributes) -> IntArray:
    del given
    multiplier = quantize_multiplier(float32_ratio([x.scale], output.scale))
    scaled = multiply_by_quantized_multiplier(codes, multiplier.mantissa, multiplier.shift)
    one = math.floor(float(np.float32(1) / np.float32(output.scale)) + 0.5)
    return np.clip(scaled, 0, one) + output.zero_point


def _abs(codes: IntArray, x: Tensor, output: Tensor, given: Attributes) -> IntArray:
    del given
    values = np.abs(codes)
    if x.scale != output.scale:
        multiplier = quantize_multiplier(float32_ratio([x.scale], output.scale))
        values = multiply_by_quantized_multiplier(values, multiplier.mantissa, multiplier.shift)
    return values + output.zero_point


def _neg(codes: IntArray, x: Tensor, output: Tensor, given: Attributes) -> IntArray:
    del output, given
    negated: IntArray = (-(codes + x.zero_point)).astype(np.int8).astype(np.int64)
    return negated


def _sqrt(codes: IntArray, x: Tensor, output: Tensor, given: Attributes) -> IntArray:
    del given
    real = np.float32(x.scale) * np.maximum(codes, 0).astype(np.float32)
    # Towards zero, unlike all others.
    whole: IntArray = (np.sqrt(real) / np.float32(output.scale)).astype(np.int64)
    return whole + output.zero_point


def _rsqrt(codes: IntArray, x: Tensor, output: Tensor, given: Attributes) -> IntArray:
    del given
    last = _root_multiplier(x, output)
    greatest = np.iinfo(output.dtype.value).max
    made = np.full(codes.shape, greatest, np.int64)
    for i, code in enumerate(codes.tolist()):
        if code > 0:
            root = inverse_square_root(code)
            one = np.array(1, np.int64)
            data = multiply_by_quantized_multiplier(one, root.mantissa, root.shift + _FRACTION)
            scaled = multiply_by_quantized_multiplier(data, last.mantissa, last.shift - _FRACTION)
            made[i] = int(scaled) + output.zero_point
    return made


def coarse_root(x: Tensor, output: Tensor) -> bool:
    """Whether the multipliers of rsqrt lie where TFLite's arithmetic is defined."""
    return -11 <= _root_multiplier(x, output).shift <= _FRACTION


def _root_multiplier(x: Tensor, output: Tensor) -> Multiplier:
    divisor = float32_ratio([float(np.sqrt(np.float32(x.scale))), output.scale])
    return quantize_multiplier(1 / divisor if divisor else math.inf)


TABLES: dict[str, ByteFunction] = {
    "tanh": _in_single_precision(_each(math.tanh)),
    "elu": _in_single_precision(_each(lambda real: math.expm1(real) if real < 0 else real)),
    "gelu": _in_single_precision(_gelu),
    "exp": _in_single_precision(_exp),
    "log": _log,
    "leaky_relu": _leaky_relu,
    "relu_0_to_1": _relu_0_to_1,
    "abs": _abs,
    "neg": _neg,
    "sqrt": _sqrt,
    "rsqrt": _rsqrt,
}
"""The function of each kind."""
