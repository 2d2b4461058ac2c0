"""Heuristic placement: first fit, and a backtracking search for an arena of a given size.

Both put a buffer only where it touches the arena's edge or one of its constraints. All work is
counted in steps, never in seconds, so that the same instance always gets the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from thumbnet.schedule.allocate_problem import Interval, Problem, align_down, align_up


class Budget:
    """Steps that a search may still take; a step is about one buffer tried in one place."""

    def __init__(self, steps: int, parent: Budget | None = None) -> None:
        self.steps: int = steps if parent is None else min(steps, parent.steps)
        self.parent = parent

    def part(self, steps: int) -> Budget:
        """At most ``steps`` of this budget, for one attempt."""
        return Budget(steps, self)

    def spend(self, steps: int = 1) -> bool:
        """Takes ``steps``; False once they are used up."""
        self.steps -= steps
        if self.parent is not None:
            self.parent.spend(steps)
        return self.steps >= 0


def first_fit(problem: Problem, order: Sequence[int]) -> list[int]:
    """Offsets with each buffer of ``order``, in turn, at the lowest place that is free for it."""
    offsets: list[int | None] = [None] * len(problem)
    for i in order:
        offset = 0
        for low, high in sorted(_closed(problem, i, offsets)):
            if offset <= low:
                break
            if offset < high:
                offset = align_up(high, problem.alignments[i])
        offsets[i] = offset
    return [offset for offset in offsets if offset is not None]


def fit_within(
    problem: Problem, order: Sequence[int], limit: int, budget: Budget
) -> list[int] | None:
    """Offsets in an arena of ``limit`` bytes, or None if ``budget`` did not find any.

    Depth first over the buffers in ``order``; where one has no place left, back to the latest
    buffer that took one from it (conflict-directed backjumping), so that a failure late in a
    network does not undo what it has nothing to do with.
    """
    count = len(order)
    depth_of = {i: depth for depth, i in enumerate(order)}
    before = [{depth_of[j] for j, _, _ in problem.neighbours[i]} for i in order]
    before = [{d for d in found if d < depth} for depth, found in enumerate(before)]
    offsets: list[int | None] = [None] * count
    choices: list[list[int]] = [[] for _ in order]
    conflicts: list[set[int]] = [set() for _ in order]
    depth = 0
    while depth < count:
        i = order[depth]
        if offsets[i] is None and not choices[depth]:
            choices[depth] = places(problem, i, offsets, limit)
            conflicts[depth] = set(before[depth])
        if choices[depth]:
            if not budget.spend(1 + len(problem.neighbours[i]) // 8):
                return None
            offsets[i] = choices[depth].pop()
            depth += 1
            continue
        if not conflicts[depth]:
            return None
        back = max(conflicts[depth])
        conflicts[back] |= conflicts[depth] - {back}
        for later in range(back + 1, depth + 1):
            offsets[order[later]] = None
            choices[later] = []
        depth = back
    return [offset for offset in offsets if offset is not None]


def places(problem: Problem, i: int, offsets: Sequence[int | None], limit: int) -> list[int]:
    """Both ends of every gap that is free for buffer i, those nearest the arena's edges last."""
    alignment = problem.alignments[i]
    top = limit - problem.sizes[i]
    found: set[int] = set()
    free_from = 0
    for low, high in [*sorted(_closed(problem, i, offsets)), (top, top)]:
        first, last = align_up(free_from, alignment), align_down(min(low, top), alignment)
        if first <= last:
            found.update((first, last))
        free_from = max(free_from, high)
    return sorted(found, key=lambda offset: (min(offset, top - offset), offset), reverse=True)


def _closed(problem: Problem, i: int, offsets: Sequence[int | None]) -> list[Interval]:
    """The open intervals in which offset[i] may not lie, given the buffers placed so far."""
    intervals = []
    for j, low, high in problem.neighbours[i]:
        base = offsets[j]
        if base is not None:
            intervals.append((base + low, base + high))
    return intervals
