"""A graph's operators as row kernels."""

from __future__ import annotations

from thumbnet.errors import ThumbnetError
from thumbnet.ir.graph import Graph, Operator
from thumbnet.operators.base import Lowered
from thumbnet.operators.registry import family


def lower_all(graph: Graph) -> dict[str, Lowered]:
    """All operators by name; see :func:`lower`."""
    return {operator.name: lower(graph, operator) for operator in graph.operators}


def lower(graph: Graph, operator: Operator) -> Lowered:
    """The row kernel of one operator.

    Raises:
        ThumbnetError: constants leave what a kernel can hold.
    """
    try:
        return family(operator).lower(graph, operator)
    except ValueError as error:
        place = f'{graph.name}: node "{operator.name}" ({operator.kind.upper()})'
        raise ThumbnetError(place, str(error), "check the model's quantization") from error
