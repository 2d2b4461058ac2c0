"""One small model with every element-wise operator, reduction and product of matrices."""

from __future__ import annotations

import numpy as np

from support.byte_trials import COMPARISONS, options
from support.tflite_model import Value
from support.tflite_writer import Writer

SHAPE = (1, 4, 6, 5)


def every_byte_operator() -> bytes:
    """Chains of functions of bytes, decisions by them, reductions and products, all with outputs.

    Every value is one that TFLite accepts while it runs: no root of what is negative, no division
    by zero.
    """
    writer = Writer()
    x = writer.input(SHAPE, "int8", 0.05, -9, name="x")
    beside = writer.input((1, 1, 6, 5), "int8", 0.05, -9, name="beside")
    outputs = [*_functions(writer, x), *_pairs(writer, x, beside), *_decisions(writer, x, beside)]
    return writer.finish([*outputs, *_reductions(writer, x), *_products(writer, x)])


def _functions(writer: Writer, x: Value) -> list[Value]:
    def then(
        kind: str, given: Value, scale: float, zero_point: int, name: str | None = None
    ) -> Value:
        y = writer.tensor(given.shape, "int8", scale, zero_point)
        how = options(name, alpha=0.2) if name == "LeakyRelu" else options(name)
        writer.operator(kind, [given], [y], how)
        return y

    bent = then("LEAKY_RELU", then("TANH", x, 1 / 128, 0), 0.008, 3, "LeakyRelu")
    soft = then("GELU", then("ELU", bent, 0.008, -5), 0.008, -80, "Gelu")
    grown = then("EXP", then("ABS", then("NEG", soft, 0.008, 80), 0.008, -128), 0.03, -128)
    root = then("SQRT", grown, 0.012, -128)
    inverse = then("RSQRT", root, 0.06, -128)
    return [then("RELU_0_TO_1", then("LOG", inverse, 0.02, -20), 0.02, -20)]


def _pairs(writer: Writer, x: Value, beside: Value) -> list[Value]:
    def both(kind: str, a: Value, b: Value, scale: float, zero_point: int) -> Value:
        y = writer.tensor(SHAPE, "int8", scale, zero_point)
        writer.operator(kind, [a, b], [y], options("Div") if kind == "DIV" else None)
        return y

    high, low = (both(kind, x, beside, 0.05, -9) for kind in ("MAXIMUM", "MINIMUM"))
    squares = both("SQUARED_DIFFERENCE", high, low, 0.4, -128)
    slopes = writer.constant(np.array([3, -9, 27, 81, -100], np.int8), 0.01, 2)
    bent = both("PRELU", x, slopes, 0.06, 4)
    divisors = writer.constant(np.array([2, 5, -3, 7, 100], np.int8), 0.3, 0)
    quotient = both("DIV", squares, divisors, 0.02, -100)
    return [both("FLOOR_MOD", both("FLOOR_DIV", bent, divisors, 1, 0), divisors, 1, 0), quotient]


def _decisions(writer: Writer, x: Value, beside: Value) -> list[Value]:
    def decide(kind: str, *values: Value) -> Value:
        shape = np.broadcast_shapes(*(value.shape for value in values))
        y = writer.tensor(shape, "bool")
        writer.operator(kind, values, [y])
        return y

    found = [decide(kind.upper(), x, beside) for kind in COMPARISONS]
    some = decide("LOGICAL_OR", decide("LOGICAL_AND", *found[:2]), decide("LOGICAL_NOT", found[2]))
    outputs = []
    for kind in ("SELECT", "SELECT_V2"):
        y = writer.tensor(SHAPE, "int8", 0.05, -9)
        writer.operator(kind, [some, x, x if kind == "SELECT" else beside], [y])
        outputs.append(y)
    number = writer.tensor(SHAPE, "int32")
    writer.operator("CAST", [found[4]], [number], options("Cast"))
    axes = writer.constant(np.array([2], np.int32))
    for kind, value in (("REDUCE_ANY", found[3]), ("REDUCE_ALL", found[5])):
        y = writer.tensor((1, 4, 5), "bool")
        writer.operator(kind, [value, axes], [y], options("Reducer"))
        outputs.append(y)
    return [*outputs, number]


def _reductions(writer: Writer, x: Value) -> list[Value]:
    outputs = []
    plane = writer.constant(np.array([1, 2], np.int32))
    for kind, scale in (("SUM", 0.4), ("REDUCE_MAX", 0.05), ("REDUCE_MIN", 0.05)):
        y = writer.tensor((1, 5), "int8", scale, -9)
        writer.operator(kind, [x, plane], [y], options("Reducer"), 2)
        outputs.append(y)
    axis = writer.constant(np.array(3, np.int32))
    for kind, name in (("ARG_MAX", "ArgMax"), ("ARG_MIN", "ArgMin")):
        y = writer.tensor((1, 4, 6), "int32")
        writer.operator(kind, [x, axis], [y], options(name, outputType=2))
        outputs.append(y)
    return outputs


def _products(writer: Writer, x: Value) -> list[Value]:
    unit = writer.tensor(SHAPE, "int8", 1 / 128, 0)
    writer.operator("L2_NORMALIZATION", [x], [unit], options("L2Norm"))
    alike = writer.tensor((1, 4, 6, 6), "int8", 1 / 100, -5)
    writer.operator("BATCH_MATMUL", [unit, x], [alike], options("BatchMatMul", adjY=True), 4)
    logarithms = writer.tensor(alike.shape, "int8", 1 / 16, 127)
    writer.operator("LOG_SOFTMAX", [alike], [logarithms], options("LogSoftmax"))
    return [logarithms]
