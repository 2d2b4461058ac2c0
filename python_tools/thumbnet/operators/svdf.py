"""svdf: a fully connected layer over time, factored into features and weights of their last values.

Arithmetic: TFLite's reference/svdf.h, EvalIntegerSVDF, and for int8 states TFLite Micro's
svdf_common.cc, which differs in the type alone. Every filter keeps its last features; the state
moves on by one before the new one is appended. Sums over time wrap at 32 bits. The activation is
RELU, which TFLite's kernel leaves to the output's range. Both multipliers come from single
precision, as in the released interpreter; later sources compute them in double precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from thumbnet.ir.attributes import Svdf as SvdfAttributes
from thumbnet.ir.graph import Array, DType, Graph, Operator
from thumbnet.operators.base import (
    CArray,
    Family,
    Kernel,
    Lowered,
    Rows,
    Source,
    rows_of,
    window_overlap,
)
from thumbnet.operators.constraints import int8_per_tensor
from thumbnet.quantize.requantize import (
    IntArray,
    Multiplier,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    wrap_int32,
)

HEADER = "thumbnet/kernels/svdf.h"
X, FEATURE, TIME, BIAS, STATE = range(5)
_LARGEST = 65535


def one_step(graph: Graph, operator: Operator) -> str | None:
    """an input [1, values], of at most 65535 values, units, filters and steps of memory."""
    shape = graph.tensor(operator.inputs[X]).shape
    sizes = (*shape, *graph.tensor(operator.inputs[TIME]).shape)
    if len(shape) != 2 or shape[0] != 1 or max(sizes) > _LARGEST:
        return f"input has shape {list(shape)}"
    return None


def weights_and_state(graph: Graph, operator: Operator) -> str | None:
    """constant int8 feature weights; time weights and state both int16 or both int8."""
    feature, time, state = (graph.tensor(operator.inputs[i]) for i in (FEATURE, TIME, STATE))
    if feature.dtype is not DType.INT8 or not feature.is_constant or feature.zero_point:
        return f"feature weights are {feature.dtype.value}"
    if time.dtype not in (DType.INT16, DType.INT8) or not time.is_constant or time.zero_point:
        return f"time weights are {time.dtype.value}"
    return None if state.dtype is time.dtype else f"state is {state.dtype.value}"


def features_of_32_bits(graph: Graph, operator: Operator) -> str | None:
    """feature weights whose sums, shifted for requantization, stay within 32 bits."""
    taps = cast(Array, graph.tensor(operator.inputs[FEATURE]).data).astype(np.int64)
    most = 256 * int(np.abs(taps).sum(axis=1).max())
    first, _ = multipliers(graph, operator)
    return None if most << max(first.shift, 0) < 1 << 31 else f"sums reach {most}"


def multipliers(graph: Graph, operator: Operator) -> tuple[Multiplier, Multiplier]:
    """From sums of features to the state, and from sums over time to the output."""
    x, feature, time, state = (graph.tensor(operator.inputs[i]) for i in (X, FEATURE, TIME, STATE))
    output = graph.tensor(operator.outputs[0])
    first = np.float32(x.scale) * np.float32(feature.scale) / np.float32(state.scale)
    second = np.float32(state.scale) * np.float32(time.scale) / np.float32(output.scale)
    return quantize_multiplier(float(first)), quantize_multiplier(float(second))


class Svdf(Family):
    """svdf."""

    kinds = ("svdf",)
    constraints = (int8_per_tensor, one_step, weights_and_state, features_of_32_bits)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """[1, units]."""
        filters = graph.tensor(operator.inputs[TIME]).shape[0]
        return (1, filters // _rank(operator))

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """TFLite's EvalIntegerSVDF: y, state."""
        output = graph.tensor(operator.outputs[0])
        x, feature, time, state = (
            cast(Array, inputs[i]).astype(np.int64) for i in (X, FEATURE, TIME, STATE)
        )
        kind = cast(Array, inputs[STATE]).dtype
        limits = np.iinfo(cast("np.dtype[np.signedinteger]", kind))
        first, second = multipliers(graph, operator)
        sums = feature @ (x.reshape(-1) - graph.tensor(operator.inputs[X]).zero_point)
        features = multiply_by_quantized_multiplier(sums, first.mantissa, first.shift)
        kept = state.reshape(time.shape)[:, 1:]
        newest = np.clip(features, limits.min, limits.max)[:, None]
        moved: IntArray = np.concatenate([kept, newest], axis=1)
        units = (moved * time).sum(axis=1).reshape(-1, _rank(operator)).sum(axis=1)
        if inputs[BIAS] is not None:
            units = units + cast(Array, inputs[BIAS]).reshape(-1)
        scaled = multiply_by_quantized_multiplier(wrap_int32(units), second.mantissa, second.shift)
        y = np.clip(scaled + output.zero_point, -128, 127).astype(np.int8)
        return [y.reshape(output.shape), moved.astype(kind).reshape(state.shape)]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """Unit after unit; the state's row is changed in place."""
        x, state = (graph.tensor(operator.inputs[i]) for i in (X, STATE))
        feature = cast(Array, graph.tensor(operator.inputs[FEATURE]).data)
        time = cast(Array, graph.tensor(operator.inputs[TIME]).data)
        output = graph.tensor(operator.outputs[0])
        first, second = multipliers(graph, operator)
        filters, memory = time.shape
        wide = time.dtype == np.int16
        bias: Array = np.zeros(output.shape[-1], np.int32)
        if operator.inputs[BIAS]:
            bias = cast(Array, graph.tensor(operator.inputs[BIAS]).data).reshape(-1)
        folded = -x.zero_point * feature.astype(np.int64).sum(axis=1)
        source, out_rows = Source(rows_of(x), stride_width=1), rows_of(output)
        return Lowered(
            kernel=Kernel(HEADER, "thumbnet_svdf_s8", (int(wide),)),
            struct="thumbnet_svdf_t",
            fields=(
                ("weights", CArray("weights", "int8_t", feature)),
                ("time", CArray("time", "int16_t" if wide else "int8_t", time)),
                ("feature_bias", CArray("feature_bias", "int32_t", folded.astype(np.int32))),
                ("bias", CArray("bias", "int32_t", bias)),
                ("feature_mantissa", first.mantissa),
                ("mantissa", second.mantissa),
                ("in_channels", x.shape[-1]),
                ("units", output.shape[-1]),
                ("rank", _rank(operator)),
                ("memory", memory),
                ("feature_shift", first.shift),
                ("shift", second.shift),
                ("zero_point", output.zero_point),
            ),
            sources=(
                source,
                Source(Rows(1, 1, state.elements, state.dtype.size), stride_width=0),
            ),
            output=out_rows,
            macs=filters * (x.shape[-1] + memory),
            # All of the input is read for every unit.
            overlap=(window_overlap(source, out_rows, 1, 1, 0), None),
        )


def _rank(operator: Operator) -> int:
    return cast(SvdfAttributes, operator.attributes).rank
