# SPDX-License-Identifier: Apache-2.0
"""Builds firmware for an emulated board and runs it (PlatformIO builder, executed by SCons)."""

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from SCons.Script import AlwaysBuild, Default, DefaultEnvironment  # type: ignore[import-untyped, unused-ignore]

if TYPE_CHECKING:
    from collections.abc import Iterable

TOOLCHAIN = "arm-none-eabi-"
# The launcher is a shell script beside the firmware. `pio test` starts a program of this name where
# the project sets no test_testing_command, so a project need not repeat the machine's options.
LAUNCHER = """#!/bin/sh
# Runs the firmware beside this file in QEMU; made by the platform "emulated".
exec {command} "$(dirname "$0")/{firmware}" "$@"
"""

env: Any = DefaultEnvironment()
board: Any = env.BoardConfig()
platform_dir = Path(env.PioPlatform().get_dir())
support_dir = platform_dir / "support"


def require_toolchain() -> None:
    """End the build with one line when the cross compiler is missing."""
    if shutil.which(TOOLCHAIN + "gcc", path=str(env["ENV"]["PATH"])) is None:
        sys.stderr.write(
            f"emulated: error: {TOOLCHAIN}gcc is not on PATH. Remedy: install it (Debian: "
            "gcc-arm-none-eabi and libnewlib-arm-none-eabi), or add `platform_packages = "
            "platformio/toolchain-gccarmnoneeabi` to platformio.ini.\n"
        )
        env.Exit(1)


def link_symbols() -> "Iterable[str]":
    """Yield the board's memory for link.ld, so that a firmware too big for the part fails."""
    symbols = {
        "__flash_origin": board.get("build.flash_origin"),
        "__flash_size": board.get("upload.maximum_size"),
        "__ram_origin": board.get("build.ram_origin"),
        "__ram_size": board.get("upload.maximum_ram_size"),
        "__stack_size": board.get("build.stack_size", 4096),
        "__vectors_origin": board.get("build.vectors_origin", None),
    }
    for name, value in symbols.items():
        if value is not None:
            yield f"-Wl,--defsym={name}={value}"


def run_command() -> list[str]:
    """Return the command that runs a firmware, without the firmware's path."""
    timeout = env.GetProjectOption("custom_emulated_timeout", "120")
    script = str(platform_dir / "run.py")
    return [env.subst("$PYTHONEXE"), script, "--timeout", str(timeout), board.manifest_path]


def write_launcher(target: Any, source: Any, env: Any) -> None:
    """Write the shell script that runs the firmware (SCons action)."""
    quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in run_command())
    launcher = Path(str(target[0]))
    text = LAUNCHER.format(command=quoted, firmware=Path(str(source[0])).name)
    launcher.write_text(text, encoding="utf-8")
    launcher.chmod(0o755)


require_toolchain()
machine_flags = list(board.get("build.flags"))
env.Replace(
    AR=TOOLCHAIN + "ar",
    AS=TOOLCHAIN + "as",
    CC=TOOLCHAIN + "gcc",
    CXX=TOOLCHAIN + "g++",
    GDB=TOOLCHAIN + "gdb",
    OBJCOPY=TOOLCHAIN + "objcopy",
    RANLIB=TOOLCHAIN + "ranlib",
    SIZETOOL=TOOLCHAIN + "size",
    SIZECHECKCMD="$SIZETOOL -A -d $SOURCES",
    # Initialised data counts in both: its bytes wait in flash and live in RAM. RAM includes the
    # stack, which link.ld reserves.
    SIZEPROGREGEXP=r"^(?:\.vectors|\.text|\.ARM\.extab|\.ARM\.exidx|\.data)\s+(\d+)",
    SIZEDATAREGEXP=r"^(?:\.data|\.bss|\.stack)\s+(\d+)",
    PROGNAME="firmware",
    PROGSUFFIX=".elf",
    LDSCRIPT_PATH=str(support_dir / "link.ld"),
    UPLOAD_PROTOCOL="qemu",
)
env.Append(
    ASFLAGS=machine_flags,
    ASPPFLAGS=["-x", "assembler-with-cpp", *machine_flags],
    CCFLAGS=[*machine_flags, "-Os", "-g", "-Wall", "-ffunction-sections", "-fdata-sections"],
    CXXFLAGS=["-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics", "-fno-use-cxa-atexit"],
    CPPDEFINES=list(board.get("build.defines")),
    CPPPATH=[str(support_dir)],
    LINKFLAGS=[
        *(*machine_flags, "-Os", "-nostartfiles", "--specs=nano.specs", "-Wl,--gc-sections"),
        *link_symbols(),
    ],
    LIBS=["m"],
)
env.BuildSources("$BUILD_DIR/EmulatedSupport", str(support_dir), "+<*.c>")

firmware = env.BuildProgram()
launcher = env.Command(
    "$BUILD_DIR/program",
    firmware,
    env.VerboseAction(write_launcher, "Writing $TARGET"),
)
env.Depends(launcher, env.Value(" ".join(run_command())))

run = env.VerboseAction(
    " ".join(f'"{word}"' for word in run_command()) + ' "$SOURCE"', "Running $SOURCE in QEMU"
)
AlwaysBuild(env.Alias("upload", firmware, run))
env.AddPlatformTarget("emulate", firmware, run, "Run", "Run the firmware in QEMU")
Default([firmware, launcher])
