"""The graph of an ONNX file as it grows, and what the file's tensors have become."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from thumbnet.frontends.onnx_layout import Arrangement, View, plain
from thumbnet.frontends.onnx_model import Names, printable, short_name
from thumbnet.frontends.onnx_reals import Constant, Real
from thumbnet.frontends.onnx_values import quantize
from thumbnet.ir.attributes import Attributes, Lookup, Reshape, Transpose
from thumbnet.ir.graph import Array, DType, Operator, Quantization, Tensor

SOFTMAX_SCALE = Quantization((1 / 256,), (-128,))
LOG_SOFTMAX_SCALE = Quantization((16 / 256,), (127,))
"""What the end of a network is quantized by, where the file computes it in float32: TFLite's."""
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Held:
    """A tensor of the graph, looked at as the file does."""

    tensor: Tensor
    view: View


@dataclass(frozen=True, eq=False)
class Function:
    """Reals that are a function of one byte each, not yet quantized themselves."""

    root: Held
    apply: Callable[[Floats], Floats]


Value = Constant | Held | Function


class Builder:
    """The graph as it grows: tensors, operators and their names."""

    def __init__(self, real: Real, reads: Mapping[str, int]) -> None:
        self.real = real
        self.reads = reads
        self.names = Names()
        self.operator_names = Names()
        self.tensors: dict[str, Tensor] = {}
        self.operators: list[Operator] = []
        self.moved: dict[tuple[str, tuple[int, ...], tuple[int, ...]], Tensor] = {}

    def tensor(
        self,
        name: str,
        shape: Sequence[int],
        dtype: DType,
        quantization: Quantization | None = None,
        data: Array | None = None,
    ) -> Tensor:
        """A new tensor, called ``name`` if that is free."""
        found = self.names.unique(printable(name) or "tensor")
        made = Tensor(found, tuple(shape), dtype, quantization, data)
        self.tensors[found] = made
        return made

    def emit(
        self, kind: str, attributes: Attributes, inputs: Sequence[Tensor | None], output: Tensor
    ) -> Tensor:
        """Appends an operator; returns its output."""
        self.operators.append(
            Operator(
                kind,
                self.operator_names.unique(short_name(output.name)),
                tuple("" if tensor is None else tensor.name for tensor in inputs),
                (output.name,),
                attributes,
            )
        )
        return output

    def arranged(
        self, held: Held, order: Arrangement, shape: tuple[int, ...] | None = None
    ) -> Tensor:
        """The tensor in memory order ``order``, of the shape that gives or of ``shape``."""
        wanted = held.view.arranged(order) if shape is None else shape
        move = held.view.move_to(order)
        if move is None:
            return self.reshaped(held.tensor, wanted)
        moved = tuple(move.shape[axis] for axis in move.permutation)
        key = (held.tensor.name, move.shape, move.permutation)
        if key not in self.moved:
            before = self.reshaped(held.tensor, move.shape)
            after = self._like(held.tensor, "transposed", moved)
            self.moved[key] = self.emit("transpose", Transpose(move.permutation), (before,), after)
        return self.reshaped(self.moved[key], wanted)

    def reshaped(self, tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
        """The tensor under another shape."""
        if tensor.shape == shape:
            return tensor
        key = (tensor.name, shape, ())
        if key not in self.moved:
            after = self._like(tensor, "reshaped", shape)
            self.moved[key] = self.emit("reshape", Reshape(), (tensor,), after)
        return self.moved[key]

    def contiguous(self, held: Held) -> Tensor:
        """The tensor with memory in the file's order, of whatever shape."""
        order = plain(len(held.view.dims))
        return held.tensor if held.view.move_to(order) is None else self.arranged(held, order)

    def _like(self, tensor: Tensor, role: str, shape: Sequence[int]) -> Tensor:
        return self.tensor(f"{tensor.name}/{role}", shape, tensor.dtype, tensor.quantization)

    def tabulated(
        self,
        function: Function,
        scale: Quantization,
        name: str,
        origin: str,
    ) -> Held:
        """A function of bytes as a table, its results quantized by ``scale`` to int8."""
        source = function.root.tensor
        values = np.arange(256) - (128 if source.dtype is DType.INT8 else 0)
        real = dequantized(values, source)
        with np.errstate(all="ignore"):
            results = function.apply(real)
        codes = quantize(
            results,
            np.asarray(scale.scale[0], np.float32),
            np.asarray(scale.zero_point[0], np.int8),
        )
        output = self.tensor(name, source.shape, DType.INT8, scale)
        table = self.tensor(
            f"{output.name}/table", (256,), DType.UINT8, None, codes.astype(np.int8).view(np.uint8)
        )
        self.emit("lookup", Lookup(origin), (source, table), output)
        return Held(output, function.root.view)


def dequantized(codes: npt.NDArray[np.int64], tensor: Tensor) -> Floats:
    """The reals that ``codes`` of ``tensor`` stand for, in float32 as DequantizeLinear has them."""
    centred = (codes - tensor.zero_point).astype(np.float32)
    result: Floats = centred * np.float32(tensor.scale)
    return result
