"""Fits the executor's share of streamed schedules: the constants of schedule/stream_cost.py.

    scripts/fit_streams.py [MODEL ...]

Measures real networks on an emulated Cortex-M4, image in RAM and pushed by rows, at several RAM
limits, takes off what whole layers take and what the calls of kernels are predicted to cost more
than these, and prints what the rest is per run and per byte moved. Needs the shared models.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "test" / "python"), str(Path(__file__).resolve().parent)]

from fit_costs import not_negative  # noqa: E402
from support import inputs, shared  # noqa: E402
from support.compiled import compile_file, run_on  # noqa: E402
from thumbnet.pipeline import Compiled  # noqa: E402
from thumbnet.plan import Plan  # noqa: E402
from thumbnet.schedule import stream_cost  # noqa: E402
from thumbnet.schedule.predict import predict  # noqa: E402

NAMES = ("mlperf-kws", "mlperf-vww96", "mlperf-resnet8", "mcunet-in0", "mcunet-vww1")
CORE = "cortex-m4"
CONSTANTS = ("_RUN", "_COPIED_BYTE")


def counts(plan: Plan) -> list[float]:
    """How many runs and moved bytes a plan has, by asking for the price of each alone."""
    before = {name: getattr(stream_cost, name) for name in CONSTANTS}
    found = []
    for name in ("", *CONSTANTS):
        for other in CONSTANTS:
            setattr(stream_cost, other, 1 if other == name else 0)
        found.append(float(predict(plan).total))
    for name, value in before.items():
        setattr(stream_cost, name, value)
    return [found[0], *(one - found[0] for one in found[1:])]


def instructions(compiled: Compiled) -> int:
    """Of one inference."""
    graph = compiled.reference_graph
    shape = graph.tensor(graph.inputs[0]).shape
    found = run_on(compiled, CORE, [[inputs.smooth(shape, "int8", 1)]]).instructions
    assert found is not None
    return found


def main() -> int:
    """Prints the constants, and how far off predictions are with them."""
    rows, rest, totals = [], [], []
    for name in sys.argv[1:] or NAMES:
        path = shared.model_path(name)
        layers = compile_file(path, CORE)
        whole = instructions(layers)
        predicted = predict(layers.plan).total
        for source in ("arena", "rows"):
            least = compile_file(path, CORE, schedule={"input": source, "objective": "ram"})
            plans = [least]
            for percent in (105, 115, 140):
                limit = least.plan.memory.arena_size * percent // 100
                how = {"input": source, "objective": "speed", "ram": limit}
                plans.append(compile_file(path, CORE, schedule=how))
            for compiled in plans:
                measured = instructions(compiled)
                kernels, *executor = counts(compiled.plan)
                rows.append(executor)
                rest.append(measured - whole - (kernels - predicted))
                totals.append(measured)
                print(name, source, measured, rest[-1], executor, flush=True)
    table, total = np.array(rows), np.array(totals, np.float64)
    found = not_negative(table / total[:, None], np.array(rest) / total)
    off = (table @ found - np.array(rest)) / total
    print(dict(zip(CONSTANTS, found, strict=True)), f"off by {np.abs(off).max():.1%} at most")
    return 0


if __name__ == "__main__":
    sys.exit(main())
