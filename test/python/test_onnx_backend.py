"""ONNX's own tests of single operators: which are read and computed right, which are refused."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from functools import cache

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.loader import load_model_tests
from support.float_graph import KINDS, run_float
from support.onnx_models import arranged, imported
from thumbnet.errors import ThumbnetError
from thumbnet.frontends.onnx_model import NotOnnx, read_model
from thumbnet.frontends.onnx_values import NotFoldable, fold
from thumbnet.ir.graph import Array
from thumbnet.operators.registry import families
from thumbnet.reference.interpreter import run

REFUSALS = {
    "operator is not supported": "operator",
    r"opsets \d": "opset",
    r"has type|quantizes to|weights are|constants of|a constant of|constants are": "type",
    "dynamic shape|holds nothing|sizes start|tensor of a known shape": "shape of zero or unknown",
    "dimensions; the limit": "rank",
    "does not depend on the inputs": "constant output",
    "": "outside of the operator's limits",
}
"""What a message says -> what the test needs that is not there; the first that fits."""

REFUSED = {
    "operator": 851,
    "no tensors": 267,
    "outside of the operator's limits": 137,
    "type": 139,
    "opset": 58,
    "shape of zero or unknown": 20,
    "constant output": 13,
    "rank": 12,
}
"""How many cases of onnx 1.23.2 are refused for what.

"operator" counts those of other fields too (training, strings, sequences, control flow, attention),
"no tensors" what is given sequences, optional values or bfloat16 and smaller floats; "rank" and
"shape of zero" are MAX_RANK and tensors without elements.
"""
PASSED, FUNCTIONS = 281, 106
"""Least of networks that are right; most of float32 functions that only constants are tried of."""
FOLDED = {"passed": 299, "not folded": 710, "several nodes": 369, "refused": 239}
"""The same cases with constants alone."""


class Case:
    """A model whose first input is given at run time and whose others are constants."""

    def __init__(self, case: object) -> None:
        self.name: str = case.name  # type: ignore[attr-defined]
        self.rtol: float = case.rtol  # type: ignore[attr-defined]
        self.model: onnx.ModelProto = case.model  # type: ignore[attr-defined]
        inputs, outputs = case.data_sets[0]  # type: ignore[attr-defined]
        self.plain = all(isinstance(v, np.ndarray | np.generic) for v in (*inputs, *outputs))
        names = [item.name for item in self.model.graph.input]
        self.plain = self.plain and len(names) == len(inputs) and bool(names)
        if self.plain:
            self.inputs: list[Array] = [np.asarray(value) for value in inputs]
            self.outputs: list[Array] = [np.asarray(value) for value in outputs]
            types = {v.dtype.kind for v in (*self.inputs, *self.outputs)}
            self.plain = types <= set("iufb")

    def bytes(self) -> bytes:
        made = onnx.ModelProto()
        made.CopyFrom(self.model)
        names = [item.name for item in self.model.graph.input]
        for name, value in list(zip(names, self.inputs, strict=True))[1:]:
            made.graph.initializer.append(numpy_helper.from_array(value, name))
        return bytes(made.SerializeToString())

    def equal(self, found: list[Array], wanted: list[Array]) -> bool:
        return len(found) <= len(wanted) and all(
            a.shape == b.shape
            and np.allclose(
                a.astype(np.float64), b.astype(np.float64), self.rtol, 1e-5, equal_nan=True
            )
            for a, b in zip(found, wanted, strict=False)
        )


@cache
def cases() -> list[Case]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [Case(case) for case in load_model_tests(kind="node")]


def as_graph(case: Case) -> str:
    """What becomes of the case as a network."""
    try:
        model = imported(case.bytes())
    except ThumbnetError as error:
        message = error.message()
        return next(why for text, why in REFUSALS.items() if re.search(text, message))
    used = {operator.kind for operator in model.graph.operators}
    given = [arranged(case.inputs[0], model.inputs[0])]
    wanted = [
        arranged(value, order) for value, order in zip(case.outputs, model.outputs, strict=True)
    ]
    if all(tensor.quantization is None for tensor in model.graph.tensors.values()):
        if not used <= set(KINDS):
            return "function"
        found = run_float(model.graph, given)
    elif used <= set(families()):
        found = run(model.graph, given)
    else:
        return "function"
    return "passed" if case.equal(found, wanted) else "wrong"


def as_constant(case: Case) -> str:
    """What becomes of the case where all its inputs are constant."""
    try:
        nodes = read_model(case.bytes(), "net.onnx").nodes
    except (ThumbnetError, NotOnnx):
        return "refused"
    if len(nodes) != 1:
        return "several nodes"
    named = dict(zip([i.name for i in case.model.graph.input], case.inputs, strict=True))
    try:
        found = fold(nodes[0], [named[name] if name else None for name in nodes[0].inputs])
    except NotFoldable:
        return "refused"
    if found is None:
        return "not folded"
    return "passed" if case.equal(found, case.outputs) else "wrong"


def test_networks() -> None:
    found: dict[str, list[str]] = {}
    for case in cases():
        what = as_graph(case) if case.plain else "no tensors"
        found.setdefault(what, []).append(case.name)
    assert found.get("wrong", []) == []
    counts = {what: len(names) for what, names in found.items()}
    assert counts.pop("passed") >= PASSED
    assert counts.pop("function") <= FUNCTIONS
    assert counts == REFUSED


def test_constants() -> None:
    found = [(as_constant(case), case.name) for case in cases() if case.plain]
    assert [name for what, name in found if what == "wrong"] == []
    assert Counter(what for what, _ in found) == FOLDED
