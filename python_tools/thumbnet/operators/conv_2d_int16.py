"""conv_2d and fully_connected of int16 activations and int8 weights.

Arithmetic: TFLite's integer_ops/conv.h and integer_ops/fully_connected.h for int16; see
:mod:`thumbnet.operators.wide`. A fully_connected with an int64 bias multiplies its sums in double
precision there; the kernel does so with all 53 bits of the multiplier, in integers, and could
differ only where the product lies within a double's last bit of a tie.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from thumbnet.ir.attributes import Convolution, Window
from thumbnet.ir.graph import Array, Graph, Operator
from thumbnet.operators.base import (
    CArray,
    Family,
    Kernel,
    Lowered,
    Rows,
    Source,
    rows_of,
    window_overlap,
)
from thumbnet.operators.conv_2d import convolved_shape, int8_weights, window_source, windows
from thumbnet.operators.wide import (
    activation,
    bounded_sums,
    channel_scaling,
    in_quads,
    int16_per_tensor,
    int64_or_int32_bias,
    plain_window,
    small_shapes,
    weights_by_output_channel,
)
from thumbnet.quantize.requantize import activation_bounds

HEADER = "thumbnet/kernels/conv_2d_s16.h"
_MOST_TAPS = 65535


def matching_channels(graph: Graph, operator: Operator) -> str | None:
    """as many input channels as its weights have, kernels of at most 65535 taps."""
    x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
    taps = int(np.prod(weights.shape[1:], dtype=np.int64))
    if isinstance(operator.attributes, Convolution):
        fits = x.shape[-1] == weights.shape[-1]
    else:
        fits = x.elements % weights.shape[1] == 0
    if fits and taps <= _MOST_TAPS:
        return None
    return f"input has shape {list(x.shape)}, weights {list(weights.shape)}"


class Conv2dInt16(Family):
    """conv_2d_int16 and fully_connected_int16."""

    kinds = ("conv_2d_int16", "fully_connected_int16")
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

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """[1,OH,OW,O]; fully_connected keeps the batch shape that its output declares."""
        x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
        if not isinstance(operator.attributes, Convolution):
            return graph.tensor(operator.outputs[0]).shape
        return convolved_shape(x, operator.attributes.window, weights.shape[0])

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's ConvPerChannel and FullyConnectedPerChannel of int16."""
        weights, output = graph.tensor(operator.inputs[1]), graph.tensor(operator.outputs[0])
        values = cast(Array, inputs[0])
        taps = cast(Array, weights.data).astype(np.float64).reshape(weights.shape[0], -1)
        if isinstance(operator.attributes, Convolution):
            height, width = output.shape[1:3]
            patches = windows(values[0], operator.attributes.window, 0, height, width)
            flat = patches.reshape(height * width, -1)
        else:
            flat = values.reshape(-1, weights.shape[1]).astype(np.int64)
        # float64 holds every partial sum exactly (below 2**53).
        sums = (flat.astype(np.float64) @ taps.T).astype(np.int64)
        bounds = activation_bounds(activation(operator), output)
        made = channel_scaling(graph, operator).outputs(sums, *bounds)
        return [made.astype(np.int16).reshape(output.shape)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """A 1x1 kernel where one serves, else one that copies windows to scratch."""
        x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
        output = graph.tensor(operator.outputs[0])
        taps = cast(Array, weights.data).reshape(weights.shape[0], -1)
        scaling = channel_scaling(graph, operator)
        if isinstance(operator.attributes, Convolution):
            window, rows, out_rows = operator.attributes.window, rows_of(x), rows_of(output)
        else:
            pixels = x.elements // taps.shape[1]
            window = Window(1, 1)
            rows, out_rows = Rows(1, pixels, taps.shape[1], 2), Rows(1, pixels, len(taps), 2)
        low, high = activation_bounds(activation(operator), output)
        source = window_source(window, rows)
        function, alone = "conv_2d_s16", window != Window(1, 1)
        if not alone:
            single = out_rows.height * out_rows.width == 1
            function = "fully_connected_s16" if single else "conv_2d_1x1_s16"
        one = 2 * taps.shape[1]
        literals = (int(scaling.wide), scaling.rounding)
        return Lowered(
            kernel=Kernel(HEADER, f"thumbnet_{function}", literals),
            struct="thumbnet_conv_2d_s16_t",
            fields=(
                ("dense.weights", dense_weights(taps)),
                *scaling.fields(),
                ("dense.taps", taps.shape[1]),
                ("dense.out_channels", len(taps)),
                ("dense.low", low),
                ("dense.high", high),
                ("in_channels", rows.channels),
                ("in_width", rows.width),
                ("kernel_height", window.kernel_height),
                ("kernel_width", window.kernel_width),
                ("stride_width", window.stride_width),
                ("pad_left", window.pad_left),
            ),
            sources=(source,),
            output=out_rows,
            macs=out_rows.height * out_rows.width * taps.size,
            overlap=(_overlap(source, out_rows, copied=alone),),
            scratch=2 * one if alone else 0,
            run_scratch=(one, 2 * one) if alone else (),
            pointwise=not alone,
        )


def dense_weights(taps: Array) -> CArray:
    """Weights [channels, taps] as the kernels read them."""
    return CArray("weights", "int8_t", in_quads(taps))


def _overlap(source: Source, output: Rows, *, copied: bool) -> int:
    """Two pixels of a row are made together, of windows that are copied before."""
    if not copied:
        # A 1x1 kernel may be run over the whole tensor as one row.
        rows = source.rows
        source = Source(Rows(1, rows.height * rows.width, rows.channels, rows.element_size))
        pixels = output.height * output.width
        output = Rows(1, pixels, output.channels, output.element_size)
    width, stride, pad = source.kernel_width, source.stride_width, source.pad_left
    return window_overlap(source, output, width, stride, pad, together=2, reads_first=copied)
