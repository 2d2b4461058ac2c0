"""What the documents say of the code is so, as far as a test can tell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from thumbnet.operators.base import Family
from thumbnet.passes import PASSES

ROOT = Path(__file__).resolve().parents[2]
PAGES = tuple(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))
DOCUMENTS = ("ARCHITECTURE.md", "CONTRIBUTING.md", "SUPPORTED_OPS.md", "README.md", *PAGES)
PACKAGE = ROOT / "python_tools" / "thumbnet"
TESTS = ROOT / "test" / "python"
ROOMS = tuple(PACKAGE / room for room in ("operators", "passes", "schedule"))
PLACES = (ROOT, PACKAGE, *ROOMS, TESTS, TESTS / "support")
"""Where a file that is named by its last part may be."""


def text(name: str) -> str:
    """A document."""
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_files_that_are_named_exist(name: str) -> None:
    named = re.findall(r"`([\w./*-]+\.(?:py|h|c|md|json|ini))`", text(name))
    linked = re.findall(r"\]\(([\w./-]+)\)", text(name))
    assert [path for path in linked if not ((ROOT / name).parent / path).exists()] == []
    generated = ("NAME.", "person_detect.", "thumbnet.yaml", "platformio.ini", "library.json")
    missing = [
        path
        for path in named
        if not path.startswith(generated) and not any(any(p.glob(path)) for p in PLACES)
    ]
    assert missing == []


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != "README.md"])
def test_lines_fit(name: str) -> None:
    assert [line for line in text(name).splitlines() if len(line) > 100] == []


def test_the_architecture_fits_on_a_few_screens() -> None:
    assert len(text("ARCHITECTURE.md").splitlines()) <= 360


def test_the_passes_are_those_of_the_list() -> None:
    table = text("ARCHITECTURE.md").split("## Passes")[1].split("\n## ")[0]
    named = re.findall(r"^\| ([a-z -]+) \| ", table, re.MULTILINE)
    assert named == ["pass", *dict.fromkeys(name for name, _ in PASSES)]


def test_rooms_are_those_of_the_package() -> None:
    block = text("ARCHITECTURE.md").split("## Rooms and arrows")[1].split("```")[1]
    rooms = set(re.findall(r"^  (\w+)/", block, re.MULTILINE)) | {"commands"}
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms == folders


def test_the_recipe_names_what_a_family_must_have() -> None:
    recipe = text("CONTRIBUTING.md").split("## Add an operator")[1].split("\n## ")[0]
    for name in (*Family.__abstractmethods__, "kinds", "constraints"):
        assert f"`{name}`" in recipe


def test_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    for name in DOCUMENTS:
        assert set(re.findall(r"`make ([a-z-]+)`|^    make ([a-z-]+)", text(name), re.M)) <= {
            pair for target in targets for pair in ((target, ""), ("", target))
        }
