"""Models of one pooling, mean, softmax, byte function or quantization, and the same as graphs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from thumbnet.ir import attributes
from thumbnet.ir.attributes import Activation, Attributes, Window
from thumbnet.ir.graph import DType, Graph, Operator, Quantization, Tensor
from thumbnet.operators.base import Family
from thumbnet.operators.lookup import TABLE_KINDS
from thumbnet.operators.pool import Pool
from thumbnet.operators.quantize import Quantize
from thumbnet.operators.reduce import Mean
from thumbnet.operators.registry import families
from thumbnet.operators.softmax import Softmax
from thumbnet.operators.unary import TABLES

from support.random_models import random_scale, random_zero_point
from support.tflite_writer import Writer, same_size

AnyArray = npt.NDArray[Any]
Rng = np.random.Generator


@dataclass(frozen=True, eq=False)
class Sample:
    """One operator as a .tflite model and as a graph."""

    family: Family
    model: bytes
    graph: Graph

    @property
    def operator(self) -> Operator:
        """The operator."""
        return self.graph.operators[0]

    @property
    def x(self) -> Tensor:
        """The input."""
        return self.graph.tensor(self.graph.inputs[0])

    def reference(self, x: AnyArray) -> AnyArray:
        """What the family's reference makes of ``x``."""
        return self.family.reference(self.graph, self.operator, [x])[0]


def tensor(
    name: str, shape: tuple[int, ...], dtype: str, scale: float | None = None, zero_point: int = 0
) -> Tensor:
    """A variable; scales as float32, as files hold them."""
    quantization = (
        None if scale is None else Quantization((float(np.float32(scale)),), (zero_point,))
    )
    return Tensor(name, shape, DType(dtype), quantization)


def one_operator(kind: str, given: Attributes, x: Tensor, output: Tensor) -> Graph:
    """A graph of one operator without constants."""
    operator = Operator(kind, kind, (x.name,), (output.name,), given)
    return Graph("test", {t.name: t for t in (x, output)}, (operator,), ("x",), ("out",))


def pads(size: int, kernel: int, stride: int, padding: str) -> tuple[int, int]:
    """Explicit padding before and after, as TFLite's SAME or VALID gives it."""
    if padding == "valid":
        return 0, 0
    total = max((same_size(size, kernel, stride, padding) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def pool_sample(rng: Rng, kind: str, window: str) -> Sample:
    """Pooling with a window of any size, as high as the input ("high") or over all of it."""
    height, width = (int(n) for n in rng.integers(2, 9, 2))
    channels = int(rng.integers(1, 20))
    kernel = (int(rng.integers(1, height + 1)), int(rng.integers(1, width + 1)))
    kernel = {"any": kernel, "high": (height, kernel[1]), "all": (height, width)}[window]
    strides = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    padding = "valid" if window != "any" else str(rng.choice(["same", "valid"]))
    activation = str(rng.choice(["none", "relu", "relu6", "relu_n1_to_1"]))
    scale, zero_point = random_scale(rng), random_zero_point(rng)
    writer = Writer()
    value = writer.input((1, height, width, channels), scale=scale, zero_point=zero_point)
    make = getattr(writer, kind)
    result = make(value, kernel, stride=strides, padding=padding, activation=activation)
    (top, bottom), (left, right) = (
        pads(size, kernel[i], strides[i], padding) for i, size in enumerate((height, width))
    )
    given = attributes.Pool(
        Window(*kernel, *strides, top, bottom, left, right), Activation(activation)
    )
    graph = one_operator(
        kind,
        given,
        tensor("x", value.shape, "int8", scale, zero_point),
        tensor("out", result.shape, "int8", scale, zero_point),
    )
    return Sample(Pool(), writer.finish([result]), graph)


def mean_sample(rng: Rng, axes: tuple[int, ...], rank: int, keep_dims: bool) -> Sample:
    """A mean with the input's quantization or another."""
    shape = (*(int(n) for n in rng.integers(1, 9, rank - 1)), int(rng.integers(1, 40)))
    shape = (1, *shape[1:]) if rank == 4 else shape
    scale, zero_point = random_scale(rng), random_zero_point(rng)
    out_scale, out_point = scale, zero_point
    if rng.random() < 0.7:
        out_scale, out_point = scale * float(rng.uniform(0.1, 3)), random_zero_point(rng)
    writer = Writer()
    value = writer.input(shape, scale=scale, zero_point=zero_point)
    result = writer.mean(value, axes, keep_dims=keep_dims, scale=out_scale, zero_point=out_point)
    graph = one_operator(
        "mean",
        attributes.Reduce(axes, keep_dims),
        tensor("x", shape, "int8", scale, zero_point),
        tensor("out", result.shape, "int8", out_scale, out_point),
    )
    return Sample(Mean(), writer.finish([result]), graph)


def softmax_sample(rng: Rng, rows: int) -> Sample:
    """Softmax of few or many classes, flat or steep."""
    shape = (rows, int(rng.choice([2, 3, 10, 12, 101])))
    scale = float(
        rng.choice([rng.uniform(0.001, 0.03), rng.uniform(0.03, 0.4), rng.uniform(0.4, 2)])
    )
    beta = float(rng.choice([1.0, 1.0, 0.3]))
    writer = Writer()
    value = writer.input(shape, scale=scale, zero_point=random_zero_point(rng))
    result = writer.softmax(value, beta=beta)
    graph = one_operator(
        "softmax",
        attributes.Softmax(float(np.float32(beta))),
        tensor("x", shape, "int8", scale, value.zero_point[0]),
        tensor("out", shape, "int8", 1 / 256, -128),
    )
    return Sample(Softmax(), writer.finish([result]), graph)


def table_sample(rng: Rng, kind: str, elements: int = 256) -> Sample:
    """A byte to byte function; relu and quantize with another output quantization."""
    types = tuple(str(t) for t in rng.choice(["int8", "uint8"], 2))
    dtype, out_dtype = types if kind == "quantize" else (types[0], types[0])
    limits = {"int8": (-128, 128), "uint8": (0, 256)}
    scale, zero_point = random_scale(rng), int(rng.integers(*limits[dtype]))
    out_scale = scale * float(rng.choice([1, 0.5, 2, rng.uniform(0.05, 8)]))
    out_point = int(rng.integers(*limits[out_dtype]))
    if kind == "logistic":
        out_scale, out_point = 1 / 256, limits[out_dtype][0]
    writer = Writer()
    value = writer.input((1, elements), dtype, scale, zero_point)
    result = writer.tensor((1, elements), out_dtype, out_scale, out_point)
    writer.operator(kind.upper(), [value], [result], version=1)
    graph = one_operator(
        kind,
        Attributes(),
        tensor("x", value.shape, dtype, scale, zero_point),
        tensor("out", value.shape, out_dtype, out_scale, out_point),
    )
    return Sample(families()[kind], writer.finish([result]), graph)


def float_sample(rng: Rng, kind: str) -> Sample:
    """Quantize from or dequantize to float32."""
    dtype = str(rng.choice(["int8", "uint8"]))
    zero_point = int(rng.integers(-128, 128)) + (128 if dtype == "uint8" else 0)
    shape, scale = (1, 3, 5, 7), random_scale(rng)
    writer = Writer()
    bytes_tensor = tensor("", shape, dtype, scale, zero_point)
    float_tensor = tensor("", shape, "float32")
    first, last = (
        (float_tensor, bytes_tensor) if kind == "quantize" else (bytes_tensor, float_tensor)
    )
    if kind == "quantize":
        value = writer.input(shape, "float32")
        result = writer.quantize(value, dtype, scale=scale, zero_point=zero_point)
    else:
        value = writer.input(shape, dtype, scale, zero_point)
        result = writer.dequantize(value)
    x = Tensor("x", shape, first.dtype, first.quantization)
    output = Tensor("out", shape, last.dtype, last.quantization)
    graph = one_operator(kind, Attributes(), x, output)
    return Sample(Quantize(), writer.finish([result]), graph)


def pool_samples(seed: int, count: int) -> list[Sample]:
    """Both kinds with windows of all sorts."""
    rng = np.random.default_rng(seed)
    kinds, windows = ("average_pool_2d", "max_pool_2d"), ("any", "any", "high", "all")
    return [pool_sample(rng, kinds[i % 2], windows[i // 2 % 4]) for i in range(count)]


MEANS = [
    ((1, 2), 4, False), ((1, 2), 4, True), ((2, 1), 4, True), ((1,), 4, False), ((2,), 4, True),
    ((3,), 4, False), ((1, 3), 4, False), ((2, 3), 4, False), ((1, 2, 3), 4, True),
    ((1, 2), 4, True), ((0,), 4, False), ((1,), 3, False), ((2,), 3, False), ((0, 1), 3, True),
    ((1,), 2, True), ((0,), 2, False),
]  # fmt: skip
"""(axes, rank, keep_dims)"""


def mean_samples(seed: int, repeats: int) -> list[Sample]:
    """Every case of MEANS, ``repeats`` times."""
    rng = np.random.default_rng(seed)
    return [mean_sample(rng, *how) for how in MEANS for _ in range(repeats)]


def softmax_samples(seed: int, count: int, rows: int = 3) -> list[Sample]:
    """``count`` models of ``rows`` pixels."""
    rng = np.random.default_rng(seed)
    return [softmax_sample(rng, rows) for _ in range(count)]


def table_samples(seed: int, count: int) -> list[Sample]:
    """Kinds that become a table, ``count`` times; of others see :mod:`support.byte_trials`."""
    rng = np.random.default_rng(seed)
    kinds = [kind for kind in TABLE_KINDS if kind not in TABLES]
    return [table_sample(rng, kind) for kind in kinds for _ in range(count)]
