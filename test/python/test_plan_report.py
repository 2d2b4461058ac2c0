"""``thumbnet plan``: the picture of streamed plans, the Pareto front, and lock files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import shared
from support.cli import run
from support.compiled import compile_file
from support.small_networks import Net
from support.stream_networks import stream_network
from support.tflite_model import Value
from thumbnet.errors import ThumbnetError
from thumbnet.pipeline import Compiled
from thumbnet.report.console import grouped

import thumbnet

Capture = pytest.CaptureFixture[str]
Document = dict[str, Any]


def mobile(net: Net) -> list[Value]:
    """A small MobileNet, most of whose bytes are in its first operators: these are streamed."""
    x = net.image(1, 24, 20, 3)
    x = net.depthwise(net.conv(x, 12))
    x = net.depthwise(net.conv(x, 12, 1), stride=2)
    x = net.depthwise(net.conv(x, 16, 1), stride=2)
    x = net.conv(x, 8, 1)
    x = net.sum(net.conv(net.depthwise(x), 8, 1), x)
    return [net.dense(net.mean(net.conv(x, 12, 1), (1, 2), keep_dims=True))]


def write_model(folder: Path, build: Callable[[Net], list[Value]] = mobile) -> Path:
    """The network as ``net.tflite``."""
    net = Net()
    path = folder / "net.tflite"
    path.write_bytes(net.finish(build(net)))
    return path


def write_manifest(folder: Path, schedule: str, name: str = "thumbnet.yaml") -> Path:
    """A manifest of ``net.tflite``."""
    path = folder / name
    path.write_text(f"model: net.tflite\nschedule: {schedule}\n")
    return path


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    write_model(tmp_path)
    return write_manifest(tmp_path, "{input: rows, objective: ram}")


# -- the picture ----------------------------------------------------------------------------------


def test_stages_of_a_streamed_plan_add_up(capsys: Capture, manifest: Path) -> None:
    plan = json.loads(run(capsys, "plan", manifest, "--json").out)
    assert plan["input"] == "rows"
    operators, stages = plan["operators"], plan["stages"]
    numbers = [n for stage in stages for n in range(stage["first"], stage["last"] + 1)]
    assert numbers == [operator["index"] for operator in operators]
    first = stages[0]
    assert (first["kind"], first["pushed"]) == ("stream", True)
    assert not any(stage["pushed"] for stage in stages[1:])
    block = next(b for b in plan["buffers"] if b["name"] == "line buffers, scratch of stage 0")
    for line in first["lines"]:
        strip = min(line["margin"] + line["segment"], line["width"]) if line["segment"] else 0
        kept = line["rows"] * line["width"] + strip
        assert line["bytes"] == kept * line["pixel_bytes"]
    assert block["size"] == sum(line["bytes"] for line in first["lines"]) + first["other_bytes"]
    image = first["lines"][0]
    # A 3x3 kernel reads three rows, of which the third is the caller's.
    assert (image["rows"], image["segment"], image["bytes"]) == (2, 0, 2 * 20 * 3)
    assert (image["height"], image["width"], image["pixel_bytes"]) == (24, 20, 3)
    ends = [buffer["offset"] + buffer["size"] for buffer in plan["buffers"]]
    assert max(ends) == plan["arena_bytes"]
    assert max(buffer["last"] for buffer in plan["buffers"]) == len(stages)
    peak = stages[plan["peak_stage"]]
    assert peak["live_bytes"] == max(stage["live_bytes"] for stage in stages)
    assert plan["peak_operator"] in [o["name"] for o in operators[peak["first"] : peak["last"] + 1]]
    for stage in stages:
        for operator in operators[stage["first"] : stage["last"] + 1]:
            assert (operator["run"] is None) == (stage["kind"] == "layer")
            assert operator["live_bytes"] == stage["live_bytes"]


def test_the_picture_says_what_the_json_says(capsys: Capture, manifest: Path) -> None:
    plan = json.loads(run(capsys, "plan", manifest, "--json").out)
    lines = run(capsys, "plan", manifest).out.splitlines()
    assert [line for line in lines if "<- peak" in line] == [
        line
        for line in lines
        if line.startswith(f"stage {plan['peak_stage']}: stream, rows pushed")
    ]
    pictures = "\n".join(lines).partition("\noffset ")[0]
    rows = {words[0]: words[1:] for words in map(str.split, pictures.splitlines()) if words}
    for stage in plan["stages"]:
        kept = {line["tensor"]: line for line in stage["lines"]}
        for operator in plan["operators"][stage["first"] : stage["last"] + 1]:
            words = rows[str(operator["index"])]
            assert words[:2] == [operator["kind"], operator["name"]]
            line = kept.get(operator["output"])
            shown = " ".join(words).rstrip(" █")
            if stage["kind"] == "layer":
                assert shown.endswith(f" {grouped(operator['live_bytes'])}")
            elif line is None:
                assert shown.endswith(f" {operator['run']} all {grouped(operator['output_bytes'])}")
            else:
                pixels = f"{line['margin']}+{line['segment']}"
                size = grouped(line["bytes"])
                assert shown.endswith(f" {operator['run']} {line['rows']} {pixels} {size}")
    image = plan["stages"][0]["lines"][0]
    assert rows["rows"][:4] == [image["tensor"], "24x20", str(image["rows"]), str(image["bytes"])]


def test_bars_are_to_scale_and_give_way(
    capsys: Capture, manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = run(capsys, "plan", manifest).out
    monkeypatch.setattr("thumbnet.report.console.PLAIN_WIDTH", 80)
    narrow = run(capsys, "plan", manifest).out
    for text in (wide, narrow):
        stage = text.partition("stage 0")[2].partition("\n\n")[0]
        drawn = [line for line in stage.splitlines() if "█" in line]
        pairs = [
            (int(line.rstrip(" █").split("  ")[-1].replace(" ", "")), line.count("█"))
            for line in drawn
        ]
        most = max(size for size, _ in pairs)
        longest = max(length for _, length in pairs)
        assert all(length == -(-size * longest // most) for size, length in pairs)
    assert max(map(len, narrow.splitlines())) <= 80
    assert wide.count("█") > narrow.count("█") > 0
    assert "…" not in narrow
    assert " MACs  run  rows" in wide and " MACs  run  rows" not in narrow


def test_layers_and_streams_stand_apart(capsys: Capture, tmp_path: Path) -> None:
    """An image that is overwritten: a layer, then streams, then layers."""
    write_model(tmp_path)
    plan = json.loads(
        run(capsys, "plan", write_manifest(tmp_path, "{objective: ram}"), "--json").out
    )
    out = run(capsys, "plan", tmp_path / "thumbnet.yaml").out
    kinds = [stage["kind"] for stage in plan["stages"]]
    assert {"layer", "stream"} == set(kinds)
    assert out.count(": layer by layer\n") == len(
        re.findall(r"(?:l)+", "".join(k[0] for k in kinds))
    )
    assert out.count(": stream, ") == kinds.count("stream")
    assert "\noffset  " in out and "  stages  buffer" in out


# -- the front ------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["arena", "buffer", "rows"])
def test_the_front_falls_and_its_points_can_be_had(
    capsys: Capture, tmp_path: Path, source: str
) -> None:
    model = write_model(tmp_path)
    path = write_manifest(tmp_path, f"{{input: {source}}}")
    found = json.loads(run(capsys, "plan", path, "--front", "--json").out)
    front = found["front"]
    assert len(front) >= 3
    sizes = [point["arena_bytes"] for point in front]
    work = [point["estimated_extra_instructions"] for point in front]
    assert sizes == sorted(set(sizes), reverse=True)
    assert work == sorted(set(work))
    if source != "rows":
        assert sizes[0] == found["arena_bytes"]
        assert (front[0]["streamed_operators"], work[0]) == (0, 0)
    for point in front:
        how = {"input": source, "ram": point["arena_bytes"]}
        plan = compile_file(model, schedule=how).plan
        assert plan.memory.arena_size <= point["arena_bytes"]
    with pytest.raises(ThumbnetError, match="bytes are missing"):
        compile_file(model, schedule={"input": source, "ram": sizes[-1] - 1})
    shown = run(capsys, "plan", path, "--front").out.partition(f"with input: {source}\n")[2]
    shown, _, compared = shown.strip().partition("\n\n")
    assert len(shown.splitlines()) == 1 + len(front)
    # To compare with; a row of the image at a time leaves no patch to choose.
    patches = found["patches"]
    assert bool(patches) == (source != "rows") == bool(compared)
    for one in patches:
        assert one["work"] >= 1
        row = f"{one['patches']} x {one['patches']} patches (MCUNetV2)"
        assert re.search(rf"{re.escape(row)} +{one['arena_bytes']:,} ".replace(",", "."), compared)


# -- lock files -----------------------------------------------------------------------------------


def locked(capsys: Capture, manifest: Path) -> tuple[Path, Document]:
    """The manifest's lock file, written by the command."""
    ran = run(capsys, "plan", manifest, "--lock")
    assert ran.status == 0, ran.err
    path = manifest.with_suffix(".lock")
    assert ran.out.endswith(f"wrote {path}; pin it with schedule: {{plan: {path.name}}}\n")
    found: Document = json.loads(path.read_text())
    return path, found


def test_a_lock_records_the_plan(capsys: Capture, manifest: Path) -> None:
    plan = json.loads(run(capsys, "plan", manifest, "--json").out)
    _, lock = locked(capsys, manifest)
    assert lock["thumbnet"] == thumbnet.__version__
    assert (lock["model"], lock["input"]) == ("net.tflite", "rows")
    assert re.fullmatch("[0-9a-f]{64}", lock["sha256"])
    assert lock["arena_bytes"] == plan["arena_bytes"]
    assert [stage["kind"] for stage in lock["stages"]] == [s["kind"] for s in plan["stages"]]
    operators = [operator for stage in lock["stages"] for operator in stage["operators"]]
    for operator, figures in zip(operators, plan["operators"], strict=True):
        assert (operator["name"], operator["kind"]) == (figures["name"], figures["kind"])
        assert operator["output"] == figures["shape"]
        assert operator.get("segment") == figures["run"]


def forbid_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes every search for stages fail."""

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a search")

    monkeypatch.setattr("thumbnet.pipeline.choose_plan", fail)
    for name in ("Stages.__init__", "Stages._cuts", "least_bytes"):
        monkeypatch.setattr(f"thumbnet.schedule.search_cuts.{name}", fail)
    monkeypatch.setattr("thumbnet.schedule.stream.schedule_stream", fail)
    for name in ("Scheduler.__init__", "least_bytes"):
        monkeypatch.setattr(f"thumbnet.schedule.scheduler.{name}", fail)
    for name in ("Chooser.__init__", "least_orders", "least_peak"):
        monkeypatch.setattr(f"thumbnet.schedule.choose.{name}", fail)


def test_a_pinned_build_equals_the_search_and_never_searches(
    capsys: Capture, tmp_path: Path, manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(capsys, "build", manifest, "--out", tmp_path / "a")
    path, _ = locked(capsys, manifest)
    # Speed, with no limit, would be another plan.
    pinned = write_manifest(tmp_path, f"{{input: rows, plan: {path.name}}}", "pinned.yaml")
    forbid_searches(monkeypatch)
    ran = run(capsys, "build", pinned, "--out", tmp_path / "b")
    assert (ran.status, ran.err) == (0, "")
    for name in ("net.c", "net.h", "net.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert run(capsys, "build", manifest, "--out", tmp_path / "c").status == 70  # it does search


def test_locking_again_searches_again(capsys: Capture, tmp_path: Path, manifest: Path) -> None:
    path, lock = locked(capsys, manifest)
    pinned = write_manifest(tmp_path, "{input: rows, plan: thumbnet.lock}", "pinned.yaml")
    ran = run(capsys, "plan", pinned, "--lock", "--json")
    assert json.loads(ran.out)["lock"] == str(path)  # what it pins, not pinned.lock
    again = json.loads(path.read_text())
    assert again["arena_bytes"] > lock["arena_bytes"]  # the fastest now


@pytest.mark.parametrize("seed", range(6))
def test_locks_of_random_networks_hold(seed: int, tmp_path: Path) -> None:
    """Written and read again, every plan comes back: the same code for every sort of input."""
    from thumbnet.schedule.lock import Lock, make_lock, pinned_plan

    path = tmp_path / "net.tflite"
    path.write_bytes(stream_network(seed))
    for source in ("arena", "buffer", "rows"):
        for objective in ("ram", "speed"):
            try:
                compiled = compile_file(path, schedule={"input": source, "objective": objective})
            except ThumbnetError:
                assert source == "rows"
                continue
            made = make_lock(compiled.plan, model="net.tflite", sha256="0" * 64, version="1")
            read = Lock.model_validate_json(made.text())
            assert read == made
            again = pinned_plan(compiled.graph, read, "net.lock", input=source)
            assert description(again) == description(compiled.plan)


def description(plan: Any) -> object:
    """All of a plan that code generation sees."""
    memory = plan.memory
    stages = [
        (
            stage.kind,
            [s.operator.name for s in stage.steps],
            stage.lines,
            stage.segments,
            stage.pushed,
        )
        for stage in plan.stages
    ]
    return stages, memory.offsets, memory.scratch, memory.lines, memory.state, memory.arena_size


@shared.needs_shared
@pytest.mark.parametrize("name", ["mcunet-person-det", "mlperf-kws", "mcunet-in3"])
def test_locks_of_real_networks_hold(
    capsys: Capture, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"model: {shared.model_path(name)}\nname: net\nschedule: {{input: rows%s}}\n"
    (tmp_path / "a.yaml").write_text(text % ", objective: ram")
    run(capsys, "build", tmp_path / "a.yaml", "--out", tmp_path / "a")
    assert run(capsys, "plan", tmp_path / "a.yaml", "--lock").status == 0
    (tmp_path / "b.yaml").write_text(text % ", plan: a.lock")
    forbid_searches(monkeypatch)
    assert run(capsys, "build", tmp_path / "b.yaml", "--out", tmp_path / "b").status == 0
    assert (tmp_path / "a/net.c").read_bytes() == (tmp_path / "b/net.c").read_bytes()


def test_a_model_that_was_trained_further_keeps_its_plan(
    capsys: Capture, tmp_path: Path, manifest: Path
) -> None:
    path, lock = locked(capsys, manifest)

    def trained(net: Net) -> list[Value]:
        net.rng.integers(9, size=5)
        return mobile(net)

    write_model(tmp_path, trained)
    pinned = write_manifest(tmp_path, f"{{input: rows, plan: {path.name}}}", "pinned.yaml")
    plan = json.loads(run(capsys, "plan", pinned, "--json").out)
    assert plan["arena_bytes"] == lock["arena_bytes"]


def refuse(folder: Path, lock: Document, source: str = "rows") -> str:
    """The error of a build that pins ``lock``, without the folder."""
    (folder / "bad.lock").write_text(json.dumps(lock))
    with pytest.raises(ThumbnetError) as caught:
        compile_pinned(folder, source)
    message = caught.value.message()
    assert "\n" not in message
    assert "--lock" in message
    return message.replace(f"{folder}/", "")


def compile_pinned(folder: Path, source: str = "rows") -> Compiled:
    how = {"input": source, "plan": folder / "bad.lock"}
    return compile_file(folder / "net.tflite", schedule=how)


Change = Callable[[Document], object]


def first_stage(lock: Document) -> Document:
    """The stage that the rows go through, which has several operators."""
    stage: Document = lock["stages"][0]
    assert len(stage["operators"]) >= 3
    return stage


CHANGES: dict[str, tuple[Change, str]] = {
    "renamed": (
        lambda lock: first_stage(lock)["operators"][1].update(name="x"),
        r'stage 0 \(stream, "\w+" to "\w+"\) does not fit the model: the model has no \w+ "x"',
    ),
    "kind": (
        lambda lock: first_stage(lock)["operators"][1].update(kind="add"),
        r'stage 0 \(.*: "\w+" is depthwise_conv_2d in the model, not add',
    ),
    "shape": (
        lambda lock: first_stage(lock)["operators"][1].update(output=[1, 24, 20, 7]),
        r"stage 0 .*: depthwise\w+ .* makes \[1, 24, 20, 12\] in the model, not \[1, 24, 20, 7\]",
    ),
    "segment": (
        lambda lock: first_stage(lock)["operators"][0].update(segment=99),
        r"stage 0 .*: conv_2d .* makes \d+ pixels at once, not 99",
    ),
    "width": (
        lambda lock: first_stage(lock).update(width=3),
        r"stage 0 .*: conv_2d .* makes 3 pixels at once, not \d+",
    ),
    "too short": (
        lambda lock: lock["stages"].pop(),
        r'after its last stage the model goes on with fully_connected "\w+"',
    ),
    "twice": (
        lambda lock: lock["stages"].append(lock["stages"][-1]),
        r"stage \d+ \(.*: the model has no fully_connected .*, or has it only once",
    ),
    "order": (
        lambda lock: first_stage(lock)["operators"].reverse(),
        r"stage 0 .* reads .*, which nothing before it makes",
    ),
    "layer of many": (
        lambda lock: first_stage(lock).update(kind="layer"),
        r"stage 0 \(layer, .*: a layer cannot take pushed rows",
    ),
    "no width": (
        lambda lock: first_stage(lock).pop("width"),
        r"stage 0 .*: a stream needs a width",
    ),
    "less RAM": (
        lambda lock: lock.update(arena_bytes=lock["arena_bytes"] - 1),
        r"the plan takes \d+ bytes, with thumbnet \d\S* it took \d+; it peaks at node",
    ),
    "another format": (lambda lock: lock.update(format=2), r"is no plan of this release: format: "),
    "a key more": (lambda lock: lock.update(extra=2), r"is no plan of this release: extra: "),
    "no stages": (lambda lock: lock.pop("stages"), r"is no plan of this release: stages: "),
    "words": (
        lambda lock: first_stage(lock).update(width="wide"),
        r"is no plan of this release: stages\.0\.width: ",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_lock_that_does_not_fit_says_where_and_why(
    capsys: Capture, tmp_path: Path, manifest: Path, name: str
) -> None:
    _, lock = locked(capsys, manifest)
    change, expected = CHANGES[name]
    change(lock)
    message = refuse(tmp_path, lock)
    assert message.startswith("bad.lock: ")
    assert re.search(expected, message), message


def test_a_lock_for_another_input_is_refused(
    capsys: Capture, tmp_path: Path, manifest: Path
) -> None:
    _, lock = locked(capsys, manifest)
    expected = "bad.lock: the plan was made for input: rows, not for input: arena. "
    assert refuse(tmp_path, lock, "arena").startswith(expected)


def test_a_stage_that_loses_pushed_rows_is_refused(
    capsys: Capture, tmp_path: Path, manifest: Path
) -> None:
    """The image's last reader is moved behind the stage that the rows go through."""

    def late(net: Net) -> list[Value]:
        x = net.image(1, 8, 8, 2)
        return [net.sum(net.conv(net.conv(x)), x)]

    write_model(tmp_path, late)
    _, lock = locked(capsys, manifest)
    assert len(first_stage(lock)["operators"]) == 3
    last = first_stage(lock)["operators"].pop()
    lock["stages"].append({"kind": "layer", "operators": [last]})
    message = refuse(tmp_path, lock)
    assert re.search(r"stage 0 \(stream, .*: node \"\w+\" reads the rows after it", message)


def test_operators_that_no_stream_takes_are_named(capsys: Capture, tmp_path: Path) -> None:
    def flat(net: Net) -> list[Value]:
        x = net.image(1, 8, 8, 2)
        return [net.dense(net.conv(net.conv(x)))]

    write_model(tmp_path, flat)
    _, lock = locked(capsys, write_manifest(tmp_path, "{objective: ram}"))
    stages = lock["stages"]
    operators = [operator for stage in stages for operator in stage["operators"]]
    lock["stages"] = [{"kind": "stream", "width": 2, "operators": operators}]
    message = refuse(tmp_path, lock, "arena")
    assert re.search(r'stage 0 .*: fully_connected "\w+" cannot advance with it', message)


def test_another_order_can_be_pinned(capsys: Capture, tmp_path: Path) -> None:
    """Two heads, the other one first."""

    def heads(net: Net) -> list[Value]:
        x = net.conv(net.image(1, 8, 8, 2))
        return [net.conv(x, 3), net.conv(x, 5)]

    write_model(tmp_path, heads)
    _, lock = locked(capsys, write_manifest(tmp_path, "{input: buffer}"))
    lock["stages"][1:] = lock["stages"][:0:-1]
    (tmp_path / "bad.lock").write_text(json.dumps(lock))
    plan = compile_pinned(tmp_path, "buffer").plan
    channels = [step.lowered.output.channels for step in plan.steps]
    assert channels == [2, 5, 3]


def test_a_pinned_plan_that_does_not_fit_the_board(
    capsys: Capture, tmp_path: Path, manifest: Path
) -> None:
    path, lock = locked(capsys, manifest)
    small = write_manifest(tmp_path, f"{{input: rows, ram: 64, plan: {path.name}}}", "small.yaml")
    ran = run(capsys, "plan", small)
    assert ran.status == 2
    assert f"needs at least {lock['arena_bytes']} bytes" in ran.err
    assert "leave schedule.plan out" in ran.err


def test_a_plan_that_is_not_there(capsys: Capture, tmp_path: Path, manifest: Path) -> None:
    pinned = write_manifest(tmp_path, "{input: rows, plan: no.lock}")
    ran = run(capsys, "plan", pinned)
    assert ran.status == 2
    expected = f'thumbnet.yaml:2: plan "{tmp_path}/no.lock" does not exist. Remedy: write it with'
    assert expected in ran.err
    ran = run(capsys, "plan", write_manifest(tmp_path, "{plan: 3}"))
    assert "schedule.plan: 3 is not a file name" in ran.err
    (tmp_path / "text.lock").write_text("stages: []")
    ran = run(capsys, "plan", write_manifest(tmp_path, "{input: rows, plan: text.lock}"))
    assert "text.lock: is no plan of this release: Invalid JSON" in ran.err


def test_build_systems_watch_the_lock(capsys: Capture, tmp_path: Path, manifest: Path) -> None:
    pinned = write_manifest(tmp_path, "{input: rows, plan: ../a/net.lock}")
    answer = json.loads(run(capsys, "inputs", pinned).out)
    assert answer["inputs"] == [
        str(pinned),
        str(tmp_path / "net.tflite"),
        str(tmp_path.parent / "a" / "net.lock"),
    ]


def test_a_bare_model_is_locked_beside_itself(capsys: Capture, tmp_path: Path) -> None:
    model = write_model(tmp_path)
    assert run(capsys, "plan", model, "--lock").status == 0
    lock = json.loads((tmp_path / "net.lock").read_text())
    assert (lock["input"], {stage["kind"] for stage in lock["stages"]}) == ("arena", {"layer"})
