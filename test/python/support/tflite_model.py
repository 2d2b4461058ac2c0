"""Tensors and operators of a .tflite model under construction, for tests.

What the operators look like is in :mod:`support.tflite_writer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]

AnyArray = npt.NDArray[Any]
Scales = float | Sequence[float] | AnyArray
ZeroPoints = int | Sequence[int] | AnyArray

TYPES = {
    "float32": schema.TensorType.FLOAT32,
    "int32": schema.TensorType.INT32,
    "uint8": schema.TensorType.UINT8,
    "int64": schema.TensorType.INT64,
    "bool": schema.TensorType.BOOL,
    "int16": schema.TensorType.INT16,
    "int8": schema.TensorType.INT8,
}


@dataclass(frozen=True)
class Value:
    """A tensor of the model under construction."""

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: tuple[float, ...] = ()
    zero_point: tuple[int, ...] = ()


class ModelBuilder:
    """One subgraph under construction."""

    def __init__(self) -> None:
        self.model = schema.ModelT()
        self.graph = schema.SubGraphT()
        self.model.version = 3
        self.model.description = "thumbnet test"
        self.model.subgraphs = [self.graph]
        self.model.operatorCodes = []
        self.model.buffers = [schema.BufferT()]
        self.graph.tensors, self.graph.operators, self.graph.inputs = [], [], []
        self.graph.name = "main"

    def tensor(
        self,
        shape: Sequence[int],
        dtype: str = "int8",
        scale: Scales = (),
        zero_point: ZeroPoints = (),
        *,
        axis: int = 0,
        data: AnyArray | None = None,
        name: str | None = None,
        signature: Sequence[int] | None = None,
    ) -> Value:
        """Adds a tensor; zero points default to 0 for every scale."""
        scales = tuple(float(s) for s in np.atleast_1d(np.asarray(scale, np.float32)))
        points = tuple(int(z) for z in np.atleast_1d(np.asarray(zero_point, np.int64)))
        points = points * len(scales) if len(points) == 1 else points or (0,) * len(scales)
        index = len(self.graph.tensors)
        new = schema.TensorT()
        new.name = f"t{index}" if name is None else name
        new.shape = list(shape)
        new.type = TYPES[dtype]
        new.hasRank = True
        if signature is not None:
            new.shapeSignature = list(signature)
        if scales:
            new.quantization = schema.QuantizationParametersT()
            new.quantization.scale = list(scales)
            new.quantization.zeroPoint = list(points)
            new.quantization.quantizedDimension = axis
        if data is not None:
            buffer = schema.BufferT()
            raw = np.ascontiguousarray(data, np.dtype(dtype)).tobytes()
            buffer.data = np.frombuffer(raw, np.uint8)
            new.buffer = len(self.model.buffers)
            self.model.buffers.append(buffer)
        self.graph.tensors.append(new)
        return Value(index, new.name, tuple(shape), dtype, scales, points)

    def input(
        self,
        shape: Sequence[int],
        dtype: str = "int8",
        scale: Scales = (),
        zero_point: ZeroPoints = (),
        *,
        name: str | None = None,
        signature: Sequence[int] | None = None,
    ) -> Value:
        """Adds a graph input."""
        value = self.tensor(shape, dtype, scale, zero_point, name=name, signature=signature)
        self.graph.inputs.append(value.index)
        return value

    def constant(
        self,
        data: AnyArray,
        scale: Scales = (),
        zero_point: ZeroPoints = (),
        *,
        axis: int = 0,
        name: str | None = None,
    ) -> Value:
        """Adds a constant of ``data``'s shape and dtype."""
        return self.tensor(
            data.shape, data.dtype.name, scale, zero_point, axis=axis, data=data, name=name
        )

    def operator(
        self,
        builtin: str,
        inputs: Sequence[Value | None],
        outputs: Sequence[Value],
        options: Any = None,
        version: int = 1,
    ) -> None:
        """Adds an operator: ``builtin`` is its name in upper case, ``options`` an ``...OptionsT``.

        Example: ``writer.operator("TANH", [x], [y])``.
        """
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, builtin)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version = version
        new = schema.OperatorT()
        new.opcodeIndex = len(self.model.operatorCodes)
        new.inputs = [-1 if value is None else value.index for value in inputs]
        new.outputs = [value.index for value in outputs]
        if options is not None:
            new.builtinOptions = options
            kind = type(options).__name__.removesuffix("T")
            new.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
        self.model.operatorCodes.append(code)
        self.graph.operators.append(new)

    def finish(self, outputs: Sequence[Value]) -> bytes:
        """The model as the bytes of a .tflite file."""
        self.graph.outputs = [value.index for value in outputs]
        return pack(self.model)


def pack(model: schema.ModelT) -> bytes:
    """The objects of a model as the bytes of a .tflite file."""
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())
