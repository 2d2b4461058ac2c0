"""onnxruntime on models of one operator: the reference of graphs that round as it does.

A graph of one operator becomes an ONNX model, spelled as one QLinear operator (``qoperator``) or as
the float operator between DequantizeLinear and QuantizeLinear (``qdq``), with int8 tensors or with
uint8 ones, whose codes are greater by 128. Images are NCHW there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from thumbnet.ir import attributes
from thumbnet.ir.graph import Graph, Operator, Tensor
from thumbnet.quantize.requantize_even import dequantize_even

AnyArray = npt.NDArray[Any]
_MICROSOFT = "com.microsoft"
_QDQ_TYPES = {"int8": TensorProto.INT8, "uint8": TensorProto.UINT8}


def optimized(model: bytes, path: Path) -> list[str]:
    """The operators that onnxruntime makes of a model."""
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.optimized_model_filepath = str(path)
    ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return [node.op_type for node in onnx.load(path).graph.node]


class Ort:
    """An ONNX model in onnxruntime, on the CPU, with its default optimizations."""

    def __init__(self, model: bytes) -> None:
        options = ort.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def run(self, inputs: Sequence[AnyArray]) -> AnyArray:
        names = [given.name for given in self.session.get_inputs()]
        found: AnyArray = self.session.run(None, dict(zip(names, inputs, strict=True)))[0]
        return found


@cache
def saturates() -> bool:
    """Whether this processor's products of uint8 and int8 saturate at 16 bits, pair by pair.

    They do with AVX2 alone: onnxruntime is then not exact where weights are large.
    """
    x = np.full((1, 64), 255, np.uint8)
    nodes = [helper.make_node("MatMulInteger", ["x", "w"], ["y"])]
    weights = numpy_helper.from_array(np.full((64, 16), 127, np.int8), "w")
    graph = helper.make_graph(
        nodes,
        "probe",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.INT32, (1, 16))],
        [weights],
    )
    return bool(np.any(Ort(_model(graph)).run([x]) != 255 * 127 * 64))


def _model(graph: onnx.GraphProto) -> bytes:
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(_MICROSOFT, 1)]
    made: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
    return made


def rounded_to_even(graph: Graph, *, unsigned: bool | None = None) -> Graph:
    """The same graph, of one operator, in onnxruntime's arithmetic and without an activation."""
    operator = graph.operators[0]
    changes: dict[str, Any] = {}
    if hasattr(operator.attributes, "activation"):
        changes["activation"] = attributes.Activation.NONE
    if hasattr(operator.attributes, "unsigned"):
        changes["unsigned"] = unsigned
    given = dataclasses.replace(operator.attributes, **changes)
    operators = (dataclasses.replace(operator, attributes=given),)
    return dataclasses.replace(graph, operators=operators, arithmetic="onnxruntime")


def on_uint8(graph: Graph) -> Graph:
    """:func:`rounded_to_even` for a file whose tensors are uint8."""
    return rounded_to_even(graph, unsigned=True)


class Writer:
    """Builds a model of one operator; tensors of images are NCHW."""

    def __init__(self, *, unsigned: bool) -> None:
        self.unsigned = unsigned
        self.dtype = "uint8" if unsigned else "int8"
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []

    def constant(self, name: str, value: AnyArray) -> str:
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def codes(self, values: AnyArray) -> AnyArray:
        """int8 codes in the model's type."""
        return (values.astype(np.int64) + 128 * self.unsigned).astype(self.dtype)

    def quantization(self, tensor: Tensor) -> list[str]:
        """The names of a tensor's scale and zero point."""
        names = [f"{tensor.name}_scale", f"{tensor.name}_point"]
        if all(constant.name != names[0] for constant in self.constants):
            self.constant(names[0], np.array(tensor.scale, np.float32))
            self.constant(names[1], self.codes(np.array(tensor.zero_point)))
        return names

    def weight_quantization(self, tensor: Tensor) -> list[str]:
        assert tensor.quantization is not None
        scales = np.array(tensor.quantization.scale, np.float32)
        points = np.zeros(len(scales), np.int8)
        if len(scales) == 1:
            scales, points = scales.reshape(()), points.reshape(())
        return [
            self.constant(f"{tensor.name}_scale", scales),
            self.constant(f"{tensor.name}_point", points),
        ]

    def dequantized(self, name: str, quantization: Sequence[str], axis: int | None = None) -> str:
        given = {} if axis is None else {"axis": axis}
        self.nodes.append(
            helper.make_node("DequantizeLinear", [name, *quantization], [f"{name}_real"], **given)
        )
        return f"{name}_real"

    def finish(self, name: str, kind: int, shape: Sequence[int]) -> bytes:
        output = helper.make_tensor_value_info(name, kind, list(shape))
        graph = helper.make_graph(self.nodes, "one", self.inputs, [output], self.constants)
        return _model(graph)


def channels_first(value: AnyArray) -> AnyArray:
    """NHWC as NCHW; other ranks as they are."""
    return np.ascontiguousarray(np.moveaxis(value, 3, 1)) if value.ndim == 4 else value


def channels_last(value: AnyArray) -> AnyArray:
    return np.ascontiguousarray(np.moveaxis(value, 1, 3)) if value.ndim == 4 else value


def ort_outputs(
    graph: Graph, samples: Sequence[Sequence[AnyArray]], *, style: str, unsigned: bool
) -> list[AnyArray]:
    """What onnxruntime makes of sets of int8 inputs of a graph of one operator."""
    model = ort_model(graph, style=style, unsigned=unsigned)
    session, writer = Ort(model), Writer(unsigned=unsigned)
    output = graph.tensor(graph.outputs[0])
    found = []
    for sample in samples:
        given = [writer.codes(channels_first(value)) for value in sample]
        if style == "qoperator":
            made = session.run(given).astype(np.int64) - 128 * unsigned
        else:
            tensors = [graph.tensor(name) for name in graph.inputs]
            reals = [
                dequantize_even(channels_first(value).astype(np.int64), t.scale, t.zero_point)
                for value, t in zip(sample, tensors, strict=True)
            ]
            real = session.run(reals)
            made = np.rint(real / np.float32(output.scale)) + output.zero_point
        found.append(channels_last(made).astype(np.int8).reshape(output.shape))
    return found


def ort_model(graph: Graph, *, style: str, unsigned: bool) -> bytes:
    """The model of :func:`ort_outputs`. Where it is spelled ``qdq`` its borders are float, as in
    exported files: onnxruntime does not make integer operators of int8 ones otherwise."""
    writer = Writer(unsigned=unsigned)
    operator = graph.operators[0]
    kind = _QDQ_TYPES[writer.dtype] if style == "qoperator" else TensorProto.FLOAT
    for name in graph.inputs:
        shape = channels_first(np.empty(graph.tensor(name).shape)).shape
        border = name if style == "qoperator" else f"{name}_in"
        writer.inputs.append(helper.make_tensor_value_info(border, kind, shape))
        if style == "qdq":
            quantization = writer.quantization(graph.tensor(name))
            writer.nodes.append(helper.make_node("QuantizeLinear", [border, *quantization], [name]))
    for name in operator.inputs:
        tensor = graph.tensor(name) if name else None
        if tensor is not None and tensor.data is not None and operator.kind in _OPERANDS:
            writer.constant(name, writer.codes(channels_first(tensor.data)))
    (_qoperator if style == "qoperator" else _qdq)(writer, graph, operator)
    output = graph.tensor(operator.outputs[0])
    result = "y"
    if style == "qdq":
        result = writer.dequantized("y", writer.quantization(output))
    return writer.finish(result, kind, channels_first(np.empty(output.shape)).shape)


_OPERANDS = ("add", "sub", "mul")
_FLOAT = {
    "conv_2d": "Conv",
    "depthwise_conv_2d": "Conv",
    "fully_connected": "Gemm",
    "add": "Add",
    "sub": "Sub",
    "mul": "Mul",
    "average_pool_2d": "AveragePool",
    "max_pool_2d": "MaxPool",
    "mean": "GlobalAveragePool",
    "softmax": "Softmax",
    "logistic": "Sigmoid",
    "relu": "Relu",
    "relu6": "Clip",
    "hard_swish": "HardSwish",
    "quantize": "Identity",
}
_QLINEAR = {
    "conv_2d": "QLinearConv",
    "depthwise_conv_2d": "QLinearConv",
    "fully_connected": "QGemm",
    "add": "QLinearAdd",
    "mul": "QLinearMul",
    "average_pool_2d": "QLinearAveragePool",
    "mean": "QLinearGlobalAveragePool",
    "softmax": "QLinearSoftmax",
    "logistic": "QLinearSigmoid",
}
QOPERATORS = tuple(_QLINEAR)
"""Kinds that have a QLinear operator."""


def _weights(writer: Writer, graph: Graph, operator: Operator) -> list[str]:
    """Weights, their scales and zero points."""
    tensor = graph.tensor(operator.inputs[1])
    assert tensor.data is not None
    data = tensor.data
    if operator.kind == "conv_2d":
        data = data.transpose(0, 3, 1, 2)
    elif operator.kind == "depthwise_conv_2d":
        data = data.transpose(3, 0, 1, 2)
    name = writer.constant(tensor.name, np.ascontiguousarray(data))
    return [name, *writer.weight_quantization(tensor)]


def _bias(writer: Writer, graph: Graph, operator: Operator) -> str:
    if len(operator.inputs) < 3 or not operator.inputs[2]:
        return ""
    data = graph.tensor(operator.inputs[2]).data
    assert data is not None
    return writer.constant("bias", data)


def _settings(graph: Graph, operator: Operator) -> dict[str, Any]:
    """The ONNX attributes of the operator."""
    given = operator.attributes
    if isinstance(
        given, (attributes.Convolution, attributes.DepthwiseConvolution, attributes.Pool)
    ):
        w = given.window
        found: dict[str, Any] = {
            "kernel_shape": [w.kernel_height, w.kernel_width],
            "strides": [w.stride_height, w.stride_width],
            "pads": [w.pad_top, w.pad_left, w.pad_bottom, w.pad_right],
        }
        if operator.kind == "depthwise_conv_2d":
            found["group"] = graph.tensor(operator.inputs[0]).shape[3]
        return found
    if operator.kind == "fully_connected":
        return {"transB": 1}
    if operator.kind == "softmax":
        # The channels, which images have in front.
        return {"axis": 1 if len(graph.tensor(operator.inputs[0]).shape) == 4 else -1}
    return {}


def _qoperator(writer: Writer, graph: Graph, operator: Operator) -> None:
    x, output = graph.tensor(operator.inputs[0]), graph.tensor(operator.outputs[0])
    settings, domain = _settings(graph, operator), _MICROSOFT
    first = [x.name, *writer.quantization(x)]
    last = writer.quantization(output)
    if operator.kind in ("conv_2d", "depthwise_conv_2d"):
        bias = _bias(writer, graph, operator)
        inputs = [*first, *_weights(writer, graph, operator), *last, *([bias] if bias else [])]
        domain = ""
    elif operator.kind == "fully_connected":
        bias = _bias(writer, graph, operator)
        inputs = [*first, *_weights(writer, graph, operator), bias, *last]
    elif operator.kind in _OPERANDS:
        second = graph.tensor(operator.inputs[1])
        inputs = [*first, second.name, *writer.quantization(second), *last]
    else:
        inputs = [*first, *last]
    if operator.kind == "softmax":
        settings["opset"] = 17
    kind = _QLINEAR[operator.kind]
    writer.nodes.append(helper.make_node(kind, inputs, ["y"], domain=domain, **settings))


def _qdq(writer: Writer, graph: Graph, operator: Operator) -> None:
    x, output = graph.tensor(operator.inputs[0]), graph.tensor(operator.outputs[0])
    settings = _settings(graph, operator)
    reals = [writer.dequantized(x.name, writer.quantization(x))]
    if operator.kind in ("conv_2d", "depthwise_conv_2d", "fully_connected"):
        name, *quantization = _weights(writer, graph, operator)
        weights = graph.tensor(operator.inputs[1])
        assert weights.quantization is not None
        reals.append(writer.dequantized(name, quantization, 0))
        bias = _bias(writer, graph, operator)
        if bias:
            scales = np.float32(x.scale) * np.array(weights.quantization.scale, np.float32)
            points = np.zeros(len(scales), np.int32)
            if len(scales) == 1:
                scales, points = scales.reshape(()), points.reshape(())
            names = [writer.constant("bias_scale", scales), writer.constant("bias_point", points)]
            reals.append(writer.dequantized(bias, names, 0))
    elif operator.kind in _OPERANDS:
        second = graph.tensor(operator.inputs[1])
        reals.append(writer.dequantized(second.name, writer.quantization(second)))
    elif operator.kind == "relu6":
        reals.append(writer.constant("low", np.float32(0).reshape(())))
        reals.append(writer.constant("high", np.float32(6).reshape(())))
    writer.nodes.append(helper.make_node(_FLOAT[operator.kind], reals, ["real"], **settings))
    last = writer.quantization(output)
    writer.nodes.append(helper.make_node("QuantizeLinear", ["real", *last], ["y"]))


def concatenated(x: Tensor, output: Tensor, values: AnyArray) -> AnyArray:
    """int8 values of ``x`` in the quantization of ``output``, by a QLinearConcat of them alone."""
    writer = Writer(unsigned=False)
    kind = TensorProto.INT8
    writer.inputs.append(helper.make_tensor_value_info("x", kind, values.shape))
    inputs = [*writer.quantization(output), "x", *writer.quantization(x)]
    writer.nodes.append(
        helper.make_node("QLinearConcat", inputs, ["result"], domain=_MICROSOFT, axis=1)
    )
    return Ort(writer.finish("result", kind, values.shape)).run([values])


def quantized_floats(output: Tensor, values: AnyArray) -> AnyArray:
    """QuantizeLinear of float32 values."""
    dtype = output.dtype.numpy
    kind = _QDQ_TYPES[output.dtype.value]
    writer = Writer(unsigned=False)
    scale = writer.constant("scale", np.array(output.scale, np.float32))
    point = writer.constant("point", np.array(output.zero_point, dtype))
    writer.inputs.append(helper.make_tensor_value_info("x", TensorProto.FLOAT, values.shape))
    writer.nodes.append(helper.make_node("QuantizeLinear", ["x", scale, point], ["result"]))
    return Ort(writer.finish("result", kind, values.shape)).run([values])
