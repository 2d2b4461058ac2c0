"""int8 weights with a scale for every output channel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thumbnet.ir.graph import Array
from thumbnet.quantize.float_functions import Doubles, Floats
from thumbnet.quantize.prepare import WEIGHTED

METHODS = ("max", "mse")
"""A channel's greatest weight is 127 steps, or as many as give the least error."""
_PARTS = np.concatenate((np.linspace(1.02, 0.94, 33), np.linspace(0.92, 0.6, 9)))
"""Of the scale by the greatest weight: small changes are for how the others happen to round."""
_LEAST = 1e-9


@dataclass(frozen=True, eq=False)
class Weights:
    """Codes in the layout of the float32 weights, and the scale of each output channel."""

    codes: npt.NDArray[np.int8]
    scales: Doubles
    axis: int

    @property
    def real(self) -> Floats:
        """The weights that the codes stand for."""
        shape = [1] * self.codes.ndim
        shape[self.axis] = -1
        real: Floats = (self.codes * self.scales.reshape(shape)).astype(np.float32)
        return real


def quantize_weights(
    kind: str, data: Floats, method: str, squares: Doubles, least: Doubles
) -> Weights:
    """The weights of an operator of ``kind``, rounded.

    ``squares`` are the mean squares of the input's channels, by which ``mse`` weighs errors.
    Scales are no less than ``least``, below which a bias would leave int32.
    """
    axis = WEIGHTED[kind]
    moved = np.moveaxis(data.astype(np.float64), axis, 0)
    rows = moved.reshape(len(moved), -1)
    whole = np.abs(rows).max(axis=1) / 127
    best = _rounded(rows, whole, least)
    if method == "mse":
        heights = _heights(kind, moved.shape, squares)
        errors = np.sum((best[0] * best[1][:, None] - rows) ** 2 * heights, axis=1)
        for part in _PARTS:
            codes, scales = _rounded(rows, whole * part, least)
            found = np.sum((codes * scales[:, None] - rows) ** 2 * heights, axis=1)
            better = found < errors
            errors = np.where(better, found, errors)
            best = (np.where(better[:, None], codes, best[0]), np.where(better, scales, best[1]))
    codes = np.moveaxis(best[0].reshape(moved.shape), 0, axis)
    return Weights(np.ascontiguousarray(codes).astype(np.int8), best[1], axis)


def _rounded(rows: Doubles, scales: Doubles, least: Doubles) -> tuple[Doubles, Doubles]:
    # Scales are float32 in files, and exact in double from then on.
    kept = np.maximum(np.maximum(scales, least), _LEAST).astype(np.float32).astype(np.float64)
    codes = np.clip(np.rint(rows / kept[:, None]), -127, 127)
    return codes, kept


def _heights(kind: str, shape: tuple[int, ...], squares: Doubles) -> Doubles:
    """How much the square of an error in each weight counts, as [O, taps] or [1, taps]."""
    if kind == "depthwise_conv_2d" or squares.size == 0 or shape[-1] % squares.size:
        return np.ones((1, 1))
    channels = np.tile(squares, shape[-1] // squares.size) + 1e-12
    return np.broadcast_to(channels, (1, *shape[1:])).reshape(1, -1)


def as_bytes(data: Array, scale: float, zero_point: int) -> npt.NDArray[np.int8]:
    """A constant operand in a tensor's quantization."""
    steps = np.rint(data.astype(np.float64) / scale) + zero_point
    codes: npt.NDArray[np.int8] = np.clip(steps, -128, 127).astype(np.int8)
    return codes
