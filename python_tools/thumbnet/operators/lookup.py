"""lookup, and the byte to byte functions that become one.

Arithmetic: TFLite's LUTPopulate (logistic), HardSwish, ReluX (relu, relu6, relu_n1_to_1) and
Requantize (quantize between byte types); of other functions see :mod:`thumbnet.operators.unary`.
onnxruntime's are in ``lookup_even``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from thumbnet.ir.attributes import Activation
from thumbnet.ir.graph import Array, DType, Graph, Operator, Tensor
from thumbnet.operators import unary
from thumbnet.operators.base import (
    CArray,
    Constraint,
    Family,
    Kernel,
    Lowered,
    Source,
    elementwise_overlap,
    rows_of,
)
from thumbnet.operators.constraints import borders, positive_scales
from thumbnet.operators.exponential import exponential
from thumbnet.operators.hard_swish import fine_output_scale, hard_swish
from thumbnet.operators.lookup_even import EVEN_KINDS, even_values
from thumbnet.quantize.requantize import (
    IntArray,
    activation_bounds,
    multiply_by_quantized_multiplier,
    multiply_rounding_up,
    quantize_multiplier,
)

HEADER = "thumbnet/kernels/lookup.h"
BYTE_LIMITS = {DType.INT8: (-128, 127), DType.UINT8: (0, 255)}
"""The byte types and their least and greatest values."""
TABLE_LIMITS = {**BYTE_LIMITS, DType.BOOL: (0, 255)}
"""The types of one byte and the integers that index a table."""
Table = npt.NDArray[np.uint8]
_VECTOR = 16
"""Elements that TFLite's vector requantization makes at once."""


def byte_tensors(graph: Graph, operator: Operator) -> str | None:
    """int8 or uint8 input and output, quantized per tensor."""
    for role, tensor in zip(("input", "output"), borders(graph, operator), strict=True):
        if operator.kind == "lookup" and tensor.dtype in TABLE_LIMITS:
            continue
        if tensor.dtype not in BYTE_LIMITS:
            return f"{role} is {tensor.dtype.value}"
        if tensor.quantization is None or not tensor.quantization.per_tensor:
            return f"{role} is not quantized per tensor"
    return None


def lookup_table(graph: Graph, operator: Operator) -> Table:
    """What ``operator``, of one of TABLE_KINDS between byte tensors, does to every input byte.

    Entry i is the output byte of the input i - 128 (int8) or i (uint8).

    Raises:
        ValueError: a tensor is not of a byte type.
    """
    x, output = borders(graph, operator)
    problem = byte_tensors(graph, operator)
    if problem is not None:
        raise ValueError(f"{operator.kind}: {problem}")
    least, greatest = BYTE_LIMITS[x.dtype]
    codes = np.arange(least, greatest + 1, dtype=np.int64)
    if graph.arithmetic == "onnxruntime" and operator.kind in EVEN_KINDS:
        values = even_values(operator.kind, codes, x, output)
    elif operator.kind in unary.TABLES:
        values = unary.TABLES[operator.kind](codes - x.zero_point, x, output, operator.attributes)
    else:
        values = _TABLES[operator.kind](codes - x.zero_point, x, output)
    clipped = np.clip(values, *BYTE_LIMITS[output.dtype])
    return clipped.astype(output.dtype.numpy).view(np.uint8)


def _logistic(codes: IntArray, x: Tensor, output: Tensor) -> IntArray:
    one = np.float32(1)
    with np.errstate(over="ignore"):
        real = np.float32(x.scale) * codes.astype(np.float32)
        probability = one / (one + exponential(-real))
    scaled = probability * (one / np.float32(output.scale))
    return np.floor(scaled.astype(np.float64) + 0.5).astype(np.int64) + output.zero_point


def _clamped(activation: Activation) -> Callable[[IntArray, Tensor, Tensor], IntArray]:
    def values(codes: IntArray, x: Tensor, output: Tensor) -> IntArray:
        multiplier = quantize_multiplier(float(np.float32(x.scale) / np.float32(output.scale)))
        scaled = multiply_by_quantized_multiplier(codes, multiplier.mantissa, multiplier.shift)
        low, high = activation_bounds(activation, output)
        return np.clip(scaled + output.zero_point, low, high)

    return values


def _requantized(codes: IntArray, x: Tensor, output: Tensor) -> IntArray:
    multiplier = quantize_multiplier(x.scale / output.scale)
    # TFLite rounds negative ties upwards in whole vectors and away from zero in the rest of a
    # tensor. A table knows no place, so the greater part decides.
    multiply = multiply_rounding_up if x.elements >= _VECTOR else multiply_by_quantized_multiplier
    return multiply(codes, multiplier.mantissa, multiplier.shift) + output.zero_point


_TABLES: dict[str, Callable[[IntArray, Tensor, Tensor], IntArray]] = {
    "logistic": _logistic,
    "hard_swish": hard_swish,
    "relu": _clamped(Activation.RELU),
    "relu6": _clamped(Activation.RELU6),
    "relu_n1_to_1": _clamped(Activation.RELU_N1_TO_1),
    "quantize": _requantized,
}
TABLE_KINDS = (*_TABLES, *unary.TABLES)
"""Kinds that :func:`lookup_table` knows; ``quantize`` only between byte types."""


def apply_table(table: Table, values: Array, x: Tensor, output: Tensor) -> Array:
    """``table`` of every element of the byte tensor ``x``, whose ``values`` are given."""
    least, _ = TABLE_LIMITS[x.dtype]
    result: Array = table[values.astype(np.int64) - least].view(output.dtype.numpy)
    return result


class Lookup(Family):
    """lookup, and logistic and the stand-alone clamps, which a pass turns into it."""

    kinds: tuple[str, ...] = ("lookup", "logistic", "relu", "relu6", "relu_n1_to_1")
    constraints: tuple[Constraint, ...] = (byte_tensors, positive_scales)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The input's."""
        return graph.tensor(operator.inputs[0]).shape

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """The table's entry of every element."""
        if operator.kind == "lookup":
            table = cast(Table, inputs[1])
        else:
            table = lookup_table(graph, operator)
        return [apply_table(table, cast(Array, inputs[0]), *borders(graph, operator))]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """One table access an element.

        Raises:
            ValueError: the kind is not lookup: the pass lower_lookup has not run.
        """
        if operator.kind != "lookup":
            raise ValueError(f"{operator.kind} is lowered by the pass lower_lookup; run it first")
        x, output = borders(graph, operator)
        table = cast(Table, graph.tensor(operator.inputs[1]).data)
        # The kernel reads an int8 as uint8: -128 is entry 128.
        by_byte = np.roll(table, 128) if x.dtype is DType.INT8 else table
        return Lowered(
            kernel=Kernel(HEADER, "thumbnet_lookup_u8"),
            struct="thumbnet_lookup_t",
            fields=(
                ("table", CArray("table", "uint8_t", by_byte)),
                ("channels", rows_of(x).channels),
            ),
            sources=(Source(rows_of(x)),),
            output=rows_of(output),
            macs=0,
            overlap=(elementwise_overlap(),),
            pointwise=True,
        )


def same_byte_type(graph: Graph, operator: Operator) -> str | None:
    """an output of the input's type."""
    x, output = borders(graph, operator)
    return None if x.dtype is output.dtype else f"{x.dtype.value} to {output.dtype.value}"


def ordinary_roots(graph: Graph, operator: Operator) -> str | None:
    """a product of the input scale's root and the output scale between 2^-20 and 2^11."""
    x, output = borders(graph, operator)
    if unary.coarse_root(x, output):
        return None
    return f"scales are {x.scale} and {output.scale}"


class ByteFunction(Lookup):
    """Functions of one operand, which a pass turns into lookup."""

    kinds = tuple(kind for kind in unary.TABLES if kind != "rsqrt")
    constraints = (byte_tensors, same_byte_type)


def bool_tensors(graph: Graph, operator: Operator) -> str | None:
    """an input and an output of type bool."""
    for role, tensor in zip(("input", "output"), borders(graph, operator), strict=True):
        if tensor.dtype is not DType.BOOL:
            return f"{role} is {tensor.dtype.value}"
    return None


class LogicalNot(Lookup):
    """logical_not, which a pass turns into lookup."""

    kinds = ("logical_not",)
    constraints = (bool_tensors,)

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """Whether it is false."""
        return [np.logical_not(cast(Array, inputs[0]))]


class ReciprocalRoot(Lookup):
    """rsqrt, which a pass turns into lookup."""

    kinds = ("rsqrt",)
    constraints = (byte_tensors, same_byte_type, ordinary_roots)


class HardSwish(Lookup):
    """hard_swish, which a pass turns into lookup."""

    kinds = ("hard_swish",)
    constraints = (byte_tensors, positive_scales, fine_output_scale)
