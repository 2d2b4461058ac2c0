"""Squeeze-and-excite blocks whose cheap part runs twice, for less RAM.

What the block multiplies must exist whole while nothing is computed twice: the factors come from
its mean, and the mean is known only behind its last pixel. But what makes it (expand, depthwise) is
cheap and starts from a narrow tensor. Run once into the mean's accumulators and again, streamed,
into the product, it never is whole; the narrow tensor is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from thumbnet.ir.graph import Graph, Operator
from thumbnet.operators.base import rows_of
from thumbnet.operators.registry import family
from thumbnet.plan import SecondPass
from thumbnet.schedule.second_pass_rewrite import SPLIT, can_split, channels

_FALL = 0.9
"""From one mark to the next."""

_MARKS = 24
"""Marks that are tried at most."""

_HALVINGS = 6
"""Steps in which the last mark is found."""


def second_passes(graph: Graph, input: str = "arena") -> tuple[SecondPass, ...]:
    """What of ``graph`` could run twice for less RAM: one a squeeze-and-excite block, in order.

    Each goes back to the tensors that cost least while they wait for the second run, the nearest of
    these. ``input`` is where the graph's input is: rows that were pushed are gone, and a caller's
    buffer costs nothing. Blocks that would gain nothing are left out.
    """
    blocks = _Blocks(graph, input)
    found = (blocks.second_pass(operator) for operator in graph.operators)
    return tuple(one for one in found if one is not None)


def in_part(graph: Graph, one: SecondPass, kept: int) -> SecondPass:
    """``one`` with the first ``kept`` channels made once, a multiple of SPLIT."""
    count = channels(graph, one)
    rest = count - kept
    return dataclasses.replace(
        one, kept=kept, macs=one.macs * rest // count, size=one.size * rest // count
    )


def candidates(
    graph: Graph, limit: float, input: str = "arena"
) -> Iterator[tuple[SecondPass, ...]]:
    """Sets of second passes within ``limit`` times the MACs of ``graph``, by what they add.

    Less RAM needs every block that is above it, and of each only as much as is above it. So each
    set is what brings the bytes that are live at all products below a mark; the marks fall
    geometrically, the last one as far as ``limit`` allows. The first set is empty.
    """
    yield ()
    room = (limit - 1) * sum(_macs(graph, operator) for operator in graph.operators)
    choices = _choices(graph, input)
    top = max((choice.held for choice in choices), default=0)
    marks = [*(top * _FALL**number for number in range(_MARKS)), 0.0]
    within = [mark for mark in marks if _added(_below(choices, mark)) <= room]
    if 0 < len(within) < len(marks):
        high, low = within[-1], marks[len(within)]
        for _ in range(_HALVINGS):
            middle = (high + low) / 2
            fits = _added(_below(choices, middle)) <= room
            high, low = (middle, low) if fits else (high, middle)
        within.append(high)
    sets = [_below(choices, mark) for mark in within]
    # Parts take room, too, so all of each block may do better.
    whole = [tuple(one.whole for one in choices if one.held > mark) for mark in marks]
    sets += [several for several in whole if _added(several) <= room]
    yield from sorted((found for found in dict.fromkeys(sets) if found), key=_added)


def _choices(graph: Graph, input: str) -> list[_Choice]:
    """The blocks in order; of two that would run the same operator twice, the larger."""
    blocks = _Blocks(graph, input)
    chosen: list[_Choice] = []
    found = [_Choice(graph, blocks, one) for one in second_passes(graph, input)]
    for choice in sorted(found, key=lambda choice: -choice.held):
        taken = {name for other in chosen for name in other.whole.operators}
        if taken.isdisjoint(choice.whole.operators):
            chosen.append(choice)
    return sorted(chosen, key=lambda choice: blocks.place[choice.whole.gate])


class _Choice:
    """How much of a block's channels to make twice."""

    def __init__(self, graph: Graph, blocks: _Blocks, one: SecondPass) -> None:
        self.whole = one
        self.held = blocks.held(one)
        """Bytes that are live at the product where nothing runs twice."""
        waiting = blocks.waiting_sources(one)
        splits = range(0, channels(graph, one), SPLIT) if can_split(graph, one) else range(1)
        found = [in_part(graph, one, kept) for kept in splits]
        self.parts = [(self.held - part.size + waiting, part) for part in reversed(found)]
        """Bytes that are live with a part made twice, the smallest part first."""

    def below(self, mark: float) -> SecondPass | None:
        """The smallest part that leaves ``mark`` bytes, else all of it; None if none is needed."""
        if self.held <= mark:
            return None
        return next((part for held, part in self.parts if held <= mark), self.whole)


def _below(choices: Sequence[_Choice], mark: float) -> tuple[SecondPass, ...]:
    found = (choice.below(mark) for choice in choices)
    return tuple(one for one in found if one is not None)


def _added(passes: Iterable[SecondPass]) -> int:
    return sum(one.macs for one in passes)


def _macs(graph: Graph, operator: Operator) -> int:
    return family(operator).macs(graph, operator)


class _Blocks:
    """Squeeze-and-excite blocks of a graph."""

    def __init__(self, graph: Graph, input: str) -> None:
        self.graph = graph
        self.input = input
        self.place = {operator.name: index for index, operator in enumerate(graph.operators)}
        self.makers = {operator.outputs[0]: operator for operator in graph.operators}
        self.last: dict[str, int] = {}
        """Tensor -> the place of its last reader."""
        for index, operator in enumerate(graph.operators):
            self.last.update(dict.fromkeys(operator.inputs, index))
        self.last.update(dict.fromkeys(graph.results, len(graph.operators)))
        gated = {operator.name: self._gated(operator) for operator in graph.operators}
        self.gates = {gate: value for gate, value in gated.items() if value is not None}
        """Operator that multiplies by factors -> the tensor whose mean they come from."""

    def held(self, one: SecondPass) -> int:
        """Bytes of all tensors that exist while the product of ``one`` is made."""
        at = self.place[one.gate]
        names = (name for name, operator in self.makers.items() if self.place[operator.name] < at)
        return sum(self.graph.tensor(name).size for name in names if self.last.get(name, -1) >= at)

    def waiting_sources(self, one: SecondPass) -> int:
        """Bytes that wait for the second run and would not be live without it."""
        gate = self.graph.operators[self.place[one.gate]]
        return sum(self._waiting(name, gate) for name in one.sources)

    def second_pass(self, gate: Operator) -> SecondPass | None:
        """What ``gate`` could have run twice; None if it gates nothing, or gains nothing."""
        value = self.gates.get(gate.name)
        if value is None:
            return None
        size = self.graph.tensor(value).size
        best: tuple[int, list[Operator], list[str]] | None = None
        for operators, sources in self._ways_back(value):
            cost = sum(self._waiting(name, gate) for name in sources)
            if cost < (size if best is None else best[0]):
                best = cost, operators, sources
        if best is None:
            return None
        _, operators, sources = best
        macs = sum(_macs(self.graph, operator) for operator in operators)
        names = tuple(operator.name for operator in operators)
        return SecondPass(gate.name, tuple(sources), names, macs, size)

    def _gated(self, gate: Operator) -> str | None:
        """The tensor that ``gate`` multiplies by factors of its own mean; None if it does not."""
        if gate.kind != "mul" or any(map(self._is_constant, gate.inputs)):
            return None
        for value, factor in (gate.inputs, gate.inputs[::-1]):
            if self._is_pixel(value) or not self._is_pixel(factor):
                continue
            squeeze = self._behind(factor, value)
            readers = {operator.name for operator in self.graph.consumers(value)} - {gate.name}
            # Another reader would want all of the tensor anyway.
            if readers and readers <= squeeze and value not in self.graph.results:
                return value
        return None

    def _behind(self, tensor: str, stop: str) -> set[str]:
        """The operators that ``tensor`` comes from, back to ``stop``."""
        found: set[str] = set()
        open_ends = [tensor]
        while open_ends:
            operator = self.makers.get(open_ends.pop())
            if operator is not None and operator.name not in found:
                found.add(operator.name)
                open_ends += [name for name in operator.inputs if name != stop]
        return found

    def _ways_back(self, value: str) -> Iterator[tuple[list[Operator], list[str]]]:
        """What makes ``value`` from tensors further and further back, and these tensors."""
        operators: list[Operator] = []
        ends = [value]
        while True:
            planes = [name for name in ends if not self._is_pixel(name)]
            if not planes or any(name in self.graph.sources for name in ends):
                return
            newest = max(planes, key=lambda name: self.place[self.makers[name].name])
            operator = self.makers[newest]
            # What another block multiplies is to be whole no more, either.
            if operator.name in self.gates:
                return
            operators = [operator, *operators]
            more = [name for name in operator.inputs if not self._is_constant(name)]
            ends = list(dict.fromkeys([*(name for name in ends if name != newest), *more]))
            if self.input == "rows" and any(name in self.graph.inputs for name in ends):
                return
            if len(operator.outputs) > 1:
                # It would change its state twice.
                return
            yield operators, ends

    def _waiting(self, name: str, gate: Operator) -> int:
        """Bytes that ``name`` costs because it waits for the second run."""
        if name in self.graph.inputs and self.input == "buffer":
            return 0
        lives_on = self.last.get(name, -1) > self.place[gate.name]
        return 0 if lives_on else self.graph.tensor(name).size

    def _is_constant(self, name: str) -> bool:
        return not name or self.graph.tensor(name).is_constant

    def _is_pixel(self, name: str) -> bool:
        rows = rows_of(self.graph.tensor(name))
        return rows.height == rows.width == 1
