"""Plans with random stages, so that tests see more schedules than a search would choose."""

from __future__ import annotations

import random

from thumbnet.ir.graph import Graph
from thumbnet.operators.registry import family
from thumbnet.plan import Memories, Plan
from thumbnet.schedule.scheduler import Scheduler
from thumbnet.schedule.search_cuts import Cut
from thumbnet.schedule.search_growth import WHOLE_ROW
from thumbnet.schedule.stages import StageMaker
from thumbnet.schedule.stream_memory import plan_stages
from thumbnet.schedule.stream_net import Network
from thumbnet.schedule.stream_stage import Walk
from thumbnet.schedule.two_memories import place_stages

WIDTHS = (1, 1, 2, 3, 4, 6, WHOLE_ROW)


def random_plan(graph: Graph, input: str, rng: random.Random) -> Plan:
    """A plan of random stages, mostly long ones; ``graph`` must be able to take pushed rows."""
    lowered = {
        operator.name: family(operator).lower(graph, operator) for operator in graph.operators
    }
    return StageMaker(graph, lowered, input).plan(random_cuts(graph, input, rng))


def random_cuts(graph: Graph, input: str, rng: random.Random) -> list[Cut]:
    """The stages of :func:`random_plan`."""
    lowered = {
        operator.name: family(operator).lower(graph, operator) for operator in graph.operators
    }
    maker = StageMaker(graph, lowered, input)
    net = maker.net
    cuts: list[Cut] = []
    while not cuts or cuts[-1].end < len(net.nodes):
        first = cuts[-1].end if cuts else 0
        pushed = input == "rows" and first == 0
        ends = _ends(net, first, pushed=pushed)
        streams = pushed or net.nodes[first].workspace is not None
        if not ends or (not streams and rng.random() < 0.1):
            cuts.append(Cut(first, first + 1, None, 0, 0))
        else:
            end = rng.choice(ends[-3:] if rng.random() < 0.6 else ends)
            cut = Cut(first, end, rng.choice(WIDTHS), 0, 0, upwards=True)
            turns = rng.random() < 0.4 and maker.turns(cut)
            cuts.append(cut._replace(upwards=turns))
    return cuts


def random_split_plan(graph: Graph, input: str, rng: random.Random) -> Plan:
    """The same in two memories, the fast one of random size between nothing and all whole."""
    cuts = random_cuts(graph, input, rng)
    scheduler = Scheduler(graph, input)
    one = plan_stages(graph, scheduler.maker.built(cuts), input_in_arena=input == "arena")
    kept = max((p.live.size for p in one.placements if p.live.is_scratch), default=0)
    fast = kept + int(rng.random() * (one.arena_size - kept))
    plan = place_stages(scheduler.maker, cuts, Memories(fast, one.arena_size))
    assert plan is not None, "all whole tensors fit the slow memory"
    return plan


def _ends(net: Network, first: int, *, pushed: bool) -> list[int]:
    """Where a streamed stage that begins with operator ``first`` may end."""
    walk, ends = Walk(net, first, pushed=pushed), []
    while walk.end < len(net.nodes) and walk.extend():
        if not pushed or net.values[net.inputs[0]].last < walk.end:
            ends.append(walk.end)
    return ends
