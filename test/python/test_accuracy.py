"""Person or no person: a streamed plan on an emulated core is as right as TFLite on real pictures.

The pictures are coco256-person's validation set, brought to the model's size with Pillow's bilinear
filter. ../shared/MANIFEST.md states the accuracies of LiteRT with XNNPACK, which rounds otherwise:
mlperf-vww96 then has one right picture less.
"""

from __future__ import annotations

import io
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from support import shared
from support.compiled import compile_file, litert_outputs, mismatches, run_on

CORE = "cortex-m4"
PICTURES = shared.SHARED / "datasets" / "coco256-person" / "val2017.npz"

RIGHT = {"mcunet-vww0": 121, "mcunet-vww1": 123, "mlperf-vww96": 112}
"""How many of the 128 pictures LiteRT without delegates is right about."""

pytestmark = shared.needs_shared


def pictures(shape: tuple[int, ...]) -> tuple[list[npt.NDArray[np.int8]], npt.NDArray[Any]]:
    """The pictures as int8 inputs of ``shape`` (NHWC), and their labels: 1 is a person."""
    with np.load(PICTURES, allow_pickle=False) as archive:
        data, offsets, labels = archive["data"], archive["offsets"], archive["labels"]
    found = []
    for start, end in pairwise(offsets):
        picture = Image.open(io.BytesIO(data[start:end].tobytes()))
        scaled = picture.resize((shape[2], shape[1]), Image.Resampling.BILINEAR)
        found.append((np.asarray(scaled).astype(np.int16) - 128).astype(np.int8)[None])
    return found, labels


def count_right(outputs: Any, labels: npt.NDArray[Any]) -> int:
    """How often the greater of two scores is the label's."""
    scores = np.array([scores for (scores,) in outputs])
    return int(np.count_nonzero(scores.argmax(axis=1) == labels))


@pytest.mark.parametrize("source", ["rows", "arena"])
@pytest.mark.parametrize("name", RIGHT)
def test_streamed_plan_is_as_accurate_as_tflite(name: str, source: str) -> None:
    """The same scores for each picture, and with them as many right answers."""
    path = shared.model_path(name)
    compiled = compile_file(path, CORE, schedule={"input": source, "objective": "ram"})
    assert any(stage.lines for stage in compiled.plan.stages)
    assert compiled.plan.pushed == (source == "rows")
    graph = compiled.reference_graph
    given, labels = pictures(graph.tensor(graph.inputs[0]).shape)
    assert len(given) == len(labels) == 128
    samples = [[picture] for picture in given]
    expected = litert_outputs(path.read_bytes(), compiled, samples)
    assert count_right(expected, labels) == RIGHT[name]
    found = run_on(compiled, CORE, samples)
    assert not mismatches(found, expected)
    assert count_right(found.outputs, labels) == RIGHT[name]
