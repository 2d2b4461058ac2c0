"""Tags for replaying plans: memory whose every byte knows what was written there last.

Shares nothing with the planner: it knows offsets and which rows and columns a kernel reads for a
run of pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered, Rows, Source
from thumbnet.plan import Plan, Step
from thumbnet.schedule.replay import ReplayError
from thumbnet.schedule.replay_access import access

Tags = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Touch:
    """Bytes [start, end) of a tensor that a kernel reads or writes."""

    writes: bool
    tensor: str
    start: int
    end: int


class Memory:
    """The arenas and the caller's buffers, and which tag every byte of a tensor has."""

    def __init__(self, plan: Plan, trace: list[Touch] | None) -> None:
        self.plan = plan
        self.trace = trace
        self.arena: Tags = np.full(plan.memory.arena_size, -1, np.int64)
        slow = 0 if plan.memory.slow is None else plan.memory.slow.size
        self.slow: Tags = np.full(slow, -1, np.int64)
        self.caller: dict[str, Tags] = {}
        self.first: dict[str, int] = {}
        self.names: list[str] = []
        self._next = 0
        for name in plan.graph.sources:
            size = plan.graph.tensor(name).size
            if name in plan.memory.offsets:
                self.write(self.whole(name), self.tags(name, 0, size))
            elif not plan.pushed:
                self.caller[name] = self.tags(name, 0, size)
        for name in plan.graph.inputs:
            if name in plan.memory.offsets:
                size = plan.graph.tensor(name).size
                self.expect(name, 0, size, self.whole(name), "at the start")

    def tags(self, name: str, start: int, size: int) -> Tags:
        """The tags of ``size`` bytes of a tensor, or of anything else that is called so."""
        root = self.plan.memory.views.get(name, name)
        if root not in self.first:
            self.first[root] = self._next
            self.names.append(root)
            tensor = self.plan.graph.tensors.get(root)
            self._next += 1_000_000 if tensor is None else tensor.size
        return np.arange(size, dtype=np.int64) + (self.first[root] + start)

    def whole(self, name: str) -> Pointer:
        """Where a tensor that is whole begins."""
        root = self.plan.memory.views.get(name, name)
        if root in self.caller:
            return Pointer(self.caller[root], 0)
        space = self.slow if self.plan.memory.is_slow(root) else self.arena
        return Pointer(space, self.plan.memory.offsets[root])

    def write(self, to: Pointer, tags: Tags) -> None:
        """Stores tags."""
        if to.at < 0 or to.at + len(tags) > len(to.space):
            raise ReplayError(f"bytes [{to.at}, {to.at + len(tags)}) of {len(to.space)}")
        to.space[to.at : to.at + len(tags)] = tags

    def expect(
        self,
        name: str,
        start: int,
        size: int,
        at: Pointer,
        when: str,
        needed: npt.NDArray[np.bool_] | bool = True,
    ) -> None:
        """Checks that bytes [start, start + size) of a tensor, where ``needed``, are at ``at``."""
        if at.at < 0 or at.at + size > len(at.space):
            raise ReplayError(f"{when}: bytes [{at.at}, {at.at + size}) of {len(at.space)}")
        wrong = (at.space[at.at : at.at + size] != self.tags(name, start, size)) & needed
        if wrong.any():
            byte = int(np.argmax(wrong))
            holds = self.holder(int(at.space[at.at + byte]))
            raise ReplayError(f"{when}: byte {start + byte} of {name!r} holds {holds}")

    def holder(self, tag: int) -> str:
        """What a tag belongs to."""
        for name in reversed(self.names):
            if 0 <= self.first[name] <= tag:
                return f"byte {tag - self.first[name]} of {name!r}"
        return "nothing"


@dataclass(frozen=True, eq=False)
class Pointer:
    """Byte ``at`` of an arena or of a caller's buffer."""

    space: Tags
    at: int

    def __add__(self, offset: int) -> Pointer:
        return Pointer(self.space, self.at + offset)


@dataclass(frozen=True, eq=False)
class Seen:
    """Bytes that a run reads: ``size`` from byte ``start`` of a tensor's row ``row``."""

    name: str
    index: int
    row: int
    start: int
    size: int
    at: Pointer


def columns(source: Source, x: int, n: int) -> tuple[int, int]:
    """The input columns [first, end) that pixels [x, x + n) read."""
    width = source.rows.width
    first = max(x * source.stride_width - source.pad_left, 0)
    last = (x + n - 1) * source.stride_width - source.pad_left + source.kernel_width - 1
    return first, min(last + 1, width)


def rows_read(source: Source, y: int) -> list[int]:
    """The input rows that row y reads, where they exist."""
    if source.row_map is not None:
        return [source.row_map[y]]
    first = y * source.stride - source.pad
    rows = range(first, first + source.kernel_height)
    return [row for row in rows if 0 <= row < source.rows.height]


def pixel_size(rows: Rows) -> int:
    """Bytes."""
    return rows.channels * rows.element_size


def activations(graph: Graph, step: Step) -> list[str]:
    """The inputs that are no constants, in the order of the kernel's sources."""
    return [name for name in step.operator.inputs if name and not graph.tensor(name).is_constant]


def grid(lowered: Lowered) -> tuple[int, int]:
    """What the kernel runs over."""
    height = lowered.output.height if lowered.steps is None else lowered.steps
    width = lowered.output.width if lowered.width is None else lowered.width
    return height, width


def run_kernel(
    memory: Memory,
    step: Step,
    seen: list[Seen],
    outs: Sequence[tuple[Pointer, int]],
    at: tuple[int, int],
    n: int,
) -> None:
    """One call of a kernel that makes ``n`` pixels from ``at`` (y, x) of its grid on.

    ``outs`` are the places of these pixels in every row that it makes, and the rows' numbers.
    """
    y, x = at
    lowered, graph = step.lowered, memory.plan.graph
    where = f"{step.operator.name!r} pixel ({y}, {x})"
    output, name = lowered.output, step.operator.outputs[0]
    ends = not lowered.accumulates or (y + 1, x + n) == grid(lowered)
    size = output.size if lowered.accumulates else n * pixel_size(output)
    writes = [(out, (row * output.width + x) * pixel_size(output)) for out, row in outs if ends]
    if lowered.accumulates:
        writes = [(out, 0) for out, _ in writes]
    if memory.trace is not None:
        memory.trace += [Touch(False, one.name, one.start, one.start + one.size) for one in seen]
        memory.trace += [Touch(True, name, start, start + size) for _, start in writes]
    for one in seen:
        needed = _needed(graph, step, one, x)
        memory.expect(one.name, one.start, one.size, one.at, where, needed)
        for out, start in writes if not lowered.accumulates else ():
            _check_order(graph, step, one, out, start, size, where)
    if lowered.scratch:
        _use_scratch(memory, step, where, (y, x) == (0, 0))
    for out, start in writes:
        memory.write(out, memory.tags(name, start, size))


def _needed(graph: Graph, step: Step, one: Seen, x: int) -> npt.NDArray[np.bool_] | bool:
    """Which of the bytes seen are read from pixel x on: not all of a row that is given whole."""
    lowered = step.lowered
    if not x or lowered.accumulates or lowered.sources[one.index].stride_width:
        return True
    free_from = access(graph, step.operator, lowered, one.index).free_from
    first = one.start % len(free_from)
    return free_from[first : first + one.size] >= x * pixel_size(lowered.output)


def _check_order(
    graph: Graph, step: Step, one: Seen, out: Pointer, start: int, size: int, where: str
) -> None:
    """What the run reads is not destroyed by the run's own pixels before they read it."""
    low, high = max(one.at.at, out.at), min(one.at.at + one.size, out.at + size)
    if out.space is not one.at.space or low >= high:
        return
    how = access(graph, step.operator, step.lowered, one.index)
    row_size = how.source.rows.row_size
    places = np.arange(low, high)
    read = (places - one.at.at + one.start) % row_size
    written = (places - out.at + start) % step.lowered.output.row_size
    free_from = how.free_from[read]
    if ((free_from >= 0) & (written < free_from)).any():
        raise ReplayError(f"{where}: written over {one.name!r}, which is still to be read")


def _use_scratch(memory: Memory, step: Step, where: str, fresh: bool) -> None:
    """An accumulating kernel finds its scratch as it left it; others only need the room."""
    name, size = f"scratch of {step.operator.name}", step.lowered.scratch
    at = Pointer(memory.arena, memory.plan.memory.scratch[step.operator.name])
    if step.lowered.keeps_scratch and not fresh:
        memory.expect(name, 0, size, at, where)
    memory.write(at, memory.tags(name, 0, size))


def run_layer(plan: Plan, memory: Memory, step: Step) -> None:
    """As ``thumbnet_run_layer`` does."""
    if step.operator.outputs[0] in plan.memory.views:
        return
    lowered = step.lowered
    inputs = activations(plan.graph, step)
    height, width = grid(lowered)
    out = memory.whole(step.operator.outputs[0])
    for y in range(height):
        seen = []
        for index, (name, source) in enumerate(zip(inputs, lowered.sources, strict=True)):
            first, end = columns(source, 0, width)
            for row in rows_read(source, y):
                start = row * source.rows.row_size + first * pixel_size(source.rows)
                size = (end - first) * pixel_size(source.rows)
                seen.append(Seen(name, index, row, start, size, memory.whole(name) + start))
        row_out = out if lowered.accumulates else out + y * lowered.output.row_size
        run_kernel(memory, step, seen, [(row_out, y)], (y, 0), width)
