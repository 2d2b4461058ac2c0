"""Plans whose first stage runs over random tiles, and what their tiles do, found by brute force."""

from __future__ import annotations

import random

import numpy as np
from thumbnet.ir.graph import Graph
from thumbnet.operators.registry import family
from thumbnet.plan import Plan, Stage, Tiles
from thumbnet.schedule.bands import find_bottlenecks, in_bands
from thumbnet.schedule.search_cuts import Cut
from thumbnet.schedule.search_growth import WHOLE_ROW
from thumbnet.schedule.stream_build import build_layer, build_stream
from thumbnet.schedule.stream_memory import plan_stages
from thumbnet.schedule.stream_net import Network, make_network
from thumbnet.schedule.stream_stage import Walk
from thumbnet.schedule.tile_stage import build_tiles, fits_tiles

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
    down = rng.randint(1, min(size.height, 4)) if rng.random() < 0.5 or across == 1 else 1
    tiles = Tiles(across, down, rng.randint(0, (size.width - across) // 2) if across > 1 else 0)
    if tiles.count == 1:
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


def pixels_made(plan: Plan, stage: Stage) -> dict[str, int]:
    """Pixels that each operator of a tiled stage makes, counted tile by tile with masks."""
    made = dict.fromkeys((step.operator.outputs[0] for step in stage.steps), 0)
    output = stage.steps[-1].lowered.output
    across, down, edge = stage.tiles
    inner = output.width - 2 * edge
    starts = [0, *(edge + i * inner // across for i in range(1, across)), output.width]
    for row in range(down):
        for column in range(across):
            tile = np.zeros((output.height, output.width), bool)
            tile[
                row * output.height // down : (row + 1) * output.height // down,
                starts[column] : starts[column + 1],
            ] = True
            needed = {stage.steps[-1].operator.outputs[0]: tile}
            for step in reversed(stage.steps):
                name = step.operator.outputs[0]
                box = _box(needed[name])
                made[name] += int(box.sum())
                tensors = [one for one in step.operator.inputs if one]
                tensors = [one for one in tensors if not plan.graph.tensor(one).is_constant]
                for tensor, source in zip(tensors, step.lowered.sources, strict=True):
                    shape = (source.rows.height, source.rows.width)
                    mask = needed.setdefault(tensor, np.zeros(shape, bool))
                    high = source.kernel_height - (step.lowered.band - 1) * source.stride
                    for y, x in np.argwhere(box):
                        top, left = y * source.stride - source.pad, x * source.stride_width
                        left -= source.pad_left
                        # A window in the padding alone counts as the pixel at the edge.
                        rows = np.clip(np.arange(top, top + high), 0, shape[0] - 1)
                        columns = np.arange(left, left + source.kernel_width)
                        mask[np.ix_(rows, np.clip(columns, 0, shape[1] - 1))] = True
    return made


def _box(mask: np.ndarray) -> np.ndarray:
    """The smallest rectangle around what is set."""
    rows, columns = np.nonzero(mask)
    box = np.zeros_like(mask)
    box[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = True
    return box
