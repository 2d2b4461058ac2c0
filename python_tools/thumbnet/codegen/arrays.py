"""Constants as C text, each once."""

from __future__ import annotations

import textwrap

from thumbnet.operators.base import CArray

_WIDTH = 98


class Definitions:
    """The constants of a file; what has the type and the value of an earlier one is that one."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str, str], str] = {}

    def name(self, wanted: str, ctype: str, extent: str, value: str) -> str:
        """The name of the constant ``value``: ``wanted``, or that of an equal one.

        ``extent`` is ``[n]`` behind the name of an array.
        """
        return self._names.setdefault((ctype, extent, value), wanted)

    def text(self) -> str:
        """All definitions, in flash, in the order in which they were first wanted."""
        return "".join(
            f"static const {ctype} {name}{extent} = {value};\n"
            for (ctype, extent, value), name in self._names.items()
        )


def array_value(array: CArray) -> tuple[str, str, str]:
    """An array's type, extent and value, elements in memory order."""
    values = array.values.reshape(-1)
    if array.ctype == "float":
        text = ", ".join(f"{float(value)!r}f" for value in values)
    else:
        text = ", ".join(map(_integer, values.tolist()))
    body = textwrap.fill(text, _WIDTH, initial_indent="    ", subsequent_indent="    ")
    return array.ctype, f"[{values.size}]", f"{{\n{body}\n}}"


def _integer(value: int) -> str:
    # -2147483648 is not an int literal in C.
    return "(-2147483647 - 1)" if value == -(1 << 31) else str(value)
