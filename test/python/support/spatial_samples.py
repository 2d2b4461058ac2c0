"""One-operator models with random numbers, each as a graph and as .tflite bytes.

The two are made side by side, not one from the other, so that a front end's mistake cannot hide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from thumbnet.ir import attributes
from thumbnet.ir.attributes import Activation, Attributes, Window
from thumbnet.ir.graph import DType, Graph, Operator, Quantization, Tensor
from thumbnet.operators.base import Family
from thumbnet.operators.registry import families

from support import inputs as samples
from support.random_models import random_scale, random_weights, random_zero_point
from support.tflite_model import Value
from support.tflite_writer import Writer, same_size

AnyArray = npt.NDArray[Any]
Rng = np.random.Generator
ACTIVATIONS = ("none", "none", "relu", "relu6", "relu_n1_to_1")


@dataclass(frozen=True, eq=False)
class Sample:
    """One operator as a graph and as a .tflite model (which may say it with two operators)."""

    graph: Graph
    model: bytes

    @property
    def operator(self) -> Operator:
        return self.graph.operators[0]

    @property
    def family(self) -> Family:
        return families()[self.operator.kind]

    def reference(self, given: Sequence[AnyArray]) -> AnyArray:
        values = dict(zip(self.graph.inputs, given, strict=True))
        tensors = [self.graph.tensor(name) if name else None for name in self.operator.inputs]
        operands = [t if t is None else values.get(t.name, t.data) for t in tensors]
        return self.family.reference(self.graph, self.operator, operands)[0]

    def suites(self, seed: int) -> list[list[AnyArray]]:
        """Sets of inputs of every sort."""
        shapes = [self.graph.tensor(name).shape for name in self.graph.inputs]
        suites = [samples.suite(shape, "int8", seed + i) for i, shape in enumerate(shapes)]
        return [list(given) for given in zip(*suites, strict=True)]


def described(value: Value, data: AnyArray | None = None, axis: int | None = None) -> Tensor:
    """A tensor of the model under construction as one of a graph."""
    quantization = None
    if value.scale:
        per_tensor = len(value.scale) == 1
        quantization = Quantization(value.scale, value.zero_point, None if per_tensor else axis)
    return Tensor(value.name, value.shape, DType(value.dtype), quantization, data)


def one_operator(
    kind: str, given: Attributes, operands: Sequence[Tensor | None], output: Tensor
) -> Graph:
    """A graph of one operator; its inputs are the operands that are not constant."""
    named = [operand for operand in operands if operand is not None]
    names = tuple("" if operand is None else operand.name for operand in operands)
    operator = Operator(kind, kind, names, (output.name,), given)
    variables = dict.fromkeys(t.name for t in named if not t.is_constant)
    tensors = {t.name: t for t in (*named, output)}
    return Graph("test", tensors, (operator,), tuple(variables), (output.name,))


# -- convolutions ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Layer:
    """What a convolution of the tests is like; a pad is an operator of its own in the model."""

    kind: str = "conv_2d"
    size: tuple[int, int] = (7, 6)
    channels: tuple[int, int] = (3, 4)
    kernel: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (1, 1)
    padding: str = "same"
    pad: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Top, bottom, left, right."""
    per_channel: bool = True
    bias: bool = True
    gain: float = 1.0
    """How much of the output's range the sums fill."""


def same_pads(size: int, kernel: int, stride: int, padding: str) -> tuple[int, int]:
    """Padding before and after under TFLite's SAME or VALID."""
    if padding == "valid":
        return 0, 0
    total = max((same_size(size, kernel, stride, padding) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def window_of(layer: Layer) -> Window:
    """The layer's window with the pads of both kinds."""
    top, bottom, left, right = layer.pad
    padded = (layer.size[0] + top + bottom, layer.size[1] + left + right)
    rows, columns = (
        same_pads(padded[i], layer.kernel[i], layer.stride[i], layer.padding) for i in (0, 1)
    )
    return Window(
        *layer.kernel,
        *layer.stride,
        top + rows[0],
        bottom + rows[1],
        left + columns[0],
        right + columns[1],
    )


def convolution(rng: Rng, layer: Layer) -> Sample:
    """A convolution or fully_connected (of as many pixels as its size has) with random numbers."""
    depthwise, dense = layer.kind == "depthwise_conv_2d", layer.kind == "fully_connected"
    ins, outs = layer.channels
    axis = 3 if depthwise else 0
    shapes = {
        "conv_2d": (outs, *layer.kernel, ins),
        "depthwise_conv_2d": (1, *layer.kernel, outs),
        "fully_connected": (outs, ins),
    }
    weights = random_weights(rng, shapes[layer.kind])
    taps = weights.size // outs
    spread = 45 * 74 * np.sqrt(taps)
    count = outs if layer.per_channel else 1
    scales = np.exp(rng.uniform(np.log(0.002), np.log(0.02), count)).astype(np.float32)
    bias = rng.normal(0, spread, outs).astype(np.int32) if layer.bias else None
    writer = Writer()
    shape = (int(np.prod(layer.size)), ins) if dense else (1, *layer.size, ins)
    x = writer.input(shape, scale=random_scale(rng), zero_point=random_zero_point(rng))
    top, bottom, left, right = layer.pad
    padded = writer.pad(x, [(0, 0), (top, bottom), (left, right), (0, 0)]) if any(layer.pad) else x
    activation = str(rng.choice(ACTIVATIONS))
    window: dict[str, Any] = {"stride": layer.stride, "padding": layer.padding}
    y = getattr(writer, layer.kind)(
        padded,
        weights,
        # LiteRT's int8 convolutions refuse to be without a bias, or crash.
        np.zeros(outs, np.int32) if bias is None and not dense else bias,
        weight_scale=scales,
        scale=float(x.scale[0] * np.mean(scales) * spread / 50 / layer.gain),
        zero_point=random_zero_point(rng),
        activation=activation,
        **({} if dense else window),
    )
    clamp = Activation(activation)
    given: dict[str, Attributes] = {
        "conv_2d": attributes.Convolution(window_of(layer), clamp),
        "depthwise_conv_2d": attributes.DepthwiseConvolution(window_of(layer), outs // ins, clamp),
        "fully_connected": attributes.FullyConnected(clamp),
    }
    points = (0,) * count
    quantization = Quantization(
        tuple(map(float, scales)), points, axis if layer.per_channel and count > 1 else None
    )
    constants = [
        Tensor("weights", weights.shape, DType.INT8, quantization, weights),
        None if bias is None else Tensor("bias", bias.shape, DType.INT32, None, bias),
    ]
    graph = one_operator(layer.kind, given[layer.kind], [described(x), *constants], described(y))
    return Sample(graph, writer.finish([y]))


KERNELS = [(1, 1), (3, 3), (5, 5), (7, 7), (2, 2), (4, 2), (3, 1), (1, 5), (10, 8)]


def random_pad(rng: Rng) -> tuple[int, int, int, int]:
    """Top, bottom, left, right."""
    top, bottom, left, right = map(int, rng.integers(0, 4, 4))
    return top, bottom, left, right


def random_layers(seed: int, kind: str, count: int) -> list[Layer]:
    """Layers of all kernel sizes, strides (also beyond the kernel) and paddings."""
    rng = np.random.default_rng(seed)
    layers = []
    for index in range(count):
        kernel = KERNELS[index % len(KERNELS)]
        ins = int(rng.choice([1, 2, 3, 5, 8, 9, 16, 19]))
        outs = ins * int(rng.choice([1, 1, 1, 2, 3])) if kind != "conv_2d" else 0
        layers.append(
            Layer(
                kind,
                (
                    int(rng.integers(1, 12)) + kernel[0] - 1,
                    int(rng.integers(1, 12)) + kernel[1] - 1,
                ),
                (ins, outs or int(rng.choice([1, 2, 3, 4, 6, 7, 8, 13]))),
                kernel,
                (int(rng.integers(1, 5)), int(rng.integers(1, 4))),
                str(rng.choice(["same", "same", "valid"])),
                random_pad(rng) if index % 3 == 0 else (0, 0, 0, 0),
                bool(rng.random() < 0.8),
                bool(rng.random() < 0.8),
                float(rng.choice([0.3, 1, 4])),
            )
        )
    return layers


def random_dense(seed: int, count: int) -> list[Layer]:
    """fully_connected layers of one and more pixels."""
    rng = np.random.default_rng(seed)
    return [
        Layer(
            "fully_connected",
            (1, int(rng.choice([1, 1, 1, 2, 5]))),
            (int(rng.integers(1, 90)), int(rng.integers(1, 23))),
            per_channel=bool(rng.random() < 0.4),
            bias=bool(rng.random() < 0.7),
            gain=float(rng.choice([0.3, 1, 4])),
        )
        for _ in range(count)
    ]


def convolutions(seed: int, count: int) -> list[Sample]:
    rng = np.random.default_rng(seed)
    return [convolution(rng, layer) for layer in random_layers(seed, "conv_2d", count)]


def depthwise(seed: int, count: int) -> list[Sample]:
    rng = np.random.default_rng(seed)
    return [convolution(rng, layer) for layer in random_layers(seed, "depthwise_conv_2d", count)]


def dense(seed: int, count: int) -> list[Sample]:
    rng = np.random.default_rng(seed)
    return [convolution(rng, layer) for layer in random_dense(seed, count)]


# -- element-wise ---------------------------------------------------------------------------------


def binary(
    rng: Rng, kind: str, shapes: Sequence[tuple[int, ...]], constant: int | None = None
) -> Sample:
    """add, sub or mul; operand number ``constant`` is constant."""
    writer, values = Writer(), []
    data: list[AnyArray | None] = [None, None]
    for index, shape in enumerate(shapes):
        scale, zero_point = random_scale(rng), random_zero_point(rng)
        if index == constant:
            made = data[index] = samples.noise(shape, "int8", int(rng.integers(1 << 30)))
            values.append(writer.constant(made, scale, zero_point))
        else:
            values.append(writer.input(shape, "int8", scale, zero_point))
    a, b = values
    ends = [[v.scale[0] * (q - v.zero_point[0]) for q in (-128, 127)] for v in values]
    operation = {"add": np.add, "sub": np.subtract, "mul": np.multiply}[kind]
    corners = [float(operation(first, second)) for first in ends[0] for second in ends[1]]
    scale = (max(corners) - min(corners)) / 255 * float(np.exp(rng.uniform(-1.5, 0.5)))
    middle = -(max(corners) + min(corners)) / 2 / scale
    activation = str(rng.choice(ACTIVATIONS))
    y = getattr(writer, kind)(
        a,
        b,
        scale=scale,
        zero_point=int(np.clip(rng.normal(middle, 20), -128, 127)),
        activation=activation,
    )
    operands = [described(value, array) for value, array in zip(values, data, strict=True)]
    given = attributes.Elementwise(Activation(activation))
    return Sample(one_operator(kind, given, operands, described(y)), writer.finish([y]))


H, W, C = 4, 5, 6
FULL = (1, H, W, C)
BROADCASTS: list[tuple[tuple[int, ...], int | None]] = [
    (FULL, None),
    ((1, 1, 1, C), None),
    ((C,), None),
    ((1, 1, 1, 1), None),
    ((1, H, W, 1), None),
    ((1, 1, W, C), None),
    ((1, H, 1, 1), None),
    ((1, H, 1, C), None),
    (FULL, 1),
    ((C,), 1),
    ((), 1),
    ((1, H, W, 1), 1),
    ((1, 1, W, 1), 1),
    ((1, H, 1, C), 1),
]
"""Shapes of an operand beside FULL, and whether it is constant."""


def binaries(seed: int, repeats: int) -> list[Sample]:
    rng = np.random.default_rng(seed)
    made = []
    for kind in ("add", "sub", "mul"):
        for shape, constant in BROADCASTS * repeats:
            if rng.random() < 0.5:
                made.append(binary(rng, kind, (FULL, shape), constant))
            else:
                made.append(binary(rng, kind, (shape, FULL), None if constant is None else 0))
        made.append(binary(rng, kind, ((1, H, 1, C), (1, 1, W, C))))
        made.append(binary(rng, kind, ((W, C), (C,)), 1))
        made.append(binary(rng, kind, ((1, 1, 1, C), (1, H, W, 1)), 1))
    return made


# -- copies ---------------------------------------------------------------------------------------


def pad(rng: Rng, shape: tuple[int, ...], pads: Sequence[tuple[int, int]]) -> Sample:
    writer = Writer()
    x = writer.input(shape, scale=random_scale(rng), zero_point=random_zero_point(rng))
    y = writer.pad(x, pads)
    before, after = (tuple(pair[i] for pair in pads) for i in (0, 1))
    graph = one_operator("pad", attributes.Pad(before, after), [described(x)], described(y))
    return Sample(graph, writer.finish([y]))


def pads(seed: int, count: int) -> list[Sample]:
    rng = np.random.default_rng(seed)
    made = []
    for index in range(count):
        rank = (4, 4, 4, 3, 2)[index % 5]
        shape = (1, 3, 4, 5)[4 - rank :]
        spans = [tuple(map(int, rng.integers(0, 4, 2) * rng.integers(0, 2))) for _ in shape]
        spans[0] = (0, 0) if rank == 4 else spans[0]
        made.append(pad(rng, shape, [(first, last) for first, last in spans]))
    return made


def concatenation(rng: Rng, shape: tuple[int, ...], axis: int, sizes: Sequence[int]) -> Sample:
    writer, how = Writer(), (random_scale(rng), random_zero_point(rng))
    values = []
    for size in sizes:
        part = list(shape)
        part[axis] = size
        values.append(writer.input(part, "int8", *how))
    y = writer.concatenation(values, axis)
    given = attributes.Concatenation(axis % len(shape))
    graph = one_operator("concatenation", given, [*map(described, values)], described(y))
    return Sample(graph, writer.finish([y]))


def concatenations(seed: int, repeats: int) -> list[Sample]:
    rng = np.random.default_rng(seed)
    shapes: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
        ((1, 3, 4, 5), (1, 2, 3, -1, -2)),
        ((3, 4, 5), (0, 1, 2)),
        ((4, 5), (0, 1)),
    ]
    return [
        concatenation(rng, shape, axis, rng.integers(1, 5, int(rng.integers(1, 5))).tolist())
        for shape, axes in shapes
        for axis in axes
        for _ in range(repeats)
    ]


def resize(
    rng: Rng, shape: tuple[int, int, int, int], size: tuple[int, int], how: dict[str, bool]
) -> Sample:
    writer = Writer()
    x = writer.input(shape, scale=random_scale(rng), zero_point=random_zero_point(rng))
    y = writer.resize_nearest_neighbor(x, size, **how)
    given = attributes.ResizeNearestNeighbor(**how)
    graph = one_operator("resize_nearest_neighbor", given, [described(x)], described(y))
    return Sample(graph, writer.finish([y]))


def resizes(seed: int, count: int) -> list[Sample]:
    rng = np.random.default_rng(seed)
    choices = [
        {"align_corners": align, "half_pixel_centers": half}
        for align, half in ((False, False), (True, False), (False, True))
    ]
    return [
        resize(
            rng,
            (1, int(rng.integers(1, 9)), int(rng.integers(1, 30)), int(rng.integers(1, 5))),
            (int(rng.integers(1, 20)), int(rng.integers(1, 40))),
            choices[index % 3],
        )
        for index in range(count)
    ]


def transpose(rng: Rng, shape: tuple[int, ...], permutation: Sequence[int]) -> Sample:
    writer = Writer()
    x = writer.input(shape, scale=random_scale(rng), zero_point=random_zero_point(rng))
    y = writer.transpose(x, permutation)
    given = attributes.Transpose(tuple(permutation))
    graph = one_operator("transpose", given, [described(x)], described(y))
    return Sample(graph, writer.finish([y]))


def transposes(seed: int, count: int) -> list[Sample]:
    rng = np.random.default_rng(seed)
    made = []
    for index in range(count):
        rank = 1 + index % 5
        shape = tuple(int(n) for n in rng.integers(1, 5, rank))
        made.append(transpose(rng, shape, rng.permutation(rank).tolist()))
    return made


def reshapes() -> list[Sample]:
    rng = np.random.default_rng(0)
    made = []
    for shape, new in [((1, 3, 4, 5), (1, 60)), ((12, 5), (3, 4, 5)), ((7,), (1, 1, 1, 7))]:
        writer = Writer()
        x = writer.input(shape, scale=random_scale(rng), zero_point=random_zero_point(rng))
        y = writer.reshape(x, new)
        graph = one_operator("reshape", attributes.Reshape(), [described(x)], described(y))
        made.append(Sample(graph, writer.finish([y])))
    return made
