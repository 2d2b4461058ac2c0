"""Turns byte to byte functions into table look-ups."""

from __future__ import annotations

from thumbnet.ir.attributes import Lookup
from thumbnet.ir.graph import DType, Graph, Operator, Tensor
from thumbnet.operators.lookup import TABLE_KINDS, lookup_table
from thumbnet.passes.rewrite import fresh_name, substitute

_BYTES = (DType.INT8, DType.UINT8)


def lower_lookup(graph: Graph) -> Graph:
    """``graph`` with logistic, relu and byte requantization as ``lookup`` with a constant table."""
    for operator in [op for op in graph.operators if op.kind in TABLE_KINDS]:
        borders = (graph.tensor(operator.inputs[0]), graph.tensor(operator.outputs[0]))
        if any(tensor.dtype not in _BYTES for tensor in borders):
            continue
        table = lookup_table(graph, operator)
        name = fresh_name(graph, f"{operator.name}/table")
        constant = Tensor(name, table.shape, DType.UINT8, None, table)
        lookup = Operator(
            "lookup",
            operator.name,
            (operator.inputs[0], constant.name),
            operator.outputs,
            Lookup(operator.kind),
        )
        graph = graph.replace(operators=substitute(graph, operator, lookup), tensors=[constant])
    return graph
