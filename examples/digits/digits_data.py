"""The handwritten digits, how they are split, and how a pixel becomes the model's int8 input.

Shared by `train.py`, `make_images.py` and the repository's tests, so that all of them mean the
same 360 held-out images.

The split depends on nothing but the labels: NumPy's legacy generator (whose stream is frozen by
NumPy's compatibility policy) shuffles each class on its own; of each class the first
`TEST_PER_CLASS` images are held out, the next `VALIDATION_PER_CLASS` serve for choices during
training, and the rest is trained on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

LABELS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
CLASSES = len(LABELS)
SIDE = 8
"""Height and width of an image, in pixels."""
WHITE = 16
"""The largest value of a pixel in the data set; the smallest is 0."""

SPLIT_SEED = 20261120
TEST_PER_CLASS = 36
VALIDATION_PER_CLASS = 24

IMAGE_SCALE = 1.0 / 255.0
IMAGE_ZERO_POINT = -128
"""Quantization of the model's input, for pixels divided by `WHITE`; `train.py` checks it."""


@dataclass(frozen=True)
class Part:
    """One part of the data set.

    Attributes:
        indices: places of the images in `sklearn.datasets.load_digits()`, shape [N].
        pixels: the images as the data set has them, uint8 [N, 8, 8], values 0 to 16.
        labels: the digits, int64 [N].
    """

    indices: NDArray[np.int64]
    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.indices)


@dataclass(frozen=True)
class Split:
    """The data set in three parts that have no image in common."""

    train: Part
    validation: Part
    test: Part


def split_indices(
    labels: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Places of the training, validation and test images, given the label of every image.

    Each result runs through the classes in turn (zero, one, ... nine, zero, ...) for as long as
    every class has images left, so that any prefix of the test set is balanced.
    """
    generator = np.random.RandomState(SPLIT_SEED)
    shuffled = [generator.permutation(np.flatnonzero(labels == label)) for label in range(CLASSES)]
    validation_end = TEST_PER_CLASS + VALIDATION_PER_CLASS
    return (
        _in_turn([indices[validation_end:] for indices in shuffled]),
        _in_turn([indices[TEST_PER_CLASS:validation_end] for indices in shuffled]),
        _in_turn([indices[:TEST_PER_CLASS] for indices in shuffled]),
    )


def _in_turn(columns: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """First element of each column, then the second of each, ... (columns may differ in length)."""
    longest = max(len(column) for column in columns)
    picked = [column[row] for row in range(longest) for column in columns if row < len(column)]
    return np.array(picked, dtype=np.int64)


def load() -> Split:
    """The 1,797 digits of scikit-learn, split."""
    pixels, labels = load_digits(return_X_y=True)
    pixels = pixels.reshape(-1, SIDE, SIDE).astype(np.uint8)
    labels = labels.astype(np.int64)
    train, validation, test = (
        Part(indices, pixels[indices], labels[indices]) for indices in split_indices(labels)
    )
    return Split(train, validation, test)


def as_float(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pixels [N, 8, 8] as the float network sees them: [N, 8, 8, 1] in 0 to 1."""
    return (pixels[..., np.newaxis] / np.float32(WHITE)).astype(np.float32)


def as_int8(pixels: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Pixels [N, 8, 8] as the quantized network sees them: int8 [N, 8, 8, 1].

    In integers only (a sensor driver can do the same): round(255 * pixel / 16) - 128.
    """
    scaled = (pixels.astype(np.int32) * 255 + WHITE // 2) // WHITE
    return (scaled + IMAGE_ZERO_POINT).astype(np.int8)[..., np.newaxis]
