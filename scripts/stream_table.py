"""Prints what streamed plans of the shared models need; arguments choose models.

Arena bytes with everything counted, nothing computed twice, with the image in RAM and with rows
pushed: at a moderate cost (the default of objective: ram), the least, and of whole layers.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from thumbnet.frontends.tflite import read_tflite
from thumbnet.passes import run_passes
from thumbnet.passes.quantized_io import quantize_io
from thumbnet.schedule.layers import make_plan
from thumbnet.schedule.scheduler import Scheduler
from thumbnet.schedule.stream import schedule_stream

MODELS = Path(__file__).resolve().parents[2] / "shared" / "models"
NAMES = (
    "mlperf-vww96",
    "mlperf-resnet8",
    "mlperf-kws",
    "mcunet-in0",
    "mcunet-in1",
    "mcunet-in3",
    "mbv2-w0.35",
    "mcunet-vww0",
    "mcunet-vww1",
    "mcunet-person-det",
)


def main(names: list[str]) -> None:
    """One line a model."""
    print(f"{'model':20}{'layers':>9}{'image':>9}{'least':>9}{'rows':>9}{'least':>9}{'ms':>7}")
    for name in names or NAMES:
        file = next((MODELS / name).glob("*.tflite"))
        graph = run_passes(quantize_io(read_tflite(file)))
        row = [make_plan(graph).memory.arena_size]
        start = time.perf_counter()
        for source in ("arena", "rows"):
            row.append(schedule_stream(graph, input=source).memory.arena_size)
            row.append(Scheduler(graph, source).smallest(float("inf")).memory.arena_size)
        milliseconds = (time.perf_counter() - start) * 250
        print(f"{name:20}" + "".join(f"{size:9,}" for size in row) + f"{milliseconds:7.0f}")


if __name__ == "__main__":
    main(sys.argv[1:])
