"""What code generation is told besides the plan: names and provenance."""

from __future__ import annotations

import re
from dataclasses import dataclass

from thumbnet.ir.graph import DType, Operator, Tensor
from thumbnet.plan import Plan

CTYPES = {
    DType.INT8: "int8_t",
    DType.UINT8: "uint8_t",
    DType.INT16: "int16_t",
    DType.INT32: "int32_t",
    DType.FLOAT32: "float",
    DType.BOOL: "bool",
}
"""C element types of a model's inputs and outputs."""


TAG = "0x74686e31u"
"""What init leaves in a model object: "thn1"."""


@dataclass(frozen=True)
class Naming:
    """C identifiers of a model: its own, one per input and output, one per class label."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Provenance:
    """Where the model came from, without paths or dates, so that same inputs give same bytes."""

    file: str
    sha256: str
    version: str


def ctype(tensor: Tensor) -> str:
    """The C element type of a tensor."""
    return CTYPES[tensor.dtype]


def arena_of(plan: Plan, tensor: str | None = None) -> str:
    """The C expression of the arena that holds ``tensor``, or of the one that holds all else.

    ``arena`` is the model's arena or, where it has two, the array of both.
    """
    if plan.memory.slow is None:
        return "arena"
    slow = tensor is not None and plan.memory.is_slow(tensor)
    return f"arena[THUMBNET_{'SLOW' if slow else 'FAST'}]"


def grouped(number: int) -> str:
    """A number with a space every three digits: 21 968."""
    return f"{number:,}".replace(",", " ")


def comment_text(text: str) -> str:
    """``text`` fit for the inside of a C comment."""
    printable = "".join(c if c.isascii() and c.isprintable() else "?" for c in text)
    # In C99, ??/ is a backslash.
    apart = re.sub(r"\?(?=\?)", "? ", printable)
    return apart.replace("*/", "* /").replace("/*", "/ *")


def shape_text(tensor: Tensor) -> str:
    """``int8 [1, 96, 96, 3]``."""
    return f"{tensor.dtype.value} {list(tensor.shape)}"


def operator_comment(plan: Plan, operator: Operator) -> str:
    """An operator's number, kind, name and shapes as a C comment."""
    graph = plan.graph
    inputs = [graph.tensor(name) for name in operator.inputs if name]
    shapes = ", ".join(shape_text(tensor) for tensor in inputs if not tensor.is_constant)
    output = shape_text(graph.tensor(operator.outputs[0]))
    name = comment_text(operator.name)
    return f'/* {plan.number(operator)} {operator.kind} "{name}" {shapes} -> {output} */'
