"""The golden cases of convolutions that the kernels of int8 weights do not serve alone."""

from __future__ import annotations

import numpy as np
from case_models import KernelCase, Rng, random_case
from convolution_cases import conv, filtered
from support.tflite_writer import Writer


def wide_dense(rng: Rng) -> bytes:
    """A batch of three whose weights have a zero point that leaves one channel nine bits."""
    writer = Writer()
    x = writer.input((3, 13), scale=0.05, zero_point=-9)
    weights = rng.integers(-90, 90, (5, 13)).astype(np.int8)
    weights[3, ::4] = -127
    y = writer.fully_connected(
        x, weights, rng.integers(-900, 900, 5), weight_scale=0.01, weight_zero_point=20,
        scale=0.3, zero_point=7,
    )  # fmt: skip
    return writer.finish([y])


def general() -> list[KernelCase]:
    """Dilated and grouped convolutions, dilated depthwise ones, and channels of nine bits."""
    return [
        conv("conv_2d_dilated", (4, 5, 2), 3, kernel=(3, 2), dilation=(1, 2), smooth=False),
        conv("conv_2d_groups", (3, 3, 4), 6, groups=2, smooth=False),
        filtered("depthwise_dilated", (4, 5, 2), multiplier=2, dilation=2, smooth=False),
        random_case("fully_connected_wide", wide_dense, (3, 13), smooth=False),
    ]
