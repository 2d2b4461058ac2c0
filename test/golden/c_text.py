"""C text of golden cases: arrays, and lowered operators as generated code describes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from thumbnet.operators.base import CArray, Kernel, Lowered, Source

AnyArray = npt.NDArray[Any]

CTYPES = {"int8": "int8_t", "uint8": "uint8_t", "float32": "float"}


def array(name: str, ctype: str, values: AnyArray) -> str:
    """``static const T name[n] = {...};`` in memory order."""
    flat = values.reshape(-1)
    lines = [""]
    for text in map(literal, flat):
        if len(lines[-1]) + len(text) > 98:
            lines.append("")
        lines[-1] += f"{text},"
    return f"static const {ctype} {name}[{flat.size}] = {{\n" + "\n".join(lines) + "};\n"


def literal(value: Any) -> str:
    """An exact C literal of a number."""
    if isinstance(value, np.floating):
        return f"{np.float32(value)}f"  # numpy writes the shortest decimal that reads back the same
    # -2147483648 is not an int literal in C.
    return "(-2147483647 - 1)" if value == -(1 << 31) else str(int(value))


def tensor(name: str, values: AnyArray) -> str:
    """A tensor's elements."""
    return array(name, CTYPES[values.dtype.name], values)


def table(declaration: str, rows: Iterable[str]) -> str:
    """An array of structures or pointers, one a line."""
    return f"static const {declaration} = {{\n" + "".join(f"    {row},\n" for row in rows) + "};\n"


def instance(kernel: Kernel) -> str:
    """The name of a kernel's instantiation."""
    return "_".join([kernel.function.replace("thumbnet_", "run_", 1), *map(str, kernel.literals)])


def instantiation(kernel: Kernel) -> str:
    """A kernel with its literals as a function of the row kernels' signature."""
    literals = "".join(f"{number}, " for number in kernel.literals)
    return (
        f"static void {instance(kernel)}(const void *constants, const void *const *rows,\n"
        "    void *out, int32_t x, int32_t n, void *scratch)\n"
        f"{{\n    {kernel.function}(constants, {literals}rows, out, x, n, scratch);\n}}\n"
    )


def layer(name: str, lowered: Lowered) -> str:
    """``name_constants``, ``name_sources`` and ``name_layer``."""
    parts = [array(f"{name}_{found.name}", found.ctype, found.values) for found in lowered.arrays]
    parts += [
        array(f"{name}_map_{i}", "uint16_t", np.array(source.row_map))
        for i, source in enumerate(lowered.sources)
        if source.row_map is not None
    ]
    values = {
        field: f"{name}_{value.name}" if isinstance(value, CArray) else value
        for field, value in lowered.fields
    }
    sources = [_source(source, f"{name}_map_{i}") for i, source in enumerate(lowered.sources)]
    steps = lowered.output.height if lowered.steps is None else lowered.steps
    width = lowered.output.width if lowered.width is None else lowered.width
    row_size = 0 if lowered.accumulates else lowered.output.row_size
    members: dict[str, str | int] = {
        "constants": f"&{name}_constants",
        "sources": f"{name}_sources",
        "out_row_size": row_size,
        "steps": steps,
        "inputs": len(sources),
        "width": width,
        "clear": lowered.clear,
    }
    return "".join(
        [
            *parts,
            f"static const {lowered.struct} {name}_constants = {members_text(values)};\n",
            table(f"thumbnet_source_t {name}_sources[{len(sources)}]", sources),
            f"static const thumbnet_layer_t {name}_layer = {members_text(members)};\n",
        ]
    )


def members_text(members: Mapping[str, str | int]) -> str:
    """A structure's initialiser without the members that are zero."""
    given = [f".{name} = {value}" for name, value in members.items() if value != 0]
    lines = [given[i : i + 5] for i in range(0, len(given), 5)]
    return "{" + ",\n    ".join(map(", ".join, lines)) + "}"


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
