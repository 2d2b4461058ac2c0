"""Single functions of bytes, reductions and products that scripts/fit_costs.py counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
from support import byte_trials as trials
from support import reduction_trials as reductions

Make = Callable[[np.random.Generator], bytes]


def byte_samples() -> Iterator[tuple[str, Make]]:
    """Names and models; these need no generator."""
    for name, model in _models():
        yield name, lambda rng, model=model: model


def _models() -> Iterator[tuple[str, bytes]]:
    for width, channels in product((1, 4, 12), (1, 3, 16)):
        shape, name = (1, 3, width, channels), f"{width} {channels}"
        for kind in ("maximum", "squared_difference", "prelu", "div", "floor_div", "less"):
            second = shape if kind in ("maximum", "div") else (1, 1, 1, channels)
            if kind != "less" or channels > 1:
                yield f"binary {kind} {name}", trials.binary(kind, (shape, second), None).model
        yield f"select {name}", trials.select("select_v2", (shape,) * 3).model
        for target in ("int32", "float32"):
            yield f"cast {target} {name}", trials.cast("int8", target, shape).model
        yield f"cast back {name}", trials.cast("int32", "int8", shape).model
        for kind in ("l2_normalization", "log_softmax"):
            yield f"{kind} {name}", reductions.normalized(kind, shape).model
        for kind, axes in product(("sum", "reduce_max", "arg_max"), ((1,), (2,), (3,))):
            yield f"reduced {kind} {axes} {name}", reductions.of_shape(kind, axes, shape).model
    for (rows, depth, columns), adj in product(
        ((1, 8, 8), (4, 16, 5), (9, 32, 9), (3, 5, 20)), product((False, True), repeat=2)
    ):
        first = (2, depth, rows) if adj[0] else (2, rows, depth)
        second = (2, columns, depth) if adj[1] else (2, depth, columns)
        name = f"batch_matmul {rows} {depth} {columns} {adj}"
        yield name, trials.matmul((first, second), adj=adj).model
    for pixels, depth, channels in ((1, 16, 9), (5, 40, 12), (3, 8, 30)):
        name = f"batch_matmul dense {pixels} {depth} {channels}"
        yield name, trials.dense((pixels, depth), channels, bias=True).model
