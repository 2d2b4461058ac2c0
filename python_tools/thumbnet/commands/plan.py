"""``thumbnet plan``: where the bytes and the MACs go."""

from __future__ import annotations

import json
from pathlib import Path

from thumbnet.commands.model import compile_for
from thumbnet.report.console import bar_for, console
from thumbnet.report.figures import plan_figures
from thumbnet.report.terminal import plan_picture, summary_line


def plan(path: Path, target: str, ram: str | None, flash: str | None, as_json: bool) -> None:
    """Print the plan's operators and memory map, as a picture or as one JSON object."""
    _, board, compiled = compile_for(path, target, ram, flash)
    figures = plan_figures(compiled.plan, compiled.naming.name, board.name)
    if as_json:
        print(json.dumps(figures.as_dict()))
        return
    print(f"{summary_line(figures)}\n", flush=True)
    terminal = console()
    terminal.print(plan_picture(figures, terminal.width, bar_for(terminal.encoding)))
