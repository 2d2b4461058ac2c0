"""Generated files in tests: compiled under a name, read, and linked into a program."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from thumbnet.emulator.measure import WARNINGS
from thumbnet.pipeline import Compiled
from thumbnet.resources import data_directory

from support.compiled import AnyArray, compile_file


def compiled_net(model: bytes, folder: Path, name: str = "net", **changes: Any) -> Compiled:
    """``model`` compiled for the host under ``name``."""
    path = folder / f"{name}.tflite"
    path.write_bytes(model)
    return compile_file(path, name=name, **changes)


def macros(header: str) -> dict[str, str]:
    """The macros of a generated header."""
    return dict(re.findall(r"^#define (\w+) (.+?)(?: /\*.*)?$", header, re.MULTILINE))


def run_program(folder: Path, files: Mapping[str, str], main: str, compiler: str = "gcc") -> str:
    """What a program of generated files and ``main`` prints; warnings and sanitizers are on."""
    suffix = "c" if compiler == "gcc" else "cpp"
    for name, text in {**files, f"main.{suffix}": main}.items():
        (folder / name).write_text(text, encoding="utf-8")
    include = f"-I{data_directory('src')}"
    flags = [*WARNINGS, include, "-I.", "-fsanitize=address,undefined", "-g"]
    sources = [name for name in files if name.endswith(".c")]
    for source in sources:
        command = ["gcc", "-std=c99", "-pedantic", *flags, "-c", source]
        subprocess.run(command, cwd=folder, check=True)
    objects = [source.replace(".c", ".o") for source in sources]
    standard = "-std=c99" if compiler == "gcc" else "-std=c++11"
    command = [compiler, standard, *flags, f"main.{suffix}", *objects, "-o", "program"]
    subprocess.run(command, cwd=folder, check=True)
    done = subprocess.run(
        [folder / "program"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def literal(values: AnyArray) -> str:
    """The elements as C initialisers."""
    return ", ".join(map(str, values.reshape(-1).tolist()))
