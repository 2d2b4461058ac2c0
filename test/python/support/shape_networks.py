"""Random networks of convolutions and of operators that move elements, for streamed schedules."""

from __future__ import annotations

import numpy as np
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]

from support.random_models import random_scale
from support.shape_models import ShapeWriter
from support.stream_networks import Head
from support.tflite_model import Value

LARGEST = 700
"""Elements beyond which nothing grows any more."""


def shape_network(seed: int, heads: int = 2) -> bytes:
    """An image, a block, then ``heads`` chains in which shapes change."""
    rng = np.random.default_rng(seed)
    writer = ShapeWriter()
    sizes = [int(n) for n in rng.integers(6, 13, 2)]
    x = writer.input((1, *sizes, int(rng.integers(1, 4))), "int8", random_scale(rng), -5)
    stem = ShapeHead(writer, rng, x)
    stem.x = stem.convolve(stem.x, channels=4, kernel=3, stride=1, padding="same")
    outputs = []
    for _ in range(heads):
        head = ShapeHead(writer, rng, stem.x)
        for _ in range(int(rng.integers(2, 5))):
            head.move()
        outputs.append(head.convolve(head.x, channels=2, kernel=1))
    return writer.finish(outputs)


class ShapeHead(Head):
    """Moves of elements, with convolutions between them now and then."""

    def move(self) -> None:
        """Makes ``x`` into something else."""
        moves = [self.crop, self.crop, self.strided, self.halves, self.mirror, self.flip]
        moves += [self.shallow, self.deep, self.between, self.between]
        self.x = self._pick(moves)()
        if self.rng.random() < 0.6:
            self.x = self.convolve(self.x, stride=1)

    def crop(self) -> Value:
        """A part of the rows, columns and channels."""
        begins, sizes = [0], [1]
        for size in self.x.shape[1:]:
            begins.append(int(self.rng.integers(0, (size + 1) // 2)))
            sizes.append(
                int(self.rng.integers((size - begins[-1] + 1) // 2, size - begins[-1] + 1))
            )
        return self.writer.crop(self.x, begins, sizes)

    def strided(self) -> Value:
        """Every second or third row and column from anywhere."""
        strides = [1, *(int(n) for n in self.rng.choice([1, 2, 3], 2)), 1]
        begins = [0, *(int(self.rng.integers(0, n)) for n in self.x.shape[1:3]), 0]
        shape = [-(-(n - b) // s) for n, b, s in zip(self.x.shape, begins, strides, strict=True)]
        return self.writer.strided_slice(
            self.x, begins, self.x.shape, strides, shape, beginMask=9, endMask=15
        )

    def halves(self) -> Value:
        """Two halves of the channels or columns, one of them filtered, and together again."""
        axis = self._pick([2, 3])
        if self.x.shape[axis] % 2:
            return self.crop()
        a, b = self.writer.split(self.x, axis, 2)
        return self.writer.concatenation([b, a], axis)

    def mirror(self) -> Value:
        """MIRROR_PAD of rows and columns."""
        if np.prod(self.x.shape) > LARGEST or min(self.x.shape[1:3]) < 3:
            return self.crop()
        options = schema.MirrorPadOptionsT()
        options.mode = self._pick([0, 1])
        pads = [(0, 0), *((int(a), int(b)) for a, b in self.rng.integers(0, 3, (2, 2))), (0, 0)]
        shape = [n + a + b for n, (a, b) in zip(self.x.shape, pads, strict=True)]
        operands = [self.x, self.writer.ints(*pads)]
        return self.writer.make("MIRROR_PAD", self.x, operands, shape, options, version=2)

    def shallow(self) -> Value:
        """DEPTH_TO_SPACE, of four channels."""
        if np.prod(self.x.shape) > LARGEST:
            return self.crop()
        return self.writer.depth_to_space(self.convolve(self.x, channels=4, stride=1), 2)

    def between(self) -> Value:
        """RESIZE_BILINEAR to twice the size or to any."""
        height, width = self.x.shape[1:3]
        size = (int(self.rng.integers(1, 12)), int(self.rng.integers(1, 12)))
        if self.rng.random() < 0.5 and height * width < LARGEST // 12:
            size = (2 * height, 2 * width)
        how = self._pick([0, 1, 2])
        return self.writer.resize_bilinear(self.x, size, how == 1, how == 2)

    def deep(self) -> Value:
        """SPACE_TO_DEPTH of even sides."""
        _, height, width, channels = self.x.shape
        if min(height, width) < 2:
            return self.mirror()
        sizes = (1, height - height % 2, width - width % 2, channels)
        return self.writer.space_to_depth(self.writer.crop(self.x, [0, 0, 0, 0], sizes), 2)

    def flip(self) -> Value:
        """Rows or columns in reverse."""
        axis = self._pick([1, 2])
        strides = [-1 if i == axis else 1 for i in range(4)]
        return self.writer.strided_slice(
            self.x, [0] * 4, [0] * 4, strides, self.x.shape, beginMask=15, endMask=15
        )
