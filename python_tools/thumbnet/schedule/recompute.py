"""Graphs that compute something twice to need less RAM, within a limit on the work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered
from thumbnet.schedule.bands import in_bands
from thumbnet.schedule.search_bands import BandSearch
from thumbnet.schedule.stream_net import Network

_START, _RISE = Fraction(2, 5), Fraction(5, 4)
"""The first bound on stages' bytes, as a part of the least without recomputation, and by what each
further one is higher: the lower the bound, the quicker the search."""


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
    bound = _START * least
    while True:
        limit = min(int(bound), least) if ram_limit is None else ram_limit
        search = BandSearch(graph, lowered, net, limit=limit, most=most, pushed=pushed)
        found = search.least() if ram_limit is None else search.within(limit)
        if found or ram_limit is not None or limit == least:
            break
        bound *= _RISE
    for bands in found:
        yield in_bands(graph, dict(bands))
