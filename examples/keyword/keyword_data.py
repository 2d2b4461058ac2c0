"""Spoken digits as a stream: recordings, their split, and windows with labels.

The recordings are those of the Free Spoken Digit Dataset (3,000 of six speakers, 8 kHz) in one
.npz: `samples` int16, `offsets`, `labels`, `speaker`, `take`. Takes 0 to 4 are for tests, 5 to 7
for choosing, as the data set's authors split them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from thumbnet.signal.audio import AudioTables, audio_features

RATE = 8000
CLASSES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
NOTHING = len(CLASSES)
"""The class of a window that no word lies in."""

FRAMES = 49
"""Rows of the network's input."""


@dataclass(frozen=True)
class Words:
    """Recordings and their digits."""

    recordings: list[NDArray[np.int16]]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class Stream:
    """int16 samples with the first and last sample and the digit of every word."""

    samples: NDArray[np.int16]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    labels: NDArray[np.int64]


def load(path: Path) -> dict[str, Words]:
    """The parts `train`, `validation` and `test`."""
    with np.load(path, allow_pickle=False) as data:
        samples, offsets, takes = data["samples"], data["offsets"], data["take"]
        labels = data["labels"].astype(np.int64)
    parts = {"test": takes < 5, "validation": (takes >= 5) & (takes < 8), "train": takes >= 8}
    return {
        name: Words(
            [samples[offsets[i] : offsets[i + 1]] for i in np.flatnonzero(chosen)], labels[chosen]
        )
        for name, chosen in parts.items()
    }


def make_stream(words: Words, seed: int, loudness: tuple[float, float] = (0.25, 1.0)) -> Stream:
    """All words in random order, 0.5 to 1.3 s of background noise between them.

    Each word's peak is `loudness` of full scale; noise is white to brown, 20 to 50 dB below.
    """
    random = np.random.default_rng(seed)
    order = random.permutation(len(words.recordings))
    pieces: list[NDArray[np.float64]] = []
    begins, ends, at = [], [], 0
    for index in order:
        word = words.recordings[index].astype(np.float64)
        gap = int(random.uniform(0.5, 1.3) * RATE)
        level = random.uniform(*loudness) * 32767
        word *= level / max(float(np.abs(word).max()), 1.0)
        piece = _noise(random, gap + len(word)) * level * 10 ** random.uniform(-2.5, -1)
        piece[gap:] += word
        pieces.append(piece)
        begins.append(at + gap)
        ends.append(at + len(piece))
        at += len(piece)
    samples = np.concatenate([*pieces, _noise(random, RATE) * 100])
    return Stream(
        np.clip(np.rint(samples), -32768, 32767).astype(np.int16),
        np.array(begins),
        np.array(ends),
        words.labels[order],
    )


def _noise(random: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Noise of variance 1 whose spectrum falls by 0 to 6 dB an octave."""
    spectrum = np.fft.rfft(random.normal(size=count))
    spectrum *= (np.arange(len(spectrum)) + 10.0) ** -random.uniform(0, 1)
    noise = np.fft.irfft(spectrum, count)
    return noise / noise.std()


def windows(
    tables: AudioTables, stream: Stream, step: int
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Every `step`-th input of the network, [N, FRAMES, features], and its class.

    The class is that of the word that lies in the window with nine tenths of itself, NOTHING where
    no word does with half of itself; windows in between, or with two words, are left out.
    """
    rows = audio_features(tables, stream.samples)
    hop, size = tables.options.hop_samples, tables.options.window_samples
    inputs, classes = [], []
    for last in range(FRAMES - 1, len(rows), step):
        begin, end = (last - FRAMES + 1) * hop, last * hop + size
        inside = np.minimum(end, stream.ends) - np.maximum(begin, stream.begins)
        parts = inside / (stream.ends - stream.begins)
        whole = np.flatnonzero(parts >= 0.9)
        if len(whole) > 1 or (len(whole) == 0 and parts.max() > 0.5):
            continue
        inputs.append(rows[last - FRAMES + 1 : last + 1])
        classes.append(int(stream.labels[whole[0]]) if len(whole) else NOTHING)
    return np.array(inputs), np.array(classes)
