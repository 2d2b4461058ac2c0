"""mean over rows, columns and channels.

Arithmetic: TFLite's QuantizedMeanOrSum, which works the division by the count into the multiplier;
and, where the output keeps the dimensions of a mean over rows and columns, the optimized kernel of
its own that TFLite has for it, whose vector part rounds ties upwards. onnxruntime's is that of
QLinearGlobalAveragePool (MLAS's qlgavgpool.cpp); its ReduceMean works in float, within one unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from thumbnet.ir import attributes
from thumbnet.ir.graph import Array, Graph, Operator, Tensor
from thumbnet.operators.base import (
    Family,
    Kernel,
    Lowered,
    Rows,
    Source,
    elementwise_overlap,
    rows_of,
)
from thumbnet.operators.constraints import (
    batch_of_one,
    borders,
    int8_per_tensor,
    positive_scales,
)
from thumbnet.quantize.requantize import (
    IntArray,
    Multiplier,
    multiply_by_quantized_multiplier,
    multiply_rounding_up,
    quantize_multiplier,
)
from thumbnet.quantize.requantize_even import float_multiplier, float_scales, multiply_even

HEADER = "thumbnet/kernels/mean.h"
_COUNTER_SIZE = 4
"""Bytes in front of the accumulators: how many pixels have been seen."""
_VECTOR = 16
"""Channels that TFLite's vector kernel makes at once; the rest is rounded away from zero."""


def rank_up_to_four(graph: Graph, operator: Operator) -> str | None:
    """up to four dimensions."""
    shape = graph.tensor(operator.inputs[0]).shape
    return f"input has shape {list(shape)}" if len(shape) > 4 else None


def sum_fits(graph: Graph, operator: Operator) -> str | None:
    """means of fewer than 2^23 elements."""
    count = count_of(graph.tensor(operator.inputs[0]), axes_of(operator))
    return f"a mean of {count} elements" if count >= 1 << 23 else None


@dataclass(frozen=True)
class Scaling:
    """output = requantize(sum + in_offset) + out_offset, the first outputs with ties upwards."""

    multiplier: Multiplier
    in_offset: int
    out_offset: int
    rounded_up: int = 0


def _even_scaling(x: Tensor, output: Tensor, axes: tuple[int, ...]) -> Scaling:
    # QLinearGlobalAveragePool, in float32
    count = count_of(x, axes)
    scale = np.float32(x.scale) / (np.float32(output.scale) * np.float32(count))
    return Scaling(float_multiplier(scale), -x.zero_point * count, output.zero_point)


def scaling(
    x: Tensor, output: Tensor, axes: tuple[int, ...], keep_dims: bool, *, unsigned: bool = False
) -> Scaling:
    """How TFLite scales the sums over ``axes`` of ``x``."""
    count = count_of(x, axes)
    if keep_dims and len(x.shape) == 4 and sorted(axes) == [1, 2]:
        return _plane_scaling(x, output, count, 128 if unsigned else 0)
    return Scaling(mean_multiplier(x, output, count), -x.zero_point * count, output.zero_point)


def mean_multiplier(x: Tensor, output: Tensor, count: int) -> Multiplier:
    """TFLite's multiplier of sums of ``count`` elements, with the division in it."""
    multiplier = quantize_multiplier(x.scale / output.scale)
    shift = min(count.bit_length() - 1, 32, 31 + multiplier.shift)
    return Multiplier((multiplier.mantissa << shift) // count, multiplier.shift - shift)


def _plane_scaling(x: Tensor, output: Tensor, count: int, offset: int) -> Scaling:
    # optimized/integer_ops/mean.h, of uint8 optimized_ops.h, all in float32; in the file's type
    # values and zero points have ``offset`` added
    scale, out_scale, half = np.float32(x.scale), np.float32(output.scale), np.float32(0.5)
    shifted = np.float32(x.zero_point + offset) * scale / out_scale
    shifted = shifted + half if shifted > 0 else shifted - half
    multiplier = quantize_multiplier(float(scale / (np.float32(count) * out_scale)))
    vectors = output.elements - output.elements % _VECTOR
    return Scaling(multiplier, offset * count, output.zero_point - int(shifted), vectors)


class Mean(Family):
    """mean."""

    kinds = ("mean",)
    constraints = (int8_per_tensor, positive_scales, rank_up_to_four, batch_of_one, sum_fits)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The input's shape without ``axes``, or with 1 in their place."""
        return reduced_shape(graph, operator)

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's QuantizedMeanOrSum, its Mean over the plane, or QLinearGlobalAveragePool."""
        output = graph.tensor(operator.outputs[0])
        how = operator_scaling(graph, operator)
        values = cast(Array, inputs[0]).astype(np.int64)
        sums: IntArray = values.sum(axis=axes_of(operator)).reshape(-1) + how.in_offset
        if how.multiplier.even:
            scales, limits = float_scales([how.multiplier]), (-128, 127)
            rounded = multiply_even(sums, scales, output.zero_point, limits)
            return [rounded.astype(np.int8).reshape(output.shape)]
        factors = (how.multiplier.mantissa, how.multiplier.shift)
        result = np.where(
            np.arange(sums.size) < how.rounded_up,
            multiply_rounding_up(sums, *factors),
            multiply_by_quantized_multiplier(sums, *factors),
        )
        clipped = np.clip(result + how.out_offset, -128, 127)
        return [clipped.astype(np.int8).reshape(output.shape)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """Accumulators where rows are added up, else a kernel that reads within one row."""
        x = graph.tensor(operator.inputs[0])
        how = operator_scaling(graph, operator)
        shared = {
            "multiplier": how.multiplier.mantissa,
            "in_offset": how.in_offset,
            "out_offset": how.out_offset,
            "rounded_up": how.rounded_up,
            "channels": rows_of(x).channels,
            "shift": how.multiplier.shift,
        }
        return lower_mean(x, axes_of(operator), MeanKernel(HEADER, "thumbnet_mean_t", "s8"), shared)


@dataclass(frozen=True)
class MeanKernel:
    """thumbnet_mean_plane_TYPE and thumbnet_mean_row_TYPE of a header."""

    header: str
    struct: str
    type: str


def lower_mean(
    x: Tensor, axes: tuple[int, ...], kernel: MeanKernel, fields: dict[str, int]
) -> Lowered:
    """Accumulators where rows are added up, else a kernel that reads within one row."""
    over_rows, over_columns, over_channels = _over(x, axes)
    rows = rows_of(x)
    out_rows = Rows(
        1 if over_rows else rows.height,
        1 if over_columns else rows.width,
        1 if over_channels else rows.channels,
        rows.element_size,
    )
    return (_lower_plane if over_rows else _lower_row)(rows, out_rows, kernel, fields)


def _lower_plane(rows: Rows, out_rows: Rows, kernel: MeanKernel, fields: dict[str, int]) -> Lowered:
    outputs = out_rows.width * out_rows.channels
    scratch = _COUNTER_SIZE + 4 * outputs
    geometry = {
        "outputs": outputs,
        "count": rows.height * rows.width,
        "pitch": out_rows.channels if out_rows.width == rows.width else 0,
    }
    over_channels = int(out_rows.channels < rows.channels)
    return Lowered(
        kernel=Kernel(kernel.header, f"thumbnet_mean_plane_{kernel.type}", (over_channels,)),
        struct=kernel.struct,
        fields=tuple((fields | geometry).items()),
        sources=(Source(rows),),
        output=out_rows,
        macs=0,
        overlap=(elementwise_overlap(),),
        scratch=scratch,
        clear=scratch,
        steps=rows.height,
        width=rows.width,
    )


def _lower_row(rows: Rows, out_rows: Rows, kernel: MeanKernel, fields: dict[str, int]) -> Lowered:
    over_columns, over_channels = out_rows.width < rows.width, out_rows.channels < rows.channels
    geometry = {
        "outputs": out_rows.channels,
        "count": rows.width * rows.channels // (out_rows.width * out_rows.channels),
        "pitch": rows.channels if over_channels and not over_columns else 1,
        "step": rows.channels if over_columns and not over_channels else 1,
    }
    reach = rows.width if over_columns else 1
    source = Source(rows, kernel_width=reach, stride_width=0 if over_columns else 1)
    return Lowered(
        kernel=Kernel(kernel.header, f"thumbnet_mean_row_{kernel.type}"),
        struct=kernel.struct,
        fields=tuple((fields | geometry).items()),
        sources=(source,),
        output=out_rows,
        macs=0,
        overlap=(elementwise_overlap(),),
    )


def operator_scaling(graph: Graph, operator: Operator) -> Scaling:
    """How a mean scales its sums, in the rounding of the channels that it had when imported."""
    how = cast(attributes.Reduce, operator.attributes)
    if graph.arithmetic == "onnxruntime":
        return _even_scaling(*borders(graph, operator), how.axes)
    x, output = borders(graph, operator)
    found = scaling(x, output, how.axes, how.keep_dims, unsigned=how.unsigned)
    return found if how.ties_up is None else replace(found, rounded_up=how.ties_up)


def reduced_shape(graph: Graph, operator: Operator) -> tuple[int, ...]:
    """The input's shape without the axes, or with 1 in their place."""
    shape, axes = graph.tensor(operator.inputs[0]).shape, axes_of(operator)
    if cast(attributes.Reduce, operator.attributes).keep_dims:
        return tuple(1 if i in axes else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def axes_of(operator: Operator) -> tuple[int, ...]:
    """The axes that are reduced."""
    return cast(attributes.Reduce, operator.attributes).axes


def count_of(x: Tensor, axes: tuple[int, ...]) -> int:
    """How many elements of ``x`` an output comes from."""
    return int(np.prod([x.shape[axis] for axis in axes], dtype=np.int64))


def _over(x: Tensor, axes: tuple[int, ...]) -> tuple[bool, bool, bool]:
    """Whether the mean is over rows, columns, channels; dimensions are aligned at the last."""
    places = {axis - len(x.shape) for axis in axes}
    return -3 in places, -2 in places, -1 in places
