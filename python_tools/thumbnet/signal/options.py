"""The manifest's ``frontend`` key: what stands between a sensor and the network's input.

Limits of one key are checked here, where the manifest's line is known; what also depends on the
network is checked by :mod:`thumbnet.signal.front_end`.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

MOST_RATE = 96_000
MOST_FFT = 4096
MOST_BANDS = 128
MOST_CHANNELS = 64
MOST_PIXELS = 4096

SORTS = ("audio front end", "IMU front end", "camera front end")
"""What pydantic calls the sorts of front ends; users never see them."""


def _numbers(value: object) -> object:
    """One number stands for a list of one, which is every channel's."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return (value,)


def _finite(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("is not a finite number")
    return float(value)


def _positive(value: object) -> float:
    number = _finite(value)
    if number <= 0:
        raise ValueError("is not above zero")
    return number


_Number = Annotated[float, BeforeValidator(_finite)]
_Positive = Annotated[float, BeforeValidator(_positive)]
Numbers = Annotated[tuple[_Number, ...], BeforeValidator(_numbers)]
Positives = Annotated[tuple[_Positive, ...], BeforeValidator(_numbers)]


def _count(low: int, high: int) -> BeforeValidator:
    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"is not a whole number from {low} to {high}")
        return value

    return BeforeValidator(check)


class _FrontEnd(BaseModel):
    """What all front ends have: normalisation, one number or one a channel.

    The network's input is ``(value - mean) / scale``, quantized with the input's own scale and zero
    point.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    mean: Numbers = (0.0,)
    scale: Positives = (1.0,)


class AudioOptions(_FrontEnd):
    """Log-mel energies or cepstral coefficients of 16-bit PCM, one row a frame.

    ``window`` and ``hop`` are in samples, ``window_ms`` and ``hop_ms`` in milliseconds that are
    whole numbers of samples. ``fft`` is the smallest power of two that holds the window unless
    given. ``bands`` triangles, evenly spaced on the HTK mel scale from ``low_hz`` to ``high_hz``
    (half the rate unless given), weigh the power spectrum; values are decibels. ``coefficients`` is
    how many of the orthonormal DCT-II an MFCC keeps. ``every``: rows between two inferences.
    """

    kind: Literal["mfcc", "log_mel"]
    rate: Annotated[int, _count(1000, MOST_RATE)] = 16_000
    window_ms: _Positive | None = None
    window: Annotated[int, _count(16, MOST_FFT)] | None = None
    hop_ms: _Positive | None = None
    hop: Annotated[int, _count(1, MOST_FFT)] | None = None
    fft: Annotated[int, _count(64, MOST_FFT)] | None = None
    bands: Annotated[int, _count(1, MOST_BANDS)] = 40
    low_hz: _Number = 20.0
    high_hz: _Positive | None = None
    coefficients: Annotated[int, _count(1, MOST_BANDS)] | None = None
    every: Annotated[int, _count(1, 65535)] = 1

    @field_validator("window_ms", "hop_ms")
    @classmethod
    def _whole_samples(cls, value: float | None, info: ValidationInfo) -> float | None:
        rate = info.data.get("rate")
        if value is None or rate is None:
            return value
        samples = rate * value / 1000
        key = str(info.field_name).removesuffix("_ms")
        low = 16 if key == "window" else 1
        if abs(samples - round(samples)) > 1e-6:
            raise ValueError(
                f"ms at {rate} Hz is {samples:g} samples, no whole number; give {key}, in samples"
            )
        if not low <= round(samples) <= MOST_FFT:
            raise ValueError(
                f"ms at {rate} Hz is {samples:g} samples and the limits are {low} to {MOST_FFT}"
            )
        return value

    @field_validator("window")
    @classmethod
    def _one_window(cls, value: int | None, info: ValidationInfo) -> int | None:
        return cls._one(value, info, "window")

    @field_validator("hop")
    @classmethod
    def _one_hop(cls, value: int | None, info: ValidationInfo) -> int | None:
        return cls._one(value, info, "hop")

    @staticmethod
    def _one(value: int | None, info: ValidationInfo, key: str) -> int | None:
        if value is not None and info.data.get(f"{key}_ms") is not None:
            raise ValueError(f"stands beside {key}_ms; give one of them")
        return value

    @field_validator("fft")
    @classmethod
    def _power_of_two(cls, value: int | None) -> int | None:
        if value is not None and value & (value - 1):
            raise ValueError("is not a power of two")
        return value

    @field_validator("low_hz")
    @classmethod
    def _low(cls, value: float, info: ValidationInfo) -> float:
        rate = info.data.get("rate")
        if value < 0 or (rate is not None and value >= rate / 2):
            raise ValueError("is not from 0 to below half the rate")
        return value

    @field_validator("high_hz")
    @classmethod
    def _high(cls, value: float | None, info: ValidationInfo) -> float | None:
        rate, low = info.data.get("rate"), info.data.get("low_hz")
        if value is not None and rate is not None and value > rate / 2:
            raise ValueError(f"is above {rate / 2:g}, half the rate")
        if value is not None and low is not None and value <= low:
            raise ValueError(f"is not above low_hz, {low:g}")
        return value

    @field_validator("coefficients")
    @classmethod
    def _within_bands(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and info.data.get("kind") == "log_mel":
            raise ValueError("belongs to kind: mfcc")
        bands = info.data.get("bands")
        if value is not None and bands is not None and value > bands:
            raise ValueError(f"is more than the bands, {bands}")
        return value

    @model_validator(mode="after")
    def _frames(self) -> AudioOptions:
        for key in ("window", "hop"):
            if getattr(self, key) is None and getattr(self, f"{key}_ms") is None:
                raise ValueError(f"gives neither {key}_ms nor {key}")
        if self.hop_samples > self.window_samples:
            raise ValueError(
                f"has a hop of {self.hop_samples} samples, more than the window's "
                f"{self.window_samples}: samples between would not be heard"
            )
        if self.fft is not None and self.fft < self.window_samples:
            raise ValueError(
                f"has fft {self.fft}, less than the window's {self.window_samples} samples"
            )
        if self.kind == "mfcc" and self.coefficients is None and self.bands < 10:
            raise ValueError(f"keeps 10 coefficients of {self.bands} bands; give coefficients")
        return self

    @property
    def window_samples(self) -> int:
        """Samples of a frame."""
        return self._samples(self.window, self.window_ms)

    @property
    def hop_samples(self) -> int:
        """Samples from one frame to the next."""
        return self._samples(self.hop, self.hop_ms)

    def _samples(self, samples: int | None, milliseconds: float | None) -> int:
        return samples if samples is not None else round(self.rate * (milliseconds or 0.0) / 1000)

    @property
    def fft_size(self) -> int:
        """Points of the Fourier transform."""
        return self.fft or max(64, 1 << (self.window_samples - 1).bit_length())

    @property
    def highest(self) -> float:
        """Where the last triangle ends, in hertz."""
        return self.high_hz or self.rate / 2

    @property
    def features(self) -> int:
        """Values of a row."""
        return self.bands if self.kind == "log_mel" else self.coefficients or 10


class ImuOptions(_FrontEnd):
    """Rows of ``channels`` int16 samples; ``mean`` and ``scale`` are in the sensor's own steps.

    ``every``: rows between two inferences.
    """

    kind: Literal["imu"]
    channels: Annotated[int, _count(1, MOST_CHANNELS)] = 3
    every: Annotated[int, _count(1, 65535)] = 1


class CameraOptions(_FrontEnd):
    """Lines of a camera, cropped and resized: rows of the network's image.

    ``crop`` is [left, top, width, height]; by default the largest part in the middle with the
    image's proportions. ``rgb565`` has its high byte first, ``rgb565le`` its low one. ``mean`` and
    ``scale`` are in steps of 0 to 255.
    """

    kind: Literal["camera"]
    format: Literal["rgb565", "rgb565le", "rgb888", "yuyv", "gray"]
    width: Annotated[int, _count(1, MOST_PIXELS)]
    height: Annotated[int, _count(1, MOST_PIXELS)]
    crop: tuple[int, int, int, int] | None = None
    resize: Literal["nearest", "area"] = "nearest"

    @field_validator("width")
    @classmethod
    def _pairs(cls, value: int, info: ValidationInfo) -> int:
        if info.data.get("format") == "yuyv" and value % 2:
            raise ValueError("is odd, and yuyv has its pixels in pairs")
        return value

    @field_validator("crop")
    @classmethod
    def _inside(
        cls, value: tuple[int, int, int, int] | None, info: ValidationInfo
    ) -> tuple[int, int, int, int] | None:
        width, height = info.data.get("width"), info.data.get("height")
        if value is None or width is None or height is None:
            return value
        left, top, across, down = value
        inside = min(left, top) >= 0 and left + across <= width and top + down <= height
        if not inside or min(across, down) < 1:
            raise ValueError(f"[left, top, width, height] does not lie in {width} x {height}")
        return value


def _sort(value: object) -> str:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return {"imu": SORTS[1], "camera": SORTS[2]}.get(str(kind), SORTS[0])


FrontEndOptions = Annotated[
    Annotated[AudioOptions, Tag(SORTS[0])]
    | Annotated[ImuOptions, Tag(SORTS[1])]
    | Annotated[CameraOptions, Tag(SORTS[2])],
    Discriminator(_sort),
]
"""Any of them, told apart by ``kind``."""

KINDS: dict[str, type[_FrontEnd]] = {
    "mfcc": AudioOptions,
    "log_mel": AudioOptions,
    "imu": ImuOptions,
    "camera": CameraOptions,
}
"""By ``kind``, what the other keys may be."""
