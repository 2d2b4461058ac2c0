"""Lower bounds of the arena size, from buffers that constrain each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from thumbnet.schedule.allocate_exact import ExactSearch
from thumbnet.schedule.allocate_problem import Interval, Problem
from thumbnet.schedule.allocate_search import Budget, first_fit

_LARGEST_GROUP = 16
_GROUP_EFFORT = 1_000


def groups(problem: Problem) -> list[list[int]]:
    """For each buffer, itself and those before it that constrain it.

    Where buffers come in order of birth these are the ones live when it is born, and so contain
    everything that is ever live at once.
    """
    return [
        sorted({i} | {j for j, _, _ in found if j < i})
        for i, found in enumerate(problem.neighbours)
    ]


def shared_bytes(problem: Problem) -> dict[tuple[int, int], int]:
    """For constrained pairs (a, b), a < b, the most bytes that the two can have in common."""
    forbidden: dict[tuple[int, int], list[Interval]] = {}
    for b, found in enumerate(problem.neighbours):
        for a, low, high in found:
            if a < b:
                forbidden.setdefault((a, b), []).append((low, high))
    return {pair: _most_shared(problem, pair, gaps) for pair, gaps in forbidden.items()}


def _most_shared(problem: Problem, pair: tuple[int, int], forbidden: list[Interval]) -> int:
    size_a, size_b = problem.sizes[pair[0]], problem.sizes[pair[1]]
    best = 0
    for distance in (0, size_a - size_b, *(end for gap in forbidden for end in gap)):
        if not any(low < distance < high for low, high in forbidden):
            best = max(best, min(size_a, distance + size_b) - max(0, distance))
    return best


def bytes_at_least(
    problem: Problem, members: Sequence[int], shared: Mapping[tuple[int, int], int]
) -> int:
    """Bytes that ``members`` cover however they are placed: sizes less what pairs can share.

    ``shared`` is that of :func:`shared_bytes`.
    """
    left = {a: -problem.sizes[a] for a in members}
    common = []
    for a, b in combinations(members, 2):
        most = shared.get((a, b), min(problem.sizes[a], problem.sizes[b]))
        if most:
            common.append((a, b, most))
            left[a] += most
            left[b] += most
    # Where one buffer overlaps several, sizes less all overlaps is too low: then the others
    # without it are the better bound.
    while left[worst := max(left, key=lambda a: (left[a], -a))] > 0:
        for a, b, most in common:
            if worst in (a, b) and a in left and b in left:
                left[a if b == worst else b] -= most
        del left[worst]
    total = sum(problem.sizes[a] for a in left)
    return total - sum(most for a, b, most in common if a in left and b in left)


def squeeze(
    problem: Problem, lower: int, offsets: list[int], budget: Budget
) -> tuple[int, list[int]]:
    """Narrows [lower, extent(offsets)], which holds the optimum, from both ends."""
    search = ExactSearch(problem)
    while lower < problem.extent(offsets):
        limit = (lower + problem.extent(offsets) - 1) // 2
        found, certain = search.fit(limit, budget)
        if found is not None:
            offsets = found
        elif certain:
            lower = limit + 1
        else:
            break
    return lower, offsets


def raise_bound(
    problem: Problem, lower: int, members: Sequence[Sequence[int]], width: int, budget: Budget
) -> int:
    """``lower``, or what some ``width`` successive groups need together if that is more."""
    for start in range(len(members) - width + 1):
        union = sorted(set().union(*members[start : start + width]))
        if not width <= len(union) <= _LARGEST_GROUP:
            continue
        part = problem.subset(union)
        by_size = sorted(range(len(part)), key=lambda i: (-part.sizes[i], i))
        offsets = min(
            (first_fit(part, range(len(part))), first_fit(part, by_size)), key=part.extent
        )
        if part.extent(offsets) <= lower:
            continue
        group_budget = budget.part(_GROUP_EFFORT)
        # Most groups fit what is known already: one question tells.
        found, certain = ExactSearch(part).fit(lower, group_budget)
        if found is None and certain:
            lower, _ = squeeze(part, lower + 1, offsets, group_budget)
    return lower
