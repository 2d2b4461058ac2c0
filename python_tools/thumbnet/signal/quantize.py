"""The last step of every front end: a fixed point value becomes an element of the input.

``q = clamp((value * multiplier + offset) >> shift)`` in int64, the shift rounding down; rounding,
mean and zero point are in the offset. The same in C is ``thumbnet_signal_quantize()``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from thumbnet.errors import ThumbnetError

Array = npt.NDArray[Any]

MOST_SHIFT = 40
_MOST = 2**62


@dataclass(frozen=True, eq=False)
class Requantization:
    """int32 ``multipliers`` and int64 ``offsets``, one a channel, and the common ``shift``."""

    multipliers: Array
    offsets: Array
    shift: int

    def apply(self, values: Array) -> npt.NDArray[np.int8]:
        """The int8 elements of integer ``values`` of shape [..., channels]."""
        raw = (values.astype(np.int64) * self.multipliers + self.offsets) >> self.shift
        quantized: npt.NDArray[np.int8] = np.clip(raw, -128, 127).astype(np.int8)
        return quantized


def requantization(
    factors: Sequence[float], terms: Sequence[float], zero_point: int, largest: int
) -> Requantization:
    """``round(factor * value + term) + zero_point`` for integers of at most ``largest``.

    Raises:
        ValueError: the result leaves int64, which a scale or a mean out of all proportion does.
    """
    top = max(abs(factor) for factor in factors)
    shift = min(MOST_SHIFT, 30 - int(np.floor(np.log2(top))) if top > 0 else MOST_SHIFT)
    if shift < 1:
        raise ValueError("the scale is too small for the values")
    multipliers = [min(round(factor * 2**shift), 2**31 - 1) for factor in factors]
    offsets = [round((term + zero_point + 0.5) * 2**shift) for term in terms]
    for multiplier, offset in zip(multipliers, offsets, strict=True):
        if abs(offset) + abs(multiplier) * largest >= _MOST:
            raise ValueError("the mean is too far from the values")
    return Requantization(np.array(multipliers, np.int64), np.array(offsets, np.int64), shift)


def channels_of(given: tuple[float, ...], count: int, key: str, place: str) -> tuple[float, ...]:
    """One number for every channel.

    Raises:
        ThumbnetError: there are neither one nor ``count``.
    """
    if len(given) not in (1, count):
        raise ThumbnetError(
            place,
            f"{key} has {len(given)} numbers and a row {count} channels",
            f"give one number, or {count}",
        )
    return given * count if len(given) == 1 else given
