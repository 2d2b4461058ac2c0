"""Random networks with real weights for streamed schedules: spatial operators in blocks.

One input feeds several heads, so that one compilation tests many chains of operators and a stage
has branches that advance together. Images are from one pixel to about twenty a side.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from support.random_models import random_scale, random_weights
from support.random_networks import Chain, Rng
from support.shape_models import ShapeWriter
from support.tflite_model import Value

KERNELS = (1, 2, 3, 3, 4, 5, 7)
MOST_CHANNELS = 12


def stream_network(seed: int, heads: int = 3) -> bytes:
    """An image, one or two blocks, then ``heads`` chains of one to four blocks."""
    rng = np.random.default_rng(seed)
    writer = ShapeWriter()
    sizes = [int(n) for n in rng.integers(7, 21, 2)]
    if seed % 4 == 3:
        sizes[seed // 4 % 2] = int(rng.integers(1, 4))  # hardly any rows or columns
    x = writer.input((1, *sizes, int(rng.integers(1, 5))), "int8", random_scale(rng), -5)
    stem = Head(writer, rng, x)
    stem.grow(int(rng.integers(1, 3)))
    outputs = []
    for _ in range(heads):
        head = Head(writer, rng, stem.x)
        head.grow(int(rng.integers(1, 5)))
        outputs += [*head.outputs, head.finish()]
    return writer.finish(list(dict.fromkeys(outputs)))


class Head(Chain):
    """Blocks in a row that keep to [1, height, width, channels]; ``x`` is the newest value."""

    def __init__(self, writer: ShapeWriter, rng: Rng, x: Value) -> None:
        self.writer, self.rng, self.x, self.constant = writer, rng, x, 0.0
        self.outputs: list[Value] = []
        self.unsigned = False
        self.constant = 0.0

    def grow(self, blocks: int) -> None:
        """Adds blocks; now and then one's result is an output besides."""
        for index in range(blocks):
            choices: list[Callable[[], Value]] = [
                *(self.inverted, self.inverted, self.window, self.window, self.window_depthwise),
                *(self.pooling, self.shortcut, self.excite, self.pyramid, self.inception),
                *(self.clamp, self.requantize),
            ]
            self.x = self._pick(choices)()
            if index < blocks - 1 and self.rng.random() < 0.35:
                self.outputs.append(self.x)

    def finish(self) -> Value:
        """The head's last output: mostly something after a global mean or a flattening."""
        choice = self.rng.random()
        if choice < 0.5:
            self.x = self.mean_of_plane(keep=bool(self.rng.random() < 0.5))
            self.x = self.dense()
        elif choice < 0.6:
            self.x = self.dense()
        else:
            return self.window_of((1, 1))
        return self.writer.softmax(self.x) if self.rng.random() < 0.5 else self.x

    # -- blocks -----------------------------------------------------------------------------------

    def window(self) -> Value:
        """conv_2d with any kernel, strides and padding."""
        return self.window_of((self._pick(KERNELS), self._pick(KERNELS)))

    def window_of(
        self, kernel: tuple[int, int], x: Value | None = None, channels: int = 0
    ) -> Value:
        """conv_2d with that kernel."""
        x, padding = self.framed(self.x if x is None else x, kernel)
        channels = channels or int(self.rng.integers(1, 7))
        weights = random_weights(self.rng, (channels, *kernel, x.shape[3]))
        scales = self.rng.uniform(0.002, 0.02, channels)
        return self.writer.conv_2d(
            x, weights, self.rng.integers(-999, 999, channels), weight_scale=scales,
            scale=self._sum_scale(x, float(scales.mean()), weights[0].size),
            zero_point=self._point(), stride=self.strides(kernel), padding=padding,
            activation=self._pick(["none", "none", "none", "relu6"]),
        )  # fmt: skip

    def window_depthwise(self) -> Value:
        """depthwise_conv_2d with any kernel, strides and padding."""
        return self.depthwise_of((self._pick(KERNELS), self._pick(KERNELS)), self.x)

    def depthwise_of(
        self, kernel: tuple[int, int], x: Value, stride: int | tuple[int, int] | None = None
    ) -> Value:
        """depthwise_conv_2d with that kernel; SAME where a stride is given."""
        padding = "same"
        if stride is None:
            x, padding = self.framed(x, kernel)
            stride = self.strides(kernel)
        weights = random_weights(self.rng, (1, *kernel, x.shape[3]))
        scales = self.rng.uniform(0.002, 0.02, x.shape[3])
        return self.writer.depthwise_conv_2d(
            x, weights, self.rng.integers(-99, 99, x.shape[3]), weight_scale=scales,
            scale=self._sum_scale(x, float(scales.mean()), kernel[0] * kernel[1]),
            zero_point=self._point(), stride=stride, padding=padding,
            activation=self._pick(["none", "relu6"]),
        )  # fmt: skip

    def inverted(self) -> Value:
        """Expand, depthwise, project; a residual where shapes allow."""
        x, rng = self.x, self.rng
        wide = self.window_of(
            (1, 1), channels=min(x.shape[3] * int(rng.integers(1, 4)), MOST_CHANNELS)
        )
        kernel = self._pick(KERNELS)
        narrow = self.depthwise_of((kernel, kernel), wide, self._pick([1, 1, 2]))
        channels = x.shape[3] if rng.random() < 0.7 else int(rng.integers(1, 7))
        made = self.plain(narrow, channels)
        return self.sum(made, x) if made.shape == x.shape else made

    def shortcut(self) -> Value:
        """A ResNet block whose shortcut is a 1x1 convolution."""
        x, stride = self.x, self._pick([1, 2])
        channels = int(self.rng.integers(1, 7))
        main = self.convolve(x, channels=channels, kernel=3, stride=stride, padding="same")
        main = self.convolve(main, channels=channels, kernel=3, stride=1, padding="same")
        side = self.convolve(x, channels=channels, kernel=1, stride=stride, padding="same")
        return self.sum(main, side)

    def pooling(self) -> Value:
        """A pooling with any window and strides."""
        _, height, width, _ = self.x.shape
        kernel = (self._pick([2, 3, 4]), self._pick([2, 3, 4]))
        kind = self._pick([self.writer.max_pool_2d, self.writer.average_pool_2d])
        inside = kernel[0] <= height and kernel[1] <= width
        padding = self._pick(["same", "valid"]) if inside else "same"
        return kind(self.x, kernel, stride=self.strides(kernel), padding=padding)

    def excite(self) -> Value:
        """A squeeze-and-excite."""
        squeezed = self.plain(self.mean_of_plane(keep=True), 2)
        gate = self.writer.logistic(self.plain(squeezed, self.x.shape[3]))
        scale = self.x.scale[0] * float(self.rng.uniform(0.3, 0.8))
        return self.writer.mul(self.x, gate, scale=scale, zero_point=self._point())

    def pyramid(self) -> Value:
        """A coarser level, resized to this one's size and added."""
        _, height, width, channels = self.x.shape
        low = self.convolve(self.x, channels=channels, kernel=3, stride=2, padding="same")
        if self.rng.random() < 0.3:
            self.outputs.append(low)
        return self.sum(self.writer.resize_nearest_neighbor(low, (height, width)), self.x)

    def inception(self) -> Value:
        """Two convolutions side by side."""
        kernels = self._pick([(1, 3), (3, 3), (5, 1)])
        fine, coarse = sorted(
            (
                self.convolve(self.x, channels=3, kernel=kernel, stride=1, padding="same")
                for kernel in kernels
            ),
            key=lambda value: value.scale,
        )
        # To a finer scale, because TFLite rounds ties of the way back as they lie in vectors.
        same = self.writer.quantize(coarse, scale=fine.scale[0], zero_point=fine.zero_point[0])
        return self.writer.concatenation([same, fine], int(self.rng.integers(1, 4)))

    # -- parts ------------------------------------------------------------------------------------

    def plain(self, x: Value, channels: int) -> Value:
        """A 1x1 convolution without stride."""
        return self.convolve(x, channels=channels, kernel=1, stride=1, padding="same")

    def mean_of_plane(self, *, keep: bool) -> Value:
        """A global mean."""
        x = self.x
        scale = x.scale[0] * float(self.rng.uniform(0.3, 1))
        return self.writer.mean(x, (1, 2), keep_dims=keep, scale=scale, zero_point=self._point())

    def sum(self, a: Value, b: Value) -> Value:
        """add."""
        scale = max(a.scale[0], b.scale[0]) * float(self.rng.uniform(1, 2))
        return self.writer.add(a, b, scale=scale, zero_point=self._point())

    def framed(self, x: Value, kernel: tuple[int, int]) -> tuple[Value, str]:
        """``x``, sometimes with a PAD of any widths before it, and the padding that then fits."""
        choice = self.rng.random()
        if choice < 0.4:
            return x, "same"
        if choice < 0.75:
            widths = [
                (int(self.rng.integers(0, max(k, 2))), int(self.rng.integers(0, max(k, 2))))
                for k in kernel
            ]
            x = self.writer.pad(x, [(0, 0), *widths, (0, 0)])
        inside = kernel[0] <= x.shape[1] and kernel[1] <= x.shape[2]
        return x, "valid" if inside else "same"

    def strides(self, kernel: tuple[int, int]) -> tuple[int, int]:
        """Strides, mostly the same both ways and seldom beyond the kernel."""
        if self.rng.random() < 0.1:
            return (self._pick([1, 2, 3]), self._pick([1, 2, 3]))
        largest = max(min(*kernel, 3), 1)
        stride = self._pick([1, 1, largest, min(largest, 2)])
        return (stride, stride) if self.rng.random() < 0.7 else (stride, 1)

    def _point(self) -> int:
        # Extremes cut off half of the values at each operator, and soon all of them.
        return int(self.rng.integers(-40, 41)) if self.rng.random() < 0.9 else super()._point()
