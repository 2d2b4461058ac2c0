"""depthwise_conv_2d of int16 activations and int8 weights.

Arithmetic: TFLite's integer_ops/depthwise_conv.h for int16; see :mod:`thumbnet.operators.wide`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from thumbnet.ir.attributes import DepthwiseConvolution
from thumbnet.ir.graph import Array, Graph, Operator
from thumbnet.operators.base import CArray, Family, Kernel, Lowered, rows_of, window_overlap
from thumbnet.operators.conv_2d import convolved_shape, int8_weights, window_source, windows
from thumbnet.operators.wide import (
    bounded_sums,
    channel_scaling,
    int16_per_tensor,
    int64_or_int32_bias,
    plain_window,
    small_shapes,
    weights_by_output_channel,
)
from thumbnet.quantize.requantize import activation_bounds

HEADER = "thumbnet/kernels/depthwise_conv_2d_s16.h"
_MOST_TAPS = 255


def whole_multiplier(graph: Graph, operator: Operator) -> str | None:
    """weights [1, height, width, input channels * depth multiplier] of at most 255 taps."""
    x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
    multiplier = _attributes(operator).depth_multiplier
    fits = weights.shape[0] == 1 and weights.shape[3] == x.shape[3] * multiplier
    if fits and weights.shape[1] * weights.shape[2] <= _MOST_TAPS:
        return None
    return f"weights have shape {list(weights.shape)}, depth multiplier is {multiplier}"


class DepthwiseConv2dInt16(Family):
    """depthwise_conv_2d_int16."""

    kinds = ("depthwise_conv_2d_int16",)
    constraints = (
        int16_per_tensor,
        int8_weights,
        weights_by_output_channel,
        int64_or_int32_bias,
        small_shapes,
        plain_window,
        whole_multiplier,
        bounded_sums,
    )

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """[1,OH,OW,C*M]."""
        x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
        return convolved_shape(x, _attributes(operator).window, weights.shape[3])

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's DepthwiseConvPerChannel of int16."""
        x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
        output, attributes = graph.tensor(operator.outputs[0]), _attributes(operator)
        height, width, channels = output.shape[1:]
        patches = windows(cast(Array, inputs[0])[0], attributes.window, 0, height, width)
        taps = cast(Array, weights.data)[0].astype(np.int64)
        taps = taps.reshape(*taps.shape[:2], x.shape[3], attributes.depth_multiplier)
        sums = np.einsum("yxijc,ijcm->yxcm", patches, taps).reshape(height, width, channels)
        bounds = activation_bounds(attributes.activation, output)
        made = channel_scaling(graph, operator).outputs(sums, *bounds)
        return [made.astype(np.int16).reshape(output.shape)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """One kernel for all sizes and multipliers."""
        x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
        output, attributes = graph.tensor(operator.outputs[0]), _attributes(operator)
        window, rows, out_rows = attributes.window, rows_of(x), rows_of(output)
        taps = np.ascontiguousarray(cast(Array, weights.data).reshape(-1, out_rows.channels).T)
        scaling = channel_scaling(graph, operator)
        low, high = activation_bounds(attributes.activation, output)
        source = window_source(window, rows)
        literals = (int(scaling.wide), scaling.rounding)
        return Lowered(
            kernel=Kernel(HEADER, "thumbnet_depthwise_conv_2d_s16", literals),
            struct="thumbnet_depthwise_conv_2d_s16_t",
            fields=(
                ("dense.weights", CArray("weights", "int8_t", taps)),
                *scaling.fields(),
                ("dense.taps", taps.shape[1]),
                ("dense.out_channels", len(taps)),
                ("dense.low", low),
                ("dense.high", high),
                ("in_channels", rows.channels),
                ("in_width", rows.width),
                ("multiplier", attributes.depth_multiplier),
                ("kernel_height", window.kernel_height),
                ("kernel_width", window.kernel_width),
                ("stride_width", window.stride_width),
                ("pad_left", window.pad_left),
            ),
            sources=(source,),
            output=out_rows,
            macs=out_rows.height * out_rows.width * taps.size,
            overlap=(
                window_overlap(
                    source, out_rows, window.kernel_width, window.stride_width, window.pad_left
                ),
            ),
        )


def _attributes(operator: Operator) -> DepthwiseConvolution:
    return cast(DepthwiseConvolution, operator.attributes)
