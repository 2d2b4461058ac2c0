"""average_pool_2d, max_pool_2d and mean of int16.

Arithmetic: TFLite's integer_ops/pooling.h, and QuantizedMeanOrSum for mean, which works the
division by the count into the multiplier and rounds ties away from zero wherever the means are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import cast

import numpy as np

from thumbnet.ir import attributes
from thumbnet.ir.attributes import Window
from thumbnet.ir.graph import Array, Graph, Operator, Tensor
from thumbnet.operators.base import (
    Family,
    Kernel,
    Lowered,
    rows_of,
    window_overlap,
)
from thumbnet.operators.constraints import batch_of_one, borders, same_quantization
from thumbnet.operators.conv_2d import convolved_shape, window_source, windows
from thumbnet.operators.pool import rounded_quotient, windows_hold_input
from thumbnet.operators.reduce import (
    MeanKernel,
    axes_of,
    count_of,
    lower_mean,
    mean_multiplier,
    rank_up_to_four,
    reduced_shape,
)
from thumbnet.operators.wide import LARGEST, activation, int16_per_tensor, plain_window
from thumbnet.quantize.requantize import (
    Multiplier,
    activation_bounds,
    multiply_by_quantized_multiplier,
)

POOL_HEADER = "thumbnet/kernels/pool_s16.h"
MEAN_HEADER = "thumbnet/kernels/mean_s16.h"
_LEAST, _GREATEST = -(1 << 15), (1 << 15) - 1


def small_window(graph: Graph, operator: Operator) -> str | None:
    """windows of fewer than 65536 pixels, all sizes at most 65535."""
    x, output = borders(graph, operator)
    window = _window(operator)
    most = max(*x.shape, *output.shape, *dataclasses.astuple(window))
    if most <= LARGEST and window.kernel_height * window.kernel_width <= LARGEST:
        return None
    return f"input has shape {list(x.shape)}, the window is {window}"


class PoolInt16(Family):
    """average_pool_2d_int16 and max_pool_2d_int16."""

    kinds = ("average_pool_2d_int16", "max_pool_2d_int16")
    constraints = (
        int16_per_tensor,
        same_quantization,
        batch_of_one,
        plain_window,
        windows_hold_input,
        small_window,
    )

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """[1,OH,OW,C]."""
        x = graph.tensor(operator.inputs[0])
        return convolved_shape(x, _window(operator), x.shape[3])

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's AveragePool and MaxPool of int16."""
        x, output = cast(Array, inputs[0])[0], graph.tensor(operator.outputs[0])
        window, (height, width) = _window(operator), output.shape[1:3]
        if operator.kind == "max_pool_2d_int16":
            # Relative to the least value, so that the zeros of the padding never win.
            pooled = windows(x, window, _LEAST, height, width).max(axis=(2, 3)) + _LEAST
        else:
            sums = windows(x, window, 0, height, width).sum(axis=(2, 3))
            ones = np.ones_like(x[:, :, :1])
            counts = windows(ones, window, 0, height, width).sum(axis=(2, 3))
            pooled = rounded_quotient(sums, counts)
        bounds = activation_bounds(activation(operator), output)
        return [np.clip(pooled, *bounds).astype(np.int16).reshape(output.shape)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """One row kernel for all windows."""
        x, output = borders(graph, operator)
        window, rows, out_rows = _window(operator), rows_of(x), rows_of(output)
        low, high = activation_bounds(activation(operator), output)
        source = window_source(window, rows)
        average = int(operator.kind == "average_pool_2d_int16")
        return Lowered(
            kernel=Kernel(POOL_HEADER, "thumbnet_pool_2d_s16", (average,)),
            struct="thumbnet_pool_2d_s16_t",
            fields=(
                ("channels", rows.channels),
                ("in_width", rows.width),
                ("kernel_height", window.kernel_height),
                ("kernel_width", window.kernel_width),
                ("stride_width", window.stride_width),
                ("pad_left", window.pad_left),
                ("low", low),
                ("high", high),
            ),
            sources=(source,),
            output=out_rows,
            macs=0,
            overlap=(
                window_overlap(
                    source, out_rows, window.kernel_width, window.stride_width, window.pad_left
                ),
            ),
        )


def _window(operator: Operator) -> Window:
    return cast(attributes.Pool, operator.attributes).window


def sum_fits(graph: Graph, operator: Operator) -> str | None:
    """means of fewer than 65536 elements, channels of at most 65535."""
    x = graph.tensor(operator.inputs[0])
    count = count_of(x, axes_of(operator))
    if count <= LARGEST and max(x.shape, default=1) <= LARGEST:
        return None
    return f"a mean of {count} elements of {list(x.shape)}"


def small_scale(graph: Graph, operator: Operator) -> str | None:
    """input scales of less than the output's times the count of elements."""
    x, output = borders(graph, operator)
    shift = _scaling(x, output, axes_of(operator)).shift
    return None if shift <= 0 else f"scales are {x.scale} and {output.scale}"


class MeanInt16(Family):
    """mean_int16."""

    kinds = ("mean_int16",)
    constraints = (int16_per_tensor, rank_up_to_four, batch_of_one, sum_fits, small_scale)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The input's shape without the axes, or with 1 in their place."""
        return reduced_shape(graph, operator)

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's QuantizedMeanOrSum of int16."""
        x, output = borders(graph, operator)
        by = _scaling(x, output, axes_of(operator))
        sums = cast(Array, inputs[0]).astype(np.int64).sum(axis=axes_of(operator))
        made = multiply_by_quantized_multiplier(sums, by.mantissa, by.shift)
        return [np.clip(made, _LEAST, _GREATEST).astype(np.int16).reshape(output.shape)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """Accumulators where rows are added up, else a kernel that reads within one row."""
        x, output = borders(graph, operator)
        by = _scaling(x, output, axes_of(operator))
        fields = {"multiplier": by.mantissa, "channels": rows_of(x).channels, "shift": by.shift}
        kernel = MeanKernel(MEAN_HEADER, "thumbnet_mean_s16_t", "s16")
        return lower_mean(x, axes_of(operator), kernel, fields)


def _scaling(x: Tensor, output: Tensor, axes: tuple[int, ...]) -> Multiplier:
    return mean_multiplier(x, output, count_of(x, axes))
