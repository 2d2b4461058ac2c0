"""What a golden case of row kernels is: a model of one operator and what goes into it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from support import inputs as samples
from support.litert import TRUSTED, LiteRT

AnyArray = npt.NDArray[Any]
Rng = np.random.Generator
Build = Callable[[Rng], bytes]
MOST_ATTEMPTS = 100


@dataclass(frozen=True, eq=False)
class KernelCase:
    """A model of one operator, and the samples that it is run on (one array an input)."""

    name: str
    model: bytes
    inputs: Sequence[Sequence[AnyArray]]
    resolver: Any = TRUSTED
    passes: bool = True
    """Whether the compiler's passes run on it; they would remove a lone reshape."""
    banded: bool = False
    """Whether it is an inverted bottleneck that is lowered as one operator, in bands of a row."""
    even: bool = False
    """Whether it is rounded as onnxruntime does, on uint8 tensors."""
    generic: bool = True
    """Whether the generic build's kernels run on it; they gain nothing from cases of others."""


def seed_of(name: str) -> int:
    """A seed of a case's own, so that a new case leaves the others as they are."""
    return zlib.crc32(name.encode())


def random_case(
    name: str, build: Build, *shapes: tuple[int, ...], smooth: bool = True
) -> KernelCase:
    """Noise and something smooth for inputs of the given shapes.

    Of one seed after the other, the first whose outputs tell something.
    """
    for seed in range(seed_of(name), seed_of(name) + MOST_ATTEMPTS):
        model = build(np.random.default_rng(seed))
        reference = LiteRT(model)
        given = [
            [make(shape, "int8", seed + index) for index, shape in enumerate(shapes)]
            for make in (samples.noise, samples.smooth)[: 1 + smooth]
        ]
        if all(is_telling(reference.run(sample)[0]) for sample in given):
            return KernelCase(name, model, given)
    raise ValueError(f"{name}: outputs are nearly constant whatever the seed")


def is_telling(output: AnyArray) -> bool:
    """Whether the elements differ enough for a wrong kernel to show."""
    if output.size == 1:
        return bool(-128 < output.item() < 127)
    _, counts = np.unique(output, return_counts=True)
    clipped = np.mean((output == -128) | (output == 127))
    return bool(
        len(counts) >= min(10, (output.size + 1) // 2)
        and counts.max() <= 0.6 * output.size
        and clipped <= 0.5
    )
