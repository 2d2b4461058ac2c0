"""Sequences of inferences of a network with states, compared with LiteRT tensor by tensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]
from thumbnet.frontends.tflite_tensors import printable
from thumbnet.ir.graph import Graph
from thumbnet.reference.interpreter import run_all

from support.litert import LiteRT
from support.tflite_model import AnyArray, pack


def compare_tensors(model: bytes, graph: Graph, samples: Sequence[list[AnyArray]]) -> int:
    """Compares what all operators make and the states behind each of ``samples``.

    Returns how many of these had more than 20 different values.
    """
    interpreter = LiteRT(named(model), keep_all=True)
    details = interpreter.interpreter.get_tensor_details()
    indices = {printable(detail["name"]): detail["index"] for detail in details}
    states: Mapping[str, AnyArray] | None = None
    alive = 0
    for number, given in enumerate(samples):
        interpreter.run(list(given))
        values = run_all(graph, given, states)
        made = {name: values[name] for op in graph.operators for name in op.outputs[:1]}
        # The interpreter's variable tensors; resource variables are none of its tensors.
        variables = [state for state in graph.states if graph.producer(state.written) is not None]
        in_place = {name for op in graph.operators for name in op.outputs[1:]}
        made |= {s.read: values[s.written] for s in variables if s.written in in_place}
        for name, value in made.items():
            expected = interpreter.interpreter.get_tensor(indices[name])
            np.testing.assert_array_equal(value, expected, f"inference {number}, {name}")
            alive += np.unique(value).size > 20
        states = {state.read: values[state.written] for state in graph.states}
    return alive


def named(model: bytes) -> bytes:
    """The model with a name for each tensor that has none: the one that the reader gives it."""
    objects = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model))
    for index, tensor in enumerate(objects.subgraphs[0].tensors):
        if not tensor.name:
            tensor.name = f"tensor_{index}"
    return pack(objects)
