"""Evaluates graphs of float32 with numpy, many samples at once.

A value has the samples in front of its tensor's own dimensions: [N, *shape]. Definitions are ONNX's
(https://onnx.ai/onnx/operators), layouts the graph's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir import attributes as a
from thumbnet.ir.graph import Array, Graph, Operator
from thumbnet.operators.registry import family
from thumbnet.operators.resize import nearest
from thumbnet.quantize.float_functions import FUNCTIONS, Floats, applied, clamped
from thumbnet.quantize.prepare import COMPOSED, Composed

Evaluated = Callable[[Graph, Operator, Sequence[Floats]], Array]
_FEW_CHANNELS = 16
"""Up to so many, windows are gathered before they are multiplied."""


def evaluate(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Floats:
    """The output of one operator, [N, *shape]; constants among ``given`` have no samples.

    Raises:
        KeyError: the kind is not among KINDS.
    """
    result = before_clamp(graph, operator, given)
    return clamped(result, getattr(operator.attributes, "activation", a.Activation.NONE))


def before_clamp(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Floats:
    """As :func:`evaluate`, without the operator's fused clamp."""
    if operator.kind in FUNCTIONS:
        return applied(operator, given[0])
    return cast(Floats, KINDS[operator.kind](graph, operator, given))


def operands(graph: Graph, operator: Operator, values: Mapping[str, Floats]) -> list[Floats]:
    """What an operator reads: of constants the data, of other tensors the samples' values."""
    found = []
    for name in operator.inputs:
        data = graph.tensor(name).data if name else np.zeros(0, np.float32)
        found.append(values[name] if data is None else cast(Floats, data))
    return found


def walk(
    graph: Graph, inputs: Sequence[Floats], step: Callable[[Operator, Sequence[Floats]], Floats]
) -> Iterator[tuple[str, Floats]]:
    """The graph's tensors in order with their values, each as ``step`` makes it.

    Values are dropped behind their last reader, so that few of them are in memory together.
    """
    last = {name: index for index, op in enumerate(graph.operators) for name in op.inputs}
    last.update(dict.fromkeys(graph.outputs, len(graph.operators)))
    values: dict[str, Floats] = dict(zip(graph.inputs, inputs, strict=True))
    yield from list(values.items())
    for index, operator in enumerate(graph.operators):
        name = operator.outputs[0]
        values[name] = step(operator, operands(graph, operator, values))
        yield name, values[name]
        for read in {*operator.inputs, name}:
            if last.get(read, index) <= index:
                values.pop(read, None)


def run(graph: Graph, inputs: Sequence[Floats]) -> list[Floats]:
    """The graph's outputs for samples [N, *shape] of each input."""
    wanted = dict(
        item
        for item in walk(graph, inputs, lambda op, given: evaluate(graph, op, given))
        if item[0] in graph.outputs
    )
    return [wanted[name] for name in graph.outputs]


def taps(x: Floats, window: a.Window, size: Sequence[int], fill: float) -> Iterator[Floats]:
    """For each place of a window, row by row, what it sees: views [N,OH,OW,C] of x [N,H,W,C]."""
    pads = ((0, 0), (window.pad_top, window.pad_bottom), (window.pad_left, window.pad_right))
    height, width = size
    rows = (height - 1) * window.stride_height + window.height
    columns = (width - 1) * window.stride_width + window.width
    if any(map(any, pads)):
        x = np.pad(x, (*pads, (0, 0)), constant_values=fill)
    for top in range(0, window.height, window.dilation_height):
        for left in range(0, window.width, window.dilation_width):
            yield x[
                :,
                top : rows - window.height + top + 1 : window.stride_height,
                left : columns - window.width + left + 1 : window.stride_width,
            ]


def images(x: Floats) -> Floats:
    """[N,1,H,W,C] as [N,H,W,C]."""
    return x.reshape(-1, *x.shape[-3:])


def products(
    x: Floats, weights: Floats, window: a.Window, size: Sequence[int], groups: int
) -> Floats:
    """The sums of a convolution: x [N,H,W,I], weights [O,KH,KW,I/groups] to [N,OH,OW,O]."""
    if groups > 1:
        parts = zip(np.split(x, groups, -1), np.split(weights, groups, 0), strict=True)
        return np.concatenate([products(s, w, window, size, 1) for s, w in parts], -1)
    outputs, channels = weights.shape[0], weights.shape[-1]
    seen = taps(x, window, size, 0.0)
    if channels <= _FEW_CHANNELS:
        gathered = np.stack(list(seen), -2).reshape(-1, weights[0].size)
        sums = gathered @ weights.reshape(outputs, -1).T
    else:
        by_tap = weights.reshape(outputs, -1, channels)
        sums = np.zeros((x.shape[0] * size[0] * size[1], outputs), np.float32)
        for number, part in enumerate(seen):
            sums += part.reshape(-1, channels) @ by_tap[:, number].T
    return cast(Floats, sums.reshape(-1, *size, outputs))


def _conv_2d(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Array:
    how = cast(a.Convolution, operator.attributes)
    size = graph.tensor(operator.outputs[0]).shape[1:3]
    sums = products(images(given[0]), given[1], how.window, size, how.groups)
    return _biased(sums, given)[:, None]


def _depthwise(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Array:
    how = cast(a.DepthwiseConvolution, operator.attributes)
    size = graph.tensor(operator.outputs[0]).shape[1:3]
    x = np.repeat(images(given[0]), how.depth_multiplier, -1)
    weights = given[1].reshape(-1, given[1].shape[-1])
    sums = np.zeros((x.shape[0], *size, x.shape[-1]), np.float32)
    for number, part in enumerate(taps(x, how.window, size, 0.0)):
        sums += part * weights[number]
    return _biased(sums, given)[:, None]


def _transpose_conv(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Array:
    w = cast(a.TransposeConvolution, operator.attributes).window
    height, width = graph.tensor(operator.outputs[0]).shape[1:3]
    x, weights = images(given[0]), given[1]
    rows = max((x.shape[1] - 1) * w.stride_height + w.kernel_height, w.pad_top + height)
    columns = max((x.shape[2] - 1) * w.stride_width + w.kernel_width, w.pad_left + width)
    full = np.zeros((x.shape[0], rows, columns, weights.shape[0]), np.float32)
    for top in range(w.kernel_height):
        for left in range(w.kernel_width):
            bottom = top + (x.shape[1] - 1) * w.stride_height + 1
            right = left + (x.shape[2] - 1) * w.stride_width + 1
            part = x @ weights[:, top, left].T
            full[:, top : bottom : w.stride_height, left : right : w.stride_width] += part
    seen = full[:, w.pad_top : w.pad_top + height, w.pad_left : w.pad_left + width]
    return _biased(seen, given)[:, None]


def _fully_connected(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Array:
    x, weights = given[0], given[1]
    sums = x.reshape(-1, weights.shape[1]) @ weights.T
    shape = graph.tensor(operator.outputs[0]).shape
    return _biased(sums, given).reshape(len(x), *shape)


def _biased(sums: Floats, given: Sequence[Floats]) -> Floats:
    return sums + given[2] if len(given) > 2 and given[2].size else sums


def _batch_matmul(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Array:
    how = cast(a.BatchMatMul, operator.attributes)
    rank = max(len(graph.tensor(name).shape) for name in operator.inputs[:2])
    first, second = (_ranked(graph, operator, given, n, rank) for n in (0, 1))
    first = first.swapaxes(-1, -2) if how.adj_x else first
    return _biased(first @ (second.swapaxes(-1, -2) if how.adj_y else second), given)


def _ranked(
    graph: Graph, operator: Operator, given: Sequence[Floats], number: int, rank: int
) -> Floats:
    """An operand with as many dimensions, behind those of the samples, as the result has."""
    value, tensor = given[number], graph.tensor(operator.inputs[number])
    samples = () if tensor.is_constant else value.shape[:1]
    missing = (1,) * (rank - len(tensor.shape))
    return value.reshape(*samples, *missing, *value.shape[len(samples) :])


def _of_two(function: Callable[[Floats, Floats], Array]) -> Evaluated:
    def apply(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Array:
        rank = len(graph.tensor(operator.outputs[0]).shape)
        first, second = (_ranked(graph, operator, given, n, rank) for n in (0, 1))
        return function(first, second)

    return apply


def _max_pool(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Array:
    window = cast(a.Pool, operator.attributes).window
    size = graph.tensor(operator.outputs[0]).shape[1:3]
    seen = taps(images(given[0]), window, size, -np.inf)
    most = next(seen).copy()
    for part in seen:
        np.maximum(most, part, out=most)
    return most[:, None]


def _average_pool(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Array:
    window = cast(a.Pool, operator.attributes).window
    size = graph.tensor(operator.outputs[0]).shape[1:3]
    x = images(given[0])
    ones = np.ones((1, *x.shape[1:3], 1), np.float32)
    sums, counts = (sum(taps(part, window, size, 0.0)) for part in (x, ones))
    return cast(Array, np.asarray(sums / counts)[:, None])


def _reduce(function: Callable[..., Array]) -> Evaluated:
    def apply(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Array:
        how = cast(a.Reduce, operator.attributes)
        axes = tuple(axis + 1 for axis in how.axes)
        return np.asarray(function(given[0], axis=axes, keepdims=how.keep_dims))

    return apply


def _place(function: Callable[..., Array]) -> Evaluated:
    def apply(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Array:
        how = cast(a.Reduce, operator.attributes)
        return np.asarray(function(given[0], how.axes[0] + 1)).astype(np.float32)

    return apply


def _softmax(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Array:
    beta = np.float32(getattr(operator.attributes, "beta", 1.0))
    shifted = (given[0] - given[0].max(axis=-1, keepdims=True)) * beta
    sums = np.exp(shifted).sum(axis=-1, keepdims=True)
    if operator.kind == "log_softmax":
        return cast(Array, shifted - np.log(sums))
    return cast(Array, np.exp(shifted) / sums)


def _pick(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Array:
    x = given[0]
    for axis, spans in enumerate(cast(a.Pick, operator.attributes).axes, 1):
        picked = [s.begin + s.step * i for s in spans for i in range(s.count)]
        if picked != list(range(x.shape[axis])):
            x = np.take(x, picked, axis)
    return x


def _pad(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Array:
    how = cast(a.Pad, operator.attributes)
    pads = [(0, 0), *zip(how.before, how.after, strict=True)]
    return np.pad(given[0], pads, constant_values=how.value or 0.0)


def _nearest(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Array:
    how = cast(a.ResizeNearestNeighbor, operator.attributes)
    x, shape = given[0], graph.tensor(operator.outputs[0]).shape
    for axis in (1, 2):
        corners, half = how.align_corners, how.half_pixel_centers
        places = nearest(
            x.shape[axis + 1], shape[axis], align_corners=corners, half_pixel_centers=half
        )
        x = np.take(x, places, axis + 1)
    return x


def _bilinear(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Array:
    how = cast(a.ResizeBilinear, operator.attributes)
    x, shape = given[0], graph.tensor(operator.outputs[0]).shape
    for axis in (1, 2):
        old, new = x.shape[axis + 1], shape[axis]
        scale = (old - 1) / (new - 1) if how.align_corners and new > 1 else old / new
        half = 0.5 if how.half_pixel_centers else 0.0
        at: npt.NDArray[np.float64] = np.clip((np.arange(new) + half) * scale - half, 0, old - 1)
        low = np.floor(at).astype(np.int64)
        part = (at - low).astype(np.float32).reshape([-1 if d == axis + 1 else 1 for d in range(5)])
        upper = np.take(x, np.minimum(low + 1, old - 1), axis + 1)
        x = np.take(x, low, axis + 1) * (1 - part) + upper * part
    return x


def _of_family(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Array:
    """What only moves elements, as the family's reference does, sample by sample."""
    made = family(operator)
    return np.stack([made.reference(graph, operator, [sample])[0] for sample in given[0]])


def _reshape(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Array:
    return given[0].reshape(-1, *graph.tensor(operator.outputs[0]).shape)


def _transpose(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Array:
    permutation = cast(a.Transpose, operator.attributes).permutation
    return given[0].transpose(0, *(axis + 1 for axis in permutation))


def _concatenation(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Array:
    axis = cast(a.Concatenation, operator.attributes).axis + 1
    count = max(
        len(value)
        for name, value in zip(operator.inputs, given, strict=True)
        if not graph.tensor(name).is_constant
    )
    parts = [
        np.broadcast_to(value, (count, *value.shape)) if graph.tensor(name).is_constant else value
        for name, value in zip(operator.inputs, given, strict=True)
    ]
    return np.concatenate(parts, axis)


def _composed(graph: Graph, operator: Operator, given: Sequence[Floats]) -> Array:
    (result,) = run(cast(Composed, operator.attributes).body, given)
    return result


KINDS: dict[str, Evaluated] = {
    COMPOSED: _composed,
    "conv_2d": _conv_2d,
    "depthwise_conv_2d": _depthwise,
    "transpose_conv": _transpose_conv,
    "fully_connected": _fully_connected,
    "batch_matmul": _batch_matmul,
    "max_pool_2d": _max_pool,
    "average_pool_2d": _average_pool,
    "mean": _reduce(np.mean),
    "sum": _reduce(np.sum),
    "reduce_max": _reduce(np.max),
    "reduce_min": _reduce(np.min),
    "arg_max": _place(np.argmax),
    "arg_min": _place(np.argmin),
    "softmax": _softmax,
    "log_softmax": _softmax,
    "pick": _pick,
    "pad": _pad,
    "resize_nearest_neighbor": _nearest,
    "resize_bilinear": _bilinear,
    "space_to_depth": _of_family,
    "depth_to_space": _of_family,
    "reshape": _reshape,
    "transpose": _transpose,
    "concatenation": _concatenation,
    "add": _of_two(np.add),
    "sub": _of_two(np.subtract),
    "mul": _of_two(np.multiply),
    "div": _of_two(np.divide),
    "maximum": _of_two(np.maximum),
    "minimum": _of_two(np.minimum),
    "prelu": _of_two(lambda x, slope: np.where(x < 0, slope * x, x)),
}
"""Kind -> its values before a fused clamp; functions of one real are in ``float_functions``."""
