"""Bounds of channels: exact for one operator, never too narrow for a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from support.random_models import random_scale, random_weights, random_zero_point
from support.random_networks import random_network
from support.small_networks import Net, graph_of, suite
from support.tflite_model import Value
from thumbnet.frontends.tflite import parse_tflite
from thumbnet.ir.graph import Graph
from thumbnet.ir.verify import verify
from thumbnet.passes.intervals import Interval, channel_count, intervals
from thumbnet.reference.interpreter import run_all

AnyArray = npt.NDArray[Any]
Rng = np.random.Generator
BYTES = np.arange(-128, 128).astype(np.int8)
FIRST, SECOND = (byte.reshape(-1, 1) for byte in np.meshgrid(BYTES, BYTES, indexing="ij"))
PAIRS = np.concatenate([FIRST, SECOND], axis=1)
"""All pairs of int8 values [65536, 2]."""
Case = Callable[[Net, Rng], Value]


def image(net: Net, rng: Rng, *shape: int) -> Value:
    """An input that has been through a table, so that bounds are not always the type's."""
    x = net.input(shape, "int8", random_scale(rng), random_zero_point(rng))
    return x if rng.random() < 0.5 else net.hard_swish(x, scale=x.scale[0], zero_point=-20)


def products(rng: Rng, x: Value, weights: AnyArray, axis: int) -> dict[str, Any]:
    """Scales, of which some are zero or negative, biases that now and then saturate, a clamp."""
    channels = weights.shape[axis]
    scales = rng.uniform(0.002, 0.02, channels) * rng.choice([1, 1, 1, 1, -1, 0], channels)
    bias = rng.integers(-9000, 9000, channels) * rng.choice([1, 1, 1, 99], channels)
    return {
        "bias": bias,
        "weight_scale": scales,
        "scale": x.scale[0] * 0.01 * 90 * float(rng.uniform(0.3, 2)),
        "zero_point": random_zero_point(rng),
        "activation": str(rng.choice(["none", "relu", "relu6", "relu_n1_to_1"])),
    }


def conv_2d(net: Net, rng: Rng) -> Value:
    """Two input channels."""
    x, weights = image(net, rng, 1, 256, 256, 2), random_weights(rng, (9, 1, 1, 2))
    return net.conv_2d(x, weights, **products(rng, x, weights, 0))


def padded_conv_2d(net: Net, rng: Rng) -> Value:
    """Windows of two pixels and of one beside the border."""
    x, weights = image(net, rng, 1, 65536, 2, 1), random_weights(rng, (9, 1, 2, 1))
    return net.conv_2d(x, weights, **products(rng, x, weights, 0))


def depthwise_conv_2d(net: Net, rng: Rng) -> Value:
    """Eleven channels, of which three round otherwise."""
    x, weights = image(net, rng, 1, 65536, 2, 1), random_weights(rng, (1, 1, 2, 11))
    padding = str(rng.choice(["same", "valid"]))
    return net.depthwise_conv_2d(x, weights, padding=padding, **products(rng, x, weights, 3))


def fully_connected(net: Net, rng: Rng) -> Value:
    """A batch."""
    x, weights = image(net, rng, 65536, 2), random_weights(rng, (9, 2))
    how = products(rng, x, weights, 0)
    if rng.random() < 0.5:
        how["weight_scale"] = 0.01
    return net.fully_connected(x, weights, **how)


def binary(kind: str) -> Case:
    """add, sub or mul of two tensors, or of one and a constant."""

    def build(net: Net, rng: Rng) -> Value:
        a = image(net, rng, 1, 65536, 1, 1)
        b = image(net, rng, 1, 65536, 1, 1)
        if rng.random() < 0.4:
            given = rng.integers(-128, 128, (1, 1, 1, 7)).astype(np.int8)
            b = net.constant(given, random_scale(rng), random_zero_point(rng))
        scale = a.scale[0] * (b.scale[0] * 99 if kind == "mul" else 1) * float(rng.uniform(0.3, 2))
        point = random_zero_point(rng)
        activation = str(rng.choice(["none", "relu", "relu6"]))
        made: Value = getattr(net, kind)(a, b, scale=scale, zero_point=point, activation=activation)
        return made

    return build


def unary(kind: str, *arguments: Any, **how: Any) -> Case:
    """An operator of one input of two columns."""

    def build(net: Net, rng: Rng) -> Value:
        made: Value = getattr(net, kind)(image(net, rng, 1, 65536, 2, 1), *arguments, **how)
        return made

    return build


CASES: dict[str, Case] = {
    "conv_2d": conv_2d,
    "padded conv_2d": padded_conv_2d,
    "depthwise_conv_2d": depthwise_conv_2d,
    "fully_connected": fully_connected,
    "add": binary("add"),
    "sub": binary("sub"),
    "mul": binary("mul"),
    "max_pool_2d": unary("max_pool_2d", (1, 2), stride=1, padding="same", activation="relu"),
    "average_pool_2d": unary("average_pool_2d", (1, 2), stride=1, padding="same"),
    "mean": unary("mean", (2,), keep_dims=True, scale=0.02, zero_point=5),
    "mean of all channels": unary("mean", (3,), keep_dims=False, scale=0.02, zero_point=5),
    "relu": unary("relu", "relu6", scale=0.03, zero_point=-100),
    "logistic": unary("logistic"),
    "quantize": unary("quantize", "uint8", scale=0.1, zero_point=99),
    "pad": unary("pad", [(0, 0), (0, 0), (1, 0), (1, 2)]),
    "transpose": unary("transpose", (0, 1, 3, 2)),
    "reshape": unary("reshape", (1, 65536, 2)),
}


def observed(value: AnyArray) -> Interval:
    """The least and greatest of every channel."""
    pixels = value.reshape(-1, value.shape[-1] if value.ndim else 1).astype(np.int64)
    return Interval(pixels.min(axis=0), pixels.max(axis=0))


@pytest.mark.parametrize("name", CASES)
def test_bounds_of_an_operator_are_reached_and_never_left(name: str) -> None:
    """By all that two inputs can be."""
    constant = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        graph = graph_of(lambda net, rng=rng: [CASES[name](net, rng)])
        values = run_all(graph, all_pairs(graph))
        found = intervals(graph)[graph.outputs[0]]
        seen = observed(values[graph.outputs[0]])
        assert found.low.tolist() == seen.low.tolist()
        assert found.high.tolist() == seen.high.tolist()
        assert len(found.low) == channel_count(graph.tensor(graph.outputs[0]))
        constant += int(found.constant.sum())
    if "conv" in name or name == "fully_connected":
        assert constant > 0


def all_pairs(graph: Graph) -> list[AnyArray]:
    """All pairs of values, in one input or in two."""
    shapes = [graph.tensor(name).shape for name in graph.inputs]
    if len(shapes) == 2:
        return [FIRST.reshape(shapes[0]), SECOND.reshape(shapes[1])]
    return [PAIRS.reshape(shapes[0])]


@pytest.mark.parametrize("constant", [0.2, 0.8])
def test_no_network_leaves_its_bounds(constant: float) -> None:
    narrow = 0
    for seed in range(20):
        graph = verify(parse_tflite(random_network(seed, constant=constant), "net.tflite"))
        known = intervals(graph)
        for sample in suite(graph):
            for name, value in run_all(graph, sample).items():
                if name in known:
                    seen = observed(value)
                    assert np.all(known[name].low <= seen.low), graph.producer(name)
                    assert np.all(known[name].high >= seen.high), graph.producer(name)
        narrow += sum(int(np.sum(i.high - i.low < 255)) for i in known.values())
    assert narrow > 1000


def test_softmax_and_floats_are_not_known() -> None:
    graph = graph_of(lambda net: [net.dequantize(net.softmax(net.dense(net.image())))])
    known = intervals(graph)
    probabilities = known[graph.operators[-1].inputs[0]]
    assert (probabilities.low.tolist(), probabilities.high.tolist()) == ([-128] * 4, [127] * 4)
    assert graph.outputs[0] not in known


def test_what_could_wrap_is_not_known() -> None:
    """A multiplier above one of a sum beyond 2^30: TFLite's 32 bits wrap."""

    def build(net: Net) -> list[Value]:
        x = net.input((1, 2, 2, 1), "int8", 1.0, 0)
        weights = np.ones((2, 1, 1, 1), np.int8)
        bias = np.array([0, 1 << 30])
        return [net.conv_2d(x, weights, bias, weight_scale=4.0, scale=1.0)]

    graph = graph_of(build)
    found = intervals(graph)[graph.outputs[0]]
    assert (found.low.tolist(), found.high.tolist()) == ([-128, -128], [127, 127])
