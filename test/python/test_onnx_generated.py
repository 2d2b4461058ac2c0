"""Generated code of ONNX models: kernels and networks in C against the references.

That the references equal onnxruntime is tested by ``test_onnx_quantized.py``.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from support import byte_trials
from support.compiled import mismatches, run_on
from support.kernel_harness import KernelHarness
from support.onnx_models import OnnxModel, imported, worst
from support.onnx_samples import SAMPLES, codes
from support.side_by_side import compiled_graph
from thumbnet.ir.graph import DType, Graph, Operator
from thumbnet.passes import run_passes
from thumbnet.reference.interpreter import run, run_all

AnyArray = npt.NDArray[Any]
Rng = np.random.Generator


def given(graph: Graph, rng: Rng) -> list[AnyArray]:
    """Random inputs: reals in [-4, 4], or all bytes."""
    made: list[AnyArray] = []
    for tensor in map(graph.tensor, graph.inputs):
        if tensor.dtype is DType.FLOAT32:
            made.append(rng.uniform(-4, 4, tensor.shape).astype(np.float32))
        else:
            info = np.iinfo(tensor.dtype.value)
            made.append(rng.integers(info.min, info.max, tensor.shape, tensor.dtype.numpy))
    return made


def beside(graphs: list[Graph]) -> Graph:
    """Networks that know nothing of each other as one."""
    tensors, operators, inputs, outputs = {}, [], [], []
    for index, graph in enumerate(graphs):
        names = {name: f"{name}_{index}" if name else "" for name in ("", *graph.tensors)}
        for tensor in graph.tensors.values():
            tensors[names[tensor.name]] = dataclasses.replace(tensor, name=names[tensor.name])
        for operator in graph.operators:
            operators.append(
                dataclasses.replace(
                    operator,
                    name=f"{operator.name}_{index}",
                    inputs=tuple(names[name] for name in operator.inputs),
                    outputs=tuple(names[name] for name in operator.outputs),
                )
            )
        inputs += [names[name] for name in graph.inputs]
        outputs += [names[name] for name in graph.outputs]
    return Graph(
        "vectors",
        tensors,
        tuple(operators),
        tuple(inputs),
        tuple(outputs),
        arithmetic="onnxruntime",
    )


def operands(
    graph: Graph, operator: Operator, values: dict[str, AnyArray], rng: Rng
) -> list[list[AnyArray]]:
    """What the operator sees in the network, and all bytes."""
    names = [n for n in operator.inputs if n and not graph.tensor(n).is_constant]
    noise = {
        name: rng.integers(-128, 128, value.shape).astype(np.int8)
        for name, value in values.items()
        if value.dtype == np.int8
    }
    return [[values[name] for name in names], [(values | noise)[name] for name in names]]


def matrices() -> list[Graph]:
    """Products of matrices, also of scales that make ties."""
    graphs = []
    for trial in byte_trials.matmuls():
        graph = trial.graph()
        graphs.append(dataclasses.replace(graph, arithmetic="onnxruntime"))
    return graphs


def spread(channels: int, **attributes: object) -> bytes:
    """A ConvTranspose of int8 weights."""
    random = np.random.default_rng(channels)
    m = OnnxModel()
    x = m.quantized(m.input((1, 5, 6, 7)), 0.03125, 4)
    weights = m.weights(codes(random, 5, channels, 3, 4), 2.0**-7)
    bias = () if channels % 2 else (m.constant(random.normal(0, 1, channels), np.float32),)
    y = m.node("ConvTranspose", x, weights, *bias, **attributes)
    return m.bytes(m.quantized(y, 0.125, -3))


TRANSPOSED = {
    "one": spread(1),
    "two by one": spread(4, strides=[2, 1], pads=[1, 0, 1, 2]),
    "nine, padded": spread(9, strides=[3, 2], output_padding=[1, 1]),
    "ten, same": spread(10, strides=[2, 2], auto_pad="SAME_UPPER"),
}


@pytest.mark.parametrize("name", TRANSPOSED)
def test_transposed_convolutions_are_within_one_unit(name: str) -> None:
    """onnxruntime computes them in float32."""
    assert worst(TRANSPOSED[name]) <= 0.126


def test_kernels_equal_references(tmp_path: Path) -> None:
    """Every operator of every sample."""
    rng = np.random.default_rng(71)
    harness = KernelHarness(tmp_path, widths=(1, 3))
    models = [*(s.bytes() for s in SAMPLES.values()), *TRANSPOSED.values()]
    graphs = [run_passes(imported(data).graph) for data in models]
    for graph in [*graphs, *matrices()]:
        values = run_all(graph, given(graph, rng))
        for operator in graph.operators:
            harness.add(graph, operator, operands(graph, operator, values, rng))
    kinds = {case.name.split()[1] for case in harness.cases}
    assert kinds >= {"batch_matmul", "transpose_conv", "resize_bilinear", "div", "prelu", "sum"}
    harness.check()


NETWORKS = (
    *("matrices", "div", "prelu", "sum", "reduce max", "resize linear", "min constant", "split"),
    *("mean of planes", "squeeze and excite", "conv transposed", "hard swish in parts"),
)


def test_networks_equal_references() -> None:
    """Side by side: passes, plan and generated code."""
    rng = np.random.default_rng(72)
    models = [*(SAMPLES[name].bytes() for name in NETWORKS), *TRANSPOSED.values()]
    graphs = [imported(data).graph for data in models]
    compiled = compiled_graph(beside(graphs), passes=True)
    suites = [[given(graph, rng) for graph in graphs] for _ in range(2)]
    samples = [[value for values in suite for value in values] for suite in suites]
    expected = [
        [
            value.reshape(-1)
            for graph, values in zip(graphs, suite, strict=True)
            for value in run(graph, values)
        ]
        for suite in suites
    ]
    measured = run_on(compiled, "host", samples, sanitize=True, optimization="-O0")
    assert not mismatches(measured, expected)
