"""A front end made for one network: constants, what it keeps, and its reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from thumbnet.errors import ThumbnetError
from thumbnet.signal.audio import audio_features, audio_tables
from thumbnet.signal.camera import FORMATS, camera_image, camera_tables
from thumbnet.signal.imu import imu_features, imu_requantization
from thumbnet.signal.options import AudioOptions, CameraOptions, ImuOptions
from thumbnet.signal.quantize import Requantization

Array = npt.NDArray[Any]

HEADER_BYTES = 8
"""Bytes of ``thumbnet_signal_state_t``."""


@dataclass(frozen=True, eq=False)
class Table:
    """A constant array of the generated file."""

    ctype: str
    values: Array

    @property
    def size(self) -> int:
        """Bytes in flash."""
        return (
            self.values.size * {"int16_t": 2, "uint16_t": 2, "int32_t": 4, "int64_t": 8}[self.ctype]
        )


@dataclass(frozen=True)
class Input:
    """The network's input: its int8 elements' ``shape``, scale and zero point."""

    name: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int
    source: str = "buffer"
    """Where the network reads it: ``arena``, ``buffer`` or ``rows``."""


def frontend_bytes(front_end: FrontEnd | None) -> int:
    """Bytes of the model object that a front end takes, 0 without one."""
    return 0 if front_end is None else front_end.state_bytes


@dataclass(frozen=True, eq=False)
class FrontEnd:
    """What code generation prints and tests compare with.

    ``kind`` names the header, the structure and its function (``thumbnet_<kind>_t``); ``fields``
    are the structure's besides ``quantize``. ``frames`` rows of ``features`` elements are the
    input; they lie at byte ``rows`` of the ``state_bytes`` that it keeps in the model object.
    ``reference`` makes all rows of an array of samples.
    """

    kind: str
    options: AudioOptions | ImuOptions | CameraOptions
    fields: tuple[tuple[str, int | Table | None], ...]
    requantization: Requantization
    frames: int
    features: int
    rows: int
    state_bytes: int
    reference: Callable[[Array], npt.NDArray[np.int8]]

    @property
    def tables(self) -> tuple[tuple[str, Table], ...]:
        """All constant arrays by the name of their field."""
        own = tuple((name, value) for name, value in self.fields if isinstance(value, Table))
        return (
            *own,
            ("multipliers", Table("int32_t", self.requantization.multipliers)),
            ("offsets", Table("int64_t", self.requantization.offsets)),
        )

    @property
    def flash_bytes(self) -> int:
        """Bytes of all constant arrays."""
        return sum(table.size for _, table in self.tables)


def make_front_end(
    options: AudioOptions | ImuOptions | CameraOptions, target: Input, place: str
) -> FrontEnd:
    """The front end of the network whose input is ``target``.

    Raises:
        ThumbnetError: the input has not the shape of its rows, or the options make no sense.
    """
    if isinstance(options, CameraOptions):
        return _camera(options, target, place)
    if isinstance(options, AudioOptions):
        return _audio(options, target, place)
    return _imu(options, target, place)


def _frames(target: Input, features: int, place: str) -> int:
    """How many rows of ``features`` the input is."""
    shape = tuple(size for size in target.shape if size != 1)
    elements = int(np.prod(target.shape, dtype=np.int64))
    frames = elements // features
    rows = (frames, features)
    wanted = tuple(size for size in rows if size != 1)
    if elements % features or shape not in (wanted, (elements,)):
        raise ThumbnetError(
            place,
            f'the input "{target.name}" has shape {list(target.shape)} and a row of the front end '
            f"{features} elements",
            f"the input has to be [1, rows, {features}], with another 1 anywhere, or flat",
        )
    if frames > 65535:
        raise ThumbnetError(place, f"the input has {frames} rows", "at most 65535 are kept")
    return frames


def _audio(options: AudioOptions, target: Input, place: str) -> FrontEnd:
    frames = _frames(target, options.features, place)
    made = audio_tables(options, target.scale, target.zero_point, place)
    samples = HEADER_BYTES + 4 * options.fft_size
    logs = samples + 2 * options.window_samples
    rows = logs + 2 * options.bands
    bands = np.stack([made.first, made.count], axis=1)
    fields: tuple[tuple[str, int | Table | None], ...] = (
        ("window", Table("int16_t", made.window)),
        ("sines", Table("int16_t", made.sines)),
        ("bands", Table("uint16_t", bands)),
        ("weights", Table("int16_t", made.weights)),
        ("dct", None if made.dct is None else Table("int16_t", made.dct)),
        ("samples", samples),
        ("logs", logs),
        ("rows", rows),
        ("window_size", options.window_samples),
        ("hop", options.hop_samples),
        ("fft", options.fft_size),
        ("band_count", options.bands),
        ("features", options.features),
        ("frames", frames),
    )
    return FrontEnd(
        "audio",
        options,
        fields,
        made.requantization,
        frames,
        options.features,
        rows,
        _whole(rows + frames * options.features),
        lambda pcm: audio_features(made, pcm),
    )


def _imu(options: ImuOptions, target: Input, place: str) -> FrontEnd:
    frames = _frames(target, options.channels, place)
    made = imu_requantization(options, target.scale, target.zero_point, place)
    fields: tuple[tuple[str, int | Table | None], ...] = (
        ("channels", options.channels),
        ("frames", frames),
    )
    size = _whole(HEADER_BYTES + frames * options.channels)
    return FrontEnd(
        "imu",
        options,
        fields,
        made,
        frames,
        options.channels,
        HEADER_BYTES,
        size,
        lambda samples: imu_features(made, samples),
    )


def _camera(options: CameraOptions, target: Input, place: str) -> FrontEnd:
    shape = target.shape
    if len(shape) != 4:
        problem = f'the input "{target.name}" has shape {list(shape)}; a camera makes [1, h, w, c]'
        raise ThumbnetError(place, problem, "leave frontend out")
    height, width, channels = shape[1:]
    tables = camera_tables(
        options, (height, width, channels), target.scale, target.zero_point, place
    )
    averages = options.resize == "area"
    row = width * channels
    rows = HEADER_BYTES + (4 * row if averages else 0)
    kept = {"arena": 0, "rows": 1, "buffer": height}[target.source]
    fields: tuple[tuple[str, int | Table | None], ...] = (
        ("columns", Table("uint16_t", tables.columns)),
        ("lines", Table("uint16_t", tables.lines)),
        ("sums", HEADER_BYTES),
        ("width", width),
        ("height", height),
        ("channels", channels),
        ("format", list(FORMATS).index(options.format)),
        ("averages", int(averages)),
    )
    return FrontEnd(
        "camera",
        options,
        fields,
        tables.requantization,
        height,
        row,
        rows,
        _whole(rows + kept * row),
        lambda lines: camera_image(tables, lines),
    )


def _whole(size: int) -> int:
    return -(-size // 8) * 8
