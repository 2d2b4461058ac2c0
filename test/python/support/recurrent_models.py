"""Models of one SVDF, one LSTM or a few resource variables, as bytes, with random numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]

from support.random_models import random_scale, random_weights, random_zero_point
from support.tflite_model import AnyArray, Value
from support.tflite_writer import Writer

Rng = np.random.Generator


def variable(
    writer: Writer, shape: tuple[int, ...], dtype: str, scale: float, zero_point: int = 0
) -> Value:
    """A tensor that keeps its value from one inference to the next."""
    value = writer.tensor(shape, dtype, scale, zero_point)
    writer.graph.tensors[value.index].isVariable = True
    return value


@dataclass(frozen=True)
class SvdfShape:
    """Sizes and types of an SVDF."""

    values: int = 7
    units: int = 5
    rank: int = 2
    memory: int = 4
    state: str = "int16"
    bias: bool = True


def svdf(rng: Rng, shape: SvdfShape) -> bytes:
    """One SVDF on [1, values], its numbers such that state and output use their ranges."""
    writer = Writer()
    x = writer.input((1, shape.values), scale=random_scale(rng), zero_point=random_zero_point(rng))
    return writer.finish([add_svdf(writer, rng, x, shape)])


def add_svdf(writer: Writer, rng: Rng, x: Value, shape: SvdfShape) -> Value:
    """Adds an SVDF to a model."""
    x_scale = x.scale[0]
    filters = shape.units * shape.rank
    feature_scale, time_scale = random_scale(rng), 1e-4 if shape.state == "int16" else 0.02
    top = 32767 if shape.state == "int16" else 127
    # A few states saturate.
    reach = x_scale * feature_scale * 45 * 90 * np.sqrt(shape.values)
    state_scale = float(np.float32(reach * 2.5 / top))
    feature = writer.constant(random_weights(rng, (filters, shape.values)), feature_scale)
    spread = rng.normal(0, top / 8, (filters, shape.memory))
    time = np.clip(np.rint(spread), -top, top).astype(shape.state)
    taps = shape.rank * shape.memory
    sums = top / 8 * top / 2.5 * np.sqrt(taps)
    out_scale = float(state_scale * time_scale * sums / 70)
    bias = writer.constant(
        rng.normal(0, sums / 3, shape.units).astype(np.int32), state_scale * time_scale
    )
    state = variable(writer, (1, filters * shape.memory), shape.state, state_scale)
    out = writer.tensor((1, shape.units), "int8", out_scale, random_zero_point(rng))
    options = schema.SVDFOptionsT()
    options.rank = shape.rank
    options.fusedActivationFunction = schema.ActivationFunctionType.RELU
    operands = [x, feature, writer.constant(time, time_scale), bias if shape.bias else None, state]
    writer.operator("SVDF", operands, [out], options, version=3)
    return out


@dataclass(frozen=True)
class LstmShape:
    """Sizes of an LSTM and what else it may differ in."""

    steps: int = 3
    values: int = 6
    units: int = 5
    time_major: bool = False
    cell_exponent: int = -12
    cell_clip: float = 10.0


def lstm(rng: Rng, shape: LstmShape) -> bytes:
    """One LSTM, its gates neither all open nor all shut."""
    writer = Writer()
    sizes = (shape.steps, 1) if shape.time_major else (1, shape.steps)
    scale, zero_point = random_scale(rng, 0.01, 0.1), random_zero_point(rng)
    x = writer.input((*sizes, shape.values), scale=scale, zero_point=zero_point)
    return writer.finish([add_lstm(writer, rng, x, shape)])


def add_lstm(writer: Writer, rng: Rng, x: Value, shape: LstmShape) -> Value:
    """Adds an LSTM to a model."""
    x_scale, hidden_scale = x.scale[0], random_scale(rng, 0.005, 0.01)
    hidden_point = int(rng.integers(-20, 20))
    weights, recurrent, biases = [], [], []
    for _ in range(4):
        scale = 2.5 / (x_scale * 90 * 45 * np.sqrt(shape.values)) * rng.uniform(0.5, 2)
        weights.append(writer.constant(random_weights(rng, (shape.units, shape.values)), scale))
        again = 2.5 / (hidden_scale * 60 * 45 * np.sqrt(shape.units)) * rng.uniform(0.5, 2)
        recurrent.append(writer.constant(random_weights(rng, (shape.units, shape.units)), again))
        values = rng.normal(0, 1 / (scale * x_scale), shape.units)
        biases.append(writer.constant(values.astype(np.int32), scale * x_scale))
    hidden = variable(writer, (1, shape.units), "int8", hidden_scale, hidden_point)
    cell = variable(writer, (1, shape.units), "int16", 2.0**shape.cell_exponent)
    out = writer.tensor((*x.shape[:-1], shape.units), "int8", hidden_scale, hidden_point)
    options = schema.UnidirectionalSequenceLSTMOptionsT()
    options.fusedActivationFunction = schema.ActivationFunctionType.TANH
    options.cellClip, options.projClip = shape.cell_clip, 0.0
    options.timeMajor = shape.time_major
    nothing = [None] * 3
    operands = [
        x, *weights, *recurrent, *nothing, *biases, None, None, hidden, cell, *nothing, None
    ]  # fmt: skip
    writer.operator("UNIDIRECTIONAL_SEQUENCE_LSTM", operands, [out], options)
    # The scales of layer normalization, which is not there, and the hidden state's.
    inner = [writer.tensor((0,), "float32") for _ in range(4)]
    inner.append(writer.tensor((0,), "int8", hidden_scale, hidden_point))
    writer.graph.operators[-1].intermediates = [value.index for value in inner]
    return out


def recurrent_operators() -> bytes:
    """A network of an LSTM, an SVDF and what stands around them in real files."""
    rng = np.random.default_rng(8)
    writer = Writer()
    frames = writer.input((1, 1, 6), "int16", scale=0.001)
    x = writer.quantize(frames, "int8", scale=0.05, zero_point=-3)
    x = add_lstm(writer, rng, x, LstmShape(steps=1))
    x = add_svdf(writer, rng, writer.reshape(x, (1, 5)), SvdfShape(values=5))
    scores = writer.tensor((1, 5), "int16", 1 / 65536, -32768)
    options = schema.SoftmaxOptionsT()
    options.beta = 1.0
    writer.operator("SOFTMAX", [x], [scores], options, version=3)
    return writer.finish([writer.quantize(scores, "int32", scale=1 / 32768)])


class Variables(Writer):
    """A model with resource variables under construction."""

    def __init__(self) -> None:
        super().__init__()
        self.initial: list[tuple[str, AnyArray, float]] = []

    def handle(self, name: str) -> Value:
        """VAR_HANDLE of the variable ``name``."""
        out = self.tensor((), "int32")
        self.graph.tensors[out.index].type = schema.TensorType.RESOURCE
        options = schema.VarHandleOptionsT()
        options.container, options.sharedName = "", name
        self.operator("VAR_HANDLE", [], [out], options)
        return out

    def read(self, handle: Value, shape: tuple[int, ...], scale: float) -> Value:
        """READ_VARIABLE as int8."""
        out = self.tensor(shape, "int8", scale)
        self.operator("READ_VARIABLE", [handle], [out], schema.ReadVariableOptionsT())
        return out

    def assign(self, handle: Value, value: Value) -> None:
        """ASSIGN_VARIABLE."""
        self.operator("ASSIGN_VARIABLE", [handle, value], [], schema.AssignVariableOptionsT())

    def call_once(self) -> None:
        """CALL_ONCE of the second subgraph, which :meth:`finish` makes of ``initial``."""
        options = schema.CallOnceOptionsT()
        options.initSubgraphIndex = 1
        self.operator("CALL_ONCE", [], [], options)

    def finish(self, outputs: list[Value]) -> bytes:  # type: ignore[override]
        """The model with its initialization."""
        main = self.graph
        main.outputs = [value.index for value in outputs]
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators, self.graph.inputs = [], [], []
        for name, values, scale in self.initial:
            self.assign(self.handle(name), self.constant(values, scale))
        self.model.subgraphs.append(self.graph)
        initialization, self.graph = self.graph, main
        initialization.outputs = []
        return super().finish(outputs)
