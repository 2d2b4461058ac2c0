"""A plan's stages as a lock file: written once, then built again without any search.

A lock holds what a search decides and nothing that depends on the board: which operators run in
which order, the stages they form, and how many pixels a streamed operator makes at once. It fits a
model whose operators have the same names, kinds and output shapes, so that a model that was only
trained further keeps its plan.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from thumbnet.errors import ThumbnetError
from thumbnet.ir.graph import Graph, Operator
from thumbnet.plan import Plan, SecondPass, Stage, Tiles
from thumbnet.schedule.bands import (
    FUSED,
    MOST_ROWS,
    Bottleneck,
    find_bottlenecks,
    in_bands,
)
from thumbnet.schedule.layers import make_plan
from thumbnet.schedule.lowering import lower_all
from thumbnet.schedule.memory import Memories
from thumbnet.schedule.pushed import why_not_pushed
from thumbnet.schedule.search_cuts import WIDTHS, Cut
from thumbnet.schedule.search_growth import segment
from thumbnet.schedule.second_pass import in_part, second_passes
from thumbnet.schedule.second_pass_rewrite import SPLIT, can_split, channels, run_twice
from thumbnet.schedule.stages import StageMaker
from thumbnet.schedule.stream_net import Network, make_network
from thumbnet.schedule.stream_stage import Walk
from thumbnet.schedule.tile_regions import spans
from thumbnet.schedule.tile_stage import can_tile
from thumbnet.schedule.two_memories import place_stages

AGAIN = "write it again with thumbnet plan MANIFEST --lock, or leave schedule.plan out"


InputMode = Literal["arena", "buffer", "rows"]

_WIDEST = 1024
"""Segment widths that are tried where none of the search's own explains a plan."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class LockedOperator(_Frozen):
    """An operator; ``segment`` is the most pixels of a run, null over whole tensors.

    ``band`` is how many rows an inverted_bottleneck makes together; the model has several operators
    in its place, of which the last is called so.
    """

    name: str
    kind: str
    output: list[int]
    segment: int | None = None
    band: int | None = Field(default=None, ge=1, le=MOST_ROWS)


class LockedStage(_Frozen):
    """A stage; ``width`` is the segment width of a stream's leader, 65536 for its whole row.

    One that runs ``upwards`` goes from the last row to the first. ``tiles`` are how many it runs
    over side by side and below one another, and how many columns more the outermost have.
    """

    kind: Literal["layer", "stream"]
    width: int | None = Field(default=None, ge=1)
    upwards: bool = False
    tiles: list[NonNegativeInt] | None = Field(default=None, min_length=3, max_length=3)
    operators: list[LockedOperator] = Field(min_length=1)


class LockedPass(_Frozen):
    """A block whose cheap part runs twice: the operator that multiplies, and what it goes back to.

    ``kept`` channels run once. The second run's operators have names of their own in the stages.
    """

    gate: str
    sources: list[str]
    kept: int = Field(default=0, ge=0, multiple_of=SPLIT)


class Lock(_Frozen):
    """A lock file; ``thumbnet``, ``model`` and ``sha256`` say where it comes from.

    ``slow_bytes`` is that of a plan for two memories, ``arena_bytes`` then that of the fast one.
    """

    format: Literal[1]
    thumbnet: str
    model: str
    sha256: str
    input: InputMode
    arena_bytes: int
    second_passes: list[LockedPass] = []
    slow_bytes: int | None = None
    stages: list[LockedStage]

    def text(self) -> str:
        """The file's text: JSON with a line an operator."""
        head = self.model_dump(exclude={"stages"}, exclude_defaults=True)
        lines = [f" {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
        stages = ",\n".join(map(_stage_text, self.stages))
        return "\n".join(["{", *lines, f' "stages": [\n{stages}\n ]', "}", ""])


def _stage_text(stage: LockedStage) -> str:
    width = "" if stage.width is None else f'"width": {stage.width}, '
    width += '"upwards": true, ' if stage.upwards else ""
    width += f'"tiles": {stage.tiles}, ' if stage.tiles else ""
    operators = ",\n".join(
        f"   {operator.model_dump_json(exclude_none=True)}" for operator in stage.operators
    )
    return f'  {{"kind": "{stage.kind}", {width}"operators": [\n{operators}\n  ]}}'


def make_lock(plan: Plan, *, model: str, sha256: str, version: str) -> Lock:
    """The lock of ``plan``; ``model`` is the file's name, ``version`` thumbnet's."""
    source: InputMode = "rows" if plan.pushed else "arena" if plan.input_in_arena else "buffer"
    net = _network(plan.graph, source)
    first, stages = 0, []
    for stage in plan.stages:
        end = first + len(stage.steps)
        width = _leader_width(net, stage, first) if stage.kind == "stream" else None
        operators = [
            LockedOperator(
                name=step.operator.name,
                kind=step.operator.kind,
                output=list(plan.graph.tensor(step.operator.outputs[0]).shape),
                segment=stage.segments.get(step.operator.name),
                band=step.lowered.band if step.operator.kind == FUSED else None,
            )
            for step in stage.steps
        ]
        kind: Literal["layer", "stream"] = "stream" if stage.kind == "stream" else "layer"
        stages.append(
            LockedStage(
                kind=kind,
                width=width,
                upwards=stage.upwards,
                tiles=list(stage.tiles) if stage.tiled else None,
                operators=operators,
            )
        )
        first = end
    return Lock(
        format=1,
        thumbnet=version,
        model=model,
        sha256=sha256,
        input=source,
        arena_bytes=plan.memory.arena_size,
        second_passes=[
            LockedPass(gate=one.gate, sources=list(one.sources), kept=one.kept)
            for one in plan.second_passes
        ],
        slow_bytes=None if plan.memory.slow is None else plan.memory.slow.size,
        stages=stages,
    )


def read_lock(path: Path) -> Lock:
    """The lock file at ``path``.

    Raises:
        ThumbnetError: it cannot be read or is no lock file of this release.
    """
    try:
        return Lock.model_validate_json(path.read_bytes())
    except OSError as error:
        reason = error.strerror or str(error)
        raise ThumbnetError(str(path), f"cannot be read: {reason}", AGAIN) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        problem = f"is no plan of this release: {f'{where}: ' if where else ''}{first['msg']}"
        raise ThumbnetError(str(path), problem, AGAIN) from error


def pinned_plan(
    graph: Graph, lock: Lock, place: str, *, input: str, memories: Memories | None = None
) -> Plan:
    """Exactly the plan that ``lock`` records, without a search; ``place`` starts messages.

    In two memories its stages are recorded, and what lies where follows from them and the sizes.

    Raises:
        ThumbnetError: it does not fit ``graph`` or ``input``: which stage, and why.
    """
    if input != lock.input:
        raise ThumbnetError(
            place, f"the plan was made for input: {lock.input}, not for input: {input}", AGAIN
        )
    if (memories is None) != (lock.slow_bytes is None):
        made, wanted = ("one memory", "two") if memories else ("two memories", "one")
        raise ThumbnetError(place, f"the plan was made for {made}, not for {wanted}", AGAIN)
    passes = tuple(_passes(graph, lock, place))
    graph = _in_bands(run_twice(graph, passes), lock, place)
    ordered = graph.replace(operators=_matched(graph, lock, place))
    maker = StageMaker(ordered, lower_all(ordered), input)
    cuts = list(_cuts(ordered, maker, lock, place))
    if memories is None:
        plan = build_plan(maker, cuts)
    else:
        placed = place_stages(maker, cuts, memories)
        if placed is None:
            sizes = f"fast: {memories.fast}, slow: {memories.slow}"
            problem = f"the plan does not fit schedule.ram {{{sizes}}}; it was made with "
            problem += f"{lock.arena_bytes} fast and {lock.slow_bytes} slow bytes"
            raise ThumbnetError(place, problem, AGAIN)
        plan = placed
    for index, (stage, locked) in enumerate(zip(plan.stages, lock.stages, strict=True)):
        for operator in locked.operators:
            found = stage.segments.get(operator.name)
            if found != operator.segment:
                problem = f"{_node(operator)} makes {found} pixels at once, not {operator.segment}"
                raise _mismatch(place, index, locked, problem)
    if memories is None and plan.memory.arena_size > lock.arena_bytes:
        problem = (
            f"the plan takes {plan.memory.arena_size} bytes, with thumbnet {lock.thumbnet} it took "
            f'{lock.arena_bytes}; it peaks at node "{plan.memory.peak}"'
        )
        raise ThumbnetError(place, problem, AGAIN)
    return dataclasses.replace(plan, second_passes=passes)


def _passes(graph: Graph, lock: Lock, place: str) -> Iterator[SecondPass]:
    """What runs twice, as it is found in ``graph``."""
    possible = {one.gate: one for one in second_passes(graph, lock.input)}
    for locked in lock.second_passes:
        found = possible.pop(locked.gate, None)
        fits = found is not None and (
            not locked.kept or (can_split(graph, found) and locked.kept < channels(graph, found))
        )
        if found is None or not fits or list(found.sources) != locked.sources:
            back = ", ".join(f'"{name}"' for name in locked.sources)
            problem = f'no block of mul "{locked.gate}" could run twice from {back}, or only once'
            raise ThumbnetError(place, f"the plan does not fit the model: {problem}", AGAIN)
        yield in_part(graph, found, locked.kept)


def build_plan(maker: StageMaker, cuts: Sequence[Cut]) -> Plan:
    """The plan of given stages.

    Raises:
        ValueError: a cut is no stage.
    """
    if all(cut.width is None for cut in cuts):
        return make_plan(maker.graph, input_in_arena=maker.in_arena)
    return maker.plan(cuts)


def _in_bands(graph: Graph, lock: Lock, place: str) -> Graph:
    """The graph with the lock's inverted bottlenecks."""
    known = {
        graph.operators[bottleneck.end - 1].name: bottleneck
        for bottleneck in find_bottlenecks(graph)
    }
    rows: dict[Bottleneck, int] = {}
    for index, stage in enumerate(lock.stages):
        for operator in stage.operators:
            if operator.kind == FUSED:
                if operator.name not in known or operator.band is None:
                    problem = f"the model has no {_node(operator)}"
                    raise _mismatch(place, index, stage, problem)
                rows[known[operator.name]] = operator.band
    return in_bands(graph, rows)


def _matched(graph: Graph, lock: Lock, place: str) -> list[Operator]:
    """The graph's operators in the lock's order."""
    operators = {operator.name: operator for operator in graph.operators}
    made = {*graph.sources}
    order: list[Operator] = []
    for index, stage in enumerate(lock.stages):
        for locked in stage.operators:
            operator = operators.pop(locked.name, None)
            fault = _difference(graph, operator, locked)
            if operator is None or fault is not None:
                raise _mismatch(place, index, stage, fault or "")
            for name in operator.inputs:
                if name and not graph.tensor(name).is_constant and name not in made:
                    fault = f'{_node(locked)} reads "{name}", which nothing before it makes'
                    raise _mismatch(place, index, stage, fault)
            made.update(operator.outputs)
            order.append(operator)
    if operators:
        left = next(iter(operators.values()))
        problem = f'after its last stage the model goes on with {left.kind} "{left.name}"'
        raise ThumbnetError(place, f"the plan does not fit the model: {problem}", AGAIN)
    return order


def _difference(graph: Graph, operator: Operator | None, locked: LockedOperator) -> str | None:
    if operator is None:
        return f"the model has no {_node(locked)}, or has it only once"
    if operator.kind != locked.kind:
        return f'"{locked.name}" is {operator.kind} in the model, not {locked.kind}'
    shape = list(graph.tensor(operator.outputs[0]).shape)
    if shape != locked.output:
        return f"{_node(locked)} makes {shape} in the model, not {locked.output}"
    return None


def _cuts(graph: Graph, maker: StageMaker, lock: Lock, place: str) -> Iterator[Cut]:
    first, net = 0, maker.net
    for index, stage in enumerate(lock.stages):
        end = first + len(stage.operators)
        pushed = lock.input == "rows" and index == 0
        if stage.kind == "layer" and (len(stage.operators) > 1 or pushed):
            what = "cannot take pushed rows" if pushed else "runs one operator"
            raise _mismatch(place, index, stage, f"a layer {what}; stream them")
        if stage.kind == "stream" and stage.width is None:
            raise _mismatch(place, index, stage, "a stream needs a width")
        if stage.kind == "stream":
            walk = Walk(net, first, pushed=pushed)
            while walk.end < end:
                if not walk.extend():
                    fault = f"{_node(stage.operators[walk.end - first])} cannot advance with it"
                    raise _mismatch(place, index, stage, fault)
        if pushed and net.values[net.inputs[0]].last >= end:
            reader = graph.operators[net.values[net.inputs[0]].last]
            fault = why_not_pushed(graph) or f'node "{reader.name}" reads the rows after it'
            raise _mismatch(place, index, stage, fault)
        width = stage.width if stage.kind == "stream" else None
        cut = Cut(first, end, width, 0, 0, stage.upwards)
        if stage.upwards and not maker.turns(cut):
            raise _mismatch(place, index, stage, "it cannot run upwards")
        if stage.tiles is not None:
            cut = cut._replace(tiles=_tiles(net, lock, place, index, end))
        yield cut
        first = end


def _tiles(net: Network, lock: Lock, place: str, index: int, end: int) -> Tiles:
    """What stage ``index`` runs over, up to operator ``end``."""
    stage = lock.stages[index]
    tiles = Tiles(*stage.tiles or ())
    alone = index == 0 and stage.kind == "stream" and not stage.upwards
    plain = lock.input != "rows" and lock.slow_bytes is None
    if not (alone and plain and min(tiles.columns, tiles.rows) and can_tile(net, end, tiles)):
        raise _mismatch(place, index, stage, f"it cannot run over tiles {stage.tiles}")
    return tiles


def _mismatch(place: str, index: int, stage: LockedStage, problem: str) -> ThumbnetError:
    names = [operator.name for operator in stage.operators]
    many = f'"{names[0]}" to "{names[-1]}"' if len(names) > 1 else f'"{names[0]}"'
    what = f"stage {index} ({stage.kind}, {many})"
    return ThumbnetError(place, f"the plan's {what} does not fit the model: {problem}", AGAIN)


def _node(operator: LockedOperator) -> str:
    return f'{operator.kind} "{operator.name}"'


def _network(graph: Graph, input: str) -> Network:
    return make_network(graph, lower_all(graph), input_in_arena=input == "arena")


def _leader_width(net: Network, stage: Stage, first: int) -> int:
    """The segment width of a stage's leader that gives all its operators their segments."""
    end = first + len(stage.steps)
    walk = Walk(net, first, pushed=stage.pushed)
    while walk.end < end and walk.extend():
        pass
    wanted = [stage.segments[step.operator.name] for step in stage.steps]
    times = [walk.operator_times[index] for index in range(first, end)]
    nodes = net.nodes[first:end]
    columns = [node.width for node in nodes]
    if stage.tiled:
        made = spans(net, nodes, stage.tiles)
        columns = [made.width(node.output) for node in nodes]
    widths: list[int] = [*WIDTHS, *range(1, _WIDEST)]
    for width in widths:
        found = [segment(width, *pair) for pair in zip(times, columns, strict=True)]
        if found == wanted:
            return width
    raise ValueError(f"no segment width makes the stage of operators {first} to {end}")
