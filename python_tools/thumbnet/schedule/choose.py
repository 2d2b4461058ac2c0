"""Chooses how a graph runs: whole layers where they fit, streamed stages where RAM is short."""

from __future__ import annotations

from thumbnet.ir.graph import Graph
from thumbnet.plan import Plan
from thumbnet.schedule.layers import make_plan
from thumbnet.schedule.stream import schedule_stream


def choose_plan(
    graph: Graph, *, input: str, objective: str, ram_limit: int | None, recompute: float = 1.0
) -> Plan:
    """The plan for ``graph``.

    ``input`` is ``arena`` (the input lies in the arena and may be overwritten), ``buffer`` (it
    stays in the caller's buffer) or ``rows`` (it is pushed row by row). ``objective`` is ``speed``
    (the cheapest plan within ``ram_limit`` bytes) or ``ram`` (the least RAM at a moderate cost).
    At most ``recompute`` times the graph's multiply-accumulates are executed.
    Where nothing fits, the plan of least RAM comes back; the caller compares it with the limit.
    """
    if objective == "speed" and input != "rows":
        whole = make_plan(graph, input_in_arena=input == "arena")
        # Whole layers have the least overhead, so nothing that fits is cheaper.
        if ram_limit is None or whole.memory.arena_size <= ram_limit:
            return whole
    return schedule_stream(
        graph, input=input, objective=objective, ram_limit=ram_limit, recompute=recompute
    )
