"""Which tensors have one quantization together, and which have a prescribed one."""

from __future__ import annotations

from collections.abc import Mapping

from thumbnet.ir.graph import Graph, Operator, Quantization

SHARING = frozenset(
    (
        *("max_pool_2d", "average_pool_2d", "reshape", "transpose", "pad", "pick"),
        *("resize_nearest_neighbor", "resize_bilinear", "reduce_max", "reduce_min"),
        *("concatenation", "maximum", "minimum", "space_to_depth", "depth_to_space"),
    )
)
"""Kinds whose output has their inputs' quantization."""
PRESCRIBED: Mapping[str, Quantization] = {
    "softmax": Quantization((1 / 256,), (-128,)),
    "log_softmax": Quantization((16 / 256,), (127,)),
}
"""Kinds whose output has TFLite's."""
USUAL: Mapping[str, Quantization] = {
    "logistic": Quantization((1 / 256,), (-128,)),
    "tanh": Quantization((1 / 128,), (0,)),
}
"""Kinds whose range is known, and which may have another quantization where they share one."""
PLACES = frozenset(("arg_max", "arg_min"))
"""Kinds that make integers."""


def groups(graph: Graph) -> dict[str, str]:
    """Tensor -> the first tensor, in the graph's order, of those that share its quantization."""
    leader: dict[str, str] = {}

    def of(name: str) -> str:
        while leader.setdefault(name, name) != name:
            name = leader[name]
        return name

    order = {name: place for place, name in enumerate(tensors(graph))}
    for operator in graph.operators:
        of(operator.outputs[0])
        if operator.kind not in SHARING:
            continue
        for name in operator.inputs:
            if name and not graph.tensor(name).is_constant:
                first, second = sorted((of(name), of(operator.outputs[0])), key=order.__getitem__)
                leader[second] = first
    return {name: of(name) for name in order}


def tensors(graph: Graph) -> list[str]:
    """Inputs, then what operators make, in order."""
    return [*graph.inputs, *(operator.outputs[0] for operator in graph.operators)]


def prescribed(graph: Graph, operator: Operator, group: Mapping[str, str]) -> Quantization | None:
    """What the kind says of an operator's output, where anything."""
    name = operator.outputs[0]
    alone = list(group.values()).count(group[name]) == 1
    found = PRESCRIBED.get(operator.kind)
    return found if found is not None else USUAL.get(operator.kind) if alone else None
