"""The LSTM: reference against LiteRT over sequences, C against the reference."""

from __future__ import annotations

import copy
import dataclasses
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]
from support.kernel_harness import SOURCES, WARNINGS, KernelHarness
from support.litert import LiteRT
from support.recurrent_models import LstmShape, lstm
from support.sequences import compare_tensors
from support.shared import model_path, needs_shared
from support.tflite_model import AnyArray, pack
from thumbnet.errors import ThumbnetError
from thumbnet.frontends.tflite import parse_tflite, read_tflite
from thumbnet.ir.graph import Graph
from thumbnet.ir.verify import verify
from thumbnet.operators import lstm_dsp
from thumbnet.operators.fixed_point import logistic, tanh
from thumbnet.operators.registry import check_supported
from thumbnet.options import Build, Isa
from thumbnet.reference.interpreter import run_all, run_sequence

SHAPES = [
    LstmShape(),
    LstmShape(steps=1, values=17, units=8, cell_exponent=-11),
    LstmShape(steps=5, values=1, units=3, time_major=True, cell_exponent=-9),
    LstmShape(values=9, units=16, cell_exponent=-10, cell_clip=0.0),
    LstmShape(steps=4, units=1, cell_exponent=-13, cell_clip=0.7),
    LstmShape(steps=7, values=33, units=24, cell_exponent=-14),
    LstmShape(steps=2, units=7, cell_exponent=-15),
    LstmShape(steps=2, time_major=True),
]


def samples(graph: Graph, count: int, seed: int) -> list[list[AnyArray]]:
    """Inputs, some small, some over the whole range."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        reach = (127, 20, 60)[number % 3]
        shapes = [graph.tensor(name).shape for name in graph.inputs]
        found.append([rng.integers(-reach, reach + 1, shape).astype(np.int8) for shape in shapes])
    return found


def compare(model: bytes, graph: Graph, count: int) -> set[int]:
    """A sequence without reset against LiteRT, then one from the start; returns all outputs."""
    verify(graph)
    check_supported(graph, "test")
    given = samples(graph, count, 1)
    interpreter = LiteRT(model)
    made = run_sequence(graph, given)
    expected = interpreter.sequence(given)
    for index, (got, wanted) in enumerate(zip(made, expected, strict=True)):
        np.testing.assert_array_equal(got[0], wanted[0], f"inference {index}")
    interpreter.interpreter.reset_all_variables()
    again = interpreter.sequence(given[:1])
    np.testing.assert_array_equal(made[0][0], again[0][0])
    return {int(value) for outputs in made for value in outputs[0].ravel()}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_reference_equals_litert(shape: LstmShape) -> None:
    values: set[int] = set()
    for seed in range(6):
        model = lstm(np.random.default_rng(seed), shape)
        values |= compare(model, parse_tflite(model, "lstm.tflite"), 6)
    assert len(values) > 20  # else gates are shut and this test could not fail


@needs_shared
@pytest.mark.parametrize("name", ["tflm-mnist-lstm-int8", "tflm-dtln"])
def test_real_networks_equal_litert(name: str) -> None:
    path = model_path(name)
    graph = read_tflite(path)
    assert len(graph.states) == 2 * sum("lstm" in op.kind for op in graph.operators)
    assert compare(path.read_bytes(), graph, 9)
    assert compare_tensors(path.read_bytes(), graph, samples(graph, 9, 2)) >= 2 * 9


def test_states_are_kept_and_begin_at_zero() -> None:
    graph = parse_tflite(lstm(np.random.default_rng(0), LstmShape()), "m")
    hidden, cell = graph.states
    assert set(hidden.initial.ravel()) == {graph.tensor(hidden.read).zero_point}
    assert set(cell.initial.ravel()) == {0}
    same = samples(graph, 1, 3) * 2
    first, second = run_sequence(graph, same)
    assert not np.array_equal(first[0], second[0])
    values = run_all(graph, same[0])
    np.testing.assert_array_equal(values[hidden.written][0], first[0][0, -1])


# -- C against the references ---------------------------------------------------------------------


@pytest.mark.parametrize("isa", ["portable", "dsp"])
def test_kernels_equal_references(tmp_path: Path, isa: Isa) -> None:
    harness = KernelHarness(tmp_path)
    rng = np.random.default_rng(5)
    for shape in SHAPES:
        graph = parse_tflite(lstm(rng, shape), "lstm.tflite").built_for(Build(isa))
        operator = next(op for op in graph.operators if op.kind != "reshape")
        x, hidden, cell = (graph.tensor(operator.inputs[i]) for i in (0, -2, -1))
        wide = rng.integers(-128, 128, x.shape).astype(np.int8)
        starts = [state.initial for state in graph.states]
        others = [
            rng.integers(-128, 128, hidden.shape).astype(np.int8),
            rng.integers(-32768, 32768, cell.shape).astype(np.int16),
        ]
        harness.add(graph, operator, [[wide, *starts], [wide, *others], [-wide - 1, *others]])
    used = {case.lowered.kernel.function for case in harness.cases}
    assert used == {"thumbnet_lstm_s8" if isa == "portable" else "thumbnet_lstm_dsp_s8"}
    harness.check()


def test_weights_that_do_not_share_lanes_keep_the_portable_kernel() -> None:
    rng = np.random.default_rng(6)
    gates = [rng.integers(-127, 128, (3, 6)) for _ in range(4)]
    packed = lstm_dsp.words(gates)
    assert packed is not None
    assert packed.shape == (3, 2, 4)
    gates[3][1, 2], gates[2][1, 2] = -128, -1
    assert lstm_dsp.words(gates) is None
    wide = [np.full((1, 600), 127) for _ in range(4)]
    assert lstm_dsp.words(wide) is None
    assert lstm_dsp.words([gate[:, :400] for gate in wide]) is not None


FIXED_POINT = r"""
#include <stdio.h>
#include "thumbnet/kernels/fixed_point.h"
int main(void)
{
    for (int bits = -1; bits <= 6; bits++) {
        for (int32_t a = -32768; a < 32768; a++) {
            const int16_t value = (int16_t)(bits < 0 ? thumbnet_fixed_logistic(a)
                                                     : thumbnet_fixed_tanh(a, bits));
            fwrite(&value, sizeof value, 1, stdout);
        }
    }
    return 0;
}
"""


def test_fixed_point_functions_equal_their_references(tmp_path: Path) -> None:
    source, program = tmp_path / "fixed.c", tmp_path / "fixed"
    source.write_text(FIXED_POINT)
    sanitize = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    command = ["gcc", *WARNINGS, *sanitize, "-O1", f"-I{SOURCES}", str(source), "-o", str(program)]
    subprocess.run(command, check=True)
    done = subprocess.run([program], capture_output=True, check=True)
    got = np.frombuffer(done.stdout, np.int16).reshape(8, 65536)
    every = np.arange(-32768, 32768, dtype=np.int64)
    np.testing.assert_array_equal(got[0], logistic(every))
    exact = 1 / (1 + np.exp(-every / 4096))
    assert np.abs(got[0] / 32768 - exact).max() < 12 / 32768
    for bits in range(7):
        np.testing.assert_array_equal(got[1 + bits], tanh(every, bits))
        exact = np.tanh(every / 2 ** (15 - bits))
        assert np.abs(got[1 + bits] / 32768 - exact).max() < 24 / 32768


# -- limits ---------------------------------------------------------------------------------------


def refusal(model: bytes) -> str:
    """The message with which ``model`` is refused."""
    with pytest.raises(ThumbnetError) as caught:
        graph = parse_tflite(model, "net.tflite")
        check_supported(graph, "net.tflite")
    return caught.value.message()


def edited(change: Callable[[schema.SubGraphT], None]) -> bytes:
    """A small LSTM with ``change`` made to its objects."""
    model = lstm(np.random.default_rng(0), LstmShape())
    objects = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model))
    change(objects.subgraphs[0])
    return pack(objects)


def set_input(number: int, value: int) -> Callable[[schema.SubGraphT], None]:
    """An edit of an input; values from 0 on are numbers of another input."""

    def change(graph: schema.SubGraphT) -> None:
        given = list(graph.operators[0].inputs)
        given[number] = given[value] if value >= 0 else value
        graph.operators[0].inputs = given

    return change


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
    "coupled gates": (set_input(1, -1), "no input gate"),
    "peephole": (set_input(9, 12), "peephole connections"),
    "projection": (set_input(16, 5), "a projection"),
    "normalization": (set_input(21, 12), "layer normalization"),
    "no bias": (set_input(13, -1), "forget gate's bias (input 13) is missing"),
    "plain state": (set_tensor(18, isVariable=False), "hidden state is not a variable tensor"),
    "plain cells": (set_tensor(19, isVariable=False), "cell state is not a variable tensor"),
    "shared state": (set_input(19, 18), "cell state is INT8"),
    "variable weights": (set_tensor(2, isVariable=True), "a variable"),
    "cells of another scale": (set_tensor(19, scale=[0.0003]), "powers of two"),
    "cells too coarse": (set_tensor(19, scale=[0.0078125]), "powers of two"),
    "cells with zero point": (set_tensor(19, zeroPoint=[3]), "zero point 3"),
    "other output": (set_tensor(-1, scale=[0.3]), "differ in scale or zero point"),
    "batch": (set_tensor(0, shape=[3, 1, 6]), "a batch of 3"),
    "rank": (set_tensor(0, shape=[3, 6]), "for 3 dimensions"),
    "depth": (set_tensor(0, shape=[1, 6, 3]), "does not fit weights"),
    "output shape": (set_tensor(-1, shape=[1, 3, 4]), "declared [1, 3, 4]"),
    "state shape": (set_tensor(18, shape=[5, 1]), "states have shapes [5, 1]"),
    "weights": (set_input(6, 1), "its weights have shapes"),
    "activation": (set_options(fusedActivationFunction=1), "activation is not TANH"),
    "clip": (set_options(cellClip=float("nan")), "cell clip is nan"),
    "diagonal": (set_options(diagonalRecurrentTensors=True), "diagonal"),
    "weights zero point": (set_tensor(4, zeroPoint=[1]), "zero point 1"),
}


@pytest.mark.parametrize("name", EDITS)
def test_what_is_not_an_ordinary_lstm_is_refused(name: str) -> None:
    change, words = EDITS[name]
    assert words in refusal(edited(change))


def test_sums_beyond_32_bits_are_refused() -> None:
    graph = parse_tflite(edited(lambda graph: None), "m")
    operator = graph.operators[0]
    bias = graph.tensor(operator.inputs[9])
    huge = dataclasses.replace(bias, data=np.full(bias.shape, 2**31 - 1, np.int32))
    with pytest.raises(ThumbnetError, match="sums of gate 0 reach"):
        check_supported(graph.replace(tensors=[huge]), "m")


def test_a_state_that_two_operators_change_is_refused() -> None:
    def change(graph: schema.SubGraphT) -> None:
        second = copy.deepcopy(graph.operators[0])
        output = copy.deepcopy(graph.tensors[second.outputs[0]])
        second.outputs = [len(graph.tensors)]
        graph.tensors.append(output)
        graph.operators.append(second)
        graph.outputs = [*graph.outputs, *second.outputs]

    assert "is an input, or of two operators" in refusal(edited(change))


def test_a_state_that_is_an_output_is_refused() -> None:
    def change(graph: schema.SubGraphT) -> None:
        graph.outputs = [*graph.outputs, graph.operators[0].inputs[18]]

    assert "is a variable" in refusal(edited(change))
