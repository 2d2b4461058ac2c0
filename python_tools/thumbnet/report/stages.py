"""The picture of a plan's stages: operators, what streams keep of tensors, and the peak."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from thumbnet.report.console import grouped
from thumbnet.report.figures import OperatorFigures, PlanFigures, StageFigures
from thumbnet.report.tables import NAME_WIDTHS, PEAK, bar_length, plain_table, room, shortened

Words = tuple[str, ...]

_LAYER = ("#", "operator", "name", "output", "MACs", "live B")
_STREAM = ("#", "operator", "name", "output", "MACs", "run", "rows", "pixels", "B")
_NAME, _MACS = _LAYER.index("name"), _LAYER.index("MACs")
_PEAK_STYLE, _STYLE = "bold red", "blue"


def stages_picture(figures: PlanFigures, width: int, bar: str) -> RenderableType:
    """Draw layers with their live bytes, and a stream with what it keeps of each tensor.

    These are whole rows, and of one more row the pixels that are read again + those of a run.
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
    columns, below, _ = stage.tiles
    tiles = f" over {columns} x {below} tiles" if stage.tiles.number > 1 else ""
    how = f"stream{tiles}{rows}"
    text = f"stage {stage.index}: {how}, {grouped(stage.live_bytes)} B with what lives on"
    return Text(text + PEAK * peaks, style=_PEAK_STYLE if peaks else "")


def _layers(
    figures: PlanFigures, operators: Sequence[OperatorFigures], width: int, bar: str
) -> Table:
    rows = [(*_words(operator), grouped(operator.live_bytes)) for operator in operators]
    most = max((operator.live_bytes for operator in figures.operators), default=0)
    table, draw = _table(_LAYER, rows, width, bar, most, len(PEAK))
    for operator, row in zip(operators, rows, strict=True):
        draw(row, operator.live_bytes, operator.name == figures.peak_operator, PEAK)
    return table


def _stream(figures: PlanFigures, stage: StageFigures, width: int, bar: str) -> Table:
    found = list(_kept(figures, stage))
    rows = [(*words, grouped(size)) for words, size in found]
    headings: Words = _STREAM
    if room(width, [headings, *rows], _NAME, 0)[1] < NAME_WIDTHS[0]:
        headings, *rows = [(*row[:_MACS], *row[_MACS + 1 :]) for row in (headings, *rows)]
    streams = [one for one in figures.stages if one.kind == "stream"]
    most = max(size for one in streams for _, size in _kept(figures, one))
    largest = max(size for _, size in found)
    table, draw = _table(headings, rows, width, bar, most, 0)
    for row, (_, size) in zip(rows, found, strict=True):
        draw(row, size, stage.index == figures.peak_stage and size == largest, "")
    return table


def _table(
    headings: Words, rows: Sequence[Words], width: int, bar: str, most: int, mark: int
) -> tuple[Table, Callable[[Words, int, bool, str], None]]:
    """A table, and what adds a row to it with a bar of a value, red and marked or not.

    ``mark`` characters are left for marks behind bars.
    """
    table = plain_table(*headings, "")
    bars, names = room(width, [headings, *rows], _NAME, mark)

    def draw(row: Words, value: int, hot: bool, mark: str) -> None:
        text = bar * bar_length(value, most, bars) + mark * hot
        drawn = Text(text, style=_PEAK_STYLE if hot else _STYLE)
        table.add_row(*row[:_NAME], Text(shortened(row[_NAME], names)), *row[_NAME + 1 :], drawn)

    return table, draw


def _kept(figures: PlanFigures, stage: StageFigures) -> Iterator[tuple[Words, int]]:
    """The words of a stream's rows and the bytes that each keeps in the stage alone."""
    made = [figures.operators[index] for index in range(stage.first, stage.last + 1)]
    outputs = {operator.output for operator in made}
    lines = {line.tensor: line for line in stage.lines}
    for pushed in stage.lines:
        if pushed.tensor not in outputs:
            shape = f"{pushed.height}x{pushed.width}"
            yield ("", "rows", pushed.tensor, shape, "", "", str(pushed.rows), ""), pushed.bytes
    for operator in made:
        line = lines.get(operator.output)
        kept, size = ("all", ""), operator.output_bytes
        if line is not None:
            kept, size = (str(line.rows), f"{line.margin}+{line.segment}"), line.bytes
        # A stream's tensors are of one image.
        shape = "x".join(map(str, operator.shape[1:]))
        macs, run = grouped(operator.macs), str(operator.run or "")
        words = (str(operator.index), operator.kind, operator.name, shape, macs, run, *kept)
        yield words, size
    yield ("", "scratch, states", "", "", "", "", "", ""), stage.other_bytes


def _words(operator: OperatorFigures) -> Words:
    return (
        str(operator.index),
        operator.kind,
        operator.name,
        "x".join(map(str, operator.shape)),
        grouped(operator.macs),
    )
