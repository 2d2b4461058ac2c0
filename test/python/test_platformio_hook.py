"""platformio/build_hook.py in real `pio run`s, with a stand-in for the package thumbnet."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.pio_project import (
    MAIN_C,
    NATIVE_INI,
    ROOT,
    VERSION,
    Project,
    load_pio_offline,
    require_platformio,
    require_programs,
    write_stand_in,
)

pytestmark = pytest.mark.xdist_group("platformio")


@pytest.fixture(scope="module")
def core() -> Path:
    """Return the seeded PLATFORMIO_CORE_DIR; skips where PlatformIO or a C compiler is missing."""
    require_programs("gcc")
    return require_platformio()


@pytest.fixture
def project(tmp_path: Path, core: Path) -> Project:
    """Return a native project with the library in lib/, one model and the stand-in."""
    project = Project(tmp_path / "project", core)
    project.add_library()
    project.add_model("digits", "7")
    project.write("src/main.c", MAIN_C)
    project.write("platformio.ini", NATIVE_INI)
    project.use_stand_in(tmp_path / "python")
    return project


def test_versions_agree() -> None:
    """The library finds its package by version, so the two are numbered together."""
    for path in ("python_tools/pyproject.toml", "python_tools/thumbnet/__init__.py"):
        assert f'ersion__ = "{VERSION}"' in (text := (ROOT / path).read_text("utf-8")) or (
            f'\nversion = "{VERSION}"' in text
        ), path


@pytest.mark.parametrize("folder", ["example", "an example with spaces"])
def test_packed_library_works_in_an_example(tmp_path: Path, core: Path, folder: str) -> None:
    """Pack, unpack into an example's lib/, build, run: what a user of the registry gets."""
    source = Project(tmp_path / "source", core)
    source.folder.mkdir()
    for name in ("src", "platformio", "python_tools", "examples"):
        ignore = shutil.ignore_patterns("__pycache__", ".pio")
        shutil.copytree(ROOT / name, source.folder / name, ignore=ignore)
    for name in ("README.md", "CHANGELOG.md", "LICENSE"):
        source.write(name, "")
    # A licence makes `pio pkg pack` download the list of licences; PlatformIO has no other way.
    manifest = json.loads((ROOT / "library.json").read_text(encoding="utf-8"))
    del manifest["license"]
    source.write("library.json", json.dumps(manifest))
    packed = source.pio("pkg", "pack", "-o", str(tmp_path / "thumbnet.tar.gz"))
    assert packed.returncode == 0, packed.stdout

    project = Project(tmp_path / folder, core)
    library = project.folder / "lib" / "Thumbnet"
    shutil.unpack_archive(tmp_path / "thumbnet.tar.gz", library)
    assert (library / "platformio" / "emulated" / "support" / "link.ld").is_file()
    assert (library / "python_tools" / "pyproject.toml").is_file()
    assert not (library / "test").exists()
    project.add_model("digits", "7")
    project.write("src/main.c", MAIN_C)
    project.write("platformio.ini", NATIVE_INI)
    project.use_stand_in(tmp_path / "python")
    assert "digits: generated" in project.build()
    assert project.run_program() == "7 for host with 0 bytes\n"


def test_rebuilds_only_what_has_changed(project: Project) -> None:
    """A model, an option and the tool's version are inputs; a second build does nothing."""
    project.build()
    assert len(project.builds()) == 1
    generated = project.folder / ".pio" / "build" / "native" / "thumbnet"
    dates = {path: path.stat().st_mtime_ns for path in generated.iterdir()}

    again = project.build()
    assert "Compiling" not in again and "Generating" not in again
    assert project.builds() == []
    assert {path: path.stat().st_mtime_ns for path in generated.iterdir()} == dates

    project.write("digits.model", "8")
    project.build()
    assert len(project.builds()) == 1
    assert project.run_program() == "8 for host with 0 bytes\n"

    project.write("platformio.ini", NATIVE_INI + "custom_thumbnet_target = generic\n")
    project.build()
    assert project.builds() == [["build", "digits", *words_of_build(generated, "generic")]]
    assert project.run_program() == "8 for generic with 0 bytes\n"

    project.variables["FAKE_THUMBNET_TOOL"] = f"{VERSION}+1"
    same_text = project.build()
    assert len(project.builds()) == 1
    assert "Compiling" not in same_text, "the sources came out the same"


def words_of_build(generated: Path, target: str) -> list[str]:
    """Return the words after the manifest on the command line of `thumbnet build`."""
    return ["--target", target, "--out", str(generated / ".new-digits")]


def test_two_models_in_one_firmware(project: Project) -> None:
    """Several manifests, one a line; two models of one name are refused."""
    project.add_model("words", "5")
    project.write(
        "src/main.c",
        MAIN_C.replace("%d for", "%d %d for")
        .replace("digits_run(),", "digits_run(), words_run(),")
        .replace("<stdio.h>", "<words.h>\n#include <stdio.h>"),
    )
    project.write(
        "platformio.ini", NATIVE_INI.replace("digits.yaml", "\n  digits.yaml\n  words.yaml")
    )
    project.build()
    assert project.run_program() == "7 5 for host with 0 bytes\n"

    project.write("words.yaml", "name: digits\nmodel: words.model\n")
    assert 'are both named "digits". Remedy: give the models different names' in project.fails()


def test_silent_without_its_option(project: Project) -> None:
    """The library lies in storage, nobody uses it: no output, no Python started."""
    project.write("src/main.c", "int main(void) { return 0; }\n")
    project.write("platformio.ini", "[env:native]\nplatform = native\n")
    project.variables["PYTHONPATH"] = ""
    output = project.build()
    assert "humbnet:" not in output and "Generating" not in output
    assert not (project.folder / "calls.log").exists()
    assert not (project.folder / ".pio" / "build" / "native" / "thumbnet").exists()


def test_library_in_two_storages(project: Project) -> None:
    """Two copies of the library set the steps up once."""
    copy = project.folder / "more" / "Thumbnet"
    shutil.copytree(project.folder / "lib" / "Thumbnet", copy)
    project.write("platformio.ini", NATIVE_INI + "lib_extra_dirs = more\n")
    project.build()
    assert len(project.builds()) == 1
    assert project.run_program() == "7 for host with 0 bytes\n"


def test_library_by_symlink(tmp_path: Path, project: Project) -> None:
    """`lib_deps = symlink://...`, as this repository's examples say; also when installed anew."""
    (project.folder / "lib" / "Thumbnet").rename(tmp_path / "Thumb net")
    project.write("platformio.ini", NATIVE_INI + "lib_deps = symlink://../Thumb net\n")
    for _ in range(2):
        project.build()
        assert len(project.builds()) == 1
        assert project.run_program() == "7 for host with 0 bytes\n"
        shutil.rmtree(project.folder / ".pio")


def test_errors_are_thumbnets_own(project: Project) -> None:
    """The message is shown, `pio run` fails, and the last good sources stay."""
    project.build()
    source = project.folder / ".pio" / "build" / "native" / "thumbnet" / "digits.c"
    before = source.read_text(encoding="utf-8")
    project.write("digits.model", "not a number")
    output = project.fails()
    assert 'thumbnet: error: digits.model: node "/conv": no number. Remedy: write one.' in output
    assert source.read_text(encoding="utf-8") == before
    assert not list(source.parent.glob(".new-*"))

    (project.folder / "digits.model").unlink()
    assert "missing" in project.fails(), "a missing model is for thumbnet to explain"
    project.build("-t", "clean")
    output = project.fails()
    assert "missing" in output and "digits.h" not in output, "its own error, not a consequence"
    project.write("digits.model", "9")
    project.build()
    assert project.run_program() == "9 for host with 0 bytes\n"


def test_configuration_in_another_file(project: Project) -> None:
    """With `-c other.ini` the options are found although the script runs elsewhere."""
    (project.folder / "platformio.ini").rename(project.folder / "other.ini")
    project.build("-c", "other.ini")
    assert project.run_program() == "7 for host with 0 bytes\n"
    project.build("-c", "other.ini", "-t", "clean")
    assert not (project.folder / ".pio" / "build" / "native" / "thumbnet").exists()


def test_board_gives_target_and_memory(project: Project) -> None:
    """Instruction set, RAM and flash come from the board."""
    require_programs("arm-none-eabi-gcc", "qemu-system-arm")
    emulated = ROOT / "platformio" / "emulated"
    project.write(
        "platformio.ini",
        f"[env:m4]\nplatform = symlink://{emulated}\nboard = emulated_stm32f405\n"
        "custom_thumbnet_manifest = digits.yaml\n",
    )
    project.build()
    [words] = project.builds()
    assert words[:8] == [
        "build",
        "digits",
        "--target",
        "cortex-m4",
        "--ram",
        "131072",
        "--flash",
        "1048576",
    ]
    assert project.run_program(".pio/build/m4/program") == "7 for cortex-m4 with 131072 bytes\n"


def hide_thumbnet(project: Project, folder: Path) -> None:
    """Make the running Python unable to import thumbnet, and pip unable to reach an index."""
    package = folder / "thumbnet"
    package.mkdir(parents=True)
    text = "raise ModuleNotFoundError(\"No module named 'thumbnet'\")\n"
    (package / "__init__.py").write_text(text, encoding="utf-8")
    project.variables["PYTHONPATH"] = str(folder)
    project.variables["PIP_NO_INDEX"] = "1"
    project.variables["PIP_FIND_LINKS"] = ""
    project.variables["PIP_CONFIG_FILE"] = os.devnull


def test_missing_thumbnet_offline(project: Project, tmp_path: Path) -> None:
    """Nothing is installed in silence, and an environment that cannot be made says what to do."""
    hide_thumbnet(project, tmp_path / "hidden")
    project.core = tmp_path / "core"
    load_pio_offline().seed(project.core)
    library = project.folder / "lib" / "Thumbnet"
    shutil.copy(ROOT / "python_tools" / "pyproject.toml", library / "python_tools")
    output = project.fails()
    assert "Thumbnet: making a Python environment in" in output
    assert "thumbnet: error: no Python environment for thumbnet could be made: ERROR:" in output
    assert "Remedy: connect and build again" in output
    assert not (project.core / f"thumbnet-{VERSION}").exists(), "half an environment stays nowhere"


def test_private_environment_is_made_once(project: Project, tmp_path: Path) -> None:
    """Where PlatformIO's Python has no thumbnet, one is made from the library's own package."""
    hide_thumbnet(project, tmp_path / "hidden")
    project.core = tmp_path / "core"
    load_pio_offline().seed(project.core)
    # A build backend in the package itself: no index is needed to install the stand-in.
    tools = project.folder / "lib" / "Thumbnet" / "python_tools"
    write_stand_in(tools)
    (tools / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        encoding="utf-8",
    )
    (tools / "backend.py").write_text(BACKEND, encoding="utf-8")
    assert "Thumbnet: making a Python environment in" in project.build()
    assert project.run_program() == "7 for host with 0 bytes\n"
    assert "environment" not in project.build()
    (tools / "thumbnet" / "more.py").write_text("", encoding="utf-8")
    assert "Thumbnet: making a Python environment in" in project.build()


BACKEND = '''\
"""Builds the stand-in's wheel with the standard library alone."""

import zipfile
from pathlib import Path

METADATA = "Metadata-Version: 2.1\\nName: thumbnet\\nVersion: 0.1.0\\n"
WHEEL = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = "thumbnet-0.1.0-py3-none-any.whl"
    info = "thumbnet-0.1.0.dist-info"
    with zipfile.ZipFile(Path(wheel_directory) / name, "w") as wheel:
        for path in sorted(Path("thumbnet").rglob("*.py")):
            wheel.write(path)
        for file, text in (("METADATA", METADATA), ("WHEEL", WHEEL), ("RECORD", "")):
            wheel.writestr(f"{info}/{file}", text)
    return name
'''


def test_named_python(project: Project, tmp_path: Path) -> None:
    """custom_thumbnet_python is used, and what is wrong with it is said."""
    hide_thumbnet(project, tmp_path / "hidden")
    interpreter = tmp_path / "with thumbnet"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(interpreter)], check=True)
    python = interpreter / "bin" / "python"
    project.write("platformio.ini", NATIVE_INI + f"custom_thumbnet_python = {python}\n")
    output = project.fails()
    assert f"custom_thumbnet_python = {python}: No module named thumbnet. Remedy:" in output
    [packages] = interpreter.glob("lib/python*/site-packages")
    write_stand_in(packages)
    project.build()
    assert project.run_program() == "7 for host with 0 bytes\n"

    project.variables["FAKE_THUMBNET_TOOL"] = "9.9.9+0"
    assert f"it has thumbnet 9.9.9+0, this library is {VERSION}. Remedy:" in project.fails()
    project.write("platformio.ini", NATIVE_INI + "custom_thumbnet_python = no-such-python\n")
    assert "no-such-python does not start (No such file or directory)" in project.fails()
