"""Constants of an ONNX file: nodes on constants alone are evaluated here, in numpy, bounded.

Exporters compute shapes, axes and scales by chains of small integer operators, and keep some
weights as float32 in front of QuantizeLinear. Nothing of the file is executed: each operator that
folds is a function of this file or of :mod:`thumbnet.frontends.onnx_functions`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
import onnx

from thumbnet.frontends.onnx_functions import COMPARISONS, ELEMENTWISE
from thumbnet.frontends.onnx_model import MAX_CONSTANT_RANK, MAX_ELEMENTS, RawNode
from thumbnet.ir.graph import Array

Given = Sequence[Array | None]
Folder = Callable[[RawNode, Given], list[Array]]


_FAULTS = (ValueError, IndexError, TypeError, ArithmeticError, KeyError, RuntimeError)
"""What numpy raises where shapes, types or values do not fit."""


class NotFoldable(Exception):  # noqa: N818 - the name says what the node is
    """The node cannot be evaluated; the text says why."""


def fold(node: RawNode, given: Given) -> list[Array] | None:
    """The node's outputs where its inputs are ``given``; None where it is of another sort.

    Raises:
        NotFoldable: its inputs or attributes contradict one another, or the result is too large.
    """
    if node.domain not in ("", "com.microsoft"):
        return None
    function = FOLDERS.get(node.op)
    elementwise = ELEMENTWISE.get(node.op) or COMPARISONS.get(node.op)
    if function is None and elementwise is None:
        return None
    try:
        with np.errstate(all="ignore"):
            if function is not None:
                results = function(node, given)
            else:
                operands = _operands(node, given)
                _bounded(np.broadcast_shapes(*(value.shape for value in operands)))
                results = [cast(Callable[..., Array], elementwise)(node, operands)]
    except _FAULTS as error:
        raise NotFoldable(str(error).splitlines()[0] if str(error) else "is malformed") from None
    for result in results:
        _bounded(result.shape)
    return results


def _operands(node: RawNode, given: Given) -> list[Array]:
    if node.op == "Clip":  # its bounds may be absent
        return [np.zeros(0, np.float32) if value is None else value for value in given]
    found = [value for value in given if value is not None]
    if len(found) != len(given) or not found:
        raise ValueError("an operand is missing")
    return found


def _bounded(shape: Sequence[int]) -> None:
    if len(shape) > MAX_CONSTANT_RANK:
        raise ValueError(f"{len(shape)} dimensions; the limit is {MAX_CONSTANT_RANK}")
    if math.prod(shape) > MAX_ELEMENTS:
        raise ValueError(f"a result of shape {list(shape)}; the limit is {MAX_ELEMENTS} elements")


def axis_of(value: int, rank: int) -> int:
    """An axis counted from the front.

    Raises:
        ValueError: there is no such axis.
    """
    if not -rank <= value < rank:
        raise ValueError(f"axis {value} is not one of {rank} dimensions")
    return value % rank


def _first(given: Given) -> Array:
    if not given or given[0] is None:
        raise ValueError("its input is missing")
    return given[0]


def _integers(given: Given, number: int) -> list[int] | None:
    """An input of small integers; None where it is absent."""
    value = given[number] if number < len(given) else None
    if value is None:
        return None
    if value.dtype.kind not in "iu" or value.ndim > 1:
        raise ValueError(f"input {number} is {value.dtype}{list(value.shape)}")
    return [int(item) for item in value.reshape(-1)]


def axes_of(node: RawNode, given: Given, number: int = 1) -> list[int] | None:
    """Axes as an attribute (older opsets) or as input ``number``; None where absent or empty."""
    value = node.attributes.get("axes")
    if isinstance(value, tuple):
        return [int(item) for item in value] or None
    return _integers(given, number) or None


def integer(node: RawNode, name: str, default: int) -> int:
    """An integer attribute."""
    value = node.attributes.get(name, default)
    return value if isinstance(value, int) else default


def target_shape(shape: Sequence[int], wanted: Sequence[int], *, zeros_stay: bool) -> list[int]:
    """RESHAPE's output shape: 0 copies a dimension unless ``zeros_stay``, one -1 is the rest.

    Raises:
        ValueError: it cannot be filled.
    """
    found = list(wanted)
    for place, size in enumerate(found):
        if size == 0 and not zeros_stay:
            if place >= len(shape):
                raise ValueError(
                    f"shape {list(wanted)} copies a dimension that {list(shape)} lacks"
                )
            found[place] = shape[place]
    total = math.prod(shape)
    if found.count(-1) == 1:
        rest = -math.prod(found)
        found[found.index(-1)] = total // rest if rest > 0 else -1
    if any(size < 0 for size in found) or math.prod(found) != total:
        raise ValueError(f"input {list(shape)} does not fill shape {list(wanted)}")
    return found


def _constant(node: RawNode, given: Given) -> list[Array]:
    attributes = node.attributes
    for name, dtype in (
        ("value_int", np.int64),
        ("value_ints", np.int64),
        ("value_float", np.float32),
        ("value_floats", np.float32),
    ):
        if name in attributes:
            return [np.asarray(attributes[name], dtype)]
    value = attributes.get("value")
    if not isinstance(value, np.ndarray):
        raise ValueError("a constant of strings or of a sparse tensor")
    return [value]


def _constant_of_shape(node: RawNode, given: Given) -> list[Array]:
    shape = _integers(given, 0) or []
    value = node.attributes.get("value", np.zeros(1, np.float32))
    if any(size < 0 for size in shape) or not isinstance(value, np.ndarray):
        raise ValueError(f"shape {shape}")
    _bounded(shape)
    return [np.full(shape, value.reshape(-1)[0])]


def _dropout(node: RawNode, given: Given) -> list[Array]:
    training = given[2] if len(given) > 2 else None
    if training is not None and training.any():
        raise ValueError("its training mode is on")
    return [_first(given)]


def _cast(node: RawNode, given: Given) -> list[Array]:
    dtype = onnx.helper.tensor_dtype_to_np_dtype(integer(node, "to", 0))
    if dtype.kind not in "iufb":
        raise ValueError(f"a cast to {dtype}")
    if dtype in (np.dtype(np.float64), np.dtype(np.float16)):
        dtype = np.dtype(np.float32)
    return [_first(given).astype(dtype)]


def _concat(node: RawNode, given: Given) -> list[Array]:
    values = [value for value in given if value is not None]
    return [np.concatenate(values, axis_of(integer(node, "axis", 0), values[0].ndim))]


def _gather(node: RawNode, given: Given) -> list[Array]:
    x, indices = _first(given), given[1]
    if indices is None or indices.dtype.kind not in "iu":
        raise ValueError("indices that are no integers")
    axis = axis_of(integer(node, "axis", 0), x.ndim)
    _bounded((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))
    return [np.take(x, indices.astype(np.int64), axis)]


def slices_of(node: RawNode, given: Given, shape: Sequence[int]) -> list[slice]:
    """What SLICE takes of every dimension of a tensor of ``shape``, with constant bounds.

    Raises:
        ValueError: a bound is missing or does not fit.
    """
    starts, ends = _integers(given, 1), _integers(given, 2)
    if starts is None or ends is None or len(starts) != len(ends):
        raise ValueError("starts and ends that do not match")
    axes = _integers(given, 3)
    steps = _integers(given, 4) or [1] * len(starts)
    axes = list(range(len(starts))) if axes is None else axes
    found = [slice(0, size, 1) for size in shape]
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        place = axis_of(axis, len(shape))
        if step == 0:
            raise ValueError("a step of 0")
        begin, stop, _ = slice(start, end, step).indices(shape[place])
        found[place] = slice(begin, None if stop < 0 else stop, step)
    return found


def _slice(node: RawNode, given: Given) -> list[Array]:
    x = _first(given)
    return [x[tuple(slices_of(node, given, x.shape))]]


def split_sizes(node: RawNode, given: Given, size: int) -> list[int]:
    """The sizes along the axis that SPLIT makes of a dimension of ``size``.

    Raises:
        ValueError: they do not add up to it.
    """
    named = node.attributes.get("split")
    sizes = [int(n) for n in named] if isinstance(named, tuple) else _integers(given, 1)
    if sizes is None:
        count = integer(node, "num_outputs", len(node.outputs))
        chunk = -(-size // count) if count > 0 else 0
        sizes = [min(chunk, size - at * chunk) for at in range(count)]
    if len(sizes) != len(node.outputs) or sum(sizes) != size or min(sizes, default=0) < 1:
        raise ValueError(f"parts of {sizes} for a dimension of {size}")
    return sizes


def _split(node: RawNode, given: Given) -> list[Array]:
    x = _first(given)
    axis = axis_of(integer(node, "axis", 0), x.ndim)
    sizes = split_sizes(node, given, x.shape[axis])
    return list(np.split(x, np.cumsum(sizes)[:-1].tolist(), axis))


def _squeeze(node: RawNode, given: Given) -> list[Array]:
    x, axes = _first(given), axes_of(node, given)
    return [np.squeeze(x, None if axes is None else tuple(axis_of(a, x.ndim) for a in axes))]


def _unsqueeze(node: RawNode, given: Given) -> list[Array]:
    x, axes = _first(given), axes_of(node, given) or []
    rank = x.ndim + len(axes)
    return [np.expand_dims(x, tuple(axis_of(axis, rank) for axis in axes))]


def _reshape(node: RawNode, given: Given) -> list[Array]:
    x, zeros = _first(given), bool(integer(node, "allowzero", 0))
    return [x.reshape(target_shape(x.shape, _integers(given, 1) or [], zeros_stay=zeros))]


def _flatten(node: RawNode, given: Given) -> list[Array]:
    x = _first(given)
    axis = integer(node, "axis", 1)
    axis = axis if axis >= 0 else axis + x.ndim
    return [x.reshape(math.prod(x.shape[:axis]), -1)]


def _transpose(node: RawNode, given: Given) -> list[Array]:
    x = _first(given)
    named = node.attributes.get("perm")
    permutation = [int(axis) for axis in named] if isinstance(named, tuple) else None
    return [np.ascontiguousarray(np.transpose(x, permutation))]


def _expand(node: RawNode, given: Given) -> list[Array]:
    x = _first(given)
    shape = np.broadcast_shapes(x.shape, tuple(_integers(given, 1) or []))
    _bounded(shape)
    return [np.ascontiguousarray(np.broadcast_to(x, shape))]


def _tile(node: RawNode, given: Given) -> list[Array]:
    x, repeats = _first(given), _integers(given, 1) or []
    if len(repeats) != x.ndim or min(repeats, default=0) < 0:
        raise ValueError(f"repeats {repeats} for {x.ndim} dimensions")
    _bounded([n * size for n, size in zip(repeats, x.shape, strict=True)])
    return [np.tile(x, repeats)]


def _range(node: RawNode, given: Given) -> list[Array]:
    start, limit, step = (np.asarray(value).reshape(-1)[0] for value in given)
    count = max(math.ceil((float(limit) - float(start)) / float(step)), 0)
    _bounded([count])
    return [np.asarray(start + np.arange(count) * step).astype(start.dtype)]


def _reduced(function: Callable[..., Array]) -> Folder:
    def apply(node: RawNode, given: Given) -> list[Array]:
        x, axes = _first(given), axes_of(node, given)
        if axes is None and integer(node, "noop_with_empty_axes", 0):
            return [x]
        over = None if axes is None else tuple(axis_of(axis, x.ndim) for axis in axes)
        keep = bool(integer(node, "keepdims", 1))
        return [np.asarray(function(x, axis=over, keepdims=keep)).astype(x.dtype)]

    return apply


def quantize(values: Array, scale: Array, zero_point: Array) -> Array:
    """QuantizeLinear: a float32 quotient, ties to even, saturated to the zero point's type."""
    info = np.iinfo(str(zero_point.dtype))
    steps = np.rint(values.astype(np.float32) / scale.astype(np.float32)).astype(np.float64)
    codes = np.nan_to_num(steps, nan=0.0) + zero_point.astype(np.float64)
    result: Array = np.clip(codes, info.min, info.max).astype(zero_point.dtype)
    return result


def _quantize_linear(node: RawNode, given: Given) -> list[Array]:
    x, scale = _first(given), given[1]
    zero_point = given[2] if len(given) > 2 else None
    if scale is None or integer(node, "block_size", 0):
        raise ValueError("scales by blocks")
    if zero_point is None:
        zero_point = np.zeros(scale.shape, np.uint8)
    if scale.size > 1:
        shape = [1] * x.ndim
        shape[axis_of(integer(node, "axis", 1), x.ndim)] = scale.size
        scale, zero_point = scale.reshape(shape), zero_point.reshape(shape)
    return [quantize(x, scale, zero_point)]


FOLDERS: dict[str, Folder] = {
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Identity": lambda node, given: [_first(given)],
    "Dropout": _dropout,
    "Cast": _cast,
    "Concat": _concat,
    "Gather": _gather,
    "Slice": _slice,
    "Split": _split,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Transpose": _transpose,
    "Expand": _expand,
    "Tile": _tile,
    "Range": _range,
    "Shape": lambda node, given: [shape_value(node, _first(given).shape)],
    "Size": lambda node, given: [np.asarray(_first(given).size, np.int64)],
    "ReduceProd": _reduced(np.prod),
    "ReduceSum": _reduced(np.sum),
    "ReduceMax": _reduced(np.max),
    "ReduceMin": _reduced(np.min),
    "ReduceMean": _reduced(np.mean),
    "QuantizeLinear": _quantize_linear,
}


def shape_value(node: RawNode, shape: Sequence[int]) -> Array:
    """What SHAPE says of a tensor of ``shape``."""
    end = node.attributes.get("end")
    part = list(shape)[integer(node, "start", 0) : end if isinstance(end, int) else None]
    return np.asarray(part, np.int64)
