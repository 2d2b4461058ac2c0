"""Whether a graph can take its input row by row, and what stands in the way where it cannot."""

from __future__ import annotations

from thumbnet.ir.graph import Graph, Operator
from thumbnet.schedule.lowering import lower_all
from thumbnet.schedule.stream_net import make_network
from thumbnet.schedule.stream_stage import Walk


def why_not_pushed(graph: Graph) -> str | None:
    """What keeps ``graph`` from taking its input row by row; None where nothing does.

    Rows that have passed are gone, so that all that read the input must run in the stage that the
    rows go through.
    """
    if len(graph.inputs) != 1:
        return f"rows needs a model of one input; this one has {len(graph.inputs)}"
    if graph.states:
        return f'rows needs a model without state; this one keeps "{graph.states[0].read}"'
    net = make_network(graph, lower_all(graph), input_in_arena=False)
    value = net.values[net.inputs[0]]
    if value.last < 0:
        return f'rows: nothing reads the input "{value.name}"'
    if value.last >= len(net.nodes):
        return f'rows: the input "{value.name}" is an output, too'
    walk = Walk(net, 0, pushed=True)
    while walk.end <= value.last:
        if not walk.extend():
            return _obstacle(graph, walk.end, value.last)
    return None


def _obstacle(graph: Graph, index: int, last: int) -> str:
    operator = graph.operators[index]
    source = graph.inputs[0]
    if source in operator.inputs:
        return f"rows: {_node(operator)} needs all of the input at once"
    text = f'rows: {_node(operator)} needs all of "{operator.inputs[0]}" at once'
    if index != last:
        text += f", and {_node(graph.operators[last])} still reads the input after it"
    return text


def _node(operator: Operator) -> str:
    return f'node "{operator.name}" ({operator.kind.upper()})'
