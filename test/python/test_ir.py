"""The graph: what the verifier refuses, what the dump tells, what replacing keeps."""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.every_operator import every_operator
from thumbnet.frontends.tflite import parse_tflite
from thumbnet.ir import attributes
from thumbnet.ir.attributes import Activation, Attributes, Convolution, Lookup, Softmax, Window
from thumbnet.ir.dump import dump
from thumbnet.ir.graph import DType, Graph, Operator, Quantization, Tensor
from thumbnet.ir.verify import InvalidGraph, verify
from thumbnet.passes import run_passes

TEST_PYTHON = Path(__file__).resolve().parent
PACKAGES = TEST_PYTHON.parents[1] / "python_tools"
WINDOW = Window(1, 1, 1, 2, 0, 1, 0, 0)


def constant(name: str, values: Any, dtype: DType, quantization: Quantization | None) -> Tensor:
    """A constant tensor."""
    data = np.array(values, dtype.numpy)
    return Tensor(name, data.shape, dtype, quantization, data)


def small_graph() -> Graph:
    """x -> conv_2d -> c -> relu6 -> y, with an absent bias; and x -> softmax -> s."""
    eight = DType.INT8
    tensors = [
        Tensor("x", (1, 2, 3, 2), eight, Quantization((0.5,), (-3,))),
        constant("w", [[[[1, -2]]], [[[3, 4]]]], eight, Quantization((0.25, 0.1), (0, 0), 0)),
        Tensor("c", (1, 3, 2, 2), eight, Quantization((0.1,), (7,))),
        Tensor("y", (1, 3, 2, 2), eight, Quantization((0.1,), (7,))),
        Tensor("s", (1, 2, 3, 2), eight, Quantization((1 / 256,), (-128,))),
    ]
    operators = (
        Operator("conv_2d", "first", ("x", "w", ""), ("c",), Convolution(WINDOW, Activation.RELU)),
        Operator("relu6", "y", ("c",), ("y",), Attributes()),
        Operator("softmax", "s", ("x",), ("s",), Softmax(0.5)),
    )
    return Graph("small", {t.name: t for t in tensors}, operators, ("x",), ("y", "s"))


SCALES = hashlib.sha256(b"((0.25, 0.1), (0, 0))").hexdigest()[:12]
WEIGHTS = hashlib.sha256(bytes([1, 254, 3, 4])).hexdigest()[:12]
DUMP = f"""\
graph small
  input  x: int8[1, 2, 3, 2] scale 0.5 zero_point -3
  const  w: int8[2, 1, 1, 2] 2 scales along 0 {SCALES} = {WEIGHTS}
    0 c: int8[1, 3, 2, 2] scale 0.1 zero_point 7 = conv_2d "first"(x, w, -) \
{{window=1x1 stride 1x2 pad 0,1,0,0; activation=relu}}
    1 y: int8[1, 3, 2, 2] scale 0.1 zero_point 7 = relu6(c)
    2 s: int8[1, 2, 3, 2] scale 0.00390625 zero_point -128 = softmax(x) {{beta=0.5}}
  output y
  output s
"""

# -- changes to the small graph -------------------------------------------------------------------

Change = Callable[[Graph], Graph]


def tensor(name: str, /, **changes: Any) -> Change:
    """Another tensor of that name."""

    def change(graph: Graph) -> Graph:
        changed = dataclasses.replace(graph.tensor(name), **changes)
        return dataclasses.replace(graph, tensors={**graph.tensors, name: changed})

    return change


def operator(index: int, /, **changes: Any) -> Change:
    """Another operator in that place."""

    def change(graph: Graph) -> Graph:
        operators = list(graph.operators)
        operators[index] = dataclasses.replace(operators[index], **changes)
        return dataclasses.replace(graph, operators=tuple(operators))

    return change


def whole(**changes: Any) -> Change:
    """Another graph."""
    return lambda graph: dataclasses.replace(graph, **changes)


def without(name: str) -> Change:
    """The graph without a tensor that it uses."""

    def change(graph: Graph) -> Graph:
        kept = {key: value for key, value in graph.tensors.items() if key != name}
        return dataclasses.replace(graph, tensors=kept)

    return change


def reordered(*order: int) -> Change:
    """The operators in another order."""
    return lambda g: dataclasses.replace(g, operators=tuple(g.operators[i] for i in order))


# -- verifier -------------------------------------------------------------------------------------


def test_well_formed_graphs_come_back() -> None:
    graph = small_graph()
    assert verify(graph) is graph
    imported = parse_tflite(every_operator(), "net.tflite")
    assert verify(imported) is imported


BROKEN: dict[str, tuple[Change, str]] = {
    "name": (tensor("x", name="z"), "tensor 'z' is filed under 'x'"),
    "size": (tensor("c", shape=(1, 0, 2, 2)), "tensor 'c' has shape [1, 0, 2, 2]"),
    "negative size": (tensor("x", shape=(1, -2, 3, 2)), "tensor 'x' has shape [1, -2, 3, 2]"),
    "data shape": (tensor("w", shape=(4,)), "constant 'w' holds int8[2, 1, 1, 2] for int8[4]"),
    "data type": (tensor("w", dtype=DType.INT16), "holds int8[2, 1, 1, 2] for int16[2, 1, 1, 2]"),
    "no scale": (tensor("x", quantization=Quantization((), ())), "scales and zero points"),
    "points": (tensor("w", quantization=Quantization((1, 2), (0,), 0)), "scales and zero points"),
    "infinite": (tensor("x", quantization=Quantization((np.inf,), (0,))), "not finite"),
    "nan": (tensor("w", quantization=Quantization((1, np.nan), (0, 0), 0)), "not finite"),
    "axis": (tensor("w", quantization=Quantization((1, 2), (0, 0), 4)), "along dimension 4"),
    "operator twice": (operator(1, name="first"), "operator name 'first' is used twice"),
    "order": (reordered(1, 0, 2), "operator 'y' reads 'c' before it exists"),
    "unknown input": (operator(2, inputs=("z",)), "operator 's' reads 'z' before it exists"),
    "unknown output": (operator(2, outputs=("z",)), "operator 's' writes unknown tensor 'z'"),
    "itself": (operator(1, inputs=("y",)), "operator 'y' reads 'y' before it exists"),
    "written twice": (operator(2, outputs=("y",)), "operator 's' writes 'y' a second time"),
    "input written": (operator(2, outputs=("x",)), "operator 's' writes 'x' a second time"),
    "constant written": (operator(2, outputs=("w",)), "operator 's' writes 'w' a second time"),
    "no such input": (without("x"), "graph input 'x' is no tensor of the graph"),
    "constant input": (whole(inputs=("x", "w")), "graph input 'w' is a constant or given twice"),
    "input twice": (whole(inputs=("x", "x")), "graph input 'x' is a constant or given twice"),
    "output": (whole(outputs=("y", "z")), "graph output 'z' is never written"),
    "output not made": (reordered(0, 2), "graph output 'y' is never written"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_graphs_are_refused(what: str) -> None:
    change, message = BROKEN[what]
    with pytest.raises(InvalidGraph) as caught:
        verify(change(small_graph()))
    assert message in str(caught.value)


# -- dump -----------------------------------------------------------------------------------------


def test_dump_is_this_text() -> None:
    assert dump(small_graph()) == DUMP


DIFFERENT: dict[str, Change] = {
    "graph name": whole(name="other"),
    "input shape": tensor("x", shape=(1, 3, 2, 2)),
    "input type": tensor("x", dtype=DType.UINT8),
    "input scale": tensor("x", quantization=Quantization((0.5 + 2**-24,), (-3,))),
    "input zero point": tensor("x", quantization=Quantization((0.5,), (-2,))),
    "no quantization": tensor("x", quantization=None),
    "output zero point": tensor("s", quantization=Quantization((1 / 256,), (-127,))),
    "one weight": tensor("w", data=np.array([1, -2, 3, 5], np.int8).reshape(2, 1, 1, 2)),
    "one weight scale": tensor("w", quantization=Quantization((0.25, 0.2), (0, 0), 0)),
    "weight axis": tensor("w", quantization=Quantization((0.25, 0.1), (0, 0), 3)),
    "kind": operator(1, kind="relu"),
    "operator name": operator(0, name="second"),
    "inputs": operator(0, inputs=("x", "w", "w")),
    "fewer inputs": operator(0, inputs=("x", "w")),
    "order": reordered(0, 2, 1),
    "outputs": whole(outputs=("s", "y")),
    "stride": operator(0, attributes=Convolution(Window(1, 1, 2, 2, 0, 1), Activation.RELU)),
    "padding": operator(0, attributes=Convolution(Window(1, 1, 1, 2, 1, 0), Activation.RELU)),
    "activation": operator(0, attributes=Convolution(WINDOW)),
    "beta": operator(2, attributes=Softmax(0.25)),
    "origin": operator(2, attributes=Lookup("relu")),
}  # fmt: skip


@pytest.mark.parametrize("what", DIFFERENT)
def test_different_graphs_have_different_texts(what: str) -> None:
    assert dump(DIFFERENT[what](small_graph())) != DUMP


def test_every_attribute_shows() -> None:
    """Also those of kinds that the small graph does not have."""
    graph = small_graph()
    defaults = {"tuple[int, ...]": (1, 2), "bool": True, "int": 77, "float": 7.5, "str": "seven"}
    defaults |= {"int | None": 78, "bool | None": True}
    for kind in Attributes.__subclasses__():
        given = {
            f.name: {"Window": Window(5, 6), "Activation": Activation.RELU6}.get(
                str(f.type), defaults.get(str(f.type))
            )
            for f in dataclasses.fields(kind)
        }
        line = dump(operator(2, attributes=kind(**given))(graph)).splitlines()[-3]
        assert all(f"{name}=" in line for name in given), line
        assert all(str(v) in line for v in given.values() if not isinstance(v, Window | Activation))


def test_the_order_of_the_tensors_does_not_show() -> None:
    graph = small_graph()
    backwards = dict(reversed(list(graph.tensors.items())))
    assert dump(dataclasses.replace(graph, tensors=backwards)) == DUMP


def test_dump_is_the_same_in_every_process() -> None:
    program = (
        "from support.every_operator import every_operator\n"
        "from thumbnet.frontends.tflite import parse_tflite\n"
        "from thumbnet.ir.dump import dump\n"
        "from thumbnet.passes import run_passes\n"
        "graph = parse_tflite(every_operator(), 'net.tflite')\n"
        "print(dump(graph) + dump(run_passes(graph)), end='')\n"
    )
    graph = parse_tflite(every_operator(), "net.tflite")
    here = dump(graph) + dump(run_passes(graph))
    for seed in ("0", "1"):
        path = f"{PACKAGES}:{TEST_PYTHON}"
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": path, "PATH": ""}
        done = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
        assert (done.stdout, done.stderr) == (here, "")


# -- graph ----------------------------------------------------------------------------------------


def test_producers_and_consumers() -> None:
    graph = small_graph()
    conv, clamp, softmax = graph.operators
    assert (graph.producer("c"), graph.producer("x"), graph.producer("w")) == (conv, None, None)
    assert graph.consumers("x") == (conv, softmax)
    assert graph.consumers("y") == ()
    assert graph.consumers("c") == (clamp,)


def test_replacing_drops_what_nothing_uses_and_keeps_the_old_graph() -> None:
    graph = small_graph()
    smaller = graph.replace(operators=graph.operators[2:], outputs=("s",))
    assert set(smaller.tensors) == {"x", "s"}
    assert dump(graph) == DUMP
    # An input stays even where nothing reads it.
    assert set(graph.replace(operators=[], outputs=()).tensors) == {"x"}
    added = Tensor("new", (2,), DType.INT8)
    assert "new" not in graph.replace(tensors=[added]).tensors
    assert graph.renamed("other").name == "other"


def test_graphs_cannot_be_changed_in_place() -> None:
    graph = small_graph()
    given = dict(graph.tensors)
    copy = dataclasses.replace(graph, tensors=given)
    given.clear()
    assert dump(copy) == DUMP
    with pytest.raises(TypeError):
        graph.tensors["x"] = graph.tensors["y"]  # type: ignore[index]
    for value in (graph, graph.operators[0], graph.tensor("x"), WINDOW, Quantization((1,), (0,))):
        field = dataclasses.fields(value)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, field, None)


def test_sizes_of_tensors() -> None:
    graph = small_graph()
    assert (graph.tensor("x").elements, graph.tensor("x").size) == (12, 12)
    assert Tensor("b", (3,), DType.INT32).size == 12
    assert Tensor("scalar", (), DType.FLOAT32).elements == 1
    assert (graph.tensor("x").scale, graph.tensor("x").zero_point) == (0.5, -3)
    for unquantized in (graph.tensor("w"), Tensor("b", (3,), DType.INT32)):
        with pytest.raises(ValueError, match="not quantized per tensor"):
            _ = unquantized.scale


def test_every_kind_of_attributes_is_frozen() -> None:
    found = [value for value in vars(attributes).values() if isinstance(value, type)]
    kinds = [value for value in found if issubclass(value, Attributes)]
    assert len(kinds) > 10
    assert all(kind.__dataclass_params__.frozen for kind in kinds)  # type: ignore[attr-defined]
