"""What every operator family says about itself: limits, reference, rows and C kernel.

A family is one module with one :class:`Family` subclass. The rest of the compiler knows operators
only through this interface, so that an operator is added by adding one file.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from thumbnet.ir.graph import Array, Graph, Operator, Tensor
from thumbnet.options import Optimize

Constraint = Callable[[Graph, Operator], str | None]
"""Checks one limit: None where it holds, else what is there. Its docstring is the limit, shown to
users and in SUPPORTED_OPS.md ("supports ...")."""


@dataclass(frozen=True)
class Rows:
    """A tensor as rows of pixels: ``height`` rows of ``width`` pixels of ``channels`` elements."""

    height: int
    width: int
    channels: int
    element_size: int = 1

    @property
    def row_size(self) -> int:
        """Bytes of a row."""
        return self.width * self.channels * self.element_size

    @property
    def size(self) -> int:
        """Bytes of the tensor."""
        return self.height * self.row_size


def rows_of(tensor: Tensor) -> Rows:
    """NHWC as rows, batches on top of one another; [W,C], [H,W,C] of lower ranks."""
    shape = (1,) * (3 - len(tensor.shape)) + tensor.shape
    height = int(np.prod(shape[:-2], dtype=np.int64))
    return Rows(height, shape[-2], shape[-1], tensor.dtype.size)


@dataclass(frozen=True)
class Source:
    """Which rows of an input an output row y reads (``thumbnet_source_t``), and which columns.

    ``kernel_height`` rows from ``y * stride - pad``, or the one row ``row_map[y]``. A run of pixels
    from column x gets row pointers to column :meth:`first_column`; its pixel i reads
    ``kernel_width`` columns from ``(x + i) * stride_width - pad_left``. A ``stride_width`` of 0
    means that the kernel is given the same columns whatever x is. A negative ``pad`` or
    ``pad_left`` is a number of rows or columns that are left out.
    """

    rows: Rows
    kernel_height: int = 1
    stride: int = 1
    pad: int = 0
    row_map: tuple[int, ...] | None = None
    kernel_width: int = 1
    stride_width: int = 1
    pad_left: int = 0

    def first_column(self, x: int) -> int:
        """The input column at which the row pointers of a run from output column x point."""
        return max(x * self.stride_width - self.pad_left, 0)

    @cached_property
    def oldest(self) -> tuple[int, ...]:
        """Of rows that are picked by a map, the first that an output row or a later one reads."""
        rows = reversed(self.row_map or ())
        return tuple(accumulate(rows, min))[::-1]

    @property
    def left_out(self) -> int:
        """Bytes of a row in front of the first column that any run reads."""
        return max(-self.pad_left, 0) * self.rows.channels * self.rows.element_size

    def upwards(self, count: int, band: int) -> Source | None:
        """The same with rows counted from the end, of ``count`` output rows made in bands.

        None where that needs a negative pad.
        """
        last = self.rows.height - 1
        if self.row_map is not None:
            return replace(self, row_map=tuple(last - row for row in reversed(self.row_map)))
        reach = self.kernel_height - 1 - (band - 1) * self.stride
        pad = reach + (count - 1) * self.stride - last - self.pad
        return replace(self, pad=pad) if pad >= 0 else None


@dataclass(frozen=True, eq=False)
class CArray:
    """A constant array of the generated file; ``name`` is a suffix such as ``weights``."""

    name: str
    ctype: str
    values: Array

    @property
    def size(self) -> int:
        """Bytes in C, where the type may be narrower than the values' own."""
        return self.values.size * (4 if self.ctype == "float" else _BITS[self.ctype] // 8)

    @property
    def key(self) -> tuple[str, bytes]:
        """What equal arrays have in common, of which a file has one."""
        wide = np.float64 if self.ctype == "float" else np.int64
        return self.ctype, self.values.reshape(-1).astype(wide).tobytes()


_BITS = {f"{sign}int{bits}_t": bits for sign in ("", "u") for bits in (8, 16, 32, 64)}
"""C integer type -> bits."""


Fields = tuple[tuple[str, int | CArray], ...]
"""Some fields of a constants structure."""


@dataclass(frozen=True)
class Kernel:
    """A kernel body in ``src/`` and the literals that make one instantiation of it."""

    header: str
    function: str
    literals: tuple[int, ...] = ()


@dataclass(frozen=True)
class Workspace:
    """Scratch in which a kernel keeps a window of columns from run to run.

    ``rows`` rows of the columns that a run reads, ``pixel`` bytes each, of rows of ``width``
    pixels; and for a run alone ``run_pixel`` bytes a pixel; behind a head of 4 bytes. Kernels that
    it calls find their scratch behind all that, at a multiple of 8: ``expansion`` is what the first
    of them needs for 1, 2 and more pixels, ``others`` what those behind it do.
    """

    rows: int
    kernel_width: int
    stride_width: int
    width: int
    pixel: int
    run_pixel: int
    expansion: tuple[int, ...] = ()
    others: tuple[int, ...] = ()

    def columns(self, run: int) -> int:
        """Columns of the window for runs of ``run`` pixels."""
        return min((run - 1) * self.stride_width + self.kernel_width, self.width)

    def size(self, run: int) -> int:
        """Bytes for runs of ``run`` pixels."""
        kept = 4 + self.rows * self.columns(run) * self.pixel + run * self.run_pixel
        behind = max(at_run(self.expansion, self.columns(run)), at_run(self.others, run))
        return -(-kept // 8) * 8 + behind if behind else kept


def at_run(sizes: Sequence[int], run: int) -> int:
    """Bytes for runs of ``run`` pixels, where ``sizes`` are those for 1, 2 and more of them."""
    return sizes[min(run, len(sizes)) - 1] if sizes else 0


@dataclass(frozen=True, eq=False)
class Part:
    """A kernel with its constants that another kernel calls."""

    lowered: Lowered


@dataclass(frozen=True, eq=False)
class Lowered:
    """An operator as a row kernel over whole tensors.

    ``fields`` initialise the constants structure ``struct`` in order; a CArray becomes its name, a
    Part a kernel and the name of its constants.
    ``sources`` and ``overlap`` follow the inputs that are not constants, in their order; what a
    kernel needs of a constant input is in ``fields``. ``overlap[i]`` is the least d such that the
    output may start d bytes below input i (and every lower address) while rows are made from the
    top, or None where the two must be disjoint; see :func:`window_overlap`. ``band`` rows are made
    together, column by column, where it is not 1 (streams alone do so), of which ``extra_macs`` do
    again what the band before has done. ``scratch`` is enough for runs of any length; of shorter
    ones with a ``workspace`` or ``run_scratch`` (for 1, 2 and more pixels) see :meth:`for_runs`. A
    kernel that is ``numbered`` finds the number of its output row behind the pointers to its rows.
    Rows may come from the last to the first, too, unless ``from_top``. ``options`` are macros that
    a file with this kernel defines as 1 before it includes any.
    """

    kernel: Kernel
    struct: str
    fields: tuple[tuple[str, int | CArray | Part], ...]
    sources: tuple[Source, ...]
    output: Rows
    macs: int
    overlap: tuple[int | None, ...]
    scratch: int = 0
    clear: int = 0
    steps: int | None = None
    width: int | None = None
    pointwise: bool = False
    band: int = 1
    extra_macs: int = 0
    workspace: Workspace | None = None
    run_scratch: tuple[int, ...] = ()
    numbered: bool = False
    from_top: bool = False
    options: tuple[str, ...] = ()
    arrays: tuple[CArray, ...] = field(init=False)

    def __post_init__(self) -> None:
        found: list[CArray] = []
        for _, value in self.fields:
            if isinstance(value, CArray):
                found.append(value)
            elif isinstance(value, Part):
                found += value.lowered.arrays
        object.__setattr__(self, "arrays", tuple(found))

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernel and those that it calls."""
        values = (value for _, value in self.fields)
        parts = (value.lowered for value in values if isinstance(value, Part))
        return (*(kernel for part in parts for kernel in part.kernels), self.kernel)

    def for_runs(self, run: int) -> Lowered:
        """The same with no more scratch than runs of at most ``run`` pixels need."""
        if self.workspace is None:
            least = at_run(self.run_scratch, run) if self.run_scratch else self.scratch
            return self if least == self.scratch else replace(self, scratch=least)
        fields = (*self.fields, ("columns", self.workspace.columns(run)))
        return replace(self, fields=fields, scratch=self.workspace.size(run))

    @property
    def accumulates(self) -> bool:
        """Whether the kernel takes input rows one by one and writes the output at the last."""
        return self.steps is not None

    def upwards(self) -> Lowered | None:
        """The same with rows counted from the end; None where it cannot be so."""
        if self.from_top:
            return None
        count = self.output.height if self.steps is None else self.steps
        sources = tuple(source.upwards(count, self.band) for source in self.sources)
        found = tuple(source for source in sources if source is not None)
        return replace(self, sources=found) if len(found) == len(sources) else None

    @property
    def keeps_scratch(self) -> bool:
        """Whether the kernel finds its scratch as its last run left it."""
        return self.accumulates or self.workspace is not None


def is_cold(lowered: Lowered, optimize: Optimize) -> bool:
    """Whether a kernel is better small than fast, and compiled for that."""
    if optimize == "speed":
        return False
    # A softmax has few elements; what does not multiply takes about 1 % of a network's work.
    small = lowered.kernel.function == "thumbnet_softmax_s8"
    return small or (optimize == "size" and lowered.macs == 0)


class Family(abc.ABC):
    """An operator family: one or several kinds that share their arithmetic."""

    kinds: tuple[str, ...]
    """IR kinds that this family handles."""

    constraints: tuple[Constraint, ...] = ()
    """Limits, each with a docstring that is the user's text."""

    @abc.abstractmethod
    def output_shape(self, graph: Graph, operator: Operator) -> tuple[int, ...]:
        """The shape that the first output must have."""

    @abc.abstractmethod
    def reference(
        self, graph: Graph, operator: Operator, inputs: Sequence[Array | None]
    ) -> list[Array]:
        """Bit-exact numpy evaluation; absent inputs are None, constants are passed too."""

    @abc.abstractmethod
    def lower(self, graph: Graph, operator: Operator) -> Lowered:
        """The row kernel that computes this operator."""

    def macs(self, graph: Graph, operator: Operator) -> int:
        """Multiply-accumulates of one inference, padding counted as in the literature."""
        return self.lower(graph, operator).macs


def window_overlap(
    source: Source,
    output: Rows,
    kernel_width: int,
    stride: int,
    pad: int,
    *,
    together: int = 1,
    reads_first: bool = False,
) -> int:
    """Least d such that output row runs never overwrite input bytes that are still needed.

    For kernels that make pixels left to right, read all of a pixel's window before or while they
    write that pixel, and so may not write into the window of the pixel itself. ``d`` is the
    largest (end of the output pixel) - (first input byte of that pixel's or a later window), both
    from their tensors' starts: the output may start d bytes or more below the input.
    ``kernel_width``, ``stride`` and ``pad`` are those of the columns; a kernel may write up to
    ``together`` pixels of a row while it still reads the window of the first of them. A kernel that
    ``reads_first`` has read all windows of any pixels that it makes together before it writes them.
    """
    rows = source.rows
    pixel = rows.channels * rows.element_size
    ys = np.arange(output.height, dtype=np.int64)
    xs = np.arange(output.width, dtype=np.int64)
    top = np.clip(ys * source.stride - source.pad, 0, rows.height)
    read = xs + 1 if reads_first else xs
    left = np.clip(read * stride - pad, 0, rows.width if reads_first else max(rows.width - 1, 0))
    # A later pixel of this row starts further right but reads from the same top row; the next row
    # starts again at column 0.
    next_top = np.clip((ys + 1) * source.stride - source.pad, 0, rows.height)
    next_top[-1] = rows.height
    oldest = np.minimum(
        top[:, None] * rows.row_size + left[None, :] * pixel,
        next_top[:, None] * rows.row_size,
    )
    if reads_first:
        # Behind the last pixel only the next row reads.
        oldest[:, -1] = next_top * rows.row_size
    written = np.minimum(xs + together, output.width) * output.channels * output.element_size
    end = ys[:, None] * output.row_size + written[None, :]
    return int(max(np.max(end - oldest), 0))


def copy_overlap(first: npt.NDArray[np.int64], end: npt.NDArray[np.int64]) -> int:
    """Least d for a kernel of ordered steps, each of which reads its input and then writes.

    Step i reads no input byte below ``first[i]`` and leaves the output written below ``end[i]``,
    both counted from their tensors' starts.
    """
    needed_later: npt.NDArray[np.int64] = np.minimum.accumulate(first[::-1])[::-1][1:]
    distances: npt.NDArray[np.int64] = end[:-1] - needed_later
    return max(int(np.max(distances)), 0) if distances.size else 0


def elementwise_overlap() -> int:
    """d of a kernel that reads each input element before it writes the same output element."""
    return 0
