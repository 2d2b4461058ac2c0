"""What ``thumbnet quantize`` shows, as a picture for a terminal and as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.text import Text

from thumbnet.report.console import grouped
from thumbnet.report.tables import NAME_WIDTHS, plain_table, shortened

WORST = 5
"""Layers that are marked."""


@dataclass(frozen=True)
class AccuracyFigures:
    """Of ``count`` samples with classes how many float32 and int8 are right about."""

    count: int
    float_right: int
    int8_right: int
    standard_error: float


@dataclass(frozen=True)
class LayerFigures:
    """An operator's output: decibels of signal over noise, and how many of them it lost."""

    name: str
    kind: str
    decibels: float
    lost: float


@dataclass(frozen=True)
class QuantizationFigures:
    """A network after quantization; ``error`` is the outputs' squared error over their variance."""

    model: str
    samples: int
    clipping: str
    weights: str
    equalized: bool
    error: float
    accuracy: AccuracyFigures | None
    layers: tuple[LayerFigures, ...]
    arena_bytes: int
    weight_bytes: int
    macs: int
    instructions: int | None


def quantization_lines(figures: QuantizationFigures) -> list[str]:
    """Return what is above the table of layers."""
    how = f"clipping {figures.clipping}, weights by {figures.weights}"
    how += ", equalised" if figures.equalized else ""
    lines = [
        f"{figures.model}: {grouped(figures.samples)} samples; {how}",
        f"error of the outputs: {100 * figures.error:.3f} % of their variance (held-out samples)",
    ]
    accuracy = figures.accuracy
    if accuracy is not None:
        parts = (accuracy.float_right, accuracy.int8_right)
        before, after = (100 * part / accuracy.count for part in parts)
        lines.append(
            f"accuracy on {grouped(accuracy.count)} validation samples: float {before:.2f} %, "
            f"int8 {after:.2f} % (standard error {accuracy.standard_error:.2f})"
        )
    cost = f"arena {grouped(figures.arena_bytes)} B, weights {grouped(figures.weight_bytes)} B, "
    cost += f"{grouped(figures.macs)} MACs"
    if figures.instructions is not None:
        cost += f", {grouped(figures.instructions)} instructions an inference (predicted)"
    return [*lines, cost]


def layers_picture(layers: Sequence[LayerFigures]) -> RenderableType:
    """Draw the layers' signal-to-noise ratios, those that lose most marked."""
    marked = sorted(layers, key=lambda layer: -layer.lost)[:WORST]
    table = plain_table("operator", "name", "SNR dB", "lost dB", "")
    for layer in layers:
        name = Text(shortened(layer.name, NAME_WIDTHS[1]))
        mark = "<- loses most" if layer in marked else ""
        table.add_row(layer.kind, name, f"{layer.decibels:.1f}", f"{layer.lost:.1f}", mark)
    return table
