"""Replays a memory plan in an arena of tags, to find any byte that is overwritten too early.

Independent of the planner: it knows offsets, which rows and columns a kernel reads for a pixel,
and the order in which kernels make pixels, and nothing of live ranges or overlap distances. Every
byte of the arena holds the tag of what was written there last; when an operator reads a byte, the
tag must still be that of its input.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thumbnet.ir.attributes import Pool
from thumbnet.ir.graph import Graph, Operator
from thumbnet.operators.base import Lowered, Rows
from thumbnet.schedule.replay_access import Access, access


class ReplayError(Exception):
    """A byte is read after something else was written over it, or lies outside the arena."""


def replay(
    graph: Graph,
    lowered: Mapping[str, Lowered],
    offsets: Mapping[str, int],
    scratch: Mapping[str, int],
    arena_size: int,
) -> None:
    """Goes through every operator's reads and writes in order, pixel by pixel.

    ``offsets`` and ``scratch`` as in a MemoryPlan: bytes by tensor and by operator; tensors that
    have no offset lie outside the arena and are safe there.

    Raises:
        ReplayError: the plan destroys a byte that is still needed, or leaves the arena; operator,
            output pixel, tensor and what lies there instead are named.
    """
    arena = _Arena(arena_size)
    inputs = [name for name in graph.inputs if name in offsets]
    for name in inputs:
        arena.define(name, offsets[name], graph.tensor(name).size)
        arena.write(name)
    for name in inputs:
        arena.expect(name, "before the first operator")
    for operator in graph.operators:
        source, result = operator.inputs[0], operator.outputs[0]
        if operator.kind == "reshape" and offsets.get(source) == offsets.get(result):
            arena.alias(result, source)
            continue
        lower = lowered[operator.name]
        arena.define(result, offsets[result], graph.tensor(result).size)
        hidden = f"scratch of {operator.name}"
        arena.define(hidden, scratch[operator.name] if lower.scratch else 0, lower.scratch)
        _run(arena, graph, operator, lower, hidden)
    for name in graph.results:
        if name in offsets:
            arena.expect(name, "after the last operator")


@dataclass(frozen=True)
class _Region:
    """``size`` bytes from ``offset`` whose contents are the tags from ``tag`` on."""

    offset: int
    size: int
    tag: int


class _Arena:
    """Bytes that know what was written into them."""

    def __init__(self, size: int) -> None:
        self.tags: npt.NDArray[np.int64] = np.full(size, -1, np.int64)
        self.regions: dict[str, _Region] = {}
        self._first_tags: list[int] = []
        self._names: list[str] = []
        self._next_tag = 0

    def define(self, name: str, offset: int, size: int) -> None:
        """Gives ``name`` a place and tags of its own."""
        if offset < 0 or offset + size > len(self.tags):
            end = offset + size
            raise ReplayError(f"{name!r}: bytes [{offset}, {end}) of an arena of {len(self.tags)}")
        self.regions[name] = _Region(offset, size, self._next_tag)
        self._first_tags.append(self._next_tag)
        self._names.append(name)
        self._next_tag += size + 1

    def alias(self, name: str, source: str) -> None:
        """Lets ``name`` stand for the bytes of ``source``."""
        if source in self.regions:
            self.regions[name] = self.regions[source]

    def write(self, name: str, start: int = 0, size: int | None = None) -> None:
        """Writes ``size`` bytes of ``name`` from byte ``start``."""
        region = self.regions[name]
        count = region.size - start if size is None else size
        place = region.offset + start
        self.tags[place : place + count] = np.arange(count) + (region.tag + start)

    def wrong(self, name: str, start: int, size: int) -> npt.NDArray[np.bool_]:
        """Which bytes of that part of ``name`` something else was written over."""
        region = self.regions[name]
        place = region.offset + start
        expected = np.arange(size) + (region.tag + start)
        return np.not_equal(self.tags[place : place + size], expected)

    def expect(self, name: str, when: str) -> None:
        """Checks that all of ``name`` is there."""
        wrong = self.wrong(name, 0, self.regions[name].size)
        if wrong.any():
            byte = int(np.argmax(wrong))
            raise ReplayError(f"{when}: byte {byte} of {name!r} holds {self.holder(name, byte)}")

    def holder(self, name: str, byte: int) -> str:
        """What lies where ``byte`` of ``name`` should be."""
        tag = int(self.tags[self.regions[name].offset + byte])
        return (
            repr(self._names[bisect.bisect_right(self._first_tags, tag) - 1])
            if tag >= 0
            else ("nothing")
        )


@dataclass(frozen=True, eq=False)
class _Read:
    """``count`` adjacent rows of an input that output row ``y`` reads."""

    name: str
    access: Access
    y: int
    first: int
    count: int

    @property
    def start(self) -> int:
        return self.first * self.access.source.rows.row_size

    @property
    def size(self) -> int:
        return self.count * self.access.source.rows.row_size


def _run(arena: _Arena, graph: Graph, operator: Operator, lowered: Lowered, scratch: str) -> None:
    """One operator; what it writes to its scratch stays there while it runs."""
    result = operator.outputs[0]
    inputs = [name for name in operator.inputs if name and not graph.tensor(name).is_constant]
    accesses = [
        (name, access(graph, operator, lowered, index))
        for index, name in enumerate(inputs)
        if name in arena.regions
    ]
    _check_sizes(arena, operator, lowered, accesses)
    arena.write(scratch)
    row = lowered.output.row_size
    steps = lowered.output.height if lowered.steps is None else lowered.steps
    for y in range(steps):
        for read in _reads(accesses, y):
            _check_arrived(arena, operator, read)
            if not lowered.accumulates:
                _check_order(arena, operator, lowered.output, read)
            elif y + 1 == steps and isinstance(operator.attributes, Pool):
                _check_apart(arena, operator, read)
        if not lowered.accumulates:
            arena.write(result, y * row, row)
            arena.expect(scratch, f"{operator.name!r} row {y}")
    if lowered.accumulates:
        arena.write(result)
        arena.expect(scratch, f"{operator.name!r}")


def _check_sizes(
    arena: _Arena, operator: Operator, lowered: Lowered, accesses: list[tuple[str, Access]]
) -> None:
    """Kernels and tensors agree about how many bytes there are."""
    sizes = [(name, how.source.rows.size) for name, how in accesses]
    for name, size in [*sizes, (operator.outputs[0], lowered.output.size)]:
        if size != arena.regions[name].size:
            held = arena.regions[name].size
            raise ReplayError(f"{operator.name!r}: {size} bytes of {name!r}, which has {held}")


def _reads(accesses: list[tuple[str, Access]], y: int) -> Iterator[_Read]:
    for name, how in accesses:
        for first, count in how.row_runs(y):
            yield _Read(name, how, y, first, count)


def _check_arrived(arena: _Arena, operator: Operator, read: _Read) -> None:
    """What the row reads was not destroyed before the row."""
    wrong = arena.wrong(read.name, read.start, read.size)
    if not wrong.any():
        return
    free_from = np.tile(read.access.free_from, read.count)
    wrong &= free_from >= 0
    if wrong.any():
        index = int(np.argmax(wrong))
        byte = read.start + index
        raise ReplayError(
            f"{operator.name!r}: row {read.y} reads byte {byte} of {read.name!r}, "
            f"but it holds {arena.holder(read.name, byte)}"
        )


def _check_order(arena: _Arena, operator: Operator, output: Rows, read: _Read) -> None:
    """What the row reads is not destroyed by the row's own pixels before they read it."""
    start = arena.regions[read.name].offset + read.start
    out = arena.regions[operator.outputs[0]].offset + read.y * output.row_size
    low, high = max(start, out), min(start + read.size, out + output.row_size)
    if low >= high:
        return
    places = np.arange(low, high)
    row_bytes = (places - start) % read.access.source.rows.row_size
    early = places - out < read.access.free_from[row_bytes]
    if early.any():
        place = int(places[int(np.argmax(early))])
        pixel = (place - out) // (output.channels * output.element_size)
        raise ReplayError(
            f"{operator.name!r}: pixel ({read.y}, {pixel}) of {operator.outputs[0]!r} is written "
            f"over byte {place - start + read.start} of {read.name!r}, which is still to be read"
        )


def _check_apart(arena: _Arena, operator: Operator, read: _Read) -> None:
    """A pooling that ends in its last input row writes columns while it reads others."""
    region = arena.regions[operator.outputs[0]]
    start = arena.regions[read.name].offset + read.start
    if start < region.offset + region.size and region.offset < start + read.size:
        raise ReplayError(
            f"{operator.name!r}: {operator.outputs[0]!r} is written over row {read.first} of "
            f"{read.name!r}, which is still to be read"
        )
