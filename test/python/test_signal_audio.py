"""Audio front ends: C and Python bit for bit, both close to the definition, within their RAM."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.shared import needs_shared
from support.signals import MFCC, Pcm, chunked, recordings, synthetic, with_front_end
from thumbnet.commands.front_end import push
from thumbnet.commands.measure import model_io
from thumbnet.emulator.feed import Fed
from thumbnet.pipeline import Compiled
from thumbnet.reference.interpreter import run
from thumbnet.signal.options import AudioOptions
from thumbnet.signal.quantize import Requantization
from thumbnet.target import resolve_target

from thumbnet.signal import audio

CASES: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "mfcc": (MFCC, (1, 49, 10, 1)),
    # Half the transform is padding, the window has an odd size and frames do not overlap.
    "odd": (
        {"kind": "log_mel", "rate": 8000, "window": 67, "hop": 67, "fft": 128, "bands": 9},
        (1, 7, 9),
    ),
    "full": (
        {
            **{"kind": "log_mel", "rate": 11025, "window": 256, "hop": 100, "fft": 256},
            **{"bands": 20, "low_hz": 100, "mean": -30, "scale": 20},
        },
        (1, 160),
    ),
    "short": (
        {
            **{"kind": "mfcc", "rate": 16000, "window": 18, "hop": 5, "bands": 3, "low_hz": 500},
            **{"coefficients": 3, "scale": 30},
        },
        (1, 1, 12, 3),
    ),
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Compiled]:
    return {
        name: with_front_end(tmp_path_factory.mktemp(name), front_end, shape)
        for name, (front_end, shape) in CASES.items()
    }


def fed(made: Compiled, samples: Pcm, chunks: list[int], target: str = "host", **how: Any) -> Fed:
    return push(made, resolve_target(target), samples, chunks, model_io(made).outputs, **how)


def options_of(made: Compiled) -> AudioOptions:
    assert made.front_end is not None
    assert isinstance(made.front_end.options, AudioOptions)
    return made.front_end.options


def rows_of(made: Compiled, samples: Pcm) -> audio.Array:
    assert made.front_end is not None
    return made.front_end.reference(samples)


@pytest.mark.parametrize("name", CASES)
def test_rows_equal_the_reference_in_chunks_of_any_size(
    compiled: dict[str, Compiled], name: str
) -> None:
    """Under sanitizers; a call may complete several frames, or none."""
    made = compiled[name]
    options = options_of(made)
    samples = np.concatenate(list(synthetic(options).values()))
    most = options.window_samples + 2 * options.hop_samples
    done = fed(made, samples, chunked(len(samples), most, 3), optimization="-O0", sanitize=True)
    wanted = rows_of(made, samples)
    assert len(wanted) > 20
    assert len(np.unique(wanted)) > 30
    assert np.array_equal(done.rows, wanted)


@needs_shared
@pytest.mark.parametrize("target", ["host", "cortex-m4"])
def test_recordings_equal_the_reference(compiled: dict[str, Compiled], target: str) -> None:
    found = recordings()
    assert len(found) == 6
    samples = np.concatenate(list(found.values()))
    done = fed(compiled["mfcc"], samples, chunked(len(samples), 4000, 1), target)
    assert np.array_equal(done.rows, rows_of(compiled["mfcc"], samples))
    assert done.rows.std() > 10


@pytest.mark.parametrize("target", ["cortex-m0", "cortex-m4"])
def test_rows_and_inferences_on_a_microcontroller(
    compiled: dict[str, Compiled], target: str
) -> None:
    """What is left of the samples is heard with the next ones: an inference a call once full."""
    made = compiled["full"]
    samples = np.concatenate(list(synthetic(options_of(made), 3).values()))
    hop = options_of(made).hop_samples
    chunks = [hop] * (len(samples) // hop)
    samples = samples[: sum(chunks)]
    done = fed(made, samples, chunks, target)
    rows = rows_of(made, samples)
    assert np.array_equal(done.rows, rows)
    graph, io = made.reference_graph, model_io(made)
    windows = [rows[i : i + 8] for i in range(len(rows) - 7)]
    shape = graph.tensor(graph.inputs[0]).shape
    wanted = [run(graph, [window.reshape(shape)])[0].tobytes() for window in windows]
    assert len(set(wanted)) > 5
    assert [one[: io.outputs[0].size].tobytes() for one in done.outputs] == wanted


def decibels(options: AudioOptions, samples: Pcm) -> audio.Array:
    """The integers behind the features, before they are quantized, in decibels."""

    class Raw(Requantization):
        def apply(self, values: audio.Array) -> Any:
            return values

    none = np.zeros(0, np.int64)
    tables = dataclasses.replace(
        audio.audio_tables(options, 0.05, 0), requantization=Raw(none, none, 1)
    )
    values = audio.audio_features(tables, samples).astype(np.float64)
    floor = 2 * np.log2(options.fft_size) - 59
    if tables.dct is None:
        return (values / 512 + floor) * audio.DECIBELS
    return (values / 32768 + floor * tables.dct.sum(axis=1) / 32768) * audio.DECIBELS


def loudest_bins(options: AudioOptions, samples: Pcm) -> audio.Array:
    """In decibels, one a frame; of silence the floor."""
    frames = audio.frames_of(options, samples.astype(np.float64) / 32768)
    place = np.arange(options.window_samples) / options.window_samples
    spectrum = np.fft.rfft(frames * np.sin(np.pi * place) ** 2, options.fft_size)
    return 20 * np.log10(np.maximum(np.abs(spectrum).max(axis=1), 1e-9))


@pytest.mark.parametrize("name", ["mfcc", "odd", "full"])
def test_bands_are_close_to_the_definition(name: str) -> None:
    """Within 0.1 dB where a band is at most 70 dB below the loudest bin, in a band or not."""
    front_end = {**CASES[name][0], "kind": "log_mel", "mean": 0.0, "scale": 1.0}
    front_end.pop("coefficients", None)
    options = AudioOptions.model_validate(front_end)
    for what, samples in synthetic(options).items():
        exact = audio.float_features(options, samples)
        near = exact >= loudest_bins(options, samples)[:, None] - 70
        error = np.abs(decibels(options, samples) - exact)[near].max(initial=0)
        assert error < 0.1, (what, error)


@needs_shared
@pytest.mark.parametrize("kind", ["log_mel", "mfcc"])
def test_recordings_are_close_to_the_definition(kind: str) -> None:
    """Within 0.15 dB, whatever the band."""
    front_end = {**MFCC, "kind": kind, "mean": 0.0, "scale": 1.0}
    if kind == "log_mel":
        front_end.pop("coefficients")
    options = AudioOptions.model_validate(front_end)
    for samples in recordings().values():
        exact = audio.float_features(options, samples)
        assert np.abs(decibels(options, samples) - exact).max(initial=0) < 0.15


def test_features_are_the_definition_quantized(compiled: dict[str, Compiled]) -> None:
    made = compiled["mfcc"]
    tensor = made.graph.tensor(made.graph.inputs[0])
    samples = synthetic(options_of(made), 30)["noise"]
    exact = audio.float_features(options_of(made), samples) / tensor.scale + tensor.zero_point
    error = rows_of(made, samples) - np.clip(exact, -128, 127)
    assert np.abs(error).max() < 0.52


def test_mel_bands_overlap_and_peak_at_one() -> None:
    """Neighbours add up to one between the first and the last centre."""
    options = AudioOptions.model_validate(MFCC | {"fft": 4096})
    filters = audio.mel_filters(options)
    centres = filters.argmax(axis=1)
    assert np.allclose(filters.sum(axis=0)[centres[0] + 1 : centres[-1]], 1)
    assert filters.max() <= 1
    assert np.all(np.diff(centres) > 0)


def test_the_dct_is_orthonormal() -> None:
    options = AudioOptions.model_validate(MFCC | {"coefficients": 40, "mean": 0, "scale": 1})
    matrix = audio.dct_matrix(options)
    assert matrix is not None
    assert np.allclose(matrix @ matrix.T, np.eye(40))


def test_ram_and_work_are_what_the_documents_say(compiled: dict[str, Compiled]) -> None:
    made = compiled["mfcc"]
    assert made.front_end is not None
    assert made.front_end.state_bytes <= 6144
    assert f"#define NET_FRONTEND_SIZE {made.front_end.state_bytes}u" in made.files["net.h"]
    samples = synthetic(options_of(made), 49)["noise"]
    done = fed(made, samples, [len(samples)], "cortex-m4")
    assert done.instructions is not None
    assert done.stack_bytes is not None
    text = (Path(__file__).parents[2] / "ARCHITECTURE.md").read_text(encoding="utf-8")
    document = " ".join(text.split())
    assert f"{made.front_end.state_bytes:,} bytes" in document
    assert f"{done.instructions / 49 * 50 / 1e6:.1f} million instructions" in document
    assert done.stack_bytes < 512
