"""Runs every check of the project: lint, types, formatting, then the tests.

Exit status 0 only if all pass. Tests that need what is absent (shared models, Zephyr, Renode) skip
and are named in the summary.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTHON_DIRS = [
    "python_tools/thumbnet",
    "platformio",
    "scripts",
    "test/python",
    "test/golden",
    "examples",
]


def tracked(*patterns: str) -> list[str]:
    """Files of the checkout that match git patterns."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return listed.stdout.splitlines()


def lint_commands() -> list[list[str]]:
    """Static checks, quickest first."""
    ruff = [str(BIN / "ruff")]
    config = ["--config", "python_tools/pyproject.toml"]
    sources = [name for name in tracked("*.c", "*.h") if (ROOT / name).exists()]
    return [
        [*ruff, "check", *config, *PYTHON_DIRS],
        [*ruff, "format", "--check", *config, *PYTHON_DIRS],
        [str(BIN / "clang-format"), "--dry-run", "--Werror", *sources],
        [str(BIN / "mypy"), "--config-file", "python_tools/pyproject.toml", "-p", "thumbnet"],
    ]


def main() -> int:
    """Runs the checks; returns the number of those that failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lint-only", action="store_true")
    arguments, rest = parser.parse_known_args()
    commands = lint_commands()
    if not arguments.lint_only:
        commands.append(
            [sys.executable, "-m", "pytest", "-c", "test/python/pytest.ini", "test/python", *rest]
        )
    failed = 0
    # Two processes with as many threads each as there are cores would wait for one another.
    environment = {"OPENBLAS_NUM_THREADS": "1", **os.environ}
    for command in commands:
        print("+", Path(command[0]).name, *command[1:4], "...", flush=True)
        failed += subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
