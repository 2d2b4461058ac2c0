"""Where windows reach outside their input: counts that costs of kernels are made of.

Rows are averaged over an output's rows and runs over those that a row is cut into, since the price
of a call depends on its length alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from thumbnet.operators.base import Lowered, Source

Features = dict[str, float]
"""Counts of one call, by name."""

_KEPT = 1024


@lru_cache(_KEPT)
def present_rows(source: Source, count: int) -> tuple[float, float, float]:
    """Of ``count`` output rows how many rows a window has inside, and what part has all.

    Last how many it has where it has not all.
    """
    height = source.kernel_height
    found = [
        _within(y * source.stride - source.pad, height, source.rows.height) for y in range(count)
    ]
    cut = [one for one in found if one < height]
    return sum(found) / count, 1 - len(cut) / count, sum(cut) / max(len(cut), 1)


@lru_cache(_KEPT)
def present_columns(source: Source, count: int) -> tuple[int, ...]:
    """For each of ``count`` output columns how many columns its window has inside."""
    first, step = -source.pad_left, source.stride_width
    return tuple(
        _within(first + x * step, source.kernel_width, source.rows.width) for x in range(count)
    )


def _within(first: int, count: int, size: int) -> int:
    return max(min(first + count, size) - max(first, 0), 0)


def starts(lowered: Lowered, n: int) -> range:
    """Where the runs of ``n`` pixels begin that fill a row; what is left is a run of its own."""
    return range(0, max(lowered.output.width - n, 0) + 1, n)


class Tile(NamedTuple):
    """Tiles of neighbouring pixels, ``number`` of them in a run.

    Of ``columns`` pixels each; whether the window of one reaches ``outside`` columns, and how many
    columns a window has ``inside``.
    """

    columns: int
    outside: bool
    inside: float
    number: float


def tiles(lowered: Lowered, n: int, widest: int) -> Iterator[Tile]:
    """The tiles of a run of ``n`` pixels, ``widest`` of them but at its end."""
    source = lowered.sources[0]
    if source.kernel_width == 1 and source.pad_left == 0:
        whole, rest = divmod(n, widest)
        yield Tile(widest, False, 1.0, whole)
        if rest:
            yield Tile(rest, False, 1.0, 1.0)
        return
    columns = present_columns(source, max(lowered.output.width, n))
    runs = starts(lowered, n)
    found: dict[tuple[int, bool], list[int]] = {}
    for start in runs:
        for at in range(start, start + n, widest):
            tile = columns[at : min(at + widest, start + n)]
            key = (len(tile), min(tile) < source.kernel_width)
            found.setdefault(key, []).append(sum(tile))
    for (size, outside), inside in sorted(found.items()):
        yield Tile(size, outside, sum(inside) / len(inside) / size, len(inside) / len(runs))


def depthwise(lowered: Lowered, n: int) -> Features:
    """The portable kernel: channels of pairs of pixels, and pixels by themselves at edges."""
    source, channels = lowered.sources[0], lowered.output.channels
    rows, _, _ = present_rows(source, lowered.output.height)
    columns = present_columns(source, max(lowered.output.width, n))
    runs = starts(lowered, n)
    pairs, single, taps = 0, 0, 0
    for start in runs:
        at = start
        while at < start + n:
            if at + 1 < start + n and min(columns[at : at + 2]) == source.kernel_width:
                pairs, at = pairs + 1, at + 2
            else:
                single, taps, at = single + 1, taps + columns[at], at + 1
    both, alone, inside = (count / len(runs) for count in (pairs, single, taps))
    missing = source.kernel_height - rows
    return {
        "pairs": both,
        "pair channels": both * channels,
        "pair rows": both * channels * rows,
        "pair taps": both * channels * rows * source.kernel_width,
        "pair missing": both * channels * missing,
        "pair missing taps": both * channels * missing * source.kernel_width,
        "single": alone,
        "single channels": alone * channels,
        "single rows": alone * channels * rows,
        "single taps": channels * inside * rows,
    }


def multiplied(lowered: Lowered, n: int) -> Features:
    """The portable kernel of a depth multiplier: pixel by pixel, what lies inside."""
    source, channels = lowered.sources[0], lowered.output.channels
    rows, _, _ = present_rows(source, lowered.output.height)
    inside = _inside(lowered, n)
    return {
        "pixels": n,
        "inputs": n * source.rows.channels,
        "channels": n * channels,
        "rows": n * channels * rows,
        "taps": channels * inside * rows,
    }


def pool(lowered: Lowered, n: int) -> Features:
    """Four channels at a time, then the last ones; of windows only what lies inside."""
    source, channels = lowered.sources[0], lowered.output.channels
    rows, whole, _ = present_rows(source, lowered.output.height)
    inside = _inside(lowered, n)
    columns = present_columns(source, max(lowered.output.width, n))
    part = sum(one == source.kernel_width for one in columns) / len(columns)
    quads, last = divmod(channels, 4)
    return {
        "rows": source.kernel_height,
        "pixels": n,
        "cut pixels": n * (1 - whole * part),
        "quads": n * quads,
        "quad rows": n * quads * source.kernel_height,
        "quad taps": quads * inside * rows,
        "last": n * last,
        "last rows": n * last * source.kernel_height,
        "last taps": last * inside * rows,
    }


def _inside(lowered: Lowered, n: int) -> float:
    """Columns inside the input of the windows of ``n`` pixels."""
    columns = present_columns(lowered.sources[0], max(lowered.output.width, n))
    return n * sum(columns) / len(columns)
