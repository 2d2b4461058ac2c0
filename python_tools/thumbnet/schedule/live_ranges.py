"""Which bytes live when: activations, views and scratch along an operator order.

Step k is operator k; step -1 is the state before the first operator, when every graph input is
live, and step ``len(operators)`` the state after the last, when every graph output is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from thumbnet.ir.graph import Graph, Operator
from thumbnet.operators.base import Lowered
from thumbnet.schedule.allocate import Interval, disjoint, overlapping

SCRATCH_ALIGNMENT = 4
"""Scratch holds int32 accumulators and words of packed inputs."""

VIEWS = ("reshape",)
"""Kinds whose output is the bytes of their first input; they cost nothing at run time."""


@dataclass(frozen=True)
class LiveRange:
    """Bytes that are live from step ``first`` to step ``last``, both included.

    ``tensors`` share them: ``name`` and its views; none for the scratch of operator ``name``.
    """

    name: str
    tensors: tuple[str, ...]
    size: int
    alignment: int
    first: int
    last: int

    @property
    def is_scratch(self) -> bool:
        """Whether it belongs to an operator rather than to tensors."""
        return not self.tensors

    @property
    def key(self) -> str:
        """A name that no other live range of the graph has."""
        return f"{'scratch' if self.is_scratch else 'tensor'} {self.name}"


def live_ranges(
    graph: Graph, lowered: Mapping[str, Lowered], *, input_in_arena: bool
) -> tuple[LiveRange, ...]:
    """Everything that needs a place in the arena, in order of birth.

    With ``input_in_arena`` false the graph inputs and their views stay in the caller's buffers, as
    states always do. Constants never count.
    """
    views = find_views(graph, input_in_arena=input_in_arena)
    tensors: dict[str, list[str]] = {}
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for name in graph.inputs:
        if input_in_arena:
            tensors[name], first[name], last[name] = [name], -1, -1
    for step, operator in enumerate(graph.operators):
        is_view = operator.outputs[0] in views
        for name in operator.inputs:
            root = views.get(name, name)
            if root in last and not is_view:
                last[root] = step
        for name in operator.outputs[:1]:
            root = views.get(name, name)
            if root == name:
                tensors[name], first[name], last[name] = [name], step, step
            elif root in tensors:
                tensors[root].append(name)
    for name in graph.results:
        root = views.get(name, name)
        if root in last:
            last[root] = len(graph.operators)
    found = [_of_tensors(graph, tensors[root], first[root], last[root]) for root in tensors]
    for step, operator in enumerate(graph.operators):
        if operator.outputs[0] not in views and lowered[operator.name].scratch:
            size = lowered[operator.name].scratch
            found.append(LiveRange(operator.name, (), size, SCRATCH_ALIGNMENT, step, step))
    return tuple(sorted(found, key=lambda live: live.first))


def conflicts(
    graph: Graph, lowered: Mapping[str, Lowered], ranges: tuple[LiveRange, ...]
) -> dict[tuple[str, str], Interval]:
    """For keys (a, b), a born first: the distances from a to b that their lives forbid.

    An input that dies at the operator that makes b may share bytes with it as far as the
    operator's kernel allows; all others that live at the same time are disjoint.
    """
    return {
        (a.key, b.key): _interval(graph, lowered, a, b)
        for number, b in enumerate(ranges)
        for a in ranges[:number]
        if a.last >= b.first
    }


def _interval(graph: Graph, lowered: Mapping[str, Lowered], a: LiveRange, b: LiveRange) -> Interval:
    if a.last > b.first or not 0 <= b.first < len(graph.operators):
        return disjoint(a.size, b.size)
    operator = graph.operators[b.first]
    distances = list(_distances(graph, operator, lowered[operator.name], a, b))
    known = [distance for distance in distances if distance is not None]
    # An input that is read in two ways has to outlive both.
    least = max(known) if distances and len(known) == len(distances) else None
    return overlapping(a.size, b.size, least)


def _distances(
    graph: Graph, operator: Operator, lowered: Lowered, a: LiveRange, b: LiveRange
) -> Iterator[int | None]:
    """The overlap distance of each use of a by the operator whose first output is b."""
    if operator.outputs[0] not in b.tensors:
        return
    rows = [name for name in operator.inputs if name and not graph.tensor(name).is_constant]
    for name, distance in zip(rows, lowered.overlap, strict=True):
        if name in a.tensors:
            yield distance


def find_views(graph: Graph, *, input_in_arena: bool) -> dict[str, str]:
    """View -> the tensor whose bytes it is; a view of a view belongs to the first of them."""
    views: dict[str, str] = {}
    outside, results = graph.outside(input_in_arena=input_in_arena), graph.results
    for operator in graph.operators:
        if operator.kind not in VIEWS:
            continue
        source, result = operator.inputs[0], operator.outputs[0]
        root = views.get(source, source)
        # A result must be in the arena, so there the bytes of a caller's buffer are copied.
        if not (root in outside and result in results):
            views[result] = root
    return views


def _of_tensors(graph: Graph, names: list[str], first: int, last: int) -> LiveRange:
    tensors = [graph.tensor(name) for name in names]
    size = max(tensor.size for tensor in tensors)
    alignment = max(tensor.dtype.size for tensor in tensors)
    return LiveRange(names[0], tuple(names), size, alignment, first, last)
