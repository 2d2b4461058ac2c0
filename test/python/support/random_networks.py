"""Random networks for passes, memory plans and code generation, as .tflite bytes.

A network is several short chains of operators, each with a graph input and outputs of its own, so
that one compilation tests many. Chains are made of what passes look for: pads before convolutions,
stand-alone clamps, reshapes and transposes in every place, identities, constants that can be
folded, byte to byte functions. Everything in them is bit-exact in TFLite's interpreter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from support.random_models import random_scale, random_weights, random_zero_point
from support.shape_models import ShapeWriter
from support.tflite_model import Value
from support.transposed_writer import TransposedWriter

Rng = np.random.Generator
T = TypeVar("T")
RELUS = ("relu", "relu6", "relu_n1_to_1")
LARGEST = 400
"""Elements beyond which nothing grows any more."""


class NetworkWriter(ShapeWriter, TransposedWriter):
    """All operators of random networks."""


def random_network(seed: int, chains: int = 6, constant: float = 0.15) -> bytes:
    """``chains`` chains of three to seven moves each.

    Of the convolutions' channels, a part ``constant`` has the same value for every input.
    """
    rng = np.random.default_rng(seed)
    writer, outputs = NetworkWriter(), []
    for _ in range(chains):
        outputs += Chain(writer, rng, constant).run(int(rng.integers(3, 8)))
    return writer.finish(outputs)


class Chain:
    """Operators in a row, chosen at random; ``x`` is the newest value."""

    def __init__(self, writer: NetworkWriter, rng: Rng, constant: float) -> None:
        self.writer, self.rng, self.constant = writer, rng, constant
        self.outputs: list[Value] = []
        channels = int(rng.choice([1, 1, 2, 3, 4, 8]))
        shape = (1, int(rng.integers(2, 7)), int(rng.integers(2, 7)), channels)
        self.unsigned = rng.random() < 0.2
        if self.unsigned:
            self.x = writer.input(shape, "uint8", random_scale(rng), int(rng.integers(0, 256)))
            self.x = writer.quantize(self.x, scale=self._near(self.x), zero_point=self._point())
        else:
            self.x = writer.input(shape, "int8", random_scale(rng), self._point())

    def run(self, moves: int) -> list[Value]:
        """Makes ``moves`` moves; returns the chain's outputs, each written by an operator."""
        for index in range(moves):
            choices = self.planar() if len(self.x.shape) == 4 else self.flat()
            self.x = choices[int(self.rng.integers(len(choices)))]()
            if index < moves - 1 and self.rng.random() < 0.08:
                self.outputs.append(self.x)
        if self.rng.random() < 0.2:
            self.x = self.dense()
            tails = [self.x, self.writer.softmax(self.x), self.writer.logistic(self.x)]
            tails.append(self.writer.hard_swish(self.x))
            self.x = tails[int(self.rng.integers(4))]
        if self.unsigned:
            # Scales that grow keep the requantization free of a second rounding, whose ties TFLite
            # treats differently from place to place.
            self.x = self.writer.quantize(
                self.x, "uint8", scale=self._near(self.x), zero_point=int(self.rng.integers(0, 256))
            )
        return [*self.outputs, self.x]

    def planar(self) -> list[Callable[[], Value]]:
        """Moves for [1, height, width, channels]."""
        return [
            *(self.padded_convolution, self.padded_convolution, self.padded_depthwise),
            *(self.mono_depthwise, self.convolution_and_clamp, self.clamp, self.clamp),
            *(self.reshape, self.reshape, self.transpose, self.moving_ones),
            *(self.identity, self.requantize, self.shared_pad, self.pad_everything),
            *(self.constant_branch, self.residual, self.pool, self.resize, self.mean, self.dense),
            *(self.grouped, self.grouped, self.dilated, self.bytewise),
            *(self.crop, self.between, self.spread),
        ]

    def flat(self) -> list[Callable[[], Value]]:
        """Moves for other shapes."""
        return [self.clamp, self.reshape, self.reshape, self.requantize, self.identity, self.dense]

    # -- moves ------------------------------------------------------------------------------------

    def pad(self, x: Value) -> Value:
        """Pads height and width by up to two; nothing, now and then."""
        widths = [(int(a), int(b)) for a, b in self.rng.integers(0, 3, (2, 2))]
        return self.writer.pad(x, [(0, 0), *widths, (0, 0)])

    def padded_convolution(self) -> Value:
        """PAD and conv_2d."""
        return self.convolve(self.pad(self.x))

    def padded_depthwise(self) -> Value:
        """PAD and depthwise_conv_2d, of one channel with a multiplier."""
        return self.depthwise(self.pad(self.x))

    def mono_depthwise(self) -> Value:
        """depthwise_conv_2d of a single channel."""
        x = self.x if self.x.shape[3] == 1 else self.convolve(self.x, channels=1)
        return self.depthwise(x)

    def convolution_and_clamp(self) -> Value:
        """conv_2d, a clamp behind it; sometimes the convolution has another reader."""
        made = self.convolve(self.x)
        clamped = self.clamped(made)
        if self.rng.random() < 0.25:
            return self.writer.add(made, clamped, scale=2 * made.scale[0], zero_point=self._point())
        return clamped

    def grouped(self) -> Value:
        """conv_2d in groups, mostly of one channel each."""
        rng, writer = self.rng, self.writer
        x = self.x if self.x.shape[3] > 1 else self.convolve(self.x, channels=self._pick([2, 4]))
        depth = x.shape[3]
        fits = [groups for groups in range(2, depth) if depth % groups == 0]
        groups = self._pick([depth, depth, *fits])
        weights = random_weights(rng, (groups * self._pick([1, 2]), 3, 1, depth // groups))
        scale = self._sum_scale(x, 0.01, weights[0].size)
        return writer.conv_2d(
            x, weights, self._bias(len(weights), 99), weight_scale=0.01, scale=scale,
            zero_point=self._point(), dilation=self._pick([1, 1, 2]), stride=self._pick([1, 1, 2]),
        )  # fmt: skip

    def dilated(self) -> Value:
        """conv_2d or depthwise_conv_2d, dilated."""
        rates = (self._pick([1, 2]), self._pick([2, 3]))
        if self.rng.random() < 0.5:
            return self.depthwise(self.x, dilation=rates)
        return self.convolve(self.x, padding="same", dilation=rates)

    def clamp(self) -> Value:
        """A clamp behind whatever there is."""
        return self.clamped(self.x)

    def reshape(self) -> Value:
        """Another shape, on the way to nowhere, to a plane or to a vector."""
        x = self.x
        count = int(np.prod(x.shape))
        shapes: list[tuple[int, ...]] = [(1, count), (count, 1), (1, 1, 1, count), (1, count, 1, 1)]
        if len(x.shape) == 4:
            _, height, width, channels = x.shape
            shapes += [(1, width, height, channels), (1, height * width, channels)] * 2
            shapes += [(1, height * width, 1, channels), (1, channels, 1, height * width)]
        scale, point = x.scale[0], x.zero_point[0]
        if self.rng.random() < 0.2:
            scale, point = random_scale(self.rng), self._point()
        out = self.writer.tensor(self._pick(shapes), x.dtype, scale, point)
        shape = self.writer.constant(np.array(out.shape, np.int32))
        self.writer.operator("RESHAPE", [x, shape], [out])
        return out

    def transpose(self) -> Value:
        """Any order of the last three dimensions, also the same."""
        return self.writer.transpose(self.x, (0, *(1 + self.rng.permutation(3)).tolist()))

    def moving_ones(self) -> Value:
        """A transpose that moves no byte."""
        _, height, width, channels = self.x.shape
        flat = self.writer.reshape(self.x, (1, height * width, 1, channels))
        return self.writer.transpose(flat, (0, 2, 1, 3))

    def identity(self) -> Value:
        """An operator that changes nothing."""
        x, writer = self.x, self.writer
        same: list[Callable[[], Value]] = [
            lambda: writer.reshape(x, x.shape),
            lambda: writer.quantize(x, scale=x.scale[0], zero_point=x.zero_point[0]),
            lambda: writer.concatenation([x], -1),
            lambda: writer.transpose(x, tuple(range(len(x.shape)))),
        ]
        if len(x.shape) == 4:
            same.append(lambda: writer.resize_nearest_neighbor(x, (x.shape[1], x.shape[2])))
            same.append(lambda: writer.pad(x, [(0, 0)] * 4))
        return self._pick(same)()

    def requantize(self) -> Value:
        """Bytes to bytes of another scale."""
        return self.writer.quantize(self.x, scale=self._near(self.x), zero_point=self._point())

    def shared_pad(self) -> Value:
        """A PAD with two readers, of which one may not be a convolution."""
        padded = self.pad(self.x)
        a = self.convolve(padded, channels=padded.shape[3], kernel=1, stride=1)
        b = padded if self.rng.random() < 0.5 else self.depthwise(padded, multiplier=1, stride=1)
        if b.shape != a.shape:
            return a
        return self.writer.add(a, b, scale=2 * a.scale[0], zero_point=self._point())

    def pad_everything(self) -> Value:
        """A PAD of the channels too, which no convolution can take in."""
        widths = [(int(a), int(b)) for a, b in self.rng.integers(0, 2, (3, 2))]
        padded = self.writer.pad(self.x, [(0, 0), *widths])
        return self.convolve(padded) if self.rng.random() < 0.5 else padded

    def constant_branch(self) -> Value:
        """Plus what operators make of constants."""
        writer, channels = self.writer, self.x.shape[3]
        constant = self.writer.constant(
            self.rng.integers(-128, 128, (1, channels), np.int8), random_scale(self.rng), -7
        )
        branch = self.clamped(writer.reshape(constant, (1, 1, 1, channels)))
        scale = max(self.x.scale[0], branch.scale[0]) * 1.5
        return self._pick([writer.add, writer.sub])(self.x, branch, scale=scale, zero_point=3)

    def residual(self) -> Value:
        """x and a convolution of x."""
        made = self.convolve(self.x, channels=self.x.shape[3], stride=1, padding="same")
        scale = max(made.scale[0], self.x.scale[0]) * float(self.rng.uniform(1, 2))
        return self.clamped(self.writer.add(made, self.x, scale=scale, zero_point=self._point()))

    def bytewise(self) -> Value:
        """The greater of x and a number or another x, a slope for each channel, or tanh."""
        x, writer = self.x, self.writer
        scale, point = x.scale[0], x.zero_point[0]
        kind = self._pick(["MAXIMUM", "MINIMUM", "PRELU", "TANH"])
        operands = [x]
        out = writer.tensor(x.shape, "int8", scale, point)
        if kind == "PRELU":
            slopes = self.rng.integers(-128, 128, x.shape[3], np.int8)
            operands.append(writer.constant(slopes, 0.01, self._point()))
        elif kind != "TANH":
            number = writer.constant(self.rng.integers(-128, 128, (), np.int8), scale, point)
            operands.append(self._pick([number, writer.relu(x)]))
        writer.operator(kind, operands, [out])
        return self.clamped(out)

    def pool(self) -> Value:
        """A pooling and perhaps a clamp."""
        kind = self._pick([self.writer.max_pool_2d, self.writer.average_pool_2d])
        pooled = kind(self.x, 2, stride=self._pick([1, 2]), padding="same")
        return self.clamped(pooled) if self.rng.random() < 0.5 else pooled

    def resize(self) -> Value:
        """Nearest neighbours, larger or smaller."""
        height, width = (int(n) for n in self.rng.integers(1, 7, 2))
        return self.writer.resize_nearest_neighbor(self.x, (height, width))

    def crop(self) -> Value:
        """A part of the rows, columns and channels."""
        sizes = [int(self.rng.integers(1, n + 1)) for n in self.x.shape[1:]]
        spare = [n - size for n, size in zip(self.x.shape[1:], sizes, strict=True)]
        begins = [int(self.rng.integers(0, n + 1)) for n in spare]
        return self.writer.crop(self.x, (0, *begins), (1, *sizes))

    def between(self) -> Value:
        """Bilinear, larger or smaller."""
        height, width = (int(n) for n in self.rng.integers(1, 7, 2))
        return self.writer.resize_bilinear(
            self.x, (height, width), False, self._pick([True, False])
        )

    def spread(self) -> Value:
        """transpose_conv, to about as many pixels as strides make of one."""
        rng, x = self.rng, self.x
        few = x.shape[1] * x.shape[2] <= LARGEST // 4
        stride = (int(rng.integers(1, 3)), int(rng.integers(1, 3))) if few else (1, 1)
        kernel, channels = tuple(rng.integers(1, 4, 2).tolist()), int(rng.integers(1, 10))
        sizes = list(zip(x.shape[1:3], kernel, stride, strict=True))
        padding = self._pick(["same", "valid"])
        size = [n * s if padding == "same" else (n - 1) * s + k for n, k, s in sizes]
        weights = random_weights(rng, (channels, *kernel, x.shape[3]))
        scale = self._sum_scale(x, 0.01, weights[0].size)
        return self.writer.transpose_conv(
            x, weights, (size[0], size[1]), self._bias(channels, 999).astype(np.int32),
            weight_scale=0.01, scale=scale, zero_point=self._point(), stride=stride,
            padding=padding, activation=self._pick(["none", "relu"]),
        )  # fmt: skip

    def mean(self) -> Value:
        """A mean over the plane or part of it."""
        axes = self._pick([(1, 2), (1, 2), (1,), (2,), (3,)])
        scale = self.x.scale[0] * float(self.rng.uniform(0.3, 1))
        keep = bool(self.rng.random() < 0.7)
        return self.writer.mean(self.x, axes, keep_dims=keep, scale=scale, zero_point=self._point())

    def dense(self) -> Value:
        """Reshapes before a fully_connected."""
        x, count = self.x, int(np.prod(self.x.shape))
        if self.rng.random() < 0.7:
            x = self.writer.reshape(x, (1, count))
        if self.rng.random() < 0.3:
            x = self.writer.reshape(x, (1, 1, count))
        weights = random_weights(self.rng, (int(self.rng.integers(1, 9)), count))
        bias = self._bias(len(weights), 999)
        return self.writer.fully_connected(
            x, weights, bias, weight_scale=0.01, scale=self._sum_scale(x, 0.01, count),
            zero_point=self._point(), activation=self._pick(["none", *RELUS]),
        )  # fmt: skip

    # -- parts ------------------------------------------------------------------------------------

    def convolve(
        self,
        x: Value,
        *,
        channels: int = 0,
        kernel: int = 0,
        stride: int = 0,
        padding: str | None = None,
        dilation: tuple[int, int] = (1, 1),
    ) -> Value:
        """conv_2d, with what is not given chosen at random."""
        rng = self.rng
        channels = channels or int(rng.integers(1, 2 if x.shape[1] * x.shape[2] > LARGEST else 7))
        kernels = (kernel, kernel) if kernel else tuple(rng.integers(1, 4, 2).tolist())
        valid = all(k <= n for k, n in zip(kernels, x.shape[1:3], strict=True))
        weights = random_weights(rng, (channels, *kernels, x.shape[3]))
        scales = rng.uniform(0.002, 0.02, channels if rng.random() < 0.5 else 1)
        bias = self._bias(channels, 999)
        return self.writer.conv_2d(
            x, weights, bias, weight_scale=scales, zero_point=self._point(),
            scale=self._sum_scale(x, float(scales.mean()), weights[0].size),
            stride=stride or self._pick([1, 1, 2]),
            padding=padding or (self._pick(["same", "valid"]) if valid else "same"),
            activation=self._pick(["none", "none", "none", "relu"]), dilation=dilation,
        )  # fmt: skip

    def depthwise(
        self,
        x: Value,
        *,
        multiplier: int = 0,
        stride: int = 0,
        dilation: tuple[int, int] = (1, 1),
    ) -> Value:
        """depthwise_conv_2d SAME; a multiplier where there is but one channel."""
        mono = multiplier == 0 and x.shape[3] == 1
        multiplier = self._pick([1, 2, 7, 8, 9]) if mono else multiplier or 1
        weights = random_weights(self.rng, (1, 3, 3, x.shape[3] * multiplier))
        channels = weights.shape[3]
        scales = self.rng.uniform(0.002, 0.02, (channels,))
        return self.writer.depthwise_conv_2d(
            x, weights, self._bias(channels, 99), weight_scale=scales,
            zero_point=self._point(), scale=self._sum_scale(x, float(scales.mean()), 9),
            stride=stride or self._pick([1, 2]), activation=self._pick(["none", "none", "relu6"]),
            dilation=dilation,
        )  # fmt: skip

    def clamped(self, x: Value) -> Value:
        """A clamp as an operator of its own, mostly without another quantization."""
        kind = self._pick(RELUS)
        if self.rng.random() < 0.7:
            return self.writer.relu(x, kind)
        scale = x.scale[0] * float(self.rng.uniform(0.4, 3))
        return self.writer.relu(x, kind, scale=scale, zero_point=self._point())

    def _bias(self, channels: int, reach: int) -> npt.NDArray[np.int64]:
        """Small biases; in channels that are to be constant, none that a sum could make up for."""
        values = self.rng.integers(-reach, reach, channels)
        if self.constant == 0:
            return values
        constant = self.rng.random(channels) < self.constant
        return np.where(constant, self._pick([-1, -1, 1]) << 24, values)

    def _sum_scale(self, x: Value, scale: float, taps: int) -> float:
        # Sums of products of bell-shaped weights fill the output's range.
        spread = x.scale[0] * scale * 45 * 60 * np.sqrt(taps)
        return float(spread / 50 * np.exp(self.rng.uniform(-0.7, 0.7)))

    def _near(self, x: Value) -> float:
        return x.scale[0] * float(self.rng.uniform(0.3, 1.9))

    def _point(self) -> int:
        return random_zero_point(self.rng)

    def _pick(self, options: Sequence[T]) -> T:
        return options[int(self.rng.integers(len(options)))]
