"""What is computed of constants and fixed shapes when a file is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]
from support.litert import LiteRT
from support.shape_models import ShapeWriter
from support.tflite_model import Value
from thumbnet.errors import ThumbnetError
from thumbnet.frontends.tflite import parse_tflite
from thumbnet.ir.graph import Graph
from thumbnet.operators.registry import check_supported
from thumbnet.passes.pipeline import run_passes
from thumbnet.reference import interpreter

AnyArray = np.typing.NDArray[Any]

BINARY = {
    "ADD": "Add",
    "SUB": "Sub",
    "MUL": "Mul",
    "DIV": "Div",
    "FLOOR_DIV": "FloorDiv",
    "FLOOR_MOD": "FloorMod",
    "MAXIMUM": "MaximumMinimum",
    "MINIMUM": "MaximumMinimum",
}


def constant_output(build: Callable[[ShapeWriter], Value]) -> tuple[AnyArray, AnyArray]:
    """What the frontend folds the value to, and what LiteRT computes."""
    writer = ShapeWriter()
    x = writer.given((1, 2), "float32")
    out = build(writer)
    model = writer.finish([out, writer.reshape(x, (2, 1))])
    graph = parse_tflite(model, "net.tflite")
    found = graph.tensor(out.name).data
    assert found is not None
    return found, LiteRT(model).run([np.zeros((1, 2), np.float32)])[0]


@pytest.mark.parametrize("dtype", ["int32", "float32"])
@pytest.mark.parametrize("builtin", BINARY)
def test_arithmetic_equals_litert(builtin: str, dtype: str) -> None:
    a = np.array([[-7], [7], [0], [13]], np.int32).astype(dtype)
    b = np.array([-3, 2, 5], np.int32).astype(dtype)

    def build(writer: ShapeWriter) -> Value:
        options = getattr(schema, f"{BINARY[builtin]}OptionsT")()
        out = writer.tensor((4, 3), dtype)
        writer.operator(builtin, [writer.constant(a), writer.constant(b)], [out], options)
        return out

    found, expected = constant_output(build)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("builtin", ["REDUCE_PROD", "SUM", "REDUCE_MAX", "REDUCE_MIN"])
@pytest.mark.parametrize("keep", [False, True])
def test_reductions_equal_litert(builtin: str, *, keep: bool) -> None:
    x = np.array([[2, -3, 4], [5, 1, -2]], np.int32)

    def build(writer: ShapeWriter) -> Value:
        options = schema.ReducerOptionsT()
        options.keepDims = keep
        out = writer.tensor((2, 1) if keep else (2,), "int32")
        writer.operator(builtin, [writer.constant(x), writer.ints(-1)], [out], options)
        return out

    found, expected = constant_output(build)
    np.testing.assert_array_equal(found, expected)


def test_casts_equal_litert() -> None:
    for values in (np.array([-2.7, 2.7, 0.2], np.float32), np.array([3, -4], np.int32)):
        to = "int32" if values.dtype == np.float32 else "float32"

        def build(writer: ShapeWriter, values: AnyArray = values, to: str = to) -> Value:
            options = schema.CastOptionsT()
            out = writer.tensor(values.shape, to)
            writer.operator("CAST", [writer.constant(values)], [out], options)
            return out

        found, expected = constant_output(build)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


def flattened(writer: ShapeWriter, x: Value) -> Value:
    """x as [rows, the rest], as converters write Flatten with a dynamic batch: by its shape."""
    shape = writer.tensor((4,), "int32")
    kind = schema.ShapeOptionsT()
    kind.outType = schema.TensorType.INT32
    writer.operator("SHAPE", [x], [shape], kind)
    batch = writer.strided_slice(shape, [0], [1], [1], (), shrinkAxisMask=1)
    rest = writer.strided_slice(shape, [1], [4], [1], (3,))
    options = schema.ReducerOptionsT()
    product = writer.tensor((), "int32")
    writer.operator("REDUCE_PROD", [rest, writer.ints(0)], [product], options)
    packed = schema.PackOptionsT()
    packed.valuesCount, packed.axis = 2, 0
    target = writer.tensor((2,), "int32")
    writer.operator("PACK", [batch, product], [target], packed)
    out = writer.like(x, (x.shape[0], int(np.prod(x.shape[1:]))))
    writer.operator("RESHAPE", [x, target], [out], schema.ReshapeOptionsT())
    return out


def doubled(writer: ShapeWriter, x: Value) -> Value:
    """x resized to twice its size, which is computed."""
    shape = writer.tensor((4,), "int32")
    kind = schema.ShapeOptionsT()
    kind.outType = schema.TensorType.INT32
    writer.operator("SHAPE", [x], [shape], kind)
    plane = writer.crop(shape, [1], [2])
    size = writer.tensor((2,), "int32")
    writer.operator("MUL", [plane, writer.ints(2)], [size], schema.MulOptionsT())
    options = schema.ResizeNearestNeighborOptionsT()
    made = (1, 2 * x.shape[1], 2 * x.shape[2], x.shape[3])
    return writer.make("RESIZE_NEAREST_NEIGHBOR", x, [x, size], made, options, version=3)


def reversed_axes(writer: ShapeWriter, x: Value) -> Value:
    """x with its axes in reverse, which RANK and RANGE say; sliced from zeros of a FILL."""
    rank, order = writer.tensor((), "int32"), writer.tensor((4,), "int32")
    writer.operator("RANK", [x], [rank], schema.RankOptionsT())
    last = writer.tensor((), "int32")
    one, minus = (writer.constant(np.array(n, np.int32)) for n in (1, -1))
    writer.operator("SUB", [rank, one], [last], schema.SubOptionsT())
    writer.operator("RANGE", [last, minus, minus], [order], schema.RangeOptionsT())
    turned = writer.make("TRANSPOSE", x, [x, order], x.shape[::-1], schema.TransposeOptionsT(), 2)
    zeros = writer.tensor((4,), "int32")
    number = writer.constant(np.array(0, np.int32))
    dims = writer.tensor((1,), "int32")
    writer.operator("EXPAND_DIMS", [rank, writer.ints(0)], [dims], schema.ExpandDimsOptionsT())
    writer.operator("FILL", [dims, number], [zeros], schema.FillOptionsT())
    sizes = (x.shape[3], 1, 1, 1)
    operands = [turned, zeros, writer.ints(*sizes)]
    return writer.make("SLICE", turned, operands, sizes, schema.SliceOptionsT(), 2)


@pytest.mark.parametrize("build", [flattened, doubled, reversed_axes])
def test_computed_constants_reach_converters(build: Callable[[ShapeWriter, Value], Value]) -> None:
    writer = ShapeWriter()
    x = writer.given((1, 3, 4, 2))
    model = writer.finish([build(writer, x)])
    graph = parse_tflite(model, "net.tflite")
    check_supported(graph, "net.tflite")
    assert {op.kind for op in graph.operators} <= {
        *("reshape", "resize_nearest_neighbor", "transpose", "pick")
    }
    given = np.arange(24, dtype=np.int8).reshape(x.shape)
    expected = LiteRT(model).run([given])
    np.testing.assert_array_equal(interpreter.run(graph, [given])[0], expected[0])


def test_quantized_constants_are_folded_within_limits() -> None:
    """Both operands of an ADD, and all parts of a CONCATENATION, may be constant."""
    writer, rng = ShapeWriter(), np.random.default_rng(0)
    x = writer.given((1, 2, 3, 4))
    parts = [writer.constant(rng.integers(-9, 9, (1, 1, 1, n), np.int8), 0.02, 3) for n in (1, 3)]
    joined = writer.concatenation(parts, 3)
    other = writer.constant(rng.integers(-9, 9, (4,), np.int8), 0.03, 1)
    total = writer.add(joined, other, scale=0.05)
    model = writer.finish([writer.add(x, total, scale=0.07)])
    graph = parse_tflite(model, "net.tflite")
    check_supported(graph, "net.tflite")
    changed = run_passes(graph)
    assert [op.kind for op in changed.operators] == ["add"]
    given = [rng.integers(-128, 128, x.shape, np.int8)]
    np.testing.assert_array_equal(interpreter.run(changed, given)[0], LiteRT(model).run(given)[0])


def refused(build: Callable[[ShapeWriter], Sequence[Value]]) -> str:
    """The message about a model."""
    writer = ShapeWriter()
    model = writer.finish(build(writer))
    with pytest.raises(ThumbnetError) as error:
        graph: Graph = parse_tflite(model, "net.tflite")
        check_supported(graph, "net.tflite")
    return error.value.message()


def test_what_contradicts_itself_is_refused() -> None:
    def by_zero(writer: ShapeWriter) -> list[Value]:
        x = writer.given((4,))
        zero = writer.tensor((1,), "int32")
        writer.operator("DIV", [writer.ints(1), writer.ints(0)], [zero], schema.DivOptionsT())
        operands = [x, zero, writer.ints(2)]
        return [writer.make("SLICE", x, operands, (2,), schema.SliceOptionsT(), 2)]

    def too_many(writer: ShapeWriter) -> list[Value]:
        x = writer.given((4,))
        wide = writer.tensor((1 << 23,), "int32")
        number = writer.constant(np.array(0, np.int32))
        writer.operator("FILL", [writer.ints(1 << 23), number], [wide], schema.FillOptionsT())
        operands = [x, wide, writer.ints(2)]
        return [writer.make("SLICE", x, operands, (2,), schema.SliceOptionsT(), 2)]

    def at_run_time(writer: ShapeWriter) -> list[Value]:
        x, begin = writer.given((4,)), writer.given((1,), "int32")
        operands = [x, begin, writer.ints(2)]
        return [writer.make("SLICE", x, operands, (2,), schema.SliceOptionsT(), 2)]

    assert "divides by zero" in refused(by_zero)
    assert "more elements" in refused(too_many)
    assert "computed at run time" in refused(at_run_time)
