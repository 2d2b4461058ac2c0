"""Which rows and columns of each tensor a tile of a stage needs, for the replay.

Shares nothing with the planner: found row by row and column by column from what kernels read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from thumbnet.operators.base import Source
from thumbnet.plan import Plan, Stage
from thumbnet.schedule.replay_tags import activations, columns


@dataclass(frozen=True)
class Region:
    """What is made of a tensor."""

    rows: range
    columns: range


def tiles(plan: Plan, stage: Stage) -> Iterator[Mapping[str, Region]]:
    """The tiles in the order in which they run: by name of a tensor that the stage makes."""
    across, down, edge = stage.tiles
    output = stage.steps[-1].lowered.output
    for row in range(down):
        for column in range(across):
            rows = range(row * output.height // down, (row + 1) * output.height // down)
            inner = output.width - 2 * edge
            left = edge + column * inner // across if column else 0
            last = column + 1 == across
            right = output.width if last else edge + (column + 1) * inner // across
            yield _tile(plan, stage, rows, range(left, right))


def _tile(plan: Plan, stage: Stage, rows: range, wide: range) -> dict[str, Region]:
    needed = {stage.steps[-1].operator.outputs[0]: (set(rows), set(wide))}
    for step in reversed(stage.steps):
        below, right = needed[step.operator.outputs[0]]
        names = activations(plan.graph, step)
        for name, source in zip(names, step.lowered.sources, strict=True):
            part = needed.setdefault(name, (set(), set()))
            part[0].update(_rows(source, sorted(below), step.lowered.band))
            part[1].update(_columns(source, sorted(right)))
    return {name: Region(_all(part[0]), _all(part[1])) for name, part in needed.items()}


def _rows(source: Source, made: Sequence[int], band: int) -> set[int]:
    """Rows read for ``made``; those of a window in the padding alone count as the edge's."""
    # A row of a band that ends the tile reads its own window only.
    window = source.kernel_height - (band - 1) * source.stride
    found: set[int] = set()
    for y in range(made[0], made[-1] + 1):
        first = y * source.stride - source.pad
        rows = range(first, first + window)
        found.update(min(max(row, 0), source.rows.height - 1) for row in rows)
    return found


def _columns(source: Source, made: Sequence[int]) -> set[int]:
    width = source.rows.width
    found: set[int] = set()
    for x in range(made[0], made[-1] + 1):
        first, end = columns(source, x, 1)
        found.update(range(first, end) if first < end else [min(first, width - 1)])
    return found


def _all(needed: set[int]) -> range:
    return range(min(needed), max(needed) + 1)
