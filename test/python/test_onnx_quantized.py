"""Quantized ONNX models of all spellings against onnxruntime."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from onnx import TensorProto
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from support import shared
from support.onnx_models import OnnxModel, arranged, imported, kinds, session, worst
from support.onnx_samples import SAMPLES, Sample, codes
from thumbnet.ir.graph import Array, DType
from thumbnet.operators.registry import is_supported
from thumbnet.reference.interpreter import run

F32 = np.float32


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
@pytest.mark.parametrize("name", SAMPLES)
def test_operators(name: str, dtype: npt.DTypeLike) -> None:
    """Equal, or within one unit of the output where onnxruntime works in float32."""
    sample = SAMPLES[name]
    data = sample.bytes(dtype)
    assert kinds(data) == list(sample.kinds)
    graph = imported(data).graph
    if not all(is_supported(graph, operator) for operator in graph.operators):
        pytest.skip("only the frontend knows it")
    equal = sample.equal == "always"
    assert worst(data) < (0.01 if equal else 1.01) * sample.output[0]


@pytest.mark.parametrize("name", ["conv", "add", "concat, other scales", "silu", "pad"])
def test_signed_and_unsigned_files_are_one_graph(name: str) -> None:
    signed, unsigned = (imported(SAMPLES[name].bytes(dtype)).graph for dtype in (np.int8, np.uint8))
    for a, b in zip(signed.tensors.values(), unsigned.tensors.values(), strict=True):
        assert (a.shape, a.dtype, a.quantization) == (b.shape, b.dtype, b.quantization)
        assert a.data is None or np.array_equal(a.data, b.data)


@pytest.mark.parametrize(
    ("op", "scale", "zero_point"),
    [("Softmax", 1 / 256, -128), ("Sigmoid", 1 / 256, -128), ("LogSoftmax", 1 / 16, 127)],
)
def test_probabilities_at_the_end_are_quantized_as_tflite_does(
    op: str, scale: float, zero_point: int
) -> None:
    m = OnnxModel()
    x = m.quantized(m.input((1, 10)), 0.05, 3)
    data = m.bytes(m.node("Reshape", m.node(op, x), m.constant([10], np.int64)))
    graph = imported(data).graph
    last = graph.tensor(graph.operators[-1].inputs[0])
    assert (last.scale, last.zero_point) == (scale, zero_point)
    assert graph.tensor(graph.outputs[0]).dtype is DType.FLOAT32
    if op != "LogSoftmax":
        assert worst(data) < 1.01 * scale


def test_other_functions_at_the_end_get_the_range_that_they_have() -> None:
    m = OnnxModel()
    x = m.quantized(m.input((1, 10)), 0.05, 3)
    data = m.bytes(m.node("Mul", x, m.constant(-2, F32)))
    graph = imported(data).graph
    last = graph.tensor(graph.operators[-1].inputs[0])
    assert last.scale == pytest.approx(0.1)
    assert worst(data) < 0.051


def test_tied_clamps_keep_their_table() -> None:
    """6 / 0.8 = 7.5: onnxruntime's bound is 8, the fused clamp's too; of 4 / 0.8 = 5 none is."""
    for bound, scale in ((6.0, 0.8), (6.0, 12 / 17), (6.0, 0.05)):
        m = OnnxModel()
        x = m.quantized(m.input((1, 50)), scale, 0)
        y = m.node("Clip", x, m.constant(0, F32), m.constant(bound, F32))
        assert worst(m.bytes(m.quantized(y, scale, 0)), spread=20) == 0


def qlinear() -> dict[str, bytes]:
    """Operators that carry their scales, of bytes that the caller gives."""
    random = np.random.default_rng(3)
    found = {}
    for dtype, kind in ((np.int8, TensorProto.INT8), (np.uint8, TensorProto.UINT8)):
        m = OnnxModel(dtype=dtype)
        x = m.input((1, 4, 6, 7), kind)
        a, b, c = (m.scale(s, z) for s, z in ((0.03, 4), (0.05, -3), (0.04, 1)))
        weights = m.constant(codes(random, 4, 4, 3, 3))
        scales = m.constant(random.uniform(0.002, 0.01, 4), F32)
        zeros = m.constant(np.zeros(4, np.int8))
        bias = m.constant(random.integers(-900, 900, 4, np.int32))
        y = m.node("QLinearConv", x, *a, weights, scales, zeros, *b, bias, pads=[1, 1, 1, 1])
        ms = {"domain": "com.microsoft"}
        y = m.node("QLinearLeakyRelu", y, *b, *b, alpha=0.2, **ms)
        z = m.node("QLinearAdd", x, *a, y, *b, *c, **ms)
        z = m.node("QLinearMul", z, *c, y, *b, *c, **ms)
        y = m.node("QLinearConcat", *b, y, *b, z, *c, axis=1, **ms)
        y = m.node("MaxPool", y, kernel_shape=[2, 2])
        y = m.node("QLinearAveragePool", y, *b, *b, kernel_shape=[3, 3], **ms)
        z = m.node("QLinearGlobalAveragePool", y, *b, *a, **ms)
        z = m.node("Reshape", z, m.constant([1, 8], np.int64))
        z = m.node("QLinearSigmoid", z, *a, *a, **ms)
        ones = (m.constant(0.01, F32), m.constant(0, np.int8))
        z = m.node("QLinearMatMul", z, *a, m.constant(codes(random, 8, 6)), *ones, *a)
        gemm = (m.constant(codes(random, 5, 6)), *ones)
        ints = m.constant(random.integers(-9, 9, 5, np.int32))
        z = m.node("QGemm", z, *a, *gemm, ints, *a, transB=1, **ms)
        ends = m.scale(1 / 256, -128)
        z = m.node("QLinearSoftmax", z, *a, *ends, axis=1, opset=13, **ms)
        found[np.dtype(dtype).name] = m.bytes(z, y, dtype=kind)
    return found


@pytest.mark.parametrize("name", ["int8", "uint8"])
def test_operators_that_carry_their_scales(name: str) -> None:
    data = qlinear()[name]
    graph = imported(data).graph
    assert {graph.tensor(n).dtype.value for n in (*graph.inputs, *graph.outputs)} == {name}
    # Else a unit of a sum may become several behind weights.
    assert worst(data) <= 0


class Samples(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self) -> None:
        random = np.random.default_rng(1)
        self.rest = [{"x": random.uniform(-1, 1, (1, 3, 16, 16)).astype(F32)} for _ in range(8)]

    def get_next(self) -> dict[str, Array] | None:
        return self.rest.pop() if self.rest else None


def float_network() -> bytes:
    """A small network with what onnxruntime quantizes."""
    random = np.random.default_rng(3)
    m = OnnxModel()

    def f(*shape: int) -> str:
        return m.constant(random.normal(0, 0.3, shape), F32)

    x = m.node("Conv", m.input(("N", 3, 16, 16)), f(8, 3, 3, 3), f(8), pads=[1, 1, 1, 1])
    positive = [m.constant(np.abs(random.normal(size=8)) + 0.5, F32) for _ in range(2)]
    x = m.node("Relu", m.node("BatchNormalization", x, positive[0], f(8), f(8), positive[1]))
    z = m.node("Conv", x, f(8, 1, 3, 3), f(8), pads=[1, 1, 1, 1], group=8)
    z = m.node("Clip", z, m.constant(0, F32), m.constant(6, F32))
    x = m.node("Add", x, m.node("Conv", z, f(8, 8, 1, 1), f(8)))
    x = m.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    a = m.node("LeakyRelu", m.node("Conv", x, f(4, 8, 3, 3), f(4)), alpha=0.1)
    b = m.node("Sigmoid", m.node("Conv", x, f(4, 8, 3, 3), f(4)))
    x = m.node("Concat", a, b, axis=1)
    g = m.node("Flatten", m.node("GlobalAveragePool", x))
    g = m.node("Gemm", g, f(5, 8), f(5), transB=1)
    h = m.node("Flatten", m.node("AveragePool", x, kernel_shape=[3, 3], strides=[3, 3]))
    h = m.node("Add", m.node("MatMul", h, f(32, 5)), f(5))
    return m.bytes(m.node("Softmax", m.node("Mul", g, h), axis=1))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network as onnxruntime's pre-processing leaves it."""
    path = tmp_path_factory.mktemp("onnx") / "net.onnx"
    path.write_bytes(float_network())
    quant_pre_process(path, path, skip_symbolic_shape=True)
    return path


NETWORK = (
    *("conv_2d", "depthwise_conv_2d", "conv_2d", "add", "max_pool_2d", "conv_2d", "conv_2d"),
    *("logistic", "lookup", "lookup", "concatenation", "average_pool_2d", "mean"),
    *("fully_connected", "fully_connected", "mul", "softmax"),
)


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize(
    ("activations", "weights"),
    [
        (QuantType.QInt8, QuantType.QInt8),
        (QuantType.QUInt8, QuantType.QInt8),
        (QuantType.QUInt8, QuantType.QUInt8),
    ],
)
@pytest.mark.parametrize("spelling", [QuantFormat.QDQ, QuantFormat.QOperator])
def test_what_onnxruntime_quantizes(
    prepared: Path,
    tmp_path: Path,
    spelling: QuantFormat,
    activations: QuantType,
    weights: QuantType,
    per_channel: bool,
) -> None:
    logging.getLogger().setLevel(logging.ERROR)
    path = tmp_path / "quantized.onnx"
    quantize_static(
        prepared,
        path,
        Samples(),
        quant_format=spelling,
        activation_type=activations,
        weight_type=weights,
        per_channel=per_channel,
    )
    data = path.read_bytes()
    assert sorted(kinds(data)) == sorted(NETWORK)
    assert worst(data, spread=1.0) < 0.01 / 255


def test_weights_of_nine_bits_keep_their_values() -> None:
    """uint8 weights with a zero point of 30 lie in [-30, 225]: they leave int8."""
    random = np.random.default_rng(0)

    def build(m: OnnxModel, x: str, _: np.random.Generator) -> str:
        raw = random.integers(0, 256, (4, 6, 3, 3), np.uint8)
        return m.node("Conv", x, m.weights(raw, 0.004, 0, 30))

    data = Sample(build, ["conv_2d"], "rounding").bytes(np.uint8)
    graph = imported(data).graph
    weights = graph.tensor(graph.operators[1].inputs[1])
    assert weights.dtype is DType.INT16
    assert weights.quantization is not None
    assert weights.quantization.zero_point == (0,)
    assert worst(data) < 0.0501


@shared.needs_shared
@pytest.mark.parametrize(
    ("name", "top", "kinds_wanted"),
    [
        ("kaijiang-kws-onnx", 255.0, ["reshape", *["conv_2d", "depthwise_conv_2d"] * 4, "conv_2d"]),
        ("kaijiang-ic-resnet-onnx", 255.0, ["conv_2d"] * 3),
    ],
)
def test_real_networks(name: str, top: float, kinds_wanted: list[str]) -> None:
    data = next((shared.SHARED / "models" / name).glob("*.onnx")).read_bytes()
    assert kinds(data)[: len(kinds_wanted)] == kinds_wanted
    assert "transpose" not in kinds(data)
    model, runtime = imported(data), session(data)
    random = np.random.default_rng(0)
    (item,) = runtime.get_inputs()
    for _ in range(3):
        value = random.uniform(0, top, item.shape).astype(F32)
        (wanted,) = runtime.run(None, {item.name: value})
        (found,) = run(model.graph, [arranged(value, model.inputs[0])])
        # A byte has no 256/256.
        limit = 1.01 / 256
        assert np.abs(found - arranged(wanted, model.outputs[0])).max() < limit
        assert found.argmax() == wanted.argmax()
