"""Schedules a graph in streamed stages, for least RAM or for least cost within a limit."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from thumbnet.errors import ThumbnetError
from thumbnet.ir.graph import Graph, Operator
from thumbnet.operators.base import Lowered
from thumbnet.operators.registry import family
from thumbnet.plan import Plan
from thumbnet.schedule.pushed import why_not_pushed
from thumbnet.schedule.recompute import banded_graphs
from thumbnet.schedule.search_cuts import Cut, Stages, least_bytes
from thumbnet.schedule.search_growth import INFINITE, layer_bytes
from thumbnet.schedule.stream_build import Built, build_layer, build_stream
from thumbnet.schedule.stream_cost import layer_cost
from thumbnet.schedule.stream_memory import plan_stages
from thumbnet.schedule.stream_net import make_network
from thumbnet.schedule.tiles import WIDTHS, Beginning, beginnings

INPUTS = ("arena", "buffer", "rows")

MODERATE = 0.15
"""What a plan for least RAM may cost more than whole layers, as a part of the arithmetic."""

_WORK = 1.5
"""Instructions of a multiply-accumulate with all that belongs to it."""

_SPREAD = 1.35
"""How much more than the least RAM a plan of moderate cost may take."""

_ATTEMPTS = 6
"""Memory plans that are tried where buffers leave gaps."""

_STEPS = 16
"""Stage sizes that are looked at for them."""

_UNBOUNDED = float("inf")


def schedule_stream(
    graph: Graph,
    *,
    input: str = "arena",
    objective: str = "ram",
    ram_limit: int | None = None,
    moderate: float = MODERATE,
    recompute: float = 1.0,
) -> Plan:
    """Cuts ``graph`` into streamed stages and layers and places everything in one arena.

    ``input`` is where the graph's input is: in the ``arena``, where it may be overwritten, in the
    caller's ``buffer``, or pushed by ``rows``. The ``objective`` is ``ram``, the least RAM at which
    the estimated overhead is ``moderate`` (where little more than the least RAM does not do for
    that, the cheapest of these plans), or ``speed``, the least overhead within ``ram_limit`` bytes.
    Where nothing fits the limit the plan of least RAM comes back.

    Up to ``recompute`` times the network's multiply-accumulates may be executed: for less RAM, or
    where nothing else fits the limit. The plan's graph then has other operators.

    Raises:
        ThumbnetError: rows cannot be pushed into this graph, or constants leave what a kernel can
            hold.
    """
    if input not in INPUTS or objective not in ("ram", "speed"):
        raise ValueError(f"input {input!r}, objective {objective!r}")
    scheduler = Scheduler(graph, input)
    limit = INFINITE if ram_limit is None else ram_limit
    if objective == "speed" and scheduler.least <= limit:
        plan = scheduler.fastest(limit)
        if plan.memory.arena_size <= limit:
            return plan
    else:
        plan = scheduler.smallest(moderate)
    if recompute > 1:
        plan = _recomputing(scheduler, plan, objective, limit, moderate, recompute)
    if plan.memory.arena_size <= limit:
        return plan
    return min(plan, scheduler.smallest(_UNBOUNDED), key=lambda plan: plan.memory.arena_size)


def _recomputing(
    scheduler: Scheduler,
    plan: Plan,
    objective: str,
    limit: int,
    moderate: float,
    recompute: float,
) -> Plan:
    """``plan`` or one that computes something twice and therefore needs less RAM."""
    ram_limit = limit if objective == "speed" else None
    best = plan
    for other in scheduler.recomputing(recompute, ram_limit):
        if ram_limit is None:
            found = other.smallest(moderate)
        else:
            found = other.fastest(limit)
            if found.memory.arena_size <= limit:
                return found
        if found.memory.arena_size < best.memory.arena_size:
            best = found
    for found in scheduler.tiled(recompute, best.memory.arena_size - 1, ram_limit, moderate):
        if found.memory.arena_size < best.memory.arena_size:
            best = found
    return best


class Scheduler:
    """Searches the plans of one graph.

    Those of a part of it, ``rest``, where the stages ``before`` it are given.
    """

    def __init__(
        self, graph: Graph, input: str, rest: Graph | None = None, before: Sequence[Built] = ()
    ) -> None:
        self.whole = graph
        self.before = tuple(before)
        self.in_arena = input == "arena"
        if rest is not None:
            # What the stages before it make is in the arena.
            graph, input = rest, "arena"
        self.graph = graph
        self.input = input
        self.lowered = {operator.name: _lower(graph, operator) for operator in graph.operators}
        self.net = make_network(graph, self.lowered, input_in_arena=input == "arena")
        self.pushed = input == "rows"
        self.least = least_bytes(self.net, pushed=self.pushed)
        """Bytes that no plan of this operator order goes below, gaps between buffers left out."""
        if self.least == INFINITE or (self.pushed and len(graph.inputs) != 1):
            raise ThumbnetError(
                graph.name, why_not_pushed(graph) or "no plan", "set schedule: {input: buffer}"
            )

    def smallest(self, moderate: float) -> Plan:
        """The plan of least RAM whose overhead is at most ``moderate``, or nearly the least RAM."""
        if moderate != _UNBOUNDED:
            nodes = self.net.nodes
            budget = sum(moderate * _WORK * node.macs + layer_cost(node) for node in nodes)
            stages = self._stages(int(self.least * _SPREAD))
            sizes = stages.sizes()
            budget = max(budget, _cost(stages, stages.limit))
            found = bisect_left(sizes, True, key=lambda size: _cost(stages, size) <= budget)
            return self._best(stages, max(sizes[found], self.least), budget)
        plan = self._best(self._stages(self.least), self.least, _UNBOUNDED)
        if plan.memory.arena_size <= self.least:
            return plan
        stages = self._stages(plan.memory.arena_size - 1)
        return min(
            plan,
            self._best(stages, self.least, _UNBOUNDED),
            key=lambda plan: plan.memory.arena_size,
        )

    def recomputing(self, most: float, ram_limit: int | None) -> Iterator[Scheduler]:
        """Schedulers of graphs that execute at most ``most`` times the multiply-accumulates.

        Those of least RAM first or, with a ``ram_limit``, those that do least within it.
        """
        graphs = banded_graphs(
            self.graph,
            self.lowered,
            self.net,
            least=self.least,
            most=int((most - 1) * sum(node.macs for node in self.net.nodes)),
            pushed=self.pushed,
            ram_limit=ram_limit,
        )
        for graph in graphs:
            yield Scheduler(graph, self.input)

    def tiled(
        self, most: float, limit: int, ram_limit: int | None, moderate: float
    ) -> Iterator[Plan]:
        """Plans that begin with a stage over tiles, in search of one of at most ``limit`` bytes.

        They execute at most ``most`` times the multiply-accumulates. Those of least RAM first or,
        with a ``ram_limit``, that which does least within it.
        """
        if self.pushed or len(self.graph.inputs) != 1:
            return
        found = beginnings(
            self.graph,
            self.lowered,
            self.net,
            limit=limit if ram_limit is None else min(limit, ram_limit),
            most=int((most - 1) * sum(node.macs for node in self.net.nodes)),
            within=ram_limit is not None,
        )
        for beginning in found:
            if beginning.peak <= limit:
                plan = plan_behind(beginning, self.input, ram_limit, moderate)
                limit = min(limit, plan.memory.arena_size - 1)
                yield plan

    def fastest(self, limit: int) -> Plan:
        """The plan of least overhead within ``limit`` bytes; the smallest found where none fits."""
        # Nothing cheaper than layers needs more than they do.
        sizes = [layer_bytes(self.net, index) for index in range(len(self.net.nodes))]
        target = min(limit, self.least + max(size for size in sizes if size != INFINITE))
        best: Plan | None = None
        stages = self._stages(target)
        for _ in range(_ATTEMPTS):
            path = _cheapest(stages, target)
            if path is None:
                break
            plan = self.make(path)
            if best is None or plan.memory.arena_size < best.memory.arena_size:
                best = plan
            if plan.memory.arena_size <= limit:
                break
            # Gaps between buffers: leave room for them.
            target = min(target, _peak(path)) - (plan.memory.arena_size - limit)
        return self.smallest(_UNBOUNDED) if best is None else best

    def make(self, cuts: Sequence[Cut]) -> Plan:
        """The plan of these stages."""
        graph, lowered = self.graph, self.lowered
        built = list(self.before)
        for cut in cuts:
            if cut.width is None:
                built.append(build_layer(graph, lowered, self.net, cut.first))
            else:
                pushed = self.pushed and cut.first == 0
                built.append(build_stream(graph, lowered, self.net, cut, pushed=pushed))
        memory = plan_stages(self.whole, built, input_in_arena=self.in_arena)
        stages = tuple(found.stage for found in built)
        return Plan(self.whole, stages, memory, self.in_arena)

    def _stages(self, limit: int) -> Stages:
        return Stages(self.net, limit, pushed=self.pushed)

    def _best(self, stages: Stages, least: int, budget: float) -> Plan:
        """The smallest of some plans that cost no more than ``budget``.

        The first is the cheapest whose stages need ``least`` bytes or fewer. Where buffers leave
        gaps, somewhat larger stages, or fewer of them, may need less.
        """
        best: Plan | None = None
        seen: list[list[Cut]] = []
        larger = [size for size in stages.sizes() if size > least]
        for size in [least, *larger[:_STEPS]]:
            if best is not None and size >= best.memory.arena_size:
                break
            for path in (_cheapest(stages, size), stages.cheapest(size, _few)):
                known = path is None or path in seen or len(seen) == _ATTEMPTS
                if path is None or known or _price(path) > budget:
                    continue
                seen.append(path)
                plan = self.make(path)
                if best is None or plan.memory.arena_size < best.memory.arena_size:
                    best = plan
        if best is None:
            raise ValueError(f"{self.graph.name}: no path through stages of {least} bytes")
        return best


def plan_behind(beginning: Beginning, input: str, ram_limit: int | None, moderate: float) -> Plan:
    """The plan of least RAM with this beginning or, with a limit, a cheap one within it."""
    if ram_limit is not None:
        for built in reversed(list(beginning.within(ram_limit))):
            plan = _behind(beginning, input, built).fastest(ram_limit)
            if plan.memory.arena_size <= ram_limit:
                return plan
        plan = plan_behind(beginning, input, None, moderate)
        fits = plan.memory.arena_size <= ram_limit
        return plan if fits else plan_behind(beginning, input, None, _UNBOUNDED)
    built = beginning.build(WIDTHS[0])
    if moderate != _UNBOUNDED:
        built = beginning.moderate(moderate, _WORK)
    # What the rest needs anyway makes the runs as wide as they can be.
    room = max(_behind(beginning, input, built).least, beginning.size(built))
    return _behind(beginning, input, list(beginning.within(room))[-1]).smallest(moderate)


def _behind(beginning: Beginning, input: str, built: Built) -> Scheduler:
    """Searches what follows."""
    rest = Scheduler(beginning.graph, input, beginning.rest, [built])
    rest.least = max(rest.least, beginning.size(built))
    return rest


def _lower(graph: Graph, operator: Operator) -> Lowered:
    try:
        return family(operator).lower(graph, operator)
    except ValueError as error:
        place = f'{graph.name}: node "{operator.name}" ({operator.kind.upper()})'
        raise ThumbnetError(place, str(error), "check the model's quantization") from error


def _cheapest(stages: Stages, limit: int) -> list[Cut] | None:
    return stages.cheapest(limit, lambda cut: cut.cost)


def _cost(stages: Stages, limit: int) -> float:
    path = _cheapest(stages, limit)
    return _UNBOUNDED if path is None else _price(path)


def _few(cut: Cut) -> int:
    """A price by which fewer stages come before less cost."""
    return cut.cost + (1 << 40)


def _price(path: Sequence[Cut]) -> int:
    return sum(cut.cost for cut in path)


def _peak(path: Sequence[Cut]) -> int:
    return max((cut.size for cut in path), default=0)
