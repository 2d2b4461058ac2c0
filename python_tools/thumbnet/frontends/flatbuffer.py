"""Reads FlatBuffers from untrusted bytes: every offset and length is checked before it is followed.

The accessors that ``flatc`` generates trust the file; these do not. A reader also has a budget of
elements it may turn into Python objects, so that a small file whose vectors overlap cannot ask for
gigabytes. Format: https://flatbuffers.dev/internals.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

BUDGET_FLOOR = 1 << 16
"""Elements that even a tiny file may have decoded; vectors may be shared a few times."""


class Malformed(Exception):  # noqa: N818 - the name says what the file is
    """The bytes do not follow the format; the text says where."""


class Reader:
    """Bounds-checked access to ``data``."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.budget = BUDGET_FLOOR + 4 * len(data)

    def scalar(self, code: str, position: int) -> Any:
        """The little-endian scalar of a struct format character."""
        if position < 0 or position + struct.calcsize("<" + code) > len(self.data):
            raise Malformed(f"an offset leads to byte {position}, outside the file")
        return struct.unpack_from("<" + code, self.data, position)[0]

    def spend(self, elements: int) -> None:
        """Counts elements that become Python objects."""
        self.budget -= elements
        if self.budget < 0:
            raise Malformed("its vectors hold more elements than the file has bytes")

    def root(self) -> Table:
        """The root table."""
        return self.table(int(self.scalar("I", 0)))

    def table(self, position: int) -> Table:
        """The table at ``position``."""
        vtable = position - int(self.scalar("i", position))
        size = int(self.scalar("H", vtable))
        if size < 4 or vtable + size > len(self.data):
            raise Malformed(f"the table at byte {position} has no valid vtable")
        return Table(self, position, vtable, size)


@dataclass(frozen=True)
class Table:
    """A table; ``slot`` is a field's index in its schema."""

    reader: Reader
    position: int
    vtable: int
    vtable_size: int

    def _field(self, slot: int) -> int | None:
        entry = 4 + 2 * slot
        if entry + 2 > self.vtable_size:
            return None
        offset = int(self.reader.scalar("H", self.vtable + entry))
        return self.position + offset if offset else None

    def _target(self, slot: int) -> int | None:
        field = self._field(slot)
        return None if field is None else field + int(self.reader.scalar("I", field))

    def integer(self, slot: int, code: str, default: int = 0) -> int:
        """An integer of a struct format character such as ``i``, ``b`` or ``I``."""
        field = self._field(slot)
        return default if field is None else int(self.reader.scalar(code, field))

    def number(self, slot: int, default: float = 0.0) -> float:
        """A float32."""
        field = self._field(slot)
        return default if field is None else float(self.reader.scalar("f", field))

    def flag(self, slot: int) -> bool:
        """A bool, false by default."""
        return self.integer(slot, "B") != 0

    def table(self, slot: int) -> Table | None:
        """A table, or None where it is absent."""
        target = self._target(slot)
        return None if target is None else self.reader.table(target)

    def _vector(self, slot: int, item_size: int) -> tuple[int, int]:
        """Start and length of a vector; (0, 0) where it is absent."""
        target = self._target(slot)
        if target is None:
            return 0, 0
        length = int(self.reader.scalar("I", target))
        start = target + 4
        if start + length * item_size > len(self.reader.data):
            raise Malformed(f"a vector at byte {target} is longer than the file")
        return start, length

    def tables(self, slot: int) -> list[Table]:
        """A vector of tables."""
        start, length = self._vector(slot, 4)
        self.reader.spend(length)
        places = range(start, start + 4 * length, 4)
        return [self.reader.table(at + int(self.reader.scalar("I", at))) for at in places]

    def array(self, slot: int, dtype: str) -> npt.NDArray[Any]:
        """A vector of scalars as a read-only view of the file; empty where it is absent."""
        kind = np.dtype(dtype).newbyteorder("<")
        start, length = self._vector(slot, kind.itemsize)
        view: npt.NDArray[Any] = np.frombuffer(self.reader.data, kind, length, start)
        return view

    def values(self, slot: int, dtype: str) -> list[Any]:
        """A vector of scalars as Python numbers."""
        array = self.array(slot, dtype)
        self.reader.spend(array.size)
        found: list[Any] = array.tolist()
        return found

    def text(self, slot: int) -> str:
        """A string; "" where it is absent, replacement characters where it is not UTF-8."""
        raw = self.array(slot, "u1")
        self.reader.spend(raw.size)
        return raw.tobytes().decode("utf-8", errors="replace")
