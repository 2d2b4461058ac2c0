"""Reads .onnx files into the IR. The file is not trusted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from thumbnet.errors import ThumbnetError, ThumbnetErrors
from thumbnet.frontends.onnx_builder import (
    SOFTMAX_SCALE,
    Builder,
    Function,
    Held,
    Value,
    dequantized,
)
from thumbnet.frontends.onnx_elementwise import kind_of
from thumbnet.frontends.onnx_layout import Arrangement, View
from thumbnet.frontends.onnx_model import (
    Border,
    NotOnnx,
    RawModel,
    RawNode,
    printable,
    read_file,
    read_model,
)
from thumbnet.frontends.onnx_nodes import (
    Node,
    Poisoned,
)
from thumbnet.frontends.onnx_operators import CONVERTERS, REMEDIES
from thumbnet.frontends.onnx_order import wanted_order
from thumbnet.frontends.onnx_quantization import (
    to_reals,
)
from thumbnet.frontends.onnx_reals import (
    COPYING,
    Constant,
    Real,
)
from thumbnet.frontends.onnx_values import NotFoldable, fold
from thumbnet.ir.attributes import Attributes, Reshape
from thumbnet.ir.graph import DType, Graph, Quantization, Tensor


@dataclass(frozen=True, eq=False)
class Imported:
    """A graph, and the order that each input's and output's dimensions of the file have in it."""

    graph: Graph
    inputs: tuple[Arrangement, ...]
    outputs: tuple[Arrangement, ...]


def read_onnx(path: Path) -> Graph:
    """The network in an .onnx file, named after the file.

    Images are channels last: an input or output [N,C,H,W] of the file is [N,H,W,C] here, unless
    the file itself transposes it.

    Raises:
        ThumbnetError: the file cannot be read, is damaged, or holds what the compiler cannot
            express; :class:`ThumbnetErrors` where several nodes are at fault.
    """
    return parse_onnx(read_file(path), path.name).graph


def parse_onnx(data: bytes, file: str) -> Imported:
    """The network in the bytes of an .onnx file; ``file`` is its name for messages.

    Raises:
        ThumbnetError: as :func:`read_onnx`.
    """
    try:
        return _Importer(read_model(data, file)).run()
    except NotOnnx as error:
        raise ThumbnetError(
            file,
            f"is not a valid .onnx file: {error}",
            "it may be cut short or of another format; export or copy it again",
        ) from None


def import_raw(model: RawModel) -> Imported:
    """The network of a model that was read already, or that was no file.

    Raises:
        ThumbnetError: as :func:`read_onnx`.
    """
    return _Importer(model).run()


class _Importer:
    def __init__(self, model: RawModel) -> None:
        self.model = model
        self.real: Real = to_reals(model)
        self.reads = Counter(name for node in self.real.nodes for name in node.inputs)
        self.reads.update(self.real.outputs)
        self.builder = Builder(self.real, self.reads)
        self.values: dict[str, Value | None] = dict(self.real.constants)
        self.ending = _at_end(self.real)
        self.errors = list(self.real.errors)
        self.outputs_so_far: set[str] = set()

    def run(self) -> Imported:
        inputs = [self._input(border) for border in self.model.inputs]
        for node in self.real.nodes:
            self._convert(node)
        if self.errors:
            found = list({error.message(): error for error in self.errors}.values())
            raise found[0] if len(found) == 1 else ThumbnetErrors(found)
        outputs = [
            self._output(given, name)
            for given, name in zip(self.model.outputs, self.real.outputs, strict=True)
        ]
        graph = Graph(
            Path(self.model.file).stem,
            self.builder.tensors,
            tuple(self.builder.operators),
            tuple(tensor.name for tensor, _ in inputs),
            tuple(tensor.name for tensor, _ in outputs),
            arithmetic="onnxruntime",
        )
        orders = tuple(order for _, order in inputs), tuple(order for _, order in outputs)
        return Imported(graph.replace(), *orders)

    # borders

    def _input(self, border: Border) -> tuple[Tensor, Arrangement]:
        """The tensor that the caller fills; what nodes read is its int8 form."""
        scale = self.real.scales.get(border.name)
        order = wanted_order(self.real.nodes, border.name, len(border.shape))
        view = View.of(border.shape, order)
        shape = view.arranged(order)
        if scale is None or border.dtype not in (DType.UINT8, DType.FLOAT32):
            quantization = None if scale is None else scale.quantization
            tensor = self.builder.tensor(border.name, shape, border.dtype, quantization)
            self.values[border.name] = Held(tensor, view)
            return tensor, order
        given = _unsigned(scale.quantization) if border.dtype is DType.UINT8 else None
        tensor = self.builder.tensor(border.name, shape, border.dtype, given)
        inner = self.builder.tensor(
            f"{tensor.name}/quantized", shape, DType.INT8, scale.quantization
        )
        self.builder.emit("quantize", Attributes(), (tensor,), inner)
        self.values[border.name] = Held(inner, view)
        return tensor, order

    def _output(self, given: str, name: str) -> tuple[Tensor, Arrangement]:
        """The tensor that the caller reads: of the type that the file gives it."""
        value, place = self.values[name], f'{self.model.file}: output "{printable(given)}"'
        if not isinstance(value, Held):
            raise ThumbnetError(place, "does not depend on the inputs", "remove it from the model")
        order = value.view.natural()
        tensor = self.builder.arranged(value, order)
        scale, quantization = self.real.scales.get(name), tensor.quantization
        written = any(tensor.name in op.outputs for op in self.builder.operators)
        if quantization is not None and scale is None:
            tensor = self._last("dequantize", tensor, given, DType.FLOAT32, None)
        elif quantization is not None and scale is not None and scale.dtype is DType.UINT8:
            tensor = self._last("quantize", tensor, given, DType.UINT8, _unsigned(quantization))
        elif not written or tensor.name in self.outputs_so_far:
            tensor = self._last("reshape", tensor, given, tensor.dtype, quantization)
        self.outputs_so_far.add(tensor.name)
        return tensor, order

    def _last(
        self,
        kind: str,
        tensor: Tensor,
        name: str,
        dtype: DType,
        quantization: Quantization | None,
    ) -> Tensor:
        attributes = Reshape() if kind == "reshape" else Attributes()
        output = self.builder.tensor(name, tensor.shape, dtype, quantization)
        return self.builder.emit(kind, attributes, (tensor,), output)

    # nodes

    def _convert(self, raw: RawNode) -> None:
        at_end = all(name in self.ending for name in raw.outputs if name)
        node = Node(
            raw, self.model.file, self.builder, self.values, self.model.opset, at_end=at_end
        )
        results: Sequence[Value | None] = [None] * len(raw.outputs)
        try:
            made = self._folded(raw, node) or self._made(raw, node)
            results = [self._finished(node, number, value) for number, value in enumerate(made)]
            for name in raw.outputs[len(made) :]:
                if name and self.reads[name]:
                    text = f'its output "{printable(name)}" is used; the first one is supported'
                    raise node.refuse(text, "leave it out")
        except ThumbnetError as error:
            self.errors.append(error)
        except Poisoned:
            pass
        for name, result in zip(raw.outputs, results, strict=False):
            self.values[name] = result

    def _folded(self, raw: RawNode, node: Node) -> Sequence[Value] | None:
        """Constants of what shapes are computed from; None where the node reads more."""
        known = [self.values.get(name) if name else None for name in raw.inputs]
        if not all(
            isinstance(v, Constant) or not n for v, n in zip(known, raw.inputs, strict=True)
        ):
            return None
        try:
            results = fold(raw, [v.real if isinstance(v, Constant) else None for v in known])
        except NotFoldable as error:
            raise node.malformed(str(error)) from None
        return None if results is None else [Constant(result) for result in results]

    def _made(self, raw: RawNode, node: Node) -> Sequence[Value]:
        converter = CONVERTERS.get(raw.op) if raw.domain in ("", "com.microsoft") else None
        if converter is None:
            remedy = REMEDIES.get(raw.op, "replace it by supported operators")
            raise node.refuse("operator is not supported", f"{remedy}; see SUPPORTED_ONNX_OPS.md")
        return converter(node)

    def _finished(self, node: Node, number: int, value: Value) -> Value:
        """The value quantized as the file says, if it says anything of this output."""
        scale, name = node.scale(number), node.raw.outputs[number]
        if isinstance(value, Constant) or (scale is None and not node.at_end):
            return value
        origin = kind_of(node.raw.op)
        if isinstance(value, Function):
            quantization = _range(node, value) if scale is None else scale.quantization
            return self.builder.tabulated(value, quantization, name, origin)
        tensor = value.tensor
        if scale is None or tensor.quantization == scale.quantization:
            return value
        if tensor.quantization is None:
            output = self.builder.tensor(name, tensor.shape, DType.INT8, scale.quantization)
            self.builder.emit("quantize", Attributes(), (tensor,), output)
            return Held(output, value.view)
        same = Function(value, lambda real: real)
        return self.builder.tabulated(same, scale.quantization, name, "quantize")


def _unsigned(quantization: Quantization) -> Quantization:
    return Quantization(quantization.scale, (quantization.zero_point[0] + 128,))


def _at_end(real: Real) -> set[str]:
    """Tensors without scale that nothing but outputs of the network is made of."""
    readers: dict[str, list[RawNode]] = {}
    for node in real.nodes:
        for name in node.inputs:
            readers.setdefault(name, []).append(node)
    found: set[str] = set()
    for node in reversed(real.nodes):
        for name in node.outputs:
            behind = readers.get(name, [])
            copied = all(
                r.op in COPYING and all(o in found for o in r.outputs if o) for r in behind
            )
            if name not in real.scales and copied and (behind or name in real.outputs):
                found.add(name)
    return found


def _range(node: Node, function: Function) -> Quantization:
    """What the end of a network is quantized by, where the file leaves it in float32.

    Probabilities by 1/256, as TFLite does; else the range of what the 256 bytes become.
    """
    if node.raw.op in ("Sigmoid", "HardSigmoid"):
        return SOFTMAX_SCALE
    source = function.root.tensor
    codes = np.arange(256) - (128 if source.dtype is DType.INT8 else 0)
    with np.errstate(all="ignore"):
        values = function.apply(dequantized(codes, source)).astype(np.float64)
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    if not np.isfinite([low, high]).all() or high - low < 1e-20:
        raise node.refuse("its output is not finite, or always zero", "quantize the output")
    scale = float(np.float32((high - low) / 255))
    return Quantization((scale,), (int(np.clip(np.rint(-low / scale), 0, 255)) - 128,))
