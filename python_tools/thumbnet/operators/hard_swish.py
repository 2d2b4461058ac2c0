"""x * relu6(x + 3) / 6 in TFLite's 16-bit fixed point (hard_swish.h and its Prepare)."""

from __future__ import annotations

import numpy as np

from thumbnet.ir.graph import Graph, Operator, Tensor
from thumbnet.operators.constraints import borders
from thumbnet.quantize.requantize import (
    IntArray,
    Multiplier,
    clipped_to_int16,
    quantize_multiplier,
    rounded_to_int16,
    rounding_doubling_high_mul_16,
    rounding_shift_right,
)

_HIRES_BITS = 7
"""Bits by which an input's code is moved up to fill 16 bits."""


def hard_swish(codes: IntArray, x: Tensor, output: Tensor) -> IntArray:
    """Output codes, not clipped yet, of input codes less their zero point."""
    to_output, to_reluish = _multipliers(x, output)
    hires = codes << _HIRES_BITS
    scaled = rounding_doubling_high_mul_16(hires, rounded_to_int16(to_output.mantissa))
    gate = hires
    if to_reluish.shift > 0:
        gate = clipped_to_int16(gate << (to_reluish.shift - 1))
    gate = rounding_doubling_high_mul_16(gate, rounded_to_int16(to_reluish.mantissa))
    if to_reluish.shift > 0:
        gate = clipped_to_int16(gate << 1)
    elif to_reluish.shift < 0:
        gate = rounding_shift_right(gate, -to_reluish.shift)
    # From [-1, 1] to [0, 1].
    gate = (gate + (1 << 15)) >> 1
    product = gate * scaled
    towards_zero = np.where(product >= 0, product >> 15, -((-product) >> 15))
    return rounding_shift_right(towards_zero, -to_output.shift) + output.zero_point


def fine_output_scale(graph: Graph, operator: Operator) -> str | None:
    """an output scale of more than 1/128 of the input's (in TFLite's arithmetic)."""
    if graph.arithmetic != "tflite":
        return None
    x, output = borders(graph, operator)
    shift = _multipliers(x, output)[0].shift
    return None if shift <= 0 else f"scales are {x.scale:g} and {output.scale:g}"


def _multipliers(x: Tensor, output: Tensor) -> tuple[Multiplier, Multiplier]:
    """From the moved codes to output codes, and to 3 / 2^15."""
    hires = np.float32(1 / 128) * np.float32(x.scale)
    return (
        quantize_multiplier(float(hires / np.float32(output.scale))),
        quantize_multiplier(float(hires / np.float32(3 / 32768))),
    )
