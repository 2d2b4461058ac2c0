"""What the compiler made of generated code: its calls, stack frames, symbols and instructions.

Calls and frames are gcc's own account (-fcallgraph-info=su,da); which functions an indirect call
can reach follows from the relocations of the object file: those whose address is taken. For Arm.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection
from elftools.elf.sections import Section, Symbol, SymbolTableSection
from thumbnet.emulator.toolchain import Toolchain
from thumbnet.target import resolve_target

INDIRECT = "__indirect_call"
"""gcc's name for what a call through a pointer reaches."""

_CALLS = {10, 28, 29, 30, 51}
"""Relocations of calls and jumps: R_ARM_THM_CALL, _CALL, _JUMP24, _THM_JUMP24 and _THM_JUMP19."""


class Recursion(Exception):  # noqa: N818 - the name says what was found
    """A function can reach itself."""


@dataclass
class Function:
    """A function of the object file: ``stack`` bytes of its own, which never vary if ``static``."""

    name: str
    stack: int
    static: bool
    calls: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class ObjectFile:
    """An object file of a generated model and gcc's account of it."""

    path: Path
    functions: Mapping[str, Function]
    pointees: frozenset[str]
    """Functions whose address is taken."""

    def reachable(self, *roots: str) -> set[str]:
        """The functions that ``roots`` can reach, themselves included; libraries' too."""
        seen: set[str] = set()
        rest = list(roots)
        while rest:
            name = rest.pop()
            if name not in seen:
                seen.add(name)
                rest += self._callees(name)
        return seen

    def deepest(self, name: str, above: tuple[str, ...] = ()) -> tuple[int, tuple[str, ...]]:
        """Most stack bytes that a call of ``name`` can take, and the path that takes them.

        Functions of libraries count nothing.

        Raises:
            Recursion: some path comes back to where it was.
        """
        if name in above:
            raise Recursion(" -> ".join([*above, name]))
        path = (*above, name)
        below = [self.deepest(callee, path) for callee in sorted(self._callees(name))]
        most, found = max(below, default=(0, path))
        return most + (self.functions[name].stack if name in self.functions else 0), found

    def _callees(self, name: str) -> set[str]:
        direct = self.functions[name].calls if name in self.functions else set()
        return (direct - {INDIRECT}) | (set(self.pointees) if INDIRECT in direct else set())

    def symbols(self) -> Iterator[Symbol]:
        """All symbols with a name."""
        with self.path.open("rb") as stream:
            for section in ELFFile(stream).iter_sections():
                if isinstance(section, SymbolTableSection):
                    yield from (symbol for symbol in section.iter_symbols() if symbol.name)

    def defined(self) -> set[str]:
        """Global symbols that the object defines."""
        return {
            symbol.name
            for symbol in self.symbols()
            if symbol["st_info"]["bind"] != "STB_LOCAL" and symbol["st_shndx"] != "SHN_UNDEF"
        }

    def undefined(self) -> set[str]:
        """Symbols that it takes from elsewhere."""
        return {symbol.name for symbol in self.symbols() if symbol["st_shndx"] == "SHN_UNDEF"}

    def mnemonics(self) -> set[str]:
        """All instructions, without conditions or operands, of an Arm object."""
        done = subprocess.run(
            ["arm-none-eabi-objdump", "-d", "--no-show-raw-insn", str(self.path)],
            check=True,
            capture_output=True,
            text=True,
        )
        lines = re.findall(r"^\s+[0-9a-f]+:\t(\S+)", done.stdout, re.MULTILINE)
        return {mnemonic for mnemonic in lines if not mnemonic.startswith(".")}

    def section_sizes(self) -> dict[str, int]:
        """Bytes of all sections that are not empty, by name."""
        with self.path.open("rb") as stream:
            sections = ELFFile(stream).iter_sections()
            return {section.name: section["sh_size"] for section in sections if section["sh_size"]}


def compile_object(
    files: Mapping[str, str], name: str, target: str, folder: Path, optimization: str = "-O2"
) -> ObjectFile:
    """Compiles ``<name>.c`` for a target with gcc into ``folder``."""
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8")
    toolchain = Toolchain(resolve_target(target), target, optimization)
    out = folder / f"{name}.o"
    toolchain.compile(folder / f"{name}.c", out, "-std=c99", "-fcallgraph-info=su,da")
    functions = read_functions(out.with_suffix(".ci").read_text(encoding="utf-8"))
    return ObjectFile(out, functions, frozenset(_pointees(out)))


def read_functions(text: str) -> dict[str, Function]:
    """The functions with a frame of gcc's call graph information."""
    found: dict[str, Function] = {}
    for title, stack, kind in re.findall(
        r'node: \{ title: "([^"]+)" label: "[^"]*?(\d+) bytes \(([^)]*)\)', text
    ):
        found[_plain(title)] = Function(_plain(title), int(stack), kind == "static")
    for source, target in re.findall(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', text):
        found[_plain(source)].calls.add(_plain(target))
    return found


def _plain(title: str) -> str:
    # Static functions are titled "file.c:name".
    return title.rsplit(":", 1)[-1]


def _pointees(path: Path) -> Iterator[str]:
    with path.open("rb") as stream:
        file = ELFFile(stream)
        sections = list(file.iter_sections())
        tables = [section for section in sections if isinstance(section, RelocationSection)]
        for table in tables:
            symbols = sections[table["sh_link"]]
            if sections[table["sh_info"]].name.startswith(".debug"):
                continue
            for relocation in table.iter_relocations():
                if relocation["r_info_type"] in _CALLS:
                    continue
                name = _function(symbols.get_symbol(relocation["r_info_sym"]), sections)
                if name is not None:
                    yield name


def _function(symbol: Symbol, sections: list[Section]) -> str | None:
    """The function that a symbol, or the section of one function, stands for."""
    if symbol["st_info"]["type"] == "STT_FUNC":
        return str(symbol.name)
    if symbol["st_info"]["type"] == "STT_SECTION":
        name = str(sections[symbol["st_shndx"]].name)
        return name.removeprefix(".text.") if name.startswith(".text.") else None
    return None
