"""Networks of int16 activations: random chains, and one with every operator of int16."""

from __future__ import annotations

import numpy as np

from support.random_models import Rng, random_weights
from support.tflite_model import Value
from support.wide_writer import WideWriter

_REACH = 12000
"""About what activations amount to."""


class WideChain:
    """Operators in a row over [1, height, width, channels]; ``x`` is the newest value."""

    def __init__(self, writer: WideWriter, rng: Rng, x: Value) -> None:
        self.writer, self.rng, self.x = writer, rng, x

    def convolve(
        self, channels: int, kernel: tuple[int, int] = (3, 3), stride: int = 1, bias: str = "int64"
    ) -> Value:
        """conv_2d SAME."""
        weights = random_weights(self.rng, (channels, *kernel, self.x.shape[3]))
        how = self._weighted(weights, channels, bias)
        self.x = self.writer.conv_2d(self.x, weights, stride=stride, **how)
        if bias == "int32":
            self.writer.graph.operators[-1].builtinOptions.quantizedBiasType = 2
        return self.x

    def filter(self, stride: int = 1) -> Value:
        """depthwise_conv_2d SAME, 3x3."""
        channels = self.x.shape[3]
        weights = random_weights(self.rng, (1, 3, 3, channels))
        how = self._weighted(weights, channels, "int64")
        self.x = self.writer.depthwise_conv_2d(self.x, weights, stride=stride, **how)
        return self.x

    def spread(
        self, channels: int, kernel: tuple[int, int], stride: tuple[int, int], padding: str
    ) -> Value:
        """transpose_conv, to as much as strides and kernels make."""
        weights = random_weights(self.rng, (channels, *kernel, self.x.shape[3]))
        how = self._weighted(weights, channels, "int64")
        sizes = zip(self.x.shape[1:3], kernel, stride, strict=True)
        size = [n * s if padding == "same" else (n - 1) * s + k for n, k, s in sizes]
        self.x = self.writer.transpose_conv(
            self.x, weights, (size[0], size[1]), stride=stride, padding=padding, **how
        )
        return self.x

    def residual(self, kind: str = "add") -> Value:
        """x and a convolution of it."""
        before = self.x
        made = self.convolve(before.shape[3], (1, 1))
        scale = 1.3 * max(made.scale[0], before.scale[0])
        if kind == "mul":
            scale = made.scale[0] * before.scale[0] * _REACH
        self.x = getattr(self.writer, kind)(made, before, scale=scale)
        return self.x

    def gate(self) -> Value:
        """x times a sigmoid of it."""
        made = self.writer.logistic(self.x)
        self.x = self.writer.mul(self.x, made, scale=self.x.scale[0])
        return self.x

    def random_move(self) -> None:
        """Any of what there is."""
        rng, writer, x = self.rng, self.writer, self.x
        moves = [
            lambda: self.convolve(int(rng.integers(1, 9)), (3, 3), int(rng.integers(1, 3))),
            lambda: self.convolve(int(rng.integers(1, 9)), (1, 1), bias="int32"),
            lambda: self.filter(int(rng.integers(1, 3))),
            lambda: self.residual(str(rng.choice(["add", "sub", "mul"]))),
            self.gate,
            lambda: writer.tanh(x),
            lambda: writer.leaky_relu(x, 0.2, scale=x.scale[0] * 0.8),
            lambda: writer.relu(x),
            lambda: writer.quantize(x, "int16", scale=x.scale[0] * 0.7),
            lambda: writer.max_pool_2d(x, 2, padding="same"),
            lambda: writer.average_pool_2d(x, (2, 3), stride=2, padding="same"),
        ]
        if x.shape[1] * x.shape[2] < 200:
            moves += [
                lambda: self.spread(4, (3, 3), (2, 2), "same"),
                lambda: self.spread(3, (2, 4), (1, 2), "valid"),
                lambda: self.spread(3, (3, 2), (2, 2), "valid"),
            ]
        self.x = moves[int(rng.integers(len(moves)))]()

    def _weighted(
        self, weights: np.ndarray[tuple[int, ...], np.dtype[np.int8]], channels: int, bias: str
    ) -> dict[str, object]:
        spread = 45 * _REACH * np.sqrt(weights.size / channels)
        scales = self.rng.uniform(0.004, 0.01, channels)
        scale = self.x.scale[0] * scales.mean() * spread / _REACH
        values = self.rng.normal(0, spread / 2, channels).astype(bias)
        return {"bias": values, "weight_scale": scales, "scale": float(scale)}


def random_wide_network(seed: int) -> bytes:
    """A chain of four to seven moves over a small image."""
    rng = np.random.default_rng(seed)
    writer = WideWriter()
    shape = (1, int(rng.integers(4, 9)), int(rng.integers(3, 9)), int(rng.integers(1, 6)))
    chain = WideChain(writer, rng, writer.input(shape, "int16", 3.1e-4))
    for _ in range(int(rng.integers(4, 8))):
        chain.random_move()
    if rng.random() < 0.5:
        chain.x = writer.mean(chain.x, (1, 2), scale=chain.x.scale[0] * 0.6, zero_point=0)
    return writer.finish([chain.x])


def every_wide_operator() -> bytes:
    """A network of all operators of int16, between int8, float and int16 borders."""
    rng = np.random.default_rng(2)
    writer = WideWriter()
    bytes_in = writer.input((1, 6, 8, 3), scale=0.04, zero_point=-3, name="bytes")
    floats = writer.input((1, 12, 16, 4), "float32", name="floats")
    chain = WideChain(writer, rng, writer.quantize(bytes_in, "int16", scale=3.1e-4))
    chain.convolve(4, bias="int32")
    chain.filter()
    chain.residual("add")
    chain.residual("sub")
    chain.spread(4, (3, 3), (2, 2), "same")
    given = writer.quantize(floats, "int16", scale=chain.x.scale[0])
    x = writer.extreme("minimum", writer.extreme("maximum", chain.x, given), given)
    x = writer.leaky_relu(x, 0.1, scale=x.scale[0])
    x = writer.relu(writer.relu(x, scale=x.scale[0] * 0.9), "relu6", scale=x.scale[0] * 0.8)
    x = writer.mul(writer.tanh(x), writer.logistic(x), scale=2.9e-5)
    x = writer.average_pool_2d(writer.max_pool_2d(x, 2, stride=2), 2)
    means = writer.mean(x, (1, 2), scale=x.scale[0], zero_point=0)
    dense = random_weights(rng, (5, 4))
    x = writer.fully_connected(
        means, dense, np.arange(5, dtype=np.int64), weight_scale=0.02, scale=3.3e-5
    )
    scores = writer.softmax(x)
    outputs = [
        writer.dequantize(scores),
        writer.quantize(x, "int32", scale=1e-5),
        writer.quantize(x, "int8", scale=0.004, zero_point=3),
    ]
    bias, weights = np.arange(6, dtype=np.int32), random_weights(rng, (6, 3, 2, 3))
    outputs.append(
        writer.transpose_conv(
            bytes_in, weights, (12, 16), bias, weight_scale=0.01, scale=0.05, zero_point=7, stride=2
        )
    )
    return writer.finish(outputs)
