"""pad: elements of one value, by default the zero point, before and after dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir import attributes
from thumbnet.ir.graph import Array, DType, Graph, Operator, Tensor
from thumbnet.operators.base import (
    CArray,
    Family,
    Kernel,
    Lowered,
    Rows,
    Source,
    copy_overlap,
)
from thumbnet.operators.constraints import same_quantization, same_type

HEADER = "thumbnet/kernels/copy.h"
_LARGEST = 65535
_IMAGE = 3
"""Height, width, channels."""
_NEVER = np.iinfo(np.int64).max // 2
"""The first input byte of a step that reads none."""

Side = tuple[int, int, int]
"""Elements of a dimension, and how many come before and after."""


def quantized_bytes(graph: Graph, operator: Operator) -> str | None:
    """bytes that are quantized per tensor, and elements of any other type."""
    output = graph.tensor(operator.outputs[0])
    quantization = output.quantization
    if output.dtype not in (DType.INT8, DType.UINT8) or _attributes(operator).value is not None:
        return None
    if quantization is None or not quantization.per_tensor:
        return "output is not quantized per tensor"
    return None


def spatial_pads(graph: Graph, operator: Operator) -> str | None:
    """non-negative padding of height, width and channels, or of three parts of any tensor."""
    x, pads = graph.tensor(operator.inputs[0]), _attributes(operator)
    if len(pads.before) != len(x.shape) or min(*pads.before, *pads.after, 0) < 0:
        return f"padding is {list(pads.before)}, {list(pads.after)}"
    if len(_merged(x, pads)) > _IMAGE and not _is_image(x, pads):
        return f"input has shape {list(x.shape)}, padding {list(pads.before)}, {list(pads.after)}"
    return None


def small_shape(graph: Graph, operator: Operator) -> str | None:
    """at most 65535 rows, columns and elements of a pixel."""
    if spatial_pads(graph, operator) is not None:
        return None  # said already
    largest = max(sum(side) for side in _image(graph, operator))
    return f"as an image the output has {largest}" if largest > _LARGEST else None


class Pad(Family):
    """pad."""

    kinds = ("pad",)
    constraints = (same_type, quantized_bytes, same_quantization, spatial_pads, small_shape)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """Each dimension with what comes before and after it."""
        shape, pads = graph.tensor(operator.inputs[0]).shape, _attributes(operator)
        return tuple(map(sum, zip(pads.before, shape, pads.after, strict=True)))

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's Pad and PadV2."""
        pads, x = _attributes(operator), cast(Array, inputs[0])
        widths = list(zip(pads.before, pads.after, strict=True))
        return [np.pad(x, widths, constant_values=_value(graph, operator))]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """A row kernel; a row of padding is a row that the input lacks."""
        height, width, depth = _image(graph, operator)
        value = _value(graph, operator)
        size = value.itemsize
        rows = Rows(height[0], width[0], depth[0], size)
        output = Rows(sum(height), sum(width), sum(depth), size)
        filled: tuple[tuple[str, int | CArray], ...] = (("value", int(value.view(f"i{size}"))),)
        if size > 1:
            content = np.frombuffer(value.tobytes(), np.uint8)
            filled = (("element", CArray("element", "uint8_t", content)), ("element_size", size))
        return Lowered(
            kernel=Kernel(HEADER, "thumbnet_pad_s8" if size == 1 else "thumbnet_pad"),
            struct="thumbnet_pad_t" if size == 1 else "thumbnet_pad_elements_t",
            fields=(
                ("in_width", rows.width),
                ("in_channels", rows.channels),
                ("pad_left", width[1]),
                ("channels_before", depth[1]),
                ("out_channels", output.channels),
                *filled,
            ),
            sources=(Source(rows, pad=height[1], pad_left=width[1]),),
            output=output,
            macs=0,
            overlap=(_overlap(rows, output, height[1], width[1]),),
        )


def _overlap(rows: Rows, output: Rows, top: int, left: int) -> int:
    """Pixel by pixel: a pixel is read, then written; one of padding reads nothing."""
    first: npt.NDArray[np.int64] = np.full((output.height, output.width), _NEVER)
    size = rows.element_size
    starts = np.arange(rows.height * rows.width, dtype=np.int64) * rows.channels * size
    inside = first[top : top + rows.height, left : left + rows.width]
    inside[:] = starts.reshape(rows.height, rows.width)
    end = np.arange(1, first.size + 1, dtype=np.int64) * output.channels * size
    return copy_overlap(first.reshape(-1), end)


def _value(graph: Graph, operator: Operator) -> np.generic:
    """What is padded with, as an element."""
    output, value = graph.tensor(operator.outputs[0]), _attributes(operator).value
    if value is None:
        value = 0 if output.quantization is None else output.zero_point
    return output.dtype.numpy.type(value)


def _is_image(x: Tensor, pads: attributes.Pad) -> bool:
    """Whether only what :func:`rows_of` takes for rows, columns and channels is padded."""
    rank = len(x.shape)
    return rank <= _IMAGE or (
        rank == _IMAGE + 1 and x.shape[0] == 1 and not pads.before[0] and not pads.after[0]
    )


def _merged(x: Tensor, pads: attributes.Pad) -> list[Side]:
    """Dimensions, those without padding as one with their neighbours."""
    found: list[Side] = []
    for size, before, after in zip(x.shape, pads.before, pads.after, strict=True):
        plain = not before and not after
        if plain and size == 1:
            continue
        if plain and found and not any(found[-1][1:]):
            found[-1] = (found[-1][0] * size, 0, 0)
        else:
            found.append((size, before, after))
    return found


def _image(graph: Graph, operator: Operator) -> tuple[Side, Side, Side]:
    """Rows, columns and channels with what comes before and after them."""
    x, pads = graph.tensor(operator.inputs[0]), _attributes(operator)
    if _is_image(x, pads):
        found = [*zip(x.shape, pads.before, pads.after, strict=True)][-_IMAGE:]
    else:
        found = _merged(x, pads)
    height, width, depth = [(1, 0, 0)] * (_IMAGE - len(found)) + found
    return height, width, depth


def _attributes(operator: Operator) -> attributes.Pad:
    return cast(attributes.Pad, operator.attributes)
