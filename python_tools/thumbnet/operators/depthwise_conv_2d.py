"""depthwise_conv_2d: each channel convolved by itself, into ``depth_multiplier`` output channels.

Arithmetic: TFLite's integer_ops/depthwise_conv.h as the interpreter runs it: channels are
requantized in vectors of eight, which round ties upwards, and the rest with ties away from zero.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import cast

import numpy as np

from thumbnet.ir.attributes import Convolution, DepthwiseConvolution
from thumbnet.ir.graph import Array, Graph, Operator, Tensor
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
from thumbnet.operators.conv_2d import (
    CONVOLUTION_CONSTRAINTS,
    Conv2d,
    channel_multipliers,
    convolved_shape,
    folded_bias,
    given_bias,
    live_bias,
    requantization_fields,
    requantize_channels,
    window_source,
    windows,
)
from thumbnet.operators.conv_2d_general import Layer as GeneralLayer
from thumbnet.operators.conv_2d_general import narrowed, wide_channels, with_wide
from thumbnet.operators.depthwise_conv_2d_columns import lower_columns
from thumbnet.operators.depthwise_conv_2d_dsp import Channels, lower_dsp
from thumbnet.operators.depthwise_conv_2d_mve import for_helium
from thumbnet.operators.dilated_conv_2d import is_dilated, undilated, with_dilation
from thumbnet.quantize.requantize import activation_bounds

HEADER = "thumbnet/kernels/depthwise_conv_2d.h"
_MOST_TAPS = 255
_VECTOR = 8
"""Output channels that TFLite requantizes together."""


def whole_multiplier(graph: Graph, operator: Operator) -> str | None:
    """weights [1, height, width, input channels * depth multiplier], multiplier at most 255."""
    x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
    multiplier = _attributes(operator).depth_multiplier
    fits = weights.shape[0] == 1 and weights.shape[3] == x.shape[3] * multiplier
    if fits and (multiplier <= _MOST_TAPS or x.shape[3] == 1):
        return None
    return f"weights have shape {list(weights.shape)}, depth multiplier is {multiplier}"


def few_taps(graph: Graph, operator: Operator) -> str | None:
    """kernels of at most 255 taps."""
    window = _attributes(operator).window
    taps = window.kernel_height * window.kernel_width
    return None if taps <= _MOST_TAPS else f"kernel has {taps} taps"


class DepthwiseConv2d(Family):
    """depthwise_conv_2d."""

    kinds = ("depthwise_conv_2d",)
    constraints = (*CONVOLUTION_CONSTRAINTS, whole_multiplier, few_taps)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """[1,OH,OW,C*M]."""
        x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
        return convolved_shape(x, _attributes(operator).window, weights.shape[3])

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's DepthwiseConvPerChannel."""
        x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
        output = graph.tensor(operator.outputs[0])
        attributes = _attributes(operator)
        height, width, channels = output.shape[1:]
        patches = windows(cast(Array, inputs[0])[0], attributes.window, x.zero_point, height, width)
        taps = cast(Array, weights.data)[0].astype(np.int64)
        taps = taps.reshape(*taps.shape[:2], x.shape[3], attributes.depth_multiplier)
        sums = np.einsum("yxijc,ijcm->yxcm", patches, taps).reshape(height, width, channels)
        sums = sums + given_bias(graph, operator, channels)
        bounds = activation_bounds(attributes.activation, output)
        multipliers = channel_multipliers(graph, operator)
        rounded_up = ties_up(attributes, channels)
        made = requantize_channels(sums, multipliers, output, bounds, rounded_up)
        return [made.reshape(output.shape)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """A kernel instantiated per kernel size; a single input channel is an ordinary conv_2d."""
        convolution = as_conv_2d(graph, operator)
        if convolution is not None:
            changed, converted = convolution
            return Conv2d().lower(graph.replace(operators=[changed], tensors=[converted]), changed)
        special = self._special(graph, operator)
        if special is not None:
            return special
        x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
        output = graph.tensor(operator.outputs[0])
        attributes = _attributes(operator)
        window, rows, out_rows = attributes.window, rows_of(x), rows_of(output)
        taps = cast(Array, weights.data).reshape(-1, out_rows.channels).T
        multipliers = channel_multipliers(graph, operator)
        bias = live_bias(given_bias(graph, operator, len(taps)), multipliers)
        folded = folded_bias(bias, taps, x.zero_point)
        sums = taps.sum(axis=1, dtype=np.int16)
        low, high = activation_bounds(attributes.activation, output)
        rounded_up = _visible_ties_up(graph, attributes, output, low)
        if graph.build.isa == "dsp" and attributes.depth_multiplier == 1:
            channels = Channels(
                taps.reshape(-1, window.kernel_height, window.kernel_width).astype(np.int64),
                folded.astype(np.int64),
                multipliers,
                rounded_up,
                x.zero_point,
                output.zero_point,
                low,
                high,
            )
            source = window_source(window, rows)
            found = lower_dsp(source, out_rows, window, channels, graph.build.optimize)
            if found is not None:
                return found
        kernel = _kernel(attributes, tail=rounded_up < out_rows.channels)
        source = window_source(window, rows)
        portable = Lowered(
            kernel=kernel,
            struct="thumbnet_depthwise_conv_2d_t",
            fields=(
                ("weights", CArray("weights", "int8_t", np.ascontiguousarray(taps))),
                ("bias", CArray("bias", "int32_t", folded)),
                ("weight_sums", CArray("weight_sums", "int16_t", sums)),
                *requantization_fields(multipliers),
                ("channels", rows.channels),
                ("in_width", rows.width),
                ("ties_up", rounded_up),
                ("multiplier", attributes.depth_multiplier),
                ("stride_width", window.stride_width),
                ("pad_left", window.pad_left),
                ("in_zero_point", x.zero_point),
                ("out_zero_point", output.zero_point),
                ("low", low),
                ("high", high),
            ),
            sources=(source,),
            output=out_rows,
            macs=out_rows.height * out_rows.width * taps.size,
            overlap=(_overlap(source, out_rows),),
        )
        if graph.build.isa == "mve":
            return for_helium(portable, even=multipliers[0].even)
        if graph.build.isa != "portable":
            return portable
        return lower_columns(portable, taps, window, graph.build) or portable

    def _special(self, graph: Graph, operator: Operator) -> Lowered | None:
        """Where the kernels of int8 weights do not serve alone."""
        x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
        output, attributes = graph.tensor(operator.outputs[0]), _attributes(operator)
        window, multiplier = attributes.window, attributes.depth_multiplier
        if is_dilated(operator):
            plain = self.lower(*undilated(graph, operator))
            source = window_source(window, rows_of(x))
            return with_dilation(graph, operator, plain, source)
        taps = cast(Array, weights.data).reshape(-1, output.shape[3]).T.astype(np.int64)
        wide = wide_channels(taps)
        if not wide.any():
            return None
        multipliers = channel_multipliers(graph, operator)
        bounds = activation_bounds(attributes.activation, output)
        rows, out_rows = rows_of(x), rows_of(output)
        layer = GeneralLayer(
            taps,
            live_bias(given_bias(graph, operator, len(taps)), multipliers),
            multipliers,
            (x.zero_point, output.zero_point),
            bounds,
            _visible_ties_up(graph, attributes, output, bounds[0]),
            window,
            window_source(window, rows),
            out_rows,
        )
        rest = self.lower(narrowed(graph, operator, wide, 3), operator)
        return with_wide(rest, layer, wide, 1, np.arange(len(taps)) // multiplier)


def ties_up(attributes: DepthwiseConvolution, channels: int) -> int:
    """How many of ``channels`` output channels, the first ones, round ties upwards."""
    given = attributes.ties_up
    return channels - channels % _VECTOR if given is None else given


def _visible_ties_up(
    graph: Graph, attributes: DepthwiseConvolution, output: Tensor, low: int
) -> int:
    """How many channels round ties upwards; all where one cannot tell.

    Only results below zero depend on it, and a clamp at the zero point hides those; in
    onnxruntime's arithmetic all channels round alike.
    """
    channels = output.shape[3]
    if low >= output.zero_point or graph.arithmetic == "onnxruntime":
        return channels
    return ties_up(attributes, channels)


def _kernel(attributes: DepthwiseConvolution, *, tail: bool) -> Kernel:
    size = (attributes.window.kernel_height, attributes.window.kernel_width)
    if attributes.depth_multiplier > 1:
        return Kernel(HEADER, "thumbnet_depthwise_conv_2d_multiplier_s8", size)
    return Kernel(HEADER, "thumbnet_depthwise_conv_2d_s8", (*size, int(tail)))


def _overlap(source: Source, output: Rows) -> int:
    """Channel by channel of two neighbouring pixels: a channel's windows are read, then written."""
    rows = source.rows
    if output.channels != rows.channels:
        return window_overlap(
            source, output, source.kernel_width, source.stride_width, source.pad_left
        )
    ys, xs = np.arange(output.height), np.arange(output.width)
    top = np.clip(ys * source.stride - source.pad, 0, rows.height)
    left = np.clip(xs * source.stride_width - source.pad_left, 0, rows.width - 1)
    first = (top[:, None] * rows.row_size + left[None, :] * rows.channels).reshape(-1)
    rest = np.append(np.minimum.accumulate(first[::-1])[::-1], np.iinfo(np.int64).max)
    second = (ys[:, None] * output.width + np.minimum(xs + 1, output.width - 1)).reshape(-1)
    # Between channels the windows of both pixels are still needed but for the channels made; behind
    # the last channel it is what later pixels read.
    between = second * output.channels - first
    behind = (second + 1) * output.channels - rest[second + 1]
    return max(int(np.max(between)), int(np.max(behind)), 0)


def as_conv_2d(graph: Graph, operator: Operator) -> tuple[Operator, Tensor] | None:
    """The same operator as conv_2d and its weights [M,KH,KW,1]; None where there is no such.

    With one input channel the depth multiplier is the number of output channels; but where some of
    them round differently from a conv_2d's, and show it, it has to stay what it is.
    """
    old, output = graph.tensor(operator.inputs[1]), graph.tensor(operator.outputs[0])
    attributes, channels = _attributes(operator), output.shape[3]
    low, _ = activation_bounds(attributes.activation, output)
    rounded_up = _visible_ties_up(graph, attributes, output, low)
    if graph.tensor(operator.inputs[0]).shape[3] != 1 or rounded_up < channels:
        return None
    data = np.ascontiguousarray(np.transpose(cast(Array, old.data), (3, 1, 2, 0)))
    quantization = old.quantization
    if quantization is not None and quantization.axis is not None:
        quantization = dataclasses.replace(quantization, axis=0)
    weights = Tensor(f"{old.name}/conv_2d", data.shape, old.dtype, quantization, data)
    convolution = dataclasses.replace(
        operator,
        kind="conv_2d",
        inputs=(operator.inputs[0], weights.name, *operator.inputs[2:]),
        attributes=Convolution(attributes.window, attributes.activation),
    )
    return convolution, weights


def _attributes(operator: Operator) -> DepthwiseConvolution:
    return cast(DepthwiseConvolution, operator.attributes)
