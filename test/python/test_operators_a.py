"""Pooling, mean, softmax, look-ups and quantization: references against LiteRT, C against them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from support import inputs as samples
from support.kernel_harness import SOURCES, WARNINGS, KernelHarness
from support.litert import REFERENCE, LiteRT, run
from support.operator_samples import (
    Sample,
    float_sample,
    mean_samples,
    one_operator,
    pool_samples,
    softmax_samples,
    table_sample,
    table_samples,
    tensor,
)
from support.tflite_writer import Writer
from thumbnet.ir import attributes
from thumbnet.ir.attributes import Attributes, Window
from thumbnet.ir.graph import DType, Graph, Operator, Tensor
from thumbnet.operators.base import Family
from thumbnet.operators.hard_swish import fine_output_scale
from thumbnet.operators.lookup import TABLE_KINDS, lookup_table
from thumbnet.operators.pool import Pool
from thumbnet.operators.quantize import Quantize
from thumbnet.operators.reduce import Mean
from thumbnet.operators.softmax import Softmax
from thumbnet.operators.unary import TABLES

AnyArray = npt.NDArray[Any]

# -- references against LiteRT --------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: pool_samples(1, 96),
        lambda: mean_samples(2, 12),
        lambda: softmax_samples(3, 60, rows=300),
        lambda: table_samples(4, 20),
    ],
    ids=["pool", "mean", "softmax", "tables"],
)
def test_reference_equals_litert(make: Callable[[], list[Sample]]) -> None:
    for index, sample in enumerate(make()):
        reference = LiteRT(sample.model)
        assert (
            sample.family.output_shape(sample.graph, sample.operator)
            == sample.graph.tensor("out").shape
        )
        dtype = sample.x.dtype.value
        given = [
            *samples.suite(sample.x.shape, dtype, index),
            samples.all_bytes(sample.x.shape, dtype),
        ]
        for x in given:
            expected = reference.run([x])[0]
            np.testing.assert_array_equal(sample.reference(x), expected, f"{index} {sample.x}")


@pytest.mark.parametrize("elements", [15, 16, 48])
def test_requantization_table_follows_the_size_of_the_tensor(elements: int) -> None:
    # LiteRT rounds whole vectors of 16 with ties upwards and the rest of a tensor away from zero.
    rng = np.random.default_rng(elements)
    for _ in range(60):
        sample = table_sample(rng, "quantize", elements)
        x = samples.noise(sample.x.shape, sample.x.dtype.value, int(rng.integers(1 << 30)))
        np.testing.assert_array_equal(sample.reference(x), run(sample.model, [x])[0])


def ties(sample: Sample, seed: int) -> AnyArray:
    """Inputs of quantize in the middle of two steps or next to it."""
    rng = np.random.default_rng(seed)
    steps = rng.integers(-300, 300, sample.x.shape) + 0.5
    x = (steps * sample.graph.tensor("out").scale).astype(np.float32)
    towards = rng.choice([-9e9, 0, 9e9], x.shape).astype(np.float32)
    return np.where(towards == 0, x, np.nextafter(x, towards))


def test_quantize_equals_litert_reference_kernels() -> None:
    rng = np.random.default_rng(5)
    for index in range(40):
        sample = float_sample(rng, "quantize")
        x = ties(sample, index)
        expected = LiteRT(sample.model, REFERENCE).run([x])[0]
        np.testing.assert_array_equal(sample.reference(x), expected)
        # The default kernels multiply with a reciprocal and may go the other way near a tie.
        default = run(sample.model, [x])[0]
        assert np.abs(default.astype(int) - expected).max() <= 1


def test_quantize_saturates_whatever_it_is_given() -> None:
    sample = float_sample(np.random.default_rng(6), "quantize")
    x = np.zeros(sample.x.shape, np.float32)
    x.flat[:6] = [np.inf, -np.inf, np.nan, 3e38, -3e38, 1e12]
    output = sample.graph.tensor("out")
    info = np.iinfo(output.dtype.value)
    got = sample.reference(x).flat[:7].tolist()
    assert got == [info.max, info.min, info.min, info.max, info.min, info.max, output.zero_point]


def test_dequantize_equals_litert_reference_kernels() -> None:
    rng = np.random.default_rng(7)
    for _ in range(20):
        sample = float_sample(rng, "dequantize")
        x = samples.all_bytes(sample.x.shape, sample.x.dtype.value)
        expected = LiteRT(sample.model, REFERENCE).run([x])[0]
        np.testing.assert_array_equal(sample.reference(x), expected)
        default = run(sample.model, [x])[0]
        np.testing.assert_allclose(default, expected, rtol=1e-4, atol=1e-5)


# -- C against the references ---------------------------------------------------------------------


def few_inputs(sample: Sample, seed: int) -> list[list[AnyArray]]:
    shape, dtype = sample.x.shape, sample.x.dtype.value
    made = [samples.noise, samples.smooth]
    return [[make(shape, dtype, seed)] for make in made] + [[samples.constant(shape, dtype)]]


def test_kernels_equal_references(tmp_path: Path) -> None:
    harness = KernelHarness(tmp_path)
    rng = np.random.default_rng(8)
    listed = [*pool_samples(9, 24), *mean_samples(10, 2), *softmax_samples(11, 8)]
    listed += [float_sample(rng, kind) for kind in ("quantize", "dequantize") for _ in range(4)]
    for index, sample in enumerate(listed):
        given = few_inputs(sample, index)
        if sample.operator.kind == "quantize":
            given = [[ties(sample, index)], *given]
        harness.add(sample.graph, sample.operator, given)
    kernels = {case.lowered.kernel.function for case in harness.cases}
    assert len(kernels) == 9, kernels  # all that this file is about but the look-up
    harness.check()


def test_lookup_kernel_equals_reference(tmp_path: Path) -> None:
    harness = KernelHarness(tmp_path)
    for index, dtype in enumerate(("int8", "uint8")):
        shape = (1, 4, 9, 8)
        table = np.random.default_rng(index).permutation(256).astype(np.uint8)
        named = [tensor("x", shape, dtype, 0.1), tensor("out", shape, dtype, 0.2)]
        named.append(Tensor("table", (256,), DType.UINT8, None, table))
        operator = Operator("lookup", "f", ("x", "table"), ("out",), attributes.Lookup("relu"))
        graph = Graph("test", {t.name: t for t in named}, (operator,), ("x",), ("out",))
        x = samples.all_bytes(shape, dtype)
        harness.add(graph, operator, [[x]])
        least = np.iinfo(dtype).min
        expected = [table[value - least] for value in x.ravel().astype(int)]
        assert harness.cases[-1].expected[0].view(np.uint8).ravel().tolist() == expected
    harness.check()


def test_harness_reports_a_wrong_kernel(tmp_path: Path) -> None:
    harness = KernelHarness(tmp_path)
    sample = pool_samples(9, 1)[0]
    harness.add(sample.graph, sample.operator, [[samples.noise(sample.x.shape)]])
    harness.cases[0].expected[0] = harness.cases[0].expected[0] ^ 1
    with pytest.raises(AssertionError, match=r"average_pool_2d.*differ"):
        harness.check()


ARITHMETIC = r"""
#include <math.h>
#include <stdio.h>
#include "thumbnet/kernels/pool.h"
#include "thumbnet/kernels/softmax.h"
#include <string.h>
static uint32_t state = 1;
static uint32_t next(void)
{
    state ^= state << 13; state ^= state >> 17; state ^= state << 5;
    return state;
}
static float real(uint32_t bits) { float f; memcpy(&f, &bits, 4); return f; }
static uint32_t bits(float f) { uint32_t b; memcpy(&b, &f, 4); return b; }
int main(void)
{
    for (int i = 0; i < 3000000; i++) {
        /* Exponents near each other and significands that end in zeros: carries and ties. */
        const uint32_t distance = next() % 30, e = next() % 160;
        const uint32_t a = ((e + distance) << 23) + (next() & 0x7fffff & (~0u << next() % 24));
        const uint32_t b = (e << 23) + (next() & 0x7fffff & (~0u << next() % 24));
        volatile float sum = real(a) + real(b);
        if (thumbnet_float_add(a, b) != bits(sum) || thumbnet_float_add(b, a) != bits(sum)) {
            printf("add %08x %08x\n", (unsigned)a, (unsigned)b);
            return 1;
        }
    }
    for (int i = 0; i < 3000000; i++) {
        /* Close to where one probability gives way to the next. */
        const uint32_t total = 0x3f800000u + (next() % (4u << 23) & (~0u << next() % 24));
        const float middle = ((float)(next() % 256) + 0.5f) * (real(total) / 256.0f);
        const uint32_t value = bits(middle) + next() % 5 - 2;
        if (value < THUMBNET_FLOAT_ONE_512TH || value > 0x3f800000u) {
            continue;
        }
        const uint32_t reciprocal = thumbnet_float_reciprocal(thumbnet_float_significand(total));
        volatile float scaled = real(total) * (1.0f / 256);
        volatile float inverse = 1.0f / scaled;
        volatile float product = real(value) * inverse;
        if (thumbnet_softmax_probability(value, reciprocal, (int)(total >> 23) - 127) !=
            (int32_t)roundf(product)) {
            printf("probability %08x %08x\n", (unsigned)value, (unsigned)total);
            return 1;
        }
    }
    const thumbnet_pool_2d_t pool = {.low = -128, .high = 127};
    for (int32_t count = 1; count < 400; count++) {
        const uint32_t reciprocal = thumbnet_pool_reciprocal(count);
        for (int32_t sum = -128 * count; sum <= 127 * count; sum++) {
            const int32_t mean = sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
            if (thumbnet_pool_average(&pool, sum, count, reciprocal) != mean) {
                printf("average %d %d\n", (int)sum, (int)count);
                return 1;
            }
        }
    }
    return 0;
}
"""


def test_arithmetic_of_softmax_and_pooling(tmp_path: Path) -> None:
    source, program = tmp_path / "arithmetic.c", tmp_path / "arithmetic"
    source.write_text(ARITHMETIC)
    command = ["gcc", *WARNINGS, "-O2", f"-I{SOURCES}", str(source), "-o", str(program), "-lm"]
    subprocess.run(command, check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


# -- limits and plans -----------------------------------------------------------------------------


def problems(family: Family, graph: Graph) -> list[str]:
    found = (constraint(graph, graph.operators[0]) for constraint in family.constraints)
    return [text for text in found if text]


def test_samples_are_within_the_limits() -> None:
    listed = [*pool_samples(12, 16), *mean_samples(13, 1), *softmax_samples(14, 4)]
    for sample in [*listed, *table_samples(15, 2)]:
        assert problems(sample.family, sample.graph) == []


def test_limits_name_what_is_there() -> None:
    window = attributes.Pool(Window(2, 2, 2, 2))
    image = (1, 4, 4, 3)
    unsigned = tensor("x", image, "uint8", 0.1), tensor("out", (1, 2, 2, 3), "uint8", 0.1)
    assert "input is uint8" in problems(Pool(), one_operator("max_pool_2d", window, *unsigned))[0]
    other = tensor("x", image, "int8", 0.1), tensor("out", (1, 2, 2, 3), "int8", 0.2)
    assert "0.2" in problems(Pool(), one_operator("max_pool_2d", window, *other))[0]
    coarse = tensor("x", (1, 9), "int8", 0.1), tensor("out", (1, 9), "int8", 1 / 128, -128)
    assert (
        "0.0078125"
        in problems(Softmax(), one_operator("softmax", attributes.Softmax(), *coarse))[0]
    )
    long = tensor("x", (1, 2, 2, 2, 2), "int8", 0.1), tensor("out", (1, 2, 2, 2), "int8", 0.1)
    reduced = one_operator("mean", attributes.Reduce((4,), False), *long)
    assert "[1, 2, 2, 2, 2]" in problems(Mean(), reduced)[0]
    wide = tensor("x", (1, 9), "int16", 0.1), tensor("out", (1, 9), "int8", 0.1)
    assert "int16" in problems(Quantize(), one_operator("quantize", Attributes(), *wide))[0]


def test_windows_as_high_as_the_input_need_no_rows() -> None:
    plane = attributes.Pool(Window(25, 5, 25, 5))
    borders = tensor("x", (1, 25, 5, 64), "int8", 0.1), tensor("out", (1, 1, 1, 64), "int8", 0.1)
    graph = one_operator("average_pool_2d", plane, *borders)
    lowered = Pool().lower(graph, graph.operators[0])
    assert lowered.accumulates
    assert [source.kernel_height for source in lowered.sources] == [1]
    assert lowered.scratch == lowered.clear == 4 + 4 * 64
    # The accumulators of a plane of four pixels would be larger than the plane.
    tiny = attributes.Pool(Window(2, 2, 2, 2))
    borders = tensor("x", (1, 2, 2, 64), "int8", 0.1), tensor("out", (1, 1, 1, 64), "int8", 0.1)
    graph = one_operator("average_pool_2d", tiny, *borders)
    assert Pool().lower(graph, graph.operators[0]).scratch == 0


def test_kinds_of_the_lookup_pass_cannot_be_lowered() -> None:
    for kind in set(TABLE_KINDS) - set(TABLES):
        sample = table_sample(np.random.default_rng(16), kind)
        assert lookup_table(sample.graph, sample.operator).shape == (256,)
        with pytest.raises(ValueError, match="lower_lookup"):
            sample.family.lower(sample.graph, sample.operator)


@pytest.mark.parametrize("part", [126, 130])
def test_hard_swish_is_refused_where_litert_refuses_it(part: int) -> None:
    """Its 16-bit arithmetic has no room for outputs much finer than the input."""
    writer = Writer()
    x = writer.input((1, 16), scale=0.04)
    model = writer.finish([writer.hard_swish(x, scale=0.04 / part)])
    borders = tensor("x", (1, 16), "int8", 0.04), tensor("out", (1, 16), "int8", 0.04 / part)
    graph = one_operator("hard_swish", attributes.Attributes(), *borders)
    assert (fine_output_scale(graph, graph.operators[0]) is None) == (part < 128)
    if part < 128:
        assert LiteRT(model).run([np.zeros((1, 16), np.int8)])
    else:
        with pytest.raises(RuntimeError):
            LiteRT(model)
