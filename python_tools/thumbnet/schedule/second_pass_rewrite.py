"""A graph with parts that run twice, wholly or for part of the channels.

For part of them, what makes the tensor is split by output channels: the first ones are made once
and kept whole, the rest runs twice. Splits are at multiples of 16 channels, where the vectors end
in whose tails TFLite rounds otherwise (depthwise_conv_2d and mean), so that the same comes out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

import numpy as np

from thumbnet.ir import attributes
from thumbnet.ir.graph import Graph, Operator, Tensor
from thumbnet.operators.base import rows_of
from thumbnet.plan import SecondPass

SPLIT = 16
"""Channels that are kept are a multiple of this."""


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
        names = {operator.name for operator in graph.operators}
        if not names.issuperset({one.gate, *one.operators}):
            raise ValueError(f'{graph.name} has no block "{one.gate}" of this kind')
        graph = _run_part(graph, one) if one.kept else _run_again(graph, one)
    return graph


def can_split(graph: Graph, one: SecondPass) -> bool:
    """Whether part of the channels of what ``one`` runs twice can run twice alone."""
    operators = _named(graph, one.operators)
    made = {operator.outputs[0] for operator in operators}
    for operator in operators:
        inside = [name for name in operator.inputs if name in made]
        channelwise = operator.kind == "lookup" or (
            operator.kind == "depthwise_conv_2d"
            and cast(attributes.DepthwiseConvolution, operator.attributes).depth_multiplier == 1
        )
        mixing = operator.kind == "conv_2d" and _groups(operator) == 1
        if not (channelwise and inside) and not (mixing and not inside):
            return False
        readers = {reader.name for reader in graph.consumers(operator.outputs[0])}
        if operator is not operators[-1] and not readers <= {*one.operators}:
            return False
    value = operators[-1].outputs[0]
    return len(_means(graph, value, one)) == 1 == len(graph.consumers(value)) - 1


def _groups(operator: Operator) -> int:
    return cast(attributes.Convolution, operator.attributes).groups


def _means(graph: Graph, value: str, one: SecondPass) -> list[Operator]:
    """The means over the plane that read ``value``."""
    return [
        reader
        for reader in graph.consumers(value)
        if reader.kind == "mean" and cast(attributes.Reduce, reader.attributes).axes == (1, 2)
    ]


def _named(graph: Graph, names: Sequence[str]) -> list[Operator]:
    return [operator for operator in graph.operators if operator.name in names]


class _Names:
    """Names that a graph does not have yet."""

    def __init__(self, graph: Graph) -> None:
        self._tensors = {*graph.tensors}
        self._operators = {operator.name for operator in graph.operators}

    def tensor(self, wanted: str) -> str:
        """``wanted``, or that with a number."""
        return _fresh(self._tensors, wanted)

    def operator(self, wanted: str) -> str:
        """``wanted``, or that with a number."""
        return _fresh(self._operators, wanted)


def _fresh(taken: set[str], wanted: str) -> str:
    numbers = (f"{wanted}{number or ''}" for number in range(len(taken) + 1))
    found = next(name for name in numbers if name not in taken)
    taken.add(found)
    return found


@dataclasses.dataclass
class _Copies:
    """Operators once more with other outputs, under names that end in ``suffix``."""

    names: _Names
    suffix: str
    renamed: dict[str, str]
    tensors: list[Tensor]

    def copy(
        self, operator: Operator, output: Tensor, constants: Mapping[str, str] | None = None
    ) -> Operator:
        """``operator`` reading what was copied before, and ``constants`` for others."""
        made = dataclasses.replace(output, name=self.names.tensor(output.name + self.suffix))
        self.tensors.append(made)
        others = self.renamed | dict(constants or {})
        self.renamed[operator.outputs[0]] = made.name
        return dataclasses.replace(
            operator,
            name=self.names.operator(operator.name + self.suffix),
            inputs=tuple(others.get(name, name) for name in operator.inputs),
            outputs=(made.name,),
        )


def _run_again(graph: Graph, one: SecondPass) -> Graph:
    copies = _Copies(_Names(graph), "/again", {}, [])
    again = [
        copies.copy(operator, graph.tensor(operator.outputs[0]))
        for operator in _named(graph, one.operators)
    ]
    operators: list[Operator] = []
    for operator in graph.operators:
        if operator.name == one.gate:
            operators += [*again, _reading(operator, copies.renamed)]
        else:
            operators.append(operator)
    return graph.replace(operators=operators, tensors=copies.tensors)


def _reading(operator: Operator, renamed: Mapping[str, str]) -> Operator:
    inputs = tuple(renamed.get(name, name) for name in operator.inputs)
    return dataclasses.replace(operator, inputs=inputs)


def _run_part(graph: Graph, one: SecondPass) -> Graph:
    names = _Names(graph)
    made = _named(graph, one.operators)
    value = graph.tensor(made[-1].outputs[0])
    (mean,) = _means(graph, value.name, one)
    slices = {"/kept": slice(None, one.kept), "/rest": slice(one.kept, None)}
    tensors: list[Tensor] = []
    parts = {suffix: _Copies(names, suffix, {}, tensors) for suffix in slices}
    first: dict[str, list[Operator]] = {}
    for operator in [*made, mean]:
        first[operator.name] = []
        for suffix, part in slices.items():
            constants = dict(_sliced_constants(graph, operator, names, suffix, part, tensors))
            output = _sliced(graph.tensor(operator.outputs[0]), -1, part)
            placed = _placed(operator, one.kept, part)
            first[operator.name].append(parts[suffix].copy(placed, output, constants))
    rests = [first[operator.name][1] for operator in made]
    again = _Copies(names, "/again", {}, tensors)
    by_name = {tensor.name: tensor for tensor in tensors}
    second = [again.copy(operator, by_name[operator.outputs[0]]) for operator in rests]
    kept, rest = (parts[suffix].renamed for suffix in slices)
    joined_mean = _joined(
        graph.tensor(mean.outputs[0]), (kept[mean.outputs[0]], rest[mean.outputs[0]]), names
    )
    product = dataclasses.replace(value, name=names.tensor(f"{value.name}/joined"))
    tensors.append(product)
    joined = _joined(product, (kept[value.name], again.renamed[rest[value.name]]), names)
    operators: list[Operator] = []
    for operator in graph.operators:
        if operator.name == one.gate:
            gate = _reading(operator, {value.name: product.name})
            operators += [*second, joined, gate]
        elif operator.name in first:
            operators += first[operator.name]
            operators += [joined_mean] if operator is mean else []
        else:
            operators.append(operator)
    return graph.replace(operators=operators, tensors=tensors)


def _placed(operator: Operator, kept: int, part: slice) -> Operator:
    """``operator`` for ``part`` of its channels, of which the first have their own rounding."""
    how = operator.attributes
    rounding = attributes.DepthwiseConvolution | attributes.Reduce
    if not isinstance(how, rounding) or how.ties_up is None:
        return operator
    first = min(how.ties_up, kept) if part.start is None else max(how.ties_up - kept, 0)
    return dataclasses.replace(operator, attributes=dataclasses.replace(how, ties_up=first))


def _joined(output: Tensor, parts: tuple[str, str], names: _Names) -> Operator:
    """Two parts of the channels of ``output`` next to each other."""
    name = names.operator(f"{output.name}/join")
    axis = attributes.Concatenation(len(output.shape) - 1)
    return Operator("concatenation", name, parts, (output.name,), axis)


def _sliced_constants(
    graph: Graph,
    operator: Operator,
    names: _Names,
    suffix: str,
    part: slice,
    tensors: list[Tensor],
) -> Iterator[tuple[str, str]]:
    """Weights and bias of part of a convolution's output channels."""
    if not operator.kind.endswith("conv_2d"):
        return
    axes = (0 if operator.kind == "conv_2d" else 3, 0)
    for name, axis in zip(operator.inputs[1:], axes, strict=False):
        if name:
            tensor = _sliced(graph.tensor(name), axis, part)
            tensors.append(dataclasses.replace(tensor, name=names.tensor(name + suffix)))
            yield name, tensors[-1].name


def _sliced(tensor: Tensor, axis: int, part: slice) -> Tensor:
    """``tensor`` with part of the elements along ``axis``."""
    axis %= len(tensor.shape)
    count = len(range(*part.indices(tensor.shape[axis])))
    shape = (*tensor.shape[:axis], count, *tensor.shape[axis + 1 :])
    quantization = tensor.quantization
    if quantization is not None and not quantization.per_tensor:
        quantization = dataclasses.replace(
            quantization, scale=quantization.scale[part], zero_point=quantization.zero_point[part]
        )
    data = tensor.data
    if data is not None:
        data = np.ascontiguousarray(np.moveaxis(np.moveaxis(data, axis, 0)[part], 0, axis))
        data.setflags(write=False)
    return dataclasses.replace(tensor, shape=shape, quantization=quantization, data=data)


def channels(graph: Graph, one: SecondPass) -> int:
    """Channels of the tensor that is made twice."""
    return rows_of(graph.tensor(_named(graph, one.operators)[-1].outputs[0])).channels
