"""Reads the protobuf of an .onnx file into plain values. The file is not trusted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import numpy_helper

from thumbnet.errors import ThumbnetError
from thumbnet.frontends.tflite_tensors import (
    MAX_ELEMENTS,
    MAX_RANK,
    Names,
    printable,
    short_name,
)
from thumbnet.ir.graph import Array, DType

__all__ = ["MAX_ELEMENTS", "MAX_RANK", "Names", "printable", "short_name"]

MAX_FILE_SIZE = 64 << 20
"""Bytes; far above any microcontroller's flash."""
MAX_NODES = 50_000
"""A quantized model has about four nodes an operator."""
MAX_CONSTANT_RANK = 16
"""Dimensions of a constant; what becomes a tensor has up to MAX_RANK."""
OLDEST_OPSET = 11
NEWEST_OPSET = int(onnx.defs.onnx_opset_version())
DOMAINS = {"": "", "ai.onnx": "", "com.microsoft": "com.microsoft"}
"""The domains whose operators are known; both names of ONNX's own are one."""
DAMAGED = "the file is damaged or hand-made; export again"

Attribute = int | float | str | tuple[int, ...] | tuple[float, ...] | tuple[str, ...] | Array

_DTYPES: dict[int, DType] = {
    onnx.TensorProto.FLOAT: DType.FLOAT32,
    onnx.TensorProto.INT8: DType.INT8,
    onnx.TensorProto.UINT8: DType.UINT8,
    onnx.TensorProto.INT16: DType.INT16,
    onnx.TensorProto.INT32: DType.INT32,
    onnx.TensorProto.INT64: DType.INT64,
    onnx.TensorProto.BOOL: DType.BOOL,
}


class NotOnnx(Exception):  # noqa: N818 - the name says what the file is
    """The bytes contradict themselves; the text says where."""


@dataclass(frozen=True, eq=False)
class RawNode:
    """A node of the file; names of tensors as in the file, "" where an input is absent."""

    index: int
    op: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Attribute]


@dataclass(frozen=True)
class Border:
    """An input or output of the network."""

    name: str
    dtype: DType
    shape: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class RawModel:
    """The network of a file: only what its outputs need, in order."""

    file: str
    opset: int
    inputs: tuple[Border, ...]
    outputs: tuple[str, ...]
    nodes: tuple[RawNode, ...]
    constants: dict[str, Array]


def read_file(path: Path) -> bytes:
    """The bytes of a model file.

    Raises:
        ThumbnetError: it cannot be read, or is larger than any model for a microcontroller.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE_SIZE:
            problem = f"has {size} bytes; the limit is {MAX_FILE_SIZE}"
            raise ThumbnetError(path.name, problem, "use a smaller network")
        return path.read_bytes()
    except OSError as error:
        raise ThumbnetError(
            str(path), f"cannot be read: {error.strerror}", "check the path of the model"
        ) from None


def read_model(data: bytes, file: str) -> RawModel:
    """The network in the bytes of an .onnx file; ``file`` is its name for messages.

    Raises:
        NotOnnx: the bytes are no ONNX model, or contradict themselves.
        ThumbnetError: it is one of a sort that the compiler does not know.
    """
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError as error:
        raise NotOnnx(str(error) or "it is no protobuf message of ONNX") from None
    if not model.HasField("graph") or not model.graph.output:
        raise NotOnnx("it holds no network")
    graph = model.graph
    _check_text(model)
    if len(graph.node) > MAX_NODES:
        raise ThumbnetError(file, f"has {len(graph.node)} nodes; the limit is {MAX_NODES}")
    opset = _opset(model, file)
    if graph.sparse_initializer:
        raise ThumbnetError(file, "has sparse weights", "export dense weights")
    constants = {
        item.name: _array(item, f'constant "{printable(item.name)}"', file)
        for item in graph.initializer
    }
    nodes = [_node(index, node, file) for index, node in enumerate(graph.node)]
    borders = tuple(_input(item, file) for item in graph.input if item.name not in constants)
    outputs = tuple(item.name for item in graph.output)
    _check_order(nodes, [*constants, *(border.name for border in borders)], outputs)
    if not borders:
        raise NotOnnx("the network has no inputs")
    return RawModel(file, opset, borders, outputs, needed_nodes(nodes, outputs), constants)


def _check_text(model: onnx.ModelProto) -> None:
    """Names are text; protobuf hands out bytes where they are not."""
    graph = model.graph
    names: list[object] = [item.domain for item in model.opset_import]
    for node in graph.node:
        names += [node.op_type, node.domain, node.name, *node.input, *node.output]
        names += [item.name for item in node.attribute]
    for items in (graph.initializer, graph.input, graph.output):
        names += [item.name for item in items]
    for item in graph.input:
        names += [size.dim_param for size in item.type.tensor_type.shape.dim]
    if not all(isinstance(name, str) for name in names):
        raise NotOnnx("a name in it is not UTF-8")


def _opset(model: onnx.ModelProto, file: str) -> int:
    versions = {DOMAINS.get(item.domain): item.version for item in model.opset_import}
    opset = int(versions.get("", 0))
    if not OLDEST_OPSET <= opset <= NEWEST_OPSET:
        raise ThumbnetError(
            file,
            f"uses opset {opset}; opsets {OLDEST_OPSET} to {NEWEST_OPSET} are supported",
            f"export with opset_version={min(max(opset, 13), NEWEST_OPSET)}",
        )
    return opset


def _node(index: int, node: onnx.NodeProto, file: str) -> RawNode:
    domain = DOMAINS.get(node.domain, node.domain)
    attributes = {}
    for item in node.attribute:
        value = _attribute(item, f'attribute "{printable(item.name)}" of node {index}', file)
        if value is not None:
            attributes[item.name] = value
    return RawNode(
        index,
        node.op_type,
        domain,
        node.name,
        tuple(node.input),
        tuple(node.output),
        attributes,
    )


def _attribute(item: onnx.AttributeProto, place: str, file: str) -> Attribute | None:
    """The value; None of a sort that no known operator has (graphs, sparse tensors, types)."""
    kinds = onnx.AttributeProto
    if item.type == kinds.INT:
        return int(item.i)
    if item.type == kinds.FLOAT:
        return float(item.f)
    if item.type == kinds.STRING:
        return item.s.decode("utf-8", errors="replace")
    if item.type == kinds.INTS:
        return tuple(int(value) for value in item.ints)
    if item.type == kinds.FLOATS:
        return tuple(float(value) for value in item.floats)
    if item.type == kinds.STRINGS:
        return tuple(value.decode("utf-8", errors="replace") for value in item.strings)
    return _array(item.t, place, file) if item.type == kinds.TENSOR else None


def _array(item: onnx.TensorProto, place: str, file: str) -> Array:
    """A constant of the file; other types than the compiler's stay, their reader refuses them."""
    if item.data_location == onnx.TensorProto.EXTERNAL or item.external_data:
        raise ThumbnetError(
            f"{file}: {place}",
            "lies in another file; models of one file are supported",
            "save it with onnx.save(model, path, save_as_external_data=False)",
        )
    if item.data_type not in _DTYPES and item.data_type not in (
        onnx.TensorProto.DOUBLE,
        onnx.TensorProto.FLOAT16,
        onnx.TensorProto.UINT16,
        onnx.TensorProto.UINT32,
    ):
        raise ThumbnetError(
            f"{file}: {place}",
            f"has type {_type_name(item.data_type)}; constants of int8, uint8, int16, int32, int64,"
            " bool and float32 are supported",
            "quantize weights to int8",
        )
    large = math.prod(item.dims) > MAX_ELEMENTS or len(item.dims) > MAX_CONSTANT_RANK
    if large or any(size < 0 for size in item.dims):
        raise NotOnnx(f"{place} has shape {list(item.dims)}")
    try:
        array = np.asarray(numpy_helper.to_array(item))
    except (ValueError, TypeError, IndexError) as error:
        raise NotOnnx(f"{place} has data of another size or type: {error}") from None
    if array.dtype in (np.float64, np.float16):
        with np.errstate(over="ignore"):
            array = array.astype(np.float32)
    return np.ascontiguousarray(array).reshape(array.shape)


def _type_name(number: int) -> str:
    known = onnx.TensorProto.DataType.values()
    return onnx.TensorProto.DataType.Name(number) if number in known else f"number {number}"


def _input(item: onnx.ValueInfoProto, file: str) -> Border:
    name = printable(item.name)
    place = f'{file}: input "{name}"'
    if not item.type.HasField("tensor_type") or not item.type.tensor_type.HasField("shape"):
        raise ThumbnetError(
            place, "is no tensor of a known shape", "export with a fixed input shape"
        )
    tensor = item.type.tensor_type
    dtype = _DTYPES.get(tensor.elem_type)
    if dtype is None:
        known = ", ".join(dtype.name for dtype in DType)
        raise ThumbnetError(
            place, f"has type {_type_name(tensor.elem_type)}; thumbnet knows {known}"
        )
    sizes = [d.dim_value if d.HasField("dim_value") else -1 for d in tensor.shape.dim]
    if sizes and sizes[0] < 1:
        sizes[0] = 1  # a dynamic batch
    if len(sizes) > MAX_RANK:
        raise ThumbnetError(place, f"has {len(sizes)} dimensions; the limit is {MAX_RANK}")
    if any(size < 1 for size in sizes):
        named = [d.dim_param or d.dim_value for d in tensor.shape.dim]
        raise ThumbnetError(
            place,
            f"has the dynamic shape {printable(str(named))}; thumbnet supports fixed shapes"
            " (a dynamic batch is made 1)",
            "export with a fixed input shape",
        )
    if math.prod(sizes) > MAX_ELEMENTS:
        raise ThumbnetError(place, f"has shape {sizes}; the limit is {MAX_ELEMENTS} elements")
    return Border(item.name, dtype, tuple(sizes))


def _check_order(nodes: Sequence[RawNode], given: Sequence[str], outputs: Sequence[str]) -> None:
    """Every value is written once, and before it is read, as ONNX demands."""
    ready = {""}
    for name in given:
        if name in ready:
            raise NotOnnx(f'"{printable(name)}" is given twice')
        ready.add(name)
    for node in nodes:
        for name in node.inputs:
            if name not in ready:
                raise NotOnnx(
                    f'node {node.index} ({printable(node.op)}) reads "{printable(name)}" before it'
                    " is written: its nodes are cyclic or out of order"
                )
        for name in node.outputs:
            if name and name in ready:
                raise NotOnnx(f'"{printable(name)}" is written twice')
            ready.add(name)
    for name in outputs:
        if name not in ready or not name:
            raise NotOnnx(f'output "{printable(name)}" is never written')


def needed_nodes(nodes: Sequence[RawNode], outputs: Sequence[str]) -> tuple[RawNode, ...]:
    """The nodes that the outputs depend on."""
    wanted, needed = set(outputs), []
    for node in reversed(nodes):
        if wanted.intersection(node.outputs):
            needed.append(node)
            wanted.update(node.inputs)
    return tuple(reversed(needed))
