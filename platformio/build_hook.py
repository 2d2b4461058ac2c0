# SPDX-License-Identifier: Apache-2.0
"""PlatformIO extra script: project options and the board become `thumbnet build` steps.

PlatformIO runs this for every copy of the library that it finds, used or not, and some frameworks
run it twice, so it does nothing without `custom_thumbnet_manifest` and sets the steps up once.

Options of platformio.ini:
    custom_thumbnet_manifest    thumbnet.yaml; several, one a line, put several models in a firmware
    custom_thumbnet_target      overrides the instruction set taken from the board
    custom_thumbnet_python      the Python that has the package thumbnet
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator  # noqa: UP035  # see below

from SCons.Errors import UserError  # type: ignore[import-untyped, unused-ignore]
from SCons.Script import DefaultEnvironment, Import  # type: ignore[import-untyped, unused-ignore]

# PlatformIO runs on Pythons older than thumbnet's own; this file must load there to say so.
MINIMUM_PYTHON = (3, 11)

# What the compiler's -mcpu (a board's build.cpu) means for `thumbnet build --target`. Cores that
# are missing get portable C.
CORE_TARGETS = {
    "cortex-m0": "cortex-m0plus",
    "cortex-m0plus": "cortex-m0plus",
    "cortex-m1": "cortex-m0plus",
    "cortex-m23": "cortex-m0plus",
    "cortex-m3": "cortex-m3",
    "cortex-m4": "cortex-m4",
    "cortex-m7": "cortex-m7",
    "cortex-m33": "cortex-m33",
    "cortex-m35p": "cortex-m33",
    "cortex-m55": "cortex-m55",
    "cortex-m85": "cortex-m55",
}
RISCV_CHIPS = ("esp32c2", "esp32c3", "esp32c6", "esp32h2")


class HookError(Exception):
    """Something the user must put right; the text is one message with its remedy."""


class Python:
    """An interpreter that runs the package thumbnet."""

    def __init__(self, executable: str, inherits_path: bool) -> None:
        self.executable = executable
        # PlatformIO exports its own module path in PYTHONPATH; no other interpreter may see it.
        hidden = () if inherits_path else ("PYTHONPATH", "PYTHONHOME")
        self.environment = {key: value for key, value in os.environ.items() if key not in hidden}
        self.answers: dict[str, subprocess.CompletedProcess[str]] = {}

    def inputs(self, manifest: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """Return what `thumbnet inputs MANIFEST` says; it is asked once."""
        if manifest not in self.answers:
            self.answers[manifest] = self.run(["inputs", manifest], folder)
        return self.answers[manifest]

    def run(self, arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
        """Run `python -m thumbnet ARGUMENTS` in `folder`; return what it wrote."""
        return subprocess.run(
            [self.executable, "-m", "thumbnet", *arguments],
            cwd=folder,
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )


class Hook:
    """One project environment's models."""

    def __init__(self, env: Any, library: Path) -> None:
        self.env = env
        self.library = library
        self.project = Path(env.subst("$PROJECT_DIR"))
        self.out = Path(env.subst("$BUILD_DIR")) / "thumbnet"
        manifest = json.loads((library / "library.json").read_text(encoding="utf-8"))
        self.version: str = manifest["version"]

    def option(self, name: str) -> str:
        """Return a project option, or an empty text.

        `pio run -c other.ini` gives a path relative to the project, and an extra script runs in
        the library's folder, where PlatformIO would find no such file and every option unset.
        """
        with working_directory(self.project):
            return str(self.env.GetProjectOption(name, "") or "").strip()

    def manifests(self) -> list[str]:
        """Return the absolute paths of the project's manifests."""
        lines = self.option("custom_thumbnet_manifest").splitlines()
        return [str(self.project / line.strip()) for line in lines if line.strip()]

    def target_arguments(self) -> list[str]:
        """Return what the board says about instruction set, RAM and flash."""
        if "BOARD" not in self.env:
            return ["--target", self.option("custom_thumbnet_target") or "host"]
        board = self.env.BoardConfig()
        core = str(board.get("build.cpu", "")).lower()
        target = CORE_TARGETS.get(core.partition("+")[0], "generic")
        if str(board.get("build.mcu", "")).lower() in RISCV_CHIPS or str(
            board.get("build.march", "")
        ).startswith("rv32im"):
            target = "rv32imc"
        arguments = ["--target", self.option("custom_thumbnet_target") or target]
        for flag, key in (("--ram", "maximum_ram_size"), ("--flash", "maximum_size")):
            size = int(board.get("upload." + key, 0))
            if size > 0:
                arguments += [flag, str(size)]
        return arguments

    def find_python(self, manifest: str) -> Python:
        """Return an interpreter that can run `thumbnet`, making one if there is none."""
        named = self.option("custom_thumbnet_python")
        if named:
            path = str(self.project / named) if Path(named).name != named else named
            python = Python(path, inherits_path=False)
            problem = self.problem(python, manifest)
            if problem is None:
                return python
            raise HookError(
                f"custom_thumbnet_python = {named}: {problem}. "
                f'Remedy: "{path}" -m pip install "{self.tools()}"'
            )
        python = Python(self.env.subst("$PYTHONEXE"), inherits_path=True)
        problem = self.problem(python, manifest)
        if problem is None:
            return python
        return Python(self.private_environment(problem), inherits_path=False)

    def problem(self, python: Python, manifest: str) -> str | None:
        """Say why `python` cannot serve, or return None; errors in the model are no reason."""
        try:
            result = python.inputs(manifest, self.out)
        except OSError as error:
            return f"{python.executable} does not start ({error.strerror})"
        if result.returncode != 0:
            missing = re.search(r"No module named \S+", result.stderr)
            return missing.group() if missing else None
        found = str(json.loads(result.stdout)["tool"])
        if found == self.version or found.startswith((self.version + "+", self.version + " ")):
            return None
        return f"it has thumbnet {found}, this library is {self.version}"

    def tools(self) -> Path:
        """Return the folder of the Python package that came with this library."""
        return self.library / "python_tools"

    def private_environment(self, reason: str) -> str:
        """Return the Python of an environment of thumbnet's own, made once in the core directory.

        A package that has changed since, as in a checkout of this repository, is installed again.
        """
        with working_directory(self.project):
            core = self.env.GetProjectConfig().get("platformio", "core_dir")
        folder = Path(core) / f"thumbnet-{self.version}"
        python = str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
        stamp = folder / "made-from"
        content = hash_tree(self.tools())
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == content:
            return python
        if sys.version_info < MINIMUM_PYTHON:
            raise HookError(
                "thumbnet needs Python 3.11 or later, PlatformIO runs on "
                f"{sys.version_info[0]}.{sys.version_info[1]}. Remedy: install thumbnet for a "
                "later Python and set custom_thumbnet_python to it"
            )
        print(f"Thumbnet: PlatformIO's Python cannot run it ({reason}).")
        print(f"Thumbnet: making a Python environment in {folder} (once; needs a connection) ...")
        sys.stdout.flush()
        pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        try:
            if not stamp.is_file():
                shutil.rmtree(folder, ignore_errors=True)
                run_step([sys.executable, "-m", "venv", str(folder)])
            run_step([python, *pip, str(self.tools())])
            run_step([python, "-m", "thumbnet", "--help"])
        except HookError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise HookError(
                f"no Python environment for thumbnet could be made: {error}. Remedy: connect and "
                f'build again; or `pip install "{self.tools()}"` where it can be installed and set '
                "custom_thumbnet_python in platformio.ini to that Python"
            ) from None
        stamp.write_text(content, encoding="utf-8")
        return python

    def inputs(self, python: Python, manifest: str) -> dict[str, Any]:
        """Asks thumbnet what a manifest's outputs are and what they depend on."""
        result = python.inputs(manifest, self.out)
        if result.returncode != 0:
            raise HookError(result.stderr.strip() or f"`thumbnet inputs {manifest}` failed")
        answer: dict[str, Any] = json.loads(result.stdout)
        return answer

    def add_step(self, python: Python, manifest: str, about: dict[str, Any]) -> list[Any]:
        """Add the step that generates one model; return its C files' nodes."""
        arguments = ["build", manifest, *self.target_arguments()]
        env = self.env
        inputs = [env.File(escape(Path(path))) for path in about["inputs"]]
        words = " ".join(arguments[2:])
        nodes = env.Command(
            [escape(self.out / output) for output in about["outputs"]],
            # A missing model is left out, so that thumbnet says what is wrong, not SCons.
            [node for node in inputs if node.exists() or node.has_builder()],
            env.VerboseAction(build_model, f"Generating {about['name']} ({words})"),
            THUMBNET_STEP=Step(python, arguments, self.out, about["name"], list(about["outputs"])),
        )
        # The words and the tool are inputs like the model; the interpreter's place is not.
        env.Depends(nodes, [env.Value(json.dumps(arguments)), env.Value(str(about["tool"]))])
        env.Precious(nodes)  # a failed step leaves the last good sources
        return [node for node in nodes if str(node).endswith(".c")]

    def add_models(self) -> dict[str, Any]:
        """Add every model's step; return their archive, sources, and folders with headers."""
        manifests = self.manifests()
        self.out.mkdir(parents=True, exist_ok=True)
        python = self.find_python(manifests[0])
        named: dict[str, str] = {}
        sources: list[Any] = []
        for manifest in manifests:
            about = self.inputs(python, manifest)
            other = named.setdefault(about["name"], manifest)
            if other != manifest:
                raise HookError(
                    f'{manifest} and {other} are both named "{about["name"]}". '
                    "Remedy: give the models different names"
                )
            sources += self.add_step(python, manifest, about)
        includes = [escape(self.out), escape(self.library / "src")]
        build = self.env.Clone()
        build.PrependUnique(CPPPATH=includes)
        archive = build.StaticLibrary(escape(self.out / "thumbnet_models"), sources)
        return {"archive": archive, "includes": includes, "sources": sources}


@dataclasses.dataclass(frozen=True)
class Step:
    """One call of `thumbnet build`."""

    python: Python
    arguments: list[str]
    out: Path
    name: str
    outputs: list[str]


def build_model(target: Any, source: Any, env: Any) -> int:
    """Run `thumbnet build`; its files replace the last ones only when all of them are there.

    An SCons action. Its step comes through a variable, because SCons compares what an action
    encloses with the last build's, and an interpreter is no reason to generate again.
    """
    step: Step = env["THUMBNET_STEP"]
    folder = step.out / f".new-{step.name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    result = step.python.run([*step.arguments, "--out", str(folder)], step.out)
    sys.stdout.write(result.stdout)
    sys.stdout.flush()
    sys.stderr.write(result.stderr)
    missing = [name for name in step.outputs if not (folder / name).is_file()]
    status = result.returncode
    if status == 0 and missing:
        sys.stderr.write(f"thumbnet: error: it has not written {', '.join(missing)}\n")
        status = 1
    if status == 0:
        for path in folder.iterdir():
            path.replace(step.out / path.name)
    shutil.rmtree(folder, ignore_errors=True)
    return status


def run_step(command: list[str]) -> None:
    """Run one step of making an environment; raises HookError with its last words."""
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    result = subprocess.run(
        command,
        env=clean,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if result.returncode != 0:
        lines = [line.strip() for line in result.stdout.splitlines() if line.strip()]
        # pip's reason stands before its advice.
        reasons = [line for line in lines if line.startswith("ERROR: ")] or lines[-1:]
        raise HookError(reasons[0] if reasons else f"status {result.returncode}")


def hash_tree(folder: Path) -> str:
    """Return a digest of a folder's file names and contents, without Python's caches."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(folder).as_posix().encode("utf-8") + b"\0")
            digest.update(path.read_bytes())
    return digest.hexdigest()


def escape(path: Path) -> str:
    """Return a path in which SCons sees no variables."""
    return str(path).replace("$", "$$")


@contextlib.contextmanager
def working_directory(folder: Path) -> Iterator[None]:
    """Work in `folder` for a while."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def serve_project(env: Any, includes: list[str], sources: list[Any]) -> None:
    """Let everything that may need the generated headers find them, once they are there.

    The project's sources have an environment of their own, cloned before this script runs. Serving
    it here means that they find the headers whether or not PlatformIO's dependency finder, which
    cannot see a header that is yet to be generated, takes the library for used. They wait for the
    models, so that thumbnet's own error is not lost among those for a missing header.
    """

    def wait_for_models(env: Any, node: Any) -> Any:
        # SCons orders what it builds, not the sources that it only reads.
        built = node if node.has_builder() else env.Object(node)[0]
        env.Requires(built, sources)
        return built

    environments = [DefaultEnvironment(), env]
    with contextlib.suppress(UserError):
        Import("projenv")
        environments.append(projenv)  # type: ignore[name-defined]  # noqa: F821
        environments[-1].AddBuildMiddleware(wait_for_models)
    for environment in environments:
        environment.PrependUnique(CPPPATH=includes)


def main(env: Any, library: Path) -> None:
    """Add the project's models to the build, once."""
    hook = Hook(env, library)
    if not hook.manifests():
        return
    everything = DefaultEnvironment()
    if "THUMBNET_MODELS" not in everything:
        try:
            models = hook.add_models()
        except HookError as error:
            text = str(error)
            own = text.startswith("thumbnet:")
            sys.stderr.write((text if own else f"thumbnet: error: {text}.") + "\n")
            env.Exit(1)
        everything["THUMBNET_MODELS"] = models
        everything.Prepend(LIBS=[models["archive"]])
    models = everything["THUMBNET_MODELS"]
    serve_project(env, models["includes"], models["sources"])


Import("env", "pio_lib_builder")
main(env, Path(pio_lib_builder.path))  # type: ignore[name-defined]  # noqa: F821
