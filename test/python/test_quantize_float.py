"""The float32 interpreter against onnxruntime: single operators, chains of moves, many samples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from support.onnx_models import OnnxModel, arranged, imported, made_up, session
from test_onnx_layout import chain
from thumbnet.quantize.float_run import run
from thumbnet.quantize.prepare import prepare

Build = Callable[[OnnxModel, str], str]
RANDOM = np.random.default_rng(7)
START = RANDOM.bit_generator.state
F32 = np.float32
COUNT = 3


def weights(*shape: int) -> np.ndarray:
    return RANDOM.normal(0, 0.5, shape).astype(F32)


def conv(outputs: int, *kernel: int, groups: int = 1, **attributes: object) -> Build:
    def build(m: OnnxModel, x: str) -> str:
        data = weights(outputs, 6 // groups, *kernel)
        inputs = (x, m.constant(data), m.constant(weights(outputs)))
        return m.node("Conv", *inputs, group=groups, **attributes)

    return build


def op(name: str, *constants: object, **attributes: object) -> Build:
    return lambda m, x: m.node(name, x, *(m.constant(c) for c in constants), **attributes)


def then(*steps: Build) -> Build:
    def build(m: OnnxModel, x: str) -> str:
        for step in steps:
            x = step(m, x)
        return x

    return build


def _transposed(m: OnnxModel, x: str) -> str:
    kernel = m.constant(weights(6, 4, 3, 2))
    return m.node(
        "ConvTranspose", x, kernel, m.constant(weights(4)), strides=[2, 3], pads=[1, 0, 0, 1]
    )


def _dense(m: OnnxModel, x: str) -> str:
    flat = m.node("Flatten", x)
    return m.node("Gemm", flat, m.constant(weights(5, 6 * 8 * 7)), m.constant(weights(5)), transB=1)


def _attention(m: OnnxModel, x: str) -> str:
    rows = m.node("Reshape", x, m.constant([1, 6, 56], np.int64))
    scores = m.node("MatMul", rows, m.node("Transpose", rows, perm=[0, 2, 1]))
    return m.node("MatMul", m.node("Softmax", scores, axis=-1), rows)


def _silu(m: OnnxModel, x: str) -> str:
    return m.node("Mul", x, m.node("Sigmoid", x))


def _hard_swish(m: OnnxModel, x: str) -> str:
    moved = m.node("Add", x, m.constant(F32(3)))
    clipped = m.node("Clip", moved, m.constant(F32(0)), m.constant(F32(6)))
    return m.node("Mul", x, m.node("Div", clipped, m.constant(F32(6))))


def _residual(m: OnnxModel, x: str) -> str:
    return m.node("Relu", m.node("Add", x, m.node("Conv", x, m.constant(weights(6, 6, 1, 1)))))


def _squeeze(m: OnnxModel, x: str) -> str:
    mean = m.node("GlobalAveragePool", x)
    return m.node(
        "Mul", x, m.node("HardSigmoid", m.node("Conv", mean, m.constant(weights(6, 6, 1, 1))))
    )


def _normalized(m: OnnxModel, x: str) -> str:
    parts = [weights(6), weights(6), weights(6), np.abs(weights(6)) + F32(0.1)]
    return m.node("BatchNormalization", x, *(m.constant(part) for part in parts))


def _broadcast(m: OnnxModel, x: str) -> str:
    """A [1,6,1,1] tensor beside one of lower rank."""
    row = m.node("ReduceMean", x, axes=[1, 2], keepdims=0)
    return m.node("Sub", x, row)


BUILDS: dict[str, Build] = {
    "conv": conv(5, 3, 3, pads=[1, 1, 1, 1]),
    "strided": conv(5, 3, 2, pads=[0, 1, 1, 0], strides=[2, 1]),
    "dilated": conv(5, 3, 3, dilations=[2, 2], pads=[2, 2, 2, 2]),
    "grouped": conv(4, 3, 3, groups=2),
    "depthwise": conv(12, 3, 3, groups=6, pads=[1, 1, 1, 1]),
    "many channels": then(
        conv(20, 1, 1), lambda m, x: m.node("Conv", x, m.constant(weights(4, 20, 3, 3)))
    ),
    "transposed": _transposed,
    "dense": _dense,
    "attention": _attention,
    "max pool": op("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
    "average pool": op("AveragePool", kernel_shape=[3, 2], pads=[1, 0, 1, 1]),
    "pool with zeros": op("AveragePool", kernel_shape=[3, 3], pads=[1] * 4, count_include_pad=1),
    "global": op("GlobalAveragePool"),
    "mean": op("ReduceMean", axes=[2], keepdims=1),
    "sum": op("ReduceMax", axes=[3], keepdims=0),
    "softmax": op("Softmax", axis=1),
    "log softmax": op("LogSoftmax", axis=-1),
    "pad": op("Pad", np.array([0, 1, 2, 0, 0, 0, 1, 3], np.int64)),
    "reflected": op("Pad", np.array([0, 0, 2, 1, 0, 0, 1, 3], np.int64), mode="reflect"),
    "concat": lambda m, x: m.node("Concat", x, m.node("Relu", x), axis=1),
    "prelu": op("PRelu", weights(6, 1, 1)),
    "clip above": lambda m, x: m.node("Clip", x, "", m.constant(F32(1.5))),
    "clip": op("Clip", F32(-1.25), F32(2)),
    "leaky": op("LeakyRelu", alpha=0.2),
    "elu": op("Elu", alpha=0.7),
    "selu": op("Selu"),
    "hard sigmoid": op("HardSigmoid"),
    "softplus": op("Softplus"),
    "erf": op("Erf"),
    "power": op("Pow", F32(2)),
    "silu": _silu,
    "hard swish": _hard_swish,
    "residual": _residual,
    "squeeze and excite": _squeeze,
    "normalized": _normalized,
    "normalized behind": then(conv(6, 3, 3), _normalized, op("Relu")),
    "broadcast": _broadcast,
    "scaled": then(
        conv(6, 1, 1), op("Mul", weights(6, 1, 1)), op("Add", weights(6, 1, 1)), op("Relu")
    ),
}


def model(build: Build) -> bytes:
    """The same weights whichever models were made before."""
    RANDOM.bit_generator.state = START
    m = OnnxModel()
    return m.bytes(build(m, m.input((1, 6, 8, 7))))


def compare(data: bytes, prepared: bool) -> None:
    """Several samples at once here, one after the other there."""
    found = imported(data)
    runtime = session(data)
    name = runtime.get_inputs()[0].name
    samples = [made_up(data, seed)[0] for seed in range(COUNT)]
    given = np.stack([arranged(sample, found.inputs[0]) for sample in samples])
    graph = prepare(found.graph) if prepared else found.graph
    (made,) = run(graph, [given.astype(F32)])
    for sample, value in zip(samples, made, strict=True):
        (wanted,) = runtime.run(None, {name: sample})
        assert np.allclose(value, arranged(wanted, found.outputs[0]), atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize("prepared", [False, True])
@pytest.mark.parametrize("name", BUILDS)
def test_operators(name: str, prepared: bool) -> None:
    compare(model(BUILDS[name]), prepared)


@pytest.mark.parametrize("seed", range(20))
def test_chains_of_moves(seed: int) -> None:
    compare(chain(seed, quantized=False), False)


def kinds(name: str) -> list[str]:
    return [operator.kind for operator in prepare(imported(model(BUILDS[name])).graph).operators]


def test_preparing_leaves_what_has_kernels() -> None:
    assert kinds("hard swish") == ["composed"]
    assert kinds("silu") == ["composed"]
    assert kinds("normalized behind") == ["conv_2d"]
    assert kinds("scaled") == ["conv_2d"]
    assert kinds("normalized") == ["depthwise_conv_2d"]
    assert kinds("residual") == ["conv_2d", "add"]
