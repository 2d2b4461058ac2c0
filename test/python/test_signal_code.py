"""Front ends of sensors and cameras, what generated functions refuse, and bad manifests."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.signals import MFCC, with_front_end
from support.small_networks import Net
from thumbnet.commands.front_end import push
from thumbnet.commands.measure import measure, model_io
from thumbnet.emulator import compile_check
from thumbnet.emulator.measure import SANITIZERS, WARNINGS
from thumbnet.emulator.toolchain import Toolchain
from thumbnet.errors import ThumbnetError
from thumbnet.manifest import load
from thumbnet.pipeline import Compiled, compile_model
from thumbnet.reference.interpreter import run
from thumbnet.signal.camera import FORMATS
from thumbnet.signal.imu import float_rows
from thumbnet.signal.options import KINDS, ImuOptions
from thumbnet.target import resolve_target

IMU: dict[str, Any] = {
    "kind": "imu",
    "channels": 3,
    "mean": [100, -5000, 0],
    "scale": [8192, 300, 16384],
    "every": 4,
}


def reference_outputs(made: Compiled, images: list[np.ndarray[Any, Any]]) -> list[bytes]:
    graph = made.reference_graph
    shape = graph.tensor(graph.inputs[0]).shape
    return [run(graph, [image.reshape(shape)])[0].tobytes() for image in images]


@pytest.mark.parametrize("target", ["host", "cortex-m4"])
def test_sensor_rows_and_inferences(tmp_path: Path, target: str) -> None:
    """Windows of 10 rows, a new one every 4."""
    made = with_front_end(tmp_path, IMU, (1, 10, 3))
    assert made.front_end is not None
    assert made.front_end.state_bytes == 40
    samples = np.random.default_rng(2).normal(size=(31, 3)) * [9000, 9000, 20000]
    samples = np.clip(samples, -32768, 32767).astype("<i2")
    samples[:2] = [[-32768] * 3, [32767] * 3]
    outputs = model_io(made).outputs
    fed = push(
        made,
        resolve_target(target),
        samples,
        [1] * 31,
        outputs,
        optimization="-O1",
        sanitize=target == "host",
    )
    rows = made.front_end.reference(samples)
    assert np.array_equal(fed.rows, rows)
    assert len(np.unique(rows)) > 30
    wanted = reference_outputs(made, [rows[i - 10 : i] for i in range(10, 32, 4)])
    assert [one[: outputs[0].size].tobytes() for one in fed.outputs] == wanted


@pytest.mark.parametrize(
    "schedule",
    [{"input": "buffer"}, {"input": "rows"}, {"ram": {"fast": "2K", "slow": "4K"}}],
    ids=str,
)
def test_a_front_end_goes_with_every_schedule(tmp_path: Path, schedule: dict[str, Any]) -> None:
    front_end = {"kind": "imu", "channels": 5, "scale": 4000}
    made = with_front_end(tmp_path, front_end, (1, 12, 5, 1), schedule=schedule)
    assert made.front_end is not None
    samples = np.random.default_rng(6).normal(size=(15, 5)) * 9000
    samples = samples.astype("<i2")
    outputs = model_io(made).outputs
    how: dict[str, Any] = {"optimization": "-O0", "sanitize": True}
    fed = push(made, resolve_target("host"), samples, [1] * 15, outputs, **how)
    rows = made.front_end.reference(samples)
    wanted = reference_outputs(made, [rows[i : i + 12] for i in range(4)])
    assert len(set(wanted)) > 1
    assert [one[: outputs[0].size].tobytes() for one in fed.outputs] == wanted


def test_sensor_rows_are_the_definition_quantized(tmp_path: Path) -> None:
    made = with_front_end(tmp_path, IMU, (1, 10, 3))
    assert made.front_end is not None
    tensor = made.graph.tensor(made.graph.inputs[0])
    samples = np.random.default_rng(2).integers(-9000, 9000, (100, 3))
    exact = float_rows(ImuOptions.model_validate(IMU), samples) / tensor.scale + tensor.zero_point
    error = made.front_end.reference(samples) - np.clip(exact, -128, 127)
    assert np.abs(error).max() < 0.501


CAMERAS = [
    ("rgb565", 40, 30, "nearest", None, "arena", 3),
    ("rgb565le", 24, 40, "area", None, "rows", 3),
    ("rgb888", 31, 17, "area", [2, 1, 27, 15], "buffer", 3),
    ("rgb888", 7, 6, "area", None, "arena", 1),
    ("yuyv", 32, 24, "area", [1, 0, 20, 20], "arena", 3),
    ("yuyv", 6, 8, "nearest", None, "rows", 1),
    ("gray", 50, 50, "nearest", [10, 20, 9, 9], "buffer", 1),
    ("gray", 12, 12, "nearest", None, "rows", 3),
]


@pytest.mark.parametrize(
    ("form", "width", "height", "resize", "crop", "source", "channels"), CAMERAS
)
def test_a_picture_is_the_reference_whatever_the_schedule(
    tmp_path: Path,
    form: str,
    width: int,
    height: int,
    resize: str,
    crop: list[int] | None,
    source: str,
    channels: int,
) -> None:
    """Two pictures, one after the other; the network shows every row."""
    front_end = {
        **{"kind": "camera", "format": form, "width": width, "height": height, "crop": crop},
        **{"resize": resize, "mean": 128, "scale": 20},
    }
    shape = (1, 12, 10, channels)
    net = Net()
    shown = net.conv(net.image(*shape), 2, 1)
    (tmp_path / "net.tflite").write_bytes(net.finish([shown]))
    text = f"model: net.tflite\nschedule: {{input: {source}}}\nfrontend: {front_end}\n"
    (tmp_path / "thumbnet.yaml").write_text(text.replace("None", "null").replace("'", '"'))
    made = compile_model(load(tmp_path / "thumbnet.yaml"), resolve_target("host"))
    assert made.front_end is not None
    random = np.random.default_rng(3)
    size = (height, width * FORMATS[form])
    pictures = [random.integers(0, 256, size).astype(np.uint8) for _ in range(2)]
    outputs = model_io(made).outputs
    lines = np.concatenate(pictures)
    fed = push(
        made,
        resolve_target("host"),
        lines,
        [1] * len(lines),
        outputs,
        optimization="-O0",
        sanitize=True,
    )
    images = [made.front_end.reference(picture) for picture in pictures]
    assert len(np.unique(images)) > 40
    found = [one[: outputs[0].size].tobytes() for one in fed.outputs]
    assert found == reference_outputs(made, images)


def test_colours_are_what_they_should_be(tmp_path: Path) -> None:
    """Pure colours of every format; a camera's 0 to 255 becomes int8 less 128."""

    def image(form: str, pixel: list[int], channels: int = 3) -> list[int]:
        front_end = {"kind": "camera", "format": form, "width": 8, "height": 6, "mean": 0}
        front_end["scale"] = 20
        made = with_front_end(tmp_path, front_end, (1, 3, 4, channels))
        assert made.front_end is not None
        lines = np.array([pixel * (8 * FORMATS[form] // len(pixel))] * 6, np.uint8)
        rows = made.front_end.reference(lines)
        assert (rows == np.tile(rows[0, :channels], 4)).all()
        return [int(value + 3) for value in rows[0, :channels]]

    assert image("rgb888", [0, 60, 120]) == [0, 60, 120]
    assert image("rgb565", [0b00010_001, 0b111_00011]) == [16, 60, 24]
    assert image("rgb565le", [0b111_00011, 0b00010_001]) == [16, 60, 24]
    assert image("gray", [77]) == [77, 77, 77]
    assert image("yuyv", [50, 128, 50, 128]) == [50, 50, 50]
    assert image("yuyv", [50, 138, 50, 148]) == [78, 32, 68]
    assert image("yuyv", [50, 138, 50, 148], 1) == [50]
    assert image("rgb888", [100, 100, 100], 1) == [100]


# -- the functions ---------------------------------------------------------------------------------

_DRIVER = """
#include "net.h"
#include <string.h>
static THUMBNET_ARENA(arena, NET_ARENA_SIZE);
static net_t net;
static int8_t output[NET_OUTPUT_SIZE];
#define CHECK(condition) if (!(condition)) return __LINE__
int main(void)
{
    static const int16_t samples[NET_FRONTEND_HOP * 3];
    CHECK(net_push_audio(&net, samples, 1) == THUMBNET_ERROR_NOT_INITIALIZED);
    CHECK(net_ready(&net) == THUMBNET_ERROR_NOT_INITIALIZED);
    CHECK(net_run_newest(&net, output) == THUMBNET_ERROR_NOT_INITIALIZED);
    CHECK(net_reset(&net) == THUMBNET_ERROR_NOT_INITIALIZED);
    memset(&net, 0x5A, sizeof net);
    CHECK(net_init(&net, arena, sizeof arena) == THUMBNET_OK);
    CHECK(net_push_audio(NULL, samples, 1) == THUMBNET_ERROR_NULL);
    CHECK(net_push_audio(&net, NULL, 1) == THUMBNET_ERROR_NULL);
    CHECK(net_ready(NULL) == THUMBNET_ERROR_NULL && net_reset(NULL) == THUMBNET_ERROR_NULL);
    CHECK(net_run_newest(&net, NULL) == THUMBNET_ERROR_NULL);
    CHECK(net_push_audio(&net, samples, 0) == THUMBNET_OK && net_ready(&net) == 0);
    CHECK(net_push_audio(&net, samples, 3 * NET_FRONTEND_HOP) == THUMBNET_OK);
    CHECK(net_ready(&net) == 0 && net_run_newest(&net, output) == THUMBNET_ERROR_ROWS);
    CHECK(net_push_audio(&net, samples, NET_FRONTEND_HOP - 1) == THUMBNET_OK);
    CHECK(net_ready(&net) == 0);
    CHECK(net_push_audio(&net, samples, 1) == THUMBNET_OK && net_ready(&net) == 1);
    CHECK(net_run_newest(&net, output) == THUMBNET_OK && net_ready(&net) == 0);
    CHECK(net_run_newest(&net, output) == THUMBNET_OK);
    CHECK(net_push_audio(&net, samples, NET_FRONTEND_HOP) == THUMBNET_OK && net_ready(&net) == 0);
    CHECK(net_push_audio(&net, samples, NET_FRONTEND_HOP) == THUMBNET_OK && net_ready(&net) == 1);
    CHECK(net_reset(&net) == THUMBNET_OK && net_ready(&net) == 0);
    CHECK(net_run_newest(&net, output) == THUMBNET_ERROR_ROWS);
    return 0;
}
"""
SMALL = {"kind": "log_mel", "window": 64, "hop": 64, "bands": 3, "every": 2}


def test_functions_refuse_what_is_out_of_order(tmp_path: Path) -> None:
    """Four frames fill the input; then two more make it ready again."""
    made = with_front_end(tmp_path, SMALL, (1, 4, 3))
    for file, text in {**made.files, "main.c": _DRIVER}.items():
        (tmp_path / file).write_text(text)
    toolchain = Toolchain(resolve_target("host"), "signal", "-O0", SANITIZERS)
    objects = [
        toolchain.compile(tmp_path / f"{name}.c", tmp_path / f"{name}.o", "-std=c99", *WARNINGS)
        for name in ("net", "main")
    ]
    program = toolchain.link_program(objects, tmp_path / "program", 0)
    assert subprocess.run([str(program)], check=False, timeout=60).returncode == 0


@pytest.mark.parametrize(
    ("target", "compiler"), [("cortex-m0", "gcc"), ("cortex-m4", "clang"), ("rv32imc", "gcc")]
)
def test_front_ends_compile_clean(tmp_path: Path, target: str, compiler: Any) -> None:
    camera = {"kind": "camera", "format": "yuyv", "width": 20, "height": 9, "resize": "area"}
    for front_end, shape in ((SMALL, (1, 4, 3)), (IMU, (1, 10, 3)), (camera, (1, 6, 8, 3))):
        made = with_front_end(tmp_path, front_end, shape)
        compile_check(made.files, "net", resolve_target(target), compiler, "-Os")


def test_a_model_without_one_has_none_of_it(tmp_path: Path) -> None:
    net = Net()
    (tmp_path / "net.tflite").write_bytes(net.finish([net.dense(net.image(1, 4, 3))]))
    (tmp_path / "thumbnet.yaml").write_text("model: net.tflite\n")
    made = compile_model(load(tmp_path / "thumbnet.yaml"), resolve_target("host"))
    assert made.front_end is None
    assert not any("frontend" in text.lower() or "signal" in text for text in made.files.values())


def test_measure_counts_the_front_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_front_end(tmp_path, SMALL, (1, 4, 3))
    (tmp_path / "t.yaml").write_text(f"model: net.tflite\nfrontend: {SMALL}\n".replace("'", ""))
    assert measure(tmp_path / "t.yaml", "cortex-m4", None, 1, None, True, frontend=True)
    printed = capsys.readouterr().out
    for figure in ("bytes", "flash_bytes", "stack_bytes", "instructions"):
        assert f'"frontend_{figure}": ' in printed
    assert '"frontend_instructions": null' not in printed


def test_a_board_has_less_ram_for_the_arena(tmp_path: Path) -> None:
    with pytest.raises(ThumbnetError) as caught:
        with_front_end(tmp_path, MFCC, (1, 49, 10, 1), target="emulated_nrf51822")
        with_front_end(
            tmp_path,
            {**MFCC, "window_ms": None, "window": 4096, "hop": 4096, "hop_ms": None},
            (1, 49, 10, 1),
            target="emulated_nrf51822",
        )
    assert "bytes are missing" in caught.value.message()


# -- manifests -------------------------------------------------------------------------------------

AUDIO = "kind: mfcc, rate: 16000, window_ms: 40, hop_ms: 20"
CAMERA = "kind: camera, format: yuyv, width: 20, height: 9"
REFUSED = {
    "kind: mfc": "'mfc' is not one of mfcc, log_mel, imu, camera. Remedy: write \"mfcc\"",
    "rate: 16000": "kind",
    f"{AUDIO}, high_hz: 9000": "frontend.high_hz: 9000 is above 8000, half the rate",
    f"{AUDIO}, low_hz: 8000": "frontend.low_hz: 8000 is not from 0 to below half the rate",
    f"{AUDIO}, low_hz: 300, high_hz: 300": "frontend.high_hz: 300 is not above low_hz, 300",
    f"{AUDIO}, bands: 10, coefficients: 11": "coefficients: 11 is more than the bands, 10",
    f"{AUDIO}, fft: 600": "frontend.fft: 600 is not a power of two",
    f"{AUDIO}, fft: 512": "has fft 512, less than the window's 640 samples",
    f"{AUDIO}, bands: 0": "frontend.bands: 0 is not a whole number from 1 to 128",
    f"{AUDIO}, window: 640": "frontend.window: 640 stands beside window_ms; give one of them",
    f"{AUDIO}, scale: [1, 0]": "frontend.scale.1: 0 is not above zero",
    f"{AUDIO}, mean: .nan": "is not a finite number",
    f"{AUDIO}, coeficients: 10": 'unknown key "frontend.coeficients". Remedy: write "coefficients"',
    "kind: mfcc, rate: 11025, window_ms: 30.1, hop: 100": "331.853 samples, no whole number",
    "kind: mfcc, window_ms: 20, hop_ms: 30": "has a hop of 480 samples, more than the window's 320",
    "kind: mfcc, window_ms: 20": "gives neither hop_ms nor hop",
    "kind: log_mel, window: 64, hop: 64, coefficients: 3": "belongs to kind: mfcc",
    "kind: mfcc, window_ms: 400, hop_ms: 20": "6400 samples and the limits are 16 to 4096",
    "kind: imu, channels: 65": "frontend.channels: 65 is not a whole number from 1 to 64",
    "kind: imu, rate: 100": 'unknown key "frontend.rate"',
    "kind: camera, format: gray, width: 20": 'key "frontend.height" is missing',
    f"{CAMERA}, crop: [0, 0, 21, 9]": "does not lie in 20 x 9",
    "kind: camera, format: yuyv, width: 21, height: 9": "is odd, and yuyv has its pixels in pairs",
    "kind: camera, format: jpeg, width: 21, height: 9": "is not one of rgb565",
}


@pytest.mark.parametrize("front_end", REFUSED)
def test_bad_manifests_are_refused(tmp_path: Path, front_end: str) -> None:
    (tmp_path / "thumbnet.yaml").write_text(f"model: net.tflite\nfrontend: {{{front_end}}}\n")
    with pytest.raises(ThumbnetError) as caught:
        load(tmp_path / "thumbnet.yaml")
    message = caught.value.message().replace(f"{tmp_path}{os.sep}", "")
    assert "\n" not in message
    assert message.startswith("thumbnet.yaml:2: ")
    assert REFUSED[front_end] in message


MISFITS: dict[str, tuple[dict[str, Any], tuple[int, ...], str]] = {
    "bands": (
        {"kind": "log_mel", "window": 64, "hop": 64, "bands": 60},
        (1, 4, 60),
        "lies between two bins of a transform of 64 points (250 Hz apart)",
    ),
    "shape": (SMALL, (1, 4, 4), "has shape [1, 4, 4] and a row of the front end 3 elements"),
    "transposed": (SMALL, (1, 3, 4), "has shape [1, 3, 4]"),
    "numbers": ({**SMALL, "mean": [1, 2]}, (1, 4, 3), "mean has 2 numbers and a row 3 channels"),
    "far": ({**SMALL, "mean": 1e30}, (1, 4, 3), "the mean is too far from the values"),
    "small": ({**SMALL, "scale": 1e-30}, (1, 4, 3), "the scale is too small for the values"),
    "pixels": (
        {"kind": "camera", "format": "gray", "width": 9, "height": 9},
        (1, 4, 4, 2),
        "the input has 2 channels; a camera gives 1 or 3",
    ),
}


@pytest.mark.parametrize("name", MISFITS)
def test_front_ends_that_do_not_fit_the_network_are_refused(tmp_path: Path, name: str) -> None:
    front_end, shape, expected = MISFITS[name]
    with pytest.raises(ThumbnetError) as caught:
        with_front_end(tmp_path, front_end, shape)
    assert expected in caught.value.message()


def test_the_examples_of_the_readme_are_right(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"```yaml\n(frontend: .*?)```", readme, re.DOTALL)
    assert len(found) == 1
    (tmp_path / "thumbnet.yaml").write_text(f"model: kws.tflite\n{found[0]}")
    assert load(tmp_path / "thumbnet.yaml").frontend is not None
    keys = {key for kind in KINDS.values() for key in kind.model_fields}
    table = readme.split("| `kind` | other keys |")[1].split("With `ram:")[0]
    assert keys <= set(re.findall(r"`(\w+)`", table)) | {"kind"}


def test_a_name_that_a_front_end_needs_is_refused(tmp_path: Path) -> None:
    text = "model: a.tflite\ninputs: [ready]\nfrontend: {kind: imu}\n"
    (tmp_path / "thumbnet.yaml").write_text(text)
    with pytest.raises(ThumbnetError, match='cannot stand beside a tensor called "ready"'):
        load(tmp_path / "thumbnet.yaml")
