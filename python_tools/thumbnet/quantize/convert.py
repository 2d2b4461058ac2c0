"""A float32 graph and a scheme to the int8 graph, with TFLite's arithmetic."""

from __future__ import annotations

import dataclasses
from typing import cast

import numpy as np

from thumbnet.ir.attributes import Attributes, Lookup
from thumbnet.ir.graph import DType, Graph, Operator, Quantization, Tensor
from thumbnet.quantize.float_functions import FUNCTIONS, Floats
from thumbnet.quantize.float_run import evaluate
from thumbnet.quantize.prepare import COMPOSED, WEIGHTED
from thumbnet.quantize.scales import PLACES
from thumbnet.quantize.simulate import Scheme
from thumbnet.quantize.weights import as_bytes

INSIDE = "quantized"
"""What the int8 form of a border is called behind its name."""


def convert(scheme: Scheme) -> Graph:
    """The int8 graph; its inputs and outputs are float32 and converted at the borders."""
    return _Converter(scheme).run()


class _Converter:
    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self.graph = scheme.graph
        self.tensors: dict[str, Tensor] = {}
        self.operators: list[Operator] = []
        self.names: dict[str, str] = {}
        """What a tensor of the float32 graph is called here."""

    def run(self) -> Graph:
        for name in self.graph.inputs:
            outer = self._add(dataclasses.replace(self.graph.tensor(name), quantization=None))
            inner = self._activation(name, f"{name}/{INSIDE}")
            self._emit("quantize", Attributes(), (outer.name,), inner.name)
        for operator in self.graph.operators:
            self._convert(operator)
        outputs = tuple(self._output(name) for name in self.graph.outputs)
        return Graph(
            self.graph.name, self.tensors, tuple(self.operators), self.graph.inputs, outputs
        ).replace()

    def _output(self, name: str) -> str:
        inner = self.tensors[self.names[name]]
        if inner.dtype is not DType.INT8:
            return inner.name
        outer = self._add(Tensor(name, inner.shape, DType.FLOAT32))
        return self._emit("dequantize", Attributes(), (inner.name,), outer.name)

    def _add(self, tensor: Tensor) -> Tensor:
        self.tensors[tensor.name] = tensor
        return tensor

    def _activation(
        self, name: str, as_: str | None = None, quantization: Quantization | None = None
    ) -> Tensor:
        """An int8 tensor for a float32 one, which readers of that will read."""
        inside = f"{name}/{INSIDE}" if name in self.graph.outputs else name
        made = Tensor(
            as_ or inside,
            self.graph.tensor(name).shape,
            DType.INT8,
            self.scheme.of(name) if quantization is None else quantization,
        )
        self.names[name] = made.name
        return self._add(made)

    def _emit(self, kind: str, attributes: Attributes, inputs: tuple[str, ...], output: str) -> str:
        self.operators.append(Operator(kind, output, inputs, (output,), attributes))
        return output

    def _convert(self, operator: Operator) -> None:
        name = operator.outputs[0]
        inputs = self._inputs(operator)
        if operator.kind in PLACES:
            self.names[name] = name
            self._add(Tensor(name, self.graph.tensor(name).shape, DType.INT32))
            self._emit(operator.kind, operator.attributes, inputs, name)
            return
        if operator.kind in FUNCTIONS or operator.kind == COMPOSED:
            self._tabulate(operator, inputs[0])
            return
        fixed = self.scheme.fixed(operator)
        if fixed is not None:
            before = self._activation(name, f"{name}/fixed", fixed)
            self._emit(operator.kind, operator.attributes, inputs, before.name)
            self._emit("quantize", Attributes(), (before.name,), self._activation(name).name)
            return
        self._emit(operator.kind, operator.attributes, inputs, self._activation(name).name)

    def _inputs(self, operator: Operator) -> tuple[str, ...]:
        if operator.kind in WEIGHTED:
            return self._weights(operator)
        found = []
        for number, read in enumerate(operator.inputs):
            if not read or not self.graph.tensor(read).is_constant:
                found.append(self.names[read] if read else "")
                continue
            tensor = self.graph.tensor(read)
            quantization = self.scheme.constant(operator, number)
            codes = as_bytes(
                cast(Floats, tensor.data), quantization.scale[0], quantization.zero_point[0]
            )
            named = f"{operator.outputs[0]}/constant_{number}"
            found.append(
                self._add(Tensor(named, tensor.shape, DType.INT8, quantization, codes)).name
            )
        return tuple(found)

    def _weights(self, operator: Operator) -> tuple[str, ...]:
        name = operator.outputs[0]
        weights, bias = self.scheme.weights[name], self.scheme.biases[name]
        count = len(weights.scales)
        along = Quantization(tuple(weights.scales.tolist()), (0,) * count, weights.axis)
        steps = self.tensors[self.names[operator.inputs[0]]].scale * weights.scales
        whole = np.rint(bias.astype(np.float64) / steps)
        limit = float(1 << 30)
        data = np.clip(whole, -limit, limit).astype(np.int32)
        codes = Tensor(f"{name}/weights", weights.codes.shape, DType.INT8, along, weights.codes)
        added = Tensor(f"{name}/bias", data.shape, DType.INT32, None, data)
        return (self.names[operator.inputs[0]], self._add(codes).name, self._add(added).name)

    def _tabulate(self, operator: Operator, source: str) -> None:
        """A function of one byte as a table of 256, exact to the rounding of its results."""
        x, output = self.tensors[source], self._activation(operator.outputs[0])
        codes = np.arange(-128, 128)
        real = ((codes - x.zero_point) * x.scale).astype(np.float32)
        shape = self.graph.tensor(operator.inputs[0]).shape
        given = real.reshape(-1, *(1,) * len(shape))
        values = evaluate(self.graph, operator, [given]).reshape(-1)
        values = np.nan_to_num(values, nan=0.0, posinf=3e38, neginf=-3e38)
        table = as_bytes(values, output.scale, output.zero_point).view(np.uint8)
        stored = self._add(Tensor(f"{output.name}/table", (256,), DType.UINT8, None, table))
        kind = operator.kind if operator.kind in FUNCTIONS else "function"
        self._emit("lookup", Lookup(kind), (source, stored.name), output.name)
