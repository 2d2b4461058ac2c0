"""A graph as the stage search sees it: numbers instead of names, geometry instead of attributes.

Operators and tensors are indices; constants are gone. Built once a graph, so that the search works
on plain integers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered, Rows, Source, Workspace
from thumbnet.operators.cost import CallCost
from thumbnet.schedule.live_ranges import find_views

UNIT = 720720 << 4
"""Clock ticks of one row or column of the operator that leads a stage; see stream_stage."""

_LARGEST = 65534
"""Rows, columns and pixel bytes that a streamed stage can hold; 65535 is taken by the executor."""


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """How an operator reads one tensor: the window of output pixel (y, x).

    ``rows_behind`` and ``columns_behind`` are how far the window's last row and column lie beyond
    ``y * stride`` and ``x * stride_width``. Where rows are picked by a map, ``stride`` is 0 and
    ``ratio`` = (n, d) is input to output rows; row y then reads ``y * n / d`` plus something in
    [``least``, ``most``] / d.
    """

    tensor: int
    rows: Rows
    source: Source
    stride: int
    pad: int
    kernel_height: int
    rows_behind: int
    stride_width: int
    pad_left: int
    columns_behind: int
    ratio: tuple[int, int] | None
    least: int
    most: int
    fits: bool
    """Whether the tensor has these rows for its producer, too; otherwise it must be whole."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """An operator: its grid is what it runs over, output pixels or, accumulating, input pixels."""

    name: str
    reads: tuple[Read, ...]
    overlap: tuple[int | None, ...]
    output: int
    height: int
    width: int
    accumulates: bool
    scratch: int
    run_scratch: tuple[int, ...]
    """For runs of 1, 2 and more pixels; empty where it is the same for all."""
    workspace: Workspace | None
    band: int
    """Rows of the grid that are made together."""
    macs: int
    call: CallCost
    """Instructions of a call of its kernel."""
    is_view: bool
    streams: bool
    """Whether it can be part of a streamed stage."""


@dataclass(frozen=True, slots=True, eq=False)
class Fused:
    """A node for all operators from that at whose place it stands up to ``end``."""

    node: Node
    end: int
    extra_macs: int
    """Multiply-accumulates beyond those of the operators by themselves."""


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A tensor that is not a constant.

    ``root`` is the tensor whose bytes it shares, itself unless it is a view. ``born`` and ``last``
    are the operators that make it and that read it last, over all its views: -1 for a graph input,
    the number of operators for a graph output.
    """

    name: str
    root: int
    rows: Rows
    size: int
    born: int
    last: int
    readers: tuple[int, ...]

    @property
    def pixel(self) -> int:
        """Bytes of a pixel."""
        return self.rows.channels * self.rows.element_size


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """All of a graph that schedules depend on.

    ``live[k]`` is the bytes of all tensors that exist between operators k - 1 and k.
    """

    name: str
    nodes: tuple[Node, ...]
    values: tuple[Value, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    in_arena: tuple[bool, ...]
    """By tensor: whether it takes room in the arena where it is whole."""
    live: tuple[int, ...]


def make_network(
    graph: Graph, lowered: Mapping[str, Lowered], *, input_in_arena: bool = True
) -> Network:
    """``graph`` with its operators ``lowered`` by name (not flattened)."""
    views = find_views(graph, input_in_arena=input_in_arena)
    made = [name for operator in graph.operators for name in operator.outputs[:1]]
    names = [*graph.sources, *made]
    number = {name: index for index, name in enumerate(names)}
    roots = [number[views.get(name, name)] for name in names]
    born = [-1] * len(graph.sources) + list(range(len(graph.operators)))
    readers: list[list[int]] = [[] for _ in names]
    last = [born[root] for root in roots]
    for index, operator in enumerate(graph.operators):
        for name in operator.inputs:
            if name in number:
                readers[number[name]].append(index)
                # A view only passes its source on.
                if operator.outputs[0] not in views:
                    last[roots[number[name]]] = index
    for name in graph.results:
        last[roots[number[name]]] = len(graph.operators)
    rows = list(_rows(graph, lowered, names))
    nodes = tuple(
        _node(graph, index, lowered, number, rows, views) for index in range(len(graph.operators))
    )
    values = tuple(
        Value(
            name,
            roots[index],
            rows[index],
            graph.tensor(name).size,
            born[roots[index]],
            last[roots[index]],
            tuple(readers[index]),
        )
        for index, name in enumerate(names)
    )
    outside = graph.outside(input_in_arena=input_in_arena)
    in_arena = tuple(names[value.root] not in outside for value in values)
    return Network(
        graph.name,
        nodes,
        values,
        tuple(number[name] for name in graph.inputs),
        tuple(number[name] for name in graph.results),
        in_arena,
        _live(values, in_arena, len(nodes)),
    )


def _rows(graph: Graph, lowered: Mapping[str, Lowered], names: Sequence[str]) -> Iterator[Rows]:
    """Tensors as rows: as they are made, graph inputs as they are read first."""
    found: dict[str, Rows] = {}
    for operator in graph.operators:
        how = lowered[operator.name]
        inputs = [name for name in operator.inputs if name and not graph.tensor(name).is_constant]
        for name, source in zip(inputs, how.sources, strict=True):
            found.setdefault(name, source.rows)
        found[operator.outputs[0]] = how.output
    for name in names:
        yield found.get(name, Rows(1, 1, graph.tensor(name).elements))


def _node(
    graph: Graph,
    index: int,
    lowered: Mapping[str, Lowered],
    number: Mapping[str, int],
    rows: Sequence[Rows],
    views: Mapping[str, str],
) -> Node:
    operator = graph.operators[index]
    how = lowered[operator.name]
    inputs = [name for name in operator.inputs if name in number]
    reads = tuple(
        _read(number[name], source, how, rows[number[name]])
        for name, source in zip(inputs, how.sources, strict=True)
    )
    is_view = operator.outputs[0] in views
    small = all(_is_small(part) for part in (how.output, *(read.rows for read in reads)))
    return Node(
        operator.name,
        reads,
        how.overlap,
        number[operator.outputs[0]],
        how.output.height if how.steps is None else how.steps,
        how.output.width if how.width is None else how.width,
        how.accumulates,
        how.scratch,
        how.run_scratch,
        how.workspace,
        how.band,
        how.macs,
        CallCost(how, graph.build.core, graph.build.optimize),
        is_view,
        not is_view and small,
    )


def fused_node(net: Network, first: int, end: int, how: Lowered) -> Fused:
    """Operators [first, end) as ``how``, from the first's input to the last's output."""
    tensor = net.nodes[first].reads[0].tensor
    last = net.nodes[end - 1]
    node = Node(
        last.name,
        (_read(tensor, how.sources[0], how, net.values[tensor].rows),),
        how.overlap,
        last.output,
        how.output.height,
        how.output.width,
        False,
        how.scratch,
        how.run_scratch,
        how.workspace,
        how.band,
        how.macs,
        CallCost(how, last.call.core, last.call.optimize),
        False,
        all(one.streams for one in net.nodes[first:end]),
    )
    return Fused(node, end, how.macs - sum(one.macs for one in net.nodes[first:end]))


def _read(tensor: int, source: Source, how: Lowered, rows: Rows) -> Read:
    ratio, least, most = None, 0, 0
    if source.row_map is not None:
        ratio = (source.rows.height, how.output.height)
        offsets = [row * ratio[1] - y * ratio[0] for y, row in enumerate(source.row_map)]
        least, most = min(offsets), max(offsets)
    return Read(
        tensor,
        source.rows,
        source,
        0 if ratio else source.stride,
        0 if ratio else source.pad,
        1 if ratio else source.kernel_height,
        0 if ratio else source.kernel_height - 1 - source.pad,
        source.stride_width,
        source.pad_left,
        source.kernel_width - 1 - source.pad_left,
        ratio,
        least,
        most,
        rows == source.rows,
    )


def _is_small(rows: Rows) -> bool:
    pixel = rows.channels * rows.element_size
    return max(rows.height, rows.width, pixel) <= _LARGEST


def _live(values: tuple[Value, ...], in_arena: tuple[bool, ...], count: int) -> tuple[int, ...]:
    live = [0] * (count + 1)
    for index, value in enumerate(values):
        if value.root == index and in_arena[index]:
            for cut in range(value.born + 1, min(value.last, count) + 1):
                live[cut] += value.size
    return tuple(live)
