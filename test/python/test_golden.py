"""The golden data of the Unity suites: what make_golden.py makes now, and worth its name."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert")

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "test" / "golden"
KERNELS = ROOT / "src" / "thumbnet" / "kernels"
MOST_HEADER_BYTES = 345_000
"""About 4 KB a kernel function; a case that need not be large should not be."""


@pytest.fixture(scope="module")
def make_golden() -> ModuleType:
    """The script as a module."""
    sys.path.insert(0, str(GOLDEN))
    return importlib.import_module("make_golden")


@pytest.fixture(scope="module")
def files(make_golden: ModuleType) -> dict[str, bytes]:
    """Every file as it would be made now."""
    made: dict[str, bytes] = make_golden.golden_files()
    return made


def without_version(data: bytes) -> bytes:
    """Another interpreter that computes the same is no difference."""
    return re.sub(rb"ai-edge-litert [\w.]+", b"ai-edge-litert", data)


def test_files_are_up_to_date(files: dict[str, bytes]) -> None:
    """A change of the cases, the lowering or the interpreter's results shows."""
    stale = [
        name
        for name, data in files.items()
        if without_version(data) != without_version((GOLDEN / name).read_bytes())
    ]
    assert stale == [], "run test/golden/make_golden.py and look at what changes"


def test_no_other_file_is_there(files: dict[str, bytes]) -> None:
    found = {path.name for path in GOLDEN.iterdir() if path.suffix in (".h", ".tflite")}
    assert found == {*files, "golden.h", "check_kernels.h"}


def test_headers_are_small(files: dict[str, bytes]) -> None:
    assert sum(len(data) for name, data in files.items() if name.endswith(".h")) < MOST_HEADER_BYTES


def row_kernels() -> set[str]:
    """The functions of src/thumbnet/kernels with a row kernel's signature, less their prefix."""
    pattern = r"void\s+thumbnet_(\w+)\(const void \*constants,"
    return {
        name
        for path in KERNELS.glob("*.h")
        for name in re.findall(pattern, path.read_text("utf-8"))
    }


def groups_by_file(files: dict[str, bytes]) -> dict[str, set[str]]:
    """By source file of the Unity suite, the kernels that its header has cases of."""
    return {
        name.replace("kernel_constants", "test_kernels").replace(".h", ".c"): set(
            re.findall(r"golden_case_t golden_(\w+)\[", data.decode())
        )
        for name, data in files.items()
        if name.startswith("kernel_constants")
    }


def test_every_kernel_has_golden_cases(files: dict[str, bytes]) -> None:
    groups = [group for found in groups_by_file(files).values() for group in found]
    assert sorted(groups) == sorted(row_kernels())


def test_every_kernel_is_run_by_its_suite(files: dict[str, bytes]) -> None:
    """That each file's cases are run at all, test_unity.py sees by their number."""
    for name, groups in groups_by_file(files).items():
        suite = (ROOT / "test" / "test_kernels" / name).read_text(encoding="utf-8")
        assert set(re.findall(r"CHECK_CASES\(golden_(\w+)\)", suite)) == groups, name
        assert set(re.findall(r"RUN_TEST\(test_(\w+)\)", suite)) == groups, name


def test_kernel_outputs_tell_something(make_golden: ModuleType) -> None:
    """No case's outputs are nearly all the same or nearly all clipped."""
    for case in make_golden.kernel_cases():
        golden = make_golden.golden_case(case)
        for sample in golden.samples:
            output = sample[-1 - len(golden.states)].reshape(-1)
            _, counts = np.unique(output, return_counts=True)
            assert output.size == 1 or counts.max() <= 0.6 * output.size, case.name


def test_network_outputs_depend_on_the_inputs(make_golden: ModuleType) -> None:
    for network in make_golden.networks():
        reference = make_golden.LiteRT(network.model)
        runs = [[value.copy() for value in reference.run(sample)] for sample in network.inputs]
        for values in zip(*runs, strict=True):
            assert len({value.tobytes() for value in values}) == len(runs), network.name
