"""The trained network of MobileNetV3's kind in ``test/models``, for several tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from thumbnet.frontends.tflite import parse_tflite
from thumbnet.ir.graph import Graph
from thumbnet.passes import run_passes

MODEL = Path(__file__).parents[2] / "models" / "squeeze_excite.tflite"
MACS = 2_578_176
INPUTS = ("arena", "buffer", "rows")

MARKS = {
    ("arena", 1.0): 33_600,
    ("arena", 1.06): 26_100,
    ("arena", 1.2): 17_100,
    ("arena", 1.4): 12_400,
    ("buffer", 1.4): 10_700,
    ("rows", 1.0): 33_600,
    ("rows", 1.06): 26_100,
    ("rows", 1.2): 17_100,
    ("rows", 1.3): 11_800,
    ("rows", 1.4): 10_800,
}
"""Input and recompute -> most bytes of the arena, at the time of writing."""


@cache
def real() -> Graph:
    """The trained network of MobileNetV3's kind, after all passes."""
    return run_passes(parse_tflite(MODEL.read_bytes(), "net"))
