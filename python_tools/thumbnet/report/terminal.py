"""Pictures of memory and cost for a terminal, and the same as plain text in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from thumbnet.report.console import grouped
from thumbnet.report.figures import SCRATCH, BufferFigures, OperatorFigures, PlanFigures

BAR_WIDTHS = (8, 24)
"""Fewest and most characters of the bar of the operator that peaks."""

NAME_WIDTHS = (10, 40)
"""The same for an operator's or a buffer's name; the JSON has them whole."""

HEADINGS = ("#", "operator", "name", "output", "MACs", "live B")
NAME = HEADINGS.index("name")
GAP = 2
PEAK = " <- peak"


def plan_picture(figures: PlanFigures, width: int, bar: str = "█") -> RenderableType:
    """Draw the operators with their live bytes, the peak marked, and the memory map.

    ``width`` is that of the terminal; bars are the first to give way, then names.
    """
    return Group(
        _operators(figures, width, bar),
        Text(),
        _memory_map(figures.buffers, len(figures.operators)),
    )


def summary_line(figures: PlanFigures) -> str:
    """Return the plan in one line."""
    return (
        f"{figures.model} for {figures.target}: arena {grouped(figures.arena_bytes)} B, "
        f'peak at "{figures.peak_operator}", weights {grouped(figures.weight_bytes)} B, '
        f"{grouped(figures.macs)} MACs"
    )


def build_line(figures: PlanFigures, written: Sequence[str]) -> str:
    """Return what a build says: the plan in one line and the files that changed."""
    return f"{summary_line(figures)}; {'wrote ' + ', '.join(written) if written else 'unchanged'}"


def key_values(values: Mapping[str, object]) -> RenderableType:
    """Draw names and values as two columns, numbers grouped by thousands."""
    table = Table.grid(padding=(0, 2))
    for name, value in values.items():
        number = isinstance(value, int) and not isinstance(value, bool)
        shown = grouped(int(str(value))) if number else str(value)
        table.add_row(name.replace("_", " "), Text(shown))
    return table


def shortened(name: str, width: int) -> str:
    """Return the end of a name, the telling part: converters join names with semicolons."""
    if name.startswith(SCRATCH):
        return SCRATCH + shortened(name.removeprefix(SCRATCH), max(width - len(SCRATCH), 0))
    first = name.partition(";")[0]
    width = max(width, NAME_WIDTHS[0])
    return first if len(first) <= width else f"...{first[3 - width :]}"


def _operators(figures: PlanFigures, width: int, bar: str) -> Table:
    rows = [_figures(operator) for operator in figures.operators]
    columns = [max(map(len, column)) for column in zip(HEADINGS, *rows, strict=True)]
    others = sum(columns) - columns[NAME] + GAP * len(columns) + len(PEAK)
    bars = min(max(width - others - NAME_WIDTHS[1], BAR_WIDTHS[0]), BAR_WIDTHS[1])
    names = min(width - others - bars, NAME_WIDTHS[1])
    table = _table(*HEADINGS, "")
    most = max((operator.live_bytes for operator in figures.operators), default=0)
    for operator, row in zip(figures.operators, rows, strict=True):
        length = -(-operator.live_bytes * bars // max(most, 1))
        peaks = operator.name == figures.peak_operator
        drawn = Text(bar * length + PEAK * peaks, style="bold red" if peaks else "blue")
        table.add_row(*row[:NAME], Text(shortened(row[NAME], names)), *row[NAME + 1 :], drawn)
    return table


def _figures(operator: OperatorFigures) -> tuple[str, ...]:
    return (
        str(operator.index),
        operator.kind,
        operator.name,
        "x".join(map(str, operator.shape)),
        grouped(operator.macs),
        grouped(operator.live_bytes),
    )


def _memory_map(buffers: Sequence[BufferFigures], steps: int) -> Table:
    table = _table("offset", "size", "steps", "buffer")
    for buffer in buffers:
        first = "in" if buffer.first < 0 else str(buffer.first)
        last = "out" if buffer.last >= steps else str(max(buffer.last, 0))
        name = Text(shortened(buffer.name, NAME_WIDTHS[1]))
        table.add_row(grouped(buffer.offset), grouped(buffer.size), f"{first} - {last}", name)
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        left = heading in ("operator", "name", "output", "buffer", "")
        table.add_column(heading, justify="left" if left else "right", no_wrap=True)
    return table
