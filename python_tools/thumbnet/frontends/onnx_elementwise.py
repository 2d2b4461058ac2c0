"""Converters of element by element operators: functions of one byte, and of two tensors.

Whatever is computed in float32 from a single byte tensor and numbers is one table of 256 bytes,
however many nodes the file spells it with (HardSwish, SiLU and GELU come so); it becomes one where
the file quantizes it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from thumbnet.frontends.onnx_builder import (
    SOFTMAX_SCALE,
    Floats,
    Function,
    Held,
    Value,
    dequantized,
)
from thumbnet.frontends.onnx_functions import ELEMENTWISE
from thumbnet.frontends.onnx_layout import Arrangement, View
from thumbnet.frontends.onnx_model import printable
from thumbnet.frontends.onnx_nodes import (
    Converter,
    Node,
    signed,
)
from thumbnet.frontends.onnx_reals import Constant
from thumbnet.frontends.onnx_values import quantize
from thumbnet.ir.attributes import Activation, Attributes, Elementwise, Numbers
from thumbnet.ir.graph import Array, DType, Quantization, Tensor
from thumbnet.quantize.requantize import activation_bounds

MAX_OPERANDS = 1000
KINDS = {
    "Add": "add",
    "Sum": "add",
    "Sub": "sub",
    "Mul": "mul",
    "Div": "div",
    "Max": "maximum",
    "Min": "minimum",
    "PRelu": "prelu",
    "Sigmoid": "logistic",
}
"""Operator -> kind, where it is not the operator's name in lower case."""
_OPERANDS = {
    **dict.fromkeys(("Add", "Sub", "Mul", "Div", "Pow", "PRelu"), (2, 2)),
    **dict.fromkeys(("Max", "Min", "Sum"), (1, MAX_OPERANDS)),
    "Clip": (1, 3),
}
"""How many inputs an operator has, where it is not one."""
_SAME_SCALE = ("Max", "Min")
_CLAMPS = {
    (0.0, np.inf): ("relu", Activation.RELU),
    (0.0, 6.0): ("relu6", Activation.RELU6),
    (-1.0, 1.0): ("relu_n1_to_1", Activation.RELU_N1_TO_1),
}


def kind_of(op: str) -> str:
    """The kind of an operator: its name in snake case, but for some."""
    return KINDS.get(op) or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", op).lower()


def elementwise(node: Node) -> Sequence[Value]:
    """A function of one tensor and numbers; with its neighbours it becomes one table."""
    values = [node.value(number) for number in range(len(node.raw.inputs)) if node.present(number)]
    least, most = _OPERANDS.get(node.raw.op, (1, 1))
    if not least <= len(values) <= most:
        raise node.malformed(f"has {len(values)} inputs")
    moving = [value for value in values if not isinstance(value, Constant)]
    if not moving:
        raise node.refuse("its inputs are constant and it cannot be evaluated", "fold it")
    if len(values) == 1 and node.raw.op in ("Max", "Min", "Sum"):
        return values
    tensors = [value.tensor for value in moving if isinstance(value, Held)]
    if len(tensors) == len(moving) and all(t.dtype is DType.FLOAT32 for t in tensors):
        return [_in_float(node, values)]
    if node.raw.op == "Sigmoid" and isinstance(values[0], Held):
        made = _logistic(node, values[0])
        if made is not None:
            return [made]
    clamp = _clamp(node, values)
    if clamp is not None:
        return [clamp]
    function = _function(node, values)
    if function is not None:
        return [function]
    return [_of_two(node)]


def _clamp(node: Node, values: Sequence[Value]) -> Held | None:
    """Relu and Clip of a byte tensor whose scale does not change: an operator's own clamp."""
    x = values[0]
    if node.raw.op not in ("Relu", "Clip") or not isinstance(x, Held):
        return None
    quantization, scale = x.tensor.quantization, node.scale()
    if quantization is None or (scale is not None and scale.quantization != quantization):
        return None
    low, high = _bounds(node)
    found = _CLAMPS.get((low, high))
    if found is None or (scale is None and found[0] != "relu"):
        return None  # a bound need not be one of the input's steps
    kind, activation = found
    exact = [
        int(
            quantize(np.asarray(bound), np.asarray(x.tensor.scale, np.float32), _zero(quantization))
        )
        for bound in (low, high)
    ]
    if list(activation_bounds(activation, x.tensor)) != exact:
        return None
    return _like(node, kind, x)


def _logistic(node: Node, x: Held) -> Held | None:
    """Sigmoid from byte tensor to byte tensor; None where what it makes has no scale."""
    scale = node.scale()
    if x.tensor.quantization is None or (scale is None and not node.at_end):
        return None
    quantization = SOFTMAX_SCALE if scale is None else scale.quantization
    output = node.builder.tensor(node.raw.outputs[0], x.tensor.shape, DType.INT8, quantization)
    return Held(node.builder.emit("logistic", Attributes(), (x.tensor,), output), x.view)


def _zero(quantization: Quantization) -> Array:
    return np.asarray(quantization.zero_point[0], np.int8)


def _bounds(node: Node) -> tuple[float, float]:
    if node.raw.op == "Relu":
        return 0.0, np.inf
    bounds = [-np.inf, np.inf]
    for place, role in enumerate(("least value", "greatest value")):
        if node.present(place + 1):
            value = node.constant(place + 1, role).real
            if value.size != 1:
                raise node.malformed(f"its {role} has shape {list(value.shape)}")
            bounds[place] = float(value.reshape(()))
    return bounds[0], bounds[1]


def _like(node: Node, kind: str, x: Held, attributes: Attributes | None = None) -> Held:
    """An operator of one input, whose output is quantized and lies as that."""
    output = node.builder.tensor(
        node.raw.outputs[0], x.tensor.shape, x.tensor.dtype, x.tensor.quantization
    )
    node.builder.emit(kind, attributes or Attributes(), (x.tensor,), output)
    return Held(output, x.view)


def _function(node: Node, values: Sequence[Value]) -> Function | None:
    """A function of one byte tensor, where all else are numbers."""
    roots: list[Held] = []
    parts: list[Function | Array] = []
    computed = False
    for value in values:
        if isinstance(value, Constant):
            if value.data.size > 1 or (value.quantization is not None and len(values) > 1):
                return None
            parts.append(value.real.reshape(()) if value.data.size else value.real)
        elif isinstance(value, Function):
            roots.append(value.root)
            parts.append(value)
            computed = True
        else:
            roots.append(value)
            parts.append(Function(value, lambda real: real))
    root = roots[0]
    same = all(r.tensor is root.tensor and r.view == root.view for r in roots)
    if not same or (len(roots) > 1 and not computed) or root.tensor.quantization is None:
        return None
    apply, raw = ELEMENTWISE[node.raw.op], node.raw

    def composed(real: Floats) -> Floats:
        given = [part.apply(real) if isinstance(part, Function) else part for part in parts]
        return np.asarray(apply(raw, given), np.float32)

    return Function(root, composed)


def _of_two(node: Node) -> Held:
    """An operator of two tensors, broadcast against each other."""
    if len(node.raw.inputs) != 2 or node.raw.op not in KINDS or node.raw.op == "Sigmoid":
        raise node.refuse(
            f"{len(node.raw.inputs)} operands; {node.raw.op} is supported for one, and Add, Sub,"
            " Mul, Div, Max, Min and PRelu for two",
            "split it",
        )
    operands = [_operand(node, number) for number in (0, 1)]
    shapes = [
        value.data.shape if isinstance(value, Constant) else value.view.shape for value in operands
    ]
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        raise node.malformed(f"inputs {[list(s) for s in shapes]} do not broadcast") from None
    rank = len(shape)
    views = [_extended(v.view, rank) for v in operands if isinstance(v, Held)]
    order = max(views, key=lambda view: np.prod(view.shape)).natural()
    tensors = [_arranged(node, value, order, rank, number) for number, value in enumerate(operands)]
    first = tensors[0].quantization
    same = all(tensor.quantization == first for tensor in tensors)
    keeps = node.raw.op in _SAME_SCALE and same and node.scale() is None
    quantization = first if keeps else node.required()
    if node.raw.op in _SAME_SCALE and quantization is not None:
        # The greater one stays the greater one when both are rounded.
        tensors = [
            tensor
            if tensor.quantization == quantization
            else _requantized(node, tensor, quantization, number)
            for number, tensor in enumerate(tensors)
        ]
    kind = KINDS[node.raw.op]
    attributes = (
        Elementwise(unsigned=node.unsigned)
        if kind in ("add", "sub", "mul", "div")
        else Attributes()
    )
    return node.make(kind, attributes, tensors, shape, quantization, order)


def _requantized(node: Node, tensor: Tensor, quantization: Quantization, number: int) -> Tensor:
    """An operand under another scale."""
    if tensor.data is None:
        return node.requantized(tensor, quantization, f"input_{number}")
    scale = np.asarray(quantization.scale[0], np.float32)
    real = dequantized(tensor.data.astype(np.int64), tensor)
    codes = quantize(real, scale, _zero(quantization))
    return node.stored(f"constant_{number}", codes, quantization, DType.INT8)


def _operand(node: Node, number: int) -> Held | Constant:
    value = node.value(number)
    if not isinstance(value, Constant):
        return node.held(number)
    if node.builder.real.quantized and value.quantization is None:
        name = printable(node.raw.inputs[number])
        raise node.refuse(
            f'constant "{name}" of shape {list(value.data.shape)} is float32 beside a quantized'
            " input",
            "quantize it too, or use one number",
        )
    if value.quantization is not None and value.quantization.axis is not None:
        raise node.refuse("a constant with several scales", "quantize it per tensor")
    if value.data.dtype not in (np.int8, np.uint8, np.float32):
        raise node.refuse(f"a constant of {value.data.dtype}", "use int8")
    return value


def _extended(view: View, rank: int) -> View:
    missing = rank - len(view.dims)
    return view.with_dims([*[None] * missing, *range(len(view.dims))])


def _arranged(
    node: Node, value: Held | Constant, order: Arrangement, rank: int, number: int
) -> Tensor:
    if isinstance(value, Held):
        view = _extended(value.view, rank)
        return node.builder.arranged(Held(value.tensor, view), order)
    data, quantization = value.data, value.quantization
    if quantization is not None:
        data, quantization = signed(data, quantization)
    full = data.reshape((1,) * (rank - data.ndim) + data.shape)
    moved = full.transpose([d for d in order if d is not None])
    shape = tuple(1 if d is None else full.shape[d] for d in order)
    dtype = DType.FLOAT32 if quantization is None else DType.INT8
    return node.stored(f"constant_{number}", moved.reshape(shape), quantization, dtype)


def _in_float(node: Node, values: Sequence[Value]) -> Held:
    """The operator on float32, for a network that is not quantized."""
    first = node.held(next(n for n, v in enumerate(values) if isinstance(v, Held)))
    if len(values) == 2 and node.raw.op in KINDS:
        return _of_two(node)
    kind = kind_of(node.raw.op)
    if node.raw.op == "Clip":
        kind = _CLAMPS.get(_bounds(node), ("clip",))[0]
    numbers = [value.data for value in values[1:] if isinstance(value, Constant)]
    if len(numbers) != len(values) - 1 or any(data.size > 1 for data in numbers):
        raise node.refuse(f"{len(values)} operands; one and numbers are supported", "split it")
    named = [(n, float(v)) for n, v in node.raw.attributes.items() if isinstance(v, int | float)]
    if node.raw.attributes.get("approximate") == "tanh":
        named.append(("approximate", 1.0))
    if kind == "clip":
        bounds = zip(("low", "high"), _bounds(node), strict=True)
        named += [(name, bound) for name, bound in bounds if math.isfinite(bound)]
    for number, value in enumerate(values):
        if isinstance(value, Constant) and value.data.size and node.raw.op != "Clip":
            named.append((f"input_{number}", float(value.data.reshape(-1)[0])))
    return _like(node, kind, first, Numbers(tuple(named)) if named else None)


def of_two_or_one(node: Node) -> Sequence[Value]:
    """Of two tensors, broadcast; of one tensor and numbers, part of a table as functions are."""
    return elementwise(node)


CONVERTERS: dict[str, Converter] = {
    **dict.fromkeys(ELEMENTWISE, elementwise),
    **dict.fromkeys((kind for kind in KINDS if kind != "Sigmoid"), of_two_or_one),
}
"""Operator -> converter."""
