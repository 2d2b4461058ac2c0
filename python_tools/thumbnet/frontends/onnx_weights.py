"""Weights and biases of convolutions and dense layers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thumbnet.frontends.onnx_nodes import (
    NO_SCALE,
    Node,
    signed,
)
from thumbnet.ir.graph import Array, DType, Quantization, Tensor

_NEAR = 1e-3
"""How far a bias' scale may lie from that of the products, relative to it."""


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights in the file's order of dimensions, their zero points taken off; int8 where they fit.

    ``quantization`` is None in a float32 network.
    """

    data: Array
    quantization: Quantization | None

    def stored(self, node: Node, permutation: Sequence[int]) -> Tensor:
        """The weights as a constant of the graph, their dimensions permuted."""
        data, quantization = self.data.transpose(permutation), self.quantization
        if quantization is not None and quantization.axis is not None:
            axis = list(permutation).index(quantization.axis)
            quantization = dataclasses.replace(quantization, axis=axis)
        dtypes = {dtype.numpy: dtype for dtype in DType}
        return node.stored("weights", data, quantization, dtypes[data.dtype])


def weights_of(node: Node, number: int, x: Tensor) -> Weights:
    """Input ``number`` as the weights beside ``x``.

    Raises:
        ThumbnetError: they are computed, or quantized where ``x`` is not, or the other way round.
    """
    given = node.constant(number, "weights")
    if x.quantization is None:
        if given.real.dtype != np.float32:
            raise node.malformed(f"its weights are {given.real.dtype} beside a float32 input")
        return Weights(given.real, None)
    if given.quantization is None:
        raise node.refuse("its weights are float32 beside a quantized input", NO_SCALE)
    if given.data.dtype not in (np.int8, np.uint8):
        raise node.refuse(f"weights are {given.data.dtype}", "quantize weights to int8")
    data, quantization = signed(given.data, given.quantization)
    if not any(quantization.zero_point):
        return Weights(data, quantization)
    shape = [1] * data.ndim
    if quantization.axis is not None:
        shape[quantization.axis] = -1
    centred = data.astype(np.int16) - np.asarray(quantization.zero_point, np.int16).reshape(shape)
    if centred.min() >= -128 and centred.max() <= 127:
        centred = centred.astype(np.int8)
    zeros = (0,) * len(quantization.zero_point)
    return Weights(centred, dataclasses.replace(quantization, zero_point=zeros))


def bias_of(node: Node, number: int, channels: int, x: Tensor, weights: Weights) -> Tensor | None:
    """Input ``number`` as the bias of ``channels`` outputs; None where it is absent.

    int32 of the products' scale stays; anything else is rounded to that scale, as onnxruntime
    quantizes a float32 bias.
    """
    if not node.present(number):
        return None
    given = node.constant(number, "bias")
    if given.data.size not in (1, channels):
        raise node.malformed(f"its bias has {given.data.size} values for {channels} channels")
    if x.quantization is None or weights.quantization is None:
        data = np.broadcast_to(given.real.astype(np.float32).reshape(-1), (channels,))
        return node.stored("bias", data, None, DType.FLOAT32)
    scale: npt.NDArray[np.float32] = np.float32(x.scale) * np.asarray(
        weights.quantization.scale, np.float32
    )
    stored: Array
    whole = given.data.dtype == np.int32
    if whole and (given.quantization is None or _near(given.quantization, scale)):
        stored = given.data.reshape(-1)
    else:
        real = given.real.astype(np.float32).reshape(-1)
        with np.errstate(all="ignore"):
            steps = np.where(scale == 0, 0, np.rint(real / scale)).astype(np.float64)
        if not np.isfinite(steps).all() or np.abs(steps).max() >= 1 << 31:
            raise node.refuse(
                "its bias is too large for the scales of input and weights", "quantize again"
            )
        stored = steps.astype(np.int32)
    return node.stored("bias", np.broadcast_to(stored, (channels,)), None, DType.INT32)


def _near(quantization: Quantization, scale: npt.NDArray[np.float32]) -> bool:
    given = np.asarray(quantization.scale, np.float64)
    if any(quantization.zero_point) or given.size not in (1, scale.size):
        return False
    return bool(np.all(np.abs(given - scale) <= _NEAR * np.abs(scale)))
