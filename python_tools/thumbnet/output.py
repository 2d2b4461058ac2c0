"""Writes generated files all or none, leaving those that would not change untouched."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from thumbnet.errors import ThumbnetError


def write_files(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Bring ``folder`` to hold ``files`` (name -> text); return the names that were written.

    What is written goes to a temporary folder first and is renamed when all of it is there; if a
    rename fails, the files replaced so far come back. Files that already hold their text keep
    their modification time, so that a build system sees no change.

    Raises:
        ThumbnetError: the folder or a file in it cannot be written; nothing has changed then.
    """
    created: list[Path] = []
    try:
        created += _missing(folder)
        folder.mkdir(parents=True, exist_ok=True)
        changed = {
            name: text.encode() for name, text in files.items() if not _holds(folder / name, text)
        }
        if changed:
            # Inside the folder, so that renaming never crosses file systems.
            with tempfile.TemporaryDirectory(prefix=".thumbnet-", dir=folder) as temporary:
                _replace(folder, changed, Path(temporary))
    except BaseException as error:
        for path in created:
            with contextlib.suppress(OSError):
                path.rmdir()
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
            where = str(error.filename2 or error.filename or folder)
            raise ThumbnetError(
                str(folder), f"cannot be written: {where}: {reason}", "name another --out folder"
            ) from error
        raise
    return sorted(changed)


def _missing(folder: Path) -> list[Path]:
    """The folders that creating ``folder`` will create, innermost first."""
    paths = (folder, *folder.parents)
    return list(itertools.takewhile(lambda path: not path.exists(), paths))


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()


def _replace(folder: Path, contents: Mapping[str, bytes], temporary: Path) -> None:
    new, old = temporary / "new", temporary / "old"
    new.mkdir()
    old.mkdir()
    for name, content in contents.items():
        (new / name).write_bytes(content)
        if (folder / name).exists():
            shutil.copy2(folder / name, old / name)
    done: list[str] = []
    try:
        for name in contents:
            (new / name).replace(folder / name)
            done.append(name)
    except BaseException:
        for name in done:
            if (old / name).exists():
                (old / name).replace(folder / name)
            else:
                (folder / name).unlink()
        raise
