"""``thumbnet doctor``: what is installed, what is missing and how to get it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from thumbnet import __version__
from thumbnet.doctor import Finding, examine, ready
from thumbnet.report.console import console


def doctor(as_json: bool) -> bool:
    """Print the findings; return whether what a build needs is there."""
    findings = examine()
    if as_json:
        print(_as_json(findings))
    else:
        _print_table(findings)
    return ready(findings)


def _as_json(findings: Sequence[Finding]) -> str:
    rows = [
        {**dataclasses.asdict(finding), "found": finding.version is not None}
        for finding in findings
    ]
    return json.dumps({"thumbnet": __version__, "ready": ready(findings), "findings": rows})


def _print_table(findings: Sequence[Finding]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("what", "version", "needed for", "remedy"):
        table.add_column(column, overflow="fold")
    for finding in findings:
        missing = Text("missing", style="red" if finding.required else "yellow")
        found = finding.version is not None
        table.add_row(
            finding.name,
            Text(finding.version, style="green") if finding.version is not None else missing,
            finding.purpose,
            "" if found else finding.remedy,
        )
    terminal = console()
    terminal.print(table)
    verdict = "can build" if ready(findings) else "cannot build: something it needs is missing"
    terminal.print(f"thumbnet {__version__} {verdict}")
