"""Turns byte to byte functions into table look-ups."""

from __future__ import annotations

from typing import cast

import numpy as np

from thumbnet.ir.attributes import Lookup
from thumbnet.ir.graph import Array, DType, Graph, Operator, Tensor
from thumbnet.operators.binary import COMPARISONS
from thumbnet.operators.lookup import TABLE_KINDS, TABLE_LIMITS, Table, lookup_table
from thumbnet.operators.registry import family
from thumbnet.passes.rewrite import fresh_name, substitute

_BY_REFERENCE = frozenset(
    (
        *("add", "sub", "mul", "maximum", "minimum", "squared_difference", "prelu"),
        *("div", "floor_div", "floor_mod", "logical_and", "logical_or", *COMPARISONS),
        *("logical_not", "cast"),
    )
)
"""Kinds whose table is what the reference makes of all bytes, where other operands are a number."""


def lower_lookup(graph: Graph) -> Graph:
    """``graph`` with functions of one byte as ``lookup`` with a constant table.

    These are logistic, relu and others by themselves, and functions of two operands, sums and
    products too, where one operand is a constant of a single element.
    """
    for operator in graph.operators:
        table = _table(graph, operator)
        if table is None:
            continue
        x = next(name for name in operator.inputs if not graph.tensor(name).is_constant)
        name = fresh_name(graph, f"{operator.name}/table")
        constant = Tensor(name, table.shape, DType.UINT8, None, table)
        lookup = Operator(
            "lookup", operator.name, (x, name), operator.outputs, Lookup(operator.kind)
        )
        graph = graph.replace(operators=substitute(graph, operator, lookup), tensors=[constant])
    return graph


def _table(graph: Graph, operator: Operator) -> Table | None:
    """What the operator does to each byte, or None where that is not all that it depends on."""
    inputs = [graph.tensor(name) for name in operator.inputs if name]
    output = graph.tensor(operator.outputs[0])
    varying = [tensor for tensor in inputs if not tensor.is_constant]
    if len(varying) != 1 or any(t.dtype not in TABLE_LIMITS for t in (*varying, output)):
        return None
    if operator.kind in TABLE_KINDS:
        return lookup_table(graph, operator)
    numbers = all(tensor is varying[0] or tensor.elements == 1 for tensor in inputs)
    if operator.kind not in _BY_REFERENCE or not numbers or varying[0].shape != output.shape:
        return None
    least, greatest = TABLE_LIMITS[varying[0].dtype]
    codes = np.arange(least, greatest + 1).astype(varying[0].dtype.numpy)
    values = [
        codes if tensor is varying[0] else cast(Array, tensor.data).reshape(1) for tensor in inputs
    ]
    return family(operator).reference(graph, operator, values)[0].view(np.uint8)
