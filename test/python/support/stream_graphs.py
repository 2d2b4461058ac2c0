"""Random small networks for streamed schedules: weights are zero, only shapes and kinds matter."""

from __future__ import annotations

import random

from thumbnet.ir import attributes
from thumbnet.ir.attributes import Window
from thumbnet.ir.graph import Graph

from support.memory_graphs import GraphBuilder


class StreamBuilder(GraphBuilder):
    """A builder with windows of any padding and the blocks of real networks."""

    def window(self, x: str, window: Window, kind: str, channels: int) -> str | None:
        """A convolution, depthwise convolution or pooling; None where nothing would be left."""
        _, height, width, depth = self.shape(x)
        w = window
        rows = height + w.pad_top + w.pad_bottom - w.kernel_height
        columns = width + w.pad_left + w.pad_right - w.kernel_width
        if rows < 0 or columns < 0:
            return None
        size = (rows // w.stride_height + 1, columns // w.stride_width + 1)
        last = [(size[0] - 1) * w.stride_height - w.pad_top, (size[1] - 1) * w.stride_width]
        if last[0] >= height or last[1] - w.pad_left >= width:
            return None
        taps = (w.kernel_height, w.kernel_width)
        if kind == "conv_2d":
            weights = self._weights((channels, *taps, depth))
            how: attributes.Attributes = attributes.Convolution(window)
            return self._add(kind, (x, weights), (1, *size, channels), how)
        if kind == "depthwise_conv_2d":
            how = attributes.DepthwiseConvolution(window)
            return self._add(kind, (x, self._weights((1, *taps, depth))), (1, *size, depth), how)
        return self._add(kind, (x,), (1, *size, depth), attributes.Pool(window))

    def inverted(self, x: str, expansion: int, kernel: int, stride: int, channels: int) -> str:
        """Expand, depthwise, project, with a residual where shapes allow."""
        wide = self.conv(x, self.shape(x)[3] * expansion)
        narrow = self.conv(self.depthwise(wide, kernel, stride), channels)
        return self.add(narrow, x) if self.shape(narrow) == self.shape(x) else narrow

    def shortcut(self, x: str, channels: int, stride: int, *, first: bool) -> str:
        """A ResNet block whose shortcut is a 1x1 convolution, before or behind the main path."""
        side = self.conv(x, channels, 1, stride) if first else ""
        main = self.conv(self.conv(x, channels, 3, stride), channels, 3)
        return self.add(main, side or self.conv(x, channels, 1, stride))

    def excite(self, x: str) -> str:
        """A squeeze-and-excite."""
        squeezed = self.conv(self.mean(x), 2)
        return self.add(x, self.conv(squeezed, self.shape(x)[3]), "mul")

    def pyramid(self, x: str) -> tuple[str, str]:
        """Two levels of a feature pyramid; the first is at the resolution of ``x``."""
        low = self.conv(self.depthwise(x, 3, 2), self.shape(x)[3])
        _, height, width, _ = self.shape(x)
        return self.add(self.resize(low, height, width), x), low

    def inception(self, x: str, kernels: tuple[int, int], axis: int) -> str:
        """Two branches side by side."""
        return self.concatenation(tuple(self.conv(x, 3, kernel) for kernel in kernels), axis)


def stream_graph(seed: int, *, least: int = 8, most: int = 24, blocks: int = 4) -> Graph:
    """A network of ``blocks`` random blocks on an image of ``least`` to ``most`` pixels a side."""
    rng = random.Random(seed)
    sizes = (rng.randint(least, most), rng.randint(least, most))
    builder = StreamBuilder((1, *sizes, rng.randint(1, 4)))
    x, heads = builder.inputs[0], []
    for _ in range(rng.randint(2, blocks)):
        x = _block(builder, rng, x, heads)
        if rng.random() < 0.1:
            heads.append(builder.conv(x, rng.randint(1, 5)))
    if rng.random() < 0.5:
        x = builder.fully_connected(builder.mean(x), 4)
        if rng.random() < 0.5:
            x = builder.softmax(x)
    return builder.graph(*dict.fromkeys([*heads, x]))


def _block(builder: StreamBuilder, rng: random.Random, x: str, heads: list[str]) -> str:
    channels, stride = rng.randint(1, 6), rng.choice([1, 1, 2])
    match rng.randrange(10):
        case 0 | 1 | 2:
            same = builder.shape(x)[3] if rng.random() < 0.6 else channels
            kernel = rng.choice([2, 3, 3, 4, 5, 7])
            return builder.inverted(x, rng.randint(1, 3), kernel, stride, same)
        case 3:
            return builder.shortcut(x, channels, stride, first=rng.random() < 0.5)
        case 4:
            return builder.excite(x)
        case 5:
            high, low = builder.pyramid(x)
            if rng.random() < 0.5:
                heads.append(low)
            return high
        case 6:
            return builder.inception(x, rng.choice([(1, 3), (3, 3), (5, 1)]), rng.randint(1, 3))
        case 7:
            before = (0, rng.randint(0, 2), rng.randint(0, 2), 0)
            return builder.pad(x, before, (0, rng.randint(0, 2), rng.randint(0, 2), 0))
        case _:
            return _window(builder, rng, x, channels)


def _window(builder: StreamBuilder, rng: random.Random, x: str, channels: int) -> str:
    kinds = ["conv_2d", "conv_2d", "depthwise_conv_2d", "max_pool_2d", "average_pool_2d"]
    for _ in range(20):
        kernel = [rng.choice([1, 2, 3, 3, 4, 5, 7]) for _ in range(2)]
        strides = [rng.choice([1, 1, 2, 3]) for _ in range(2)]
        pads = [rng.randint(0, max(kernel[i // 2] - 1, 0)) for i in range(4)]
        if rng.random() < 0.3:
            pads = [0] * 4
        found = builder.window(x, Window(*kernel, *strides, *pads), rng.choice(kinds), channels)
        if found is not None:
            return found
    return builder.conv(x, channels)
