"""Small models with front ends, and samples of every sort for them."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from thumbnet.pipeline import Compiled
from thumbnet.signal.options import AudioOptions

from support.compiled import compile_file
from support.shared import SHARED
from support.small_networks import Net

AnyArray = npt.NDArray[Any]
Pcm = npt.NDArray[np.int16]

MFCC = {
    "kind": "mfcc",
    "rate": 16000,
    "window_ms": 40,
    "hop_ms": 20,
    "bands": 40,
    "low_hz": 20,
    "high_hz": 4000,
    "coefficients": 10,
    "mean": [-60.0, *[0.0] * 9],
    "scale": [40.0, *[12.0] * 9],
}
"""49 x 10 of one second at 16 kHz, a transform of 1024 points."""


def with_front_end(
    folder: Path, front_end: dict[str, Any], shape: tuple[int, ...], **changes: Any
) -> Compiled:
    """A small network called net whose input has ``shape``, behind a front end."""
    net = Net()
    x = net.image(*shape)
    made = net.conv(x, 2) if len(shape) == 4 and min(shape[1:3]) > 2 else x
    (folder / "net.tflite").write_bytes(net.finish([net.dense(made)]))
    target = changes.pop("target", "host")
    return compile_file(folder / "net.tflite", target, frontend=front_end, **changes)


def plain(samples: AnyArray) -> Pcm:
    """As int16."""
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16)


def synthetic(options: AudioOptions, frames: int = 6) -> dict[str, Pcm]:
    """Signals where fixed point goes wrong first, each of a few frames."""
    count = options.window_samples + (frames - 1) * options.hop_samples
    n, random = np.arange(count), np.random.default_rng(4)
    one_bin = 2 * np.pi / options.fft_size
    edges = [options.fft_size // 8, options.fft_size // 8 + 0.5]
    waves = {f"sine at bin {at}": plain(32767 * np.sin(one_bin * at * n + 0.1)) for at in edges}
    return waves | {
        "quiet sine": plain(3 * np.sin(one_bin * edges[1] * n)),
        "silence": np.zeros(count, np.int16),
        "one step": np.full(count, -1, np.int16),
        "constant": np.full(count, -32768, np.int16),
        "square": np.where(np.sin(one_bin * edges[1] * n) >= 0, 32767, -32768).astype(np.int16),
        "fastest square": np.where(n % 2, 32767, -32768).astype(np.int16),
        "noise": plain(random.normal(size=count) * 3000),
        "loudest noise": random.integers(-32768, 32768, count).astype(np.int16),
        "click": np.where(n == options.window_samples // 2, -32768, 0).astype(np.int16),
    }


def chunked(count: int, most: int, seed: int) -> list[int]:
    """Random sizes from 1 to ``most`` that add up to ``count``."""
    random, sizes = np.random.default_rng(seed), []
    while count:
        size = min(count, int(random.integers(1, most + 1)) if random.random() < 0.8 else 1)
        sizes.append(size)
        count -= size
    return sizes


def recordings() -> dict[str, Pcm]:
    """The six recordings of ../shared."""
    found = {}
    for path in sorted((SHARED / "datasets" / "tflm-micro-speech-wav").glob("*.wav")):
        with wave.open(str(path)) as file:
            assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (16000, 2, 1)
            found[path.stem] = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return found
