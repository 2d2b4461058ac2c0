"""Lines of a camera to rows of an image: integers as in C (``src/thumbnet/signal/camera.h``).

A pixel is three bytes: of RGB565 the upper bits again below the lower ones; of YUYV the full range
of BT.601 with factors in 256ths, 359 V to red, 88 U + 183 V from green, 454 U to blue. Brightness,
where the image has one channel, is (77 R + 150 G + 29 B + 128) >> 8, of YUYV Y itself.

Row y of an image of h rows takes, of c cropped lines, number (2 y + 1) c // 2 h where it picks the
nearest and lines y c // h up to (y + 1) c // h, at least one, where it averages (rounded to
nearest); columns likewise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from thumbnet.errors import ThumbnetError
from thumbnet.signal.options import CameraOptions
from thumbnet.signal.quantize import Requantization, channels_of, requantization

Array = npt.NDArray[Any]

FORMATS = {"rgb565": 2, "rgb565le": 2, "rgb888": 3, "yuyv": 2, "gray": 1}
"""Bytes of a pixel, in the order of C's numbers."""


@dataclass(frozen=True, eq=False)
class CameraTables:
    """``columns`` and ``lines`` are [begin, end) of each pixel of a row and of each row."""

    options: CameraOptions
    shape: tuple[int, int, int]
    columns: Array
    lines: Array
    requantization: Requantization


def camera_tables(
    options: CameraOptions,
    shape: tuple[int, int, int],
    input_scale: float,
    zero_point: int,
    place: str = "frontend",
) -> CameraTables:
    """The constants for an image of ``shape``: height, width, channels.

    Raises:
        ThumbnetError: the image has not 1 or 3 channels, or mean and scale do not fit.
    """
    height, width, channels = shape
    if channels not in (1, 3):
        problem = f"the input has {channels} channels; a camera gives 1 or 3"
        raise ThumbnetError(place, problem, "leave frontend out")
    left, top, across, down = options.crop or _middle(options, height, width)
    means = channels_of(options.mean, channels, "mean", place)
    scales = channels_of(options.scale, channels, "scale", place)
    factors = [1 / scale / input_scale for scale in scales]
    terms = [-mean / scale / input_scale for mean, scale in zip(means, scales, strict=True)]
    try:
        made = requantization(factors, terms, zero_point, 255)
    except ValueError as error:
        raise ThumbnetError(place, f"mean and scale: {error}", "both are in 0 to 255") from error
    columns = left + _ranges(width, across, options.resize)
    return CameraTables(options, shape, columns, top + _ranges(height, down, options.resize), made)


def _middle(options: CameraOptions, height: int, width: int) -> tuple[int, int, int, int]:
    across = min(options.width, max(1, options.height * width // height))
    down = min(options.height, max(1, options.width * height // width))
    return (options.width - across) // 2, (options.height - down) // 2, across, down


def _ranges(count: int, size: int, resize: str) -> Array:
    i = np.arange(count)
    if resize == "nearest":
        picked = (2 * i + 1) * size // (2 * count)
        return np.stack([picked, picked + 1], axis=1)
    begin = i * size // count
    return np.stack([begin, np.maximum((i + 1) * size // count, begin + 1)], axis=1)


def pixels(options: CameraOptions, lines: Array, channels: int) -> Array:
    """int64 [height, width, channels] of uint8 [height, bytes]."""
    raw = np.asarray(lines, np.uint8).astype(np.int64)
    raw = raw.reshape(len(raw), options.width, FORMATS[options.format])
    if options.format == "yuyv":
        y = raw[..., 0]
        u, v = (np.repeat(raw[:, at::2, 1], 2, axis=1) - 128 for at in (0, 1))
        red, green = y + ((359 * v + 128) >> 8), y - ((88 * u + 183 * v + 128) >> 8)
        colours = np.stack([red, green, y + ((454 * u + 128) >> 8)], axis=2).clip(0, 255)
        return y[..., None] if channels == 1 else colours
    colours = raw
    if options.format.startswith("rgb565"):
        high, low = (1, 0) if options.format.endswith("le") else (0, 1)
        word = raw[..., high] * 256 + raw[..., low]
        r, g, b = word >> 11, (word >> 5) & 63, word & 31
        colours = np.stack([r << 3 | r >> 2, g << 2 | g >> 4, b << 3 | b >> 2], axis=2)
    if channels == 1 and colours.shape[2] == 3:
        grey: Array = (colours @ np.array([[77], [150], [29]]) + 128) >> 8
        return grey
    return np.repeat(colours, channels, axis=2) if colours.shape[2] < channels else colours


def camera_image(tables: CameraTables, lines: Array) -> npt.NDArray[np.int8]:
    """int8 [rows, width * channels] of one picture's uint8 [height, bytes], as in C."""
    height, width, channels = tables.shape
    values = pixels(tables.options, lines, channels)
    image = np.empty(tables.shape, np.int64)
    for y, (top, bottom) in enumerate(tables.lines):
        for x, (left, right) in enumerate(tables.columns):
            box = values[top:bottom, left:right].reshape(-1, channels)
            image[y, x] = (box.sum(axis=0) + len(box) // 2) // len(box)
    return tables.requantization.apply(image).reshape(height, width * channels)
