"""Converters of what moves elements: most of it is another view of memory."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from thumbnet.frontends.onnx_builder import (
    Function,
    Held,
    Value,
)
from thumbnet.frontends.onnx_layout import CHANNELS_LAST, View
from thumbnet.frontends.onnx_nodes import (
    Converter,
    Node,
)
from thumbnet.frontends.onnx_reals import Constant
from thumbnet.frontends.onnx_values import (
    axes_of,
    shape_value,
    target_shape,
)
from thumbnet.ir.attributes import Attributes, Concatenation, DepthToSpace, SpaceToDepth
from thumbnet.ir.graph import Quantization, Tensor

MAX_POSITIONS = 1 << 16
"""Most positions of a dimension that are picked."""


def _as(value: Held | Function, view: View) -> Held | Function:
    """The same elements, looked at otherwise."""
    if isinstance(value, Held):
        return Held(value.tensor, view)
    return dataclasses.replace(value, root=Held(value.root.tensor, view))


def _view(value: Held | Function) -> View:
    return value.view if isinstance(value, Held) else value.root.view


def reshaped(node: Node, value: Held | Function, shape: Sequence[int]) -> Held | Function:
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
    wanted = node.whole(1, "shape")
    try:
        zeros = bool(node.integer("allowzero"))
        shape = target_shape(_view(value).shape, wanted, zeros_stay=zeros)
    except ValueError as error:
        raise node.malformed(str(error)) from None
    return [reshaped(node, value, shape)]


def flatten(node: Node) -> Sequence[Value]:
    """Flatten to two dimensions."""
    value = node.moved()
    shape = _view(value).shape
    axis = node.integer("axis", 1)
    axis = axis if axis == len(shape) else node.axis(axis, max(len(shape), 1))
    return [reshaped(node, value, (math.prod(shape[:axis]), math.prod(shape[axis:])))]


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
    by_columns = node.text("mode", "DCR") == "CRD"
    image = None if by_columns else _channels_last(value)
    if image is not None:
        shape = (n, rest, h * block, w * block)
        return [_moved(node, "depth_to_space", DepthToSpace(block), image, shape)]
    if by_columns:
        split, permutation = (n, rest, block, block, h, w), (0, 1, 4, 2, 5, 3)
    else:
        split, permutation = (n, block, block, rest, h, w), (0, 3, 4, 1, 5, 2)
    made = reshaped(node, value, split)
    made = _as(made, _view(made).transposed(permutation))
    return [reshaped(node, made, (n, rest, h * block, w * block))]


def space_to_depth(node: Node) -> Sequence[Value]:
    """SpaceToDepth of [N,C,H,W]."""
    value = node.moved()
    n, c, h, w = _image_shape(node, value)
    block = node.integer("blocksize")
    if block < 1 or h % block or w % block:
        raise node.malformed(f"blocksize {block} does not divide {h} rows and {w} columns")
    channels_first = node.text("mode", "DCR") == "CRD"
    image = None if channels_first else _channels_last(value)
    if image is not None:
        shape = (n, c * block * block, h // block, w // block)
        return [_moved(node, "space_to_depth", SpaceToDepth(block), image, shape)]
    made = reshaped(node, value, (n, c, h // block, block, w // block, block))
    permutation = (0, 1, 3, 5, 2, 4) if channels_first else (0, 3, 5, 1, 2, 4)
    made = _as(made, _view(made).transposed(permutation))
    return [reshaped(node, made, (n, c * block * block, h // block, w // block))]


def _channels_last(value: Held | Function) -> Tensor | None:
    """An image as [N,H,W,C] where memory has it so, all of it; else None."""
    order = CHANNELS_LAST[4]
    if isinstance(value, Function) or value.view.move_to(order) is not None:
        return None
    tensor, shape = value.tensor, value.view.arranged(order)
    return tensor if tensor.shape == shape else None


def _moved(
    node: Node, kind: str, attributes: Attributes, image: Tensor, shape: Sequence[int]
) -> Held:
    """An operator that moves the elements of an image."""
    order, scale = CHANNELS_LAST[4], image.quantization
    return node.make(kind, attributes, (image,), shape, scale, order, dtype=image.dtype)


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
    if any(len(s) != rank for s in shapes):
        raise node.malformed(f"inputs {shapes} differ in rank")
    shape[axis] = sum(s[axis] for s in shapes)
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
}
"""Operator -> converter."""
