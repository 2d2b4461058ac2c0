"""Standard output as a terminal or a pipe; needs nothing of the compiler."""

from __future__ import annotations

import sys

from rich.console import Console

PLAIN_WIDTH = 120
"""Columns where the output is no terminal."""


def console() -> Console:
    """Return the console for standard output: no colours in a pipe, no wrapping at 80 columns."""
    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    return Console(highlight=False, width=width)


def grouped(number: int) -> str:
    """Return a number with a space every three digits: 21 968."""
    return f"{number:,}".replace(",", " ")


def bar_for(encoding: str) -> str:
    """Return the character of bars that an output's encoding can carry."""
    return "█" if encoding.lower().startswith("utf") else "#"
