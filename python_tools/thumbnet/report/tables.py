"""What the pictures of a plan share: plain tables, names that fit, bars."""

from __future__ import annotations

from rich.table import Table

SCRATCH = "scratch of "
"""What stands before the operator's name where a buffer is its scratch."""

BAR_WIDTHS = (8, 24)
"""Fewest and most characters of the longest bar."""

NAME_WIDTHS = (10, 40)
"""The same for an operator's or a buffer's name; the JSON has them whole."""

GAP = 2
PEAK = " <- peak"

_LEFT = ("operator", "name", "output", "memory", "buffer", "schedule", "")


def plain_table(*headings: str) -> Table:
    """Return a table without frames whose words stand left and whose numbers right."""
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        left = heading in _LEFT
        table.add_column(heading, justify="left" if left else "right", no_wrap=True)
    return table


def shortened(name: str, width: int) -> str:
    """Return the end of a name, the telling part: converters join names with semicolons."""
    if name.startswith(SCRATCH):
        return SCRATCH + shortened(name.removeprefix(SCRATCH), max(width - len(SCRATCH), 0))
    first = name.partition(";")[0]
    width = max(width, NAME_WIDTHS[0])
    return first if len(first) <= width else f"...{first[3 - width :]}"


def room(width: int, rows: list[tuple[str, ...]], name: int, mark: int) -> tuple[int, int]:
    """Return the characters of the longest bar and of names in column ``name`` of ``rows``.

    ``width`` is that of the terminal, ``mark`` what stands behind the longest bar; bars are the
    first to give way, then names.
    """
    columns = [max(map(len, column)) for column in zip(*rows, strict=True)]
    others = sum(columns) - columns[name] + GAP * len(columns) + mark
    bars = min(max(width - others - NAME_WIDTHS[1], BAR_WIDTHS[0]), BAR_WIDTHS[1])
    return bars, min(width - others - bars, NAME_WIDTHS[1])


def bar_length(value: int, most: int, bars: int) -> int:
    """Return the characters of ``value``'s bar where ``most`` has ``bars``; rounded up."""
    return -(-value * bars // max(most, 1))
