"""The golden networks: small .tflite files of our own, and the inputs that they are run on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from support import inputs as samples
from support.every_operator import every_operator
from support.random_models import random_weights
from support.tflite_model import Value
from support.tflite_writer import Writer

AnyArray = npt.NDArray[Any]
Rng = np.random.Generator
DIGITS = Path(__file__).parents[2] / "examples" / "digits"
DIGITS_COUNT = 20
"""So many of the example's images, whose pixels are in its own header, not in ours."""


@dataclass(frozen=True, eq=False)
class Network:
    """A model and its samples (one array an input).

    One that is not ours is an example's, which has the model and the samples in files of its own.
    """

    name: str
    model: bytes
    inputs: list[list[AnyArray]]
    is_ours: bool = True


def networks() -> list[Network]:
    """All networks."""
    return [
        Network("residual", residual(), suite([((1, 16, 16, 3), "int8")])[:2]),
        Network(
            "every_operator",
            every_operator(runs_in_litert=True),
            suite([((1, 8, 8, 3), "float32"), ((1, 5, 5, 4), "uint8")]),
        ),
        Network("two_ways", two_ways(), suite([((1, 6, 6, 3), "int8"), ((1, 3, 3, 4), "int8")])),
        Network("digits", (DIGITS / "digits.tflite").read_bytes(), digits_images(), is_ours=False),
    ]


def suite(inputs: list[tuple[tuple[int, ...], str]]) -> list[list[AnyArray]]:
    """Noise, something smooth, and extremes."""
    return [
        [samples.noise(shape, dtype, index) for index, (shape, dtype) in enumerate(inputs)],
        [samples.smooth(shape, dtype, index) for index, (shape, dtype) in enumerate(inputs)],
        [samples.checkered(shape, dtype) for shape, dtype in inputs],
    ]


def digits_images() -> list[list[AnyArray]]:
    """The first images of the example's test_images.h."""
    text = (DIGITS / "src" / "test_images.h").read_text(encoding="utf-8")
    rows = re.findall(r"\{ /\* \d+: \w+ \*/([^}]*)\}", text)[:DIGITS_COUNT]
    images = [np.array(re.findall(r"-?\d+", row), np.int8) for row in rows]
    return [[image.reshape(1, 8, 8, 1)] for image in images]


class Layers:
    """Convolutions with random weights whose outputs use their range."""

    def __init__(self, seed: int) -> None:
        self.writer = Writer()
        self.rng = np.random.default_rng(seed)

    def conv(
        self, x: Value, channels: int, kernel: int = 1, stride: int = 1, activation: str = "none"
    ) -> Value:
        """conv_2d."""
        weights = random_weights(self.rng, (channels, kernel, kernel, x.shape[3]))
        return self.writer.conv_2d(
            x, weights, stride=stride, activation=activation,
            **self.quantization(x, channels, weights[0].size, activation),
        )  # fmt: skip

    def depthwise(self, x: Value, stride: int = 1, activation: str = "relu") -> Value:
        """3x3 depthwise_conv_2d."""
        channels = x.shape[3]
        weights = random_weights(self.rng, (1, 3, 3, channels))
        return self.writer.depthwise_conv_2d(
            x, weights, stride=stride, activation=activation,
            **self.quantization(x, channels, 9, activation),
        )  # fmt: skip

    def dense(self, x: Value, channels: int) -> Value:
        """fully_connected, of one weight scale."""
        weights = random_weights(self.rng, (channels, x.shape[-1]))
        how = self.quantization(x, channels, x.shape[-1], "none")
        how["weight_scale"] = float(np.mean(how["weight_scale"]))
        return self.writer.fully_connected(x, weights, **how)

    def bottleneck(self, x: Value, channels: int, stride: int = 1) -> Value:
        """MobileNetV2's block: expand by 3, depthwise, project, and a residual where it fits."""
        wide = self.conv(x, 3 * x.shape[3], activation="relu")
        y = self.conv(self.depthwise(wide, stride), channels)
        if stride != 1 or channels != x.shape[3]:
            return y
        return self.writer.add(x, y, scale=1.2 * max(x.scale[0], y.scale[0]), zero_point=6)

    def quantization(self, x: Value, channels: int, taps: int, activation: str) -> dict[str, Any]:
        """Bias, weight scales and output quantization for sums of ``taps`` products."""
        spread = 45 * 60 * np.sqrt(taps)  # standard deviation of a sum
        scales = self.rng.uniform(0.004, 0.008, channels).astype(np.float32)
        reach = 3.0 * float(x.scale[0] * np.mean(scales) * spread)
        positive = activation != "none"
        return {
            "bias": self.rng.normal(0, 0.1 * spread, channels).astype(np.int32),
            "weight_scale": scales,
            "scale": reach / (255 if positive else 127),
            "zero_point": -128 if positive else int(self.rng.integers(-20, 20)),
        }


def residual() -> bytes:
    """Like a small MobileNetV2: stride 2 twice, two residual blocks, mean, dense."""
    net = Layers(7)
    image = net.writer.input((1, 16, 16, 3), scale=1 / 128, zero_point=-1, name="image")
    x = net.conv(image, 8, 3, stride=2, activation="relu")
    x = net.depthwise(x)
    x = net.conv(x, 8)
    x = net.bottleneck(x, 8)
    x = net.bottleneck(x, 12, stride=2)
    x = net.bottleneck(x, 12)
    x = net.conv(x, 24, activation="relu")
    x = net.writer.mean(x, [1, 2], scale=x.scale[0] / 2, zero_point=-128)
    return net.writer.finish([net.dense(x, 16)])


def two_ways() -> bytes:
    """Two inputs, two outputs, the first of which the second is made from."""
    net = Layers(11)
    image = net.writer.input((1, 6, 6, 3), scale=0.02, zero_point=0, name="image")
    before = net.writer.input((1, 3, 3, 4), scale=0.05, zero_point=-11, name="before")
    seen = net.conv(image, 4, 3, stride=2, activation="relu")
    after = net.writer.add(seen, before, scale=0.06, zero_point=-40)
    flat = net.writer.reshape(net.conv(after, 6, 3), (1, 54))
    return net.writer.finish([after, net.writer.softmax(net.dense(flat, 5), beta=0.7)])
