"""unidirectional_sequence_lstm: four gates of matrix-vector products, then the cells.

Arithmetic: TFLite's lstm_eval.cc, LstmStepInteger8x8_16, with the portable tensor utilities that
its interpreter uses on a PC (TFLite's Neon code rounds some ties otherwise, TFLite Micro takes
tables for logistic() and tanh()). A gate's sums over the input and over the hidden state are
requantized to 2^-12 one by one and saturated after each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np

from thumbnet.ir.attributes import Lstm as LstmAttributes
from thumbnet.ir.graph import Array, DType, Graph, Operator, Tensor
from thumbnet.operators import lstm_dsp
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
from thumbnet.operators.fixed_point import logistic, tanh
from thumbnet.quantize.requantize import (
    IntArray,
    Multiplier,
    clipped_to_int16,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    rounding_shift_right,
)

HEADER = "thumbnet/kernels/lstm.h"
GATES = 4
X, WEIGHTS, RECURRENT, BIASES, HIDDEN, CELL = 0, 1, 5, 9, 13, 14
"""Where inputs begin."""
_LARGEST = 65535
_GATE_SCALE = np.float32(2.0**-12)


def one_sequence(graph: Graph, operator: Operator) -> str | None:
    """one sequence [1, time, values], of at most 65535 steps, values and units."""
    shape = graph.tensor(operator.inputs[X]).shape
    units = graph.tensor(operator.inputs[HIDDEN]).elements
    if len(shape) != 3 or shape[0] != 1 or max(*shape, units) > _LARGEST:
        return f"input has shape {list(shape)}, {units} units"
    return None


def ordinary_weights(graph: Graph, operator: Operator) -> str | None:
    """constant int8 weights of zero point 0 and int32 biases for four gates, int16 cells."""
    for name in operator.inputs[WEIGHTS:BIASES]:
        weights = graph.tensor(name)
        if weights.dtype is not DType.INT8 or not weights.is_constant or weights.zero_point:
            return f"weights {name!r} are {weights.dtype.value}"
    for name in operator.inputs[BIASES:HIDDEN]:
        if graph.tensor(name).dtype is not DType.INT32 or not graph.tensor(name).is_constant:
            return f"bias {name!r} is {graph.tensor(name).dtype.value}"
    cell = graph.tensor(operator.inputs[CELL])
    return None if cell.dtype is DType.INT16 else f"cells are {cell.dtype.value}"


def sums_of_32_bits(graph: Graph, operator: Operator) -> str | None:
    """weights and biases whose sums, shifted for requantization, stay within 32 bits."""
    for gate in range(GATES):
        for hidden in (False, True):
            taps, bias, multiplier = _product(graph, operator, gate, hidden=hidden)
            most = np.abs(bias) + 128 * np.abs(taps).sum(axis=1)
            if (int(most.max()) << max(multiplier.shift, 0)) + (1 << 16) >= 1 << 31:
                return f"sums of gate {gate} reach {int(most.max())}"
    return None


class Lstm(Family):
    """unidirectional_sequence_lstm."""

    kinds = ("unidirectional_sequence_lstm",)
    constraints = (int8_per_tensor, one_sequence, ordinary_weights, sums_of_32_bits)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The input's with a value for each unit."""
        units = graph.tensor(operator.inputs[HIDDEN]).shape[-1]
        return (*graph.tensor(operator.inputs[X]).shape[:-1], units)

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """Step by step: y, hidden state, cell state."""
        products = [
            [_product(graph, operator, gate, hidden=hidden) for hidden in (False, True)]
            for gate in range(GATES)
        ]
        hidden, cell = (cast(Array, inputs[i]).reshape(-1).astype(np.int64) for i in (HIDDEN, CELL))
        x = cast(Array, inputs[X])
        made = []
        for values in x.reshape(-1, x.shape[-1]).astype(np.int64):
            gates = []
            for gate in products:
                total: IntArray = np.zeros_like(cell)
                for (taps, bias, multiplier), vector in zip(gate, (values, hidden), strict=True):
                    sums = bias + taps @ vector
                    total = clipped_to_int16(
                        total
                        + multiply_by_quantized_multiplier(
                            sums, multiplier.mantissa, multiplier.shift
                        )
                    )
                gates.append(total)
            hidden, cell = _step(graph, operator, gates, cell)
            made.append(hidden)
        shape = self.output_shape(graph, operator)
        return [
            np.array(made).astype(np.int8).reshape(shape),
            hidden.astype(np.int8).reshape(1, -1),
            cell.astype(np.int16).reshape(1, -1),
        ]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """Pixel after pixel from the left; the states' rows are changed in place."""
        x, output = (graph.tensor(name) for name in (operator.inputs[X], operator.outputs[0]))
        units = output.shape[-1]
        source, out_rows = Source(rows_of(x), stride_width=1), rows_of(output)
        products = [
            [_product(graph, operator, gate, hidden=hidden) for gate in range(GATES)]
            for hidden in (False, True)
        ]
        multipliers = [multiplier for part in products for _, _, multiplier in part]
        hidden = _hidden_multiplier(output)
        exponent = _cell_exponent(graph, operator)
        depth = x.shape[-1]
        kernel, ctype, weights = _kernel(graph, products)
        return Lowered(
            kernel=kernel,
            struct="thumbnet_lstm_t",
            fields=(
                ("weights", CArray("weights", ctype, weights[0])),
                ("recurrent", CArray("recurrent", ctype, weights[1])),
                ("bias", CArray("bias", "int32_t", _biases(products))),
                (
                    "mantissa",
                    CArray("mantissa", "int32_t", np.array([m.mantissa for m in multipliers])),
                ),
                ("shift", CArray("shift", "int8_t", np.array([m.shift for m in multipliers]))),
                ("hidden_mantissa", hidden.mantissa),
                ("in_channels", depth),
                ("units", units),
                ("clip", cast(LstmAttributes, operator.attributes).cell_clip),
                ("hidden_shift", hidden.shift),
                ("cell_shift", 30 + exponent),
                ("cell_bits", 15 + exponent),
                ("zero_point", output.zero_point),
            ),
            sources=(source, _whole(units, 1), _whole(units, 2)),
            output=out_rows,
            macs=out_rows.height * out_rows.width * GATES * units * (depth + units),
            # All of a pixel is read for every unit of its output.
            overlap=(window_overlap(source, out_rows, 1, 1, 0), None, None),
        )


def _whole(elements: int, size: int) -> Source:
    """A state's row, all of it whatever pixels are made."""
    return Source(Rows(1, 1, elements, size), stride_width=0)


def _product(
    graph: Graph, operator: Operator, gate: int, *, hidden: bool
) -> tuple[IntArray, IntArray, Multiplier]:
    """Weights [U,N], biases [U] with the zero point folded in, and the multiplier to 2^-12."""
    weights = graph.tensor(operator.inputs[(RECURRENT if hidden else WEIGHTS) + gate])
    vector = graph.tensor(operator.inputs[HIDDEN if hidden else X])
    taps = cast(Array, weights.data).astype(np.int64)
    bias: IntArray = -vector.zero_point * taps.sum(axis=1)
    if not hidden:
        given = cast(Array, graph.tensor(operator.inputs[BIASES + gate]).data)
        bias = bias + given.reshape(-1).astype(np.int64)
    scale = np.float32(weights.scale) * np.float32(vector.scale) / _GATE_SCALE
    return taps, bias, quantize_multiplier(float(scale))


def _hidden_multiplier(output: Tensor) -> Multiplier:
    """From the product of two values without integer bits to the hidden state."""
    return quantize_multiplier(float(np.float32(2.0**-15 / np.float32(output.scale) * 2.0**-15)))


def _cell_exponent(graph: Graph, operator: Operator) -> int:
    """The power of two that is the cells' scale."""
    return round(math.log2(graph.tensor(operator.inputs[CELL]).scale))


def _step(
    graph: Graph, operator: Operator, gates: list[IntArray], cell: IntArray
) -> tuple[IntArray, IntArray]:
    """The hidden and cell states after a step whose gates have the sums ``gates``."""
    output = graph.tensor(operator.outputs[0])
    exponent = _cell_exponent(graph, operator)
    clip = cast(LstmAttributes, operator.attributes).cell_clip
    add, keep, new, show = (
        logistic(gates[0]),
        logistic(gates[1]),
        tanh(gates[2], 3),
        logistic(gates[3]),
    )
    cell = clipped_to_int16(
        rounding_shift_right(keep * cell, 15) + rounding_shift_right(add * new, 30 + exponent)
    )
    if clip > 0:
        cell = np.clip(cell, -clip, clip)
    multiplier = _hidden_multiplier(output)
    shown = multiply_by_quantized_multiplier(
        show * tanh(cell, 15 + exponent), multiplier.mantissa, multiplier.shift
    )
    return np.clip(shown + output.zero_point, -128, 127), cell


def _kernel(
    graph: Graph, products: list[list[tuple[IntArray, IntArray, Multiplier]]]
) -> tuple[Kernel, str, list[Array]]:
    """The kernel, and the type and values of its weights over the input and the hidden state."""
    if graph.build.isa in ("dsp", "mve"):
        packed = [lstm_dsp.words([taps for taps, _, _ in part]) for part in products]
        found = [words for words in packed if words is not None]
        if len(found) == len(packed):
            return Kernel(lstm_dsp.HEADER, "thumbnet_lstm_dsp_s8"), "uint32_t", found
    return Kernel(HEADER, "thumbnet_lstm_s8"), "int8_t", [_by_unit(part) for part in products]


def _by_unit(products: list[tuple[IntArray, IntArray, Multiplier]]) -> Array:
    """Weights [U,N,4]: a unit's four gates side by side."""
    return np.stack([taps for taps, _, _ in products], axis=2).astype(np.int8)


def _biases(products: list[list[tuple[IntArray, IntArray, Multiplier]]]) -> Array:
    """Biases [U,8]: of a unit's four sums over the input, then over the hidden state."""
    columns = [bias for part in products for _, bias, _ in part]
    return np.stack(columns, axis=1).astype(np.int32)
