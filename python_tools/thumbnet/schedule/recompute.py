"""Graphs that compute something twice to need less RAM, within a limit on the work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from thumbnet.ir.fused import InvertedBottleneck
from thumbnet.ir.graph import Graph, Operator
from thumbnet.operators.base import Lowered
from thumbnet.operators.inverted_bottleneck import lower_band
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
) -> Iterator[tuple[Graph, dict[str, Lowered]]]:
    """The graph with bottlenecks in bands for at most ``most`` multiply-accumulates more.

    Those first whose stages need least, ``least`` being what they need without; with a
    ``ram_limit``, those first that do least within it, if any can.
    """
    search = BandSearch(graph, lowered, net, most=most, pushed=pushed)
    found = search.least(least) if ram_limit is None else search.within(ram_limit)
    for bands in found:
        other = in_bands(graph, dict(bands))
        yield other, {operator.name: _lower(operator, lowered) for operator in other.operators}


def _lower(operator: Operator, lowered: Mapping[str, Lowered]) -> Lowered:
    how = operator.attributes
    if not isinstance(how, InvertedBottleneck):
        return lowered[operator.name]
    parts = how.body.operators
    return lower_band(parts, [lowered[part.name] for part in parts], how.rows)
