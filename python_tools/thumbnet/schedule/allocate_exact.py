"""Exact placement: branch and bound over the two sides of each forbidden interval.

Every constraint leaves two ways: offset[j] <= offset[i] + low or offset[j] >= offset[i] + high.
Choosing one for every pair leaves a system of differences whose least solution is a longest path,
so the search is complete: it branches on a pair that the least solution violates.
"""

from __future__ import annotations

from collections.abc import Iterable

from thumbnet.schedule.allocate_problem import Problem, align_down, align_up
from thumbnet.schedule.allocate_search import Budget

_OPEN, _BELOW, _ABOVE = 0, 1, 2


class _State:
    """Bounds of every offset, and which side each pair has taken."""

    def __init__(self, lows: list[int], highs: list[int], sides: list[int]) -> None:
        self.lows = lows
        self.highs = highs
        self.sides = sides

    def copy(self) -> _State:
        return _State(list(self.lows), list(self.highs), list(self.sides))


class ExactSearch:
    """Decides whether ``problem`` fits an arena of a given size."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.pairs = [
            (i, j, -high, -low)
            for i, found in enumerate(problem.neighbours)
            for j, low, high in found
            if i < j
        ]
        self.pairs_of: list[list[int]] = [[] for _ in problem.sizes]
        for number, (i, j, _, _) in enumerate(self.pairs):
            self.pairs_of[i].append(number)
            self.pairs_of[j].append(number)

    def fit(self, limit: int, budget: Budget) -> tuple[list[int] | None, bool]:
        """Offsets within ``limit`` bytes or None, and whether that is certain.

        (None, True) proves that there are none; (None, False) means that ``budget`` ran out.
        """
        tops = zip(self.problem.sizes, self.problem.alignments, strict=True)
        highs = [align_down(limit - size, alignment) for size, alignment in tops]
        if any(high < 0 for high in highs):
            return None, True
        stack = [_State([0] * len(highs), highs, [_OPEN] * len(self.pairs))]
        if not self._propagate(stack[0], range(len(self.pairs)), budget):
            return None, budget.steps >= 0
        while stack:
            state = stack.pop()
            if not budget.spend():
                return None, False
            number = self._violated(state)
            if number is None:
                return state.lows, True
            # The side that raises the least offset least is looked at first (pushed last).
            i, j, low, high = self.pairs[number]
            up = state.lows[i] + high - state.lows[j]
            down = state.lows[j] - low - state.lows[i]
            for side in (_ABOVE, _BELOW) if down <= up else (_BELOW, _ABOVE):
                child = state.copy()
                child.sides[number] = side
                if self._propagate(child, (number,), budget):
                    stack.append(child)
        return None, budget.steps >= 0

    def _violated(self, state: _State) -> int | None:
        """The open pair, if any, that the least offsets violate and that has least freedom."""
        best, least = None, 0
        lows, highs = state.lows, state.highs
        for number, (i, j, low, high) in enumerate(self.pairs):
            if state.sides[number] == _OPEN and low < lows[j] - lows[i] < high:
                freedom = highs[i] - lows[i] + highs[j] - lows[j] - (high - low)
                if best is None or freedom < least:
                    best, least = number, freedom
        return best

    def _propagate(self, state: _State, changed: Iterable[int], budget: Budget) -> bool:
        """Tightens bounds and takes forced sides until nothing moves.

        False on contradiction, or when ``budget`` runs out.
        """
        lows, highs, sides = state.lows, state.highs, state.sides
        waiting = list(changed)
        queued = set(waiting)
        while waiting:
            number = waiting.pop()
            queued.discard(number)
            if not budget.spend():
                return False
            i, j, low, high = self.pairs[number]
            side = sides[number]
            if side == _OPEN:
                below = lows[j] - highs[i] <= low
                above = highs[j] - lows[i] >= high
                if below and above:
                    continue
                if not below and not above:
                    return False
                side = sides[number] = _BELOW if below else _ABOVE
            # first is the buffer that stays at least `distance` below the other one.
            first, second, distance = (j, i, -low) if side == _BELOW else (i, j, high)
            for moved in self._separate(state, first, second, distance):
                if lows[moved] > highs[moved]:
                    return False
                for other in self.pairs_of[moved]:
                    if other not in queued:
                        queued.add(other)
                        waiting.append(other)
        return True

    def _separate(self, state: _State, first: int, second: int, distance: int) -> list[int]:
        """Bounds for offset[second] >= offset[first] + distance; the buffers that it moved."""
        moved = []
        low = align_up(state.lows[first] + distance, self.problem.alignments[second])
        if low > state.lows[second]:
            state.lows[second] = low
            moved.append(second)
        high = align_down(state.highs[second] - distance, self.problem.alignments[first])
        if high < state.highs[first]:
            state.highs[first] = high
            moved.append(first)
        return moved
