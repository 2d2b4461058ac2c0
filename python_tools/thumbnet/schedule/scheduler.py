"""Searches the plans of one graph: stages, segment widths and directions."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from heapq import heappop, heappush

from thumbnet.errors import ThumbnetError
from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered
from thumbnet.plan import Plan, SecondPass
from thumbnet.schedule.lowering import lower_all
from thumbnet.schedule.pushed import why_not_pushed
from thumbnet.schedule.recompute import banded_graphs
from thumbnet.schedule.search_cuts import Cut, Price, Stages, least_bytes
from thumbnet.schedule.search_growth import INFINITE, layer_bytes
from thumbnet.schedule.stages import StageMaker
from thumbnet.schedule.stream_build import Built
from thumbnet.schedule.stream_cost import extra_cost, layer_cost

PLANNED = 8
"""Orders of operators of which memory plans are made."""

MODERATE = 0.13
"""What a plan for least RAM may cost more than whole layers, as a part of these."""

_SPREAD = 1.75
"""How much more than the least RAM a plan of moderate cost may take."""

ATTEMPTS = 6
"""Memory plans that are tried where buffers leave gaps."""

_PLENTY = 3
"""The part of the least RAM in which layers fit whatever lies around them."""

_PATHS = 64
"""Paths that are looked at to get around gaps before all stages get smaller."""

_STEPS = 16
"""Stage sizes that are looked at for them."""

_GAP = 32
"""Bytes between buffers that are not worth the code of stages that run upwards."""

UNBOUNDED = float("inf")
"""The overhead that a plan of least RAM may have."""


class Scheduler:
    """Searches the plans of one graph in its operator order; ``lowered`` has its operators.

    Of the graph ``second_passes`` run twice. Where stages ``before`` it are given, it is the rest
    of the graph ``whole``.
    """

    def __init__(
        self,
        graph: Graph,
        input: str,
        lowered: Mapping[str, Lowered] | None = None,
        second_passes: tuple[SecondPass, ...] = (),
        whole: Graph | None = None,
        before: Sequence[Built] = (),
    ) -> None:
        self.graph = graph
        self.input = input
        self.second_passes = second_passes
        self.added = sum(one.macs for one in second_passes)
        self.lowered = lower_all(graph) if lowered is None else lowered
        # What stages before it make is in the arena.
        source = input if whole is None else "arena"
        self.maker = StageMaker(graph, self.lowered, source, second_passes)
        if whole is not None:
            self.maker.follow(whole, before, in_arena=input == "arena")
        self.net = self.maker.net
        self.pushed = source == "rows"
        self.least = least_bytes(self.net, pushed=self.pushed)
        """Bytes that no plan of this operator order goes below, gaps between buffers left out."""
        self._known: dict[int, Stages] = {}
        if self.least == INFINITE or (self.pushed and len(graph.sources) != 1):
            raise ThumbnetError(
                graph.name, why_not_pushed(graph) or "no plan", "set schedule: {input: buffer}"
            )

    def smallest(self, moderate: float) -> Plan:
        """The plan of least RAM whose overhead is at most ``moderate``, or nearly the least RAM."""
        if moderate != UNBOUNDED:
            stages = self._stages(int(self.least * _SPREAD))
            budget = self._budget(moderate, stages)
            return self._best(stages, self.aim(moderate), budget)
        plan = self._best(self._stages(self.least), self.least, UNBOUNDED)
        if plan.memory.arena_size <= self.least:
            return plan
        stages = self._stages(plan.memory.arena_size - 1)
        plan = min(
            plan,
            self._best(stages, self.least, UNBOUNDED),
            key=lambda plan: plan.memory.arena_size,
        )
        others = self._around_gaps(stages, self.least, _few, self.least)
        return min([plan, *(other for _, other in others)], key=lambda one: one.memory.arena_size)

    def banded(self, macs: int, ram_limit: int | None) -> Iterator[Scheduler]:
        """Schedulers of bottlenecks in bands that execute at most ``macs`` multiply-accumulates.

        Those of least RAM first or, with a ``ram_limit``, those that do least within it.
        """
        graphs = banded_graphs(
            self.graph,
            self.lowered,
            self.net,
            least=self.least,
            most=macs - sum(node.macs for node in self.net.nodes),
            pushed=self.pushed,
            ram_limit=ram_limit,
        )
        for graph, lowered in graphs:
            yield Scheduler(graph, self.input, lowered, self.second_passes)

    def aim(self, moderate: float) -> int:
        """Bytes that :meth:`smallest` does not go below."""
        if moderate == UNBOUNDED:
            return self.least
        stages = self._stages(int(self.least * _SPREAD))
        budget, sizes = self._budget(moderate, stages), stages.sizes()
        found = bisect_left(sizes, True, key=lambda size: _cost(stages, size) <= budget)
        return max(sizes[found], self.least)

    def _budget(self, moderate: float, stages: Stages) -> float:
        """The cost that is moderate; that of the cheapest plan of ``stages``, if it is more.

        What is done twice, which is limited by itself, is no overhead here.
        """
        nodes = self.net.nodes
        budget = sum((1 + moderate) * layer_cost(node) + extra_cost(node) for node in nodes)
        return max(budget, _cost(stages, stages.limit))

    def fastest(self, limit: int) -> tuple[int, Plan] | None:
        """The plan of least overhead within ``limit`` bytes, and what it costs.

        Where none fits, the smallest found, if there is any.
        """
        best: tuple[int, Plan] | None = None
        target = self._enough(limit)
        stages = self._stages(target)
        for path, plan in self._around_gaps(stages, target, _cost_of, limit):
            if plan.memory.arena_size <= limit:
                return _price(path), plan
        for _ in range(ATTEMPTS):
            smaller = _cheapest(stages, target)
            if smaller is None:
                break
            plan = self.make(smaller)
            if best is None or plan.memory.arena_size < best[1].memory.arena_size:
                best = _price(smaller), plan
            if plan.memory.arena_size <= limit:
                break
            # Gaps between buffers: leave room for them.
            target = min(target, _peak(smaller)) - (plan.memory.arena_size - limit)
        return best

    def cost(self, limit: int) -> float:
        """The overhead that :meth:`fastest` does not go below."""
        target = self._enough(limit)
        return _cost(self._stages(target), target)

    def _enough(self, limit: int) -> int:
        """``limit``, or what is enough for the cheapest plan: none needs more than layers do."""
        sizes = [layer_bytes(self.net, index) for index in range(len(self.net.nodes))]
        return min(limit, self.least + max((size for size in sizes if size != INFINITE), default=0))

    def make(self, cuts: Sequence[Cut]) -> Plan:
        """The plan of these stages, some of them upwards where that needs less."""
        plan = self.maker.plan(cuts)
        for parity in (0, 1):
            if plan.memory.arena_size <= max(self.least, _peak(cuts)) + _GAP:
                break
            turned = self.maker.turned(cuts, parity)
            if turned is not None:
                other = self.maker.plan(turned)
                if other.memory.arena_size < plan.memory.arena_size - _GAP:
                    plan = other
        return plan

    def _around_gaps(
        self, stages: Stages, target: int, price: Price, limit: int
    ) -> Iterator[tuple[list[Cut], Plan]]:
        """Paths of stages within ``target`` bytes and their plans, the cheapest first.

        Until one fits ``limit``. Stages that each fit may not fit one after the other, as buffers
        lie where the stage before has left room. Then the next ones are tried that do without one
        of these stages as it is.
        """
        waiting: list[tuple[int, int, list[Cut], tuple[Cut, ...]]] = []
        seen: list[list[Cut]] = []

        def consider(without: tuple[Cut, ...]) -> None:
            path = stages.cheapest(target, price, without)
            if path is not None and path not in seen:
                seen.append(path)
                heappush(waiting, (sum(map(price, path)), len(seen), path, without))

        consider(())
        plans = 0
        while waiting and plans < ATTEMPTS and len(seen) < _PATHS:
            _, _, path, without = heappop(waiting)
            found = self.maker.crowded(path, limit)
            if found is None:
                plans += 1
                plan = self.make(path)
                yield path, plan
                if plan.memory.arena_size <= limit:
                    return
                found = range(len(path))
            for number in found:
                consider((*without, path[number]))

    def _stages(self, limit: int) -> Stages:
        if limit not in self._known:
            self._known[limit] = Stages(
                self.net, limit, pushed=self.pushed, plenty=self.least // _PLENTY
            )
        return self._known[limit]

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
                known = path is None or path in seen or len(seen) == ATTEMPTS
                if path is None or known or _price(path) > budget:
                    continue
                seen.append(path)
                plan = self.make(path)
                if best is None or plan.memory.arena_size < best.memory.arena_size:
                    best = plan
        if best is None:
            raise ValueError(f"{self.graph.name}: no path through stages of {least} bytes")
        return best


def _cheapest(stages: Stages, limit: int) -> list[Cut] | None:
    return stages.cheapest(limit, _cost_of)


def _cost(stages: Stages, limit: int) -> float:
    path = _cheapest(stages, limit)
    return UNBOUNDED if path is None else _price(path)


def _cost_of(cut: Cut) -> int:
    return cut.cost


def _few(cut: Cut) -> int:
    """A price by which fewer stages come before less cost."""
    return cut.cost + (1 << 40)


def _price(path: Sequence[Cut]) -> int:
    return sum(cut.cost for cut in path)


def _peak(path: Sequence[Cut]) -> int:
    return max((cut.size for cut in path), default=0)
