"""Bad input: exit status 2, one message that helps, no traceback, and nothing changed on disk."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.cli import Ran, run, small_model
from support.tflite_writer import Writer

import thumbnet

Capture = pytest.CaptureFixture[str]
Build = Callable[..., str]

OLD = {"net.c": "good.c", "net.h": "good.h", "net.json": "good.json", "other.txt": "other"}
"""The output of an earlier build, which a failure must leave alone."""


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below a folder with contents and modification time, and every folder."""
    return {
        path.relative_to(folder).as_posix(): (
            (path.read_bytes(), path.stat().st_mtime_ns) if path.is_file() else (b"", 0)
        )
        for path in sorted(folder.rglob("*"))
    }


def refused(ran: Ran) -> str:
    """Checks what every refusal has in common; returns the message."""
    assert ran.status == 2, ran
    assert ran.out == ""
    assert ran.err.startswith("thumbnet: error: ")
    assert ran.err.count("thumbnet: error:") == 1
    assert "Traceback" not in ran.err
    assert ran.err.endswith("\n")
    assert ran.err.count("\n") == 1 or all(
        line.startswith("  ") for line in ran.err.splitlines()[1:]
    )
    return ran.err.removeprefix("thumbnet: error: ").rstrip("\n")


@pytest.fixture
def build(capsys: Capture, tmp_path: Path) -> Build:
    """Builds a model or a manifest over an earlier output; checks the refusal and the disk."""
    out = tmp_path / "out"
    out.mkdir()
    for name, text in OLD.items():
        (out / name).write_text(text)

    def build(source: bytes | str, *arguments: str, name: str = "net.tflite") -> str:
        path = tmp_path / name
        path.write_bytes(source if isinstance(source, bytes) else source.encode())
        before = tree(tmp_path)
        message = refused(run(capsys, "build", path, "--out", out, *arguments))
        assert tree(tmp_path) == before
        return message.replace(f"{tmp_path}{os.sep}", "")

    return build


# -- models -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [0, 3, 7, 8, 20, 100, 0.3, 0.5, 0.9, -1])
def test_a_truncated_model(build: Build, kept: float) -> None:
    model = small_model()
    length = int(kept * len(model)) if isinstance(kept, float) else kept
    assert "net.tflite" in build(model[:length])


def test_every_truncation_is_an_answer(capsys: Capture, tmp_path: Path) -> None:
    """Where only unused tail bytes are missing a model may still be whole; else it is refused."""
    model = small_model()
    path = tmp_path / "net.tflite"
    for length in range(0, len(model), max(len(model) // 60, 1)):
        path.write_bytes(model[:length])
        ran = run(capsys, "dump", path)
        assert ran.status in (0, 2), length
        if ran.status == 2:
            refused(ran)


def test_damaged_bytes_are_an_answer(capsys: Capture, tmp_path: Path) -> None:
    """A flipped byte may give another valid model, a refusal, never a fault of thumbnet."""
    model = small_model()
    path = tmp_path / "net.tflite"
    random = np.random.default_rng(0)
    for _ in range(150):
        damaged = bytearray(model)
        damaged[int(random.integers(8, len(model)))] = int(random.integers(256))
        path.write_bytes(damaged)
        ran = run(capsys, "dump", path)
        assert ran.status in (0, 2), ran.err
        if ran.status == 2:
            refused(ran)


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"model: net.tflite\n",
        b"PK\x03\x04" + bytes(60),
        bytes(4096),
        b"\xff" * 4096,
        b"\x08\x00\x00\x00TFL3",
        b"\xf0\xff\xff\x7fTFL3" + bytes(64),
    ],
)
def test_a_file_that_is_no_tflite_model(build: Build, content: bytes) -> None:
    message = build(content)
    assert message.startswith("net.tflite: ")
    assert "TFLite" in message or "flatbuffer" in message.lower() or ".tflite" in message


def test_a_missing_model(capsys: Capture, tmp_path: Path) -> None:
    for command in ("plan", "dump"):
        message = refused(run(capsys, command, tmp_path / "none.tflite"))
        assert f'model "{tmp_path / "none.tflite"}" does not exist. Remedy: ' in message
    assert tree(tmp_path) == {}


def test_a_folder_in_place_of_a_model(capsys: Capture, tmp_path: Path) -> None:
    assert "is a directory" in refused(run(capsys, "plan", tmp_path))


def test_a_missing_model_names_the_manifest_s_line(build: Build) -> None:
    message = build("labels: [a]\nmodel: nets/none.tflite", name="thumbnet.yaml")
    assert message.startswith('thumbnet.yaml:2: model "nets/none.tflite" does not exist. Remedy: ')


def test_unsupported_operators_are_listed_at_once(build: Build) -> None:
    writer = Writer()
    x = writer.input((1, 4, 4, 2), scale=0.1)
    y = writer.tensor(x.shape, "int8", 0.1, name="sine")
    writer.operator("SIN", [x], [y])
    z = writer.tensor(x.shape, "int8", 0.1, name="sign_1")
    writer.operator("SIGN", [y], [z])
    w = writer.tensor(x.shape, "int8", 0.1, name="sign_2")
    writer.operator("SIGN", [z], [w])
    message = build(writer.finish([w]))
    assert "SIN" in message
    assert "SIGN" in message
    assert len(message.splitlines()) >= 2


def test_a_dynamic_shape(build: Build) -> None:
    writer = Writer()
    x = writer.input((1, 4, 4, 2), scale=0.1, signature=(1, -1, -1, 2))
    message = build(writer.finish([writer.softmax(x)]))
    assert "net.tflite" in message
    assert "-1" in message or "dynamic" in message


def test_a_batch_of_two(build: Build) -> None:
    writer = Writer()
    x = writer.input((2, 4, 4, 2), scale=0.1)
    weights = np.ones((3, 3, 3, 2), np.int8)
    y = writer.conv_2d(x, weights, weight_scale=0.1, scale=0.1)
    assert "batch" in build(writer.finish([y])).lower()


def test_an_output_that_is_a_constant(build: Build) -> None:
    writer = Writer()
    x = writer.input((1, 4), scale=0.1)
    constant = writer.constant(np.ones((1, 4), np.int8), 0.1, name="always")
    message = build(writer.finish([writer.softmax(x), constant]))
    assert 'output "always" does not depend on the inputs' in message


def test_a_float_model(build: Build) -> None:
    writer = Writer()
    x = writer.input((1, 4), "float32")
    y = writer.tensor((1, 4), "float32")
    writer.operator("LOGISTIC", [x], [y])
    assert "float32" in build(writer.finish([y])).lower()


# -- the board ----------------------------------------------------------------------------------


def test_too_little_ram_names_the_peak_and_the_bytes_missing(
    capsys: Capture, tmp_path: Path, build: Build
) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(small_model())
    plan = json.loads(run(capsys, "plan", path, "--json").out)
    message = build(small_model(), "--ram", "200")
    names = [operator["name"] for operator in plan["operators"]]
    found = re.search(r'at least (\d+) bytes at node "(.+?)" and .* has (\d+) .*: (\d+) b', message)
    assert found is not None
    assert found[2] in names
    assert int(found[1]) - int(found[3]) == int(found[4]) > 0
    assert int(found[1]) <= plan["arena_bytes"]
    assert "Remedy: " in message


def test_the_manifest_s_limit_counts_too(build: Build, tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(small_model())
    message = build(
        "model: net.tflite\nschedule: {ram: 200}\n", "--ram", "64K", name="thumbnet.yaml"
    )
    assert "schedule.ram has 200 for it: " in message
    assert "bytes are missing" in message


def test_too_little_flash(build: Build) -> None:
    assert "of flash" in build(small_model(), "--flash", "50")


@pytest.mark.parametrize("option", ["--ram", "--flash"])
@pytest.mark.parametrize("value", ["lots", "-5", "0", "1.5K", ""])
def test_sizes_that_are_none(build: Build, option: str, value: str) -> None:
    message = build(small_model(), f"{option}={value}")
    assert message.startswith(f"{option}: {value!r} is no")


def test_an_unknown_target_names_the_nearest(build: Build) -> None:
    message = build(small_model(), "--target", "cortex-m44")
    assert "'cortex-m44'" in message
    assert "cortex-m4" in message.replace("cortex-m44", "")


@pytest.mark.parametrize("name", ["../emulated_stm32f405", "/etc/passwd", "", "a\0b", "x" * 5000])
def test_a_target_is_no_path(build: Build, name: str) -> None:
    build(small_model(), "--target", name)


# -- manifests ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "model: net.tflite\nlables: [a]\n",
            'thumbnet.yaml:2: unknown key "lables". Remedy: write',
        ),
        (
            "model: net.tflite\nio: flaot\n",
            "thumbnet.yaml:2: io: 'flaot' is not one of quantized, ",
        ),
        ("model: net.tflite\nmodel: b\n", 'thumbnet.yaml:2: duplicate key "model"'),
        ("model: net.tflite\ntrain: {ram: 1K}\n", 'thumbnet.yaml:2: key "train" is not supported'),
        ("\x00\x01", "thumbnet.yaml: is not YAML"),
    ],
)
def test_a_bad_manifest(build: Build, text: str, expected: str) -> None:
    assert build(text, name="thumbnet.yaml").startswith(expected)


def test_several_faults_are_one_message(build: Build) -> None:
    message = build("modle: a\nio: 3\n", name="thumbnet.yaml")
    assert len(message.splitlines()) == 3


def test_a_missing_manifest(capsys: Capture, tmp_path: Path) -> None:
    for arguments in (["inputs"], ["build", "--out", str(tmp_path / "out")], ["plan"]):
        message = refused(run(capsys, *arguments, tmp_path / "none.yaml"))
        assert "none.yaml: does not exist. Remedy: " in message
    assert tree(tmp_path) == {}


@pytest.mark.parametrize(
    ("key", "wanted"),
    [("inputs: [a, b]", "inputs"), ("outputs: [a, b]", "outputs"), ("labels: [a, b]", "labels")],
)
def test_names_for_what_the_model_has_not(
    build: Build, tmp_path: Path, key: str, wanted: str
) -> None:
    """One input, one output of three scores."""
    (tmp_path / "net.tflite").write_bytes(small_model())
    message = build(f"model: net.tflite\n{key}\n", name="thumbnet.yaml")
    assert message.startswith(f"thumbnet.yaml:2: {wanted}")
    assert "2" in message.removeprefix("thumbnet.yaml:2:")


# -- outputs ------------------------------------------------------------------------------------


@pytest.mark.parametrize("below", ["file", "file/deeper/still"])
def test_an_output_folder_that_cannot_be(capsys: Capture, tmp_path: Path, below: str) -> None:
    (tmp_path / "net.tflite").write_bytes(small_model())
    (tmp_path / "file").write_text("in the way")
    before = tree(tmp_path)
    ran = run(capsys, "build", tmp_path / "net.tflite", "--out", tmp_path / below)
    message = refused(ran)
    assert f"{tmp_path / below}: cannot be written" in message
    assert "--out" in message
    assert tree(tmp_path) == before


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_output_folder(capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(small_model())
    out = tmp_path / "out"
    out.mkdir(mode=0o500)
    message = refused(run(capsys, "build", tmp_path / "net.tflite", "--out", out))
    assert "Permission denied" in message
    assert list(out.iterdir()) == []


def test_an_output_that_cannot_be_replaced(build: Build, tmp_path: Path) -> None:
    (tmp_path / "out" / "net.json").unlink()
    (tmp_path / "out" / "net.json").mkdir()
    assert "net.json" in build(small_model())


# -- measure's inputs ---------------------------------------------------------------------------


def _samples(path: Path, kind: str) -> Path:
    good = np.zeros((2, 12, 10, 2), np.int8)
    if kind == "shape":
        np.save(path, good[:, :5])
    elif kind == "dtype":
        np.save(path, good.astype(np.float32))
    elif kind == "name":
        np.savez(path.with_suffix(".npz"), image=good)
    elif kind == "number":
        np.savez(path.with_suffix(".npz"), good, good)
    elif kind == "none":
        np.save(path, good[:0])
    elif kind == "objects":
        np.save(path, np.array([{}, "x"], dtype=object), allow_pickle=True)
    elif kind == "text":
        path.write_text("1 2 3")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "truncated":
        np.savez(path.with_suffix(".npz"), input=good)
        whole = path.with_suffix(".npz").read_bytes()
        path.with_suffix(".npz").write_bytes(whole[:-30])
    written = [p for p in (path, path.with_suffix(".npz")) if p.exists()]
    return written[0] if written else path


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("shape", "has shape [2, 5, 10, 2]; samples are [1, 12, 10, 2]"),
        ("dtype", "is float32; the input is int8. Remedy: real / 0.05"),
        ("name", "holds image; the inputs are input"),
        ("number", "holds arr_0, arr_1; the inputs are input"),
        ("none", "holds no samples"),
        ("objects", "cannot be read as .npy or .npz"),
        ("text", "cannot be read as .npy or .npz"),
        ("empty", "cannot be read as .npy or .npz"),
        ("truncated", "cannot be read as .npy or .npz"),
        ("missing", "does not exist"),
    ],
)
def test_inputs_to_measure_with(capsys: Capture, tmp_path: Path, kind: str, expected: str) -> None:
    model = tmp_path / "net.tflite"
    model.write_bytes(small_model())
    samples = _samples(tmp_path / "samples.npy", kind)
    ran = run(capsys, "measure", model, "--target", "host", "--inputs", samples)
    assert expected in refused(ran)


# -- usage --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["biuld"],
        ["build"],
        ["build", "a.tflite"],
        ["build", "a.tflite", "--out"],
        ["build", "a.tflite", "b.tflite", "--out", "o"],
        ["build", "a.tflite", "--out", "o", "--rma", "1K"],
        ["measure", "a.tflite"],
        ["measure", "a.tflite", "--target", "host", "--count", "many"],
        ["measure", "a.tflite", "--target", "host", "--count", "0"],
        ["inputs"],
        ["--verison"],
    ],
)
def test_usage(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    message = refused(run(capsys, *arguments))
    assert message.endswith(". See thumbnet --help.")
    assert tree(tmp_path) == {}


def test_the_process_s_exit_status(tmp_path: Path) -> None:
    """What the tests above see in one process is what a shell sees."""
    done = subprocess.run(
        [sys.executable, "-m", "thumbnet", "plan", str(tmp_path / "none.tflite")],
        env=os.environ | {"PYTHONPATH": str(Path(thumbnet.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    refused(Ran(done.returncode, done.stdout, done.stderr))
