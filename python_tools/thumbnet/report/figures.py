"""The figures of a plan as plain values: what every picture of it shows, and its JSON."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from thumbnet.plan import Plan

SCRATCH = "scratch of "
"""What stands before the operator's name where a buffer is its scratch."""


@dataclass(frozen=True)
class OperatorFigures:
    """One operator: ``live_bytes`` is the arena that it would need if nothing else ran."""

    index: int
    kind: str
    name: str
    shape: tuple[int, ...]
    macs: int
    live_bytes: int


@dataclass(frozen=True)
class BufferFigures:
    """One buffer of the arena: alive from step ``first`` to ``last``; -1 is before the first."""

    name: str
    offset: int
    size: int
    first: int
    last: int


@dataclass(frozen=True)
class PlanFigures:
    """A plan; sizes in bytes, ``arena_lower_bound`` what no plan of this order can go below."""

    model: str
    target: str
    arena_bytes: int
    arena_lower_bound: int
    weight_bytes: int
    macs: int
    peak_operator: str
    operators: tuple[OperatorFigures, ...]
    buffers: tuple[BufferFigures, ...]

    def as_dict(self) -> dict[str, object]:
        """Return the figures as JSON would hold them."""
        return dataclasses.asdict(self)


def plan_figures(plan: Plan, model: str, target: str) -> PlanFigures:
    """Collect the figures of ``plan``; buffers by offset, then by first step."""
    memory = plan.memory
    operators = tuple(
        OperatorFigures(
            index,
            step.operator.kind,
            step.operator.name,
            plan.graph.tensor(step.operator.outputs[0]).shape,
            step.lowered.macs,
            memory.live_bytes[step.operator.name],
        )
        for index, step in enumerate(plan.steps)
    )
    buffers = tuple(
        BufferFigures(
            ", ".join(place.live.tensors) or SCRATCH + place.live.name,
            place.offset,
            place.live.size,
            place.live.first,
            place.live.last,
        )
        for place in sorted(memory.placements, key=lambda place: (place.offset, place.live.first))
    )
    return PlanFigures(
        model=model,
        target=target,
        arena_bytes=memory.arena_size,
        arena_lower_bound=memory.lower_bound,
        weight_bytes=plan.weight_bytes,
        macs=plan.macs,
        peak_operator=memory.peak,
        operators=operators,
        buffers=buffers,
    )
