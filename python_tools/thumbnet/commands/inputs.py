"""``thumbnet inputs``: what a build depends on and makes, for build systems."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import thumbnet
from thumbnet.manifest import load_or_implicit

PACKAGE = Path(thumbnet.__file__).resolve().parent


def inputs(path: Path) -> None:
    """Print one JSON object; the model need not exist yet, another build step may make it."""
    manifest = load_or_implicit(path)
    sources = [
        manifest.source,
        manifest.model,
        manifest.schedule.plan,
        manifest.checkpoint,
    ]
    if manifest.quantize is not None:
        sources += _files(manifest.quantize.calibration)
    answer = {
        "name": manifest.name,
        "inputs": [str(source) for source in sources if source is not None],
        "outputs": [f"{manifest.name}.{suffix}" for suffix in ("c", "h", "json")],
        "tool": f"{thumbnet.__version__}+{package_hash(PACKAGE)}",
    }
    print(json.dumps(answer))


def _files(path: Path) -> list[Path]:
    """The file, or the files of a folder of samples."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in (*path.glob("*"), *path.glob("*/*")) if file.is_file())


def package_hash(package: Path) -> str:
    """16 hex digits over the names and contents of the package's files.

    A changed generator rebuilds what an unchanged version number would not.
    """
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            content = path.read_bytes()
            name = path.relative_to(package).as_posix()
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]
