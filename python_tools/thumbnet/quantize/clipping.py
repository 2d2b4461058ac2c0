"""Ranges of reals that 256 steps stand for: what of a tensor's values is clipped, and by whom.

Five methods, each from a histogram of what calibration saw: all values (``minmax``); all but a
thousandth or a ten-thousandth on each side; the least mean squared error; the least
Kullback-Leibler divergence, as TensorRT has it (S. Migacz, 8-bit Inference with TensorRT, 2017).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from thumbnet.ir.graph import Quantization
from thumbnet.quantize.histogram import Doubles, Histogram

METHODS = ("minmax", "percentile 99.99", "percentile 99.9", "mse", "kl")
_SHRUNK: Doubles = np.linspace(1.0, 0.2, 41)
"""What parts of the whole range are tried."""
_LEAST_RANGE = 1e-5
"""Of a tensor that is always zero, and of one that hardly differs from it."""

Range = tuple[float, float]


def ranges(seen: Histogram) -> Mapping[str, Range]:
    """The range by each method, zero included."""
    whole = (seen.low, seen.high)
    if seen.high - seen.low < _LEAST_RANGE:
        return dict.fromkeys(METHODS, whole)
    return {
        "minmax": whole,
        "percentile 99.99": seen.between(0.9999),
        "percentile 99.9": seen.between(0.999),
        "mse": _best(seen, _squared_error),
        "kl": _best(seen, _divergence),
    }


def quantization_of(given: Range) -> Quantization:
    """int8 with a scale that float32 holds and a zero point that is one of the steps."""
    low, high = min(given[0], 0.0), max(given[1], 0.0)
    if high - low < _LEAST_RANGE:
        high = low + _LEAST_RANGE
    scale = float(np.float32((high - low) / 255))
    zero_point = int(np.clip(np.rint(-128 - low / scale), -128, 127))
    return Quantization((scale,), (zero_point,))


def _best(seen: Histogram, loss: Callable[[Histogram, Range], float]) -> Range:
    """The least loss, of one end after the other: twice each."""
    best = (seen.low, seen.high)
    for end in (1, 0, 1, 0):
        whole = (seen.low, seen.high)[end]
        if whole == 0:
            continue
        found = [_with_end(best, end, whole * float(part)) for part in _SHRUNK]
        best = found[int(np.argmin([loss(seen, given) for given in found]))]
    return best


def _with_end(given: Range, end: int, value: float) -> Range:
    return (given[0], value) if end else (value, given[1])


def _squared_error(seen: Histogram, given: Range) -> float:
    quantization = quantization_of(given)
    scale, zero_point = quantization.scale[0], quantization.zero_point[0]
    steps = np.clip(np.rint(seen.centres / scale) + zero_point, -128, 127) - zero_point
    return float(np.sum(seen.counts * (seen.centres - steps * scale) ** 2))


def _divergence(seen: Histogram, given: Range) -> float:
    """Of the clipped values from what is left of them in as many steps."""
    low, high = given
    kept = (seen.centres >= low) & (seen.centres <= high)
    if not kept.any():
        return float("inf")
    counts = seen.counts[kept].astype(np.float64)
    true = counts.copy()
    true[0] += seen.counts[seen.centres < low].sum()
    true[-1] += seen.counts[seen.centres > high].sum()
    steps = np.rint((seen.centres[kept] - low) / ((high - low) / 255)).astype(np.int64)
    filled = counts > 0
    sums = np.bincount(steps, counts, 256)
    bins = np.bincount(steps, filled, 256)
    coarse = np.where(filled, (sums / np.maximum(bins, 1))[steps], 0.0)
    wanted, made = true / true.sum(), coarse / max(coarse.sum(), 1.0)
    some = wanted > 0
    return float(np.sum(wanted[some] * np.log(wanted[some] / np.maximum(made[some], 1e-9))))
