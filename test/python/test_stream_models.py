"""Streamed plans of the shared models: RAM, marks, and replays."""

from __future__ import annotations

import functools

import pytest
from support.shared import model_path, needs_shared
from thumbnet.frontends.tflite import read_tflite
from thumbnet.ir.graph import Graph
from thumbnet.passes import run_passes
from thumbnet.passes.quantized_io import quantize_io
from thumbnet.schedule.replay_stream import replay_plan
from thumbnet.schedule.stream import schedule_stream

MARKS = {
    "mlperf-vww96": (27_800, 11_500),
    "mlperf-resnet8": (13_500, 10_700),
    "mlperf-kws": (6_000, 5_700),
    "mcunet-in0": (15_100, 10_800),
    "mcunet-in1": (29_400, 16_600),
    "mcunet-in3": (96_000, 53_100),
    "mbv2-w0.35": (64_800, 21_200),
    "mcunet-vww0": (14_900, 12_500),
    "mcunet-vww1": (20_700, 12_800),
    "mcunet-person-det": (69_900, 20_600),
}
"""Most arena bytes at a moderate cost, image in RAM and rows pushed, at the time of writing."""


@functools.cache
def model(name: str) -> Graph:
    """A shared model after all passes, with integers at its borders."""
    return run_passes(quantize_io(read_tflite(model_path(name))))


@needs_shared
@pytest.mark.parametrize("name", MARKS)
@pytest.mark.parametrize("source", ["arena", "rows"])
def test_least_ram(name: str, source: str) -> None:
    """No plan needs more than it did, and none leaves gaps between buffers."""
    graph = model(name)
    plan = schedule_stream(graph, input=source)
    least = schedule_stream(graph, input=source, moderate=float("inf"))
    assert plan.memory.arena_size <= MARKS[name][source == "rows"]
    assert least.memory.arena_size <= plan.memory.arena_size
    assert plan.memory.arena_size == max(plan.memory.live_bytes.values())


@needs_shared
@pytest.mark.parametrize("name", ["mlperf-vww96", "mlperf-resnet8", "mlperf-kws", "mcunet-vww0"])
def test_plans_replay(name: str) -> None:
    """Nothing that is still needed is written over."""
    for source in ("arena", "buffer", "rows"):
        for moderate in (0.15, float("inf")):
            replay_plan(schedule_stream(model(name), input=source, moderate=moderate))
