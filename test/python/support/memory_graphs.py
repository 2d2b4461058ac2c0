"""Graphs for the memory planner: weights are zero, only shapes, kinds and connections matter."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
from thumbnet.ir import attributes
from thumbnet.ir.attributes import Attributes, Window
from thumbnet.ir.graph import DType, Graph, Operator, Quantization, Tensor

PER_TENSOR = Quantization((0.05,), (3,))
PROBABILITY = Quantization((1 / 256,), (-128,))


class GraphBuilder:
    """Adds int8 operators one by one; every method returns the name of the new tensor."""

    def __init__(self, *shapes: tuple[int, ...]) -> None:
        self.tensors: dict[str, Tensor] = {}
        self.operators: list[Operator] = []
        self.inputs = tuple(self._tensor(f"in{i}", shape) for i, shape in enumerate(shapes))

    def graph(self, *outputs: str) -> Graph:
        """The graph with these outputs."""
        operators = tuple(self.operators)
        return Graph("net", self.tensors, operators, self.inputs, outputs)

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor."""
        return self.tensors[name].shape

    def conv(self, x: str, channels: int, kernel: int = 1, stride: int = 1) -> str:
        """conv_2d, SAME."""
        window, height, width = _same(self.shape(x), kernel, stride)
        taps = (channels, kernel, kernel, self.shape(x)[3])
        inputs = (x, self._weights(taps))
        shape = (1, height, width, channels)
        return self._add("conv_2d", inputs, shape, attributes.Convolution(window))

    def depthwise(self, x: str, kernel: int = 3, stride: int = 1) -> str:
        """depthwise_conv_2d, SAME."""
        window, height, width = _same(self.shape(x), kernel, stride)
        channels = self.shape(x)[3]
        inputs = (x, self._weights((1, kernel, kernel, channels)))
        shape = (1, height, width, channels)
        how = attributes.DepthwiseConvolution(window)
        return self._add("depthwise_conv_2d", inputs, shape, how)

    def fully_connected(self, x: str, channels: int) -> str:
        """fully_connected of the flattened input."""
        inputs = (x, self._weights((channels, self.tensors[x].elements)))
        return self._add("fully_connected", inputs, (1, channels), attributes.FullyConnected())

    def pool(self, x: str, kernel: int, stride: int, kind: str = "max_pool_2d") -> str:
        """A pooling, SAME."""
        window, height, width = _same(self.shape(x), kernel, stride)
        shape = (1, height, width, self.shape(x)[3])
        return self._add(kind, (x,), shape, attributes.Pool(window))

    def global_pool(self, x: str) -> str:
        """average_pool_2d over the whole plane."""
        _, height, width, channels = self.shape(x)
        how = attributes.Pool(Window(height, width))
        return self._add("average_pool_2d", (x,), (1, 1, 1, channels), how)

    def mean(self, x: str, axes: tuple[int, ...] = (1, 2)) -> str:
        """mean, dimensions kept."""
        shape = tuple(1 if i in axes else size for i, size in enumerate(self.shape(x)))
        return self._add("mean", (x,), shape, attributes.Reduce(axes, True))

    def add(self, a: str, b: str, kind: str = "add") -> str:
        """Elementwise, of the broadcast shape."""
        shape = np.broadcast_shapes(self.shape(a), self.shape(b))
        return self._add(kind, (a, b), shape, attributes.Elementwise())

    def concatenation(self, names: tuple[str, ...], axis: int = 3) -> str:
        """concatenation."""
        shape = list(self.shape(names[0]))
        shape[axis] = sum(self.shape(name)[axis] for name in names)
        return self._add("concatenation", names, tuple(shape), attributes.Concatenation(axis))

    def pad(self, x: str, before: tuple[int, ...], after: tuple[int, ...]) -> str:
        """pad."""
        sizes = zip(self.shape(x), before, after, strict=True)
        shape = tuple(sum(size) for size in sizes)
        return self._add("pad", (x,), shape, attributes.Pad(before, after))

    def resize(self, x: str, height: int, width: int) -> str:
        """resize_nearest_neighbor."""
        shape = (1, height, width, self.shape(x)[3])
        return self._add("resize_nearest_neighbor", (x,), shape, attributes.ResizeNearestNeighbor())

    def transpose(self, x: str, permutation: tuple[int, ...]) -> str:
        """transpose."""
        shape = tuple(self.shape(x)[i] for i in permutation)
        return self._add("transpose", (x,), shape, attributes.Transpose(permutation))

    def reshape(self, x: str, *shape: int) -> str:
        """reshape."""
        return self._add("reshape", (x,), shape, attributes.Reshape())

    def softmax(self, x: str) -> str:
        """softmax."""
        how = attributes.Softmax()
        return self._add("softmax", (x,), self.shape(x), how, quantization=PROBABILITY)

    def lookup(self, x: str) -> str:
        """lookup through a table of zeros."""
        name = f"table{len(self.tensors)}"
        table = np.zeros(256, np.int8)
        self.tensors[name] = Tensor(name, (256,), DType.INT8, PER_TENSOR, table)
        return self._add("lookup", (x, name), self.shape(x), attributes.Lookup("relu"))

    def _add(
        self,
        kind: str,
        inputs: tuple[str, ...],
        shape: tuple[int, ...],
        how: Attributes,
        *,
        quantization: Quantization = PER_TENSOR,
    ) -> str:
        result = self._tensor(f"t{len(self.operators)}", shape, quantization)
        name = f"{kind}{len(self.operators)}"
        self.operators.append(Operator(kind, name, inputs, (result,), how))
        return result

    def _tensor(
        self, name: str, shape: tuple[int, ...], quantization: Quantization = PER_TENSOR
    ) -> str:
        self.tensors[name] = Tensor(name, shape, DType.INT8, quantization)
        return name

    def _weights(self, shape: tuple[int, ...]) -> str:
        name = f"w{len(self.tensors)}"
        quantization = Quantization((0.01,), (0,))
        self.tensors[name] = Tensor(name, shape, DType.INT8, quantization, np.zeros(shape, np.int8))
        return name


def random_graph(seed: int, length: int) -> Graph:
    """A chain of ``length`` operators of all kinds with residuals, branches and views."""
    rng = random.Random(seed)
    shape = (1, rng.randint(1, 9), rng.randint(1, 9), rng.randint(1, 5))
    builder = GraphBuilder(shape, shape) if rng.random() < 0.3 else GraphBuilder(shape)
    planes = list(builder.inputs)
    for _ in range(length):
        # Mostly the newest tensor, so that long-lived ones stay few, as in real networks.
        x = planes[-1] if rng.random() < 0.8 else rng.choice(planes)
        planes.append(_random_operator(builder, rng, x, planes))
    heads = [planes[-1]]
    if rng.random() < 0.5:
        heads = [builder.softmax(builder.fully_connected(builder.mean(planes[-1]), 5))]
    if rng.random() < 0.3:
        heads.append(builder.global_pool(rng.choice(planes)))
    return builder.graph(*dict.fromkeys(heads))


def _random_operator(builder: GraphBuilder, rng: random.Random, x: str, planes: list[str]) -> str:
    _, height, width, channels = builder.shape(x)
    other = rng.choice([name for name in planes if builder.shape(name) == builder.shape(x)])
    kernel, stride = rng.choice([1, 2, 3, 5]), rng.choice([1, 1, 1, 2])
    kernel = max(kernel, stride)
    pooling = rng.choice(["max_pool_2d", "average_pool_2d"])
    padding = [(0, *(rng.randint(0, 2) for _ in range(3))) for _ in range(2)]
    common: list[Callable[[], str]] = [
        lambda: builder.conv(x, rng.randint(1, 12), kernel, stride),
        lambda: builder.conv(x, rng.randint(1, 24)),
        lambda: builder.depthwise(x, kernel, stride),
        lambda: builder.add(x, other, rng.choice(["add", "sub", "mul"])),
    ]
    rare: list[Callable[[], str]] = [
        lambda: builder.pool(x, kernel, stride, pooling),
        lambda: builder.concatenation((x, other), rng.randint(1, 3)),
        lambda: builder.pad(x, padding[0], padding[1]),
        lambda: builder.resize(x, rng.randint(height, 2 * height), rng.randint(width, 2 * width)),
        lambda: builder.lookup(x),
        lambda: builder.softmax(x),
        lambda: builder.transpose(x, rng.choice([(0, 2, 1, 3), (0, 3, 1, 2), (0, 2, 3, 1)])),
        lambda: builder.reshape(x, 1, width, height, channels),
        lambda: builder.mean(x, rng.choice([(1,), (2,), (3,), (2, 3)])),
        lambda: builder.add(x, builder.mean(x, rng.choice([(1, 2), (1,), (2,), (3,)]))),
    ]
    return rng.choice(common if rng.random() < 0.85 else rare)()


def _same(shape: tuple[int, ...], kernel: int, stride: int) -> tuple[Window, int, int]:
    """TFLite's SAME padding as a window, and the output's height and width."""
    sizes, pads = [], []
    for size in shape[1:3]:
        out = -(-size // stride)
        total = max((out - 1) * stride + kernel - size, 0)
        sizes.append(out)
        pads += [total // 2, total - total // 2]
    return Window(kernel, kernel, stride, stride, *pads), sizes[0], sizes[1]
