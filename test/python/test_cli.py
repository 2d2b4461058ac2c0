"""The commands: what they print, write and return when all is well."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from support.cli import run, small_model
from support.litert import LiteRT
from support.tflite_writer import Writer
from thumbnet.commands.inputs import package_hash
from thumbnet.commands.samples import make_samples
from thumbnet.ir.graph import Array, Graph
from thumbnet.manifest import implicit
from thumbnet.pipeline import import_model
from thumbnet.reference.interpreter import run as run_reference

import thumbnet
from thumbnet import doctor

Capture = pytest.CaptureFixture[str]

PACKAGE = Path(thumbnet.__file__).parent
EMULATED = shutil.which("arm-none-eabi-gcc") and shutil.which("qemu-system-arm")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.tflite"
    path.write_bytes(small_model())
    return path


@pytest.fixture
def manifest(tmp_path: Path, model: Path) -> Path:
    path = tmp_path / "thumbnet.yaml"
    path.write_text(f"model: {model.name}\nname: net\nlabels: [a, b, c]\n")
    return path


def process(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """``python -m thumbnet ARGUMENTS`` as a build system would call it."""
    return subprocess.run(
        [sys.executable, "-m", "thumbnet", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_version_is_the_package_s() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["project"]
    done = process("--version")
    assert (done.returncode, done.stdout) == (0, f"thumbnet {project['version']}\n")


def test_help_names_every_command(capsys: Capture) -> None:
    ran = run(capsys, "--help")
    assert ran.status == 0
    for command in ("build", "measure", "plan", "inputs", "doctor", "dump"):
        assert command in ran.out
        assert run(capsys, command, "--help").status == 0


# -- inputs -------------------------------------------------------------------------------------


def test_inputs_tell_a_build_system_what_to_watch(tmp_path: Path) -> None:
    folder = tmp_path / "my app"
    folder.mkdir()
    (folder / "thumbnet.yaml").write_text("model: ../nets/kws net.tflite\n")
    done = process("inputs", folder / "thumbnet.yaml")
    assert done.returncode == 0
    assert json.loads(done.stdout) == {
        "name": "kws_net",
        "inputs": [str(folder / "thumbnet.yaml"), str(tmp_path / "nets" / "kws net.tflite")],
        "outputs": ["kws_net.c", "kws_net.h", "kws_net.json"],
        "tool": f"{thumbnet.__version__}+{package_hash(PACKAGE)}",
    }


def test_inputs_of_a_bare_model(capsys: Capture, tmp_path: Path) -> None:
    answer = json.loads(run(capsys, "inputs", tmp_path / "a.tflite").out)
    assert answer["inputs"] == [str(tmp_path / "a.tflite")]
    assert answer["name"] == "a"


def test_inputs_import_nothing_slow(manifest: Path) -> None:
    """Build systems ask at every start; numpy and rich alone would double the time."""
    script = (
        "import sys; from thumbnet.cli import run_command; status = run_command(sys.argv[1:]);"
        "print(status, [m for m in ('numpy', 'rich', 'tflite', 'elftools') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "inputs", str(manifest)],
        env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "0 []"


def test_the_tool_s_hash_follows_its_files(tmp_path: Path) -> None:
    package = tmp_path / "package"
    (package / "a" / "__pycache__").mkdir(parents=True)
    (package / "a" / "x.py").write_text("1")
    first = package_hash(package)
    (package / "a" / "__pycache__" / "x.pyc").write_text("cache")
    assert package_hash(package) == first
    hashes = {first}
    (package / "a" / "x.py").write_text("2")
    hashes.add(package_hash(package))
    (package / "a" / "x.py").rename(package / "a" / "y.py")
    hashes.add(package_hash(package))
    (package / "a" / "kernel.h").write_text("")
    hashes.add(package_hash(package))
    assert len(hashes) == 4


# -- build and the files it writes --------------------------------------------------------------


def test_build_writes_three_files_into_a_new_folder(
    capsys: Capture, tmp_path: Path, manifest: Path
) -> None:
    out = tmp_path / "new folder" / "generated"
    ran = run(capsys, "build", manifest, "--target", "cortex-m4", "--out", out)
    assert (ran.status, ran.err) == (0, "")
    assert sorted(path.name for path in out.iterdir()) == ["net.c", "net.h", "net.json"]
    assert ran.out.startswith("net for cortex-m4: arena ")
    assert ran.out.endswith("; wrote net.c, net.h, net.json\n")
    figures = json.loads((out / "net.json").read_text())
    assert figures["name"] == "net"
    assert f"#define NET_ARENA_SIZE {figures['arena_bytes']}u" in (out / "net.h").read_text()


def test_the_same_build_touches_nothing(capsys: Capture, tmp_path: Path, manifest: Path) -> None:
    out = tmp_path / "out"
    run(capsys, "build", manifest, "--out", out)
    for path in out.iterdir():
        os.utime(path, (1000, 1000))
    ran = run(capsys, "build", manifest, "--out", out)
    assert ran.out.endswith("; unchanged\n")
    assert {path.stat().st_mtime for path in out.iterdir()} == {1000}


# -- plan, dump ---------------------------------------------------------------------------------


def test_plan_as_json_adds_up(capsys: Capture, model: Path) -> None:
    ran = run(capsys, "plan", model, "--target", "cortex-m4", "--json")
    assert ran.status == 0
    plan = json.loads(ran.out)
    assert (plan["model"], plan["target"]) == ("tiny", "cortex-m4")
    # conv: 12 x 10 pixels, 4 x 3 x 3 x 2 taps; fully connected: 3 x 4.
    assert plan["macs"] == 12 * 10 * 72 + 12
    assert plan["arena_bytes"] == max(b["offset"] + b["size"] for b in plan["buffers"])
    assert plan["arena_bytes"] >= plan["arena_lower_bound"]
    live = {operator["name"]: operator["live_bytes"] for operator in plan["operators"]}
    assert live[plan["peak_operator"]] == max(live.values())
    kinds = [operator["kind"] for operator in plan["operators"]]
    assert kinds[0] == "conv_2d"
    assert plan["operators"][0]["shape"] == [1, 12, 10, 4]


def test_plan_marks_one_peak_and_scales_its_bars(capsys: Capture, model: Path) -> None:
    figures = json.loads(run(capsys, "plan", model, "--json").out)
    lines = run(capsys, "plan", model).out.splitlines()
    marked = [line for line in lines if "<- peak" in line]
    assert len(marked) == 1
    for operator in figures["operators"]:
        line = next(
            ln for ln in lines if ln.split()[:2] == [str(operator["index"]), operator["kind"]]
        )
        share = operator["live_bytes"] / max(o["live_bytes"] for o in figures["operators"])
        assert abs(line.count("█") - 24 * share) < 1
        assert ("<- peak" in line) == (operator["name"] == figures["peak_operator"])


def test_plan_keeps_its_columns_beside_long_names(capsys: Capture, tmp_path: Path) -> None:
    writer = Writer()
    x = writer.input((1, 4, 4, 2), scale=0.1, name="serving_default/" + "image/" * 10 + "x:0")
    weights = np.ones((3, 1, 1, 2), np.int8)
    y = writer.conv_2d(x, weights, weight_scale=0.1, scale=0.1)
    writer.graph.tensors[y.index].name = "block/" * 10 + "relu;" + "block/bn;" * 20
    path = tmp_path / "a.tflite"
    path.write_bytes(writer.finish([y]))
    lines = [line.split() for line in run(capsys, "plan", path).out.splitlines()]
    operator = next(words for words in lines if words[1:2] == ["conv_2d"])
    assert operator[0] == "0"
    assert operator[2].endswith("block/relu")
    assert operator[3:5] == ["1x4x4x3", str(16 * 6)]
    assert [words[-1][-3:] for words in lines if words[2:5] == ["in", "-", "0"]] == ["x:0"]


def test_plan_draws_in_ascii_where_it_must(model: Path) -> None:
    done = process("plan", model, PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "########################  <- peak" in done.stdout.replace(" <-", "  <-")


def test_ram_and_flash_limits_are_the_board_s(capsys: Capture, model: Path) -> None:
    arena = json.loads(run(capsys, "plan", model, "--json").out)["arena_bytes"]
    # A fifth of a small board's RAM is left to the stack.
    board = arena * 5 // 4 + 4
    assert (
        json.loads(run(capsys, "plan", model, "--ram", str(board), "--json").out)["arena_bytes"]
        == arena
    )
    tight = json.loads(run(capsys, "plan", model, "--ram", str(arena), "--json").out)
    assert tight["arena_bytes"] <= arena * 4 // 5
    assert run(capsys, "plan", model, "--ram", "64").status == 2
    assert run(capsys, "plan", model, "--flash", "1M").status == 0
    assert run(capsys, "plan", model, "--flash", "10").status == 2


def test_dump_shows_the_graph_before_and_after(capsys: Capture, model: Path) -> None:
    ran = run(capsys, "dump", model)
    assert ran.status == 0
    before, after = ran.out.split("# after the passes\n")
    assert before.startswith("# as imported\ngraph tiny\n")
    assert "conv_2d(" in before
    assert "conv_2d(" in after
    assert "int8[1, 12, 10, 2] scale 0.05" in before


# -- measure ------------------------------------------------------------------------------------

KEYS = {
    "model",
    "target",
    "exact",
    "instructions",
    "predicted_instructions",
    "arena_bytes",
    "stack_bytes",
    "code_bytes",
    "weight_bytes",
    "macs",
    "peak_operator",
}


@pytest.mark.skipif(not EMULATED, reason="needs arm-none-eabi-gcc and qemu-system-arm")
def test_measure_on_an_emulated_core(capsys: Capture, manifest: Path) -> None:
    ran = run(capsys, "measure", manifest, "--target", "cortex-m4", "--json")
    assert (ran.status, ran.err) == (0, "")
    found = json.loads(ran.out)
    assert set(found) >= KEYS
    assert (found["model"], found["target"], found["exact"]) == ("tiny.tflite", "cortex-m4", True)
    assert found["macs"] == 12 * 10 * 72 + 12
    assert found["instructions"] > found["macs"] / 2  # SMLAD: two MACs an instruction at best
    assert 0 < found["stack_bytes"] < 4096
    assert found["code_bytes"] > 500
    assert found["weight_bytes"] >= 72 + 12 + 4 * 4 + 3 * 4
    planned = json.loads(run(capsys, "plan", manifest, "--target", "cortex-m4", "--json").out)
    assert found["arena_bytes"] == planned["arena_bytes"]


def test_measure_here_with_a_user_s_inputs(capsys: Capture, tmp_path: Path, model: Path) -> None:
    samples = np.random.default_rng(3).integers(-128, 128, (4, 1, 12, 10, 2)).astype(np.int8)
    np.save(tmp_path / "a.npy", samples)
    np.savez(tmp_path / "b.npz", input=samples[:, 0])
    np.savez(tmp_path / "c.npz", samples[0])
    for name, count in (("a.npy", 4), ("b.npz", 4), ("c.npz", 1)):
        arguments = ("--target", "host", "--inputs", tmp_path / name, "--json")
        found = json.loads(run(capsys, "measure", model, *arguments).out)
        assert (found["exact"], found["inferences"]) == (True, count)
        assert found["instructions"] is None
    two = ("--target", "host", "--inputs", tmp_path / "a.npy", "--count", "2")
    ran = run(capsys, "measure", model, *two)
    assert ran.status == 0
    assert ["inferences", "2"] in [line.split() for line in ran.out.splitlines()]


def test_measure_notices_outputs_that_differ(
    capsys: Capture, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The generated code is right; a reference that is off by one must make it wrong."""

    def off_by_one(graph: Graph, samples: Sequence[Sequence[Array]]) -> list[list[Array]]:
        found = [run_reference(graph, inputs) for inputs in samples]
        wrong = found[-1][0].copy()
        wrong.flat[-1] = np.int8(wrong.flat[-1]) ^ 1
        return [*found[:-1], [wrong]]

    monkeypatch.setattr("thumbnet.commands.measure.run_sequence", off_by_one)
    ran = run(capsys, "measure", model, "--target", "host", "--json")
    assert ran.status == 1
    assert json.loads(ran.out)["exact"] is False


def test_the_reference_that_measure_uses_is_tflite_s(model: Path) -> None:
    """Otherwise "exact" would compare Thumbnet with Thumbnet."""
    graph = import_model(implicit(model))
    interpreter = LiteRT(model.read_bytes())
    samples = make_samples([graph.tensor(name) for name in graph.inputs], 4)
    outputs = [run_reference(graph, sample)[0] for sample in samples]
    for sample, found in zip(samples, outputs, strict=True):
        np.testing.assert_array_equal(found, interpreter.run(sample)[0])
    assert len({found.tobytes() for found in outputs}) > 1  # the samples tell outputs apart


# -- doctor -------------------------------------------------------------------------------------


def fake_tool(folder: Path, name: str, text: str, status: int = 0) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\nexit {status}\n")
    path.chmod(0o755)


def found(findings: list[doctor.Finding]) -> dict[str, str | None]:
    return {finding.name: finding.version for finding in findings}


def test_doctor_reads_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    debian = "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\nCopyright (c) 2003"
    fake_tool(tmp_path, "qemu-system-arm", debian)
    fake_tool(tmp_path, "cc", "cc (Debian 12.2.0-14+deb12u1) 12.3.0\nCopyright")
    fake_tool(tmp_path, "clang", "clang version 19")
    fake_tool(tmp_path, "west", "broken", status=1)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    versions = found(doctor.examine())
    assert versions["qemu-system-arm"] == "7.2.22"
    assert versions["host C compiler"] == "12.3.0"
    assert versions["clang"] == "found"
    assert versions["west"] is None


def test_doctor_without_any_tool_can_still_build(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    ran = run(capsys, "doctor", "--json")
    assert ran.status == 0
    report = json.loads(ran.out)
    assert report["ready"] is True
    missing = {row["name"]: row["remedy"] for row in report["findings"] if not row["found"]}
    assert set(missing) == {tool.name for tool in doctor.TOOLS} | {"newlib for Arm"}
    assert all(missing.values())
    table = run(capsys, "doctor").out
    assert all(
        name in table and remedy in " ".join(table.split()) for name, remedy in missing.items()
    )


def test_doctor_fails_where_a_package_is_missing(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "PACKAGES", ("numpy", "no-such-package"))
    ran = run(capsys, "doctor", "--json")
    assert ran.status == 1
    assert json.loads(ran.out)["ready"] is False
    assert found(doctor.examine())["package numpy"] == np.__version__


# -- faults of thumbnet itself ------------------------------------------------------------------


@pytest.mark.parametrize("debug", ["", "1"])
def test_an_internal_error_asks_for_a_report(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, debug: str
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("seven")

    monkeypatch.setattr(doctor, "_python", fail)
    monkeypatch.setenv("THUMBNET_DEBUG", debug)
    ran = run(capsys, "doctor")
    assert ran.status == 70
    assert "thumbnet: internal error: ZeroDivisionError: seven\n" in ran.err
    assert "report" in ran.err
    assert ("Traceback" in ran.err) == bool(debug)


def test_a_missing_package_is_named(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ModuleNotFoundError("No module named 'flatbuffers'", name="flatbuffers.table")

    monkeypatch.setattr(doctor, "_python", fail)
    ran = run(capsys, "doctor")
    assert ran.status == 2
    assert ran.err == (
        "thumbnet: error: Python package flatbuffers is missing. Remedy: see thumbnet doctor.\n"
    )


def test_a_reader_that_leaves_early_is_no_error(model: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "thumbnet", "dump", str(model)],
        env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)},
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert done.stderr == ""
