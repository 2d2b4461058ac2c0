"""Values that a model keeps between inferences: IR, plans, generated code."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from support.memory_graphs import PER_TENSOR, GraphBuilder
from thumbnet.codegen import Naming, Provenance, generate
from thumbnet.emulator import Border, HarnessOptions, ModelIo, measure
from thumbnet.ir.attributes import Reshape
from thumbnet.ir.dump import dump
from thumbnet.ir.graph import DType, Graph, Operator, State, Tensor
from thumbnet.ir.verify import InvalidGraph, verify
from thumbnet.passes import run_passes
from thumbnet.plan import Memories, Plan
from thumbnet.reference.interpreter import run_sequence
from thumbnet.schedule.choose import choose_plan
from thumbnet.schedule.pushed import why_not_pushed
from thumbnet.schedule.replay_stream import replay_plan
from thumbnet.schedule.two_memories import schedule_two_memories
from thumbnet.target import resolve_target

SHAPE = (1, 6, 5, 3)


def remembering(seed: int = 0) -> Graph:
    """Keeps the last picture, untouched, and a running sum, which is an output, too."""
    rng = np.random.default_rng(seed)
    builder = GraphBuilder(SHAPE, SHAPE, SHAPE)
    x, last, total = builder.inputs
    both = builder.concatenation((x, last), 3)
    y = builder.add(builder.depthwise(builder.conv(both, 3)), total)
    out = builder.conv(builder.add(y, builder.conv(last, 3, 3)), 4, 3, 2)
    graph = builder.graph(y, out)
    copy = Tensor("copy", SHAPE, DType.INT8, PER_TENSOR)
    keep = Operator("reshape", "keep", (x,), ("copy",), Reshape())
    weights = [
        dataclasses.replace(t, data=rng.integers(-90, 90, t.shape, np.int8))
        for t in graph.tensors.values()
        if t.is_constant
    ]
    states = (
        State(last, "copy", rng.integers(-128, 128, SHAPE, np.int8)),
        State(total, y, np.full(SHAPE, PER_TENSOR.zero_point[0], np.int8)),
    )
    return graph.replace(
        operators=(*graph.operators, keep), tensors=[copy, *weights], inputs=(x,), states=states
    )


def samples(count: int) -> list[list[Any]]:
    rng = np.random.default_rng(7)
    return [[rng.integers(-128, 128, SHAPE, np.int8)] for _ in range(count)]


def by_hand(graph: Graph, given: list[list[Any]]) -> list[list[Any]]:
    """The same network without states: the caller carries them."""
    reads = tuple(state.read for state in graph.states)
    writes = tuple(state.written for state in graph.states)
    plain = graph.replace(inputs=graph.inputs + reads, outputs=graph.outputs + writes, states=())
    kept = [state.initial for state in graph.states]
    found = []
    for (x,) in given:
        (*outputs, first, second) = run_sequence(plain, [[x, *kept]])[0]
        found.append(outputs)
        kept = [first, second]
    return found


def plans(graph: Graph) -> dict[str, Plan]:
    found = {
        f"{source} {objective}": choose_plan(
            graph, input=source, objective=objective, ram_limit=None, recompute=recompute
        )
        for source in ("arena", "buffer")
        for objective, recompute in (("speed", 1.0), ("ram", 1.0), ("ram", 1.5))
    }
    two = schedule_two_memories(
        graph, input="arena", objective="speed", memories=Memories(400, 4000)
    )
    assert isinstance(two, Plan)
    return {**found, "two": two}


def test_the_interpreter_carries_states() -> None:
    graph = verify(remembering())
    given = samples(4)
    found = run_sequence(graph, given)
    for outputs, wanted in zip(found, by_hand(graph, given), strict=True):
        assert all(map(np.array_equal, outputs, wanted))
    # Without its states it computes something else.
    assert not np.array_equal(found[1][1], run_sequence(graph, given[1:])[0][1])


def test_passes_keep_states() -> None:
    graph = remembering()
    after = run_passes(graph)
    assert [state.read for state in after.states] == [state.read for state in graph.states]
    for outputs, wanted in zip(
        run_sequence(after, samples(3)), run_sequence(graph, samples(3)), strict=True
    ):
        assert all(map(np.array_equal, outputs, wanted))
    assert "state" in dump(graph) and "becomes copy" in dump(graph)


def test_states_that_nothing_reads_go() -> None:
    graph = remembering()
    first = graph.operators[-1].inputs[0]
    alone = Operator("reshape", "only", (first,), ("out",), Reshape())
    tensor = Tensor("out", SHAPE, DType.INT8, PER_TENSOR)
    kept = run_passes(
        graph.replace(operators=(*graph.operators, alone), tensors=[tensor], outputs=("out",))
    )
    assert kept.states == () and len(kept.operators) <= 1


def test_every_plan_replays_and_leaves_states_outside_the_arena() -> None:
    graph = run_passes(remembering())
    size = int(np.prod(SHAPE))
    for name, plan in plans(graph).items():
        replay_plan(plan)
        assert not {state.read for state in graph.states} & set(plan.memory.offsets), name
        assert plan.graph.state_bytes == 2 * (-(-size // 4) * 4)


@pytest.mark.parametrize("target", ["host", "cortex-m4"])
def test_generated_code_keeps_states(target: str) -> None:
    """A sequence of inferences equals the interpreter's, in every plan."""
    graph = run_passes(remembering()).built_for(remembering().build)
    given = samples(4)
    expected = run_sequence(remembering(), given)
    for name, plan in plans(graph).items():
        naming = Naming("net", ("input",), ("sum", "output"))
        files = generate(plan, naming, Provenance("net", "0" * 64, "0"))
        io = ModelIo(
            (Border("input", "int8_t", graph.tensor(graph.inputs[0]).elements),),
            tuple(
                Border(border, "int8_t", graph.tensor(tensor).elements)
                for border, tensor in zip(naming.outputs, graph.outputs, strict=True)
            ),
        )
        options = HarnessOptions(
            input_in_arena=plan.input_in_arena, two_memories=plan.memory.slow is not None
        )
        found = measure(
            files, "net", resolve_target(target), given, io,
            options=options, sanitize=target == "host",
        )  # fmt: skip
        for outputs, wanted in zip(found.outputs, expected, strict=True):
            pairs = zip(outputs, wanted, strict=True)
            assert all(np.array_equal(a, b.reshape(-1)) for a, b in pairs), name
        assert f"#define NET_STATE_SIZE {plan.graph.state_bytes}u" in files["net.h"]
        assert "net_reset(net_t *model)" in files["net.h"]


def test_a_model_with_state_takes_no_rows() -> None:
    assert "keeps" in (why_not_pushed(run_passes(remembering())) or "")


@pytest.mark.parametrize(
    ("states", "problem"),
    [
        (lambda s: (dataclasses.replace(s, written="nowhere"),), "never written"),
        (lambda s: (dataclasses.replace(s, initial=s.initial[..., :1]),), "begins with"),
        (lambda s: (dataclasses.replace(s, written=s.read),), "without a copy"),
    ],
)
def test_the_verifier_sees(states: Any, problem: str) -> None:
    graph = remembering()
    others = graph.states[1:]
    with pytest.raises(InvalidGraph, match=problem):
        verify(dataclasses.replace(graph, states=(*states(graph.states[0]), *others)))
