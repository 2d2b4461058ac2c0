"""How many bytes inputs that die and tensors that are written take together."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

from thumbnet.schedule.allocate import Buffer, Interval, allocate, disjoint, overlapping

_EFFORT = 2000
"""Allocator's steps; a few buffers need far less."""


Distances = tuple[tuple[int | None, ...], ...]


def together(dying: tuple[int, ...], written: tuple[int, ...], distances: Distances) -> int:
    """The least bytes for ``dying`` inputs and ``written`` tensors of these sizes.

    ``distances[i][j]`` is how far tensor j may start below input i, None: not at all. Inputs are
    disjoint, and so are tensors.
    """
    pairs = [
        (i, len(dying) + j, min(dying[i], size - max(distance, 0)))
        for i, row in enumerate(distances)
        for j, (size, distance) in enumerate(zip(written, row, strict=True))
        if distance is not None and size > distance
    ]
    saved = shared(pairs)
    if len(pairs) > 1 and saved < min(sum(dying), sum(written)):
        return _placed(dying, written, distances)
    return sum(dying) + sum(written) - saved


@lru_cache(maxsize=4096)
def _placed(dying: tuple[int, ...], written: tuple[int, ...], distances: Distances) -> int:
    sizes = {f"input {i}": size for i, size in enumerate(dying)}
    sizes |= {f"tensor {j}": size for j, size in enumerate(written)}
    gaps: dict[tuple[str, str], Interval] = {
        (a, b): disjoint(sizes[a], sizes[b])
        for a, b in combinations(sizes, 2)
        if a.split()[0] == b.split()[0]
    }
    for i, row in enumerate(distances):
        for j, distance in enumerate(row):
            gaps[f"input {i}", f"tensor {j}"] = overlapping(dying[i], written[j], distance)
    buffers = [Buffer(name, size) for name, size in sizes.items()]
    return allocate(buffers, gaps, effort=_EFFORT).size


def shared(pairs: list[tuple[int, int, int]]) -> int:
    """Bytes saved if each tensor shares with at most one other, the greatest first.

    ``pairs`` are an input, a tensor, and what these two could share.
    """
    if len(pairs) < 2:
        return pairs[0][2] if pairs else 0
    saved = 0
    used: set[int] = set()
    for a, b, both in sorted(pairs, key=lambda pair: -pair[2]):
        if a not in used and b not in used:
            used.update((a, b))
            saved += both
    return saved
