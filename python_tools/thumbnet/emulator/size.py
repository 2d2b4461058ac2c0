"""Flash and RAM of a linked model, read from its ELF file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Section, SymbolTableSection

WEIGHT_SYMBOLS = r"_\d+_(?!(\w+_)?constants\b|sources\b|rows_\d)[a-z]\w*(\.\d+)?$"
"""Names of constant arrays: ``<operator>_<index>_<array>`` of code generation, but for the structs
and row maps that describe the operator. gcc numbers the statics of functions."""


@dataclass(frozen=True)
class Size:
    """Bytes of flash and RAM.

    ``code`` and ``weights`` share the flash without overlap; ``static`` is RAM that the model or
    its libraries keep for themselves (what initialises it is in ``code`` too).
    """

    code: int
    weights: int
    static: int


def model_size(elf: Path, weight_symbols: str = WEIGHT_SYMBOLS) -> Size:
    """Add up the allocated sections of an ELF file (an object file or a program).

    ``weight_symbols`` is a regular expression that is searched in the names of constant data
    symbols; where it matches, the symbol is weights.
    """
    with elf.open("rb") as stream:
        file = ELFFile(stream)
        sections = list(file.iter_sections())
        flash = sum(s["sh_size"] for s in sections if _is_loaded(s))
        static = sum(s["sh_size"] for s in sections if _is_ram(s))
        weights = sum(_weights(s, sections, weight_symbols) for s in sections)
    return Size(code=flash - weights, weights=weights, static=static)


def _is_allocated(section: Section) -> bool:
    return bool(section["sh_flags"] & SH_FLAGS.SHF_ALLOC) and not section.name.startswith(
        (".eh_frame", ".note")
    )


def _is_loaded(section: Section) -> bool:
    return _is_allocated(section) and section["sh_type"] != "SHT_NOBITS"


def _is_ram(section: Section) -> bool:
    # Constants with addresses in them are writable on the host only until they are relocated.
    writable = bool(section["sh_flags"] & SH_FLAGS.SHF_WRITE)
    return _is_allocated(section) and writable and not section.name.startswith(".data.rel.ro")


def _weights(table: Section, sections: list[Section], pattern: str) -> int:
    if not isinstance(table, SymbolTableSection):
        return 0
    places = {}
    for symbol in table.iter_symbols():
        index = symbol["st_shndx"]
        if symbol["st_info"]["type"] != "STT_OBJECT" or not isinstance(index, int):
            continue
        if _is_loaded(sections[index]) and not _is_ram(sections[index]):
            # Two names of one array are counted once.
            places[index, symbol["st_value"]] = (symbol["st_size"], symbol.name)
    return sum(size for size, name in places.values() if re.search(pattern, name))
