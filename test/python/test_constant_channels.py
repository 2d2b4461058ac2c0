"""Channels that no input changes, or that nothing weighs, are removed; outputs stay the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from support import shared
from support.compiled import compile_file
from support.litert import LiteRT
from support.random_models import random_weights
from support.random_networks import random_network
from support.small_networks import Net, flat, is_part_of, shaped_for, suite
from support.tflite_model import Value
from thumbnet.frontends.tflite import parse_tflite
from thumbnet.ir.attributes import DepthwiseConvolution, Reduce
from thumbnet.ir.dump import dump
from thumbnet.ir.graph import Graph
from thumbnet.ir.verify import verify
from thumbnet.passes import PASSES, run_passes
from thumbnet.passes.constant_channels import remove_constant_channels
from thumbnet.pipeline import import_model
from thumbnet.reference.interpreter import run, run_all

from thumbnet import manifest

AnyArray = npt.NDArray[Any]
FAR = 1 << 24
"""A bias that no sum of the networks here makes up for."""


class DeadNet(Net):
    """Convolutions of which the channels ``dead`` have one value: an end, or what clamps leave."""

    def conv(
        self,
        x: Value,
        channels: int = 2,
        kernel: int = 1,
        *,
        dead: tuple[int, ...] = (),
        by: int = -FAR,
        **how: Any,
    ) -> Value:
        """conv_2d."""
        weights = random_weights(self.rng, (channels, kernel, kernel, x.shape[3]))
        given = {"scale": 0.1, "zero_point": -3, "weight_scale": 0.02} | how
        return self.conv_2d(x, weights, self.bias(channels, dead, by), **given)

    def depthwise(
        self,
        x: Value,
        multiplier: int = 1,
        *,
        dead: tuple[int, ...] = (),
        by: int = -FAR,
        **how: Any,
    ) -> Value:
        """depthwise_conv_2d 3x3."""
        channels = x.shape[3] * multiplier
        weights = random_weights(self.rng, (1, 3, 3, channels))
        given = {"scale": 0.1, "zero_point": -3, "weight_scale": 0.02} | how
        return self.depthwise_conv_2d(x, weights, self.bias(channels, dead, by), **given)

    def bias(self, channels: int, dead: tuple[int, ...], by: int) -> AnyArray:
        """Small ones and far ones."""
        values = self.rng.integers(-99, 99, channels)
        values[list(dead)] = by
        return values


def narrowed(build: Callable[[DeadNet], list[Value]]) -> Graph:
    """The network after the passes; outputs are LiteRT's and those of the imported graph."""
    net = DeadNet()
    model = net.finish(build(net))
    before = verify(parse_tflite(model, "net.tflite"))
    text = dump(before)
    after = run_passes(before)
    assert dump(before) == text
    assert dump(run_passes(after)) == dump(after)
    reference, seen = LiteRT(model), set()
    for sample in suite(before):
        wanted = reference.run(sample)
        assert flat(run(before, sample)) == flat(wanted)
        assert flat(run(after, shaped_for(after, sample))) == flat(wanted)
        seen.update(wanted[0].reshape(-1).tolist())
    assert len(seen) > 5
    return after


def widths(graph: Graph) -> list[int]:
    """Channels of what operators make, in order."""
    return [graph.tensor(operator.outputs[0]).shape[-1] for operator in graph.operators]


def test_a_chain_is_narrow_throughout() -> None:
    """What a clamp leaves is the zero point, which borders see, too."""

    def build(net: DeadNet) -> list[Value]:
        x = net.conv(net.image(), 8, dead=(1, 4), activation="relu")
        x = net.depthwise(net.max_pool_2d(x, 2), activation="relu6", stride=2)
        return [net.conv(x, 3, 3)]

    after = narrowed(build)
    assert widths(after) == [6, 6, 6, 3]
    first, last = after.operators[0], after.operators[-1]
    assert after.tensor(first.inputs[1]).shape == (6, 1, 1, 2)
    assert after.tensor(first.inputs[2]).shape == (6,)
    assert after.tensor(last.inputs[1]).shape == (3, 3, 3, 6)


@pytest.mark.parametrize(
    ("padding", "point", "by", "left"),
    [
        ("valid", 5, -FAR, 6),
        ("valid", 5, FAR, 6),
        # Borders see the zero point, and something else inside.
        ("same", 5, -FAR, 8),
        ("same", -128, -FAR, 6),
        ("same", 127, FAR, 6),
    ],
)
def test_a_constant_goes_into_the_bias_but_not_at_borders(
    padding: str, point: int, by: int, left: int
) -> None:
    def build(net: DeadNet) -> list[Value]:
        x = net.conv(net.image(), 8, dead=(0, 7), by=by, zero_point=point)
        return [net.conv(x, 4, 3, padding=padding)]

    after = narrowed(build)
    assert widths(after) == [left, 4]


def test_a_bias_is_made_where_there_is_none() -> None:
    def build(net: DeadNet) -> list[Value]:
        x = net.conv(net.image(), 5, dead=(2,), zero_point=9)
        weights = random_weights(net.rng, (4, 5))
        x = net.reshape(x, (30, 5))
        return [net.fully_connected(x, weights, weight_scale=0.01, scale=0.2)]

    after = narrowed(build)
    assert widths(after) == [4, 4]
    assert after.tensor(after.operators[1].inputs[2]).shape == (4,)


def test_what_only_a_constant_depends_on_goes_with_it() -> None:
    """The depthwise convolution has the constants, the one before it other values."""

    def build(net: DeadNet) -> list[Value]:
        x = net.conv(net.image(), 6)
        x = net.depthwise(x, dead=(0, 3), activation="relu")
        return [net.conv(x, 4)]

    assert widths(narrowed(build)) == [4, 4, 4]


def test_an_input_that_nothing_weighs_goes() -> None:
    def build(net: DeadNet) -> list[Value]:
        x = net.depthwise(net.conv(net.image(), 6, 3))
        weights = random_weights(net.rng, (4, 3, 3, 6))
        weights[..., [1, 2]] = 0
        return [net.conv_2d(x, weights, np.arange(4), weight_scale=0.01, scale=0.2)]

    assert widths(narrowed(build)) == [4, 4, 4]


@pytest.mark.parametrize("kind", ["depthwise", "mean"])
def test_channels_round_as_before_in_their_new_places(kind: str) -> None:
    """Of 20 channels, TFLite rounds 16 otherwise than the others."""

    def build(net: DeadNet) -> list[Value]:
        x = net.input((1, 4, 4, 3), "int8", 0.5, 0)
        x = net.conv(x, 20, dead=(0, 3, 17), scale=0.5, zero_point=0, weight_scale=0.03)
        if kind == "mean":
            x = net.mean(x, (1, 2), keep_dims=True, scale=0.5, zero_point=0)
        else:
            x = net.depthwise(x, weight_scale=1 / 128, scale=0.5, zero_point=0, padding="valid")
        # Each channel is seen in the output.
        one = np.eye(20, dtype=np.int8)[:, None, None] * 64
        return [net.conv_2d(x, one, np.zeros(20), weight_scale=1 / 64, scale=0.5)]

    after = narrowed(build)
    rounding = after.operators[1]
    assert isinstance(rounding.attributes, DepthwiseConvolution | Reduce)
    assert widths(after)[:2] == [17, 17]
    assert rounding.attributes.ties_up == 14
    # Otherwise they would not: the count is needed.
    for wrong in (None, 13, 15):
        how = dataclasses.replace(rounding.attributes, ties_up=wrong)
        operators = [
            dataclasses.replace(op, attributes=how) if op is rounding else op
            for op in after.operators
        ]
        changed = after.replace(operators=operators)
        rng = np.random.default_rng(0)
        samples = [[rng.integers(-128, 128, (1, 4, 4, 3), np.int8)] for _ in range(300)]
        assert any(flat(run(changed, sample)) != flat(run(after, sample)) for sample in samples)


def test_a_single_channel_with_a_multiplier_loses_any_of_its_outputs() -> None:
    def build(net: DeadNet) -> list[Value]:
        x = net.depthwise(net.image(1, 6, 5, 1), 8, dead=(2, 3), activation="relu")
        return [net.conv(x, 4)]

    after = narrowed(build)
    assert widths(after) == [6, 4]
    assert [operator.kind for operator in after.operators] == ["conv_2d", "conv_2d"]


def test_several_channels_with_a_multiplier_lose_whole_groups() -> None:
    def build(net: DeadNet) -> list[Value]:
        x = net.depthwise(net.conv(net.image(), 3), 2, dead=(0, 1, 4), activation="relu")
        return [net.conv(x, 4)]

    after = narrowed(build)
    assert widths(after) == [2, 4, 4]
    assert after.tensor(after.operators[1].inputs[1]).shape == (1, 3, 3, 4)


def test_a_vector_of_pixels_loses_a_column_each() -> None:
    def build(net: DeadNet) -> list[Value]:
        x = net.conv(net.image(), 5, 3, dead=(1,), zero_point=40, stride=2)
        return [net.dense(net.reshape(x, (1, int(np.prod(x.shape)))))]

    after = narrowed(build)
    assert widths(after) == [4, 4]
    assert after.tensor(after.operators[1].inputs[1]).shape == (4, 3 * 3 * 4)


def test_what_two_tensors_share_stays_where_one_needs_it() -> None:
    def build(net: DeadNet) -> list[Value]:
        x = net.image()
        a = net.conv(x, 6, dead=(0, 1, 2))
        b = net.conv(x, 6, dead=(1, 2, 5))
        # Channel 0 of a, and 5 of b, are constants beside values.
        return [net.conv(net.sum(a, b), 4)]

    assert widths(narrowed(build)) == [4, 4, 4, 4]


def test_a_product_with_a_constant_zero_is_constant() -> None:
    def build(net: DeadNet) -> list[Value]:
        x = net.conv(net.image(), 6)
        gate = net.logistic(net.conv(net.mean(x, (1, 2), keep_dims=True), 6, dead=(3,)))
        return [net.conv(net.mul(x, gate, scale=0.1, zero_point=0), 4)]

    after = narrowed(build)
    # The mean still weighs the channel; its product does not.
    assert widths(after) == [6, 6, 6, 6, 6, 4]
    assert dump(remove_constant_channels(after)) == dump(after)


def test_channelwise_operators_follow() -> None:
    def build(net: DeadNet) -> list[Value]:
        x = net.conv(net.image(1, 6, 4, 2), 7, dead=(0, 5), zero_point=11)
        x = net.logistic(net.average_pool_2d(x, 2, padding="valid"))
        x = net.transpose(net.resize_nearest_neighbor(x, (4, 5)), (0, 2, 1, 3))
        x = net.reshape(x, (1, 10, 2, 7))
        x = net.sub(x, net.constant(np.arange(7).astype(np.int8), 0.01), scale=0.01, zero_point=1)
        x = net.mean(x, (1,), keep_dims=True, scale=0.01, zero_point=2)
        return [net.conv(x, 4, scale=0.02)]

    after = narrowed(build)
    assert set(widths(after)[:-1]) == {5}
    subtracted = next(op for op in after.operators if op.kind == "sub")
    assert after.tensor(subtracted.inputs[1]).shape[-1] == 5


def test_concatenation_and_padded_channels() -> None:
    def build(net: DeadNet) -> list[Value]:
        x = net.image()
        a = net.conv(x, 4, dead=(1,), scale=0.1)
        b = net.pad(net.conv(x, 3, dead=(0, 2), scale=0.1), [(0, 0), (0, 0), (1, 1), (2, 1)])
        joined = net.concatenation([net.pad(a, [(0, 0), (0, 0), (1, 1), (0, 0)]), b], 3)
        return [net.conv(joined, 4, padding="valid")]

    after = narrowed(build)
    # Beside the columns of padding the constants differ from the zero point.
    assert widths(after)[-1] == 4
    assert after.tensor(after.operators[-1].inputs[0]).shape[-1] == 7

    def build_plain(net: DeadNet) -> list[Value]:
        x = net.image()
        a = net.conv(x, 4, dead=(1,), scale=0.1)
        b = net.pad(net.conv(x, 3, dead=(0, 2), scale=0.1), [(0, 0), (0, 0), (0, 0), (2, 1)])
        return [net.conv(net.concatenation([a, b], 3), 4)]

    assert widths(narrowed(build_plain)) == [3, 1, 4, 4]


def test_borders_of_the_model_keep_all() -> None:
    def build(net: DeadNet) -> list[Value]:
        x = net.image()
        made = net.conv(x, 4, dead=(1,))
        return [made, net.conv(net.relu(made), 3), net.conv(net.depthwise(x, dead=(0,)), 2)]

    assert widths(narrowed(build)) == [4, 4, 3, 2, 2]


def test_one_channel_is_left_of_nothing() -> None:
    def build(net: DeadNet) -> list[Value]:
        x = net.image()
        nothing = net.depthwise(net.conv(x, 4, dead=(0, 1, 2, 3), activation="relu"))
        return [net.concatenation([net.conv(x, 2), net.conv(nothing, 2)], 3)]

    after = narrowed(build)
    assert sorted(widths(after)) == [1, 1, 2, 2, 4]


def test_scales_by_channel_stay_so() -> None:
    """TFLite derives the multiplier of a fully_connected of one scale otherwise."""

    def build(net: DeadNet) -> list[Value]:
        x = net.reshape(net.image(), (1, 60))
        bias = np.array([-FAR, 5, -FAR, -FAR])
        x = net.fully_connected(
            x, random_weights(net.rng, (4, 60)), bias, weight_scale=[0.01, 0.02, 0.01, 0.03],
            scale=0.5,
        )  # fmt: skip
        return [net.fully_connected(x, random_weights(net.rng, (6, 4)), weight_scale=0.01, scale=1)]

    after = narrowed(build)
    assert widths(after) == [2, 6]


def test_a_multiplier_of_zero_leaves_no_more_than_the_zero_point() -> None:
    def build(net: DeadNet) -> list[Value]:
        scales = np.full(5, 0.004)
        scales[[1, 3]] = 0
        x = net.conv(net.image(), 5, weight_scale=scales, dead=(1,), by=(1 << 31) - 1)
        return [net.conv(net.depthwise(x, activation="relu"), 4)]

    assert widths(narrowed(build)) == [3, 3, 4]


@pytest.mark.parametrize(("room", "left"), [(0, 3), (-1, 4)])
def test_no_bias_leaves_32_bits(room: int, left: int) -> None:
    def build(net: DeadNet) -> list[Value]:
        x = net.conv(net.image(), 4, dead=(2,), zero_point=9)
        weights = random_weights(net.rng, (3, 1, 1, 4))
        bias = np.array([5, (1 << 31) - 1 - 255 * np.abs(weights[1].astype(int)).sum() - room, -7])
        made = net.conv_2d(x, weights, bias, weight_scale=0.01, scale=0.2)
        return [net.conv(net.image(), 3), made]

    assert widths(narrowed(build))[:2] == [left, 3]


def test_shared_weights_are_narrowed_for_each() -> None:
    net = DeadNet()
    made = [net.conv(net.conv(net.image(), 6, dead=dead), 4) for dead in ((0, 1), (3,))]
    graph = parse_tflite(net.finish(made), "net.tflite")
    first, second = graph.operators[1], graph.operators[3]
    shared_weights = (second.inputs[0], *first.inputs[1:])
    second = dataclasses.replace(second, inputs=shared_weights)
    before = verify(graph.replace(operators=[*graph.operators[:3], second]))
    after = verify(remove_constant_channels(before))
    assert widths(after) == [4, 4, 5, 4]
    for sample in suite(before):
        assert flat(run(before, sample)) == flat(run(after, sample))


def test_a_graph_without_such_channels_is_the_same() -> None:
    net = Net()
    x = net.depthwise(net.conv(net.image(), 6, activation="relu"))
    graph = parse_tflite(net.finish([net.softmax(net.dense(net.mean(x, (1, 2))))]), "net.tflite")
    assert remove_constant_channels(graph) is graph


@pytest.mark.parametrize("constant", [0.3, 0.6, 0.9])
def test_random_networks_stay_the_same(constant: float) -> None:
    removed = 0
    for seed in range(200, 212):
        before = verify(parse_tflite(random_network(seed, constant=constant), "net.tflite"))
        after = run_passes(before)
        for sample in suite(before)[:4]:
            wanted, found = run_all(before, sample), run_all(after, shaped_for(after, sample))
            assert flat([wanted[name] for name in before.outputs]) == flat(
                [found[name] for name in after.outputs]
            )
            for name, value in found.items():
                if name in wanted:
                    assert is_part_of(value, wanted[name]), after.producer(name)
        common = [name for name in after.tensors if name in before.tensors]
        removed += sum(before.tensor(n).elements - after.tensor(n).elements for n in common)
    assert removed > 500


def test_a_compiled_model_is_compared_with_what_was_imported(tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(random_network(3, constant=0.6))
    compiled = compile_file(path)
    assert dump(compiled.reference_graph) == dump(import_model(manifest.implicit(path)))
    assert dump(compiled.graph) != dump(compiled.reference_graph)


# -- real networks --------------------------------------------------------------------------------

REAL = {
    "mlperf-vww96": (3_727_313, 29_066),
    "tinyengine-vww": (10_931_325, 394_626),
    "mcunet-vww0": (5_811_408, 349_059),
    "openmv-fomo-face-detection": (5_507_712, 17_050),
}
"""Multiply-accumulates and bytes of weights proper that are left at most."""

WHOLE = ("mlperf-resnet8", "mlperf-kws", "mlperf-ad01", "mltk-image-example1")


def before_removal(name: str) -> Graph:
    """A shared model as the pass gets it."""
    graph = import_model(manifest.implicit(shared.model_path(name)))
    for _, apply in PASSES:
        if apply is remove_constant_channels:
            break
        graph = apply(graph)
    return graph


@shared.needs_shared
@pytest.mark.parametrize("name", REAL)
def test_real_networks_lose_channels(name: str) -> None:
    before = before_removal(name)
    compiled = compile_file(shared.model_path(name))
    macs, weights = REAL[name]
    assert compiled.plan.macs <= macs
    weighing = ("conv_2d", "depthwise_conv_2d", "fully_connected")
    operators = [op for op in compiled.graph.operators if op.kind in weighing]
    assert sum(compiled.graph.tensor(op.inputs[1]).size for op in operators) <= weights
    after = remove_constant_channels(before)
    shape = before.tensor(before.inputs[0]).shape
    for sample in shared.suite(name, shape, 2):
        assert flat(run(before, [sample])) == flat(run(after, [sample]))


@shared.needs_shared
@pytest.mark.parametrize("name", WHOLE)
def test_other_real_networks_are_left_alone(name: str) -> None:
    before = before_removal(name)
    assert remove_constant_channels(before) is before
