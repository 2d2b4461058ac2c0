"""Trials of reductions but the mean."""

from __future__ import annotations

import numpy as np

from support.byte_trials import Shape, options, seeded
from support.operator_trials import Trial
from support.random_models import random_scale, random_zero_point
from support.tflite_writer import Writer

AXES: list[tuple[tuple[int, ...], int, bool]] = [
    ((1, 2), 4, False), ((1, 2), 4, True), ((1,), 4, False), ((2,), 4, True), ((3,), 4, False),
    ((1, 3), 4, False), ((2, 3), 4, False), ((1, 2, 3), 4, True), ((0,), 4, False),
    ((1,), 3, False), ((-1,), 3, True), ((0, 1), 3, True), ((1,), 2, True), ((0,), 2, False),
]  # fmt: skip
"""(axes, rank, keep_dims)"""

BOOLS = ("reduce_any", "reduce_all")
PLACES = ("arg_max", "arg_min")


def _shape(rng: np.random.Generator, rank: int) -> Shape:
    shape = (*(int(n) for n in rng.integers(1, 9, rank - 1)), int(rng.integers(1, 30)))
    return (1, *shape[1:]) if rank == 4 else shape


def small(kind: str, axes: tuple[int, ...], number: int) -> Trial:
    """A reduction of few elements."""
    return of_shape(kind, axes, (1, 3, 4, 3), number)


def of_shape(kind: str, axes: tuple[int, ...], shape: Shape, number: int = 0) -> Trial:
    """A reduction of that shape."""
    if kind in PLACES:
        return place(kind, axes[0], 4, shape=shape)
    return reduction(kind, axes, 4, False, number, shape)


def reduction(
    kind: str,
    axes: tuple[int, ...],
    rank: int,
    keep: bool,
    number: int = 0,
    shape: Shape | None = None,
) -> Trial:
    """One reduction; a sum of another quantization than its input's."""
    name = f"{kind} {axes} {rank} {keep} {number}"
    rng, writer = seeded(name), Writer()
    shape = _shape(rng, rank) if shape is None else shape
    scale, zero_point = random_scale(rng), random_zero_point(rng)
    gone = {axis % rank for axis in axes}
    out = [1 if i in gone else n for i, n in enumerate(shape) if keep or i not in gone]
    if kind in BOOLS:
        x, y = writer.input(shape, "bool"), writer.tensor(out, "bool")
    else:
        x = writer.input(shape, "int8", scale, zero_point)
        count = int(np.prod([shape[axis] for axis in gone]))
        quantization = (scale, zero_point)
        if kind == "sum":
            spread = float(np.sqrt(count) * rng.uniform(0.3, 3))
            quantization = (scale * spread, random_zero_point(rng))
        y = writer.tensor(out, "int8", *quantization)
    operands = [x, writer.constant(np.array(axes, np.int32))]
    given, version = options("Reducer", keepDims=keep), 1 if kind in BOOLS else 2
    writer.operator(kind.upper(), operands, [y], given, version)
    return Trial(name, writer.finish([y]))


def reductions(kind: str, repeats: int = 1) -> list[Trial]:
    """Over every sort of axes."""
    return [reduction(kind, *how, number) for how in AXES for number in range(repeats)]


def place(
    kind: str, axis: int, rank: int, dtype: str = "int32", shape: Shape | None = None
) -> Trial:
    """arg_max or arg_min."""
    name = f"{kind} {axis} {rank} {dtype}"
    writer, shape = Writer(), _shape(seeded(name), rank) if shape is None else shape
    x = writer.input(shape, "int8", 0.1, 3)
    y = writer.tensor([n for i, n in enumerate(shape) if i != axis % rank], dtype)
    given = options("ArgMax" if kind == "arg_max" else "ArgMin", outputType=2)
    given.outputType = {"int32": 2, "int64": 4}[dtype]
    operands = [x, writer.constant(np.array(axis, np.int32))]
    writer.operator(kind.upper(), operands, [y], given)
    return Trial(name, writer.finish([y]))


def places(kind: str) -> list[Trial]:
    """Along rows, columns and channels."""
    how = [(1, 4), (2, 4), (3, 4), (-1, 4), (0, 3), (1, 3), (2, 3), (0, 2), (1, 2), (0, 1)]
    found = [place(kind, *case) for case in how]
    return [*found, *(place(kind, axis, 4, "int64") for axis in (1, 3))]


def normalized(kind: str, shape: Shape, number: int = 0) -> Trial:
    """l2_normalization or log_softmax."""
    name = f"{kind} {shape} {number}"
    rng, writer = seeded(name), Writer()
    x = writer.input(shape, "int8", random_scale(rng, 0.01, 1), random_zero_point(rng))
    quantization = (1 / 128, 0) if kind == "l2_normalization" else (1 / 16, 127)
    y = writer.tensor(shape, "int8", *quantization)
    given = options("L2Norm" if kind == "l2_normalization" else "LogSoftmax")
    writer.operator(kind.upper(), [x], [y], given)
    return Trial(name, writer.finish([y]))


SHAPES: list[Shape] = [(1, 10), (3, 4, 7), (1, 2, 3, 5), (2, 2, 3, 4), (1, 1), (1, 700)]
"""Of normalizations, a batch of two too."""
