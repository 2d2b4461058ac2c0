"""softmax as onnxruntime's QLinearSoftmax computes it (``qlinear_softmax.cc``).

A table of exp() that is scaled so that sums come near the greatest float32, one sum in the order of
the elements, then a product with the whole part of 1 / the output's scale and a quotient, rounded
half to even. Where its int8 outputs would wrap to -128 (a probability of one), they saturate here,
as its uint8 outputs do.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import numpy.typing as npt

from thumbnet.ir.graph import Array, Graph, Operator, Tensor
from thumbnet.operators.base import CArray, Kernel, Lowered, Source, elementwise_overlap, rows_of
from thumbnet.operators.constraints import borders
from thumbnet.quantize.requantize_even import Floats

HEADER = "thumbnet/kernels/softmax_even.h"
_RESERVE = 5
_LARGEST_FACTOR = 1 << 16
_LARGEST_STEP = 64.0


def ordinary_scales(graph: Graph, operator: Operator) -> str | None:
    """input scales below 64 and output scales of 2^-16 to 1 (as onnxruntime rounds)."""
    if graph.arithmetic != "onnxruntime":
        return None
    x, output = borders(graph, operator)
    fits = 0 < x.scale < _LARGEST_STEP and 1 / _LARGEST_FACTOR <= output.scale <= 1
    return None if fits else f"scales are {x.scale:g} and {output.scale:g}"


@cache
def even_exponentials(scale: float, classes: int) -> Floats:
    """The table, by how much an input lies below the greatest one."""
    step = float(np.float32(scale))
    most = np.float32(np.finfo(np.float32).max) / np.float32(classes)
    shift = max(0.0, math.log(float(most)) - _RESERVE) / step
    table = np.array([math.exp((shift - i) * step) for i in range(256)]).astype(np.float32)
    table.flags.writeable = False  # shared by all callers
    return table


def even_factor(output: Tensor) -> int:
    """What probabilities are multiplied with."""
    return int(np.floor(np.float32(1) / np.float32(output.scale)))


def even_softmax(values: npt.NDArray[np.int64], x: Tensor, output: Tensor) -> Array:
    """Output codes of pixels [pixels, classes]."""
    table = even_exponentials(x.scale, values.shape[1])
    terms = table[values.max(axis=1, keepdims=True) - values]
    sums = np.add.accumulate(terms, axis=1, dtype=np.float32)[:, -1:]
    with np.errstate(over="ignore"):
        shares = terms * np.float32(even_factor(output)) / sums
    codes = np.rint(shares).astype(np.int64) + output.zero_point
    made: Array = np.clip(codes, -128, 127).astype(np.int8)
    return made


def lower_even(x: Tensor, output: Tensor) -> Lowered:
    """One pixel after the other, without scratch; may run in place."""
    rows = rows_of(x)
    table = even_exponentials(x.scale, rows.channels).view(np.uint32)
    return Lowered(
        kernel=Kernel(HEADER, "thumbnet_softmax_even_s8"),
        struct="thumbnet_softmax_even_t",
        fields=(
            ("table", CArray("table", "uint32_t", table)),
            ("channels", rows.channels),
            ("factor", even_factor(output)),
            ("out_zero_point", output.zero_point),
        ),
        sources=(Source(rows),),
        output=rows,
        macs=0,
        overlap=(elementwise_overlap(),),
        pointwise=True,
    )
