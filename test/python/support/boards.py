"""Firmware for emulated boards, compiled by their JSON files alone and run as users run it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from support.pio_project import EMULATED, ROOT, require_programs

Facts = dict[str, Any]


def board_file(name: str) -> Path:
    """A board's JSON file."""
    return EMULATED / "boards" / f"emulated_{name}.json"


def board_facts(board: Path) -> Facts:
    """What a board's JSON file says."""
    facts: Facts = json.loads(board.read_text(encoding="utf-8"))
    return facts


def link(
    facts: Facts, sources: Sequence[Path], firmware: Path, *more: str
) -> subprocess.CompletedProcess[str]:
    """Compiles and links within a board's flash and RAM, as the platform's README says.

    ``more`` are words for gcc; headers are looked for in ``src`` and beside ``firmware``.
    """
    require_programs("arm-none-eabi-gcc")
    build, upload = facts["build"], facts["upload"]
    symbols = {
        "__flash_origin": build["flash_origin"],
        "__flash_size": upload["maximum_size"],
        "__ram_origin": build["ram_origin"],
        "__ram_size": upload["maximum_ram_size"],
    }
    if "vectors_origin" in build:
        symbols["__vectors_origin"] = build["vectors_origin"]
    support = EMULATED / "support"
    command = [
        *("arm-none-eabi-gcc", *build["flags"], *(f"-D{name}" for name in build["defines"])),
        *("-Os", "-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror"),
        *("-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"),
        *("-I", str(support), "-I", str(ROOT / "src"), "-I", str(firmware.parent)),
        *map(str, [*sources, *sorted(support.glob("*.c"))]),
        *("-nostartfiles", "--specs=nano.specs", "-T", str(support / "link.ld")),
        *(f"-Wl,--defsym={name}={value}" for name, value in symbols.items()),
        *("-o", str(firmware), *more),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def run_firmware(board: Path, firmware: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs firmware with the platform's runner; its exit status is the result's."""
    require_programs("qemu-system-arm")
    return subprocess.run(
        [sys.executable, str(EMULATED / "run.py"), str(board), str(firmware), *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
