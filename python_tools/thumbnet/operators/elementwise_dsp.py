"""add and sub in one rounding for Arm's DSP extension, where that is exact.

``(offset + ((first << 8) * a >> 16) + ((second << 8) * b >> 16)) >> 20``, saturated, is what
``src/thumbnet/kernels/elementwise_dsp.h`` computes. There are only 65,536 pairs of operands, so
whether factors and offset give TFLite's result for each is simply tried.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

HEADER = "thumbnet/kernels/elementwise_dsp.h"
_SHIFT, _FRACTION = 20, 28
_TRIES = 24


@dataclass(frozen=True)
class ShortSum:
    """Factors and offset that give the wanted result for all pairs."""

    first: int
    second: int
    offset: int


def short_sum(
    first: float, second: float, wanted: npt.NDArray[np.int64], bounds: tuple[int, int]
) -> ShortSum | None:
    """Factors near ``first`` and ``second``, or None where none that were tried are exact.

    ``wanted[a + 128, b + 128]`` is the output of operands a and b, clamped to ``bounds``.

    TFLite rounds ties away from zero, so factors that are greater by some parts in 2^28 are tried,
    too. For given factors the offsets that serve every pair are an interval.
    """
    for step in range(_TRIES):
        stretch = 1.0 + step * 2.0**-24
        a, b = (round(factor * stretch * (1 << _FRACTION)) for factor in (first, second))
        offset = _offset(a, b, wanted, bounds)
        if offset is not None:
            return ShortSum(a, b, offset)
    return None


def _offset(a: int, b: int, wanted: npt.NDArray[np.int64], bounds: tuple[int, int]) -> int | None:
    if max(abs(a), abs(b)) >= 1 << 31:
        return None
    operand = np.arange(-128, 128, dtype=np.int64) << 8
    partial = (operand * a >> 16)[:, None] + (operand * b >> 16)[None, :]
    low, high = bounds
    # Where the activation clamps, whatever is beyond its bound serves.
    least = ((wanted << _SHIFT) - partial)[wanted > low].max(initial=-(1 << 40))
    most = (((wanted + 1) << _SHIFT) - 1 - partial)[wanted < high].min(initial=1 << 40)
    if least > most:
        return None
    offset = int(least + most) // 2 if most - least < 1 << 40 else 0
    # Every step of the sum fits in a register.
    first = np.abs(operand * a >> 16).max() + abs(offset)
    largest = max(int(first), int(np.abs(partial + offset).max()))
    return offset if largest < 1 << 31 else None
