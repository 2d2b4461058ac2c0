"""Reads samples to calibrate and validate with, and brings them into a network's layout."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from thumbnet.errors import ThumbnetError
from thumbnet.ir.graph import Array, Graph, Tensor
from thumbnet.quantize.calibrate import Samples
from thumbnet.quantize.clipping import Range
from thumbnet.quantize.float_functions import Floats
from thumbnet.quantize.pictures import read_pictures

LARGEST = 1 << 31
"""Most bytes of an array of samples."""
LABELS = "y"
"""What a file calls the classes of its samples."""


@dataclass(frozen=True)
class Scaling:
    """What uint8 values stand for: (value - mean) / std, one of each or one a channel."""

    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Labelled:
    """Samples [N, *shape] of each input, and the class of each sample where these are known."""

    samples: Samples
    labels: npt.NDArray[np.int64] | None
    bounds: Mapping[str, Range] = field(default_factory=dict)
    """Between what the inputs lie that are bytes in the file: what 0 and 255 stand for."""

    def first(self, count: int) -> Labelled:
        """``count`` of them, evenly spread."""
        total = len(self.samples[0])
        if count >= total:
            return self
        places = np.arange(count) * total // count
        labels = None if self.labels is None else self.labels[places]
        return Labelled([part[places] for part in self.samples], labels, self.bounds)


def read_samples(path: Path, graph: Graph, scaling: Scaling, key: str, most: int) -> Labelled:
    """Up to ``most`` samples of a .npz, a .npy or a folder of pictures, evenly spread.

    A .npz holds an array for each input, by its name (or ``x``, where there is one input), samples
    first, and perhaps ``y``, the samples' classes. A sample has the input's shape, with or without
    dimensions of one, or that with channels first. uint8 values are scaled. Pictures lie in the
    folder, or in folders of it whose names, sorted, are the classes. Nothing is unpickled.

    Raises:
        ThumbnetError: the place is ``key`` with the path; a file is missing or no array, a name,
            shape or type does not fit, or a value is not finite.
    """
    place = f'{key}: "{path}"'
    inputs = [graph.tensor(name) for name in graph.inputs]
    if path.is_dir():
        if len(inputs) != 1:
            raise ThumbnetError(place, f"is a folder; the network has {len(inputs)} inputs", _NPZ)
        pictures, classes = read_pictures(path, inputs[0].shape, place, most)
        x = _scaled(pictures, inputs[0], scaling, place)
        bounds = {inputs[0].name: _bounds(scaling)}
        return Labelled([_checked(x, "pictures", place)], classes, bounds)
    arrays = _arrays(path, place)
    found: list[Array] = []
    for tensor in inputs:
        names = [tensor.name, *(("x", "arr_0") if len(inputs) == 1 else ())]
        name = next((name for name in names if name in arrays), None)
        if name is None:
            held = ", ".join(arrays) or "nothing"
            wanted = " or ".join(names[:2])
            raise ThumbnetError(place, f"holds {held}; an array {wanted} is wanted", _NPZ)
        found.append(_arranged(arrays[name], tensor, f"{place}, {name}"))
    if len({len(part) for part in found}) != 1:
        counts = ", ".join(str(len(part)) for part in found)
        raise ThumbnetError(place, f"its arrays hold different numbers of samples: {counts}")
    labels = _labels(arrays.get(LABELS), len(found[0]), place)
    count = len(found[0])
    places = np.arange(min(most, count)) * count // max(min(most, count), 1)
    reals, bounds = [], {}
    for tensor, part in zip(inputs, found, strict=True):
        x = _scaled(part[places], tensor, scaling, place)
        reals.append(_checked(x, tensor.name, place))
        if part.dtype == np.uint8:
            bounds[tensor.name] = _bounds(scaling)
    return Labelled(reals, None if labels is None else labels[places], bounds)


_NPZ = "write it with numpy.savez(path, x=samples)"


def _arrays(path: Path, place: str) -> Mapping[str, Array]:
    try:
        if path.suffix.lower() == ".npy":
            return {"x": np.load(path, mmap_mode="r", allow_pickle=False)}
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as file:
                    _check_size(file, name, place)
        with np.load(path, allow_pickle=False) as loaded:
            return {name: loaded[name] for name in loaded.files}
    except FileNotFoundError:
        raise ThumbnetError(place, "does not exist", "paths are relative to the manifest") from None
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or "it holds no plain arrays"
        raise ThumbnetError(place, f"cannot be read as .npy or .npz: {reason}", _NPZ) from None


def _check_size(file: IO[bytes], name: str, place: str) -> None:
    """Looks at an array's header before memory is taken for it."""
    version = np.lib.format.read_magic(file)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read is None:
        raise ValueError("an unknown version")
    shape, _, dtype = read(file)
    if dtype.hasobject:
        raise ThumbnetError(place, f"{name} holds Python objects, which are not unpickled", _NPZ)
    size = math.prod(shape) * dtype.itemsize
    if size > LARGEST:
        raise ThumbnetError(
            place, f"{name} has {size} bytes; the limit is {LARGEST}", "give fewer samples"
        )


def _arranged(array: Array, tensor: Tensor, place: str) -> Array:
    """[N, *shape] of samples that may have channels first, or lack dimensions of one."""
    shape = tensor.shape
    if array.dtype.kind not in "fiu" or array.ndim == 0:
        raise ThumbnetError(place, f"is {array.dtype}{list(array.shape)}", _NPZ)
    if len(array) == 0:
        raise ThumbnetError(place, "holds no samples", _NPZ)
    given, wanted = _without_ones(array.shape[1:]), _without_ones(shape)
    if given == wanted:
        return array.reshape(len(array), *shape)
    if len(shape) > 2:
        first = (shape[-1], *shape[1:-1])
        if given == _without_ones(first):
            moved = np.moveaxis(array.reshape(len(array), *first), 1, -1)
            return moved.reshape(len(array), *shape)
    raise ThumbnetError(
        place,
        f"has shape {list(array.shape)}; samples of the network are {list(shape[1:])}",
        "stack samples along the first dimension",
    )


def _without_ones(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)


def _scaled(x: Array, tensor: Tensor, scaling: Scaling, place: str) -> Floats:
    """uint8 values as the reals that they stand for."""
    if x.dtype != np.uint8:
        if x.dtype.kind != "f":
            raise ThumbnetError(
                place, f"holds {x.dtype}; float32 or uint8 is wanted", "convert it to float32"
            )
        with np.errstate(over="ignore"):
            return x.astype(np.float32)
    if not scaling.mean or not scaling.std:
        raise ThumbnetError(
            place,
            "holds uint8 values, and quantize.mean and quantize.std do not say what they stand for",
            "give both as in training: the network sees (value - mean) / std, value from 0 to 255",
        )
    for name, values in (("mean", scaling.mean), ("std", scaling.std)):
        if len(values) not in (1, tensor.shape[-1]):
            raise ThumbnetError(
                place,
                f"has {tensor.shape[-1]} channels; quantize.{name} has {len(values)} values",
                "give one, or one a channel",
            )
    mean, std = np.asarray(scaling.mean, np.float32), np.asarray(scaling.std, np.float32)
    real: Floats = (x.astype(np.float32) - mean) / std
    return real


def _bounds(scaling: Scaling) -> Range:
    """What 0 and 255 stand for, of all channels."""
    mean, std = (np.asarray(part, np.float64) for part in (scaling.mean, scaling.std))
    return float(np.min((0 - mean) / std)), float(np.max((255 - mean) / std))


def _checked(x: Floats, name: str, place: str) -> Floats:
    finite = np.isfinite(x.reshape(len(x), -1)).all(axis=1)
    if not finite.all():
        sample = int(np.argmin(finite))
        raise ThumbnetError(
            place, f"{name} has a value in sample {sample} that is not finite", "leave it out"
        )
    if float(x.min()) == float(x.max()):
        raise ThumbnetError(
            place, f"all values of {name} are {float(x.min()):g}", "give samples of real data"
        )
    return x


def _labels(array: Array | None, count: int, place: str) -> npt.NDArray[np.int64] | None:
    if array is None:
        return None
    if array.dtype.kind not in "iu" or array.shape not in ((count,), (count, 1)):
        raise ThumbnetError(
            place,
            f"{LABELS} is {array.dtype}{list(array.shape)}; {count} classes are wanted",
            "give the number of each sample's class",
        )
    return array.reshape(-1).astype(np.int64)
