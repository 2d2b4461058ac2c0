"""Where the package's C files lie: installed beside it, or in a source checkout."""

from __future__ import annotations

from pathlib import Path

from thumbnet.errors import ThumbnetError

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = {"src": "src", "emulated": "platformio/emulated"}


def data_directory(name: str) -> Path:
    """Return the directory ``src`` (the C library) or ``emulated`` (support code and boards).

    A wheel carries them as ``thumbnet/data/<name>``; a source checkout has them at the repository
    root.

    Raises:
        ThumbnetError: neither is there.
    """
    installed = _PACKAGE / "data" / name
    checkout = _PACKAGE.parents[1] / _CHECKOUT[name]
    for directory in (installed, checkout):
        if directory.is_dir():
            return directory
    raise ThumbnetError(
        str(installed),
        f"the package's {name} files are missing",
        "reinstall thumbnet, or use a complete source checkout",
    )
