"""Element by element functions of ONNX in numpy: for constants, and for tables of 256 bytes.

Sums, products and quotients are float32 as onnxruntime's are; exponentials and what is made of them
are computed in double and rounded to float32 once, which is as near as onnxruntime's own come.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from thumbnet.frontends.onnx_model import RawNode
from thumbnet.ir.graph import Array

Elementwise = Callable[[RawNode, Sequence[Array]], Array]
Doubles = npt.NDArray[np.float64]

_SELU = (1.67326319217681884765625, 1.05070102214813232421875)


def number(node: RawNode, name: str, default: float) -> float:
    """A float attribute."""
    value = node.attributes.get(name, default)
    return float(value) if isinstance(value, int | float) else default


def _plain(function: Callable[..., Array]) -> Elementwise:
    return lambda node, given: np.asarray(function(*given))


def _folded(function: Callable[..., Array]) -> Elementwise:
    """Of any number of operands."""

    def apply(node: RawNode, given: Sequence[Array]) -> Array:
        result = np.asarray(given[0])
        for other in given[1:]:
            result = np.asarray(function(result, other))
        return result

    return apply


def _in_double(function: Callable[[RawNode, Doubles], Doubles]) -> Elementwise:
    def apply(node: RawNode, given: Sequence[Array]) -> Array:
        x = given[0]
        result: Array = function(node, x.astype(np.float64)).astype(x.dtype)
        return result

    return apply


def _quotient(a: Array, b: Array) -> Array:
    if a.dtype.kind == "f":
        return np.asarray(np.divide(a, b))
    whole = b.astype(np.int64)
    if not whole.all():
        raise ValueError("a division by zero")
    magnitude = np.abs(a.astype(np.int64)) // np.abs(whole)
    signed = np.where((a.astype(np.int64) < 0) != (whole < 0), -magnitude, magnitude)
    return np.asarray(signed.astype(a.dtype))


def _erf(x: Doubles) -> Doubles:
    values = np.array([math.erf(value) for value in x.reshape(-1).tolist()], np.float64)
    return values.reshape(x.shape)


def _sigmoid(x: Doubles) -> Doubles:
    with np.errstate(over="ignore"):
        result: Doubles = 1 / (1 + np.exp(-x))
    return result


def _softplus(x: Doubles) -> Doubles:
    result: Doubles = np.logaddexp(0, x)
    return result


def _gelu(node: RawNode, x: Doubles) -> Doubles:
    if node.attributes.get("approximate", "none") == "tanh":
        inner: Doubles = np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))
    else:
        inner = _erf(x / math.sqrt(2))
    result: Doubles = 0.5 * x * (1 + inner)
    return result


def _negative_part(node: RawNode, x: Doubles, below: Doubles) -> Doubles:
    result: Doubles = np.where(x < 0, below, x)
    return result


def _elu(node: RawNode, x: Doubles) -> Doubles:
    alpha = number(node, "alpha", 1.0)
    return _negative_part(node, x, alpha * np.expm1(np.minimum(x, 0)))


def _celu(node: RawNode, x: Doubles) -> Doubles:
    alpha = number(node, "alpha", 1.0) or 1.0
    return _negative_part(node, x, alpha * np.expm1(np.minimum(x, 0) / alpha))


def _selu(node: RawNode, x: Doubles) -> Doubles:
    alpha, gamma = number(node, "alpha", _SELU[0]), number(node, "gamma", _SELU[1])
    return gamma * _negative_part(node, x, alpha * np.expm1(np.minimum(x, 0)))


def _leaky_relu(node: RawNode, given: Sequence[Array]) -> Array:
    x = given[0].astype(np.float32)
    slope = np.float32(number(node, "alpha", 0.01))
    return np.where(x < 0, slope * x, x)


def _prelu(node: RawNode, given: Sequence[Array]) -> Array:
    x, slope = (value.astype(np.float32) for value in given)
    return np.where(x < 0, slope * x, x)


def hard_sigmoid(x: Array, alpha: float, beta: float) -> Array:
    """max(0, min(1, alpha * x + beta)) in float32."""
    line = np.float32(alpha) * x.astype(np.float32) + np.float32(beta)
    return np.asarray(np.clip(line, np.float32(0), np.float32(1)))


def _hard_sigmoid(node: RawNode, given: Sequence[Array]) -> Array:
    return hard_sigmoid(given[0], number(node, "alpha", 0.2), number(node, "beta", 0.5))


def _hard_swish(node: RawNode, given: Sequence[Array]) -> Array:
    x = given[0].astype(np.float32)
    return np.asarray(x * hard_sigmoid(x, 1 / 6, 0.5).astype(np.float32))


def _clip(node: RawNode, given: Sequence[Array]) -> Array:
    x, *bounds = given
    low, high = [*bounds, None, None][:2]
    if low is not None and low.size:
        x = np.maximum(x, low)
    if high is not None and high.size:
        x = np.minimum(x, high)
    return x


def _thresholded(node: RawNode, given: Sequence[Array]) -> Array:
    x = given[0]
    return np.where(x > np.float32(number(node, "alpha", 1.0)), x, x.dtype.type(0))


def _quick_gelu(node: RawNode, x: Doubles) -> Doubles:
    return x * _sigmoid(number(node, "alpha", 1.702) * x)


def _where(condition: Array, a: Array, b: Array) -> Array:
    return np.where(condition.astype(bool), a, b)


ELEMENTWISE: dict[str, Elementwise] = {
    "Add": _plain(np.add),
    "Sub": _plain(np.subtract),
    "Mul": _plain(np.multiply),
    "Div": _plain(_quotient),
    "Pow": lambda node, given: np.asarray(
        np.power(given[0].astype(np.float64), given[1]).astype(given[0].dtype)
    ),
    "Max": _folded(np.maximum),
    "Min": _folded(np.minimum),
    "Sum": _folded(np.add),
    "Neg": _plain(np.negative),
    "Abs": _plain(np.abs),
    "Floor": _plain(np.floor),
    "Ceil": _plain(np.ceil),
    "Round": _plain(np.rint),
    "Sign": _plain(np.sign),
    "Sqrt": _plain(np.sqrt),
    "Reciprocal": lambda node, given: np.asarray(np.divide(given[0].dtype.type(1), given[0])),
    "Relu": lambda node, given: np.maximum(given[0], given[0].dtype.type(0)),
    "Clip": _clip,
    "LeakyRelu": _leaky_relu,
    "PRelu": _prelu,
    "ThresholdedRelu": _thresholded,
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": _hard_swish,
    "Exp": _in_double(lambda node, x: np.exp(x)),
    "Log": _in_double(lambda node, x: np.log(x)),
    "Erf": _in_double(lambda node, x: _erf(x)),
    "Sin": _in_double(lambda node, x: np.sin(x)),
    "Cos": _in_double(lambda node, x: np.cos(x)),
    "Tanh": _in_double(lambda node, x: np.tanh(x)),
    "Sigmoid": _in_double(lambda node, x: _sigmoid(x)),
    "Softplus": _in_double(lambda node, x: _softplus(x)),
    "Softsign": _in_double(lambda node, x: x / (1 + np.abs(x))),
    "Swish": _in_double(lambda node, x: x * _sigmoid(number(node, "alpha", 1.0) * x)),
    "Mish": _in_double(lambda node, x: x * np.tanh(_softplus(x))),
    "Gelu": _in_double(_gelu),
    "QuickGelu": _in_double(_quick_gelu),
    "Elu": _in_double(_elu),
    "Celu": _in_double(_celu),
    "Selu": _in_double(_selu),
}
"""Operator -> its value at real operands; of integers too where ONNX has it so."""

COMPARISONS: dict[str, Elementwise] = {
    "Equal": _plain(np.equal),
    "Less": _plain(np.less),
    "LessOrEqual": _plain(np.less_equal),
    "Greater": _plain(np.greater),
    "GreaterOrEqual": _plain(np.greater_equal),
    "And": _plain(np.logical_and),
    "Or": _plain(np.logical_or),
    "Not": _plain(np.logical_not),
    "Where": _plain(_where),
}
"""Of constants alone."""
