"""``schedule: {ram: {fast, slow}}`` from the manifest to reports, locks and errors."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from support.cli import run
from thumbnet.errors import ThumbnetError
from thumbnet.manifest import load
from thumbnet.report.console import grouped

Capture = pytest.CaptureFixture[str]

NETWORK = Path(__file__).resolve().parents[1] / "golden" / "residual.tflite"
FAST, SLOW = 700, 3000
"""Sizes at which the network has tensors in both memories."""


def write(folder: Path, ram: str, more: str = "") -> Path:
    """A manifest with that limit."""
    path = folder / "thumbnet.yaml"
    path.write_text(f"model: {NETWORK}\nname: net\nschedule: {{ram: {ram}{more}}}\n")
    return path


def both(fast: int = FAST, slow: int = SLOW) -> str:
    """The mapping as text."""
    return f"{{fast: {fast}, slow: {slow}}}"


def test_the_manifest_takes_sizes_of_both_kinds(tmp_path: Path) -> None:
    schedule = load(write(tmp_path, "{fast: 64K, slow: 262144}")).schedule
    assert schedule.memories is not None
    assert (schedule.memories.fast, schedule.memories.slow) == (65536, 262144)
    assert schedule.ram_limit is None
    one = load(write(tmp_path, "64K")).schedule
    assert (one.ram_limit, one.memories) == (65536, None)


@pytest.mark.parametrize(
    ("ram", "said"),
    [
        ("{fast: 64K}", 'thumbnet.yaml:3: key "schedule.ram.slow" is missing. Remedy: give both'),
        ("{slow: 64K}", 'thumbnet.yaml:3: key "schedule.ram.fast" is missing. Remedy: give both'),
        ("{}", 'thumbnet.yaml:3: key "schedule.ram.fast" is missing'),
        ("{fast: 1K, slow: lots}", "thumbnet.yaml:3: schedule.ram.slow: 'lots' is not a number of"),
        ("{fast: 0, slow: 1K}", "thumbnet.yaml:3: schedule.ram.fast: 0 is no room for a model"),
        ("{fast: 1.5, slow: 1K}", "thumbnet.yaml:3: schedule.ram.fast: 1.5 is not a number"),
        ("{fast: auto, slow: 1K}", "thumbnet.yaml:3: schedule.ram.fast: 'auto' is not a number"),
        (
            "{fast: 1K, slow: 1K, slo: 2}",
            'thumbnet.yaml:3: unknown key "schedule.ram.slo". Remedy: write "slow".',
        ),
        ("[1K, 2K]", "thumbnet.yaml:3: schedule.ram: ['1K', '2K'] is not a number of bytes"),
    ],
)
def test_wrong_sizes_are_refused(tmp_path: Path, ram: str, said: str) -> None:
    with pytest.raises(ThumbnetError) as caught:
        load(write(tmp_path, ram))
    assert said in str(caught.value)


@pytest.mark.parametrize("key", ["inputs", "outputs"])
def test_tensors_may_not_take_the_new_macro(tmp_path: Path, key: str) -> None:
    path = write(tmp_path, both())
    path.write_text(path.read_text() + f"{key}: [slow_arena]\n")
    with pytest.raises(ThumbnetError, match=r"slow_arena.* is taken in the generated header"):
        load(path)


def test_reports_show_both_memories(tmp_path: Path, capsys: Capture) -> None:
    """One sum and its parts in every report, the same as in the header."""
    path = write(tmp_path, both())
    plan = json.loads(run(capsys, "plan", path, "--json").out)
    fast, slow = plan["fast_bytes"], plan["slow_bytes"]
    assert 0 < fast <= FAST and 0 < slow <= SLOW
    assert plan["arena_bytes"] == fast + slow
    for memory, size in (("fast", fast), ("slow", slow)):
        ends = [b["offset"] + b["size"] for b in plan["buffers"] if b["memory"] == memory]
        assert max(ends) == size
    assert 0 < plan["slow_accesses"] < plan["accesses"]
    picture = run(capsys, "plan", path).out
    assert f"arena {grouped(fast + slow)} B ({grouped(fast)} fast, {grouped(slow)} slow)" in picture
    assert re.search(r"^slow +0 ", picture, re.MULTILINE)
    assert re.search(r"^slow memory: [\d ]+ of [\d ]+ bytes .*%\)$", picture, re.MULTILINE)
    assert run(capsys, "build", path, "--out", tmp_path / "out").status == 0
    header = (tmp_path / "out" / "net.h").read_text()
    assert f"#define NET_ARENA_SIZE {fast}u" in header
    assert f"#define NET_SLOW_ARENA_SIZE {slow}u" in header
    summary = json.loads((tmp_path / "out" / "net.json").read_text())
    assert (summary["arena_bytes"], summary["fast_bytes"]) == (fast + slow, fast)
    assert summary["slow_bytes"] == slow
    source = (tmp_path / "out" / "net.c").read_text()
    assert f"fast arena {fast} bytes" in source and f"slow arena {slow} bytes" in source


def test_measure_reports_both_memories(tmp_path: Path, capsys: Capture) -> None:
    found = json.loads(
        run(capsys, "measure", write(tmp_path, both()), "--target", "host", "--json").out
    )
    assert found["exact"] is True
    assert found["arena_bytes"] == found["fast_bytes"] + found["slow_bytes"]
    one = json.loads(run(capsys, "measure", NETWORK, "--target", "host", "--json").out)
    assert "slow_bytes" not in one


def test_one_memory_is_reported_as_before(capsys: Capture) -> None:
    plan = json.loads(run(capsys, "plan", NETWORK, "--json").out)
    assert plan["fast_bytes"] is plan["slow_bytes"] is plan["slow_accesses"] is None
    assert all(buffer["memory"] is None for buffer in plan["buffers"])
    assert "slow" not in run(capsys, "plan", NETWORK).out


@pytest.mark.parametrize(("fast", "slow", "short"), [(700, 100, "slow"), (1, 100_000, "fast")])
def test_what_does_not_fit_says_what_would(
    tmp_path: Path, capsys: Capture, fast: int, slow: int, short: str
) -> None:
    """The memory that is short, the operator, the bytes; following the remedy builds."""
    refused = run(capsys, "plan", write(tmp_path, both(fast, slow), ", input: buffer"))
    assert refused.status == 2
    found = re.search(
        rf"the {short} memory needs at least (\d+) bytes at node \".+\" and schedule.ram.{short} "
        r"has (\d+): (\d+) bytes are missing\. Remedy: set schedule: \{ram: (\{.*\})\}\.",
        refused.err,
    )
    assert found is not None, refused.err
    needs, has, missing = (int(found[i]) for i in (1, 2, 3))
    assert needs - has == missing > 0 and has == (slow if short == "slow" else fast)
    assert run(capsys, "plan", write(tmp_path, found[4], ", input: buffer")).status == 0


def test_a_remedy_may_be_another_input(tmp_path: Path, capsys: Capture) -> None:
    """The image of 768 bytes fits neither memory, and need not be in one."""
    refused = run(capsys, "plan", write(tmp_path, both(700, 600)))
    assert "Remedy: set schedule: {input: rows}; then the sizes do." in refused.err
    for other in ("rows", "buffer"):
        path = write(tmp_path, both(700, 600), f", input: {other}")
        assert run(capsys, "plan", path).status == 0


def test_a_lock_pins_the_stages_of_two_memories(tmp_path: Path, capsys: Capture) -> None:
    path = write(tmp_path, both())
    first = json.loads(run(capsys, "plan", path, "--json", "--lock").out)
    lock = json.loads((tmp_path / "thumbnet.lock").read_text())
    assert (lock["arena_bytes"], lock["slow_bytes"]) == (first["fast_bytes"], first["slow_bytes"])
    pinned = write(tmp_path, both(), ", plan: thumbnet.lock")
    again = json.loads(run(capsys, "plan", pinned, "--json").out)
    assert again == {key: value for key, value in first.items() if key != "lock"}
    one = run(capsys, "plan", write(tmp_path, "64K", ", plan: thumbnet.lock"))
    assert one.status == 2 and "made for two memories, not for one" in one.err
    small = run(capsys, "plan", write(tmp_path, both(1, 1), ", plan: thumbnet.lock"))
    assert small.status == 2
    assert f"it was made with {lock['arena_bytes']} fast and {lock['slow_bytes']} slow" in small.err
