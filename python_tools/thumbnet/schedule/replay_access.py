"""Which bytes of its input rows a kernel reads before which byte of an output row it writes.

Part of the replay, so it is told nothing by the planner: columns follow from the operator's
attributes and from what the kernels in ``src/`` do, rows from ``thumbnet_run_layer``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir import attributes
from thumbnet.ir.graph import Graph, Operator
from thumbnet.operators.base import CArray, Lowered, Part, Rows, Source

IntArray = npt.NDArray[np.int64]

_NEVER_READ = -1

_ELEMENTWISE = (
    *("add", "sub", "mul", "lookup", "quantize", "dequantize", "reshape", "softmax", "cast"),
    *("maximum", "minimum", "squared_difference", "prelu", "div", "floor_div", "floor_mod"),
    *("equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "logical_and"),
    *("logical_or", "select", "select_v2", "l2_normalization", "log_softmax"),
    # Within a row: one sum after the other is made and written.
    *("mean", "sum", "reduce_max", "reduce_min", "reduce_any", "reduce_all", "arg_max", "arg_min"),
    *("requantize", "softmax_to_int16"),
)
"""Kinds that read an element of an input for the last time just before they write the output
element that it takes part in (or the last such, where it is broadcast)."""

_UNIT_BY_UNIT = ("fully_connected", "batch_matmul", "svdf", "unidirectional_sequence_lstm")
"""Kinds that read a pixel again for each unit of the output's, where they do not take all of it."""

PAIRS = ("thumbnet_conv_2d", "thumbnet_fully_connected", "thumbnet_depthwise_conv_2d")
"""Kernels (without what their names end in) that make two neighbouring pixels at once, channel by
channel, reading the windows of both for each."""

READ_FIRST: tuple[str, ...] = (
    "thumbnet_conv_2d_dsp_s8",
    "thumbnet_conv_2d_1x1_dsp_s8",
    "thumbnet_conv_2d_gathered_dsp_s8",
    "thumbnet_fully_connected_dsp_s8",
    "thumbnet_conv_2d_pairs_s8",
    "thumbnet_conv_2d_1x1_pairs_s8",
    "thumbnet_conv_2d_mve_s8",
    "thumbnet_conv_2d_1x1_mve_s8",
    "thumbnet_conv_2d_general_s8",
)
"""Kernels that read the windows of the pixels that they make at once before they write any."""


@dataclass(frozen=True, eq=False)
class Access:
    """How one operator reads the rows of one input.

    ``free_from[i]`` is the first byte of the output row whose writing may destroy byte i of an
    input row, because what comes before it is written while that byte is still to be read;
    negative for a byte that is never read.
    """

    source: Source
    free_from: IntArray

    def row_runs(self, y: int) -> Iterator[tuple[int, int]]:
        """(first, count) of the adjacent rows that output row y, or input step y, reads."""
        source = self.source
        if source.row_map is not None:
            yield source.row_map[y], 1
            return
        first = y * source.stride - source.pad
        last = min(first + source.kernel_height, source.rows.height)
        first = max(first, 0)
        if first < last:
            yield first, last - first


def access(graph: Graph, operator: Operator, lowered: Lowered, index: int) -> Access:
    """How ``operator`` reads the input that source ``index`` describes.

    Of a kind that is not known here every pixel is taken to read whole rows.
    """
    source, output = lowered.sources[index], lowered.output
    how = operator.attributes
    if isinstance(how, attributes.Convolution | attributes.DepthwiseConvolution | attributes.Pool):
        free_from = _windows(lowered, how.window, source.rows, output)
    elif operator.kind in _UNIT_BY_UNIT and source.stride_width != 0:
        # A pixel is read again for each unit.
        free_from = _windows(lowered, attributes.Window(1, 1), source.rows, output)
    elif operator.kind in _ELEMENTWISE:
        free_from = _elements(source.rows, output)
    elif isinstance(how, attributes.Pad):
        free_from = _pad(source, output)
    elif isinstance(how, attributes.Concatenation):
        free_from = _concatenation(lowered, index)
    elif isinstance(how, attributes.ResizeNearestNeighbor):
        free_from = _columns(lowered, source.rows, output)
    elif isinstance(how, attributes.ResizeBilinear):
        free_from = _between(lowered, source.rows, output)
    elif isinstance(how, attributes.SpaceToDepth):
        behind = np.arange(source.rows.width) // how.block + 1
        free_from = np.repeat(behind * _pixel_size(output), _pixel_size(source.rows))
    elif isinstance(how, attributes.DepthToSpace):
        free_from = _squares(source.rows, how.block)
    elif isinstance(how, attributes.Pick):
        free_from = _pick(lowered, source, output)
    elif isinstance(how, attributes.Transpose):
        free_from = _transpose(graph, operator, how)
    else:
        free_from = np.full(source.rows.row_size, output.row_size)
    return Access(source, free_from)


def _windows(lowered: Lowered, window: attributes.Window, rows: Rows, output: Rows) -> IntArray:
    columns = np.arange(rows.width)
    last = np.minimum((columns + window.pad_left) // window.stride_width, output.width - 1)
    # Strides beyond the kernel's width skip columns; the last windows may not reach the last ones.
    read = columns < last * window.stride_width - window.pad_left + window.width
    function = lowered.kernel.function
    if function == "thumbnet_dilated_conv_2d_s8":
        # Every so many pixels of a run, then those between, which read from its first window on.
        return np.where(np.repeat(read, _pixel_size(rows)), output.row_size, _NEVER_READ)
    if function == "thumbnet_wide_channels_s8":
        # Reads what it makes itself before the kernel that it calls writes.
        part = next(value for _, value in lowered.fields if isinstance(value, Part))
        return _windows(part.lowered, window, rows, output)
    if function in READ_FIRST:
        # Not before it has been read for the last pixel that wants it.
        free_from = np.where(read, last * _pixel_size(output), _NEVER_READ)
        return np.repeat(free_from, _pixel_size(rows))
    if function == "thumbnet_depthwise_conv_2d_dsp_s8":
        return _expanded(np.where(read, last, _NEVER_READ), output, 24, 4)
    if function == "thumbnet_depthwise_conv_2d_columns_s8":
        return _expanded(np.where(read, last, _NEVER_READ), output, 12, 1)
    # A kernel reads a window again for each output channel, so not even the pixel itself, nor one
    # that is made together with it, may be written there.
    pairs = function.removesuffix("_s8").removesuffix("_1x1").removesuffix("_multiplier") in PAIRS
    free_pixel = last + 1 + pairs
    if function == "thumbnet_depthwise_conv_2d_mve_s8":
        # Eight channels of all pixels that are made together, then the next eight.
        free_pixel = last + cast(int, dict(lowered.fields)["together"])
    if function == "thumbnet_depthwise_conv_2d_s8":
        # Channel by channel: what a channel has read may be written from that channel on.
        pixel = np.minimum(last + 1, output.width - 1)
        channels = pixel[:, None] * rows.channels + np.arange(rows.channels)
        return np.where(read[:, None], channels, _NEVER_READ).reshape(-1)
    free_from = np.where(read, free_pixel * _pixel_size(output), _NEVER_READ)
    return np.repeat(free_from, _pixel_size(rows))


def _expanded(last: IntArray, output: Rows, most: int, block: int) -> IntArray:
    """Runs of up to ``most`` pixels, wherever they begin, ``block`` channels at a time.

    These are read, then written. Those of the first block are read when no pixel of the run is
    written, the others when all of them are in the channels before; at worst the last pixel to
    read a column begins its run.
    """
    channels = np.arange(output.channels)
    before = channels - channels % block
    behind = np.minimum(last + most, output.width)[:, None] - 1
    first = np.where(before > 0, behind, last[:, None]) * output.channels + before
    return np.where(last[:, None] >= 0, first, _NEVER_READ).reshape(-1)


def _elements(rows: Rows, output: Rows) -> IntArray:
    columns = np.arange(rows.width)[:, None] if rows.width == output.width else output.width - 1
    channels = np.arange(rows.channels) if rows.channels == output.channels else output.channels - 1
    free_from = (columns * output.channels + channels) * output.element_size
    shaped = np.broadcast_to(free_from, (rows.width, rows.channels))
    return np.repeat(shaped.reshape(-1), rows.element_size)


def _pad(source: Source, output: Rows) -> IntArray:
    # A pixel is moved, then its channels' padding is written.
    columns = np.arange(source.rows.width) + source.pad_left
    return np.repeat(columns * _pixel_size(output), _pixel_size(source.rows))


def _concatenation(lowered: Lowered, index: int) -> IntArray:
    rows, output = lowered.sources[index].rows, lowered.output
    axis = lowered.kernel.function.removeprefix("thumbnet_concatenation_")
    before = sum(source.rows.channels for source in lowered.sources[:index])
    if axis == "channels":
        # Pixel by pixel, one input after the other.
        starts = np.arange(rows.width) * _pixel_size(output) + before * output.element_size
        return np.repeat(starts, _pixel_size(rows))
    if axis == "columns":
        before = sum(source.rows.width for source in lowered.sources[:index])
        return np.full(rows.row_size, before * _pixel_size(output))
    return np.zeros(rows.row_size, np.int64)


def _columns(lowered: Lowered, rows: Rows, output: Rows) -> IntArray:
    columns = next(v for k, v in lowered.fields if k == "columns" and isinstance(v, CArray)).values
    free_from = np.full(rows.width, _NEVER_READ)
    np.maximum.at(
        free_from, columns.astype(np.int64), np.arange(output.width) * _pixel_size(output)
    )
    return np.repeat(free_from, _pixel_size(rows))


def _between(lowered: Lowered, rows: Rows, output: Rows) -> IntArray:
    """Element by element; a column is read with the last output column right or left of it."""
    fields = {name: v.values for name, v in lowered.fields if isinstance(v, CArray)}
    columns = fields["columns"].astype(np.int64)
    last = np.full(rows.width, _NEVER_READ)
    for found in (columns, columns + (fields["fractions"] != 0)):
        np.maximum.at(last, found, np.arange(output.width))
    elements = last[:, None] * output.channels + np.arange(output.channels)
    return np.where(last[:, None] < 0, _NEVER_READ, elements).reshape(-1)


def _squares(rows: Rows, block: int) -> IntArray:
    """All rows of an input row's squares are made together: of all of them the first rows first."""
    size = _pixel_size(rows) // block
    row, x = np.divmod(np.arange(block * rows.width), rows.width)
    free_from = np.empty((rows.width, block), np.int64)
    free_from[x, row] = np.arange(block * rows.width) * size
    return np.repeat(free_from.reshape(-1), size)


def _pick(lowered: Lowered, source: Source, output: Rows) -> IntArray:
    """A pixel is moved piece by piece; what several pieces read is free with the last of them."""
    fields = {name: v.values for name, v in lowered.fields if isinstance(v, CArray)}
    evenly = np.arange(output.width) * source.stride_width - source.pad_left
    columns = fields.get("columns", evenly).astype(np.int64)
    free_from = np.full(source.rows.row_size, _NEVER_READ)
    for x, column in enumerate(columns.tolist()):
        to, pixel = x * _pixel_size(output), column * _pixel_size(source.rows)
        for piece in fields["pieces"].reshape(-1, 4).astype(np.int64):
            begin, size, times, step = piece.tolist()
            for i in range(times):
                at = pixel + begin + i * step
                free_from[at : at + size] = to
                to += size
    return free_from


def _transpose(graph: Graph, operator: Operator, how: attributes.Transpose) -> IntArray:
    """The whole tensor is one row; bytes are written in order, each just after it is read."""
    x = graph.tensor(operator.inputs[0])
    places = np.arange(x.size).reshape(*x.shape, x.dtype.size)
    order = places.transpose(*how.permutation, len(x.shape)).reshape(-1)
    free_from = np.empty(x.size, np.int64)
    free_from[order] = np.arange(x.size)
    return free_from


def _pixel_size(rows: Rows) -> int:
    return rows.channels * rows.element_size
