"""Small networks with made-up weights, and ways to compare graphs of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from thumbnet.frontends.tflite import parse_tflite
from thumbnet.ir.graph import Graph
from thumbnet.ir.verify import verify

from support import inputs
from support.random_models import random_weights
from support.tflite_model import Value
from support.tflite_writer import Writer

AnyArray = npt.NDArray[Any]
SCALE, POINT = 0.05, -3
"""Of activations, unless others are asked for."""


class Net(Writer):
    """A writer that makes up weights; activations have one scale and zero point by default."""

    def __init__(self) -> None:
        super().__init__()
        self.rng = np.random.default_rng(7)

    def image(self, *shape: int, dtype: str = "int8") -> Value:
        """A graph input [1, 6, 5, 2] or of ``shape``."""
        return self.input(shape or (1, 6, 5, 2), dtype, SCALE, POINT if dtype == "int8" else 125)

    def conv(self, x: Value, channels: int = 2, kernel: int = 3, **how: Any) -> Value:
        """conv_2d."""
        weights = random_weights(self.rng, (channels, kernel, kernel, x.shape[3]))
        how = {"scale": SCALE, "zero_point": POINT, "weight_scale": 0.004} | how
        return self.conv_2d(x, weights, np.arange(channels) * 99, **how)

    def depthwise(self, x: Value, multiplier: int = 1, **how: Any) -> Value:
        """depthwise_conv_2d 3x3 with a weight scale a channel."""
        weights = random_weights(self.rng, (1, 3, 3, x.shape[3] * multiplier))
        scales = np.linspace(0.004, 0.02, weights.shape[3])
        how = dict[str, Any](scale=SCALE, zero_point=POINT, weight_scale=scales) | how
        return self.depthwise_conv_2d(x, weights, np.arange(weights.shape[3]), **how)

    def dense(self, x: Value, **how: Any) -> Value:
        """fully_connected to four."""
        weights = random_weights(self.rng, (4, int(np.prod(x.shape))))
        how = {"scale": 0.2, "weight_scale": 0.01} | how
        return self.fully_connected(x, weights, np.arange(4), **how)

    def sum(self, a: Value, b: Value) -> Value:
        """add."""
        return self.add(a, b, scale=2 * SCALE, zero_point=5)

    def copied(self, x: Value, shape: tuple[int, ...], scale: float) -> Value:
        """A reshape whose sides differ in scale: TFLite copies the bytes all the same."""
        out = self.tensor(shape, x.dtype, scale, x.zero_point)
        self.operator("RESHAPE", [x, self.constant(np.array(shape, np.int32))], [out])
        return out


def graph_of(build: Callable[[Net], list[Value]]) -> Graph:
    """The imported graph of what ``build`` writes."""
    net = Net()
    return verify(parse_tflite(net.finish(build(net)), "net.tflite"))


def kinds(graph: Graph) -> dict[str, int]:
    """Kind -> operators of that kind."""
    return dict(Counter(operator.kind for operator in graph.operators))


def suite(graph: Graph) -> list[list[AnyArray]]:
    """Inputs of every sort for all graph inputs."""
    tensors = [graph.tensor(name) for name in graph.inputs]
    each = [inputs.suite(t.shape, t.dtype.value, seed) for seed, t in enumerate(tensors)]
    return [list(sample) for sample in zip(*each, strict=True)]


def shaped_for(graph: Graph, sample: list[AnyArray]) -> list[AnyArray]:
    """The same bytes in the shapes of another graph's inputs."""
    pairs = zip(graph.inputs, sample, strict=True)
    return [value.reshape(graph.tensor(name).shape) for name, value in pairs]


def flat(values: list[AnyArray]) -> list[list[Any]]:
    """Values without their shapes."""
    return [value.reshape(-1).tolist() for value in values]


def is_part_of(value: AnyArray, whole: AnyArray) -> bool:
    """Whether ``value`` is ``whole``, in whatever shape, or some of its channels, in order."""
    if value.size == whole.size:
        return flat([value]) == flat([whole])
    if value.shape[:-1] != whole.shape[:-1]:
        return False
    rest = iter(whole.reshape(-1, whole.shape[-1]).T)
    wanted = value.reshape(-1, value.shape[-1]).T
    return all(any(np.array_equal(channel, other) for other in rest) for channel in wanted)


def classifier(*, softmax: bool = True) -> bytes:
    """Convolutions with a residual, a pooling, a mean and a fully_connected."""
    net = Net()
    x = net.conv(net.image(1, 12, 10, 3), 8, stride=2, activation="relu6")
    y = net.conv(net.depthwise(x, scale=0.1), 8, 1, scale=0.1)
    y = net.add(x, y, scale=0.1, zero_point=POINT)
    pooled = net.mean(net.max_pool_2d(y, 2, stride=2), [1, 2])
    scores = net.dense(pooled, scale=0.05)
    return net.finish([net.softmax(scores) if softmax else scores])
