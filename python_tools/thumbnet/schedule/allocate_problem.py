"""The allocator's view of its instance: dense indices, and how far one buffer may go past others.

A buffer is a half-open run of bytes. A constraint (i, j, low, high) forbids every distance
``offset[j] - offset[i]`` in the open interval (low, high).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Interval = tuple[int, int]
Neighbour = tuple[int, int, int]
"""(j, low, high) in the list of i: offset[i] may not lie in (offset[j] + low, offset[j] + high)."""


@dataclass(frozen=True)
class Buffer:
    """Bytes to be placed: ``size`` of them at a multiple of ``alignment``."""

    name: str
    size: int
    alignment: int = 1


@dataclass(frozen=True)
class Problem:
    """Buffers by index and, for each, the intervals that its neighbours forbid."""

    sizes: tuple[int, ...]
    alignments: tuple[int, ...]
    neighbours: tuple[tuple[Neighbour, ...], ...]

    def __len__(self) -> int:
        return len(self.sizes)

    def subset(self, members: Sequence[int]) -> Problem:
        """The problem of ``members`` alone, renumbered in their order."""
        index = {member: position for position, member in enumerate(members)}
        neighbours = tuple(
            tuple((index[j], low, high) for j, low, high in self.neighbours[i] if j in index)
            for i in members
        )
        sizes = tuple(self.sizes[i] for i in members)
        return Problem(sizes, tuple(self.alignments[i] for i in members), neighbours)

    def extent(self, offsets: Sequence[int]) -> int:
        """The arena size that ``offsets`` need."""
        return max((o + size for o, size in zip(offsets, self.sizes, strict=True)), default=0)


def make_problem(
    buffers: Sequence[Buffer], forbidden: Mapping[tuple[str, str], Interval]
) -> Problem:
    """Checks and indexes an instance; intervals that forbid nothing are dropped.

    Raises:
        ValueError: a name appears twice, a pair names an unknown or the same buffer, a size is
            negative or an alignment is not a power of two.
    """
    index = {buffer.name: position for position, buffer in enumerate(buffers)}
    if len(index) != len(buffers):
        raise ValueError("two buffers have the same name")
    for buffer in buffers:
        if buffer.size < 0 or buffer.alignment < 1 or buffer.alignment & (buffer.alignment - 1):
            raise ValueError(f"buffer {buffer.name!r}: size or alignment is out of range")
    neighbours: list[list[Neighbour]] = [[] for _ in buffers]
    for (a, b), (low, high) in forbidden.items():
        if a == b or a not in index or b not in index:
            raise ValueError(f"pair ({a!r}, {b!r}) does not name two buffers")
        if low + 1 < high:
            neighbours[index[b]].append((index[a], low, high))
            neighbours[index[a]].append((index[b], -high, -low))
    sizes = tuple(buffer.size for buffer in buffers)
    return Problem(sizes, tuple(b.alignment for b in buffers), tuple(map(tuple, neighbours)))


def align_up(value: int, alignment: int) -> int:
    """The least multiple of ``alignment``, a power of two, that is not below ``value``."""
    return (value + alignment - 1) & -alignment


def align_down(value: int, alignment: int) -> int:
    """The largest multiple of ``alignment``, a power of two, that is not above ``value``."""
    return value & -alignment
