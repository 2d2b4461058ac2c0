"""Models of one operator that moves, picks or repeats elements, of any element type.

Shapes are random; what comes out is LiteRT's business, so that only the output's shape is said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]

from support.tflite_model import Value
from support.tflite_writer import Writer

Rng = np.random.Generator
Shape = Sequence[int]
AnyArray = npt.NDArray[Any]


class ShapeWriter(Writer):
    """A writer with the operators that only move elements."""

    def given(self, shape: Shape, dtype: str = "int8") -> Value:
        """A graph input; bytes are quantized."""
        quantized = dtype in ("int8", "uint8", "int16")
        return self.input(
            shape,
            dtype,
            0.02 if quantized else (),
            (0 if dtype == "int16" else 3) if quantized else (),
        )

    def like(self, x: Value, shape: Shape) -> Value:
        """A tensor of ``x``'s type and quantization."""
        return self.tensor(shape, x.dtype, x.scale, x.zero_point)

    def ints(self, *values: Any) -> Value:
        """A constant of int32."""
        return self.constant(np.array(values, np.int32))

    def make(
        self,
        builtin: str,
        x: Value,
        operands: Sequence[Value],
        shape: Shape,
        options: Any = None,
        version: int = 1,
    ) -> Value:
        """An operator with ``operands`` (``x`` is among them) and one output."""
        out = self.like(x, shape)
        self.operator(builtin, operands, [out], options, version)
        return out

    def strided_slice(
        self,
        x: Value,
        begins: Sequence[int],
        ends: Sequence[int],
        strides: Sequence[int],
        shape: Shape,
        **masks: int,
    ) -> Value:
        """Masks by their names in the schema (beginMask, ...)."""
        options = schema.StridedSliceOptionsT()
        for name, mask in masks.items():
            setattr(options, name, mask)
        operands = [x, self.ints(*begins), self.ints(*ends), self.ints(*strides)]
        return self.make("STRIDED_SLICE", x, operands, shape, options, version=2)

    def crop(self, x: Value, begins: Sequence[int], sizes: Sequence[int]) -> Value:
        """SLICE."""
        operands = [x, self.ints(*begins), self.ints(*sizes)]
        return self.make("SLICE", x, operands, sizes, schema.SliceOptionsT(), version=2)

    def split(self, x: Value, axis: int, count: int) -> list[Value]:
        """SPLIT into equal parts."""
        options = schema.SplitOptionsT()
        options.numSplits = count
        shape = list(x.shape)
        shape[axis] //= count
        outs = [self.like(x, shape) for _ in range(count)]
        self.operator("SPLIT", [self.ints(axis), x], outs, options, 2)
        return outs

    def depth_to_space(self, x: Value, block: int) -> Value:
        """DEPTH_TO_SPACE."""
        options = schema.DepthToSpaceOptionsT()
        options.blockSize = block
        n, h, w, c = x.shape
        shape = (n, h * block, w * block, c // block**2)
        return self.make("DEPTH_TO_SPACE", x, [x], shape, options)

    def space_to_depth(self, x: Value, block: int) -> Value:
        """SPACE_TO_DEPTH."""
        options = schema.SpaceToDepthOptionsT()
        options.blockSize = block
        n, h, w, c = x.shape
        shape = (n, h // block, w // block, c * block**2)
        return self.make("SPACE_TO_DEPTH", x, [x], shape, options, version=2)

    def resize_bilinear(self, x: Value, size: tuple[int, int], align: bool, half: bool) -> Value:
        """RESIZE_BILINEAR."""
        options = schema.ResizeBilinearOptionsT()
        options.alignCorners, options.halfPixelCenters = align, half
        shape = (x.shape[0], *size, x.shape[3])
        return self.make("RESIZE_BILINEAR", x, [x, self.ints(*size)], shape, options, version=3)


def random_shape(rng: Rng, low: int = 1, high: int = 5) -> tuple[int, ...]:
    """One to five dimensions."""
    rank = int(rng.integers(low, high + 1))
    shape = rng.integers(1, 7, rank).tolist()
    if rank == 4 and rng.random() < 0.8:
        shape[0] = 1
    return tuple(shape)


def random_dtype(rng: Rng, *among: str) -> str:
    """Mostly int8."""
    types = among or ("int8", "int8", "uint8", "int16", "int32", "float32")
    return str(rng.choice(types))


def slices(rng: Rng) -> bytes:
    """SLICE."""
    writer, shape = ShapeWriter(), random_shape(rng)
    x = writer.given(shape, random_dtype(rng))
    begins = [int(rng.integers(0, n)) for n in shape]
    sizes = [int(rng.integers(1, n - b + 1)) for n, b in zip(shape, begins, strict=True)]
    return writer.finish([writer.crop(x, begins, sizes)])


def strided_slices(rng: Rng) -> bytes:
    """STRIDED_SLICE with masks, strides of both signs, dimensions that come and go."""
    writer, shape = ShapeWriter(), random_shape(rng, high=4)
    x = writer.given(shape, random_dtype(rng))
    while True:
        entries: list[Any] = [_entry(rng, n) for n in shape[: int(rng.integers(1, len(shape) + 1))]]
        if rng.random() < 0.3:
            keep = int(rng.integers(0, len(entries)))
            taken = shape[len(shape) - (len(entries) - keep) :]
            entries[keep:] = [Ellipsis, *(_entry(rng, n) for n in taken)]
        if rng.random() < 0.3 and len(shape) < 4:
            entries.insert(int(rng.integers(0, len(entries) + 1)), None)
        made = np.zeros(shape)[tuple(entries)]
        given = sum(isinstance(entry, int | slice) for entry in entries)
        if made.size and (Ellipsis not in entries or given < len(shape)):
            break
    begins, ends, strides = [], [], []
    masks = dict.fromkeys(
        ("beginMask", "endMask", "ellipsisMask", "newAxisMask", "shrinkAxisMask"), 0
    )
    for index, entry in enumerate(entries):
        begin, end, stride = 0, 0, 1
        if entry is Ellipsis:
            masks["ellipsisMask"] |= 1 << index
        elif entry is None:
            masks["newAxisMask"] |= 1 << index
        elif isinstance(entry, int):
            begin, end = entry, entry + 1
            masks["shrinkAxisMask"] |= 1 << index
        else:
            stride = entry.step
            begin, end = entry.start or 0, entry.stop or 0
            masks["beginMask"] |= (entry.start is None) << index
            masks["endMask"] |= (entry.stop is None) << index
        begins.append(begin)
        ends.append(end)
        strides.append(stride)
    return writer.finish([writer.strided_slice(x, begins, ends, strides, made.shape, **masks)])


def _entry(rng: Rng, size: int) -> slice | int:
    if rng.random() < 0.15:
        return int(rng.integers(-size, size))
    step = int(rng.choice([1, 1, 2, 3, -1, -2]))
    begin = None if rng.random() < 0.3 else int(rng.integers(-size, size))
    end = None if rng.random() < 0.4 else int(rng.integers(-size, size + 1))
    return slice(begin, end, step)


def splits(rng: Rng) -> bytes:
    """SPLIT and SPLIT_V."""
    writer, shape = ShapeWriter(), list(random_shape(rng))
    axis = int(rng.integers(0, len(shape)))
    count = int(rng.integers(1, 4))
    dtype = random_dtype(rng, "int8", "uint8", "int32", "float32")
    if rng.random() < 0.5:
        shape[axis] *= count
        return writer.finish(writer.split(writer.given(shape, dtype), axis, count))
    sizes = rng.integers(1, 4, count).tolist()
    shape[axis] = sum(sizes)
    x = writer.given(shape, dtype)
    outs = [writer.like(x, [*shape[:axis], n, *shape[axis + 1 :]]) for n in sizes]
    if rng.random() < 0.5:
        sizes[int(rng.integers(0, count))] = -1
    options = schema.SplitVOptionsT()
    options.numSplits = count
    operands = [x, writer.ints(*sizes), writer.constant(np.array(axis, np.int32))]
    writer.operator("SPLIT_V", operands, outs, options, 2)
    return writer.finish(outs)


def packs(rng: Rng) -> bytes:
    """UNPACK and PACK of its parts in another order, along another axis."""
    writer, shape = ShapeWriter(), random_shape(rng, high=4)
    x = writer.given(shape, random_dtype(rng, "int8", "uint8", "int16", "int32", "float32"))
    axis, to = (int(n) for n in rng.integers(0, len(shape), 2))
    part = [*shape[:axis], *shape[axis + 1 :]]
    parts = [writer.like(x, part) for _ in range(shape[axis])]
    apart = schema.UnpackOptionsT()
    apart.num, apart.axis = shape[axis], axis - len(shape) if rng.random() < 0.5 else axis
    writer.operator("UNPACK", [x], parts, apart, 3)
    chosen = [parts[int(i)] for i in rng.integers(0, len(parts), int(rng.integers(1, 4)))]
    together = schema.PackOptionsT()
    together.valuesCount, together.axis = len(chosen), to
    made = writer.make(
        "PACK", x, chosen, [*part[:to], len(chosen), *part[to:]], together, version=2
    )
    return writer.finish([made, *dict.fromkeys(chosen[:1])])


def gathers(rng: Rng) -> bytes:
    """GATHER with indices of any rank."""
    writer, shape = ShapeWriter(), random_shape(rng, high=4)
    x = writer.given(shape, random_dtype(rng, "int8", "uint8", "int16", "int32", "float32"))
    axis = int(rng.integers(0, len(shape)))
    kind = rng.integers(1, 4, int(rng.integers(0, 3))).tolist()
    indices = rng.integers(0, shape[axis], kind).astype(np.int32)
    options = schema.GatherOptionsT()
    options.axis = axis
    made = [*shape[:axis], *indices.shape, *shape[axis + 1 :]]
    return writer.finish(
        [writer.make("GATHER", x, [x, writer.constant(indices)], made, options, version=2)]
    )


def gathers_nd(rng: Rng) -> bytes:
    """GATHER_ND by one to all dimensions."""
    writer, shape = ShapeWriter(), random_shape(rng, low=1, high=4)
    x = writer.given(shape, random_dtype(rng, "int8", "uint8", "int16", "int32", "float32"))
    depth = int(rng.integers(1, len(shape) + 1))
    rows = rng.integers(0, shape[:depth], (int(rng.integers(1, 5)), depth)).astype(np.int32)
    made = [len(rows), *shape[depth:]]
    return writer.finish(
        [writer.make("GATHER_ND", x, [x, writer.constant(rows)], made, schema.GatherNdOptionsT())]
    )


def reverses(rng: Rng) -> bytes:
    """REVERSE_V2 along one axis."""
    writer, shape = ShapeWriter(), random_shape(rng, high=4)
    x = writer.given(shape, random_dtype(rng, "uint8", "int16", "int32", "float32"))
    axes = [int(rng.integers(0, len(shape)))]
    options = schema.ReverseV2OptionsT()
    return writer.finish(
        [writer.make("REVERSE_V2", x, [x, writer.ints(*axes)], shape, options, version=2)]
    )


def mirror_pads(rng: Rng) -> bytes:
    """MIRROR_PAD in both modes."""
    writer, shape = ShapeWriter(), random_shape(rng, high=4)
    x = writer.given(shape, random_dtype(rng, "int8", "float32", "int32"))
    options = schema.MirrorPadOptionsT()
    options.mode = int(rng.integers(0, 2))  # reflect, symmetric
    most = [n - 1 + options.mode for n in shape]
    pads = [[int(rng.integers(0, n + 1)) for _ in range(2)] for n in most]
    made = [n + sum(pad) for n, pad in zip(shape, pads, strict=True)]
    return writer.finish(
        [writer.make("MIRROR_PAD", x, [x, writer.ints(*pads)], made, options, version=2)]
    )


def tiles(rng: Rng) -> bytes:
    """TILE."""
    writer, shape = ShapeWriter(), random_shape(rng, high=4)
    x = writer.given(shape, random_dtype(rng, "int8", "uint8", "int32", "float32"))
    counts = [int(n) for n in rng.choice([1, 1, 2, 3], len(shape))]
    if len(shape) == 4:
        counts[0] = 1
    made = [n * count for n, count in zip(shape, counts, strict=True)]
    return writer.finish([writer.make("TILE", x, [x, writer.ints(*counts)], made, None, version=2)])


def broadcasts(rng: Rng) -> bytes:
    """BROADCAST_TO a shape of the same or a higher rank."""
    writer, shape = ShapeWriter(), list(random_shape(rng, high=4))
    made = list(shape)
    for axis in range(len(shape)):
        if rng.random() < 0.4:
            shape[axis] = 1
    made = [1] * int(rng.integers(0, 2)) + made
    shape = shape if rng.random() < 0.7 or len(shape) == 1 else shape[-1:]
    x = writer.given(shape, random_dtype(rng, "int8", "uint8", "int32", "float32"))
    return writer.finish(
        [writer.make("BROADCAST_TO", x, [x, writer.ints(*made)], made, None, version=3)]
    )


def squeezes(rng: Rng) -> bytes:
    """EXPAND_DIMS at two places and SQUEEZE of what it says, or of all ones."""
    writer, shape = ShapeWriter(), random_shape(rng, high=3)
    x = writer.given(shape, random_dtype(rng))
    at = int(rng.integers(0, len(shape) + 1))
    made = [*shape[:at], 1, *shape[at:]]
    axis = writer.ints(at - len(made) if rng.random() < 0.5 else at)
    wide = writer.make("EXPAND_DIMS", x, [x, axis], made, schema.ExpandDimsOptionsT())
    options = schema.SqueezeOptionsT()
    options.squeezeDims = [at] if rng.random() < 0.5 else []
    kept = shape if options.squeezeDims else tuple(n for n in shape if n != 1)
    squeezed = writer.make("SQUEEZE", wide, [wide], kept, options)
    return writer.finish([wide, squeezed])


def pads(rng: Rng) -> bytes:
    """PAD and PADV2."""
    writer, shape = ShapeWriter(), random_shape(rng)
    x = writer.given(shape, random_dtype(rng, "int8", "uint8", "int16", "int32", "float32"))
    widths = rng.integers(0, 3, (len(shape), 2)) * (rng.random((len(shape), 1)) < 0.6)
    made = [n + int(sum(width)) for n, width in zip(shape, widths, strict=True)]
    operands = [x, writer.constant(widths.astype(np.int32))]
    if rng.random() < 0.5 or x.dtype == "int16":
        return writer.finish([writer.make("PAD", x, operands, made, schema.PadOptionsT(), 2)])
    value = np.array([rng.integers(0, 128)]).astype(x.dtype)
    operands.append(writer.constant(value, x.scale, x.zero_point))
    return writer.finish([writer.make("PADV2", x, operands, made, schema.PadV2OptionsT(), 2)])


def concatenations(rng: Rng) -> bytes:
    """CONCATENATION of up to four inputs."""
    writer, shape = ShapeWriter(), list(random_shape(rng))
    axis, dtype = int(rng.integers(0, len(shape))), random_dtype(rng)
    values = []
    for _ in range(int(rng.integers(1, 5))):
        shape[axis] = int(rng.integers(1, 5))
        values.append(writer.given(shape, dtype))
    return writer.finish([writer.concatenation(values, axis)])


def transposes(rng: Rng) -> bytes:
    """TRANSPOSE."""
    writer, shape = ShapeWriter(), random_shape(rng)
    x = writer.given(shape, random_dtype(rng))
    return writer.finish([writer.transpose(x, rng.permutation(len(shape)).tolist())])


def reshapes(rng: Rng) -> bytes:
    """RESHAPE."""
    writer, shape = ShapeWriter(), random_shape(rng)
    x = writer.given(shape, random_dtype(rng))
    return writer.finish([writer.reshape(x, (1, int(np.prod(shape))))])


def nearest_neighbors(rng: Rng) -> bytes:
    """RESIZE_NEAREST_NEIGHBOR."""
    writer = ShapeWriter()
    shape = (1, *(int(n) for n in rng.integers(1, 7, 3)))
    x = writer.given(shape, random_dtype(rng, "int8", "uint8", "int16", "float32"))
    size = tuple(int(n) for n in rng.integers(1, 9, 2))
    align = bool(rng.random() < 0.5)
    half = bool(rng.random() < 0.5) and not align
    made = writer.resize_nearest_neighbor(x, size, align_corners=align, half_pixel_centers=half)
    return writer.finish([made])


def squares(rng: Rng) -> bytes:
    """SPACE_TO_DEPTH or DEPTH_TO_SPACE."""
    writer, block = ShapeWriter(), int(rng.integers(1, 4))
    height, width, channels = (int(n) for n in rng.integers(1, 4, 3))
    dtype = random_dtype(rng, "int8", "uint8", "int32", "float32")
    if rng.random() < 0.5:
        x = writer.given((1, height, width, channels * block**2), dtype)
        return writer.finish([writer.depth_to_space(x, block)])
    x = writer.given((1, height * block, width * block, channels), dtype)
    return writer.finish([writer.space_to_depth(x, block)])


PICKS: tuple[Callable[[Rng], bytes], ...] = (
    slices,
    strided_slices,
    splits,
    gathers,
    gathers_nd,
    reverses,
    mirror_pads,
    tiles,
    broadcasts,
)
"""What becomes ``pick``."""


def bilinear(rng: Rng) -> bytes:
    """RESIZE_BILINEAR, larger or smaller."""
    writer = ShapeWriter()
    x = writer.given((1, *(int(n) for n in rng.integers(1, 8, 3))))
    size = (int(rng.integers(1, 16)), int(rng.integers(1, 16)))
    how = int(rng.integers(0, 3))
    return writer.finish([writer.resize_bilinear(x, size, how == 1, how == 2)])


OTHERS: tuple[Callable[[Rng], bytes], ...] = (
    packs,
    squeezes,
    pads,
    concatenations,
    transposes,
    reshapes,
    nearest_neighbors,
    squares,
    bilinear,
)
"""What becomes something else."""
