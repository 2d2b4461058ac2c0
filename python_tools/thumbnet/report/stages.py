"""The picture of a plan's stages: operators, what streams keep of tensors, and the peak."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from thumbnet.report.console import grouped
from thumbnet.report.figures import LineFigures, OperatorFigures, PlanFigures, StageFigures
from thumbnet.report.tables import PEAK, bar_length, plain_table, room, shortened

_LAYER = ("#", "operator", "name", "output", "MACs", "live B")
_STREAM = ("#", "operator", "name", "output", "MACs", "run", "keeps", "B")
_NAME = _LAYER.index("name")
_PEAK_STYLE, _STYLE = "bold red", "blue"


def stages_picture(figures: PlanFigures, width: int, bar: str) -> RenderableType:
    """Draw layers with their live bytes, and a stream with what it keeps of each tensor.

    All bars of layers are to one scale, the peak's, and so are all bars of streams. What is largest
    in the stage that peaks is red.
    """
    if all(stage.kind == "layer" for stage in figures.stages):
        return _layers(figures, figures.operators, width, bar)
    parts: list[RenderableType] = []
    for kind, group in groupby(figures.stages, key=lambda stage: stage.kind):
        stages = list(group)
        if kind == "layer":
            operators = figures.operators[stages[0].first : stages[-1].last + 1]
            parts += [Text(), Text(f"{_numbers(stages)}: layer by layer")]
            parts.append(_layers(figures, operators, width, bar))
        else:
            for stage in stages:
                parts += [Text(), _heading(figures, stage), _stream(figures, stage, width, bar)]
    return Group(*parts[1:])


def _numbers(stages: Sequence[StageFigures]) -> str:
    first, last = stages[0].index, stages[-1].index
    return f"stage {first}" if first == last else f"stages {first} - {last}"


def _heading(figures: PlanFigures, stage: StageFigures) -> Text:
    rows = ", rows pushed" if stage.pushed else ""
    peaks = stage.index == figures.peak_stage
    text = f"stage {stage.index}: stream{rows}, {grouped(stage.live_bytes)} B with what lives on"
    return Text(text + PEAK * peaks, style=_PEAK_STYLE if peaks else "")


def _layers(
    figures: PlanFigures, operators: Sequence[OperatorFigures], width: int, bar: str
) -> Table:
    rows = [(*_words(operator), grouped(operator.live_bytes)) for operator in operators]
    bars, names = room(width, [_LAYER, *rows], _NAME)
    table = plain_table(*_LAYER, "")
    most = max((operator.live_bytes for operator in figures.operators), default=0)
    for operator, row in zip(operators, rows, strict=True):
        peaks = operator.name == figures.peak_operator
        length = bar_length(operator.live_bytes, most, bars)
        drawn = Text(bar * length + PEAK * peaks, style=_PEAK_STYLE if peaks else _STYLE)
        table.add_row(*row[:_NAME], Text(shortened(row[_NAME], names)), *row[_NAME + 1 :], drawn)
    return table


def _stream(figures: PlanFigures, stage: StageFigures, width: int, bar: str) -> Table:
    found = list(_kept(figures, stage))
    rows = [(*words, grouped(size)) for words, size in found]
    bars, names = room(width, [_STREAM, *rows], _NAME)
    table = plain_table(*_STREAM, "")
    streams = [one for one in figures.stages if one.kind == "stream"]
    most = max(size for one in streams for _, size in _kept(figures, one))
    largest = max(size for _, size in found)
    for row, (_, size) in zip(rows, found, strict=True):
        marked = stage.index == figures.peak_stage and size == largest
        style = _PEAK_STYLE if marked else _STYLE
        drawn = Text(bar * bar_length(size, most, bars), style=style)
        table.add_row(*row[:_NAME], Text(shortened(row[_NAME], names)), *row[_NAME + 1 :], drawn)
    return table


def _kept(figures: PlanFigures, stage: StageFigures) -> Iterator[tuple[tuple[str, ...], int]]:
    """The words of a stream's rows and the bytes that each keeps in the stage alone."""
    made = [figures.operators[index] for index in range(stage.first, stage.last + 1)]
    outputs = {operator.output for operator in made}
    lines = {line.tensor: line for line in stage.lines}
    for pushed in stage.lines:
        if pushed.tensor not in outputs:
            shape = f"{pushed.height}x{pushed.width}"
            yield ("", "rows", pushed.tensor, shape, "", "", _line(pushed)), pushed.bytes
    for operator in made:
        line = lines.get(operator.output)
        kept = "whole" if line is None else _line(line)
        words = (*_words(operator), str(operator.run or ""), kept)
        yield words, operator.output_bytes if line is None else line.bytes
    yield ("", "", "scratch and states", "", "", "", ""), stage.other_bytes


def _line(line: LineFigures) -> str:
    rows = f"{line.rows} row{'s' * (line.rows != 1)}" if line.rows else ""
    strip = f"{line.margin} + {line.segment} px" if line.segment else ""
    return ", ".join(part for part in (rows, strip) if part) or "nothing"


def _words(operator: OperatorFigures) -> tuple[str, ...]:
    return (
        str(operator.index),
        operator.kind,
        operator.name,
        "x".join(map(str, operator.shape)),
        grouped(operator.macs),
    )
