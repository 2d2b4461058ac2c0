"""Converters of reductions but the mean."""

from __future__ import annotations

from thumbnet.frontends.tflite_nodes import Converted, Converter, Node
from thumbnet.ir.attributes import Reduce
from thumbnet.ir.graph import DType, Tensor


def _axes(node: Node, x: Tensor) -> tuple[int, ...]:
    rank, given = len(x.shape), node.constant(1, "axes")
    for value in given:
        if not -rank <= value < rank:
            raise node.malformed(f"axis {value} is not one of {rank} dimensions")
    return tuple(sorted({value % rank for value in given}))


def _reduction(builtin: str, dtype: DType) -> Converter:
    """The converter of a reduction whose output has the input's type."""

    def convert(node: Node) -> Converted:
        x = node.input(0)
        node.require("input", x, dtype)
        node.require("output", node.output(), dtype)
        keep = node.integer("ReducerOptions", 0, "B") != 0
        axes = _axes(node, x)
        kept = [(1 if axis in axes else n) for axis, n in enumerate(x.shape)]
        rest = [n for axis, n in enumerate(x.shape) if axis not in axes]
        node.expect_shape(kept if keep else rest)
        return Converted(builtin.lower(), Reduce(axes, keep), (x,))

    convert.__doc__ = f"{builtin} of {dtype.value} over constant axes."
    return convert


def _place(builtin: str) -> Converter:
    """The converter of a place of an extreme."""

    def convert(node: Node) -> Converted:
        x, output = node.input(0), node.output()
        node.require("input", x, DType.INT8)
        node.require("output", output, DType.INT32, DType.INT64)
        axes = _axes(node, x)
        if len(axes) != 1:
            raise node.malformed(f"has {len(axes)} axes; it takes one")
        node.expect_shape([n for axis, n in enumerate(x.shape) if axis not in axes])
        node.retype_output(DType.INT32)
        return Converted(builtin.lower(), Reduce(axes, keep_dims=False), (x,))

    convert.__doc__ = f"{builtin} of int8; places are int32, also where the file has int64."
    return convert


CONVERTERS: dict[str, Converter] = {
    "SUM": _reduction("SUM", DType.INT8),
    "REDUCE_MAX": _reduction("REDUCE_MAX", DType.INT8),
    "REDUCE_MIN": _reduction("REDUCE_MIN", DType.INT8),
    "REDUCE_ANY": _reduction("REDUCE_ANY", DType.BOOL),
    "REDUCE_ALL": _reduction("REDUCE_ALL", DType.BOOL),
    "ARG_MAX": _place("ARG_MAX"),
    "ARG_MIN": _place("ARG_MIN"),
}
"""Builtin operator -> converter."""
