"""How many bytes of each whole tensor an inference reads and writes: what makes one hot or cold.

Counted as kernels in ``src/`` load them: a window is read for every pixel anew, and a convolution
reads it again for every few channels that it makes at once. What windows reach outside the tensor
costs nothing. A tensor is written once, and so a model's input is copied in and its output out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered, Source
from thumbnet.plan import Step

_CHANNELS_AT_ONCE = {
    "conv_2d": 2,
    "fully_connected": 4,
    "unidirectional_sequence_lstm": 1,
    "svdf": 1,
}
"""Output channels for which a window is read once, by most pixels."""

_ONCE_AN_OUTPUT = (
    *("add", "sub", "mul", "resize_nearest_neighbor", "pick", "select", "select_v2"),
    *("maximum", "minimum", "squared_difference", "prelu", "div", "floor_div", "floor_mod"),
    *("equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "logical_and"),
    "logical_or",
)
"""Kinds that read an element of each input for every output element, broadcast ones again."""


def tensor_accesses(
    graph: Graph, steps: Iterable[Step], views: Mapping[str, str]
) -> dict[str, int]:
    """Bytes by tensor; a view's count for the tensor whose bytes it is.

    ``steps`` are those of a plan, in any order; of a tensor that a stream keeps only as a line
    buffer the figure says nothing, because line buffers are copied besides.
    """
    found: dict[str, int] = {}

    def add(name: str, count: int) -> None:
        root = views.get(name, name)
        found[root] = found.get(root, 0) + count

    for name in (*graph.inputs, *graph.results):
        add(name, graph.tensor(name).size)
    for step in steps:
        operator, lowered = step.operator, step.lowered
        if operator.outputs[0] in views:
            continue
        add(operator.outputs[0], lowered.output.size)
        names = [name for name in operator.inputs if name and not graph.tensor(name).is_constant]
        for name, source in zip(names, lowered.sources, strict=True):
            add(name, bytes_read(operator.kind, lowered, source))
    return found


def bytes_read(kind: str, lowered: Lowered, source: Source) -> int:
    """Bytes that an operator of ``kind`` reads of one of its inputs."""
    output = lowered.output
    if kind == "batch_matmul":
        return lowered.macs
    if kind in _ONCE_AN_OUTPUT:
        return output.size
    height = output.height if lowered.steps is None else lowered.steps
    width = output.width if lowered.width is None else lowered.width
    if source.row_map is not None:
        rows = height
    else:
        rows = _inside(height, source.stride, source.pad, source.kernel_height, source.rows.height)
    if source.stride_width == 0:
        columns = source.rows.width
    else:
        reach = (source.stride_width, source.pad_left, source.kernel_width)
        columns = _inside(width, *reach, source.rows.width)
    pixels = rows * columns * source.rows.channels * source.rows.element_size
    if kind == "depthwise_conv_2d":
        return pixels * (output.channels // source.rows.channels)
    return pixels * -(-output.channels // _CHANNELS_AT_ONCE.get(kind, output.channels))


def _inside(count: int, stride: int, pad: int, kernel: int, size: int) -> int:
    """Rows (or columns) inside a tensor of ``size`` that ``count`` windows cover, all added up."""
    total = 0
    for i in range(count):
        first = i * stride - pad
        total += max(min(first + kernel, size) - max(first, 0), 0)
    return total
