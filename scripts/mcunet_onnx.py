"""Writes a float32 network of the MCUNet family, from its description and checkpoint, as ONNX.

    .venv/bin/python scripts/mcunet_onnx.py CONFIG.json CHECKPOINT.npz OUT.onnx

Inputs are [N,3,H,W], pictures as (x - 127.5) / 127.5; batch normalizations stay operators.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Writer:
    """The model as it grows."""

    def __init__(self, state: dict[str, np.ndarray[Any, Any]], epsilon: float) -> None:
        self.state = state
        self.epsilon = epsilon
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, data: np.ndarray[Any, Any]) -> str:
        """A constant called ``name``."""
        self.constants[name] = numpy_helper.from_array(data, name)
        return name

    def node(self, op: str, inputs: list[str], output: str, **attributes: object) -> str:
        """A node; returns its output's name."""
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def layer(self, x: str, name: str, stride: int, groups: int, clamp: bool) -> str:
        """Convolution, batch normalization and ReLU6 or none."""
        weights = self.state[f"{name}.conv.weight"]
        pad = weights.shape[2] // 2
        x = self.node(
            "Conv",
            [x, self.constant(f"{name}.weight", weights)],
            f"{name}.conv",
            kernel_shape=list(weights.shape[2:]),
            strides=[stride, stride],
            pads=[pad] * 4,
            group=groups,
        )
        parts = [
            self.constant(f"{name}.bn.{part}", self.state[f"{name}.bn.{part}"])
            for part in ("weight", "bias", "running_mean", "running_var")
        ]
        x = self.node("BatchNormalization", [x, *parts], f"{name}.bn", epsilon=self.epsilon)
        if clamp:
            low, high = (self.constant(n, np.float32(v)) for n, v in (("zero", 0), ("six", 6)))
            x = self.node("Clip", [x, low, high], f"{name}.relu6")
        return x


def mcunet(config: dict[str, Any], state: dict[str, np.ndarray[Any, Any]]) -> onnx.ModelProto:
    """The network of a description with the parameters ``state``."""
    writer = Writer(state, config["bn"]["eps"])
    x = writer.layer("x", "first_conv", config["first_conv"]["stride"], 1, True)
    for number, block in enumerate(config["blocks"]):
        how, start = block["mobile_inverted_conv"], x
        name = f"blocks.{number}.mobile_inverted_conv"
        if f"{name}.inverted_bottleneck.conv.weight" in state:
            x = writer.layer(x, f"{name}.inverted_bottleneck", 1, 1, True)
        channels = state[f"{name}.depth_conv.conv.weight"].shape[0]
        x = writer.layer(x, f"{name}.depth_conv", how["stride"], channels, True)
        x = writer.layer(x, f"{name}.point_linear", 1, 1, False)
        if block["shortcut"] is not None:
            x = writer.node("Add", [start, x], f"blocks.{number}.sum")
    x = writer.node("GlobalAveragePool", [x], "pooled")
    x = writer.node("Flatten", [x], "flat")
    head = [
        writer.constant(f"classifier.{p}", state[f"classifier.linear.{p}"])
        for p in ("weight", "bias")
    ]
    writer.node("Gemm", [x, *head], "scores", transB=1)
    size = config["resolution"]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, size, size])
    made = helper.make_tensor_value_info(
        "scores", TensorProto.FLOAT, ["N", len(state["classifier.linear.bias"])]
    )
    graph = helper.make_graph(
        writer.nodes, "mcunet", [given], [made], list(writer.constants.values())
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def main() -> None:
    """Read, build, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("config", "checkpoint", "out"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args()
    with np.load(given.checkpoint, allow_pickle=False) as archive:
        state = {n.removeprefix("state_dict."): archive[n] for n in archive.files}
    onnx.save(mcunet(json.loads(given.config.read_text()), state), given.out)


if __name__ == "__main__":
    main()
