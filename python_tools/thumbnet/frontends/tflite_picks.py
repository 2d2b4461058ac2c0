"""Converters of operators that pick elements by constant positions: slices, splits, gathers.

All become ``pick``, with reshapes around it where dimensions come or go.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from thumbnet.frontends.tflite_nodes import Converted, Converter, Node
from thumbnet.ir.attributes import Pick, Reshape, Span
from thumbnet.ir.graph import DType, Tensor
from thumbnet.operators.pick import spans_of

Positions = Sequence[int]
"""Of one dimension, those that are picked, in order."""

MAX_POSITIONS = 1 << 20
"""Over all dimensions of one node; far more than a tensor of a microcontroller has."""
REFLECT, SYMMETRIC = 0, 1


def split(node: Node) -> list[Converted]:
    """SPLIT into equal parts along a constant axis."""
    x = moved(node, 1)
    axis = axis_of(node, node.constant(0, "axis"), x)
    count = len(node.raw.outputs)
    if count == 0 or x.shape[axis] % count:
        raise node.malformed(f"{count} parts of {x.shape[axis]} are not equal")
    return _split(node, x, axis, [x.shape[axis] // count] * count)


def split_v(node: Node) -> list[Converted]:
    """SPLIT_V into parts of constant sizes, one of which may be -1."""
    x = moved(node, 0)
    sizes = node.constant(1, "sizes", limit=max(len(node.raw.outputs), 1))
    axis = axis_of(node, node.constant(2, "axis"), x)
    if sizes.count(-1) == 1:
        rest = x.shape[axis] - (sum(sizes) + 1)
        sizes = [rest if size == -1 else size for size in sizes]
    fits = len(sizes) == len(node.raw.outputs) and min(sizes, default=0) > 0
    if not fits or sum(sizes) != x.shape[axis]:
        raise node.malformed(f"sizes {sizes} do not divide {x.shape[axis]}")
    return _split(node, x, axis, sizes)


def _split(node: Node, x: Tensor, axis: int, sizes: Sequence[int]) -> list[Converted]:
    found, begin = [], 0
    for output, size in zip(node.outputs(), sizes, strict=True):
        found += picked(node, x, {axis: range(begin, begin + size)}, output)
        begin += size
    return found


def unpack(node: Node) -> list[Converted]:
    """UNPACK: a slice for each output, without the axis."""
    x = moved(node, 0)
    axis = axis_of(node, [node.integer("UnpackOptions", 1, "i")], x)
    outputs = node.outputs()
    if len(outputs) != x.shape[axis]:
        raise node.malformed(f"has {len(outputs)} outputs for {x.shape[axis]} parts")
    shape = [*x.shape[:axis], *x.shape[axis + 1 :]]
    found = []
    for index, output in enumerate(outputs):
        found += picked(node, x, {axis: [index]}, output, shape)
    return found


def slice_(node: Node) -> list[Converted]:
    """SLICE with constant begins and sizes; a size of -1 is the rest."""
    x = moved(node, 0)
    begins, sizes = node.constant(1, "begins"), node.constant(2, "sizes")
    if not len(begins) == len(sizes) == len(x.shape):
        raise node.malformed(f"begins {begins} and sizes {sizes} do not fit {list(x.shape)}")
    positions = {}
    for axis, (begin, size) in enumerate(zip(begins, sizes, strict=True)):
        end = x.shape[axis] if size == -1 else begin + size
        if not 0 <= begin < end <= x.shape[axis]:
            raise node.malformed(f"begins {begins} and sizes {sizes} leave {list(x.shape)}")
        positions[axis] = range(begin, end)
    return picked(node, x, positions, node.output())


def strided_slice(node: Node) -> list[Converted]:
    """STRIDED_SLICE with constant begins, ends and strides and all masks."""
    x = moved(node, 0)
    roles = ("begins", "ends", "strides")
    begins, ends, strides = (node.constant(i + 1, role) for i, role in enumerate(roles))
    if not len(begins) == len(ends) == len(strides) or 0 in strides:
        raise node.malformed(f"begins {begins}, ends {ends}, strides {strides} do not go together")
    options = "StridedSliceOptions"
    names = ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    masks = {name: node.integer(options, slot, "i") for slot, name in enumerate(names)}
    offsets = node.integer(options, 5, "B") != 0

    def flag(name: str, index: int) -> bool:
        return masks[name] >> index & 1 != 0

    count = len(begins)
    new = [flag("new_axis", i) and not flag("ellipsis", i) for i in range(count)]
    taken = sum(not new[i] and not flag("ellipsis", i) for i in range(count))
    positions: dict[int, Positions] = {}
    shape: list[int] = []
    axis = 0
    for i in range(count):
        if flag("ellipsis", i):
            # Every dimension that no other entry stands for. TFLite goes wrong where there is none.
            if taken >= len(x.shape):
                raise node.refuse("an ellipsis that stands for no dimension", "leave it out")
            for _ in range(len(x.shape) - taken):
                shape.append(x.shape[axis])
                axis += 1
            continue
        if new[i]:
            shape.append(1)
            continue
        if axis >= len(x.shape):
            raise node.malformed(f"has {count} begins for {list(x.shape)}")
        size = x.shape[axis]
        begin = None if flag("begin", i) else begins[i]
        end = None if flag("end", i) else ends[i]
        if flag("shrink_axis", i):
            if strides[i] < 0 or not -size <= begins[i] < size:
                raise node.malformed(f"takes element {begins[i]} of {size}, stride {strides[i]}")
            positions[axis] = [begins[i] % size]
        else:
            if offsets and end is not None:
                end += slice(begin, None, strides[i]).indices(size)[0]
            positions[axis] = range(*slice(begin, end, strides[i]).indices(size))
            shape.append(len(positions[axis]))
        axis += 1
    return picked(node, x, positions, node.output(), [*shape, *x.shape[axis:]])


def gather(node: Node) -> list[Converted]:
    """GATHER by constant indices along an axis."""
    x = moved(node, 0)
    indices = _indices(node)
    if node.integer("GatherOptions", 1, "i"):
        raise node.refuse("batch dimensions; none are supported", "gather from each batch")
    axis = axis_of(node, [node.integer("GatherOptions", 0, "i")], x)
    shape = [*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]]
    positions = _inside(node, indices, x.shape[axis])
    return picked(node, x, {axis: positions}, node.output(), shape)


def gather_nd(node: Node) -> list[Converted]:
    """GATHER_ND by constant indices: of the first dimensions, counted as one."""
    x = moved(node, 0)
    indices = _indices(node)
    depth = indices.shape[-1] if indices.shape else 0
    if indices.data is None or not 0 < depth <= len(x.shape):
        raise node.malformed(f"indices {list(indices.shape)} do not fit {list(x.shape)}")
    lead, rest = x.shape[:depth], x.shape[depth:]
    rows = indices.data.reshape(-1, depth).tolist()
    if not all(0 <= i < size for row in rows for i, size in zip(row, lead, strict=True)):
        raise node.malformed(f"an index leaves {list(lead)}")
    positions = [sum(i * math.prod(lead[axis + 1 :]) for axis, i in enumerate(row)) for row in rows]
    flat = node.between("flat", (math.prod(lead), *rest), x.dtype, x.quantization)
    first = Converted("reshape", Reshape(), (x,), (flat,))
    shape = [*indices.shape[:-1], *rest]
    return [first, *picked(node, flat, {0: positions}, node.output(), shape)]


def _indices(node: Node) -> Tensor:
    indices = node.input(1, "indices")
    if indices.data is None:
        raise node.refuse(
            "indices are computed at run time; they must be constant", "leave it to the caller"
        )
    if indices.dtype not in (DType.INT16, DType.INT32, DType.INT64):
        raise node.malformed(f"indices are {indices.dtype.name}")
    return indices


def _inside(node: Node, indices: Tensor, size: int) -> list[int]:
    assert indices.data is not None
    node.tensors.model.reader.spend(indices.elements)
    found = [int(i) for i in indices.data.reshape(-1)]
    wrong = [i for i in found if not 0 <= i < size]
    if wrong:
        raise node.malformed(f"index {wrong[0]} is not one of {size}")
    return found


def reverse(node: Node) -> list[Converted]:
    """REVERSE_V2 along constant axes."""
    x = moved(node, 0)
    axes = {axis_of(node, [value], x) for value in node.constant(1, "axes")}
    positions = {axis: range(x.shape[axis] - 1, -1, -1) for axis in axes}
    return picked(node, x, positions, node.output())


def mirror_pad(node: Node) -> list[Converted]:
    """MIRROR_PAD by constant paddings, with the border (SYMMETRIC) or without (REFLECT)."""
    x = moved(node, 0)
    paddings = node.constant(1, "paddings")
    mode = node.integer("MirrorPadOptions", 0, "b")
    if mode not in (REFLECT, SYMMETRIC):
        raise node.malformed(f"mode {mode} is neither REFLECT nor SYMMETRIC")
    if len(paddings) != 2 * len(x.shape):
        raise node.malformed(f"paddings {paddings} do not fit input {list(x.shape)}")
    _bounded(node, [max(size, 0) for size in (*x.shape, *paddings)])
    edge = int(mode == REFLECT)
    positions = {}
    for axis, size in enumerate(x.shape):
        before, after = paddings[2 * axis : 2 * axis + 2]
        if not (0 <= before <= size - edge and 0 <= after <= size - edge):
            raise node.malformed(f"paddings {paddings} do not fit input {list(x.shape)}")
        positions[axis] = [
            *range(before - 1 + edge, edge - 1, -1),
            *range(size),
            *range(size - 1 - edge, size - 1 - edge - after, -1),
        ]
    return picked(node, x, positions, node.output())


def tile(node: Node) -> list[Converted]:
    """TILE by constant counts."""
    x = moved(node, 0)
    counts = node.constant(1, "counts")
    if len(counts) != len(x.shape) or min(counts, default=1) < 1:
        raise node.malformed(f"counts {counts} do not fit input {list(x.shape)}")
    _bounded(node, [size * count for size, count in zip(x.shape, counts, strict=True)])
    positions = {
        axis: [*range(size)] * count
        for axis, (size, count) in enumerate(zip(x.shape, counts, strict=True))
    }
    return picked(node, x, positions, node.output())


def broadcast_to(node: Node) -> list[Converted]:
    """BROADCAST_TO a constant shape."""
    x = moved(node, 0)
    shape = node.constant(1, "shape")
    missing = len(shape) - len(x.shape)
    padded = (1,) * max(missing, 0) + x.shape
    if missing < 0 or not all(
        size in (1, wanted) and wanted > 0 for size, wanted in zip(padded, shape, strict=True)
    ):
        raise node.malformed(f"input {list(x.shape)} does not broadcast to {shape}")
    _bounded(node, shape)
    found: list[Converted] = []
    if missing:
        wide = node.between("wide", padded, x.dtype, x.quantization)
        found.append(Converted("reshape", Reshape(), (x,), (wide,)))
        x = wide
    positions = {
        axis: [*range(size)] if size == wanted else [0] * wanted
        for axis, (size, wanted) in enumerate(zip(padded, shape, strict=True))
    }
    return [*found, *picked(node, x, positions, node.output())]


# -- shared parts ---------------------------------------------------------------------------------


def moved(node: Node, number: int) -> Tensor:
    """Input ``number``, whose elements are moved whatever they are; outputs are of its type."""
    x = node.input(number)
    for output in node.outputs():
        if output.dtype is not x.dtype:
            raise node.malformed(f"{x.dtype.name} becomes {output.dtype.name}")
    return x


def axis_of(node: Node, values: Sequence[int], x: Tensor) -> int:
    """The one dimension that ``values`` name, counted from the first."""
    rank = len(x.shape)
    if len(values) != 1 or not -rank <= values[0] < rank:
        raise node.malformed(f"axis {list(values)} is not one of {rank} dimensions")
    return values[0] % rank


def _bounded(node: Node, sizes: Sequence[int]) -> None:
    """Refuses sizes for which lists of positions would not be short."""
    if sum(sizes) > MAX_POSITIONS:
        raise node.malformed(f"its output would be {list(sizes)}")


def picked(
    node: Node,
    x: Tensor,
    positions: Mapping[int, Positions],
    output: Tensor,
    shape: Sequence[int] | None = None,
) -> list[Converted]:
    """``x`` at ``positions`` (of dimensions without any: all), shaped as ``output``.

    ``shape`` is what the output must be, by default what is picked. An image takes one pick; of
    other shapes each dimension takes one.
    """
    spans: list[tuple[Span, ...]] = [(Span(0, 1, size),) for size in x.shape]
    for axis, taken in positions.items():
        spans[axis] = spans_of(taken)
    counts = [sum(span.count for span in one) for one in spans]
    wanted = tuple(counts if shape is None else shape)
    if output.shape != wanted or math.prod(counts) != math.prod(wanted):
        raise node.malformed(
            f"its output is declared {list(output.shape)} and must be {list(wanted)}"
        )
    moving = [axis for axis, size in enumerate(x.shape) if spans[axis] != (Span(0, 1, size),)]
    if not moving:
        return [Converted("reshape", Reshape(), (x,), (output,))]
    image = len(x.shape) <= 3 or (len(x.shape) == 4 and x.shape[0] == counts[0] == 1)
    groups = [moving] if image or len(moving) == 1 else [[axis] for axis in moving]
    found: list[Converted] = []
    for index, group in enumerate(groups):
        axes = tuple(
            one if axis in group else (Span(0, 1, size),)
            for axis, (size, one) in enumerate(zip(x.shape, spans, strict=True))
        )
        made = [sum(span.count for span in one) for one in axes]
        last = index == len(groups) - 1 and tuple(made) == output.shape
        result = output if last else node.between("picked", made, x.dtype, x.quantization)
        found.append(Converted("pick", Pick(axes), (x,), (result,)))
        x = result
    if x is not output:
        found.append(Converted("reshape", Reshape(), (x,), (output,)))
    return found


CONVERTERS: dict[str, Converter] = {
    "SPLIT": split,
    "SPLIT_V": split_v,
    "UNPACK": unpack,
    "SLICE": slice_,
    "STRIDED_SLICE": strided_slice,
    "GATHER": gather,
    "GATHER_ND": gather_nd,
    "REVERSE_V2": reverse,
    "MIRROR_PAD": mirror_pad,
    "TILE": tile,
    "BROADCAST_TO": broadcast_to,
}
"""Builtin operator -> converter."""

MADE_OF = dict.fromkeys(CONVERTERS, ("pick", "reshape"))
"""Builtin operator -> the kinds that it becomes."""
