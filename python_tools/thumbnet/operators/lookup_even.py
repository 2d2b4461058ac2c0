"""Byte to byte functions as onnxruntime computes them: in float32, from and to quantized values.

Sources: qlinear_lookup_table.cc and qlinear_activations.cc (QLinearSigmoid, with MLAS's
``logistic.cpp`` as it runs with FMA), and the float operators between DequantizeLinear and
QuantizeLinear for the rest. A relu whose quantization does not change, a byte requantization
(QLinearConcat's too) and logistic are equal; hard_swish is to within one unit.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from thumbnet.ir.graph import Tensor
from thumbnet.quantize.requantize import IntArray
from thumbnet.quantize.requantize_even import dequantize_even, fused_multiply_add, quantize_even

Floats = npt.NDArray[np.float32]

_RANGE = 18.0
"""Beyond it logistic is 0 or 1 in float32."""
_ALPHA = (
    4.37031012579801e-11,
    1.15627324459942e-07,
    6.08574864600143e-05,
    8.51377133304701e-03,
    2.48287947061529e-01,
)
_BETA = (
    6.10247389755681e-13,
    5.76102136993427e-09,
    6.29106785017040e-06,
    1.70198817374094e-03,
    1.16817656904453e-01,
    9.93151921023180e-01,
)
"""Eigen's rational approximation, odd and even part, greatest power first."""


def even_values(kind: str, codes: IntArray, x: Tensor, output: Tensor) -> IntArray:
    """Output codes of the input codes ``codes``, for a kind of lookup.TABLE_KINDS."""
    limits = np.iinfo(output.dtype.value)
    reals = _FUNCTIONS[kind](dequantize_even(codes, x.scale, x.zero_point))
    bounds = (int(limits.min), int(limits.max))
    return quantize_even(reals, output.scale, output.zero_point, bounds)


def _polynomial(squares: Floats, coefficients: tuple[float, ...]) -> Floats:
    value = np.full(squares.shape, coefficients[0], np.float32)
    for coefficient in coefficients[1:]:
        value = fused_multiply_add(value, squares, np.float32(coefficient))
    return value


def _logistic(reals: Floats) -> Floats:
    inside = np.clip(reals, np.float32(-_RANGE), np.float32(_RANGE))
    squares = inside * inside
    odd, even = _polynomial(squares, _ALPHA) * inside, _polynomial(squares, _BETA)
    made: Floats = np.clip(odd / even + np.float32(0.5), np.float32(0), np.float32(1))
    return made


def _hard_swish(reals: Floats) -> Floats:
    sixth, half = np.float32(1 / 6), np.float32(0.5)
    made: Floats = reals * np.clip(reals * sixth + half, np.float32(0), np.float32(1))
    return made


def _clipped(least: float, most: float) -> Callable[[Floats], Floats]:
    return lambda reals: np.clip(reals, np.float32(least), np.float32(most))


_FUNCTIONS: dict[str, Callable[[Floats], Floats]] = {
    "logistic": _logistic,
    "hard_swish": _hard_swish,
    "relu": _clipped(0, np.inf),
    "relu6": _clipped(0, 6),
    "relu_n1_to_1": _clipped(-1, 1),
    "quantize": lambda reals: reals,
}
EVEN_KINDS = tuple(_FUNCTIONS)
"""Kinds of which onnxruntime's own arithmetic is followed."""
