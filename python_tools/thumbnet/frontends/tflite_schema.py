"""The parts of the TFLite schema that the frontend reads, as plain dataclasses.

Field numbers are the positions in ``tensorflow/compiler/mlir/lite/schema/schema.fbs``.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tflite  # type: ignore[import-untyped]

from thumbnet.frontends.flatbuffer import Malformed, Reader, Table

IDENTIFIER = b"TFL3"


def _names(enumeration: type) -> dict[int, str]:
    """Value -> name of an enumeration class of the schema."""
    return {value: name for name, value in vars(enumeration).items() if isinstance(value, int)}


BUILTIN_OPERATORS = _names(tflite.BuiltinOperator)
TENSOR_TYPES = _names(tflite.TensorType)
BUILTIN_OPTIONS = _names(tflite.BuiltinOptions)


@dataclass(frozen=True, eq=False)
class RawTensor:
    """A tensor as the file has it; nothing is checked beyond the encoding."""

    name: str
    shape: tuple[int, ...]
    shape_signature: tuple[int, ...]
    type_name: str
    buffer: int
    scale: tuple[float, ...]
    zero_point: tuple[int, ...]
    quantized_dimension: int
    unusual: str
    """What makes the tensor more than plain data ("sparse", ...); "" for plain data."""
    variable: bool = False
    """Whether it keeps its value from one inference to the next."""


@dataclass(frozen=True, eq=False)
class RawOperator:
    """An operator: indices of tensors (-1 where an input is absent) and its options.

    ``intermediates`` are tensors that hold the quantization of values inside the operator.
    """

    builtin: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Table | None
    options_name: str
    version: int = 1
    intermediates: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class RawModel:
    """A subgraph of a file. Tensors and buffers are tables, decoded on demand."""

    reader: Reader
    tensors: tuple[Table, ...]
    buffers: tuple[Table, ...]
    operators: tuple[RawOperator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    subgraphs: tuple[Table, ...]
    codes: tuple[tuple[str, int], ...]

    def subgraph(self, index: int) -> RawModel:
        """Subgraph ``index`` of the same file."""
        if not 0 <= index < len(self.subgraphs):
            raise Malformed(f"subgraph {index} does not exist; there are {len(self.subgraphs)}")
        table = self.subgraphs[index]
        found = dataclasses.replace(
            self,
            tensors=tuple(table.tables(0)),
            operators=tuple(_operator(operator, self.codes) for operator in table.tables(3)),
            inputs=tuple(table.values(1, "i4")),
            outputs=tuple(table.values(2, "i4")),
        )
        _check_indices(found)
        return found

    def tensor(self, index: int) -> RawTensor:
        """Decodes tensor ``index``."""
        return _tensor(self.tensors[index])

    def buffer(self, index: int) -> npt.NDArray[np.uint8]:
        """The bytes of buffer ``index``, a view; empty for a value computed at run time."""
        if index >= len(self.buffers):
            raise Malformed(f"buffer {index} does not exist")
        table = self.buffers[index]
        offset, size = table.integer(1, "Q"), table.integer(2, "Q")
        if offset > 1:  # data of a large file lies behind the FlatBuffer
            if offset + size > len(self.reader.data):
                raise Malformed(f"buffer {index} lies outside the file")
            return np.frombuffer(self.reader.data, np.uint8, size, offset)
        return table.array(0, "u1")


def read_model(data: bytes) -> RawModel:
    """Decodes the first subgraph of a .tflite file.

    Raises:
        Malformed: the bytes are not a TFLite model.
    """
    if data[4:8] != IDENTIFIER:
        raise Malformed(f"bytes 4 to 7 are {data[4:8]!r}, not {IDENTIFIER!r}")
    reader = Reader(data)
    model = reader.root()
    subgraphs = model.tables(2)
    if not subgraphs:
        raise Malformed("it holds no subgraph")
    codes = tuple((_operator_name(code), code.integer(2, "i", 1)) for code in model.tables(1))
    buffers = tuple(model.tables(4))
    return RawModel(reader, (), buffers, (), (), (), tuple(subgraphs), codes).subgraph(0)


def _operator_name(code: Table) -> str:
    # Codes above 127 do not fit the old byte field, which then holds a placeholder.
    builtin = max(code.integer(0, "b"), code.integer(3, "i"))
    name = BUILTIN_OPERATORS.get(builtin, f"BUILTIN_{builtin}")
    return f"CUSTOM {code.text(1)}" if name == "CUSTOM" else name


def _operator(table: Table, codes: tuple[tuple[str, int], ...]) -> RawOperator:
    index = table.integer(0, "I")
    if index >= len(codes):
        raise Malformed(f"operator code {index} does not exist")
    options = table.integer(3, "B")
    builtin, version = codes[index]
    return RawOperator(
        builtin,
        tuple(table.values(1, "i4")),
        tuple(table.values(2, "i4")),
        table.table(4),
        BUILTIN_OPTIONS.get(options, f"options {options}"),
        version,
        tuple(table.values(8, "i4")),
    )


def _check_indices(model: RawModel) -> None:
    count = len(model.tensors)
    required = [*model.inputs, *model.outputs]
    for operator in model.operators:
        required.extend(operator.outputs)
        optional = (*operator.inputs, *operator.intermediates)
        required.extend(index for index in optional if index != -1)
    for index in required:
        if not 0 <= index < count:
            raise Malformed(f"tensor {index} does not exist; there are {count}")


def _tensor(table: Table) -> RawTensor:
    quantization = table.table(4)
    scale: list[Any] = []
    zero_point: list[Any] = []
    axis = 0
    unusual = "sparse" if table.table(6) is not None else ""
    if quantization is not None:
        scale, zero_point = quantization.values(2, "f4"), quantization.values(3, "i8")
        axis = quantization.integer(6, "i")
        if quantization.integer(4, "B") != 0:
            unusual = "quantized by blocks or by a custom scheme"
    kind = table.integer(1, "b")
    return RawTensor(
        table.text(3),
        tuple(table.values(0, "i4")),
        tuple(table.values(7, "i4")),
        TENSOR_TYPES.get(kind, f"TYPE_{kind}"),
        table.integer(2, "I"),
        tuple(scale),
        tuple(zero_point),
        axis,
        unusual,
        table.flag(5),
    )
