"""Replays a plan in an arena of tags, streamed stages as ``src/thumbnet/stream.h`` runs them.

Shares nothing with the planner but offsets. Every byte holds the tag (tensor, byte) of what was
written there last; a read must find the tags of what it means to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from thumbnet.operators.base import Rows, Source
from thumbnet.plan import Plan
from thumbnet.schedule.replay import ReplayError
from thumbnet.schedule.replay_tags import (
    Memory,
    Pointer,
    Seen,
    Tags,
    Touch,
    activations,
    columns,
    grid,
    pixel_size,
    rows_read,
    run_kernel,
    run_layer,
)
from thumbnet.schedule.replay_tiles import Region, tiles

_NONE = -1


def replay_plan(plan: Plan, trace: list[Touch] | None = None) -> None:
    """Goes through every run of every stage; ``trace`` gets what kernels touch, in order.

    Raises:
        ReplayError: a byte is read that something else was written over, or lies outside the
            arena, or a stage stops before its outputs are complete.
    """
    memory = Memory(plan, trace)
    for index, stage in enumerate(plan.stages):
        if stage.kind == "stream":
            _Stream(plan, memory, index).run()
        else:
            run_layer(plan, memory, stage.steps[0])
    for name in plan.graph.results:
        memory.expect(name, 0, plan.graph.tensor(name).size, memory.whole(name), "at the end")


@dataclass
class _State:
    """``thumbnet_stream_state_t``."""

    y: int = 0
    x: int = 0
    first: int = _NONE
    left: int = 0


@dataclass(eq=False)
class _Tensor:
    """``thumbnet_stream_tensor_t`` with its state."""

    name: str
    height: int
    width: int
    pixel: int
    place: str
    state: _State
    slots: Pointer | None = None
    strip: Pointer | None = None
    strip_size: int = 0
    rows: int = 0
    margin: int = 0
    band: int = 1
    right: int = 0
    bottom: int = 0
    pitch: int = 0
    """Columns of a kept row."""

    @property
    def newest(self) -> int:
        return self.state.y if self.state.x != self.state.left else self.state.y - 1


class _Stream:
    """One streamed stage."""

    def __init__(self, plan: Plan, memory: Memory, index: int) -> None:
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
                activations(plan.graph, step), step.lowered.sources, strict=True
            ):
                if name not in self.tensors:
                    self._add(name, source.rows, given=True)
            self._add(step.operator.outputs[0], step.lowered.output, given=False)
            self.tensors[step.operator.outputs[0]].band = step.lowered.band
            if step.lowered.accumulates:
                self.own[number] = _State()
        self.last_reader = [self._last_reader(number) for number in range(len(self.stage.steps))]

    def _check_places(self, index: int) -> None:
        """The states take room too; they must not share it with anything of the stage."""
        count = len(
            {
                name
                for step in self.stage.steps
                for name in (*activations(self.plan.graph, step), step.operator.outputs[0])
            }
        ) + sum(step.lowered.accumulates for step in self.stage.steps)
        self.state_at = Pointer(self.memory.arena, self.plan.memory.state[index])
        self.state_size = 6 * count * (2 if self.stage.tiled else 1)
        self.state_name = f"states of stage {index}"
        self.memory.write(self.state_at, self.memory.tags(self.state_name, 0, self.state_size))

    def _add(self, name: str, rows: Rows, *, given: bool) -> None:
        pushed = self.stage.pushed and name == self.plan.graph.inputs[0]
        state = _State(rows.height if given and not pushed else 0)
        tensor = _Tensor(name, rows.height, rows.width, pixel_size(rows), "whole", state)
        tensor.right, tensor.bottom, tensor.pitch = rows.width, rows.height, rows.width
        line = self.stage.lines.get(name)
        if line is not None:
            slots, strip = self.plan.memory.lines[name]
            tensor.place = "pushed" if pushed else "lines"
            tensor.slots = Pointer(self.memory.arena, slots)
            tensor.strip = Pointer(self.memory.arena, strip)
            tensor.strip_size = line.strip_size
            tensor.rows, tensor.margin, tensor.pitch = line.rows, line.margin, line.width
        self.tensors[name] = tensor

    def _last_reader(self, number: int) -> int:
        output = self.stage.steps[number].operator.outputs[0]
        readers = [
            other
            for other, step in enumerate(self.stage.steps)
            if output in activations(self.plan.graph, step)
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
        elif self.stage.tiled:
            for tile in tiles(self.plan, self.stage):
                self._begin(tile)
                self._advance()
                self._complete()
        else:
            self._advance()
        self._complete()
        self.memory.expect(self.state_name, 0, self.state_size, self.state_at, "states")

    def _begin(self, tile: Mapping[str, Region]) -> None:
        """Nothing of the tile has been made."""
        for step in self.stage.steps:
            tensor = self.tensors[step.operator.outputs[0]]
            region = tile[tensor.name]
            tensor.right, tensor.bottom = region.columns.stop, region.rows.stop
            tensor.state.left = tensor.state.x = region.columns.start
            tensor.state.y, tensor.state.first = region.rows.start, _NONE

    def _complete(self) -> None:
        for number, step in enumerate(self.stage.steps):
            state = self._position(number)
            if state.y != self._grid(number)[0]:
                raise ReplayError(f"{step.operator.name!r} stops in row {state.y}")

    def _grid(self, number: int) -> tuple[int, int]:
        """Where the operator ends, below and on the right."""
        step = self.stage.steps[number]
        if step.lowered.accumulates:
            return grid(step.lowered)
        tensor = self.tensors[step.operator.outputs[0]]
        return tensor.bottom, tensor.right

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
        height, width = self._grid(number)
        y, x = state.y, state.x
        if y >= height:
            return False
        inputs = activations(self.plan.graph, step)
        n = min(width - x, self.stage.segments.get(step.operator.name, width))
        for name, source in zip(inputs, lowered.sources, strict=True):
            if n > 0:
                n = self._allowed(self.tensors[name], source, y, x, n)
        if n <= 0:
            return False
        seen = []
        for index, (name, source) in enumerate(zip(inputs, lowered.sources, strict=True)):
            first, end = columns(source, x, n)
            # The last band of a tile may have fewer rows, and then reads fewer.
            less = max(y + lowered.band - height, 0) * source.stride
            behind = y * source.stride - source.pad + source.kernel_height - less
            for row in rows_read(source, y):
                if first < end and (row < behind or not less):
                    seen.append(self._see(self.tensors[name], index, row, first, end))
        output = self.tensors[step.operator.outputs[0]]
        if lowered.accumulates:
            places = [(self.memory.whole(output.name), y)]
        elif output.band > 1:
            rows = range(y, min(y + output.band, output.bottom))
            places = [(self._pixel(output, row, x), self._from_top(output, row)) for row in rows]
        else:
            places = [(self._room(output, n), self._from_top(output, y))]
        run_kernel(self.memory, step, seen, places, (y, x), n)
        state.x = x + n
        if x + n == width:
            state.x = state.left
            state.y = min(y + lowered.band, height)
        if lowered.accumulates and state.y == height:
            output.state.y = output.height
        return True

    def _allowed(self, tensor: _Tensor, source: Source, y: int, x: int, most: int) -> int:
        state = tensor.state
        if source.row_map is not None:
            last = source.row_map[y]
        else:
            last = y * source.stride - source.pad + source.kernel_height - 1
        last = min(last, tensor.bottom - 1)
        if last < state.y:
            return most
        if last >= state.y + tensor.band or source.stride_width == 0:
            return 0
        reach = state.x - source.kernel_width + source.pad_left
        if reach < x * source.stride_width:
            return 0
        return min(reach // source.stride_width - x + 1, most)

    def _see(self, tensor: _Tensor, index: int, row: int, first: int, end: int) -> Seen:
        start = (self._from_top(tensor, row) * tensor.width + first) * tensor.pixel
        size = (end - first) * tensor.pixel
        return Seen(tensor.name, index, row, start, size, self._pixel(tensor, row, first))

    def _pixel(self, tensor: _Tensor, row: int, column: int) -> Pointer:
        if tensor.place == "whole":
            offset = (self._from_top(tensor, row) * tensor.width + column) * tensor.pixel
            return self.memory.whole(tensor.name) + offset
        state = tensor.state
        if row == tensor.newest and state.first != _NONE:
            if tensor.place == "pushed":
                return Pointer(self.row, column * tensor.pixel)
            if column >= state.first:
                return _at(tensor.strip) + (column - state.first) * tensor.pixel
            self._flush(tensor)
        return self._slot(tensor, row, column)

    def _from_top(self, tensor: _Tensor, row: int) -> int:
        """Where a row of the stage is in its tensor."""
        return tensor.height - 1 - row if self.stage.upwards else row

    def _slot(self, tensor: _Tensor, row: int, column: int) -> Pointer:
        if not tensor.rows:
            raise ReplayError(f"{tensor.name!r}: row {row} is needed, and no row is kept")
        column -= tensor.state.left
        return _at(tensor.slots) + ((row % tensor.rows) * tensor.pitch + column) * tensor.pixel

    def _flush(self, tensor: _Tensor) -> None:
        state = tensor.state
        if state.first != _NONE:
            self._retire(tensor, state.x if state.x != state.left else tensor.right)
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

    def _room(self, tensor: _Tensor, n: int) -> Pointer:
        state = tensor.state
        if tensor.place == "whole":
            offset = (self._from_top(tensor, state.y) * tensor.width + state.x) * tensor.pixel
            return self.memory.whole(tensor.name) + offset
        strip = _at(tensor.strip)
        if state.x == state.left:
            self._flush(tensor)
            state.first = state.x
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


def _at(pointer: Pointer | None) -> Pointer:
    if pointer is None:
        raise ReplayError("a line buffer without a place")
    return pointer
