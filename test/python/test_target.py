"""Targets: every core and board resolves to what its board file says, and unknown names help."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from thumbnet.errors import ThumbnetError
from thumbnet.resources import data_directory
from thumbnet.target import resolve_target, target_names

BOARDS = Path(__file__).parents[2] / "platformio" / "emulated" / "boards"
BOARD_FILES = sorted(BOARDS.glob("*.json"))


def test_data_directories_hold_what_their_users_need() -> None:
    assert (data_directory("src") / "thumbnet.h").is_file()
    assert (data_directory("emulated") / "support" / "emulated.h").is_file()


def test_installed_files_win_and_missing_ones_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "packages" / "thumbnet"
    monkeypatch.setattr("thumbnet.resources._PACKAGE", package)
    with pytest.raises(ThumbnetError, match=r"src files are missing"):
        data_directory("src")
    (package / "data" / "src").mkdir(parents=True)
    assert data_directory("src") == package / "data" / "src"


@pytest.mark.parametrize(
    ("core", "isa", "fpu"),
    [
        ("cortex-m0", "portable", False),
        ("cortex-m0plus", "portable", False),
        ("cortex-m3", "portable", False),
        ("cortex-m4", "dsp", True),
        ("cortex-m7", "dsp", True),
        ("cortex-m33", "dsp", True),
        ("cortex-m55", "mve", True),
    ],
)
def test_cortex_m_cores(core: str, isa: str, fpu: bool) -> None:
    target = resolve_target(core)
    assert (target.name, target.core, target.isa, target.fpu) == (core, core, isa, fpu)
    assert f"-mcpu={core}" in target.flags
    assert (target.ram, target.flash) == (None, None)
    assert target.machine is not None
    assert target.machine.emulator == "qemu-system-arm"
    assert target.machine.icount_shift == 6


def test_rv32imc() -> None:
    target = resolve_target("rv32imc")
    assert target.flags == ("-march=rv32imc", "-mabi=ilp32")
    assert (target.isa, target.fpu) == ("portable", False)
    assert target.machine is not None
    assert target.machine.emulator == "qemu-system-riscv32"


@pytest.mark.parametrize("name", ["host", "generic"])
def test_native_targets(name: str) -> None:
    target = resolve_target(name)
    assert (target.name, target.flags, target.isa, target.machine) == (name, (), "portable", None)


def test_there_are_boards() -> None:
    assert len(BOARD_FILES) >= 5


@pytest.mark.parametrize("path", BOARD_FILES, ids=lambda path: path.stem)
def test_boards_are_what_their_files_say(path: Path) -> None:
    board = json.loads(path.read_text())
    target = resolve_target(path.stem)
    assert target == resolve_target(path.stem.removeprefix("emulated_"))
    assert target == resolve_target(path.stem.upper())
    assert target.name == path.stem
    assert target.core == board["build"]["cpu"]
    assert list(target.flags) == board["build"]["flags"]
    assert target.ram == board["upload"]["maximum_ram_size"]
    assert target.flash == board["upload"]["maximum_size"]
    assert target.machine is not None
    words = board["build"]["qemu"]
    assert list(target.machine.arguments[: len(words)]) == words
    assert target.machine.flash_origin == int(board["build"]["flash_origin"], 0)
    assert target.machine.ram_size >= board["upload"]["maximum_ram_size"]


def test_an_fpu_is_there_only_where_the_flags_use_it() -> None:
    assert resolve_target("nrf52840").fpu
    assert not resolve_target("nrf52810").fpu
    assert resolve_target("nrf52810").isa == "dsp"


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("cortex-m4f", "cortex-m4"),
        ("stm32f407", "emulated_stm32f405"),
        ("emulated_stm32f401", "emulated_stm32f405"),
        ("rv32imac", "rv32imc"),
    ],
)
def test_unknown_names_name_the_nearest(wrong: str, near: str) -> None:
    with pytest.raises(ThumbnetError) as caught:
        resolve_target(wrong)
    assert wrong in caught.value.place
    assert near in caught.value.remedy


@pytest.mark.parametrize(
    "wrong", ["", "?", "/etc/passwd", "../boards/emulated_stm32f405", "a/stm32f405"]
)
def test_names_without_likeness_list_what_there_is(wrong: str) -> None:
    with pytest.raises(ThumbnetError) as caught:
        resolve_target(wrong)
    assert "cortex-m4" in caught.value.remedy or "stm32" in caught.value.remedy


def test_every_listed_name_resolves() -> None:
    names = target_names()
    assert len(set(names)) == len(names)
    for name in names:
        assert resolve_target(name).name == name


def test_a_broken_board_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "boards").mkdir()
    (tmp_path / "boards" / "emulated_broken.json").write_text('{"build": {"cpu": "cortex-m4"}}')
    monkeypatch.setattr("thumbnet.target.data_directory", lambda name: tmp_path)
    with pytest.raises(ThumbnetError, match="emulated_broken"):
        resolve_target("broken")
