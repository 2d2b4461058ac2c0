"""Golden cases of operators that pick elements, pad with elements and resize."""

from __future__ import annotations

from collections.abc import Callable

from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]
from case_models import KernelCase, Rng, random_case, seed_of
from support import inputs as samples
from support import random_models as models
from support.shape_models import ShapeWriter
from support.tflite_model import Value


def shapes() -> list[KernelCase]:
    """Slices, steps, mirrors, squares, padding of float32 and bilinear resizing."""
    return [
        case("pick_slice", (1, 4, 5, 3), lambda w, x: w.crop(x, (0, 1, 2, 1), (1, 3, 3, 2))),
        case("pick_steps", (1, 5, 6, 2), steps),
        case("pick_mirror", (1, 2, 3, 2), mirror),
        case("space_to_depth", (1, 4, 4, 2), lambda w, x: w.space_to_depth(x, 2)),
        case("depth_to_space", (1, 2, 2, 8), lambda w, x: w.depth_to_space(x, 2)),
        case("bilinear", (1, 3, 4, 2), lambda w, x: w.resize_bilinear(x, (4, 5), False, True)),
        case(
            "bilinear_corners", (1, 4, 5, 1), lambda w, x: w.resize_bilinear(x, (3, 8), True, False)
        ),
        pad_elements(),
    ]


def case(
    name: str, shape: tuple[int, ...], make: Callable[[ShapeWriter, Value], Value]
) -> KernelCase:
    """An operator on noise."""

    def build(rng: Rng) -> bytes:
        writer = ShapeWriter()
        x = writer.input(shape, "int8", models.random_scale(rng), models.random_zero_point(rng))
        return writer.finish([make(writer, x)])

    return random_case(name, build, shape, smooth=False)


def corners(writer: ShapeWriter, x: Value) -> Value:
    """RESIZE_BILINEAR between corners: fewer rows, more columns."""
    return writer.resize_bilinear(x, (3, 7), True, False)


def steps(writer: ShapeWriter, x: Value) -> Value:
    """Every second row and column from the second on."""
    strides, shape = (1, 2, 2, 1), (1, 2, 3, 2)
    return writer.strided_slice(x, (0, 1, 1, 0), x.shape, strides, shape, endMask=15)


def mirror(writer: ShapeWriter, x: Value) -> Value:
    """MIRROR_PAD of rows, columns and channels."""
    options = schema.MirrorPadOptionsT()
    options.mode = 0
    operands = [x, writer.ints((0, 0), (1, 0), (1, 2), (1, 0))]
    return writer.make("MIRROR_PAD", x, operands, (1, 3, 6, 3), options, version=2)


def pad_elements() -> KernelCase:
    """PAD of float32 in every dimension of an image."""
    writer = ShapeWriter()
    x = writer.input((1, 3, 3, 3), "float32")
    y = writer.pad(x, [(0, 0), (1, 0), (1, 0), (0, 1)])
    given = samples.noise(x.shape, "float32", seed_of("pad_elements"))
    return KernelCase("pad_elements", writer.finish([y]), [[given]])
