"""Generated code of networks with states: sequences of inferences equal the interpreter's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from support.recurrent_models import LstmShape, Variables, lstm, recurrent_operators
from support.shared import model_path, needs_shared
from support.tflite_model import AnyArray
from thumbnet.codegen import Naming, Provenance, generate
from thumbnet.codegen.model import ctype
from thumbnet.emulator import Border, HarnessOptions, ModelIo, measure
from thumbnet.frontends.tflite import parse_tflite, read_tflite
from thumbnet.ir.graph import Graph
from thumbnet.options import Build
from thumbnet.passes import run_passes
from thumbnet.reference.interpreter import run_sequence
from thumbnet.schedule.choose import choose_plan
from thumbnet.schedule.replay_stream import replay_plan
from thumbnet.target import resolve_target

pytest.importorskip("thumbnet.codegen.states")


def delays() -> bytes:
    """Variables that hand on what the ones before them held."""
    model = Variables()
    x = model.input((1, 4), scale=0.05)
    rng = np.random.default_rng(0)
    values = [rng.integers(-99, 99, (1, 4)).astype(np.int8) for _ in range(3)]
    model.initial = [(f"v{i}", value, 0.05) for i, value in enumerate(values)]
    model.call_once()
    handles = [model.handle(name) for name, _, _ in model.initial]
    held = [model.read(handle, (1, 4), 0.05) for handle in handles]
    for handle, value in zip(handles, (x, *held), strict=False):
        model.assign(handle, value)
    return model.finish([model.add(held[2], x, scale=0.1)])


def samples(graph: Graph, count: int) -> list[list[AnyArray]]:
    """Inputs of the one input, some small, some over the whole range."""
    tensor = graph.tensor(graph.inputs[0])
    limits = np.iinfo(tensor.dtype.value)
    rng = np.random.default_rng(3)
    found: list[list[AnyArray]] = []
    for number in range(count):
        values = rng.integers(limits.min, limits.max + 1, tensor.shape) >> number % 3
        found.append([values.astype(tensor.dtype.numpy)])
    return found


PLANS: tuple[tuple[str, str], ...] = (("arena", "speed"), ("buffer", "ram"))


def check(graph: Graph, name: str, plans: Sequence[tuple[str, str]] = PLANS) -> None:
    """Five inferences of each plan on ``name``, after a replay."""
    target = resolve_target(name)
    given = samples(graph, 5)
    expected = [outputs[0].reshape(-1) for outputs in run_sequence(graph, given)]
    built = run_passes(graph).built_for(Build(target.isa))
    x, y = (built.tensor(border) for border in (built.inputs[0], built.outputs[0]))
    io = ModelIo(
        (Border("input", ctype(x), x.elements),), (Border("output", ctype(y), y.elements),)
    )
    for source, objective in plans:
        plan = choose_plan(built, input=source, objective=objective, ram_limit=None, recompute=1.5)
        replay_plan(plan)
        naming = Naming("net", ("input",), ("output",))
        files = generate(plan, naming, Provenance("net", "0" * 64, "0"))
        options = HarnessOptions(input_in_arena=plan.input_in_arena)
        found = measure(files, "net", target, given, io, options=options, sanitize=name == "host")
        for index, (got, wanted) in enumerate(zip(found.outputs, expected, strict=True)):
            np.testing.assert_array_equal(got[0], wanted, f"{source}, inference {index}")


@pytest.mark.parametrize("target", ["host", "cortex-m4"])
def test_recurrent_operators(target: str) -> None:
    check(parse_tflite(recurrent_operators(), "net.tflite"), target)


def test_an_lstm_whose_time_is_major() -> None:
    model = lstm(np.random.default_rng(1), LstmShape(steps=5, units=9, time_major=True))
    check(parse_tflite(model, "net.tflite"), "host")


def test_variables_that_hand_on_their_values() -> None:
    check(parse_tflite(delays(), "net.tflite"), "host")


@needs_shared
@pytest.mark.parametrize(
    "name",
    ["tflm-keyword-scrambled", "tflm-mnist-lstm-int8", "tflm-dtln", "esphome-v2-vad"],
)
def test_real_networks(name: str) -> None:
    check(read_tflite(model_path(name)), "cortex-m4", PLANS[:1])
