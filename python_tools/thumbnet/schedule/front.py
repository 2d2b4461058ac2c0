"""The Pareto front of a graph: what less RAM costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from thumbnet.ir.graph import Graph
from thumbnet.plan import Plan
from thumbnet.schedule.choose import Chooser
from thumbnet.schedule.predict import predict

STEP = 0.9
"""How much less RAM each search of the front may use than the one before."""


@dataclass(frozen=True, eq=False)
class Point:
    """A plan on the front; ``overhead`` is estimated in instructions beyond whole layers'."""

    plan: Plan
    overhead: int

    @property
    def size(self) -> int:
        """Bytes of the arena."""
        return self.plan.memory.arena_size

    @property
    def streamed(self) -> int:
        """Operators in streamed stages."""
        return sum(len(stage.steps) for stage in self.plan.stages if stage.kind == "stream")


def pareto_front(graph: Graph, input: str, recompute: float = 1.0) -> list[Point]:
    """The plans for ``input`` that none betters in both RAM and overhead, the largest first.

    Found by asking for the fastest plan at RAM limits of a geometric ladder, and for the plans of
    least RAM; there may be others between the rungs. At most ``recompute`` times the graph's
    multiply-accumulates are executed.
    """
    points = [Point(plan, predict(plan).overhead) for plan in _candidates(graph, input, recompute)]
    front: list[Point] = []
    for point in sorted(points, key=lambda point: (point.size, point.overhead)):
        if not front or point.overhead < front[-1].overhead:
            front.append(point)
    return front[::-1]


def _candidates(graph: Graph, input: str, recompute: float) -> Iterator[Plan]:
    choose = partial(Chooser(graph, input).plan, recompute=recompute)
    least = choose("ram", 1)
    yield least
    yield choose("ram", None)
    floor = least.memory.arena_size
    limit: int | None = None
    while limit is None or limit >= floor:
        plan = choose("speed", limit)
        yield plan
        size = plan.memory.arena_size
        limit = int((size if limit is None else min(limit, size)) * STEP)
