"""SVDF and what its networks need: references against LiteRT or TFLM, C against the references."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]
from support.kernel_harness import KernelHarness
from support.litert import LiteRT
from support.random_models import random_scale
from support.recurrent_models import SvdfShape, svdf
from support.sequences import compare_tensors
from support.shared import model_path, needs_shared
from support.tflite_model import AnyArray, pack
from support.tflite_writer import Writer
from support.tflm import Tflm
from thumbnet.errors import ThumbnetError
from thumbnet.frontends.tflite import parse_tflite, read_tflite
from thumbnet.ir.graph import Graph
from thumbnet.ir.verify import verify
from thumbnet.operators.registry import check_supported
from thumbnet.reference.interpreter import run, run_sequence

SHAPES = [
    SvdfShape(),
    SvdfShape(rank=1, memory=8, units=16, values=16),
    SvdfShape(rank=3, memory=1, units=2, values=1),
    SvdfShape(rank=1, memory=9, units=3, bias=False),
    SvdfShape(rank=4, memory=3, units=7, values=31),
]


def read(model: bytes) -> Graph:
    """The graph of a model within all limits."""
    graph = verify(parse_tflite(model, "net.tflite"))
    check_supported(graph, "net.tflite")
    return graph


def noise(rng: np.random.Generator, graph: Graph) -> list[AnyArray]:
    """Inputs over the whole range of their types."""
    found: list[AnyArray] = []
    for tensor in (graph.tensor(name) for name in graph.inputs):
        limits = np.iinfo(tensor.dtype.value)
        values = rng.integers(limits.min, limits.max + 1, tensor.shape)
        found.append(values.astype(tensor.dtype.numpy))
    return found


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_reference_equals_litert(shape: SvdfShape) -> None:
    values: set[int] = set()
    for seed in range(6):
        rng = np.random.default_rng(seed)
        model = svdf(rng, shape)
        graph = read(model)
        given = [noise(rng, graph) for _ in range(2 * shape.memory + 2)]
        interpreter = LiteRT(model)
        expected = interpreter.sequence(given)
        for index, got in enumerate(run_sequence(graph, given)):
            np.testing.assert_array_equal(got[0], expected[index][0], f"{seed}, {index}")
            values |= set(got[0].ravel().tolist())
        interpreter.interpreter.reset_all_variables()
        np.testing.assert_array_equal(interpreter.run(given[0])[0], expected[0][0])
    assert len(values) > 20  # else this test could not fail


@pytest.mark.parametrize("shape", SHAPES[:1], ids=str)
def test_int8_states_equal_tflm(shape: SvdfShape) -> None:
    """LiteRT reads int8 states as int16; TFLM knows both."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        for state in ("int8", "int16"):
            model = svdf(rng, SvdfShape(state=state, bias=shape.bias))
            graph = read(model)
            given = [noise(rng, graph) for _ in range(9)]
            interpreter = Tflm(model)
            for sample, got in zip(given, run_sequence(graph, given), strict=True):
                np.testing.assert_array_equal(got[0], interpreter.run(sample)[0])


@needs_shared
def test_keyword_network_equals_litert() -> None:
    """The outputs of this file, whose weights are scrambled, are always equal."""
    path = model_path("tflm-keyword-scrambled")
    graph = verify(read_tflite(path))
    check_supported(graph, path.name)
    assert [op.kind for op in graph.operators].count("svdf") == len(graph.states) == 7
    rng = np.random.default_rng(0)
    given = [[(noise(rng, graph)[0] >> n % 4).astype(np.int16)] for n in range(10)]
    assert compare_tensors(path.read_bytes(), graph, given) > 60


# -- QUANTIZE of wide integers, SOFTMAX to int16 --------------------------------------------------


PAIRS = [
    ("int8", "int16"),
    ("int16", "int8"),
    ("int16", "int16"),
    ("int16", "int32"),
    ("int32", "int8"),
    ("int32", "int16"),
]


def quantize_model(rng: np.random.Generator, kinds: tuple[str, str]) -> bytes:
    """One QUANTIZE whose output spans its type, more or less."""
    bits = {"int8": 8, "int16": 16, "int32": 24}
    writer = Writer()
    # int16 has zero point 0 where both sides are int16.
    points = [0 if kinds == ("int16", "int16") else int(rng.integers(-100, 100)) for _ in range(2)]
    scale = random_scale(rng)
    x = writer.input((1, 6, 50), kinds[0], scale, points[0])
    ratio = 2.0 ** (bits[kinds[0]] - bits[kinds[1]]) * float(rng.uniform(0.6, 3))
    return writer.finish([writer.quantize(x, kinds[1], scale=scale * ratio, zero_point=points[1])])


def quantize_inputs(rng: np.random.Generator, graph: Graph) -> list[AnyArray]:
    """Noise; of int32 no more than LiteRT's arithmetic holds."""
    given = noise(rng, graph)
    return [value >> 7 if value.dtype == np.int32 else value for value in given]


@pytest.mark.parametrize("kinds", PAIRS, ids="-".join)
def test_wide_quantize_equals_litert(kinds: tuple[str, str]) -> None:
    rng = np.random.default_rng(1)
    for _ in range(12):
        model = quantize_model(rng, kinds)
        graph = read(model)
        given = quantize_inputs(rng, graph)
        made = run(graph, given)[0]
        np.testing.assert_array_equal(made, LiteRT(model).run(given)[0])
        assert np.unique(made).size > 50


def softmax_model(rng: np.random.Generator, channels: int) -> bytes:
    """One SOFTMAX of int8 to int16."""
    writer = Writer()
    x = writer.input((1, 9, channels), scale=random_scale(rng, 0.005, 0.5), zero_point=3)
    scale, point = [(1 / 65536, -32768), (1 / 65535, -32768), (1 / 32768, 0), (0.001, -7)][
        int(rng.integers(4))
    ]
    y = writer.tensor((1, 9, channels), "int16", scale, point)
    options = schema.SoftmaxOptionsT()
    options.beta = float(rng.choice([1.0, 0.5]))
    writer.operator("SOFTMAX", [x], [y], options, version=3)
    return writer.finish([y])


def test_softmax_to_int16_equals_litert() -> None:
    rng = np.random.default_rng(2)
    for channels in (1, 2, 3, 10, 40) * 6:
        model = softmax_model(rng, channels)
        graph = read(model)
        given = noise(rng, graph)
        # A library's exp() may differ from the nearest float, here in the last bit of 24.
        expected = LiteRT(model).run(given)[0].astype(np.int64)
        assert np.abs(run(graph, given)[0] - expected).max() <= 1


# -- C against the references ---------------------------------------------------------------------


def test_svdf_kernels_equal_references(tmp_path: Path) -> None:
    harness = KernelHarness(tmp_path)
    rng = np.random.default_rng(3)
    for shape in (*SHAPES, SvdfShape(state="int8"), SvdfShape(state="int8", rank=1, memory=1)):
        graph = read(svdf(rng, shape))
        state = graph.tensor(graph.states[0].read)
        limits = np.iinfo(state.dtype.value)
        old = rng.integers(limits.min, limits.max + 1, state.shape).astype(state.dtype.numpy)
        extreme = np.full(state.shape, limits.min, state.dtype.numpy)
        given = [[*noise(rng, graph), held] for held in (graph.states[0].initial, old, extreme)]
        harness.add(graph, graph.operators[0], given)
    harness.check()


def test_other_kernels_equal_references(tmp_path: Path) -> None:
    harness = KernelHarness(tmp_path)
    rng = np.random.default_rng(4)
    for kinds in PAIRS:
        for _ in range(2):
            graph = read(quantize_model(rng, kinds))
            given = [noise(rng, graph), quantize_inputs(rng, graph)]
            harness.add(graph, graph.operators[0], given)
    for channels in (1, 2, 7, 40) * 4:
        graph = read(softmax_model(rng, channels))
        given = [noise(rng, graph), [np.full((1, 9, channels), -5, np.int8)]]
        harness.add(graph, graph.operators[0], given)
    harness.check()


# -- limits ---------------------------------------------------------------------------------------


def refusal(change: Callable[[schema.SubGraphT], None]) -> str:
    """The message with which a small SVDF is refused after ``change`` to its objects."""
    model = svdf(np.random.default_rng(0), SvdfShape())
    objects = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model))
    change(objects.subgraphs[0])
    with pytest.raises(ThumbnetError) as caught:
        check_supported(parse_tflite(pack(objects), "net.tflite"), "net.tflite")
    return caught.value.message()


def set_tensor(number: int, **values: object) -> Callable[[schema.SubGraphT], None]:
    """An edit of an input's tensor (-1: the output's), or of its quantization."""

    def change(graph: schema.SubGraphT) -> None:
        operator = graph.operators[0]
        index = operator.outputs[0] if number < 0 else operator.inputs[number]
        tensor = graph.tensors[index]
        for name, value in values.items():
            setattr(tensor if hasattr(tensor, name) else tensor.quantization, name, value)

    return change


def set_options(**values: object) -> Callable[[schema.SubGraphT], None]:
    """An edit of the options."""

    def change(graph: schema.SubGraphT) -> None:
        for name, value in values.items():
            setattr(graph.operators[0].builtinOptions, name, value)

    return change


EDITS: dict[str, tuple[Callable[[schema.SubGraphT], None], str]] = {
    "plain state": (set_tensor(4, isVariable=False), "state is not a variable tensor"),
    "state shape": (set_tensor(4, shape=[1, 41]), "do not fit input"),
    "state zero point": (set_tensor(4, zeroPoint=[1]), "zero point 1"),
    "rank 0": (set_options(rank=0), "rank 0 does not divide 10"),
    "rank 3": (set_options(rank=3), "rank 3 does not divide 10"),
    "tanh": (set_options(fusedActivationFunction=4), "fused activation TANH"),
    "no activation": (set_options(fusedActivationFunction=0), "activation is none"),
    "features": (set_tensor(0, shape=[1, 8]), "do not fit input"),
    "dimensions": (set_tensor(0, shape=[7]), "for 2 dimensions"),
    "weights": (set_tensor(1, buffer=0), "computed at run time"),
    "weights zero point": (set_tensor(2, zeroPoint=[4]), "zero point 4"),
    "bias": (set_tensor(3, shape=[1, 4], buffer=0), "computed at run time"),
    "output": (set_tensor(-1, shape=[1, 6]), "declared [1, 6]"),
    "batch": (
        lambda graph: [
            set_tensor(0, shape=[2, 7])(graph),
            set_tensor(4, shape=[2, 40])(graph),
            set_tensor(-1, shape=[2, 5])(graph),
        ],
        "an input [1, values]",
    ),
    "state of another type": (set_tensor(4, type=schema.TensorType.INT8), "state is INT8"),
}  # type: ignore[dict-item]


@pytest.mark.parametrize("name", EDITS)
def test_what_is_not_an_integer_svdf_is_refused(name: str) -> None:
    change, words = EDITS[name]
    assert words in refusal(change)


def test_a_state_of_two_operators_is_refused() -> None:
    def change(graph: schema.SubGraphT) -> None:
        second = copy.deepcopy(graph.operators[0])
        graph.tensors.append(copy.deepcopy(graph.tensors[second.outputs[0]]))
        second.outputs = [len(graph.tensors) - 1]
        graph.operators.append(second)
        graph.outputs = [*graph.outputs, *second.outputs]

    assert "of two operators" in refusal(change)
