"""Imports run downwards: the arrows of the design, read from the source, checked one by one."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "python_tools" / "thumbnet"

GRAPH = {"errors", "options", "ir", "quantize.requantize", "operators"}
"""What every room of the compiler stands on."""

PLAN = GRAPH | {"plan"}

PIPELINE = {"", "errors", "options", "ir", "operators", "manifest", "target", "plan"}
"""Beside its rooms: "" is the package itself, for its version."""

ROOMS = {"frontends", "passes", "quantize", "schedule", "codegen", "training", "report", "signal"}

MEMORY = {"schedule.memory", "schedule.live_ranges", "schedule.allocate"}
"""The memory planner: a plan holds its result, so it lies below plans, not among their makers."""

ALLOWED: Mapping[str, set[str]] = {
    "": set(),
    "errors": set(),
    "identifiers": set(),
    "resources": {"errors"},
    "yaml_lines": {"errors"},
    "output": {"errors"},
    "doctor": set(),
    "target": {"errors", "resources", "options"},
    "manifest": {"errors", "identifiers", "yaml_lines", "options", "signal"},
    "options": set(),
    "signal": {"errors"},
    "ir": {"errors", "options"},
    "quantize.requantize": {"ir"},
    "operators": {"errors", "options", "ir", "quantize.requantize"},
    **dict.fromkeys(MEMORY, GRAPH | MEMORY),
    "plan": GRAPH | {"schedule.memory"},
    "frontends": GRAPH,
    "passes": GRAPH,
    "quantize": GRAPH | {"reference"},
    "reference": GRAPH,
    "schedule": PLAN | MEMORY,
    "codegen": PLAN | {"schedule.memory", "signal"},
    "training": PLAN,
    "report": PLAN,
    "emulator": {"errors", "resources", "target"},
    "pipeline": PIPELINE | ROOMS,
    "search": PIPELINE | {"pipeline", "search"},
    "commands": PIPELINE
    | ROOMS
    | {"pipeline", "search", "emulator", "reference"}
    | {"doctor", "output"},
    "cli": {"", "errors", "commands"},
    "__main__": {"cli"},
}
"""What a room may import besides itself; "schedule.allocate" stands for allocate_*.py too."""

TRAINING = frozenset(("training", "search", "frontends.pytorch"))
HEAVY = {
    **dict.fromkeys(("torch", "optuna", "torchvision", "tensorflow", "keras"), TRAINING),
    **dict.fromkeys(("onnx", "google"), frozenset(("frontends.onnx",))),
    "onnxruntime": frozenset[str](),
    "PIL": frozenset(("quantize.pictures",)),
}
"""Packages that only some modules may import, ``a.b`` standing for a.b_*.py too."""


def room(module: str) -> str:
    """The entry of ALLOWED that a module (without ``thumbnet.``) falls under, the longest first."""
    fitting = [name for name in ALLOWED if name and _within(module, name)]
    if not fitting and module:
        raise AssertionError(f"thumbnet.{module} belongs to no room: give it a place in ALLOWED")
    return max(fitting, key=len, default="")


def _within(module: str, name: str) -> bool:
    return module == name or module.startswith(
        (f"{name}.", f"{name}_" if "." in name else f"{name}.")
    )


def modules(package: Path) -> dict[str, Path]:
    """Module name (without the package's) -> file."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path) -> Iterator[str]:
    """Everything that a file imports, wherever it stands: ``a.b`` of both forms of import.

    ``from a import b`` gives ``a.b``, whether b is a module or not.
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and "import" in ast.unparse(node.func):
            constants = [argument for argument in node.args if isinstance(argument, ast.Constant)]
            yield from (str(constant.value) for constant in constants)


def arrows(package: Path) -> list[tuple[str, str]]:
    """(importer, imported) for all modules of the package, as module names."""
    known = modules(package)
    found = []
    for module, path in known.items():
        for name in imports(path):
            first, _, rest = name.partition(".")
            if first == "thumbnet":
                target = rest if rest in known else rest.rpartition(".")[0]
                found.append((module, target))
    return found


def upward(package: Path) -> list[str]:
    """The arrows that ALLOWED does not have."""
    return [
        f"thumbnet.{module} imports thumbnet.{target}"
        for module, target in arrows(package)
        if room(module) != room(target) and room(target) not in ALLOWED[room(module)]
    ]


def cycles(package: Path) -> list[str]:
    """Modules that import themselves through others."""
    edges: dict[str, set[str]] = {}
    for module, target in arrows(package):
        edges.setdefault(module, set()).add(target)

    def reachable(start: str) -> set[str]:
        seen: set[str] = set()
        rest = [start]
        while rest:
            for target in edges.get(rest.pop(), ()):
                if target not in seen:
                    seen.add(target)
                    rest.append(target)
        return seen

    return [module for module in edges if module in reachable(module)]


def heavy(package: Path) -> list[str]:
    """Imports of what only its own room may need."""
    return [
        f"thumbnet.{module} imports {name}"
        for module, path in modules(package).items()
        for name in imports(path)
        for rooms in [HEAVY.get(name.partition(".")[0])]
        if rooms is not None and not any(_within(module, allowed) for allowed in rooms)
    ]


def test_no_import_points_up() -> None:
    assert upward(PACKAGE) == []


def test_no_module_imports_itself_through_others() -> None:
    assert cycles(PACKAGE) == []


def test_heavy_packages_stay_in_their_rooms() -> None:
    assert heavy(PACKAGE) == []


def test_the_walk_sees_the_package() -> None:
    """Guards the three tests above against looking at nothing."""
    found = set(arrows(PACKAGE))
    assert ("cli", "commands.build") in found  # inside a function
    assert ("ir.dump", "ir.graph") in found
    assert ("operators.conv_2d", "quantize.requantize") in found


def test_code_generation_does_no_file_input_or_output() -> None:
    io = {"io", "os", "pathlib", "shutil", "subprocess", "tempfile", "time", "datetime", "random"}
    for module, path in modules(PACKAGE).items():
        if room(module) == "codegen":
            names = {name.partition(".")[0] for name in imports(path)}
            assert not names & io, path
            calls = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
            assert not any(ast.unparse(call.func) == "open" for call in calls), path


@pytest.mark.parametrize("folder", ["platformio", "zephyr_module"])
def test_build_systems_import_nothing_of_thumbnet(folder: str) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        assert not [name for name in imports(path) if name.partition(".")[0] == "thumbnet"], path


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("ir/graph.py", "import thumbnet.operators.base", "thumbnet.ir.graph imports"),
        ("ir/graph.py", "from thumbnet.operators import base", "thumbnet.ir.graph imports"),
        ("ir/graph.py", "from thumbnet.operators.base import Family", "thumbnet.ir.graph imports"),
        ("ir/graph.py", "def f():\n    from thumbnet import cli", "imports thumbnet.cli"),
        ("codegen/header.py", "from thumbnet.passes import run", "thumbnet.codegen.header imports"),
        ("schedule/memory.py", "from thumbnet.schedule.layers import x", "schedule.memory imports"),
        (
            "operators/base.py",
            "from thumbnet.quantize.calibrate import x",
            "operators.base imports",
        ),
        ("pipeline.py", "import importlib\nimportlib.import_module('thumbnet.cli')", "pipeline"),
        ("report/html.py", "from thumbnet.pipeline import Compiled", "report.html imports"),
    ],
)
def test_an_arrow_that_points_up_is_found(
    tmp_path: Path, file: str, text: str, complaint: str
) -> None:
    package = _copy_of_names(tmp_path)
    (package / file).parent.mkdir(exist_ok=True)
    (package / file).write_text(text)
    found = upward(package)
    assert len(found) == 1
    assert complaint in found[0]


def test_a_cycle_inside_a_room_is_found(tmp_path: Path) -> None:
    package = _copy_of_names(tmp_path)
    (package / "passes" / "a.py").write_text("from thumbnet.passes import b")
    (package / "passes" / "b.py").write_text("from thumbnet.passes.a import x")
    assert cycles(package) == ["passes.a", "passes.b"]


def test_torch_in_a_firmware_build_is_found(tmp_path: Path) -> None:
    package = _copy_of_names(tmp_path)
    (package / "pipeline.py").write_text("def f():\n    import torch.nn")
    assert heavy(package) == ["thumbnet.pipeline imports torch.nn"]


def test_onnx_outside_of_its_frontend_is_found(tmp_path: Path) -> None:
    package = _copy_of_names(tmp_path)
    (package / "frontends" / "onnx_model.py").write_text("import onnx")
    (package / "frontends" / "tflite.py").write_text("from onnx import helper")
    (package / "passes" / "a.py").write_text("import onnxruntime")
    assert heavy(package) == [
        "thumbnet.frontends.tflite imports onnx.helper",
        "thumbnet.passes.a imports onnxruntime",
    ]


def test_a_module_without_a_room_is_refused(tmp_path: Path) -> None:
    package = _copy_of_names(tmp_path)
    (package / "utils.py").write_text("import thumbnet.errors")
    with pytest.raises(AssertionError, match=r"thumbnet\.utils belongs to no room"):
        upward(package)


def _copy_of_names(tmp_path: Path) -> Path:
    """The package's modules, all empty."""
    package = tmp_path / "thumbnet"
    for path in modules(PACKAGE).values():
        copy = package / path.relative_to(PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.touch()
    for name in ("passes", "quantize", "operators", "schedule"):
        (package / name / "__init__.py").touch()
    (package / "schedule" / "layers.py").touch()
    (package / "quantize" / "calibrate.py").touch()
    return package
