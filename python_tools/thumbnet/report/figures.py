"""The figures of a plan as plain values: what every picture of it shows, and its JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from thumbnet.plan import LineBuffer, Plan, Stage, Tiles
from thumbnet.report.tables import SCRATCH


@dataclass(frozen=True)
class OperatorFigures:
    """One operator: ``live_bytes`` is the arena that its stage would need if nothing else ran.

    ``run`` is the most pixels that it makes at once, None over whole tensors; ``output`` is a
    tensor of ``shape`` and ``output_bytes``.
    """

    index: int
    kind: str
    name: str
    output: str
    shape: tuple[int, ...]
    output_bytes: int
    macs: int
    live_bytes: int
    run: int | None


@dataclass(frozen=True)
class LineFigures:
    """What a stream keeps of a tensor: ``rows``, and ``margin`` + ``segment`` pixels of one more.

    A pushed input has no segment: its newest row is the caller's.
    """

    tensor: str
    rows: int
    margin: int
    segment: int
    height: int
    width: int
    pixel_bytes: int
    bytes: int


@dataclass(frozen=True)
class StageFigures:
    """A stage: operators ``first`` to ``last``, both included, as a ``layer`` or a ``stream``.

    ``live_bytes`` is the arena that it would need alone; ``other_bytes`` a stream's scratch and
    states, and what aligns them; ``tiles`` what it runs over: side by side, below one another, and
    how many columns more the outermost ones have.
    """

    index: int
    kind: str
    first: int
    last: int
    pushed: bool
    live_bytes: int
    lines: tuple[LineFigures, ...]
    other_bytes: int
    tiles: Tiles


@dataclass(frozen=True)
class BufferFigures:
    """One buffer of the arena: alive from stage ``first`` to ``last``; -1 is before the first.

    ``memory`` is ``fast`` or ``slow``, None where there is one arena.
    """

    name: str
    offset: int
    size: int
    first: int
    last: int
    memory: str | None = None


@dataclass(frozen=True)
class FrontFigures:
    """A plan of the Pareto front; instructions are those beyond whole layers'."""

    arena_bytes: int
    streamed_operators: int
    stages: int
    estimated_extra_instructions: int

    def as_dict(self) -> dict[str, object]:
        """Return the figures as JSON would hold them."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class PatchFigures:
    """MCUNetV2's schedule with ``patches`` x ``patches`` patches, to compare with.

    ``work`` is the multiply-accumulates executed, the network's being 1.
    """

    patches: int
    arena_bytes: int
    macs: int
    work: float

    def as_dict(self) -> dict[str, object]:
        """Return the figures as JSON would hold them."""
        return dataclasses.asdict(self)


@dataclass(frozen=True)
class PlanFigures:
    """A plan; sizes in bytes, ``arena_lower_bound`` what no plan of this order can go below.

    ``input`` is where the model's input comes from: arena, buffer or rows. ``macs`` are executed,
    ``network_macs`` are what the network has. Of two memories
    ``arena_bytes`` is the sum of ``fast_bytes`` and ``slow_bytes``, ``live_bytes`` are those in the
    fast one, and an inference reads and writes ``slow_accesses`` bytes of tensors in the slow one,
    of ``accesses`` of all tensors; where there is one memory these are None. ``state_bytes`` are
    kept in the model object from one inference to the next, ``frontend_bytes`` are there for the
    front end.
    """

    model: str
    target: str
    input: str
    arena_bytes: int
    arena_lower_bound: int
    weight_bytes: int
    macs: int
    network_macs: int
    peak_operator: str
    peak_stage: int | None
    operators: tuple[OperatorFigures, ...]
    stages: tuple[StageFigures, ...]
    buffers: tuple[BufferFigures, ...]
    fast_bytes: int | None = None
    slow_bytes: int | None = None
    slow_accesses: int | None = None
    accesses: int | None = None
    state_bytes: int = 0
    frontend_bytes: int = 0

    def as_dict(self) -> dict[str, object]:
        """Return the figures as JSON would hold them."""
        return dataclasses.asdict(self)


def plan_figures(plan: Plan, model: str, target: str, frontend_bytes: int = 0) -> PlanFigures:
    """Collect the figures of ``plan``; buffers by offset, then by first stage, slow ones last."""
    memory, slow = plan.memory, plan.memory.slow
    stages = tuple(_stages(plan))
    peaks = [
        index
        for index, stage in enumerate(plan.stages)
        if memory.peak in (step.operator.name for step in stage.steps)
    ]
    return PlanFigures(
        model=model,
        target=target,
        input="rows" if plan.pushed else "arena" if plan.input_in_arena else "buffer",
        arena_bytes=memory.total_size,
        arena_lower_bound=memory.lower_bound + (0 if slow is None else slow.lower_bound),
        weight_bytes=plan.weight_bytes,
        macs=plan.macs,
        network_macs=plan.network_macs,
        peak_operator=memory.peak,
        peak_stage=peaks[0] if peaks else None,
        operators=tuple(_operators(plan)),
        stages=stages,
        buffers=tuple(_buffers(plan)),
        fast_bytes=None if slow is None else memory.arena_size,
        slow_bytes=None if slow is None else slow.size,
        slow_accesses=None if slow is None else slow.accesses,
        accesses=None if slow is None else slow.all_accesses,
        state_bytes=plan.graph.state_bytes,
        frontend_bytes=frontend_bytes,
    )


def _operators(plan: Plan) -> Iterator[OperatorFigures]:
    numbered = iter(range(len(plan.steps)))
    for stage in plan.stages:
        for step in stage.steps:
            operator = step.operator
            output = plan.graph.tensor(operator.outputs[0])
            yield OperatorFigures(
                next(numbered),
                operator.kind,
                operator.name,
                output.name,
                output.shape,
                output.size,
                step.lowered.macs,
                plan.memory.live_bytes[operator.name],
                stage.segments.get(operator.name),
            )


def _stages(plan: Plan) -> Iterator[StageFigures]:
    first = 0
    for index, stage in enumerate(plan.stages):
        lines = tuple(map(_line, stage.lines.values()))
        names = [step.operator.name for step in stage.steps]
        yield StageFigures(
            index,
            stage.kind,
            first,
            first + len(names) - 1,
            stage.pushed,
            max(plan.memory.live_bytes[name] for name in names),
            lines,
            _block(plan, index, stage) - sum(line.bytes for line in lines),
            stage.tiles,
        )
        first += len(names)


def _block(plan: Plan, index: int, stage: Stage) -> int:
    """Bytes that a stream takes besides whole tensors."""
    if stage.kind != "stream":
        return 0
    places = plan.memory.placements
    return sum(
        place.live.size for place in places if place.live.is_scratch and place.live.first == index
    )


def _line(line: LineBuffer) -> LineFigures:
    return LineFigures(
        line.tensor,
        line.rows,
        line.margin,
        line.segment,
        line.height,
        line.width,
        line.pixel,
        line.slots_size + line.strip_size,
    )


def _buffers(plan: Plan) -> Iterator[BufferFigures]:
    places = sorted(
        plan.memory.placements, key=lambda place: (place.slow, place.offset, place.live.first)
    )
    for place in places:
        live = place.live
        memory = None if plan.memory.slow is None else "slow" if place.slow else "fast"
        name = ", ".join(live.tensors) or SCRATCH + live.name
        if live.is_scratch and plan.stages[live.first].kind == "stream":
            name = f"line buffers, scratch of stage {live.first}"
        yield BufferFigures(name, place.offset, live.size, live.first, live.last, memory)
