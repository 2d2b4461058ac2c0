"""The single operators of int16 that scripts/fit_costs.py counts; their names begin with wide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
from support.wide_models import WideSample, binary, unary, weighted
from support.wide_writer import WideWriter

Rng = np.random.Generator
Make = Callable[[Rng], bytes]


def wide() -> Iterator[tuple[str, Make]]:
    """Names and models."""
    yield from _convolutions()
    yield from _transposed()
    yield from _of_one_row()
    yield from _elements()


def _model(make: Callable[..., WideSample], *given: Any, **options: Any) -> Make:
    return lambda rng: make(rng, *given, **dict(options)).model


def _convolutions() -> Iterator[tuple[str, Make]]:
    sizes = (
        *((6, 8, 3), (16, 12, 3), (3, 5, 3), (64, 16, 3), (4, 64, 3)),
        *((16, 16, 1), (33, 7, 1), (96, 24, 1)),
    )
    for width, (depth, channels, kernel), bias in product(
        (1, 2, 3, 6, 9), sizes, ("int64", "int32")
    ):
        shape, size = (1, 3, width, depth), (kernel, kernel)
        made = _model(weighted, "conv_2d", bias, shape, channels=channels, kernel=size)
        yield f"wide conv_2d {width} {depth} {channels} {kernel} {bias}", made
    for depth, channels, bias in product((8, 21, 100, 500), (3, 10, 32), ("int64", "int32")):
        made = _model(weighted, "fully_connected", bias, (1, depth), channels=channels)
        yield f"wide fully_connected {depth} {channels} {bias}", made
    for width, depth, kernel in product((1, 4, 9), (4, 13), (3, 5)):
        shape, size = (1, 4, width, depth), (kernel, kernel)
        made = _model(weighted, "depthwise_conv_2d", "int64", shape, channels=1, kernel=size)
        yield f"wide depthwise {width} {depth} {kernel}", made


def _transposed() -> Iterator[tuple[str, Make]]:
    for width, (depth, channels, kernel), dtype in product(
        (1, 3, 7), ((4, 6, 3), (16, 5, 3), (9, 16, 2), (24, 12, 4), (64, 16, 4)), ("int8", "int16")
    ):
        bias = "int32" if dtype == "int8" else "int64"
        yield (
            f"wide transpose_conv {width} {depth} {channels} {kernel} {dtype}",
            _model(
                weighted, "transpose_conv", bias, (1, 4, width, depth), channels=channels,
                kernel=(kernel, kernel), stride=2, size=(8, 2 * width), dtype=dtype,
            ),
        )  # fmt: skip


def _of_one_row() -> Iterator[tuple[str, Make]]:
    """Of signals: one row of input, of which kernels of several rows make several."""
    for width, (depth, channels), kernel, stride in product(
        (3, 6), ((16, 20), (40, 24), (48, 64)), ((3, 4), (2, 3)), ((1, 2), (1, 1), (2, 2))
    ):
        size = (kernel[0], (width - 1) * stride[1] + kernel[1])
        yield (
            f"wide transpose_conv row {width} {depth} {channels} {kernel} {stride}",
            _model(
                weighted, "transpose_conv", "int64", (1, 1, width, depth), channels=channels,
                kernel=kernel, stride=stride, size=size, padding="valid", dtype="int16",
            ),
        )  # fmt: skip


def _converted(shape: tuple[int, ...], *, back: bool) -> Make:
    def make(_: Rng) -> bytes:
        writer = WideWriter()
        if back:
            return writer.finish([writer.dequantize(writer.input(shape, "int16", 0.01))])
        return writer.finish([writer.quantize(writer.input(shape, "float32"), "int16", scale=0.01)])

    return make


def _elements() -> Iterator[tuple[str, Make]]:
    for width, channels in product((1, 4, 9), (1, 6, 32)):
        shape, name = (1, 4, width, channels), f"{width} {channels}"
        for kind in ("add", "mul", "maximum"):
            yield f"wide {kind} {name}", _model(binary, kind, (shape, shape))
            yield f"wide {kind} channels {name}", _model(binary, kind, (shape, (1, 1, 1, channels)))
        yield f"wide relu {name}", _model(unary, "relu", shape, ratio=0.8)
        yield f"wide leaky_relu {name}", _model(unary, "leaky_relu", shape, 0.2, ratio=0.9)
        for kind in ("logistic", "tanh"):
            yield f"wide {kind} {name}", _model(unary, kind, shape, x_scale=2e-4)
        yield f"wide softmax {name}", _model(unary, "softmax", shape, x_scale=2e-4)
        yield f"wide quantize {name}", _converted(shape, back=False)
        yield f"wide dequantize {name}", _converted(shape, back=True)
        for kind in ("average_pool_2d", "max_pool_2d"):
            for size in (2, 3):
                made = _model(unary, kind, (1, 6, 2 * width, channels), size, padding="same")
                yield f"wide {kind} {size} {name}", made
        yield f"wide mean {name}", _model(unary, "mean", shape, (1, 2))
        yield f"wide mean columns {name}", _model(unary, "mean", shape, (2,))
