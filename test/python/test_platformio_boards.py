"""The development platform `emulated`: its boards, their limits, and what its firmware reports."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from support.boards import board_facts, board_file, link, run_firmware
from support.pio_project import EMULATED, Project, require_platformio, require_programs

pytestmark = pytest.mark.xdist_group("platformio")

BOARDS = sorted(EMULATED.glob("boards/*.json"))

COUNT_C = """\
#include <emulated.h>
#include <stdio.h>

__attribute__((noinline)) static void spin(uint32_t n)
{
    __asm__ volatile(".syntax unified\\n1: subs %0, %0, #1\\n bne 1b\\n" : "+l"(n) : : "cc");
}

static unsigned long measure(uint32_t n)
{
    const uint64_t before = emulated_instructions();
    spin(n);
    return (unsigned long)(emulated_instructions() - before);
}

int main(void)
{
    char words[40];
    const unsigned long fixed = measure(1) - 2u;
    printf("%lu %lu %lu\\n", measure(7) - fixed, measure(1000) - fixed, measure(5000000) - fixed);
    printf("%d %s\\n", emulated_command_line(words, sizeof words), words);
    return 42;
}
"""


def compile_for(board: Path, source: Path, firmware: Path) -> None:
    """Compile firmware for a board by its JSON file alone."""
    linked = link(board_facts(board), [source], firmware)
    assert linked.returncode == 0, linked.stderr


@pytest.mark.parametrize("board", BOARDS, ids=lambda path: path.stem)
def test_board_counts_instructions_exactly(board: Path, tmp_path: Path) -> None:
    """Output, words, exit status and an exact count come back from every board's machine."""
    source = tmp_path / "main.c"
    source.write_text(COUNT_C, encoding="utf-8")
    firmware = tmp_path / "firmware.elf"
    compile_for(board, source, firmware)
    result = run_firmware(board, firmware, "one", "two")
    assert result.stdout == "14 2000 10000000\n0 firmware.elf one two\n"
    assert result.returncode == 42


FAILURES = {
    "fault": ("*(volatile int *)0xF0000000 = 1; ((void (*)(void))0xFFFFFFF0)();", 121, "fault"),
    "stack": ("volatile char deep[6000]; deep[0] = deep[5999] = 1;", 122, "past its limit"),
    "null": ("*(volatile int *)0 = 1;", 121, "fault: pc"),
    "constant": ('*(volatile char *)"text" = 1;', 121, "fault: pc"),
    "assert": ("assert(0);", 123, 'assertion "0" failed'),
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("name", ["rp2040", "stm32f405", "stm32l552", "alif_e3_he"])
def test_failures_have_their_own_status(name: str, failure: str, tmp_path: Path) -> None:
    """Faults, writes into flash, a small stack and an assertion are found and told apart."""
    if name == "rp2040" and failure in ("null", "constant"):
        pytest.skip("QEMU's Cortex-M0 has no memory protection")
    statement, status, text = FAILURES[failure]
    source = tmp_path / "main.c"
    program = f"#include <assert.h>\nint main(void)\n{{\n    {statement}\n    return 0;\n}}\n"
    source.write_text(program, encoding="utf-8")
    board = board_file(name)
    compile_for(board, source, tmp_path / "firmware.elf")
    result = run_firmware(board, tmp_path / "firmware.elf")
    assert (result.returncode, text in result.stdout) == (status, True), result.stdout


def test_runaway_firmware_is_stopped(tmp_path: Path) -> None:
    """The runner's time limit ends firmware that never ends."""
    source = tmp_path / "main.c"
    source.write_text("int main(void)\n{\n    for (;;) {\n    }\n}\n", encoding="utf-8")
    board = board_file("stm32f405")
    compile_for(board, source, tmp_path / "firmware.elf")
    result = run_firmware(board, tmp_path / "firmware.elf", "--timeout", "0.5")
    assert result.returncode == 124
    assert "still ran after 0.5 s. Remedy:" in result.stderr


@pytest.mark.parametrize("board", BOARDS, ids=lambda path: path.stem)
def test_board_file_has_every_key(board: Path) -> None:
    """What README.md lists is there, with the types it says."""
    facts = board_facts(board)
    build, upload = facts["build"], facts["upload"]
    assert set(build) - {"vectors_origin"} == {
        *("cpu", "mcu", "f_cpu", "flags", "defines", "qemu", "flash_origin", "ram_origin")
    }
    assert f"-mcpu={build['cpu']}" in build["flags"]
    assert int(build["flash_origin"], 16) >= 0 and int(build["ram_origin"], 16) > 0
    assert upload["maximum_size"] > 0 and upload["maximum_ram_size"] > 0
    assert f"`{board.stem}`" in (EMULATED / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project for the STM32F405 whose firmware exits with 42."""
    require_programs("arm-none-eabi-gcc", "qemu-system-arm")
    project = Project(tmp_path / "a project", require_platformio())
    project.write("src/main.c", COUNT_C)
    settings = f"[env:m4]\nplatform = symlink://{EMULATED}\nboard = emulated_stm32f405\n"
    project.write("platformio.ini", settings)
    return project


def test_platformio_builds_and_runs(project: Project) -> None:
    """`pio run` prints the sizes, its targets run the firmware and pass on its status."""
    output = project.build()
    assert re.search(r"RAM: .*\(used \d+ bytes from 131072 bytes\)", output)
    assert re.search(r"Flash: .*\(used \d+ bytes from 1048576 bytes\)", output)
    assert "Compiling" not in project.build()
    for target in ("upload", "emulate"):
        output = project.fails("-t", target)
        assert "14 2000 10000000" in output and "Error 42" in output
    project.write("src/main.c", "int main(void) { return 0; }\n")
    project.build("-t", "upload")


def test_part_limits_are_enforced(project: Project) -> None:
    """Firmware that is too big for the real part does not link, though the machine has more."""
    text = "char big[128 * 1024 - 4096];\nint main(void) { return big[0]; }\n"
    project.write("src/main.c", text)
    assert re.search(r"region `RAM' overflowed by \d+ bytes", project.fails())
    project.write("src/main.c", text.replace("- 4096", "- 8192"))
    project.build()
    text = "const char big[1024 * 1024] = {1};\nint main(int n, char **w) { return big[n]; }\n"
    project.write("src/main.c", text)
    assert re.search(r"region `FLASH' overflowed by \d+ bytes", project.fails())


def test_missing_compiler_is_explained(project: Project) -> None:
    """Without arm-none-eabi-gcc the build ends in one line that says what to do."""
    project.variables["PATH"] = str(Path(sys.executable).parent) + os.pathsep + "/nonexistent"
    output = project.fails()
    assert "emulated: error: arm-none-eabi-gcc is not on PATH. Remedy: install it" in output
    assert "Traceback" not in output
