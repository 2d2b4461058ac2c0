"""The memory plan: every tensor and every scratch buffer at an offset in an arena, or in two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered
from thumbnet.schedule.allocate import Buffer, Interval, allocate
from thumbnet.schedule.live_ranges import LiveRange, conflicts, find_views, live_ranges


@dataclass(frozen=True)
class Memories:
    """The most bytes that the arenas in a fast and a slow memory may have."""

    fast: int
    slow: int


@dataclass(frozen=True)
class Placement:
    """A live range at its place, in bytes from the start of the arena, or of the slow one."""

    live: LiveRange
    offset: int
    slow: bool = False

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.offset + self.live.size


@dataclass(frozen=True, eq=False)
class SlowMemory:
    """What of a plan lies in the second arena: whole tensors that are read and written least.

    tensors      those whose offsets count from its start, with their views
    size         bytes
    lower_bound  bytes that it cannot go below with these tensors
    peak         the first operator with the most of them live; "" if there are none
    accesses     bytes of these tensors that an inference reads and writes
    least        bytes that it reads and writes there at least, whichever tensors lie there; 0 where
                 that is not known
    all_accesses the same of all tensors, wherever they lie and those of line buffers, too
    """

    tensors: frozenset[str]
    size: int
    lower_bound: int
    peak: str
    accesses: int
    least: int
    all_accesses: int


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

    Of two memories ``slow`` is the second one; the arena is then the one in fast memory, and so are
    its figures.
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
    slow: SlowMemory | None = None

    @property
    def total_size(self) -> int:
        """Bytes of all arenas."""
        return self.arena_size + (0 if self.slow is None else self.slow.size)

    def is_slow(self, tensor: str) -> bool:
        """Whether the tensor's offset counts from the start of the slow arena."""
        return self.slow is not None and tensor in self.slow.tensors


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
    what = "arena" if plan.slow is None else "fast arena"
    lines = [f"{what} {plan.arena_size} bytes, peak at {plan.peak or 'no operator'}"]
    lines += _map_lines(plan, count, slow=False)
    if plan.slow is not None:
        peak = plan.slow.peak or "no operator"
        lines.append(f"slow arena {plan.slow.size} bytes, peak at {peak}")
        lines += _map_lines(plan, count, slow=True)
    return "\n".join(lines) + "\n"


def _map_lines(plan: MemoryPlan, count: int, *, slow: bool) -> list[str]:
    lines = [f"{'offset':>8} {'size':>8} {'steps':>9}  buffer"]
    placements = [place for place in plan.placements if place.slow == slow]
    for place in sorted(placements, key=lambda place: (place.live.first, place.offset)):
        live = place.live
        first = "in" if live.first < 0 else str(live.first)
        last = "out" if live.last >= count else "in" if live.last < 0 else str(live.last)
        names = ", ".join(live.tensors) if live.tensors else f"scratch of {live.name}"
        lines.append(f"{place.offset:8} {live.size:8} {first + '-' + last:>9}  {names}")
    return lines


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
