"""The digits example's committed files are what its README says they are.

`digits.tflite` must reach its stated accuracy on images that training never saw, and
`test_images.h` must hold such images. That the firmware agrees is tested elsewhere.
"""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("sklearn")
litert = pytest.importorskip("ai_edge_litert.interpreter")

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

EXAMPLE = Path(__file__).parents[2] / "examples" / "digits"
DATA_SET_SIZE = 1797
FIRST_HELD_OUT = [286, 1242, 827, 13, 530, 1486, 212, 211, 1423, 993]
"""If this changes, the committed model may have been trained on what is called held out."""


@pytest.fixture(scope="module")
def data() -> ModuleType:
    return _example_module("digits_data")


@pytest.fixture(scope="module")
def make_images() -> ModuleType:
    return _example_module("make_images")


def _example_module(name: str) -> ModuleType:
    """A module of the example, which is a folder of scripts and not a package."""
    sys.path.insert(0, str(EXAMPLE))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(EXAMPLE))


@pytest.fixture(scope="module")
def interpreter() -> Any:
    made = litert.Interpreter(
        model_path=str(EXAMPLE / "digits.tflite"),
        experimental_op_resolver_type=litert.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    made.allocate_tensors()
    return made


def predictions(interpreter: Any, images: NDArray[np.int8]) -> NDArray[np.int64]:
    """The class that LiteRT finds for each image, [N, 8, 8, 1] -> [N]."""
    image = interpreter.get_input_details()[0]["index"]
    scores = interpreter.get_output_details()[0]["index"]
    found = []
    for pixels in images:
        interpreter.set_tensor(image, pixels[np.newaxis])
        interpreter.invoke()
        found.append(int(np.argmax(interpreter.get_tensor(scores)[0])))
    return np.array(found)


def stated(pattern: str) -> float:
    """The number that the example's README states where ``pattern`` matches."""
    match = re.search(pattern, (EXAMPLE / "README.md").read_text(encoding="utf-8"))
    assert match, f"README.md has no {pattern!r}"
    return float(match[1])


def test_split_is_disjoint_complete_and_stratified(data: ModuleType) -> None:
    split = data.load()
    parts = (split.train, split.validation, split.test)
    together = np.concatenate([part.indices for part in parts])
    assert sorted(together.tolist()) == list(range(DATA_SET_SIZE))
    assert len(split.test) == 360
    assert np.bincount(split.test.labels).tolist() == [data.TEST_PER_CLASS] * 10
    assert np.bincount(split.validation.labels).tolist() == [data.VALIDATION_PER_CLASS] * 10


def test_split_is_the_one_that_the_model_was_trained_with(data: ModuleType) -> None:
    assert data.load().test.indices[:10].tolist() == FIRST_HELD_OUT


def test_pixels_quantize_as_the_model_expects(data: ModuleType, interpreter: Any) -> None:
    details = interpreter.get_input_details()[0]
    scale, zero_point = details["quantization"]
    assert details["shape"].tolist() == [1, 8, 8, 1]
    assert details["dtype"] is np.int8
    pixels = np.arange(17, dtype=np.uint8).reshape(1, 1, 17)
    exact = data.as_float(pixels) / scale + zero_point
    assert np.abs(data.as_int8(pixels) - exact).max() <= 0.501


def test_model_reaches_its_stated_accuracy(
    data: ModuleType, make_images: ModuleType, interpreter: Any
) -> None:
    test = data.load().test
    right = predictions(interpreter, data.as_int8(test.pixels)) == test.labels
    assert 100 * right.mean() == pytest.approx(
        stated(r"int8 test accuracy \| ([\d.]+) %"), abs=0.005
    )
    assert right[: make_images.IMAGES].sum() == stated(r"read rightly \| (\d+) of 200")
    assert right.mean() >= 0.97


def test_header_is_what_the_script_makes(data: ModuleType, make_images: ModuleType) -> None:
    committed = (EXAMPLE / "src" / "test_images.h").read_text(encoding="utf-8")
    assert committed == make_images.render(data.load().test, make_images.IMAGES)


def test_header_holds_held_out_images(data: ModuleType) -> None:
    """Parses the C text itself, so that a fault of the script that made it would show."""
    header = (EXAMPLE / "src" / "test_images.h").read_text(encoding="utf-8")
    labels, images = (
        [int(number) for number in re.findall(r"-?\d+", re.sub(r"/\*.*?\*/", "", body))]
        for body in re.findall(r"= \{\n(.*?)\n\};", header, flags=re.DOTALL)
    )
    indices = [int(number) for number in re.findall(r"/\* (\d+): \w+ \*/", header)]
    split = data.load()
    place = {index: position for position, index in enumerate(split.test.indices.tolist())}
    chosen = [place[index] for index in indices]
    assert len(set(indices)) == len(labels) >= 100
    assert labels == split.test.labels[chosen].tolist()
    assert images == data.as_int8(split.test.pixels[chosen]).ravel().tolist()
