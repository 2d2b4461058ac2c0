"""From the cuts of a network to the stages of a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered
from thumbnet.plan import LineBuffer, Stage, Step
from thumbnet.schedule.layers import flattened
from thumbnet.schedule.search_cuts import Cut
from thumbnet.schedule.search_growth import line_pixels, segment
from thumbnet.schedule.stream_net import Network
from thumbnet.schedule.stream_overlap import Overlaps
from thumbnet.schedule.stream_settle import settle
from thumbnet.schedule.stream_stage import Extent, Walk


@dataclass(frozen=True, eq=False)
class Built:
    """A stage with what the memory plan has to know besides.

    kept       tensors that live only in the stage and are whole in it
    distances  (input, output) -> how far the output may start below the input, None: not at all;
               above the input of a stage that runs upwards
    """

    stage: Stage
    kept: tuple[str, ...]
    distances: Mapping[tuple[str, str], int | None]


def build_layer(graph: Graph, lowered: Mapping[str, Lowered], net: Network, index: int) -> Built:
    """Operator ``index`` over whole tensors."""
    operator = graph.operators[index]
    step = Step(operator, flattened(lowered[operator.name]))
    node = net.nodes[index]
    distances: dict[tuple[str, str], int | None] = {}
    for read, overlap in zip(node.reads, step.lowered.overlap, strict=True):
        pair = (_root(net, read.tensor), operator.outputs[0])
        known = distances.get(pair, overlap)
        distances[pair] = None if known is None or overlap is None else max(known, overlap)
    return Built(Stage("layer", (step,)), (), distances)


def build_stream(
    graph: Graph, lowered: Mapping[str, Lowered], net: Network, cut: Cut, *, pushed: bool
) -> Built:
    """Operators [cut.first, cut.end) as a streamed stage.

    Where it runs upwards, ``lowered`` and ``net`` are those of the graph with its rows reversed.
    """
    walk = Walk(net, cut.first, pushed=pushed)
    for _ in range(cut.first, cut.end):
        if not walk.extend():
            raise ValueError(f"operators {cut.first} to {cut.end} are no stage")
    runs = {
        index: segment(cut.width or 1, walk.operator_times[index], net.nodes[index].width)
        for index in range(cut.first, cut.end)
    }
    operators = [(graph.operators[index], run) for index, run in runs.items()]
    steps = tuple(Step(one, lowered[one.name].for_runs(run)) for one, run in operators)
    extents = {
        tensor: walk.extent(tensor)
        for tensor in walk.times
        if net.values[tensor].last < cut.end and net.values[tensor].readers
    }
    extents = settle(walk, runs, extents)
    lines: dict[str, LineBuffer] = {}
    kept: list[str] = []
    for tensor, extent in extents.items():
        line = _line(net, walk, tensor, extent, runs)
        if line is None:
            kept.append(net.values[tensor].name)
        else:
            lines[line.tensor] = line
    segments = {net.nodes[index].name: run for index, run in runs.items()}
    stage = Stage("stream", steps, lines, segments, pushed, cut.upwards)
    return Built(stage, tuple(kept), dict(_distances(net, walk, upwards=cut.upwards)))


def _line(
    net: Network, walk: Walk, tensor: int, extent: Extent | None, runs: Mapping[int, int]
) -> LineBuffer | None:
    """The line buffer of a tensor; None if it is whole."""
    value = net.values[tensor]
    height, width = value.rows.height, value.rows.width
    if tensor == walk.pushed:
        rows = height - 1 if extent is None else min(extent.rows, height - 1)
        return LineBuffer(value.name, height, width, value.pixel, rows, 0, 0)
    run = runs[walk.writers[tensor]] if walk.band(tensor) == 1 else 0
    if extent is None or line_pixels(extent, run, height, width) >= height * width:
        return None
    return LineBuffer(value.name, height, width, value.pixel, extent.rows, extent.margin, run)


def _distances(
    net: Network, walk: Walk, *, upwards: bool
) -> Iterator[tuple[tuple[str, str], int | None]]:
    found: dict[tuple[str, str], int | None] = {}
    overlaps = Overlaps(net)
    for tensor in walk.readers:
        for output in walk.writers:
            if net.values[output].last >= walk.end or not net.values[output].readers:
                pair = (_root(net, tensor), net.values[output].name)
                find = overlaps.distance_upwards if upwards else overlaps.distance
                least = find(walk, tensor, output)
                known = found.get(pair, least)
                found[pair] = None if known is None or least is None else max(known, least)
    yield from found.items()


def _root(net: Network, tensor: int) -> str:
    return net.values[net.values[tensor].root].name
