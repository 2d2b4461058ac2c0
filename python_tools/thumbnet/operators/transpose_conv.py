"""transpose_conv of int8, and of int16 activations with int8 weights.

Arithmetic: TFLite's integer_ops/transpose_conv.h; for int16 see :mod:`thumbnet.operators.wide`.
Of int8, and of int16 with an int32 bias, TFLite requantizes channels in vectors of eight, which
round ties upwards, and the rest with ties away from zero. In onnxruntime's arithmetic int8 rounds
as QLinearConv does; onnxruntime itself computes ConvTranspose in float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from thumbnet.ir.attributes import TransposeConvolution, Window
from thumbnet.ir.graph import Array, Graph, Operator
from thumbnet.operators.base import (
    CArray,
    Constraint,
    Family,
    Kernel,
    Lowered,
    Rows,
    Source,
    rows_of,
)
from thumbnet.operators.constraints import int8_per_tensor, positive_scales
from thumbnet.operators.conv_2d import int8_weights, int32_bias
from thumbnet.operators.wide import (
    LARGEST,
    bounded_sums,
    channel_scaling,
    in_quads,
    int16_per_tensor,
    int64_or_int32_bias,
    plain_window,
    small_shapes,
    weights_by_output_channel,
)
from thumbnet.quantize.requantize import IntArray, activation_bounds

HEADER = "thumbnet/kernels/transpose_conv.h"
_MOST_TAPS = 65535


def matching_channels(graph: Graph, operator: Operator) -> str | None:
    """as many input channels as its weights have, kernels of at most 65535 taps."""
    x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
    taps = int(np.prod(weights.shape[1:], dtype=np.int64))
    if x.shape[-1] == weights.shape[-1] and taps <= _MOST_TAPS:
        return None
    return f"input has shape {list(x.shape)}, weights {list(weights.shape)}"


class TransposeConv(Family):
    """transpose_conv."""

    kinds: tuple[str, ...] = ("transpose_conv",)
    constraints: tuple[Constraint, ...] = (
        int8_per_tensor,
        positive_scales,
        int8_weights,
        weights_by_output_channel,
        int32_bias,
        small_shapes,
        plain_window,
        matching_channels,
        bounded_sums,
    )

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """[1,OH,OW,O], where the windows and their pads end."""
        x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
        w = _window(operator)
        height = (x.shape[1] - 1) * w.stride_height + w.kernel_height - w.pad_top - w.pad_bottom
        width = (x.shape[2] - 1) * w.stride_width + w.kernel_width - w.pad_left - w.pad_right
        return (1, height, width, weights.shape[0])

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's TransposeConv: what input pixels are spread over is added up."""
        x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
        output, w = graph.tensor(operator.outputs[0]), _window(operator)
        values = cast(Array, inputs[0])[0].astype(np.int64) - x.zero_point
        taps = cast(Array, weights.data).astype(np.int64)
        height, width = output.shape[1:3]
        # Behind the last kernel there may be rows and columns that nothing is spread over.
        rows = (x.shape[1] - 1) * w.stride_height + w.kernel_height - min(w.pad_bottom, 0)
        columns = (x.shape[2] - 1) * w.stride_width + w.kernel_width - min(w.pad_right, 0)
        spread: IntArray = np.zeros((rows, columns, weights.shape[0]), np.int64)
        for i in range(w.kernel_height):
            for j in range(w.kernel_width):
                bottom = i + (x.shape[1] - 1) * w.stride_height + 1
                right = j + (x.shape[2] - 1) * w.stride_width + 1
                spread[i : bottom : w.stride_height, j : right : w.stride_width] += (
                    values @ taps[:, i, j].T
                )
        sums = spread[w.pad_top : w.pad_top + height, w.pad_left : w.pad_left + width]
        low, high = activation_bounds(_attributes(operator).activation, output)
        scaling = channel_scaling(graph, operator)
        made = scaling.outputs(sums, low, high, output.zero_point)
        return [made.astype(output.dtype.numpy).reshape(output.shape)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """A kernel that makes as many rows together as the stride, or all of them."""
        x, output = graph.tensor(operator.inputs[0]), graph.tensor(operator.outputs[0])
        w, rows, out_rows = _window(operator), rows_of(x), rows_of(output)
        taps = cast(Array, graph.tensor(operator.inputs[1]).data)
        weights, starts = _phases(taps, w)
        scaling = channel_scaling(graph, operator)
        low, high = activation_bounds(_attributes(operator).activation, output)
        whole = out_rows.height % w.stride_height != 0
        together = out_rows.height if whole else w.stride_height
        source = _source(w, rows, whole=whole)
        literals = (x.dtype.size, int(whole), int(scaling.wide), scaling.rounding)
        most = -(-w.kernel_height // w.stride_height) * -(-w.kernel_width // w.stride_width)
        return Lowered(
            kernel=Kernel(HEADER, "thumbnet_transpose_conv", literals),
            struct="thumbnet_transpose_conv_t",
            fields=(
                ("dense.weights", CArray("weights", "int8_t", weights)),
                *scaling.fields(),
                ("dense.taps", most * rows.channels),
                ("dense.out_channels", out_rows.channels),
                ("dense.out_zero_point", output.zero_point),
                ("dense.low", low),
                ("dense.high", high),
                ("phases", CArray("phases", "int32_t", starts)),
                ("in_channels", rows.channels),
                ("in_height", rows.height),
                ("in_width", rows.width),
                ("out_width", out_rows.width),
                ("first", 0 if whole else -source.pad),
                ("in_zero_point", x.zero_point),
                ("kernel_height", w.kernel_height),
                ("kernel_width", w.kernel_width),
                ("stride_height", w.stride_height),
                ("stride_width", w.stride_width),
                ("pad_top", w.pad_top),
                ("pad_left", w.pad_left),
            ),
            sources=(source,),
            output=Rows(
                out_rows.height // together,
                together * out_rows.width,
                out_rows.channels,
                out_rows.element_size,
            ),
            macs=rows.height * rows.width * taps.size,
            overlap=(None,),
            scratch=2 * _most_gathered(w, rows, out_rows),
        )


class TransposeConvInt16(TransposeConv):
    """transpose_conv_int16."""

    kinds = ("transpose_conv_int16",)
    constraints = (
        int16_per_tensor,
        int8_weights,
        weights_by_output_channel,
        int64_or_int32_bias,
        small_shapes,
        plain_window,
        matching_channels,
        bounded_sums,
    )


def _source(window: Window, rows: Rows, *, whole: bool) -> Source:
    """What the kernel reads for one of its rows, which is several of the output.

    Kernels do not know which row they make. All rows whose number leaves the same rest by the
    stride read the kernel alike, so a row for the kernel is as many of the output as the stride;
    where that does not divide the height it is all of them, and the input is one row, too.
    """
    stride = window.stride_height
    if whole:
        one = Rows(1, rows.height * rows.width, rows.channels, rows.element_size)
        # Only layers have rows that are longer, and they do not ask for columns.
        return Source(one, kernel_width=min(one.width, LARGEST), stride_width=0)
    last = [(row + window.pad_top) // stride for row in range(stride)]
    count = [
        -(-(window.kernel_height - (row + window.pad_top) % stride) // stride)
        for row in range(stride)
    ]
    reach = [(end, n) for end, n in zip(last, count, strict=True) if n > 0]
    first = min(0, *(end - n + 1 for end, n in reach))
    height = max(end for end, _ in reach) - first + 1
    return Source(rows, height, 1, -first, kernel_width=rows.width, stride_width=0)


def _phases(taps: Array, window: Window) -> tuple[Array, IntArray]:
    """Weights [O,KH,KW,I] phase after phase, and where the weights of each phase begin.

    Within a phase [O, rows, columns, I], in the order of the input pixels that they multiply: the
    other way round than in the kernel.
    """
    parts, starts, at = [], [], 0
    for row in range(window.stride_height):
        for column in range(window.stride_width):
            seen = taps[:, row :: window.stride_height, column :: window.stride_width]
            part = in_quads(seen[:, ::-1, ::-1].reshape(len(taps), -1)).reshape(-1)
            starts.append(at)
            parts.append(part)
            at += part.size
    return np.concatenate(parts), np.array(starts, np.int32)


def _most_gathered(window: Window, rows: Rows, output: Rows) -> int:
    """Elements that a pixel copies to scratch at most.

    Rows outside are left out where that leaves whole fours of weights.
    """
    down = _reaches(output.height, window.pad_top, window.kernel_height, window.stride_height)
    across = _reaches(output.width, window.pad_left, window.kernel_width, window.stride_width)
    most = 0
    for row in {count * rows.channels for _, count in across}:
        for last, count in down:
            inside = min(last, rows.height - 1) - max(last - count + 1, 0) + 1
            most = max(most, row * (count if row % 4 else max(inside, 0)))
    return most


def _reaches(size: int, pad: int, kernel: int, stride: int) -> list[tuple[int, int]]:
    """Of each output row or column the last one of the input that reaches it, and how many do."""
    places = [divmod(place + pad, stride) for place in range(size)]
    return [(last, max(-(-(kernel - phase) // stride), 0)) for last, phase in places]


def _attributes(operator: Operator) -> TransposeConvolution:
    return cast(TransposeConvolution, operator.attributes)


def _window(operator: Operator) -> Window:
    return _attributes(operator).window
