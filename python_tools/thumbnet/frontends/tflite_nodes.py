"""One operator of a TFLite file while it is converted, with the checks that converters share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from thumbnet.errors import ThumbnetError
from thumbnet.frontends.flatbuffer import Table
from thumbnet.frontends.tflite_schema import RawOperator
from thumbnet.frontends.tflite_tensors import Tensors, short_name
from thumbnet.ir.attributes import Activation, Attributes
from thumbnet.ir.graph import Array, DType, Quantization, Tensor

MAX_CONSTANTS = 16
"""Most values of a constant such as axes or paddings: two for each dimension, and some."""

_ACTIVATIONS = {
    0: Activation.NONE,
    1: Activation.RELU,
    2: Activation.RELU_N1_TO_1,
    3: Activation.RELU6,
}
_OTHER_ACTIVATIONS = {4: "TANH", 5: "SIGN_BIT"}
_TYPE_REMEDIES = {
    "FLOAT32": "quantize all of it to int8: a representative data set and "
    "TFLITE_BUILTINS_INT8 in TensorFlow's converter",
    "UINT8": "convert again with signed quantization (TFLITE_BUILTINS_INT8)",
    "INT16": "quantize activations to int8 instead of int16",
    "INT4": "quantize weights to int8 instead of int4",
}


@dataclass(frozen=True)
class Converted:
    """An operator that a converter makes of a node, or of a part of it.

    ``outputs`` are the node's only output where none are given; see :meth:`Node.between` for
    tensors between several operators.
    """

    kind: str
    attributes: Attributes
    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...] = ()


class Node:
    """An operator of the file, number ``index``; indices of tensors are valid."""

    def __init__(self, index: int, raw: RawOperator, tensors: Tensors, file: str) -> None:
        self.index = index
        self.raw = raw
        self.tensors = tensors
        self.file = file
        names = [short_name(tensors.model.tensor(output).name) for output in raw.outputs[:1]]
        self.place = f"{file}: node {index}"
        if any(names):
            self.place += f' "{names[0]}"'
        self.place += f" ({raw.builtin})"

    def refuse(self, problem: str, remedy: str = "") -> ThumbnetError:
        """The error of a node that is valid TFLite but unsupported."""
        return ThumbnetError(self.place, problem, remedy)

    def malformed(self, problem: str) -> ThumbnetError:
        """The error of a node that contradicts itself."""
        return ThumbnetError(self.place, problem, "the file is damaged or hand-made; export again")

    def present(self, number: int) -> bool:
        """Whether input ``number`` is given."""
        return number < len(self.raw.inputs) and self.raw.inputs[number] != -1

    def input(self, number: int, role: str = "input") -> Tensor:
        """Input ``number``, which must be given."""
        if not self.present(number):
            raise self.malformed(f"{role} (input {number}) is missing")
        return self.tensors.get(self.raw.inputs[number])

    def output(self) -> Tensor:
        """The only output."""
        if len(self.raw.outputs) != 1:
            raise self.malformed(f"has {len(self.raw.outputs)} outputs; it makes one")
        return self.tensors.get(self.raw.outputs[0])

    def outputs(self) -> list[Tensor]:
        """All outputs of a node that has several."""
        return [self.tensors.get(index) for index in self.raw.outputs]

    def between(
        self,
        role: str,
        shape: Sequence[int],
        dtype: DType,
        quantization: Quantization | None = None,
        data: Array | None = None,
    ) -> Tensor:
        """A new tensor: between the operators that the node becomes, or a constant of theirs."""
        output = self.tensors.get(self.raw.outputs[0]).name
        name = self.tensors.names.unique(f"{output}/{role}")
        return Tensor(name, tuple(shape), dtype, quantization, data)

    def options(self, name: str) -> Table | None:
        """The options, checked to be of the schema's type ``name``; None where they are absent."""
        if self.raw.options is not None and self.raw.options_name != name:
            raise self.malformed(f"has {self.raw.options_name} instead of {name}")
        return self.raw.options

    def integer(self, name: str, slot: int, code: str, default: int = 0) -> int:
        """An integer option."""
        options = self.options(name)
        return default if options is None else options.integer(slot, code, default)

    def activation(self, name: str, slot: int) -> Activation:
        """The fused activation."""
        value = self.integer(name, slot, "b")
        if value not in _ACTIVATIONS:
            text = _OTHER_ACTIVATIONS.get(value, str(value))
            raise self.refuse(
                f"fused activation {text}; supported are NONE, RELU, RELU6, RELU_N1_TO_1",
                "use RELU or RELU6",
            )
        return _ACTIVATIONS[value]

    def constant(self, number: int, role: str) -> list[int]:
        """A constant input of small integers (axes, paddings, sizes), flattened."""
        tensor = self.input(number, role)
        if tensor.data is None:
            raise self.refuse(
                f"{role} are computed at run time; they must be constant",
                "export with fixed shapes",
            )
        if tensor.dtype not in (DType.INT32, DType.INT64) or tensor.elements > MAX_CONSTANTS:
            raise self.malformed(f"{role} are {tensor.elements} values of {tensor.dtype.name}")
        return [int(value) for value in tensor.data.reshape(-1)]

    def require(self, role: str, tensor: Tensor, *allowed: DType) -> None:
        """Refuses a tensor of another type, or a byte tensor that is not quantized per tensor."""
        if tensor.dtype not in allowed:
            kinds = " or ".join(dtype.name for dtype in allowed)
            raise self.refuse(
                f"{role} is {tensor.dtype.name}; {self.raw.builtin} is supported for {kinds}",
                _TYPE_REMEDIES.get(tensor.dtype.name, "quantize the model to int8"),
            )
        if tensor.dtype in (DType.INT8, DType.UINT8):
            quantization = tensor.quantization
            if quantization is not None and quantization.scale[0] <= 0:
                raise self.malformed(f"{role} has scale {quantization.scale[0]:g}")
            if quantization is None or not quantization.per_tensor:
                what = "not quantized" if quantization is None else "quantized per channel"
                raise self.refuse(
                    f'{role} "{tensor.name}" is {what}; it must have one scale and zero point',
                    _TYPE_REMEDIES["FLOAT32"],
                )

    def require_rank(self, role: str, tensor: Tensor, rank: int) -> None:
        """Refuses a tensor of another number of dimensions."""
        if len(tensor.shape) != rank:
            raise self.refuse(
                f"{role} has shape {list(tensor.shape)}; {self.raw.builtin} is supported for"
                f" {rank} dimensions",
                "reshape it",
            )

    def expect_shape(self, shape: Sequence[int]) -> None:
        """Checks the declared shape of the output."""
        output = self.output()
        if output.shape != tuple(shape):
            raise self.malformed(
                f"its output is declared {list(output.shape)} and must be {list(shape)}"
            )


Converter = Callable[["Node"], "Converted | Sequence[Converted]"]
"""Several operators where a node has several outputs or no one operator does what it does."""
