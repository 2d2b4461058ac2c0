"""Weights and biases of a TFLite file: zero points taken off, scales made positive.

Weights become int8 without a zero point, or, where a uint8 file's zero point leaves a weight that
eight bits do not hold, int16 in [-255, 255].
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from thumbnet.frontends.tflite_nodes import Node
from thumbnet.ir.graph import Array, DType, Quantization, Tensor
from thumbnet.quantize.requantize import quantize_multiplier

_NUDGES = 64
"""Neighbouring float64 values of a scale that are tried."""


def refuse_hybrid(node: Node) -> None:
    """Refuses a float operator with integer weights: TFLite quantizes its inputs as it runs."""
    kind = node.input(1, "weights").dtype
    if node.input(0).dtype is DType.FLOAT32 and kind is not DType.FLOAT32:
        raise node.refuse(
            f"weights are {kind.name} and activations FLOAT32 (dynamic range quantization)",
            "quantize activations too, with a representative data set and TFLITE_BUILTINS_INT8 in"
            " TensorFlow's converter",
        )


def weights(node: Node, rank: int, channel_axis: int) -> Tensor:
    """Constant weights, quantized per tensor or along ``channel_axis``, without zero point."""
    found = node.input(1, "weights")
    if found.dtype is not DType.INT8:
        node.require("weights", found, DType.INT8)
    node.require_rank("weights", found, rank)
    if found.data is None:
        raise node.refuse("weights are computed at run time; they must be constant", "freeze them")
    quantization = found.quantization
    if quantization is None:
        raise node.malformed("its weights have no scale")
    if any(quantization.zero_point):
        # TFLite's kernels for int8 take no zero point of weights into account but for this one.
        alone = node.raw.builtin == "FULLY_CONNECTED" and quantization.per_tensor
        if not (alone or node.unsigned(found)):
            raise node.refuse(
                "weights have a zero point; symmetric weights are supported",
                "convert again with a current converter",
            )
    if quantization.axis not in (None, channel_axis):
        raise node.malformed(f"its weights have scales along dimension {quantization.axis}")
    if node.unsigned(found) and not quantization.per_tensor:
        raise node.refuse(
            "uint8 weights are quantized per channel; TFLite has them per tensor",
            "convert again with signed quantization (TFLITE_BUILTINS_INT8)",
        )
    return _centred(node, found)


def bias(node: Node, channels: int) -> Tensor | None:
    """The constant int32 bias of ``channels`` values; None where there is none."""
    if not node.present(2):
        return None
    found = node.input(2, "bias")
    if found.dtype is not DType.INT32:
        node.require("bias", found, DType.INT32)
    if found.data is None:
        raise node.refuse("bias is computed at run time; it must be constant", "freeze it")
    if found.elements != channels:
        raise node.malformed(f"its bias has {found.elements} values for {channels} channels")
    return found


def positive(
    node: Node, given: Tensor, given_bias: Tensor | None, *, channel_axis: int
) -> tuple[Tensor, Tensor | None]:
    """Weights and bias with the sign of a negative scale moved into the integers.

    Some files hold negative scales (mcunet-in3: 79 of 8,688 channels). Requantization rounds the
    product of accumulator and mantissa; with both negated it is the same product.
    """
    quantization = given.quantization
    if quantization is None or given.data is None or min(quantization.scale) >= 0:
        return given, given_bias
    shape = [1] * len(given.shape)
    shape[channel_axis] = len(quantization.scale)
    negative = np.array(quantization.scale) < 0
    sign = np.where(negative, -1, 1)
    data = given.data.astype(np.int16) * sign.reshape(shape)
    if given.dtype is DType.INT8 and data.max() > np.iinfo(np.int8).max:
        raise node.refuse("a channel has a negative scale and a weight of -128", "convert again")
    scale = tuple(abs(value) for value in quantization.scale)
    changed = _renamed(node, given, data.astype(given.dtype.numpy), "positive")
    changed = dataclasses.replace(
        changed, quantization=Quantization(scale, quantization.zero_point, quantization.axis)
    )
    if given_bias is None or given_bias.data is None:
        return changed, given_bias
    values = given_bias.data.reshape(-1).astype(np.int64) * sign
    if values.max() > np.iinfo(np.int32).max:
        raise node.refuse("a channel has a negative scale and the least bias", "convert again")
    reshaped = values.astype(np.int32).reshape(given_bias.shape)
    return changed, _renamed(node, given_bias, reshaped, "positive")


def product_scaled(node: Node, given: Tensor) -> Tensor:
    """Weights of a uint8 convolution with the scale from which its multiplier follows.

    TFLite multiplies the scales of a uint8 input and of its weights in float32, of int8 in double.
    The weights' scale is made the quotient that gives the same multiplier in double.
    """
    x, quantization, output = node.input(0), given.quantization, node.output()
    if not node.unsigned(x) or quantization is None or not quantization.per_tensor:
        return given
    with np.errstate(over="ignore"):
        product = float(np.float32(x.scale) * np.float32(given.scale))
    if not math.isfinite(product):
        raise node.malformed(f"the product of scales {x.scale:g} and {given.scale:g} is too large")
    wanted = quantize_multiplier(product / output.scale)
    scale = product / x.scale
    for _ in range(_NUDGES):
        found = quantize_multiplier(x.scale * scale / output.scale)
        if found == wanted:
            break
        closer = (wanted.shift, wanted.mantissa) > (found.shift, found.mantissa)
        scale = math.nextafter(scale, math.inf if closer else 0.0)
    if scale == given.scale:
        return given
    changed = dataclasses.replace(quantization, scale=(scale,))
    name = node.tensors.names.unique(f"{given.name}/scaled")
    return dataclasses.replace(given, name=name, quantization=changed)


def _centred(node: Node, given: Tensor) -> Tensor:
    """Less the zero points."""
    quantization, data = given.quantization, given.data
    if quantization is None or data is None or not any(quantization.zero_point):
        return given
    shape = [1] * len(given.shape)
    if quantization.axis is not None:
        shape[quantization.axis] = -1
    points = np.array(quantization.zero_point, np.int16).reshape(shape)
    wide = data.astype(np.int16) - points
    info = np.iinfo(np.int8)
    dtype = DType.INT8 if info.min <= wide.min() and wide.max() <= info.max else DType.INT16
    changed = _renamed(node, given, wide.astype(dtype.numpy), "centred")
    none = dataclasses.replace(quantization, zero_point=(0,) * len(quantization.zero_point))
    return dataclasses.replace(changed, dtype=dtype, quantization=none)


def _renamed(node: Node, tensor: Tensor, data: Array, word: str) -> Tensor:
    node.tensors.model.reader.spend(data.size)
    name = node.tensors.names.unique(f"{tensor.name}/{word}")
    return dataclasses.replace(tensor, name=name, data=data)
