"""Graphs that compute something twice to need less RAM, within a limit on the work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered
from thumbnet.schedule.bands import in_bands
from thumbnet.schedule.search_bands import BandSearch
from thumbnet.schedule.stream_net import Network


def banded_graphs(
    graph: Graph,
    lowered: Mapping[str, Lowered],
    net: Network,
    *,
    least: int,
    most: int,
    pushed: bool,
    ram_limit: int | None = None,
) -> Iterator[Graph]:
    """The graph with bottlenecks in bands for at most ``most`` multiply-accumulates more.

    Those first whose stages need least, ``least`` being what they need without; with a
    ``ram_limit``, those first that do least within it, if any can.
    """
    search = BandSearch(graph, lowered, net, most=most, pushed=pushed)
    found = search.least(least) if ram_limit is None else search.within(ram_limit)
    for bands in found:
        yield in_bands(graph, dict(bands))
