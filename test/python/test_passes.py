"""Passes: what each takes away and what it leaves alone; outputs stay bit for bit the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
from support.random_networks import RELUS
from support.small_networks import (
    POINT,
    SCALE,
    AnyArray,
    Net,
    flat,
    graph_of,
    kinds,
    shaped_for,
    suite,
)
from support.tflite_model import Value
from thumbnet.ir.attributes import Convolution, DepthwiseConvolution, Lookup, Window
from thumbnet.ir.dump import dump
from thumbnet.ir.graph import DType, Graph, Quantization
from thumbnet.ir.verify import verify
from thumbnet.passes.fold_constants import fold_constants
from thumbnet.passes.fold_pad import fold_pad
from thumbnet.passes.fuse_activation import fuse_activation
from thumbnet.passes.lower_depthwise import lower_depthwise
from thumbnet.passes.lower_lookup import lower_lookup
from thumbnet.passes.pipeline import Pass
from thumbnet.passes.quantized_io import quantize_io
from thumbnet.passes.remove_noops import remove_noops
from thumbnet.passes.remove_reshapes import remove_reshapes
from thumbnet.passes.remove_unused import remove_unused
from thumbnet.reference.interpreter import run, run_all

SPATIAL = [(0, 0), (1, 2), (2, 0), (0, 0)]


def applied(apply: Pass, before: Graph) -> Graph:
    """``before`` after one pass, which must compute the same and be at its end."""
    after = verify(apply(before))
    for sample in suite(before):
        expected = run(before, sample)
        assert flat(run(after, shaped_for(after, sample))) == flat(expected)
    assert len(after.inputs) == len(before.inputs)
    assert dump(apply(after)) == dump(after)
    return after


# -- remove unused --------------------------------------------------------------------------------


def test_operators_that_no_output_needs_go_with_their_constants() -> None:
    def build(net: Net) -> list[Value]:
        x, y = net.image(), net.image()
        return [net.sum(x, net.relu(x)), net.dense(net.conv(y)), net.sum(x, y)]

    whole = graph_of(build)
    before = whole.replace(outputs=whole.outputs[:1])
    after = applied(remove_unused, before)
    assert kinds(before) == {"relu": 1, "conv_2d": 1, "fully_connected": 1, "add": 2}
    assert kinds(after) == {"relu": 1, "add": 1}
    # An input that nothing reads is still a parameter of the model.
    assert after.inputs == whole.inputs
    assert not any(tensor.is_constant for tensor in after.tensors.values())


# -- fold constants -------------------------------------------------------------------------------


def test_chains_of_constants_become_one_constant() -> None:
    def build(net: Net) -> list[Value]:
        x = net.image()
        given = net.constant(np.arange(-60, 60, 2).astype(np.int8), 0.04, 9)
        made = net.reshape(net.relu(given, scale=0.03, zero_point=-20), (1, 6, 5, 2))
        made = net.pad(net.max_pool_2d(made, 2, stride=2), [(0, 0), (2, 1), (1, 2), (0, 0)])
        return [net.sum(net.sum(x, made), net.constant(np.ones(2, np.int8), 0.01))]

    before = graph_of(build)
    after = applied(fold_constants, before)
    assert kinds(before) == {"relu": 1, "reshape": 1, "max_pool_2d": 1, "pad": 1, "add": 2}
    assert kinds(after) == {"add": 2}
    first = after.operators[0]
    folded = after.tensor(first.inputs[1])
    assert folded.quantization == before.tensor(before.operators[3].outputs[0]).quantization
    # By hand, without the reference: relu's bytes, in shape, pooled and padded.
    steps = np.maximum((np.arange(-60, 60, 2) - 9) * (0.04 / 0.03), 0) - 20
    bytes_ = np.clip(np.rint(steps), -128, 127).reshape(6, 5, 2)
    pooled = bytes_[:, :4].reshape(3, 2, 2, 2, 2).max(axis=(1, 3))
    wanted = np.pad(pooled, [(2, 1), (1, 2), (0, 0)], constant_values=-20)
    assert np.array_equal(cast(AnyArray, folded.data)[0], wanted)


def test_an_output_that_is_constant_is_folded_too() -> None:
    def build(net: Net) -> list[Value]:
        return [
            net.relu(net.image()),
            net.relu(net.constant(np.arange(-3, 3).astype(np.int8), 0.1)),
        ]

    after = applied(fold_constants, graph_of(build))
    assert kinds(after) == {"relu": 1}
    assert after.tensor(after.outputs[1]).is_constant


# -- remove no-ops --------------------------------------------------------------------------------

IDENTITIES: dict[str, Callable[[Net, Value], Value]] = {
    "reshape": lambda net, x: net.reshape(x, x.shape),
    "quantize": lambda net, x: net.quantize(x, scale=SCALE, zero_point=POINT),
    "concatenation": lambda net, x: net.concatenation([x], 2),
    "resize_nearest_neighbor": lambda net, x: net.resize_nearest_neighbor(
        x, (x.shape[1], x.shape[2]), half_pixel_centers=True
    ),
    "pad": lambda net, x: net.pad(x, [(0, 0)] * 4),
    "transpose": lambda net, x: net.transpose(x, (0, 1, 2, 3)),
}


@pytest.mark.parametrize("kind", IDENTITIES)
def test_identities_go(kind: str) -> None:
    same = IDENTITIES[kind]

    def build(net: Net) -> list[Value]:
        made = net.max_pool_2d(same(net, net.image()), 2)
        return [net.max_pool_2d(same(net, made), 2), same(net, made), same(net, net.image())]

    before = graph_of(build)
    after = applied(remove_noops, before)
    assert kinds(before) == {"max_pool_2d": 2, kind: 4}
    # What copies an input, or a tensor with other readers, to an output has to stay.
    left = "reshape" if kind == "transpose" else kind
    assert kinds(after) == {"max_pool_2d": 2, left: 2}


def test_an_identity_before_an_output_goes() -> None:
    before = graph_of(lambda net: [net.quantize(net.conv(net.image()), scale=SCALE, zero_point=-3)])
    after = applied(remove_noops, before)
    assert kinds(after) == {"conv_2d": 1}
    assert after.outputs == before.outputs


@pytest.mark.parametrize(
    "change",
    [
        lambda net, x: net.quantize(x, scale=2 * SCALE, zero_point=POINT),
        lambda net, x: net.quantize(x, scale=SCALE, zero_point=POINT + 1),
        lambda net, x: net.quantize(
            net.quantize(x, "uint8", scale=SCALE, zero_point=126), scale=SCALE, zero_point=POINT
        ),
        lambda net, x: net.copied(x, x.shape, 0.7),
        lambda net, x: net.concatenation([x, x], 3),
        lambda net, x: net.resize_nearest_neighbor(x, (3, 5)),
        lambda net, x: net.pad(x, [(0, 0), (0, 0), (0, 0), (0, 1)]),
        lambda net, x: net.transpose(x, (0, 2, 1, 3)),
        lambda net, x: net.relu(x),
    ],
)
def test_what_changes_something_is_no_identity(change: Callable[[Net, Value], Value]) -> None:
    before = graph_of(lambda net: [net.relu(change(net, net.image()))])
    assert dump(applied(remove_noops, before)) == dump(before)


@pytest.mark.parametrize(
    ("shape", "permutation", "kind"),
    [
        ((1, 6, 1, 4), (0, 2, 1, 3), "reshape"),
        ((1, 1, 1, 4), (3, 0, 1, 2), "reshape"),
        ((1, 6, 5, 1), (3, 1, 0, 2), "reshape"),
        ((1, 6, 5, 1), (0, 2, 1, 3), "transpose"),
        ((1, 2, 3, 4), (0, 1, 3, 2), "transpose"),
    ],
)
def test_transposes_that_move_ones_are_reshapes(
    shape: tuple[int, ...], permutation: tuple[int, ...], kind: str
) -> None:
    before = graph_of(lambda net: [net.relu(net.transpose(net.image(*shape), permutation))])
    assert kinds(applied(remove_noops, before)) == {kind: 1, "relu": 1}


# -- remove reshapes ------------------------------------------------------------------------------


def _two_heads(net: Net) -> list[Value]:
    vector = net.reshape(net.conv(net.image()), (1, 60))
    return [net.dense(vector), net.dense(vector)]


def _two_readers(net: Net) -> list[Value]:
    x = net.image()
    return [net.conv(net.reshape(x, (1, 5, 6, 2))), net.conv(x)]


def _output_and_reshaped(net: Net) -> list[Value]:
    made = net.conv(net.image())
    return [made, net.conv(net.reshape(made, (1, 5, 6, 2)))]


def _read_output(net: Net) -> list[Value]:
    vector = net.dense(net.image())
    plane = net.reshape(vector, (1, 2, 2, 1))
    return [plane, net.pad(plane, SPATIAL)]


def _flat_output(net: Net) -> list[Value]:
    vector = net.reshape(net.conv(net.image()), (1, 60))
    return [vector, net.dense(vector)]


RESHAPES: dict[str, tuple[Callable[[Net], list[Value]], int]] = {
    "at the input": (lambda net: [net.conv(net.reshape(net.image(60), (1, 6, 5, 2)))], 0),
    "at the output": (lambda net: [net.reshape(net.conv(net.image()), (60,))], 0),
    "several at the input": (
        lambda net: [net.conv(net.reshape(net.reshape(net.image(60), (4, 15)), (1, 6, 5, 2)))],
        0,
    ),
    "before fully_connected": (
        lambda net: [net.dense(net.reshape(net.conv(net.image()), (60,)))],
        0,
    ),
    "before two fully_connected": (_two_heads, 0),
    "two before fully_connected": (
        lambda net: [net.dense(net.reshape(net.reshape(net.conv(net.image()), (60,)), (2, 30)))],
        0,
    ),
    "two at the output": (
        lambda net: [net.reshape(net.reshape(net.conv(net.image()), (60,)), (1, 6, 5, 2))],
        0,
    ),
    "between convolutions": (
        lambda net: [net.conv(net.reshape(net.conv(net.image()), (1, 5, 6, 2)))],
        1,
    ),
    "from the input to an output": (lambda net: [net.reshape(net.image(), (60,))], 1),
    "of an input with two readers": (_two_readers, 1),
    "of an output": (_output_and_reshaped, 1),
    "to an output that is read as a plane": (_read_output, 1),
    "to an output that is read flat": (_flat_output, 0),
    "other scale at the input": (
        lambda net: [net.conv(net.copied(net.image(60), (1, 6, 5, 2), 0.3))],
        1,
    ),
    "other scale at the output": (lambda net: [net.copied(net.conv(net.image()), (60,), 0.3)], 1),
    "other scale before fully_connected": (
        lambda net: [net.dense(net.copied(net.conv(net.image()), (60,), 0.3))],
        1,
    ),
}
"""Where a reshape is -> a network, and how many reshapes remain."""


@pytest.mark.parametrize("where", RESHAPES)
def test_reshapes(where: str) -> None:
    build, left = RESHAPES[where]
    before = graph_of(build)
    after = applied(remove_reshapes, before)
    assert kinds(before)["reshape"] >= 1
    assert kinds(after).get("reshape", 0) == left
    assert after.outputs == before.outputs
    for name in before.inputs:
        assert after.tensor(name).elements == before.tensor(name).elements


# -- fold pad -------------------------------------------------------------------------------------


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("kind", ["conv_2d", "depthwise_conv_2d"])
def test_pads_before_convolutions_are_folded(kind: str, padding: str) -> None:
    def build(net: Net) -> list[Value]:
        make = net.conv if kind == "conv_2d" else net.depthwise
        return [make(net.pad(net.image(), SPATIAL), padding=padding, stride=2)]

    before = graph_of(build)
    after = applied(remove_unused, applied(fold_pad, before))
    assert kinds(before) == {"pad": 1, kind: 1}
    assert kinds(after) == {kind: 1}
    attributes = cast(Convolution | DepthwiseConvolution, after.operators[0].attributes)
    # 9 rows and 7 columns: SAME adds one on each side, of which PAD gave 1, 2 and 2, 0.
    more = 0 if padding == "valid" else 1
    expected = Window(3, 3, 2, 2, 1 + more, 2 + more, 2 + more, 0 + more)
    assert attributes.window == expected


def test_pads_in_a_row_are_all_folded() -> None:
    def build(net: Net) -> list[Value]:
        return [net.conv(net.pad(net.pad(net.image(), SPATIAL), SPATIAL), padding="valid")]

    after = applied(remove_unused, applied(fold_pad, graph_of(build)))
    assert kinds(after) == {"conv_2d": 1}


def test_a_pad_stays_for_its_other_readers() -> None:
    def build(net: Net) -> list[Value]:
        padded = net.pad(net.image(), SPATIAL)
        return [net.conv(padded), net.depthwise(padded), net.max_pool_2d(padded, 2)]

    before = graph_of(build)
    after = applied(remove_unused, applied(fold_pad, before))
    assert kinds(after) == kinds(before)
    readers = {op.kind for op in after.consumers(before.operators[0].outputs[0])}
    assert readers == {"max_pool_2d"}


def test_a_pad_that_is_an_output_stays() -> None:
    def build(net: Net) -> list[Value]:
        padded = net.pad(net.image(), SPATIAL)
        return [padded, net.conv(padded)]

    after = applied(remove_unused, applied(fold_pad, graph_of(build)))
    assert kinds(after) == {"pad": 1, "conv_2d": 1}
    assert after.operators[1].inputs[0] == after.inputs[0]


@pytest.mark.parametrize(
    "widths", [[(0, 0), (1, 1), (1, 1), (0, 1)], [(0, 0), (256, 0), *SPATIAL[2:]]]
)
def test_pads_that_no_convolution_can_take_in_stay(widths: list[tuple[int, int]]) -> None:
    before = graph_of(lambda net: [net.conv(net.pad(net.image(), widths), stride=9)])
    assert dump(applied(fold_pad, before)) == dump(before)


def test_a_pad_that_would_requantize_stays() -> None:
    whole = graph_of(lambda net: [net.conv(net.pad(net.image(), SPATIAL))])
    padded = whole.tensor(whole.operators[0].outputs[0])
    other = dataclasses.replace(padded, quantization=Quantization((SCALE,), (7,)))
    before = whole.replace(tensors=[other])
    assert dump(fold_pad(before)) == dump(before)


# -- fuse activation ------------------------------------------------------------------------------

PRODUCERS: dict[str, Callable[[Net], Value]] = {
    "conv_2d": lambda net: net.conv(net.image()),
    "depthwise_conv_2d": lambda net: net.depthwise(net.image()),
    "fully_connected": lambda net: net.dense(net.image()),
    "add": lambda net: net.sum(net.image(), net.image()),
    "max_pool_2d": lambda net: net.max_pool_2d(net.image(), 2),
    "average_pool_2d": lambda net: net.average_pool_2d(net.image(), 2),
}


@pytest.mark.parametrize("clamp", RELUS)
@pytest.mark.parametrize("producer", PRODUCERS)
def test_clamps_are_fused(producer: str, clamp: str) -> None:
    before = graph_of(lambda net: [net.relu(PRODUCERS[producer](net), clamp)])
    after = applied(fuse_activation, before)
    assert kinds(before) == {producer: 1, clamp: 1}
    assert kinds(after) == {producer: 1}
    assert after.operators[0].attributes.activation.value == clamp  # type: ignore[attr-defined]
    assert after.outputs == before.outputs


def _clamped_and_not(net: Net) -> list[Value]:
    made = net.conv(net.image())
    return [net.sum(made, net.relu(made))]


LEFT_ALONE: dict[str, Callable[[Net], list[Value]]] = {
    "another scale": lambda net: [net.relu(net.conv(net.image()), scale=0.06)],
    "another zero point": lambda net: [net.relu(net.conv(net.image()), zero_point=4)],
    "an activation already": lambda net: [net.relu(net.conv(net.image(), activation="relu6"))],
    "an input": lambda net: [net.relu(net.image())],
    "a constant": lambda net: [
        net.sum(net.image(), net.relu(net.constant(np.ones(2, np.int8), 1)))
    ],
    "a second reader": _clamped_and_not,
    "an output": lambda net: [made := net.conv(net.image()), net.relu(made)],
    "no activation": lambda net: [net.relu(net.reshape(net.conv(net.image()), (60,)), "relu6")],
    "softmax": lambda net: [net.relu(net.softmax(net.image(1, 7)))],
}


@pytest.mark.parametrize("why", LEFT_ALONE)
def test_clamps_that_must_stay(why: str) -> None:
    before = graph_of(LEFT_ALONE[why])
    assert dump(applied(fuse_activation, before)) == dump(before)


def test_of_two_clamps_one_is_fused() -> None:
    before = graph_of(lambda net: [net.relu(net.relu(net.conv(net.image())), "relu6")])
    assert kinds(applied(fuse_activation, before)) == {"conv_2d": 1, "relu6": 1}


# -- lower depthwise ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channels", "multiplier", "how", "kind"),
    [
        (1, 8, {}, "conv_2d"),
        (1, 16, {"stride": 2, "padding": "valid"}, "conv_2d"),
        # Seven channels round negative ties away from zero, unless a clamp hides it.
        (1, 7, {}, "depthwise_conv_2d"),
        (1, 9, {}, "depthwise_conv_2d"),
        (1, 7, {"activation": "relu"}, "conv_2d"),
        (1, 3, {"activation": "relu6", "zero_point": -128}, "conv_2d"),
        (1, 3, {"activation": "relu_n1_to_1"}, "depthwise_conv_2d"),
        (2, 4, {}, "depthwise_conv_2d"),
        (8, 1, {}, "depthwise_conv_2d"),
    ],
)
def test_depthwise_of_one_channel(
    channels: int, multiplier: int, how: dict[str, Any], kind: str
) -> None:
    before = graph_of(lambda net: [net.depthwise(net.image(1, 6, 5, channels), multiplier, **how)])
    after = applied(lower_depthwise, before)
    assert kinds(after) == {kind: 1}
    if kind == "conv_2d":
        old = cast(AnyArray, before.tensor(before.operators[0].inputs[1]).data)
        new = after.tensor(after.operators[0].inputs[1])
        assert new.quantization is not None
        assert (new.shape, new.quantization.axis) == ((multiplier, 3, 3, 1), 0)
        assert np.array_equal(cast(AnyArray, new.data)[:, :, :, 0], np.moveaxis(old[0], 2, 0))


# -- lower lookup ---------------------------------------------------------------------------------

FUNCTIONS: dict[str, Callable[[Net, Value], Value]] = {
    "relu": lambda net, x: net.relu(x, scale=0.08, zero_point=-20),
    "relu6": lambda net, x: net.relu(x, "relu6"),
    "relu_n1_to_1": lambda net, x: net.relu(x, "relu_n1_to_1", scale=0.01),
    "logistic": lambda net, x: net.logistic(x),
    "hard_swish": lambda net, x: net.hard_swish(x),
    "quantize": lambda net, x: net.quantize(x, "uint8", scale=0.06, zero_point=99),
}


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_byte_functions_become_tables(kind: str) -> None:
    before = graph_of(lambda net: [FUNCTIONS[kind](net, net.image(1, 16, 16, 1))])
    after = applied(lower_lookup, before)
    assert (kinds(before), kinds(after)) == ({kind: 1}, {"lookup": 1})
    operator = after.operators[0]
    table = after.tensor(operator.inputs[1])
    assert (table.shape, table.dtype) == ((256,), DType.UINT8)
    assert operator.attributes == Lookup(kind)


@pytest.mark.parametrize("kind", ["quantize", "dequantize"])
def test_floats_have_no_table(kind: str) -> None:
    def build(net: Net) -> list[Value]:
        if kind == "dequantize":
            return [net.dequantize(net.image())]
        return [net.quantize(net.input((1, 6, 5, 2), "float32"), scale=SCALE)]

    before = graph_of(build)
    assert dump(applied(lower_lookup, before)) == dump(before)


def test_new_constants_do_not_take_a_tensor_s_name() -> None:
    def build(net: Net) -> list[Value]:
        x, deep = net.image(), net.input((1, 4, 4, 1), "int8", SCALE, POINT, name="w/conv_2d")
        y = net.tensor(x.shape, "int8", 0.07, 0, name="y")
        taken = net.tensor(x.shape, "int8", 0.07, 0, name="y/table")
        net.operator("RELU", [x], [y])
        net.operator("RELU6", [y], [taken])
        made = net.depthwise(deep, 8)
        weights = next(t for t in net.graph.tensors if list(t.shape) == [1, 3, 3, 8])
        weights.name = "w"
        return [taken, made]

    after = applied(lower_depthwise, applied(lower_lookup, graph_of(build)))
    assert kinds(after) == {"lookup": 2, "conv_2d": 1}
    assert {"y/table", "y/table_2", "w/conv_2d", "w/conv_2d_2"} <= set(after.tensors)


# -- quantize io ----------------------------------------------------------------------------------


def _real(net: Net) -> Value:
    return net.input((1, 6, 5, 2), "float32")


def _quantized(net: Net, x: Value) -> Value:
    return net.quantize(x, scale=SCALE, zero_point=POINT)


def test_conversions_at_the_borders_are_left_to_the_caller() -> None:
    def build(net: Net) -> list[Value]:
        made = net.conv(_quantized(net, _real(net)))
        return [net.dequantize(net.dense(made)), net.dequantize(net.relu(made))]

    before = graph_of(build)
    after = verify(quantize_io(before))
    assert kinds(before)["quantize"] + kinds(before)["dequantize"] == 3
    assert kinds(after) == {"conv_2d": 1, "fully_connected": 1, "relu": 1}
    assert after.inputs == before.operators[0].outputs
    for sample in suite(before):
        codes = run_all(before, sample)
        bytes_ = run(after, [codes[after.inputs[0]]])
        assert flat(bytes_) == flat([codes[name] for name in after.outputs])


CONVERSIONS_LEFT: dict[str, Callable[[Net], list[Value]]] = {
    "an input that is quantized twice": lambda net: [
        net.conv(_quantized(net, x := _real(net))),
        net.relu(net.quantize(x, scale=0.2)),
    ],
    "an input that is an output": lambda net: [net.conv(_quantized(net, x := _real(net))), x],
    "bytes that are an output too": lambda net: [x := net.conv(net.image()), net.dequantize(x)],
    "an input as floats": lambda net: [net.dequantize(net.image())],
    "floats that are bytes again": lambda net: [
        y := net.dequantize(net.conv(net.image())),
        net.relu(net.quantize(y, scale=0.2)),
    ],
    "bytes to bytes": lambda net: [net.relu(net.quantize(net.image(dtype="uint8"), scale=0.1))],
}


@pytest.mark.parametrize("what", CONVERSIONS_LEFT)
def test_conversions_that_must_stay(what: str) -> None:
    before = graph_of(CONVERSIONS_LEFT[what])
    assert dump(verify(quantize_io(before))) == dump(before)
