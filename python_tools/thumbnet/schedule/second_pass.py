"""Squeeze-and-excite blocks whose cheap part runs twice, for less RAM.

What the block multiplies must exist whole while nothing is computed twice: the factors come from
its mean, and the mean is known only behind its last pixel. But what makes it (expand, depthwise) is
cheap and starts from a narrow tensor. Run once into the mean's accumulators and again, streamed,
into the product, it never is whole; the narrow tensor is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from thumbnet.ir.graph import Graph, Operator, Tensor
from thumbnet.operators.base import rows_of
from thumbnet.operators.registry import family
from thumbnet.plan import SecondPass


def second_passes(graph: Graph, input: str = "arena") -> tuple[SecondPass, ...]:
    """What of ``graph`` could run twice for less RAM: one a squeeze-and-excite block, in order.

    Each goes back to the tensors that cost least while they wait for the second run, the nearest of
    these. ``input`` is where the graph's input is: rows that were pushed are gone, and a caller's
    buffer costs nothing. Blocks that would gain nothing are left out.
    """
    blocks = _Blocks(graph, input)
    found = (blocks.second_pass(operator) for operator in graph.operators)
    return tuple(one for one in found if one is not None)


def run_twice(graph: Graph, passes: Iterable[SecondPass]) -> Graph:
    """``graph`` with what ``passes`` name running once more, right in front of the product.

    The second run shares the first one's constants.

    Raises:
        ValueError: two of the passes run the same operator, or the graph lacks one.
    """
    seen: set[str] = set()
    for one in passes:
        if seen.intersection(one.operators):
            raise ValueError(f'"{one.gate}": an operator would run more than twice')
        seen.update(one.operators)
        graph = _run_again(graph, one)
    return graph


def candidates(
    graph: Graph, limit: float, input: str = "arena"
) -> Iterator[tuple[SecondPass, ...]]:
    """Sets of second passes within ``limit`` times the MACs of ``graph``, none at all first.

    Then the blocks that hold the most bytes whole at their product, one more each time: less RAM
    needs every block that is above it. At last each single block.
    """
    yield ()
    room = (limit - 1) * sum(_macs(graph, operator) for operator in graph.operators)
    blocks = _Blocks(graph, input)
    passes = [one for one in second_passes(graph, input) if one.macs <= room]
    passes.sort(key=lambda one: -blocks.held(one))
    chosen: list[SecondPass] = []
    tried: list[list[SecondPass]] = []
    for one in passes:
        again = {name for other in chosen for name in other.operators}
        if again.isdisjoint(one.operators) and one.macs + _added(chosen) <= room:
            chosen = [*chosen, one]
            tried.append(chosen)
    tried += [[one] for one in passes if [one] not in tried]
    for several in tried:
        yield tuple(sorted(several, key=lambda one: blocks.place[one.gate]))


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
        self.last.update(dict.fromkeys(graph.outputs, len(graph.operators)))
        gated = {operator.name: self._gated(operator) for operator in graph.operators}
        self.gates = {gate: value for gate, value in gated.items() if value is not None}
        """Operator that multiplies by factors -> the tensor whose mean they come from."""

    def held(self, one: SecondPass) -> int:
        """Bytes of all tensors that exist while the product of ``one`` is made."""
        at = self.place[one.gate]
        names = (name for name, operator in self.makers.items() if self.place[operator.name] < at)
        return sum(self.graph.tensor(name).size for name in names if self.last.get(name, -1) >= at)

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
            if readers and readers <= squeeze and value not in self.graph.outputs:
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
            if not planes or any(name in self.graph.inputs for name in ends):
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


def _run_again(graph: Graph, one: SecondPass) -> Graph:
    taken = {*graph.tensors, *(operator.name for operator in graph.operators)}
    again: dict[str, str] = {}
    tensors: list[Tensor] = []
    clones: list[Operator] = []
    for operator in graph.operators:
        if operator.name not in one.operators:
            continue
        first = graph.tensor(operator.outputs[0])
        made = dataclasses.replace(first, name=_fresh(taken, first.name))
        clone = dataclasses.replace(
            operator,
            name=_fresh(taken, operator.name),
            inputs=_renamed(operator.inputs, again),
            outputs=(made.name,),
        )
        again[first.name] = made.name
        tensors.append(made)
        clones.append(clone)
    operators: list[Operator] = []
    for operator in graph.operators:
        if operator.name == one.gate:
            inputs = _renamed(operator.inputs, again)
            operators += [*clones, dataclasses.replace(operator, inputs=inputs)]
        else:
            operators.append(operator)
    if len(clones) != len(one.operators) or len(operators) == len(graph.operators):
        raise ValueError(f'{graph.name} has no block "{one.gate}" of this kind')
    return graph.replace(operators=operators, tensors=tensors)


def _renamed(names: Sequence[str], again: dict[str, str]) -> tuple[str, ...]:
    return tuple(again.get(name, name) for name in names)


def _fresh(taken: set[str], name: str) -> str:
    """A name for the second run of ``name`` that nothing has yet."""
    numbers = (f"{name}/again{number or ''}" for number in range(len(taken) + 1))
    found = next(wanted for wanted in numbers if wanted not in taken)
    taken.add(found)
    return found
