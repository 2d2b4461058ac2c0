"""int16 activations: references against TFLite's interpreter, kernels against the references."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from support.kernel_harness import KernelHarness
from support.litert import LiteRT
from support.wide_models import WideSample, weighted
from thumbnet.operators.wide import channel_scaling


def convolutions() -> list[WideSample]:
    """conv_2d: edges, strides, odd counts, both biases."""
    rng = np.random.default_rng(1)
    made = []
    for bias in ("int64", "int32"):
        made += [
            weighted(rng, "conv_2d", bias),
            weighted(rng, "conv_2d", bias, stride=2, activation="relu6", channels=8),
            weighted(rng, "conv_2d", bias, kernel=(1, 1), channels=5),
            weighted(rng, "conv_2d", bias, (1, 1, 1, 9), kernel=(1, 1), channels=6),
            weighted(rng, "conv_2d", bias, (1, 4, 7, 1), kernel=(2, 5), padding="valid"),
            weighted(rng, "conv_2d", bias, kernel=(1, 3), stride=(2, 1), per_channel=False),
        ]
    return made


def dense() -> list[WideSample]:
    """fully_connected: one row and several, with and without scales by channel."""
    rng = np.random.default_rng(2)
    made = [
        weighted(rng, "fully_connected", bias, (rows, 22), per_channel=by_channel)
        for bias in ("int64", "int32", "")
        for rows, by_channel in ((1, True), (5, True), (4, False))
    ]
    # So many taps that 32 bits cannot be proven to hold their sums.
    wide = [weighted(rng, "fully_connected", bias, (2, 2501), channels=3) for bias in ("int64", "")]
    wide.append(weighted(rng, "conv_2d", "int64", (1, 2, 3, 2501), kernel=(1, 1), channels=3))
    assert all(channel_scaling(one.graph, one.operator).wide for one in wide)
    return [*made, *wide]


def depthwise() -> list[WideSample]:
    """depthwise_conv_2d."""
    rng = np.random.default_rng(3)
    return [
        weighted(rng, "depthwise_conv_2d", "int64", channels=1),
        weighted(rng, "depthwise_conv_2d", "int64", channels=3, activation="relu"),
        weighted(rng, "depthwise_conv_2d", "int64", channels=1, stride=2, padding="valid"),
        weighted(rng, "depthwise_conv_2d", "int64", channels=2, kernel=(5, 2)),
    ]


def transposed(dtype: str) -> list[WideSample]:
    """transpose_conv: strides that divide the height and others, kernels below the stride."""
    rng = np.random.default_rng(4)
    geometry = [
        ((3, 3), (2, 2), "same", (10, 12)),
        ((3, 3), (2, 2), "same", (9, 11)),
        ((3, 4), (1, 2), "valid", (7, 14)),
        ((2, 2), (2, 2), "valid", (10, 12)),
        ((3, 2), (2, 3), "valid", (11, 18)),
        ((2, 1), (3, 3), "same", (15, 18)),
        ((4, 5), (1, 1), "same", (5, 6)),
        ((5, 4), (3, 2), "same", (15, 12)),
    ]
    made = []
    for bias in ("int64", "int32", "") if dtype == "int16" else ("int32", ""):
        for index, (kernel, stride, padding, size) in enumerate(geometry):
            made.append(
                weighted(
                    rng, "transpose_conv", bias, channels=9 + index, kernel=kernel, stride=stride,
                    padding=padding, size=size, dtype=dtype,
                    activation="relu" if index % 3 == 1 else "none",
                )
            )  # fmt: skip
    return made


def check_references(made: Sequence[WideSample]) -> None:
    """Every sample's reference makes what LiteRT makes, and not all of it is clipped."""
    telling = 0
    for index, sample in enumerate(made):
        interpreter = LiteRT(sample.model)
        for given in sample.suites(index):
            expected = interpreter.run(given)[0]
            message = f"{index} {sample.operator.kind} {sample.operator.attributes}"
            np.testing.assert_array_equal(sample.reference(given), expected, message)
            telling += np.unique(expected).size > expected.size // 4
    assert telling >= len(made)


def check_kernels(made: Sequence[WideSample], directory: Path) -> set[str]:
    """Runs all samples in C; the kernels that they used."""
    harness = KernelHarness(directory)
    for index, sample in enumerate(made):
        suites = sample.suites(index)
        harness.add(sample.graph, sample.operator, [suites[0], suites[2], suites[4], suites[6]])
    harness.check()
    return {case.lowered.kernel.function.removeprefix("thumbnet_") for case in harness.cases}


def test_convolutions_equal_the_interpreter() -> None:
    check_references([*convolutions(), *dense(), *depthwise()])


def test_transposed_convolutions_equal_the_interpreter() -> None:
    check_references([*transposed("int16"), *transposed("int8")])


def test_kernels_of_convolutions_equal_references(tmp_path: Path) -> None:
    used = check_kernels([*convolutions(), *dense(), *depthwise()], tmp_path)
    assert used == {
        "conv_2d_s16",
        "conv_2d_1x1_s16",
        "fully_connected_s16",
        "depthwise_conv_2d_s16",
    }


def test_kernels_of_transposed_convolutions_equal_references(tmp_path: Path) -> None:
    used = check_kernels([*transposed("int16"), *transposed("int8")], tmp_path)
    assert used == {"transpose_conv"}
