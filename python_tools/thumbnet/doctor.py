"""What of Thumbnet's surroundings is there: packages, compilers, emulators, build systems."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MINIMUM_PYTHON = (3, 11)

PACKAGES = ("numpy", "flatbuffers", "tflite", "onnx", "pydantic", "ruamel.yaml", "typer", "rich")
"""Distributions without which nothing is built."""

TIMEOUT_S = 20
"""Longest time for a program to tell its version."""


@dataclass(frozen=True)
class Finding:
    """One thing looked for: ``version`` is None where it is missing and ``remedy`` is due."""

    name: str
    purpose: str
    version: str | None
    remedy: str
    required: bool = False


@dataclass(frozen=True)
class Tool:
    """A program by its possible ``commands``, the preferred one first."""

    name: str
    purpose: str
    commands: tuple[str, ...]
    remedy: str


TOOLS = (
    Tool("host C compiler", "running a model here", ("cc", "gcc", "clang"), "apt install gcc"),
    Tool(
        "clang", "checking generated code with a second compiler", ("clang",), "apt install clang"
    ),
    Tool(
        "arm-none-eabi-gcc",
        "thumbnet measure on Arm targets",
        ("arm-none-eabi-gcc",),
        "apt install gcc-arm-none-eabi, or Arm's GNU toolchain on PATH",
    ),
    Tool(
        "qemu-system-arm",
        "thumbnet measure on Arm targets",
        ("qemu-system-arm",),
        "apt install qemu-system-arm",
    ),
    Tool(
        "RISC-V compiler",
        "thumbnet measure on RISC-V",
        ("riscv64-unknown-elf-gcc",),
        "apt install gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf",
    ),
    Tool(
        "qemu-system-riscv32",
        "thumbnet measure on RISC-V",
        ("qemu-system-riscv32",),
        "apt install qemu-system-misc",
    ),
    Tool("PlatformIO", "PlatformIO projects", ("pio", "platformio"), "pip install platformio"),
    Tool("west", "Zephyr projects", ("west",), "pip install west"),
)


def examine() -> list[Finding]:
    """Look for everything, quickest first; starts every program once with ``--version``."""
    return [_python(), *map(_package, PACKAGES), _elftools(), *map(_tool, TOOLS), _newlib()]


def ready(findings: Sequence[Finding]) -> bool:
    """Whether what a build needs is there."""
    return all(finding.version is not None for finding in findings if finding.required)


def _python() -> Finding:
    wanted = ".".join(map(str, MINIMUM_PYTHON))
    found = platform.python_version() if sys.version_info >= MINIMUM_PYTHON else None
    remedy = f"install Python {wanted} or later (this is {platform.python_version()})"
    return Finding("Python", "everything", found, remedy, required=True)


def _package(name: str, purpose: str = "thumbnet build", required: bool = True) -> Finding:
    try:
        version: str | None = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        version = None
    return Finding(f"package {name}", purpose, version, f"pip install {name}", required)


def _elftools() -> Finding:
    return _package("pyelftools", "thumbnet measure", required=False)


def _tool(tool: Tool) -> Finding:
    found = (_version(command) for command in tool.commands)
    version = next((version for version in found if version is not None), None)
    return Finding(tool.name, tool.purpose, version, tool.remedy)


def _newlib() -> Finding:
    """Newlib belongs to the Arm compiler, but Debian packages it apart."""
    library = (_output("arm-none-eabi-gcc", "-print-file-name=libc.a") or "").strip()
    version = None
    if Path(library).is_absolute() and Path(library).is_file():
        header = _output("arm-none-eabi-gcc", "-E", "-dM", "-include", "newlib.h", "-xc", "-")
        match = re.search(r'_NEWLIB_VERSION "([^"]+)"', header or "")
        version = match[1] if match else "found"
    remedy = "apt install libnewlib-arm-none-eabi"
    return Finding("newlib for Arm", "thumbnet measure on Arm targets", version, remedy)


def _version(command: str) -> str | None:
    """Return the version that ``command --version`` prints; None where it does not run."""
    text = _output(command, "--version")
    if text is None:
        return None
    first = text.strip().splitlines()[0] if text.strip() else ""
    # Distributions write their own versions in parentheses before the program's.
    numbers = re.findall(r"\d+(?:\.\d+)+", re.sub(r"\([^)]*\)", "", first))
    numbers = numbers or re.findall(r"\d+(?:\.\d+)+", first)
    return numbers[0] if numbers else "found"


def _output(command: str, *arguments: str) -> str | None:
    # Beside the interpreter too: a virtual environment need not be on PATH.
    program = shutil.which(command) or shutil.which(command, path=str(Path(sys.executable).parent))
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
