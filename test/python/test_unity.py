"""The Unity suites of `pio test`: run for each environment, and their cases counted.

A test program that prints nothing and exits with 0 is SKIPPED by PlatformIO with exit status 0, so
an exit status alone proves nothing.
"""

from __future__ import annotations

import configparser
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.pio_project import ROOT, load_pio_offline, require_platformio, require_programs

pytestmark = pytest.mark.xdist_group("platformio")

TIME_LIMIT = 300
CONDITIONAL_CASES = {"test_runtime": {"m0plus": 3, "m4": 3, "m33": 3, "m55": 4}}
"""Cases within #if, by suite and environment; somewhere all of them run."""


def environments() -> list[str]:
    """Return the environments of the root platformio.ini."""
    config = configparser.ConfigParser(inline_comment_prefixes=(";",))
    config.read(ROOT / "platformio.ini", encoding="utf-8")
    return [name[4:] for name in config.sections() if name.startswith("env:")]


def suites() -> list[Path]:
    """Return the folders that PlatformIO takes for suites."""
    return sorted(path for path in (ROOT / "test").glob("test_*") if path.is_dir())


def case_count(suite: Path, environment: str) -> int:
    """Return how many cases a suite runs in an environment: those outside every #if, and others."""
    count = CONDITIONAL_CASES.get(suite.name, {}).get(environment, 0)
    conditional = depth = 0
    for source in sorted(suite.rglob("*.c")):
        for line in source.read_text(encoding="utf-8").splitlines():
            if re.match(r"\s*#\s*if", line):
                depth += 1
            elif re.match(r"\s*#\s*endif", line):
                depth -= 1
            cases = len(re.findall(r"\bRUN_TEST\(", line))
            count += cases if depth == 0 else 0
            conditional += cases if depth else 0
    listed = CONDITIONAL_CASES.get(suite.name, {"nowhere": 0})
    assert max(listed.values()) == conditional, f"{suite.name}: list its cases within #if"
    return count


@pytest.mark.parametrize("environment", environments())
def test_unity_suites(environment: str, tmp_path: Path) -> None:
    """Every suite passes in `environment`, with as many cases as its sources run."""
    emulated = environment != "native"
    require_programs(*(("arm-none-eabi-gcc", "qemu-system-arm") if emulated else ("gcc",)))
    core = require_platformio()
    offline = load_pio_offline()
    try:
        offline.add_unity(ROOT, [environment])
    except offline.OfflineError as error:
        pytest.skip(f"Unity cannot be had: {error}")

    report = tmp_path / "report.json"
    words = ["test", "-e", environment, "--json-output-path", str(report)]
    result = subprocess.run(
        [sys.executable, "-m", "platformio", *words],
        cwd=ROOT,
        # The build hook looks for thumbnet in the Python that runs PlatformIO.
        env={**offline.environment(core), "PYTHONPATH": str(ROOT / "python_tools")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIME_LIMIT,
        check=False,
    )
    assert report.is_file(), result.stdout
    found = {
        suite["test_name"]: suite
        for suite in json.loads(report.read_text(encoding="utf-8"))["test_suites"]
        if suite["env_name"] == environment
    }
    assert sorted(found) == [suite.name for suite in suites()], result.stdout
    for suite in suites():
        outcome = found[suite.name]
        count = case_count(suite, environment)
        assert outcome["status"] == "PASSED", result.stdout
        assert count > 0, f"{suite.name} has no case that runs in {environment}"
        assert outcome["testcase_nums"] == count, result.stdout
    assert result.returncode == 0, result.stdout
