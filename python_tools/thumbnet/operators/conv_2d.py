"""conv_2d and fully_connected: dot products over channels.

Arithmetic: TFLite's integer_ops/conv.h and integer_ops/fully_connected.h. fully_connected runs
through the 1x1 kernel: one pixel whose channels are the flattened input.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir.attributes import (
    Activation,
    Convolution,
    DepthwiseConvolution,
    FullyConnected,
    Window,
)
from thumbnet.ir.graph import Array, DType, Graph, Operator, Tensor
from thumbnet.operators.base import (
    CArray,
    Constraint,
    Family,
    Kernel,
    Lowered,
    Rows,
    Source,
    rows_of,
    window_overlap,
)
from thumbnet.operators.constraints import int8_per_tensor, positive_scales
from thumbnet.operators.conv_2d_dsp import Layer, lower_dsp
from thumbnet.operators.conv_2d_general import (
    LARGEST_WEIGHT,
    are_few,
    general_conv_2d,
    narrowed,
    wide_channels,
    with_wide,
)
from thumbnet.operators.conv_2d_general import Layer as GeneralLayer
from thumbnet.operators.conv_2d_mve import for_helium
from thumbnet.operators.conv_2d_pairs import lower_pairs
from thumbnet.operators.dilated_conv_2d import is_dilated, undilated, with_dilation
from thumbnet.quantize.requantize import (
    IntArray,
    Multiplier,
    activation_bounds,
    multiply_by_quantized_multiplier,
    multiply_rounding_up,
    quantize_multiplier,
)
from thumbnet.quantize.requantize_even import (
    float_multiplier,
    float_scales,
    multiply_even,
    product_scales,
)

HEADER = "thumbnet/kernels/conv_2d.h"
INT8_LIMITS = (-128, 127)
_LARGEST = 65535
_LARGEST_WINDOW = 255


def int8_weights(graph: Graph, operator: Operator) -> str | None:
    """constant weights: int8 with zero point 0, int4, or uint8 with any zero point."""
    weights = graph.tensor(operator.inputs[1])
    # uint8 weights less their zero point have nine bits.
    wide = weights.dtype is DType.INT16 and weights.data is not None
    wide = wide and int(np.abs(cast(Array, weights.data)).max()) <= LARGEST_WEIGHT
    if weights.data is None or not (weights.dtype is DType.INT8 or wide):
        return f"weights are {'constant' if weights.is_constant else 'not constant'}, " + (
            weights.dtype.value
        )
    if weights.quantization is None:
        return "weights are not quantized"
    points = set(weights.quantization.zero_point)
    return None if points == {0} else f"weights have zero points {sorted(points)}"


def weights_by_output_channel(graph: Graph, operator: Operator) -> str | None:
    """weights quantized per tensor or per output channel."""
    weights = graph.tensor(operator.inputs[1])
    axis = 3 if operator.kind == "depthwise_conv_2d" else 0
    quantization = weights.quantization
    if quantization is None or quantization.per_tensor:
        return None
    if quantization.axis == axis and len(quantization.scale) == weights.shape[axis]:
        return None
    return f"weights have {len(quantization.scale)} scales along dimension {quantization.axis}"


def int32_bias(graph: Graph, operator: Operator) -> str | None:
    """a constant int32 bias, or none."""
    if len(operator.inputs) < 3 or not operator.inputs[2]:
        return None
    bias = graph.tensor(operator.inputs[2])
    if bias.is_constant and bias.dtype is DType.INT32:
        return None
    return f"bias is {bias.dtype.value}{'' if bias.is_constant else ', not constant'}"


def whole_groups(graph: Graph, operator: Operator) -> str | None:
    """groups of equally many input and of equally many output channels."""
    x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
    if isinstance(operator.attributes, Convolution):
        groups = operator.attributes.groups
        fits = x.shape[-1] == groups * weights.shape[-1] and weights.shape[0] % groups == 0
    else:
        fits = x.elements % weights.shape[1] == 0
    return None if fits else f"input has shape {list(x.shape)}, weights {list(weights.shape)}"


def image_of_one(graph: Graph, operator: Operator) -> str | None:
    """an input [1, height, width, channels] (convolutions; fully_connected takes any batch)."""
    shape = graph.tensor(operator.inputs[0]).shape
    if operator.kind == "fully_connected" or (len(shape) == 4 and shape[0] == 1):
        return None
    return f"input has shape {list(shape)}"


def small_window(graph: Graph, operator: Operator) -> str | None:
    """windows, dilated ones too, strides and padding of at most 255, sizes of at most 65535."""
    x, output = graph.tensor(operator.inputs[0]), graph.tensor(operator.outputs[0])
    if max(*x.shape, *output.shape) > _LARGEST:
        return f"input has shape {list(x.shape)}, output {list(output.shape)}"
    if operator.kind == "fully_connected":
        return None
    window = cast(Convolution | DepthwiseConvolution, operator.attributes).window
    values = (*dataclasses.astuple(window), window.height, window.width)
    return None if max(values) <= _LARGEST_WINDOW else f"window is {window}"


CONVOLUTION_CONSTRAINTS: tuple[Constraint, ...] = (
    int8_per_tensor,
    int8_weights,
    weights_by_output_channel,
    int32_bias,
    positive_scales,
    image_of_one,
    small_window,
)
"""What all convolutions and fully_connected share."""


def channel_multipliers(graph: Graph, operator: Operator) -> list[Multiplier]:
    """One requantization multiplier per output channel of a convolution.

    TFLite derives them in double, onnxruntime in float32.
    """
    x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
    output = graph.tensor(operator.outputs[0])
    channels = weights.shape[3 if operator.kind == "depthwise_conv_2d" else 0]
    if weights.quantization is None:
        raise ValueError(f"weights {weights.name!r} are not quantized")
    scales = weights.quantization.scale
    if len(scales) == 1:
        scales = scales * channels
    if graph.arithmetic == "onnxruntime":
        products = product_scales(x.scale, scales, output.scale)
        return [float_multiplier(scale) for scale in products]
    return [quantize_multiplier(x.scale * scale / output.scale) for scale in scales]


def _multipliers(graph: Graph, operator: Operator) -> list[Multiplier]:
    x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
    output, channels = graph.tensor(operator.outputs[0]), weights.shape[0]
    quantization = weights.quantization
    if graph.arithmetic == "onnxruntime":
        return channel_multipliers(graph, operator)
    if operator.kind == "fully_connected" and quantization and quantization.per_tensor:
        # Here alone TFLite multiplies the scales in float32.
        product = float(np.float32(x.scale) * np.float32(weights.scale))
        return [quantize_multiplier(product / output.scale)] * channels
    return channel_multipliers(graph, operator)


def product_multipliers(graph: Graph, operator: Operator) -> list[Multiplier]:
    """The multipliers of a conv_2d or fully_connected, one per output channel."""
    return _multipliers(graph, operator)


def requantize_channels(
    accumulators: IntArray,
    multipliers: Sequence[Multiplier],
    output: Tensor,
    bounds: tuple[int, int],
    ties_up: int | None = None,
) -> npt.NDArray[np.int8]:
    """Accumulators [..., channels] to the output's int8.

    The first ``ties_up`` channels (by default all) round ties upwards as TFLite's vector kernels
    do, the others away from zero; multipliers of onnxruntime round them to even.
    """
    if multipliers[0].even:
        scales, limits = float_scales(multipliers), INT8_LIMITS
        rounded = multiply_even(accumulators, scales, output.zero_point, limits)
        return np.clip(rounded, *bounds).astype(np.int8)
    mantissas = np.array([m.mantissa for m in multipliers], np.int64)
    shifts = np.array([m.shift for m in multipliers], np.int64)
    scaled = multiply_rounding_up(accumulators, mantissas, shifts)
    if ties_up is not None:
        away = multiply_by_quantized_multiplier(accumulators, mantissas, shifts)
        scaled = np.where(np.arange(len(multipliers)) < ties_up, scaled, away)
    return np.clip(scaled + output.zero_point, *bounds).astype(np.int8)


def windows(x: Array, window: Window, zero_point: int, out_height: int, out_width: int) -> IntArray:
    """The windows of x [H,W,C], zero point subtracted, as [out_height, out_width, KH, KW, C]."""
    pads = (
        (window.pad_top, max(window.pad_bottom, 0)),
        (window.pad_left, max(window.pad_right, 0)),
        (0, 0),
    )
    padded = np.pad(x.astype(np.int64) - zero_point, pads)
    view = np.lib.stride_tricks.sliding_window_view(
        padded, (window.height, window.width), axis=(0, 1)
    )[..., :: window.dilation_height, :: window.dilation_width]
    strided = view[:: window.stride_height, :: window.stride_width][:out_height, :out_width]
    return strided.transpose(0, 1, 3, 4, 2)


def convolved_shape(x: Tensor, window: Window, channels: int) -> tuple[int, ...]:
    """[1,OH,OW,channels] of a window with explicit padding."""
    height = x.shape[1] + window.pad_top + window.pad_bottom - window.height
    width = x.shape[2] + window.pad_left + window.pad_right - window.width
    return (1, height // window.stride_height + 1, width // window.stride_width + 1, channels)


def requantization_fields(
    multipliers: Sequence[Multiplier],
) -> tuple[tuple[str, CArray], tuple[str, CArray]]:
    """The mantissa and shift arrays of a kernel's constants."""
    mantissas = np.array([m.mantissa for m in multipliers], np.int32)
    shifts = np.array([m.shift for m in multipliers], np.int8)
    return (
        ("mantissa", CArray("mantissa", "int32_t", mantissas)),
        ("shift", CArray("shift", "int8_t", shifts)),
    )


def given_bias(graph: Graph, operator: Operator, channels: int) -> IntArray:
    """The bias [channels] of a convolution or fully_connected; zeros where it has none."""
    if len(operator.inputs) < 3 or not operator.inputs[2]:
        return np.zeros(channels, np.int64)
    return cast(Array, graph.tensor(operator.inputs[2]).data).astype(np.int64).reshape(-1)


def live_bias(bias: IntArray, multipliers: Sequence[Multiplier]) -> IntArray:
    """``bias`` with 0 in channels whose multiplier is 0, which are constant whatever they sum up.

    Real networks hold such dead channels with biases at the end of int32.
    """
    return np.where([m.mantissa != 0 for m in multipliers], bias, 0)


def folded_bias(
    bias: IntArray, weights_by_channel: Array, zero_point: int
) -> npt.NDArray[np.int32]:
    """Bias - zero_point * sum(weights) per channel of weights [channels, taps].

    Raises:
        ValueError: an accumulator could leave int32 for some input.
    """
    taps = weights_by_channel.astype(np.int64)
    folded = bias - zero_point * taps.sum(axis=1)
    # Edges start from the bias that is not folded, and add up to 255 in magnitude a tap.
    reach = np.abs(taps).sum(axis=1)
    bounds = np.maximum(np.abs(folded) + 128 * reach, np.abs(bias) + 255 * reach)
    if np.any(bounds >= 1 << 31):
        raise ValueError("an accumulator could overflow 32 bits")
    narrow: npt.NDArray[np.int32] = folded.astype(np.int32)
    return narrow


def reaches_outside(window: Window) -> bool:
    """Whether some window reaches outside the input."""
    return max(window.pad_top, window.pad_bottom, window.pad_left, window.pad_right) > 0


class Conv2d(Family):
    """conv_2d and fully_connected."""

    kinds = ("conv_2d", "fully_connected")
    constraints = (*CONVOLUTION_CONSTRAINTS, whole_groups)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """[1,OH,OW,O]; fully_connected keeps the batch shape that its output declares."""
        x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
        if operator.kind == "fully_connected":
            return graph.tensor(operator.outputs[0]).shape
        window = cast(Convolution, operator.attributes).window
        return convolved_shape(x, window, weights.shape[0])

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's ConvPerChannel and FullyConnectedPerChannel."""
        x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
        output = graph.tensor(operator.outputs[0])
        values = cast(Array, inputs[0])
        taps = cast(Array, weights.data).astype(np.int64).reshape(weights.shape[0], -1)
        if isinstance(operator.attributes, Convolution):
            window = operator.attributes.window
            patches = windows(values[0], window, x.zero_point, output.shape[1], output.shape[2])
            groups = operator.attributes.groups
            split = patches.reshape(*patches.shape[:4], groups, -1).transpose(4, 0, 1, 2, 3, 5)
            flat = split.reshape(groups, output.shape[1] * output.shape[2], -1)
        else:
            groups = 1
            flat = values.reshape(1, -1, weights.shape[1]).astype(np.int64) - x.zero_point
        # float64 holds every partial sum exactly (below 2**53) and multiplies far faster.
        columns = taps.reshape(groups, -1, taps.shape[1]).transpose(0, 2, 1).astype(np.float64)
        products = flat.astype(np.float64) @ columns
        sums = products.transpose(1, 0, 2).reshape(-1, len(taps)).astype(np.int64)
        if len(inputs) > 2 and inputs[2] is not None:
            sums += inputs[2].astype(np.int64)
        bounds = activation_bounds(_activation(operator), output)
        multipliers = _multipliers(graph, operator)
        made = requantize_channels(sums, multipliers, output, bounds, _ties_up(operator))
        return [made.reshape(output.shape)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """A 1x1 kernel where one serves, else one per kernel size, or the general one."""
        special = self._special(graph, operator)
        if special is not None:
            return special
        x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
        output = graph.tensor(operator.outputs[0])
        taps = cast(Array, weights.data).reshape(weights.shape[0], -1)
        multipliers = _multipliers(graph, operator)
        bias = live_bias(given_bias(graph, operator, len(taps)), multipliers)
        if isinstance(operator.attributes, Convolution):
            window, rows, out_rows = operator.attributes.window, rows_of(x), rows_of(output)
        else:
            pixels = x.elements // taps.shape[1]
            window = Window(1, 1)
            rows, out_rows = Rows(1, pixels, taps.shape[1]), Rows(1, pixels, len(taps))
        low, high = activation_bounds(_activation(operator), output)
        edge_bias = CArray("edge_bias", "int32_t", bias.astype(np.int32))
        folded = folded_bias(bias, taps, x.zero_point)
        kernel = _kernel(window, out_rows)
        source = window_source(window, rows)
        portable = Lowered(
            kernel=kernel,
            struct="thumbnet_conv_2d_t",
            fields=(
                ("weights", CArray("weights", "int8_t", taps)),
                ("bias", CArray("bias", "int32_t", folded)),
                ("edge_bias", edge_bias if reaches_outside(window) else 0),
                *requantization_fields(multipliers),
                ("in_channels", rows.channels),
                ("out_channels", out_rows.channels),
                ("in_width", rows.width),
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
            overlap=(_overlap(source, out_rows, kernel),),
            pointwise=window == Window(1, 1),
        )
        if graph.build.isa == "dsp":
            points = (x.zero_point, output.zero_point)
            layer = Layer(taps, folded.astype(np.int64), multipliers, points, (low, high))
            return lower_dsp(portable, layer, graph.build) or portable
        if graph.build.isa == "mve":
            return for_helium(portable, even=multipliers[0].even)
        return lower_pairs(portable, taps, graph.build) or portable

    def _special(self, graph: Graph, operator: Operator) -> Lowered | None:
        """Where the kernels of int8 weights do not serve alone."""
        x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
        output, taps = graph.tensor(operator.outputs[0]), cast(Array, weights.data)
        if is_dilated(operator):
            plain = self.lower(*undilated(graph, operator))
            source = window_source(cast(Convolution, operator.attributes).window, rows_of(x))
            return with_dilation(graph, operator, plain, source)
        wide, groups, window = wide_channels(taps), 1, Window(1, 1)
        if isinstance(operator.attributes, Convolution):
            window, groups = operator.attributes.window, operator.attributes.groups
            rows, out_rows = rows_of(x), rows_of(output)
        else:
            pixels = x.elements // taps.shape[1]
            rows, out_rows = Rows(1, pixels, taps.shape[1]), Rows(1, pixels, len(taps))
        general = groups > 1 or not are_few(wide)
        if not (general or wide.any()):
            return None
        multipliers = _multipliers(graph, operator)
        flat = taps.reshape(len(taps), -1).astype(np.int64)
        layer = GeneralLayer(
            flat,
            live_bias(given_bias(graph, operator, len(taps)), multipliers),
            multipliers,
            (x.zero_point, output.zero_point),
            activation_bounds(_activation(operator), output),
            len(taps) if _ties_up(operator) is None else 0,
            window,
            window_source(window, rows),
            out_rows,
        )
        if general:
            return general_conv_2d(layer, groups)
        rest = self.lower(narrowed(graph, operator, wide, 0), operator)
        return with_wide(rest, layer, wide, rows.channels, np.zeros(len(taps), np.int64))


def window_source(window: Window, rows: Rows) -> Source:
    """The rows and columns that a window reads."""
    return Source(
        rows,
        window.height,
        window.stride_height,
        window.pad_top,
        kernel_width=window.width,
        stride_width=window.stride_width,
        pad_left=window.pad_left,
    )


def _kernel(window: Window, output: Rows) -> Kernel:
    if window != Window(1, 1):
        literals = (window.kernel_height, window.kernel_width)
        return Kernel(HEADER, "thumbnet_conv_2d_s8", literals)
    if output.height * output.width == 1:
        return Kernel(HEADER, "thumbnet_fully_connected_s8")
    return Kernel(HEADER, "thumbnet_conv_2d_1x1_s8")


def _overlap(source: Source, output: Rows, kernel: Kernel) -> int:
    """Two pixels of a row are made together."""
    rows = source.rows
    if not kernel.literals:
        # A 1x1 kernel may be run over the whole tensor as one row.
        source = Source(Rows(1, rows.height * rows.width, rows.channels))
        output = Rows(1, output.height * output.width, output.channels)
    return window_overlap(
        source, output, source.kernel_width, source.stride_width, source.pad_left, together=2
    )


def _ties_up(operator: Operator) -> int | None:
    """How many channels round ties upwards (None: all); TFLite's grouped convolution has none."""
    attributes = operator.attributes
    return 0 if isinstance(attributes, Convolution) and attributes.groups > 1 else None


def _activation(operator: Operator) -> Activation:
    return cast(Convolution | FullyConnected, operator.attributes).activation
