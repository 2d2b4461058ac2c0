"""batch_matmul: products of matrices that may both be computed at run time.

Arithmetic: TFLite's reference BatchMatMul, which its interpreter uses, and, of a fully_connected
whose weights are computed at run time, that of integer_ops/fully_connected.h (``ties_up``);
onnxruntime's QLinearMatMul.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from thumbnet.ir import attributes
from thumbnet.ir.graph import Array, DType, Graph, Operator, Tensor
from thumbnet.operators.base import (
    CArray,
    Family,
    Kernel,
    Lowered,
    Rows,
    Source,
    window_overlap,
)
from thumbnet.operators.constraints import positive_scales
from thumbnet.operators.conv_2d import requantize_channels
from thumbnet.quantize.requantize import (
    IntArray,
    Multiplier,
    activation_bounds,
    float32_ratio,
    multiply_by_quantized_multiplier,
    multiply_rounding_up,
    quantize_multiplier,
)
from thumbnet.quantize.requantize_even import float_multiplier, product_scales

HEADER = "thumbnet/kernels/batch_matmul.h"
_DEEPEST = 1 << 15
_LARGEST = 65535


def int8_matrices(graph: Graph, operator: Operator) -> str | None:
    """int8 matrices and output, quantized per tensor."""
    for name in (*operator.inputs[:2], *operator.outputs):
        tensor = graph.tensor(name)
        if tensor.dtype is not DType.INT8:
            return f'"{name}" is {tensor.dtype.value}'
        if tensor.quantization is None or not tensor.quantization.per_tensor:
            return f'"{name}" is not quantized per tensor'
    return None


def one_varying(graph: Graph, operator: Operator) -> str | None:
    """two matrices of which at most one is constant."""
    constant = all(graph.tensor(name).is_constant for name in operator.inputs[:2])
    return "both are constant" if constant else None


def equal_batches(graph: Graph, operator: Operator) -> str | None:
    """batches that are the same on both sides, or none on one; none of a constant."""
    a, b = (graph.tensor(name) for name in operator.inputs[:2])
    sizes = [_batch(tensor) for tensor in (a, b)]
    if 1 not in sizes and _leading(a) != _leading(b):
        return f"matrices are {list(a.shape)} and {list(b.shape)}"
    if max(sizes) > 1 and (a.is_constant or b.is_constant):
        return f"a constant beside batches of {max(sizes)}"
    return None


def bounded_matrices(graph: Graph, operator: Operator) -> str | None:
    """sums of up to 32768 products, sizes of at most 65535."""
    shapes = [graph.tensor(name).shape for name in (*operator.inputs[:2], *operator.outputs)]
    depth = shapes[0][-2] if _how(operator).adj_x else shapes[0][-1]
    large = max(max(shape) for shape in shapes) > _LARGEST
    large = large or int(np.prod(shapes[2][:-2])) > _LARGEST
    return f"shapes are {[list(s) for s in shapes]}" if large or depth > _DEEPEST else None


def small_bias(graph: Graph, operator: Operator) -> str | None:
    """a constant int32 bias of magnitudes below 2^24, or none."""
    if len(operator.inputs) < 3 or not operator.inputs[2]:
        return None
    bias = graph.tensor(operator.inputs[2])
    if bias.data is None or bias.dtype is not DType.INT32:
        return f"bias is {bias.dtype.value}"
    most = int(np.abs(bias.data.astype(np.int64)).max())
    return None if most < 1 << 24 else f"a bias of {most}"


class BatchMatMul(Family):
    """batch_matmul."""

    kinds = ("batch_matmul",)
    constraints = (
        int8_matrices,
        positive_scales,
        one_varying,
        equal_batches,
        bounded_matrices,
        small_bias,
    )

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The batches, broadcast; rows of the first matrix, columns of the second."""
        a, b = (graph.tensor(name).shape for name in operator.inputs[:2])
        how = _how(operator)
        rows = a[-1] if how.adj_x else a[-2]
        columns = b[-2] if how.adj_y else b[-1]
        return (*np.broadcast_shapes(a[:-2], b[:-2]), rows, columns)

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """Sums of products of what is less the zero points, requantized."""
        a, b = (graph.tensor(name) for name in operator.inputs[:2])
        output, how = graph.tensor(operator.outputs[0]), _how(operator)
        first = cast(Array, inputs[0]).astype(np.int64) - a.zero_point
        second = cast(Array, inputs[1]).astype(np.int64) - b.zero_point
        first = first.swapaxes(-1, -2) if how.adj_x else first
        second = second.swapaxes(-1, -2) if how.adj_y else second
        sums: IntArray = first @ second
        if len(inputs) > 2 and inputs[2] is not None:
            sums = sums + inputs[2].astype(np.int64)
        by, bounds = _multiplier(graph, operator), activation_bounds(how.activation, output)
        if by.even:
            return [requantize_channels(sums, [by], output, bounds)]
        multiply = multiply_rounding_up if how.ties_up else multiply_by_quantized_multiplier
        scaled = multiply(sums, by.mantissa, by.shift) + output.zero_point
        return [np.clip(scaled, *bounds).astype(np.int8)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """A row of the output for each pair of matrices."""
        a, b = (graph.tensor(name) for name in operator.inputs[:2])
        output, how = graph.tensor(operator.outputs[0]), _how(operator)
        by, (low, high) = _multiplier(graph, operator), activation_bounds(how.activation, output)
        first, second, rows = (_rows(tensor) for tensor in (a, b, output))
        depth = first.width if how.adj_x else first.channels
        sources, overlap = [], []
        if a.data is None:
            sources.append(_source(first, rows, whole=how.adj_x))
            apart = how.adj_x or first.height != rows.height
            overlap.append(None if apart else window_overlap(sources[0], rows, 1, 1, 0))
        if b.data is None:
            sources.append(_source(second, rows, whole=True))
            overlap.append(None)
        pixel = 1 if how.adj_x else depth
        return Lowered(
            kernel=Kernel(
                HEADER,
                "thumbnet_batch_matmul_s8",
                (int(how.adj_x), int(how.adj_y), int(how.ties_up)),
            ),
            struct="thumbnet_batch_matmul_t",
            fields=(
                ("first", _matrix("first", a)),
                ("second", _matrix("second", b)),
                ("bias", _bias(graph, operator)),
                ("mantissa", by.mantissa),
                ("depth", depth),
                ("first_origin", pixel if how.adj_x or a.is_constant else 0),
                ("first_pixel", pixel),
                ("first_step", first.channels if how.adj_x else 1),
                ("second_channel", depth if how.adj_y else 1),
                ("second_step", 1 if how.adj_y else second.channels),
                ("channels", rows.channels),
                ("second_row", int(a.data is None)),
                ("shift", by.shift),
                ("first_zero_point", a.zero_point),
                ("second_zero_point", b.zero_point),
                ("out_zero_point", output.zero_point),
                ("low", low),
                ("high", high),
            ),
            sources=tuple(sources),
            output=rows,
            macs=rows.size * depth,
            overlap=tuple(overlap),
        )


def _how(operator: Operator) -> attributes.BatchMatMul:
    return cast(attributes.BatchMatMul, operator.attributes)


def _batch(tensor: Tensor) -> int:
    return int(np.prod(tensor.shape[:-2], dtype=np.int64))


def _leading(tensor: Tensor) -> tuple[int, ...]:
    """The batch dimensions as broadcasting aligns them."""
    shape = tensor.shape[:-2]
    return (1,) * (4 - len(shape)) + shape


def _rows(tensor: Tensor) -> Rows:
    return Rows(_batch(tensor), *tensor.shape[-2:])


def _source(rows: Rows, output: Rows, *, whole: bool) -> Source:
    """A pixel for each pixel, or the whole row for all of them."""
    stride = int(rows.height == output.height)
    if whole:
        return Source(rows, stride=stride, kernel_width=rows.width, stride_width=0)
    return Source(rows, stride=stride)


def _matrix(name: str, tensor: Tensor) -> int | CArray:
    return 0 if tensor.data is None else CArray(name, "int8_t", tensor.data)


def _bias(graph: Graph, operator: Operator) -> int | CArray:
    if len(operator.inputs) < 3 or not operator.inputs[2]:
        return 0
    return CArray("bias", "int32_t", cast(Array, graph.tensor(operator.inputs[2]).data))


def _multiplier(graph: Graph, operator: Operator) -> Multiplier:
    """TFLite multiplies the scales in float32; onnxruntime divides so, too."""
    a, b = (graph.tensor(name) for name in operator.inputs[:2])
    output = graph.tensor(operator.outputs[0])
    if graph.arithmetic == "onnxruntime":
        return float_multiplier(product_scales(a.scale, [b.scale], output.scale)[0])
    return quantize_multiplier(float32_ratio([a.scale, b.scale]) / output.scale)
