"""Convolutions, element-wise and copying operators: references against LiteRT, C against them."""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.kernel_harness import SOURCES, WARNINGS, KernelHarness
from support.litert import LiteRT
from support.random_models import random_scale
from support.spatial_samples import (
    FULL,
    AnyArray,
    Layer,
    Sample,
    binaries,
    binary,
    concatenation,
    concatenations,
    convolution,
    convolutions,
    dense,
    depthwise,
    described,
    one_operator,
    pads,
    reshapes,
    resizes,
    transpose,
    transposes,
)
from support.tflite_writer import Writer
from thumbnet.ir import attributes
from thumbnet.ir.graph import DType, Graph, Quantization, Tensor
from thumbnet.operators.depthwise_conv_2d import as_conv_2d
from thumbnet.operators.transpose import is_reshape
from thumbnet.quantize.requantize import (
    activation_bounds,
    multiply_rounding_up,
    quantize_multiplier,
)

# -- references against LiteRT --------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: convolutions(1, 90),
        lambda: depthwise(2, 90),
        lambda: dense(3, 90),
        lambda: binaries(4, 4),
        lambda: pads(5, 30),
        lambda: concatenations(6, 3),
        lambda: resizes(7, 60),
        lambda: transposes(8, 40),
        reshapes,
    ],
    ids=[
        "conv_2d",
        "depthwise_conv_2d",
        "fully_connected",
        "elementwise",
        "pad",
        "concatenation",
        "resize",
        "transpose",
        "reshape",
    ],
)
def test_reference_equals_litert(make: Callable[[], list[Sample]]) -> None:
    for index, sample in enumerate(make()):
        interpreter = LiteRT(sample.model)
        shape = sample.family.output_shape(sample.graph, sample.operator)
        assert shape == sample.graph.tensor(sample.graph.outputs[0]).shape
        assert [c(sample.graph, sample.operator) for c in sample.family.constraints] == [
            None
        ] * len(sample.family.constraints)
        for given in sample.suites(index):
            expected = interpreter.run(given)[0]
            message = f"{index} {sample.operator.attributes}"
            np.testing.assert_array_equal(sample.reference(given), expected, message)


def rounding_of_differences() -> Sample:
    """A difference of 2 and -2 that shows how a tie of the second operand is rounded."""
    writer, shape = Writer(), (1, 1, 1, 1)
    a = writer.input(shape, scale=float.fromhex("0x1p-5"))
    b = writer.input(shape, scale=float.fromhex("0x1.881428p-6"))
    y = writer.sub(a, b, scale=float.fromhex("0x1.399c30p-11"), zero_point=-67)
    operands = [described(a), described(b)]
    graph = one_operator("sub", attributes.Elementwise(), operands, described(y))
    return Sample(graph, writer.finish([y]))


def test_a_difference_negates_after_rounding() -> None:
    sample = rounding_of_differences()
    given = [np.full((1, 1, 1, 1), value, np.int8) for value in (2, -2)]
    np.testing.assert_array_equal(sample.reference(given), LiteRT(sample.model).run(given)[0])


def visible(reals: Sequence[float], sums: AnyArray) -> AnyArray:
    """Those of ``sums`` that the two multipliers turn into different integers."""
    multipliers = [quantize_multiplier(real) for real in reals]
    first, second = (multiply_rounding_up(sums, m.mantissa, m.shift) for m in multipliers)
    found: AnyArray = sums[first != second]
    return found


def test_fully_connected_multiplies_scales_in_float32() -> None:
    rng = np.random.default_rng(25)
    writer = Writer()
    x = writer.input((1, 1), scale=random_scale(rng), zero_point=0)
    weight_scale = float(np.float32(random_scale(rng)))
    scale = float(np.float32(x.scale[0] * weight_scale * 1e7))
    product = np.float32(x.scale[0]) * np.float32(weight_scale)
    reals = [float(product) / scale, x.scale[0] * weight_scale / scale]
    # Sums in the middle of where the one multiplier has passed a half and the other has not.
    halves = np.arange(-100, 100) + 0.5
    bias = visible(reals, np.rint(halves / np.mean(reals)).astype(np.int64)).astype(np.int32)
    assert bias.size > 20  # else this test could not fail
    weights = np.ones((bias.size, 1), np.int8)
    y = writer.fully_connected(x, weights, bias, weight_scale=weight_scale, scale=scale)
    constants = [
        Tensor("weights", weights.shape, DType.INT8, Quantization((weight_scale,), (0,)), weights),
        Tensor("bias", bias.shape, DType.INT32, None, bias),
    ]
    operands = [described(x), *constants]
    graph = one_operator("fully_connected", attributes.FullyConnected(), operands, described(y))
    sample, given = Sample(graph, writer.finish([y])), [np.zeros((1, 1), np.int8)]
    np.testing.assert_array_equal(sample.reference(given), LiteRT(sample.model).run(given)[0])


def test_mul_computes_its_multiplier_in_float32() -> None:
    rng = np.random.default_rng(26)
    grid = np.meshgrid(*(np.arange(-128, 128, dtype=np.int8),) * 2)
    given = [axis.reshape(1, 256, 256, 1) for axis in grid]
    shown = 0
    for _ in range(60):
        sample = binary(rng, "mul", ((1, 256, 256, 1),) * 2)
        a, b, out = (
            sample.graph.tensor(name) for name in (*sample.graph.inputs, *sample.graph.outputs)
        )
        single = np.float32(a.scale) * np.float32(b.scale) / np.float32(out.scale)
        double = a.scale * b.scale / out.scale
        products = (given[0].astype(np.int64) - a.zero_point) * (given[1] - np.int64(b.zero_point))
        shown += visible([float(single), double], products).size
        expected = LiteRT(sample.model).run(given)[0]
        np.testing.assert_array_equal(sample.reference(given), expected)
    assert shown > 0  # else this test could not fail


# -- C against the references ---------------------------------------------------------------------


def check_kernels(made: Sequence[Sample], directory: Path, kernels: set[str]) -> None:
    """Runs all samples in C; ``kernels`` are the kernels that they must have used, all of them."""
    harness = KernelHarness(directory)
    for index, sample in enumerate(made):
        suites = sample.suites(index)
        harness.add(sample.graph, sample.operator, [suites[0], suites[2], suites[4]])
    used = {case.lowered.kernel.function.removeprefix("thumbnet_") for case in harness.cases}
    assert used == kernels
    harness.check()


def outside(kind: str) -> list[Sample]:
    """Windows that lie wholly outside, above, below and on both sides."""
    rng = np.random.default_rng(10)
    pads = ((4, 3, 5, 4), (0, 6, 0, 6), (6, 0, 6, 0))
    layer = Layer(kind, (4, 5), (3, 3), (3, 3), (2, 2), "valid")
    return [convolution(rng, dataclasses.replace(layer, pad=pad)) for pad in pads]


def test_conv_2d_kernels_equal_references(tmp_path: Path) -> None:
    made = [*convolutions(11, 36), *outside("conv_2d"), *dense(12, 12)]
    check_kernels(made, tmp_path, {"conv_2d_s8", "conv_2d_1x1_s8", "fully_connected_s8"})


def test_depthwise_conv_2d_kernels_equal_references(tmp_path: Path) -> None:
    made = [*depthwise(13, 45), *outside("depthwise_conv_2d")]
    kernels = {"depthwise_conv_2d_s8", "depthwise_conv_2d_multiplier_s8"}
    # A single input channel is a conv_2d.
    check_kernels(made, tmp_path, kernels | {"conv_2d_s8"})


def test_elementwise_kernels_equal_references(tmp_path: Path) -> None:
    kernels = {"add_s8", "add_broadcast_s8", "mul_s8", "mul_broadcast_s8"}
    check_kernels(binaries(14, 1), tmp_path, kernels)


def test_the_kernel_of_differences_negates_after_rounding(tmp_path: Path) -> None:
    sample = rounding_of_differences()
    harness = KernelHarness(tmp_path)
    given = [np.full((1, 1, 1, 1), value, np.int8) for value in (2, -2)]
    harness.add(sample.graph, sample.operator, [given])
    harness.check()


def test_copying_kernels_equal_references(tmp_path: Path) -> None:
    made = [*pads(15, 20), *concatenations(16, 2), *resizes(17, 15), *transposes(18, 15)]
    kernels = {
        "pad_s8",
        "concatenation_rows",
        "concatenation_columns",
        "concatenation_channels",
        "resize_nearest_neighbor",
        "transpose",
        "reshape",
    }
    check_kernels([*made, *reshapes()], tmp_path, kernels)


ARITHMETIC = r"""
#include <stdio.h>
#include "thumbnet/kernels/convolution.h"
#include "thumbnet/kernels/elementwise.h"
static uint64_t state = 88172645463325252u;
static uint32_t next(void)
{
    state ^= state << 13; state ^= state >> 7; state ^= state << 17;
    return (uint32_t)(state >> 16);
}
/* floor((x + half) / 2^bits), and the same of the magnitude: from the definition, in 128 bits. */
static __int128 up(__int128 x, int bits)
{
    return bits == 0 ? x : (x + ((__int128)1 << (bits - 1))) >> bits;
}
static __int128 away(__int128 x, int bits)
{
    return x < 0 ? -up(-x, bits) : up(x, bits);
}
int main(void)
{
    for (long i = 0; i < 4000000; i++) {
        const int shift = (int)(next() % 36) - 31;
        const uint32_t fraction = next() & (~0u << (next() % 31)) & 0x3fffffffu;
        const int32_t mantissa = (int32_t)(0x40000000u | fraction);
        const int bits = (int)(next() % 29);
        int32_t sum = (int32_t)(next() & ((1u << bits) - 1u)) & (int32_t)(~0u << (next() % 29));
        sum = (next() & 1 ? -sum : sum) >> (shift > 0 ? shift : 0);
        const int left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : -shift;
        const __int128 high = up((__int128)sum * ((int64_t)1 << left) * mantissa, 31);
        for (int ties_up = 0; ties_up < 2; ties_up++) {
            const __int128 value = ties_up ? up(high, right) : away(high, right);
            const int32_t expected = value < -128 ? -128 : value > 127 ? 127 : (int32_t)value;
            const int got =
                thumbnet_convolution_output(sum, mantissa, shift, ties_up, 0, -128, 127);
            if (got != expected) {
                printf("%d * %d, shift %d, ties_up %d: %d for %d\n", (int)sum, (int)mantissa,
                       shift, ties_up, got, (int)expected);
                return 1;
            }
        }
    }
    for (long i = 0; i < 4000000; i++) {
        const int exponent = (int)(next() % 32);
        const int32_t x = (int32_t)(next() << 1) >> (1 + next() % 31);
        const __int128 expected = away(x, exponent);
        if (thumbnet_add_shift_right(x, exponent) != expected) {
            printf("%d >> %d: not %d\\n", (int)x, exponent, (int)expected);
            return 1;
        }
    }
    return 0;
}
"""


@pytest.mark.parametrize("narrow", [0, 1])
def test_requantization_equals_its_definition(tmp_path: Path, narrow: int) -> None:
    source, program = tmp_path / "arithmetic.c", tmp_path / "arithmetic"
    source.write_text(ARITHMETIC)
    command = ["gcc", "-std=gnu99", *WARNINGS[1:], "-O2", f"-I{SOURCES}", str(source)]
    command.append(f"-DTHUMBNET_NARROW={narrow}")
    subprocess.run([*command, "-o", str(program)], check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


# -- helpers and limits ---------------------------------------------------------------------------


def test_as_conv_2d_computes_the_same() -> None:
    rng = np.random.default_rng(20)
    layer = Layer("depthwise_conv_2d", (9, 7), (1, 8), (4, 3), (2, 1))
    for layer_here in (layer, dataclasses.replace(layer, per_channel=False)):
        sample = convolution(rng, layer_here)
        changed = as_conv_2d(sample.graph, sample.operator)
        assert changed is not None
        operator, weights = changed
        assert operator.kind == "conv_2d"
        assert weights.shape == (8, 4, 3, 1)
        graph = sample.graph.replace(operators=[operator], tensors=[weights])
        for given in sample.suites(3):
            np.testing.assert_array_equal(
                Sample(graph, b"").reference(given), LiteRT(sample.model).run(given)[0]
            )


def test_as_conv_2d_leaves_channels_that_round_differently() -> None:
    rng = np.random.default_rng(21)
    for outs in (8, 12):
        found = {}
        for _ in range(40):
            sample = convolution(rng, Layer("depthwise_conv_2d", channels=(1, outs)))
            output = sample.graph.tensor(sample.graph.outputs[0])
            given = sample.operator.attributes
            assert isinstance(given, attributes.DepthwiseConvolution)
            hidden = activation_bounds(given.activation, output)[0] >= output.zero_point
            found[hidden] = as_conv_2d(sample.graph, sample.operator) is not None
        assert found == {True: True, False: outs == 8}
    several = convolution(rng, Layer("depthwise_conv_2d", channels=(2, 16)))
    assert as_conv_2d(several.graph, several.operator) is None


@pytest.mark.parametrize(
    ("shape", "permutation", "expected"),
    [
        ((1, 3, 1, 5), (0, 2, 1, 3), True),
        ((1, 3, 2, 5), (0, 2, 1, 3), False),
        ((1, 1, 7), (2, 0, 1), True),
        ((2, 3), (1, 0), False),
        ((4,), (0,), True),
    ],
)
def test_is_reshape(
    shape: tuple[int, ...], permutation: tuple[int, ...], *, expected: bool
) -> None:
    sample = transpose(np.random.default_rng(0), shape, permutation)
    assert is_reshape(sample.graph, sample.operator) is expected


def test_macs_count_padding() -> None:
    rng = np.random.default_rng(22)
    counts = {
        Layer("conv_2d", (7, 6), (3, 4)): 7 * 6 * 4 * 3 * 9,
        Layer("depthwise_conv_2d", (8, 6), (5, 10), stride=(2, 2)): 4 * 3 * 10 * 9,
        Layer("fully_connected", (1, 2), (30, 7)): 2 * 30 * 7,
    }
    for layer, macs in counts.items():
        sample = convolution(rng, layer)
        assert sample.family.macs(sample.graph, sample.operator) == macs
    assert all(s.family.macs(s.graph, s.operator) == 0 for s in (*pads(1, 1), *binaries(1, 1)))


def changed(sample: Sample, name: str, **fields: Any) -> Graph:
    """The sample's graph with another tensor ``name`` (a role: x, weights, bias, out)."""
    names = {"x": sample.operator.inputs[0], "out": sample.operator.outputs[0]}
    tensor = sample.graph.tensor(names.get(name, name))
    return sample.graph.replace(tensors=[dataclasses.replace(tensor, **fields)])


TWO_SCALES = Quantization((0.1, 0.2), (0, 0), 3)


def test_limits_are_reported() -> None:
    rng = np.random.default_rng(23)
    conv = convolution(rng, Layer())
    depth = convolution(rng, Layer("depthwise_conv_2d", channels=(4, 4)))
    add = binary(rng, "add", (FULL, FULL))
    joined = concatenation(rng, FULL, 1, (1, 2))
    moved = transpose(rng, (2, 3), (1, 0))
    weights = conv.graph.tensor("weights")
    scales = (0.1,) * 4
    cases = [
        (conv, changed(conv, "x", dtype=DType.INT16), "input is int16"),
        (conv, changed(conv, "out", quantization=TWO_SCALES), "output is not quantized per tensor"),
        (conv, changed(conv, "x", shape=(2, 7, 6, 3)), "input has shape"),
        (conv, changed(conv, "x", shape=(1, 7, 6, 6)), "input has shape"),
        (conv, changed(conv, "weights", data=None), "weights are not constant"),
        (
            conv,
            changed(conv, "weights", quantization=Quantization(scales, (0, 0, 0, 3), 0)),
            "weights have zero points",
        ),
        (
            conv,
            changed(conv, "weights", quantization=Quantization(scales, (0,) * 4, 3)),
            "weights have 4 scales along dimension 3",
        ),
        (conv, changed(conv, "bias", dtype=DType.INT64), "bias is int64"),
        (conv, changed(conv, "bias", data=None), "bias is int32, not constant"),
        (depth, changed(depth, "x", shape=(1, 7, 6, 2)), "weights have shape"),
        (add, changed(add, "x", dtype=DType.INT16), "is int16"),
        (add, changed(add, "out", shape=(2, *FULL[1:])), "output has shape"),
        (add, changed(add, "out", quantization=Quantization((1e-8,), (0,))), "scales are"),
        (joined, changed(joined, "out", quantization=Quantization((9.0,), (0,))), "is quantized"),
        (moved, changed(moved, "out", quantization=Quantization((9.0,), (0,))), "is quantized"),
    ]
    assert weights.is_constant
    for sample, graph, problem in cases:
        operator = graph.operators[0]
        found = [constraint(graph, operator) for constraint in sample.family.constraints]
        assert any(problem in text for text in found if text), (problem, found)


def test_accumulators_that_could_overflow_are_refused() -> None:
    sample = convolution(np.random.default_rng(24), Layer())
    bias = np.full(4, (1 << 31) - 1000, np.int32)
    graph = changed(sample, "bias", data=bias)
    with pytest.raises(ValueError, match="overflow"):
        sample.family.lower(graph, graph.operators[0])
