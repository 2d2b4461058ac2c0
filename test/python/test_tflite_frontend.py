"""The TFLite frontend: what a file says is what the graph says, and no file breaks it."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]
from support import random_models
from support.every_models import every_model
from support.every_operator import every_operator
from support.litert import LiteRT
from support.tflite_model import pack
from support.tflite_writer import Writer
from support.wide_network import every_wide_operator
from thumbnet.errors import ThumbnetError, ThumbnetErrors
from thumbnet.frontends.flatbuffer import Malformed, Reader
from thumbnet.frontends.tflite import MAX_FILE_SIZE, parse_tflite, read_tflite
from thumbnet.frontends.tflite_operators import CONVERTERS, MADE_OF
from thumbnet.frontends.tflite_recurrent import CONVERTERS as RECURRENT
from thumbnet.frontends.tflite_tensors import printable
from thumbnet.ir.attributes import (
    Activation,
    Concatenation,
    Convolution,
    DepthwiseConvolution,
    Pad,
    Pool,
    Reduce,
    ResizeNearestNeighbor,
    Softmax,
    Transpose,
    Window,
)
from thumbnet.ir.graph import DType, Graph
from thumbnet.ir.verify import verify

MODELS = Path(__file__).resolve().parents[2].parent / "shared" / "models"
REFUSED = {}
"""Real models outside the supported operators or types, and a word of the reason."""

NOT_ONE_TO_ONE = ("tflm-person-detect", "mcunet-in3", "tflm-seanet-transpose_conv0")
"""Operators without use, weights made positive, an output shape as an input."""


def refusal(model: bytes) -> str:
    """The message with which ``model`` is refused."""
    with pytest.raises(ThumbnetError) as caught:
        parse_tflite(model, "net.tflite")
    message = caught.value.message()
    assert all(line.startswith("net.tflite: ") for line in message.splitlines())
    return message


def check_against_litert(model: bytes, graph: Graph) -> None:
    """Compares borders, operators and tensors with the interpreter's own view."""
    litert = LiteRT(model)
    details = {d["index"]: d for d in litert.interpreter.get_tensor_details()}
    indices = dict(zip(graph.inputs, (d["index"] for d in litert.inputs), strict=True))
    # Private, but the only view of the operators that is not the file itself.
    nodes = litert.interpreter._get_ops_details()
    for op, node in zip(graph.operators, nodes, strict=True):
        kinds = MADE_OF.get(node["op_name"], (node["op_name"].lower(),))
        assert op.kind.removesuffix("_int16") in kinds
    for op, node in zip(graph.operators, nodes, strict=True):
        # An operator that picks two rows names its input twice.
        inputs = [*dict.fromkeys(name for name in op.inputs if name)]
        given = [index for index in node["inputs"] if index != -1][: len(inputs)]
        for name, index in zip((*inputs, *op.outputs), (*given, *node["outputs"]), strict=True):
            assert indices.setdefault(name, index) == index
    assert [indices[name] for name in graph.outputs] == [d["index"] for d in litert.outputs]
    assert len(set(indices.values())) == len(indices) == len(graph.tensors)
    for name, tensor in graph.tensors.items():
        detail = details[indices[name]]
        assert name.startswith(printable(detail["name"])[:190])
        assert tensor.shape == tuple(detail["shape"])
        assert tensor.dtype.numpy == detail["dtype"]
        if tensor.quantization is not None:
            found = detail["quantization_parameters"]
            assert list(tensor.quantization.scale) == found["scales"].tolist()
            assert list(tensor.quantization.zero_point) == found["zero_points"].tolist()
            if not tensor.quantization.per_tensor:
                assert tensor.quantization.axis == found["quantized_dimension"]
        if tensor.data is not None:
            assert np.array_equal(tensor.data, litert.interpreter.get_tensor(detail["index"]))


def test_every_operator_equals_the_interpreters_view() -> None:
    kinds = set()
    for model in every_model(runs_in_litert=True):
        graph = verify(parse_tflite(model, "every.tflite"))
        assert graph.name == "every"
        kinds |= {op.kind for op in graph.operators}
        check_against_litert(model, graph)
    wide = verify(parse_tflite(every_wide_operator(), "wide.tflite"))
    kinds |= {op.kind.removesuffix("_int16") for op in wide.operators}
    own = {builtin.lower() for builtin in CONVERTERS if builtin not in {*MADE_OF, *RECURRENT}}
    assert own <= kinds


def test_attributes() -> None:
    graph = parse_tflite(every_operator(), "every.tflite")
    found = {op.kind: op.attributes for op in graph.operators}
    assert found["conv_2d"] == Convolution(
        Window(3, 3, 2, 2, pad_bottom=1, pad_right=1), Activation.RELU6
    )
    assert found["depthwise_conv_2d"] == DepthwiseConvolution(Window(3, 3, 1, 1, 1, 1, 1, 1))
    assert found["pad"] == Pad((0, 1, 1, 0), (0, 1, 1, 0))
    assert found["max_pool_2d"] == Pool(Window(2, 2, 2, 2))
    assert found["average_pool_2d"] == Pool(Window(2, 2, pad_bottom=1, pad_right=1))
    assert found["resize_nearest_neighbor"] == ResizeNearestNeighbor()
    assert found["transpose"] == Transpose((0, 2, 1, 3))
    assert found["concatenation"] == Concatenation(3)
    assert found["mean"] == Reduce((1, 2), keep_dims=True)
    assert found["softmax"] == Softmax(0.5)
    depthwise = next(op for op in graph.operators if op.kind == "depthwise_conv_2d")
    assert depthwise.inputs[2] == ""


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "before", "after"),
    [(8, 3, 1, 1, 1), (8, 3, 2, 0, 1), (7, 3, 2, 1, 1), (6, 5, 3, 1, 1), (9, 1, 2, 0, 0),
     (5, 2, 1, 0, 1), (4, 7, 2, 2, 3)],
)  # fmt: skip
def test_same_padding_is_explicit(
    size: int, kernel: int, stride: int, before: int, after: int
) -> None:
    model = random_models.conv_2d(
        np.random.default_rng(0), (1, size, 12, 2), 2, (kernel, 1), stride=(stride, 1)
    )
    attributes = parse_tflite(model, "m").operators[0].attributes
    assert attributes == Convolution(Window(kernel, 1, stride, 1, before, after))


def test_valid_padding_and_depth_multiplier() -> None:
    model = random_models.depthwise_conv_2d(
        np.random.default_rng(0), (1, 9, 8, 3), 2, (3, 2), stride=(2, 3), padding="valid"
    )
    attributes = parse_tflite(model, "m").operators[0].attributes
    assert attributes == DepthwiseConvolution(Window(3, 2, 2, 3), depth_multiplier=2)


def edited(model: bytes, change: Callable[[schema.ModelT], None]) -> bytes:
    """``model`` with ``change`` made to its objects."""
    objects = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model))
    change(objects)
    return pack(objects)


def small(**arguments: object) -> bytes:
    """A model of one convolution."""
    return random_models.conv_2d(np.random.default_rng(0), **arguments)  # type: ignore[arg-type]


def test_a_dynamic_batch_becomes_one() -> None:
    writer = Writer()
    x = writer.input((1, 4), scale=0.1, signature=(-1, 4))
    y = writer.relu(x)
    writer.graph.tensors[y.index].shapeSignature = [-1, 4]
    graph = parse_tflite(writer.finish([y]), "m")
    assert [graph.tensor(name).shape for name in graph.inputs + graph.outputs] == [(1, 4)] * 2


def test_other_dynamic_shapes_are_refused() -> None:
    writer = Writer()
    x = writer.input((1, 1, 4), scale=0.1, signature=(1, -1, 4), name="audio")
    message = refusal(writer.finish([writer.relu(x)]))
    assert 'tensor "audio": has the dynamic shape [1, -1, 4]' in message
    assert "fixed input shape" in message


def test_shapes_computed_by_keras_flatten_are_not_needed() -> None:
    """SHAPE, STRIDED_SLICE and PACK in front of RESHAPE repeat what the output declares."""
    writer = Writer()
    x = writer.input((1, 2, 3), scale=0.1, signature=(-1, 2, 3))
    shape = writer.tensor((2,), "int32")
    writer.operator("SHAPE", [x], [shape], schema.ShapeOptionsT())
    y = writer.tensor((1, 6), "int8", 0.1, signature=(-1, 6))
    writer.operator("RESHAPE", [x, shape], [y])
    graph = parse_tflite(writer.finish([y]), "m")
    assert [(op.kind, op.inputs) for op in graph.operators] == [("reshape", (x.name,))]


def test_all_unsupported_operators_are_reported_at_once() -> None:
    writer = Writer()
    x = writer.input((1, 4, 4, 2), scale=0.1, name="x")
    for number, builtin in enumerate(("SQUARE", "RELU", "FLOOR", "CUSTOM")):
        y = writer.tensor(x.shape, "int8", 0.1, name=f"net/y{number}/op;net/fused")
        writer.operator(builtin, [x], [y])
        x = y
    writer.model.operatorCodes[3].customCode = "MyOperator"
    model = writer.finish([x])
    with pytest.raises(ThumbnetErrors) as caught:
        parse_tflite(model, "net.tflite")
    lines = caught.value.message().splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        'node 0 "net/y0/op" (SQUARE)',
        'node 2 "net/y2/op" (FLOOR)',
        'node 3 "net/y3/op" (CUSTOM MyOperator)',
    ]
    assert all("not supported" in line and "Remedy: " in line for line in lines)
    assert "MUL" in lines[0]


def test_an_operator_that_no_output_needs_is_ignored() -> None:
    writer = Writer()
    x = writer.input((1, 4), scale=0.1)
    writer.operator("TANH", [x], [writer.tensor((1, 4), "int8", 0.1)])
    graph = parse_tflite(writer.finish([writer.relu(x)]), "m")
    assert [op.kind for op in graph.operators] == ["relu"]


@pytest.mark.parametrize(("dtype", "word"), [("float32", "FLOAT32"), ("uint8", "UINT8")])
def test_arithmetic_outside_quantized_types_is_refused(dtype: str, word: str) -> None:
    writer = Writer()
    x = writer.input((1, 4), dtype)  # without a scale, uint8 is no quantized type
    y = writer.tensor((1, 4), dtype)
    writer.operator("ADD", [x, x], [y], schema.AddOptionsT())
    message = refusal(writer.finish([y]))
    assert f"first input is {word}; ADD is supported for INT8" in message


def test_hybrid_layers_are_refused() -> None:
    writer = Writer()
    x = writer.input((1, 4), "float32")
    weights = writer.constant(np.ones((2, 4), np.int8), 0.1)
    y = writer.tensor((1, 2), "float32")
    writer.operator("FULLY_CONNECTED", [x, weights, None], [y], schema.FullyConnectedOptionsT())
    message = refusal(writer.finish([y]))
    assert "weights are INT8 and activations FLOAT32 (dynamic range quantization)" in message
    assert "representative data set" in message


def set_options(**values: int) -> Callable[[schema.ModelT], None]:
    """An edit of the first operator's options."""

    def change(model: schema.ModelT) -> None:
        for name, value in values.items():
            setattr(model.subgraphs[0].operators[0].builtinOptions, name, value)

    return change


def set_tensor(index: int, **values: object) -> Callable[[schema.ModelT], None]:
    """An edit of a tensor, or of its quantization where it has no such field."""

    def change(model: schema.ModelT) -> None:
        tensor = model.subgraphs[0].tensors[index]
        for name, value in values.items():
            setattr(tensor if hasattr(tensor, name) else tensor.quantization, name, value)

    return change


def set_operator(**values: object) -> Callable[[schema.ModelT], None]:
    """An edit of the first operator."""

    def change(model: schema.ModelT) -> None:
        for name, value in values.items():
            setattr(model.subgraphs[0].operators[0], name, value)

    return change


# Tensors of the model: 0 input [1,7,6,5], 1 weights [6,3,3,5], 2 bias [6], 3 output.
EDITS: dict[str, tuple[Callable[[schema.ModelT], None], str]] = {
    "dilation": (set_options(dilationHFactor=0), "dilations [0, 1]"),
    "far dilation": (set_options(dilationWFactor=1 << 20), "dilations [1, 1048576]"),
    "tanh": (set_options(fusedActivationFunction=4), "fused activation TANH"),
    "stride 0": (set_options(strideH=0), "out of range"),
    "negative stride": (set_options(strideW=-3), "out of range"),
    "padding": (set_options(padding=7), "padding 7"),
    "data": (set_tensor(1, shape=[6, 3, 3, 1]), "bytes of data"),
    "groups": (set_tensor(0, shape=[1, 7, 6, 12]), "no whole groups"),
    "groups of outputs": (set_tensor(0, shape=[1, 7, 6, 20]), "no whole groups"),
    "output shape": (set_tensor(3, shape=[1, 7, 6, 7]), "declared [1, 7, 6, 7]"),
    "negative shape": (set_tensor(0, shape=[1, 7, -6, 5]), "shape [1, 7, -6, 5]"),
    "empty shape": (set_tensor(0, shape=[1, 0, 6, 5]), "shape [1, 0, 6, 5]"),
    "huge shape": (set_tensor(0, shape=[1, 2**31 - 1, 2**31 - 1, 5]), "the limit is"),
    "rank": (set_tensor(0, shape=[1] * 7), "7 dimensions"),
    "rank of input": (set_tensor(0, shape=[7, 6, 5]), "4 dimensions"),
    "no scale": (set_tensor(0, scale=[]), "not quantized"),
    "scale 0": (set_tensor(0, scale=[0.0]), "scale 0"),
    "scale nan": (set_tensor(3, scale=[float("nan")]), "scale nan"),
    "zero point": (set_tensor(0, zeroPoint=[300]), "zero point outside INT8"),
    "weights zero point": (set_tensor(1, zeroPoint=[1] * 6), "zero point; symmetric"),
    "axis": (set_tensor(1, quantizedDimension=1), "scales along dimension 1"),
    "int4": (set_tensor(1, type=schema.TensorType.INT4), "INT4"),
    "variable": (set_tensor(0, isVariable=True), "a variable"),
    "buffer": (set_tensor(1, buffer=99), "buffer 99 does not exist"),
    "weights at run time": (set_tensor(1, buffer=0), "weights are computed at run time"),
    "tensor": (set_operator(inputs=[0, 1, 77]), "tensor 77 does not exist"),
    "minus two": (set_operator(inputs=[0, 1, -2]), "tensor -2 does not exist"),
    "no weights": (set_operator(inputs=[0]), "weights (input 1) is missing"),
    "no output": (set_operator(outputs=[]), "never written"),
    "code": (set_operator(opcodeIndex=9), "operator code 9"),
    "options": (
        set_operator(
            builtinOptionsType=schema.BuiltinOptions.AddOptions,
            builtinOptions=schema.AddOptionsT(),
        ),
        "AddOptions instead of Conv2DOptions",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_contradictions_are_refused(name: str) -> None:
    change, words = EDITS[name]
    assert words in refusal(edited(small(), change))


def test_a_cycle_and_a_second_writer_are_refused() -> None:
    writer = Writer()
    x = writer.input((1, 4), scale=0.1)
    a, b = writer.tensor((1, 4), "int8", 0.1), writer.tensor((1, 4), "int8", 0.1)
    writer.operator("ADD", [x, b], [a], schema.AddOptionsT())
    writer.operator("RELU", [a], [b])
    assert "before it is written" in refusal(writer.finish([b]))
    writer.operator("RELU6", [x], [b])
    assert "before it is written" in refusal(writer.finish([b]))
    writer.graph.operators = [writer.graph.operators[2], *writer.graph.operators[:2]]
    assert "which has a value" in refusal(writer.finish([b]))


def test_negative_weight_scales_move_into_the_integers() -> None:
    writer = Writer()
    x = writer.input((1, 4), scale=0.1, zero_point=3)
    weights = random_models.random_weights(np.random.default_rng(0), (2, 4))
    y = writer.fully_connected(
        x, weights, np.array([5, 7]), weight_scale=[0.1, -0.2], scale=0.5, zero_point=1
    )
    graph = parse_tflite(writer.finish([y]), "m")
    moved, bias = (graph.tensor(name) for name in graph.operators[0].inputs[1:])
    assert moved.quantization is not None and moved.data is not None and bias.data is not None
    assert np.allclose(moved.quantization.scale, [0.1, 0.2], rtol=1e-6)
    assert np.array_equal(moved.data, weights * np.array([[1], [-1]], np.int8))
    assert np.array_equal(bias.data, [5, -7])
    weights[1, 2] = -128
    writer = Writer()
    x = writer.input((1, 4), scale=0.1)
    y = writer.fully_connected(x, weights, weight_scale=[0.1, -0.2], scale=0.5)
    assert "-128" in refusal(writer.finish([y]))


def test_a_bias_with_the_dimension_of_the_weights_is_accepted() -> None:
    """As in TFLM's person_detect, which both TFLites refuse to load."""
    model = edited(small(), set_tensor(2, quantizedDimension=3))
    assert parse_tflite(model, "m").tensor("t2").shape == (6,)


def test_names_are_short_unique_and_printable() -> None:
    writer = Writer()
    x = writer.input((1, 4), scale=0.1, name="*/ evil\n\\name")
    for name in ("a/" * 60 + "Relu:0", "same", "same", ""):
        y = writer.tensor((1, 4), "int8", 0.1, name=name)
        writer.operator("RELU", [x], [y])
        x = y
    graph = verify(parse_tflite(writer.finish([x]), "m"))
    assert graph.inputs == ("_/_evil_name",)
    assert [op.name for op in graph.operators] == ["a/" * 30 + "Relu", "same", "same_2", "tensor_4"]
    assert graph.outputs == ("tensor_4",)


def test_every_truncation_is_refused() -> None:
    model = small()
    for length in range(0, len(model) - 1, 3):
        with pytest.raises(ThumbnetError):
            parse_tflite(model[:length], "m")


def mutant(model: bytes, rng: random.Random) -> bytes:
    """``model`` with a few bits or words changed."""
    data = bytearray(model)
    for _ in range(rng.choice([1, 1, 2, 8])):
        at = rng.randrange(len(data))
        if rng.random() < 0.5:
            data[at] ^= 1 << rng.randrange(8)
        else:
            value = rng.choice([0, 1, 4, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, rng.getrandbits(32)])
            data[at & ~3 : (at & ~3) + 4] = value.to_bytes(4, "little")
    return bytes(data[: len(model)])


def test_no_mutation_breaks_the_reader() -> None:
    model, rng = every_operator(), random.Random(0)
    outcomes = {"accepted": 0, "refused": 0}
    for _ in range(1500):
        try:
            verify(parse_tflite(mutant(model, rng), "m"))
            outcomes["accepted"] += 1
        except ThumbnetError:
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 50  # the mutations neither always nor never hurt


def test_overlapping_vectors_have_a_budget() -> None:
    """A small file cannot have its vectors decoded over and over into gigabytes."""
    model = every_operator()
    table, decoded = Reader(model).root(), 0
    with pytest.raises(Malformed, match="more elements than the file has bytes"):
        while decoded < 1 << 30:
            decoded += len(table.text(3))
    assert len(model) < decoded < 5 * len(model) + (1 << 16)


@pytest.mark.parametrize("content", [b"", b"TFL3", b"\0" * 64, b"{}" * 40, b"\x1c\0\0\0TFL3"])
def test_other_files_are_refused(content: bytes) -> None:
    assert "is not a valid .tflite file" in refusal(content)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.tflite", tmp_path):
        with pytest.raises(ThumbnetError, match="cannot be read"):
            read_tflite(path)
    huge = tmp_path / "huge.tflite"
    with huge.open("wb") as file:
        file.truncate(MAX_FILE_SIZE + 1)
    with pytest.raises(ThumbnetError, match="the limit is"):
        read_tflite(huge)


def real_models() -> list[Path]:
    """The .tflite files of real networks, where they are at hand."""
    return sorted(MODELS.glob("*/*.tflite"))


@pytest.mark.skipif(not MODELS.is_dir(), reason="../shared/models is absent")
def test_real_models() -> None:
    paths = real_models()
    assert len(paths) == 33
    for path in paths:
        graph = verify(read_tflite(path))
        if path.parent.name.endswith("-quant"):  # uint8: tensors differ, see test_uint8.py
            assert all(graph.tensor(name).dtype is DType.UINT8 for name in graph.inputs)
            continue
        if graph.states:
            continue  # compared with LiteRT over sequences: test_lstm.py, test_svdf.py
        allowed = (DType.INT8, DType.INT16, DType.FLOAT32)
        assert all(graph.tensor(name).dtype in allowed for name in graph.inputs)
        if path.parent.name not in NOT_ONE_TO_ONE:
            check_against_litert(path.read_bytes(), graph)
