"""Replays a plan in an arena of tags, streamed stages as ``src/thumbnet/stream.h`` runs them.

Shares nothing with the planner: it knows the executor, which rows and columns a kernel reads for a
run of pixels, and offsets. Every byte holds the tag (tensor, row, column, byte) of what was written
there last; a read must find the tags of what it means to read.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered, Rows, Source
from thumbnet.plan import Plan, Stage, Step
from thumbnet.schedule.replay import ReplayError
from thumbnet.schedule.replay_access import access

Tags = npt.NDArray[np.int64]

_NONE = -1


@dataclass(frozen=True)
class Touch:
    """Bytes [start, end) of a tensor that a kernel reads or writes."""

    writes: bool
    tensor: str
    start: int
    end: int


def replay_plan(plan: Plan, trace: list[Touch] | None = None) -> None:
    """Goes through every run of every stage; ``trace`` gets what kernels touch, in order.

    Raises:
        ReplayError: a byte is read that something else was written over, or lies outside the
            arena, or a stage stops before its outputs are complete.
    """
    memory = _Memory(plan, trace)
    for index, stage in enumerate(plan.stages):
        if stage.kind == "stream":
            _Stream(plan, memory, index).run()
        else:
            _run_layer(plan, memory, stage.steps[0])
    for name in plan.graph.outputs:
        memory.expect(name, 0, plan.graph.tensor(name).size, memory.whole(name), "at the end")


class _Memory:
    """The arena and the caller's buffers, and which tag every byte of a tensor has."""

    def __init__(self, plan: Plan, trace: list[Touch] | None) -> None:
        self.plan = plan
        self.trace = trace
        self.arena: Tags = np.full(plan.memory.arena_size, -1, np.int64)
        self.caller: dict[str, Tags] = {}
        self.first: dict[str, int] = {}
        self.names: list[str] = []
        self._next = 0
        for name in plan.graph.inputs:
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

    def whole(self, name: str) -> _Pointer:
        """Where a tensor that is whole begins."""
        root = self.plan.memory.views.get(name, name)
        if root in self.caller:
            return _Pointer(self.caller[root], 0)
        return _Pointer(self.arena, self.plan.memory.offsets[root])

    def write(self, to: _Pointer, tags: Tags) -> None:
        """Stores tags."""
        if to.at < 0 or to.at + len(tags) > len(to.space):
            raise ReplayError(f"bytes [{to.at}, {to.at + len(tags)}) of {len(to.space)}")
        to.space[to.at : to.at + len(tags)] = tags

    def expect(self, name: str, start: int, size: int, at: _Pointer, when: str) -> None:
        """Checks that bytes [start, start + size) of a tensor are at ``at``."""
        if at.at < 0 or at.at + size > len(at.space):
            raise ReplayError(f"{when}: bytes [{at.at}, {at.at + size}) of {len(at.space)}")
        wrong = at.space[at.at : at.at + size] != self.tags(name, start, size)
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
class _Pointer:
    space: Tags
    at: int

    def __add__(self, offset: int) -> _Pointer:
        return _Pointer(self.space, self.at + offset)


@dataclass(frozen=True, eq=False)
class _Seen:
    """Bytes that a run reads: ``size`` from byte ``start`` of a tensor's row ``row``."""

    name: str
    index: int
    row: int
    start: int
    size: int
    at: _Pointer


def _columns(source: Source, x: int, n: int) -> tuple[int, int]:
    """The input columns [first, end) that pixels [x, x + n) read."""
    width = source.rows.width
    first = max(x * source.stride_width - source.pad_left, 0)
    last = (x + n - 1) * source.stride_width - source.pad_left + source.kernel_width - 1
    return first, min(last + 1, width)


def _rows(source: Source, y: int) -> list[int]:
    """The input rows that row y reads, where they exist."""
    if source.row_map is not None:
        return [source.row_map[y]]
    first = y * source.stride - source.pad
    rows = range(first, first + source.kernel_height)
    return [row for row in rows if 0 <= row < source.rows.height]


def _pixel(rows: Rows) -> int:
    return rows.channels * rows.element_size


def _activations(graph: Graph, step: Step) -> list[str]:
    return [name for name in step.operator.inputs if name and not graph.tensor(name).is_constant]


def _grid(lowered: Lowered) -> tuple[int, int]:
    """What the kernel runs over."""
    height = lowered.output.height if lowered.steps is None else lowered.steps
    width = lowered.output.width if lowered.width is None else lowered.width
    return height, width


def _run_kernel(
    memory: _Memory, step: Step, seen: list[_Seen], out: _Pointer, x: int, y: int, n: int
) -> None:
    """One call of a kernel that makes pixels [x, x + n) of row y (of its grid)."""
    lowered, graph = step.lowered, memory.plan.graph
    where = f"{step.operator.name!r} pixel ({y}, {x})"
    output, name = lowered.output, step.operator.outputs[0]
    ends = not lowered.accumulates or (y + 1, x + n) == _grid(lowered)
    start, size = (y * output.width + x) * _pixel(output), n * _pixel(output)
    if lowered.accumulates:
        start, size = 0, output.size
    if memory.trace is not None:
        memory.trace += [Touch(False, one.name, one.start, one.start + one.size) for one in seen]
        if ends:
            memory.trace.append(Touch(True, name, start, start + size))
    for one in seen:
        memory.expect(one.name, one.start, one.size, one.at, where)
        if ends and not lowered.accumulates:
            _check_order(graph, step, one, out, start, size, where)
    if lowered.scratch:
        _use_scratch(memory, step, where, (y, x) == (0, 0))
    if ends:
        memory.write(out, memory.tags(name, start, size))


def _check_order(
    graph: Graph, step: Step, one: _Seen, out: _Pointer, start: int, size: int, where: str
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


def _use_scratch(memory: _Memory, step: Step, where: str, fresh: bool) -> None:
    """An accumulating kernel finds its scratch as it left it; others only need the room."""
    name, size = f"scratch of {step.operator.name}", step.lowered.scratch
    at = _Pointer(memory.arena, memory.plan.memory.scratch[step.operator.name])
    if step.lowered.accumulates and not fresh:
        memory.expect(name, 0, size, at, where)
    memory.write(at, memory.tags(name, 0, size))


def _run_layer(plan: Plan, memory: _Memory, step: Step) -> None:
    """As ``thumbnet_run_layer`` does."""
    if step.operator.outputs[0] in plan.memory.views:
        return
    lowered = step.lowered
    inputs = _activations(plan.graph, step)
    height, width = _grid(lowered)
    out = memory.whole(step.operator.outputs[0])
    for y in range(height):
        seen = []
        for index, (name, source) in enumerate(zip(inputs, lowered.sources, strict=True)):
            first, end = _columns(source, 0, width)
            for row in _rows(source, y):
                start = row * source.rows.row_size + first * _pixel(source.rows)
                size = (end - first) * _pixel(source.rows)
                seen.append(_Seen(name, index, row, start, size, memory.whole(name) + start))
        row_out = out if lowered.accumulates else out + y * lowered.output.row_size
        _run_kernel(memory, step, seen, row_out, 0, y, width)


@dataclass
class _State:
    """``thumbnet_stream_state_t``."""

    y: int = 0
    x: int = 0
    first: int = _NONE


@dataclass(eq=False)
class _Tensor:
    """``thumbnet_stream_tensor_t`` with its state."""

    name: str
    height: int
    width: int
    pixel: int
    place: str
    state: _State
    slots: _Pointer | None = None
    strip: _Pointer | None = None
    strip_size: int = 0
    rows: int = 0
    margin: int = 0

    @property
    def newest(self) -> int:
        return self.state.y if self.state.x else self.state.y - 1


class _Stream:
    """One streamed stage."""

    def __init__(self, plan: Plan, memory: _Memory, index: int) -> None:
        self.plan = plan
        self.memory = memory
        self.stage = plan.stages[index]
        self.row: Tags = np.empty(0, np.int64)
        """The caller's row."""
        self.tensors: dict[str, _Tensor] = {}
        self.own: dict[int, _State] = {}
        """States of accumulating operators."""
        self._check_places(index)
        for number, step in enumerate(self.stage.steps):
            for name, source in zip(
                _activations(plan.graph, step), step.lowered.sources, strict=True
            ):
                if name not in self.tensors:
                    self._add(name, source.rows, given=True)
            self._add(step.operator.outputs[0], step.lowered.output, given=False)
            if step.lowered.accumulates:
                self.own[number] = _State()
        self.last_reader = [self._last_reader(number) for number in range(len(self.stage.steps))]

    def _check_places(self, index: int) -> None:
        """The states take room too; they must not share it with anything of the stage."""
        count = len(
            {name for step in self.stage.steps for name in (*_activations(self.plan.graph, step),
             step.operator.outputs[0])}
        ) + sum(step.lowered.accumulates for step in self.stage.steps)
        self.state_at = _Pointer(self.memory.arena, self.plan.memory.state[index])
        self.state_size = 6 * count
        self.state_name = f"states of stage {index}"
        self.memory.write(self.state_at, self.memory.tags(self.state_name, 0, self.state_size))

    def _add(self, name: str, rows: Rows, *, given: bool) -> None:
        pushed = self.stage.pushed and name == self.plan.graph.inputs[0]
        state = _State(rows.height if given and not pushed else 0)
        tensor = _Tensor(name, rows.height, rows.width, _pixel(rows), "whole", state)
        line = self.stage.lines.get(name)
        if line is not None:
            slots, strip = self.plan.memory.lines[name]
            tensor.place = "pushed" if pushed else "lines"
            tensor.slots = _Pointer(self.memory.arena, slots)
            tensor.strip = _Pointer(self.memory.arena, strip)
            tensor.strip_size = line.strip_size
            tensor.rows, tensor.margin = line.rows, line.margin
        self.tensors[name] = tensor

    def _last_reader(self, number: int) -> int:
        output = self.stage.steps[number].operator.outputs[0]
        readers = [
            other
            for other, step in enumerate(self.stage.steps)
            if output in _activations(self.plan.graph, step)
        ]
        return max(readers, default=number)

    def run(self) -> None:
        """The whole stage."""
        if self.stage.pushed:
            pushed = self.tensors[self.plan.graph.inputs[0]]
            row_size = pushed.width * pushed.pixel
            for y in range(pushed.height):
                self.row = self.memory.tags(pushed.name, y * row_size, row_size).copy()
                pushed.state.y += 1
                pushed.state.first = 0
                self._advance()
                self._flush(pushed)
                self.row[:] = -1
        else:
            self._advance()
        for number, step in enumerate(self.stage.steps):
            state = self._position(number)
            if state.y != _grid(step.lowered)[0]:
                raise ReplayError(f"{step.operator.name!r} stops in row {state.y}")
        self.memory.expect(self.state_name, 0, self.state_size, self.state_at, "states")

    def _position(self, number: int) -> _State:
        own = self.own.get(number)
        return own or self.tensors[self.stage.steps[number].operator.outputs[0]].state

    def _advance(self) -> None:
        number = len(self.stage.steps) - 1
        while number >= 0:
            number = self.last_reader[number] if self._step(number) else number - 1

    def _step(self, number: int) -> bool:
        step = self.stage.steps[number]
        lowered, state = step.lowered, self._position(number)
        height, width = _grid(lowered)
        y, x = state.y, state.x
        if y >= height:
            return False
        inputs = _activations(self.plan.graph, step)
        n = min(width - x, self.stage.segments.get(step.operator.name, width))
        for name, source in zip(inputs, lowered.sources, strict=True):
            if n > 0:
                n = self._allowed(self.tensors[name], source, y, x, n)
        if n <= 0:
            return False
        seen = []
        for index, (name, source) in enumerate(zip(inputs, lowered.sources, strict=True)):
            first, end = _columns(source, x, n)
            for row in _rows(source, y):
                if first < end:
                    seen.append(self._see(self.tensors[name], index, row, first, end))
        output = self.tensors[step.operator.outputs[0]]
        out = self.memory.whole(output.name) if lowered.accumulates else self._room(output, n)
        _run_kernel(self.memory, step, seen, out, x, y, n)
        state.x = (x + n) % width
        state.y = y + (x + n == width)
        if lowered.accumulates and state.y == height:
            output.state.y = output.height
        return True

    def _allowed(self, tensor: _Tensor, source: Source, y: int, x: int, most: int) -> int:
        state = tensor.state
        if source.row_map is not None:
            last = source.row_map[y]
        else:
            last = y * source.stride - source.pad + source.kernel_height - 1
        last = min(last, source.rows.height - 1)
        if last < state.y:
            return most
        if last > state.y or source.stride_width == 0:
            return 0
        reach = state.x - source.kernel_width + source.pad_left
        if reach < x * source.stride_width:
            return 0
        return min(reach // source.stride_width - x + 1, most)

    def _see(self, tensor: _Tensor, index: int, row: int, first: int, end: int) -> _Seen:
        start = (row * tensor.width + first) * tensor.pixel
        size = (end - first) * tensor.pixel
        return _Seen(tensor.name, index, row, start, size, self._pixel(tensor, row, first))

    def _pixel(self, tensor: _Tensor, row: int, column: int) -> _Pointer:
        if tensor.place == "whole":
            offset = (row * tensor.width + column) * tensor.pixel
            return self.memory.whole(tensor.name) + offset
        state = tensor.state
        if row == tensor.newest and state.first != _NONE:
            if tensor.place == "pushed":
                return _Pointer(self.row, column * tensor.pixel)
            if column >= state.first:
                return _at(tensor.strip) + (column - state.first) * tensor.pixel
            self._flush(tensor)
        return self._slot(tensor, row, column)

    def _slot(self, tensor: _Tensor, row: int, column: int) -> _Pointer:
        if not tensor.rows:
            raise ReplayError(f"{tensor.name!r}: row {row} is needed, and no row is kept")
        return _at(tensor.slots) + ((row % tensor.rows) * tensor.width + column) * tensor.pixel

    def _flush(self, tensor: _Tensor) -> None:
        state = tensor.state
        if state.first != _NONE:
            self._retire(tensor, state.x or tensor.width)
            state.first = _NONE

    def _retire(self, tensor: _Tensor, end: int) -> None:
        state = tensor.state
        if tensor.rows and end > state.first:
            size = (end - state.first) * tensor.pixel
            if tensor.place == "pushed":
                tags = self.row[:size].copy()
            else:
                strip = _at(tensor.strip)
                tags = strip.space[strip.at : strip.at + size].copy()
            self.memory.write(self._slot(tensor, tensor.newest, state.first), tags)
        state.first = end

    def _room(self, tensor: _Tensor, n: int) -> _Pointer:
        state = tensor.state
        if tensor.place == "whole":
            offset = (state.y * tensor.width + state.x) * tensor.pixel
            return self.memory.whole(tensor.name) + offset
        strip = _at(tensor.strip)
        if state.x == 0:
            self._flush(tensor)
            state.first = 0
        elif state.first == _NONE:
            state.first = state.x
        elif state.x > state.first + tensor.margin:
            keep = state.x - tensor.margin
            moved = (keep - state.first) * tensor.pixel
            self._retire(tensor, keep)
            kept = tensor.margin * tensor.pixel
            tags = strip.space[strip.at + moved : strip.at + moved + kept].copy()
            self.memory.write(strip, tags)
        if (state.x - state.first + n) * tensor.pixel > tensor.strip_size:
            raise ReplayError(f"{tensor.name!r}: a strip of {tensor.strip_size} bytes overflows")
        return strip + (state.x - state.first) * tensor.pixel


def _at(pointer: _Pointer | None) -> _Pointer:
    if pointer is None:
        raise ReplayError("a line buffer without a place")
    return pointer
