"""What schedules cost in executed instructions, predicted.

Calls of kernels are priced by :mod:`thumbnet.operators.cost`. What is here is the executors' own
share; these constants were fitted to counts of streamed plans of real networks on an emulated
Cortex-M4 by ``scripts/fit_streams.py``.
"""

from __future__ import annotations

from collections.abc import Iterator

from thumbnet.operators.cost import CallCost, frame_cost
from thumbnet.schedule.layers import flattened
from thumbnet.schedule.stream_net import Network, Node
from thumbnet.schedule.stream_stage import Extent

_RUN = 665
"""A run in a stream besides its kernel's call: which operator is ready, where its rows are, and
moving pixels into line buffers as often as that takes."""

_COPIED_BYTE = 0.25
"""Each byte that is moved: words by LDM and STM."""


def layer_cost(node: Node) -> int:
    """Of an operator over whole tensors."""
    if node.is_view:
        return 0
    calls = node.call.parts.values() if node.workspace is not None else [node.call]
    return sum(_whole_layer(call) for call in calls)


def extra_cost(node: Node) -> int:
    """Of what an operator in bands does twice."""
    how = node.call.lowered
    if node.workspace is None or not how.extra_macs:
        return 0
    expand = node.call.parts["expand"]
    return _whole_layer(expand) * how.extra_macs // max(expand.lowered.macs, 1)


def _whole_layer(call: CallCost) -> int:
    flat = flattened(call.lowered)
    calls = flat.output.height if flat.steps is None else flat.steps
    width = flat.output.width if flat.width is None else flat.width
    return int(frame_cost({"layers": 1.0}, call.core) + calls * call(width))


def run_cost(node: Node, segment: int) -> int:
    """Of a streamed operator whose runs make ``segment`` pixels."""
    whole, rest = divmod(node.width, segment)
    runs = [(whole, segment), (1, rest)] if rest else [(whole, segment)]
    if node.workspace is not None:
        height = -(-node.height // node.band)
        band = sum(count * (_RUN + _band_cost(node, run)) for count, run in runs)
        return int(height * band)
    return int(node.height * sum(count * (_RUN + node.call(run)) for count, run in runs))


def _band_cost(node: Node, run: int) -> float:
    """Of a run of an inverted bottleneck's kernel: that of the kernels that it calls."""
    return sum(calls * call(pixels) for call, calls, pixels in _band_calls(node, run))


def _band_calls(node: Node, run: int) -> Iterator[tuple[CallCost, int, int]]:
    workspace = node.workspace
    if workspace is None:
        raise ValueError(f"{node.name} has no workspace")
    for name, call in node.call.parts.items():
        if name == "expand":
            # Columns that the run before has made are kept.
            new = min(run * workspace.stride_width, workspace.width)
            yield call, workspace.rows, new
        else:
            yield call, node.band, run


def line_cost(net: Network, tensor: int, extent: Extent | None, segment: int) -> int:
    """Of a line buffer that is filled ``segment`` pixels at a time."""
    value = net.values[tensor]
    height, width = value.rows.height, value.rows.width
    if extent is None:
        return 0
    fits = extent.margin + segment >= width
    # Into the slots, and within the strip whenever that is full.
    pixels = width if extent.rows else 0
    if extent.margin and not fits:
        pixels += (-(-(width - extent.margin) // segment) - 1) * extent.margin
    return int(height * pixels * value.pixel * _COPIED_BYTE)
