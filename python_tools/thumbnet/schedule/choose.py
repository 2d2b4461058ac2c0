"""Chooses how a graph runs: whole layers where they fit, streamed stages where RAM is short.

Operators run in the given order unless another one needs less RAM and that is what is missing.
"""

from __future__ import annotations

from functools import cached_property

from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered
from thumbnet.plan import Plan
from thumbnet.schedule.layers import make_plan
from thumbnet.schedule.lowering import lower_all
from thumbnet.schedule.order import Needs, Order, is_forced, least_orders, least_peak, reordered
from thumbnet.schedule.scheduler import MODERATE, PLANNED, Scheduler
from thumbnet.schedule.search_cuts import least_bytes
from thumbnet.schedule.search_growth import INFINITE
from thumbnet.schedule.stream import best_plan
from thumbnet.schedule.stream_net import make_network

LOOKED_AT = 3000
"""Operators in all the orders of which the least RAM is estimated."""


def choose_plan(
    graph: Graph, *, input: str, objective: str, ram_limit: int | None, recompute: float = 1.0
) -> Plan:
    """The plan for ``graph``; see :meth:`Chooser.plan`."""
    return Chooser(graph, input).plan(objective, ram_limit, recompute)


class Chooser:
    """Chooses plans of one graph for one sort of input.

    ``input`` is ``arena`` (the input lies in the arena and may be overwritten), ``buffer`` (it
    stays in the caller's buffer) or ``rows`` (it is pushed row by row).
    """

    def __init__(self, graph: Graph, input: str) -> None:
        self.graph = graph
        self.input = input
        self.in_arena = input == "arena"
        self.most = max(LOOKED_AT // max(len(graph.operators), 1), PLANNED)

    def plan(self, objective: str, ram_limit: int | None, recompute: float = 1.0) -> Plan:
        """The cheapest plan within ``ram_limit`` bytes (``speed``) or that of least RAM (``ram``).

        The latter at a moderate cost. Where nothing fits, the plan of least RAM comes back; the
        caller compares it with the limit. Up to ``recompute`` times the multiply-accumulates are
        executed where that is needed to fit, or for less RAM.
        """
        limit = INFINITE if ram_limit is None else ram_limit
        if objective == "speed" and self.input != "rows":
            # Whole layers have the least overhead, so nothing that fits is cheaper.
            if self._given_layers.memory.arena_size <= limit:
                return self._given_layers
            for whole in self._other_layers:
                if whole.memory.arena_size <= limit:
                    return whole
        return best_plan(self._schedulers, objective, limit, MODERATE, recompute)

    @cached_property
    def _given_layers(self) -> Plan:
        return make_plan(self.graph, input_in_arena=self.in_arena)

    @cached_property
    def _other_layers(self) -> list[Plan]:
        """Whole layers in orders that need less and less."""
        if is_forced(self.graph):
            return []
        net = make_network(self.graph, self._lowered, input_in_arena=self.in_arena)
        needs = Needs(net)
        best = least_peak(self.graph, needs)
        found = [] if best is None else [(needs.peak(best), best)]
        # The allocator may have to leave gaps in one order and not in another.
        orders = least_orders(self.graph, lambda order, _: needs.peak(order), self.most)
        least, plans = self._given_layers.memory.arena_size, []
        for peak, order in [*found, *orders[:PLANNED]]:
            if peak < least:
                plan = make_plan(reordered(self.graph, order), input_in_arena=self.in_arena)
                if plan.memory.arena_size < least:
                    least = plan.memory.arena_size
                    plans.append(plan)
        return plans

    @cached_property
    def _lowered(self) -> dict[str, Lowered]:
        return lower_all(self.graph)

    @cached_property
    def _schedulers(self) -> list[Scheduler]:
        """For the given order, which stays unless another is better, and for others."""
        if is_forced(self.graph):
            return [Scheduler(self.graph, self.input, self._lowered)]
        given = tuple(range(len(self.graph.operators)))
        found = least_orders(self.graph, self._least, self.most)
        orders = [order for size, order in found if size < INFINITE and order != given][:PLANNED]
        if any(size < INFINITE for size, order in found if order == given) or not orders:
            orders = [given, *orders]
        return [
            Scheduler(reordered(self.graph, order), self.input, self._lowered) for order in orders
        ]

    def _least(self, order: Order, below: int) -> int:
        """Bytes that streamed stages need at least, see :func:`least_bytes`."""
        graph = reordered(self.graph, order)
        net = make_network(graph, self._lowered, input_in_arena=self.in_arena)
        return least_bytes(net, pushed=self.input == "rows", below=min(below, INFINITE))
