"""Schedules a graph in streamed stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered
from thumbnet.operators.registry import family
from thumbnet.plan import Plan
from thumbnet.schedule.search_cuts import Cut, cheapest, least_bytes
from thumbnet.schedule.stream_build import Built, build_layer, build_stream
from thumbnet.schedule.stream_memory import plan_stages
from thumbnet.schedule.stream_net import Network, make_network


def schedule_stream(
    graph: Graph, *, input: str = "arena", objective: str = "ram", ram_limit: int | None = None
) -> Plan:
    lowered = {operator.name: family(operator).lower(graph, operator) for operator in graph.operators}
    pushed = input == "rows"
    net = make_network(graph, lowered, input_in_arena=input == "arena")
    least = least_bytes(net, pushed=pushed)
    cuts = cheapest(net, least, pushed=pushed)
    return make(graph, lowered, net, cuts, input=input)


def make(
    graph: Graph,
    lowered: Mapping[str, Lowered],
    net: Network,
    cuts: Sequence[Cut],
    *,
    input: str,
) -> Plan:
    """The plan of these cuts."""
    built: list[Built] = []
    for cut in cuts:
        if cut.width is None:
            built.append(build_layer(graph, lowered, net, cut.first))
        else:
            pushed = input == "rows" and cut.first == 0
            built.append(build_stream(graph, lowered, net, cut, pushed=pushed))
    memory = plan_stages(graph, built, input_in_arena=input == "arena")
    return Plan(graph, tuple(found.stage for found in built), memory, input == "arena")
