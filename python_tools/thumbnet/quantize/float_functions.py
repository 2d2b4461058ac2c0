"""Functions of one real, by the kinds that float32 networks have for them.

Each is computed in double and rounded to float32 once. ``numbers`` are what the file says of the
function, by the file's names (:class:`thumbnet.ir.attributes.Numbers`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from thumbnet.ir.attributes import Activation, Numbers
from thumbnet.ir.graph import Operator

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Function = Callable[[Doubles, Mapping[str, float]], Doubles]

BOUNDS: dict[Activation, tuple[float, float]] = {
    Activation.NONE: (-math.inf, math.inf),
    Activation.RELU: (0.0, math.inf),
    Activation.RELU6: (0.0, 6.0),
    Activation.RELU_N1_TO_1: (-1.0, 1.0),
}
"""Between what a fused clamp leaves values."""
CLAMPS = {
    "relu": Activation.RELU,
    "relu6": Activation.RELU6,
    "relu_n1_to_1": Activation.RELU_N1_TO_1,
}
"""Clamps as operators of their own."""
_SELU = (1.67326319217681884765625, 1.05070102214813232421875)


def applied(operator: Operator, x: Floats) -> Floats:
    """What an operator of one of FUNCTIONS makes of ``x``."""
    attributes = operator.attributes
    numbers = dict(attributes.values) if isinstance(attributes, Numbers) else {}
    with np.errstate(all="ignore"):
        result: Floats = FUNCTIONS[operator.kind](x.astype(np.float64), numbers).astype(np.float32)
    return result


def clamped(x: Floats, activation: Activation) -> Floats:
    """``x`` within the bounds of a fused clamp."""
    low, high = BOUNDS[activation]
    if activation is Activation.NONE:
        return x
    return np.clip(x, np.float32(low), np.float32(high))


def _erf(x: Doubles) -> Doubles:
    values = np.array([math.erf(value) for value in x.reshape(-1).tolist()], np.float64)
    return values.reshape(x.shape)


def _sigmoid(x: Doubles) -> Doubles:
    return np.exp(-np.logaddexp(0, -x))


def _softplus(x: Doubles) -> Doubles:
    result: Doubles = np.logaddexp(0, x)
    return result


def _gelu(x: Doubles, numbers: Mapping[str, float]) -> Doubles:
    if numbers.get("approximate"):
        inner: Doubles = np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))
    else:
        inner = _erf(x / math.sqrt(2))
    result: Doubles = 0.5 * x * (1 + inner)
    return result


def _below_zero(x: Doubles, below: Doubles) -> Doubles:
    return np.where(x < 0, below, x)


def _celu(x: Doubles, numbers: Mapping[str, float]) -> Doubles:
    alpha = numbers.get("alpha", 1.0) or 1.0
    return _below_zero(x, alpha * np.expm1(np.minimum(x, 0) / alpha))


def _selu(x: Doubles, numbers: Mapping[str, float]) -> Doubles:
    alpha, gamma = numbers.get("alpha", _SELU[0]), numbers.get("gamma", _SELU[1])
    return gamma * _below_zero(x, alpha * np.expm1(np.minimum(x, 0)))


def _hard_sigmoid(x: Doubles, alpha: float, beta: float) -> Doubles:
    return np.clip(alpha * x + beta, 0.0, 1.0)


def _clip(low: float, high: float) -> Function:
    return lambda x, n: np.clip(x, n.get("low", low), n.get("high", high))


def _alone(function: Callable[[Doubles], Doubles]) -> Function:
    return lambda x, n: function(x)


FUNCTIONS: dict[str, Function] = {
    **{kind: _clip(*BOUNDS[activation]) for kind, activation in CLAMPS.items()},
    "clip": _clip(-math.inf, math.inf),
    "logistic": _alone(_sigmoid),
    "tanh": _alone(np.tanh),
    "leaky_relu": lambda x, n: _below_zero(x, n.get("alpha", 0.01) * x),
    "elu": lambda x, n: _below_zero(x, n.get("alpha", 1.0) * np.expm1(np.minimum(x, 0))),
    "celu": _celu,
    "selu": _selu,
    "hard_sigmoid": lambda x, n: _hard_sigmoid(x, n.get("alpha", 0.2), n.get("beta", 0.5)),
    "hard_swish": lambda x, n: x * _hard_sigmoid(x, 1 / 6, 0.5),
    "swish": lambda x, n: x * _sigmoid(n.get("alpha", 1.0) * x),
    "quick_gelu": lambda x, n: x * _sigmoid(n.get("alpha", 1.702) * x),
    "mish": lambda x, n: x * np.tanh(_softplus(x)),
    "gelu": _gelu,
    "softplus": _alone(_softplus),
    "softsign": lambda x, n: x / (1 + np.abs(x)),
    "thresholded_relu": lambda x, n: np.where(x > n.get("alpha", 1.0), x, 0.0),
    "exp": _alone(np.exp),
    "log": _alone(np.log),
    "sqrt": _alone(np.sqrt),
    "abs": _alone(np.abs),
    "neg": _alone(np.negative),
    "floor": _alone(np.floor),
    "ceil": _alone(np.ceil),
    "round": _alone(np.rint),
    "sign": _alone(np.sign),
    "reciprocal": lambda x, n: 1 / x,
    "pow": lambda x, n: np.power(x, n["input_1"]),
    "erf": _alone(_erf),
    "sin": _alone(np.sin),
    "cos": _alone(np.cos),
}
"""Kind -> its values."""
