"""Places buffers in one arena so that it is as small as can be.

Two buffers that must be disjoint forbid each other an interval of distances; so does an operator
that may grow its output over its dying input, only a shorter one. The allocator knows nothing
else, so whole tensors, line buffers and scratch are all the same to it.

Method: a lower bound from buffers that are live together, heuristics that stop when they meet it,
then branch and bound while the step budget lasts. Deterministic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from thumbnet.schedule.allocate_bounds import (
    bytes_at_least,
    groups,
    raise_bound,
    shared_bytes,
    squeeze,
)
from thumbnet.schedule.allocate_climb import climb
from thumbnet.schedule.allocate_problem import Buffer, Interval, Problem, make_problem
from thumbnet.schedule.allocate_search import Budget, first_fit, fit_within

__all__ = ["Allocation", "Buffer", "Interval", "allocate", "disjoint", "overlapping"]

EFFORT = 200_000
"""Steps of all searches together: well under a second."""

_ATTEMPT = 1_000
"""Steps of one attempt of the backtracking search: it succeeds soon or hardly ever."""


@dataclass(frozen=True, eq=False)
class Allocation:
    """Where each buffer starts, in bytes, and how small the arena could have been.

    ``size`` is the end of the highest buffer; ``lower_bound`` is proven, so the allocation is
    optimal where the two are equal.
    """

    offsets: Mapping[str, int]
    size: int
    lower_bound: int

    @property
    def optimal(self) -> bool:
        """Whether no smaller arena exists."""
        return self.size == self.lower_bound


def disjoint(size_a: int, size_b: int) -> Interval:
    """Distances offset(b) - offset(a) at which two buffers would share a byte."""
    return (-size_b, size_a)


def overlapping(size_a: int, size_b: int, distance: int | None) -> Interval:
    """The same for the input a and the output b of an operator that runs from the top.

    b may start ``distance`` bytes or more below a, or behind a; None: they must be disjoint.
    """
    if distance is None:
        return disjoint(size_a, size_b)
    return (max(-distance, -size_b), size_a)


def allocate(
    buffers: Sequence[Buffer],
    forbidden: Mapping[tuple[str, str], Interval],
    *,
    effort: int = EFFORT,
) -> Allocation:
    """Offsets for ``buffers`` such that the arena is as small as found within ``effort`` steps.

    ``forbidden[a, b]`` is an open interval in which offset(b) - offset(a) must not lie; pairs that
    are not named are free of each other. Buffers in order of birth give the best results.

    Raises:
        ValueError: the instance contradicts itself, see :func:`make_problem`.
    """
    problem = make_problem(buffers, forbidden)
    offsets, lower_bound = _solve(problem, effort)
    names = [buffer.name for buffer in buffers]
    placed = MappingProxyType(dict(zip(names, offsets, strict=True)))
    return Allocation(placed, problem.extent(offsets), lower_bound)


def _solve(problem: Problem, effort: int) -> tuple[list[int], int]:
    """Offsets, and a lower bound of the arena size."""
    if not len(problem):
        return [], 0
    members = groups(problem)
    shared = shared_bytes(problem)
    needs = [bytes_at_least(problem, group, shared) for group in members]
    lower = max(needs)
    orders = _orders(problem, members, needs)
    best = min((first_fit(problem, order) for order in orders), key=problem.extent)
    budget = Budget(effort)
    for width in range(1, 5):
        if problem.extent(best) == lower:
            break
        raised = raise_bound(problem, lower, members, width, budget)
        if width == 1 or raised > lower:
            lower = raised
            best = _fit(problem, orders, lower, budget) or best
    lower, best = squeeze(problem, lower, best, budget.part(effort // 20))
    for order in orders[:2]:
        best = climb(problem, order, lower, best, budget.part(effort // 4))
    best = _bisect(problem, orders, lower, best, budget)
    lower, best = squeeze(problem, lower, best, budget)
    return best, lower


def _orders(
    problem: Problem, members: Sequence[Sequence[int]], needs: Sequence[int]
) -> list[list[int]]:
    """Orders in which to place: largest first, most needed first, along time from the peak."""
    count = range(len(problem))
    tightest = [0] * len(problem)
    for group, need in zip(members, needs, strict=True):
        for i in group:
            tightest[i] = max(tightest[i], need)
    peak = needs.index(max(needs))
    start = min(members[peak])
    return [
        sorted(count, key=lambda i: (-tightest[i], -problem.sizes[i], i)),
        sorted(count, key=lambda i: (-problem.sizes[i], i)),
        [*range(start, len(problem)), *reversed(range(start))],
        [*reversed(range(peak + 1)), *range(peak + 1, len(problem))],
        list(count),
    ]


def _fit(
    problem: Problem, orders: Sequence[Sequence[int]], limit: int, budget: Budget
) -> list[int] | None:
    """Offsets within ``limit`` by the first order that finds any."""
    for order in orders:
        found = fit_within(problem, order, limit, budget.part(_ATTEMPT))
        if found is not None:
            return found
    return None


def _bisect(
    problem: Problem,
    orders: Sequence[Sequence[int]],
    lower: int,
    best: list[int],
    budget: Budget,
) -> list[int]:
    """Smaller and smaller limits for the heuristics, halving what is left to the bound."""
    floor = lower
    while floor < problem.extent(best) and budget.steps > 0:
        limit = (floor + problem.extent(best) - 1) // 2
        found = _fit(problem, orders, limit, budget)
        if found is None:
            floor = limit + 1
        else:
            best = found
    return best
