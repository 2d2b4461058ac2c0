"""inverted_bottleneck: expansion, depthwise convolution, projection and residual as one kernel.

Only the scheduler makes it, where RAM is worth more than work: of the expanded tensor there is then
no more than a window, and the rows that two bands of output rows share are expanded twice. Nothing
else is computed again, where MCUNetV2's patches do so with all that lies before them. The
arithmetic is that of its parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import cast

from thumbnet.ir import fused
from thumbnet.ir.graph import Array, Graph, Operator
from thumbnet.operators.base import (
    Family,
    Kernel,
    Lowered,
    Part,
    Rows,
    Source,
    Workspace,
)
from thumbnet.operators.conv_2d import Conv2d
from thumbnet.operators.depthwise_conv_2d import DepthwiseConv2d
from thumbnet.operators.elementwise import Elementwise

HEADER = "thumbnet/kernels/inverted_bottleneck.h"

HEAD = 4
"""Bytes of ``thumbnet_inverted_bottleneck_window_t``, all zero where a band begins."""


_KINDS = ("conv_2d", "depthwise_conv_2d", "conv_2d", "add")


def known_body(graph: Graph, operator: Operator) -> str | None:
    """a 1x1 conv_2d, a depthwise_conv_2d, a 1x1 conv_2d and perhaps an add."""
    kinds = tuple(part.kind for part in _attributes(operator).body.operators)
    return None if kinds in (_KINDS, _KINDS[:3]) else f"it holds {', '.join(kinds)}"


class InvertedBottleneck(Family):
    """inverted_bottleneck."""

    kinds = ("inverted_bottleneck",)
    constraints = (known_body,)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """[1,OH,OW,O]: that of the last part."""
        body = _attributes(operator).body
        return body.tensor(body.outputs[0]).shape

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """One part after the other."""
        body = _attributes(operator).body
        values: dict[str, Array | None] = {body.inputs[0]: inputs[0]}
        for part in body.operators:
            given = [values.get(name, body.tensors[name].data) for name in part.inputs]
            values[part.outputs[0]] = _family(part.kind).reference(body, part, given)[0]
        return [cast(Array, values[body.outputs[0]])]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """A kernel that calls those of the parts."""
        how = _attributes(operator)
        parts = [_family(part.kind).lower(how.body, part) for part in how.body.operators]
        return lower_band(how.body.operators, parts, how.rows)


def lower_band(operators: Sequence[Operator], parts: Sequence[Lowered], band: int) -> Lowered:
    """A kernel that makes ``band`` rows at once and calls those of ``operators``, ``parts``."""
    expand, depthwise, project = parts[:3]
    window, rows = depthwise.sources[0], expand.sources[0].rows
    output = project.output
    height = (band - 1) * window.stride + window.kernel_height
    adds = len(parts) > 3
    residual = operators[3].inputs.index(operators[0].inputs[0]) if adds else 0
    pixel = expand.output.channels
    workspace = Workspace(
        rows=height,
        kernel_width=window.kernel_width,
        stride_width=window.stride_width,
        width=rows.width,
        pixel=pixel,
        run_pixel=pixel + adds * output.channels,
        expansion=_scratch([expand], rows.width),
        others=_scratch(parts[1:], output.width),
    )
    expansion = _expansion(expand, window, output, band)
    return Lowered(
        kernel=Kernel(HEADER, "thumbnet_inverted_bottleneck_s8"),
        struct="thumbnet_inverted_bottleneck_t",
        fields=(
            ("expand", Part(expand)),
            ("depthwise", Part(depthwise)),
            ("project", Part(project)),
            *((("add", Part(parts[3])),) if adds else ()),
            ("in_width", rows.width),
            ("in_channels", rows.channels),
            ("expanded", pixel),
            ("band", band),
            ("rows", window.kernel_height),
            ("stride", window.stride),
            ("kernel_width", window.kernel_width),
            ("stride_width", window.stride_width),
            ("pad_top", window.pad),
            ("pad_left", window.pad_left),
            ("residual", residual),
        ),
        sources=(_source(window, rows, height),),
        output=output,
        macs=expansion + depthwise.macs + project.macs,
        extra_macs=expansion - expand.macs,
        clear=HEAD,
        overlap=(_overlap(window, rows, output, band),),
        band=band,
        workspace=workspace,
    )


def _scratch(parts: Sequence[Lowered], width: int) -> tuple[int, ...]:
    """Bytes that kernels need for 1, 2 and more pixels, as far as that makes a difference."""
    most = max(part.scratch for part in parts)
    found: list[int] = []
    while not found or (found[-1] < most and len(found) < width):
        found.append(max(part.for_runs(len(found) + 1).scratch for part in parts))
    return tuple(found) if most else ()


def _source(window: Source, rows: Rows, height: int) -> Source:
    return Source(
        rows,
        kernel_height=height,
        stride=window.stride,
        pad=window.pad,
        kernel_width=window.kernel_width,
        stride_width=window.stride_width,
        pad_left=window.pad_left,
    )


def _expansion(expand: Lowered, window: Source, output: Rows, band: int) -> int:
    """Multiply-accumulates of the expansion: every band expands all the rows that it reads."""
    height = expand.output.height
    rows = 0
    for y in range(0, output.height, band):
        made = min(band, output.height - y)
        first = y * window.stride - window.pad
        last = first + (made - 1) * window.stride + window.kernel_height
        rows += max(min(last, height) - max(first, 0), 0)
    return expand.macs // height * rows


def band_macs(
    lowered: Lowered, rows: Sequence[tuple[int, int]], columns: Sequence[tuple[int, int]]
) -> int:
    """Multiply-accumulates of a kernel made by :func:`lower_band`, over tiles of its output.

    Of each tile ``rows`` and ``columns`` [first, end); tiles are all pairs of these.
    """
    parts = [value.lowered for _, value in lowered.fields if isinstance(value, Part)]
    expand, depthwise, project = parts[:3]
    window, output, whole = depthwise.sources[0], lowered.output, expand.output
    high = 0
    for top, bottom in rows:
        for y in range(top, bottom, lowered.band):
            last = min(y + lowered.band, bottom) - 1
            behind = last * window.stride - window.pad + window.kernel_height
            high += max(min(behind, whole.height) - max(y * window.stride - window.pad, 0), 0)
    wide = 0
    for left, right in columns:
        behind = (right - 1) * window.stride_width - window.pad_left + window.kernel_width
        first = max(left * window.stride_width - window.pad_left, 0)
        wide += max(min(behind, whole.width) - first, 0)
    pixels = sum(end - first for first, end in rows) * sum(end - first for first, end in columns)
    others = (depthwise.macs + project.macs) // (output.height * output.width)
    return expand.macs // (whole.height * whole.width) * high * wide + others * pixels


def _overlap(window: Source, rows: Rows, output: Rows, band: int) -> int:
    """A band's rows may be written over what bands above have read, however long its runs are."""
    least = 0
    for y in range(0, output.height, band):
        end = min(y + band, output.height) * output.row_size
        least = max(least, end - max(y * window.stride - window.pad, 0) * rows.row_size)
    return least


@cache
def _family(kind: str) -> Family:
    found: tuple[Family, ...] = (Conv2d(), DepthwiseConv2d(), Elementwise())
    return next(one for one in found if kind in one.kinds)


def _attributes(operator: Operator) -> fused.InvertedBottleneck:
    return cast(fused.InvertedBottleneck, operator.attributes)
