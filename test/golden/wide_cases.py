"""The golden cases of int16 activations and of transposed convolutions.

Where the interpreter's optimized kernels round as a kernel cannot, BUILTIN_REF is the reference, as
in kernel_cases.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from case_models import MOST_ATTEMPTS, KernelCase, seed_of
from support import inputs as samples
from support.litert import REFERENCE, TRUSTED, LiteRT
from support.wide_models import WideSample, binary, sample, unary, weighted
from support.wide_writer import WideWriter

WIDE_CASES = (
    *("conv_2d_int16", "conv_2d_int16_strided", "conv_2d_int16_1x1", "conv_2d_int16_wide"),
    *("fully_connected_int16", "fully_connected_int16_short"),
    *("depthwise_int16", "depthwise_int16_multiplier"),
    *("transpose_conv_int8", "transpose_conv_int8_whole", "transpose_conv_int16"),
    *("add_int16", "mul_int16_channels", "minimum_int16"),
    *("relu6_int16", "quantize_int16_int8", "quantize_int16_int32", "quantize_int8_int16"),
    "leaky_relu_int16",
    *("logistic_int16", "tanh_int16", "quantize_float_int16", "dequantize_int16"),
    *("softmax_int16", "average_pool_int16", "max_pool_int16"),
    *("mean_int16_plane", "mean_int16_columns"),
)
"""Names of all, in order."""


def wide_cases() -> list[KernelCase]:
    """All cases; they belong to a part of their own."""
    made = {case.name: case for case in (*_convolutions(), *_elements(), *_borders())}
    return [made[name] for name in WIDE_CASES]


Make = Callable[[np.random.Generator], WideSample]


def _case(name: str, make: Make, resolver: Any = TRUSTED) -> KernelCase:
    """One sample of noise; of one seed after the other, the first whose outputs tell something."""
    for seed in range(seed_of(name), seed_of(name) + MOST_ATTEMPTS):
        made = make(np.random.default_rng(seed))
        tensors = [made.graph.tensor(x) for x in made.graph.inputs]
        given = [
            samples.noise(tensor.shape, tensor.dtype.value, seed + index)
            for index, tensor in enumerate(tensors)
        ]
        (output,) = LiteRT(made.model, resolver).run(given)
        info = np.iinfo(output.dtype)
        _, counts = np.unique(output, return_counts=True)
        clipped = np.mean((output == info.min) | (output == info.max))
        if (
            len(counts) >= min(6, output.size // 2)
            and clipped <= 0.3
            and counts.max() * 2 < output.size
        ):
            return KernelCase(name, made.model, [given], resolver, generic=False)
    raise ValueError(f"{name}: outputs are nearly constant whatever the seed")


def _convolutions() -> list[KernelCase]:
    def case(name: str, kind: str, bias: str, *shape: int, **options: Any) -> KernelCase:
        return _case(name, lambda rng: weighted(rng, kind, bias, shape, **dict(options)))

    return [
        case("conv_2d_int16", "conv_2d", "int64", 1, 3, 4, 3, channels=3),
        case("conv_2d_int16_strided", "conv_2d", "int32", 1, 4, 5, 2, channels=2, stride=2),
        case("conv_2d_int16_1x1", "conv_2d", "int64", 1, 1, 5, 9, channels=3, kernel=(1, 1),
             activation="relu"),
        _case("conv_2d_int16_wide", _wide),
        case("fully_connected_int16", "fully_connected", "int64", 1, 13, channels=7),
        case("fully_connected_int16_short", "fully_connected", "int32", 1, 10, channels=6),
        case("depthwise_int16", "depthwise_conv_2d", "int64", 1, 4, 4, 3, channels=1),
        case("depthwise_int16_multiplier", "depthwise_conv_2d", "int64", 1, 3, 5, 2, channels=2,
             stride=2),
        case("transpose_conv_int8", "transpose_conv", "int32", 1, 2, 2, 3, channels=9,
             dtype="int8", kernel=(3, 2), stride=2, size=(4, 4)),
        case("transpose_conv_int8_whole", "transpose_conv", "int32", 1, 2, 2, 2, channels=2,
             dtype="int8", kernel=(3, 3), stride=2, padding="valid", size=(5, 5)),
        case("transpose_conv_int16", "transpose_conv", "int64", 1, 2, 3, 4, channels=2,
             kernel=(2, 4), stride=(1, 2), padding="valid", size=(3, 8)),
    ]  # fmt: skip


def _wide(rng: np.random.Generator) -> WideSample:
    """Sums that 32 bits do not hold: a bias of 2^31 and more."""
    writer = WideWriter()
    x = writer.input((1, 2, 2, 6), "int16", 3e-4)
    weights = rng.integers(-127, 128, (2, 1, 1, 6)).astype(np.int8)
    bias = rng.integers(-(1 << 33), 1 << 33, 2)
    return sample(
        writer, writer.conv_2d(x, weights, bias, weight_scale=0.01, scale=3e-4 * 0.01 * 2.0e5)
    )


def _elements() -> list[KernelCase]:
    full = (1, 2, 3, 4)
    return [
        _case("add_int16", lambda rng: binary(rng, "add", (full, full))),
        _case("mul_int16_channels", lambda rng: binary(rng, "mul", (full, (4,)), constant=True)),
        _case("minimum_int16", lambda rng: binary(rng, "minimum", (full, (1, 1, 3, 1)))),
        _case("relu6_int16", lambda rng: unary(rng, "relu", full, "relu6", ratio=0.9)),
        _case(
            "quantize_int16_int8",
            lambda rng: unary(rng, "quantize", full, "int8", ratio=270.0, zero_point=-7),
        ),
        _case(
            "quantize_int16_int32",
            lambda rng: unary(rng, "quantize", full, "int32", ratio=0.01),
        ),
        _case(
            "quantize_int8_int16",
            lambda rng: unary(
                rng, "quantize", full, "int16", dtype="int8", x_scale=0.05, x_point=9, ratio=0.005
            ),
        ),
        _case("leaky_relu_int16", lambda rng: unary(rng, "leaky_relu", full, 0.2, ratio=1.1)),
        _case("logistic_int16", lambda rng: unary(rng, "logistic", full, x_scale=2e-4)),
        _case("tanh_int16", lambda rng: unary(rng, "tanh", full, x_scale=7e-5)),
        _case("softmax_int16", lambda rng: unary(rng, "softmax", (3, 6), x_scale=9e-5)),
        _case(
            "average_pool_int16",
            lambda rng: unary(
                rng, "average_pool_2d", (1, 3, 4, 2), (2, 3), stride=2, padding="same"
            ),
        ),
        _case(
            "max_pool_int16",
            lambda rng: unary(rng, "max_pool_2d", (1, 3, 4, 2), 2, padding="same"),
        ),
        _case(
            "mean_int16_plane",
            lambda rng: unary(rng, "mean", (1, 3, 2, 5), (1, 2), ratio=0.4, zero_point=0),
        ),
        _case("mean_int16_columns", lambda rng: unary(rng, "mean", (1, 3, 4, 2), (2,))),
    ]


def _borders() -> list[KernelCase]:
    """float32 to int16 and back: values beyond both ends and ties."""
    writer, shape = WideWriter(), (1, 2, 3, 4)
    x = writer.input(shape, "float32")
    model = writer.finish([writer.quantize(x, "int16", scale=0.25)])
    values = (np.arange(24, dtype=np.float32) - 12).reshape(shape) * np.float32(0.125)
    values[0, 0, 0, :2] = -1e5, 1e5
    back = WideWriter()
    y = back.input(shape, "int16", 0.0123)
    noise = samples.noise(shape, "int16", 5)
    other = back.finish([back.dequantize(y)])
    return [
        KernelCase("quantize_float_int16", model, [[values]], REFERENCE, generic=False),
        KernelCase("dequantize_int16", other, [[noise]], REFERENCE, generic=False),
    ]
