"""The memory plan of streamed stages: one step a stage instead of one an operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from thumbnet.ir.graph import Graph
from thumbnet.plan import LineBuffer, Stage
from thumbnet.schedule.allocate import Buffer, Interval, allocate, disjoint, overlapping
from thumbnet.schedule.live_ranges import SCRATCH_ALIGNMENT, LiveRange, find_views
from thumbnet.schedule.memory import MemoryPlan, Placement
from thumbnet.schedule.search_growth import STATE_SIZE, aligned
from thumbnet.schedule.stream_build import Built

_WINDOW = 4
"""Consecutive stages that :func:`crowded` looks at together at most."""

_GLANCE = 2000
"""Allocator's steps for them."""


@dataclass(frozen=True)
class Block:
    """What a streamed stage takes besides whole tensors; offsets are from the block's start."""

    size: int
    scratch: Mapping[str, int]
    state: int
    lines: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Parts:
    """What is to be placed: buffers in order of birth, and the distances that they forbid."""

    views: Mapping[str, str]
    blocks: Mapping[int, Block]
    ranges: tuple[LiveRange, ...]
    forbidden: Mapping[tuple[str, str], Interval]


def plan_stages(graph: Graph, built: Sequence[Built], *, input_in_arena: bool) -> MemoryPlan:
    """Places everything that ``built``, run in order, writes."""
    parts = parts_of(graph, built, input_in_arena=input_in_arena)
    allocation = allocate([_buffer(live) for live in parts.ranges], parts.forbidden)
    placements = tuple(Placement(live, allocation.offsets[live.key]) for live in parts.ranges)
    return placed_parts(built, parts, placements, allocation.lower_bound)


def parts_of(graph: Graph, built: Sequence[Built], *, input_in_arena: bool) -> Parts:
    """The buffers of ``built``."""
    views = find_views(graph, input_in_arena=input_in_arena)
    blocks = {
        index: make_block(graph, found.stage)
        for index, found in enumerate(built)
        if found.stage.kind == "stream"
    }
    ranges = _live_ranges(graph, built, blocks, views, input_in_arena=input_in_arena)
    return Parts(views, blocks, ranges, _conflicts(built, ranges))


def placed_parts(
    built: Sequence[Built], parts: Parts, placements: tuple[Placement, ...], lower_bound: int
) -> MemoryPlan:
    """The memory plan of buffers at their places; its figures are those of the first arena."""
    blocks = parts.blocks
    starts = {place.live.first: place.offset for place in placements if place.live.is_scratch}
    scratch: dict[str, int] = {}
    lines: dict[str, tuple[int, int]] = {}
    state: dict[int, int] = {}
    for index, found in enumerate(built):
        if index in blocks:
            block, start = blocks[index], starts[index]
            scratch |= {name: start + offset for name, offset in block.scratch.items()}
            lines |= {name: (start + a, start + b) for name, (a, b) in block.lines.items()}
            state[index] = start + block.state
        elif index in starts:
            scratch[found.stage.steps[0].operator.name] = starts[index]
    first = tuple(place for place in placements if not place.slow)
    live_bytes = bytes_alive(built, tuple(place.live for place in first), parts.forbidden)
    return MemoryPlan(
        offsets=MappingProxyType(
            {name: place.offset for place in placements for name in place.live.tensors}
        ),
        views=MappingProxyType(dict(parts.views)),
        scratch=MappingProxyType(scratch),
        placements=placements,
        live_bytes=MappingProxyType(live_bytes),
        peak=max(live_bytes, key=lambda name: live_bytes[name], default=""),
        arena_size=max((place.end for place in first), default=0),
        lower_bound=lower_bound,
        lines=MappingProxyType(lines),
        state=MappingProxyType(state),
        step_count=len(built),
    )


def crowded(
    graph: Graph, built: Sequence[Built], limit: int, *, input_in_arena: bool
) -> range | None:
    """The fewest consecutive stages that no arena of ``limit`` bytes has room for.

    None where none are found: the plan may fit.
    """
    parts = parts_of(graph, built, input_in_arena=input_in_arena)
    ranges, forbidden = parts.ranges, parts.forbidden
    for count in range(1, _WINDOW + 1):
        for first in range(len(built) - count + 1):
            live = [one for one in ranges if one.first < first + count and one.last >= first]
            if sum(one.size for one in live) > limit:
                keys = {one.key for one in live}
                inside = {pair: gap for pair, gap in forbidden.items() if keys.issuperset(pair)}
                found = allocate([_buffer(one) for one in live], inside, effort=_GLANCE)
                if found.lower_bound > limit:
                    return range(first, first + count)
    return None


def make_block(graph: Graph, stage: Stage) -> Block:
    """Lays out a stage's scratch, states and line buffers, the most aligned first."""
    scratch: dict[str, int] = {}
    size = 0
    for step in stage.steps:
        if step.lowered.keeps_scratch:
            scratch[step.operator.name] = size
            size += aligned(step.lowered.scratch)
    once = [step for step in stage.steps if step.lowered.scratch and not step.lowered.keeps_scratch]
    scratch |= {step.operator.name: size for step in once}
    size += max((aligned(step.lowered.scratch) for step in once), default=0)
    lines: dict[str, tuple[int, int]] = {}
    words = {line.tensor for line in stage.lines.values() if _alignment(graph, line) > 1}
    for name in sorted(words, key=lambda name: -_alignment(graph, stage.lines[name])):
        size = _add_line(lines, stage.lines[name], size)
    state = size
    # Over tiles, each state has a region besides.
    size += STATE_SIZE * state_count(graph, stage) * (1 + stage.tiled)
    for name, line in stage.lines.items():
        if name not in words:
            size = _add_line(lines, line, size)
    return Block(size, scratch, state, lines)


def state_count(graph: Graph, stage: Stage) -> int:
    """States of a stage: one a tensor that it reads or makes and one more for each accumulator."""
    tensors = {step.operator.outputs[0] for step in stage.steps}
    for step in stage.steps:
        tensors |= {name for name in step.operator.inputs if name}
    activations = sum(not graph.tensor(name).is_constant for name in tensors)
    return activations + sum(step.lowered.accumulates for step in stage.steps)


def _add_line(lines: dict[str, tuple[int, int]], line: LineBuffer, size: int) -> int:
    lines[line.tensor] = (size, size + line.slots_size)
    return size + line.slots_size + line.strip_size


def _alignment(graph: Graph, line: LineBuffer) -> int:
    return graph.tensor(line.tensor).dtype.size


def _live_ranges(
    graph: Graph,
    built: Sequence[Built],
    blocks: Mapping[int, Block],
    views: Mapping[str, str],
    *,
    input_in_arena: bool,
) -> tuple[LiveRange, ...]:
    """Whole tensors over stages, and of each stage what lives only in it."""
    first = dict.fromkeys(graph.inputs, -1) if input_in_arena else {}
    last = dict(first)
    members: dict[str, list[str]] = {name: [name] for name in first}
    for index, found in enumerate(built):
        inside = {*found.stage.lines, *found.kept}
        for step in found.stage.steps:
            operator = step.operator
            is_view = operator.outputs[0] in views
            for name in operator.inputs:
                root = views.get(name, name)
                if root in last and not is_view:
                    last[root] = index
            output = operator.outputs[0]
            root = views.get(output, output)
            if root in members:
                members[root].append(output)
            elif root == output and (output not in inside or output in found.kept):
                first[output] = last[output] = index
                members[output] = [output]
    for name in graph.results:
        root = views.get(name, name)
        if root in last:
            last[root] = len(built)
    ranges = [
        LiveRange(
            name,
            tuple(members[name]),
            max(graph.tensor(member).size for member in members[name]),
            max(graph.tensor(member).dtype.size for member in members[name]),
            first[name],
            last[name],
        )
        for name in members
    ]
    for index, found in enumerate(built):
        if index in blocks:
            if blocks[index].size:
                ranges.append(_of_stage(index, blocks[index]))
            continue
        step = found.stage.steps[0]
        if step.lowered.scratch and step.operator.outputs[0] not in views:
            name, size = step.operator.name, step.lowered.scratch
            ranges.append(LiveRange(name, (), size, SCRATCH_ALIGNMENT, index, index))
    return tuple(sorted(ranges, key=lambda live: live.first))


def _of_stage(index: int, block: Block) -> LiveRange:
    return LiveRange(f"stage {index}", (), block.size, SCRATCH_ALIGNMENT, index, index)


def _conflicts(
    built: Sequence[Built], ranges: tuple[LiveRange, ...]
) -> dict[tuple[str, str], Interval]:
    """For keys (a, b), a born first: the distances from a to b that their lives forbid."""
    return {
        (a.key, b.key): _interval(built, a, b)
        for number, b in enumerate(ranges)
        for a in ranges[:number]
        if a.last >= b.first
    }


def _interval(built: Sequence[Built], a: LiveRange, b: LiveRange) -> Interval:
    dies = a.last == b.first > a.first and b.first < len(built)
    if not dies or a.is_scratch or b.is_scratch:
        return disjoint(a.size, b.size)
    distances = built[b.first].distances
    distance = distances.get((a.name, b.name))
    if not built[b.first].stage.upwards or distance is None:
        return overlapping(a.size, b.size, distance)
    return -b.size, min(distance, a.size)


def _buffer(live: LiveRange) -> Buffer:
    return Buffer(live.key, live.size, live.alignment)


def bytes_alive(
    built: Sequence[Built],
    ranges: Sequence[LiveRange],
    forbidden: Mapping[tuple[str, str], Interval],
) -> dict[str, int]:
    """For each operator, the arena that its stage would need if nothing else ran.

    ``ranges`` are all buffers of that arena.
    """
    needs: dict[str, int] = {}
    for index, found in enumerate(built):
        live = [one for one in ranges if one.first <= index <= one.last]
        keys = {one.key for one in live}
        inside = {pair: gap for pair, gap in forbidden.items() if keys.issuperset(pair)}
        size = allocate([_buffer(one) for one in live], inside).size
        needs |= {step.operator.name: size for step in found.stage.steps}
    return needs
