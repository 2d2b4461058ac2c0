"""Values that are known when a file is read: shapes, and what is computed of constants alone.

Converters ask for constants (axes, sizes, begins), and files compute them: SHAPE of a fixed shape,
a slice of it, a product. Only plain numbers are computed here; quantized constants are left to the
pass that folds them. What moves elements is done by the operators' own references.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from thumbnet.frontends.tflite_nodes import Converted, Converter, Node
from thumbnet.ir.graph import DType, Graph, Operator, Tensor
from thumbnet.operators.registry import families

PLAIN = (DType.INT32, DType.INT64, DType.FLOAT32, DType.BOOL)
"""Types whose values are numbers as they stand."""

MOVERS = (
    *("RESHAPE", "SQUEEZE", "EXPAND_DIMS", "PACK", "UNPACK", "SLICE", "STRIDED_SLICE", "SPLIT"),
    *("SPLIT_V", "GATHER", "GATHER_ND", "CONCATENATION", "TRANSPOSE", "TILE", "BROADCAST_TO"),
    *("REVERSE_V2", "PAD", "PADV2"),
)
"""Operators whose converters make what moves elements."""

AnyArray = npt.NDArray[Any]
Evaluate = Callable[[Node, Sequence[AnyArray], Tensor], AnyArray]
"""The value of a node's only output, from its inputs; the tensor is what the file declares."""


def fold(node: Node, converters: Mapping[str, Converter]) -> dict[int, Tensor] | None:
    """The node's outputs as constants, by their index in the file; None where they are not known.

    Raises:
        ThumbnetError: the node contradicts itself.
    """
    builtin = node.raw.builtin
    if builtin not in MOVERS and builtin not in EVALUATORS:
        return None
    outputs = node.outputs()
    if not all(output.dtype in PLAIN for output in outputs):
        return None
    given = [node.tensors.get(index) for index in node.raw.inputs if index != -1]
    if builtin not in BY_SHAPE and not all(
        tensor.data is not None and tensor.dtype in PLAIN for tensor in given
    ):
        return None
    if builtin in IN_ANY_ORDER and outputs[0].dtype is DType.FLOAT32:
        return None
    if builtin in BY_SHAPE and len(given) != 1:
        raise node.malformed(f"has {len(given)} inputs; it takes one")
    node.tensors.model.reader.spend(sum(output.elements for output in outputs))
    if builtin in MOVERS:
        values = _moved(node, converters[builtin])
    else:
        values = {node.output().name: _computed(node, given, outputs[0])}
    found = {}
    for index, output in zip(node.raw.outputs, outputs, strict=True):
        value = np.ascontiguousarray(values[output.name]).reshape(output.shape)
        value.setflags(write=False)
        found[index] = dataclasses.replace(output, data=value)
    return found


def _moved(node: Node, converter: Converter) -> dict[str, AnyArray]:
    """What the operators that a node becomes make of its constants."""
    made = converter(node)
    values: dict[str, AnyArray] = {}
    for one in [made] if isinstance(made, Converted) else made:
        outputs = one.outputs or (node.output(),)
        inputs = [tensor for tensor in one.inputs if tensor is not None]
        tensors = {tensor.name: tensor for tensor in (*inputs, *outputs)}
        names = tuple(tensor.name for tensor in inputs)
        operator = Operator(one.kind, "", names, (outputs[0].name,), one.attributes)
        graph = Graph("", tensors, (operator,), (), (outputs[0].name,))
        family = families()[one.kind]
        for constraint in family.constraints:
            problem = constraint(graph, operator)
            if problem is not None:
                raise node.refuse(problem, "export with fixed shapes")
        given = [values.get(tensor.name, tensor.data) for tensor in inputs]
        values[outputs[0].name] = family.reference(graph, operator, given)[0]
    return values


def _computed(node: Node, given: Sequence[Tensor], output: Tensor) -> AnyArray:
    """The value of an evaluator, of the declared shape and type."""
    if node.raw.builtin in BY_SHAPE:
        values: list[AnyArray] = [np.array(given[0].shape, np.int64)]
    else:
        values = [tensor.data for tensor in given if tensor.data is not None]
    with np.errstate(all="ignore"):
        found = np.asarray(EVALUATORS[node.raw.builtin](node, values, output))
    if found.shape != output.shape:
        raise node.malformed(
            f"its output is declared {list(output.shape)} and must be {list(found.shape)}"
        )
    return found.astype(output.dtype.numpy)


# -- evaluators -----------------------------------------------------------------------------------


def _binary(function: Callable[[AnyArray, AnyArray], AnyArray], options: str = "") -> Evaluate:
    """``function`` of two operands, broadcast; ``options`` have a fused activation."""

    def evaluate(node: Node, values: Sequence[AnyArray], output: Tensor) -> AnyArray:
        if len(values) != 2:
            raise node.malformed(f"has {len(values)} inputs; it takes two")
        if options and node.integer(options, 0, "b") != 0:
            raise node.refuse("a fused activation of a constant", "apply it before or after")
        _expect(node, output, _broadcast(node, values))
        return function(values[0], values[1])

    return evaluate


def _divided(node: Node, values: Sequence[AnyArray], output: Tensor) -> AnyArray:
    a, b = values
    if a.dtype.kind == "f":
        ratio: AnyArray = np.divide(a, b)
        return ratio
    if not np.all(b):
        raise node.malformed("it divides by zero")
    quotient = np.abs(a.astype(np.int64)) // np.abs(b.astype(np.int64))
    towards_zero: AnyArray = np.sign(a) * np.sign(b) * quotient
    return towards_zero


def _whole(function: Callable[[AnyArray, AnyArray], AnyArray]) -> Evaluate:
    """``function`` of two operands, of which the second is not zero."""
    pair = _binary(function)

    def evaluate(node: Node, values: Sequence[AnyArray], output: Tensor) -> AnyArray:
        if values[-1].dtype.kind != "f" and not np.all(values[-1]):
            raise node.malformed("it divides by zero")
        return pair(node, values, output)

    return evaluate


def _div(node: Node, values: Sequence[AnyArray], output: Tensor) -> AnyArray:
    return _binary(lambda a, b: _divided(node, (a, b), output), "DivOptions")(node, values, output)


def _unary(function: Callable[[AnyArray], AnyArray]) -> Evaluate:
    def evaluate(node: Node, values: Sequence[AnyArray], output: Tensor) -> AnyArray:
        if len(values) != 1:
            raise node.malformed(f"has {len(values)} inputs; it takes one")
        return function(values[0])

    return evaluate


def _reduced(function: Callable[[AnyArray, tuple[int, ...], bool], AnyArray]) -> Evaluate:
    """``function`` of a value, the axes and whether these are kept."""

    def evaluate(node: Node, values: Sequence[AnyArray], output: Tensor) -> AnyArray:
        if len(values) != 2:
            raise node.malformed(f"has {len(values)} inputs; it takes two")
        rank = values[0].ndim
        axes = [int(axis) for axis in values[1].reshape(-1)]
        if not all(-rank <= axis < rank for axis in axes):
            raise node.malformed(f"axes {axes} are not among {rank} dimensions")
        keep = node.integer("ReducerOptions", 0, "B") != 0
        return function(values[0], tuple(sorted({axis % rank for axis in axes})), keep)

    return evaluate


def _cast(node: Node, values: Sequence[AnyArray], output: Tensor) -> AnyArray:
    return values[0].astype(output.dtype.numpy)


def _fill(node: Node, values: Sequence[AnyArray], output: Tensor) -> AnyArray:
    if len(values) != 2 or values[1].size != 1:
        raise node.malformed("it takes dimensions and one value")
    _expect(node, output, tuple(int(n) for n in values[0].reshape(-1)))
    return np.full(output.shape, values[1].reshape(-1)[0])


def _range(node: Node, values: Sequence[AnyArray], output: Tensor) -> AnyArray:
    if len(values) != 3 or any(value.size != 1 for value in values):
        raise node.malformed("it takes a start, a limit and a step")
    start, limit, step = (value.reshape(-1)[0].item() for value in values)
    if not (step and all(map(math.isfinite, (start, limit, step)))):
        raise node.malformed(f"goes from {start} to {limit} by {step}")
    _expect(node, output, (max(math.ceil((limit - start) / step), 0),))
    found: AnyArray = start + step * np.arange(output.shape[0])
    return found


def _select(node: Node, values: Sequence[AnyArray], output: Tensor) -> AnyArray:
    if len(values) != 3:
        raise node.malformed(f"has {len(values)} inputs; it takes three")
    _expect(node, output, _broadcast(node, values))
    return np.where(values[0], values[1], values[2])


def _broadcast(node: Node, values: Sequence[AnyArray]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*(value.shape for value in values))
    except ValueError:
        shapes = [list(value.shape) for value in values]
        raise node.malformed(f"inputs {shapes} do not broadcast") from None


def _expect(node: Node, output: Tensor, shape: tuple[int, ...]) -> None:
    """Before anything of that size is made."""
    if output.shape != shape:
        raise node.malformed(
            f"its output is declared {list(output.shape)} and must be {list(shape)}"
        )


BY_SHAPE = ("SHAPE", "RANK", "ZEROS_LIKE")
"""Operators of which only the input's shape is asked for."""

IN_ANY_ORDER = ("SUM", "REDUCE_PROD")
"""Operators that are exact only for integers: sums of floats depend on the order."""

EVALUATORS: dict[str, Evaluate] = {
    "SHAPE": _unary(lambda shape: shape),
    "RANK": _unary(lambda shape: np.array(shape.size)),
    "ZEROS_LIKE": _unary(lambda shape: np.zeros(tuple(shape.tolist()))),
    "CAST": _cast,
    "FILL": _fill,
    "RANGE": _range,
    "ADD": _binary(np.add, "AddOptions"),
    "SUB": _binary(np.subtract, "SubOptions"),
    "MUL": _binary(np.multiply, "MulOptions"),
    "DIV": _div,
    "FLOOR_DIV": _whole(np.floor_divide),
    "FLOOR_MOD": _whole(np.mod),
    "MAXIMUM": _binary(np.maximum),
    "MINIMUM": _binary(np.minimum),
    "EQUAL": _binary(np.equal),
    "NOT_EQUAL": _binary(np.not_equal),
    "LESS": _binary(np.less),
    "LESS_EQUAL": _binary(np.less_equal),
    "GREATER": _binary(np.greater),
    "GREATER_EQUAL": _binary(np.greater_equal),
    "LOGICAL_AND": _binary(np.logical_and),
    "LOGICAL_OR": _binary(np.logical_or),
    "LOGICAL_NOT": _unary(np.logical_not),
    "SELECT_V2": _select,
    "NEG": _unary(np.negative),
    "ABS": _unary(np.abs),
    "SQUARE": _unary(np.square),
    "FLOOR": _unary(np.floor),
    "CEIL": _unary(np.ceil),
    "REDUCE_PROD": _reduced(lambda x, axes, keep: np.prod(x, axis=axes, keepdims=keep)),
    "SUM": _reduced(lambda x, axes, keep: np.sum(x, axis=axes, keepdims=keep)),
    "REDUCE_MAX": _reduced(lambda x, axes, keep: np.max(x, axis=axes, keepdims=keep)),
    "REDUCE_MIN": _reduced(lambda x, axes, keep: np.min(x, axis=axes, keepdims=keep)),
    "REDUCE_ANY": _reduced(lambda x, axes, keep: np.any(x, axis=axes, keepdims=keep)),
    "REDUCE_ALL": _reduced(lambda x, axes, keep: np.all(x, axis=axes, keepdims=keep)),
}
"""Builtin operator -> its value."""
