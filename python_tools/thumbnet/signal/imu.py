"""Rows of int16 sensor channels: integers as in C, and the same in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from thumbnet.errors import ThumbnetError
from thumbnet.signal.options import ImuOptions
from thumbnet.signal.quantize import Requantization, channels_of, requantization

Array = npt.NDArray[Any]


def imu_requantization(
    options: ImuOptions, input_scale: float, zero_point: int, place: str = "frontend"
) -> Requantization:
    """What makes int8 elements of the sensor's steps.

    Raises:
        ThumbnetError: mean and scale are not one or one a channel, or out of proportion.
    """
    means = channels_of(options.mean, options.channels, "mean", place)
    scales = channels_of(options.scale, options.channels, "scale", place)
    factors = [1 / scale / input_scale for scale in scales]
    terms = [-mean / scale / input_scale for mean, scale in zip(means, scales, strict=True)]
    try:
        return requantization(factors, terms, zero_point, 2**15)
    except ValueError as error:
        problem = f"mean and scale: {error}"
        raise ThumbnetError(place, problem, "both are in the sensor's steps") from error


def imu_features(made: Requantization, samples: Array) -> npt.NDArray[np.int8]:
    """int8 [count, channels] of int16 [count, channels], bit for bit what the C code makes."""
    return made.apply(np.asarray(samples, np.int16))


def float_rows(options: ImuOptions, samples: Array) -> npt.NDArray[np.float64]:
    """float64 [count, channels], normalised: what :func:`imu_features` quantizes."""
    values = np.asarray(samples, np.float64)
    rows: npt.NDArray[np.float64] = (values - options.mean) / options.scale
    return rows
