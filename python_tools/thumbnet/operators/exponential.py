"""exp() in single precision, the same on every machine that runs the compiler."""

from __future__ import annotations

import decimal
import math

import numpy as np
import numpy.typing as npt

_DIGITS = 40
"""Enough: no float32 argument has an exp() this close to the middle of two floats."""


def exponential(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """exp() of each value, rounded correctly to float32; 0 or infinity where it leaves the range.

    C libraries' expf() differs from it in the last bit for about one argument in 2000, and from
    one library to the next.
    """
    return np.array([_rounded(float(value)) for value in values.ravel()], np.float32).reshape(
        values.shape
    )


def _rounded(x: float) -> np.float32:
    if x > 89:
        return np.float32(math.inf)
    if x < -104:  # below half of the least float
        return np.float32(0)
    with decimal.localcontext(prec=_DIGITS):
        exact = decimal.Decimal(x).exp()
        with np.errstate(over="ignore"):
            near = np.float32(float(exact))
        if not np.isfinite(near):
            return near
        # Rounding to double first may have picked the wrong neighbour.
        neighbours = (np.nextafter(near, np.float32(0)), near, np.nextafter(near, np.float32(9e9)))
        return min(neighbours, key=lambda float32: abs(decimal.Decimal(float(float32)) - exact))
