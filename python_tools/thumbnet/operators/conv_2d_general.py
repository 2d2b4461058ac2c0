"""Convolutions that the kernels for int8 weights do not serve alone: groups, nine-bit weights.

Kernels: ``src/thumbnet/kernels/conv_2d_general.h`` and ``wide_channels.h``. Weights of uint8
networks less their zero point are in [-255, 255], but mostly in int8 of all channels but a few.
Those few are made by a kernel that calls the ordinary one, which may be any instruction set's, for
all others; where they are many, all are made by the general kernel from bytes to which it adds an
offset.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir.attributes import Window
from thumbnet.ir.graph import Array, DType, Graph, Operator, Tensor
from thumbnet.operators.base import (
    CArray,
    Kernel,
    Lowered,
    Part,
    Rows,
    Source,
    window_overlap,
)
from thumbnet.quantize.requantize import IntArray, Multiplier

WIDE_HEADER = "thumbnet/kernels/wide_channels.h"
HEADER = "thumbnet/kernels/conv_2d_general.h"

LARGEST_WEIGHT = 255
_RUN = 32
"""Pixels of which wide channels are made together (THUMBNET_WIDE_RUN)."""
_FEW = 4
"""Up to one channel in so many is made beside the ordinary kernel."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Layer:
    """A convolution in numbers.

    taps        [channels, inputs of a window], weights in [-255, 255]
    bias        [channels], the input's zero point not folded in
    zero_points of the input and of the output
    bounds      the fused activation, in the output's integers
    ties_up     channels before this one round ties upwards, the others away from zero; of a
                general conv_2d all or none

    Raises:
        ValueError: an accumulator could leave int32 for some input.
    """

    taps: IntArray
    bias: IntArray
    multipliers: Sequence[Multiplier]
    zero_points: tuple[int, int]
    bounds: tuple[int, int]
    ties_up: int
    window: Window
    source: Source
    output: Rows

    def __post_init__(self) -> None:
        reach = np.abs(self.taps).sum(axis=1)
        bounds = np.abs(self.bias) + 255 * reach
        if np.any(bounds >= 1 << 31):
            raise ValueError("an accumulator could overflow 32 bits")

    @property
    def macs(self) -> int:
        """Multiply-accumulates."""
        return self.output.height * self.output.width * self.taps.size


def wide_channels(taps: Array) -> Mask:
    """Which channels of weights [channels, ...] have one that is no int8."""
    flat = taps.reshape(len(taps), -1).astype(np.int64)
    wide: Mask = np.any((flat < -128) | (flat > 127), axis=1)
    return wide


def are_few(wide: Mask) -> bool:
    """Whether wide channels are better made by themselves."""
    return bool(_FEW * wide.sum() <= len(wide))


def narrowed(graph: Graph, operator: Operator, wide: Mask, axis: int) -> Graph:
    """``graph`` with int8 weights, along whose ``axis`` and in the bias wide channels are zero."""
    weights = graph.tensor(operator.inputs[1])
    shape = [1] * len(weights.shape)
    shape[axis] = len(wide)
    data = np.where(wide.reshape(shape), 0, cast(Array, weights.data)).astype(np.int8)
    tensors = [dataclasses.replace(weights, dtype=DType.INT8, data=data)]
    if len(operator.inputs) > 2 and operator.inputs[2]:
        bias = graph.tensor(operator.inputs[2])
        values = np.where(wide, 0, cast(Array, bias.data).reshape(-1)).astype(np.int32)
        tensors.append(Tensor(bias.name, values.shape, DType.INT32, bias.quantization, values))
    return graph.replace(tensors=tensors)


def with_wide(rest: Lowered, layer: Layer, wide: Mask, depth: int, reads: IntArray) -> Lowered:
    """``rest``, which makes what is left of a layer, and with it the channels of ``wide``.

    These read ``depth`` input channels each from channel ``reads`` on.
    """
    source, output = layer.source, layer.output
    chosen = np.flatnonzero(wide)
    taps = layer.taps[chosen]
    folded = layer.bias[chosen] - layer.zero_points[0] * taps.sum(axis=1)
    multipliers = [layer.multipliers[i] for i in chosen.tolist()]
    runs = range(1, min(_RUN, _longest(rest)) + 1)
    scratch = tuple(
        -(-(len(chosen) + 4) * run // 8) * 8 + rest.for_runs(run).scratch for run in runs
    )
    return Lowered(
        kernel=Kernel(WIDE_HEADER, "thumbnet_wide_channels_s8"),
        struct="thumbnet_wide_channels_t",
        fields=(
            ("rest", Part(rest)),
            ("weights", CArray("wide_weights", "int16_t", taps.astype(np.int16))),
            ("bias", CArray("wide_bias", "int32_t", folded.astype(np.int32))),
            *_requantization(multipliers, "wide_"),
            ("places", CArray("wide_places", "uint16_t", chosen.astype(np.uint16))),
            ("reads", CArray("wide_reads", "uint16_t", reads[chosen].astype(np.uint16))),
            ("channels", len(chosen)),
            ("out_channels", output.channels),
            ("in_channels", source.rows.channels),
            ("depth", depth),
            ("in_width", 0 if rest.pointwise else source.rows.width),
            ("ties_up", layer.ties_up),
            ("kernel_height", layer.window.kernel_height),
            ("kernel_width", layer.window.kernel_width),
            ("stride_width", layer.window.stride_width),
            ("pad_left", layer.window.pad_left),
            *_quantization(layer),
        ),
        sources=rest.sources,
        output=output,
        macs=layer.macs,
        overlap=rest.overlap,
        scratch=scratch[-1],
        run_scratch=scratch,
        pointwise=rest.pointwise,
    )


def general_conv_2d(layer: Layer, groups: int) -> Lowered:
    """The general kernel of a layer with ``groups``; taps are those of a group."""
    source, output = layer.source, layer.output
    depth = source.rows.channels // groups
    stored, offset = _stored(layer.taps)
    pixels = min(2, output.width)
    size = 2 * layer.taps.shape[1] * groups
    return Lowered(
        kernel=Kernel(HEADER, "thumbnet_conv_2d_general_s8", (int(offset != 0),)),
        struct="thumbnet_conv_2d_general_t",
        fields=(
            ("weights", CArray("weights", "int8_t", stored)),
            ("bias", CArray("bias", "int32_t", layer.bias.astype(np.int32))),
            *_requantization(layer.multipliers),
            ("groups", groups),
            ("channels", output.channels // groups),
            ("depth", depth),
            ("ties_up", int(layer.ties_up > 0)),
            *_geometry(layer),
            *_quantization(layer),
            ("weight_offset", offset),
        ),
        sources=(source,),
        output=output,
        macs=layer.macs,
        overlap=(_overlap(layer, pixels, reads_first=True),),
        scratch=size * pixels,
        run_scratch=tuple(size * (i + 1) for i in range(pixels)),
    )


def _stored(taps: IntArray) -> tuple[npt.NDArray[np.int8], int]:
    """Weights as bytes, and what is to be added to each: 0 where they fit as they are."""
    least, greatest = int(taps.min()), int(taps.max())
    fits = least >= -128 and greatest <= 127
    # A zero point leaves 256 different values, whatever it is.
    offset = 0 if fits else greatest - 127 if greatest > 127 else least + 128
    stored = taps - offset
    if stored.min() < -128 or stored.max() > 127:
        raise ValueError(f"weights of {least} to {greatest} have more than eight bits")
    return stored.astype(np.int8), offset


def _longest(rest: Lowered) -> int:
    output = rest.output
    return output.height * output.width if rest.pointwise else output.width


def _overlap(layer: Layer, pixels: int, *, reads_first: bool) -> int:
    source = layer.source
    return window_overlap(
        source,
        layer.output,
        source.kernel_width,
        source.stride_width,
        source.pad_left,
        together=pixels,
        reads_first=reads_first,
    )


def _requantization(
    multipliers: Sequence[Multiplier], prefix: str = ""
) -> tuple[tuple[str, CArray], tuple[str, CArray]]:
    mantissas = np.array([m.mantissa for m in multipliers], np.int32)
    shifts = np.array([m.shift for m in multipliers], np.int8)
    return (
        ("mantissa", CArray(f"{prefix}mantissa", "int32_t", mantissas)),
        ("shift", CArray(f"{prefix}shift", "int8_t", shifts)),
    )


def _geometry(layer: Layer) -> tuple[tuple[str, int], ...]:
    window = layer.window
    return (
        ("in_width", layer.source.rows.width),
        ("pad_left", window.pad_left),
        ("kernel_height", window.kernel_height),
        ("kernel_width", window.kernel_width),
        ("stride_width", window.stride_width),
    )


def _quantization(layer: Layer) -> tuple[tuple[str, int], ...]:
    return (
        ("in_zero_point", layer.zero_points[0]),
        ("out_zero_point", layer.zero_points[1]),
        ("low", layer.bounds[0]),
        ("high", layer.bounds[1]),
    )
