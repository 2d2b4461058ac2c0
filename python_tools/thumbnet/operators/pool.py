"""average_pool_2d and max_pool_2d.

Arithmetic: TFLite's integer_ops/pooling.h. Padding is left out: it neither adds to the sum nor
counts; averages round half away from zero, and those of uint8 tensors, whose values count from 0
(reference/pooling.h), upwards. onnxruntime's average, which may change the
quantization, is that of its QLinearGlobalAveragePool: a window over the whole image is equal, of
smaller ones it adds up float32 numbers, which is within one unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from thumbnet.ir import attributes
from thumbnet.ir.attributes import Window
from thumbnet.ir.graph import Array, Graph, Operator, Tensor
from thumbnet.operators.base import (
    CArray,
    Family,
    Kernel,
    Lowered,
    Rows,
    Source,
    elementwise_overlap,
    rows_of,
    window_overlap,
)
from thumbnet.operators.constraints import (
    batch_of_one,
    borders,
    int8_per_tensor,
    positive_scales,
    same_quantization,
)
from thumbnet.operators.conv_2d import convolved_shape, requantization_fields, windows
from thumbnet.quantize.requantize import IntArray, activation_bounds
from thumbnet.quantize.requantize_even import Floats, float_multiplier

HEADER = "thumbnet/kernels/pool.h"
_COUNTER_SIZE = 4
"""Bytes in front of the accumulators: how many pixels have been seen."""


def windows_hold_input(graph: Graph, operator: Operator) -> str | None:
    """windows that hold at least one pixel of the input each."""
    x, output = borders(graph, operator)
    window = _window(operator)
    before = (window.pad_top, window.pad_left)
    kernel = (window.kernel_height, window.kernel_width)
    stride = (window.stride_height, window.stride_width)
    for i in (0, 1):
        last = (output.shape[1 + i] - 1) * stride[i] - before[i]
        if before[i] >= kernel[i] or last >= x.shape[1 + i]:
            return f"a window of {list(kernel)} lies wholly in the padding"
    return None


def rounded_quotient(sums: IntArray, counts: IntArray, *, ties_up: bool = False) -> IntArray:
    """sums / counts, ties away from zero or, of int8, upwards."""
    if ties_up:
        from_zero: IntArray = (sums + 128 * counts + counts // 2) // counts - 128
        return from_zero
    magnitude = (np.abs(sums) + counts // 2) // counts
    quotient: IntArray = np.where(sums < 0, -magnitude, magnitude)
    return quotient


def pooled_quantization(graph: Graph, operator: Operator) -> str | None:
    """an output of the input's scale and zero point (any, of averages as onnxruntime rounds)."""
    if graph.arithmetic == "onnxruntime" and operator.kind == "average_pool_2d":
        return None
    return same_quantization(graph, operator)


def _even_scales(x: Tensor, output: Tensor, counts: IntArray) -> Floats:
    """What onnxruntime multiplies sums of ``counts`` elements with."""
    scales: Floats = np.float32(x.scale) / (np.float32(output.scale) * counts.astype(np.float32))
    return scales


class Pool(Family):
    """average_pool_2d and max_pool_2d."""

    kinds = ("average_pool_2d", "max_pool_2d")
    constraints = (
        int8_per_tensor,
        pooled_quantization,
        positive_scales,
        batch_of_one,
        windows_hold_input,
    )

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """[1,OH,OW,C]."""
        x = graph.tensor(operator.inputs[0])
        return convolved_shape(x, _window(operator), x.shape[3])

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's AveragePool and MaxPool."""
        x = cast(Array, inputs[0])[0]
        output = graph.tensor(operator.outputs[0])
        window, (height, width) = _window(operator), output.shape[1:3]
        if operator.kind == "max_pool_2d":
            # Relative to the least value, so that the zeros of the padding never win.
            pooled = windows(x, window, -128, height, width).max(axis=(2, 3)) - 128
        else:
            sums = windows(x, window, 0, height, width).sum(axis=(2, 3))
            ones = np.ones_like(x[:, :, :1])
            counts = windows(ones, window, 0, height, width).sum(axis=(2, 3))
            if graph.arithmetic == "onnxruntime":
                given = graph.tensor(operator.inputs[0])
                sums = sums - counts * given.zero_point
                products = sums.astype(np.float32) * _even_scales(given, output, counts)
                inside, behind = _even_offsets(operator, given, output)
                pooled = np.rint(products + np.float32(inside)).astype(np.int64) + behind
            else:
                pooled = rounded_quotient(sums, counts, ties_up=_attributes(operator).ties_up)
        bounds = activation_bounds(_attributes(operator).activation, output)
        return [np.clip(pooled, *bounds).astype(np.int8).reshape(output.shape)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """A plane kernel where the window is as high as the input, else a row kernel."""
        x, output = borders(graph, operator)
        window, rows, out_rows = _window(operator), rows_of(x), rows_of(output)
        low, high = activation_bounds(_attributes(operator).activation, output)
        fields: tuple[tuple[str, int | CArray], ...] = (
            ("channels", rows.channels),
            ("in_width", rows.width),
            ("in_height", rows.height),
            ("out_width", out_rows.width),
            ("kernel_width", window.kernel_width),
            ("stride_width", window.stride_width),
            ("pad_left", window.pad_left),
            ("low", low),
            ("high", high),
        )
        options: tuple[str, ...] = ()
        if _attributes(operator).ties_up:
            fields, options = (*fields, ("ties_up", 1)), ("THUMBNET_POOL_TIES_UP",)
        if graph.arithmetic == "onnxruntime" and operator.kind == "average_pool_2d":
            fields = (*fields, *_even_fields(operator, x, output))
        function = f"thumbnet_{operator.kind}"
        size = 1 if operator.kind == "max_pool_2d" else 4
        scratch = _COUNTER_SIZE + -(-out_rows.size * size // 4) * 4  # whole words
        # Where the input is smaller than the accumulators nothing is won by not keeping it.
        if _spans_height(window, rows, out_rows) and scratch < rows.size:
            return Lowered(
                kernel=Kernel(HEADER, f"{function}_plane_s8"),
                struct="thumbnet_pool_2d_t",
                fields=fields,
                sources=(Source(rows),),
                output=out_rows,
                macs=0,
                overlap=(elementwise_overlap(),),
                scratch=scratch,
                clear=scratch,
                steps=rows.height,
                width=rows.width,
                options=options,
            )
        source = Source(
            rows,
            kernel_height=window.kernel_height,
            stride=window.stride_height,
            pad=window.pad_top,
            kernel_width=window.kernel_width,
            stride_width=window.stride_width,
            pad_left=window.pad_left,
        )
        distance = window_overlap(
            source, out_rows, window.kernel_width, window.stride_width, window.pad_left
        )
        return Lowered(
            kernel=Kernel(HEADER, f"{function}_s8", (window.kernel_height, window.kernel_width)),
            struct="thumbnet_pool_2d_t",
            fields=fields,
            sources=(source,),
            output=out_rows,
            macs=0,
            overlap=(distance,),
            options=options,
        )


def _even_offsets(operator: Operator, x: Tensor, output: Tensor) -> tuple[int, int]:
    """What onnxruntime adds to an average before it rounds, and behind that, less its codes' 128.

    An average over the whole image is QLinearGlobalAveragePool's.
    """
    w = _window(operator)
    if (w.kernel_height, w.kernel_width) == x.shape[1:3] and output.shape[1:3] == (1, 1):
        return 0, output.zero_point
    codes = 128 if _attributes(operator).unsigned else 0
    return output.zero_point + codes, -codes


def _even_fields(
    operator: Operator, x: Tensor, output: Tensor
) -> tuple[tuple[str, int | CArray], ...]:
    """Multipliers for all numbers of pixels that windows have inside, and for whole windows."""
    window = _window(operator)
    rounded, behind = _even_offsets(operator, x, output)
    ones = np.ones((*x.shape[1:3], 1), np.int8)
    inside = windows(ones, window, 0, *output.shape[1:3]).sum(axis=(2, 3))
    counts = np.unique(np.append(inside, window.kernel_height * window.kernel_width))
    multipliers = [float_multiplier(scale) for scale in _even_scales(x, output, counts)]
    return (
        ("in_zero_point", x.zero_point),
        ("rounded_offset", rounded),
        ("offset", behind),
        ("counts", CArray("counts", "uint16_t", counts.astype(np.uint16))),
        *requantization_fields(multipliers),
    )


def _spans_height(window: Window, rows: Rows, out_rows: Rows) -> bool:
    reach = window.kernel_height - window.pad_top
    return out_rows.height == 1 and window.pad_top >= 0 and reach >= rows.height > 1


def _attributes(operator: Operator) -> attributes.Pool:
    return cast(attributes.Pool, operator.attributes)


def _window(operator: Operator) -> Window:
    return _attributes(operator).window
