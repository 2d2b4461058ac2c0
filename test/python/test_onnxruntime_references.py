"""Graphs that round as onnxruntime does, against onnxruntime itself, in all its spellings."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("onnxruntime")

from support.operator_samples import (
    mean_sample,
    pool_sample,
    softmax_sample,
    table_sample,
)
from support.ort import (
    QOPERATORS,
    Ort,
    concatenated,
    optimized,
    ort_model,
    ort_outputs,
    quantized_floats,
    rounded_to_even,
    saturates,
)
from support.spatial_samples import binary, convolutions, dense, depthwise
from thumbnet.ir import attributes
from thumbnet.ir.attributes import Activation, Attributes, Convolution, Window
from thumbnet.ir.graph import DType, Graph, Operator, Quantization, Tensor
from thumbnet.operators.registry import check_supported, family
from thumbnet.passes import run_passes

AnyArray = npt.NDArray[Any]

SPELLINGS = [("qoperator", False), ("qoperator", True), ("qdq", False), ("qdq", True)]
"""How a model says it, and whether its tensors are uint8."""

ALL = (1, 256, 256, 1)
CODES = np.arange(-128, 128, dtype=np.int8).reshape(1, 256)


@pytest.fixture(autouse=True)
def exact() -> None:
    if saturates():
        pytest.skip("onnxruntime's products saturate on this processor")


def reference(graph: Graph, given: Sequence[AnyArray]) -> AnyArray:
    operator, values = graph.operators[0], iter(given)
    operands = [
        None
        if not name
        else graph.tensor(name).data
        if graph.tensor(name).is_constant
        else next(values)
        for name in operator.inputs
    ]
    return family(operator).reference(graph, operator, operands)[0]


def differences(
    graph: Graph, samples: Sequence[Sequence[AnyArray]], style: str, unsigned: bool
) -> AnyArray:
    """By how much outputs differ from onnxruntime's; qdq models are uint8 ones to it."""
    graph = rounded_to_even(graph, unsigned=unsigned or style == "qdq")
    check_supported(graph, "test.onnx")
    wanted = ort_outputs(graph, samples, style=style, unsigned=unsigned)
    found = [reference(graph, given) for given in samples]
    off = [a.astype(np.int64) - b for a, b in zip(found, wanted, strict=True)]
    return np.abs(np.concatenate([one.reshape(-1) for one in off]))


def requantized(graph: Graph, **how: tuple[float, int]) -> Graph:
    """The graph with tensors of another scale and zero point."""
    tensors = [
        dataclasses.replace(
            graph.tensor(name),
            quantization=Quantization((float(np.float32(scale)),), (zero_point,)),
        )
        for name, (scale, zero_point) in how.items()
    ]
    return graph.replace(tensors=tensors)


def powers_of_two(graph: Graph) -> Graph:
    """The graph with scales that make every other result a tie."""
    tensors = []
    for tensor in graph.tensors.values():
        if tensor.quantization is not None:
            scales = tuple(float(2.0 ** np.round(np.log2(s))) for s in tensor.quantization.scale)
            how = dataclasses.replace(tensor.quantization, scale=scales)
            tensors.append(dataclasses.replace(tensor, quantization=how))
    return graph.replace(tensors=tensors)


@pytest.mark.parametrize(("style", "unsigned"), SPELLINGS)
@pytest.mark.parametrize("make", [convolutions, depthwise, dense])
def test_convolutions(make: Callable[[int, int], Any], style: str, unsigned: bool) -> None:
    for index, sample in enumerate(make(81, 12)):
        graph = powers_of_two(sample.graph) if index % 3 == 0 else sample.graph
        assert not differences(graph, sample.suites(index)[:4], style, unsigned).any()


@pytest.mark.parametrize(("style", "unsigned"), SPELLINGS)
@pytest.mark.parametrize("kind", ["add", "mul"])
def test_all_pairs_of_operands(kind: str, style: str, unsigned: bool) -> None:
    rng = np.random.default_rng(82)
    index = np.arange(65536)
    pairs = [(index // 256 - 128), (index % 256 - 128)]
    given = [pair.astype(np.int8).reshape(ALL) for pair in pairs]
    for number in range(8):
        graph = binary(rng, kind, (ALL, ALL)).graph
        graph = powers_of_two(graph) if number == 0 else graph
        assert not differences(graph, [given], style, unsigned).any()


def test_differences_are_within_one() -> None:
    """Operators that have no QLinear one work in float."""
    rng = np.random.default_rng(83)
    index = np.arange(65536)
    pairs = [(index // 256 - 128), (index % 256 - 128)]
    given = [pair.astype(np.int8).reshape(ALL) for pair in pairs]
    for _ in range(4):
        graph = binary(rng, "sub", (ALL, ALL)).graph
        off = differences(graph, [given], "qdq", True)
        assert off.max() <= 1 and off.mean() < 1e-4


@pytest.mark.parametrize(("style", "unsigned"), SPELLINGS)
def test_global_averages(style: str, unsigned: bool) -> None:
    rng = np.random.default_rng(84)
    for _ in range(25):
        graph = mean_sample(rng, (1, 2), 4, True).graph
        x = rng.integers(-128, 128, graph.tensor("x").shape).astype(np.int8)
        assert not differences(graph, [[x]], style, unsigned).any()


@pytest.mark.parametrize(("style", "unsigned"), SPELLINGS)
def test_averages(style: str, unsigned: bool) -> None:
    """Of windows within one, since float32 sums are not exact; over the image equal."""
    rng = np.random.default_rng(85)
    parts = []
    for index in range(40):
        window = ("any", "any", "high", "all")[index % 4]
        graph = pool_sample(rng, "average_pool_2d", window).graph
        x = graph.tensor("x")
        if index % 8 < 4:
            how = (x.scale * float(rng.uniform(0.3, 2)), int(rng.integers(-128, 128)))
            graph = requantized(graph, out=how)
        given = rng.integers(-128, 128, x.shape).astype(np.int8)
        off = differences(graph, [[given]], style, unsigned)
        assert off.max() <= 1
        assert window != "all" or not off.any()
        parts.append(off)
    assert np.concatenate(parts).mean() < 0.05


def test_maxima() -> None:
    rng = np.random.default_rng(86)
    for _ in range(8):
        graph = pool_sample(rng, "max_pool_2d", "any").graph
        x = rng.integers(-128, 128, graph.tensor("x").shape).astype(np.int8)
        assert not differences(graph, [[x]], "qdq", True).any()


@pytest.mark.parametrize(("style", "unsigned"), SPELLINGS)
def test_softmax(style: str, unsigned: bool) -> None:
    rng = np.random.default_rng(87)
    for index in range(25):
        sample = softmax_sample(rng, 4)
        operator = dataclasses.replace(sample.operator, attributes=attributes.Softmax())
        graph = dataclasses.replace(sample.graph, operators=(operator,))
        out = [(1 / 256, -128), (1 / 255, -128), (1 / 128, -100), (0.01, 3)][index % 4]
        if index % 2:
            # An image of as many classes.
            wide = (1, 2, 2, graph.tensor("x").shape[1])
            tensors = [dataclasses.replace(graph.tensor(n), shape=wide) for n in ("x", "out")]
            graph = graph.replace(tensors=tensors)
        shape = graph.tensor("x").shape
        given = [
            [rng.integers(-128, 128, shape).astype(np.int8)],
            [rng.normal(0, 20, shape).astype(np.int8)],
        ]
        assert not differences(requantized(graph, out=out), given, style, unsigned).any()


@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize("kind", ["logistic", "relu", "relu6", "hard_swish"])
def test_functions_of_a_byte(kind: str, unsigned: bool) -> None:
    rng = np.random.default_rng(88)
    styles = ["qdq", "qoperator"] if kind in QOPERATORS else ["qdq"]
    for style in styles:
        for _ in range(25):
            graph = table_sample(rng, kind).graph
            how = {
                "x": (graph.tensor("x").scale, int(rng.integers(-128, 128))),
                "out": (float(rng.uniform(0.002, 0.05)), int(rng.integers(-128, 128))),
            }
            int8 = [dataclasses.replace(graph.tensor(n), dtype=DType.INT8) for n in ("x", "out")]
            graph = requantized(graph.replace(tensors=int8), **how)
            off = differences(graph, [[CODES]], style, unsigned)
            assert off.max() <= (1 if kind == "hard_swish" else 0)


def test_requantization_of_bytes() -> None:
    """As QLinearConcat does it."""
    rng = np.random.default_rng(89)
    for _ in range(30):
        scale = float(rng.uniform(0.01, 0.1))
        x = Tensor("x", CODES.shape, DType.INT8, None)
        graph = Graph(
            "test",
            {"x": x, "y": dataclasses.replace(x, name="y")},
            (Operator("quantize", "quantize", ("x",), ("y",), Attributes()),),
            ("x",),
            ("y",),
            arithmetic="onnxruntime",
        )
        graph = requantized(
            graph,
            x=(scale, int(rng.integers(-128, 128))),
            y=(scale * float(rng.choice([0.5, 2, rng.uniform(0.1, 4)])), int(rng.integers(-9, 9))),
        )
        wanted = concatenated(graph.tensor("x"), graph.tensor("y"), CODES)
        np.testing.assert_array_equal(reference(graph, [CODES]), wanted)


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_float_borders(dtype: str) -> None:
    """QuantizeLinear of values at ties and beside them, and of what is no number."""
    rng = np.random.default_rng(90)
    for zero_point in (0, 3, 100):
        scale = float(np.float32(rng.choice([0.25, 0.0371, 1.7])))
        halves = (np.arange(-300, 300, dtype=np.float32) / 2) * np.float32(scale)
        noise = rng.normal(0, 90 * scale, 1000).astype(np.float32)
        special = np.array([np.inf, -np.inf, 3e38, -3e38, 1e-40], np.float32)
        beside = [np.nextafter(halves, np.float32(end)) for end in (-1e9, 1e9)]
        values = np.concatenate([halves, *beside, noise, special])
        quantization = Quantization((scale,), (zero_point,))
        x = Tensor("x", values.shape, DType.FLOAT32)
        y = Tensor("y", values.shape, DType(dtype), quantization)
        operator = Operator("quantize", "quantize", ("x",), ("y",), Attributes())
        graph = Graph("t", {"x": x, "y": y}, (operator,), ("x",), ("y",), arithmetic="onnxruntime")
        wanted = quantized_floats(y, values)
        np.testing.assert_array_equal(reference(graph, [values]), wanted)


@pytest.mark.parametrize("unsigned", [False, True])
def test_onnxruntime_makes_integer_operators(tmp_path: Path, unsigned: bool) -> None:
    """What the comparisons above rest on."""
    rng = np.random.default_rng(91)
    for graph, name in [
        (convolutions(91, 1)[0].graph, "QLinearConv"),
        (dense(91, 1)[0].graph, "QGemm"),
        (binary(rng, "add", ((1, 2, 2, 3), (1, 2, 2, 3))).graph, "QLinearAdd"),
        (mean_sample(rng, (1, 2), 4, True).graph, "QLinearGlobalAveragePool"),
    ]:
        model = ort_model(rounded_to_even(graph), style="qdq", unsigned=unsigned)
        assert name in optimized(model, tmp_path / "optimized.onnx")
    assert Ort(model).session.get_providers() == ["CPUExecutionProvider"]


# -- passes and limits ----------------------------------------------------------------------------


def clamped(scale: float, arithmetic: Any) -> Graph:
    """A convolution and a RELU6 of unchanged quantization."""
    quantization = Quantization((scale,), (0,))
    x = Tensor("x", (1, 2, 2, 1), DType.INT8, Quantization((0.03,), (0,)))
    data = np.full((1, 1, 1, 1), 7, np.int8)
    weights = Tensor("w", data.shape, DType.INT8, Quantization((0.02,), (0,)), data)
    y, z = (Tensor(name, x.shape, DType.INT8, quantization) for name in ("y", "z"))
    return Graph(
        "test",
        {t.name: t for t in (x, weights, y, z)},
        (
            Operator("conv_2d", "y", ("x", "w", ""), ("y",), Convolution(Window(1, 1))),
            Operator("relu6", "z", ("y",), ("z",), Attributes()),
        ),
        ("x",),
        ("z",),
        arithmetic=arithmetic,
    )


@pytest.mark.parametrize(("scale", "fused"), [(0.05, True), (4.0, True), (2.4, False)])
def test_a_clamp_is_fused_where_it_rounds_the_same(scale: float, fused: bool) -> None:
    """6 / 2.4 is 2.5, which TFLite's bound rounds upwards and onnxruntime to even."""
    for arithmetic, expected in (("tflite", True), ("onnxruntime", fused)):
        kinds = [o.kind for o in run_passes(clamped(scale, arithmetic)).operators]
        assert ("lookup" not in kinds) == expected


def test_passes_keep_the_arithmetic() -> None:
    graph = rounded_to_even(convolutions(92, 1)[0].graph)
    assert run_passes(graph).arithmetic == "onnxruntime"


def test_activations_clamp() -> None:
    sample = convolutions(93, 1)[0]
    graph = rounded_to_even(sample.graph)
    operator = graph.operators[0]
    given = dataclasses.replace(operator.attributes, activation=Activation.RELU)  # type: ignore[call-arg]
    relu = dataclasses.replace(operator, attributes=given)
    point = graph.tensor(graph.outputs[0]).zero_point
    for values in sample.suites(3):
        plain = reference(graph, values)
        clipped = reference(graph.replace(operators=[relu]), values)
        np.testing.assert_array_equal(clipped, np.maximum(plain, point))


@pytest.mark.parametrize("scale", [0.0, -0.01])
def test_scales_that_are_not_above_zero_are_refused(scale: float) -> None:
    graph = rounded_to_even(convolutions(94, 1)[0].graph)
    name = graph.outputs[0]
    with pytest.raises(Exception, match="scales above zero"):
        check_supported(requantized(graph, **{name: (scale, 0)}), "test.onnx")
