"""The golden cases of recurrent operators, and of what wide integers become.

Samples of a case follow one another: each begins with the states that the one before left.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from case_models import AnyArray, KernelCase, Rng, is_telling, seed_of
from support.litert import LiteRT
from support.recurrent_models import LstmShape, SvdfShape, lstm, svdf
from support.tflite_writer import Writer

Make = Callable[[Rng], bytes]
_ATTEMPTS = 100


def recurrent() -> list[KernelCase]:
    """svdf, LSTMs and softmax to int16."""
    return [
        case("lstm", lambda rng: lstm(rng, LstmShape(steps=2, values=5, units=3)), 2),
        case("svdf", lambda rng: svdf(rng, SvdfShape(values=4, units=3, rank=2, memory=3)), 3),
        case("softmax_to_int16", softmax, 1, reach=3),
    ]


def softmax(rng: Rng) -> bytes:
    """SOFTMAX of int8 to int16, of a scale at which most of the table is zero."""
    writer = Writer()
    x = writer.input((1, 2, 5), scale=1.7, zero_point=int(rng.integers(-9, 9)))
    return writer.finish([writer.softmax(x, dtype="int16")])


def case(name: str, build: Make, samples: int, reach: int | None = None) -> KernelCase:
    """Noise, of one seed after the other the first whose outputs tell something."""
    for seed in range(seed_of(name), seed_of(name) + _ATTEMPTS):
        rng = np.random.default_rng(seed)
        model = build(rng)
        reference = LiteRT(model)
        given = [noise(rng, reference, reach) for _ in range(samples)]
        outputs = [reference.run(list(sample))[0].copy() for sample in given]
        if all(output.size == 1 or is_telling(output) for output in outputs):
            return KernelCase(name, model, given)
    raise ValueError(f"{name}: outputs are nearly constant whatever the seed")


def noise(rng: Rng, reference: LiteRT, reach: int | None) -> list[AnyArray]:
    """Inputs up to ``reach``, or over their types' ranges; of int32 over 24 bits."""
    found: list[AnyArray] = []
    for detail in reference.inputs:
        limit = reach or 1 << min(8 * np.dtype(detail["dtype"]).itemsize, 24) - 1
        values = rng.integers(-limit, limit, detail["shape"])
        found.append(values.astype(detail["dtype"]))
    return found
