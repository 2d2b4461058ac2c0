#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prepares PlatformIO for machines that cannot reach its registry.

Users who are online never need this. It makes, from PyPI's and Debian's packages alone,

- a PLATFORMIO_CORE_DIR with `tool-scons` (from the installed PyPI package scons) and a platform
  `native`, so that projects that say `platform = native` build unchanged;
- a copy of Unity in a project's `.pio/libdeps/<env>/Unity`, so that `pio test` runs unchanged.

Run it with the Python that has platformio and scons: `python scripts/pio_offline.py --help`.
"""

# ruff: noqa: PLC0415 (the tests import this file where PlatformIO may be missing)

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib import metadata
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
CACHE = REPOSITORY / ".cache"
MANIFEST_NAMES = {"tool": "package.json", "platform": "platform.json", "library": "library.json"}
UNITY_FILES = ("unity.c", "unity.h", "unity_internals.h")
# The Debian source package that carries Unity; Unity itself is not packaged.
UNITY_SOURCE_PACKAGE = "ntpsec"

NATIVE_BUILDER = '''\
"""A stand-in for PlatformIO's platform `native`, made by pio_offline.py."""

from SCons.Script import AlwaysBuild, Default, DefaultEnvironment

env = DefaultEnvironment()
# A tool sets its variables anew, so what the project's options have put there is kept.
kept = {name: env.get(name, []) for name in ("CFLAGS", "CCFLAGS", "CXXFLAGS", "LINKFLAGS")}
for tool in ("gcc", "g++", "gnulink", "ar"):
    env.Tool(tool)
env.Append(**kept)
program = env.BuildProgram()
run = env.VerboseAction('"$SOURCE"', "Running $SOURCE")
AlwaysBuild(env.Alias("upload", program, run))
env.AddPlatformTarget("exec", program, run, "Execute", "Run the program")
Default([program])
'''
NATIVE_PLATFORM = '''\
"""A stand-in for PlatformIO's platform `native`, made by pio_offline.py."""

from platformio.public import PlatformBase


class NativePlatform(PlatformBase):
    pass
'''


class OfflineError(Exception):
    """Something that preparation needs is not on this machine; the text says what to do."""


def environment(core_dir: Path) -> dict[str, str]:
    """Return this process's environment with PlatformIO pointed at `core_dir` and kept quiet."""
    return {
        **os.environ,
        "PLATFORMIO_CORE_DIR": str(core_dir),
        "PLATFORMIO_SETTING_ENABLE_TELEMETRY": "no",
        "PLATFORMIO_SETTING_CHECK_PLATFORMIO_INTERVAL": "36500",
        "PLATFORMIO_DISABLE_UPGRADE_CHECK": "true",
        "PLATFORMIO_DISABLE_PROGRESSBAR": "true",
        "PLATFORMIO_NO_ANSI": "true",
    }


def default_core_dir() -> Path:
    """Return a core directory under `.cache`, one for each PlatformIO version.

    Shared by two versions, a core directory makes PlatformIO go online for an upgrade step.
    """
    return _cache() / f"platformio-{metadata.version('platformio')}"


def seed(core_dir: Path) -> None:
    """Make `core_dir` hold tool-scons and the platform native; what is there already stays.

    Raises OfflineError when PyPI's scons is missing or is not the version PlatformIO asks for.
    """
    scons = core_dir / "packages" / "tool-scons"
    version, wanted = _scons_versions()
    try:
        import SCons  # type: ignore[import-untyped, unused-ignore]
    except ImportError as error:
        raise OfflineError(f"scons is missing. Remedy: pip install scons=={wanted}") from error
    if SCons.__version__ != wanted:
        raise OfflineError(
            f"scons {SCons.__version__} is installed, PlatformIO asks for {wanted}. "
            f"Remedy: pip install scons=={wanted}"
        )
    package: dict[str, object] = {"name": "tool-scons", "version": version, "system": "*"}
    _write_package(scons, "tool", "platformio", package)
    _write(scons / "scons.py", "from SCons.Script import main\n\nmain()\n")

    native = core_dir / "platforms" / "native"
    manifest: dict[str, object] = {
        "name": "native",
        "title": "Native (offline stand-in)",
        "description": "Programs for this computer",
        "version": "1.2.1",
        "frameworks": {},
        "packages": {},
    }
    _write_package(native, "platform", "platformio", manifest)
    _write(native / "builder" / "main.py", NATIVE_BUILDER)
    _write(native / "platform.py", NATIVE_PLATFORM)


def add_unity(project: Path, environments: list[str]) -> None:
    """Put Unity where `pio test` in `project` finds it for each of `environments`.

    Raises OfflineError when Unity can be had neither from the cache nor from Debian.
    """
    if not environments:
        return
    source = _unity_source()
    # The version that the test runner asks for, marked with the one that it gets.
    version = f"{_unity_requirement()}+debian.{source.name.removeprefix('unity-')}"
    for name in environments:
        target = project / ".pio" / "libdeps" / name / "Unity"
        manifest: dict[str, object] = {
            "name": "Unity",
            "version": version,
            "build": {"srcDir": "src"},
        }
        _write_package(target, "library", "throwtheswitch", manifest)
        for file in UNITY_FILES:
            _write(target / "src" / file, (source / file).read_text(encoding="utf-8"))


def _scons_versions() -> tuple[str, str]:
    """Return the version of tool-scons that PlatformIO asks for, and that of PyPI's scons.

    tool-scons 4.41101.0 wraps scons 4.11.1: major, then two digits each of minor and patch.
    """
    from platformio.dependencies import get_core_dependencies  # type: ignore[import-untyped, unused-ignore]

    version = str(get_core_dependencies()["tool-scons"]).lstrip("~^=")
    digits = version.split(".")[1]
    return version, f"{digits[:-4]}.{int(digits[-4:-2])}.{int(digits[-2:])}"


def _unity_requirement() -> str:
    """Return the least version of Unity that PlatformIO's test runner accepts."""
    from platformio.test.runners.unity import UnityTestRunner  # type: ignore[import-untyped, unused-ignore]

    return str(UnityTestRunner.EXTRA_LIB_DEPS[0]).rpartition("^")[2]


def _cache() -> Path:
    """Return the cache directory, made so that git never sees it."""
    CACHE.mkdir(exist_ok=True)
    _write(CACHE / ".gitignore", "*\n")
    return CACHE


def _write(path: Path, text: str) -> None:
    """Write `text` unless it is there already, so that nothing is rebuilt for its date."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _write_package(folder: Path, kind: str, owner: str, manifest: dict[str, object]) -> None:
    """Write a package's manifest and the `.piopm` by which PlatformIO knows it as installed."""
    name = folder.name
    version = manifest["version"]
    spec = {"owner": owner, "id": None, "name": name, "requirements": None, "uri": None}
    installed = {"type": kind, "name": name, "version": version, "spec": spec}
    _write(folder / MANIFEST_NAMES[kind], json.dumps(manifest, indent=2) + "\n")
    _write(folder / ".piopm", json.dumps(installed))


def _unity_source() -> Path:
    """Return a folder named `unity-<version>` with Unity's three files, downloaded once."""
    root = _cache() / "unity"
    for folder in sorted(root.glob("unity-*")):
        if all((folder / name).is_file() for name in UNITY_FILES):
            return folder
    if shutil.which("apt-get") is None:
        raise OfflineError(
            f"Unity is not in {root} and there is no apt-get to fetch it with. Remedy: put "
            f"{', '.join(UNITY_FILES)} into {root}/unity-<version>/."
        )
    with tempfile.TemporaryDirectory() as scratch:
        archive = _download_debian_source(UNITY_SOURCE_PACKAGE, Path(scratch))
        texts = _read_unity(archive)
    numbers = re.findall(r"UNITY_VERSION_(?:MAJOR|MINOR|BUILD)\s+(\d+)", texts["unity.h"])
    target = root / f"unity-{'.'.join(numbers)}"
    for name, text in texts.items():
        _write(target / name, text)
    return target


def _read_unity(archive: Path) -> dict[str, str]:
    """Return the texts of Unity's files from a source archive, by file name."""
    texts: dict[str, str] = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            path = Path(member.name)
            if path.name in UNITY_FILES and path.parent.name == "unity":
                stream = tar.extractfile(member)
                if stream is not None:
                    texts[path.name] = stream.read().decode("utf-8")
    if len(texts) != len(UNITY_FILES):
        raise OfflineError(f"{archive.name} carries no Unity. Remedy: see _unity_source().")
    return texts


def _download_debian_source(package: str, folder: Path) -> Path:
    """Download a Debian source package from this machine's own mirrors; returns its archive.

    apt's configuration is left alone: lists, cache and sources live in `folder`.
    """
    sources = folder / "sources.d"
    sources.mkdir()
    (folder / "lists").mkdir()
    _write(sources / "source.sources", _deb_src_stanzas())
    options = [
        "-oDir::Etc::sourcelist=/dev/null",
        f"-oDir::Etc::sourceparts={sources}",
        f"-oDir::State::lists={folder / 'lists'}",
        f"-oDir::Cache={folder / 'cache'}",
        "-oAcquire::Languages=none",
        "-oAPT::Sandbox::User=",
    ]
    for command in (["update"], ["source", "--download-only", package]):
        result = subprocess.run(
            ["apt-get", "-qq", *options, *command],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if result.returncode != 0:
            raise OfflineError(
                f"apt-get {command[0]} failed: {result.stderr.strip()}. "
                f"Remedy: put {', '.join(UNITY_FILES)} into .cache/unity/unity-<version>/."
            )
    archives = sorted(folder.glob(f"{package}_*.orig.tar.*"))
    archives = [path for path in archives if path.suffix != ".asc"]
    if not archives:
        raise OfflineError(f"apt-get source {package} brought no .orig.tar file")
    return archives[0]


def _deb_src_stanzas() -> str:
    """Return the machine's Debian sources in deb822 form with `deb-src` in place of `deb`."""
    release = dict(
        line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if line
    )
    codename = release.get("VERSION_CODENAME", "stable").strip('"')
    stanzas = []
    for path in sorted(Path("/etc/apt/sources.list.d").glob("*.sources")):
        text = path.read_text(encoding="utf-8")
        for stanza in re.split(r"\n\s*\n", text):
            fields = dict(re.findall(r"^([A-Za-z-]+):[ \t]*(.*)$", stanza, re.MULTILINE))
            if codename in fields.get("Suites", "").split():
                fields["Types"] = "deb-src"
                stanzas.append("\n".join(f"{key}: {value}" for key, value in fields.items()))
    lists = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*.list")]
    for listed in lists:
        text = listed.read_text(encoding="utf-8") if listed.is_file() else ""
        for uri, suite, components in re.findall(
            r"^deb(?:\s+\[[^]]*\])?\s+(\S+)\s+(\S+)\s+(.+)$", text, re.MULTILINE
        ):
            if suite == codename:
                stanzas.append(
                    f"Types: deb-src\nURIs: {uri}\nSuites: {suite}\nComponents: {components}"
                )
    return "\n\n".join(stanzas) + "\n"


def main() -> int:
    """Seeds the core directory and adds Unity as the command line asks; returns the status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--core-dir", type=Path, help="default: .cache/platformio-<version>")
    parser.add_argument("--project", type=Path, default=REPOSITORY, help="default: this repository")
    parser.add_argument(
        "--unity", nargs="+", default=[], metavar="ENV", help="add Unity for these environments"
    )
    options = parser.parse_args()
    try:
        core_dir: Path = options.core_dir or default_core_dir()
        seed(core_dir)
        add_unity(options.project, options.unity)
    except OfflineError as error:
        print(f"pio_offline: error: {error}", file=sys.stderr)
        return 1
    quiet = environment(core_dir)
    for name in sorted(name for name in quiet if name not in os.environ):
        print(f"export {name}='{quiet[name]}'")
    return 0


if __name__ == "__main__":
    sys.exit(main())
