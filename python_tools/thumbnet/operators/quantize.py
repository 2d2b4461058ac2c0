"""quantize and dequantize between float32 and bytes or int16.

Arithmetic: TFLite's reference/quantize.h and reference/dequantize.h, as TFLite Micro runs them.
TFLite's vector kernels differ from these where a value lies within a float's last bits of the
middle of two steps, and in the last bit of dequantized values. Values beyond 32 bits, which TFLite
leaves undefined, saturate here. quantize between byte types becomes a lookup. onnxruntime's
QuantizeLinear rounds ties to even, its DequantizeLinear is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir.graph import Array, DType, Graph, Operator, Tensor
from thumbnet.operators.base import (
    CArray,
    Family,
    Kernel,
    Lowered,
    Source,
    elementwise_overlap,
    rows_of,
    window_overlap,
)
from thumbnet.operators.constraints import borders
from thumbnet.operators.lookup import BYTE_LIMITS, apply_table, lookup_table
from thumbnet.quantize.requantize_even import quantize_even

HEADER = "thumbnet/kernels/quantize.h"
WIDE_HEADER = "thumbnet/kernels/functions_s16.h"
LIMITS = {**BYTE_LIMITS, DType.INT16: (-(1 << 15), (1 << 15) - 1)}
"""The quantized types and their least and greatest values."""


def float_or_bytes(graph: Graph, operator: Operator) -> str | None:
    """float32 on one side and int8, uint8 or int16, quantized per tensor, on the other."""
    x, output = borders(graph, operator)
    if operator.kind == "dequantize":
        x, output = output, x
    # TFLite's quantize also requantizes.
    if x.dtype is not DType.FLOAT32 and not (
        operator.kind == "quantize" and x.dtype in BYTE_LIMITS
    ):
        return f"{x.dtype.value} on one side"
    if output.dtype not in LIMITS or (x.dtype in BYTE_LIMITS and output.dtype not in BYTE_LIMITS):
        return f"{output.dtype.value} on one side"
    if output.quantization is None or not output.quantization.per_tensor:
        return "not quantized per tensor"
    return None


class Quantize(Family):
    """quantize and dequantize."""

    kinds = ("quantize", "dequantize")
    constraints = (float_or_bytes,)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The input's."""
        return graph.tensor(operator.inputs[0]).shape

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's AffineQuantize, Requantize and Dequantize, onnxruntime's QuantizeLinear."""
        x, output = borders(graph, operator)
        values = cast(Array, inputs[0])
        if operator.kind == "dequantize":
            return [np.float32(x.scale) * (values.astype(np.float32) - np.float32(x.zero_point))]
        if x.dtype in BYTE_LIMITS:
            return [apply_table(lookup_table(graph, operator), values, x, output)]
        if graph.arithmetic == "onnxruntime":
            how = (output.scale, output.zero_point, BYTE_LIMITS[output.dtype])
            codes = quantize_even(values.astype(np.float32), *how)
            return [codes.astype(output.dtype.numpy)]
        return [_quantized(values.astype(np.float32), output)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """Element by element.

        Raises:
            ValueError: both sides are bytes: the pass lower_lookup has not run.
        """
        x, output = borders(graph, operator)
        if x.dtype in BYTE_LIMITS and output.dtype in BYTE_LIMITS:
            raise ValueError("quantize between bytes is lowered by the pass lower_lookup; run it")
        quantized = output if operator.kind == "quantize" else x
        least, greatest = LIMITS[quantized.dtype]
        source, out_rows = Source(rows_of(x)), rows_of(output)
        if operator.kind == "quantize":
            kernel = Kernel(HEADER, "thumbnet_quantize_f32")
            distance = elementwise_overlap()
        else:
            unsigned = int(quantized.dtype is DType.UINT8)
            kernel = Kernel(HEADER, "thumbnet_dequantize_f32", (unsigned,))
            distance = window_overlap(source, out_rows, 1, 1, 0)
        if quantized.dtype is DType.INT16:
            there = "quantize_f32_s16" if operator.kind == "quantize" else "dequantize_s16_f32"
            kernel = Kernel(WIDE_HEADER, f"thumbnet_{there}")
        return Lowered(
            kernel=kernel,
            struct="thumbnet_quantize_t",
            fields=(
                ("scale", CArray("scale", "float", np.array([quantized.scale], np.float32))),
                ("channels", out_rows.channels),
                ("zero_point", quantized.zero_point),
                ("low", least),
                ("high", greatest),
            ),
            sources=(source,),
            output=out_rows,
            macs=0,
            overlap=(distance,),
            pointwise=True,
        )


def _quantized(values: npt.NDArray[np.float32], output: Tensor) -> Array:
    least, greatest = LIMITS[output.dtype]
    with np.errstate(over="ignore", invalid="ignore"):
        ratio = values / np.float32(output.scale)
    low, high = least - output.zero_point, greatest - output.zero_point
    inside = np.clip(np.where(np.isnan(ratio), low, ratio).astype(np.float64), low, high)
    rounded = np.copysign(np.floor(np.abs(inside) + 0.5), inside)
    return (rounded.astype(np.int64) + output.zero_point).astype(output.dtype.numpy)
