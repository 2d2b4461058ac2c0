"""``thumbnet plan``: where the bytes and the MACs go, what less RAM would cost, and lock files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import thumbnet
from thumbnet.commands.model import read_for
from thumbnet.errors import ThumbnetError
from thumbnet.manifest import Manifest
from thumbnet.operators.cost import CORES
from thumbnet.operators.registry import family
from thumbnet.output import write_files
from thumbnet.pipeline import Compiled, compile_model
from thumbnet.report.console import bar_for, console, grouped
from thumbnet.report.figures import FrontFigures, PatchFigures, PlanFigures, plan_figures
from thumbnet.report.terminal import front_picture, patches_picture, plan_picture, summary_line
from thumbnet.schedule.front import pareto_front
from thumbnet.schedule.lock import make_lock
from thumbnet.schedule.patches import SIZES as PATCHES
from thumbnet.schedule.patches import patch_based
from thumbnet.schedule.predict import Prediction, predict
from thumbnet.signal.front_end import frontend_bytes


def plan(
    path: Path,
    target: str,
    ram: str | None,
    flash: str | None,
    optimize: str | None,
    as_json: bool,
    with_front: bool = False,
    lock: bool = False,
) -> None:
    """Print the plan's stages and memory map, as a picture or as one JSON object.

    ``with_front`` adds the Pareto front of RAM against work for the manifest's input, and what
    MCUNetV2's patches would need. ``lock``
    writes the plan to the manifest's lock file; a plan that the manifest pins is not used then.
    """
    manifest, board = read_for(path, target, ram, flash, optimize)
    compiled = compile_model(_unpinned(manifest) if lock else manifest, board)
    figures = plan_figures(
        compiled.plan, compiled.naming.name, board.name, frontend_bytes(compiled.front_end)
    )
    front = _front(compiled, manifest) if with_front else None
    patches = _patches(compiled, manifest) if with_front else []
    written = _write_lock(manifest, compiled) if lock else None
    cost = predict(compiled.plan) if board.core in CORES else None
    if as_json:
        print(json.dumps(_as_dict(figures, cost, front, patches, written)))
    else:
        _print(figures, cost, front, patches, written)


def lock_path(manifest: Manifest) -> Path:
    """Where the lock file is: what the manifest pins, else NAME.lock beside NAME.yaml."""
    source = manifest.source or manifest.model
    return manifest.schedule.plan or source.with_suffix(".lock")


def _unpinned(manifest: Manifest) -> Manifest:
    return manifest.model_copy(
        update={"schedule": manifest.schedule.model_copy(update={"plan": None})}
    )


def _write_lock(manifest: Manifest, compiled: Compiled) -> Path:
    path = lock_path(manifest)
    made = make_lock(
        compiled.plan,
        model=manifest.model.name,
        sha256=hashlib.sha256(manifest.model.read_bytes()).hexdigest(),
        version=thumbnet.__version__,
    )
    try:
        write_files(path.parent, {path.name: made.text()})
    except ThumbnetError as error:
        raise ThumbnetError(str(path), error.problem, "make its folder writable") from error
    return path


def _front(compiled: Compiled, manifest: Manifest) -> list[FrontFigures]:
    schedule = manifest.schedule
    points = pareto_front(compiled.graph, schedule.input, schedule.recompute)
    return [
        FrontFigures(point.size, point.streamed, len(point.plan.stages), point.overhead)
        for point in points
    ]


def _patches(compiled: Compiled, manifest: Manifest) -> list[PatchFigures]:
    graph, found = compiled.graph, []
    macs = sum(family(operator).macs(graph, operator) for operator in graph.operators)
    for size in PATCHES:
        made = patch_based(graph, size, input=manifest.schedule.input)
        if made is not None:
            work = round(made.macs / max(macs, 1), 3)
            found.append(PatchFigures(size, made.memory.arena_size, made.macs, work))
    return found


def _as_dict(
    figures: PlanFigures,
    cost: Prediction | None,
    front: Sequence[FrontFigures] | None,
    patches: Sequence[PatchFigures],
    written: Path | None,
) -> dict[str, object]:
    answer = figures.as_dict()
    if cost is not None:
        answer["predicted_instructions"] = {"total": cost.total, "operators": cost.operators}
    if front is not None:
        answer["front"] = [point.as_dict() for point in front]
        answer["patches"] = [one.as_dict() for one in patches]
    if written is not None:
        answer["lock"] = str(written)
    return answer


def _print(
    figures: PlanFigures,
    cost: Prediction | None,
    front: Sequence[FrontFigures] | None,
    patches: Sequence[PatchFigures],
    written: Path | None,
) -> None:
    print(summary_line(figures))
    if cost is not None:
        print(f"predicted: {grouped(cost.total)} instructions an inference")
    print(flush=True)
    terminal = console()
    terminal.print(plan_picture(figures, terminal.width, bar_for(terminal.encoding)))
    if front is not None:
        print(f"\nWhat less RAM costs with input: {figures.input}\n", flush=True)
        terminal.print(front_picture(front))
    if patches:
        print("\nFor comparison, the first operators in patches with a halo:\n", flush=True)
        terminal.print(patches_picture(patches))
    if written is not None:
        print(f"\nwrote {written}; pin it with schedule: {{plan: {written.name}}}")
