"""Wand gestures: 119 samples of an accelerometer and a gyroscope, as int16 of a usual sensor.

The data are one .npz: `x_train` and `x_test` float32 [N, 119, 6] (accelerometer in g, gyroscope in
degrees a second), `y_train` and `y_test`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CLASSES = ("alohomora", "arresto_momentum", "avada_kedavra", "locomotor", "revelio")
SAMPLES = 119
"""Of a gesture, at about 119 a second."""

STEPS = (8192.0,) * 3 + (16.4,) * 3
"""The sensor's steps a g (range 4 g) and a degree a second (range 2000)."""


@dataclass(frozen=True)
class Part:
    """int16 gestures [N, 119, 6] and their classes."""

    gestures: NDArray[np.int16]
    labels: NDArray[np.int64]


def load(path: Path) -> dict[str, Part]:
    """The parts `train` (100) and `test` (25)."""
    with np.load(path, allow_pickle=False) as data:
        return {
            name: Part(as_steps(data[f"x_{name}"]), data[f"y_{name}"].astype(np.int64))
            for name in ("train", "test")
        }


def as_steps(real: NDArray[np.float32]) -> NDArray[np.int16]:
    """What the sensor gives for g and degrees a second."""
    return np.clip(np.rint(real * np.array(STEPS)), -32768, 32767).astype(np.int16)


def recording(part: Part, seed: int = 1) -> NDArray[np.int16]:
    """All gestures one after the other, [N * 239, 6], with a second of rest in front of each."""
    random = np.random.default_rng(seed)
    pieces = []
    for gesture in part.gestures:
        rest = random.normal(size=(120, 6)) * [0.01, 0.01, 0.01, 1, 1, 1] + [0, 0, 1, 0, 0, 0]
        pieces += [as_steps(rest.astype(np.float32)), gesture]
    return np.concatenate(pieces)
