"""The golden cases of the row kernels: models of one operator and what goes into them.

An inverted bottleneck is one where it runs in bands.

Small, and each for a reason: edges that windows reach over, odd counts of pixels and channels,
multipliers above a quarter, every kernel function of ``src/thumbnet/kernels``.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from support import inputs as samples
from support import random_models as models
from support.litert import REFERENCE, TRUSTED, LiteRT
from support.tflite_writer import Writer

AnyArray = npt.NDArray[Any]
Rng = np.random.Generator
Build = Callable[[Rng], bytes]
MOST_ATTEMPTS = 100


@dataclass(frozen=True, eq=False)
class KernelCase:
    """A model of one operator, and the samples that it is run on (one array an input)."""

    name: str
    model: bytes
    inputs: Sequence[Sequence[AnyArray]]
    resolver: Any = TRUSTED
    passes: bool = True
    """Whether the compiler's passes run on it; they would remove a lone reshape."""
    banded: bool = False
    """Whether it is an inverted bottleneck that is lowered as one operator, in bands of a row."""
    generic: bool = True
    """Whether the generic build's kernels run on it; they gain nothing from cases of others."""


def seed_of(name: str) -> int:
    """A seed of a case's own, so that a new case leaves the others as they are."""
    return zlib.crc32(name.encode())


def random_case(
    name: str, build: Build, *shapes: tuple[int, ...], smooth: bool = True
) -> KernelCase:
    """Noise and something smooth for inputs of the given shapes.

    Of one seed after the other, the first whose outputs tell something.
    """
    for seed in range(seed_of(name), seed_of(name) + MOST_ATTEMPTS):
        model = build(np.random.default_rng(seed))
        reference = LiteRT(model)
        given = [
            [make(shape, "int8", seed + index) for index, shape in enumerate(shapes)]
            for make in (samples.noise, samples.smooth)[: 1 + smooth]
        ]
        if all(is_telling(reference.run(sample)[0]) for sample in given):
            return KernelCase(name, model, given)
    raise ValueError(f"{name}: outputs are nearly constant whatever the seed")


def is_telling(output: AnyArray) -> bool:
    """Whether the elements differ enough for a wrong kernel to show."""
    if output.size == 1:
        return bool(-128 < output.item() < 127)
    _, counts = np.unique(output, return_counts=True)
    clipped = np.mean((output == -128) | (output == 127))
    return bool(
        len(counts) >= min(10, (output.size + 1) // 2)
        and counts.max() <= 0.6 * output.size
        and clipped <= 0.5
    )


def kernel_cases() -> list[KernelCase]:
    """All cases."""
    return [
        *convolutions(),
        *depthwise(),
        *bottlenecks(),
        *elementwise(),
        *pools(),
        *means(),
        *others(),
        *borders(),
        *(replace(case, generic=False) for case in for_instruction_sets()),
    ]


# -- convolutions ---------------------------------------------------------------------------------


def conv(
    name: str, shape: tuple[int, int, int], channels: int, *, smooth: bool = True, **options: Any
) -> KernelCase:
    """One conv_2d on input [1, *shape]."""

    def build(rng: Rng) -> bytes:
        return models.conv_2d(rng, (1, *shape), channels, **options)

    return random_case(name, build, (1, *shape), smooth=smooth)


def coarse_conv(rng: Rng) -> bytes:
    """A convolution whose multipliers lie between a quarter and four."""
    writer = Writer()
    x = writer.input((1, 3, 5, 2), scale=0.5, zero_point=3)
    weights = rng.integers(-3, 4, (3, 1, 1, 2)).astype(np.int8)
    bias = rng.integers(-40, 40, 3)
    scales = [0.3, 1.0, 3.9]
    return writer.finish(
        [writer.conv_2d(x, weights, bias, weight_scale=scales, scale=0.5, zero_point=-7)]
    )


def tied_conv(rng: Rng) -> bytes:
    """A convolution whose multipliers are powers of two, so that many sums are ties."""
    writer = Writer()
    x = writer.input((1, 3, 5, 3), scale=0.5, zero_point=-9)
    weights = rng.integers(-9, 10, (4, 1, 1, 3)).astype(np.int8)
    scales = [1 / 32, 1 / 8, 1 / 16, 1 / 32]
    bias = rng.integers(-90, 90, 4)
    return writer.finish([writer.conv_2d(x, weights, bias, weight_scale=scales, scale=0.5)])


def dense(name: str, ins: int, outs: int, **options: Any) -> KernelCase:
    """One fully_connected."""
    return random_case(
        name, lambda rng: models.fully_connected(rng, (1, ins), outs, **options), (1, ins)
    )


def convolutions() -> list[KernelCase]:
    """conv_2d of both kernels, and fully_connected."""
    return [
        conv("conv_2d_3x3", (3, 5, 3), 5),
        conv("conv_2d_stride_2", (6, 6, 2), 4, stride=2, activation="relu6"),
        conv("conv_2d_wide_stride", (7, 8, 1), 3, kernel=(2, 4), stride=(1, 3), padding="valid",
             per_channel=False),
        conv("conv_2d_window_over_all", (3, 4, 2), 3, kernel=5),
        conv("conv_2d_1x1", (3, 3, 9), 7, kernel=1),
        conv("conv_2d_1x1_even", (2, 4, 4), 4, kernel=1, activation="relu"),
        random_case("conv_2d_coarse", coarse_conv, (1, 3, 5, 2)),
        random_case("conv_2d_ties", tied_conv, (1, 3, 5, 3)),
        dense("fully_connected", 30, 6),
        dense("fully_connected_relu", 9, 3, activation="relu", per_channel=True),
    ]  # fmt: skip


def padded_depthwise(rng: Rng) -> bytes:
    """Pads of its own that the compiler makes the window's, so wide that windows lie in them."""
    writer = Writer()
    x = writer.input((1, 4, 4, 3), scale=0.05, zero_point=-100)
    padded = writer.pad(x, [(0, 0), (4, 1), (0, 5), (0, 0)])
    weights = models.random_weights(rng, (1, 3, 3, 3))
    bias = rng.integers(-9000, 9000, 3)
    return writer.finish(
        [
            writer.depthwise_conv_2d(
                padded, weights, bias, weight_scale=[0.01, 0.02, 0.015], scale=0.2, zero_point=20,
                stride=2, padding="valid",
            )
        ]
    )  # fmt: skip


def tied_depthwise(rng: Rng) -> bytes:
    """Ties in the channels that TFLite makes eight at a time and in the rest, which round apart.

    Some multipliers are a quarter and more.
    """
    writer = Writer()
    x = writer.input((1, 3, 4, 11), scale=0.5, zero_point=-2)
    weights = rng.integers(-9, 10, (1, 3, 3, 11)).astype(np.int8)
    scales = [1 / 32, 1 / 16, 1 / 64, 1 / 2, 1 / 32, 1 / 64, 1 / 32, 1 / 64, 1 / 32, 1 / 4, 1 / 64]
    bias = rng.integers(-90, 90, 11)
    return writer.finish(
        [writer.depthwise_conv_2d(x, weights, bias, weight_scale=scales, scale=0.5)]
    )


def filtered(
    name: str, shape: tuple[int, int, int], *, smooth: bool = True, **options: Any
) -> KernelCase:
    """One depthwise_conv_2d on input [1, *shape]."""

    def build(rng: Rng) -> bytes:
        return models.depthwise_conv_2d(rng, (1, *shape), **options)

    return random_case(name, build, (1, *shape), smooth=smooth)


def depthwise() -> list[KernelCase]:
    """depthwise_conv_2d of both kernels."""
    return [
        filtered("depthwise_3x3", (3, 5, 5)),
        filtered("depthwise_whole_vectors", (3, 3, 8), activation="relu"),
        filtered("depthwise_stride_2", (5, 5, 3), stride=2, activation="relu6"),
        filtered("depthwise_5x5", (3, 5, 3), kernel=5, per_channel=False),
        filtered("depthwise_7x7", (3, 9, 2), kernel=7),
        random_case("depthwise_padded", padded_depthwise, (1, 4, 4, 3)),
        random_case("depthwise_ties", tied_depthwise, (1, 3, 4, 11)),
        filtered("depthwise_multiplier", (4, 5, 2), multiplier=3),
    ]


# -- kernels for instruction sets -----------------------------------------------------------------


def for_instruction_sets() -> list[KernelCase]:
    """Channels by the four, and windows that only some kernels take.

    Depthwise outputs as behind a RELU: there all channels may round alike, which the kernel for
    DSP extensions needs.
    """
    case = partial(filtered, smooth=False, zero_point=-128)
    return [
        conv("conv_2d_quads", (3, 5, 4), 5, smooth=False),
        conv("conv_2d_1x1_quads", (1, 7, 8), 5, kernel=1, smooth=False),
        dense("fully_connected_quads", 12, 5),
        case("depthwise_strided_3x3", (3, 7, 6), stride=2),
        case("depthwise_wide_5x5", (3, 6, 5), kernel=5),
        case("depthwise_strided_5x5", (4, 7, 4), kernel=5, stride=2),
        case("depthwise_wide_7x7", (2, 7, 4), kernel=7),
        case("depthwise_strided_7x7", (3, 8, 4), kernel=7, stride=2),
        case("depthwise_long", (1, 27, 4)),
    ]


# -- inverted bottlenecks -------------------------------------------------------------------------


def bottleneck(shape: tuple[int, int, int], wide: int, kernel: int, stride: int) -> Build:
    """1x1, depthwise and 1x1 convolutions, and the add of the input where it has their shape."""

    def build(rng: Rng) -> bytes:
        writer = Writer()
        x = writer.input((1, *shape), scale=0.031, zero_point=-7)
        channels = shape[2] if stride == 1 else shape[2] + 2
        expanded = writer.conv_2d(
            x, models.random_weights(rng, (wide, 1, 1, shape[2])), rng.integers(-99, 99, wide),
            weight_scale=rng.uniform(0.005, 0.01, wide), scale=0.0217, zero_point=-128,
            activation="relu6",
        )  # fmt: skip
        filtered = writer.depthwise_conv_2d(
            expanded, models.random_weights(rng, (1, kernel, kernel, wide)),
            rng.integers(-99, 99, wide), weight_scale=rng.uniform(0.005, 0.01, wide),
            scale=0.0227, zero_point=-128, stride=stride, padding="same", activation="relu6",
        )  # fmt: skip
        narrow = writer.conv_2d(
            filtered, models.random_weights(rng, (channels, 1, 1, wide)),
            rng.integers(-99, 99, channels), weight_scale=rng.uniform(0.005, 0.01, channels),
            scale=0.0293, zero_point=5,
        )  # fmt: skip
        if stride == 1:
            narrow = writer.add(narrow, x, scale=0.0411, zero_point=2)
        return writer.finish([narrow])

    return build


def bottlenecks() -> list[KernelCase]:
    """inverted_bottleneck in bands of one row."""
    shapes = {
        "block_residual": ((3, 4, 2), 3, 3, 1),
        "block_stride_2": ((4, 5, 1), 3, 3, 2),
    }
    return [
        replace(random_case(name, bottleneck(*how), (1, *how[0]), smooth=False), banded=True)
        for name, how in shapes.items()
    ]


# -- element-wise ---------------------------------------------------------------------------------


def constant_operand(kind: str) -> Build:
    """add with a constant for each column and channel, mul with one for each channel."""

    def build(rng: Rng) -> bytes:
        writer = Writer()
        x = writer.input((1, 2, 4, 5), scale=0.0317, zero_point=-20)
        shape = (4, 5) if kind == "add" else (5,)
        data = rng.integers(-128, 128, shape).astype(np.int8)
        operand = writer.constant(data, 0.0523, 9)
        scale = 0.0611 if kind == "add" else 0.123
        return writer.finish([getattr(writer, kind)(x, operand, scale=scale, zero_point=4)])

    return build


def elementwise() -> list[KernelCase]:
    """add, sub and mul, with and without broadcasting.

    Scales of no simple ratio: at results that lie half way between two bytes, the interpreter's
    optimized add does not always round as TFLite's reference, which the kernel follows.
    """

    def case(
        name: str, kind: str, a: tuple[int, ...], b: tuple[int, ...], **options: Any
    ) -> KernelCase:
        return random_case(name, lambda rng: models.binary(rng, kind, (a, b), **options), a, b)

    full = (1, 2, 4, 5)
    return [
        case("add", "add", full, full, activation="relu"),
        case("sub", "sub", full, full),
        case("add_channels", "add", full, (1, 1, 1, 5)),
        case("sub_columns", "sub", (1, 1, 4, 1), full),
        random_case("add_constant", constant_operand("add"), full),
        case("mul", "mul", full, full),
        case("mul_pixels", "mul", full, (1, 2, 4, 1), activation="relu6"),
        random_case("mul_constant", constant_operand("mul"), full),
    ]


# -- reductions -----------------------------------------------------------------------------------


def unary(
    name: str, kind: str, shape: tuple[int, ...], *args: Any, smooth: bool = True, **options: Any
) -> KernelCase:
    """Any operator of one input."""

    def build(rng: Rng) -> bytes:
        writer = Writer()
        zero_point = models.random_zero_point(rng)
        x = writer.input(shape, scale=models.random_scale(rng, 0.02, 0.1), zero_point=zero_point)
        return writer.finish([getattr(writer, kind)(x, *args, **options)])

    return random_case(name, build, shape, smooth=smooth)


def pools() -> list[KernelCase]:
    """Both pools over windows and over whole planes."""
    return [
        unary("average_pool_2x2", "average_pool_2d", (1, 4, 5, 9), 2, stride=2),
        unary("average_pool_same", "average_pool_2d", (1, 4, 5, 3), 3, padding="same",
              activation="relu"),
        unary("average_pool_plane", "average_pool_2d", (1, 4, 5, 3), (4, 3), stride=(4, 2),
              padding="same"),
        unary("max_pool_2x2", "max_pool_2d", (1, 4, 5, 9), 2, stride=2),
        unary("max_pool_same", "max_pool_2d", (1, 4, 5, 3), 3, padding="same",
              activation="relu6"),
        unary("max_pool_plane", "max_pool_2d", (1, 4, 5, 3), (4, 3), stride=(4, 2),
              padding="same"),
    ]  # fmt: skip


def means() -> list[KernelCase]:
    """mean within rows, over planes with TFLite's two roundings, and over planes of channels."""
    return [
        unary("mean_channels", "mean", (1, 3, 4, 7), [3]),
        unary("mean_columns", "mean", (1, 3, 7, 4), [2], scale=0.03, zero_point=-4),
        unary("mean_plane", "mean", (1, 4, 3, 5), [1, 2]),
        unary("mean_plane_kept", "mean", (1, 2, 4, 19), [1, 2], keep_dims=True),
        unary("mean_rows", "mean", (1, 5, 3, 4), [1], keep_dims=True),
        unary("mean_all", "mean", (1, 4, 5, 6), [1, 2, 3]),
        unary("mean_rows_and_channels", "mean", (1, 6, 4, 3), [1, 3]),
    ]  # fmt: skip


# -- tables and copies ----------------------------------------------------------------------------


def concatenation(name: str, axis: int, *shapes: tuple[int, ...]) -> KernelCase:
    """Several inputs of one quantization."""

    def build(rng: Rng) -> bytes:
        writer, scale = Writer(), models.random_scale(rng)
        values = [writer.input(shape, scale=scale, zero_point=5) for shape in shapes]
        return writer.finish([writer.concatenation(values, axis)])

    return random_case(name, build, *shapes, smooth=False)


def others() -> list[KernelCase]:
    """softmax, tables, and the operators that only move elements."""
    all_bytes = [[samples.all_bytes((1, 2, 4, 32))]]
    logistic = unary("logistic", "logistic", (1, 2, 4, 32))
    swish = unary("hard_swish", "hard_swish", (1, 2, 4, 32))
    copy = partial(unary, smooth=False)
    reshape = copy("reshape", "reshape", (1, 3, 4, 2), (4, 6))
    return [
        unary("softmax", "softmax", (1, 3, 3, 7), beta=0.7),
        KernelCase("logistic", logistic.model, all_bytes),
        KernelCase("hard_swish", swish.model, all_bytes),
        concatenation("concatenation_rows", 1, (1, 2, 3, 4), (1, 1, 3, 4), (1, 3, 3, 4)),
        concatenation("concatenation_columns", 2, (1, 3, 2, 4), (1, 3, 5, 4)),
        concatenation("concatenation_channels", 3, (1, 3, 4, 2), (1, 3, 4, 1), (1, 3, 4, 4)),
        copy("pad", "pad", (1, 4, 5, 3), [(0, 0), (0, 1), (2, 1), (0, 0)]),
        copy("pad_channels", "pad", (1, 2, 3, 5), [(0, 0), (1, 0), (0, 0), (2, 1)]),
        copy("resize", "resize_nearest_neighbor", (1, 3, 4, 3), (5, 7)),
        copy("resize_smaller", "resize_nearest_neighbor", (1, 5, 7, 2), (3, 4),
             half_pixel_centers=True),
        copy("transpose", "transpose", (2, 2, 3, 2, 2), (4, 1, 3, 0, 2)),
        copy("transpose_blocks", "transpose", (2, 3, 4, 2), (1, 0, 2, 3)),
        KernelCase("reshape", reshape.model, reshape.inputs, passes=False),
    ]  # fmt: skip


# -- float borders --------------------------------------------------------------------------------


def quantize(name: str, dtype: str, zero_point: int) -> KernelCase:
    """float32 to bytes: values beyond both ends, ties, and what lies beside ties."""
    writer, scale = Writer(), 0.25
    x = writer.input((1, 2, 3, 6), "float32")
    y = writer.quantize(x, dtype, scale=scale, zero_point=zero_point)
    values = samples.smooth(x.shape, "float32", seed_of(name)) * np.float32(40)
    halves = (np.arange(36, dtype=np.float32) - 18).reshape(x.shape) * np.float32(scale / 2)
    beside = np.nextafter(halves, np.float32(0))
    return KernelCase(name, writer.finish([y]), [[values], [halves], [beside]], REFERENCE)


def dequantize(name: str, dtype: str, zero_point: int) -> KernelCase:
    """Bytes to float32."""
    writer = Writer()
    x = writer.input((1, 2, 3, 8), dtype, scale=0.0123, zero_point=zero_point)
    return KernelCase(
        name,
        writer.finish([writer.dequantize(x)]),
        [[samples.noise((1, 2, 3, 8), dtype, seed_of(name))]],
        REFERENCE,
    )


def borders() -> list[KernelCase]:
    """quantize and dequantize.

    The kernels follow TFLite's reference here, as TFLite Micro does: the interpreter's optimized
    kernels round ties to even and dequantize with a rounding more.
    """
    return [
        quantize("quantize_int8", "int8", -3),
        quantize("quantize_uint8", "uint8", 120),
        dequantize("dequantize_int8", "int8", 5),
        dequantize("dequantize_uint8", "uint8", 120),
    ]
