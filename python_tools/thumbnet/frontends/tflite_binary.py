"""Converters of functions of two operands and of selections."""

from __future__ import annotations

import numpy as np

from thumbnet.frontends.tflite_nodes import Converted, Converter, Node
from thumbnet.ir.attributes import Activation, Attributes, Elementwise
from thumbnet.ir.graph import DType, Tensor

_BYTES = (DType.INT8, DType.UINT8, DType.BOOL)


def _operands(node: Node, count: int = 2) -> list[Tensor]:
    """The operands; the output must have their shapes, broadcast."""
    values = [node.input(number, f"operand {number}") for number in range(count)]
    shapes = [tensor.shape for tensor in values]
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        listed = ", ".join(str(list(shape)) for shape in shapes)
        raise node.malformed(f"operands {listed} do not broadcast") from None
    node.expect_shape(shape)
    return values


def _clamped(builtin: str, options: str | None = None) -> Converter:
    """The converter of a function of two int8 operands that ends in a clamp."""

    def convert(node: Node) -> Converted:
        values = _operands(node)
        for number, tensor in enumerate(values):
            node.require(f"operand {number}", tensor, DType.INT8)
        node.require("output", node.output(), DType.INT8)
        activation = Activation.NONE if options is None else node.activation(options, 0)
        return Converted(builtin.lower(), Elementwise(activation), tuple(values))

    convert.__doc__ = f"{builtin} of int8."
    return convert


def _integers(builtin: str) -> Converter:
    """The converter of a function of integers as they are, whatever their scales."""

    def convert(node: Node) -> Converted:
        made = _clamped(builtin)(node)
        assert isinstance(made, Converted)
        return Converted(made.kind, Attributes(), made.inputs)

    convert.__doc__ = f"{builtin} of int8, of the integers as they are."
    return convert


def _predicate(builtin: str, dtype: DType) -> Converter:
    """The converter of a function of two operands with an output of type bool."""

    def convert(node: Node) -> Converted:
        values = _operands(node)
        for number, tensor in enumerate(values):
            node.require(f"operand {number}", tensor, dtype)
        node.require("output", node.output(), DType.BOOL)
        return Converted(builtin.lower(), Attributes(), tuple(values))

    convert.__doc__ = f"{builtin} of {dtype.value}."
    return convert


def select(node: Node) -> Converted:
    """SELECT by a condition of the operands' shape or of one element."""
    condition, x = node.input(0, "condition"), node.input(1)
    if condition.elements != 1 and condition.shape != x.shape:
        raise node.refuse(
            f"condition has shape {list(condition.shape)} and the operands {list(x.shape)}",
            "use SELECT_V2, which broadcasts",
        )
    return _selection(node, "select")


def select_v2(node: Node) -> Converted:
    """SELECT_V2."""
    return _selection(node, "select_v2")


def _selection(node: Node, kind: str) -> Converted:
    values = _operands(node, 3)
    node.require("condition", values[0], DType.BOOL)
    node.require("first value", values[1], *_BYTES)
    node.require("second value", values[2], values[1].dtype)
    node.require("output", node.output(), values[1].dtype)
    return Converted(kind, Attributes(), tuple(values))


CONVERTERS: dict[str, Converter] = {
    "MAXIMUM": _clamped("MAXIMUM"),
    "MINIMUM": _clamped("MINIMUM"),
    "SQUARED_DIFFERENCE": _clamped("SQUARED_DIFFERENCE"),
    "PRELU": _clamped("PRELU"),
    "DIV": _clamped("DIV", "DivOptions"),
    "FLOOR_DIV": _integers("FLOOR_DIV"),
    "FLOOR_MOD": _integers("FLOOR_MOD"),
    "EQUAL": _predicate("EQUAL", DType.INT8),
    "NOT_EQUAL": _predicate("NOT_EQUAL", DType.INT8),
    "GREATER": _predicate("GREATER", DType.INT8),
    "GREATER_EQUAL": _predicate("GREATER_EQUAL", DType.INT8),
    "LESS": _predicate("LESS", DType.INT8),
    "LESS_EQUAL": _predicate("LESS_EQUAL", DType.INT8),
    "LOGICAL_AND": _predicate("LOGICAL_AND", DType.BOOL),
    "LOGICAL_OR": _predicate("LOGICAL_OR", DType.BOOL),
    "SELECT": select,
    "SELECT_V2": select_v2,
}
"""Builtin operator -> converter."""
