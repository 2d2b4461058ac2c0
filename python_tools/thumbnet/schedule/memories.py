"""The memory plan of stages in two memories: line buffers fast, whole tensors by how hot they are.

Scratch, line buffers and states are read and written all the time and always lie in fast memory.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from thumbnet.ir.graph import Graph
from thumbnet.schedule.accesses import tensor_accesses
from thumbnet.schedule.assign import split
from thumbnet.schedule.memory import Memories, MemoryPlan, Placement, SlowMemory
from thumbnet.schedule.stream_build import Built
from thumbnet.schedule.stream_memory import bytes_alive, parts_of, placed_parts


def plan_two_memories(
    graph: Graph, built: Sequence[Built], memories: Memories, *, input_in_arena: bool
) -> MemoryPlan | None:
    """Places everything that ``built``, run in order, writes within both sizes.

    Of the ways that fit it is that with the fewest bytes read and written in slow memory, as far
    as :func:`split` finds it. None where nothing was found that fits.
    """
    parts = parts_of(graph, built, input_in_arena=input_in_arena)
    steps = [step for found in built for step in found.stage.steps]
    by_tensor = tensor_accesses(graph, steps, parts.views)
    accesses = {
        live.key: by_tensor.get(live.name, 0) for live in parts.ranges if not live.is_scratch
    }
    found = split(parts.ranges, parts.forbidden, accesses, memories)
    if found is None:
        return None
    placements = tuple(
        Placement(live, found.slow_at.offsets[live.key], slow=True)
        if live.key in found.slow
        else Placement(live, found.fast_at.offsets[live.key])
        for live in parts.ranges
    )
    plan = placed_parts(built, parts, placements, found.fast_at.lower_bound)
    slow = [live for live in parts.ranges if live.key in found.slow]
    needs = bytes_alive(built, slow, parts.forbidden)
    outside = graph.outside(input_in_arena=input_in_arena)
    memory = SlowMemory(
        tensors=frozenset(name for live in slow for name in live.tensors),
        size=found.slow_at.size,
        lower_bound=found.slow_at.lower_bound,
        peak=max(needs, key=lambda name: needs[name], default="") if slow else "",
        accesses=found.cost,
        least=found.least,
        all_accesses=sum(count for name, count in by_tensor.items() if name not in outside),
    )
    return dataclasses.replace(plan, slow=memory)
