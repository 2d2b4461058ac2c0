#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs firmware for an emulated board in QEMU and exits with the firmware's own status.

Usage: run.py BOARD.json FIRMWARE.elf [--timeout SECONDS] [-- ARGUMENT ...]
"""

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

TIMEOUT_STATUS = 124  # as coreutils' timeout does
USAGE_STATUS = 125


def qemu_command(board: Path, firmware: Path, arguments: list[str]) -> list[str]:
    """Return the command line that runs `firmware` on the machine of `board`.

    `-icount shift=6` makes emulated time, and with it emulated_instructions(), a pure function of
    the executed instructions.
    """
    machine: list[str] = json.loads(board.read_text(encoding="utf-8"))["build"]["qemu"]
    words = [firmware.name, *arguments]
    semihosting = ["enable=on", "target=native", *(f"arg={w.replace(',', ',,')}" for w in words)]
    return [
        *("qemu-system-arm", *machine, "-icount", "shift=6"),
        *("-nographic", "-monitor", "none", "-serial", "none"),
        *("-semihosting-config", ",".join(semihosting)),
        *("-kernel", str(firmware)),
    ]


def main() -> int:
    """Run the command line's firmware; returns its status, 124 after the time limit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("board", type=Path, help="the board's JSON file")
    parser.add_argument("firmware", type=Path, help="the ELF file")
    parser.add_argument("arguments", nargs="*", help="words for emulated_command_line()")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds (default: 120)")
    options = parser.parse_args()
    if shutil.which("qemu-system-arm") is None:
        print(
            "emulated: error: qemu-system-arm is not on PATH. Remedy: install QEMU for Arm "
            "(Debian: qemu-system-arm; macOS: brew install qemu).",
            file=sys.stderr,
        )
        return USAGE_STATUS
    command = qemu_command(options.board, options.firmware, options.arguments)
    # QEMU puts its console into raw mode when it is given one.
    try:
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, timeout=options.timeout, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        print(
            f"emulated: error: {options.firmware.name} still ran after {options.timeout:g} s. "
            "Remedy: see whether it loops, or set custom_emulated_timeout.",
            file=sys.stderr,
        )
        return TIMEOUT_STATUS


if __name__ == "__main__":
    sys.exit(main())
