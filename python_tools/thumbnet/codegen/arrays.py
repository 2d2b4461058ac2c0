"""Constant arrays as C text."""

from __future__ import annotations

import textwrap

from thumbnet.operators.base import CArray

_WIDTH = 98


def array_definition(name: str, array: CArray) -> str:
    """``static const T name[n] = {...};`` in flash, values in memory order."""
    values = array.values.reshape(-1)
    if array.ctype == "float":
        text = ", ".join(f"{float(value)!r}f" for value in values)
    else:
        text = ", ".join(map(_integer, values.tolist()))
    body = textwrap.fill(text, _WIDTH, initial_indent="    ", subsequent_indent="    ")
    return f"static const {array.ctype} {name}[{values.size}] = {{\n{body}\n}};\n"


def _integer(value: int) -> str:
    # -2147483648 is not an int literal in C.
    return "(-2147483647 - 1)" if value == -(1 << 31) else str(value)
