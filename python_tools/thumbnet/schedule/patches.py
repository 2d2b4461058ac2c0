"""MCUNetV2's schedule as one point of ours: the first stage over p x p patches.

For comparison. Patches have a halo above and below, too, and so share more than full columns do,
which make line buffers just as narrow. Ours are streamed inside, where MCUNetV2 runs each patch
layer by layer; nothing runs in bands.
"""

from __future__ import annotations

from thumbnet.ir.graph import Graph
from thumbnet.plan import Plan, Tiles
from thumbnet.schedule.scheduler import MODERATE, Scheduler
from thumbnet.schedule.search_growth import INFINITE
from thumbnet.schedule.search_tiles import TileSearch
from thumbnet.schedule.stream import plan_behind
from thumbnet.schedule.tiles import beginning

SIZES = (2, 3, 4)
"""Patches a side that a report compares with."""

MOST_WORK = 1.5
"""Beyond which more patches only need more work."""


def patch_based(graph: Graph, p: int, *, input: str, recompute: float = MOST_WORK) -> Plan | None:
    """The plan of least RAM that begins with ``p`` x ``p`` patches, of all cuts behind them.

    It executes at most ``recompute`` times the network's multiply-accumulates. None where none of
    the network can run so, as with pushed rows.
    """
    scheduler = Scheduler(graph, input)
    if scheduler.pushed or len(graph.sources) != 1:
        return None
    macs = sum(node.macs for node in scheduler.net.nodes)
    search = TileSearch(
        graph,
        scheduler.lowered,
        scheduler.net,
        most=int((recompute - 1) * macs),
        tilings=(Tiles(p, p),),
        bands=False,
    )
    in_arena = input == "arena"
    found = search.least(INFINITE)
    if not found:
        return None
    return plan_behind(beginning(graph, found[0], input_in_arena=in_arena), input, None, MODERATE)
