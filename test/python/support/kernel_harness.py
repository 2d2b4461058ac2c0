"""Runs row kernels in C on the host, under sanitizers, and compares them with the references.

Every case is run over whole tensors (also as one long row where the kernel allows it, and with the
output at the least distance below each input that ``Lowered.overlap`` promises to be safe) and call
by call in runs of several widths, where each row segment is a copy of exactly the columns that the
run may read. A state that an operator changes in its place is one buffer for all calls, which is
compared behind the last. All cases of a harness are compiled into one program::

    harness = KernelHarness(tmp_path)
    harness.add(graph, operator, [[x]])
    harness.check()
"""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from thumbnet.ir.graph import Arithmetic, Graph, Operator
from thumbnet.operators.base import CArray, Kernel, Lowered, Part, Rows, Source
from thumbnet.operators.registry import family

AnyArray = npt.NDArray[Any]

SOURCES = Path(__file__).parents[3] / "src"
DRIVER = Path(__file__).with_name("kernel_driver.c")
WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror")
SANITIZERS = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


@dataclass(frozen=True, eq=False)
class Case:
    """One operator with the inputs that it is run on and what comes out of the reference.

    ``states`` are the inputs that it changes, ``after`` what these become for each set of inputs.
    """

    name: str
    lowered: Lowered
    inputs: list[list[AnyArray]]
    expected: list[AnyArray]
    states: tuple[int, ...] = ()
    after: Sequence[Sequence[AnyArray]] = ()


@dataclass(frozen=True)
class Layout:
    """How a whole tensor is run: in one row or several, over which input the output lies."""

    flat: bool
    overlapped: int = -1
    distance: int = 0

    def __str__(self) -> str:
        text = "as one long row" if self.flat else "row by row"
        if self.overlapped >= 0:
            text += f", output {self.distance} below input {self.overlapped}"
        return text


@dataclass(frozen=True, eq=False)
class Job:
    """One run of a case on one set of inputs, packed for the driver."""

    case: Case
    sample: int
    how: str
    data: bytes


class KernelHarness:
    """Collects cases and checks them all with one compilation."""

    def __init__(self, directory: Path, widths: Sequence[int] = (1, 2, 3)) -> None:
        self.directory = directory
        self.widths = widths
        self.cases: list[Case] = []
        self.arithmetics: set[Arithmetic] = set()

    def add(
        self,
        graph: Graph,
        operator: Operator,
        inputs: Sequence[Sequence[AnyArray]],
    ) -> None:
        """Adds ``operator`` with sets of inputs: arrays of its inputs that are not constant.

        States among them, which ``graph.states`` names, are what the kernel finds.
        """
        found = family(operator)
        self.arithmetics.add(graph.arithmetic)
        lowered = found.lower(graph, operator)
        expected: list[AnyArray] = []
        after: list[list[AnyArray]] = []
        for given in inputs:
            values = iter(given)
            named = [graph.tensor(name) if name else None for name in operator.inputs]
            operands = [
                tensor if tensor is None else tensor.data if tensor.is_constant else next(values)
                for tensor in named
            ]
            output, *changed = found.reference(graph, operator, operands)
            expected.append(output)
            after.append(changed)
        self.cases.append(
            Case(
                f"{len(self.cases)} {operator.kind} {operator.name}",
                lowered,
                [list(given) for given in inputs],
                expected,
                _states(graph, operator),
                after,
            )
        )

    def check(self) -> None:
        """Compiles, runs and compares.

        Raises:
            AssertionError: names the case, how it was run, and where the first difference is.
        """
        program = self.build()
        jobs = [job for index, case in enumerate(self.cases) for job in self._jobs(index, case)]
        stream = struct.pack("<i", len(jobs)) + b"".join(job.data for job in jobs)
        done = subprocess.run([program], input=stream, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()[:4000]
        offset = 0
        for job in jobs:
            wanted = (job.case.expected[job.sample], *job.case.after[job.sample])
            for number, expected in enumerate(wanted):
                got = np.frombuffer(done.stdout, expected.dtype, expected.size, offset)
                offset += expected.nbytes
                what = f", state {number}" if number else ""
                _compare(replace(job, how=job.how + what), got, expected.reshape(-1))
        assert offset == len(done.stdout)

    def build(self) -> Path:
        """Compiles the cases; returns the program."""
        assert len(self.arithmetics) == 1, "one program rounds in one way"
        even = int(self.arithmetics == {"onnxruntime"})
        source = self.directory / "kernels.c"
        source.write_text(program_text(self.cases))
        program = self.directory / "kernels"
        compiler = os.environ.get("CC", "gcc")
        command = [
            compiler,
            *WARNINGS,
            *SANITIZERS,
            "-O1",
            f"-I{SOURCES}",
            f"-DTHUMBNET_NEAREST_EVEN={even}",
            str(source),
            "-o",
            str(program),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[:4000]
        return program

    def _jobs(self, index: int, case: Case) -> list[Job]:
        jobs = []
        for sample in range(len(case.inputs)):
            for flat in sorted({False, flattened(case.lowered) is not case.lowered}):
                layouts = [Layout(flat)]
                for source, distance in enumerate(case.lowered.overlap):
                    if distance is not None:
                        layouts.append(Layout(flat, source, distance))
                jobs += [_layer_job(index, case, sample, layout) for layout in layouts]
            for width in {*self.widths, _width(case.lowered)}:
                jobs.append(_calls_job(index, case, sample, width))
        return jobs


def check_operator(
    graph: Graph,
    operator: Operator,
    inputs: Sequence[Sequence[AnyArray]],
    directory: Path,
) -> None:
    """One case alone; a harness of many compiles once."""
    harness = KernelHarness(directory)
    harness.add(graph, operator, inputs)
    harness.check()


def flattened(lowered: Lowered) -> Lowered:
    """``lowered`` over one long row where its kernel allows that, else itself."""
    if not lowered.pointwise or lowered.output.height == 1:
        return lowered
    sources = tuple(replace(source, rows=_long(source.rows)) for source in lowered.sources)
    return replace(lowered, sources=sources, output=_long(lowered.output))


# -- jobs ---------------------------------------------------------------------------------------


def _layer_job(index: int, case: Case, sample: int, layout: Layout) -> Job:
    inputs = case.inputs[sample]
    alignment = max(array.itemsize for array in (*inputs, case.expected[sample]))
    distance = -(-layout.distance // alignment) * alignment
    numbers = struct.pack("<3i", layout.flat, layout.overlapped, distance)
    data = b"".join(array.tobytes() for array in inputs)
    header = _header(index, case, sample, by_calls=False)
    return Job(case, sample, str(layout), header + numbers + data)


def _calls_job(index: int, case: Case, sample: int, width: int) -> Job:
    lowered = case.lowered
    calls: list[int] = []
    count = 0
    steps = lowered.output.height if lowered.steps is None else lowered.steps
    for y in range(steps):
        for x in range(0, _width(lowered), width):
            n = min(width, _width(lowered) - x)
            calls += [y, x, n, *_run_place(lowered, y, x, n), *_row_places(lowered, y, x, n)]
            count += 1
    rows = sum(source.kernel_height for source in lowered.sources)
    data = b"".join(array.tobytes() for array in case.inputs[sample])
    body = struct.pack("<2i", count, rows) + data + struct.pack(f"<{len(calls)}i", *calls)
    header = _header(index, case, sample, by_calls=True)
    return Job(case, sample, f"in runs of {width}", header + body)


def _header(index: int, case: Case, sample: int, *, by_calls: bool) -> bytes:
    sizes = [array.nbytes for array in case.inputs[sample]]
    changed = [len(case.states), *case.states]
    out = case.expected[sample].nbytes
    numbers = [index, by_calls, out, case.lowered.scratch, *sizes, *changed]
    return struct.pack(f"<{len(numbers)}i", *numbers)


def _states(graph: Graph, operator: Operator) -> tuple[int, ...]:
    """Which of the operator's variable inputs become its second and later outputs."""
    read = {state.written: state.read for state in graph.states}
    given = [name for name in operator.inputs if name and not graph.tensor(name).is_constant]
    return tuple(given.index(read[name]) for name in operator.outputs[1:])


def _width(lowered: Lowered) -> int:
    return lowered.output.width if lowered.width is None else lowered.width


def _run_place(lowered: Lowered, y: int, x: int, n: int) -> tuple[int, int]:
    """Where in the output a run writes: offset and size."""
    output = lowered.output
    if lowered.accumulates:
        return 0, output.size
    pixel = output.channels * output.element_size
    return y * output.row_size + x * pixel, n * pixel


def _row_places(lowered: Lowered, y: int, x: int, n: int) -> list[int]:
    """(input, offset, size) of every row segment of a run; input -1 where there is no row."""
    places = []
    for index, source in enumerate(lowered.sources):
        rows = source.rows
        first, last = _columns(source, x, n)
        pixel = rows.channels * rows.element_size
        for row in _rows(source, y):
            exists = 0 <= row < rows.height
            offset = row * rows.row_size + first * pixel
            places += [index, offset, (last - first) * pixel] if exists else [-1, 0, 0]
    return places


def _rows(source: Source, y: int) -> list[int]:
    if source.row_map is not None:
        return [source.row_map[y]]
    first = y * source.stride - source.pad
    return list(range(first, first + source.kernel_height))


def _columns(source: Source, x: int, n: int) -> tuple[int, int]:
    """The columns [first, last) that a run may read."""
    last = (x + n - 1) * source.stride_width - source.pad_left + source.kernel_width
    # A run may lie wholly beside what it reads: none of the padding's columns exist.
    first = min(source.first_column(x), source.rows.width)
    return first, max(min(last, source.rows.width), first)


def _long(rows: Rows) -> Rows:
    return replace(rows, height=1, width=rows.height * rows.width)


def _compare(job: Job, got: AnyArray, expected: AnyArray) -> None:
    # Bytes, so that float results are compared bit for bit.
    wrong = np.flatnonzero(got.view(np.uint8) != expected.view(np.uint8)) // expected.itemsize
    if wrong.size:
        place = wrong[0]
        raise AssertionError(
            f"case {job.case.name}, sample {job.sample}, {job.how}: {np.unique(wrong).size} of "
            f"{expected.size} elements differ, the first at {place}: "
            f"{got[place]} for {expected[place]}"
        )


# -- the program --------------------------------------------------------------------------------


def program_text(cases: Sequence[Case]) -> str:
    """The C program: constants, instantiations and the table of cases, then the driver."""
    kernels = list(dict.fromkeys(kernel for case in cases for kernel in case.lowered.kernels))
    rows = max(sum(s.kernel_height for s in case.lowered.sources) for case in cases)
    inputs = max(len(case.lowered.sources) for case in cases)
    headers = sorted({kernel.header for kernel in kernels})
    table = [
        f"    {{{_instance(case.lowered.kernel)}, &layer_{index}, &flat_{index}}},"
        for index, case in enumerate(cases)
    ]
    options = sorted({option for case in cases for option in case.lowered.options})
    return "\n".join(
        [
            "#include <stdio.h>",
            "#include <stdlib.h>",
            f"#define THUMBNET_MAX_ROWS {rows}",
            f"#define MAX_INPUTS {inputs}",
            "#define THUMBNET_CROPS 1",
            "#define THUMBNET_ROW_NUMBERS 1",
            *[f"#define {option} 1" for option in options],
            '#include "thumbnet/layer.h"',
            *[f'#include "{header}"' for header in headers],
            *[_instantiation(kernel) for kernel in kernels],
            *[_constants(i, case.lowered) for i, case in enumerate(cases)],
            "typedef struct {",
            "    thumbnet_row_kernel_t kernel;",
            "    const thumbnet_layer_t *layer;",
            "    const thumbnet_layer_t *flat;",
            "} test_case_t;",
            "static const test_case_t cases[] = {",
            *table,
            "};",
            f'#include "{DRIVER}"',
            "",
        ]
    )


def _instance(kernel: Kernel) -> str:
    return "_".join([kernel.function.replace("thumbnet_", "run_", 1), *map(str, kernel.literals)])


def _instantiation(kernel: Kernel) -> str:
    literals = "".join(f"{literal}, " for literal in kernel.literals)
    return (
        f"static void {_instance(kernel)}(const void *c, const void *const *rows, void *out, "
        "int32_t x, int32_t n, void *scratch)\n"
        f"{{\n    {kernel.function}(c, {literals}rows, out, x, n, scratch);\n}}"
    )


def _structure(symbol: str, lowered: Lowered) -> list[str]:
    """The constants of a kernel, called ``constants_<symbol>``, and what they refer to."""
    lines, fields = [], []
    for name, value in lowered.fields:
        shown = str(value)
        if isinstance(value, CArray):
            shown = f"{value.name}_{symbol}"
            lines.append(_array(shown, value))
        elif isinstance(value, Part):
            part = f"{name}_{symbol}"
            lines += _structure(part, value.lowered)
            shown = f"{{{_instance(value.lowered.kernel)}, &constants_{part}}}"
        fields.append(f".{name} = {shown}")
    text = ", ".join(fields)
    return [*lines, f"static const {lowered.struct} constants_{symbol} = {{{text}}};"]


def _constants(index: int, lowered: Lowered) -> str:
    return "\n".join(
        [
            *_structure(str(index), lowered),
            _layer(f"layer_{index}", index, lowered),
            _layer(f"flat_{index}", index, flattened(lowered)),
        ]
    )


def _array(name: str, array: CArray) -> str:
    values = array.values.reshape(-1)
    if array.ctype == "float":
        text = ", ".join(f"{float(value).hex()}f" for value in values)
    else:
        text = ", ".join(_integer(value) for value in values.tolist())
    return f"static const {array.ctype} {name}[{values.size}] = {{{text}}};"


def _integer(value: int) -> str:
    # -2147483648 is not an int literal in C.
    return "(-2147483647 - 1)" if value == -(1 << 31) else str(value)


def _layer(name: str, index: int, lowered: Lowered) -> str:
    maps = []
    sources = []
    for i, source in enumerate(lowered.sources):
        row_map = "NULL"
        if source.row_map is not None:
            row_map = f"{name}_map_{i}"
            values = ", ".join(map(str, source.row_map))
            maps.append(f"static const uint16_t {row_map}[] = {{{values}}};")
        sources.append(
            f"{{.row_size = {source.rows.row_size}, .height = {source.rows.height}, "
            f".kernel_height = {source.kernel_height}, .stride = {source.stride}, "
            f".pad = {source.pad}, .left_out = {source.left_out}, .map = {row_map}}}"
        )
    steps = lowered.output.height if lowered.steps is None else lowered.steps
    size = 0 if lowered.accumulates else lowered.output.row_size
    return "\n".join(
        [
            *maps,
            f"static const thumbnet_source_t {name}_sources[] = {{{', '.join(sources)}}};",
            f"static const thumbnet_layer_t {name} = {{.constants = &constants_{index}, "
            f".sources = {name}_sources, .out_row_size = {size}, .steps = {steps}, "
            f".inputs = {len(sources)}, .width = {_width(lowered)}, .clear = {lowered.clear}}};",
        ]
    )
