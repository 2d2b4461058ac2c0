"""``thumbnet build``: the generated files of a manifest's model."""

from __future__ import annotations

from pathlib import Path

from thumbnet.commands.model import compile_for
from thumbnet.output import write_files
from thumbnet.report.figures import plan_figures
from thumbnet.report.terminal import build_line
from thumbnet.signal.front_end import frontend_bytes


def build(
    path: Path,
    target: str,
    out: Path,
    ram: str | None,
    flash: str | None,
    optimize: str | None,
) -> None:
    """Write the files into ``out``, all or none, and print one line about them."""
    _, board, compiled = compile_for(path, target, ram, flash, optimize)
    written = write_files(out, compiled.files)
    print(
        build_line(
            plan_figures(
                compiled.plan, compiled.naming.name, board.name, frontend_bytes(compiled.front_end)
            ),
            written,
        )
    )
