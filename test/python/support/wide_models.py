"""Models of one operator of int16 with random weights and plausible random quantization."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from thumbnet.frontends.tflite import parse_tflite
from thumbnet.ir.graph import Graph, Operator
from thumbnet.operators.base import Family
from thumbnet.operators.registry import families
from thumbnet.reference.interpreter import run

from support import inputs as samples
from support.random_models import random_weights, random_zero_point
from support.tflite_model import AnyArray, Value
from support.wide_writer import WideWriter

Rng = np.random.Generator
LARGE = 18000
"""The standard deviation of noise over all of int16, nearly."""


@dataclass(frozen=True, eq=False)
class WideSample:
    """A model of one operator and the graph that the frontend makes of it."""

    model: bytes
    graph: Graph

    @property
    def operator(self) -> Operator:
        """The operator."""
        (operator,) = self.graph.operators
        return operator

    @property
    def family(self) -> Family:
        """Its family."""
        return families()[self.operator.kind]

    def reference(self, given: Sequence[AnyArray]) -> AnyArray:
        """What the family's reference makes of inputs."""
        return run(self.graph, given)[0]

    def suites(self, seed: int) -> list[list[AnyArray]]:
        """Sets of inputs of every sort."""
        tensors = [self.graph.tensor(name) for name in self.graph.inputs]
        suites = [
            samples.suite(tensor.shape, tensor.dtype.value, seed + i)
            for i, tensor in enumerate(tensors)
        ]
        return [list(given) for given in zip(*suites, strict=True)]


def sample(writer: WideWriter, output: Value) -> WideSample:
    """The model that ``writer`` holds."""
    model = writer.finish([output])
    return WideSample(model, parse_tflite(model, "wide.tflite"))


def wide_scale(rng: Rng) -> float:
    """A scale of int16 activations, log-uniform."""
    return float(np.float32(np.exp(rng.uniform(np.log(2e-5), np.log(2e-3)))))


def weighted(
    rng: Rng, kind: str, bias: str, shape: tuple[int, ...] = (1, 5, 6, 7), **options: Any
) -> WideSample:
    """conv_2d, depthwise_conv_2d, fully_connected or transpose_conv; ``bias`` is a type or "".

    Of ``options``, channels (with a depthwise_conv_2d, for each of the input's), kernel, dtype and
    per_channel are this function's, the others the writer's.
    """
    channels, kernel = options.pop("channels", 9), options.pop("kernel", (3, 3))
    dtype, per_channel = options.pop("dtype", "int16"), options.pop("per_channel", True)
    depth, reach = shape[-1], LARGE if dtype == "int16" else 74
    writer, x_scale = WideWriter(), wide_scale(rng)
    x = writer.input(shape, dtype, x_scale, 0 if dtype == "int16" else random_zero_point(rng))
    weight_shape = {
        "conv_2d": (channels, *kernel, depth),
        "transpose_conv": (channels, *kernel, depth),
        "depthwise_conv_2d": (1, *kernel, depth * channels),
        "fully_connected": (channels, depth),
    }[kind]
    weights = random_weights(rng, weight_shape)
    outputs = weight_shape[3] if kind == "depthwise_conv_2d" else channels
    spread = 45 * reach * np.sqrt(weights.size / outputs)
    values = rng.normal(0, spread, outputs).astype(bias) if bias else None
    scales = rng.uniform(0.002, 0.02, outputs if per_channel else 1).astype(np.float32)
    scale = float(x_scale * scales.mean() * spread / (reach * 0.55) * np.exp(rng.uniform(-0.5, 1)))
    options["zero_point"] = 0 if dtype == "int16" else random_zero_point(rng)
    size = [options.pop("size")] if kind == "transpose_conv" else []
    method = getattr(writer, kind)
    y = method(x, weights, *size, values, weight_scale=scales, scale=scale, **options)
    if bias != "int64" and dtype == "int16":
        builtin = writer.graph.operators[-1].builtinOptions
        builtin.quantizedBiasType = 2 if bias == "int32" else 0
    return sample(writer, y)


def binary(
    rng: Rng, kind: str, shapes: tuple[tuple[int, ...], tuple[int, ...]], **options: Any
) -> WideSample:
    """add, sub, mul, maximum or minimum of two inputs; of an input and a ``constant`` second."""
    writer, constant = WideWriter(), options.pop("constant", False)
    scales = [wide_scale(rng) for _ in shapes]
    if kind in ("maximum", "minimum"):
        scales[1] = scales[0]
    a = writer.input(shapes[0], "int16", scales[0])
    if constant:
        b = writer.constant(rng.integers(-9999, 9999, shapes[1], np.int16), scales[1], 0)
    else:
        b = writer.input(shapes[1], "int16", scales[1])
    if kind in ("maximum", "minimum"):
        return sample(writer, writer.extreme(kind, a, b))
    reach = {"add": sum(scales), "sub": sum(scales), "mul": scales[0] * scales[1] * 32768}[kind]
    scale = float(reach * np.exp(rng.uniform(-1, 1)))
    return sample(writer, getattr(writer, kind)(a, b, scale=scale, **options))


def unary(
    rng: Rng, kind: str, shape: tuple[int, ...], /, *args: Any, dtype: str = "int16", **options: Any
) -> WideSample:
    """Any method of the writer that takes an input first; ``range`` scales the output's scale."""
    writer = WideWriter()
    scale = options.pop("x_scale", 0.0) or wide_scale(rng)
    x = writer.input(shape, dtype, scale if dtype != "float32" else (), options.pop("x_point", 0))
    if "ratio" in options:
        options["scale"] = float(scale * options.pop("ratio"))
    return sample(writer, getattr(writer, kind)(x, *args, **options))
