"""Pictures of memory and cost for a terminal, and the same as plain text in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from thumbnet.report.console import grouped
from thumbnet.report.figures import BufferFigures, FrontFigures, PatchFigures, PlanFigures
from thumbnet.report.stages import stages_picture
from thumbnet.report.tables import NAME_WIDTHS, plain_table, shortened


def plan_picture(figures: PlanFigures, width: int, bar: str = "█") -> RenderableType:
    """Draw the stages with their line buffers and live bytes, the peak marked, and the memory map.

    ``width`` is that of the terminal; bars are the first to give way, then names.
    """
    return Group(stages_picture(figures, width, bar), Text(), _memory_map(figures))


def front_picture(front: Sequence[FrontFigures]) -> RenderableType:
    """Draw the Pareto front: a line a plan, the largest first."""
    table = plain_table("arena B", "streamed operators", "stages", "instructions more (estimated)")
    for point in front:
        table.add_row(
            grouped(point.arena_bytes),
            str(point.streamed_operators),
            str(point.stages),
            grouped(point.estimated_extra_instructions),
        )
    return table


def patches_picture(found: Sequence[PatchFigures]) -> RenderableType:
    """Draw what MCUNetV2's patches need, a line a plan."""
    table = plain_table("schedule", "arena B", "MACs", "work")
    for one in found:
        label = f"{one.patches} x {one.patches} patches (MCUNetV2)"
        work = f"x {one.work:.3f}"
        table.add_row(Text(label), grouped(one.arena_bytes), grouped(one.macs), work)
    return table


def summary_line(figures: PlanFigures) -> str:
    """Return the plan in one line."""
    part = figures.macs / figures.network_macs if figures.network_macs else 1.0
    twice = "" if figures.macs == figures.network_macs else f", {part:.3f} times the network's"
    both = ""
    if figures.fast_bytes is not None and figures.slow_bytes is not None:
        both = f" ({grouped(figures.fast_bytes)} fast, {grouped(figures.slow_bytes)} slow)"
    if figures.state_bytes:
        both += f" and {grouped(figures.state_bytes)} B of state"
    if figures.frontend_bytes:
        both += f" and {grouped(figures.frontend_bytes)} B of front end"
    return (
        f"{figures.model} for {figures.target}: arena {grouped(figures.arena_bytes)} B{both}, "
        f'peak at "{figures.peak_operator}", weights {grouped(figures.weight_bytes)} B, '
        f"{grouped(figures.macs)} MACs{twice}"
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


def _memory_map(figures: PlanFigures) -> RenderableType:
    streamed = any(stage.kind == "stream" for stage in figures.stages)
    two = figures.slow_bytes is not None
    memory = ("memory",) if two else ()
    table = plain_table(*memory, "offset", "size", "stages" if streamed else "steps", "buffer")
    for buffer in figures.buffers:
        first, last = _life(buffer, len(figures.stages))
        name = Text(shortened(buffer.name, NAME_WIDTHS[1]))
        words = (buffer.memory or "",) if two else ()
        numbers = (grouped(buffer.offset), grouped(buffer.size))
        table.add_row(*words, *numbers, f"{first} - {last}", name)
    return Group(table, Text(), Text(_share(figures))) if two else table


def _share(figures: PlanFigures) -> str:
    slow, every = figures.slow_accesses or 0, figures.accesses or 0
    return (
        f"slow memory: {grouped(slow)} of {grouped(every)} bytes that an inference reads and "
        f"writes in tensors ({100 * slow / max(every, 1):.1f} %)"
    )


def _life(buffer: BufferFigures, stages: int) -> tuple[str, str]:
    first = "in" if buffer.first < 0 else str(buffer.first)
    return first, "out" if buffer.last >= stages else str(max(buffer.last, 0))
