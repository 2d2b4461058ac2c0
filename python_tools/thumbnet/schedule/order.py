"""Orders in which a graph's operators may run, and those of them that are worth a look.

Most networks are chains with residuals, in which every operator waits for the one before it: they
have one order and cost nothing here. Elsewhere the order decides which tensors lie about while
others are made. Sets of operators are bit masks over the numbers of the given order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import prod

from thumbnet.ir.graph import Graph
from thumbnet.schedule.search_growth import aligned
from thumbnet.schedule.sharing import together
from thumbnet.schedule.stream_net import Network, Node

Order = tuple[int, ...]
"""Numbers of operators in the given order, as they are to run."""

_NO_SCORE = 1 << 62

WIDTH = 512
"""Sets of finished operators of one size that :func:`least_peak` keeps."""


def reordered(graph: Graph, order: Order) -> Graph:
    """``graph`` with its operators in ``order``; nothing else changes."""
    return graph.replace(operators=[graph.operators[index] for index in order])


def inputs_of(graph: Graph) -> list[int]:
    """By operator the set of those whose results it reads."""
    made = {name: index for index, one in enumerate(graph.operators) for name in one.outputs}
    return [
        sum(1 << index for index in {made[name] for name in one.inputs if name in made})
        for one in graph.operators
    ]


def is_forced(graph: Graph) -> bool:
    """Whether the given order is the only one: each operator reads what the last one made."""
    pairs = zip(graph.operators, graph.operators[1:], strict=False)
    return all(not set(one.outputs).isdisjoint(after.inputs) for one, after in pairs)


# -- layer by layer -------------------------------------------------------------------------------


def least_peak(graph: Graph, needs: Needs) -> Order | None:
    """The order in which whole layers need least; None where none needs less than the given one.

    What an operator needs besides the tensors that wait is its
    output and its scratch, less what the output may share with inputs that die. Gaps that the
    allocator may have to leave between tensors are not counted.

    Dynamic programming over the sets of finished operators, since what is live depends on nothing
    else. Exact while no more than ``WIDTH`` sets of one size may be part of a better order, as in
    networks of a few branches; otherwise those that need least so far are followed.
    """
    before = inputs_of(graph)
    limit = needs.peak(range(len(before)))
    levels: list[dict[int, _State]] = [{0: _State(needs.start, needs.start, 0)}]
    for _ in before:
        level: dict[int, _State] = {}
        for done, state in levels[-1].items():
            for index in _ready(before, done):
                most, live = needs.after(index, done, state.live)
                most = max(most, state.most)
                after = done | 1 << index
                if most < limit and (after not in level or most < level[after].most):
                    level[after] = _State(most, live, index)
        if not level:
            return None
        levels.append(_narrowed(level))
    return _traced(levels)


@dataclass(frozen=True, slots=True)
class _State:
    """A set of finished operators: the most bytes so far, those live now, the operator before."""

    most: int
    live: int
    last: int


class Needs:
    """Bytes of one operator over whole tensors after any set of others."""

    def __init__(self, net: Network) -> None:
        self.nodes = net.nodes
        self.values = net.values
        self.in_arena = net.in_arena
        self.readers = [0] * len(net.values)
        """By root, the operators for which it must wait; a view only passes its source on."""
        for index, node in enumerate(net.nodes):
            if not node.is_view:
                for read in node.reads:
                    self.readers[net.values[read.tensor].root] |= 1 << index
        self.stays = {net.values[output].root for output in net.outputs}
        self.start = net.live[0]
        self._known: dict[tuple[int, tuple[int, ...]], int] = {}

    def peak(self, order: Iterable[int]) -> int:
        """What whole layers in ``order`` need."""
        done, live, found = 0, self.start, self.start
        for index in order:
            most, live = self.after(index, done, live)
            done |= 1 << index
            found = max(found, most)
        return found

    def after(self, index: int, done: int, live: int) -> tuple[int, int]:
        """What operator ``index`` needs where ``live`` bytes are, and the bytes live after it."""
        node = self.nodes[index]
        if node.is_view:
            return live, live
        dying = self._dying(node, done | 1 << index)
        freed = sum(self.values[root].size for root in dying)
        most = live - freed + self._together(index, dying) + aligned(node.scratch)
        if self.readers[node.output] or node.output in self.stays:
            live += self.values[node.output].size
        return most, live - freed

    def _dying(self, node: Node, done: int) -> tuple[int, ...]:
        """The whole tensors that nothing reads after ``done``, the operator among them."""
        roots = {self.values[read.tensor].root: None for read in node.reads}
        return tuple(
            root
            for root in roots
            if self.in_arena[root] and not self.readers[root] & ~done and root not in self.stays
        )

    def _together(self, index: int, dying: tuple[int, ...]) -> int:
        """The least bytes that an operator's output and its dying inputs take."""
        if (index, dying) not in self._known:
            node = self.nodes[index]
            sizes = tuple(self.values[root].size for root in dying)
            distances = tuple((self._overlap(node, root),) for root in dying)
            self._known[index, dying] = together(sizes, (self.values[node.output].size,), distances)
        return self._known[index, dying]

    def _overlap(self, node: Node, root: int) -> int | None:
        """How far an operator's output may start below an input; None: not at all."""
        uses = zip(node.reads, node.overlap, strict=True)
        found = [overlap for read, overlap in uses if self.values[read.tensor].root == root]
        known = [overlap for overlap in found if overlap is not None]
        return max(known) if len(known) == len(found) else None


def _ready(before: Sequence[int], done: int) -> Iterator[int]:
    for index, needed in enumerate(before):
        if not done >> index & 1 and not needed & ~done:
            yield index


def _narrowed(level: dict[int, _State]) -> dict[int, _State]:
    if len(level) <= WIDTH:
        return level
    best = sorted(level, key=lambda done: (level[done].most, level[done].live))[:WIDTH]
    return {done: level[done] for done in best}


def _traced(levels: Sequence[dict[int, _State]]) -> Order:
    done, order = next(iter(levels[-1])), []
    for level in reversed(levels[1:]):
        order.append(level[done].last)
        done ^= 1 << order[-1]
    return tuple(reversed(order))


# -- streams --------------------------------------------------------------------------------------


Score = Callable[[Order, int], int]
"""What an order needs; where that is not below the given number, any number that is not."""


def least_orders(graph: Graph, score: Score, most: int) -> list[tuple[int, Order]]:
    """Orders that score little, with their scores: the least first, of equal ones the given order.

    All orders where there are at most ``most``. Otherwise no more than these are looked at: some
    that follow one branch to its end before the next, and then, as long as that betters the best,
    what comes of changing one part of it, between two operators that everything has to pass
    through; those that were the best once come back.
    """
    parts = list(_parts(graph))
    choices = [list(islice(_orders(graph, part), most + 1)) for part in parts]
    if prod(map(len, choices)) > most:
        return _descend(graph, parts, choices, score, most)
    orders = [sum(chosen, ()) for chosen in product(*choices)]
    return sorted((score(order, _NO_SCORE), order) for order in orders)


def _descend(
    graph: Graph,
    parts: Sequence[Order],
    choices: Sequence[Sequence[Order]],
    score: Score,
    most: int,
) -> list[tuple[int, Order]]:
    """Part by part to what scores least, until nothing does any more."""
    given = sum(parts, ())
    found = [(score(given, _NO_SCORE), given)]
    seen = {given}

    def is_better(order: Order) -> bool:
        if order in seen or len(seen) >= most:
            return False
        seen.add(order)
        size = score(order, found[0][0])
        if size < found[0][0]:
            found.insert(0, (size, order))
        return found[0][1] == order

    best, improved = list(parts), True
    for follow in _STYLES:
        styled = [_followed(graph, part, follow) for part in parts]
        best = styled if is_better(sum(styled, ())) else best
    while improved:
        improved = False
        for at, orders in enumerate(choices):
            for order in orders if len(orders) <= most else list(_moved(graph, best[at])):
                changed = [*best[:at], order, *best[at + 1 :]]
                if is_better(sum(changed, ())):
                    best, improved = changed, True
    return found


def _parts(graph: Graph) -> Iterator[Order]:
    """The given order cut where all operators are before or behind one."""
    before = inputs_of(graph)
    count = len(before)
    earlier, later = [0] * count, [0] * count
    for index, needed in enumerate(before):
        for other in _members(needed):
            earlier[index] |= 1 << other | earlier[other]
    for index in reversed(range(count)):
        for other in _members(before[index]):
            later[other] |= 1 << index | later[index]
    part: list[int] = []
    for index in range(count):
        if (earlier[index] | later[index]).bit_count() == count - 1:
            if part:
                yield tuple(part)
            part = []
            yield (index,)
        else:
            part.append(index)
    if part:
        yield tuple(part)


def _members(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _orders(graph: Graph, part: Order) -> Iterator[Order]:
    """All orders of a part, the given one first."""
    before = _inside(graph, part)

    def grown(order: Order, left: Order) -> Iterator[Order]:
        if not left:
            yield order
        for index in left:
            if before[index].isdisjoint(left):
                yield from grown((*order, index), tuple(one for one in left if one != index))

    return grown((), part)


def _inside(graph: Graph, part: Order) -> dict[int, set[int]]:
    """By operator of a part, what it reads of the part."""
    before = inputs_of(graph)
    return {index: {other for other in part if before[index] >> other & 1} for index in part}


_Style = Callable[[int, int, int], tuple[int, int]]

_STYLES: tuple[_Style, ...] = (
    lambda index, newest, size: (-newest, index),
    lambda index, newest, size: (-newest, -index),
    lambda index, newest, size: (newest, index),
    lambda index, newest, size: (-newest, size),
    lambda index, newest, size: (-newest, -size),
)
"""Which operator comes first of those that may: the least of its number, of when what it reads was
made last, and of how many operators hang on it. By branches, from either end; in turn; and the
short branches first or last."""


def _followed(graph: Graph, part: Order, follow: _Style) -> Order:
    before = _inside(graph, part)
    behind = dict.fromkeys(part, 1)
    for index in reversed(part):
        for other in before[index]:
            behind[other] += behind[index]
    order: list[int] = []
    left = list(part)
    while left:
        ready = [index for index in left if before[index].isdisjoint(left)]
        newest = {i: max((order.index(one) for one in before[i]), default=-1) for i in ready}
        chosen = min(ready, key=lambda i: (*follow(i, newest[i], behind[i]), i))
        order.append(chosen)
        left.remove(chosen)
    return tuple(order)


def _moved(graph: Graph, part: Order) -> Iterator[Order]:
    """One operator elsewhere in a part."""
    before = _inside(graph, part)
    for at, index in enumerate(part):
        rest = (*part[:at], *part[at + 1 :])
        first = max((rest.index(one) + 1 for one in before[index]), default=0)
        last = min((rest.index(one) for one in rest if index in before[one]), default=len(rest))
        for to in range(first, last + 1):
            if to != at:
                yield (*rest[:to], index, *rest[to:])
