"""Schedules a graph in streamed stages, for least RAM or for least cost within a limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from thumbnet.ir.graph import Graph
from thumbnet.plan import Plan
from thumbnet.schedule.lowering import lower
from thumbnet.schedule.scheduler import (
    ATTEMPTS,
    MODERATE,
    PLANNED,
    UNBOUNDED,
    Scheduler,
)
from thumbnet.schedule.search_growth import INFINITE
from thumbnet.schedule.second_pass import candidates
from thumbnet.schedule.second_pass_rewrite import run_twice
from thumbnet.schedule.stream_build import Built
from thumbnet.schedule.tiles import WIDTHS, Beginning, beginnings

INPUTS = ("arena", "buffer", "rows")

_WILLING = 3
"""How many times the moderate overhead is moderate where work may be done twice for less RAM."""

_NEAR = 1.01
"""How much more than the least RAM is no reason to compute more."""


def schedule_stream(
    graph: Graph,
    *,
    input: str = "arena",
    objective: str = "ram",
    ram_limit: int | None = None,
    moderate: float = MODERATE,
    recompute: float = 1.0,
) -> Plan:
    """Cuts ``graph`` into streamed stages and layers and places everything in one arena.

    ``input`` is where the graph's input is: in the ``arena``, where it may be overwritten, in the
    caller's ``buffer``, or pushed by ``rows``. The ``objective`` is ``ram``, the least RAM at which
    the estimated overhead is ``moderate`` (where little more than the least RAM does not do for
    that, the cheapest of these plans), or ``speed``, the least overhead within ``ram_limit`` bytes.
    Where nothing fits the limit the plan of least RAM comes back.

    Up to ``recompute`` times the network's multiply-accumulates may be executed: for less RAM
    (``ram``), or where nothing else fits the limit (``speed``). The plan's graph then has other
    operators.

    Raises:
        ThumbnetError: rows cannot be pushed into this graph, or constants leave what a kernel can
            hold.
    """
    if input not in INPUTS or objective not in ("ram", "speed"):
        raise ValueError(f"input {input!r}, objective {objective!r}")
    limit = INFINITE if ram_limit is None else ram_limit
    return best_plan([Scheduler(graph, input)], objective, limit, moderate, recompute)


def best_plan(
    schedulers: Sequence[Scheduler], objective: str, limit: int, moderate: float, recompute: float
) -> Plan:
    """As :func:`schedule_stream`, of several schedulers, which differ in the operators' order."""
    plan = _fastest(schedulers, limit) if objective == "speed" else _smallest(schedulers, moderate)
    if plan is None or plan.memory.arena_size > limit:
        plan = _smallest(schedulers, UNBOUNDED)
    if recompute > 1 and (objective == "ram" or plan.memory.arena_size > limit):
        ram_limit = limit if objective == "speed" else None
        for scheduler in schedulers:
            plan = recomputing(scheduler, plan, ram_limit, _WILLING * moderate, recompute)
        if plan.memory.arena_size > limit:
            for scheduler in schedulers:
                plan = recomputing(scheduler, plan, None, UNBOUNDED, recompute)
    return plan


def _smallest(schedulers: Sequence[Scheduler], moderate: float) -> Plan:
    """As :meth:`Scheduler.smallest`, of the one that does best."""
    best: Plan | None = None
    for scheduler in sorted(schedulers, key=lambda one: one.aim(moderate)):
        if best is None or scheduler.aim(moderate) < best.memory.arena_size:
            plan = scheduler.smallest(moderate)
            if best is None or plan.memory.arena_size < best.memory.arena_size:
                best = plan
    if best is None:
        raise ValueError("no scheduler")
    return best


def _fastest(schedulers: Sequence[Scheduler], limit: int) -> Plan | None:
    """The plan of least overhead within ``limit`` bytes; None where none is found."""
    best: tuple[int, Plan] | None = None
    for scheduler in sorted(schedulers, key=lambda one: one.cost(limit)):
        if best is None or scheduler.cost(limit) < best[0]:
            found = scheduler.fastest(limit)
            if found is not None and found[1].memory.arena_size <= limit:
                best = found if best is None else min(best, found, key=lambda one: one[0])
    return None if best is None else best[1]


def recomputing(
    scheduler: Scheduler, plan: Plan, ram_limit: int | None, moderate: float, most: float
) -> Plan:
    """``plan`` or one that computes something twice and therefore needs less RAM.

    With a ``ram_limit``, one that does little more within it, if any can.
    """
    best = plan
    for other in _recomputing(scheduler, ram_limit, most):
        if ram_limit is None:
            found = other.smallest(moderate)
        else:
            fastest = other.fastest(ram_limit)
            if fastest is None:
                continue
            found = fastest[1]
            if found.memory.arena_size <= ram_limit:
                return found
        if found.memory.arena_size < best.memory.arena_size:
            best = found
    for found in _tiled(scheduler, most, best.memory.arena_size - 1, ram_limit, moderate):
        if found.memory.arena_size < best.memory.arena_size:
            best = found
    return best


def _recomputing(scheduler: Scheduler, ram_limit: int | None, most: float) -> Iterator[Scheduler]:
    """Schedulers of what may be computed twice: blocks as a whole, and bands with them or alone."""
    macs = int(most * sum(node.macs for node in scheduler.net.nodes))
    twice = _second_passes(scheduler, most)
    if ram_limit is not None:
        fitting = [one for one in twice if one.least <= ram_limit]
        yield from fitting[:ATTEMPTS]
    near = _NEAR * min([scheduler.least, *(one.least for one in twice)])
    best = next(one for one in (scheduler, *twice) if one.least <= near)
    if best is not scheduler:
        yield best
        yield from best.banded(macs, ram_limit)
    yield from scheduler.banded(macs, ram_limit)


@lru_cache(maxsize=PLANNED)
def _second_passes(scheduler: Scheduler, most: float) -> tuple[Scheduler, ...]:
    """Schedulers with second passes, those first that add least work."""
    known = {operator: scheduler.lowered[operator.name] for operator in scheduler.graph.operators}
    found = []
    for passes in candidates(scheduler.graph, most, scheduler.input):
        if passes:
            graph = run_twice(scheduler.graph, passes)
            lowered = {
                operator.name: known.get(operator) or lower(graph, operator)
                for operator in graph.operators
            }
            found.append(Scheduler(graph, scheduler.input, lowered, passes))
    return tuple(sorted(found, key=lambda one: (one.added, one.least)))


def _tiled(
    scheduler: Scheduler, most: float, limit: int, ram_limit: int | None, moderate: float
) -> Iterator[Plan]:
    """Plans that begin with a stage over tiles, in search of one of at most ``limit`` bytes.

    They execute at most ``most`` times the multiply-accumulates. Those of least RAM first or,
    with a ``ram_limit``, that which does least within it.
    """
    if scheduler.pushed or len(scheduler.graph.sources) != 1:
        return
    found = beginnings(
        scheduler.graph,
        scheduler.lowered,
        scheduler.net,
        limit=limit if ram_limit is None else min(limit, ram_limit),
        most=int((most - 1) * sum(node.macs for node in scheduler.net.nodes)),
        within=ram_limit is not None,
    )
    for beginning in found:
        if beginning.peak <= limit:
            plan = plan_behind(beginning, scheduler.input, ram_limit, moderate)
            limit = min(limit, plan.memory.arena_size - 1)
            yield plan


def plan_behind(beginning: Beginning, input: str, ram_limit: int | None, moderate: float) -> Plan:
    """The plan of least RAM with this beginning or, with a limit, a cheap one within it."""
    if ram_limit is not None:
        for built in reversed(list(beginning.within(ram_limit))):
            found = _behind(beginning, input, built).fastest(ram_limit)
            if found is not None and found[1].memory.arena_size <= ram_limit:
                return found[1]
        plan = plan_behind(beginning, input, None, moderate)
        fits = plan.memory.arena_size <= ram_limit
        return plan if fits else plan_behind(beginning, input, None, UNBOUNDED)
    built = beginning.build(WIDTHS[0])
    if moderate != UNBOUNDED:
        built = beginning.moderate(moderate)
    # What the rest needs anyway makes the runs as wide as they can be.
    room = max(_behind(beginning, input, built).least, beginning.size(built))
    return _behind(beginning, input, list(beginning.within(room))[-1]).smallest(moderate)


def _behind(beginning: Beginning, input: str, built: Built) -> Scheduler:
    """Searches what follows."""
    rest = Scheduler(beginning.rest, input, whole=beginning.graph, before=[built])
    rest.least = max(rest.least, beginning.size(built))
    return rest
