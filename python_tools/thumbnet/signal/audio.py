"""Log-mel energies and MFCC of 16-bit PCM: integers as in C, and the same in float64.

:func:`audio_features` computes what ``src/thumbnet/signal/audio.h`` does, bit for bit, and is what
training should use. :func:`float_features` is the definition: librosa's ``melspectrogram`` with
``center=False, htk=True, norm=None, power=2``, ``power_to_db`` with ``ref=1, top_db=None`` on
samples divided by 32768, and ``scipy.fft.dct(type=2, norm="ortho")``.

Number formats, for a transform of N points (n = N / 2 complex ones):

- block exponent of a frame: s = 15 - the bits of its largest sample (of x or, where negative,
  ~x), so that the frame times 2^s is full scale;
- samples times window: int16 x Q15, << s, >> 1, so that full scale is 2^29;
- transform: radix 2 in time on int32, every stage halves (``a / 2 +- b * w / 2``, each rounded
  down), twiddles Q15, those of 1 and -i exact. Its result is the DFT of samples in [-1, 1) times
  2^(30 + s) / N;
- power: (re^2 + im^2) >> 16; a band's: the sum of power times Q15 weights, in 64 bits;
- log2 in Q9 from a table of 64 segments, less 2 s, at least 0, which is the floor: 10 log10 of
  N^2 / 2^59, -117.4 dB for N = 1024;
- DCT: int16 x Q15, summed in 64 bits, then rounded to Q15;
- :class:`~thumbnet.signal.quantize.Requantization`, with decibels, mean and scale folded in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from thumbnet.errors import ThumbnetError
from thumbnet.signal.options import AudioOptions
from thumbnet.signal.quantize import Requantization, channels_of, requantization

Array = npt.NDArray[Any]

DECIBELS = 10 * math.log10(2)
"""Of one step of log2."""

LOG_SEGMENTS = 64

TOGETHER = 256
"""Frames that numpy computes at once: more leave its caches."""


@dataclass(frozen=True, eq=False)
class AudioTables:
    """The constants of an audio front end, all integers.

    ``window`` is the rising half, elements 0 to size // 2; ``sines`` are those of 2 pi i / N for i
    up to N / 4; ``first`` and ``count`` say which bins a band weighs with the ``weights`` of the
    bands one after the other; ``dct`` is [coefficients, bands], None for log-mel.
    """

    options: AudioOptions
    window: Array
    sines: Array
    first: Array
    count: Array
    weights: Array
    dct: Array | None
    requantization: Requantization


def mel_filters(options: AudioOptions) -> Array:
    """float64 [bands, N / 2 + 1]: triangles of height 1 between points evenly spaced in mel."""
    low, high = (2595 * math.log10(1 + hertz / 700) for hertz in (options.low_hz, options.highest))
    points = 700 * (10 ** (np.linspace(low, high, options.bands + 2) / 2595) - 1)
    bins = np.arange(options.fft_size // 2 + 1) * options.rate / options.fft_size
    rising = (bins - points[:-2, None]) / (points[1:-1] - points[:-2])[:, None]
    falling = (points[2:, None] - bins) / (points[2:] - points[1:-1])[:, None]
    filters: Array = np.maximum(0, np.minimum(rising, falling))
    return filters


def dct_matrix(options: AudioOptions) -> Array | None:
    """float64 [coefficients, bands] of the orthonormal DCT-II; None for log-mel."""
    if options.kind == "log_mel":
        return None
    k, m = np.arange(options.features)[:, None], np.arange(options.bands)
    matrix: Array = np.sqrt(2 / options.bands) * np.cos(np.pi * k * (2 * m + 1) / options.bands / 2)
    matrix[0] /= np.sqrt(2)
    return matrix


def _q15(values: Array) -> Array:
    rounded: Array = np.clip(np.rint(values * 32768), -32767, 32767).astype(np.int64)
    return rounded


def _floor_log2(options: AudioOptions) -> int:
    """log2 of what one step of a band's power is, as the power of samples in [-1, 1)."""
    return 2 * (options.fft_size.bit_length() - 1) - 59


def audio_tables(
    options: AudioOptions, input_scale: float, zero_point: int, place: str = "frontend"
) -> AudioTables:
    """The constants for a network whose input has ``input_scale`` and ``zero_point``.

    Raises:
        ThumbnetError: a band has no bin, or mean and scale are not one or one a feature.
    """
    filters = _q15(mel_filters(options))
    # Triangles are zero at the mean and at half the rate.
    filters[:, [0, -1]] = 0
    empty = np.flatnonzero(filters.sum(axis=1) == 0)
    if empty.size:
        raise ThumbnetError(
            place,
            f"band {empty[0]} of {options.bands} lies between two bins of a transform of "
            f"{options.fft_size} points ({options.rate / options.fft_size:g} Hz apart)",
            "use fewer bands, a larger fft or a higher low_hz",
        )
    first = np.argmax(filters > 0, axis=1)
    count = [
        np.flatnonzero(row).max() + 1 - start for row, start in zip(filters, first, strict=True)
    ]
    weights = np.concatenate(
        [row[start : start + size] for row, start, size in zip(filters, first, count, strict=True)]
    )
    size, fft = options.window_samples, options.fft_size
    matrix = dct_matrix(options)
    dct = None if matrix is None else _q15(matrix)
    return AudioTables(
        options,
        _q15(np.sin(np.pi * np.arange(size // 2 + 1) / size) ** 2),
        _q15(np.sin(2 * np.pi * np.arange(fft // 4 + 1) / fft)),
        first,
        np.array(count),
        weights,
        dct,
        _requantization(options, dct, input_scale, zero_point, place),
    )


def _requantization(
    options: AudioOptions, dct: Array | None, input_scale: float, zero_point: int, place: str
) -> Requantization:
    features = options.features
    means = channels_of(options.mean, features, "mean", place)
    scales = channels_of(options.scale, features, "scale", place)
    fraction = 512 if dct is None else 32768
    floor = np.full(features, float(_floor_log2(options)))
    if dct is not None:
        # Through the matrix that runs, so that its rounding does not see the constant.
        floor = floor * dct.sum(axis=1) / 32768
    factors = [DECIBELS / fraction / scale / input_scale for scale in scales]
    terms = [
        (DECIBELS * level - mean) / scale / input_scale
        for level, mean, scale in zip(floor, means, scales, strict=True)
    ]
    try:
        return requantization(factors, terms, zero_point, 2**26)
    except ValueError as error:
        raise ThumbnetError(place, f"mean and scale: {error}", "both are in decibels") from error


def frames_of(options: AudioOptions, samples: Array) -> Array:
    """[frames, window] of the complete frames of int16 [count]; frame i begins at i * hop."""
    size, hop = options.window_samples, options.hop_samples
    if len(samples) < size:
        return np.empty((0, size), samples.dtype)
    frames: Array = np.lib.stride_tricks.sliding_window_view(samples, size)[::hop]
    return frames


def audio_features(tables: AudioTables, samples: Array) -> npt.NDArray[np.int8]:
    """int8 [frames, features] of int16 PCM [count], bit for bit what the C code makes."""
    frames = frames_of(tables.options, np.asarray(samples, np.int16))
    parts = [
        _features(tables, frames[at : at + TOGETHER].astype(np.int64))
        for at in range(0, max(len(frames), 1), TOGETHER)
    ]
    made: npt.NDArray[np.int8] = np.concatenate(parts)
    return made


def _features(tables: AudioTables, frames: Array) -> npt.NDArray[np.int8]:
    options = tables.options
    size = options.window_samples
    place = np.arange(size)
    window = tables.window[np.minimum(place, size - place)]
    data = np.zeros((len(frames), options.fft_size), np.int64)
    block = _block_exponents(frames)[:, None]
    data[:, :size] = ((frames * window) << block) >> 1
    power = _power(_transform(data[:, 0::2], data[:, 1::2], tables.sines), tables.sines)
    starts = np.cumsum(tables.count) - tables.count
    logs = np.empty((len(frames), options.bands), np.int64)
    for band, (first, count, start) in enumerate(
        zip(tables.first, tables.count, starts, strict=True)
    ):
        energy = power[:, first : first + count] @ tables.weights[start : start + count]
        logs[:, band] = np.maximum(log2_q9(energy) - (block[:, 0] << 10), 0)
    if tables.dct is None:
        return tables.requantization.apply(logs)
    return tables.requantization.apply((logs @ tables.dct.T + (1 << 8)) >> 9)


def _block_exponents(frames: Array) -> Array:
    """By how many bits each frame can be shifted left, 0 to 15."""
    magnitudes = np.where(frames < 0, ~frames, frames).max(axis=1, initial=0)
    return np.array([15 - value.bit_length() for value in magnitudes.tolist()], np.int64)


def _twiddle(sines: Array, index: Array) -> tuple[Array, Array]:
    """Cosine and sine of 2 pi index / N for an index below N / 2."""
    quarter = len(sines) - 1
    late = index > quarter
    beyond = np.where(late, index - quarter, 0)
    within = np.where(late, 0, index)
    cosine = np.where(late, -sines[beyond], sines[quarter - within])
    sine = np.where(late, sines[quarter - beyond], sines[within])
    return cosine, sine


def _times(real: Array, imaginary: Array, cosine: Array, sine: Array) -> tuple[Array, Array]:
    """Half of (real + i imaginary) (cosine - i sine), every product rounded down."""
    return (
        ((real * cosine) >> 16) + ((imaginary * sine) >> 16),
        ((imaginary * cosine) >> 16) - ((real * sine) >> 16),
    )


def _transform(real: Array, imaginary: Array, sines: Array) -> tuple[Array, Array]:
    """DFT of n complex points over the last axis, divided by n."""
    points = real.shape[-1]
    bits = points.bit_length() - 1
    order = np.array([int(f"{i:0{bits}b}"[::-1], 2) for i in range(points)])
    re, im = real[:, order], imaginary[:, order]
    half = 1
    while half < points:
        shape = (len(re), points // (2 * half), 2, half)
        a_re, b_re = re.reshape(shape)[:, :, 0], re.reshape(shape)[:, :, 1]
        a_im, b_im = im.reshape(shape)[:, :, 0], im.reshape(shape)[:, :, 1]
        j = np.arange(half)
        t_re, t_im = _times(b_re, b_im, *_twiddle(sines, j * (points // half)))
        t_re[..., 0], t_im[..., 0] = b_re[..., 0] >> 1, b_im[..., 0] >> 1
        if half > 1:
            middle = half // 2
            t_re[..., middle], t_im[..., middle] = b_im[..., middle] >> 1, -(b_re[..., middle] >> 1)
        re = np.stack([(a_re >> 1) + t_re, (a_re >> 1) - t_re], axis=2).reshape(re.shape)
        im = np.stack([(a_im >> 1) + t_im, (a_im >> 1) - t_im], axis=2).reshape(im.shape)
        half *= 2
    return re, im


def _power(spectrum: tuple[Array, Array], sines: Array) -> Array:
    """Powers of bins 0 to n - 1 of the real signal; that of bin 0 is not computed."""
    re, im = spectrum
    points = re.shape[-1]
    k = np.arange(1, points // 2 + 1)
    even_re = (re[:, k] + re[:, points - k]) >> 1
    even_im = (im[:, k] - im[:, points - k]) >> 1
    odd_re = re[:, k] - re[:, points - k]
    odd_im = im[:, k] + im[:, points - k]
    t_re, t_im = _times(odd_re, odd_im, *_twiddle(sines, k))
    power = np.zeros(re.shape, np.int64)
    power[:, k] = ((even_re + t_im) ** 2 + (even_im - t_re) ** 2) >> 16
    power[:, points - k] = ((even_re - t_im) ** 2 + (even_im + t_re) ** 2) >> 16
    return power


def log_table() -> Array:
    """log2(1 + i / 64) in Q15, i from 0 to 64."""
    table: Array = np.rint(np.log2(1 + np.arange(LOG_SEGMENTS + 1) / LOG_SEGMENTS) * 32768)
    return table.astype(np.int64)


def log2_q9(values: Array) -> Array:
    """log2 of integers from 0 to 2^63 - 1 in Q9, linear between the table's points; 0 of 0."""
    table = log_table()
    values = np.asarray(values, np.int64)
    exponent = np.zeros_like(values)
    for bits in (32, 16, 8, 4, 2, 1):
        exponent += bits * (values >> (exponent + bits) != 0)
    values = np.maximum(values, 1)
    right = values >> np.maximum(exponent - 16, 0)
    fraction = np.where(exponent >= 16, right, values << np.maximum(16 - exponent, 0)) & 0xFFFF
    segment, rest = fraction >> 10, fraction & 1023
    low = table[segment]
    mantissa = low + (((table[segment + 1] - low) * rest) >> 10)
    found: Array = (exponent << 9) + ((mantissa + 32) >> 6)
    return found


def float_features(options: AudioOptions, samples: Array) -> npt.NDArray[np.float64]:
    """float64 [frames, features], normalised: what :func:`audio_features` quantizes."""
    size = options.window_samples
    window = np.sin(np.pi * np.arange(size) / size) ** 2
    frames = frames_of(options, np.asarray(samples, np.float64) / 32768)
    power = np.abs(np.fft.rfft(frames * window, options.fft_size)) ** 2
    energy = np.maximum(power @ mel_filters(options).T, 2.0 ** _floor_log2(options))
    values = 10 * np.log10(energy)
    matrix = dct_matrix(options)
    if matrix is not None:
        values = values @ matrix.T
    normalised: npt.NDArray[np.float64] = (values - options.mean) / options.scale
    return normalised
