"""What a schedule costs besides the arithmetic: an estimate in executed instructions.

Only differences between schedules matter. The constants were fitted to counts of six networks, each
in stages of eight segment widths, on an emulated Cortex-M4: within 2 % of an inference's
instructions from two pixels a run on, up to 7 % too low at one.
"""

from __future__ import annotations

from thumbnet.schedule.stream_net import Network, Node
from thumbnet.schedule.stream_stage import Extent

WORK = 1.5
"""A multiply-accumulate with all that belongs to it."""

_ROW = 100
"""A kernel's call in a layer."""

_PARTS = 3
"""Kernels that each row of a band goes through after its expansion."""

_RUN = 550
"""A kernel's call in a stream, with finding out which operator is ready and where its rows are."""

_COPY = 170
"""A call of memcpy or memmove."""

_COPIED_BYTES = 4
"""Bytes that are copied in one instruction."""


def layer_cost(node: Node) -> int:
    """Of an operator over whole tensors."""
    return 0 if node.is_view else node.height * _ROW


def run_cost(node: Node, segment: int) -> int:
    """Of a streamed operator whose runs make ``segment`` pixels."""
    whole, rest = divmod(node.width, segment)
    runs = whole + (rest > 0)
    if node.workspace is not None:
        calls = node.workspace.rows + _PARTS * node.band
        return -(-node.height // node.band) * runs * (_RUN + calls * _ROW)
    # A row of odd width has a pixel without a neighbour anyway.
    alone = whole * (segment % 2) + rest % 2 - node.width % 2
    return node.height * (runs * _RUN + max(alone, 0) * node.pair_gain)


def line_cost(net: Network, tensor: int, extent: Extent | None, segment: int) -> int:
    """Of a line buffer that is filled ``segment`` pixels at a time."""
    value = net.values[tensor]
    height, width = value.rows.height, value.rows.width
    if extent is None:
        return 0
    fits = extent.margin + segment >= width
    calls, pixels = 0, 0
    if extent.rows:
        # Into the slots: at the end of the row, and whenever the strip is full.
        calls += 1 if fits else -(-(width - extent.margin) // segment)
        pixels += width
    if extent.margin and not fits:
        shifts = -(-(width - extent.margin) // segment) - 1
        calls += shifts
        pixels += shifts * extent.margin
    return height * (calls * _COPY + pixels * value.pixel // _COPIED_BYTES)
