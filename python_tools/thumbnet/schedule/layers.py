"""Schedules a graph: today layer by layer, one operator a stage."""

from __future__ import annotations

import dataclasses

from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered, Rows, Source
from thumbnet.plan import Plan, Stage, Step
from thumbnet.schedule.lowering import lower
from thumbnet.schedule.memory import plan_memory


def make_plan(graph: Graph, *, input_in_arena: bool = True) -> Plan:
    """Schedules ``graph`` layer by layer and places its tensors.

    Raises:
        ThumbnetError: an operator's constants leave what its kernel can hold.
    """
    steps = tuple(Step(operator, flattened(lower(graph, operator))) for operator in graph.operators)
    lowered = {step.operator.name: step.lowered for step in steps}
    memory = plan_memory(graph, lowered, input_in_arena=input_in_arena)
    stages = tuple(Stage("layer", (step,)) for step in steps)
    return Plan(graph, stages, memory, input_in_arena)


def flattened(lowered: Lowered) -> Lowered:
    """``lowered`` over one long row where the kernel has no spatial reach.

    Fewer calls, and no cost for tensors of narrow rows.
    """
    output = lowered.output
    if not lowered.pointwise or output.height == 1:
        return lowered
    sources = tuple(_one_row(source, output.height) for source in lowered.sources)
    if any(source is None for source in sources):
        return lowered
    return dataclasses.replace(
        lowered,
        sources=tuple(source for source in sources if source is not None),
        output=_long(output),
    )


def _one_row(source: Source, height: int) -> Source | None:
    plain = source.kernel_height == source.stride == 1 and source.row_map is None
    if not plain or source.pad or source.rows.height != height:
        return None
    return dataclasses.replace(source, rows=_long(source.rows))


def _long(rows: Rows) -> Rows:
    return dataclasses.replace(rows, height=1, width=rows.width * rows.height)
