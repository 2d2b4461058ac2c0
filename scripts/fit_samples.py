"""The single operators that scripts/fit_costs.py counts, of shapes that costs depend on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
from fit_byte_samples import byte_samples
from fit_shapes import shapes
from fit_wide import wide as int16_samples
from support import random_models as models
from support.recurrent_models import LstmShape, SvdfShape, lstm, svdf
from support.tflite_writer import Writer

Rng = np.random.Generator
Make = Callable[[Rng], bytes]

EVEN = "onnxruntime"
"""What begins the names of models that are to be rounded as onnxruntime does."""

_WIDTHS = (1, 2, 3, 4, 5, 7, 8, 16, 24, 40)


def samples(only: Sequence[str] = ()) -> Iterator[tuple[str, bytes]]:
    """Names and models, the same each time; those whose names begin with one of ``only``."""
    for index, (name, make) in enumerate(_all()):
        if not only or name.startswith(tuple(only)):
            yield name, make(np.random.default_rng(index))


def _all() -> Iterator[tuple[str, Make]]:
    yield from _pointwise()
    yield from _convolutions()
    yield from _fully_connected()
    yield from _depthwise()
    yield from _others()
    yield from byte_samples()
    yield from shapes()
    yield from int16_samples()
    yield from _general()
    yield from _recurrent()
    for name, make in _others():
        if name.startswith(("add", "mul", "softmax")) and not name.startswith("multiplier"):
            yield f"{EVEN} {name}", make
    # Samples are seeded by their place: new ones come last, so that the others stay what they are.
    yield from _windows()
    yield from _pools()
    yield from _rows()
    yield from _words()


def _general() -> Iterator[tuple[str, Make]]:
    """Dilation, groups, and weights of which a zero point leaves nine bits."""
    for width, (depth, channels, kernel, groups) in product(
        (1, 4, 9, 16), ((8, 16, 3, 2), (16, 12, 3, 2), (16, 32, 1, 4), (6, 9, 5, 3), (24, 8, 3, 4))
    ):
        shape = (1, 5, width, depth)
        yield (
            f"groups {width} {depth} {channels} {kernel} {groups}",
            lambda rng, shape=shape, channels=channels, kernel=kernel, groups=groups: (
                models.conv_2d(rng, shape, channels, kernel, groups=groups)
            ),
        )
    for width, rates, (depth, channels, kernel, stride) in product(
        (1, 6, 17, 40), ((2, 2), (2, 1), (1, 3)), ((8, 16, 3, 1), (16, 8, 3, 2), (4, 8, 5, 1))
    ):
        shape = (1, 7, width, depth)
        yield (
            f"dilated {width} {rates} {depth} {channels} {kernel} {stride}",
            lambda rng, s=shape, c=channels, k=kernel, t=stride, d=rates: models.conv_2d(
                rng, s, c, k, stride=t, dilation=d
            ),
        )
        yield (
            f"dilated depthwise {width} {rates} {channels} {kernel} {stride}",
            lambda rng, s=(1, 7, width, channels), k=kernel, t=stride, d=rates: (
                models.depthwise_conv_2d(rng, s, kernel=k, stride=t, dilation=d)
            ),
        )
    for batch, depth, channels in product((1, 3, 16, 40, 100), (8, 21, 64), (8, 24)):
        for wide in (1, 2):
            yield (
                f"wide {batch} {depth} {channels} {wide}",
                _wide(batch, depth, channels, wide),
            )


def _wide(batch: int, depth: int, channels: int, wide: int) -> Make:
    """fully_connected, the only operator of int8 whose weights may have a zero point."""

    def make(rng: Rng) -> bytes:
        writer = Writer()
        x = writer.input((batch, depth), scale=0.05, zero_point=-9)
        weights = rng.integers(-90, 90, (channels, depth)).astype(np.int8)
        weights[:wide, 0] = -127
        bias = rng.integers(-900, 900, channels)
        y = writer.fully_connected(
            x, weights, bias, weight_scale=0.01, weight_zero_point=20, scale=0.3
        )
        return writer.finish([y])

    return make


def _pointwise() -> Iterator[tuple[str, Make]]:
    for width, (depth, channels) in product(
        _WIDTHS, ((8, 16), (16, 96), (48, 16), (64, 64), (20, 11), (3, 8))
    ):
        yield f"conv_1x1 {width} {depth} {channels}", _conv(1, width, depth, channels, 1, 1)


def _convolutions() -> Iterator[tuple[str, Make]]:
    sizes = (
        *(
            (3, 8, 3, 2),
            (3, 24, 3, 1),
            (16, 16, 3, 1),
            (32, 32, 3, 2),
            (8, 12, 5, 1),
            (1, 8, 3, 2),
            (24, 8, 1, 2),
        ),
        *((21, 16, 1, 1), (78, 24, 1, 1), (58, 9, 1, 1), (9, 10, 3, 1)),
    )
    for width, (depth, channels, kernel, stride) in product((1, 2, 3, 4, 5, 6, 9, 16, 24), sizes):
        make = _conv(3 if width % 2 else 11, width, depth, channels, kernel, stride)
        yield f"conv_2d {width} {depth} {channels} {kernel} {stride}", make


def _conv(height: int, width: int, depth: int, channels: int, kernel: int, stride: int) -> Make:
    shape = (1, height * stride, width * stride, depth)
    return lambda rng: models.conv_2d(rng, shape, channels, kernel, stride=stride)


def _fully_connected() -> Iterator[tuple[str, Make]]:
    for depth, channels in product((8, 20, 64, 128, 640), (2, 5, 12, 64)):
        yield (
            f"fully_connected {depth} {channels}",
            lambda rng, depth=depth, channels=channels: models.fully_connected(
                rng, (1, depth), channels
            ),
        )


def _depthwise() -> Iterator[tuple[str, Make]]:
    for kernel, stride, channels in product((3, 5, 7), (1, 2), (8, 16, 20)):
        for width in (1, 2, 3, 4, 5, 6, 8, 12, 16, 20, 40):
            shape = (1, (5 if width % 4 else 14) * stride, width * stride, channels)
            yield (
                f"depthwise {width} {channels} {kernel} {stride}",
                lambda rng, shape=shape, kernel=kernel, stride=stride: models.depthwise_conv_2d(
                    rng, shape, kernel=kernel, stride=stride
                ),
            )

    for (kernel, height), width, channels in product(
        (((3, 1), 4), ((5, 1), 12), ((10, 1), 30), ((15, 1), 20), ((1, 5), 3)), (1, 6), (8, 40)
    ):
        yield (
            f"depthwise {kernel} {width} {channels}",
            lambda rng, shape=(1, height, width, channels), kernel=kernel: models.depthwise_conv_2d(
                rng, shape, kernel=kernel
            ),
        )


def _others() -> Iterator[tuple[str, Make]]:
    for width, channels in product((1, 2, 4, 9, 24), (1, 6, 16, 64)):
        shape = (1, 3, width, channels)
        yield (
            f"add {width} {channels}",
            lambda rng, shape=shape: models.binary(rng, "add", (shape, shape)),
        )
        yield (
            f"mul {width} {channels}",
            lambda rng, shape=shape: models.binary(rng, "mul", (shape, shape)),
        )
        yield (
            f"softmax {channels}",
            lambda rng, channels=channels: models.unary(rng, "softmax", (1, channels)),
        )
        for kind in ("average_pool_2d", "max_pool_2d"):
            for size in (2, 3):
                wide = (1, 3 * size, width * size, channels)
                yield (
                    f"{kind} {width} {channels} {size}",
                    lambda rng, kind=kind, size=size, wide=wide: models.unary(
                        rng, kind, wide, kernel=size, stride=size
                    ),
                )
        yield (
            f"mean {width} {channels}",
            lambda rng, shape=shape: models.unary(rng, "mean", shape, axes=(1, 2)),
        )
    for size, channels in product((2, 3, 5, 8), (8, 24, 64)):
        shape = (1, size, size, channels)
        yield (
            f"max_pool_2d global {size} {channels}",
            _unary("max_pool_2d", shape, kernel=size, stride=size, padding="valid"),
        )
        yield (
            f"global {size} {channels}",
            lambda rng, size=size, shape=shape: models.unary(
                rng, "average_pool_2d", shape, kernel=size, stride=size, padding="valid"
            ),
        )
    yield from _moving()


def _unary(kind: str, shape: tuple[int, ...], **arguments: object) -> Make:
    return lambda rng: models.unary(rng, kind, shape, **arguments)


def _joined(shape: tuple[int, ...], axis: int) -> Make:
    def make(rng: Rng) -> bytes:
        writer = Writer()
        values = [writer.input(shape, scale=0.1, zero_point=3) for _ in range(2)]
        return writer.finish([writer.concatenation(values, axis)])

    return make


def _broadcast(kind: str, shape: tuple[int, ...]) -> Make:
    return lambda rng: models.binary(rng, kind, (shape, (1, 1, 1, shape[3])))


def _converted(shape: tuple[int, ...], *, back: bool) -> Make:
    def make(rng: Rng) -> bytes:
        writer = Writer()
        if back:
            x = writer.input(shape, scale=0.1, zero_point=3)
            return writer.finish([writer.dequantize(x)])
        x = writer.input(shape, "float32")
        return writer.finish([writer.quantize(x, scale=0.1, zero_point=3)])

    return make


def _moving() -> Iterator[tuple[str, Make]]:
    """Operators that move or convert bytes, and broadcasts."""
    for width, channels in product((2, 5, 16), (3, 16, 40)):
        shape, name = (1, 4, width, channels), f"{width} {channels}"
        yield f"add_broadcast {name}", _broadcast("add", shape)
        yield f"mul_broadcast {name}", _broadcast("mul", shape)
        yield f"logistic {name}", _unary("logistic", shape)
        yield f"hard_swish {name}", _unary("hard_swish", shape)
        for axis in (1, 2, 3):
            yield f"concatenation {axis} {name}", _joined(shape, axis)
        for border in ([(0, 0), (1, 1), (1, 1), (0, 0)], [(0, 0), (0, 0), (0, 0), (1, 2)]):
            yield f"pad {name}", _unary("pad", shape, before_after=border)
        size = (8, 2 * width)
        yield f"resize {name}", _unary("resize_nearest_neighbor", shape, size=size)
        yield f"transpose {name}", _unary("transpose", shape, permutation=(0, 3, 1, 2))
        yield f"mean_row {name}", _unary("mean", shape, axes=(2,))
        yield f"quantize {name}", _converted(shape, back=False)
        yield f"dequantize {name}", _converted(shape, back=True)
        yield (
            f"multiplier {name}",
            lambda rng, shape=shape: models.depthwise_conv_2d(rng, shape, 2),
        )


def _recurrent() -> Iterator[tuple[str, Make]]:
    """LSTMs, SVDF and what stands beside them."""
    for steps, depth, units in product((1, 4), (3, 16, 30, 64), (2, 9, 20, 64)):
        shape = LstmShape(steps, depth, units)
        yield f"lstm {steps} {depth} {units}", lambda rng, shape=shape: lstm(rng, shape)
    for depth, units, rank, memory, state in product(
        (5, 16, 64), (3, 16), (1, 2), (4, 10), ("int16", "int8")
    ):
        wide = SvdfShape(depth, units, rank, memory, state)
        yield f"svdf {depth} {units} {rank} {memory}", lambda rng, wide=wide: svdf(rng, wide)
    for width, channels in product((1, 5, 16), (3, 16, 40)):
        shape, name = (1, width, channels), f"{width} {channels}"
        for kinds in (("int16", "int8"), ("int16", "int32"), ("int8", "int16"), ("int32", "int16")):
            yield f"requantize {name}", _requantized(shape, *kinds)
        yield f"softmax_to_int16 {name}", _unary("softmax", shape, dtype="int16")


_WINDOWS: tuple[tuple[tuple[int, int], tuple[int, int, int, int]], ...] = (
    # Kernels of one channel, high, wide and small; of few channels; rows that leave 1, 2, 3 bytes.
    *(((9, 6), (1, 21, 17, 1)), ((12, 7), (1, 40, 26, 1)), ((5, 11), (1, 9, 30, 1))),
    *(((3, 3), (1, 12, 19, 1)), ((3, 3), (1, 28, 26, 1)), ((5, 5), (1, 17, 14, 1))),
    *(((1, 5), (1, 6, 20, 2)), ((5, 1), (1, 20, 3, 3)), ((3, 4), (1, 14, 9, 6))),
    *(((3, 3), (1, 19, 22, 7)), ((7, 3), (1, 16, 5, 5)), ((3, 3), (1, 24, 20, 3))),
    *(((4, 3), (1, 30, 8, 8)), ((3, 3), (1, 6, 7, 16)), ((3, 3), (1, 9, 5, 24))),
    *(((2, 2), (1, 10, 11, 4)), ((5, 3), (1, 25, 10, 12)), ((9, 1), (1, 36, 4, 20))),
)


def _windows() -> Iterator[tuple[str, Make]]:
    """Windows that are not square, reach far outside or not at all, and clamped outputs."""
    for (kernel, shape), (stride, padding, channels) in product(
        _WINDOWS, ((1, "same", 5), (1, "valid", 32), (2, "same", 32))
    ):
        make = _conv_of(shape, channels, kernel, stride=stride, padding=padding)
        yield f"conv_2d window {kernel} {shape} {stride} {padding} {channels}", make
    for width, (depth, channels, kernel) in product(
        (2, 7, 15), ((12, 9, 1), (32, 24, 1), (5, 18, 3), (8, 16, 3), (3, 14, 3))
    ):
        shape = (1, 8, width, depth)
        make = _conv_of(shape, channels, kernel, activation="relu_n1_to_1")
        yield f"conv_2d clamped {width} {depth} {channels} {kernel}", make


def _words() -> Iterator[tuple[str, Make]]:
    """Windows of any number of channels whose rows leave no bytes; convolutions that are small."""
    for (kernel, shape), stride, channels in product(
        (
            *(((4, 8), (1, 20, 31, 1)), ((7, 4), (1, 24, 13, 1)), ((11, 12), (1, 33, 20, 1))),
            *(((2, 2), (1, 14, 18, 2)), ((5, 4), (1, 9, 12, 3)), ((3, 2), (1, 8, 11, 6))),
        ),
        (1, 2),
        (3, 12),
    ):
        make = _conv_of(shape, channels, kernel, stride=stride)
        yield f"conv_2d words {kernel} {shape} {stride} {channels}", make
    for depth, channels in product((1, 2, 5, 15, 30, 90, 250), (2, 7, 20)):
        yield f"conv_1x1 one {depth} {channels}", _conv_of((1, 1, 1, depth), channels, 1)
        yield f"conv_1x1 four {depth} {channels}", _conv_of((1, 1, 1, 4 * depth), channels, 1)


def _conv_of(shape: tuple[int, int, int, int], channels: int, kernel: Any, **how: Any) -> Make:
    return lambda rng: models.conv_2d(rng, shape, channels, kernel, **how)


def _pools() -> Iterator[tuple[str, Make]]:
    """Windows that are not square, that overlap, that reach outside, and as high as their input."""
    for kind, (size, channels) in product(
        ("average_pool_2d", "max_pool_2d"), product((3, 6, 9), (3, 16, 40))
    ):
        shape = (1, 8, size, channels)
        for kernel, stride, padding in (
            *(((1, 2), (1, 2), "same"), ((2, 1), (2, 1), "same"), (2, 2, "same"), (3, 1, "same")),
            *((3, 2, "valid"), ((8, 2), 2, "same"), ((8, 1), 1, "valid")),
        ):
            make = _unary(kind, shape, kernel=kernel, stride=stride, padding=padding)
            yield f"{kind} window {size} {channels} {kernel} {stride} {padding}", make


def _rows() -> Iterator[tuple[str, Make]]:
    """Softmax of many pixels, means within rows, transposes of pixels."""
    for width, channels in product((1, 3, 10, 150), (2, 5, 12)):
        shape = (1, 2, width, channels)
        yield f"softmax pixels {width} {channels}", _unary("softmax", shape)
        yield f"mean_row of {width} {channels}", _unary("mean", shape, axes=(2,))
        yield f"mean_row channels {width} {channels}", _unary("mean", shape, axes=(3,))
        yield f"transpose rows {width} {channels}", _transposed((1, 3, width, channels))


def _transposed(shape: tuple[int, ...]) -> Make:
    return _unary("transpose", shape, permutation=(0, 2, 1, 3))


def _requantized(shape: tuple[int, ...], source: str, target: str) -> Make:
    def make(rng: Rng) -> bytes:
        writer, scale = Writer(), {"int8": 0.1, "int16": 1e-3, "int32": 1e-5}
        x = writer.input(shape, source, scale[source])
        return writer.finish([writer.quantize(x, target, scale=scale[target] * 0.9)])

    return make
