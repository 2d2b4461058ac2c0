"""Converters of what moves, picks or repeats elements: most of it is another view of memory."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from thumbnet.frontends.onnx_layout import Arrangement, View
from thumbnet.frontends.onnx_nodes import Converter, Function, Held, Node, Value
from thumbnet.frontends.onnx_quantization import Constant
from thumbnet.frontends.onnx_values import (
    axes_of,
    shape_value,
    slices_of,
    split_sizes,
    target_shape,
)
from thumbnet.ir.attributes import Concatenation, Pad, Pick, Span
from thumbnet.ir.graph import Quantization

MAX_POSITIONS = 1 << 16
"""Most positions of a dimension that are picked."""


def _as(value: Held | Function, view: View) -> Held | Function:
    """The same elements, looked at otherwise."""
    if isinstance(value, Held):
        return Held(value.tensor, view)
    return dataclasses.replace(value, root=Held(value.root.tensor, view))


def _view(value: Held | Function) -> View:
    return value.view if isinstance(value, Held) else value.root.view


def _reshaped(node: Node, value: Held | Function, shape: Sequence[int]) -> Held | Function:
    """``value`` under another shape; its elements move only where memory cannot be seen so."""
    node.check_shape(shape)
    view = _view(value)
    seen = view.reshaped(shape)
    if seen is not None:
        return _as(value, seen)
    if isinstance(value, Function):
        raise node.unscaled("input", node.raw.inputs[0])
    return Held(node.builder.contiguous(value), View.of(shape))


def reshape(node: Node) -> Sequence[Value]:
    """Reshape to a constant shape."""
    value = node.moved()
    wanted = [int(size) for size in node.constant(1, "shape").data.reshape(-1)]
    try:
        zeros = bool(node.integer("allowzero"))
        shape = target_shape(_view(value).shape, wanted, zeros_stay=zeros)
    except ValueError as error:
        raise node.malformed(str(error)) from None
    return [_reshaped(node, value, shape)]


def flatten(node: Node) -> Sequence[Value]:
    """Flatten to two dimensions."""
    value = node.moved()
    shape = _view(value).shape
    axis = node.integer("axis", 1)
    axis = axis if axis == len(shape) else node.axis(axis, max(len(shape), 1))
    return [_reshaped(node, value, (math.prod(shape[:axis]), math.prod(shape[axis:])))]


def transpose(node: Node) -> Sequence[Value]:
    """Transpose: another order of dimensions."""
    value = node.moved()
    rank = len(_view(value).dims)
    permutation = node.integers("perm", range(rank)[::-1])
    if sorted(permutation) != list(range(rank)):
        raise node.malformed(f"{permutation} does not permute {rank} dimensions")
    return [_as(value, _view(value).transposed(permutation))]


def squeeze(node: Node) -> Sequence[Value]:
    """Squeeze: without some dimensions of one."""
    value = node.moved()
    shape = _view(value).shape
    axes = _axes(node)
    if axes is None:
        dropped = {d for d, size in enumerate(shape) if size == 1}
    else:
        dropped = {node.axis(axis, len(shape)) for axis in axes}
    if any(shape[d] != 1 for d in dropped):
        raise node.malformed(f"axes {sorted(dropped)} of {list(shape)} are not of size one")
    return [_as(value, _view(value).with_dims([d for d in range(len(shape)) if d not in dropped]))]


def unsqueeze(node: Node) -> Sequence[Value]:
    """Unsqueeze: with more dimensions of one."""
    value = node.moved()
    axes = _axes(node) or []
    rank = len(_view(value).dims) + len(axes)
    added = {node.axis(axis, rank) for axis in axes}
    if len(added) != len(axes):
        raise node.malformed(f"axes {axes} name a dimension twice")
    rest = iter(range(rank - len(added)))
    view = _view(value).with_dims([None if d in added else next(rest) for d in range(rank)])
    node.check_shape(view.shape)
    return [_as(value, view)]


def _axes(node: Node) -> list[int] | None:
    if node.present(1):
        node.constant(1, "axes")
    try:
        return axes_of(node.raw, node.given())
    except ValueError as error:
        raise node.malformed(str(error)) from None


def same(node: Node) -> Sequence[Value]:
    """Identity, Dropout, and what quantizes or dequantizes at the borders."""
    training = node.raw.op == "Dropout" and node.present(2)
    if training and node.constant(2, "training mode").data.any():
        raise node.refuse("its training mode is on", "export for inference")
    return [node.moved()]


def shape_of(node: Node) -> Sequence[Value]:
    """Shape: a constant, all shapes being fixed."""
    value = node.value()
    shape = value.data.shape if isinstance(value, Constant) else _view(value).shape
    return [Constant(shape_value(node.raw, shape))]


def size_of(node: Node) -> Sequence[Value]:
    """Size: a constant."""
    value = node.value()
    shape = value.data.shape if isinstance(value, Constant) else _view(value).shape
    return [Constant(np.asarray(math.prod(shape), np.int64))]


def depth_to_space(node: Node) -> Sequence[Value]:
    """DepthToSpace of [N,C,H,W]."""
    value = node.moved()
    n, c, h, w = _image_shape(node, value)
    block = node.integer("blocksize")
    if block < 1 or c % (block * block):
        raise node.malformed(f"blocksize {block} does not divide {c} channels")
    rest = c // (block * block)
    if node.text("mode", "DCR") == "CRD":
        split, permutation = (n, rest, block, block, h, w), (0, 1, 4, 2, 5, 3)
    else:
        split, permutation = (n, block, block, rest, h, w), (0, 3, 4, 1, 5, 2)
    made = _reshaped(node, value, split)
    made = _as(made, _view(made).transposed(permutation))
    return [_reshaped(node, made, (n, rest, h * block, w * block))]


def space_to_depth(node: Node) -> Sequence[Value]:
    """SpaceToDepth of [N,C,H,W]."""
    value = node.moved()
    n, c, h, w = _image_shape(node, value)
    block = node.integer("blocksize")
    if block < 1 or h % block or w % block:
        raise node.malformed(f"blocksize {block} does not divide {h} rows and {w} columns")
    made = _reshaped(node, value, (n, c, h // block, block, w // block, block))
    channels_first = node.text("mode", "DCR") == "CRD"
    permutation = (0, 1, 3, 5, 2, 4) if channels_first else (0, 3, 5, 1, 2, 4)
    made = _as(made, _view(made).transposed(permutation))
    return [_reshaped(node, made, (n, c * block * block, h // block, w // block))]


def _image_shape(node: Node, value: Held | Function) -> tuple[int, int, int, int]:
    shape = _view(value).shape
    if len(shape) != 4:
        raise node.malformed(f"input has shape {list(shape)}; images have four dimensions")
    return shape[0], shape[1], shape[2], shape[3]


def concat(node: Node) -> Sequence[Value]:
    """Concat; inputs of another scale than the output's are requantized first."""
    values = [node.elements(number) for number in range(len(node.raw.inputs))]
    if not values:
        raise node.malformed("has no inputs")
    rank = len(values[0].view.dims)
    axis = node.axis(node.integer("axis"), rank)
    shapes = [list(value.view.shape) for value in values]
    shape = list(shapes[0])
    shape[axis] = sum(s[axis] for s in shapes if len(s) == rank)
    if any([*s[:axis], shape[axis], *s[axis + 1 :]] != shape for s in shapes):
        raise node.malformed(f"inputs {shapes} do not fit along dimension {axis}")
    quantization = _common(node, values)
    order = max(values, key=lambda value: value.tensor.elements).view.natural()
    tensors = []
    for number, value in enumerate(values):
        tensor = node.builder.arranged(value, order)
        if quantization is not None and tensor.quantization != quantization:
            tensor = node.requantized(tensor, quantization, f"input_{number}")
        tensors.append(tensor)
    attributes = Concatenation(order.index(axis))
    return [node.make("concatenation", attributes, tensors, shape, quantization, order)]


def _common(node: Node, values: Sequence[Held]) -> Quantization | None:
    """The output's quantization: the file's, else the one that all inputs have."""
    scale = node.scale()
    if scale is not None:
        return scale.quantization
    found = {value.tensor.quantization for value in values}
    return found.pop() if len(found) == 1 else node.required()


def _spans(positions: Sequence[int]) -> tuple[Span, ...]:
    """Positions as few spans; a single one has step 1."""
    found: list[Span] = []
    for position in positions:
        if found:
            last = found[-1]
            step = position - (last.begin + last.step * (last.count - 1))
            if last.count == 1 or step == last.step:
                found[-1] = Span(last.begin, step, last.count + 1)
                continue
        found.append(Span(position, 1, 1))
    return tuple(found)


def picked(node: Node, held: Held, positions: Mapping[int, Sequence[int]], number: int = 0) -> Held:
    """Some positions of some dimensions."""
    shape = list(held.view.shape)
    for taken in positions.values():
        if not 1 <= len(taken) <= MAX_POSITIONS:
            raise node.refuse(
                f"picks {len(taken)} positions of {list(shape)}; 1 to {MAX_POSITIONS} are supported"
            )
    moving = {d: taken for d, taken in positions.items() if list(taken) != list(range(shape[d]))}
    if not moving:
        return held
    made = [len(moving[d]) if d in moving else size for d, size in enumerate(shape)]
    order: Arrangement = held.view.natural()
    x = node.builder.arranged(held, order)
    axes = tuple(
        _spans(moving[d]) if d is not None and d in moving else (Span(0, 1, size),)
        for d, size in zip(order, x.shape, strict=True)
    )
    return node.make(
        "pick", Pick(axes), (x,), made, x.quantization, order, number=number, dtype=x.dtype
    )


def slice_(node: Node) -> Sequence[Value]:
    """Slice with constant bounds."""
    held = node.elements()
    for number, role in enumerate(("starts", "ends", "axes", "steps"), 1):
        if number < 3 or node.present(number):
            node.constant(number, role)
    try:
        slices = slices_of(node.raw, node.given(), held.view.shape)
    except ValueError as error:
        raise node.malformed(str(error)) from None
    positions = {
        d: range(size)[part]
        for d, (size, part) in enumerate(zip(held.view.shape, slices, strict=True))
    }
    return [picked(node, held, positions)]


def split(node: Node) -> Sequence[Value]:
    """Split along an axis."""
    held = node.elements()
    axis = node.axis(node.integer("axis"), len(held.view.dims))
    if node.present(1):
        node.constant(1, "sizes")
    try:
        sizes = split_sizes(node.raw, node.given(), held.view.shape[axis])
    except ValueError as error:
        raise node.malformed(str(error)) from None
    made, start = [], 0
    for number, size in enumerate(sizes):
        taken = range(start, start + size)
        made.append(picked(node, held, {axis: taken}, number))
        start += size
    return made


def gather(node: Node) -> Sequence[Value]:
    """Gather with constant indices."""
    held = node.elements()
    rank = len(held.view.dims)
    axis = node.axis(node.integer("axis"), rank)
    indices, size = node.constant(1, "indices").data, held.view.shape[axis]
    if indices.dtype.kind not in "iu" or indices.ndim > 2:
        raise node.refuse(f"indices {indices.dtype}{list(indices.shape)}", "use a list of indices")
    taken = [int(index) for index in indices.reshape(-1)]
    if not all(-size <= index < size for index in taken):
        raise node.malformed(f"indices lie outside a dimension of {size}")
    made = picked(node, held, {axis: [index % size for index in taken]})
    shape = made.view.shape
    if indices.ndim == 0:
        return [Held(made.tensor, made.view.with_dims([d for d in range(rank) if d != axis]))]
    return [_reshaped(node, made, (*shape[:axis], *indices.shape, *shape[axis + 1 :]))]


def expand(node: Node) -> Sequence[Value]:
    """Expand to a constant shape."""
    held = node.elements()
    shape = [int(size) for size in node.constant(1, "shape").data.reshape(-1)]
    missing = max(len(shape) - len(held.view.dims), 0)
    view = held.view.with_dims([*[None] * missing, *range(len(held.view.dims))])
    try:
        wanted = np.broadcast_shapes(view.shape, tuple(shape))
    except ValueError:
        raise node.malformed(f"{list(view.shape)} does not expand to {shape}") from None
    node.check_shape(wanted)
    repeated = {
        d: [0] * size
        for d, (old, size) in enumerate(zip(view.shape, wanted, strict=True))
        if old != size
    }
    return [picked(node, Held(held.tensor, view), repeated)]


def tile(node: Node) -> Sequence[Value]:
    """Tile by constant counts."""
    held = node.elements()
    counts = [int(count) for count in node.constant(1, "repeats").data.reshape(-1)]
    shape = held.view.shape
    if len(counts) != len(shape) or min(counts, default=1) < 1:
        raise node.malformed(f"repeats {counts} do not fit {list(shape)}")
    node.check_shape([size * count for size, count in zip(shape, counts, strict=True)])
    positions = {
        d: [*range(size)] * count for d, (size, count) in enumerate(zip(shape, counts, strict=True))
    }
    return [picked(node, held, positions)]


def pad(node: Node) -> Sequence[Value]:
    """Pad with zeros, or with elements of the input."""
    held = node.elements()
    shape, rank = held.view.shape, len(held.view.dims)
    given = [int(n) for n in node.constant(1, "pads").data.reshape(-1)]
    axes = [int(a) for a in node.constant(3, "axes").data.reshape(-1)] if node.present(3) else None
    places = [node.axis(axis, rank) for axis in (range(rank) if axes is None else axes)]
    if len(given) != 2 * len(places):
        raise node.malformed(f"pads {given} do not fit {len(places)} dimensions")
    if min(given, default=0) < 0:
        raise node.refuse(f"pads {given}; none below zero is supported", "use Slice")
    before, after = [0] * rank, [0] * rank
    for number, place in enumerate(places):
        before[place], after[place] = given[number], given[number + len(places)]
    made = [sum(sizes) for sizes in zip(before, shape, after, strict=True)]
    node.check_shape(made)
    mode = node.text("mode", "constant")
    if mode == "constant":
        value = node.constant(2, "value").real if node.present(2) else np.zeros(1)
        if value.size != 1 or float(value.reshape(-1)[0]) != 0:
            raise node.refuse("pads with another value than 0", "pad with 0")
        order = held.view.natural()
        x = node.builder.arranged(held, order)
        attributes = Pad(
            tuple(0 if d is None else before[d] for d in order),
            tuple(0 if d is None else after[d] for d in order),
        )
        kind, quantization = "pad", x.quantization
        return [node.make(kind, attributes, (x,), made, quantization, order, dtype=x.dtype)]
    index: dict[str, Callable[[int, int], int]] = {
        "edge": lambda at, size: min(max(at, 0), size - 1),
        "reflect": _reflected,
        "wrap": lambda at, size: at % size,
    }
    if mode not in index:
        raise node.malformed("its mode is unknown")
    positions = {
        d: [index[mode](at, size) for at in range(-before[d], size + after[d])]
        for d, size in enumerate(shape)
        if before[d] or after[d]
    }
    return [picked(node, held, positions)]


def _reflected(at: int, size: int) -> int:
    period = max(2 * (size - 1), 1)
    at = at % period
    return at if at < size else period - at


CONVERTERS: dict[str, Converter] = {
    "Reshape": reshape,
    "Flatten": flatten,
    "Transpose": transpose,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Identity": same,
    "Dropout": same,
    "QuantizeLinear": same,
    "DequantizeLinear": same,
    "Shape": shape_of,
    "Size": size_of,
    "DepthToSpace": depth_to_space,
    "SpaceToDepth": space_to_depth,
    "Concat": concat,
    "Slice": slice_,
    "Split": split,
    "Gather": gather,
    "Expand": expand,
    "Tile": tile,
    "Pad": pad,
}
"""Operator -> converter."""
