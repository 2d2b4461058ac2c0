"""From integers back to reals: what remains of an ONNX file without its quantization nodes.

Files spell a quantized operator in two ways: DequantizeLinear -> operator -> QuantizeLinear, or as
one operator of its own (QLinearConv). Both become the plain operator here, its tensors annotated
with scale and zero point. A tensor keeps the name that its operator gave it; what quantizes or
dequantizes it is another name of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from thumbnet.errors import ThumbnetError
from thumbnet.frontends.onnx_bias import with_bias
from thumbnet.frontends.onnx_linear import LINEAR, Linear
from thumbnet.frontends.onnx_model import DAMAGED, RawModel, RawNode, printable
from thumbnet.frontends.onnx_reals import BYTES, COPYING, Constant, Real, Scale, place_of
from thumbnet.frontends.onnx_values import NotFoldable, axis_of, fold, integer
from thumbnet.frontends.tflite_tensors import SCALE_RANGE
from thumbnet.ir.graph import Array, DType, Quantization

MAX_FOLDED = 1 << 26
"""Elements of all constants that are computed."""
_MOVING = ("Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze")
_SKIPPED = ("Identity", "Dropout")


def to_reals(model: RawModel) -> Real:
    """The network without its quantization nodes; their faults are among its ``errors``."""
    return _Annotator(model).run()


class _Annotator:
    def __init__(self, model: RawModel) -> None:
        self.model = model
        self.constants = {name: Constant(data) for name, data in model.constants.items()}
        self.aliases: dict[str, str] = {}
        self.scales: dict[str, Scale] = {}
        self.nodes: list[RawNode] = []
        self.kept: set[str] = set()
        self.errors: list[ThumbnetError] = []
        self.poisoned: set[str] = set()
        self.readers: dict[str, list[RawNode]] = {}
        self.quantizers: dict[tuple[str, Scale], str] = {}
        self.budget = MAX_FOLDED

    def run(self) -> Real:
        rest = [node for node in self.model.nodes if not self._try(self._fold, node)]
        for node in rest:
            for name in dict.fromkeys(node.inputs):
                self.readers.setdefault(self._named(name), []).append(node)
        for node in rest:
            if self.poisoned.isdisjoint(node.inputs):
                self._try(self._visit, node)
            else:
                self.poisoned.update(node.outputs)
        constants = {name: constant.data for name, constant in self.constants.items()}
        taken = {*self.scales, *map(self._named, self.model.outputs)}
        self.nodes = with_bias(self.nodes, constants, taken)
        self._spread_backwards()
        outputs = tuple(n if n in self.kept else self._named(n) for n in self.model.outputs)
        quantized = bool(self.scales) or any(c.quantization for c in self.constants.values())
        return Real(
            tuple(self.nodes),
            self.constants,
            self.scales,
            outputs,
            tuple(self.errors),
            quantized,
        )

    def _try(self, step: Callable[[RawNode], bool | None], node: RawNode) -> bool:
        try:
            return bool(step(node))
        except ThumbnetError as error:
            self.errors.append(error)
        except (NotFoldable, ValueError) as error:
            self.errors.append(ThumbnetError(place_of(self.model.file, node), str(error), DAMAGED))
        except IndexError:
            place = place_of(self.model.file, node)
            self.errors.append(ThumbnetError(place, "lacks an input", DAMAGED))
        self.poisoned.update(node.outputs)
        return True

    def _named(self, name: str) -> str:
        """The first name of a tensor."""
        while name in self.aliases:
            name = self.aliases[name]
        return name

    def _refuse(self, node: RawNode, problem: str, remedy: str) -> ThumbnetError:
        return ThumbnetError(place_of(self.model.file, node), problem, remedy)

    # constants

    def _fold(self, node: RawNode) -> bool:
        """Makes constants of a node's outputs, or another name of its input, where it can."""
        inputs = [self._named(name) for name in node.inputs]
        if not self.poisoned.isdisjoint(inputs):
            self.poisoned.update(node.outputs)
            return True
        known = all(not name or name in self.constants for name in inputs)
        if node.op in _SKIPPED and not known:
            # What is an output needs an operator; Dropout in training is refused where it is read.
            if not set(node.outputs).isdisjoint(self.model.outputs) or len(node.inputs) > 2:
                return False
            self.aliases[node.outputs[0]] = inputs[0]
            return True
        if not known:
            return False
        given = [self.constants[name] if name else None for name in inputs]
        if node.op == "DequantizeLinear" and given and given[0] is not None:
            self.constants[node.outputs[0]] = self._dequantized(node, given[0])
            return True
        first = given[0].quantization if given and given[0] is not None else None
        moved = first is not None and node.op in _MOVING
        if moved and first is not None and first.axis is not None and node.op != "Transpose":
            moved = False
        values = [None if c is None else c.real for c in given]
        if moved and given[0] is not None:
            values[0] = given[0].data
        results = fold(node, values)
        if results is None or any(node.outputs[len(results) :]):
            return False
        self.budget -= sum(result.size for result in results)
        if self.budget < 0:
            raise self._refuse(node, f"computes over {MAX_FOLDED} constants", "simplify the model")
        quantization = first if moved else None
        if quantization is not None and quantization.axis is not None:
            named = node.attributes.get("perm")
            rank = results[0].ndim
            permutation = list(named) if isinstance(named, tuple) else list(range(rank))[::-1]
            quantization = dataclasses.replace(
                quantization, axis=permutation.index(quantization.axis)
            )
        for name, result in zip(node.outputs, results, strict=False):
            self.constants[name] = Constant(result, quantization)
        return True

    def _dequantized(self, node: RawNode, given: Constant) -> Constant:
        data = given.data
        if data.dtype not in (*BYTES, np.dtype(np.int32)):
            raise self._refuse(
                node, f"constants are {data.dtype}; int8, uint8 and int32 are supported", "use int8"
            )
        axis = integer(node, "axis", 1) if data.ndim > 1 else 0
        return Constant(data, self._quantization(node, data.dtype, data.shape, (1, 2), axis))

    def _quantization(
        self,
        node: RawNode,
        dtype: np.dtype[np.generic] | None,
        shape: Sequence[int] | None,
        numbers: tuple[int, int],
        axis: int = 0,
    ) -> Quantization:
        """Scales and zero points from the node's inputs ``numbers``, as the file has them.

        ``dtype`` is what the zero point must be. ``shape`` is that of a constant, which may have
        scales along ``axis``; None of a tensor that is computed.
        """
        scale, zero = (self._constant(node, number) for number in numbers)
        if scale is None:
            raise self._refuse(node, "has no scale", DAMAGED)
        if scale.dtype != np.float32 or scale.ndim > 1 or integer(node, "block_size", 0):
            raise self._refuse(
                node,
                f"has scales of {scale.dtype}{list(scale.shape)}; one a tensor or one a channel is"
                " supported, of float32",
                "quantize without blocks",
            )
        points = np.zeros(scale.shape, np.int64) if zero is None else zero
        if points.size != scale.size or (
            dtype is not None and zero is not None and zero.dtype != dtype
        ):
            raise self._refuse(node, "has a zero point that does not fit", DAMAGED)
        least, most = SCALE_RANGE
        for value in scale.reshape(-1).tolist():
            if not least <= value <= most and not (shape is not None and value == 0):
                raise self._refuse(
                    node,
                    f"has scale {value:g}; scales lie in [{least:g}, {most:g}]",
                    "quantize again; the calibration data may hold NaN or only zeros",
                )
        scales = tuple(float(value) for value in scale.reshape(-1))
        zeros = tuple(int(value) for value in points.reshape(-1))
        if scale.size == 1:
            return Quantization(scales, zeros)
        if shape is None:
            raise self._refuse(
                node,
                f"has {scale.size} scales; tensors that are computed have one",
                "quantize activations per tensor",
            )
        axis = axis_of(axis, len(shape))
        if shape[axis] != scale.size:
            raise self._refuse(node, f"has {scale.size} scales along dimension {axis}", DAMAGED)
        return Quantization(scales, zeros, axis)

    def _constant(self, node: RawNode, number: int) -> Array | None:
        name = self._named(node.inputs[number]) if number < len(node.inputs) else ""
        if not name:
            return None
        if name not in self.constants:
            raise self._refuse(
                node,
                f'"{printable(name)}", a scale or zero point, is computed at run time',
                "use static quantization (onnxruntime's quantize_static)",
            )
        return self.constants[name].data

    # quantized tensors

    def _visit(self, node: RawNode) -> None:
        if node.op == "QuantizeLinear":
            self._quantize(node)
        elif node.op == "DequantizeLinear":
            self._dequantize(node)
        elif node.op in LINEAR:
            self._linear(node, LINEAR[node.op])
        else:
            self._keep(node, node.op, [self._named(name) for name in node.inputs])

    def _keep(self, node: RawNode, op: str, inputs: Sequence[str]) -> None:
        kept = dataclasses.replace(node, op=op, inputs=tuple(inputs))
        self.nodes.append(kept)
        self.kept.update(node.outputs)

    def _scale(
        self, node: RawNode, numbers: tuple[int, int], default: DType = DType.UINT8
    ) -> Scale:
        """The scale of a tensor that is computed; of type ``default`` where there is no zero."""
        zero = self._constant(node, numbers[1])
        dtype = default.numpy if zero is None else zero.dtype
        if dtype not in BYTES:
            raise self._refuse(
                node,
                f"quantizes to {dtype}; int8 and uint8 are supported",
                "quantize activations to int8 or uint8",
            )
        found = self._quantization(node, dtype, None, numbers)
        if BYTES[dtype] is DType.UINT8:
            found = Quantization(found.scale, (found.zero_point[0] - 128,))
        return Scale(found, BYTES[dtype])

    def _annotate(self, node: RawNode, name: str, scale: Scale) -> None:
        known = self.scales.setdefault(name, scale)
        if known.quantization != scale.quantization:
            raise self._refuse(
                node,
                f'"{printable(name)}" is quantized by {_text(known)} and read as {_text(scale)}',
                "give both sides the same scale and zero point",
            )

    def _quantize(self, node: RawNode) -> None:
        x, result = self._named(node.inputs[0]), node.outputs[0]
        scale = self._scale(node, (1, 2))
        if self.scales.get(x, scale) == scale and x in self.scales:
            self.aliases[result] = x
        elif x in self.scales or any(border.name == x for border in self.model.inputs):
            if (x, scale) in self.quantizers:
                self.aliases[result] = self.quantizers[x, scale]
                return
            self.quantizers[x, scale] = result
            self._keep(node, "QuantizeLinear", [x])
            self.scales[result] = scale
        else:
            self.scales[x] = scale
            self.aliases[result] = x
            self._check_readers(node, x, scale)

    def _check_readers(self, node: RawNode, name: str, scale: Scale) -> None:
        """All readers of what a node computes get the same bytes."""
        for reader in self.readers[name]:
            if reader.op == "Shape":
                continue
            if reader.op != "QuantizeLinear" or self._scale(reader, (1, 2)) != scale:
                raise self._refuse(
                    node,
                    f'"{printable(name)}" is quantized here and read otherwise by node'
                    f" {reader.index} ({printable(reader.op)})",
                    "quantize it once, for all its readers",
                )
        if name in self.model.outputs:
            raise self._refuse(
                node,
                f'"{printable(name)}" is quantized here and an output in float32',
                "make the quantized tensor the output",
            )

    def _dequantize(self, node: RawNode) -> None:
        x, result = self._named(node.inputs[0]), node.outputs[0]
        known = self.scales.get(x)
        borders = (border.dtype for border in self.model.inputs if border.name == x)
        default = known.dtype if known is not None else next(borders, DType.UINT8)
        self._annotate(node, x, self._scale(node, (1, 2), default))
        self.aliases[result] = x
        if result in self.model.outputs:
            self._keep(node, "DequantizeLinear", [x])

    def _constant_name(self, node: RawNode, number: int) -> str:
        return node.inputs[number] if number < len(node.inputs) else ""

    def _linear(self, node: RawNode, linear: Linear) -> None:
        """A QLinear operator as the plain one."""
        inputs = []
        for number, *numbers in linear.operands(len(node.inputs)):
            name = self._named(node.inputs[number])
            pair = (numbers[0], numbers[1])
            if name in self.constants:
                data = self.constants[name].data
                if data.dtype not in BYTES:
                    raise self._refuse(node, f"constants are {data.dtype}", "use int8")
                fresh = f"{name}/{node.index}.{number}"
                axis = linear.channel_axis(node, data.ndim)
                quantization = self._quantization(node, data.dtype, data.shape, pair, axis)
                self.constants[fresh] = Constant(data, quantization)
                name = fresh
            else:
                self._annotate(node, name, self._scale(node, pair))
            inputs.append(name)
        bias = self._constant_name(node, linear.bias) if linear.bias is not None else ""
        if bias:
            inputs.append(self._named(bias))
        if self._constant_name(node, linear.output[0]):
            self._annotate(node, node.outputs[0], self._scale(node, linear.output))
        self._keep(node, linear.op, inputs)

    def _spread_backwards(self) -> None:
        """What a copying operator reads takes its output's scale, where all readers agree."""
        readers: dict[str, list[RawNode]] = {}
        for node in self.nodes:
            for name in node.inputs:
                readers.setdefault(name, []).append(node)
        for node in reversed(self.nodes):
            scale = self._scale_behind(node)
            if scale is None:
                continue
            count = len(node.inputs) if node.op == "Concat" else 1
            for name in node.inputs[:count]:
                free = name not in self.scales and name not in self.constants
                if not free or name in self.model.outputs:
                    continue
                behind = [r for r in readers[name] if r.op != "Shape"]
                if all(self._scale_behind(reader) == scale for reader in behind):
                    self.scales[name] = scale

    def _scale_behind(self, node: RawNode) -> Scale | None:
        """The scale of all that a copying operator makes."""
        found = {self.scales.get(name) for name in node.outputs if name}
        return found.pop() if node.op in COPYING and len(found) == 1 else None


def _text(scale: Scale) -> str:
    quantization = scale.quantization
    return f"scale {quantization.scale[0]:.9g}, zero point {quantization.zero_point[0]} (of int8)"
