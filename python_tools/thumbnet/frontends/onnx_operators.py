"""Converters of dense layers, softmax and reductions, and the table of all converters."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from thumbnet.frontends import onnx_elementwise, onnx_movement, onnx_picks, onnx_spatial
from thumbnet.frontends.onnx_builder import (
    LOG_SOFTMAX_SCALE,
    SOFTMAX_SCALE,
    Held,
    Value,
)
from thumbnet.frontends.onnx_nodes import (
    Converter,
    Node,
)
from thumbnet.frontends.onnx_reals import Constant
from thumbnet.frontends.onnx_values import axes_of
from thumbnet.frontends.onnx_weights import Weights, bias_of, weights_of
from thumbnet.ir.attributes import (
    Attributes,
    BatchMatMul,
    Elementwise,
    FullyConnected,
    Reduce,
    Softmax,
)
from thumbnet.ir.graph import DType, Operator, Quantization

_FLATTENING_SOFTMAX = 13
"""The first opset whose Softmax is over one dimension."""
_RANK = {"conv_2d": 0, "fully_connected": 0, "depthwise_conv_2d": 3}
"""Kind -> the dimension of its weights that counts outputs."""


def gemm(node: Node) -> Sequence[Value]:
    """Gemm with constant weights as fully_connected."""
    if node.number("alpha", 1.0) != 1:
        raise node.refuse(f"alpha {node.number('alpha', 1.0):g}; 1 is supported", "fold it")
    beta = node.number("beta", 1.0)
    if node.present(2) and beta != 1:
        raise node.refuse(f"beta {beta:g}; 1 is supported", "fold it into the bias")
    x = node.held()
    if len(x.view.dims) != 2:
        raise node.malformed(f"input has shape {list(x.view.shape)}; it has two dimensions")
    if node.integer("transA"):
        x = Held(x.tensor, x.view.transposed((1, 0)))
    weights = weights_of(node, 1, x.tensor)
    return [_dense(node, x, _rows_are_outputs(node, weights, bool(node.integer("transB"))))]


def matmul(node: Node) -> Sequence[Value]:
    """MatMul: with constant weights [I,O] fully_connected, to which a third input is the bias."""
    second = node.value(1)
    plain = isinstance(second, Constant) and second.data.ndim == 2
    if isinstance(node.value(0), Constant) or not plain:
        return [_matrices(node)]
    x = node.held()
    weights = weights_of(node, 1, x.tensor)
    if not x.view.dims:
        raise node.malformed("its input has no dimensions")
    return [_dense(node, x, _rows_are_outputs(node, weights, False))]


def _matrices(node: Node) -> Held:
    """The product of two matrices, or of two stacks of them."""
    if node.present(2):
        raise node.refuse("a bias beside two matrices", "add it behind")
    tensors, transposed, shapes = [], [], []
    for number, role in enumerate(("first matrix", "second matrix")):
        value = node.elements(number)
        if value.tensor.data is None:
            node.held(number, role)
        shape, rank = value.view.shape, len(value.view.dims)
        if rank < 2:
            raise node.refuse(f"{role} has shape {list(shape)}", "give it two dimensions")
        order = tuple(range(rank))
        swapped = (*order[:-2], rank - 1, rank - 2)
        turned = value.view.move_to(order) is not None and value.view.move_to(swapped) is None
        tensors.append(node.builder.arranged(value, swapped if turned else order))
        transposed.append(turned)
        shapes.append(shape)
    first, second = shapes
    try:
        leading = np.broadcast_shapes(first[:-2], second[:-2])
    except ValueError:
        raise node.malformed(f"{list(first)} and {list(second)} do not multiply") from None
    if first[-1] != second[-2]:
        raise node.malformed(f"{list(first)} and {list(second)} do not multiply")
    shape = (*leading, first[-2], second[-1])
    attributes = BatchMatMul(transposed[0], transposed[1])
    return node.make("batch_matmul", attributes, tensors, shape, node.required())


def _rows_are_outputs(node: Node, weights: Weights, transposed: bool) -> Weights:
    """Weights as [O,I], quantized per tensor or per output."""
    if weights.data.ndim != 2:
        raise node.malformed(f"its weights have shape {list(weights.data.shape)}")
    quantization = weights.quantization
    if quantization is not None and quantization.axis not in (None, 0 if transposed else 1):
        raise node.refuse("weights with a scale for every input", "quantize them per output")
    if transposed:
        return weights
    if quantization is not None and quantization.axis is not None:
        quantization = dataclasses.replace(quantization, axis=0)
    return Weights(weights.data.T, quantization)


def _dense(node: Node, x: Held, weights: Weights) -> Held:
    """fully_connected over the last dimension, whose order in memory the weights follow."""
    last = len(x.view.dims) - 1
    channels, taps = weights.data.shape
    if x.view.shape[last] != taps:
        raise node.malformed(f"input {list(x.view.shape)} does not fit weights [{channels},{taps}]")
    tensor = x.tensor
    if x.view.ends_in(last):
        order = x.view.elements_of(last)
        if order is not None:
            weights = Weights(weights.data[:, order], weights.quantization)
    else:
        tensor = node.builder.contiguous(x)
    stored = weights.stored(node, (0, 1))
    bias = bias_of(node, 2, channels, tensor, weights)
    shape = (*x.view.shape[:-1], channels)
    inputs = (tensor, stored, bias)
    return node.make("fully_connected", FullyConnected(), inputs, shape, node.required())


def softmax(node: Node) -> Sequence[Value]:
    """Softmax over one dimension; over several ones before opset 13."""
    return [_softmax(node, "softmax", Softmax(), SOFTMAX_SCALE)]


def log_softmax(node: Node) -> Sequence[Value]:
    """LogSoftmax over the dimensions that Softmax is over."""
    return [_softmax(node, "log_softmax", Attributes(), LOG_SOFTMAX_SCALE)]


def _softmax(node: Node, kind: str, attributes: Attributes, at_end: Quantization) -> Held:
    x = node.held()
    rank, opset = len(x.view.dims), node.integer("opset", node.opset)
    flattens = opset < _FLATTENING_SOFTMAX
    axis = node.axis(node.integer("axis", 1 if flattens else -1), rank)
    known = node.at_end and node.scale() is None and x.tensor.quantization is not None
    quantization = at_end if known else node.required()
    tail = [d for d in range(axis, rank) if x.view.shape[d] > 1]
    if flattens and tail:
        if len(tail) > 1:
            return _softmax_of_all(node, kind, attributes, quantization, axis)
        axis = tail[0]
    natural = x.view.natural()
    order = (*(d for d in natural if d != axis), axis)
    tensor = node.builder.arranged(x, order)
    return node.make(kind, attributes, (tensor,), x.view.shape, quantization, order)


def _softmax_of_all(
    node: Node, kind: str, attributes: Attributes, quantization: Quantization | None, axis: int
) -> Held:
    """Over all elements, in whatever order they lie."""
    x = node.held()
    if math.prod(x.view.shape[:axis]) != 1:
        raise node.refuse("a softmax over several dimensions", "flatten them before")
    flat = node.builder.reshaped(x.tensor, (1, x.tensor.elements))
    made = node.make(kind, attributes, (flat,), flat.shape, quantization)
    return Held(made.tensor, x.view)


def reduction(kind: str, *, scaled: bool) -> Converter:
    """The converter of a reduction; one that is not ``scaled`` keeps its input's quantization."""

    def convert(node: Node) -> Sequence[Value]:
        x = node.held()
        if node.present(1):
            node.constant(1, "axes")
        try:
            axes = axes_of(node.raw, node.given())
        except ValueError as error:
            raise node.malformed(str(error)) from None
        rank = len(x.view.dims)
        if axes is None and node.integer("noop_with_empty_axes"):
            return [x]
        over = {node.axis(axis, rank) for axis in (range(rank) if axes is None else axes)}
        order = x.view.natural()
        tensor = node.builder.arranged(x, order)
        shape = [1 if d in over else size for d, size in enumerate(x.view.shape)]
        places = tuple(place for place, d in enumerate(order) if d in over)
        quantization = node.required() if scaled else tensor.quantization
        attributes = Reduce(places, True)
        made = node.make(kind, attributes, (tensor,), shape, quantization, order)
        if node.integer("keepdims", 1):
            return [made]
        kept = [d for d in range(rank) if d not in over]
        return [Held(made.tensor, made.view.with_dims(kept))]

    convert.__doc__ = "Over constant axes."
    return convert


def place(kind: str) -> Converter:
    """The converter of the place of an extreme along a dimension; places are int32 here."""

    def convert(node: Node) -> Sequence[Value]:
        x = node.held()
        rank = len(x.view.dims)
        axis = node.axis(node.integer("axis", 0), rank)
        if node.integer("select_last_index"):
            raise node.refuse("select_last_index; the first is supported", "leave it out")
        natural = x.view.natural()
        kept = [d for d in range(rank) if d != axis]
        order = tuple(None if d is None else kept.index(d) for d in natural if d != axis)
        tensor = node.builder.arranged(x, natural)
        attributes = Reduce((natural.index(axis),), False)
        shape = [x.view.shape[d] for d in kept]
        made = node.make(kind, attributes, (tensor,), shape, None, order, dtype=DType.INT32)
        if not node.integer("keepdims", 1):
            return [made]
        dims = [None if d == axis else kept.index(d) for d in range(rank)]
        return [Held(made.tensor, made.view.with_dims(dims))]

    convert.__doc__ = "The first place of an extreme along a dimension; places are int32 in C."
    return convert


def batch_normalization(node: Node) -> Sequence[Value]:
    """BatchNormalization of float32, folded into the operator before it where it can be."""
    if node.integer("training_mode"):
        raise node.refuse("its training mode is on", "export for inference")
    x = node.held()
    if x.tensor.quantization is not None:
        raise node.refuse(
            "its input is quantized; it is supported in float32 networks",
            "fold it into the convolution before quantizing (onnxruntime's pre-processing does)",
        )
    scale, shift, mean, variance = (
        node.constant(number, role).real.astype(np.float64).reshape(-1)
        for number, role in enumerate(("scale", "bias", "mean", "variance"), 1)
    )
    view = x.view
    channels = view.shape[1] if len(view.dims) > 1 else 1
    if {part.size for part in (scale, shift, mean, variance)} != {channels}:
        raise node.malformed(f"its constants do not fit {channels} channels")
    with np.errstate(all="ignore"):
        factor = scale / np.sqrt(variance + node.number("epsilon", 1e-5))
    offset = shift - mean * factor
    folded = _folded(node, x, factor, offset)
    if folded is not None:
        return [folded]
    order = view.natural()
    tensor = node.builder.arranged(x, order)
    shape = tuple(channels if d == 1 else 1 for d in order)
    constants = [
        node.stored(role, data.astype(np.float32).reshape(shape), None, DType.FLOAT32)
        for role, data in (("factor", factor), ("offset", offset))
    ]
    scaled = node.builder.tensor(f"{node.raw.outputs[0]}/scaled", tensor.shape, DType.FLOAT32)
    node.builder.emit("mul", Elementwise(), (tensor, constants[0]), scaled)
    return [node.make("add", Elementwise(), (scaled, constants[1]), view.shape, None, order)]


def _folded(
    node: Node, x: Held, factor: np.ndarray[tuple[int, ...], np.dtype[np.float64]], offset: object
) -> Held | None:
    """The convolution before the node with its weights scaled; None where there is none alone."""
    builder = node.builder
    if not builder.operators or node.reads(node.raw.inputs[0]) != 1:
        return None
    before = builder.operators[-1]
    if before.kind not in _RANK or before.outputs != (x.tensor.name,):
        return None
    weights = builder.tensors[before.inputs[1]]
    if weights.data is None or weights.dtype is not DType.FLOAT32:
        return None
    shape = [1] * len(weights.shape)
    shape[_RANK[before.kind]] = -1
    scaled = (weights.data.astype(np.float64) * factor.reshape(shape)).astype(np.float32)
    bias = builder.tensors[before.inputs[2]].data if before.inputs[2] else None
    given = np.zeros(factor.shape) if bias is None else bias.astype(np.float64)
    moved = (given * factor + np.asarray(offset)).astype(np.float32)
    names = [
        node.stored(role, data, None, DType.FLOAT32).name
        for role, data in (("weights", scaled), ("bias", moved))
    ]
    output = builder.tensor(node.raw.outputs[0], x.tensor.shape, DType.FLOAT32)
    inputs = (before.inputs[0], *names)
    builder.operators[-1] = Operator(
        before.kind, before.name, inputs, (output.name,), before.attributes
    )
    return Held(output, x.view)


CONVERTERS: dict[str, Converter] = {
    **onnx_movement.CONVERTERS,
    **onnx_picks.CONVERTERS,
    **onnx_elementwise.CONVERTERS,
    "Conv": onnx_spatial.conv,
    "ConvTranspose": onnx_spatial.conv_transpose,
    "MaxPool": onnx_spatial.max_pool,
    "AveragePool": onnx_spatial.average_pool,
    "GlobalAveragePool": onnx_spatial.global_average_pool,
    "GlobalMaxPool": onnx_spatial.global_max_pool,
    "Resize": onnx_spatial.resize,
    "Gemm": gemm,
    "MatMul": matmul,
    "Softmax": softmax,
    "LogSoftmax": log_softmax,
    "ReduceMean": reduction("mean", scaled=True),
    "ReduceSum": reduction("sum", scaled=True),
    "ReduceMax": reduction("reduce_max", scaled=False),
    "ReduceMin": reduction("reduce_min", scaled=False),
    "ArgMax": place("arg_max"),
    "ArgMin": place("arg_min"),
    "BatchNormalization": batch_normalization,
}
"""Operator -> converter."""

_STATIC = "use static quantization (onnxruntime's quantize_static with calibration data)"
_CONVOLUTIONAL = "use a convolutional network"
REMEDIES = {
    "ConvInteger": _STATIC,
    "MatMulInteger": _STATIC,
    "DynamicQuantizeLinear": _STATIC,
    "DynamicQuantizeMatMul": _STATIC,
    "MatMulIntegerToFloat": _STATIC,
    "Upsample": "export with a later opset, whose Resize takes its place",
    "LSTM": _CONVOLUTIONAL,
    "GRU": _CONVOLUTIONAL,
    "RNN": _CONVOLUTIONAL,
    "If": "export without control flow",
    "Loop": "export without control flow",
    "Scan": "export without control flow",
    "TopK": "leave it to the caller, who gets the scores",
    "NonMaxSuppression": "leave it to the caller, who gets boxes and scores",
    "LayerNormalization": "use BatchNormalization, which folds into convolutions",
    "InstanceNormalization": "use BatchNormalization, which folds into convolutions",
}
"""What to do about some operators without a converter."""
