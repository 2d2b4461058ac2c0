"""Calls of ATen's operators, and the nodes that they become. Nothing here needs PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from thumbnet.errors import ThumbnetError
from thumbnet.frontends.onnx_model import Attribute, RawNode
from thumbnet.ir.graph import Array


@dataclass(frozen=True)
class Ref:
    """A tensor of the exported program."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Call:
    """A call of ``aten.<op>``: its arguments by the names of the operator's schema.

    ``shapes`` are those of its results, one or more.
    """

    op: str
    name: str
    arguments: Mapping[str, object]
    shapes: tuple[tuple[int, ...], ...]
    place: str

    @property
    def shape(self) -> tuple[int, ...]:
        """The first result's."""
        return self.shapes[0]

    def refuse(self, problem: str, remedy: str = "") -> ThumbnetError:
        """The error of a call that has no like here."""
        return ThumbnetError(f'{self.place}: "{self.name}" (aten.{self.op})', problem, remedy)

    def ref(self, name: str = "self") -> Ref:
        """An argument that is a tensor."""
        value = self.arguments.get(name)
        if not isinstance(value, Ref):
            raise self.refuse(f"argument {name} is {value!r}; a tensor is supported")
        return value

    def given(self, name: str) -> bool:
        """Whether an argument that may be None is there."""
        return self.arguments.get(name) is not None

    def number(self, name: str, default: float = 0.0) -> float:
        """An argument that is a number."""
        value = self.arguments.get(name)
        value = default if value is None else value
        if not isinstance(value, int | float):
            raise self.refuse(f"argument {name} is {value!r}; a number is supported")
        return float(value)

    def integer(self, name: str, default: int = 0) -> int:
        """An argument that is a whole number."""
        return int(self.number(name, default))

    def integers(self, name: str, count: int | None = None) -> list[int]:
        """An argument that is a list of whole numbers, or one for all ``count``."""
        value = self.arguments.get(name)
        found = list(value) if isinstance(value, list | tuple) else [value]
        if not all(isinstance(item, int) for item in found):
            raise self.refuse(f"argument {name} is {value!r}; whole numbers are supported")
        whole = [int(str(item)) for item in found]
        if count is not None and len(whole) == 1:
            whole *= count
        if count is not None and len(whole) != count:
            raise self.refuse(f"argument {name} has {len(whole)} values for {count} dimensions")
        return whole


@dataclass
class Nodes:
    """The network as it grows."""

    nodes: list[RawNode] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)

    def emit(
        self, op: str, inputs: Sequence[str], output: str | Sequence[str], **attributes: Attribute
    ) -> str:
        """Appends a node; returns the name of its first output."""
        outputs = (output,) if isinstance(output, str) else tuple(output)
        index = len(self.nodes)
        self.nodes.append(
            RawNode(index, op, "", outputs[0], tuple(inputs), outputs, dict(attributes))
        )
        return outputs[0]

    def constant(self, call: Call, role: str, value: object, dtype: str = "float32") -> str:
        """A constant of a call's nodes."""
        name = f"{call.name}/{role}"
        self.constants[name] = np.asarray(value, dtype)
        return name

    def operand(self, call: Call, name: str) -> str:
        """An argument that is a tensor or a number."""
        value = call.arguments.get(name)
        if isinstance(value, Ref):
            return value.name
        return self.constant(call, name, call.number(name))


Translator = Callable[[Nodes, Call], None]
