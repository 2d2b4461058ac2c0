"""Plans the shared models for little RAM: least bytes and Pareto fronts, for BENCHMARKS.md.

Arena bytes are those of the plan, with everything counted; what a plan costs besides is the
scheduler's estimate in instructions, as a part of what whole layers execute on a Cortex-M4.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from thumbnet.frontends.tflite import read_tflite
from thumbnet.ir.graph import Graph
from thumbnet.options import Build
from thumbnet.passes import run_passes
from thumbnet.passes.quantized_io import quantize_io
from thumbnet.plan import Plan
from thumbnet.schedule.choose import Chooser
from thumbnet.schedule.front import pareto_front

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT.parent / "shared" / "models"
RESULTS = ROOT / "test" / "bench" / "streams.json"
NAMES = (
    *("mlperf-vww96", "mlperf-resnet8", "mlperf-kws", "mcunet-in0", "mcunet-in1", "mcunet-in3"),
    *("mbv2-w0.35", "mcunet-vww0", "mcunet-vww1", "mcunet-person-det"),
)
BUILD = Build("dsp", "balanced", "cortex-m4")

WORK = (1.0, 1.1, 1.3)
"""Limits on the multiply-accumulates, as multiples of the network's."""


def run(names: list[str]) -> None:
    """Plans and merges into the results."""
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in names or NAMES:
        if name in NAMES:
            file = next((MODELS / name).glob("*.tflite"))
            graph = run_passes(quantize_io(read_tflite(file))).built_for(BUILD)
            results[name] = {source: _figures(graph, source) for source in ("arena", "rows")}
            print(name, json.dumps(results[name]), flush=True)
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")


def _figures(graph: Graph, source: str) -> dict[str, Any]:
    chooser = Chooser(graph, source)
    front = [
        {**_point(point.plan), "overhead": point.overhead}
        for point in pareto_front(graph, source, WORK[1])
    ]
    return {
        "moderate": _point(chooser.plan("ram", None)),
        # No plan fits a byte, so that the least comes back.
        "least": {str(work): _point(chooser.plan("ram", 1, work)) for work in WORK},
        "front": front,
    }


def _point(plan: Plan) -> dict[str, Any]:
    work = round(plan.macs / max(plan.network_macs, 1), 3)
    return {"arena_bytes": plan.memory.arena_size, "work": work}


def section(instructions: dict[str, int]) -> list[str]:
    """Lines of BENCHMARKS.md; ``instructions`` of whole layers by model."""
    results: dict[str, Any] = json.loads(RESULTS.read_text())
    lines = [
        "## Schedules for little RAM",
        "",
        "Bytes of the arena. Moderate: `objective: ram`, nothing computed twice. Least: whatever",
        "it costs, with at most 1, 1.1 and 1.3 times the multiply-accumulates (those executed in",
        "brackets).",
        "",
        "| model | input | moderate | least | 1.1 | 1.3 |",
        "|---|---|---|---|---|---|",
    ]
    for name, inputs in sorted(results.items()):
        for source, found in inputs.items():
            cells = [found["least"][str(work)] for work in WORK]
            shown = [f"{one['arena_bytes']:,} ({one['work']:.2f})" for one in cells]
            lines.append(
                f"| {name} | {source} | {found['moderate']['arena_bytes']:,} | "
                f"{cells[0]['arena_bytes']:,} | {' | '.join(shown[1:])} |"
            )
    lines += [
        "",
        "Pareto fronts up to 1.1 times the multiply-accumulates: bytes, and what the plan costs in",
        "estimated instructions beyond whole layers.",
        "",
        "| model | input | front |",
        "|---|---|---|",
    ]
    for name, inputs in sorted(results.items()):
        for source, found in inputs.items():
            points = ", ".join(
                f"{one['arena_bytes']:,} +{one['overhead'] / instructions[name]:.1%}"
                for one in found["front"]
            )
            lines.append(f"| {name} | {source} | {points} |")
    return [*lines, ""]
