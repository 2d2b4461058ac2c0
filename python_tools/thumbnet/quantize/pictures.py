"""Folders of pictures as samples. The only module that needs Pillow."""
# ruff: noqa: PLC0415 (Pillow is wanted only where there are pictures)

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from thumbnet.errors import ThumbnetError

SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".ppm"))
MOST_FILES = 1_000_000
_MODES = {1: "L", 3: "RGB"}
"""Channels -> how Pillow calls such a picture."""


def read_pictures(
    folder: Path, shape: Sequence[int], place: str, most: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64] | None]:
    """Up to ``most`` pictures [N, *shape], evenly spread, and their classes.

    Files are taken in the order of their names and scaled by Pillow's bilinear filter. Classes are
    None where the pictures lie in the folder itself.

    Raises:
        ThumbnetError: there are none, one cannot be read, or ``shape`` is no picture's.
    """
    if len(shape) != 4 or shape[0] != 1 or shape[3] not in _MODES:
        raise ThumbnetError(
            place,
            f"is a folder of pictures; the network's input is {list(shape)}",
            "give a .npz with an array x",
        )
    files = sorted(
        path
        for path in (*folder.glob("*"), *folder.glob("*/*"))
        if path.suffix.lower() in SUFFIXES and path.is_file()
    )[:MOST_FILES]
    if not files:
        known = ", ".join(sorted(SUFFIXES))
        raise ThumbnetError(place, "holds no pictures", f"pictures are files named {known}")
    names = sorted({path.parent.name for path in files if path.parent != folder})
    classed = all(path.parent != folder for path in files)
    count = min(most, len(files))
    chosen = [files[number * len(files) // count] for number in range(count)]
    pixels = np.stack([_pixels(path, shape) for path in chosen])
    if not classed:
        return pixels, None
    return pixels, np.array([names.index(path.parent.name) for path in chosen], np.int64)


def _pixels(path: Path, shape: Sequence[int]) -> npt.NDArray[np.uint8]:
    from PIL import Image

    try:
        with Image.open(path) as picture:
            converted = picture.convert(_MODES[shape[3]])
            size = (shape[2], shape[1])
            if converted.size != size:
                converted = converted.resize(size, Image.Resampling.BILINEAR)
            return np.asarray(converted, np.uint8).reshape(tuple(shape))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        reason = " ".join(str(error).split())[:80]
        raise ThumbnetError(str(path), f"is no picture: {reason}", "remove it") from None
