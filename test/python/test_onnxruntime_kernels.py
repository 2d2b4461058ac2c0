"""Kernels that round as onnxruntime does: C under sanitizers, and on emulated cores."""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from support import byte_trials
from support.compiled import mismatches, run_on
from support.kernel_harness import SANITIZERS, SOURCES, KernelHarness
from support.operator_samples import mean_sample, pool_sample, softmax_sample
from support.random_networks import random_network
from support.side_by_side import compiled_graph, side_by_side
from support.small_networks import is_part_of, shaped_for, suite
from support.spatial_samples import (
    FULL,
    Layer,
    binaries,
    binary,
    convolution,
    convolutions,
    dense,
    depthwise,
)
from support.wide_models import weighted
from thumbnet.frontends.tflite import parse_tflite
from thumbnet.ir import attributes
from thumbnet.ir.attributes import Attributes
from thumbnet.ir.graph import DType, Graph, Operator, Quantization, Tensor
from thumbnet.operators.registry import check_supported, family
from thumbnet.options import Build
from thumbnet.reference.interpreter import run_all

AnyArray = npt.NDArray[Any]
Rng = np.random.Generator

BUILDS = {
    "portable": [Build()],
    "scalar": [Build(core="cortex-m0")],
    "dsp": [Build("dsp", "speed"), Build("dsp"), Build("dsp", "size")],
    "mve": [Build("mve", core="cortex-m55")],
}
"""What kernels are chosen for, in turns."""


def even(graph: Graph, *, ties: bool = False, unsigned: bool | None = None) -> Graph:
    """The graph in onnxruntime's arithmetic; ``ties``: every other result is one."""
    operator = graph.operators[0]
    if hasattr(operator.attributes, "unsigned"):
        given = dataclasses.replace(operator.attributes, unsigned=unsigned)
        graph = graph.replace(operators=[dataclasses.replace(operator, attributes=given)])
    tensors = []
    for tensor in graph.tensors.values():
        if ties and tensor.quantization is not None:
            scales = tuple(float(2.0 ** np.round(np.log2(s))) for s in tensor.quantization.scale)
            how = dataclasses.replace(tensor.quantization, scale=scales)
            tensors.append(dataclasses.replace(tensor, quantization=how))
    return dataclasses.replace(graph.replace(tensors=tensors), arithmetic="onnxruntime")


def noise(graph: Graph, rng: Rng, count: int = 2) -> list[list[AnyArray]]:
    """Sets of inputs of all bytes."""
    shapes = [graph.tensor(name).shape for name in graph.inputs]
    return [[rng.integers(-128, 128, s).astype(np.int8) for s in shapes] for _ in range(count)]


# -- the requantization ---------------------------------------------------------------------------

ARITHMETIC = """
#include <math.h>
#include <stdio.h>
#define THUMBNET_NEAREST_EVEN 1
#include "thumbnet/kernels/convolution.h"

static uint64_t state = 88172645463325252ull;

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* What the float unit makes of it; 2^20 stands for all that is greater. */
static int32_t wanted(int32_t sum, float scale, int32_t offset)
{
    volatile float product = (float)sum * scale;
    volatile float moved = product + (float)offset;
    if (fabsf(product) >= 1048576.0f) {
        return (product < 0 ? -1048576 : 1048576) + offset;
    }
    return (int32_t)nearbyintf(moved);
}

int main(void)
{
    for (long i = 0; i < 1500000; i++) {
        int32_t bits = (int32_t)(1u << 23 | (next() & 0x7fffffu));
        bits = next() % 4 == 0 ? 1 << 23 : next() % 4 == 0 ? bits & ~0xffff : bits;
        const int shift = next() % 2 ? -3 - (int)(next() % 14) : (int)(next() % 60) - 45;
        const float scale = ldexpf((float)bits, shift - 24);
        int32_t sum = (int32_t)((int64_t)next() >> (32 + next() % 32));
        /* A tie, or right beside one. */
        const double tie = ((double)(next() % 1024) - 511.5) / scale;
        if (next() % 2 && fabs(tie) < 2147483000.0) {
            sum = (int32_t)floor(tie) + (int32_t)(next() % 3) - 1;
        }
        int32_t offset = 0;
        if (next() % 3 == 0) {
            offset = (int32_t)(next() % 512) - 256;
            sum %= 70000;
        }
        const int32_t right = wanted(sum, scale, offset);
        const int32_t slow = thumbnet_requantize_float(sum, bits << 7, shift, offset);
        const int32_t quick = thumbnet_requantize_even(sum, bits << 7, shift, offset);
        const int8_t output = thumbnet_convolution_output(sum, bits << 7, shift, 1, 3, -128, 127);
        const int32_t clamped = thumbnet_clamp(thumbnet_clamp(right, -512, 511) + 3, -128, 127);
        if (slow != right || thumbnet_clamp(quick, -512, 511) != thumbnet_clamp(right, -512, 511) ||
            (offset == 0 && output != clamped)) {
            printf("%d * %a + %d: %d, %d, %d, not %d\\n", (int)sum, scale, (int)offset, (int)slow,
                   (int)quick, output, (int)right);
            return 1;
        }
    }
    return 0;
}
"""


@pytest.mark.parametrize("narrow", [0, 1])
def test_requantization_equals_float_operations(tmp_path: Path, narrow: int) -> None:
    source, program = tmp_path / "even.c", tmp_path / "even"
    source.write_text(ARITHMETIC)
    command = ["gcc", "-std=gnu99", "-Wall", "-Wextra", *SANITIZERS, "-O2", f"-I{SOURCES}"]
    command += [f"-DTHUMBNET_NARROW={narrow}", str(source), "-lm", "-o", str(program)]
    subprocess.run(command, check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# -- in C -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("isa", BUILDS)
def test_convolutions(isa: str, tmp_path: Path) -> None:
    harness = KernelHarness(tmp_path, widths=(1, 2, 5))
    rng = np.random.default_rng(61)
    made = [*convolutions(61, 9), *depthwise(62, 6), *dense(63, 5)]
    made += [convolution(rng, layer) for layer in ORDINARY]
    for index, sample in enumerate(made):
        build = BUILDS[isa][index % len(BUILDS[isa])]
        graph = even(sample.graph, ties=index % 2 == 0).built_for(build)
        harness.add(graph, sample.operator, noise(graph, rng))
    if isa in ("dsp", "mve"):
        headers = {case.lowered.kernel.header for case in harness.cases}
        names = [f"thumbnet/kernels/{n}conv_2d_{isa}.h" for n in ("", "depthwise_")]
        assert headers >= set(names)
    harness.check()


ORDINARY = [
    Layer("conv_2d", (5, 7), (16, 5)),
    Layer("conv_2d", (4, 9), (3, 8), stride=(2, 2)),
    Layer("conv_2d", (3, 5), (40, 6), (1, 1)),
    Layer("fully_connected", (1, 1), (200, 7)),
    Layer("depthwise_conv_2d", (5, 9), (9, 9)),
    Layer("depthwise_conv_2d", (7, 9), (6, 6), stride=(2, 2)),
    Layer("depthwise_conv_2d", (6, 7), (5, 5), (5, 5)),
    Layer("depthwise_conv_2d", (8, 8), (5, 5), (7, 7), (2, 2)),
]


def test_sums_beyond_a_float(tmp_path: Path) -> None:
    """float32 rounds what has more than 24 bits before it multiplies."""
    rng = np.random.default_rng(64)
    sample = convolution(rng, Layer("fully_connected", (1, 2), (3000, 6)))
    weights = sample.graph.tensor("weights")
    data = rng.integers(90, 128, weights.shape).astype(np.int8)
    graph = sample.graph.replace(tensors=[dataclasses.replace(weights, data=data)])
    output = graph.tensor(graph.outputs[0])
    assert output.quantization is not None
    how = dataclasses.replace(output.quantization, scale=(output.scale * 60,))
    graph = graph.replace(tensors=[dataclasses.replace(output, quantization=how)])
    harness = KernelHarness(tmp_path)
    x = graph.tensor(graph.inputs[0])
    given = [[np.full(x.shape, 127, np.int8)], *noise(graph, rng, 3)]
    for builds in BUILDS.values():
        harness.add(even(graph).built_for(builds[0]), sample.operator, given)
    harness.check()


@pytest.mark.parametrize("kind", ["add", "sub", "mul"])
def test_all_pairs_of_operands(kind: str, tmp_path: Path) -> None:
    """Among them sums of very different scales, and ties."""
    shape = (1, 256, 257, 1)
    index = np.arange(256 * 257)
    codes = (index // 256 % 256 - 128, index % 256 - 128)
    pairs = [pair.astype(np.int8).reshape(shape) for pair in codes]
    rng = np.random.default_rng(65)
    harness = KernelHarness(tmp_path, widths=(64,))
    for number in range(9):
        graph = binary(rng, kind, (shape, shape)).graph
        if number > 5:
            tensor = graph.tensor(graph.inputs[number % 2])
            assert tensor.quantization is not None
            scale = tensor.scale * float(2.0 ** rng.integers(-7, 7))
            how = dataclasses.replace(tensor.quantization, scale=(float(np.float32(scale)),))
            graph = graph.replace(tensors=[dataclasses.replace(tensor, quantization=how)])
        graph = even(graph, ties=number < 3, unsigned=number % 2 == 0)
        harness.add(graph, graph.operators[0], [pairs])
    harness.check()


def test_broadcasts(tmp_path: Path) -> None:
    harness = KernelHarness(tmp_path)
    for index, sample in enumerate(binaries(66, 1)):
        graph = even(sample.graph, unsigned=index % 2 == 0)
        harness.add(graph, graph.operators[0], sample.suites(index)[:1])
    harness.check()


def float_border(kind: str, dtype: str, zero_point: int) -> Graph:
    """quantize or dequantize."""
    real = Tensor("x", (1, 4, 5, 8), DType.FLOAT32)
    quantization = Quantization((0.25,), (zero_point,))
    codes = Tensor("y", real.shape, DType(dtype), quantization)
    first, last = (real, codes) if kind == "quantize" else (codes, real)
    operator = Operator(kind, kind, (first.name,), (last.name,), Attributes())
    tensors = {t.name: t for t in (real, codes)}
    return Graph("t", tensors, (operator,), (first.name,), (last.name,), arithmetic="onnxruntime")


def test_reductions_and_borders(tmp_path: Path) -> None:
    rng = np.random.default_rng(67)
    harness = KernelHarness(tmp_path)
    for index in range(12):
        axes = [(1, 2), (3,), (1,), (1, 2, 3)][index % 4]
        graph = even(mean_sample(rng, axes, 4, index % 2 == 0).graph, ties=index > 5)
        harness.add(graph, graph.operators[0], noise(graph, rng))
        window = ("any", "any", "high", "all")[index % 4]
        kind = ("average_pool_2d", "max_pool_2d")[index % 5 == 4]
        graph = even(pool_sample(rng, kind, window).graph, unsigned=index % 2 == 0)
        harness.add(graph, graph.operators[0], noise(graph, rng))
        sample = softmax_sample(rng, 3)
        operator = dataclasses.replace(sample.operator, attributes=attributes.Softmax())
        graph = even(dataclasses.replace(sample.graph, operators=(operator,)))
        harness.add(graph, operator, noise(graph, rng))
    for dtype, zero_point in (("int8", -3), ("uint8", 120)):
        graph = float_border("quantize", dtype, zero_point)
        halves = (np.arange(160, dtype=np.float32) - 80).reshape(1, 4, 5, 8) * np.float32(0.125)
        beside = np.nextafter(halves, np.float32(-9))
        harness.add(graph, graph.operators[0], [[halves], [beside], [halves * np.float32(9)]])
    harness.check()


# -- networks -------------------------------------------------------------------------------------


def random_graph(seed: int, chains: int) -> Graph:
    """A random network that rounds as onnxruntime does."""
    graph = parse_tflite(random_network(seed, chains), "net.tflite")
    operators = [
        dataclasses.replace(operator, attributes=attributes.Softmax())
        if operator.kind == "softmax"
        else operator
        for operator in graph.operators
    ]
    return dataclasses.replace(graph.replace(operators=operators), arithmetic="onnxruntime")


@pytest.mark.parametrize(("seed", "objective"), [(3, "speed"), (5, "ram"), (8, "ram")])
def test_networks_compute_the_same_at_every_stage(seed: int, objective: str) -> None:
    """The imported graph, what the passes leave, and C, streamed too."""
    before = random_graph(seed, 3)
    check_supported(before, "net.onnx")
    compiled = compiled_graph(before, passes=True, objective=objective)
    samples, expected = suite(before)[:3], []
    for sample in samples:
        imported = run_all(before, sample)
        for name, value in run_all(compiled.graph, shaped_for(compiled.graph, sample)).items():
            if name in imported:
                assert is_part_of(value, imported[name]), compiled.graph.producer(name)
        expected.append([imported[name].reshape(-1) for name in before.outputs])
    measured = run_on(compiled, "host", samples, sanitize=True, optimization="-O0")
    assert not mismatches(measured, expected)


# -- on emulated cores ----------------------------------------------------------------------------


def network(rng: Rng) -> list[Graph]:
    """One operator of each sort."""
    layers = [convolution(rng, layer).graph for layer in ORDINARY]
    sums = [binary(rng, kind, (FULL, FULL)).graph for kind in ("add", "mul")]
    others = [
        byte_trials.matmuls()[0].graph(),
        weighted(
            rng,
            "transpose_conv",
            "int32",
            (1, 3, 4, 3),
            channels=9,
            dtype="int8",
            kernel=(3, 2),
            stride=2,
            size=(6, 8),
        ).graph,
        mean_sample(rng, (1, 2), 4, True).graph,
        pool_sample(rng, "average_pool_2d", "any").graph,
    ]
    softmax = softmax_sample(rng, 2)
    operator = dataclasses.replace(softmax.operator, attributes=attributes.Softmax())
    others.append(dataclasses.replace(softmax.graph, operators=(operator,)))
    return [
        even(graph, ties=index % 3 == 0, unsigned=True)
        for index, graph in enumerate([*layers, *sums, *others])
    ]


@pytest.mark.parametrize(
    ("core", "build"),
    [
        ("cortex-m0", Build(core="cortex-m0")),
        ("cortex-m4", Build("dsp", "balanced")),
        ("cortex-m55", Build("mve", core="cortex-m55")),
        ("rv32imc", Build(core="rv32imc")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_on_emulated_cores(core: str, build: Build) -> None:
    """The instructions, not their twins."""
    rng = np.random.default_rng(68)
    graphs = network(rng)
    compiled = compiled_graph(side_by_side(graphs, build))
    assert "#define THUMBNET_NEAREST_EVEN 1" in compiled.files["vectors.c"]
    suites = [[noise(graph, rng, 1)[0] for graph in graphs] for _ in range(2)]
    expected = [list(outputs(graphs, suite)) for suite in suites]
    inputs = [[x for given in suite for x in given] for suite in suites]
    assert not mismatches(run_on(compiled, core, inputs), expected)


def outputs(graphs: Sequence[Graph], suite: Sequence[list[AnyArray]]) -> Iterator[AnyArray]:
    for graph, given in zip(graphs, suite, strict=True):
        operator, values = graph.operators[0], iter(given)
        tensors = [graph.tensor(name) if name else None for name in operator.inputs]
        operands = [t if t is None else t.data if t.is_constant else next(values) for t in tensors]
        yield family(operator).reference(graph, operator, operands)[0].reshape(-1)
