"""The memory plan: every tensor and every scratch buffer at an offset in one arena."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered
from thumbnet.schedule.allocate import Buffer, Interval, allocate
from thumbnet.schedule.live_ranges import LiveRange, conflicts, find_views, live_ranges


@dataclass(frozen=True)
class Placement:
    """A live range at its place, in bytes from the start of the arena."""

    live: LiveRange
    offset: int

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.offset + self.live.size


@dataclass(frozen=True, eq=False)
class MemoryPlan:
    """Where everything lies.

    offsets      tensor -> bytes from the arena's start; views have their source's offset, graph
                 inputs that stay in the caller's buffers (and their views) have none
    views        view -> the tensor whose bytes it is, be they in the arena or the caller's
    scratch      operator -> offset of its scratch, where it has any
    placements   the same as buffers, in order of birth
    live_bytes   operator -> the least bytes that what it reads, writes and leaves alone can take
    peak         the first operator with the most of these; "" if there is none
    arena_size   bytes
    lower_bound  bytes that no plan of this operator order can go below

    Of streamed stages, whose tensors are line buffers:

    lines        tensor -> offsets of its kept rows and of its strip
    state        number of the stage -> offset of its states
    step_count   steps that live ranges count, one a stage; 0: one an operator
    """

    offsets: Mapping[str, int]
    views: Mapping[str, str]
    scratch: Mapping[str, int]
    placements: tuple[Placement, ...]
    live_bytes: Mapping[str, int]
    peak: str
    arena_size: int
    lower_bound: int
    lines: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    state: Mapping[int, int] = field(default_factory=dict)
    step_count: int = 0


def plan_memory(
    graph: Graph, lowered: Mapping[str, Lowered], *, input_in_arena: bool
) -> MemoryPlan:
    """Places the activations of ``graph``, run in its operator order, in the smallest arena found.

    ``lowered`` holds every operator by name; views need no entry.
    """
    ranges = live_ranges(graph, lowered, input_in_arena=input_in_arena)
    forbidden = conflicts(graph, lowered, ranges)
    allocation = allocate([_buffer(live) for live in ranges], forbidden)
    placements = tuple(Placement(live, allocation.offsets[live.key]) for live in ranges)
    offsets = {name: place.offset for place in placements for name in place.live.tensors}
    scratch = {
        graph.operators[place.live.first].name: place.offset
        for place in placements
        if place.live.is_scratch
    }
    live_bytes = _live_bytes(graph, ranges, forbidden)
    return MemoryPlan(
        offsets=MappingProxyType(offsets),
        views=MappingProxyType(find_views(graph, input_in_arena=input_in_arena)),
        scratch=MappingProxyType(scratch),
        placements=placements,
        live_bytes=MappingProxyType(live_bytes),
        peak=max(live_bytes, key=lambda name: live_bytes[name], default=""),
        arena_size=allocation.size,
        lower_bound=allocation.lower_bound,
    )


def memory_map(plan: MemoryPlan, graph: Graph) -> str:
    """The plan as text: one line a buffer with offset, size, first and last step, and name."""
    count = plan.step_count or len(graph.operators)
    lines = [f"arena {plan.arena_size} bytes, peak at {plan.peak or 'no operator'}"]
    lines.append(f"{'offset':>8} {'size':>8} {'steps':>9}  buffer")
    for place in sorted(plan.placements, key=lambda place: (place.live.first, place.offset)):
        live = place.live
        first = "in" if live.first < 0 else str(live.first)
        last = "out" if live.last >= count else "in" if live.last < 0 else str(live.last)
        names = ", ".join(live.tensors) if live.tensors else f"scratch of {live.name}"
        lines.append(f"{place.offset:8} {live.size:8} {first + '-' + last:>9}  {names}")
    return "\n".join(lines) + "\n"


def _buffer(live: LiveRange) -> Buffer:
    return Buffer(live.key, live.size, live.alignment)


def _live_bytes(
    graph: Graph,
    ranges: tuple[LiveRange, ...],
    forbidden: Mapping[tuple[str, str], Interval],
) -> dict[str, int]:
    """For each operator, the arena that it would need if nothing else ran."""
    needs = {}
    for step, operator in enumerate(graph.operators):
        live = [found for found in ranges if found.first <= step <= found.last]
        keys = {found.key for found in live}
        inside = {pair: gap for pair, gap in forbidden.items() if keys.issuperset(pair)}
        needs[operator.name] = allocate([_buffer(found) for found in live], inside).size
    return needs
