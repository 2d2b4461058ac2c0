"""int16 activations: references against TFLite's interpreter, kernels against the references."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from support.kernel_harness import KernelHarness
from support.litert import LiteRT
from support.wide_models import WideSample, binary, unary, weighted
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
        for index, (kernel, stride, padding, size) in enumerate(geometry if bias else geometry[:2]):
            made.append(
                weighted(
                    rng, "transpose_conv", bias, channels=9 + index, kernel=kernel, stride=stride,
                    padding=padding, size=size, dtype=dtype,
                    activation="relu" if index % 3 == 1 else "none",
                )
            )  # fmt: skip
    return made


FULL = (1, 3, 4, 5)


def binaries() -> list[WideSample]:
    """add, sub, mul, maximum, minimum: whole, broadcast, with a constant."""
    rng = np.random.default_rng(5)
    made = []
    for kind in ("add", "sub", "mul", "maximum", "minimum"):
        made += [
            binary(rng, kind, (FULL, FULL)),
            binary(rng, kind, ((1, 1, 1, 5), FULL)),
            binary(rng, kind, (FULL, (1, 3, 4, 1))),
            binary(rng, kind, (FULL, (5,)), constant=True),
            binary(rng, kind, (FULL, (3, 4, 1)), constant=True),
        ]
    made += [binary(rng, kind, (FULL, FULL), activation="relu6") for kind in ("add", "sub", "mul")]
    return made


def functions() -> list[WideSample]:
    """What is done element by element."""
    rng = np.random.default_rng(6)
    shape = (1, 4, 16, 33)
    return [
        unary(rng, "relu", shape, ratio=0.7),
        unary(rng, "relu", shape, "relu6", ratio=1.0, x_scale=6 / 20000),
        unary(rng, "leaky_relu", shape, 0.2, ratio=0.9),
        unary(rng, "leaky_relu", shape, -0.3, ratio=1.9),
        *(unary(rng, "logistic", shape, x_scale=s) for s in (1e-4, 3e-4, 0.0011, 0.01)),
        *(unary(rng, "tanh", shape, x_scale=s) for s in (1e-4, 3e-4, 0.0011, 0.01)),
        unary(rng, "quantize", shape, "int16", ratio=1.7),
        unary(rng, "quantize", shape, "int8", ratio=200.0, zero_point=-7),
        unary(rng, "quantize", shape, "int32", ratio=0.01),
        unary(rng, "quantize", shape, "int16", dtype="int8", x_scale=0.05, x_point=9, ratio=0.005),
    ]


def softmaxes() -> list[WideSample]:
    """softmax, flat and steep, of few classes and many."""
    rng = np.random.default_rng(7)
    return [
        unary(rng, "softmax", (3, classes), x_scale=scale, beta=beta)
        for classes in (2, 10, 101)
        for scale, beta in ((3e-5, 1.0), (3e-4, 0.7), (2e-3, 1.0))
    ]


def reductions() -> list[WideSample]:
    """Pools and means."""
    rng = np.random.default_rng(8)
    shape = (1, 5, 6, 7)
    made = [
        unary(rng, kind, shape, kernel, stride=2, padding=padding, activation=activation)
        for kind in ("average_pool_2d", "max_pool_2d")
        for kernel, padding, activation in (
            ((3, 3), "same", "none"),
            ((2, 3), "valid", "relu6"),
            ((5, 6), "valid", "none"),
        )
    ]
    for axes in ((1, 2), (1,), (2,), (3,), (1, 2, 3), (2, 3), (1, 3)):
        made.append(unary(rng, "mean", shape, axes, ratio=0.4, zero_point=0))
        made.append(unary(rng, "mean", shape, axes, keep_dims=True))
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
        harness.add(sample.graph, sample.operator, [suites[0], suites[6]])
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


def test_elementwise_operators_equal_the_interpreter() -> None:
    check_references([*binaries(), *functions()])


def test_reductions_equal_the_interpreter() -> None:
    check_references([*softmaxes(), *reductions()])


def test_kernels_of_elements_equal_references(tmp_path: Path) -> None:
    used = check_kernels([*binaries(), *functions()], tmp_path)
    assert used == {"binary_s16", "requantize_wide", "leaky_relu_s16", "sigmoid_s16"}


def test_kernels_of_reductions_equal_references(tmp_path: Path) -> None:
    used = check_kernels([*softmaxes(), *reductions()], tmp_path)
    assert used == {"softmax_s16", "pool_2d_s16", "mean_row_s16", "mean_plane_s16"}
