"""What a schedule costs besides its multiply-accumulates: an estimate in executed instructions.

Only differences between schedules matter. The constants are rounded counts of Thumb-2 code at
-O2: a layer calls its kernel once a row; a stream does so once a run, after looking which
operator is ready and where its rows are, and copies what leaves a strip.
"""

from __future__ import annotations

from thumbnet.schedule.stream_net import Network, Node
from thumbnet.schedule.stream_stage import Extent

_ROW = 80
"""A kernel's call in a layer."""

_RUN = 300
"""A kernel's call in a stream, with what looks for it in vain."""

_COPY = 40
"""A call of memcpy or memmove, without its bytes."""

_COPIED_BYTES = 2
"""Bytes that are copied in one instruction."""

_ALONE = 2
"""Multiply-accumulates in one instruction that a pixel costs more where it is made without a
neighbour: then weights are loaded for it alone."""


def layer_cost(node: Node) -> int:
    """Of an operator over whole tensors."""
    return 0 if node.is_view else node.height * _ROW


def run_cost(node: Node, segment: int) -> int:
    """Of a streamed operator whose runs make ``segment`` pixels."""
    whole, rest = divmod(node.width, segment)
    runs = whole + (rest > 0)
    alone = whole * (segment % 2) + rest % 2 - node.width % 2
    a_pixel = node.macs // (node.height * node.width)
    return node.height * (runs * _RUN + max(alone, 0) * a_pixel // _ALONE)


def line_cost(net: Network, tensor: int, extent: Extent | None, segment: int) -> int:
    """Of a line buffer that is filled ``segment`` pixels at a time."""
    value = net.values[tensor]
    height, width = value.rows.height, value.rows.width
    if extent is None or (not extent.rows and extent.margin + segment >= width):
        return 0
    runs = -(-width // segment)
    kept = width * value.pixel if extent.rows else 0
    moved = (runs - 1) * min(extent.margin, width) * value.pixel
    calls = runs * (1 + (extent.rows > 0))
    return height * (calls * _COPY + (kept + moved) // _COPIED_BYTES)
