"""Schedules a graph for a fast and a slow memory.

Stages are searched as for one memory of both sizes, less those whose line buffers and whole tensors
find no room; their memory plan says what lies where. Candidates come from a ladder of total sizes,
because fewer whole tensors mean fewer accesses of slow memory, and more work.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from thumbnet.ir.graph import Graph
from thumbnet.plan import Plan, Step
from thumbnet.schedule.accesses import tensor_accesses
from thumbnet.schedule.live_ranges import find_views
from thumbnet.schedule.memories import plan_two_memories
from thumbnet.schedule.memory import Memories
from thumbnet.schedule.scheduler import MODERATE, Scheduler
from thumbnet.schedule.search_cuts import Cut, Stages
from thumbnet.schedule.search_memories import Shortage, room_in, shortage
from thumbnet.schedule.stages import StageMaker
from thumbnet.schedule.stream_cost import layer_cost

SLOW_BYTE = 1.0
"""Instructions that stand for what a byte read or written in slow memory costs more than in fast.

A guess, as no emulator has wait states: a word from uncached SRAM behind a bus takes a few cycles.
"""

_RUNGS = 10
"""Total sizes that are looked at."""

_GROWTH = 1.03
_ATTEMPTS = 40
"""How a size that would do is looked for."""


def schedule_two_memories(
    graph: Graph, *, input: str, objective: str, memories: Memories
) -> Plan | Shortage:
    """The best plan found within both sizes, or what is missing.

    ``input`` as for :func:`schedule_stream`. Of the plans found, ``objective: speed`` is the one
    with the least estimated overhead, accesses of slow memory included, and ``ram`` the one that
    takes least in both memories together at a moderate overhead.

    Raises:
        ThumbnetError: rows cannot be pushed into this graph, or constants leave what a kernel can
            hold.
    """
    scheduler = Scheduler(graph, input)
    for hopeful in (False, True):
        paths = _candidates(scheduler, memories, hopeful=hopeful)
        best = _best(scheduler, paths, objective, memories)
        if best is not None:
            return best
    return _shortage(scheduler, memories)


def _best(
    scheduler: Scheduler, paths: Iterable[list[Cut]], objective: str, memories: Memories
) -> Plan | None:
    best: Plan | None = None
    value = float("inf")
    nodes = scheduler.net.nodes
    moderate = (1 + MODERATE) * sum(layer_cost(node) for node in nodes)
    for path in paths:
        price: float = sum(cut.cost for cut in path)
        if objective == "speed" and price >= value:
            continue
        plan = place_stages(scheduler.maker, path, memories)
        if plan is None or plan.memory.slow is None:
            continue
        price += SLOW_BYTE * plan.memory.slow.accesses
        if objective == "ram":
            # Beyond a moderate overhead, the less of it the better.
            price = plan.memory.total_size if price <= moderate else moderate + price + (1 << 60)
        if price < value:
            best, value = plan, price
    return best


def fits_two_memories(graph: Graph, *, input: str, memories: Memories) -> bool:
    """Whether a plan is found within both sizes."""
    return _fits(Scheduler(graph, input), memories)


def _fits(scheduler: Scheduler, memories: Memories) -> bool:
    return any(
        place_stages(scheduler.maker, path, memories) is not None
        for hopeful in (False, True)
        for path in _candidates(scheduler, memories, hopeful=hopeful)
    )


def place_stages(maker: StageMaker, path: Sequence[Cut], memories: Memories) -> Plan | None:
    """The plan of these stages in two memories; None where they do not fit."""
    built, in_arena = maker.built(path), maker.in_arena
    memory = plan_two_memories(maker.graph, built, memories, input_in_arena=in_arena)
    if memory is None:
        return None
    return Plan(maker.graph, tuple(found.stage for found in built), memory, in_arena)


def _candidates(
    scheduler: Scheduler, memories: Memories, *, hopeful: bool = False
) -> Iterator[list[Cut]]:
    """Paths through stages that fit by themselves, the cheapest first.

    ``hopeful``: more of them, those of fewest stages, too, among which fewer tensors are whole.
    """
    net = scheduler.net
    steps = [
        Step(operator, scheduler.lowered[operator.name]) for operator in scheduler.graph.operators
    ]
    views = find_views(scheduler.graph, input_in_arena=scheduler.input == "arena")
    accesses = tensor_accesses(scheduler.graph, steps, views)
    prices = {
        index: SLOW_BYTE * accesses.get(value.name, 0)
        for index, value in enumerate(net.values)
        if value.root == index
    }
    stages = Stages(
        net,
        memories.fast + memories.slow,
        pushed=scheduler.pushed,
        room=room_in(net, memories, prices, hopeful=hopeful),
    )
    orders = (_price, _few) if hopeful else (_price,)
    seen: list[list[Cut]] = []
    sizes = stages.sizes()
    while sizes:
        paths = [stages.cheapest(sizes[-1], order) for order in orders]
        for path in paths:
            if path is not None and path not in seen:
                seen.append(path)
                yield path
        peak = max((cut.size for cut in paths[0] or ()), default=0)
        # The next rung is below what this path needs.
        step = max(1, (peak - sizes[0]) // _RUNGS)
        sizes = [size for size in sizes if size <= peak - step]


def _price(cut: Cut) -> int:
    return cut.cost + cut.slow


def _few(cut: Cut) -> int:
    """A price by which fewer stages come before less cost."""
    return _price(cut) + (1 << 40)


def _shortage(scheduler: Scheduler, memories: Memories) -> Shortage:
    """The memory that is too small, with the least size at which a plan was found."""
    found = shortage(scheduler.net, memories, pushed=scheduler.pushed)
    limit = memories.fast if found.memory == "fast" else memories.slow

    def does(size: int) -> bool:
        return _fits(scheduler, dataclasses.replace(memories, **{found.memory: size}))

    # What stages say is a lower bound: there may be gaps between buffers, or a tensor that stages
    # want in different memories.
    too_small, size = limit, max(found.least, limit + 1)
    for _ in range(_ATTEMPTS):
        if does(size):
            break
        too_small, size = size, int(size * _GROWTH) + 16
    else:
        # What fits one memory fits the fast one.
        whole = scheduler.smallest(float("inf")).memory
        return Shortage("fast", whole.arena_size, whole.peak)
    while size - too_small > size // 512 + 1 and size > found.least:
        middle = (size + too_small) // 2
        too_small, size = (too_small, middle) if does(middle) else (middle, size)
    return dataclasses.replace(found, least=size)
