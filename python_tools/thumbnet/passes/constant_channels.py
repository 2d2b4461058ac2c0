"""Removes channels whose value is known, or that nothing reads.

Training leaves channels that saturate a clamp or have a multiplier of zero whatever the input is.
What reads such a constant can take it into its bias, and then nobody has to compute it. Outputs
stay what they are, bit for bit: scales, zero points, orders and roundings of all that remains do
not change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir.attributes import (
    Concatenation,
    Convolution,
    DepthwiseConvolution,
    Pad,
    Reduce,
    Transpose,
)
from thumbnet.ir.graph import Array, Graph, Operator
from thumbnet.operators.conv_2d import given_bias, product_multipliers, reaches_outside
from thumbnet.passes.intervals import Known, channel_count, intervals
from thumbnet.passes.keep_channels import Kept, keep_channels

Mask = npt.NDArray[np.bool_]


def remove_constant_channels(graph: Graph) -> Graph:
    """``graph`` without channels that are constant, or of no consequence, where that is exact.

    Graph inputs and outputs keep all channels, and every tensor keeps at least one.
    """
    while True:
        known = intervals(graph)
        kept = needed_channels(graph, known)
        if all(mask.all() for mask in kept.values()):
            return graph
        # Where one channel is left, more may follow.
        graph = keep_channels(graph, kept, known)


def needed_channels(graph: Graph, known: Known) -> Kept:
    """The least channels of every tensor without which ``graph`` would not be the same.

    Needs spread from the graph's borders until nothing changes: a convolution needs the inputs that
    it weighs and whose value it cannot add to its bias, most others what they are asked for.
    """
    needs = _Needs(graph, known)
    for name in (*graph.sources, *graph.results):
        needs.all(name)
    needs.spread()
    for operator in reversed(graph.operators):
        # Nothing has no channels.
        short = needs.least(operator) - int(needs.of(operator.outputs[0]).sum())
        if short > 0:
            spare = np.flatnonzero(~needs.of(operator.outputs[0]))[:short]
            needs.some(operator.outputs[0], spare)
            needs.spread()
    return needs.kept


@dataclass
class _Needs:
    """Which channels are needed so far; constants follow the tensors that they belong to."""

    graph: Graph
    known: Known
    kept: dict[str, Mask] = field(init=False)
    changed: bool = field(init=False, default=False)
    weighed: dict[str, Mask] = field(init=False, default_factory=dict)
    """By convolution, [output channels, input channels]: where it needs what it reads."""

    def __post_init__(self) -> None:
        tensors = self.graph.tensors
        self.kept = {
            name: np.zeros(channel_count(tensor), np.bool_)
            for name, tensor in tensors.items()
            if not tensor.is_constant
        }
        for operator in self.graph.operators:
            if operator.kind in ("conv_2d", "fully_connected"):
                self.weighed[operator.name] = _weighed(self.graph, operator, self.known)

    def of(self, name: str) -> Mask:
        """The needed channels of a tensor."""
        return self.kept[name]

    def all(self, name: str) -> None:
        """All channels of ``name`` are needed."""
        self.join(name, np.True_)

    def some(self, name: str, channels: npt.NDArray[np.int64]) -> None:
        """``channels`` of ``name`` are needed."""
        mask = np.zeros(len(self.kept[name]), np.bool_)
        mask[channels] = True
        self.join(name, mask)

    def join(self, name: str, mask: Mask | np.bool_) -> None:
        """The channels of ``mask`` are needed, too."""
        if name in self.kept:
            joined = self.kept[name] | mask
            self.changed |= bool((joined != self.kept[name]).any())
            self.kept[name] = joined

    def equal(self, *names: str) -> None:
        """What is needed of one tensor is needed of the others."""
        known = [self.kept[name] for name in names if name in self.kept]
        together: Mask = np.logical_or.reduce(known)
        for name in names:
            self.join(name, together)

    def least(self, operator: Operator) -> int:
        """How many channels the output must have."""
        if operator.kind != "fully_connected":
            return 1
        # With a single scale TFLite derives the multiplier otherwise.
        quantization = self.graph.tensor(operator.inputs[1]).quantization
        return 2 if quantization is not None and not quantization.per_tensor else 1

    def spread(self) -> None:
        """Until nothing changes."""
        self.changed = True
        while self.changed:
            self.changed = False
            for operator in reversed(self.graph.operators):
                _RULES.get(operator.kind, _everything)(self, operator)


def _weighed(graph: Graph, operator: Operator, known: Known) -> Mask:
    """[output channels, channels of x]: whether an output depends on what is not in its bias."""
    x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
    taps = cast(Array, weights.data)
    count, channels = len(taps), channel_count(x)
    if taps[0].size % channels or _grouped(operator):
        return np.ones((count, channels), np.bool_)
    read: Mask = (taps != 0).reshape(count, -1, channels).any(axis=1)
    if x.name not in known or not _has_room(graph, operator):
        return read
    foldable = known[x.name].constant
    attributes = operator.attributes
    if isinstance(attributes, Convolution) and reaches_outside(attributes.window):
        # Windows at borders see the zero point instead.
        foldable = foldable & (known[x.name].low == x.zero_point)
    return read & ~foldable


def _grouped(operator: Operator) -> bool:
    """Whether inputs are divided into groups, which then keep their channels."""
    return isinstance(operator.attributes, Convolution) and operator.attributes.groups > 1


def _has_room(graph: Graph, operator: Operator) -> bool:
    """Whether every bias stays within 32 bits whatever is added to it."""
    taps = cast(Array, graph.tensor(operator.inputs[1]).data)
    reach = np.abs(taps.astype(np.int64)).reshape(len(taps), -1).sum(axis=1)
    bias = np.abs(given_bias(graph, operator, len(taps)))
    live = np.array([m.mantissa != 0 for m in product_multipliers(graph, operator)])
    return not np.any(live & (bias + 255 * reach >= 1 << 31))


def _convolution(needs: _Needs, operator: Operator) -> None:
    """conv_2d and fully_connected."""
    if _grouped(operator):
        _everything(needs, operator)
        return
    x, output = operator.inputs[0], operator.outputs[0]
    weighed = needs.weighed[operator.name]
    rows: Mask = needs.of(output)
    if len(rows) != len(weighed):
        # Declared with another last dimension.
        needs.all(output)
        rows = np.ones(len(weighed), np.bool_)
    if needs.graph.tensor(operator.inputs[1]).shape[-1] % len(needs.of(x)):
        needs.all(x)
    needs.join(x, np.any(weighed[rows], axis=0))


def _depthwise(needs: _Needs, operator: Operator) -> None:
    x, output = operator.inputs[0], operator.outputs[0]
    multiplier = cast(DepthwiseConvolution, operator.attributes).depth_multiplier
    groups: Mask = np.logical_or.reduce(needs.of(output).reshape(-1, multiplier), axis=1)
    needs.join(x, groups)
    if len(groups) > 1:
        # As many outputs an input as before.
        needs.join(output, np.repeat(needs.of(x), multiplier))


def _elementwise(needs: _Needs, operator: Operator) -> None:
    count = len(needs.of(operator.outputs[0]))
    names = (*operator.inputs, *operator.outputs)
    same = [name for name in names if channel_count(needs.graph.tensor(name)) == count]
    needs.equal(*same)
    for name in set(names).difference(same):
        needs.all(name)


def _channelwise(needs: _Needs, operator: Operator) -> None:
    needs.equal(operator.inputs[0], operator.outputs[0])


def _mean(needs: _Needs, operator: Operator) -> None:
    rank = len(needs.graph.tensor(operator.inputs[0]).shape)
    if rank - 1 in cast(Reduce, operator.attributes).axes:
        _everything(needs, operator)
    else:
        _channelwise(needs, operator)


def _concatenation(needs: _Needs, operator: Operator) -> None:
    output = operator.outputs[0]
    if any(needs.graph.tensor(name).is_constant for name in operator.inputs):
        _everything(needs, operator)
        return
    if cast(Concatenation, operator.attributes).axis != _last(needs, output):
        needs.equal(*operator.inputs, output)
        return
    end = 0
    for name in operator.inputs:
        start, end = end, end + len(needs.of(name))
        needs.join(name, needs.of(output)[start:end])
        needs.some(output, start + np.flatnonzero(needs.of(name)))


def _pad(needs: _Needs, operator: Operator) -> None:
    x, output = operator.inputs[0], operator.outputs[0]
    before = cast(Pad, operator.attributes).before[-1]
    needs.join(x, needs.of(output)[before : before + len(needs.of(x))])
    needs.some(output, before + np.flatnonzero(needs.of(x)))


def _reshape(needs: _Needs, operator: Operator) -> None:
    x, output = (needs.graph.tensor(name) for name in (operator.inputs[0], operator.outputs[0]))
    if x.shape and output.shape and x.shape[-1] == output.shape[-1]:
        _channelwise(needs, operator)
    else:
        _everything(needs, operator)


def _transpose(needs: _Needs, operator: Operator) -> None:
    last = _last(needs, operator.inputs[0])
    if cast(Transpose, operator.attributes).permutation[-1] == last:
        _channelwise(needs, operator)
    else:
        _everything(needs, operator)


def _everything(needs: _Needs, operator: Operator) -> None:
    for name in (*operator.inputs, *operator.outputs):
        needs.all(name)


def _last(needs: _Needs, name: str) -> int:
    return len(needs.graph.tensor(name).shape) - 1


_RULES: dict[str, Callable[[_Needs, Operator], None]] = {
    "conv_2d": _convolution,
    "fully_connected": _convolution,
    "depthwise_conv_2d": _depthwise,
    **dict.fromkeys(("add", "sub", "mul"), _elementwise),
    **dict.fromkeys(
        ("lookup", "average_pool_2d", "max_pool_2d", "resize_nearest_neighbor"), _channelwise
    ),
    "mean": _mean,
    "concatenation": _concatenation,
    "pad": _pad,
    "reshape": _reshape,
    "transpose": _transpose,
}
"""What operators need of their inputs for what is needed of their outputs, and the reverse."""
