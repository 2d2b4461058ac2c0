"""The golden cases of the row kernels: models of one operator and what goes into them.

An inverted bottleneck is one where it runs in bands.

Small, and each for a reason: edges that windows reach over, odd counts of pixels and channels,
multipliers above a quarter, every kernel function of ``src/thumbnet/kernels``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from byte_cases import byte_cases
from case_models import Build, KernelCase, Rng, random_case, seed_of
from convolution_cases import convolutions, depthwise, for_instruction_sets
from even_cases import even_cases
from general_cases import general
from recurrent_cases import recurrent
from shape_cases import shapes
from support import inputs as samples
from support import random_models as models
from support.litert import REFERENCE
from support.tflite_writer import Writer
from wide_cases import wide_cases


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
        *shapes(),
        *borders(),
        *recurrent(),
        *byte_cases(),
        *for_instruction_sets(),
        *general(),
        *even_cases(),
        *wide_cases(),
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
