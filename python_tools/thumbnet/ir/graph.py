"""The intermediate representation: an immutable graph of tensors and operators.

Every stage of the compiler takes and returns these values; nothing else passes between stages.
Shapes are NHWC with batch 1; constants carry their data. Attributes are one frozen dataclass per
operator kind (:mod:`thumbnet.ir.attributes`).
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from thumbnet.ir.attributes import Attributes
from thumbnet.options import GENERIC, Build

Array = npt.NDArray[np.generic]


class DType(enum.Enum):
    """Element types that the compiler knows."""

    INT8 = "int8"
    UINT8 = "uint8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    FLOAT32 = "float32"
    BOOL = "bool"

    @property
    def numpy(self) -> np.dtype[np.generic]:
        """The numpy dtype of the same name."""
        return np.dtype(self.value)

    @property
    def size(self) -> int:
        """Bytes an element."""
        return self.numpy.itemsize


@dataclass(frozen=True)
class Quantization:
    """Affine quantization: real = scale * (q - zero_point), per tensor or along ``axis``."""

    scale: tuple[float, ...]
    zero_point: tuple[int, ...]
    axis: int | None = None

    @property
    def per_tensor(self) -> bool:
        """Whether one scale serves the whole tensor."""
        return len(self.scale) == 1


@dataclass(frozen=True, eq=False)
class Tensor:
    """A named value; a constant when ``data`` is set (read-only, of ``shape`` and ``dtype``)."""

    name: str
    shape: tuple[int, ...]
    dtype: DType
    quantization: Quantization | None = None
    data: Array | None = None

    @property
    def is_constant(self) -> bool:
        """Whether the value is known at compile time."""
        return self.data is not None

    @property
    def elements(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def size(self) -> int:
        """Bytes."""
        return self.elements * self.dtype.size

    @property
    def scale(self) -> float:
        """The scale of a per-tensor quantized tensor."""
        return self._per_tensor().scale[0]

    @property
    def zero_point(self) -> int:
        """The zero point of a per-tensor quantized tensor."""
        return self._per_tensor().zero_point[0]

    def _per_tensor(self) -> Quantization:
        if self.quantization is None or not self.quantization.per_tensor:
            raise ValueError(f"tensor {self.name!r} is not quantized per tensor")
        return self.quantization


@dataclass(frozen=True, eq=False)
class Operator:
    """One operation: ``inputs`` and ``outputs`` are tensor names, "" where an input is absent."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Attributes


@dataclass(frozen=True, eq=False)
class State:
    """A value that is kept from one inference to the next, in the caller's model object.

    ``read`` is the tensor that holds it when an inference begins, ``written`` the one whose value
    it has behind it; ``initial`` is what the first inference reads, of their shape and type. Where
    ``written`` is a second or later output of the operator that reads ``read``, that operator's
    kernel changes the state in its place and is its only reader; otherwise ``written`` is copied
    there when all operators have run.
    """

    read: str
    written: str
    initial: Array


Arithmetic = Literal["tflite", "onnxruntime"]
"""Whose rounding operators follow."""


@dataclass(frozen=True, eq=False)
class Graph:
    """A network: operators in topological order over named tensors, and what it is built for.

    An operator has one output; further ones are new values of ``states``.
    """

    name: str
    tensors: Mapping[str, Tensor]
    operators: tuple[Operator, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    build: Build = GENERIC
    states: tuple[State, ...] = ()
    arithmetic: Arithmetic = "tflite"

    def __post_init__(self) -> None:
        object.__setattr__(self, "tensors", MappingProxyType(dict(self.tensors)))

    def tensor(self, name: str) -> Tensor:
        """The tensor called ``name``."""
        return self.tensors[name]

    @property
    def sources(self) -> tuple[str, ...]:
        """The tensors that have a value before the first operator: inputs, then states."""
        return (*self.inputs, *(state.read for state in self.states))

    @property
    def results(self) -> tuple[str, ...]:
        """The tensors that are needed behind the last operator: outputs, then new states.

        Those that a kernel writes in a state's place are not among them.
        """
        in_place = {name for operator in self.operators for name in operator.outputs[1:]}
        kept = (state.written for state in self.states if state.written not in in_place)
        return (*self.outputs, *kept)

    def state_size(self, state: State) -> int:
        """Bytes of the model object that ``state`` takes: whole words."""
        return -(-self.tensor(state.read).size // 4) * 4

    @property
    def state_bytes(self) -> int:
        """Bytes of the model object that are kept from one inference to the next."""
        return sum(map(self.state_size, self.states))

    def outside(self, *, input_in_arena: bool) -> tuple[str, ...]:
        """The tensors that lie outside the arena, in the caller's buffers and model object."""
        return self.sources[len(self.inputs) if input_in_arena else 0 :]

    def producer(self, name: str) -> Operator | None:
        """The operator that writes ``name``; None for graph inputs and constants."""
        return next((op for op in self.operators if name in op.outputs), None)

    def consumers(self, name: str) -> tuple[Operator, ...]:
        """The operators that read ``name``, in order."""
        return tuple(op for op in self.operators if name in op.inputs)

    def replace(
        self,
        *,
        operators: Iterable[Operator] | None = None,
        tensors: Iterable[Tensor] = (),
        inputs: tuple[str, ...] | None = None,
        outputs: tuple[str, ...] | None = None,
        states: tuple[State, ...] | None = None,
    ) -> Graph:
        """A copy with other operators and with ``tensors`` added or replaced; unused ones leave."""
        new_operators = self.operators if operators is None else tuple(operators)
        new_inputs = self.inputs if inputs is None else inputs
        new_outputs = self.outputs if outputs is None else outputs
        merged = dict(self.tensors) | {tensor.name: tensor for tensor in tensors}
        used = {*new_inputs, *new_outputs}
        new_states = self.states if states is None else states
        for state in new_states:
            used.update((state.read, state.written))
        for operator in new_operators:
            used.update(operator.inputs, operator.outputs)
        kept = {name: tensor for name, tensor in merged.items() if name in used}
        return dataclasses.replace(
            self,
            tensors=kept,
            operators=new_operators,
            inputs=new_inputs,
            outputs=new_outputs,
            states=new_states,
        )

    def renamed(self, name: str) -> Graph:
        """The same graph under another name."""
        return dataclasses.replace(self, name=name)

    def built_for(self, build: Build) -> Graph:
        """The same graph for other kernels."""
        return dataclasses.replace(self, build=build)
