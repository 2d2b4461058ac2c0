"""Runs graphs of float32, which are shown and not built, by numpy's loops and definitions alone.

For tests of frontends: the layout of tensors and weights, windows and axes are then compared with
what onnxruntime makes of the file, with nothing quantized in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from thumbnet.ir import attributes as a
from thumbnet.ir.graph import Array, Graph, Operator

AnyArray = npt.NDArray[Any]


def run_float(graph: Graph, inputs: Sequence[Array]) -> list[Array]:
    """The outputs of a graph that nothing quantizes."""
    values: dict[str, AnyArray] = {
        n: t.data for n, t in graph.tensors.items() if t.data is not None
    }
    values.update(zip(graph.inputs, inputs, strict=True))
    for operator in graph.operators:
        given = [values[name] if name else None for name in operator.inputs]
        output = graph.tensor(operator.outputs[0])
        apply = KINDS[operator.kind]
        if operator.kind in _IMAGES:
            x = given[0]
            assert x is not None
            samples = [apply(graph, operator, [x[i : i + 1], *given[1:]]) for i in range(len(x))]
            result = np.concatenate(samples)
        else:
            result = apply(graph, operator, given)
        assert result.shape == output.shape, operator.kind
        values[output.name] = result.astype(output.dtype.numpy)
    return [values[name] for name in graph.outputs]


_IMAGES = ("conv_2d", "depthwise_conv_2d", "transpose_conv", "average_pool_2d", "max_pool_2d")
"""Kinds whose functions take one sample."""


def _windows(x: AnyArray, w: a.Window, fill: float) -> AnyArray:
    """[OH, OW, KH, KW, C] of x [1,H,W,C]."""
    pads = ((w.pad_top, w.pad_bottom), (w.pad_left, w.pad_right), (0, 0))
    padded = np.pad(x[0].astype(np.float64), pads, constant_values=fill)
    view = np.lib.stride_tricks.sliding_window_view(padded, (w.height, w.width), axis=(0, 1))
    view = view[:: w.stride_height, :: w.stride_width]
    return view.transpose(0, 1, 3, 4, 2)[:, :, :: w.dilation_height, :: w.dilation_width]


def _conv_2d(graph: Graph, operator: Operator, given: Sequence[AnyArray | None]) -> AnyArray:
    x, weights, bias = given
    assert x is not None and weights is not None
    how = cast(a.Convolution, operator.attributes)
    outputs, channels = weights.shape[0] // how.groups, weights.shape[3]
    parts = []
    for g in range(how.groups):
        seen = _windows(x[..., g * channels : (g + 1) * channels], how.window, 0)
        taps = weights[g * outputs : (g + 1) * outputs]
        parts.append(np.einsum("yxhwc,ohwc->yxo", seen, taps))
    return np.concatenate(parts, -1)[None] + (0 if bias is None else bias)


def _depthwise(graph: Graph, operator: Operator, given: Sequence[AnyArray | None]) -> AnyArray:
    x, weights, bias = given
    assert x is not None and weights is not None
    how = cast(a.DepthwiseConvolution, operator.attributes)
    seen = np.repeat(_windows(x, how.window, 0), how.depth_multiplier, -1)
    return np.einsum("yxhwc,hwc->yxc", seen, weights[0])[None] + (0 if bias is None else bias)


def _transpose_conv(graph: Graph, operator: Operator, given: Sequence[AnyArray | None]) -> AnyArray:
    x, weights, bias = given
    assert x is not None and weights is not None
    w = cast(a.TransposeConvolution, operator.attributes).window
    _, height, width, channels = graph.tensor(operator.outputs[0]).shape
    full = np.zeros((2 * height + 99, 2 * width + 99, channels))
    for y in range(x.shape[1]):
        for c in range(x.shape[2]):
            top, left = y * w.stride_height, c * w.stride_width
            part = np.einsum("ohwi,i->hwo", weights, x[0, y, c])
            full[top : top + w.kernel_height, left : left + w.kernel_width] += part
    seen = full[w.pad_top : w.pad_top + height, w.pad_left : w.pad_left + width]
    return seen[None] + (0 if bias is None else bias)


def _batch_matmul(graph: Graph, operator: Operator, given: Sequence[AnyArray]) -> AnyArray:
    how = cast(a.BatchMatMul, operator.attributes)
    first = given[0].swapaxes(-1, -2) if how.adj_x else given[0]
    return np.asarray(first @ (given[1].swapaxes(-1, -2) if how.adj_y else given[1]))


def _fully_connected(
    graph: Graph, operator: Operator, given: Sequence[AnyArray | None]
) -> AnyArray:
    x, weights, bias = given
    assert x is not None and weights is not None
    sums = x.reshape(-1, weights.shape[1]) @ weights.T + (0 if bias is None else bias)
    return sums.reshape(graph.tensor(operator.outputs[0]).shape)


def _pool(graph: Graph, operator: Operator, given: Sequence[AnyArray | None]) -> AnyArray:
    x = given[0]
    assert x is not None
    window = cast(a.Pool, operator.attributes).window
    if operator.kind == "max_pool_2d":
        return _windows(x, window, -np.inf).max(axis=(2, 3))[None]
    counts = _windows(np.ones_like(x), window, 0).sum(axis=(2, 3))
    return (_windows(x, window, 0).sum(axis=(2, 3)) / counts)[None]


def _reduce(function: Callable[..., Any]) -> Callable[..., AnyArray]:
    def apply(graph: Graph, operator: Operator, given: Sequence[AnyArray]) -> AnyArray:
        how = cast(a.Reduce, operator.attributes)
        return np.asarray(function(given[0], axis=how.axes, keepdims=how.keep_dims))

    return apply


def _softmax(graph: Graph, operator: Operator, given: Sequence[AnyArray]) -> AnyArray:
    shifted = given[0] - given[0].max(axis=-1, keepdims=True)
    sums = np.exp(shifted).sum(axis=-1, keepdims=True)
    if operator.kind == "log_softmax":
        return np.asarray(shifted - np.log(sums))
    return np.asarray(np.exp(shifted) / sums)


def _pick(graph: Graph, operator: Operator, given: Sequence[AnyArray]) -> AnyArray:
    x = given[0]
    for axis, spans in enumerate(cast(a.Pick, operator.attributes).axes):
        picked = [s.begin + s.step * i for s in spans for i in range(s.count)]
        x = np.take(x, picked, axis)
    return x


def _pad(graph: Graph, operator: Operator, given: Sequence[AnyArray]) -> AnyArray:
    how = cast(a.Pad, operator.attributes)
    return np.pad(given[0], list(zip(how.before, how.after, strict=True)))


def _resize(graph: Graph, operator: Operator, given: Sequence[AnyArray]) -> AnyArray:
    how = cast(a.ResizeNearestNeighbor, operator.attributes)
    x, shape = given[0], graph.tensor(operator.outputs[0]).shape
    for axis in (1, 2):
        old, new = x.shape[axis], shape[axis]
        corners = how.align_corners and new > 1
        scale = np.float32(old - 1) / np.float32(new - 1) if corners else np.float32(old) / new
        at = (np.arange(new) + (0.5 if how.half_pixel_centers else 0)) * scale
        rows = np.floor(at + 0.5) if how.align_corners else np.floor(at)
        x = np.take(x, np.minimum(rows.astype(int), old - 1), axis)
    return x


def _between(graph: Graph, operator: Operator, given: Sequence[AnyArray]) -> AnyArray:
    how = cast(a.ResizeBilinear, operator.attributes)
    x, shape = given[0].astype(np.float64), graph.tensor(operator.outputs[0]).shape
    for axis in (1, 2):
        old, new = x.shape[axis], shape[axis]
        scale = (old - 1) / (new - 1) if how.align_corners and new > 1 else old / new
        half = 0.5 if how.half_pixel_centers else 0
        at = np.clip((np.arange(new) + half) * scale - half, 0, old - 1)
        low = np.floor(at).astype(int)
        part = (at - low).reshape([-1 if d == axis else 1 for d in range(4)])
        upper = np.take(x, np.minimum(low + 1, old - 1), axis)
        x = np.take(x, low, axis) * (1 - part) + upper * part
    return x


def _of(function: Callable[..., Any]) -> Callable[..., AnyArray]:
    return lambda graph, operator, given: np.asarray(function(*given))


def _to_space(graph: Graph, operator: Operator, given: Sequence[AnyArray | None]) -> AnyArray:
    (x,), block = given, cast(a.DepthToSpace, operator.attributes).block
    assert x is not None
    parts = np.split(x, block * block, axis=3)
    made = np.zeros(graph.tensor(operator.outputs[0]).shape)
    for place, part in enumerate(parts):
        made[:, place // block :: block, place % block :: block] = part
    return made


def _to_depth(graph: Graph, operator: Operator, given: Sequence[AnyArray | None]) -> AnyArray:
    (x,), block = given, cast(a.SpaceToDepth, operator.attributes).block
    assert x is not None
    places = [(row, column) for row in range(block) for column in range(block)]
    return np.concatenate([x[:, i::block, j::block] for i, j in places], axis=3)


KINDS: dict[str, Callable[..., AnyArray]] = {
    "conv_2d": _conv_2d,
    "depthwise_conv_2d": _depthwise,
    "transpose_conv": _transpose_conv,
    "batch_matmul": _batch_matmul,
    "arg_max": _reduce(lambda x, axis, keepdims: np.argmax(x, axis[0], keepdims=keepdims)),
    "arg_min": _reduce(lambda x, axis, keepdims: np.argmin(x, axis[0], keepdims=keepdims)),
    "fully_connected": _fully_connected,
    "average_pool_2d": _pool,
    "max_pool_2d": _pool,
    "mean": _reduce(np.mean),
    "sum": _reduce(np.sum),
    "reduce_max": _reduce(np.max),
    "reduce_min": _reduce(np.min),
    "softmax": _softmax,
    "log_softmax": _softmax,
    "pick": _pick,
    "pad": _pad,
    "resize_nearest_neighbor": _resize,
    "resize_bilinear": _between,
    "reshape": lambda graph, operator, given: given[0].reshape(
        graph.tensor(operator.outputs[0]).shape
    ),
    "depth_to_space": _to_space,
    "space_to_depth": _to_depth,
    "transpose": lambda graph, operator, given: given[0].transpose(
        cast(a.Transpose, operator.attributes).permutation
    ),
    "concatenation": lambda graph, operator, given: np.concatenate(
        given, cast(a.Concatenation, operator.attributes).axis
    ),
    "add": _of(np.add),
    "sub": _of(np.subtract),
    "mul": _of(np.multiply),
    "div": _of(np.divide),
    "maximum": _of(np.maximum),
    "minimum": _of(np.minimum),
    "prelu": _of(lambda x, slope: np.where(x < 0, slope * x, x)),
    "relu": _of(lambda x: np.maximum(x, 0)),
    "relu6": _of(lambda x: np.clip(x, 0, 6)),
    "relu_n1_to_1": _of(lambda x: np.clip(x, -1, 1)),
    "logistic": _of(lambda x: 1 / (1 + np.exp(-x.astype(np.float64)))),
    "tanh": _of(np.tanh),
}
