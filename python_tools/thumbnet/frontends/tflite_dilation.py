"""Dilated convolutions as TensorFlow spells them: SPACE_TO_BATCH_ND, CONV, BATCH_TO_SPACE_ND.

The first pads and makes each phase of rows and columns a batch of its own, the convolution runs on
these, and the last puts them together and crops. The three are one convolution with a dilation.
Between them there may be reshapes that add and remove a dimension of one (convolutions over time).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import cast

from thumbnet.errors import ThumbnetError, ThumbnetErrors
from thumbnet.frontends.tflite_nodes import Converted, Converter, Node
from thumbnet.frontends.tflite_picks import moved, picked
from thumbnet.ir.attributes import (
    BatchToSpace,
    Convolution,
    DepthwiseConvolution,
    Pad,
    Reshape,
    SpaceToBatch,
    Window,
)
from thumbnet.ir.graph import Graph, Operator, Tensor

APART, TOGETHER = "space_to_batch_nd", "batch_to_space_nd"


def space_to_batch(node: Node) -> Converted:
    """SPACE_TO_BATCH_ND around a convolution, which it dilates."""
    x = moved(node, 0)
    block, before, after = _blocks(node, x, "paddings")
    sizes = [b + n + a for b, n, a in zip(before, x.shape[1:], after, strict=False)]
    if any(size % factor for size, factor in zip(sizes, block, strict=True)):
        raise node.malformed(f"padded rows and columns {sizes} are no multiples of {block}")
    inner = [size // factor for size, factor in zip(sizes, block, strict=True)]
    rest = x.shape[1 + len(block) :]
    node.expect_shape((x.shape[0] * math.prod(block), *inner, *rest))
    if math.prod(block) == 1:
        pads = [(0, *side, *(0 for _ in rest)) for side in (before, after)]
        return Converted("pad", Pad(pads[0], pads[1]), (x,))
    return Converted(APART, SpaceToBatch(_two(block), _two(before, 0), _two(after, 0)), (x,))


def batch_to_space(node: Node) -> list[Converted]:
    """BATCH_TO_SPACE_ND around a convolution, which it dilates."""
    x = moved(node, 0)
    block, before, after = _blocks(node, x, "crops")
    if x.shape[0] % math.prod(block):
        raise node.malformed(f"a batch of {x.shape[0]} is no multiple of {math.prod(block)}")
    sides = zip(x.shape[1:], block, before, after, strict=False)
    inner = [size * factor - b - a for size, factor, b, a in sides]
    if min(inner) < 1:
        raise node.malformed(f"crops {before}, {after} leave nothing of {list(x.shape)}")
    shape = (x.shape[0] // math.prod(block), *inner, *x.shape[1 + len(block) :])
    if math.prod(block) == 1:
        spans = {
            axis + 1: range(b, b + size)
            for axis, (b, size) in enumerate(zip(before, inner, strict=True))
        }
        return picked(node, x, spans, node.output(), shape)
    node.expect_shape(shape)
    return [Converted(TOGETHER, BatchToSpace(_two(block), _two(before, 0), _two(after, 0)), (x,))]


def _blocks(node: Node, x: Tensor, role: str) -> tuple[list[int], list[int], list[int]]:
    """Block sizes of rows and columns (or of columns alone), and both sides' paddings or crops."""
    block, sides = node.constant(1, "block sizes"), node.constant(2, role)
    before, after = sides[0::2], sides[1::2]
    if not len(block) == len(before) == len(after) or len(x.shape) != len(block) + 2:
        raise node.refuse(
            f"block sizes {block} and {role} {sides} of {list(x.shape)};"
            " supported are rows and columns of images, or time steps",
            "use a dilated convolution",
        )
    if len(block) > 2 or not block:
        raise node.refuse(f"{len(block)} dimensions; one or two are supported", "")
    largest = max(*x.shape, *node.output().shape)
    limit = largest * max(1, x.shape[0])
    if min(block) < 1 or max(block) > limit or min(sides) < 0 or max(sides) > limit:
        raise node.malformed(f"block sizes {block}, {role} {sides}")
    return block, before, after


def _two(values: Sequence[int], fill: int = 1) -> tuple[int, int]:
    """For rows and columns; time steps are columns."""
    return (fill, values[0]) if len(values) == 1 else (values[0], values[1])


def fuse_dilations(graph: Graph, file: str) -> Graph:
    """``graph`` with a dilated convolution for each three of them.

    Raises:
        ThumbnetErrors: the first or the last of them stands alone.
    """
    for last in [operator for operator in graph.operators if operator.kind == TOGETHER]:
        changed = _fused(graph, last)
        graph = graph if changed is None else changed
    errors = [
        ThumbnetError(
            f'{file}: node "{operator.name}" ({operator.kind.upper()})',
            "it is not a part of SPACE_TO_BATCH_ND, one convolution with stride 1 and padding, and"
            " BATCH_TO_SPACE_ND of the same blocks; by itself it would make a batch above one",
            "use a convolution with a dilation",
        )
        for operator in graph.operators
        if operator.kind in (APART, TOGETHER)
    ]
    if errors:
        raise errors[0] if len(errors) == 1 else ThumbnetErrors(errors)
    return graph


def _fused(graph: Graph, last: Operator) -> Graph | None:
    """The three that end with ``last`` as one; None where they are not three."""
    chain = [last]
    while chain[-1].kind != APART:
        name = chain[-1].inputs[0]
        before = graph.producer(name)
        alone = name not in graph.outputs and len(graph.consumers(name)) == 1
        if before is None or not alone or len(chain) == 5:
            return None
        if before.kind not in (APART, "reshape") and not _convolves(before):
            return None
        chain.append(before)
    found = [operator for operator in chain if _convolves(operator)]
    reshapes = [operator for operator in chain if operator.kind == "reshape"]
    if len(found) != 1 or len(chain) != 3 + len(reshapes):
        return None
    if reshapes and not _over_time(graph, chain, found[0]):
        return None
    # The convolution sees the quantization of what it stood between.
    ends = ((chain[-1].inputs[0], found[0].inputs[0]), (last.outputs[0], found[0].outputs[0]))
    if any(graph.tensor(a).quantization != graph.tensor(b).quantization for a, b in ends):
        return None
    window = _dilated(chain[-1], found[0], last)
    if window is None:
        return None
    return _replaced(graph, chain, found[0], window)


def _convolves(operator: Operator) -> bool:
    return isinstance(operator.attributes, Convolution | DepthwiseConvolution)


def _over_time(graph: Graph, chain: Sequence[Operator], convolution: Operator) -> bool:
    """Whether two reshapes around the convolution only add and remove rows of one."""
    kinds = [operator.kind for operator in chain]
    if kinds != [TOGETHER, "reshape", convolution.kind, "reshape", APART]:
        return False
    wide = [graph.tensor(name).shape for name in (convolution.inputs[0], convolution.outputs[0])]
    flat = [graph.tensor(name).shape for name in (chain[3].inputs[0], chain[1].outputs[0])]
    return all(
        len(a) == 4 and a[1] == 1 and (a[0], *a[2:]) == b for a, b in zip(wide, flat, strict=True)
    )


def _dilated(apart: Operator, convolution: Operator, together: Operator) -> Window | None:
    """The window on the input itself; None where it has none."""
    attributes = cast(Convolution | DepthwiseConvolution, convolution.attributes)
    window = attributes.window
    first = cast(SpaceToBatch, apart.attributes)
    last = cast(BatchToSpace, together.attributes)
    strides = (window.stride_height, window.stride_width)
    if first.block != last.block or strides != (1, 1) or window.dilated:
        return None
    (rows, columns), (top, left), (bottom, right) = first.block, first.before, first.after
    pads = (
        top + rows * window.pad_top - last.before[0],
        bottom + rows * window.pad_bottom - last.after[0],
        left + columns * window.pad_left - last.before[1],
        right + columns * window.pad_right - last.after[1],
    )
    if min(pads) < 0:
        return None
    return Window(
        window.kernel_height, window.kernel_width, 1, 1, *pads,
        dilation_height=rows, dilation_width=columns,
    )  # fmt: skip


def _replaced(
    graph: Graph, chain: Sequence[Operator], convolution: Operator, window: Window
) -> Graph:
    source, result = graph.tensor(chain[-1].inputs[0]), graph.tensor(chain[0].outputs[0])
    attributes = cast(Convolution | DepthwiseConvolution, convolution.attributes)
    changed = dataclasses.replace(
        convolution,
        attributes=dataclasses.replace(attributes, window=window),
        inputs=(source.name, *convolution.inputs[1:]),
        outputs=(result.name,),
    )
    new = [changed]
    tensors: list[Tensor] = []
    if len(chain) > 3:
        # Time steps become the columns of one row, before and after.
        wide = [
            dataclasses.replace(
                graph.tensor(name), shape=(1, 1, *other.shape[1:]), quantization=other.quantization
            )
            for name, other in (
                (convolution.inputs[0], source),
                (convolution.outputs[0], result),
            )
        ]
        changed = dataclasses.replace(
            changed, inputs=(wide[0].name, *convolution.inputs[1:]), outputs=(wide[1].name,)
        )
        opened = dataclasses.replace(chain[3], inputs=(source.name,), attributes=Reshape())
        closed = dataclasses.replace(chain[1], outputs=(result.name,), attributes=Reshape())
        new, tensors = [opened, changed, closed], wide
    operators: list[Operator] = []
    for operator in graph.operators:
        if operator is convolution:
            operators += new
        elif operator not in chain:
            operators.append(operator)
    return graph.replace(operators=operators, tensors=tensors)


CONVERTERS: dict[str, Converter] = {
    "SPACE_TO_BATCH_ND": space_to_batch,
    "BATCH_TO_SPACE_ND": batch_to_space,
}
"""Builtin operator -> converter."""

MADE_OF = dict.fromkeys(CONVERTERS, ("conv_2d", "depthwise_conv_2d", "pad", "pick"))
"""Builtin operator -> the kinds that it becomes."""
