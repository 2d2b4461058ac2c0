"""The least and the greatest value of every channel, exactly as far as one operator goes.

From the full range of the inputs' types through the quantized graph in integers: a sum of products
is least where every input lies at the end that its weight asks for, at each place of a window that
reaches over the border on its own; requantization, clamps and tables then map the ends. Values of
different channels and pixels are taken to be independent, so that behind several operators the
bounds may be wider than what occurs, never narrower.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir.attributes import (
    Convolution,
    DepthwiseConvolution,
    FullyConnected,
    Reduce,
    Window,
)
from thumbnet.ir.graph import Array, Graph, Operator, Tensor
from thumbnet.operators.conv_2d import (
    channel_multipliers,
    given_bias,
    product_multipliers,
    requantize_channels,
)
from thumbnet.operators.depthwise_conv_2d import ties_up
from thumbnet.operators.elementwise import result_multiplier
from thumbnet.operators.lookup import BYTE_LIMITS, TABLE_KINDS, lookup_table
from thumbnet.operators.reduce import operator_scaling
from thumbnet.operators.registry import family
from thumbnet.quantize.requantize import IntArray, Multiplier, activation_bounds

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Interval:
    """Inclusive bounds [channels] of a byte tensor's integers, channels along its last dimension.

    They hold at every pixel. A tensor without dimensions has one channel.
    """

    low: IntArray
    high: IntArray

    @property
    def constant(self) -> npt.NDArray[np.bool_]:
        """Which channels have the value ``low`` everywhere, whatever the inputs."""
        same: npt.NDArray[np.bool_] = np.equal(self.low, self.high)
        return same


Known = Mapping[str, Interval]


def intervals(graph: Graph) -> dict[str, Interval]:
    """The bounds of all byte tensors of ``graph``, of constants too."""
    known = {}
    for name, tensor in graph.tensors.items():
        if tensor.dtype in BYTE_LIMITS:
            known[name] = _full(tensor) if tensor.data is None else _of_data(tensor.data)
    for operator in graph.operators:
        rule = _RULES.get(operator.kind)
        reads_bytes = all(name in known or _is_constant(graph, name) for name in operator.inputs)
        if rule is not None and reads_bytes and operator.outputs[0] in known:
            known[operator.outputs[0]] = rule(graph, operator, known)
    return known


def channel_count(tensor: Tensor) -> int:
    """The size of the last dimension."""
    return tensor.shape[-1] if tensor.shape else 1


def _is_constant(graph: Graph, name: str) -> bool:
    return not name or graph.tensor(name).is_constant


def _full(tensor: Tensor) -> Interval:
    low, high = BYTE_LIMITS[tensor.dtype]
    count = channel_count(tensor)
    return Interval(np.full(count, low, np.int64), np.full(count, high, np.int64))


def _of_data(*values: Array) -> Interval:
    """Bounds of what some arrays of one shape hold together."""
    last = values[0].shape[-1] if values[0].ndim else 1
    pixels = [value.reshape(-1, last).astype(np.int64) for value in values]
    return Interval(
        np.min([p.min(axis=0) for p in pixels], axis=0),
        np.max([p.max(axis=0) for p in pixels], axis=0),
    )


def _convolution(graph: Graph, operator: Operator, known: Known) -> Interval:
    """conv_2d and depthwise_conv_2d."""
    x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
    output = graph.tensor(operator.outputs[0])
    taps = cast(Array, weights.data).astype(np.float64)
    least, most = (end.astype(np.float64) for end in _centred(x, known))
    attributes = cast(Convolution | DepthwiseConvolution, operator.attributes)
    if isinstance(attributes, Convolution) and attributes.groups > 1:
        return _full(output)  # those that matter become depthwise
    up, down = np.maximum(taps, 0), np.minimum(taps, 0)
    if isinstance(attributes, Convolution):
        ends = [up @ least + down @ most, up @ most + down @ least]
        multipliers, rounded_up = product_multipliers(graph, operator), None
    else:
        least, most = (np.repeat(end, attributes.depth_multiplier) for end in (least, most))
        ends = [up * least + down * most, up * most + down * least]
        ends = [end[0].transpose(2, 0, 1) for end in ends]
        multipliers = channel_multipliers(graph, operator)
        rounded_up = ties_up(attributes, channel_count(output))
    low, high = (_over_places(end, attributes.window, x, output) for end in ends)
    bias = given_bias(graph, operator, channel_count(output))
    bounds = activation_bounds(attributes.activation, output)
    accumulators = Interval(low.min(axis=1) + bias, high.max(axis=1) + bias)
    return _requantized(accumulators, multipliers, output, bounds, rounded_up)


def _fully_connected(graph: Graph, operator: Operator, known: Known) -> Interval:
    x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
    output, attributes = graph.tensor(operator.outputs[0]), operator.attributes
    taps = cast(Array, weights.data).astype(np.float64)
    least, most = (
        np.broadcast_to(end, x.shape).reshape(-1, weights.shape[1]) for end in _centred(x, known)
    )
    least, most = (least.min(axis=0).astype(np.float64), most.max(axis=0).astype(np.float64))
    up, down = np.maximum(taps, 0), np.minimum(taps, 0)
    bias = given_bias(graph, operator, len(taps))
    low = (up @ least + down @ most).astype(np.int64) + bias
    high = (up @ most + down @ least).astype(np.int64) + bias
    bounds = activation_bounds(cast(FullyConnected, attributes).activation, output)
    multipliers = product_multipliers(graph, operator)
    made = _requantized(Interval(low, high), multipliers, output, bounds, None)
    # The output may be declared with another last dimension.
    ends = (np.resize(end, output.elements).reshape(output.shape) for end in (made.low, made.high))
    return _of_data(*ends)


def _centred(x: Tensor, known: Known) -> tuple[IntArray, IntArray]:
    bounds = known[x.name]
    return bounds.low - x.zero_point, bounds.high - x.zero_point


def _over_places(sums: Floats, window: Window, x: Tensor, output: Tensor) -> IntArray:
    """Sums [channels, KH, KW] of taps added up, [channels, places], at all kinds of places."""
    rows = _inside(
        x.shape[1],
        output.shape[1],
        np.arange(window.kernel_height) * window.dilation_height,
        window.stride_height,
        window.pad_top,
    )
    columns = _inside(
        x.shape[2],
        output.shape[2],
        np.arange(window.kernel_width) * window.dilation_width,
        window.stride_width,
        window.pad_left,
    )
    places: Floats = rows @ sums @ columns.T
    return places.reshape(len(sums), -1).astype(np.int64)


def _inside(size: int, count: int, places: IntArray, stride: int, pad: int) -> Floats:
    """The different sets of taps that lie inside the input, as rows of ones and zeros."""
    taps = (np.arange(count) * stride - pad)[:, None] + places
    return np.unique((taps >= 0) & (taps < size), axis=0).astype(np.float64)


def _requantized(
    accumulators: Interval,
    multipliers: Sequence[Multiplier],
    output: Tensor,
    bounds: tuple[int, int],
    rounded_up: int | None,
) -> Interval:
    ends = np.stack([accumulators.low, accumulators.high])
    # Either end may become the lower one: multipliers are negative where weight scales are.
    made = requantize_channels(ends, multipliers, output, bounds, rounded_up).astype(np.int64)
    wraps = np.array([_wraps(end, m) for end, m in zip(ends.T, multipliers, strict=True)])
    return Interval(
        np.where(wraps, bounds[0], made.min(axis=0)), np.where(wraps, bounds[1], made.max(axis=0))
    )


def _wraps(ends: IntArray, multiplier: Multiplier) -> bool:
    """Whether something between ``ends`` could leave 32 bits, so that nothing is monotone."""
    reach = max(abs(int(end)) for end in ends) << max(multiplier.shift, 0)
    return multiplier.mantissa != 0 and reach >= 1 << 31


def _elementwise(graph: Graph, operator: Operator, known: Known) -> Interval:
    """Monotone in either operand while the other is held, so that extremes lie at corners."""
    output = graph.tensor(operator.outputs[0])
    multiplier, reach = result_multiplier(graph, operator)
    # A constant's scale may be negative; then the reach is another.
    positive = min(graph.tensor(name).scale for name in operator.inputs) > 0
    if not positive or _wraps(np.array([reach]), multiplier):
        return _full(output)
    a, b = (known[name] for name in operator.inputs)
    corners = [
        family(operator).reference(graph, operator, [first, second])[0]
        for first in (a.low, a.high)
        for second in (b.low, b.high)
    ]
    return _of_data(*(np.broadcast_to(c, (channel_count(output),)) for c in corners))


def _lookup(graph: Graph, operator: Operator, known: Known) -> Interval:
    """lookup, and what becomes one."""
    x, output = graph.tensor(operator.inputs[0]), graph.tensor(operator.outputs[0])
    if operator.kind == "lookup":
        table = cast(Array, graph.tensor(operator.inputs[1]).data)
    else:
        table = lookup_table(graph, operator)
    values = table.view(output.dtype.numpy).astype(np.int64)
    bounds, least = known[x.name], BYTE_LIMITS[x.dtype][0]
    parts = [
        values[low - least : high - least + 1]
        for low, high in zip(bounds.low, bounds.high, strict=True)
    ]
    return Interval(np.array([p.min() for p in parts]), np.array([p.max() for p in parts]))


def _monotone(graph: Graph, operator: Operator, known: Known) -> Interval:
    """What grows wherever an input does is least, and greatest, where all inputs are."""
    values = []
    for end in ("low", "high"):
        given: list[Array | None] = []
        for name in operator.inputs:
            x = graph.tensor(name)
            values_of = getattr(known[name], end)
            filled = np.broadcast_to(values_of, x.shape) if x.shape else values_of.reshape(())
            given.append(filled.astype(x.dtype.numpy))
        values += family(operator).reference(graph, operator, given)
    return _of_data(*values)


def _mean(graph: Graph, operator: Operator, known: Known) -> Interval:
    x = graph.tensor(operator.inputs[0])
    how = operator_scaling(graph, operator)
    axes = cast(Reduce, operator.attributes).axes
    count = int(np.prod([x.shape[axis] for axis in axes], dtype=np.int64))
    if _wraps(np.array([128 * count + abs(how.in_offset)]), how.multiplier):
        return _full(graph.tensor(operator.outputs[0]))
    return _monotone(graph, operator, known)


_RULES: dict[str, Callable[[Graph, Operator, Known], Interval]] = {
    "conv_2d": _convolution,
    "depthwise_conv_2d": _convolution,
    "fully_connected": _fully_connected,
    **dict.fromkeys(("add", "sub", "mul"), _elementwise),
    **dict.fromkeys(("lookup", *TABLE_KINDS), _lookup),
    "average_pool_2d": _monotone,
    "max_pool_2d": _monotone,
    "mean": _mean,
    "concatenation": _monotone,
    "pad": _monotone,
    "pick": _monotone,
    "resize_nearest_neighbor": _monotone,
    "reshape": _monotone,
    "transpose": _monotone,
}
"""Kinds whose results are known better than by their type."""
