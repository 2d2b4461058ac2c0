"""Plans whose first stage runs over random tiles, and what their tiles do, found by brute force."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from itertools import product

import numpy as np
import numpy.typing as npt
from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Part
from thumbnet.operators.registry import family
from thumbnet.plan import Plan, Stage, Step, Tiles
from thumbnet.schedule.bands import find_bottlenecks, in_bands
from thumbnet.schedule.search_cuts import Cut
from thumbnet.schedule.search_growth import WHOLE_ROW
from thumbnet.schedule.stream_build import build_layer, build_stream
from thumbnet.schedule.stream_memory import plan_stages
from thumbnet.schedule.stream_net import Network, make_network
from thumbnet.schedule.stream_stage import Walk
from thumbnet.schedule.tile_stage import build_tiles, fits_tiles

Mask = npt.NDArray[np.bool_]

WIDTHS = (1, 1, 2, 3, 5, WHOLE_ROW)


def random_bands(graph: Graph, rng: random.Random) -> Graph:
    """``graph`` with most of its bottlenecks in bands of random heights."""
    heights = {
        one: rng.choice([1, 2, 3, 4]) for one in find_bottlenecks(graph) if rng.random() < 0.8
    }
    return in_bands(graph, heights)


def random_tiles(graph: Graph, input: str, rng: random.Random) -> Plan | None:
    """A plan that begins with a stage over tiles; None if nothing of the graph can run so."""
    lowered = {
        operator.name: family(operator).lower(graph, operator) for operator in graph.operators
    }
    net = make_network(graph, lowered, input_in_arena=input == "arena")
    count = len(net.nodes)
    ends = [end for end in range(2, count + 1) if fits_tiles(net, net.nodes[:end], end)]
    ends = [end for end in ends if _joins(net, end)]
    if not ends:
        return None
    end = rng.choice(ends[-3:])
    size = net.values[net.nodes[end - 1].output].rows
    across = rng.randint(1, min(size.width, 5))
    down = rng.randint(2, 4) if rng.random() < 0.5 or across == 1 else 1
    down = min(size.height, down)
    tiles = Tiles(across, down, rng.randint(0, (size.width - across) // 2) if across > 1 else 0)
    if tiles.number == 1:
        return None
    built = [build_tiles(graph, lowered, net, end, tiles, rng.choice(WIDTHS))]
    first = end
    while first < count:
        walk = Walk(net, first)
        if walk.extend():
            while walk.end < count and rng.random() < 0.8 and walk.extend():
                pass
            width = rng.choice(WIDTHS)
            cut = Cut(first, walk.end, width, 0, 0)
            built.append(build_stream(graph, lowered, net, cut, pushed=False))
            first = walk.end
        else:
            built.append(build_layer(graph, lowered, net, first))
            first += 1
    in_arena = input == "arena"
    memory = plan_stages(graph, built, input_in_arena=in_arena)
    return Plan(graph, tuple(found.stage for found in built), memory, in_arena)


def _joins(net: Network, end: int) -> bool:
    walk = Walk(net, 0)
    return all(walk.extend() for _ in range(end))


Box = tuple[range, range]
"""Rows and columns."""


def boxes(plan: Plan, stage: Stage) -> Iterator[dict[str, Box]]:
    """What each tile of a stage makes of each tensor, found with masks of pixels."""
    across, down, edge = stage.tiles
    output = stage.steps[-1].lowered.output
    inner = output.width - 2 * edge
    starts = [0, *(edge + i * inner // across for i in range(1, across)), output.width]
    for row, column in product(range(down), range(across)):
        tile = np.zeros((output.height, output.width), bool)
        rows = slice(row * output.height // down, (row + 1) * output.height // down)
        tile[rows, starts[column] : starts[column + 1]] = True
        needed = {stage.steps[-1].operator.outputs[0]: tile}
        for step in reversed(stage.steps):
            _need(plan, step, needed)
        made = {step.operator.outputs[0] for step in stage.steps}
        yield {name: _box(mask) for name, mask in needed.items() if name in made}


def _need(plan: Plan, step: Step, needed: dict[str, Mask]) -> None:
    """Marks what an operator reads for what is needed of its output."""
    rows, columns = _box(needed[step.operator.outputs[0]])
    names = [name for name in step.operator.inputs if name]
    names = [name for name in names if not plan.graph.tensor(name).is_constant]
    for name, source in zip(names, step.lowered.sources, strict=True):
        height, width = source.rows.height, source.rows.width
        mask = needed.setdefault(name, np.zeros((height, width), bool))
        # A band's source is as high as the band's; a row of it has a window of its own.
        kernel = source.kernel_height - (step.lowered.band - 1) * source.stride
        for y, x in product(rows, columns):
            top, left = y * source.stride - source.pad, x * source.stride_width - source.pad_left
            # A window in the padding alone counts as the pixel at the edge.
            ys = np.clip(np.arange(top, top + kernel), 0, height - 1)
            xs = np.clip(np.arange(left, left + source.kernel_width), 0, width - 1)
            mask[np.ix_(ys, xs)] = True


def _box(mask: Mask) -> Box:
    """The smallest rectangle around what is set."""
    rows, columns = np.nonzero(mask)
    return range(rows.min(), rows.max() + 1), range(columns.min(), columns.max() + 1)


def pixels_made(plan: Plan, stage: Stage) -> Counter[str]:
    """Pixels that a stage makes of each tensor, over all tiles."""
    made: Counter[str] = Counter()
    for tile in boxes(plan, stage):
        made.update({name: len(rows) * len(columns) for name, (rows, columns) in tile.items()})
    return made


def rows_expanded(plan: Plan, stage: Stage, step: Step) -> int:
    """Multiply-accumulates of a bottleneck in bands over all tiles, band by band with sets."""
    parts = [value.lowered for _, value in step.lowered.fields if isinstance(value, Part)]
    expand, depthwise, project = parts[:3]
    window, whole, output = depthwise.sources[0], expand.output, step.lowered.output
    a_pixel = expand.macs // (whole.height * whole.width)
    others = (depthwise.macs + project.macs) // (output.height * output.width)
    total = 0
    for tile in boxes(plan, stage):
        ys, xs = tile[step.operator.outputs[0]]
        for first in range(ys.start, ys.stop, step.lowered.band):
            band = range(first, min(first + step.lowered.band, ys.stop))
            rows = _reached(band, window.stride, window.pad, window.kernel_height, whole.height)
            columns = _reached(
                xs, window.stride_width, window.pad_left, window.kernel_width, whole.width
            )
            total += len(rows) * len(columns) * a_pixel + len(band) * len(xs) * others
    return total


def _reached(made: range, stride: int, pad: int, kernel: int, size: int) -> range:
    """From the first to the last that windows of ``made`` read, inside the tensor."""
    inside = [i * stride - pad + k for i in made for k in range(kernel)]
    inside = [i for i in range(min(inside), max(inside) + 1) if 0 <= i < size]
    return range(min(inside), max(inside) + 1) if inside else range(0)
