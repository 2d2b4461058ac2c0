"""What the commands share: the user's words to a manifest, a target and a compiled model."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import get_args

from thumbnet.errors import ThumbnetError
from thumbnet.manifest import Manifest, load_or_implicit, parse_size
from thumbnet.options import Optimize
from thumbnet.pipeline import Compiled, compile_model
from thumbnet.target import Target, resolve_target


def compile_for(
    path: Path,
    target: str,
    ram: str | None = None,
    flash: str | None = None,
    optimize: str | None = None,
) -> tuple[Manifest, Target, Compiled]:
    """Compile a manifest or a bare model; see :func:`read_for`.

    Raises:
        ThumbnetError: any of it is not right, or the model does not fit.
    """
    manifest, board = read_for(path, target, ram, flash, optimize)
    return manifest, board, compile_model(manifest, board)


def read_for(
    path: Path, target: str, ram: str | None, flash: str | None, optimize: str | None
) -> tuple[Manifest, Target]:
    """Read a manifest or a bare model; ``ram`` and ``flash`` replace the target's sizes.

    ``optimize`` replaces the manifest's.

    Raises:
        ThumbnetError: any of it is not right.
    """
    manifest = load_or_implicit(path)
    manifest.require_model()
    if optimize is not None:
        if optimize not in get_args(Optimize):
            choices = ", ".join(get_args(Optimize))
            raise ThumbnetError("--optimize", f"{optimize!r} is none of them", f"use {choices}")
        manifest = manifest.model_copy(update={"optimize": optimize})
    return manifest, board_for(target, ram, flash)


def board_for(name: str, ram: str | None = None, flash: str | None = None) -> Target:
    """Return the target called ``name``, with the sizes that a build system knows better."""
    target = resolve_target(name)
    if ram is not None:
        target = dataclasses.replace(target, ram=_size("--ram", ram))
    if flash is not None:
        target = dataclasses.replace(target, flash=_size("--flash", flash))
    return target


def _size(option: str, value: str) -> int:
    try:
        return parse_size(value)
    except ValueError as error:
        raise ThumbnetError(option, f"{value!r} {error}") from error
