"""The instructions that a plan is predicted to execute, by operator."""

from __future__ import annotations

from dataclasses import dataclass

from thumbnet.operators.cost import frame_cost, moved
from thumbnet.operators.cost_windows import Features
from thumbnet.plan import Plan, Stage
from thumbnet.schedule.lowering import lower_all
from thumbnet.schedule.stream_cost import layer_cost, line_cost, run_cost
from thumbnet.schedule.stream_net import Network, make_network
from thumbnet.schedule.stream_stage import Extent


@dataclass(frozen=True)
class Prediction:
    """Instructions by operator, its output's line buffer included, and of whole layers instead.

    ``frame`` is what an inference takes besides: checks, and moving outputs to the caller.
    """

    operators: dict[str, int]
    layers: int
    frame: int

    @property
    def total(self) -> int:
        """Of one inference."""
        return self.stages + self.frame

    @property
    def stages(self) -> int:
        """Of the operators alone, in which schedules differ."""
        return sum(self.operators.values())

    @property
    def overhead(self) -> int:
        """Beyond the network as whole layers."""
        return self.stages - self.layers


def predict(plan: Plan) -> Prediction:
    """Prices every stage; see :mod:`thumbnet.schedule.stream_cost` for the source of the figures.

    Stages over tiles are priced as if they ran once.
    """
    graph = plan.graph
    net = make_network(graph, lower_all(graph), input_in_arena=plan.input_in_arena)
    found: dict[str, int] = {}
    first = 0
    for stage in plan.stages:
        end = first + len(stage.steps)
        found |= stage_costs(net, stage, first, end)
        first = end
    layers = sum(layer_cost(node) for node in net.nodes)
    # What runs twice is there twice.
    twice = sum(one.macs for one in plan.second_passes)
    once = plan.network_macs
    frame = int(frame_cost(frame_counts(plan), plan.graph.build.core))
    return Prediction(found, layers * once // (once + twice) if once else layers, frame)


def frame_counts(plan: Plan) -> Features:
    """What an inference does besides its operators, in the counts of their price.

    Outputs and states are moved; inputs are in the arena already, where the caller wrote them.
    """
    kinds = [stage.kind for stage in plan.stages]
    tables = sum(
        kind == "layer" and (at == 0 or kinds[at - 1] != "layer") for at, kind in enumerate(kinds)
    )
    graph, offsets = plan.graph, plan.memory.offsets
    found: Features = {"run": 1.0, "tables": tables}
    for name in graph.results:
        for count, value in moved(graph.tensor(name).size, offsets.get(name, 0)).items():
            found[count] = found.get(count, 0.0) + value
    return found


def stage_costs(net: Network, stage: Stage, first: int, end: int) -> dict[str, int]:
    """Of ``stage`` of operators [first, end), by operator."""
    if stage.kind == "layer":
        return {node.name: layer_cost(node) for node in net.nodes[first:end]}
    found: dict[str, int] = {}
    for node in net.nodes[first:end]:
        value = net.values[node.output]
        line = stage.lines.get(value.name)
        cost = 0 if node.is_view else run_cost(node, stage.segments[node.name])
        if line is not None and line.segment:
            cost += line_cost(net, node.output, Extent(line.rows, line.margin), line.segment)
        found[node.name] = cost
    return found
