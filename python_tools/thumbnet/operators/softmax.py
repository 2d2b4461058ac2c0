"""softmax over the last dimension.

TFLite's optimized kernel computes it in single precision: a table of exp(), a sum in the order of
the elements, one reciprocal, one product an output (optimized_ops.h). The C kernel does the same
operations on the bits of the numbers; the reference here does them with numpy's float32.
onnxruntime's is in ``softmax_even``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir import attributes
from thumbnet.ir.graph import Array, Graph, Operator
from thumbnet.operators.base import (
    CArray,
    Family,
    Kernel,
    Lowered,
    Source,
    elementwise_overlap,
    rows_of,
)
from thumbnet.operators.constraints import borders, int8_per_tensor
from thumbnet.operators.exponential import exponential
from thumbnet.operators.softmax_even import even_softmax, lower_even, ordinary_scales

HEADER = "thumbnet/kernels/softmax.h"


def output_of_a_256th(graph: Graph, operator: Operator) -> str | None:
    """an output of scale 1/256 and zero point -128 (any, as onnxruntime rounds)."""
    if graph.arithmetic == "onnxruntime":
        return None
    output = graph.tensor(operator.outputs[0])
    if output.scale != 1 / 256 or output.zero_point != -128:
        return f"output has scale {output.scale} and zero point {output.zero_point}"
    return None


def positive_beta(graph: Graph, operator: Operator) -> str | None:
    """a beta above zero (1 in models that round as onnxruntime does)."""
    beta = _beta(operator)
    fits = beta == 1 if graph.arithmetic == "onnxruntime" else beta > 0
    return None if fits else f"beta is {beta}"


@cache
def exponentials(scale: float, beta: float) -> npt.NDArray[np.float32]:
    """exp(-scale * beta * i) for i = 0..255: by how much an input lies below the greatest one."""
    step = -np.float32(scale) * np.float32(beta)
    with np.errstate(over="ignore"):
        table = exponential(step * np.arange(256, dtype=np.float32))
    table.flags.writeable = False  # shared by all callers
    return table


class Softmax(Family):
    """softmax."""

    kinds = ("softmax",)
    constraints = (int8_per_tensor, output_of_a_256th, positive_beta, ordinary_scales)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The input's."""
        return graph.tensor(operator.inputs[0]).shape

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's optimized_ops::Softmax, or QLinearSoftmax."""
        values = cast(Array, inputs[0])
        pixels = values.reshape(-1, values.shape[-1]).astype(np.int64)
        if graph.arithmetic == "onnxruntime":
            return [even_softmax(pixels, *borders(graph, operator)).reshape(values.shape)]
        table = exponentials(graph.tensor(operator.inputs[0]).scale, _beta(operator))
        terms = table[pixels.max(axis=1, keepdims=True) - pixels]
        # accumulate() adds one after the other; sum() would add in pairs.
        sums = np.add.accumulate(terms, axis=1, dtype=np.float32)[:, -1:]
        scaled = terms * (np.float32(1) / (sums * np.float32(1 / 256)))
        rounded = np.floor(scaled.astype(np.float64) + 0.5)
        return [np.clip(rounded - 128, -128, 127).astype(np.int8).reshape(values.shape)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """One pixel after the other, without scratch; may run in place."""
        x, output = borders(graph, operator)
        if graph.arithmetic == "onnxruntime":
            return lower_even(x, output)
        rows = rows_of(x)
        table = exponentials(x.scale, _beta(operator)).view(np.uint32)
        return Lowered(
            kernel=Kernel(HEADER, "thumbnet_softmax_s8"),
            struct="thumbnet_softmax_t",
            fields=(
                ("table", CArray("table", "uint32_t", table)),
                ("channels", rows.channels),
            ),
            sources=(Source(rows),),
            output=rows,
            macs=0,
            overlap=(elementwise_overlap(),),
            pointwise=True,
        )


def _beta(operator: Operator) -> float:
    return cast(attributes.Softmax, operator.attributes).beta
