"""Input arrays for ``thumbnet measure``: a user's file, or made up."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from thumbnet.errors import ThumbnetError
from thumbnet.ir.graph import Array, DType, Tensor

DEFAULT_COUNT = 3


def read_samples(path: Path, tensors: Mapping[str, Tensor], count: int | None) -> list[list[Array]]:
    """The first ``count`` samples (None: all) of a .npz or .npy file, each in order of ``tensors``.

    ``tensors`` are the model's inputs by their C names. An array holds samples along its first
    dimension, [N, *shape] with or without the batch dimension of 1, or is one sample. A .npz names
    its arrays as the inputs, or holds as many unnamed ones.

    Raises:
        ThumbnetError: the file cannot be read, or an array's name, shape or dtype does not fit.
    """
    arrays = _arrays(path)
    if set(arrays) != set(tensors):
        if len(arrays) != len(tensors) or not all(name.startswith("arr_") for name in arrays):
            problem = f"holds {', '.join(arrays) or 'nothing'}; the inputs are {', '.join(tensors)}"
            raise ThumbnetError(str(path), problem, "save one array an input, by these names")
        arrays = dict(zip(tensors, arrays.values(), strict=True))
    stacks = [_samples(path, name, tensors[name], arrays[name]) for name in tensors]
    if len({len(stack) for stack in stacks}) != 1:
        counts = ", ".join(str(len(stack)) for stack in stacks)
        raise ThumbnetError(str(path), f"its arrays hold different numbers of samples: {counts}")
    samples = [list(arrays) for arrays in zip(*stacks, strict=True)][:count]
    if not samples:
        raise ThumbnetError(str(path), "holds no samples")
    return samples


def make_samples(tensors: Sequence[Tensor], count: int | None) -> list[list[Array]]:
    """``count`` (None: a few) repeatable samples, noise and smooth waves in turn.

    Noise alone drives many networks into one and the same output.
    """
    random = np.random.default_rng(0)
    return [
        [_made_up(tensor, random, smooth=index % 2 == 1) for tensor in tensors]
        for index in range(DEFAULT_COUNT if count is None else count)
    ]


def _made_up(tensor: Tensor, random: np.random.Generator, *, smooth: bool) -> Array:
    if smooth:
        phases = random.uniform(0, 2 * np.pi, len(tensor.shape))
        steps = random.uniform(0.05, 0.5, len(tensor.shape))
        grid = np.indices(tensor.shape, dtype=np.float64)
        axes = range(len(tensor.shape))
        waves = sum((np.sin(phases[i] + steps[i] * grid[i]) for i in axes), np.zeros(tensor.shape))
        unit = waves / max(len(tensor.shape), 1)
    else:
        unit = random.uniform(-1, 1, tensor.shape)
    if tensor.dtype is DType.FLOAT32:
        return unit.astype(np.float32)
    if tensor.dtype is DType.BOOL:
        return unit > 0
    info = np.iinfo(tensor.dtype.value)
    scaled = (unit + 1) / 2 * (float(info.max) - float(info.min)) + float(info.min)
    return np.clip(np.rint(scaled), info.min, info.max).astype(tensor.dtype.numpy)


def _arrays(path: Path) -> dict[str, Array]:
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {"arr_0": loaded}
        with loaded:
            return dict(loaded)
    except FileNotFoundError as error:
        raise ThumbnetError(str(path), "does not exist", "check --inputs") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or "it holds no plain arrays"
        remedy = "write it with numpy.save or numpy.savez"
        raise ThumbnetError(
            str(path), f"cannot be read as .npy or .npz: {reason}", remedy
        ) from error


def _samples(path: Path, name: str, tensor: Tensor, array: Array) -> list[Array]:
    place = f"{path}: {name}"
    if array.dtype != tensor.dtype.numpy:
        hint = ""
        if tensor.quantization is not None and tensor.quantization.per_tensor:
            hint = f"real / {tensor.scale:.9g} + {tensor.zero_point}, rounded, is what goes in"
        problem = f"is {array.dtype}; the input is {tensor.dtype.value}"
        raise ThumbnetError(place, problem, hint)
    if array.shape == tensor.shape:
        return [array]
    if array.shape[1:] in (tensor.shape, tensor.shape[1:] if tensor.shape[:1] == (1,) else None):
        return [sample.reshape(tensor.shape) for sample in array]
    problem = f"has shape {list(array.shape)}; samples are {list(tensor.shape)}"
    raise ThumbnetError(place, problem, "stack samples along the first dimension")
