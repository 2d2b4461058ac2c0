"""The Pareto front of a graph: what less RAM costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from thumbnet.ir.graph import Graph
from thumbnet.plan import Plan, Stage
from thumbnet.schedule.choose import Chooser
from thumbnet.schedule.lowering import lower_all
from thumbnet.schedule.stream_cost import WORK, layer_cost, line_cost, run_cost
from thumbnet.schedule.stream_net import Network, make_network
from thumbnet.schedule.stream_stage import Extent

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
    points = [Point(plan, overhead(plan)) for plan in _candidates(graph, input, recompute)]
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


def overhead(plan: Plan) -> int:
    """What a plan is estimated to run in instructions beyond the network as whole layers."""
    graph = plan.graph
    lowered = lower_all(graph)
    net = make_network(graph, lowered, input_in_arena=plan.input_in_arena)
    total, first = int(WORK * (plan.macs - plan.network_macs)), 0
    for stage in plan.stages:
        end = first + len(stage.steps)
        if stage.kind == "stream":
            total += stage_overhead(net, stage, first, end)
        first = end
    return total


def stage_overhead(net: Network, stage: Stage, first: int, end: int) -> int:
    """The same of the streamed ``stage`` of operators [first, end) of a network."""
    total = 0
    for node in net.nodes[first:end]:
        total += run_cost(node, stage.segments[node.name]) - layer_cost(node)
    for number, value in enumerate(net.values):
        line = stage.lines.get(value.name)
        # A pushed row is the caller's until it is kept.
        if line is not None and line.segment:
            total += line_cost(net, number, Extent(line.rows, line.margin), line.segment)
    return total
