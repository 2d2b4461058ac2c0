"""Model files that contradict themselves or say what nobody understands: one clear message each."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]
from support.cli import run
from support.random_models import random_weights
from support.tflite_writer import Writer
from thumbnet.frontends.tflite_operators import CONVERTERS
from thumbnet.frontends.tflite_schema import BUILTIN_OPERATORS
from thumbnet.frontends.tflite_versions import NEWEST

Capture = pytest.CaptureFixture[str]
Change = Callable[[Any], None]
"""What is done to the unpacked model."""

INPUT, WEIGHTS, BIAS, MIDDLE, OUTPUT = range(5)
"""Tensors of the model."""


def good() -> bytes:
    """A convolution and a RELU."""
    writer = Writer()
    x = writer.input((1, 6, 6, 2), scale=0.02, zero_point=3)
    weights = random_weights(np.random.default_rng(0), (4, 3, 3, 2))
    scales = [0.01, 0.02, 0.03, 0.04]
    y = writer.conv_2d(x, weights, np.arange(4), weight_scale=scales, scale=0.05)
    return writer.finish([writer.relu(y, "relu6")])


def changed(change: Change) -> bytes:
    model = schema.ModelT.InitFromPackedBuf(good(), 0)
    change(model)
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def tensor(model: Any, index: int) -> Any:
    return model.subgraphs[0].tensors[index]


def scale(index: int, *values: float) -> Change:
    def change(model: Any) -> None:
        tensor(model, index).quantization.scale = list(values)

    return change


def shape(index: int, *sizes: int) -> Change:
    def change(model: Any) -> None:
        tensor(model, index).shape = list(sizes)

    return change


def zero_point(index: int, *values: int) -> Change:
    def change(model: Any) -> None:
        tensor(model, index).quantization.zeroPoint = list(values)

    return change


def operator(number: int, **fields: Any) -> Change:
    def change(model: Any) -> None:
        for name, value in fields.items():
            setattr(model.subgraphs[0].operators[number], name, value)

    return change


def version(number: int, value: int) -> Change:
    def change(model: Any) -> None:
        model.operatorCodes[number].version = value

    return change


def shorter(index: int, count: int) -> Change:
    def change(model: Any) -> None:
        buffer = model.buffers[tensor(model, index).buffer]
        buffer.data = buffer.data[:-count]

    return change


def twice(model: Any) -> None:
    model.subgraphs[0].operators.insert(0, model.subgraphs[0].operators[0])


def backwards(model: Any) -> None:
    model.subgraphs[0].operators.reverse()


def unknown_code(model: Any) -> None:
    model.operatorCodes[0].builtinCode = 999


def custom(model: Any) -> None:
    model.operatorCodes[0].builtinCode = 32
    model.operatorCodes[0].deprecatedBuiltinCode = 32
    model.operatorCodes[0].customCode = "MyOp"


def no_graph(model: Any) -> None:
    model.subgraphs = []


def no_outputs(model: Any) -> None:
    model.subgraphs[0].outputs = []


def sparse(model: Any) -> None:
    tensor(model, WEIGHTS).sparsity = schema.SparsityParametersT()


NAN, INFINITE = math.nan, math.inf

BAD: dict[str, tuple[Change, str]] = {
    "no subgraph": (no_graph, "it holds no subgraph"),
    "no outputs": (no_outputs, "has no inputs or no outputs"),
    "weights too short": (shorter(WEIGHTS, 1), "of 72 INT8 has 71 bytes of data"),
    "weights of no whole element": (shorter(BIAS, 3), "of 4 INT32 has 13 bytes of data"),
    "a scale of zero": (scale(INPUT, 0.0), "has scale 0; scales lie in"),
    "a negative scale": (scale(MIDDLE, -0.5), "has scale -0.5; scales lie in"),
    "a scale that is no number": (scale(INPUT, NAN), "has scale nan; scales lie in"),
    "an infinite scale": (scale(OUTPUT, INFINITE), "has scale inf; scales lie in"),
    "a weight's scale is no number": (scale(WEIGHTS, 0.1, NAN, 0.1, 0.1), "has scale nan"),
    "a weight's scale is infinite": (scale(WEIGHTS, 0.1, 0.1, -INFINITE, 0.1), "has scale -inf"),
    "too few scales": (scale(WEIGHTS, 0.1, 0.1, 0.1), "has 3 scales"),
    "a zero point outside": (zero_point(INPUT, 300), "has a zero point outside INT8"),
    "two zero points for a scale": (zero_point(INPUT, 1, 2), "has 1 scales, 2 zero points"),
    "more elements than memory": (shape(INPUT, 1, 60000, 60000, 2), "elements; the limit is"),
    "a size of zero": (shape(MIDDLE, 1, 0, 6, 4), "sizes start at 1"),
    "a wrong output shape": (shape(MIDDLE, 1, 6, 6, 3), "is declared"),
    "too many dimensions": (shape(INPUT, 1, 1, 1, 1, 6, 6, 2), "has 7 dimensions; the limit is 6"),
    "channels that do not fit": (shape(INPUT, 1, 6, 4, 3), "input has 3 channels"),
    "a tensor that does not exist": (operator(0, inputs=[0, 99, 2]), "tensor 99 does not exist"),
    "a cycle": (operator(1, inputs=[OUTPUT]), "before it is written"),
    "an order that cannot be": (backwards, "before it is written"),
    "a tensor written twice": (twice, "which has a value"),
    "weights missing": (operator(0, inputs=[0]), "weights (input 1) is missing"),
    "two outputs": (operator(0, outputs=[MIDDLE, OUTPUT]), "has 2 outputs; it makes one"),
    "an unknown operator": (unknown_code, "BUILTIN_999): operator is not supported"),
    "a custom operator": (custom, "CUSTOM MyOp): operator is not supported"),
    "a version to come": (version(0, 99), "version 99 of the operator; versions 1 to 8 are known"),
    "a version that never was": (version(1, 0), "version 0 of the operator"),
    "sparse weights": (sparse, "is sparse"),
}


def test_the_model_is_good(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(changed(lambda model: None))
    assert run(capsys, "build", path, "--out", tmp_path / "out").status == 0


@pytest.mark.parametrize("name", BAD)
def test_bad_models(capsys: Capture, tmp_path: Path, name: str) -> None:
    """Exit status 2, one line that names the file and the fault, and no output."""
    change, wanted = BAD[name]
    path = tmp_path / "net.tflite"
    path.write_bytes(changed(change))
    ran = run(capsys, "build", path, "--out", tmp_path / "out")
    assert ran.status == 2 and ran.out == ""
    assert ran.err.startswith("thumbnet: error: net.tflite")
    assert wanted in ran.err and "Traceback" not in ran.err
    # A fault that several operators see may be a line for each.
    assert ran.err.count(wanted) == ran.err.count("\n")
    assert not (tmp_path / "out").exists()


def code_of(builtin: str) -> int:
    return next(code for code, name in BUILTIN_OPERATORS.items() if name == builtin)


def registered(builtin: str, number: int) -> bool:
    """Whether LiteRT has that version of an operator."""
    from ai_edge_litert.interpreter import Interpreter  # type: ignore[import-untyped]
    from support.litert import TRUSTED

    def change(model: Any) -> None:
        code = model.operatorCodes[0]
        code.builtinCode, code.version = code_of(builtin), number
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        model.subgraphs[0].operators[0].builtinOptions = None
        model.subgraphs[0].operators[0].builtinOptionsType = 0

    try:
        Interpreter(model_content=changed(change), experimental_op_resolver_type=TRUSTED)
    except ValueError as error:
        return "Didn't find op" not in str(error)
    return True


def test_versions_are_those_that_litert_has() -> None:
    """Of every operator that the frontend converts."""
    assert set(CONVERTERS) <= set(NEWEST)
    wrong = [name for name in CONVERTERS if not registered(name, NEWEST[name])]
    wrong += [name for name in CONVERTERS if registered(name, NEWEST[name] + 1)]
    assert wrong == []
