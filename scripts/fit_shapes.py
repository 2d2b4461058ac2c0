"""Single operators that pick elements, pad with elements or resize, for scripts/fit_costs.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
from support.shape_models import ShapeWriter
from support.tflite_model import Value

Rng = np.random.Generator
Make = Callable[[Rng], bytes]


def shapes() -> Iterator[tuple[str, Make]]:
    """Of several widths and channels."""
    for width, channels in product((2, 4, 6, 16, 24), (4, 16, 40)):
        shape, name = (1, 4, width, channels), f"{width} {channels}"
        yield f"shape slice {name}", _moved(shape, _sliced)
        yield f"shape part {name}", _moved(shape, _part)
        yield f"shape steps {name}", _moved(shape, _steps)
        yield f"shape flip {name}", _moved(shape, _flipped)
        yield f"shape deep {name}", _moved(shape, lambda w, x: w.space_to_depth(x, 2))
        yield f"shape shallow {name}", _moved(shape, lambda w, x: w.depth_to_space(x, 2))
        yield f"shape bilinear {name}", _moved(shape, _twice)
        yield f"shape pad {name}", _padded(shape)


def _moved(shape: tuple[int, ...], make: Callable[[ShapeWriter, Value], Value]) -> Make:
    def build(rng: Rng) -> bytes:
        writer = ShapeWriter()
        return writer.finish([make(writer, writer.given(shape))])

    return build


def _sliced(writer: ShapeWriter, x: Value) -> Value:
    return writer.crop(x, (0, 1, 1, 0), (1, 3, x.shape[2] - 1, x.shape[3]))


def _part(writer: ShapeWriter, x: Value) -> Value:
    return writer.crop(x, (0, 0, 0, 1), (1, 4, x.shape[2], x.shape[3] // 2))


def _steps(writer: ShapeWriter, x: Value) -> Value:
    shape = (1, 2, x.shape[2] // 2, x.shape[3])
    return writer.strided_slice(x, (0, 0, 0, 0), x.shape, (1, 2, 2, 1), shape, endMask=15)


def _flipped(writer: ShapeWriter, x: Value) -> Value:
    return writer.strided_slice(
        x, (0, 0, 0, 0), x.shape, (1, 1, -1, 1), x.shape, beginMask=15, endMask=15
    )


def _twice(writer: ShapeWriter, x: Value) -> Value:
    return writer.resize_bilinear(x, (8, 2 * x.shape[2]), False, True)


def _padded(shape: tuple[int, ...]) -> Make:
    def build(rng: Rng) -> bytes:
        writer = ShapeWriter()
        x = writer.given(shape, "float32")
        return writer.finish([writer.pad(x, [(0, 0), (1, 1), (1, 1), (0, 1)])])

    return build
