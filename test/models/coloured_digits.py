"""Handwritten digits of scikit-learn drawn into colour images: data for small test networks.

Shared by the script that trains and by the tests, so that both mean the same held-out images.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

CLASSES = 10
SIDE = 64
"""Height and width of an image, in pixels."""
HELD_OUT = 360
"""Images that are neither trained on nor calibrated with: the last ones of the data set."""

_ENLARGED = 6
_WHITE = 16
_CONTRAST = 0.4
_NOISE = 0.03


@dataclass(frozen=True)
class Images:
    """uint8 images [N, SIDE, SIDE, 3] and their digits, int64 [N]."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]


def draw(part: str, seed: int) -> Images:
    """Every digit of ``part`` (``train`` or ``test``) once, in places and colours of ``seed``."""
    digits = load_digits()
    chosen = slice(None, -HELD_OUT) if part == "train" else slice(-HELD_OUT, None)
    generator = np.random.RandomState(seed)
    drawn = [_drawn(image / _WHITE, generator) for image in digits.images[chosen]]
    return Images(np.stack(drawn), digits.target[chosen].astype(np.int64))


def _drawn(digit: NDArray[np.float64], generator: np.random.RandomState) -> NDArray[np.uint8]:
    ink = np.kron(digit, np.ones((_ENLARGED, _ENLARGED)))
    top, left = generator.randint(0, SIDE - ink.shape[0] + 1, 2)
    canvas = np.zeros((SIDE, SIDE, 1))
    canvas[top : top + ink.shape[0], left : left + ink.shape[1], 0] = ink
    paper, pen = generator.uniform(0, 1, (2, 3))
    while abs(paper.mean() - pen.mean()) < _CONTRAST:
        paper, pen = generator.uniform(0, 1, (2, 3))
    image = paper + (pen - paper) * canvas + generator.normal(0, _NOISE, (SIDE, SIDE, 3))
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
