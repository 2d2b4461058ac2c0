"""Converters of the operators that keep a state: SVDF and UNIDIRECTIONAL_SEQUENCE_LSTM."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from thumbnet.frontends.tflite_nodes import Converted, Converter, Node
from thumbnet.ir.attributes import Activation, Lstm, Reshape, Svdf
from thumbnet.ir.graph import DType, Quantization, State, Tensor

GATES = ("input", "forget", "cell", "output")
TANH = 4
LSTM_INPUTS = (20, 24)
"""How many inputs UNIDIRECTIONAL_SEQUENCE_LSTM has: without and with layer normalization."""


def svdf(node: Node) -> Converted:
    """SVDF of int8 with int16 or int8 state.

    TFLite takes no activation but RELU and leaves it to the output's range.
    """
    x, output = node.input(0), node.output()
    node.require("input", x, DType.INT8)
    node.require("output", output, DType.INT8)
    node.require_rank("input", x, 2)
    feature = _weights(node, 1, "feature weights", DType.INT8)
    time = _weights(node, 2, "time weights", DType.INT16, DType.INT8)
    state = node.variable(4, "state")
    _symmetric(node, "state", state, time.dtype)
    rank = node.integer("SVDFOptions", 0, "i")
    activation = node.activation("SVDFOptions", 1)
    if activation is not Activation.RELU:
        raise node.refuse(f"its activation is {activation.value}; RELU is supported", "use RELU")
    filters, memory = time.shape
    if rank < 1 or filters % rank:
        raise node.malformed(f"rank {rank} does not divide {filters} filters")
    if feature.shape != (filters, x.shape[1]) or state.shape != (x.shape[0], filters * memory):
        raise node.malformed(
            f"feature weights {list(feature.shape)} and state {list(state.shape)} do not fit input"
            f" {list(x.shape)} and time weights {list(time.shape)}"
        )
    bias = _bias(node, 3, "bias", filters // rank) if node.present(3) else None
    node.expect_shape((x.shape[0], filters // rank))
    kept, after = _state(node, state)
    return Converted(
        "svdf", Svdf(rank), (x, feature, time, bias, state), (output, after), states=(kept,)
    )


def unidirectional_sequence_lstm(node: Node) -> Sequence[Converted]:
    """UNIDIRECTIONAL_SEQUENCE_LSTM of int8 with int16 cells, its time along the width."""
    x, output = node.input(0), node.output()
    node.require("input", x, DType.INT8)
    node.require("output", output, DType.INT8)
    _plain_lstm(node)
    weights = [
        _weights(node, 1 + i, f"{gate} gate's weights", DType.INT8) for i, gate in enumerate(GATES)
    ]
    recurrent = [
        _weights(node, 5 + i, f"{gate} gate's recurrent weights", DType.INT8)
        for i, gate in enumerate(GATES)
    ]
    units, depth = weights[0].shape
    biases = [_bias(node, 12 + i, f"{gate} gate's bias", units) for i, gate in enumerate(GATES)]
    hidden, cell = node.variable(18, "hidden state"), node.variable(19, "cell state")
    steps = _steps(node, x, depth)
    node.expect_shape((*x.shape[:-1], units))
    if any(w.shape != (units, depth) for w in weights) or any(
        w.shape != (units, units) for w in recurrent
    ):
        shapes = [list(w.shape) for w in (*weights, *recurrent)]
        raise node.malformed(f"its weights have shapes {shapes}")
    if hidden.shape != (1, units) or cell.shape != (1, units):
        raise node.malformed(f"states have shapes {list(hidden.shape)}, {list(cell.shape)}")
    _check_states(node, hidden, cell, output)
    kept_hidden, after_hidden = _state(node, hidden)
    kept_cell, after_cell = _state(node, cell)
    before, behind, values = _along_width(node, x, output, steps)
    lstm = Converted(
        "unidirectional_sequence_lstm",
        Lstm(_cell_clip(node, cell)),
        (values[0], *weights, *recurrent, *biases, hidden, cell),
        (values[1], after_hidden, after_cell),
        states=(kept_hidden, kept_cell),
    )
    return [*before, lstm, *behind]


def _plain_lstm(node: Node) -> None:
    """Refuses what TFLite's kernel can do beyond an ordinary LSTM."""
    count = len(node.raw.inputs)
    if count not in LSTM_INPUTS:
        raise node.malformed(f"has {count} inputs; it takes 20 or 24")
    parts = {
        "peephole connections": range(9, 12),
        "a projection": range(16, 18),
        "layer normalization": range(20, 24),
    }
    for what, numbers in parts.items():
        if any(node.present(number) for number in numbers):
            raise node.refuse(f"has {what}; none is supported", "use an ordinary LSTM layer")
    if not node.present(1) or not node.present(5):
        raise node.refuse(
            "has no input gate (coupled input and forget gates); four gates are supported",
            "use an ordinary LSTM layer",
        )
    options = "UnidirectionalSequenceLSTMOptions"
    if node.integer(options, 0, "b") != TANH:
        raise node.refuse("its activation is not TANH", "use an LSTM layer with tanh")
    if node.integer(options, 5, "B"):
        raise node.refuse("has diagonal recurrent weights; full ones are supported")


def _weights(node: Node, number: int, role: str, *allowed: DType) -> Tensor:
    """Constant symmetric weights of two dimensions and one scale."""
    weights = node.input(number, role)
    node.require(role, weights, *allowed)
    node.require_rank(role, weights, 2)
    if weights.data is None:
        raise node.refuse(f"{role} are computed at run time; they must be constant", "freeze them")
    _symmetric(node, role, weights, *allowed)
    return weights


def _symmetric(node: Node, role: str, tensor: Tensor, *allowed: DType) -> None:
    node.require(role, tensor, *allowed)
    quantization = tensor.quantization
    if quantization is None or not quantization.per_tensor or quantization.scale[0] <= 0:
        raise node.refuse(f"{role} must have one scale above zero", "convert again")
    if quantization.zero_point[0]:
        raise node.refuse(
            f"{role} has zero point {quantization.zero_point[0]}; it must be 0", "convert again"
        )


def _bias(node: Node, number: int, role: str, count: int) -> Tensor:
    bias = node.input(number, role)
    node.require(role, bias, DType.INT32)
    if bias.data is None:
        raise node.refuse(f"{role} is computed at run time; it must be constant", "freeze it")
    if bias.elements != count:
        raise node.malformed(f"{role} has {bias.elements} values for {count} units")
    return bias


def _state(node: Node, variable: Tensor) -> tuple[State, Tensor]:
    """The state that a variable tensor is, and the tensor of its value afterwards."""
    after = node.between("state", variable.shape, variable.dtype, variable.quantization)
    # TFLite resets int8 to its zero point.
    start = variable.zero_point if variable.dtype is DType.INT8 else 0
    initial = np.full(variable.shape, start, variable.dtype.numpy)
    return State(variable.name, after.name, initial), after


def _steps(node: Node, x: Tensor, depth: int) -> int:
    """How many steps a sequence has; it must be one sequence of ``depth`` values a step."""
    node.require_rank("input", x, 3)
    if x.shape[-1] != depth:
        raise node.malformed(f"input {list(x.shape)} does not fit weights for {depth} values")
    major = node.integer("UnidirectionalSequenceLSTMOptions", 3, "B") != 0
    steps, batch = x.shape[:2] if major else x.shape[1::-1]
    if batch != 1:
        raise node.refuse(f"a batch of {batch}; 1 is supported", "export with a batch of 1")
    return steps


def _along_width(
    node: Node, x: Tensor, output: Tensor, steps: int
) -> tuple[list[Converted], list[Converted], tuple[Tensor, Tensor]]:
    """Reshapes of [T,1,I] to [1,T,I] and back, and the tensors between; none where not needed."""
    if x.shape[0] == 1:
        return [], [], (x, output)
    wide_x = node.between("input", (1, steps, x.shape[2]), x.dtype, x.quantization)
    wide = node.between("sequence", (1, steps, output.shape[2]), output.dtype, output.quantization)
    before = Converted("reshape", Reshape(), (x,), (wide_x,))
    behind = Converted("reshape", Reshape(), (wide,), (output,))
    return [before], [behind], (wide_x, wide)


def _check_states(node: Node, hidden: Tensor, cell: Tensor, output: Tensor) -> None:
    """Hidden state, its intermediate and output are quantized alike, cells to a power of two."""
    node.require("hidden state", hidden, DType.INT8)
    _symmetric(node, "cell state", cell, DType.INT16)
    same = [output.quantization]
    if len(node.raw.intermediates) > 4:
        raw = node.tensors.model.tensor(node.raw.intermediates[4])
        same.append(Quantization(raw.scale, raw.zero_point) if raw.scale else None)
    if any(quantization != hidden.quantization for quantization in same):
        raise node.refuse(
            "hidden state and output differ in scale or zero point; equal ones are supported",
            "convert again",
        )
    exponent = math.log2(cell.scale)
    if abs(exponent - round(exponent)) >= 1e-3 or not -15 <= round(exponent) <= -9:
        raise node.refuse(
            f"cell state has scale {cell.scale:g}; powers of two from 2^-15 to 2^-9 are supported",
            "convert again",
        )


def _cell_clip(node: Node, cell: Tensor) -> int:
    """The clip of cells in their integers; 0 for none."""
    options = node.options("UnidirectionalSequenceLSTMOptions")
    clip = 0.0 if options is None else options.number(1)
    if not math.isfinite(clip):
        raise node.malformed(f"cell clip is {clip}")
    return min(int(np.float32(clip) / np.float32(cell.scale)), 32767) if clip > 0 else 0


CONVERTERS: dict[str, Converter] = {
    "SVDF": svdf,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": unidirectional_sequence_lstm,
}
"""Builtin operator -> converter."""
