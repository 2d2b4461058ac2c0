"""Functions of bytes, reductions and products in whole networks, as layers and streamed."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from support.byte_trials import options
from support.compiled import compile_file
from support.every_byte_operator import every_byte_operator
from support.random_plans import random_plan
from support.schedules import check_exact, planned
from support.small_networks import suite
from support.tflite_model import Value
from support.tflite_writer import Writer
from thumbnet.passes import run_passes
from thumbnet.pipeline import import_model
from thumbnet.schedule.pushed import why_not_pushed
from thumbnet.schedule.replay_stream import replay_plan

from thumbnet import manifest


def chain(seed: int) -> bytes:
    """An image through functions of two operands, to a reduction over rows."""
    rng, writer = np.random.default_rng(seed), Writer()
    shape = (1, 7, 6, 4)
    x = writer.input(shape, "int8", 0.05, -9)

    def then(kind: str, values: list[Value], scale: float, zero_point: int) -> Value:
        y = writer.tensor(
            np.broadcast_shapes(*(v.shape for v in values)), "int8", scale, zero_point
        )
        writer.operator(kind, values, [y], options("Div") if kind == "DIV" else None)
        return y

    slopes = writer.constant(rng.integers(-99, 99, 4).astype(np.int8), 0.02, 3)
    columns = writer.constant(rng.integers(-99, 99, (6, 1)).astype(np.int8), 0.05, -9)
    bent = then("PRELU", [x, slopes], 0.05, -9)
    pooled = writer.max_pool_2d(bent, 3, padding="same")
    high = then("MAXIMUM", [pooled, x], 0.05, -9)
    low = then("MINIMUM", [high, columns], 0.05, -9)
    squares = then("SQUARED_DIFFERENCE", [low, bent], 0.3, -100)
    above = writer.tensor(shape, "bool")
    writer.operator("GREATER", [low, bent], [above])
    chosen = writer.tensor(shape, "int8", 0.05, -9)
    writer.operator("SELECT_V2", [above, low, pooled], [chosen])
    unit = writer.tensor(shape, "int8", 1 / 128, 0)
    writer.operator("L2_NORMALIZATION", [chosen], [unit], options("L2Norm"))
    outputs = []
    for kind, value, axes, scale in (
        ("SUM", unit, [1, 2], 0.2),
        ("REDUCE_MAX", squares, [1], 0.3),
        ("REDUCE_MIN", chosen, [3], 0.05),
        ("SUM", squares, [2], 1.1),
    ):
        kept = [n for i, n in enumerate(shape) if i not in axes]
        y = writer.tensor(kept, "int8", scale, value.zero_point[0])
        operands = [value, writer.constant(np.array(axes, np.int32))]
        writer.operator(kind, operands, [y], options("Reducer"), 2)
        outputs.append(y)
    for axis in (1, 3):
        y = writer.tensor([n for i, n in enumerate(shape) if i != axis], "int32")
        operands = [chosen, writer.constant(np.array(axis, np.int32))]
        writer.operator("ARG_MAX", operands, [y], options("ArgMax", outputType=2))
        outputs.append(y)
    flags = writer.tensor((1, 7, 6), "bool")
    axes_of_flags = writer.constant(np.array([3], np.int32))
    writer.operator("REDUCE_ANY", [above, axes_of_flags], [flags], options("Reducer"))
    return writer.finish([*outputs, flags, above])


def attention(seed: int) -> bytes:
    """softmax(q k) v of convolutions of an image, then a dense layer whose weights are computed."""
    rng, writer = np.random.default_rng(seed), Writer()
    x = writer.input((1, 5, 6, 4), "int8", 0.05, -9)
    parts = []
    for _ in range(3):
        weights = rng.integers(-99, 99, (8, 1, 1, 4)).astype(np.int8)
        parts.append(
            writer.conv_2d(x, weights, np.zeros(8, np.int32), weight_scale=0.01, scale=0.05)
        )
    q, k, v = (writer.reshape(part, (1, 2, 15, 8)) for part in parts)
    scores = writer.tensor((1, 2, 15, 15), "int8", 0.1, 0)
    writer.operator("BATCH_MATMUL", [q, k], [scores], options("BatchMatMul", adjY=True), 4)
    mixed = writer.tensor((1, 2, 15, 8), "int8", 0.04, 5)
    operands = [writer.softmax(scores), v]
    writer.operator("BATCH_MATMUL", operands, [mixed], options("BatchMatMul"), 4)
    weights = writer.reshape(mixed, (30, 8))
    y = writer.tensor((30, 30), "int8", 0.2, 0)
    first = writer.reshape(q, (30, 8))
    given = options("FullyConnected")
    writer.operator("FULLY_CONNECTED", [first, weights, None], [y], given, 4)
    return writer.finish([y])


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("make", [chain, attention], ids=["chain", "attention"])
def test_networks_are_exact_and_safe_in_every_schedule(
    make: object, seed: int, tmp_path: Path
) -> None:
    assert callable(make)
    path = tmp_path / "net.tflite"
    path.write_bytes(make(seed))
    graph = run_passes(import_model(manifest.implicit(path)))
    sources = ["arena", "buffer", *(["rows"] if why_not_pushed(graph) is None else [])]
    plans = [random_plan(graph, source, random.Random(seed)) for source in sources]
    streamed: Counter[str] = Counter()
    for plan in plans:
        replay_plan(plan)
        for stage in plan.stages:
            if stage.kind == "stream":
                streamed.update(step.operator.kind for step in stage.steps)
    assert streamed, "no stage is streamed"
    models = [
        compile_file(path, name="layers"),
        compile_file(path, name="least", schedule={"objective": "ram"}),
    ]
    models += [planned(models[0], plan, f"random_{i}") for i, plan in enumerate(plans)]
    for model in models[:2]:
        replay_plan(model.plan)
    check_exact(path, models, suite(models[0].reference_graph)[:4], tmp_path)


def test_every_function_is_exact_in_one_network(tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(every_byte_operator())
    models = [
        compile_file(path, name="layers"),
        compile_file(path, name="least", schedule={"objective": "ram"}),
    ]
    for model in models:
        replay_plan(model.plan)
    check_exact(path, models, suite(models[0].reference_graph)[:3], tmp_path)
