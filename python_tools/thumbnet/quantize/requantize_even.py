"""onnxruntime's rounding: float32 products, rounded to nearest with ties to even.

Sources: MlasRequantizeOutput and MlasQuantizeLinear in onnxruntime's ``core/mlas/lib/quantize.cpp``
and what QLinearConv, QGemm and QLinearMul (``qlmul.cpp``) make of their scales. The C twin, without
floating point, is ``thumbnet_requantize_even`` in ``src/thumbnet/requantize.h``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from thumbnet.quantize.requantize import IntArray, Multiplier

Floats = npt.NDArray[np.float32]
Limits = tuple[int, int]


def float_multiplier(scale: float | np.float32) -> Multiplier:
    """The float32 ``scale``, above zero, as a multiplier that rounds ties to even."""
    fraction, shift = math.frexp(float(np.float32(scale)))
    return Multiplier(int(fraction * (1 << 31)), shift, even=True)


def product_scales(x: float, weights: Sequence[float], output: float) -> Floats:
    """The products x * weights / output in float32 steps, as QLinearConv and QGemm have them."""
    products: Floats = np.float32(x) * np.array(weights, np.float32)
    scales: Floats = products / np.float32(output)
    return scales


def float_scales(multipliers: Sequence[Multiplier]) -> Floats:
    """The float32 that each multiplier stands for."""
    return np.array([math.ldexp(m.mantissa, m.shift - 31) for m in multipliers], np.float32)


def multiply_even(sums: IntArray, scales: Floats, zero_point: int, limits: Limits) -> IntArray:
    """round(float32(sums) * scales), clipped before it is rounded, plus the zero point."""
    with np.errstate(over="ignore"):
        products = sums.astype(np.float32) * scales
    return _rounded(products, zero_point, limits)


def quantize_even(values: Floats, scale: float, zero_point: int, limits: Limits) -> IntArray:
    """QuantizeLinear of onnxruntime; NaN gives the least of ``limits``."""
    with np.errstate(over="ignore", invalid="ignore"):
        ratios = values.astype(np.float32) / np.float32(scale)
    least = np.float32(limits[0] - zero_point)
    return _rounded(np.where(np.isnan(ratios), least, ratios), zero_point, limits)


def dequantize_even(codes: IntArray, scale: float, zero_point: int) -> Floats:
    """DequantizeLinear of onnxruntime."""
    values: Floats = np.float32(scale) * (codes - zero_point).astype(np.float32)
    return values


def fused_multiply_add(a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike) -> Floats:
    """The float32 a * b + c, rounded once (but for what double precision of the sum loses)."""
    product = np.asarray(a, np.float64) * np.asarray(b, np.float64)
    total: Floats = (product + np.asarray(c, np.float64)).astype(np.float32)
    return total


def _rounded(values: Floats, zero_point: int, limits: Limits) -> IntArray:
    least, most = (np.float32(limit - zero_point) for limit in limits)
    rounded: IntArray = np.rint(np.clip(values, least, most)).astype(np.int64)
    return rounded + zero_point
