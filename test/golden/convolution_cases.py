"""The golden cases of convolutions: conv_2d, fully_connected and depthwise_conv_2d."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from case_models import KernelCase, Rng, random_case
from support import random_models as models
from support.tflite_writer import Writer


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


def capped_conv(rng: Rng) -> bytes:
    """A convolution whose activation clamps at both ends."""
    writer = Writer()
    x = writer.input((1, 1, 7, 8), scale=0.05, zero_point=-5)
    y = writer.conv_2d(
        x, models.random_weights(rng, (5, 1, 1, 8)), rng.integers(5000, 15000, 5),
        weight_scale=rng.uniform(0.004, 0.008, 5), scale=0.06, zero_point=-60, activation="relu6",
    )  # fmt: skip
    return writer.finish([y])


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


def for_instruction_sets() -> list[KernelCase]:
    """Channels by the four, and windows that only some kernels take.

    Depthwise outputs as behind a RELU: there all channels may round alike, which the kernel for
    DSP extensions needs.
    """
    case = partial(filtered, smooth=False, zero_point=-128)
    cases = [
        conv("conv_2d_quads", (3, 5, 4), 5, smooth=False),
        random_case("conv_2d_1x1_quads", capped_conv, (1, 1, 7, 8), smooth=False),
        dense("fully_connected_quads", 12, 5),
        case("depthwise_strided_3x3", (3, 7, 6), stride=2),
        case("depthwise_wide_5x5", (3, 6, 5), kernel=5),
        case("depthwise_strided_5x5", (4, 7, 4), kernel=5, stride=2),
        case("depthwise_wide_7x7", (2, 7, 4), kernel=7),
        case("depthwise_strided_7x7", (3, 8, 4), kernel=7, stride=2),
        case("depthwise_long", (1, 27, 4)),
    ]
    return [replace(made, generic=False) for made in cases]
