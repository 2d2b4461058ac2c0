"""Trials of functions of bytes: tables, functions of two operands, selections, casts, products."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]

from support import inputs
from support.operator_trials import Trial
from support.random_models import random_scale, random_zero_point
from support.tflite_model import Value
from support.tflite_writer import ACTIVATIONS, Writer

Rng = np.random.Generator
AnyArray = npt.NDArray[Any]
Shape = tuple[int, ...]

UNARY_BYTES = ("tanh", "gelu", "gelu_tanh", "leaky_relu", "relu_0_to_1")
"""Functions of int8 and uint8."""
UNARY = (*UNARY_BYTES, "elu", "exp", "log", "abs", "neg", "sqrt", "rsqrt")
"""Those and functions of int8 alone."""
COMPARISONS = ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal")
BINARY = (
    *("maximum", "minimum", "squared_difference", "prelu", "div", "floor_div", "floor_mod"),
    *COMPARISONS,
)
FULL = (1, 4, 5, 6)
BESIDE: list[tuple[Shape, bool]] = [
    (FULL, False),
    ((1, 1, 1, 6), False),
    ((1, 4, 5, 1), False),
    ((1, 1, 1, 1), False),
    ((1, 1, 5, 6), False),
    ((1, 4, 1, 1), False),
    (FULL, True),
    ((6,), True),
    ((), True),
    ((1, 1, 5, 1), True),
    ((1, 4, 1, 6), True),
]
"""Shapes of a second operand beside FULL, and whether it is constant."""


def seeded(name: str) -> Rng:
    """A generator of a name's own."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def options(name: str | None, **values: Any) -> Any:
    """The options structure ``name`` with fields set."""
    if name is None:
        return None
    made = getattr(schema, f"{name}OptionsT")()
    for key, value in values.items():
        setattr(made, key, value)
    return made


# -- one operand ----------------------------------------------------------------------------------


def unary(kind: str, number: int, shape: Shape = (1, 256)) -> Trial:
    """A function of every byte, with scales that suit it."""
    name = f"{kind} {number}"
    rng = seeded(name)
    dtype = "uint8" if kind in UNARY_BYTES and number % 3 == 2 else "int8"
    least = 0 if dtype == "uint8" else -128
    scale, zero_point = random_scale(rng, 0.001, 0.5), int(rng.integers(0, 256)) + least
    if kind in ("sqrt", "rsqrt"):
        zero_point = -128  # TFLite refuses negative values while it runs
    out_scale = {
        "tanh": 1 / 128,
        "exp": float(np.exp(scale * 127 * rng.random())) / 200,
        "rsqrt": float(rng.uniform(0.1, 1) / np.sqrt(scale)) / 127,
        "sqrt": float(np.sqrt(scale * 255)) / 255,
    }.get(kind, scale * float(rng.choice([1, rng.uniform(0.2, 2)])))
    given = {
        "gelu": options("Gelu"),
        "gelu_tanh": options("Gelu", approximate=True),
        "leaky_relu": options("LeakyRelu", alpha=float(rng.choice([0.1, 0.3, 1.5, -0.2]))),
    }.get(kind)
    writer = Writer()
    x = writer.input(shape, dtype, scale, zero_point)
    y = writer.tensor(shape, dtype, out_scale, int(rng.integers(0, 256)) + least)
    writer.operator("GELU" if kind == "gelu_tanh" else kind.upper(), [x], [y], given)
    codes = np.arange(np.prod(shape)) % 256 + least
    return Trial(name, writer.finish([y]), [[codes.astype(dtype).reshape(shape)]])


def cast(source: str, target: str, shape: Shape = (2, 3, 37)) -> Trial:
    """All that the one type holds, or its ends, as the other."""
    writer = Writer()
    x = writer.input(shape, source)
    y = writer.tensor(shape, target)
    writer.operator("CAST", [x], [y], options("Cast"))
    rng = seeded(f"{source} {target}")
    ends = [0.9, -0.9, 127.9, -129, 300, 70000, -70000, 3e9, -3e9, np.inf, -np.inf, np.nan, -0.0]
    if source == "float32":
        values = np.resize(np.array(ends, np.float32), shape)
        values = np.where(rng.random(shape) < 0.5, values, rng.normal(0, 200, shape))
    elif source == "bool":
        values = rng.random(shape) < 0.5
    else:
        info = np.iinfo(source)
        values = rng.integers(info.min, info.max, shape, source, endpoint=True)
        values.flat[:4] = (0, 1, info.min, info.max)
    return Trial(f"{source} to {target}", writer.finish([y]), [[values.astype(source)]])


# -- two operands ---------------------------------------------------------------------------------


def _quantizations(rng: Rng, kind: str) -> list[tuple[float, int]]:
    """Of both operands and the output."""
    a, b = ((random_scale(rng, 0.003, 0.3), random_zero_point(rng)) for _ in "ab")
    if kind in ("maximum", "minimum"):
        return [a, a, a]
    if kind in COMPARISONS and rng.random() < 0.5:
        b = a
    scale = {
        "squared_difference": (255 * max(a[0], b[0])) ** 2 / 255 * rng.uniform(0.1, 1),
        "prelu": a[0] * rng.uniform(0.5, 2),
        # Quotients below half a unit are left undefined by TFLite where scales are coarser.
        "div": a[0] / b[0] / rng.uniform(65, 120),
    }.get(kind, a[0])
    return [a, b, (float(scale), random_zero_point(rng))]


def divisors(values: AnyArray, kind: str, zero_point: int) -> AnyArray:
    """``values`` without zeros, by which TFLite does not divide."""
    if kind not in ("div", "floor_div", "floor_mod"):
        return values
    zero = zero_point if kind == "div" else 0
    return np.where(values == zero, zero + 1 if zero < 127 else zero - 1, values).astype(np.int8)


def binary(kind: str, shapes: Sequence[Shape], constant: int | None, number: int = 0) -> Trial:
    """A function of two operands, of which number ``constant`` is constant."""
    name = f"{kind} {shapes[0]} {shapes[1]} {constant} {number}"
    rng = seeded(name)
    quantizations, writer = _quantizations(rng, kind), Writer()
    values: list[Value] = []
    for index, shape in enumerate(shapes):
        if index == constant:
            data = inputs.noise(shape, "int8", int(rng.integers(1 << 30)))
            data = divisors(data, kind, quantizations[1][1]) if index == 1 else data
            values.append(writer.constant(np.asarray(data), *quantizations[index]))
        else:
            values.append(writer.input(shape, "int8", *quantizations[index]))
    out = np.broadcast_shapes(*shapes)
    given = None
    if kind in COMPARISONS:
        y = writer.tensor(out, "bool")
    else:
        y = writer.tensor(out, "int8", *quantizations[2])
    if kind == "div":
        activation = ACTIVATIONS[str(rng.choice(["none", "relu", "relu6"]))]
        given = options("Div", fusedActivationFunction=activation)
    writer.operator(kind.upper(), values, [y], given)
    suites = [inputs.suite(shape, "int8", number + i) for i, shape in enumerate(shapes)]
    suites[1] = [divisors(value, kind, quantizations[1][1]) for value in suites[1]]
    samples = [
        [value for i, value in enumerate(sample) if i != constant]
        for sample in zip(*suites, strict=True)
    ]
    return Trial(name, writer.finish([y]), samples)


def binaries(kinds: Sequence[str] = BINARY) -> list[Trial]:
    """Every function with every sort of second operand, and some with them first."""
    made = []
    for kind in kinds:
        for number, (shape, constant) in enumerate(BESIDE):
            turned = kind != "prelu" and number % 3 == 1
            shapes = (shape, FULL) if turned else (FULL, shape)
            made.append(binary(kind, shapes, (0 if turned else 1) if constant else None, number))
    return made


def every_pair(kind: str, number: int) -> Trial:
    """All pairs of bytes."""
    shape = (1, 256, 256, 1)
    made = binary(kind, (shape, shape), None, number)
    grid = np.meshgrid(*(np.arange(-128, 128, dtype=np.int8),) * 2)
    first, second = (axis.reshape(shape) for axis in grid)
    zero_point = Trial.graph(made).tensor(Trial.graph(made).inputs[1]).zero_point
    return Trial(made.name, made.model, [[first, divisors(second, kind, zero_point)]])


def logical(kind: str, shapes: Sequence[Shape]) -> Trial:
    """logical_and, logical_or and, with one shape, logical_not."""
    writer = Writer()
    values = [writer.input(shape, "bool") for shape in shapes]
    y = writer.tensor(np.broadcast_shapes(*shapes), "bool")
    writer.operator(kind.upper(), values, [y])
    return Trial(f"{kind} {shapes}", writer.finish([y]))


def select(kind: str, shapes: Sequence[Shape], constant: int | None = None) -> Trial:
    """select or select_v2 of a condition and two values, one of them constant perhaps."""
    writer, quantization = Writer(), (0.02, -7)
    values = [writer.input(shapes[0], "bool")]
    for index, shape in enumerate(shapes[1:], 1):
        if index == constant:
            values.append(writer.constant(inputs.noise(shape, "int8", index), *quantization))
        else:
            values.append(writer.input(shape, "int8", *quantization))
    y = writer.tensor(np.broadcast_shapes(*shapes), "int8", *quantization)
    writer.operator(kind.upper(), values, [y])
    return Trial(f"{kind} {shapes} {constant}", writer.finish([y]))


# -- products -------------------------------------------------------------------------------------


def matmul(
    shapes: Sequence[Shape],
    *,
    adj: tuple[bool, bool] = (False, False),
    constant: int | None = None,
    same: bool = False,
) -> Trial:
    """batch_matmul; with ``same`` of a tensor with itself."""
    name = f"{shapes} {adj} {constant} {same}"
    rng, writer = seeded(name), Writer()
    scales = (random_scale(rng), random_scale(rng))
    values: list[Value] = []
    for index, shape in enumerate(shapes):
        quantization = (scales[index], random_zero_point(rng))
        if index == 1 and same:
            values.append(values[0])
        elif index == constant:
            data = inputs.noise(shape, "int8", index)
            values.append(writer.constant(data, *quantization))
        else:
            values.append(writer.input(shape, "int8", *quantization))
    a, b = shapes
    rows, depth = (a[-1], a[-2]) if adj[0] else (a[-2], a[-1])
    out = (*np.broadcast_shapes(a[:-2], b[:-2]), rows, b[-2] if adj[1] else b[-1])
    spread = values[0].scale[0] * values[1].scale[0] * 74 * 74 * np.sqrt(depth)
    # A power of two brings ties.
    scale = spread / 50 if rng.random() < 0.5 else scales[0] * scales[1] * 2.0**9
    y = writer.tensor(out, "int8", scale, random_zero_point(rng))
    given = options("BatchMatMul", adjX=adj[0], adjY=adj[1])
    writer.operator("BATCH_MATMUL", values, [y], given)
    return Trial(f"batch_matmul {name}", writer.finish([y]))


def matmuls() -> list[Trial]:
    """Batches or none, all transpositions, constants, a tensor with itself."""
    made = []
    for x, y in ((False, False), (False, True), (True, False), (True, True)):
        first = (3, 7, 4) if x else (3, 4, 7)
        second = (3, 5, 7) if y else (3, 7, 5)
        for lead, other in (((1,), (1,)), ((1,), ()), ((), ())):
            a, b = (*lead, *first), (*other, *second)
            if not lead:
                a, b = a[1:], b[1:]
            made.append(matmul((a, b), adj=(x, y)))
        made.append(matmul((first, second[1:]), adj=(x, y)))
        made.append(matmul((first[1:], second), adj=(x, y)))
        for constant in (0, 1):
            made.append(matmul((first[1:], second[1:]), adj=(x, y), constant=constant))
    return [*made, matmul(((2, 6, 6), (2, 6, 6)), adj=(False, True), same=True)]


def dense(shape: Shape, channels: int, *, bias: bool, keep: bool = False) -> Trial:
    """fully_connected with weights that are an input."""
    name = f"fully_connected {shape} {channels} {bias} {keep}"
    rng, writer = seeded(name), Writer()
    taps = shape[-1] if keep else int(np.prod(shape[1:]))
    x = writer.input(shape, "int8", random_scale(rng), random_zero_point(rng))
    weights = writer.input((channels, taps), "int8", random_scale(rng), random_zero_point(rng))
    product = x.scale[0] * weights.scale[0]
    operands: list[Value | None] = [x, weights]
    data = rng.integers(-9000, 9000, channels).astype(np.int32)
    operands.append(writer.constant(data, product) if bias else None)
    out = (*shape[:-1], channels) if keep else (shape[0], channels)
    y = writer.tensor(out, "int8", product * 2.0**9, random_zero_point(rng))
    activation = ACTIVATIONS["relu" if bias else "none"]
    given = options("FullyConnected", keepNumDims=keep, fusedActivationFunction=activation)
    writer.operator("FULLY_CONNECTED", operands, [y], given, 4)
    return Trial(name, writer.finish([y]))
