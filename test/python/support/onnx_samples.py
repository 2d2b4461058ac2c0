"""Quantized ONNX models of one operator, or of a few that become one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from support.onnx_models import OnnxModel

SHAPE = (1, 6, 8, 10)
F32 = np.float32
Equal = Literal["always", "within one"]


@dataclass(frozen=True)
class Sample:
    """A model between a quantized input and a quantized output.

    ``kinds`` are the operators that the graph has. ``equal`` says when outputs equal onnxruntime's:
    always where bytes are moved or looked up, of others where operators round as it does, not
    surely where onnxruntime works in float32; then they lie within one unit.
    """

    build: Callable[[OnnxModel, str, np.random.Generator], str]
    kinds: Sequence[str]
    equal: Equal = "always"
    shape: tuple[int, ...] = SHAPE
    input: tuple[float, int] = (0.03, 5)
    output: tuple[float, int] = (0.05, 3)

    def bytes(self, dtype: npt.DTypeLike = np.int8, seed: int = 0) -> bytes:
        """The model with activations of a byte type."""
        m = OnnxModel(dtype=dtype)
        x = m.quantized(m.input(self.shape), *self.input)
        y = self.build(m, x, np.random.default_rng(seed))
        return m.bytes(m.quantized(y, *self.output))


def codes(random: np.random.Generator, *shape: int) -> npt.NDArray[np.int8]:
    return random.integers(-127, 128, shape, np.int8)


def conv(
    shape: Sequence[int], *, bias: str = "int32", unsigned: bool = False, **attributes: object
) -> Callable[[OnnxModel, str, np.random.Generator], str]:
    """A convolution with weights of ``shape`` [O,I,...], quantized per channel (int8) or not."""

    def build(m: OnnxModel, x: str, random: np.random.Generator) -> str:
        scales = random.uniform(0.002, 0.02, shape[0]).astype(F32)
        given = codes(random, *shape)
        if unsigned:
            raw = (given.astype(np.int16) + 128).astype(np.uint8)
            scales = scales[0]
            weights = m.weights(raw, float(scales), 0, 128)
        else:
            weights = m.weights(given, scales.tolist())
        inputs = [x, weights]
        products = F32(0.03) * scales
        whole = random.integers(-3000, 3000, shape[0], np.int32)
        if bias == "int32":
            zeros = np.zeros(products.shape, np.int32)
            axis = {} if unsigned else {"axis": 0}
            parts = (m.constant(whole), m.constant(products), m.constant(zeros))
            inputs.append(m.node("DequantizeLinear", *parts, **axis))
        elif bias == "float32":
            inputs.append(m.constant((whole + F32(0.3)) * products, F32))
        return m.node("Conv", *inputs, **attributes)

    return build


def then(
    first: Callable[[OnnxModel, str, np.random.Generator], str], op: str, *numbers: float
) -> Callable[[OnnxModel, str, np.random.Generator], str]:
    """An operator behind another with nothing quantized between them."""
    return lambda m, x, random: m.node(
        op, first(m, x, random), *(m.constant(number, F32) for number in numbers)
    )


def _image(
    weights: Sequence[int], op: str, **attributes: object
) -> Callable[[OnnxModel, str, np.random.Generator], str]:
    """What moves the elements of a convolution's output."""
    return lambda m, x, random: m.node(
        op, m.quantized(conv(weights)(m, x, random), 0.05, 3), **attributes
    )


def op(
    name: str, *numbers: object, **attributes: object
) -> Callable[[OnnxModel, str, np.random.Generator], str]:
    """An operator of one tensor and float32 constants."""
    return lambda m, x, random: m.node(
        name, x, *(m.constant(number, F32) for number in numbers), **attributes
    )


def _hard_swish(m: OnnxModel, x: str, random: np.random.Generator) -> str:
    """As exporters spell it."""
    three, zero, six = (m.constant(number, F32) for number in (3, 0, 6))
    gate = m.node("Clip", m.node("Add", x, three), zero, six)
    return m.node("Div", m.node("Mul", x, gate), six)


def _gelu(m: OnnxModel, x: str, random: np.random.Generator) -> str:
    half, root, one = (m.constant(number, F32) for number in (0.5, 2**0.5, 1))
    gate = m.node("Add", m.node("Erf", m.node("Div", x, root)), one)
    return m.node("Mul", m.node("Mul", x, half), gate)


def _squeeze_excite(m: OnnxModel, x: str, random: np.random.Generator) -> str:
    mean = m.quantized(m.node("GlobalAveragePool", x), 0.02)
    return m.node("Mul", x, m.quantized(m.node("Sigmoid", mean), 1 / 256, -128))


def _dense(name: str, *, flat: bool = True, **attributes: object) -> Callable[..., str]:
    def build(m: OnnxModel, x: str, random: np.random.Generator) -> str:
        taps = 480 if flat else 10
        shape = (7, taps) if attributes.get("transB") else (taps, 7)
        weights = m.weights(codes(random, *shape), 0.001 if flat else 0.01)
        return m.node(name, m.node("Flatten", x) if flat else x, weights, **attributes)

    return build


def _biased(m: OnnxModel, x: str, random: np.random.Generator) -> str:
    product = _dense("MatMul", flat=False)(m, x, random)
    return m.node("Add", product, m.constant(random.normal(size=7), F32))


def _resized(**attributes: object) -> Callable[..., str]:
    return lambda m, x, random: m.node(
        "Resize", x, "", m.constant([1, 1, 2, 3], F32), mode="nearest", **attributes
    )


def _pooled_flat(m: OnnxModel, x: str, random: np.random.Generator) -> str:
    pooled = m.node("Flatten", m.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2]))
    return m.node("Gemm", pooled, m.weights(codes(random, 7, 120), 0.003), transB=1)


def _two(name: str) -> Callable[..., str]:
    return lambda m, x, random: m.node(
        name, x, m.quantized(m.node("LeakyRelu", x, alpha=-0.7), 0.04, -20)
    )


def _whole(name: str, *numbers: object, **attributes: object) -> Callable[..., str]:
    """An operator of one tensor and constant integers."""
    return lambda m, x, random: m.node(
        name, x, *(m.constant(number, np.int64) for number in numbers), **attributes
    )


SAME = (0.03, 5)
POSITIVE = (0.05, -128)
SAMPLES: dict[str, Sample] = {
    "conv": Sample(conv((6, 6, 3, 3)), ["conv_2d"], "always"),
    "conv unsigned": Sample(conv((6, 6, 3, 3), unsigned=True), ["conv_2d"], "always"),
    "conv float bias": Sample(conv((6, 6, 1, 1), bias="float32"), ["conv_2d"], "always"),
    "conv no bias": Sample(conv((5, 6, 2, 3), bias=""), ["conv_2d"], "always"),
    "conv pads": Sample(
        conv((4, 6, 3, 3), pads=[1, 2, 0, 1], strides=[2, 1]), ["conv_2d"], "always"
    ),
    "conv upper": Sample(
        conv((4, 6, 3, 3), auto_pad="SAME_UPPER", strides=[2, 2]), ["conv_2d"], "always"
    ),
    "conv lower": Sample(
        conv((4, 6, 3, 3), auto_pad="SAME_LOWER", strides=[2, 2]), ["conv_2d"], "always"
    ),
    "conv relu": Sample(
        then(conv((4, 6, 3, 3)), "Relu"), ["conv_2d", "relu"], "always", output=POSITIVE
    ),
    "conv clip": Sample(
        then(conv((4, 6, 3, 3)), "Clip", 0, 6),
        ["conv_2d", "relu6"],
        "always",
        output=(0.03, -128),
    ),
    "depthwise": Sample(
        conv((6, 1, 3, 3), group=6, pads=[1, 1, 1, 1]), ["depthwise_conv_2d"], "always"
    ),
    "depthwise twice": Sample(conv((12, 1, 3, 3), group=6), ["depthwise_conv_2d"], "always"),
    "signal": Sample(
        conv((6, 4, 5), pads=[2, 2], strides=[2]), ["conv_2d"], "always", shape=(1, 4, 30)
    ),
    "gemm": Sample(_dense("Gemm"), ["fully_connected"], "always"),
    "gemm transposed": Sample(_dense("Gemm", transB=1), ["fully_connected"], "always"),
    "gemm of an image": Sample(_pooled_flat, ["max_pool_2d", "fully_connected"], "always"),
    "matmul": Sample(_dense("MatMul", flat=False), ["fully_connected"], "always"),
    "matmul and add": Sample(_biased, ["fully_connected"], "always"),
    "add": Sample(
        lambda m, x, random: m.node("Add", x, m.quantized(m.node("Relu", x), 0.02, -128)),
        ["lookup", "add"],
        "always",
    ),
    "mul constant": Sample(
        lambda m, x, random: m.node("Mul", x, m.weights(codes(random, 6, 1, 1), 0.01)),
        ["mul"],
        "always",
    ),
    "add number": Sample(op("Add", 0.7), ["lookup"]),
    "squeeze and excite": Sample(_squeeze_excite, ["mean", "logistic", "mul"], "always"),
    "average pool": Sample(
        op("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        ["average_pool_2d"],
        "within one",
        output=SAME,
    ),
    "average pool ceil": Sample(
        op("AveragePool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
        ["average_pool_2d"],
        "within one",
        output=SAME,
    ),
    "average pool counts pads": Sample(
        op("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
        ["pad", "average_pool_2d"],
        "within one",
        output=SAME,
    ),
    "global average pool": Sample(op("GlobalAveragePool"), ["mean"], "always"),
    "global max pool": Sample(op("GlobalMaxPool"), ["max_pool_2d"], output=SAME),
    "max pool ceil": Sample(
        op("MaxPool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1, pads=[1, 0, 0, 1]),
        ["max_pool_2d"],
        output=SAME,
    ),
    "max pool, other scale": Sample(op("MaxPool", kernel_shape=[2, 2]), ["max_pool_2d", "lookup"]),
    "softmax": Sample(
        op("Softmax", axis=1), ["softmax"], "always", (1, 10), output=(1 / 256, -128)
    ),
    "sigmoid": Sample(op("Sigmoid"), ["logistic"], "always", output=(1 / 256, -128)),
    "tanh": Sample(op("Tanh"), ["lookup"], "within one", output=(1 / 128, 0)),
    "leaky relu": Sample(op("LeakyRelu", alpha=0.1), ["lookup"]),
    "elu": Sample(op("Elu"), ["lookup"], "within one"),
    "hard swish": Sample(op("HardSwish"), ["lookup"], "within one"),
    "hard swish in parts": Sample(_hard_swish, ["lookup"], "within one"),
    "silu": Sample(
        lambda m, x, random: m.node("Mul", x, m.node("Sigmoid", x)), ["lookup"], "within one"
    ),
    "gelu in parts": Sample(_gelu, ["lookup"], "within one"),
    "clip": Sample(op("Clip", -1, 2), ["lookup"]),
    "relu, other scale": Sample(op("Relu"), ["lookup"]),
    "prelu of one slope": Sample(op("PRelu", [[[0.2]]]), ["lookup"]),
    "concat, other scales": Sample(
        lambda m, x, random: m.node(
            "Concat", x, m.quantized(m.node("Relu", x), 0.02, -128), axis=1
        ),
        ["lookup", "lookup", "lookup", "concatenation"],
    ),
    "resize": Sample(
        _resized(coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
        ["resize_nearest_neighbor"],
        output=SAME,
    ),
    "resize half pixel": Sample(_resized(), ["resize_nearest_neighbor"], output=SAME),
    "pad": Sample(
        lambda m, x, random: m.node("Pad", x, m.constant([0, 0, 1, 2, 0, 0, 0, 1], np.int64)),
        ["pad"],
        output=SAME,
    ),
    "mean of planes": Sample(
        op("ReduceMean", axes=[2, 3], keepdims=0), ["mean", "reshape"], "within one"
    ),
    "conv groups": Sample(conv((6, 2, 3, 3), group=3), ["conv_2d"], "always"),
    "max": Sample(_two("Max"), ["lookup", "lookup", "lookup", "maximum"]),
    "min constant": Sample(
        lambda m, x, random: m.node("Min", x, m.weights(codes(random, 6, 1, 1), 0.02)),
        ["lookup", "minimum"],
    ),
    "div": Sample(
        lambda m, x, random: m.node("Div", x, m.quantized(m.node("Exp", x), 0.04, -128)),
        ["lookup", "div"],
        "within one",
    ),
    "prelu": Sample(
        lambda m, x, random: m.node("PRelu", x, m.weights(codes(random, 6, 1, 1), 0.005)),
        ["prelu"],
        "within one",
    ),
    "matrices": Sample(
        lambda m, x, random: m.node("MatMul", x, m.node("Transpose", x, perm=[0, 1, 3, 2])),
        ["batch_matmul"],
        "always",
    ),
    "sum": Sample(
        lambda m, x, random: m.node("ReduceSum", x, m.constant([2], np.int64)),
        ["sum"],
        "within one",
    ),
    "depth to space": Sample(
        _image((8, 6, 3, 3), "DepthToSpace", blocksize=2),
        ["conv_2d", "depth_to_space"],
        "always",
    ),
    "depth to space by columns": Sample(
        _image((8, 6, 3, 3), "DepthToSpace", blocksize=2, mode="CRD"),
        ["conv_2d", "reshape", "transpose", "reshape"],
        "always",
    ),
    "space to depth": Sample(
        _image((5, 6, 3, 3), "SpaceToDepth", blocksize=2),
        ["conv_2d", "space_to_depth"],
        "always",
    ),
    "reduce max": Sample(
        op("ReduceMax", axes=[2, 3], keepdims=0), ["reduce_max", "reshape"], output=SAME
    ),
    "slice": Sample(_whole("Slice", [1, 2], [6, -1], [1, 3], [2, 1]), ["pick"], output=SAME),
    "slice backwards": Sample(_whole("Slice", [-1], [-99], [2], [-1]), ["pick"], output=SAME),
    "gather": Sample(_whole("Gather", [5, 0, 0, 2], axis=1), ["pick"], output=SAME),
    "tile": Sample(_whole("Tile", [1, 1, 2, 3]), ["pick"], output=SAME),
    "pad by reflection": Sample(
        _whole("Pad", [0, 0, 1, 2, 0, 0, 3, 1], mode="reflect"), ["pick"], output=SAME
    ),
    "split": Sample(
        lambda m, x, random: m.node(
            "Concat", *m.many("Split", [x, m.constant([2, 4], np.int64)], 2, axis=1)[::-1], axis=1
        ),
        ["pick", "pick", "concatenation"],
        output=SAME,
    ),
    "resize linear": Sample(
        lambda m, x, random: m.node("Resize", x, "", m.constant([1, 1, 2, 2], F32), mode="linear"),
        ["resize_bilinear"],
        "within one",
        output=SAME,
    ),
    "conv transposed": Sample(
        lambda m, x, random: m.node(
            "ConvTranspose", x, m.weights(codes(random, 6, 4, 3, 3), 0.003), strides=[2, 2]
        ),
        ["transpose_conv"],
        "within one",
    ),
    "conv dilated": Sample(
        conv((4, 6, 3, 3), dilations=[2, 2], pads=[2, 2, 2, 2]), ["conv_2d"], "always"
    ),
}
"""Name -> model."""
