"""Text form of a graph: one line an input, a constant, an operator and an output.

Constants' values and quantization along an axis are shown as a digest, so that graphs that compute
something else have another text.
"""

from __future__ import annotations

import dataclasses
import hashlib

from thumbnet.ir.attributes import Activation, Window
from thumbnet.ir.graph import Graph, Operator, Tensor

_DIGITS = 12
"""Hexadecimal digits of a digest that are shown."""
_RARE = {"groups", "ties_up", "unsigned"}
"""Attributes that are shown only where they are not what they mostly are."""


def dump(graph: Graph) -> str:
    """The graph as deterministic text, for people and for comparing stages."""
    other = "" if graph.arithmetic == "tflite" else f" arithmetic {graph.arithmetic}"
    lines = [f"graph {graph.name}{other}"]
    lines += [f"  input  {_tensor(graph.tensor(name))}" for name in graph.inputs]
    lines += [
        f"  state  {_tensor(graph.tensor(state.read))} = {_digest(state.initial.tobytes())}"
        f" becomes {state.written}"
        for state in graph.states
    ]
    read = dict.fromkeys(name for operator in graph.operators for name in operator.inputs if name)
    constants = [graph.tensor(name) for name in read if graph.tensor(name).is_constant]
    lines += [f"  const  {_tensor(tensor)}" for tensor in constants]
    for index, operator in enumerate(graph.operators):
        lines.append(f"  {index:3} {_operator(graph, operator)}")
    lines += [f"  output {name}" for name in graph.outputs]
    return "\n".join(lines) + "\n"


def _operator(graph: Graph, operator: Operator) -> str:
    outputs = ", ".join(_tensor(graph.tensor(name)) for name in operator.outputs)
    inputs = ", ".join(name or "-" for name in operator.inputs)
    # Operators mostly have their output's name.
    name = "" if operator.name == operator.outputs[0] else f' "{operator.name}"'
    return f"{outputs} = {operator.kind}{name}({inputs}){_attributes(operator)}"


def _attributes(operator: Operator) -> str:
    parts = []
    for field in dataclasses.fields(operator.attributes):
        value = getattr(operator.attributes, field.name)
        rare = field.default is None or field.name in _RARE
        if value == Activation.NONE or (rare and value == field.default):
            continue
        if isinstance(value, Activation):
            value = value.value
        elif isinstance(value, Window):
            value = _window(value)
        parts.append(f"{field.name}={value}")
    return " {" + "; ".join(parts) + "}" if parts else ""


def _window(window: Window) -> str:
    text = (
        f"{window.kernel_height}x{window.kernel_width} "
        f"stride {window.stride_height}x{window.stride_width} "
        f"pad {window.pad_top},{window.pad_bottom},{window.pad_left},{window.pad_right}"
    )
    if window.dilated:
        text += f" dilation {window.dilation_height}x{window.dilation_width}"
    return text


def _tensor(tensor: Tensor) -> str:
    text = f"{tensor.name}: {tensor.dtype.value}{list(tensor.shape)}"
    quantization = tensor.quantization
    if quantization is not None and quantization.per_tensor:
        along = "" if quantization.axis is None else f" along {quantization.axis}"
        text += f" scale {tensor.scale:.9g} zero_point {tensor.zero_point}{along}"
    elif quantization is not None:
        values = repr((quantization.scale, quantization.zero_point)).encode()
        text += f" {len(quantization.scale)} scales along {quantization.axis} {_digest(values)}"
    if tensor.data is not None:
        text += f" = {_digest(tensor.data.tobytes())}"
    return text


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]
