"""Hill climbing over first-fit orders, for instances with many buffers live at once.

After Vela's allocator: what keeps the arena from being smaller is a chain of buffers that rest on
one another up to its end; one of them is placed earlier in the order.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from thumbnet.schedule.allocate_problem import Problem, align_up
from thumbnet.schedule.allocate_search import Budget, first_fit


def climb(
    problem: Problem, order: Sequence[int], lower: int, best: list[int], budget: Budget
) -> list[int]:
    """``best``, or smaller offsets found from ``order`` before ``budget`` or ``lower`` ends it."""
    generator = random.Random(0)
    current = list(order)
    offsets = first_fit(problem, current)
    cost = sum(1 + len(found) // 8 for found in problem.neighbours)
    while problem.extent(best) > lower and budget.spend(cost):
        changed = _nudged(problem, current, offsets, generator)
        found = first_fit(problem, changed)
        if problem.extent(found) <= problem.extent(offsets):
            current, offsets = changed, found
            best = min(best, offsets, key=problem.extent)
    return best


def _nudged(
    problem: Problem, order: list[int], offsets: list[int], generator: random.Random
) -> list[int]:
    """``order`` with one buffer of a critical chain moved before, or swapped with, a neighbour."""
    chain = _critical_chain(problem, offsets, generator)
    position = order.index(_pick(chain, generator))
    neighbours = {j for j, _, _ in problem.neighbours[order[position]]}
    earlier = [p for p in range(position) if order[p] in neighbours] or [0]
    target = _pick(earlier, generator)
    changed = list(order)
    if generator.random() < 0.5:
        changed.insert(target, changed.pop(position))
    else:
        changed[target], changed[position] = changed[position], changed[target]
    return changed


def _critical_chain(problem: Problem, offsets: list[int], generator: random.Random) -> list[int]:
    """Buffers that rest on one another from the arena's start to its end."""
    extent = problem.extent(offsets)
    ends = zip(offsets, problem.sizes, strict=True)
    waiting = [_pick([i for i, (o, size) in enumerate(ends) if o + size == extent], generator)]
    chain: dict[int, None] = {}
    while waiting:
        i = waiting.pop()
        if i not in chain:
            chain[i] = None
            waiting += [
                j
                for j, _, high in problem.neighbours[i]
                if offsets[i] and align_up(offsets[j] + high, problem.alignments[i]) == offsets[i]
            ]
    return list(chain)


def _pick(choices: Sequence[int], generator: random.Random) -> int:
    # Only random() is the same in all versions of Python.
    return choices[int(generator.random() * len(choices))]
