"""Every plan of a small graph: all orders of operators, all cuts, all kinds and segment widths.

Knows nothing of the search. Stages are built and placed as those of any plan; what one needs alone
is found from what lives around it, so that plans that cannot be the best are not placed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product

from thumbnet.ir.graph import Graph, Operator
from thumbnet.operators.registry import family
from thumbnet.plan import Plan
from thumbnet.schedule.allocate import Buffer, Interval, allocate, disjoint, overlapping
from thumbnet.schedule.predict import stage_costs
from thumbnet.schedule.search_cuts import WIDTHS, Cut
from thumbnet.schedule.stream_build import Built, build_layer, build_stream
from thumbnet.schedule.stream_memory import make_block, plan_stages
from thumbnet.schedule.stream_net import Network, make_network
from thumbnet.schedule.stream_stage import Walk

BLOCK = "block"


@dataclass(frozen=True, eq=False)
class AnyStage:
    """A stage with the bytes without which nothing can run it, and its overhead over layers."""

    built: Built
    needs: int
    overhead: int


@dataclass(frozen=True, eq=False)
class AnyPlan:
    """Stages of a graph in one of its orders; placed when asked for."""

    graph: Graph
    stages: tuple[AnyStage, ...]
    in_arena: bool

    @property
    def needs(self) -> int:
        """Bytes that no arena can do without."""
        return max(stage.needs for stage in self.stages)

    @property
    def overhead(self) -> int:
        """Estimated instructions beyond whole layers'."""
        return sum(stage.overhead for stage in self.stages)

    @cached_property
    def plan(self) -> Plan:
        """The plan."""
        built = [stage.built for stage in self.stages]
        memory = plan_stages(self.graph, built, input_in_arena=self.in_arena)
        return Plan(self.graph, tuple(found.stage for found in built), memory, self.in_arena)

    @property
    def size(self) -> int:
        """Bytes of the arena."""
        return self.plan.memory.arena_size


def orders(graph: Graph) -> Iterator[tuple[Operator, ...]]:
    """All topological orders."""
    made = {name: one.name for one in graph.operators for name in one.outputs}
    needed = {one.name: {made[i] for i in one.inputs if i in made} for one in graph.operators}

    def grown(order: tuple[Operator, ...]) -> Iterator[tuple[Operator, ...]]:
        done = {one.name for one in order}
        if len(order) == len(graph.operators):
            yield order
        for one in graph.operators:
            if one.name not in done and needed[one.name] <= done:
                yield from grown((*order, one))

    return grown(())


class AllPlans:
    """All plans of a graph without views for one sort of input."""

    def __init__(self, graph: Graph, source: str) -> None:
        self.graph = graph
        self.pushed = source == "rows"
        self.in_arena = source == "arena"
        self.lowered = {one.name: family(one).lower(graph, one) for one in graph.operators}
        self._stages: dict[tuple[frozenset[str], tuple[str, ...]], list[AnyStage]] = {}

    def __iter__(self) -> Iterator[AnyPlan]:
        for order in orders(self.graph):
            graph = self.graph.replace(operators=order)
            net = make_network(graph, self.lowered, input_in_arena=self.in_arena)
            for cut in product((False, True), repeat=len(order) - 1):
                bounds = [0, *(at for at, taken in enumerate(cut, 1) if taken), len(order)]
                spans = pairwise(bounds)
                choices = [self._of(graph, net, first, end) for first, end in spans]
                for stages in product(*choices):
                    yield AnyPlan(graph, stages, self.in_arena)

    def _of(self, graph: Graph, net: Network, first: int, end: int) -> list[AnyStage]:
        names = tuple(one.name for one in graph.operators[first:end])
        done = frozenset(one.name for one in graph.operators[:first])
        if (done, names) not in self._stages:
            self._stages[done, names] = list(self._make(graph, net, first, end))
        return self._stages[done, names]

    def _make(self, graph: Graph, net: Network, first: int, end: int) -> Iterator[AnyStage]:
        pushed = self.pushed and first == 0
        if end == first + 1 and not pushed:
            layer = build_layer(graph, self.lowered, net, first)
            cost = sum(stage_costs(net, layer.stage, first, end).values())
            yield AnyStage(layer, self._needs(graph, layer, first, end), cost)
            return
        walk = Walk(net, first, pushed=pushed)
        late = pushed and net.values[net.inputs[0]].last >= end
        if late or not all(walk.extend() for _ in range(first, end)):
            return
        seen: list[dict[str, int]] = []
        for width in WIDTHS:
            cut = Cut(first, end, width, 0, 0)
            built = build_stream(graph, self.lowered, net, cut, pushed=pushed)
            if dict(built.stage.segments) not in seen:
                seen.append(dict(built.stage.segments))
                cost = sum(stage_costs(net, built.stage, first, end).values())
                yield AnyStage(built, self._needs(graph, built, first, end), cost)

    def _needs(self, graph: Graph, built: Built, first: int, end: int) -> int:
        """Bytes of whole tensors and of the stage's own while it runs."""
        after = {name for one in graph.operators[end:] for name in one.inputs} | {*graph.outputs}
        used = after | {name for one in graph.operators[first:end] for name in one.inputs}
        ready = [name for one in graph.operators[:first] for name in one.outputs]
        ready = [*(graph.inputs if self.in_arena else ()), *ready]
        alive = [name for name in ready if name in used]
        made = [name for one in graph.operators[first:end] for name in one.outputs]
        made = [name for name in made if name not in built.stage.lines]
        sizes = {name: graph.tensor(name).size for name in (*alive, *made)}
        sizes[BLOCK] = make_block(graph, built.stage).size
        if built.stage.kind == "layer":
            sizes[BLOCK] = built.stage.steps[0].lowered.scratch
        gaps: dict[tuple[str, str], Interval] = {}
        for a, b in _pairs(list(sizes)):
            gaps[a, b] = disjoint(sizes[a], sizes[b])
            if a in alive and b in made and a not in after:
                gaps[a, b] = overlapping(sizes[a], sizes[b], built.distances.get((a, b)))
        buffers = [Buffer(name, size) for name, size in sizes.items() if size]
        inside = {pair: gap for pair, gap in gaps.items() if all(sizes[name] for name in pair)}
        return allocate(buffers, inside, effort=2000).lower_bound


def _pairs(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for at, b in enumerate(names):
        for a in names[:at]:
            yield a, b


def least_ram(plans: Sequence[AnyPlan]) -> AnyPlan:
    """The plan of the smallest arena."""
    best: AnyPlan | None = None
    for plan in sorted(plans, key=lambda plan: plan.needs):
        if best is not None and plan.needs >= best.size:
            break
        if best is None or plan.size < best.size:
            best = plan
    assert best is not None
    return best


def least_overhead(plans: Sequence[AnyPlan], limit: int) -> AnyPlan | None:
    """The cheapest plan whose arena is at most ``limit`` bytes."""
    for plan in sorted(plans, key=lambda plan: plan.overhead):
        if plan.needs <= limit and plan.size <= limit:
            return plan
    return None
