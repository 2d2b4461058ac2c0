"""Networks that compute in floating point: refused as one rather than node by node."""

from __future__ import annotations

from collections.abc import Sequence

from thumbnet.errors import ThumbnetError
from thumbnet.frontends.tflite_nodes import Node

_FLOATS = {"FLOAT16", "FLOAT32", "FLOAT64", "BFLOAT16"}
_CONVERSIONS = {"QUANTIZE", "DEQUANTIZE"}


def computes_in_float(node: Node) -> bool:
    """Whether the node's inputs are floating point and it does more than quantize them."""
    return bool(_floats(node)) and (
        node.raw.builtin not in _CONVERSIONS or "FLOAT16" in _floats(node)
    )


def described(node: Node, error: ThumbnetError) -> ThumbnetError:
    """``error``, of a node that :func:`computes_in_float`, so that it says this."""
    if error.place == node.place and any(kind in error.problem for kind in _FLOATS):
        return error
    return node.refuse(
        f"reads {' and '.join(sorted(_floats(node)))}; thumbnet runs networks of integers",
        "quantize all of it to int8: a representative data set and TFLITE_BUILTINS_INT8 in"
        " TensorFlow's converter",
    )


def together(errors: Sequence[ThumbnetError]) -> ThumbnetError:
    """One error for those of all float nodes: the first, and how many more there are."""
    first, others = errors[0], len(errors) - 1
    if not others:
        return first
    more = f"{others} more operator{'s' if others > 1 else ''} in floating point"
    return ThumbnetError(first.place, f"{first.problem} (and {more})", first.remedy)


def _floats(node: Node) -> set[str]:
    """The floating point types of the node's inputs."""
    names = (node.tensors.type_name(index) for index in node.raw.inputs if index != -1)
    return _FLOATS.intersection(names)
