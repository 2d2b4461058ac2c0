"""The examples that hear and feel: what they recognise of data that training never saw."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from support.shared import SHARED, needs_shared
from thumbnet.emulator.measure import WARNINGS
from thumbnet.emulator.toolchain import Toolchain, run_program
from thumbnet.manifest import load
from thumbnet.pipeline import compile_model
from thumbnet.resources import data_directory
from thumbnet.target import resolve_target

EXAMPLES = Path(__file__).parents[2] / "examples"
SPEECH = SHARED / "datasets" / "fsdd" / "fsdd.npz"
GESTURES = SHARED / "datasets" / "magic-wand-imu" / "magic_wand.npz"


def module(example: str, name: str) -> ModuleType:
    """A module of an example, which is a folder of scripts and not a package."""
    sys.path.insert(0, str(EXAMPLES / example))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(EXAMPLES / example))


def output_of(example: str, target: str, samples: np.ndarray, folder: Path) -> list[str]:
    """The lines that the example's firmware prints of ``samples``."""
    board = resolve_target(target)
    made = compile_model(load(EXAMPLES / example / "thumbnet.yaml"), board)
    for file, text in made.files.items():
        (folder / file).write_text(text)
    toolchain = Toolchain(board, example)
    flags = [f"-I{folder}", "-std=c99", *WARNINGS]
    if board.machine is not None:
        flags.append(f"-I{data_directory('emulated') / 'support'}")
    objects = [
        toolchain.compile(source, folder / f"{source.stem}.o", *flags)
        for source in (folder / f"{example}.c", EXAMPLES / example / "src" / "main.c")
    ]
    program = toolchain.link_program(objects, folder / "program.elf", 8192)
    (folder / "recording.raw").write_bytes(samples.astype("<i2").tobytes())
    done = run_program(board, program, example, 300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def stated(example: str, pattern: str) -> list[float]:
    """The numbers that the example's README states where ``pattern`` matches."""
    text = " ".join((EXAMPLES / example / "README.md").read_text(encoding="utf-8").split())
    match = re.search(pattern, text)
    assert match, f"README.md has no {pattern!r}"
    return [float(number.replace(",", "")) for number in match.groups()]


def heard(lines: list[str]) -> list[tuple[float, str]]:
    found = [re.fullmatch(r" *([\d.]+) s  (\w+)", line) for line in lines]
    return [(float(match[1]), match[2]) for match in found if match]


@needs_shared
def test_words_that_training_never_heard(tmp_path: Path) -> None:
    """Right where its word is detected within a second of its end, and nothing else is by then."""
    data, recording = module("keyword", "keyword_data"), module("keyword", "make_recording")
    stream = recording.held_out(data.load(SPEECH), 300, 11)
    found = heard(output_of("keyword", "host", stream.samples, tmp_path))
    begins, ends = stream.begins / data.RATE, stream.ends / data.RATE
    right, false = 0, 0
    for at, word in found:
        (near,) = np.nonzero((begins < at) & (at < ends + 1.0))
        right += any(data.CLASSES[stream.labels[i]] == word for i in near)
        false += not any(data.CLASSES[stream.labels[i]] == word for i in near)
    words, hits, others = stated("keyword", r"(\d+) held-out words, (\d+) .*? and (\d+) false")
    assert (right, false) == (hits, others)
    assert words == 300
    assert right >= 0.9 * 300
    assert false <= 0.08 * 300


@needs_shared
def test_words_on_a_microcontroller(tmp_path: Path) -> None:
    """The same as on this computer, and what it says it costs."""
    data, recording = module("keyword", "keyword_data"), module("keyword", "make_recording")
    stream = recording.held_out(data.load(SPEECH), 4, 7)
    here = output_of("keyword", "host", stream.samples, tmp_path)
    there = output_of("keyword", "emulated_stm32f405", stream.samples, tmp_path)
    assert heard(there) == heard(here) != []
    cost = re.search(r"instructions +(\d+) thousand", "\n".join(there))
    assert cost
    millions = stated("keyword", r"([\d.]+) million instructions a second")
    assert int(cost[1]) / 1000 == pytest.approx(millions[0], abs=0.3)


@needs_shared
def test_noise_and_silence_are_no_words(tmp_path: Path) -> None:
    from support.signals import recordings

    found = recordings()
    samples = [found[name][::2] for name in ("noise_1000ms", "silence_1000ms")] * 4
    assert heard(output_of("keyword", "host", np.concatenate(samples), tmp_path)) == []


@needs_shared
@pytest.mark.parametrize("target", ["host", "emulated_stm32f405"])
def test_gestures_that_training_never_felt(tmp_path: Path, target: str) -> None:
    data = module("gesture", "gesture_data")
    part = data.load(GESTURES)["test"]
    lines = output_of("gesture", target, data.recording(part), tmp_path)
    names = [name.replace("_", " ") for name in data.CLASSES]
    found = [line for line in lines if line in names]
    assert len(found) == 25
    right = sum(name == names[label] for name, label in zip(found, part.labels, strict=True))
    assert [right] == stated("gesture", r"(\d+) of 25")
    assert right >= 22


def test_smoothers_detect_a_word_once(tmp_path: Path) -> None:
    """Four windows of a word, gaps, a weak one, another word at once, and the class of nothing."""
    text = """
#define SMOOTHER_CLASSES 3
#include "smoother.h"
#include <stdio.h>
int main(void)
{
    static const int8_t sure[4][3] = {{127, -128, -128}, {-128, 127, -128}, {-128, -128, 127},
                                      {20, -128, -20}};
    static const char order[] = "2200000022222211110000222222233333333200002";
    smoother_t smoother;
    smoother_init(&smoother, 75, 2);
    for (int i = 0; order[i] != 0; i++) {
        const int word = smoother_push(&smoother, sure[order[i] - '0']);
        if (word >= 0) printf("%d:%d ", i, word);
    }
    return 0;
}
"""
    (tmp_path / "main.c").write_text(text)
    toolchain = Toolchain(resolve_target("host"), "smoother")
    flags = [f"-I{EXAMPLES / 'keyword' / 'src'}", "-std=c99", *WARNINGS]
    made = toolchain.compile(tmp_path / "main.c", tmp_path / "main.o", *flags)
    program = toolchain.link_program([made], tmp_path / "program", 0)
    done = subprocess.run([str(program)], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["5:0", "17:1", "21:0", "41:0"]


def test_nothing_of_the_data_is_committed() -> None:
    names = [path.suffix for path in EXAMPLES.rglob("*") if ".pio" not in path.parts]
    assert not {".raw", ".npz", ".wav"} & set(names)
