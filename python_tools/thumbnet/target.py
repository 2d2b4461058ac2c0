"""What the generated code runs on: core, instruction set, memory, and how to emulate it.

Boards are read from ``platformio/emulated/boards/*.json``, their single source; a core such as
``cortex-m4`` is one of those boards without its memory limits.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, replace
from pathlib import Path

from thumbnet.errors import ThumbnetError
from thumbnet.options import Isa
from thumbnet.resources import data_directory

BOARD_PREFIX = "emulated_"
_MIB = 1 << 20


@dataclass(frozen=True)
class Machine:
    """An emulated machine with the memory that *it* has: a board's limits are the target's.

    ``arguments`` select it; ``icount_shift`` makes one instruction take 2^shift ns of emulated
    time, which is what the timers in the support code count on; ``defines`` are the C macros that
    choose these timers. Sizes in bytes.
    """

    emulator: str
    arguments: tuple[str, ...]
    icount_shift: int
    defines: tuple[str, ...]
    flash_origin: int
    flash_size: int
    ram_origin: int
    ram_size: int
    vectors_origin: int | None = None


@dataclass(frozen=True)
class Target:
    """A board or a core.

    ``flags`` choose core, ABI and FPU for gcc; ``isa`` is the kernel variant that the core can
    run; ``ram`` and ``flash`` are the board's bytes, None where not known (cores, host);
    ``machine`` is None where the program runs natively.
    """

    name: str
    core: str
    flags: tuple[str, ...]
    isa: Isa
    fpu: bool
    ram: int | None = None
    flash: int | None = None
    machine: Machine | None = None


_ISA: dict[str, Isa] = {
    "cortex-m0plus": "portable",
    "cortex-m0": "portable",
    "cortex-m3": "portable",
    "cortex-m4": "dsp",
    "cortex-m7": "dsp",
    "cortex-m33": "dsp",
    "cortex-m55": "mve",
}

_CORE_BOARDS = {
    "cortex-m0": "rp2040",
    "cortex-m0plus": "rp2040",
    "cortex-m3": "stm32f103",
    "cortex-m4": "stm32f405",
    "cortex-m7": "stm32h743",
    "cortex-m33": "stm32l552",
    "cortex-m55": "alif_e3_he",
}
"""The board that stands for a core: its flags (but for the core itself) and its machine."""

_MEMORY = {
    "mps2-an385": (4 * _MIB, 4 * _MIB),
    "mps2-an386": (4 * _MIB, 4 * _MIB),
    "mps2-an500": (4 * _MIB, 4 * _MIB),
    "mps2-an505": (4 * _MIB, 4 * _MIB),
    "mps3-an547": (64 * _MIB, 4 * _MIB),
    "microbit": (4 * _MIB, 4 * _MIB),
}
"""Flash and RAM of QEMU's machines at the boards' origins."""

_RESIZABLE = {
    "microbit": (
        "-global",
        f"nrf51-soc.flash-size={4 * _MIB}",
        "-global",
        f"nrf51-soc.sram-size={4 * _MIB}",
    )
}
"""Arguments that give a machine the memory of _MEMORY; a later -global wins over the board's."""

_RV32 = Machine(
    emulator="qemu-system-riscv32",
    arguments=("-M", "virt", "-bios", "none"),
    icount_shift=0,
    defines=(),
    flash_origin=0x80000000,
    flash_size=16 * _MIB,
    ram_origin=0x82000000,
    ram_size=16 * _MIB,
)

_FIXED = {
    "rv32imc": Target(
        "rv32imc", "rv32imc", ("-march=rv32imc", "-mabi=ilp32"), "portable", False, machine=_RV32
    ),
    "host": Target("host", "host", (), "portable", True),
    "generic": Target("generic", "generic", (), "portable", False),
}


def resolve_target(name: str) -> Target:
    """Return the target of a core (cortex-m4), a board (stm32f405, emulated_stm32f405) or host.

    Raises:
        ThumbnetError: there is no such target; the nearest names are in the message.
    """
    wanted = name.strip().lower()
    if wanted in _FIXED:
        return _FIXED[wanted]
    if wanted in _CORE_BOARDS:
        board = _board(_board_file(_CORE_BOARDS[wanted]))
        flags = tuple(
            f"-mcpu={wanted}" if flag.startswith("-mcpu=") else flag for flag in board.flags
        )
        return replace(board, name=wanted, core=wanted, flags=flags, ram=None, flash=None)
    # Looked up in the listing, so that a name is never a path out of the directory.
    boards = {path.stem: path for path in _boards_directory().glob(f"{BOARD_PREFIX}*.json")}
    path = boards.get(BOARD_PREFIX + wanted.removeprefix(BOARD_PREFIX))
    if path is None:
        raise _unknown(name)
    return _board(path)


def target_names() -> tuple[str, ...]:
    """Every valid name: cores first, then boards by their file's name."""
    boards = sorted(path.stem for path in _boards_directory().glob("*.json"))
    return (*_CORE_BOARDS, *_FIXED, *boards)


def _boards_directory() -> Path:
    return data_directory("emulated") / "boards"


def _board_file(name: str) -> Path:
    return _boards_directory() / f"{BOARD_PREFIX}{name}.json"


def _unknown(name: str) -> ThumbnetError:
    names = target_names()
    short = {candidate.removeprefix(BOARD_PREFIX): candidate for candidate in names}
    wanted = name.strip().lower().removeprefix(BOARD_PREFIX)
    near = [short[match] for match in difflib.get_close_matches(wanted, short, n=3, cutoff=0.5)]
    listed = near or names
    return ThumbnetError(
        f"target {name!r}",
        "no core or board has this name",
        f"use {'one of ' if len(listed) > 1 else ''}{', '.join(listed)}",
    )


def _board(path: Path) -> Target:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        build, upload = data["build"], data["upload"]
        flags = tuple(build["flags"])
        return Target(
            name=path.stem,
            core=build["cpu"],
            flags=flags,
            isa=_ISA[build["cpu"]],
            fpu="-mfloat-abi=hard" in flags,
            ram=int(upload["maximum_ram_size"]),
            flash=int(upload["maximum_size"]),
            machine=_machine(build),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ThumbnetError(
            str(path), f"not a board file of the emulated platform ({error!r})", "restore the file"
        ) from error


def _machine(build: dict[str, object]) -> Machine:
    arguments = tuple(str(word) for word in _words(build, "qemu"))
    kind = arguments[arguments.index("-M") + 1]
    flash_size, ram_size = _MEMORY[kind]
    vectors = build.get("vectors_origin")
    return Machine(
        emulator="qemu-system-arm",
        arguments=arguments + _RESIZABLE.get(kind, ()),
        icount_shift=6,
        defines=tuple(str(word) for word in _words(build, "defines")),
        flash_origin=int(str(build["flash_origin"]), 0),
        flash_size=flash_size,
        ram_origin=int(str(build["ram_origin"]), 0),
        ram_size=ram_size,
        vectors_origin=None if vectors is None else int(str(vectors), 0),
    )


def _words(build: dict[str, object], key: str) -> list[object]:
    words = build[key]
    if not isinstance(words, list):
        raise TypeError(f"build.{key} is not a list")
    return words
