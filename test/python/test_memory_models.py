"""Memory plans of real networks: proven smallest, replayed, and below what others need."""

from __future__ import annotations

import pytest
from support import shared
from thumbnet.frontends.tflite import read_tflite
from thumbnet.ir.graph import Graph
from thumbnet.passes import run_passes
from thumbnet.passes.quantized_io import quantize_io
from thumbnet.schedule.layers import make_plan
from thumbnet.schedule.replay import replay

LAYER_WISE = {
    "mlperf-vww96": 55_296,
    "mlperf-resnet8": 49_152,
    "mlperf-kws": 16_000,
    "mcunet-in0": 46_080,
    "mcunet-in1": 92_160,
    "mcunet-in3": 340_736,
    "mbv2-w0.35": 311_040,
    "mcunet-vww0": 61_440,
    "mcunet-vww1": 96_000,
    "mcunet-person-det": 245_760,
}
"""Bytes that planners without overlap need, input in the arena, scratch not counted."""


def most_live_bytes(graph: Graph) -> int:
    """The same counted here: whole tensors side by side, each from its maker to its last reader."""
    last = {name: len(graph.operators) for name in graph.outputs}
    for step, operator in reversed(list(enumerate(graph.operators))):
        for name in (*operator.inputs, *operator.outputs):
            last.setdefault(name, step)
    live = set(graph.inputs)
    most = sum(graph.tensor(name).size for name in live)
    for step, operator in enumerate(graph.operators):
        live |= set(operator.outputs)
        most = max(most, sum(graph.tensor(name).size for name in live))
        live = {name for name in live if last[name] > step}
    return most


@shared.needs_shared
@pytest.mark.parametrize("name", shared.MODELS)
def test_plan_is_smallest_replays_and_overlaps(name: str) -> None:
    """With the image in the arena and without."""
    graph = run_passes(quantize_io(read_tflite(shared.model_path(name))))
    for input_in_arena in (True, False):
        plan = make_plan(graph, input_in_arena=input_in_arena)
        memory = plan.memory
        lowered = {step.operator.name: step.lowered for step in plan.steps}
        replay(graph, lowered, memory.offsets, memory.scratch, memory.arena_size)
        assert memory.arena_size == memory.lower_bound
        scratch = max(lower.scratch for lower in lowered.values())
        assert memory.arena_size <= most_live_bytes(graph) + scratch
        if name in LAYER_WISE:
            assert memory.arena_size < 0.85 * LAYER_WISE[name]
