"""Fits what an inference takes besides its kernels: the entry ``thumbnet_run`` of costs.json.

    scripts/fit_frame.py [--cores cortex-m4 ...]

Networks that do nothing but move their input tell what checks and moves take; means of one to
several rows, one and more of them, what a layer and a table of layers do. Run it before
``fit_costs.py``, which takes all of that off its samples.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from itertools import product
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "test" / "python"), str(Path(__file__).resolve().parent)]

from fit_costs import instructions, name_borders, not_negative, read_bytes  # noqa: E402
from support.tflite_writer import Writer  # noqa: E402
from thumbnet.codegen import Provenance, generate  # noqa: E402
from thumbnet.operators.cost import CORES, FRAME, TABLE  # noqa: E402
from thumbnet.operators.cost_windows import Features  # noqa: E402
from thumbnet.options import Build  # noqa: E402
from thumbnet.passes import run_passes  # noqa: E402
from thumbnet.plan import Plan  # noqa: E402
from thumbnet.schedule.layers import make_plan  # noqa: E402
from thumbnet.schedule.predict import frame_counts  # noqa: E402
from thumbnet.target import resolve_target  # noqa: E402

SIZES = (
    *product((1, 2, 3, 5, 8, 11, 16, 21, 33, 50, 78), (100, 1023)),
    *product((1, 3, 8, 13, 40), (20, 50), (490,)),
)
"""Bytes of inputs, an output for each: small ones beside large ones, as networks have them."""

HEIGHTS = (1, 2, 3, 5, 8, 12)
LAYERS = (1, 2, 3)


def plan_of(model: bytes, core: str) -> Plan:
    """Layer by layer."""
    graph = run_passes(read_bytes(model, Path("sample.tflite")))
    return make_plan(graph.built_for(Build(resolve_target(core).isa, "balanced", core)))


def count(plan: Plan, core: str) -> int:
    """Instructions of an inference."""
    naming = name_borders(plan.graph)
    files = generate(plan, naming, Provenance("sample", "0" * 64, "0"))
    return instructions(files, plan, naming, core)


def reshaped(*sizes: int) -> bytes:
    """A network whose outputs are views of its inputs; a compiler knows a size that all have."""
    writer = Writer()
    inputs = [writer.input((1, size), scale=0.1, zero_point=3) for size in sizes]
    pairs = zip(inputs, sizes, strict=True)
    return writer.finish([writer.reshape(x, (1, 1, size)) for x, size in pairs])


def means(height: int, layers: int) -> bytes:
    """As many means of a single element each, row by row."""
    writer = Writer()
    y = writer.input((1, height, 1, 4), scale=0.1, zero_point=3)
    for at in range(layers):
        y = writer.mean(y, (2,), keep_dims=True, scale=0.09 - 0.01 * at)
    return writer.finish([y])


def moves(core: str) -> Features:
    """Weights of checks and moves."""
    rows: list[Features] = []
    counted: list[int] = []
    for sizes in SIZES:
        plan = plan_of(reshaped(*sizes), core)
        for shift in (0, 1):
            offsets = {name: at + shift for name, at in plan.memory.offsets.items()}
            arena = plan.memory.arena_size + shift
            memory = dataclasses.replace(plan.memory, offsets=offsets, arena_size=arena)
            moved = dataclasses.replace(plan, memory=memory)
            rows.append(frame_counts(moved))
            counted.append(count(moved, core))
    names = sorted({name for row in rows for name in row} - {"tables"})
    table = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    wanted = np.array(counted, np.float64)
    solved = not_negative(table / wanted[:, None], np.ones(len(rows)))
    print(f"{core}: moves off by {np.abs(table @ solved - wanted).max():.0f} at most")
    return dict(zip(names, map(float, solved), strict=True))


def layers(core: str, known: Features) -> Features:
    """Weights of a layer and a table of them: what is left where no rows are."""
    counted = np.zeros((len(LAYERS), len(HEIGHTS)))
    frames = np.zeros(len(HEIGHTS))
    for at, height in enumerate(HEIGHTS):
        for row, number in enumerate(LAYERS):
            plan = plan_of(means(height, number), core)
            counted[row, at] = count(plan, core)
        found = frame_counts(plan)
        frames[at] = sum(known.get(name, 0.0) * value for name, value in found.items())
    each = np.mean(np.diff(counted, axis=0), axis=0)
    _, layer = np.polyfit(HEIGHTS, each, 1)
    table = np.mean(counted[0] - frames - each)
    print(f"{core}: {layer:.0f} a layer, {table:.0f} a table")
    return {"tables": max(float(table), 0.0), "layers": max(float(layer), 0.0)}


def main() -> int:
    """Fits and merges into the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cores", nargs="*", default=["cortex-m4"])
    for core in parser.parse_args().cores:
        found = moves(core)
        found |= layers(core, found)
        tables = json.loads(TABLE.read_text())
        weights = {name: float(f"{value:.4g}") for name, value in found.items()}
        tables.setdefault(CORES[core], {})[FRAME] = weights
        TABLE.write_text(json.dumps(tables, indent=1, sort_keys=True) + "\n")
        print(core, weights)
    return 0


if __name__ == "__main__":
    sys.exit(main())
