"""C text of golden cases: arrays, and lowered operators as generated code describes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from thumbnet.operators.base import CArray, Kernel, Lowered, Part, Source

AnyArray = npt.NDArray[Any]

CTYPES = {"int8": "int8_t", "uint8": "uint8_t", "int16": "int16_t", "float32": "float"}


def array(name: str, ctype: str, values: AnyArray) -> str:
    """``static const T name[n] = {...};`` in memory order."""
    flat = values.reshape(-1)
    return definition(f"{ctype} {name}[{flat.size}]", braced(map(literal, flat), ","))


def definition(declaration: str, initialiser: str) -> str:
    """A constant, on one line where it fits."""
    short = f"static const {declaration} = {initialiser};\n"
    return short if len(short) <= 100 else f"static const {declaration} =\n{initialiser};\n"


def braced(items: Iterable[str], separator: str = ", ") -> str:
    """``items`` in braces, on lines of less than 100 columns where they can be broken."""
    lines = ["{"]
    for index, item in enumerate(items):
        lines[-1] += separator if index else ""
        if index and len(lines[-1]) + len(item) > 96:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += item
    return "\n".join(lines) + "}"


def literal(value: Any) -> str:
    """An exact C literal of a number."""
    if isinstance(value, np.floating):
        return f"{np.float32(value)}f"  # numpy writes the shortest decimal that reads back the same
    # -2147483648 is not an int literal in C.
    return "(-2147483647 - 1)" if value == -(1 << 31) else str(int(value))


def tensor(name: str, values: AnyArray) -> str:
    """A tensor's elements."""
    return array(name, CTYPES[values.dtype.name], values)


def tensors(name: str, samples: Sequence[AnyArray]) -> str:
    """The same tensor of several samples: an array [samples][elements]."""
    ctype, size = CTYPES[samples[0].dtype.name], samples[0].size
    rows = [braced(map(literal, values), ",") for values in samples]
    return definition(f"{ctype} {name}[{len(rows)}][{size}]", "{" + ",\n".join(rows) + "}")


def table(declaration: str, rows: Iterable[str]) -> str:
    """An array of structures."""
    return definition(declaration, braced(rows))


def instance(kernel: Kernel) -> str:
    """The name of a kernel's instantiation."""
    return "_".join([kernel.function.replace("thumbnet_", "run_", 1), *map(str, kernel.literals)])


def instantiation(kernel: Kernel) -> str:
    """A kernel with its literals as a function of the row kernels' signature."""
    literals = "".join(f", {number}" for number in kernel.literals)
    return f"GOLDEN_KERNEL({instance(kernel)}, {kernel.function}, constants{literals})\n"


def layer(name: str, lowered: Lowered) -> str:
    """``name_constants``, ``name_sources`` and ``name_layer``."""
    parts = [
        array(f"{name}_map_{i}", "uint16_t", np.array(source.row_map))
        for i, source in enumerate(lowered.sources)
        if source.row_map is not None
    ]
    sources = [_source(source, f"{name}_map_{i}") for i, source in enumerate(lowered.sources)]
    steps = lowered.output.height if lowered.steps is None else lowered.steps
    width = lowered.output.width if lowered.width is None else lowered.width
    row_size = 0 if lowered.accumulates else lowered.output.row_size
    numbers = (row_size, steps, len(sources), width, lowered.clear)
    return "".join(
        [
            *parts,
            constants(name, lowered),
            table(f"thumbnet_source_t {name}_sources[{len(sources)}]", sources),
            f"GOLDEN_LAYER({name}, {', '.join(map(str, numbers))})\n",
        ]
    )


def constants(name: str, lowered: Lowered) -> str:
    """``name_constants`` behind its arrays and the constants of kernels that it calls."""
    text = "".join(
        array(f"{name}_{value.name}", value.ctype, value.values)
        for _, value in lowered.fields
        if isinstance(value, CArray)
    )
    values: dict[str, str | int] = {}
    for field, value in lowered.fields:
        if isinstance(value, Part):
            text += constants(f"{name}_{field}", value.lowered)
            values[field] = f"{{{instance(value.lowered.kernel)}, &{name}_{field}_constants}}"
        else:
            values[field] = f"{name}_{value.name}" if isinstance(value, CArray) else value
    return text + definition(f"{lowered.struct} {name}_constants", members_text(values))


def members_text(members: Mapping[str, str | int]) -> str:
    """A structure's initialiser without the members that are zero."""
    return braced(f".{name} = {value}" for name, value in members.items() if value != 0)


def _source(source: Source, row_map: str) -> str:
    return members_text(
        {
            "map": 0 if source.row_map is None else row_map,
            "row_size": source.rows.row_size,
            "height": source.rows.height,
            "kernel_height": source.kernel_height,
            "stride": source.stride,
            "pad": source.pad,
            "kernel_width": source.kernel_width,
            "stride_width": source.stride_width,
            "pad_left": source.pad_left,
        }
    )
