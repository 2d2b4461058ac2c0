"""Resource variables: graphs over sequences against LiteRT, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]
from support.litert import LiteRT
from support.recurrent_models import Variables
from support.sequences import compare_tensors
from support.shared import model_path, needs_shared
from support.tflite_model import AnyArray, Value, pack
from thumbnet.errors import ThumbnetError
from thumbnet.frontends.tflite import parse_tflite, read_tflite
from thumbnet.frontends.tflite_nodes import Converted, Node
from thumbnet.frontends.tflite_operators import CONVERTERS
from thumbnet.ir.attributes import Attributes
from thumbnet.ir.graph import Array, Graph, Operator
from thumbnet.ir.verify import verify
from thumbnet.operators.base import Family, Lowered
from thumbnet.operators.registry import check_supported, families
from thumbnet.reference.interpreter import run_sequence

SHAPE, SCALE = (1, 4), 0.05


class Model(Variables):
    """Variables of one shape and scale under construction; ``x`` is the input."""

    def __init__(self, *names: str, initialized: bool = True) -> None:
        super().__init__()
        self.x = self.input(SHAPE, scale=SCALE)
        if initialized:
            rng = np.random.default_rng(len(names))
            values = [rng.integers(-99, 99, SHAPE).astype(np.int8) for _ in names]
            self.initial = [(name, value, SCALE) for name, value in zip(names, values, strict=True)]
            self.call_once()
        self.handles = {name: self.handle(name) for name in names}

    def get(self, name: str) -> Value:
        """READ_VARIABLE."""
        return self.read(self.handles[name], SHAPE, SCALE)

    def put(self, name: str, value: Value) -> None:
        """ASSIGN_VARIABLE."""
        self.assign(self.handles[name], value)

    def half(self, value: Value, other: Value) -> Value:
        """Half of a sum, saturated."""
        added = self.add(value, other, scale=2 * SCALE)
        return self.quantize(added, scale=SCALE)


def compare(model: bytes) -> Graph:
    """Nine inferences without reset against LiteRT; returns the graph."""
    graph = verify(parse_tflite(model, "net.tflite"))
    check_supported(graph, "net.tflite")
    rng = np.random.default_rng(1)
    given: list[list[AnyArray]] = []
    for _ in range(9):
        given.append([rng.integers(-128, 128, SHAPE).astype(np.int8)])
    expected = LiteRT(model).sequence(given)
    made = run_sequence(graph, given)
    for index, (outputs, wanted) in enumerate(zip(made, expected, strict=True)):
        for got, value in zip(outputs, wanted, strict=True):
            np.testing.assert_array_equal(got, value, f"inference {index}")
    assert not all(np.array_equal(made[1][0], outputs[0]) for outputs in made[2:])
    return graph


def test_a_variable_carries_a_value() -> None:
    model = Model("a")
    model.put("a", y := model.half(model.get("a"), model.x))
    graph = compare(model.finish([y]))
    assert len(graph.states) == 1
    assert {op.kind for op in graph.operators} == {"add", "quantize"}
    np.testing.assert_array_equal(graph.states[0].initial, model.initial[0][1])


def test_reads_behind_an_assignment_see_it() -> None:
    model = Model("a")
    before = model.get("a")
    twin = model.get("a")
    model.put("a", first := model.half(before, model.x))
    behind = model.get("a")
    model.put("a", second := model.half(behind, twin))
    graph = compare(model.finish([second, first]))
    assert len(graph.states) == 1
    assert graph.states[0].written == graph.outputs[0]
    assert graph.outputs[1] in graph.operators[2].inputs


def test_variables_form_a_line_of_delays() -> None:
    """What is written is an input, or what another variable held before: copies of them."""
    model = Model("a", "b", "c")
    a, b, c = (model.get(name) for name in "abc")
    model.put("c", b)
    model.put("b", a)
    model.put("a", model.x)
    graph = compare(model.finish([model.half(c, model.x)]))
    assert len(graph.states) == 3
    reads = {state.read for state in graph.states}
    copied = {op.outputs[0]: op.inputs[0] for op in graph.operators if op.kind == "reshape"}
    assert {state.written for state in graph.states} == set(copied)
    assert graph.inputs[0] in copied.values()
    assert len(reads & set(copied.values())) == 2


def test_variables_swap() -> None:
    model = Model("a", "b")
    a, b = model.get("a"), model.get("b")
    model.put("a", b)
    model.put("b", model.half(a, model.x))
    compare(model.finish([model.half(a, b)]))


def test_what_a_variable_needs_is_kept_and_the_rest_is_not() -> None:
    model = Model("a", "unused", "counter")
    model.put("a", model.half(model.get("a"), model.x))
    model.put("counter", model.half(model.get("counter"), model.x))
    model.put("unused", model.relu(model.x))
    old = model.get("a")
    graph = compare(model.finish([model.half(old, model.x)]))
    assert len(graph.states) == 1
    assert [op.kind for op in graph.operators] == ["add", "quantize"] * 2


def test_a_variable_that_is_assigned_first_is_no_state() -> None:
    model = Model("a", initialized=False)
    model.put("a", model.relu(model.x))
    assert compare(model.finish([model.half(model.get("a"), model.x)])).states == ()


def test_a_variable_that_is_never_assigned_is_a_constant() -> None:
    model = Model("a")
    graph = compare(model.finish([model.half(model.get("a"), model.x)]))
    assert graph.states == ()
    assert any(graph.tensor(name).is_constant for name in graph.operators[0].inputs)


def test_a_variable_may_be_an_output() -> None:
    model = Model("a")
    old = model.get("a")
    model.put("a", model.half(old, model.x))
    graph = compare(model.finish([old]))
    assert graph.outputs == (graph.states[0].read,)


class Slice(Family):
    """STRIDED_SLICE over whole rows, as far as the test below needs it."""

    kinds = ("strided_slice",)

    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        return graph.tensor(operator.outputs[0]).shape

    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        x, begin = inputs
        assert x is not None
        assert begin is not None
        assert begin.shape == (4,)
        assert not begin[[0, 2, 3]].any()
        rows = self.output_shape(graph, operator)[1]
        assert begin[1] % x.shape[1] + rows == x.shape[1]
        return [x[:, begin[1] :]]

    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        raise NotImplementedError


def slice_of_rows(node: Node) -> Converted:
    """STRIDED_SLICE whose masks leave the first row alone."""
    assert node.integer("StridedSliceOptions", 0, "i") == 0b1101
    assert node.integer("StridedSliceOptions", 1, "i") == 0b1111
    return Converted("strided_slice", Attributes(), (node.input(0), node.input(1)))


@needs_shared
def test_a_streaming_network_equals_litert(monkeypatch: pytest.MonkeyPatch) -> None:
    if "STRIDED_SLICE" not in CONVERTERS:
        monkeypatch.setitem(CONVERTERS, "STRIDED_SLICE", slice_of_rows)
        monkeypatch.setitem(families(), "strided_slice", Slice())
    path = model_path("esphome-v2-vad")
    graph = verify(read_tflite(path))
    check_supported(graph, path.name)
    assert len(graph.states) == 4
    rng = np.random.default_rng(2)
    shape = graph.tensor(graph.inputs[0]).shape
    given: list[list[AnyArray]] = []
    for index in range(24):
        loud = index // 8 % 2 == 0
        values = rng.normal(-40, 50, shape) if loud else rng.normal(-110, 10, shape)
        given.append([np.clip(values, -128, 127).astype(np.int8)])
    assert compare_tensors(path.read_bytes(), graph, given) > 200  # else the network is idle


# -- what is refused ------------------------------------------------------------------------------


def refusal(model: bytes) -> str:
    """The message with which ``model`` is refused."""
    with pytest.raises(ThumbnetError) as caught:
        parse_tflite(model, "net.tflite")
    return caught.value.message()


def test_a_variable_without_a_first_value_is_refused() -> None:
    model = Model("some/states", initialized=False)
    old = model.get("some/states")
    model.put("some/states", model.x)
    message = refusal(model.finish([model.half(old, model.x)]))
    assert 'variable "some/states" is read before it is assigned' in message
    assert "(READ_VARIABLE)" in message


@pytest.mark.parametrize(
    ("shape", "scale", "words"),
    [
        ((1, 5), SCALE, "is assigned as INT8 [1, 5]; it holds INT8 [1, 4]"),
        (SHAPE, 0.07, "is assigned with another quantization"),
    ],
)
def test_a_variable_of_two_shapes_is_refused(
    shape: tuple[int, ...], scale: float, words: str
) -> None:
    model = Model("a")
    old = model.get("a")
    model.put("a", model.relu(model.input(shape, scale=scale)))
    assert words in refusal(model.finish([model.half(old, model.x)]))


def test_an_initialization_behind_an_assignment_is_refused() -> None:
    model = Model("a", initialized=False)
    model.put("a", model.x)
    model.call_once()
    assert "behind the first use" in refusal(model.finish([model.half(model.get("a"), model.x)]))


def test_an_initial_value_of_another_shape_is_refused() -> None:
    model = Model("a")
    model.initial = [("a", np.zeros((1, 3), np.int8), SCALE)]
    model.put("a", y := model.half(model.get("a"), model.x))
    assert "is read as INT8 [1, 4]; it holds INT8 [1, 3]" in refusal(model.finish([y]))


def edited(change: Callable[[Any], None]) -> bytes:
    """A small model with ``change`` made to its objects."""
    model = Model("a")
    model.put("a", y := model.half(model.get("a"), model.x))
    objects = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model.finish([y])))
    change(objects)
    return pack(objects)


def late_initialization(model: Any) -> None:
    main = model.subgraphs[0]
    main.operators = [*main.operators[1:], main.operators[0]]


def computed_value(model: Any) -> None:
    model.subgraphs[1].tensors[1].buffer = 0


def other_operator(model: Any) -> None:
    model.subgraphs[1].operators[1].opcodeIndex = model.subgraphs[0].operators[3].opcodeIndex


def lost_subgraph(model: Any) -> None:
    model.subgraphs[0].operators[0].builtinOptions.initSubgraphIndex = 7


def no_handle(model: Any) -> None:
    main = model.subgraphs[0]
    main.operators = [main.operators[0], *main.operators[2:]]


def without_inputs(model: Any) -> None:
    model.subgraphs[0].operators[2].inputs = []


def handle_without_output(model: Any) -> None:
    model.subgraphs[0].operators[1].outputs = []


def other_options(model: Any) -> None:
    handle = model.subgraphs[0].operators[1]
    handle.builtinOptionsType = schema.BuiltinOptions.AddOptions
    handle.builtinOptions = schema.AddOptionsT()


EDITS = {
    late_initialization: 'variable "a" is read before it is assigned',
    computed_value: 'initial value of variable "a" is computed',
    other_operator: "only constants are assigned",
    lost_subgraph: "subgraph 7 does not exist; there are 2",
    no_handle: "not named by a VAR_HANDLE",
    without_inputs: "has 0 inputs; it takes 1",
    handle_without_output: "has 0 outputs; it makes one",
    other_options: "AddOptions instead of VarHandleOptions",
}


@pytest.mark.parametrize("change", EDITS, ids=lambda change: change.__name__)
def test_contradictions_are_refused(change: Callable[[Any], None]) -> None:
    assert EDITS[change] in refusal(edited(change))


def test_no_mutation_breaks_the_reader() -> None:
    model, rng = edited(lambda objects: None), np.random.default_rng(0)
    outcomes = {"accepted": 0, "refused": 0}
    for _ in range(600):
        data = bytearray(model)
        for at in rng.integers(0, len(data), int(rng.integers(1, 4))):
            data[at] ^= 1 << int(rng.integers(8))
        try:
            verify(parse_tflite(bytes(data), "m"))
            outcomes["accepted"] += 1
        except ThumbnetError:
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 20  # the mutations neither always nor never hurt
