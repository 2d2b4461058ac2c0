"""Functions of one byte and of two: references against LiteRT, C against them."""

from __future__ import annotations

import dataclasses
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from support import byte_trials as trials
from support.operator_trials import Trial, check_kernels, check_references
from support.tflite_model import Value
from support.tflite_writer import Writer
from thumbnet.errors import ThumbnetError
from thumbnet.ir.graph import Quantization
from thumbnet.operators.registry import family
from thumbnet.passes import run_passes
from thumbnet.reference.interpreter import run

TYPES = ("int8", "uint8", "int16", "int32", "bool", "float32")
FULL = trials.FULL
SELECTIONS = [
    trials.select("select_v2", (FULL, FULL, FULL)),
    trials.select("select_v2", ((1, 4, 5, 1), FULL, (6,)), constant=2),
    trials.select("select_v2", ((1, 4, 1, 6), (1, 1, 5, 6), FULL)),
    trials.select("select_v2", (FULL, (), FULL), constant=1),
    trials.select("select", (FULL, FULL, FULL)),
]
LOGICAL = [
    trials.logical("logical_and", (FULL, FULL)),
    trials.logical("logical_or", (FULL, (1, 1, 1, 6))),
]


@pytest.mark.parametrize("kind", trials.UNARY)
def test_tables_equal_litert_for_every_byte(kind: str) -> None:
    check_references([trials.unary(kind, number) for number in range(8)])


def test_every_function_of_a_byte_is_a_table(tmp_path: Path) -> None:
    made = [trials.unary(kind, 0, (1, 3, 5, 7)) for kind in trials.UNARY]
    check_kernels([*made, trials.logical("logical_not", (FULL,))], tmp_path, {"lookup_u8"})


@pytest.mark.parametrize("kind", trials.BINARY)
def test_functions_of_two_operands_equal_litert(kind: str) -> None:
    check_references([*trials.binaries([kind]), trials.every_pair(kind, 0)])


def test_kernels_of_two_operands_equal_references(tmp_path: Path) -> None:
    made = [trial for trial in trials.binaries() if "()" not in trial.name]
    check_kernels([*made, *LOGICAL], tmp_path, {"binary_s8"})


def test_a_number_as_operand_makes_a_table(tmp_path: Path) -> None:
    made = [trial for trial in trials.binaries() if "()" in trial.name]
    assert len(made) == len(trials.BINARY)
    check_kernels(made, tmp_path, {"lookup_u8"})


def test_selections_and_logic_equal_litert_and_c(tmp_path: Path) -> None:
    check_references([*SELECTIONS, *LOGICAL, trials.logical("logical_not", (FULL,))])
    check_kernels(SELECTIONS, tmp_path, {"select_s8"})


def test_casts_equal_litert_and_c(tmp_path: Path) -> None:
    made = [trials.cast(*pair) for pair in permutations(TYPES, 2)]
    check_references(made)
    check_kernels(made, tmp_path, {"cast", "lookup_u8"})


def test_comparisons_look_ranks_up_only_where_they_must() -> None:
    literals = set()
    for number in range(12):
        graph = run_passes(trials.binary("less", (FULL, FULL), None, number).graph())
        lowered = family(graph.operators[0]).lower(graph, graph.operators[0])
        literals.add(lowered.kernel.literals[1])
    assert literals == {0, 1}


def test_clamps_fuse_into_functions_of_two_operands(tmp_path: Path) -> None:
    writer = Writer()
    a, b = (writer.input(FULL, "int8", 0.02, -30) for _ in "ab")
    y = writer.tensor(FULL, "int8", 0.02, -30)
    writer.operator("MAXIMUM", [a, b], [y])
    made = Trial("maximum and relu6", writer.finish([writer.relu(y, "relu6")]))
    check_references([made])
    check_kernels([made], tmp_path, {"binary_s8"})


def test_quotients_by_zero_saturate() -> None:
    made = trials.binary("div", (FULL, FULL), None)
    graph = made.graph()
    a, b, out = (graph.tensor(name) for name in (*graph.inputs, *graph.outputs))
    for sign in (-1, 0, 1):
        first = np.full(FULL, np.clip(a.zero_point + sign, -128, 127), np.int8)
        value = run(graph, [first, np.full(FULL, b.zero_point, np.int8)])[0]
        moved = np.sign(int(first.flat[0]) - a.zero_point)
        assert np.all(np.sign(value.astype(int) - np.clip(out.zero_point, -128, 127)) * moved >= 0)


def refusal(writer: Writer, *outputs: Value) -> str:
    """The message with which a model is refused."""
    with pytest.raises(ThumbnetError) as caught:
        Trial("refused", writer.finish(outputs)).graph()
    return caught.value.message()


def test_what_litert_has_not_is_refused() -> None:
    for builtin in ("SIN", "COS", "SIGN", "FLOOR", "CEIL", "ROUND", "SQUARE"):
        writer = Writer()
        x, y = writer.input(FULL, "int8", 0.1), writer.tensor(FULL, "int8", 0.1)
        writer.operator(builtin, [x], [y])
        assert "operator is not supported" in refusal(writer, y)
    writer = Writer()
    x, y = writer.input(FULL, "int16", 0.1), writer.tensor(FULL, "int16", 0.1)
    writer.operator("EXP", [x], [y])
    assert "INT16; EXP is supported for INT8" in refusal(writer, y)


def test_operands_are_checked() -> None:
    writer = Writer()
    condition = writer.input((4,), "bool")
    values = [writer.input((4, 6), "int8", 0.1) for _ in "ab"]
    y = writer.tensor((4, 6), "int8", 0.1)
    writer.operator("SELECT", [condition, *values], [y])
    assert "use SELECT_V2" in refusal(writer, y)
    writer = Writer()
    x, divisor = writer.input((3,), "int8", 0.1), np.array([3, 0, 1], np.int8)
    y = writer.tensor((3,), "int8", 0.1)
    writer.operator("DIV", [x, writer.constant(divisor, 0.1)], [y])
    assert "the divisor holds a zero" in refusal(writer, y)
    writer = Writer()
    a, b = writer.input((3,), "int8", 0.1), writer.input((3,), "int8", 0.2)
    y = writer.tensor((3,), "int8", 0.1)
    writer.operator("MAXIMUM", [a, b], [y])
    assert "is quantized otherwise; maximum supports operands of the output's" in refusal(writer, y)
    writer = Writer()
    x, y = writer.input((3,), "int8", 0.1), writer.tensor((3,), "int8", 0.1)
    given = trials.options("LeakyRelu", alpha=float("nan"))
    writer.operator("LEAKY_RELU", [x], [y], given)
    assert "alpha nan" in refusal(writer, y)


@pytest.mark.parametrize("kind", ["prelu", "leaky_relu", "abs", "relu_0_to_1", "tanh", "rsqrt"])
def test_scales_at_the_ends_of_their_range_are_refused_or_saturate(kind: str) -> None:
    """Float32 leaves its range there."""
    if kind == "prelu":
        graph = trials.binary(kind, (FULL, (6,)), 1).graph()
    else:
        graph = trials.unary(kind, 0).graph()
    ends = [Quantization((scale,), (0,)) for scale in (1e-30, 1e30)]
    for x, out in ((ends[0], ends[1]), (ends[1], ends[0])):
        tensors = [
            dataclasses.replace(graph.tensor(name), quantization=quantization)
            for name, quantization in ((graph.inputs[0], x), (graph.outputs[0], out))
        ]
        changed = run_passes(graph.replace(tensors=tensors))
        assert family(changed.operators[0]).lower(changed, changed.operators[0]).macs == 0
