"""Text form of a graph: one line a tensor that matters and one an operator."""

from __future__ import annotations

import dataclasses

from thumbnet.ir.attributes import Activation, Window
from thumbnet.ir.graph import Graph, Operator, Tensor


def dump(graph: Graph) -> str:
    """The graph as deterministic text, for people and for comparing stages."""
    lines = [f"graph {graph.name}"]
    lines += [f"  input  {_tensor(graph.tensor(name))}" for name in graph.inputs]
    for index, operator in enumerate(graph.operators):
        lines.append(f"  {index:3} {_operator(graph, operator)}")
    lines += [f"  output {name}" for name in graph.outputs]
    return "\n".join(lines) + "\n"


def _operator(graph: Graph, operator: Operator) -> str:
    outputs = ", ".join(_tensor(graph.tensor(name)) for name in operator.outputs)
    inputs = ", ".join(name or "-" for name in operator.inputs)
    return f"{outputs} = {operator.kind}({inputs}){_attributes(operator)}"


def _attributes(operator: Operator) -> str:
    parts = []
    for field in dataclasses.fields(operator.attributes):
        value = getattr(operator.attributes, field.name)
        if value == Activation.NONE:
            continue
        if isinstance(value, Activation):
            value = value.value
        elif isinstance(value, Window):
            value = (
                f"{value.kernel_height}x{value.kernel_width} "
                f"stride {value.stride_height}x{value.stride_width} "
                f"pad {value.pad_top},{value.pad_bottom},{value.pad_left},{value.pad_right}"
            )
        parts.append(f"{field.name}={value}")
    return " {" + "; ".join(parts) + "}" if parts else ""


def _tensor(tensor: Tensor) -> str:
    text = f"{tensor.name}: {tensor.dtype.value}{list(tensor.shape)}"
    if tensor.quantization is not None and tensor.quantization.per_tensor:
        text += f" scale {tensor.scale:.9g} zero_point {tensor.zero_point}"
    return text
