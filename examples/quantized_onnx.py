"""Writes a chain of trained float layers as a fully int8 ONNX file, for the examples beside it.

Weights are symmetric, one scale an output channel; activations have one scale a tensor, from the
largest values that they take on calibration inputs. DequantizeLinear and QuantizeLinear stand
around every operator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Floats = NDArray[np.float32]
OPSET = 17


@dataclass(frozen=True)
class Convolution:
    """Weights [O, I / groups, H, W] and biases [O]; ``pads`` are top, left, bottom, right."""

    weights: Floats
    biases: Floats
    strides: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    groups: int = 1

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """The layer and a ReLU, in float32."""
        top, left, bottom, right = self.pads
        padded = torch.nn.functional.pad(x, (left, right, top, bottom))
        weights, biases = torch.from_numpy(self.weights), torch.from_numpy(self.biases)
        made = torch.nn.functional.conv2d(padded, weights, biases, self.strides, groups=self.groups)
        return torch.relu(made)


@dataclass(frozen=True)
class Classifier:
    """The mean over all pixels, then weights [classes, channels] and biases [classes]."""

    weights: Floats
    biases: Floats


class _Writer:
    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, op: str, inputs: Sequence[str], name: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(op, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, value: NDArray[np.generic], name: str) -> str:
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def quantized(self, x: str, scale: float, zero_point: int, name: str) -> str:
        numbers = [
            self.constant(np.array(scale, np.float32), f"{name}_scale"),
            self.constant(np.array(zero_point, np.int8), f"{name}_zero"),
        ]
        made = self.node("QuantizeLinear", [x, *numbers], f"{name}_quantized")
        return self.node("DequantizeLinear", [made, *numbers], f"{name}_real")

    def weights(self, values: Floats, biases: Floats, in_scale: float, name: str) -> list[str]:
        axes = tuple(range(1, values.ndim))
        scales = (np.maximum(np.abs(values).max(axis=axes), 1e-6) / 127).astype(np.float32)
        shape = (-1,) + (1,) * len(axes)
        codes = np.clip(np.rint(values / scales.reshape(shape)), -127, 127).astype(np.int8)
        bias_scales = (scales * np.float32(in_scale)).astype(np.float32)
        bias_codes = np.rint(biases / bias_scales).astype(np.int32)
        found = []
        for kind, integers, factors in (("w", codes, scales), ("b", bias_codes, bias_scales)):
            given = [
                self.constant(integers, f"{name}_{kind}"),
                self.constant(factors, f"{name}_{kind}_scale"),
                self.constant(np.zeros(factors.shape, integers.dtype), f"{name}_{kind}_zero"),
            ]
            found.append(self.node("DequantizeLinear", given, f"{name}_{kind}_real", axis=0))
        return found


def write_onnx(
    path: Path,
    layers: Sequence[Convolution],
    classifier: Classifier,
    calibration: Floats,
    input_scale: float,
) -> None:
    """Write the network with a softmax behind it to ``path``.

    ``calibration`` is [N, C, H, W]; the input has ``input_scale`` and the zero point 0.
    """
    writer, scale = _Writer(), input_scale
    x = torch.from_numpy(calibration)
    name = writer.quantized("input", scale, 0, "input")
    with torch.no_grad():
        for index, layer in enumerate(layers):
            x = layer(x)
            stem = f"layer_{index}"
            given = [name, *writer.weights(layer.weights, layer.biases, scale, stem)]
            name = writer.node(
                "Conv",
                given,
                stem,
                kernel_shape=list(layer.weights.shape[2:]),
                strides=list(layer.strides),
                pads=list(layer.pads),
                group=layer.groups,
            )
            name = writer.node("Relu", [name], f"{stem}_relu")
            scale = float(np.quantile(x.numpy(), 0.9999)) / 255
            name = writer.quantized(name, scale, -128, f"{stem}_out")
        x = x.mean(dim=(2, 3))
        name = writer.node("GlobalAveragePool", [name], "mean")
        scale = float(x.max()) / 255
        name = writer.quantized(name, scale, -128, "mean_out")
        name = writer.node("Flatten", [name], "flat")
        x = x @ torch.from_numpy(classifier.weights).T + torch.from_numpy(classifier.biases)
    given = [name, *writer.weights(classifier.weights, classifier.biases, scale, "classifier")]
    name = writer.node("Gemm", given, "classifier", transB=1)
    scale = float(x.abs().max()) / 127
    name = writer.quantized(name, scale, 0, "logits")
    writer.node("Softmax", [name], "scores", axis=1)
    shape = [1, *calibration.shape[1:]]
    graph = helper.make_graph(
        writer.nodes,
        path.stem,
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, len(classifier.biases)])],
        writer.constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))
