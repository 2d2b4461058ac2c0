"""PlatformIO projects for tests: offline, with a stand-in for the package thumbnet."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]
EMULATED = ROOT / "platformio" / "emulated"
VERSION = json.loads((ROOT / "library.json").read_text(encoding="utf-8"))["version"]

FAKE_MAIN = '''\
"""A stand-in for thumbnet that obeys its command line; its models are files with one number."""

import json
import os
import re
import sys
from pathlib import Path

if sys.argv[1:] == ["--help"]:
    sys.exit(0)
command, manifest, *rest = sys.argv[1:]
text = Path(manifest).read_text(encoding="utf-8")
name = re.search(r"^name: *(.*)$", text, re.MULTILINE).group(1)
model = Path(manifest).parent / re.search(r"^model: *(.*)$", text, re.MULTILINE).group(1)
log = os.environ.get("FAKE_THUMBNET_LOG")
if log:
    with open(log, "a", encoding="utf-8") as lines:
        lines.write(json.dumps([command, name, *rest]) + "\\n")
if command == "inputs":
    tool = os.environ.get("FAKE_THUMBNET_TOOL", "VERSION+0")
    outputs = [f"{name}.{suffix}" for suffix in ("c", "h", "json")]
    inputs = [str(Path(manifest)), str(model)]
    print(json.dumps({"name": name, "inputs": inputs, "outputs": outputs, "tool": tool}))
    sys.exit(0)
options = dict(zip(rest[::2], rest[1::2]))
if not model.is_file():
    sys.exit("missing")
number = model.read_text(encoding="utf-8").strip()
if not number.isdigit():
    print(f'thumbnet: error: {model.name}: node "/conv": no number. Remedy: write one.',
          file=sys.stderr)
    sys.exit(2)
out = Path(options["--out"])
out.mkdir(parents=True, exist_ok=True)
(out / f"{name}.h").write_text(
    f"#include <thumbnet.h>\\n#define {name.upper()}_RAM {options.get('--ram', 0)}\\n"
    f"#define {name.upper()}_TARGET \\"{options['--target']}\\"\\nint {name}_run(void);\\n")
(out / f"{name}.c").write_text(
    f'#include "{name}.h"\\nint {name}_run(void) {{ return {number}; }}\\n')
(out / f"{name}.json").write_text("{}")
print(f"{name}: generated")
'''

MAIN_C = """\
#include <digits.h>
#include <stdio.h>

int main(void)
{
    printf("%d for %s with %d bytes\\n", digits_run(), DIGITS_TARGET, DIGITS_RAM);
    return 0;
}
"""

NATIVE_INI = """\
[env:native]
platform = native
custom_thumbnet_manifest = digits.yaml
"""


def load_pio_offline() -> ModuleType:
    """Return scripts/pio_offline.py as a module."""
    spec = importlib.util.spec_from_file_location(
        "pio_offline", ROOT / "scripts" / "pio_offline.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def require_platformio() -> Path:
    """Return a seeded core directory; skips the test where PlatformIO cannot run."""
    for name in ("platformio", "SCons"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed in this Python")
    offline = load_pio_offline()
    core: Path = offline.default_core_dir()
    offline.seed(core)
    return core


def require_programs(*names: str) -> None:
    """Skips the test where one of the programs is not on PATH."""
    for name in names:
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not on PATH")


@dataclass
class Project:
    """A PlatformIO project in a folder of its own."""

    folder: Path
    core: Path
    variables: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> Path:
        """Write one of the project's files."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def add_model(self, name: str, number: str) -> None:
        """Add a manifest `<name>.yaml` and its model, which the stand-in understands."""
        self.write(f"{name}.yaml", f"name: {name}\nmodel: {name}.model\n")
        self.write(f"{name}.model", number)

    def add_library(self, source: Path = ROOT) -> None:
        """Copy what the package of the library contains into the project's lib folder."""
        target = self.folder / "lib" / "Thumbnet"
        target.mkdir(parents=True)
        shutil.copy(source / "library.json", target)
        ignore = shutil.ignore_patterns("__pycache__", "emulated")
        for name in ("src", "platformio"):
            shutil.copytree(source / name, target / name, ignore=ignore)
        (target / "python_tools").mkdir()

    def use_stand_in(self, folder: Path) -> None:
        """Make the running Python import the stand-in for thumbnet."""
        write_stand_in(folder)
        self.variables["PYTHONPATH"] = str(folder)
        self.variables["FAKE_THUMBNET_LOG"] = str(self.folder / "calls.log")

    def builds(self) -> list[list[str]]:
        """Return the words of every `thumbnet build` since the last call."""
        log = self.folder / "calls.log"
        lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
        log.unlink(missing_ok=True)
        calls: list[list[str]] = [json.loads(line) for line in lines]
        return [call for call in calls if call[0] == "build"]

    def pio(self, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run `pio ARGUMENTS` in the project; stderr is in stdout, in order."""
        environment = {**load_pio_offline().environment(self.core), **self.variables}
        return subprocess.run(
            [sys.executable, "-m", "platformio", *arguments],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )

    def build(self, *arguments: str) -> str:
        """Run `pio run` and returns its output; the test fails where it fails."""
        result = self.pio("run", *arguments)
        assert result.returncode == 0, result.stdout
        return result.stdout

    def fails(self, *arguments: str) -> str:
        """Run `pio run`, which must fail, and returns its output."""
        result = self.pio("run", *arguments)
        assert result.returncode != 0, result.stdout
        return result.stdout

    def run_program(self, name: str = ".pio/build/native/program") -> str:
        """Run what was built and returns its output."""
        program = self.folder / name
        return subprocess.run(
            [str(program)], capture_output=True, text=True, timeout=60, check=True
        ).stdout


def write_stand_in(folder: Path) -> None:
    """Write the stand-in package into `folder`/thumbnet."""
    package = folder / "thumbnet"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "__main__.py").write_text(FAKE_MAIN.replace("VERSION", VERSION), encoding="utf-8")
