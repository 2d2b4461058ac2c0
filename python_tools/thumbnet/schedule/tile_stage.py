"""A stage that runs over tiles of its last output (``src/thumbnet/tiles.h``).

Its inputs are the graph's, whole, and its last operator's output is whole, too. What lies between
is kept in line buffers as wide as the widest tile needs, and made again where tiles share it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered
from thumbnet.operators.inverted_bottleneck import band_macs
from thumbnet.plan import LineBuffer, Stage, Step, Tiles
from thumbnet.schedule.search_growth import segment
from thumbnet.schedule.stream_build import Built
from thumbnet.schedule.stream_net import Network, Node
from thumbnet.schedule.stream_settle import settle
from thumbnet.schedule.stream_stage import Walk
from thumbnet.schedule.tile_regions import Span, Spans, spans

_MOST = 255
"""Tiles in a row or a column, and columns more at the edge, that the executor's numbers hold."""


def fits_tiles(net: Network, nodes: Sequence[Node], end: int) -> bool:
    """Whether ``nodes``, which are the operators before ``end``, can run over tiles.

    Rows must be read in windows, and of what they make only the last output may be needed later.
    """
    given = set(net.inputs)
    made: set[int] = set()
    for node in nodes:
        if node.accumulates or not node.streams:
            return False
        for read in node.reads:
            whole = read.tensor in given
            picked = read.ratio is not None or not read.stride or not read.stride_width
            if picked or not (whole or (read.tensor in made and read.fits)):
                return False
        made.add(node.output)
    ends = [one for one in made if net.values[one].last >= end or not net.values[one].readers]
    return ends == [nodes[-1].output]


def can_tile(net: Network, end: int, tiles: Tiles) -> bool:
    """Whether operators before ``end`` can run over these tiles, none of them empty."""
    size = net.values[net.nodes[end - 1].output].rows
    parts = tiles.columns <= size.width - 2 * tiles.edge and tiles.rows <= size.height
    return parts and max(tiles) <= _MOST and fits_tiles(net, net.nodes[:end], end)


def executed(node: Node, how: Lowered, made: Spans) -> int:
    """Multiply-accumulates of an operator over all tiles."""
    rows, columns = made.rows[node.output], made.columns[node.output]
    if how.workspace is not None:
        return band_macs(how, rows, columns)
    return how.macs * _total(rows) * _total(columns) // max(node.height * node.width, 1)


def build_tiles(
    graph: Graph,
    lowered: Mapping[str, Lowered],
    net: Network,
    end: int,
    tiles: Tiles,
    width: int,
) -> Built:
    """Operators before ``end`` as a stage over ``tiles``.

    ``width`` is the leader's segment width.

    Raises:
        ValueError: these operators cannot run so.
    """
    walk = Walk(net, 0)
    nodes = net.nodes[:end]
    if not can_tile(net, end, tiles) or not all(walk.extend() for _ in range(end)):
        raise ValueError(f"operators before {end} cannot run over {tiles}")
    made = spans(net, nodes, tiles)
    runs = {
        index: segment(width, walk.operator_times[index], made.width(node.output))
        for index, node in enumerate(nodes)
    }
    inside = [node.output for node in nodes[:-1]]
    extents = settle(walk, runs, dict.fromkeys(inside), made.tiles())
    lines: dict[str, LineBuffer] = {}
    for tensor, extent in extents.items():
        if extent is not None:
            value = net.values[tensor]
            run = runs[walk.writers[tensor]] if walk.band(tensor) == 1 else 0
            shape = (made.height(tensor), made.width(tensor), value.pixel)
            lines[value.name] = LineBuffer(value.name, *shape, extent.rows, extent.margin, run)
    steps = []
    for index, node in enumerate(nodes):
        how = lowered[node.name].for_runs(runs[index])
        macs = executed(node, how, made)
        extra = macs - how.macs + how.extra_macs
        steps.append(Step(graph.operators[index], replace(how, macs=macs, extra_macs=extra)))
    segments = {net.nodes[index].name: run for index, run in runs.items()}
    # Later tiles read the inputs again, so nothing may lie over them.
    output = net.values[nodes[-1].output].name
    distances = {(net.values[one].name, output): None for one in net.inputs}
    return Built(Stage("stream", tuple(steps), lines, segments, tiles=tiles), (), distances)


def _total(spans: Sequence[Span]) -> int:
    return sum(end - first for first, end in spans)
