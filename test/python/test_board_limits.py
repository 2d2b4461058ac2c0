"""Real networks on boards that hold them only streamed: linked within their memories, and run."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from elftools.elf.elffile import ELFFile
from support import shared
from support.boards import board_facts, board_file, link, run_firmware
from support.cli import run
from support.litert import run as run_litert
from thumbnet.manifest import load
from thumbnet.pipeline import import_model

FIRMWARE = Path(__file__).parent / "support" / "rows_firmware.c"
STACK = 2048
"""Bytes of RAM that are the stack's; at least half of them stay free for interrupts."""

pytestmark = shared.needs_shared


@dataclass(frozen=True)
class Case:
    """A network and its board; the arena gets what that has left."""

    model: str
    board: str


CASES = {
    "64 KB": Case("mcunet-in3", "m4_64k"),
    # A BBC micro:bit; the image alone (27,648 bytes) is larger than its RAM.
    "16 KB, micro:bit": Case("mlperf-vww96", "nrf51822"),
    "16 KB, vww96": Case("mlperf-vww96", "m4_16k"),
    "16 KB, vww0": Case("mcunet-vww0", "m4_16k"),
    "16 KB, vww1": Case("mcunet-vww1", "m4_16k"),
    "20 KB, vww96": Case("mlperf-vww96", "m4_20k"),
    "20 KB, vww0": Case("mcunet-vww0", "m4_20k"),
    "20 KB, vww1": Case("mcunet-vww1", "m4_20k"),
}


def waves(shape: tuple[int, ...]) -> npt.NDArray[np.int8]:
    """The image that rows_firmware.c makes row by row."""
    y, x = np.indices((shape[1], shape[2] * shape[3]))
    wave = (x * (3 + x % 3) + y * (2 + x % 5)) % 512
    image: npt.NDArray[np.int8] = (np.where(wave < 256, wave, 511 - wave) - 128).astype(np.int8)
    return image.reshape(shape)


def prepare(case: Case, folder: Path, capsys: pytest.CaptureFixture[str]) -> list[Path]:
    """Builds the network as a user does, and what LiteRT makes of the image; returns sources."""
    manifest = folder / "thumbnet.yaml"
    path = shared.model_path(case.model)
    manifest.write_text(f"model: {path}\nname: net\nschedule: {{input: rows}}\n")
    ran = run(capsys, "build", manifest, "--target", case.board, "--out", folder)
    assert ran.status == 0, ran.err
    graph = import_model(load(manifest))
    (scores,) = run_litert(path.read_bytes(), [waves(graph.tensor(graph.inputs[0]).shape)])
    assert scores.dtype == np.int8 and len(set(scores.reshape(-1).tolist())) > 1
    values = ", ".join(map(str, scores.reshape(-1).tolist()))
    text = f"#include <stdint.h>\n\nstatic const int8_t expected[] = {{{values}}};\n"
    (folder / "expected.h").write_text(text)
    return [folder / "net.c", FIRMWARE]


def plan_of(folder: Path) -> dict[str, int]:
    """The generated JSON's figures."""
    figures: dict[str, int] = json.loads((folder / "net.json").read_text())
    return figures


def reserve(stack: int) -> str:
    """The linker's word that reserves ``stack`` bytes for the stack."""
    return f"-Wl,--defsym=__stack_size={stack}"


def static_bytes(firmware: Path) -> int:
    """RAM that is taken before the firmware runs, without the stack's."""
    with firmware.open("rb") as stream:
        file = ELFFile(stream)
        return sum(file.get_section_by_name(name)["sh_size"] for name in (".data", ".bss"))


@pytest.mark.parametrize("name", CASES)
def test_network_runs_on_its_board(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Arena, stack, row and all else within RAM, code and weights within flash; scores exact."""
    case = CASES[name]
    board = board_file(case.board)
    sources = prepare(case, tmp_path, capsys)
    firmware = tmp_path / "firmware.elf"
    linked = link(board_facts(board), sources, firmware, reserve(STACK))
    assert linked.returncode == 0, linked.stderr
    result = run_firmware(board, firmware)
    assert result.returncode == 0, result.stdout + result.stderr
    free, used = map(int, result.stdout.split())
    deepest = STACK - free + used
    assert 0 < used < deepest <= STACK // 2
    arena = plan_of(tmp_path)["arena_bytes"]
    ram = board_facts(board)["upload"]["maximum_ram_size"]
    assert arena < static_bytes(firmware) <= ram - STACK


def test_memories_are_enforced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same firmware does not link with less RAM or flash, and the linker says what misses."""
    case = CASES["16 KB, micro:bit"]
    sources = prepare(case, tmp_path, capsys)
    plan = plan_of(tmp_path)
    for key, region, size in (
        ("maximum_ram_size", "RAM", plan["arena_bytes"] + STACK),
        ("maximum_size", "FLASH", plan["weight_bytes"]),
    ):
        facts = board_facts(board_file(case.board))
        facts["upload"][key] = size
        linked = link(facts, sources, tmp_path / "firmware.elf", reserve(STACK))
        assert linked.returncode != 0
        assert re.search(rf"region `{region}' overflowed by \d+ bytes", linked.stderr)


@pytest.mark.parametrize("case", [CASES["64 KB"], CASES["16 KB, micro:bit"]])
def test_image_in_ram_does_not_fit(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the image in RAM the build fails and names the setting that makes it fit."""
    manifest = tmp_path / "thumbnet.yaml"
    manifest.write_text(f"model: {shared.model_path(case.model)}\nname: net\n")
    ran = run(capsys, "build", manifest, "--target", case.board, "--out", tmp_path)
    assert ran.status == 2
    assert "bytes are missing. Remedy: set schedule: {input: rows}" in ran.err
    assert not list(tmp_path.glob("net*"))
