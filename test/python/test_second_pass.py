"""Squeeze-and-excite blocks whose cheap part runs twice: what is found, saved, and computed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from support import inputs
from support.small_networks import Net
from support.squeeze_excite import MACS, MARKS, real
from support.tflite_model import Value
from thumbnet.frontends.tflite import parse_tflite
from thumbnet.ir.attributes import DepthwiseConvolution, Reduce
from thumbnet.ir.graph import Graph
from thumbnet.ir.verify import verify
from thumbnet.passes import run_passes
from thumbnet.reference.interpreter import run as run_reference
from thumbnet.schedule.front import pareto_front
from thumbnet.schedule.replay_stream import replay_plan
from thumbnet.schedule.scheduler import Scheduler
from thumbnet.schedule.second_pass import candidates, in_part, second_passes
from thumbnet.schedule.second_pass_rewrite import SPLIT, can_split, channels, run_twice
from thumbnet.schedule.stream import schedule_stream


def graph_of(build: Callable[[Net], list[Value]]) -> Graph:
    """A small network after all passes."""
    net = Net()
    return run_passes(parse_tflite(net.finish(build(net)), "net"))


def excited(net: Net, x: Value, wide: int = 24, *, stride: int = 1) -> tuple[Value, Value]:
    """Expand, depthwise and squeeze-and-excite: what is multiplied, and the product."""
    value = net.depthwise(net.conv(x, wide, 1), stride=stride)
    return value, net.mul(value, factors(net, value, wide), scale=0.05, zero_point=0)


def factors(net: Net, value: Value, wide: int) -> Value:
    """One a channel, of the mean of ``value``."""
    squeezed = net.conv(net.mean(value, (1, 2), keep_dims=True), 4, 1)
    return net.logistic(net.conv(squeezed, wide, 1))


def block(net: Net, x: Value, wide: int = 24) -> Value:
    """A bottleneck with squeeze-and-excite and a residual."""
    return net.sum(net.conv(excited(net, x, wide)[1], x.shape[3], 1), x)


def two_blocks(net: Net) -> list[Value]:
    """16x12 images."""
    x = net.conv(net.image(1, 16, 12, 3), 6)
    return [net.dense(block(net, block(net, x), 16))]


# -- what is found --------------------------------------------------------------------------------


def test_each_block_is_found() -> None:
    graph = graph_of(two_blocks)
    first, second = second_passes(graph)
    by_name = {operator.name: operator for operator in graph.operators}
    for one, wide in ((first, 24), (second, 16)):
        assert by_name[one.gate].kind == "mul"
        kinds = [by_name[name].kind for name in one.operators]
        assert kinds == ["conv_2d", "depthwise_conv_2d"]
        assert one.sources == (by_name[one.operators[0]].inputs[0],)
        assert one.macs == 16 * 12 * (6 * wide + 9 * wide)
        assert one.size == 16 * 12 * wide


def test_of_the_real_network_all_blocks_of_stride_one() -> None:
    """The block of stride 2 starts from as many bytes as it would save."""
    graph = real()
    assert [one.size for one in second_passes(graph)] == [24576, 12288, 5120]
    kinds = {operator.name: operator.kind for operator in graph.operators}
    for one in second_passes(graph)[1:]:
        wanted = ["conv_2d", "lookup", "depthwise_conv_2d", "lookup"]
        assert [kinds[name] for name in one.operators] == wanted
        (source,) = one.sources
        assert graph.tensor(source).size * 4 == one.size


def stays_whole(net: Net) -> list[Value]:
    x = net.conv(net.image(1, 16, 12, 3), 6)
    value, product = excited(net, x)
    return [net.dense(net.sum(product, value))]


def is_an_output(net: Net) -> list[Value]:
    value, product = excited(net, net.conv(net.image(1, 16, 12, 3), 6))
    return [value, net.dense(product)]


def is_smaller_than_its_source(net: Net) -> list[Value]:
    return [net.dense(excited(net, net.conv(net.image(1, 16, 12, 3), 6), stride=2)[1])]


def has_other_factors(net: Net) -> list[Value]:
    x = net.conv(net.image(1, 16, 12, 3), 6)
    value = net.depthwise(net.conv(x, 24, 1))
    return [net.dense(net.mul(value, factors(net, x, 24), scale=0.05, zero_point=0))]


@pytest.mark.parametrize(
    "build", [stays_whole, is_an_output, is_smaller_than_its_source, has_other_factors]
)
def test_what_would_save_nothing_is_left_alone(build: Callable[[Net], list[Value]]) -> None:
    assert second_passes(graph_of(build), "rows") == ()


def test_pushed_rows_are_gone() -> None:
    """A block right behind the image: an image that stays is free, one in the arena waits."""
    graph = graph_of(lambda net: [net.dense(excited(net, net.image(1, 16, 12, 3))[1])])
    for source in ("arena", "buffer"):
        (one,) = second_passes(graph, source)
        assert one.sources == graph.inputs
    assert second_passes(graph, "rows") == ()


def test_candidates_keep_to_the_limit() -> None:
    graph = real()
    macs = sum(step.lowered.macs for step in schedule_stream(graph).steps)
    for limit in (1.0, 1.01, 1.05, 1.06, 1.2, 1.35, 4.0):
        found = list(candidates(graph, limit))
        assert found[0] == ()
        assert len(set(found)) == len(found)
        added = [sum(one.macs for one in several) for several in found]
        assert added == sorted(added)
        assert added[-1] <= (limit - 1) * macs
        # The first block's parts are a third of its channels and all of them.
        assert (len(found) > 1) == (added[-1] > 0) == (limit >= 1.06)
    assert found[-1] == second_passes(graph)


def test_candidates_need_what_is_above_their_marks() -> None:
    """Of the blocks with more live bytes, as much as is above."""
    for several in candidates(real(), 4.0):
        whole = [one.size for one in several if not one.kept]
        assert whole == [24576, 12288, 5120][: len(whole)]
        assert all(one.kept % SPLIT == 0 for one in several)


# -- what is computed -----------------------------------------------------------------------------


def test_the_second_run_computes_the_same() -> None:
    for graph in (graph_of(two_blocks), real()):
        passes = second_passes(graph)
        twice = verify(run_twice(graph, passes))
        added = sum(len(one.operators) for one in passes)
        assert len(twice.operators) == len(graph.operators) + added
        shape = graph.tensor(graph.inputs[0]).shape
        sample = [inputs.noise(shape, "int8", 3)]
        pairs = zip(run_reference(graph, sample), run_reference(twice, sample), strict=True)
        assert all(np.array_equal(*pair) for pair in pairs)
        # Weights are the same tensors.
        assert {name for name, tensor in twice.tensors.items() if tensor.is_constant} == {
            name for name, tensor in graph.tensors.items() if tensor.is_constant
        }


def with_ties_up(graph: Graph, count: int) -> Graph:
    """As if channels had been removed, so that another number rounds ties upwards."""
    operators = [
        dataclasses.replace(op, attributes=dataclasses.replace(op.attributes, ties_up=count))
        if isinstance(op.attributes, DepthwiseConvolution | Reduce)
        else op
        for op in graph.operators
    ]
    return graph.replace(operators=operators)


def gated(wide: int, keep_dims: bool) -> Graph:
    """A squeeze-and-excite block of ``wide`` channels, all of which can be split."""

    def build(net: Net) -> list[Value]:
        x = net.conv(net.image(1, 9, 7, 8), 6)
        expanded = net.conv(x, wide, 1, weight_scale=np.linspace(0.003, 0.008, wide))
        value = net.hard_swish(net.depthwise(net.hard_swish(expanded)))
        mean = net.mean(value, (1, 2), keep_dims=keep_dims)
        squeezed = net.conv(net.reshape(mean, (1, 1, 1, wide)), 4, 1)
        gate = net.logistic(net.conv(squeezed, wide, 1))
        return [net.conv(net.mul(value, gate, scale=0.05, zero_point=0), 6, 1)]

    return graph_of(build)


@pytest.mark.parametrize("ties_up", [5, 21])
def test_parts_round_as_the_whole(ties_up: int) -> None:
    graph = with_ties_up(gated(40, keep_dims=True), ties_up)
    (one,) = second_passes(graph)
    for seed in range(8):
        sample = [inputs.noise(graph.tensor(graph.inputs[0]).shape, "int8", seed)]
        wanted = run_reference(graph, sample)[0]
        for kept in (16, 32):
            twice = run_twice(graph, [in_part(graph, one, kept)])
            assert np.array_equal(run_reference(twice, sample)[0], wanted)


@pytest.mark.parametrize("wide", [24, 40])
@pytest.mark.parametrize("keep_dims", [True, False])
def test_any_part_computes_the_same(wide: int, keep_dims: bool) -> None:
    """40 channels: 16 and 24, 32 and 8, where the reference rounds the last ones otherwise."""
    graph = gated(wide, keep_dims)
    (one,) = second_passes(graph)
    assert can_split(graph, one)
    assert channels(graph, one) == wide
    sample = [inputs.noise(graph.tensor(graph.inputs[0]).shape, "int8", 5)]
    wanted = run_reference(graph, sample)[0]
    assert len(np.unique(wanted)) > 50
    for kept in range(SPLIT, wide, SPLIT):
        part = in_part(graph, one, kept)
        assert part.macs * wide == one.macs * (wide - kept)
        assert part.size * wide == one.size * (wide - kept)
        twice = verify(run_twice(graph, [part]))
        assert np.array_equal(run_reference(twice, sample)[0], wanted)
        plans = [schedule_stream(each, moderate=float("inf")) for each in (graph, twice)]
        assert plans[1].macs - plans[0].macs == part.macs
        # What joins the parts again has two small tables.
        assert plans[1].weight_bytes - plans[0].weight_bytes <= 16


def swish(net: Net) -> list[Value]:
    """x * sigmoid(x) is two operators that no split follows."""
    x = net.conv(net.conv(net.image(1, 16, 12, 3), 6), 32, 1)
    value = net.mul(x, net.logistic(x), scale=0.05, zero_point=0)
    return [net.dense(net.mul(value, factors(net, value, 32), scale=0.05, zero_point=0))]


def test_what_cannot_be_split_runs_twice_as_a_whole() -> None:
    graph = graph_of(swish)
    (one,) = second_passes(graph)
    assert not can_split(graph, one)
    assert list(candidates(graph, 4.0)) == [(), (one,)]


def test_passes_that_do_not_fit_are_refused() -> None:
    graph = graph_of(two_blocks)
    first, second = second_passes(graph)
    with pytest.raises(ValueError, match="more than twice"):
        run_twice(graph, (first, dataclasses.replace(second, operators=first.operators)))
    for wrong in ({"gate": "none"}, {"operators": ("none",)}):
        with pytest.raises(ValueError, match="no block"):
            run_twice(graph, (dataclasses.replace(first, **wrong),))


# -- what is saved --------------------------------------------------------------------------------


@pytest.mark.parametrize(("source", "recompute"), MARKS)
def test_ram_falls(source: str, recompute: float) -> None:
    plan = schedule_stream(real(), input=source, recompute=recompute)
    replay_plan(plan)
    assert plan.memory.arena_size <= MARKS[source, recompute]
    assert plan.network_macs == MACS
    assert plan.macs <= recompute * plan.network_macs
    assert (plan.macs == plan.network_macs) == (recompute == 1.0)
    if recompute == 1.0:
        # The first block's product needs its operand whole, and its input for the residual.
        assert plan.memory.arena_size >= (24 + 8) * 32 * 32


def test_without_the_tensor_there_is_less_than_the_tensor() -> None:
    graph = graph_of(two_blocks)
    passes = second_passes(graph)
    assert Scheduler(graph, "rows").least >= passes[0].size + 16 * 12 * 6
    twice = run_twice(graph, passes)
    assert Scheduler(twice, "rows", second_passes=passes).least < passes[0].size


def test_speed_computes_no_more_than_the_limit_needs() -> None:
    graph = real()
    for limit, passes in ((34_000, 0), (18_000, 1), (13_000, 2)):
        plan = schedule_stream(graph, objective="speed", ram_limit=limit, recompute=4.0)
        replay_plan(plan)
        assert plan.memory.arena_size <= limit
        assert len(plan.second_passes) == passes
    # Where nothing fits, the least.
    plan = schedule_stream(graph, objective="speed", ram_limit=1000, recompute=4.0)
    assert plan.memory.arena_size <= MARKS["arena", 1.4]


def test_the_front_goes_on() -> None:
    graph = real()
    plain, further = (pareto_front(graph, "rows", recompute) for recompute in (1.0, 2.0))
    assert plain[-1].size > 33_000
    assert further[-1].size <= MARKS["rows", 1.4]
    assert further[0].size == plain[0].size
    points = [(point.size, point.overhead) for point in further]
    assert points == sorted(points, key=lambda point: (-point[0], point[1]))
    assert further[-1].overhead >= 1.5 * 0.33 * MACS
