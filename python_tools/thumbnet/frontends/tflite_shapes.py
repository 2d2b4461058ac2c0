"""Converters of operators that change shapes, pad and join: EXPAND_DIMS to PADV2."""

from __future__ import annotations

import math

from thumbnet.frontends.tflite_nodes import Converted, Converter, Node
from thumbnet.frontends.tflite_picks import axis_of, moved
from thumbnet.ir.attributes import (
    Concatenation,
    DepthToSpace,
    Pad,
    Reshape,
    ResizeBilinear,
    SpaceToDepth,
)
from thumbnet.ir.graph import DType, Tensor


def expand_dims(node: Node) -> Converted:
    """EXPAND_DIMS at a constant axis."""
    x = moved(node, 0)
    axis = node.constant(1, "axis")
    rank = len(x.shape) + 1
    if len(axis) != 1 or not -rank <= axis[0] < rank:
        raise node.malformed(f"axis {axis} is not one of {rank} dimensions")
    at = axis[0] % rank
    node.expect_shape((*x.shape[:at], 1, *x.shape[at:]))
    return Converted("reshape", Reshape(), (x,))


def squeeze(node: Node) -> Converted:
    """SQUEEZE of dimensions of one: those that it names, or all."""
    x = moved(node, 0)
    options = node.options("SqueezeOptions")
    named = [] if options is None else options.values(0, "i4")
    axes = {axis_of(node, [axis], x) for axis in named}
    if any(x.shape[axis] != 1 for axis in axes):
        raise node.malformed(f"dimensions {sorted(axes)} of {list(x.shape)} are not all one")
    gone = axes or {axis for axis, size in enumerate(x.shape) if size == 1}
    node.expect_shape([size for axis, size in enumerate(x.shape) if axis not in gone])
    return Converted("reshape", Reshape(), (x,))


def pack(node: Node) -> list[Converted]:
    """PACK: concatenation along a new dimension."""
    if not node.raw.inputs:
        raise node.malformed("has no inputs")
    values = [moved(node, number) for number in range(len(node.raw.inputs))]
    shape, rank = values[0].shape, len(values[0].shape) + 1
    axis = node.integer("PackOptions", 1, "i")
    if not -rank <= axis < rank:
        raise node.malformed(f"axis {axis} is not one of {rank} dimensions")
    axis %= rank
    if any(value.shape != shape for value in values):
        raise node.malformed("its inputs differ in shape")
    output = node.output()
    node.expect_shape((*shape[:axis], len(values), *shape[axis:]))
    if len(values) == 1:
        return [Converted("reshape", Reshape(), (values[0],))]
    part = (*shape[:axis], 1, *shape[axis:])
    found, wide = [], []
    for value in values:
        wide.append(node.between("part", part, value.dtype, value.quantization))
        found.append(Converted("reshape", Reshape(), (value,), (wide[-1],)))
    return [*found, Converted("concatenation", Concatenation(axis), tuple(wide), (output,))]


def pad(node: Node) -> list[Converted]:
    """PAD with constant paddings."""
    return _padded(node, None)


def pad_v2(node: Node) -> list[Converted]:
    """PADV2 with constant paddings and a constant value."""
    x, filler = moved(node, 0), node.input(2, "value")
    if filler.data is None or filler.elements != 1 or filler.dtype is not x.dtype:
        raise node.refuse("the value is not a constant of the input's type", "use PAD")
    if filler.quantization != x.quantization and x.dtype in (DType.INT8, DType.UINT8):
        raise node.refuse("the value is quantized in another way than the input", "use PAD")
    value = filler.data.reshape(-1)[0].item()
    return _padded(node, value)


def _padded(node: Node, value: float | None) -> list[Converted]:
    x, output = moved(node, 0), node.output()
    paddings = node.constant(1, "paddings")
    largest = max(output.shape, default=0)
    if len(paddings) != 2 * len(x.shape) or not all(0 <= n <= largest for n in paddings):
        raise node.malformed(f"paddings {paddings} do not fit input {list(x.shape)}")
    before, after = tuple(paddings[0::2]), tuple(paddings[1::2])
    node.expect_shape([b + n + a for b, n, a in zip(before, x.shape, after, strict=True)])
    padded = [axis for axis in range(len(x.shape)) if before[axis] or after[axis]]
    image = len(x.shape) <= 3 or (len(x.shape) == 4 and x.shape[0] == 1 and 0 not in padded)
    if image or len(padded) <= 1:
        return [Converted("pad", Pad(before, after, value), (x,))]
    found = []
    for axis in padded:
        sides = [
            tuple(side[i] if i == axis else 0 for i in range(len(x.shape)))
            for side in (before, after)
        ]
        shape = [b + n + a for b, n, a in zip(sides[0], x.shape, sides[1], strict=True)]
        last = axis == padded[-1]
        made = output if last else node.between("padded", shape, x.dtype, output.quantization)
        found.append(Converted("pad", Pad(sides[0], sides[1], value), (x,), (made,)))
        x = made
    return found


def space_to_depth(node: Node) -> Converted:
    """SPACE_TO_DEPTH."""
    x, block = _blocks(node, "SpaceToDepthOptions")
    _, height, width, channels = x.shape
    if height % block or width % block:
        raise node.malformed(f"input {list(x.shape)} is not made of blocks of {block}")
    node.expect_shape((x.shape[0], height // block, width // block, channels * block**2))
    return Converted("space_to_depth", SpaceToDepth(block), (x,))


def depth_to_space(node: Node) -> Converted:
    """DEPTH_TO_SPACE."""
    x, block = _blocks(node, "DepthToSpaceOptions")
    _, height, width, channels = x.shape
    if channels % block**2:
        raise node.malformed(f"input {list(x.shape)} does not hold blocks of {block}")
    node.expect_shape((x.shape[0], height * block, width * block, channels // block**2))
    return Converted("depth_to_space", DepthToSpace(block), (x,))


def _blocks(node: Node, options: str) -> tuple[Tensor, int]:
    x = moved(node, 0)
    node.require_rank("input", x, 4)
    block = node.integer(options, 0, "i")
    if not 1 <= block <= math.prod(x.shape):
        raise node.malformed(f"block size {block}")
    return x, block


def resize_bilinear(node: Node) -> Converted:
    """RESIZE_BILINEAR to a constant size."""
    options = "ResizeBilinearOptions"
    x = moved(node, 0)
    node.require("input", x, DType.INT8)
    node.require_rank("input", x, 4)
    size = node.constant(1, "sizes")
    node.expect_shape((x.shape[0], *size, x.shape[3]))
    align, half = (node.integer(options, slot, "B") != 0 for slot in (2, 3))
    if align and half:
        raise node.malformed("has both align_corners and half_pixel_centers")
    return Converted("resize_bilinear", ResizeBilinear(align, half), (x, x))


CONVERTERS: dict[str, Converter] = {
    "EXPAND_DIMS": expand_dims,
    "SQUEEZE": squeeze,
    "PACK": pack,
    "PAD": pad,
    "PADV2": pad_v2,
    "SPACE_TO_DEPTH": space_to_depth,
    "DEPTH_TO_SPACE": depth_to_space,
    "RESIZE_BILINEAR": resize_bilinear,
}
"""Builtin operator -> converter."""

MADE_OF = {
    "EXPAND_DIMS": ("reshape",),
    "SQUEEZE": ("reshape",),
    "PACK": ("reshape", "concatenation"),
    "PADV2": ("pad",),
}
"""Builtin operator -> the kinds that it becomes, of those that are no kind."""
