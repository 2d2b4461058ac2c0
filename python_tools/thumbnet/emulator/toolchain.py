"""Compilers and emulators: find them, compile, link, run, with errors that a user can act on.

Nothing here knows what a model is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from thumbnet.errors import ThumbnetError
from thumbnet.resources import data_directory
from thumbnet.target import Machine, Target

Family = Literal["gcc", "clang"]

_PACKAGES = {
    "gcc": "gcc",
    "g++": "g++",
    "clang": "clang",
    "clang++": "clang",
    "arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    "arm-none-eabi-g++": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    "riscv64-unknown-elf-gcc": "gcc-riscv64-unknown-elf",
    "riscv64-unknown-elf-g++": "gcc-riscv64-unknown-elf",
    "qemu-system-arm": "qemu-system-arm",
    "qemu-system-riscv32": "qemu-system-misc",
}
"""Debian packages of the tools."""

_CROSS_PREFIX = {"qemu-system-arm": "arm-none-eabi-", "qemu-system-riscv32": "riscv64-unknown-elf-"}

_CLANG_TARGET = {"qemu-system-arm": "arm-none-eabi", "qemu-system-riscv32": "riscv32-unknown-elf"}

COMPILE_SECONDS = 300.0
"""Longest that one compilation may take; a big model's constants need a few seconds."""


def find_tool(name: str, place: str) -> str:
    """Find the path of a program.

    Raises:
        ThumbnetError: it is not on PATH; the message names the package to install.
    """
    path = shutil.which(name)
    if path is None:
        package = _PACKAGES.get(name, name)
        raise ThumbnetError(
            place, f"{name} is not on PATH", f"install it: apt-get install {package}"
        )
    return path


def compiler_name(target: Target, family: Family = "gcc", language: str = "c") -> str:
    """Name the compiler's program; clang is one program for every target."""
    if family == "clang":
        return "clang" if language == "c" else "clang++"
    prefix = "" if target.machine is None else _CROSS_PREFIX[target.machine.emulator]
    return prefix + ("gcc" if language == "c" else "g++")


def run_tool(
    command: Sequence[str], place: str, directory: Path, seconds: float, doing: str
) -> subprocess.CompletedProcess[str]:
    """Run a program in ``directory``; its exit status is the caller's business.

    Raises:
        ThumbnetError: it ran longer than ``seconds`` or could not be started.
    """
    try:
        return subprocess.run(
            list(command),
            cwd=directory,
            timeout=seconds,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired as error:
        raise ThumbnetError(
            place, f"{doing} took longer than {seconds:g} s", "raise the time limit"
        ) from error
    except OSError as error:
        raise ThumbnetError(place, f"{command[0]} cannot be run ({error})") from error


def tail(text: str, lines: int = 12) -> str:
    """Return the last lines of a program's output, for a message."""
    return "\n".join(text.strip().splitlines()[-lines:])


@dataclass(frozen=True)
class Toolchain:
    """One target's gcc with the include paths of the library and of the support code.

    ``optimization`` is a gcc option such as ``-O2``; ``extra`` goes into every compilation and
    link (sanitizers). ``place`` starts every message.
    """

    target: Target
    place: str
    optimization: str = "-O2"
    extra: tuple[str, ...] = ()

    @property
    def _support(self) -> Path:
        return data_directory("emulated") / "support"

    @property
    def _is_rv32(self) -> bool:
        machine = self.target.machine
        return machine is not None and machine.emulator == "qemu-system-riscv32"

    @property
    def flags(self) -> tuple[str, ...]:
        """What every compilation for this target has."""
        flags = [*self.target.flags, self.optimization, f"-I{data_directory('src')}", *self.extra]
        if self.target.machine is not None:
            flags += ["-ffunction-sections", "-fdata-sections"]
        if self._is_rv32:
            flags += ["-isystem", str(self._support / "rv32" / "include")]
        return tuple(flags)

    def clang_flags(self) -> tuple[str, ...]:
        """:attr:`flags` for clang, which borrows the headers of the cross compiler's C library.

        Raises:
            ThumbnetError: that gcc is missing.
        """
        machine = self.target.machine
        if machine is None:
            return self.flags
        flags = [*self.flags, f"--target={_CLANG_TARGET[machine.emulator]}"]
        if not self._is_rv32:
            flags += ["-isystem", self._newlib_headers()]
        return tuple(flags)

    def _newlib_headers(self) -> str:
        gcc = find_tool(compiler_name(self.target), self.place)
        command = [gcc, "-E", "-Wp,-v", "-"]
        listed = run_tool(command, self.place, Path.cwd(), COMPILE_SECONDS, "asking gcc").stderr
        # gcc lists its search path one directory a line, its own first and the C library's last.
        folders = [line.strip() for line in listed.splitlines() if line.startswith(" ")]
        if not folders:
            raise ThumbnetError(self.place, f"{gcc} does not name its header directories")
        return folders[-1]

    def _run(self, arguments: Iterable[str], directory: Path, doing: str) -> None:
        compiler = find_tool(compiler_name(self.target), self.place)
        done = run_tool([compiler, *arguments], self.place, directory, COMPILE_SECONDS, doing)
        if done.returncode != 0:
            raise ThumbnetError(self.place, f"{doing} failed:\n{tail(done.stderr, 30)}")

    def compile(self, source: Path, out: Path, *flags: str) -> Path:
        """Compile one C file; return the object file.

        Raises:
            ThumbnetError: with the compiler's messages.
        """
        arguments = [*self.flags, *flags, "-c", str(source), "-o", str(out)]
        self._run(arguments, out.parent, f"compiling {source.name} for {self.target.name}")
        return out

    def link_program(self, objects: Sequence[Path], out: Path, stack_size: int) -> Path:
        """Link a program with start-up code, host services and linker script of the target.

        Raises:
            ThumbnetError: with the linker's messages, for example where memory does not suffice.
        """
        machine = self.target.machine
        files = [str(path) for path in objects]
        doing = f"linking for {self.target.name}"
        if machine is None:
            self._run([*self.extra, *files, "-lm", "-o", str(out)], out.parent, doing)
            return out
        script = self._support / ("rv32/link.ld" if self._is_rv32 else "link.ld")
        arguments = [
            *self.flags,
            "-std=gnu11",
            *[f"-D{define}" for define in machine.defines],
            f"-I{self._support}",
            *map(str, self._support_sources(out.parent)),
            *files,
            *["-nostartfiles", "-Wl,--gc-sections", f"-T{script}"],
            *[f"-Wl,--defsym={symbol}" for symbol in _memory_symbols(machine, stack_size)],
            *self._libraries(),
            *["-o", str(out)],
        ]
        self._run(arguments, out.parent, doing)
        return out

    def link_alone(self, model: Path, roots: Sequence[str], script: Path, out: Path) -> Path:
        """Link an object with only what it needs from the C library and libgcc.

        No start-up code; ``roots`` are the functions that must stay. Not for the host, whose C
        library drags everything in.

        Raises:
            ThumbnetError: with the linker's messages.
        """
        strings = [str(self._strings(out.parent))] if self._is_rv32 else []
        arguments = [
            *self.target.flags,
            str(model),
            *strings,
            *["-nostartfiles", "-Wl,--gc-sections", f"-Wl,-e,{roots[0]}", f"-T{script}"],
            *[f"-Wl,--require-defined={root}" for root in roots],
            *self._libraries(),
            *["-o", str(out)],
        ]
        self._run(arguments, out.parent, f"linking {model.name} alone for {self.target.name}")
        return out

    def _support_sources(self, directory: Path) -> list[Path]:
        if self._is_rv32:
            rv32 = self._support / "rv32"
            return [rv32 / "startup.c", self._support / "emulated.c", self._strings(directory)]
        return sorted(self._support.glob("*.c"))

    def _strings(self, directory: Path) -> Path:
        # The flags keep gcc from turning the loops of memcpy into a call of memcpy.
        source = self._support / "rv32" / "string.c"
        flags = ("-fno-builtin", "-fno-tree-loop-distribute-patterns")
        return self.compile(source, directory / "rv32_string.o", *flags)

    def _libraries(self) -> list[str]:
        # Debian's RISC-V gcc has no C library: string.c is all there is.
        return ["-nostdlib", "-lgcc"] if self._is_rv32 else ["--specs=nano.specs", "-lm"]


def _memory_symbols(machine: Machine, stack_size: int) -> list[str]:
    """List the linker scripts' symbols, ``name=value``."""
    symbols = {
        "__flash_origin": machine.flash_origin,
        "__flash_size": machine.flash_size,
        "__ram_origin": machine.ram_origin,
        "__ram_size": machine.ram_size,
        "__stack_size": stack_size,
    }
    if machine.vectors_origin is not None:
        symbols["__vectors_origin"] = machine.vectors_origin
    return [f"{name}={value:#x}" for name, value in symbols.items()]


def run_program(
    target: Target, program: Path, place: str, seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run a linked program in its own directory, natively or in the target's emulator.

    Raises:
        ThumbnetError: the emulator is missing, or the program ran longer than ``seconds``.
    """
    command = [str(program)]
    if target.machine is not None:
        machine = target.machine
        command = [
            find_tool(machine.emulator, place),
            *machine.arguments,
            *["-nographic", "-monitor", "none", "-serial", "none"],
            *["-semihosting-config", "enable=on,target=native"],
            *["-icount", f"shift={machine.icount_shift}"],
            *["-kernel", str(program)],
        ]
    return run_tool(command, place, program.parent, seconds, f"running on {target.name}")
