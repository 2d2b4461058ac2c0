"""Limits that several families share. Their docstrings are the users' text."""

from __future__ import annotations

from thumbnet.ir.graph import DType, Graph, Operator, Tensor


def borders(graph: Graph, operator: Operator) -> tuple[Tensor, Tensor]:
    """The first input and the first output."""
    return graph.tensor(operator.inputs[0]), graph.tensor(operator.outputs[0])


def int8_per_tensor(graph: Graph, operator: Operator) -> str | None:
    """int8 input and output, quantized per tensor."""
    for role, tensor in zip(("input", "output"), borders(graph, operator), strict=True):
        if tensor.dtype is not DType.INT8:
            return f"{role} is {tensor.dtype.value}"
        if tensor.quantization is None or not tensor.quantization.per_tensor:
            return f"{role} is not quantized per tensor"
    return None


def positive_scales(graph: Graph, operator: Operator) -> str | None:
    """scales above zero (in models that round as onnxruntime does)."""
    if graph.arithmetic != "onnxruntime":
        return None
    for name in (*operator.inputs, *operator.outputs):
        quantization = graph.tensor(name).quantization if name else None
        if quantization is not None and not min(quantization.scale) > 0:
            return f'"{name}" has a scale of {min(quantization.scale):g}'
    return None


def same_quantization(graph: Graph, operator: Operator) -> str | None:
    """an output of the same scale and zero point as the input."""
    x, output = borders(graph, operator)
    if x.quantization != output.quantization:
        return f"input is quantized {_text(x)}, output {_text(output)}"
    return None


def same_type(graph: Graph, operator: Operator) -> str | None:
    """an output of the input's type."""
    x, output = borders(graph, operator)
    return None if x.dtype is output.dtype else f"{x.dtype.value} becomes {output.dtype.value}"


def batch_of_one(graph: Graph, operator: Operator) -> str | None:
    """a batch of one."""
    shape = graph.tensor(operator.inputs[0]).shape
    return f"input has shape {list(shape)}" if len(shape) == 4 and shape[0] != 1 else None


def _text(tensor: Tensor) -> str:
    if tensor.quantization is None:
        return "not at all"
    return f"{list(tensor.quantization.scale)}, {list(tensor.quantization.zero_point)}"
