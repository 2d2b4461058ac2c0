"""Converters of what picks, repeats or adds elements along some dimensions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from thumbnet.frontends.onnx_builder import Held, Value
from thumbnet.frontends.onnx_layout import Arrangement
from thumbnet.frontends.onnx_movement import reshaped
from thumbnet.frontends.onnx_nodes import (
    Converter,
    Node,
)
from thumbnet.frontends.onnx_values import slices_of, split_sizes
from thumbnet.ir.attributes import Pad, Pick, Span

MAX_POSITIONS = 1 << 16
"""Most positions of a dimension that are picked."""


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
    return [reshaped(node, made, (*shape[:axis], *indices.shape, *shape[axis + 1 :]))]


def expand(node: Node) -> Sequence[Value]:
    """Expand to a constant shape."""
    held = node.elements()
    shape = node.whole(1, "shape")
    node.check_shape(shape)
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
    counts = node.whole(1, "repeats")
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
    given = node.whole(1, "pads")
    axes = node.whole(3, "axes") if node.present(3) else None
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
    "Slice": slice_,
    "Split": split,
    "Gather": gather,
    "Expand": expand,
    "Tile": tile,
    "Pad": pad,
}
"""Operator -> converter."""
