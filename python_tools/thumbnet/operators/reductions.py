"""sum, greatest and least elements, and where they are: reductions but the mean.

Arithmetic: TFLite's optimized QuantizedMeanOrSum for sum, which scales in float32; reduce.cc and
arg_min_max.cc. A sum's scaling is a step function of an integer, for which one multiplication in
integers is found that makes every step where float32 does; where float32 is too coarse for that,
in sums of many thousands of elements, results are within one unit of TFLite's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir.graph import Array, DType, Graph, Operator, Tensor
from thumbnet.operators.base import (
    Constraint,
    Family,
    Kernel,
    Lowered,
    Rows,
    Source,
    copy_overlap,
    elementwise_overlap,
    rows_of,
)
from thumbnet.operators.constraints import (
    batch_of_one,
    borders,
    int8_per_tensor,
    same_quantization,
)
from thumbnet.operators.lookup import bool_tensors
from thumbnet.operators.reduce import axes_of, count_of, rank_up_to_four, reduced_shape
from thumbnet.quantize.requantize import IntArray, float32_ratio

HEADER = "thumbnet/kernels/reduce.h"
_SUM, _MAX, _MIN, _ARG_MAX, _ARG_MIN = range(5)
_REDUCTIONS = {
    "sum": _SUM,
    "reduce_max": _MAX,
    "reduce_min": _MIN,
    "reduce_any": _MAX,
    "reduce_all": _MIN,
    "arg_max": _ARG_MAX,
    "arg_min": _ARG_MIN,
}
_COUNTER_SIZE = 4
"""Bytes in front of what has been seen: how many pixels that is."""
_BITS = 31
_MOST_PLACES = 1 << 23


def small_sums(graph: Graph, operator: Operator) -> str | None:
    """sums of fewer than 2^22 elements."""
    count = count_of(graph.tensor(operator.inputs[0]), axes_of(operator))
    return f"a sum of {count} elements" if count >= 1 << 22 else None


def ordinary_scales(graph: Graph, operator: Operator) -> str | None:
    """an input scale of 2^-20 to 2^6 of the output's; sums of many thousands may be off by one."""
    x, output = borders(graph, operator)
    found = sum_scaling(x, output, count_of(x, axes_of(operator)))
    return None if found is not None else f"scales are {x.scale} and {output.scale}"


def int8_input(graph: Graph, operator: Operator) -> str | None:
    """an int8 input and an int32 output (of int64 in the file, too)."""
    x, output = borders(graph, operator)
    if x.dtype is DType.INT8 and output.dtype is DType.INT32:
        return None
    return f"{x.dtype.value} to {output.dtype.value}"


def one_axis(graph: Graph, operator: Operator) -> str | None:
    """rows, columns or channels as its axis, of fewer than 2^23 places."""
    shape, axes = graph.tensor(operator.inputs[0]).shape, axes_of(operator)
    fits = len(axes) == 1 and len(shape) - axes[0] <= 3 and shape[axes[0]] < _MOST_PLACES
    return None if fits else f"axis {list(axes)} of {list(shape)}"


@dataclass(frozen=True)
class SumScaling:
    """output = round((sum * multiplier + offset) / 2^shift), ties away from zero, + out_zero_point.

    Saturated.
    """

    multiplier: int
    offset: int
    shift: int
    out_zero_point: int
    exact: bool = True
    """Whether it makes every step where float32 does."""

    def scaled(self, sums: IntArray) -> IntArray:
        """Outputs before saturation."""
        products = sums * self.multiplier + self.offset
        half = 1 << (self.shift - 1)
        rounded: IntArray = (products + half - (products < 0)) >> self.shift
        return rounded + self.out_zero_point


@cache
def _sum_scaling(
    scales: tuple[float, float], points: tuple[int, int], count: int
) -> SumScaling | None:
    """None where scales lie too far apart."""
    ratio = float32_ratio([scales[0]], scales[1])
    if not 2.0**-20 <= ratio < 2.0**6:
        return None
    fraction, exponent = np.frexp(ratio)
    shift = _BITS - int(exponent)
    multiplier = min(round(float(fraction) * (1 << _BITS)), (1 << _BITS) - 1)
    least, most = -128 * count, 127 * count
    steps = np.arange(-127, 128, dtype=np.int64)
    low, high = np.full(steps.shape, least), np.full(steps.shape, most + 1)
    while np.any(low < high):
        middle = (low + high) // 2
        reached = _scaled_sums(middle, scales, points, count) >= steps
        high = np.where(reached, middle, high)
        low = np.where(reached, low, np.minimum(middle + 1, high))
    # An offset with which every step is reached at its sum and not at the one before. Below zero
    # a tie is still the step before.
    half = 1 << (shift - 1)
    above, below = [], []
    for step, at in zip((steps - points[1]).tolist(), low.tolist(), strict=True):
        target = (step << shift) - half
        if at <= most:
            above.append(target + (step <= 0) - multiplier * at)
        if at > least:
            below.append(target + (step <= 0) - multiplier * (at - 1))
    # Where steps come too closely for float32 to be followed, the offset is in their middle.
    floor = max(above, default=min(below, default=0) - 1)
    ceiling = min(below, default=floor + 1)
    offset = (floor + ceiling) // 2
    return SumScaling(multiplier, offset, shift, points[1], exact=floor < ceiling)


def sum_scaling(x: Tensor, output: Tensor, count: int) -> SumScaling | None:
    """How sums of ``count`` elements of ``x`` are scaled; None where scales lie too far apart."""
    return _sum_scaling((x.scale, output.scale), (x.zero_point, output.zero_point), count)


def _scaled_sums(
    sums: IntArray, scales: tuple[float, float], points: tuple[int, int], count: int
) -> IntArray:
    """TFLite's scaling in float32, before saturation."""
    scale = np.float32(scales[0]) / np.float32(scales[1])
    bias = np.float32(-points[0]) * scale * np.float32(count)
    values: npt.NDArray[np.float32] = sums.astype(np.float32) * scale + bias
    rounded = np.copysign(np.floor(np.abs(values.astype(np.float64)) + 0.5), values)
    whole: IntArray = rounded.astype(np.int64)
    return whole + points[1]


class Extreme(Family):
    """reduce_max and reduce_min, and what all reductions share."""

    kinds: tuple[str, ...] = ("reduce_max", "reduce_min")
    constraints: tuple[Constraint, ...] = (
        int8_per_tensor,
        same_quantization,
        rank_up_to_four,
        batch_of_one,
    )

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The input's shape without the axes, or with 1 in their place."""
        return reduced_shape(graph, operator)

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """The greatest or the least elements."""
        values, output = cast(Array, inputs[0]), graph.tensor(operator.outputs[0])
        reduce = np.max if _REDUCTIONS[operator.kind] == _MAX else np.min
        return [np.asarray(reduce(values, axis=axes_of(operator))).reshape(output.shape)]

    def scaling(self, graph: Graph, operator: Operator) -> SumScaling:
        """Of sums."""
        del graph, operator
        return SumScaling(0, 0, 0, 0)

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """Accumulators where rows are reduced, else a kernel that reads within one row."""
        x, output = borders(graph, operator)
        rows, places = rows_of(x), {axis - len(x.shape) for axis in axes_of(operator)}
        out_rows = Rows(
            1 if -3 in places else rows.height,
            1 if -2 in places else rows.width,
            1 if -1 in places else rows.channels,
            output.dtype.size,
        )
        how = self.scaling(graph, operator)
        shared = {
            "offset": how.offset,
            "multiplier": how.multiplier,
            "channels": rows.channels,
            "shift": how.shift,
            "out_zero_point": how.out_zero_point,
        }
        reduction = _REDUCTIONS[operator.kind]
        if -3 in places:
            return _lower_plane(reduction, rows, out_rows, shared)
        return _lower_row(reduction, rows, out_rows, shared)


class Sum(Extreme):
    """sum."""

    kinds = ("sum",)
    constraints = (int8_per_tensor, rank_up_to_four, batch_of_one, small_sums, ordinary_scales)

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's optimized QuantizedMeanOrSum."""
        x, output = borders(graph, operator)
        sums: IntArray = cast(Array, inputs[0]).astype(np.int64).sum(axis=axes_of(operator))
        how = self.scaling(graph, operator)
        if how.exact:
            scales, points = (x.scale, output.scale), (x.zero_point, output.zero_point)
            scaled = _scaled_sums(np.asarray(sums), scales, points, count_of(x, axes_of(operator)))
        else:
            scaled = how.scaled(np.asarray(sums))
        return [np.clip(scaled, -128, 127).astype(np.int8).reshape(output.shape)]

    def scaling(self, graph: Graph, operator: Operator) -> SumScaling:
        """Of the sums over the axes.

        Raises:
            ValueError: scales lie outside the limits.
        """
        x, output = borders(graph, operator)
        found = sum_scaling(x, output, count_of(x, axes_of(operator)))
        if found is None:
            raise ValueError("scales of a sum lie outside its limits")
        return found


class AnyOrAll(Extreme):
    """reduce_any and reduce_all: the greatest and the least of 0 and 1."""

    kinds = ("reduce_any", "reduce_all")
    constraints = (bool_tensors, rank_up_to_four, batch_of_one)

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """Whether one is true, or all are."""
        values, output = cast(Array, inputs[0]), graph.tensor(operator.outputs[0])
        reduce = np.any if operator.kind == "reduce_any" else np.all
        return [np.asarray(reduce(values, axis=axes_of(operator))).reshape(output.shape)]


class ArgExtreme(Extreme):
    """arg_max and arg_min: the first place of the greatest or least element."""

    kinds = ("arg_max", "arg_min")
    constraints = (int8_input, one_axis, rank_up_to_four, batch_of_one)

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """Of equal elements the first."""
        values, output = cast(Array, inputs[0]), graph.tensor(operator.outputs[0])
        find = np.argmax if operator.kind == "arg_max" else np.argmin
        return [find(values, axis=axes_of(operator)[0]).astype(np.int32).reshape(output.shape)]


def _lower_plane(reduction: int, rows: Rows, out_rows: Rows, fields: dict[str, int]) -> Lowered:
    outputs = out_rows.height * out_rows.width * out_rows.channels
    scratch = _COUNTER_SIZE + 4 * outputs
    geometry = {
        "outputs": outputs,
        "count": rows.height * rows.width,
        "pitch": out_rows.channels if out_rows.width == rows.width else 0,
        "width": rows.width,
    }
    over_channels = int(out_rows.channels < rows.channels)
    return Lowered(
        kernel=Kernel(HEADER, "thumbnet_reduce_plane_s8", (reduction, over_channels)),
        struct="thumbnet_reduce_t",
        fields=tuple((fields | geometry).items()),
        sources=(Source(rows),),
        output=out_rows,
        macs=0,
        overlap=(elementwise_overlap(),),
        scratch=scratch,
        clear=scratch,
        steps=rows.height,
        width=rows.width,
        from_top=reduction in (_ARG_MAX, _ARG_MIN),
    )


def _lower_row(reduction: int, rows: Rows, out_rows: Rows, fields: dict[str, int]) -> Lowered:
    over_columns, over_channels = out_rows.width < rows.width, out_rows.channels < rows.channels
    pitch = rows.channels if over_channels and not over_columns else 1
    geometry = {
        "outputs": out_rows.channels,
        "count": rows.width * rows.channels // (out_rows.width * out_rows.channels),
        "pitch": pitch,
        "step": rows.channels if over_columns and not over_channels else 1,
    }
    reach = rows.width if over_columns else 1
    # Element after element of the output, each of what begins `pitch` behind the one before.
    elements = np.arange(out_rows.width * out_rows.channels, dtype=np.int64)
    starts = np.arange(out_rows.height, dtype=np.int64)[:, None]
    first = (starts * rows.row_size + elements * pitch).reshape(-1)
    end = (starts * out_rows.row_size + (elements + 1) * out_rows.element_size).reshape(-1)
    return Lowered(
        kernel=Kernel(HEADER, "thumbnet_reduce_row_s8", (reduction,)),
        struct="thumbnet_reduce_t",
        fields=tuple((fields | geometry).items()),
        sources=(Source(rows, kernel_width=reach, stride_width=0 if over_columns else 1),),
        output=out_rows,
        macs=0,
        overlap=(copy_overlap(first, end),),
    )
