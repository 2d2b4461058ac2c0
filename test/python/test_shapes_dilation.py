"""SPACE_TO_BATCH_ND, a convolution and BATCH_TO_SPACE_ND become one dilated convolution."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]
from support import inputs as samples
from support.litert import LiteRT
from support.random_models import random_scale, random_weights
from support.shape_models import Rng, ShapeWriter
from support.tflite_model import Value
from thumbnet.errors import ThumbnetError
from thumbnet.frontends.tflite import parse_tflite
from thumbnet.ir.verify import verify
from thumbnet.reference import interpreter


def apart(writer: ShapeWriter, x: Value, block: list[int], pads: list[list[int]]) -> Value:
    """SPACE_TO_BATCH_ND."""
    sides = zip(x.shape[1:], block, pads, strict=False)
    inner = [(n + sum(pad)) // factor for n, factor, pad in sides]
    shape = (x.shape[0] * int(np.prod(block)), *inner, *x.shape[1 + len(block) :])
    operands = [x, writer.ints(*block), writer.ints(*pads)]
    return writer.make("SPACE_TO_BATCH_ND", x, operands, shape, schema.SpaceToBatchNDOptionsT(), 2)


def together(writer: ShapeWriter, x: Value, block: list[int], crops: list[list[int]]) -> Value:
    """BATCH_TO_SPACE_ND."""
    sides = zip(x.shape[1:], block, crops, strict=False)
    inner = [n * factor - sum(crop) for n, factor, crop in sides]
    shape = (x.shape[0] // int(np.prod(block)), *inner, *x.shape[1 + len(block) :])
    operands = [x, writer.ints(*block), writer.ints(*crops)]
    return writer.make("BATCH_TO_SPACE_ND", x, operands, shape, schema.BatchToSpaceNDOptionsT(), 2)


def filtered(writer: ShapeWriter, rng: Rng, x: Value, kernel: tuple[int, int], deep: bool) -> Value:
    """A convolution of either kind without padding."""
    channels = x.shape[3] if deep else 3
    lead = 1 if deep else channels
    last = channels if deep else x.shape[3]
    weights = random_weights(rng, (lead, *kernel, last))
    bias = rng.integers(-999, 999, channels)
    make = writer.depthwise_conv_2d if deep else writer.conv_2d
    spread = 45 * 60 * np.sqrt(weights.size / (1 if deep else channels))
    return make(
        x, weights, bias, weight_scale=0.01, scale=float(x.scale[0] * 0.01 * spread / 50),
        zero_point=3, padding="valid",
    )  # fmt: skip


def sides(rng: Rng, size: int, reach: int, block: int) -> tuple[list[int], list[int]]:
    """Paddings that make a dilated convolution SAME, or none, and the crops that belong to them."""
    total = (reach - 1) * block if rng.random() < 0.7 or size <= (reach - 1) * block else 0
    extra = -(size + total) % block
    return [total // 2, total - total // 2 + extra], [0, extra]


def planar(rng: Rng) -> bytes:
    """Rows and columns."""
    writer = ShapeWriter()
    size = tuple(int(n) for n in rng.integers(4, 12, 2))
    x = writer.input((1, *size, int(rng.integers(1, 5))), "int8", random_scale(rng), -7)
    block = [int(n) for n in rng.integers(1, 4, 2)]
    block[0] += block == [1, 1]
    kernel = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    found = [sides(rng, size[i], kernel[i], block[i]) for i in (0, 1)]
    parts = apart(writer, x, block, [pads for pads, _ in found])
    parts = filtered(writer, rng, parts, kernel, bool(rng.random() < 0.5))
    return writer.finish([together(writer, parts, block, [crops for _, crops in found])])


def over_time(rng: Rng) -> bytes:
    """Time steps, causal, as Keras' Conv1D has them: with a dimension that comes and goes."""
    writer = ShapeWriter()
    steps, block, kernel = int(rng.integers(6, 20)), int(rng.integers(2, 4)), 3
    x = writer.input((1, steps, 4), "int8", random_scale(rng), -7)
    total = (kernel - 1) * block
    extra = -(steps + total) % block
    parts = apart(writer, x, [block], [[total, extra]])
    wide = (parts.shape[0], 1, *parts.shape[1:])
    options = schema.ExpandDimsOptionsT()
    parts = writer.make("EXPAND_DIMS", parts, [parts, writer.ints(-3)], wide, options)
    parts = filtered(writer, rng, parts, (1, kernel), False)
    squeezed = schema.SqueezeOptionsT()
    squeezed.squeezeDims = [-3]
    flat = (parts.shape[0], *parts.shape[2:])
    parts = writer.make("SQUEEZE", parts, [parts], flat, squeezed)
    return writer.finish([together(writer, parts, [block], [[0, extra]])])


@pytest.mark.parametrize("make", [planar, over_time])
def test_three_operators_are_one(make: Any) -> None:
    for seed in range(25):
        model = make(np.random.default_rng(seed))
        graph = verify(parse_tflite(model, "net.tflite"))
        kinds = [operator.kind for operator in graph.operators if operator.kind != "reshape"]
        assert kinds in (["conv_2d"], ["depthwise_conv_2d"])
        given = [samples.noise(graph.tensor(graph.inputs[0]).shape, "int8", seed)]
        expected = LiteRT(model).run(given)[0]
        found = interpreter.run(graph, given)[0]
        np.testing.assert_array_equal(found, expected, f"seed {seed}")


def test_blocks_of_one_only_pad_and_crop() -> None:
    writer = ShapeWriter()
    x = writer.given((1, 4, 5, 2))
    padded = apart(writer, x, [1, 1], [[1, 2], [0, 1]])
    model = writer.finish([together(writer, padded, [1, 1], [[0, 1], [2, 0]])])
    graph = verify(parse_tflite(model, "net.tflite"))
    assert [operator.kind for operator in graph.operators] == ["pad", "pick"]
    given = [samples.noise(x.shape, "int8", 1)]
    np.testing.assert_array_equal(interpreter.run(graph, given)[0], LiteRT(model).run(given)[0])


@pytest.mark.parametrize("what", ["alone", "other blocks", "also read", "strided"])
def test_others_are_refused(what: str) -> None:
    writer, rng = ShapeWriter(), np.random.default_rng(0)
    x = writer.given((1, 8, 8, 2))
    parts = apart(writer, x, [2, 2], [[0, 0], [0, 0]])
    if what == "alone":
        outputs = [parts]
    else:
        made = filtered(writer, rng, parts, (1, 1), False)
        if what == "strided":
            weights = random_weights(rng, (3, 1, 1, 2))
            made = writer.conv_2d(parts, weights, weight_scale=0.01, scale=0.1, stride=2)
        block = [1, 4] if what == "other blocks" else [2, 2]
        outputs = [together(writer, made, block, [[0, 0], [0, 0]])]
        outputs += [made] if what == "also read" else []
    with pytest.raises(ThumbnetError, match="by itself it would make a batch above one"):
        parse_tflite(writer.finish(outputs), "net.tflite")
