"""Reading .onnx files: constants, borders, float32 networks, and everything that is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper
from support.cli import run as run_command
from support.compiled import compile_file, mismatches, run_on
from support.float_graph import run_float
from support.onnx_models import OnnxModel, arranged, imported, kinds, made_up, session, worst
from support.onnx_samples import SAMPLES, codes, conv
from thumbnet.errors import ThumbnetError
from thumbnet.frontends.onnx import parse_onnx
from thumbnet.frontends.onnx_model import NEWEST_OPSET as NEWEST
from thumbnet.ir.graph import DType
from thumbnet.reference.interpreter import run

Capture = pytest.CaptureFixture[str]
F32 = np.float32
RANDOM = np.random.default_rng(0)


def message(data: bytes) -> str:
    with pytest.raises(ThumbnetError) as caught:
        parse_onnx(data, "net.onnx")
    return caught.value.message()


# -- refusals -------------------------------------------------------------------------------------


def one(op: str, *shapes: tuple[int, ...], domain: str = "", **attributes: object) -> bytes:
    """A float32 operator of inputs of these shapes."""
    m = OnnxModel()
    names = [m.input(shape, name=f"x{number}") for number, shape in enumerate(shapes)]
    return m.bytes(m.node(op, *names, domain=domain, **attributes))


def quantized(build: Callable[[OnnxModel, str], str], output: bool = True) -> bytes:
    """An operator between quantized tensors."""
    m = OnnxModel()
    x = m.quantized(m.input((1, 4, 6, 7)), 0.05, 3)
    y = build(m, x)
    return m.bytes(m.quantized(y, 0.05, 3) if output else y)


def changed(change: Callable[[onnx.ModelProto], None]) -> bytes:
    """A small model with something wrong in it."""
    m = OnnxModel()
    x = m.node("Relu", m.node("Add", m.input((1, 4)), m.constant(np.ones(4), F32)))
    model = m.proto(x)
    change(model)
    return bytes(model.SerializeToString())


def _external(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL
    model.graph.initializer[0].external_data.add(key="location", value="../secret")


def _short(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].raw_data = b"123"


def _huge(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].dims[:] = [1 << 40, 1 << 40]


def _cyclic(model: onnx.ModelProto) -> None:
    model.graph.node[0].input[0] = model.graph.node[1].output[0]


def _twice(model: onnx.ModelProto) -> None:
    model.graph.node[1].output[0] = model.graph.node[0].output[0]


def _dynamic(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "width"


def _shapeless(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.ClearField("shape")


def _double(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.DOUBLE


def _old(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = 9


def _new(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = 99


def _sparse(model: onnx.ModelProto) -> None:
    model.graph.sparse_initializer.add()


def _no_output(model: onnx.ModelProto) -> None:
    model.graph.output[0].name = "other"


def _nothing(model: onnx.ModelProto) -> None:
    model.ClearField("graph")


def _bfloat(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].data_type = TensorProto.BFLOAT16


DAMAGED: dict[str, tuple[Callable[[onnx.ModelProto], None], str]] = {
    "external data": (_external, "lies in another file; models of one file are supported. Remedy:"),
    "short data": (_short, 'is not a valid .onnx file: constant "constant_1" has data of'),
    "huge constant": (_huge, "has shape [1099511627776, 1099511627776]"),
    "cyclic": (_cyclic, "its nodes are cyclic or out of order"),
    "written twice": (_twice, "is written twice"),
    "dynamic": (_dynamic, "has the dynamic shape [1,_width_]; thumbnet supports fixed shapes"),
    "no shape": (_shapeless, 'input "x": is no tensor of a known shape'),
    "double": (_double, 'input "x": has type DOUBLE; thumbnet knows INT8'),
    "old": (
        _old,
        f"net.onnx: uses opset 9; opsets 11 to {NEWEST} are supported. Remedy: export with",
    ),
    "new": (_new, f"uses opset 99; opsets 11 to {NEWEST} are supported"),
    "sparse": (_sparse, "has sparse weights. Remedy: export dense weights"),
    "no output": (_no_output, 'output "other" is never written'),
    "nothing": (_nothing, "is not a valid .onnx file: it holds no network"),
    "bfloat16": (_bfloat, "has type BFLOAT16; constants of int8"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_damaged_and_foreign_files_are_refused(what: str) -> None:
    change, text = DAMAGED[what]
    assert text.replace("[1,_width_]", "_1_width_") in message(changed(change))


def _two_scales(m: OnnxModel, x: str) -> str:
    y = m.node("Conv", x, m.weights(np.ones((2, 4, 1, 1), np.int8), 0.1))
    return m.node("Add", m.quantized(y, 0.1), m.quantized(y, 0.2))


def _read_as_float(m: OnnxModel, x: str) -> str:
    y = m.node("Conv", x, m.weights(np.ones((2, 4, 1, 1), np.int8), 0.1))
    return m.node("Add", m.quantized(y, 0.1), y)


def _other_scale_read(m: OnnxModel, x: str) -> str:
    q = m.node("QuantizeLinear", x, *m.scale(0.1, 0))
    return m.node("Conv", m.node("DequantizeLinear", q, *m.scale(0.3, 0)), m.constant(1, F32))


def _computed_scale(m: OnnxModel, x: str) -> str:
    scale = m.node("ReduceMax", x, keepdims=0)
    return m.node("QuantizeLinear", x, scale, m.constant(0, np.int8))


def _per_channel_activations(m: OnnxModel, x: str) -> str:
    zeros = m.constant(np.zeros(4, np.int8))
    return m.node("QuantizeLinear", x, m.constant(np.ones(4), F32), zeros, axis=1)


def _word_activations(m: OnnxModel, x: str) -> str:
    return m.node("QuantizeLinear", x, m.constant(1, F32), m.constant(0, np.uint16))


UNSUPPORTED: dict[str, tuple[bytes, str]] = {
    "unknown": (one("NonZero", (1, 4)), "(NonZero): operator is not supported. Remedy: replace it"),
    "dynamic quantization": (
        one("DynamicQuantizeLinear", (1, 4)),
        "Remedy: use static quantization (onnxruntime's quantize_static",
    ),
    "foreign domain": (one("Relu", (1, 4), domain="my.own"), "(Relu): operator is not supported"),
    "attribute": (one("Flatten", (1, 4), axis=9), "axis 9 is not one of 2 dimensions"),
    "kernel": (one("MaxPool", (1, 4, 3, 3), kernel_shape=[5, 5]), "is larger than input"),
    "huge kernel": (one("MaxPool", (1, 4, 3, 3), kernel_shape=[1 << 40, 1]), "are out of range"),
    "missing kernel": (one("MaxPool", (1, 4, 3, 3)), "attribute kernel_shape does not hold 2"),
    "wrong type": (one("MaxPool", (1, 4, 3, 3), kernel_shape=2.5), "attribute kernel_shape"),
    "volumes": (
        one("MaxPool", (1, 4, 3, 3, 3), kernel_shape=[2, 2, 2]),
        "input has shape [1, 4, 3, 3, 3]; MaxPool is supported for 3 and 4 dimensions",
    ),
    "broadcast": (one("Add", (1, 4), (1, 3)), "inputs [[1, 4], [1, 3]] do not broadcast"),
    "shape": (one("Reshape", (1, 4), (2,)), 'shape "x1" is computed at run time; it must be'),
    "no scale behind": (
        quantized(
            lambda m, x: m.node("Conv", x, m.weights(np.ones((2, 4, 1, 1), np.int8), 0.1)), False
        ),
        "is float32 and has no scale. Remedy: put QuantizeLinear and DequantizeLinear behind every",
    ),
    "no scale between": (
        quantized(lambda m, x: m.node("AveragePool", m.node("Tanh", x), kernel_shape=[2, 2])),
        '(AveragePool): input "tanh_',
    ),
    "float weights": (
        quantized(lambda m, x: m.node("Conv", x, m.constant(np.ones((2, 4, 1, 1)), F32))),
        "its weights are float32 beside a quantized input",
    ),
    "float constant": (
        quantized(lambda m, x: m.node("Mul", x, m.constant(np.ones((4, 1, 1)), F32))),
        "of shape [4, 1, 1] is float32 beside a quantized input. Remedy: quantize it too",
    ),
    "normalization": (
        quantized(lambda m, x: m.node("BatchNormalization", x, *[m.constant(np.ones(4), F32)] * 4)),
        "its input is quantized; it is supported in float32 networks. Remedy: fold it into",
    ),
    "two scales": (quantized(_two_scales), "is quantized here and read otherwise by node"),
    "read as float": (quantized(_read_as_float), "Remedy: quantize it once, for all its readers"),
    "other scale read": (quantized(_other_scale_read), "is quantized by scale 0.1"),
    "computed scale": (quantized(_computed_scale, False), "a scale or zero point, is computed"),
    "per channel": (
        quantized(_per_channel_activations, False),
        "has 4 scales; tensors that are computed have one. Remedy: quantize activations per tensor",
    ),
    "uint16": (quantized(_word_activations, False), "quantizes to uint16; int8 and uint8 are"),
    "pad value": (
        quantized(
            lambda m, x: m.node("Pad", x, m.constant([0] * 7 + [1], np.int64), m.constant(2, F32))
        ),
        "pads with another value than 0",
    ),
    "alpha": (
        quantized(
            lambda m, x: m.node(
                "Gemm", m.node("Flatten", x), m.weights(codes(RANDOM, 168, 2), 0.1), alpha=0.5
            )
        ),
        "alpha 0.5; 1 is supported",
    ),
    "no dependence": (one("Shape", (1, 4)), 'output "shape_1": does not depend on the inputs'),
}


@pytest.mark.parametrize("what", UNSUPPORTED)
def test_what_cannot_be_expressed_is_refused(what: str) -> None:
    data, text = UNSUPPORTED[what]
    found = message(data)
    assert found.startswith("net.onnx: ")
    assert text in found
    assert "\n" not in found


def test_all_nodes_that_stand_in_the_way_are_named_at_once() -> None:
    m = OnnxModel()
    x = m.node("Relu", m.node("NonZero", m.node("TopK", m.input((1, 4)))))
    y = m.node("LayerNormalization", "x", m.constant(np.ones(4), F32))
    found = message(m.bytes(x, y)).splitlines()
    assert [line.split("(")[1].split(")")[0] for line in found] == [
        "TopK",
        "NonZero",
        "LayerNormalization",
    ]


@pytest.mark.parametrize("seed", range(60))
def test_bytes_that_are_cut_or_flipped_never_crash(seed: int) -> None:
    """A model or one clear error, whatever the file holds."""
    random = np.random.default_rng(seed)
    name = ["conv", "concat, other scales", "hard swish in parts", "resize"][seed % 4]
    data = bytearray(SAMPLES[name].bytes())
    if seed % 3 == 0:
        data = data[: random.integers(1, len(data))]
    for _ in range(1 + seed % 5):
        data[random.integers(len(data))] = random.integers(256)
    try:
        imported(bytes(data))
    except ThumbnetError as error:
        assert error.place.startswith("net.onnx")


@pytest.mark.parametrize("seed", range(8))
def test_nodes_that_contradict_themselves_never_crash(seed: int) -> None:
    """Inputs exchanged, missing or too many, attributes and constants of other values."""
    random = np.random.default_rng(seed)
    for sample in SAMPLES.values():
        model = onnx.ModelProto.FromString(sample.bytes())
        graph = model.graph
        names = [item.name for item in (*graph.input, *graph.initializer)]
        names += [name for node in graph.node for name in node.output] + [""]
        for _ in range(random.integers(1, 4)):
            node = graph.node[random.integers(len(graph.node))]
            item = graph.initializer[random.integers(len(graph.initializer))]
            match random.integers(6):
                case 0:
                    node.input[0] = names[random.integers(len(names))]
                case 1:
                    node.input.append(names[random.integers(len(names))])
                case 2:
                    node.input.pop()
                case 3:
                    value = numpy_helper.to_array(item).reshape(-1)[: random.integers(3)]
                    item.CopyFrom(numpy_helper.from_array(value, item.name))
                case 4:
                    node.op_type = ("Add", "Conv", "Concat", "Resize", "MatMul")[random.integers(5)]
                case _:
                    for attribute in node.attribute:
                        attribute.i = int(random.integers(-9, 9))
                        attribute.ints.extend([1 << 40] * int(random.integers(2)))
        try:
            imported(bytes(model.SerializeToString()))
        except ThumbnetError as error:
            assert error.place.startswith("net.onnx")


# -- constants ------------------------------------------------------------------------------------


def test_shapes_are_computed_at_import() -> None:
    """PyTorch's flatten: Shape, Gather, Unsqueeze, Concat, Reshape, of a dynamic batch."""
    m = OnnxModel()
    x = m.node("MaxPool", m.input(("batch", 3, 4, 4)), kernel_shape=[2, 2])
    batch = m.node("Gather", m.node("Shape", x), m.constant(0, np.int64), axis=0)
    axes = m.constant([0], np.int64)
    parts = (m.node("Unsqueeze", batch, axes), m.constant([-1], np.int64))
    x = m.node("Reshape", x, m.node("Concat", *parts, axis=0))
    data = m.bytes(m.node("Gemm", x, m.constant(codes(RANDOM, 27, 2), F32)))
    assert kinds(data) == ["max_pool_2d", "fully_connected"]
    model = imported(data)
    (value,) = made_up(data, 0)
    (found,) = run_float(model.graph, [arranged(value, model.inputs[0])])
    np.testing.assert_allclose(found, session(data).run(None, {"x": value})[0], rtol=1e-5)


def test_weights_that_the_file_quantizes_itself() -> None:
    """QuantizeLinear and DequantizeLinear of float32 constants, and a Transpose behind them."""
    m = OnnxModel()
    x = m.quantized(m.input((1, 12)), 0.05, 3)
    weights = m.constant(RANDOM.normal(0, 0.3, (5, 12)), F32)
    zeros = m.constant(np.zeros(5, np.int8))
    numbers = (m.constant(RANDOM.uniform(0.002, 0.004, 5), F32), zeros)
    codes_ = m.node("QuantizeLinear", weights, *numbers, axis=0)
    real = m.node("DequantizeLinear", codes_, *numbers, axis=0)
    data = m.bytes(m.quantized(m.node("MatMul", x, m.node("Transpose", real)), 0.05))
    assert kinds(data) == ["fully_connected"]
    graph = imported(data).graph
    stored = graph.tensor(graph.operators[-2].inputs[1])
    assert stored.shape == (5, 12)
    assert stored.quantization is not None
    assert (len(stored.quantization.scale), stored.quantization.axis) == (5, 0)
    assert worst(data) < 0.051


def test_large_results_of_small_files_are_refused() -> None:
    m = OnnxModel()
    x = m.input((1, 4))
    big = m.node("ConstantOfShape", m.constant([1 << 20, 1 << 20], np.int64))
    assert "the limit is 16777216 elements" in message(m.bytes(m.node("Add", x, big)))
    m = OnnxModel()
    x = m.input((1, 4))
    big = m.node("Expand", x, m.constant([1 << 20, 4], np.int64))
    assert "positions of" in message(m.bytes(big)) or "the limit is" in message(m.bytes(big))


# -- borders --------------------------------------------------------------------------------------


def test_bytes_at_the_borders_keep_their_type() -> None:
    m = OnnxModel(dtype=np.uint8)
    numbers = m.scale(0.05, 2)
    x = m.node("DequantizeLinear", m.input((1, 3, 4, 4), TensorProto.UINT8), *numbers)
    y = m.node("QuantizeLinear", m.node("MaxPool", x, kernel_shape=[2, 2]), *numbers)
    data = m.bytes(y, dtype=TensorProto.UINT8)
    graph = imported(data).graph
    for name in (*graph.inputs, *graph.outputs):
        tensor = graph.tensor(name)
        assert (tensor.dtype, tensor.zero_point) == (DType.UINT8, 130)
    assert [operator.kind for operator in graph.operators] == [
        "quantize",
        "max_pool_2d",
        "quantize",
    ]
    assert worst(data) == 0


def test_names_are_safe_and_unique() -> None:
    m = OnnxModel()
    x = m.input((1, 3, 4, 4), name='a"; */ b')
    y = m.node("Relu", m.node("Relu", x))
    model = m.proto(y)
    for node in model.graph.node:
        node.name = "same*/\nname"
    graph = imported(bytes(model.SerializeToString())).graph
    assert graph.inputs == ("a_;_/_b",)
    for name in (*graph.tensors, *(operator.name for operator in graph.operators)):
        assert not set(name) & set('"*\\\n ')


def test_outputs_of_one_tensor_are_two() -> None:
    m = OnnxModel()
    x = m.quantized(m.input((1, 4)), 0.05)
    y = m.quantized(m.node("Relu", x), 0.05)
    data = m.bytes(y, m.node("Identity", y))
    graph = imported(data).graph
    assert len(set(graph.outputs)) == 2
    assert worst(data) == 0


# -- float32 --------------------------------------------------------------------------------------


def normalized(m: OnnxModel, x: str, channels: int) -> str:
    values = [m.constant(RANDOM.uniform(0.5, 2, channels), F32) for _ in range(4)]
    return m.node("BatchNormalization", x, *values)


def test_batch_normalization_goes_into_the_weights() -> None:
    m = OnnxModel()
    x = m.input((1, 4, 6, 7))
    weights = [RANDOM.normal(size=shape) for shape in ((6, 4, 3, 3), (6, 1, 3, 3), (6, 3, 2, 2))]
    for number, group in enumerate((1, 6, 2)):
        x = m.node("Conv", x, m.constant(weights[number], F32), group=group)
        x = m.node("Relu", normalized(m, x, 6))
    x = normalized(m, x, 6)
    data = m.bytes(x)
    expected = ["conv_2d", "relu", "depthwise_conv_2d", "relu", "conv_2d", "relu", "mul", "add"]
    assert kinds(data) == expected
    model = imported(data)
    (value,) = made_up(data, 0)
    (found,) = run_float(model.graph, [arranged(value, model.inputs[0])])
    (wanted,) = session(data).run(None, {"x": value})
    np.testing.assert_allclose(found, arranged(wanted, model.outputs[0]), rtol=1e-3, atol=1e-3)


def test_a_float_network_is_shown_and_not_built(capsys: Capture, tmp_path: Path) -> None:
    m = OnnxModel()
    x = m.node("Conv", m.input((1, 3, 8, 8)), m.constant(codes(RANDOM, 4, 3, 3, 3), F32))
    path = tmp_path / "net.onnx"
    path.write_bytes(m.bytes(m.node("Tanh", m.node("LeakyRelu", x, alpha=0.3))))
    shown = run_command(capsys, "dump", path)
    assert shown.status == 0
    assert "conv_2d" in shown.out
    assert "leaky_relu" in shown.out
    assert "('alpha', 0.3" in shown.out
    built = run_command(capsys, "build", path, "--out", tmp_path / "out")
    assert built.status == 2
    assert built.err.count("Remedy") == 1
    assert (
        "(CONV_2D): computes in float32; networks of int8 are built. Remedy: quantize" in built.err
    )


# -- the whole compiler ---------------------------------------------------------------------------


def network() -> bytes:
    m = OnnxModel()
    x = m.quantized(m.input((1, 4, 9, 8)), 0.03, 5)
    x = m.node("Relu", conv((6, 4, 3, 3), pads=[1, 1, 1, 1])(m, x, RANDOM))
    x = m.quantized(x, 0.05, -128)
    x = m.quantized(conv((6, 1, 3, 3), group=6, bias="")(m, x, RANDOM), 0.05, 3)
    x = m.quantized(m.node("Mul", x, m.node("Sigmoid", x)), 0.05, -100)
    x = m.quantized(m.node("GlobalAveragePool", x), 0.02, -90)
    weights = m.weights(codes(RANDOM, 5, 6), 0.01)
    x = m.quantized(m.node("Gemm", m.node("Flatten", x), weights, transB=1), 0.05, 3)
    return m.bytes(m.node("Softmax", x, axis=1))


def test_a_file_becomes_code(tmp_path: Path) -> None:
    """The C of a network runs and equals the reference; shape and type are the caller's."""
    path = tmp_path / "net.onnx"
    path.write_bytes(network())
    compiled = compile_file(path)
    tensor = compiled.graph.tensor(compiled.graph.inputs[0])
    assert (tensor.shape, tensor.dtype) == ((1, 9, 8, 4), DType.INT8)
    assert "transpose" not in {operator.kind for operator in compiled.graph.operators}
    samples = [[RANDOM.integers(-128, 128, tensor.shape, np.int8)] for _ in range(3)]
    expected = [
        [output.reshape(-1) for output in run(compiled.reference_graph, sample)]
        for sample in samples
    ]
    assert len({outputs[0].tobytes() for outputs in expected}) > 1
    measured = run_on(compiled, "host", samples, sanitize=True)
    assert not mismatches(measured, expected)
    assert "from net.onnx" in compiled.files["net.h"]
