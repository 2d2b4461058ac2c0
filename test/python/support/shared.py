"""Models and data that lie beside the checkout in ../shared; tests that use them skip without."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from support import inputs

AnyArray = npt.NDArray[Any]

SHARED = Path(__file__).resolve().parents[4] / "shared"

MODELS = (
    "mlperf-vww96",
    "mlperf-resnet8",
    "mlperf-kws",
    "mlperf-ad01",
    "mcunet-in0",
    "mcunet-in1",
    "mcunet-in3",
    "mcunet-vww0",
    "mcunet-vww1",
    "mbv2-w0.35",
    "mcunet-person-det",
    "tinyengine-vww",
    "openmv-fomo-face-detection",
    "armzoo-dscnn-s",
    "tflm-micro-speech",
    "magicwand-gesture",
    "tinymaix-mnist-valid-q",
    "mltk-image-example1",
)
"""Networks that this release promises to run bit-exactly."""

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is absent")


def model_files() -> list[Path]:
    """The .tflite or .onnx file of every shared model."""
    return sorted((SHARED / "models").glob("*/*.tflite")) + sorted(
        (SHARED / "models").glob("*/*.onnx")
    )


def model_path(name: str) -> Path:
    """The file of a shared model."""
    return next(path for path in model_files() if path.parent.name == name)


def jpeg_pixels(file: Path, count: int) -> list[AnyArray]:
    """The first ``count`` pictures of an .npz of JPEG bytes, as uint8 [H, W, 3]."""
    with np.load(file, allow_pickle=False) as archive:
        data, offsets = archive["data"], archive["offsets"]
        return [
            np.asarray(Image.open(io.BytesIO(data[offsets[i] : offsets[i + 1]].tobytes())))
            for i in range(count)
        ]


def real_inputs(name: str, shape: tuple[int, ...], count: int) -> list[AnyArray]:
    """Real int8 inputs for a shared model where a data set of its kind is there, else none."""
    if name == "mlperf-kws":
        with np.load(SHARED / "datasets/mlperf-tiny-kws01/kws01.npz", allow_pickle=False) as data:
            return [sample.reshape(shape) for sample in data["x"][:count]]
    if len(shape) == 4 and shape[3] == 3:
        pictures = jpeg_pixels(SHARED / "datasets/coco256-person/val2017.npz", count)
        return [fit(picture, shape) for picture in pictures]
    return []


def fit(picture: AnyArray, shape: tuple[int, ...]) -> AnyArray:
    """A picture at the size of an NHWC input, by nearest neighbour, as int8."""
    rows = np.arange(shape[1]) * picture.shape[0] // shape[1]
    columns = np.arange(shape[2]) * picture.shape[1] // shape[2]
    scaled: AnyArray = picture[rows][:, columns].astype(np.int16) - 128
    return scaled.astype(np.int8)[None]


def suite(name: str, shape: tuple[int, ...], count: int) -> list[AnyArray]:
    """``count`` int8 inputs: real ones first, then smooth, extreme and random ones."""
    found = real_inputs(name, shape, count // 2)
    found += [inputs.constant(shape), inputs.constant(shape, high=True), inputs.checkered(shape)]
    seed = 0
    while len(found) < count:
        make = inputs.smooth if seed % 2 == 0 else inputs.noise
        found.append(make(shape, "int8", seed))
        seed += 1
    return found[:count]
