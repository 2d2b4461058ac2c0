"""Seeded test inputs: noise alone hides errors, so there are smooth and constant ones too."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

AnyArray = npt.NDArray[Any]


def limits(dtype: str) -> tuple[float, float]:
    """The least and greatest value used for ``dtype``; [-1, 1] for float32."""
    if np.dtype(dtype).kind == "f":
        return -1.0, 1.0
    info = np.iinfo(dtype)
    return float(info.min), float(info.max)


def _cast(values: AnyArray, dtype: str) -> AnyArray:
    low, high = limits(dtype)
    clipped = np.clip(values, low, high)
    return (clipped if np.dtype(dtype).kind == "f" else np.rint(clipped)).astype(dtype)


def noise(shape: tuple[int, ...], dtype: str = "int8", seed: int = 0) -> AnyArray:
    """Uniform over the whole range."""
    rng = np.random.default_rng(seed)
    low, high = limits(dtype)
    if np.dtype(dtype).kind == "f":
        return rng.uniform(low, high, shape).astype(dtype)
    return rng.integers(int(low), int(high), shape, dtype=dtype, endpoint=True)


def smooth(shape: tuple[int, ...], dtype: str = "int8", seed: int = 0) -> AnyArray:
    """A few low-frequency waves along every dimension, over most of the range."""
    rng = np.random.default_rng(seed)
    low, high = limits(dtype)
    grid = np.meshgrid(*(np.linspace(0, 1, n) for n in shape), indexing="ij")
    total = np.zeros(shape)
    for _ in range(4):
        phase = np.full(shape, rng.uniform(0, 2 * np.pi))
        for axis in grid:
            phase = phase + 2 * np.pi * rng.uniform(-1.5, 1.5) * axis
        total = total + np.sin(phase)
    middle, reach = (low + high) / 2, (high - low) / 2
    return _cast(middle + reach * (total / 2.5 + rng.uniform(-0.2, 0.2)), dtype)


def constant(shape: tuple[int, ...], dtype: str = "int8", *, high: bool = False) -> AnyArray:
    """The least (or greatest) value everywhere."""
    return np.full(shape, limits(dtype)[high], dtype)


def checkered(shape: tuple[int, ...], dtype: str = "int8") -> AnyArray:
    """Least and greatest values in turn along every dimension."""
    parity = np.indices(shape).sum(axis=0) % 2
    low, high = limits(dtype)
    return np.where(parity == 0, low, high).astype(dtype)


def all_bytes(shape: tuple[int, ...], dtype: str = "int8") -> AnyArray:
    """-128..127 (or 0..255) in turn, repeated: every value where there is room."""
    count = int(np.prod(shape))
    return (np.arange(count) % 256 + np.iinfo(dtype).min).reshape(shape).astype(dtype)


def suite(shape: tuple[int, ...], dtype: str = "int8", seed: int = 0) -> list[AnyArray]:
    """One input of every sort and two of the random ones."""
    return [
        noise(shape, dtype, seed),
        noise(shape, dtype, seed + 1),
        smooth(shape, dtype, seed),
        smooth(shape, dtype, seed + 1),
        constant(shape, dtype),
        constant(shape, dtype, high=True),
        checkered(shape, dtype),
    ]
