"""A node of an ONNX file while it is converted, with the checks that converters share."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from thumbnet.errors import ThumbnetError
from thumbnet.frontends.onnx_builder import Builder, Function, Held, Value
from thumbnet.frontends.onnx_layout import CHANNELS_LAST, Arrangement, View, plain
from thumbnet.frontends.onnx_model import (
    DAMAGED,
    MAX_ELEMENTS,
    MAX_RANK,
    RawNode,
    printable,
)
from thumbnet.frontends.onnx_reals import Constant, Scale, place_of
from thumbnet.frontends.onnx_values import axis_of
from thumbnet.ir.attributes import Attributes
from thumbnet.ir.graph import Array, DType, Quantization, Tensor

MAX_STEP = 65535
"""Largest kernel size and stride."""
MAX_LIST = 1 << 10
"""Most values of an input such as axes or paddings."""
NO_SCALE = (
    "put QuantizeLinear and DequantizeLinear behind every operator"
    " (onnxruntime's quantize_static does, with its pre-processing)"
)


class Poisoned(Exception):  # noqa: N818 - no error: the fault is reported where it is
    """The node reads what a refused node was to make."""


class Node:
    """A node whose inputs are ``values``; ``at_end`` where only outputs of the network read it."""

    def __init__(
        self,
        raw: RawNode,
        file: str,
        builder: Builder,
        values: Mapping[str, Value | None],
        opset: int,
        *,
        at_end: bool,
    ) -> None:
        self.raw = raw
        self.builder = builder
        self.values = values
        self.opset = opset
        self.at_end = at_end
        self.place = place_of(file, raw)

    # messages

    def refuse(self, problem: str, remedy: str = "") -> ThumbnetError:
        """The error of a node that is valid ONNX but unsupported."""
        return ThumbnetError(self.place, problem, remedy)

    def malformed(self, problem: str) -> ThumbnetError:
        """The error of a node that contradicts itself."""
        return ThumbnetError(self.place, problem, DAMAGED)

    # attributes

    def integer(self, name: str, default: int = 0) -> int:
        """An integer attribute."""
        value = self.raw.attributes.get(name, default)
        if not isinstance(value, int):
            raise self.malformed(f"attribute {name} is no integer")
        return value

    def number(self, name: str, default: float) -> float:
        """A float attribute."""
        value = self.raw.attributes.get(name, default)
        if not isinstance(value, int | float):
            raise self.malformed(f"attribute {name} is no number")
        return float(value)

    def text(self, name: str, default: str) -> str:
        """A string attribute."""
        value = self.raw.attributes.get(name, default)
        if not isinstance(value, str):
            raise self.malformed(f"attribute {name} is no string")
        return value

    def integers(self, name: str, default: Sequence[int], count: int | None = None) -> list[int]:
        """An attribute of integers; ``count`` is how many it must have."""
        value = self.raw.attributes.get(name, tuple(default))
        whole = isinstance(value, tuple) and all(isinstance(item, int) for item in value)
        if not whole or not isinstance(value, tuple) or count not in (None, len(value)):
            raise self.malformed(f"attribute {name} does not hold {count or 'integers'}")
        return [int(item) for item in value]

    def axis(self, value: int, rank: int) -> int:
        """An axis counted from the front."""
        try:
            return axis_of(value, rank)
        except ValueError as error:
            raise self.malformed(str(error)) from None

    # inputs

    def present(self, number: int) -> bool:
        """Whether input ``number`` is given."""
        return number < len(self.raw.inputs) and self.raw.inputs[number] != ""

    def value(self, number: int = 0, role: str = "input") -> Value:
        """Input ``number``, which must be given."""
        if not self.present(number):
            raise self.malformed(f"{role} (input {number}) is missing")
        value = self.values.get(self.raw.inputs[number])
        if value is None:
            raise Poisoned
        return value

    def constant(self, number: int, role: str) -> Constant:
        """Input ``number``, which must be constant."""
        value = self.value(number, role)
        if not isinstance(value, Constant):
            raise self.refuse(
                f'{role} "{printable(self.raw.inputs[number])}" is computed at run time; it must be'
                " constant",
                "export with fixed shapes and frozen weights",
            )
        return value

    def whole(self, number: int, role: str) -> list[int]:
        """Input ``number`` as constant integers (shapes, axes, paddings), flattened."""
        data = self.constant(number, role).data
        if data.dtype.kind not in "iu" or data.ndim > 1 or data.size > MAX_LIST:
            raise self.malformed(f"{role} are {data.dtype}{list(data.shape)}")
        return [int(value) for value in data.reshape(-1)]

    def given(self) -> list[Array | None]:
        """All inputs that are constant, None for the others."""
        found: list[Array | None] = []
        for name in self.raw.inputs:
            value = self.values.get(name) if name else None
            found.append(value.real if isinstance(value, Constant) else None)
        return found

    def held(self, number: int = 0, role: str = "input") -> Held:
        """Input ``number`` as a tensor that an operator can work on."""
        value = self.value(number, role)
        name = printable(self.raw.inputs[number])
        if isinstance(value, Constant):
            raise self.refuse(
                f'{role} "{name}" is constant; {self.raw.op} is supported for tensors that are'
                " computed",
                "fold it (onnxruntime's or onnxsim's optimization does)",
            )
        if isinstance(value, Function):
            raise self.unscaled(role, name)
        if value.tensor.dtype is DType.FLOAT32:
            if self.builder.real.quantized:
                raise self.unscaled(role, name)
        elif value.tensor.dtype is not DType.INT8 or value.tensor.quantization is None:
            raise self.refuse(
                f'{role} "{name}" is {value.tensor.dtype.name} and stands for no reals;'
                f" {self.raw.op} is supported for float32 and quantized int8",
                "dequantize it",
            )
        return value

    def unscaled(self, role: str, name: str) -> ThumbnetError:
        """The error of a float32 tensor inside a quantized network."""
        return self.refuse(f'{role} "{name}" is float32 and has no scale', NO_SCALE)

    def moved(self, number: int = 0) -> Held | Function:
        """Input ``number`` of an operator that moves elements of any type."""
        value = self.value(number)
        if isinstance(value, Constant):
            return self.as_held(value, number)
        return value

    def elements(self, number: int = 0) -> Held:
        """Input ``number`` of an operator that picks elements of any type."""
        value = self.moved(number)
        if isinstance(value, Function):
            raise self.unscaled("input", printable(self.raw.inputs[number]))
        return value

    def as_held(self, value: Constant, number: int) -> Held:
        """A constant as a tensor."""
        self.check_shape(value.data.shape)
        view = View.of(value.data.shape)
        data, quantization = value.data, value.quantization
        dtypes = {dtype.numpy: dtype for dtype in DType}
        if data.dtype not in dtypes:
            raise self.refuse(f"constants are {data.dtype}", "use float32 or int8")
        if quantization is not None:
            data, quantization = signed(data, quantization)
        name = printable(self.raw.inputs[number])
        return Held(
            self.builder.tensor(name, data.shape, dtypes[data.dtype], quantization, data), view
        )

    def image(self, number: int = 0) -> tuple[Tensor, int]:
        """Input [N,C,H,W] or [N,C,L] as NHWC, and how many spatial dimensions it has."""
        held = self.held(number)
        rank = len(held.view.dims)
        if rank not in (3, 4):
            raise self.refuse(
                f"input has shape {list(held.view.shape)}; {self.raw.op} is supported for 3 and 4"
                " dimensions",
                "reshape it",
            )
        return self.builder.arranged(held, CHANNELS_LAST[rank]), rank - 2

    def reads(self, name: str) -> int:
        """How many nodes and outputs of the network read a tensor of the file."""
        return self.builder.reads.get(name, 0)

    # outputs

    def scale(self, number: int = 0) -> Scale | None:
        """How output ``number`` is quantized, where the file says so."""
        return self.builder.real.scales.get(self.raw.outputs[number])

    @property
    def unsigned(self) -> bool | None:
        """Whether the file has the output in uint8; None in a float32 network."""
        scale = self.scale()
        return None if scale is None else scale.dtype is DType.UINT8

    def required(self) -> Quantization | None:
        """The output's quantization, which must be known; None in a float32 network."""
        scale = self.scale()
        if scale is not None:
            return scale.quantization
        if self.builder.real.quantized:
            name = printable(self.raw.outputs[0])
            raise self.refuse(f'its output "{name}" is float32 and has no scale', NO_SCALE)
        return None

    def make(
        self,
        kind: str,
        attributes: Attributes,
        inputs: Sequence[Tensor | None],
        shape: Sequence[int],
        quantization: Quantization | None,
        order: Arrangement | None = None,
        *,
        number: int = 0,
        dtype: DType | None = None,
    ) -> Held:
        """An operator whose output is the node's, of ``shape`` in the file, in memory ``order``."""
        self.check_shape(shape)
        order = plain(len(shape)) if order is None else order
        view = View.of(shape, order)
        if dtype is None:
            dtype = DType.FLOAT32 if quantization is None else DType.INT8
        output = self.builder.tensor(
            self.raw.outputs[number], view.arranged(order), dtype, quantization
        )
        return Held(self.builder.emit(kind, attributes, inputs, output), view)

    def between(
        self,
        kind: str,
        attributes: Attributes,
        x: Tensor,
        role: str,
        shape: Sequence[int],
    ) -> Tensor:
        """An operator in front of the node's own, whose output is quantized as its input."""
        output = self.builder.tensor(
            f"{self.raw.outputs[0]}/{role}", shape, x.dtype, x.quantization
        )
        return self.builder.emit(kind, attributes, (x,), output)

    def requantized(self, tensor: Tensor, quantization: Quantization, role: str) -> Tensor:
        """A byte tensor under another scale."""
        function = Function(Held(tensor, View.of(tensor.shape)), lambda real: real)
        name = f"{self.raw.outputs[0]}/{role}"
        return self.builder.tabulated(function, quantization, name, "quantize").tensor

    def stored(
        self, role: str, data: Array, quantization: Quantization | None, dtype: DType
    ) -> Tensor:
        """A constant of the node's operator."""
        name = f"{self.raw.outputs[0]}/{role}"
        whole = np.ascontiguousarray(data).reshape(data.shape)
        return self.builder.tensor(name, data.shape, dtype, quantization, whole)

    def check_shape(self, shape: Sequence[int]) -> None:
        """Refuses what no microcontroller holds, and what holds nothing."""
        if len(shape) > MAX_RANK or any(size < 1 for size in shape):
            raise self.refuse(
                f"its output has shape {list(shape)}; up to {MAX_RANK} dimensions of at least one"
                " element are supported",
                "export with a fixed input shape",
            )
        if np.prod([float(size) for size in shape]) > MAX_ELEMENTS:
            raise self.refuse(
                f"its output has shape {list(shape)}; the limit is {MAX_ELEMENTS} elements",
                "use a smaller network",
            )


def signed(data: Array, quantization: Quantization) -> tuple[Array, Quantization]:
    """uint8 constants as int8 of the same values; others as they are."""
    if data.dtype != np.uint8:
        return data, quantization
    shifted = (data.astype(np.int16) - 128).astype(np.int8)
    points = tuple(point - 128 for point in quantization.zero_point)
    return shifted, dataclasses.replace(quantization, zero_point=points)


Converter = Callable[[Node], Sequence[Value]]
"""Makes the operators of a node; returns its outputs in order."""
