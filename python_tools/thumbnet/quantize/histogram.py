"""What values a tensor takes over many samples, in a bounded number of bytes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from thumbnet.quantize.float_functions import Floats

HALF = 2048
"""Bins on each side of zero."""
Doubles = npt.NDArray[np.float64]


class Histogram:
    """Counts of values in bins of one width, whose range doubles as values need it."""

    def __init__(self) -> None:
        self.limit = 0.0
        self.counts = np.zeros(2 * HALF, np.int64)
        self.low = 0.0
        self.high = 0.0
        """The least and the greatest value, zero among them."""

    def add(self, values: Floats) -> None:
        """Counts finite values."""
        self.low = min(self.low, float(values.min()))
        self.high = max(self.high, float(values.max()))
        most = max(-self.low, self.high)
        if most == 0:
            self.counts[HALF] += values.size
            return
        if self.limit == 0:
            self.limit = float(2.0 ** np.ceil(np.log2(most)))
        while most > self.limit:
            self._widen()
        places = (values.reshape(-1) * np.float32(HALF / self.limit)).astype(np.float32)
        bins = np.floor(places).astype(np.int32) + HALF
        np.clip(bins, 0, 2 * HALF - 1, out=bins)
        self.counts += np.bincount(bins, minlength=2 * HALF)

    def _widen(self) -> None:
        pairs = self.counts.reshape(-1, 2).sum(axis=1)
        self.counts[:] = 0
        self.counts[HALF // 2 : HALF // 2 + HALF] = pairs
        self.limit *= 2

    def with_(self, other: Histogram) -> Histogram:
        """The counts of both."""
        made = Histogram()
        made.limit = max(self.limit, other.limit)
        made.low, made.high = min(self.low, other.low), max(self.high, other.high)
        for part in (self, other):
            copy = Histogram()
            copy.limit, copy.counts = part.limit or made.limit, part.counts.copy()
            while copy.limit < made.limit:
                copy._widen()
            made.counts += copy.counts
        return made

    @property
    def centres(self) -> Doubles:
        """The middle of each bin."""
        limit = self.limit or 1.0
        return (np.arange(2 * HALF, dtype=np.float64) - HALF + 0.5) * np.float64(limit / HALF)

    def between(self, part: float) -> tuple[float, float]:
        """The range that leaves out about 1 - ``part`` of the values on each side."""
        total = int(self.counts.sum())
        sums = np.cumsum(self.counts)
        width = (self.limit or 1.0) / HALF
        first = int(np.searchsorted(sums, total * (1 - part), side="right"))
        last = int(np.searchsorted(sums, total * part))
        low, high = (first - HALF) * width, (last + 1 - HALF) * width
        return max(min(low, 0.0), self.low), min(max(high, 0.0), self.high)
