"""Generated files are written all or none, and only where they change."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from thumbnet.errors import ThumbnetError

from thumbnet import output


def test_only_changed_files_are_written(tmp_path: Path) -> None:
    output.write_files(tmp_path, {"a.c": "1", "a.h": "2"})
    os.utime(tmp_path / "a.h", (1000, 1000))
    assert output.write_files(tmp_path, {"a.c": "3", "a.h": "2", "b": "4"}) == ["a.c", "b"]
    assert (tmp_path / "a.c").read_text() == "3"
    assert (tmp_path / "a.h").stat().st_mtime == 1000


def test_files_are_as_readable_as_others(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    output.write_files(tmp_path / "out", {"a": "1"})
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out/a", tmp_path / "other")]
    assert modes[0] == modes[1]


def test_text_is_written_as_it_is(tmp_path: Path) -> None:
    output.write_files(tmp_path, {"a": "größe\nb\r\n"})
    assert (tmp_path / "a").read_bytes() == "größe\nb\r\n".encode()


def tree(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder, with contents."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def test_a_failure_half_way_brings_everything_back(tmp_path: Path) -> None:
    output.write_files(tmp_path, {"a": "old"})
    (tmp_path / "z").mkdir()  # cannot be replaced by a file
    (tmp_path / "z" / "inside").write_text("kept")
    os.utime(tmp_path / "a", (1000, 1000))
    before = tree(tmp_path)
    with pytest.raises(ThumbnetError, match="cannot be written"):
        output.write_files(tmp_path, {"a": "new", "b": "new", "z": "new"})
    assert tree(tmp_path) == before
    assert (tmp_path / "a").stat().st_mtime == 1000


@pytest.mark.parametrize("failing", [1, 2, 3])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failing_rename_brings_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int, error: BaseException
) -> None:
    output.write_files(tmp_path, {"a": "old", "b": "old"})
    before = tree(tmp_path)
    calls = 0
    replace = Path.replace

    def replace_or_fail(self: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise error
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", replace_or_fail)
    with pytest.raises(ThumbnetError if isinstance(error, OSError) else KeyboardInterrupt):
        output.write_files(tmp_path, {"a": "new", "b": "new", "c": "new"})
    assert tree(tmp_path) == before


def test_a_full_disk_leaves_no_new_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(ThumbnetError, match="No space left on device"):
        output.write_files(tmp_path / "x" / "y", {"a": "new"})
    assert tree(tmp_path) == {}
