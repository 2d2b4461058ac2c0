"""The golden cases of functions of two bytes, selections, casts, reductions and products.

Comparisons by ranks and quotients are not among them: their tables would be most of the data.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from case_models import MOST_ATTEMPTS, AnyArray, KernelCase, is_telling, seed_of
from support import byte_trials as bytes_of
from support import inputs as samples
from support import reduction_trials as reductions
from support.litert import LiteRT
from support.operator_trials import Trial

SMALL = (1, 2, 2, 3)


def trial_case(name: str, make: Callable[[int], Trial]) -> KernelCase:
    """The first of a sort of trials whose outputs tell something, on noise."""
    for number in range(MOST_ATTEMPTS):
        trial = make(number)
        graph = trial.graph()
        given: list[AnyArray] = []
        for index, tensor in enumerate(graph.inputs):
            shape, dtype = graph.tensor(tensor).shape, graph.tensor(tensor).dtype.value
            value = samples.noise(shape, "int8", seed_of(name) + index)
            given.append(value > 0 if dtype == "bool" else value.astype(dtype))
        if _tells(LiteRT(trial.model).run(given)[0]):
            return KernelCase(name, trial.model, [given])
    raise ValueError(f"{name}: outputs are nearly constant whatever the seed")


def _tells(output: AnyArray) -> bool:
    """Of few different values, too, as decisions and places are."""
    _, counts = np.unique(output, return_counts=True)
    few = output.dtype != np.int8 and bool(counts.max() <= 0.6 * output.size)
    return few or is_telling(output)


def _binary(kind: str, second: tuple[int, ...], constant: int | None = None) -> KernelCase:
    shapes = (SMALL, second)
    return trial_case(kind, lambda number: bytes_of.binary(kind, shapes, constant, number))


def byte_cases() -> list[KernelCase]:
    """All of them."""
    return [
        _binary("maximum", (1, 1, 2, 3)),
        _binary("prelu", (3,), 1),
        trial_case(
            "select",
            lambda _: bytes_of.select("select_v2", ((1, 2, 2, 1), SMALL, (3,)), constant=2),
        ),
        trial_case("matmul", lambda _: bytes_of.matmul(((2, 2, 3), (2, 4, 3)), adj=(False, True))),
        trial_case("sum_plane", lambda number: reductions.small("sum", (1, 2), number)),
        trial_case("reduce_max_row", lambda number: reductions.small("reduce_max", (3,), number)),
        trial_case("arg_max_rows", lambda number: reductions.small("arg_max", (1,), number)),
        trial_case(
            "l2_normalization",
            lambda number: reductions.normalized("l2_normalization", (1, 2, 4), number),
        ),
        trial_case(
            "log_softmax", lambda number: reductions.normalized("log_softmax", (1, 2, 5), number)
        ),
        trial_case("cast", lambda _: bytes_of.cast("int8", "int32", (1, 2, 4))),
    ]
