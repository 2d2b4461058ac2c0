"""Dilated convolutions by the kernels of the same without dilation, of whatever instruction set.

Kernel: ``src/thumbnet/kernels/dilated_conv_2d.h``. Outputs whose columns are the same modulo the
dilation are an ordinary convolution of every so many columns, which are gathered in scratch.
"""

from __future__ import annotations

import dataclasses
import math
from typing import cast

from thumbnet.ir.attributes import Convolution, DepthwiseConvolution, Window
from thumbnet.ir.graph import Graph, Operator
from thumbnet.operators.base import Kernel, Lowered, Part, Source, rows_of, window_overlap

HEADER = "thumbnet/kernels/dilated_conv_2d.h"
RUN = 6
"""Pixels of a phase that are made together (THUMBNET_DILATED_RUN): whole tiles of 2 and of 3."""


def is_dilated(operator: Operator) -> bool:
    """Whether a convolution's window is dilated."""
    attributes = operator.attributes
    if not isinstance(attributes, Convolution | DepthwiseConvolution):
        return False
    return attributes.window.dilated


def undilated(graph: Graph, operator: Operator) -> tuple[Graph, Operator]:
    """The operator that the kernel calls, in a graph of its own.

    Its input is as wide as what is gathered; where only rows are dilated it is the operator's.
    """
    attributes = cast(Convolution | DepthwiseConvolution, operator.attributes)
    window = attributes.window
    x, output = graph.tensor(operator.inputs[0]), graph.tensor(operator.outputs[0])
    plain = dataclasses.replace(window, dilation_height=1, dilation_width=1)
    if window.dilation_width > 1:
        stride = _strides(window)[1]
        # Rows may be missing, columns not.
        missing = max(window.pad_top, window.pad_bottom)
        plain = Window(
            window.kernel_height, window.kernel_width, window.stride_height, stride, missing
        )
        width = (RUN - 1) * stride + window.kernel_width
        x = dataclasses.replace(x, shape=(*x.shape[:2], width, x.shape[3]))
        output = dataclasses.replace(output, shape=(*output.shape[:2], RUN, output.shape[3]))
    part = dataclasses.replace(operator, attributes=dataclasses.replace(attributes, window=plain))
    return graph.replace(operators=[part], tensors=[x, output]), part


def with_dilation(graph: Graph, operator: Operator, part: Lowered, source: Source) -> Lowered:
    """``operator``, which reads ``source``, by ``part``: what :func:`undilated` is lowered to."""
    window = cast(Convolution | DepthwiseConvolution, operator.attributes).window
    x, weights = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
    output = rows_of(graph.tensor(operator.outputs[0]))
    phases, stride = _strides(window)
    columns = window.dilation_width > 1
    scratch: tuple[int, ...] = ()
    if columns:
        longest = min(output.width, RUN * phases)
        scratch = tuple(
            _scratch(window, part, source, output.channels, -(-run // phases), stride)
            for run in range(1, longest + 1)
        )
    return Lowered(
        kernel=Kernel(HEADER, "thumbnet_dilated_conv_2d_s8", (int(columns),)),
        struct="thumbnet_dilated_conv_2d_t",
        fields=(
            ("part", Part(part)),
            ("in_width", source.rows.width),
            ("in_channels", source.rows.channels),
            ("out_channels", output.channels),
            ("pad_left", window.pad_left),
            ("kernel_height", window.kernel_height),
            ("kernel_width", window.kernel_width),
            ("dilation_height", window.dilation_height),
            ("dilation_width", window.dilation_width),
            ("stride_width", window.stride_width),
            ("phases", phases),
            ("stride", stride),
            ("in_zero_point", x.zero_point),
        ),
        sources=(source,),
        output=output,
        macs=output.height * output.width * weights.elements,
        overlap=(
            window_overlap(
                source,
                output,
                source.kernel_width,
                source.stride_width,
                source.pad_left,
                together=output.width,
            ),
        ),
        scratch=scratch[-1] if scratch else part.scratch,
        run_scratch=scratch or part.run_scratch,
    )


def _strides(window: Window) -> tuple[int, int]:
    """How many phases there are, and columns from an output of a phase to its next."""
    common = math.gcd(window.dilation_width, window.stride_width)
    return window.dilation_width // common, window.stride_width // common


def _scratch(
    window: Window, part: Lowered, source: Source, channels: int, run: int, stride: int
) -> int:
    columns = (run - 1) * stride + window.kernel_width
    gathered = window.kernel_height * columns * source.rows.channels
    size, behind = gathered + run * channels, part.for_runs(run).scratch
    return -(-size // 8) * 8 + behind if behind else size
