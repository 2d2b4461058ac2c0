"""Graphs of many operators beside each other, compiled without a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from thumbnet.codegen import Naming, Provenance, generate
from thumbnet.ir.graph import Graph, Operator
from thumbnet.options import Build
from thumbnet.passes import run_passes
from thumbnet.pipeline import Compiled
from thumbnet.schedule.choose import choose_plan


def side_by_side(made: Sequence[Graph], build: Build) -> Graph:
    """One graph of the operators of ``made``, of one each, none of which reads another's output."""
    tensors, operators, inputs, outputs = {}, [], [], []
    for index, graph in enumerate(made):

        def name(old: str, index: int = index) -> str:
            return f"{old}_{index}" if old else ""

        for tensor in graph.tensors.values():
            tensors[name(tensor.name)] = dataclasses.replace(tensor, name=name(tensor.name))
        old = graph.operators[0]
        operators.append(
            Operator(
                old.kind,
                name(old.name),
                tuple(map(name, old.inputs)),
                tuple(map(name, old.outputs)),
                old.attributes,
            )
        )
        inputs += map(name, graph.inputs)
        outputs += map(name, graph.outputs)
    return Graph(
        "vectors",
        tensors,
        tuple(operators),
        tuple(inputs),
        tuple(outputs),
        build,
        arithmetic=made[0].arithmetic,
    )


def compiled_graph(graph: Graph, *, passes: bool = False, objective: str = "speed") -> Compiled:
    """Generated code of a graph that comes from no file."""
    runs = run_passes(graph) if passes else graph
    plan = choose_plan(runs, input="buffer", objective=objective, ram_limit=None)
    inputs = tuple(f"in_{index}" for index in range(len(graph.inputs)))
    outputs = tuple(f"out_{index}" for index in range(len(graph.outputs)))
    naming = Naming("vectors", inputs, outputs)
    files = generate(plan, naming, Provenance("vectors.tflite", "0" * 64, "0"))
    return Compiled(naming, graph, runs, plan, files)
