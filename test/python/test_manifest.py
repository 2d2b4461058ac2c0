"""thumbnet.yaml: what is accepted, what it means, and what each mistake is answered."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from thumbnet.errors import ThumbnetError
from thumbnet.manifest import Manifest, implicit, load, load_or_implicit, parse_size

from thumbnet import identifiers


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "thumbnet.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def message(folder: Path, text: str | bytes) -> str:
    """What ``load`` says about a manifest, without the folder's name."""
    with pytest.raises(ThumbnetError) as caught:
        load(write(folder, text))
    return caught.value.message().replace(f"{folder}{os.sep}", "")


def test_defaults(tmp_path: Path) -> None:
    manifest = load(write(tmp_path, "model: person detect-v2.tflite\n"))
    assert manifest.model == tmp_path / "person detect-v2.tflite"
    assert manifest.name == "person_detect_v2"
    assert (manifest.labels, manifest.inputs, manifest.outputs) == ((), (), ())
    assert manifest.io == "quantized"
    assert manifest.schedule.objective == "speed"
    assert manifest.schedule.ram_limit is None
    assert manifest.schedule.input == "arena"
    assert manifest.schedule.recompute == 1.0
    assert manifest.source == tmp_path / "thumbnet.yaml"


def test_every_key(tmp_path: Path) -> None:
    text = """\
model: ../nets/kws.tflite     # relative to the manifest
name: wake_word
labels: [0, yes, "no", hey you]
inputs: [audio]
outputs: [scores, state]
io: float
schedule: {objective: ram, ram: 64K, input: buffer, recompute: 1.25}
"""
    folder = tmp_path / "app"
    folder.mkdir()
    manifest = load(write(folder, text))
    assert manifest.model == tmp_path / "nets" / "kws.tflite"
    assert manifest.name == "wake_word"
    assert manifest.labels == ("0", "yes", "no", "hey you")  # YAML 1.2: yes and no are words
    assert manifest.label_identifiers == ("0", "YES", "NO", "HEY_YOU")
    assert (manifest.inputs, manifest.outputs) == (("audio",), ("scores", "state"))
    assert manifest.io == "float"
    assert manifest.schedule.objective == "ram"
    assert manifest.schedule.ram_limit == 65536
    assert manifest.schedule.input == "buffer"
    assert manifest.schedule.recompute == 1.25
    assert manifest.place("labels") == f"{folder / 'thumbnet.yaml'}:3"
    assert manifest.place("schedule", "ram") == f"{folder / 'thumbnet.yaml'}:7"


def test_paths_do_not_depend_on_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "model: a.tflite")
    monkeypatch.chdir(tmp_path)
    manifest = load(Path("thumbnet.yaml"))
    assert manifest.model == tmp_path / "a.tflite"
    assert manifest.source == tmp_path / "thumbnet.yaml"


def test_a_bare_model_is_its_own_manifest() -> None:
    manifest = load_or_implicit(Path("some/digits.tflite"))
    assert manifest == implicit(Path("some/digits.tflite"))
    assert (manifest.model, manifest.name) == (Path.cwd() / "some/digits.tflite", "digits")
    assert manifest.source is None
    assert manifest.place("labels") == str(manifest.model)


def test_a_manifest_is_frozen() -> None:
    with pytest.raises(ValidationError):
        implicit(Path("a.tflite")).name = "b"


def test_a_manifest_made_by_code_is_checked_too() -> None:
    with pytest.raises(ValidationError):
        Manifest(model=Path("a"), name="a", lables=())  # type: ignore[call-arg]


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_editors_habits(tmp_path: Path, bom: bytes, newline: bytes) -> None:
    text = bom + newline.join([b"model: a.tflite", "labels: [größe]".encode(), b""])
    assert load(write(tmp_path, text)).label_identifiers == ("GROE",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model: a\nlables: [a]", 'thumbnet.yaml:2: unknown key "lables". Remedy: write "labels".'),
        ("modle: a\n", 'thumbnet.yaml:1: unknown key "modle". Remedy: write "model".'),
        ("\n\nMODEL: a", 'thumbnet.yaml:3: unknown key "MODEL". Remedy: write "model".'),
        ("model: a\nzzz: 1", 'thumbnet.yaml:2: unknown key "zzz". Remedy: valid here: model, '),
        (
            "model: a\nschedule:\n  ram: 1K\n  objectiv: ram",
            'thumbnet.yaml:4: unknown key "schedule.objectiv". Remedy: write "objective".',
        ),
        ("labels: []", 'thumbnet.yaml: key "model" is missing. Remedy: add model: FILE.'),
        ("model: 3", "thumbnet.yaml:1: model: 3 is not a file name."),
        ("model:", "thumbnet.yaml:1: model: nothing is not a file name."),
        ("model: a\nname: true", "thumbnet.yaml:2: name: true is not text (quote it)."),
        ("model: a\n\nlabels: cat", "thumbnet.yaml:3: labels: 'cat' is not a list such as [a"),
        ("model: a\nlabels:\n- cat\n- {}", "thumbnet.yaml:4: labels.1: {} is not text (quote it)."),
        ("model: a\nlabels: [true]", "thumbnet.yaml:2: labels.0: true is not text (quote it)."),
        ("model: a\nschedule: ram", "thumbnet.yaml:2: schedule: 'ram' is not a mapping such as "),
        (
            "model: a\nio: floats",
            "yaml:2: io: 'floats' is not one of quantized, float. Remedy: write \"float\".",
        ),
        (
            "model: a\nschedule: {objective: sped}",
            "schedule.objective: 'sped' is not one of speed, ram. Remedy: write \"speed\".",
        ),
        (
            "model: a\nschedule: {ram: lots}",
            "thumbnet.yaml:2: schedule.ram: 'lots' is not a number",
        ),
        ("model: a\nschedule: {ram: -1}", "schedule.ram: -1 is not a number of bytes such as"),
        ("model: a\nschedule: {ram: 1.5}", "schedule.ram: 1.5 is not a number of bytes such as"),
        ("model: a\nschedule: {ram: 0}", "schedule.ram: 0 is no room for a model"),
        *(
            (
                f"model: a\nschedule: {{recompute: {value}}}",
                "thumbnet.yaml:2: schedule.recompute: "
                f"{shown} is not a number from 1.0 (nothing twice) to 4.0",
            )
            for value, shown in {
                "0.99": "0.99",
                "4.01": "4.01",
                "much": "'much'",
                "true": "true",
                ".nan": "nan",
                ".inf": "inf",
            }.items()
        ),
    ],
)
def test_mistyped_keys_and_values(tmp_path: Path, text: str, expected: str) -> None:
    found = message(tmp_path, text)
    assert expected in found


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("train: {ram: 128K, update: auto}\nmodel: a", 1, 'key "train"'),
        ("model: a\n\nsearch: {data: d/}", 3, 'key "search"'),
        ("model: a\nsearch:", 2, 'key "search"'),
    ],
)
def test_what_comes_later_is_known_and_refused(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    found = message(tmp_path, text)
    assert found.startswith(f"thumbnet.yaml:{line}: {words} is not supported yet in this release")


def test_all_errors_at_once_in_the_file_s_order(tmp_path: Path) -> None:
    text = "model: a\n" + "\n" * 7 + "io: x\nlabels: [b, b]\ntrain: {}\nnmae: z\n"
    lines = message(tmp_path, text).splitlines()
    assert [line.split()[0] for line in lines] == [f"thumbnet.yaml:{n}:" for n in (9, 10, 11, 12)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model: a\nmodel: b", 'thumbnet.yaml:2: duplicate key "model" (first on line 1)'),
        ("model: a\nschedule:\n  ram: 1K\n  ram: 2K", 'thumbnet.yaml:4: duplicate key "ram"'),
        ("", "thumbnet.yaml: holds nothing"),
        ("# only this\n", "thumbnet.yaml: holds nothing"),
        ("a.tflite", "thumbnet.yaml: holds a single value"),
        ("- a", "thumbnet.yaml: holds a list"),
        ("model: [", "thumbnet.yaml:1: cannot be read as YAML"),
        ("model: a\nlabels: b: c", "thumbnet.yaml:2: cannot be read as YAML"),
        ("model: a\n---\nmodel: b", "thumbnet.yaml:2: cannot be read as YAML"),
        ("model: a\n1: b", "thumbnet.yaml:2: key 1 is not text"),
        ("model: a\n? [b]\n: c", "thumbnet.yaml:2: a list stands where a key is expected"),
        ("model: &m a\nname: *m", "thumbnet.yaml:1: aliases (*name) are not supported here"),
        ("model: a\nlabels: [2024-02-30]", "thumbnet.yaml:2: value '2024-02-30' cannot be read"),
        ("model: a\nlabels: [2024-02-01]", "thumbnet.yaml:2: '2024-02-01' is read as a date"),
        ("model: a\nname: !!binary aGk=", "thumbnet.yaml:2: 'aGk=' is read as bytes"),
        ("model: " + "[" * 1_000, "thumbnet.yaml: is nested too deeply"),
        ("model: a\nname: " + "9" * 5000, "thumbnet.yaml:2: value '9999"),
        ("model: a" + " " * 70_000, "thumbnet.yaml: is larger than 65536 bytes"),
        ("model: a\x00b", "thumbnet.yaml: is not YAML"),
        ("model: \xe9\n".encode("latin-1"), "thumbnet.yaml:1: is not UTF-8 text: byte 0xe9"),
        ("model: a\n".encode("utf-16"), "thumbnet.yaml:1: is not UTF-8 text: byte 0xff"),
        (b"\x1c\x00\x00\x00TFL3\x14\x00 \x00\xff\x80\x00", "thumbnet.yaml:1: is not UTF-8 text"),
    ],
)
def test_files_that_are_no_manifests(tmp_path: Path, text: str | bytes, expected: str) -> None:
    assert message(tmp_path, text).startswith(expected)


def test_no_object_is_constructed(tmp_path: Path) -> None:
    made = tmp_path / "made"
    text = f'model: !!python/object/apply:pathlib.Path.touch ["{made}"]'
    assert "tag" in message(tmp_path, text)
    assert "tag" in message(tmp_path, "model: !!python/name:os.system")
    assert not made.exists()


def test_a_small_file_cannot_stand_for_gigabytes(tmp_path: Path) -> None:
    lines = ["model: a", "a0: &a0 [x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    assert "aliases" in message(tmp_path, "\n".join(lines))


def test_a_missing_file_and_a_directory(tmp_path: Path) -> None:
    with pytest.raises(ThumbnetError, match=r"none\.yaml: does not exist\. Remedy: "):
        load(tmp_path / "none.yaml")
    with pytest.raises(ThumbnetError, match=r": is a directory\. Remedy: "):
        load(tmp_path)
    with pytest.raises(ThumbnetError, match="cannot be read"):
        load(tmp_path / "a\0b.yaml")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "thumbnet.yaml")
    with pytest.raises(ThumbnetError, match="not a regular file"):
        load(tmp_path / "thumbnet.yaml")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("while", "is a keyword of C or C++"),
        ("template", "is a keyword of C or C++"),
        ("2fast", "is not a C identifier"),
        ("no-person", "is not a C identifier"),
        ("größe", "is not a C identifier"),
        ('""', "is not a C identifier"),
        ("_x", "is not a C identifier"),
        ("a__b", "holds two underscores in a row"),
        ("a" * 49, "has 49 characters; the limit is 48"),
        ("string", "is taken: string.h or string_t belongs to"),
        ("Math", "is taken"),
        ("uint8", "is taken: uint8.h or uint8_t belongs to"),
        ("thumbnet", "is taken"),
        ("thumbnet_x", "is taken"),
    ],
)
def test_model_names(tmp_path: Path, name: str, fault: str) -> None:
    found = message(tmp_path, f"model: a\nname: {name}")
    assert found.startswith("thumbnet.yaml:2: name: ")
    assert fault in found


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("person_detect", "person_detect"),
        ("pretrainedResnet_quant", "pretrainedResnet_quant"),
        ("mcunet-5fps_vww", "mcunet_5fps_vww"),
        ("a  --  b__c", "a_b_c"),
        ("2024 net", "model_2024_net"),
        ("int", "int_model"),
        ("time", "time_model"),
        ("thumbnet", "model_thumbnet"),
        ("größe", "groe"),
        ("网络", "model"),
        ("", "model"),
        ("x" * 60, "x" * 48),
    ],
)
def test_names_made_from_file_names(stem: str, name: str) -> None:
    assert identifiers.model_name(stem) == name


@given(st.text())
def test_any_file_name_gives_a_valid_name(stem: str) -> None:
    assert identifiers.model_fault(identifiers.model_name(stem)) is None


def test_keywords_are_what_compilers_refuse() -> None:
    """An independent list: each word as a variable, on a line of its own, is an error somewhere."""
    words = sorted(identifiers.KEYWORDS)
    source = "".join(f"void f{i}(void) {{ int {word} = 0; }}\n" for i, word in enumerate(words))
    refused: set[int] = set()
    for language in (["-xc", "-std=gnu17"], ["-xc++", "-std=c++20"]):
        done = subprocess.run(
            ["gcc", *language, "-fsyntax-only", "-fmax-errors=0", "-"],
            input=source,
            text=True,
            capture_output=True,
            check=False,
        )
        refused |= {int(n) - 1 for n in re.findall(r"<stdin>:(\d+):\d+: error", done.stderr)}
    assert [word for i, word in enumerate(words) if i not in refused] == []


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ("inputs: [x, y, x]", 'has "x" and "x", which are one C name'),
        ("inputs: [img, Img]", 'has "img" and "Img", which are one C name'),
        ("inputs: [x]\noutputs: [x]", 'has "x" and "x", which are one C name'),
        ("inputs: [model]", "is taken in the generated header"),
        ("outputs: [arena_size]", "is taken in the generated header"),
        ("inputs: [for]", "is a keyword of C or C++"),
        ("outputs: [input]", 'has "input", which inputs are called by default'),
        ("inputs: [output_1]", 'has "output_1", which outputs are called by default'),
        ("labels: [cat, dog, cat]", 'has "cat" and "cat", which are one C name'),
        ("labels: [no person, no_person]", "which are one C name"),
        ("labels: ['?']", "holds no letter or digit"),
        ("labels: [arena size]", "has ARENA_SIZE, the name of a macro in the generated header"),
        ("labels: [macs]", "has MACS, the name of a macro"),
        ("labels: [input_scale]", "has INPUT_SCALE, the name of a macro"),
        ("labels: [image size]\ninputs: [image]", "has IMAGE_SIZE, the name of a macro"),
    ],
)
def test_names_of_tensors_and_labels(tmp_path: Path, keys: str, fault: str) -> None:
    found = message(tmp_path, f"model: a\n{keys}")
    assert re.match(r"thumbnet\.yaml:[23]: (inputs|outputs|labels)", found)
    assert fault in found


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("65536", 65536),
        (512, 512),
        ("64K", 65536),
        ("64k", 65536),
        ("64 KiB", 65536),
        ("64KB", 65536),
        (" 1 M ", 1 << 20),
    ],
)
def test_sizes(text: str | int, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "K", "64G", "0", "0K", "-1", "1.5K", "0x10", "1e3", True, None]
)
def test_sizes_that_are_none(text: object) -> None:
    with pytest.raises(ValueError, match=r"is not a number of bytes|is no room"):
        parse_size(text)


def test_a_function_of_a_python_file_is_a_model(tmp_path: Path) -> None:
    path = tmp_path / "thumbnet.yaml"
    path.write_text("model: nets/net.py:build\ncheckpoint: w.pt\n")
    manifest = load(path)
    assert manifest.model == tmp_path / "nets" / "net.py"
    assert manifest.factory == "build"
    assert manifest.checkpoint == tmp_path / "w.pt"
    assert manifest.name == "net"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("model: net.py", "names no function of the file. Remedy: name it behind a colon"),
        ("model: 'net.py:a b'", "names no function of the file"),
        ("model: a.onnx\ncheckpoint: w.pt", 'yaml:2: key "checkpoint" stands beside model'),
        ("model: a.onnx\nfactory: build", 'yaml:2: unknown key "factory"'),
    ],
)
def test_bad_functions_are_refused(tmp_path: Path, text: str, words: str) -> None:
    assert words in message(tmp_path, text)
