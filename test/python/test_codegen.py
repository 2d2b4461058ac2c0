"""Generated files: what the header states, how its functions answer, and what compilers make of it.

Outputs of whole networks are in test_models.py and test_random_networks.py, the README's promises
in test_promises.py.
"""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import inputs, litert
from support.compiled import compile_file, litert_outputs, mismatches, run_on
from support.every_operator import every_operator
from support.small_networks import AnyArray, Net, classifier, shaped_for, suite
from support.tflite_model import Value
from thumbnet.codegen import Provenance, generate
from thumbnet.codegen.arrays import array_definition
from thumbnet.emulator import compile_check
from thumbnet.emulator.measure import WARNINGS
from thumbnet.operators.base import CArray
from thumbnet.pipeline import Compiled
from thumbnet.resources import data_directory
from thumbnet.schedule.layers import make_plan
from thumbnet.target import resolve_target

ROOT = Path(__file__).resolve().parents[2]
ROWS = {"input": "rows", "objective": "ram"}


def compiled_net(model: bytes, folder: Path, name: str = "net", **changes: Any) -> Compiled:
    """``model`` compiled for the host under ``name``."""
    path = folder / f"{name}.tflite"
    path.write_bytes(model)
    return compile_file(path, name=name, **changes)


def macros(header: str) -> dict[str, str]:
    """The macros of a generated header."""
    return dict(re.findall(r"^#define (\w+) (.+?)(?: /\*.*)?$", header, re.MULTILINE))


def run_program(folder: Path, files: Mapping[str, str], main: str, compiler: str = "gcc") -> str:
    """What a program of generated files and ``main`` prints; warnings and sanitizers are on."""
    suffix = "c" if compiler == "gcc" else "cpp"
    for name, text in {**files, f"main.{suffix}": main}.items():
        (folder / name).write_text(text, encoding="utf-8")
    include = f"-I{data_directory('src')}"
    flags = [*WARNINGS, include, "-I.", "-fsanitize=address,undefined", "-g"]
    sources = [name for name in files if name.endswith(".c")]
    for source in sources:
        command = ["gcc", "-std=c99", "-pedantic", *flags, "-c", source]
        subprocess.run(command, cwd=folder, check=True)
    objects = [source.replace(".c", ".o") for source in sources]
    standard = "-std=c99" if compiler == "gcc" else "-std=c++11"
    command = [compiler, standard, *flags, f"main.{suffix}", *objects, "-o", "program"]
    subprocess.run(command, cwd=folder, check=True)
    done = subprocess.run(
        [folder / "program"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def literal(values: AnyArray) -> str:
    """The elements as C initialisers."""
    return ", ".join(map(str, values.reshape(-1).tolist()))


# -- the header -----------------------------------------------------------------------------------


def test_the_header_states_the_borders(tmp_path: Path) -> None:
    names: dict[str, Any] = {
        "inputs": ("image", "camera"),
        "outputs": ("scores", "logits"),
        "labels": ("a", "b", "c"),
    }
    compiled = compiled_net(every_operator(), tmp_path, **names)
    header = compiled.files["net.h"]
    found = macros(header)
    graph = compiled.graph
    for tensor, name in zip(
        (*graph.inputs, *graph.outputs), ("IMAGE", "CAMERA", "SCORES", "LOGITS"), strict=True
    ):
        value = graph.tensor(tensor)
        assert found[f"NET_{name}_SIZE"] == f"{np.prod(value.shape)}u"
        assert int(found[f"NET_{name}_ZERO_POINT"].strip("()")) == value.zero_point
        # The decimals give back the very float32 of the file.
        stated = np.float32(found[f"NET_{name}_SCALE"].rstrip("f"))
        assert stated == np.float32(value.scale)
    assert "int8 [1, 8, 8, 3] NHWC" in header
    assert "uint8_t *net_camera(net_t *model);" in header
    assert re.search(r"enum net_class \{\s+NET_A = 0,\s+NET_B = 1,\s+NET_C = 2\s+\};", header)


def test_the_figures_agree_with_the_plan_and_with_a_count_by_hand(tmp_path: Path) -> None:
    compiled = compiled_net(classifier(), tmp_path)
    found = macros(compiled.files["net.h"])
    report = json.loads(compiled.files["net.json"])
    macs = {
        "first": 6 * 5 * 8 * 3 * 3 * 3,
        "depthwise": 6 * 5 * 8 * 3 * 3,
        "pointwise": 6 * 5 * 8 * 8,
        "dense": 4 * 8,
    }
    assert report["macs"] == sum(macs.values()) == int(found["NET_MACS"].rstrip("u"))
    assert sum(operator["macs"] for operator in report["operators"]) == report["macs"]
    assert [operator["index"] for operator in report["operators"]] == list(range(8))
    arrays = re.findall(
        r"^static const (u?int\d+)_t (\w+_\d+_[a-z]\w*)\[(\d+)\]",
        compiled.files["net.c"],
        re.MULTILINE,
    )
    sizes = [int(re.sub(r"\D", "", kind)) // 8 * int(count) for kind, _, count in arrays]
    assert report["weight_bytes"] == sum(sizes) == int(found["NET_WEIGHT_SIZE"].rstrip("u"))
    assert report["arena_bytes"] == int(found["NET_ARENA_SIZE"].rstrip("u"))
    assert report["peak_operator"] in {operator["name"] for operator in report["operators"]}


def test_the_memory_map_lists_every_buffer(tmp_path: Path) -> None:
    compiled = compiled_net(classifier(), tmp_path)
    banner = compiled.files["net.c"].split("*/")[0]
    rows = re.findall(r"^ \* +(\d+) +(\d+) +\S+  (.+)$", banner, re.MULTILINE)
    memory = compiled.plan.memory
    assert len(rows) == len(memory.placements)
    assert max(int(offset) + int(size) for offset, size, _ in rows) == memory.arena_size
    for operator in compiled.graph.operators:
        assert any(operator.outputs[0] in names.split(", ") for _, _, names in rows)


def test_rows_have_their_own_macros(tmp_path: Path) -> None:
    header = compiled_net(classifier(), tmp_path, schedule=ROWS, inputs=("image",)).files["net.h"]
    found = macros(header)
    assert (found["NET_IMAGE_ROWS"], found["NET_IMAGE_ROW_SIZE"]) == ("12u", "30u")
    assert "net_push_row(net_t *model, const int8_t row[NET_IMAGE_ROW_SIZE]);" in header


# -- hostile or odd contents ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ['a*/ int b; /*c"d\\', "é\n#error x", "/*/", "**//", "wh???/"])
def test_names_cannot_leave_their_comments(name: str, tmp_path: Path) -> None:
    compiled = compiled_net(classifier(), tmp_path)
    graph = compiled.graph
    renamed = [dataclasses.replace(graph.operators[0], name=name), *graph.operators[1:]]
    last = renamed[-1].outputs[0]
    tensor = dataclasses.replace(graph.tensor(last), name=name)
    renamed[-1] = dataclasses.replace(renamed[-1], outputs=(name,))
    changed = graph.replace(operators=renamed, tensors=[tensor], outputs=(name,))
    provenance = Provenance(name, "0" * 64, "0.0.0")
    files = generate(make_plan(changed), compiled.naming, provenance)
    for compiler in ("gcc", "clang"):
        compile_check(files, "net", resolve_target("host"), compiler)
    assert json.loads(files["net.json"])["operators"][0]["name"] == name
    assert files["net.c"].isascii()


def test_arrays_hold_their_values(tmp_path: Path) -> None:
    int32 = np.array([-(1 << 31), (1 << 31) - 1, 0, -1, 1 << 30], np.int32)
    floats = np.array([1e-38, 3.4e38, 0.1, -2.0, 16777216.0, 1 / 3], np.float32)
    arrays = {
        "bytes": CArray("a", "int8_t", np.arange(-128, 128).astype(np.int8)),
        "words": CArray("b", "int32_t", int32),
        "unsigned_words": CArray("c", "uint32_t", int32.view(np.uint32)),
        "halves": CArray("d", "uint16_t", np.array([0, 65535], np.uint16)),
        "reals": CArray("e", "float", floats),
        "planes": CArray("f", "int16_t", np.arange(-12, 12, dtype=np.int16).reshape(2, 3, 4)),
    }
    text = "#include <stdint.h>\n#include <stdio.h>\n"
    text += "".join(array_definition(name, array) for name, array in arrays.items())
    prints = "".join(
        f"for (unsigned i = 0; i < sizeof {name}; i++) "
        f'printf("%02x", ((const unsigned char *){name})[i]);\nputchar(10);\n'
        for name in arrays
    )
    printed = run_program(tmp_path, {}, f"{text}int main(void) {{\n{prints}return 0;\n}}\n")
    assert printed.split() == [array.values.tobytes().hex() for array in arrays.values()]
    assert all(len(line) <= 100 for line in text.splitlines())


# -- the functions --------------------------------------------------------------------------------

PRINT = """
#include <stdio.h>
#define SHOW(call) printf("%d ", (int)(call))
"""


def test_errors_have_names_and_touch_nothing(tmp_path: Path) -> None:
    compiled = compiled_net(classifier(), tmp_path)
    main = f"""#include "net.h"
{PRINT}
static THUMBNET_ARENA(arena, NET_ARENA_SIZE + 8);
static int8_t input[NET_INPUT_SIZE], output[NET_OUTPUT_SIZE];
int main(void)
{{
    net_t model = {{0}};
    SHOW(net_run(&model, input, output) == THUMBNET_ERROR_NOT_INITIALIZED);
    SHOW(net_init(NULL, arena, NET_ARENA_SIZE) == THUMBNET_ERROR_NULL);
    SHOW(net_init(&model, NULL, NET_ARENA_SIZE) == THUMBNET_ERROR_NULL);
    SHOW(net_init(&model, arena, NET_ARENA_SIZE - 1) == THUMBNET_ERROR_ARENA_SIZE);
    SHOW(net_init(&model, arena + 1, NET_ARENA_SIZE) == THUMBNET_ERROR_ARENA_ALIGNMENT);
    SHOW(net_init(&model, arena + 4, NET_ARENA_SIZE) == THUMBNET_ERROR_ARENA_ALIGNMENT);
    SHOW(net_run(&model, input, output) == THUMBNET_ERROR_NOT_INITIALIZED);
    for (unsigned i = 0; i < sizeof arena; i++) SHOW(arena[i] == 0);
    SHOW(net_init(&model, arena, NET_ARENA_SIZE) == THUMBNET_OK);
    SHOW(net_run(NULL, input, output) == THUMBNET_ERROR_NULL);
    SHOW(net_run(&model, NULL, output) == THUMBNET_ERROR_NULL);
    SHOW(net_run(&model, input, NULL) == THUMBNET_ERROR_NULL);
    SHOW(output[0] == 0 && output[1] == 0 && output[2] == 0 && output[3] == 0);
    SHOW(net_input(&model) >= (int8_t *)arena);
    SHOW(net_run(&model, net_input(&model), output) == THUMBNET_OK);
    SHOW(output[0] != 0);
    return 0;
}}
"""
    printed = run_program(tmp_path, compiled.files, main)
    assert set(printed.split()) == {"1"}


def test_pushed_rows_must_come_in_order(tmp_path: Path) -> None:
    compiled = compiled_net(classifier(), tmp_path, schedule=ROWS)
    sample = inputs.smooth((1, 12, 10, 3))
    expected = litert_outputs(classifier(), compiled, [[sample]])[0][0]
    main = f"""#include "net.h"
{PRINT}
static THUMBNET_ARENA(arena, NET_ARENA_SIZE);
static const int8_t input[NET_INPUT_SIZE] = {{{literal(sample)}}};
static int8_t output[NET_OUTPUT_SIZE], row[NET_INPUT_ROW_SIZE];
int main(void)
{{
    net_t model = {{0}};
    SHOW(net_begin(&model) == THUMBNET_ERROR_NOT_INITIALIZED);
    SHOW(net_push_row(&model, input) == THUMBNET_ERROR_NOT_INITIALIZED);
    SHOW(net_finish(&model, output) == THUMBNET_ERROR_NOT_INITIALIZED);
    SHOW(net_init(&model, arena, sizeof arena) == THUMBNET_OK);
    SHOW(net_push_row(&model, input) == THUMBNET_ERROR_ROWS);
    SHOW(net_finish(&model, output) == THUMBNET_ERROR_ROWS);
    SHOW(net_begin(NULL) == THUMBNET_ERROR_NULL);
    SHOW(net_begin(&model) == THUMBNET_OK);
    for (unsigned y = 0; y < NET_INPUT_ROWS; y++) {{
        SHOW(net_finish(&model, output) == THUMBNET_ERROR_ROWS);
        SHOW(net_push_row(&model, NULL) == THUMBNET_ERROR_NULL);
        /* One buffer that is overwritten as soon as a row has been taken. */
        for (unsigned i = 0; i < NET_INPUT_ROW_SIZE; i++) row[i] = input[y * sizeof row + i];
        SHOW(net_push_row(&model, row) == THUMBNET_OK);
        for (unsigned i = 0; i < NET_INPUT_ROW_SIZE; i++) row[i] = 99;
    }}
    SHOW(net_push_row(&model, row) == THUMBNET_ERROR_ROWS);
    SHOW(net_finish(&model, NULL) == THUMBNET_ERROR_NULL);
    SHOW(net_finish(&model, output) == THUMBNET_OK);
    SHOW(net_push_row(&model, row) == THUMBNET_ERROR_ROWS);
    SHOW(net_finish(&model, output) == THUMBNET_ERROR_ROWS);
    /* An inference that is given up leaves nothing behind for the next. */
    SHOW(net_begin(&model) == THUMBNET_OK && net_push_row(&model, row) == THUMBNET_OK);
    static int8_t again[NET_OUTPUT_SIZE];
    SHOW(net_run(&model, input, again) == THUMBNET_OK);
    for (unsigned i = 0; i < NET_OUTPUT_SIZE; i++) SHOW(again[i] == output[i]);
    for (unsigned i = 0; i < NET_OUTPUT_SIZE; i++) printf("v%d ", output[i]);
    return 0;
}}
"""
    words = run_program(tmp_path, compiled.files, main).split()
    assert {word for word in words if word[0] != "v"} == {"1"}
    assert [int(word[1:]) for word in words if word[0] == "v"] == expected.tolist()


def test_two_models_share_an_arena_in_a_c_plus_plus_program(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    models = {"one": classifier(), "two": classifier(softmax=False)}
    compiled = {
        name: compiled_net(model, tmp_path / name, name, schedule=schedule)
        for (name, model), schedule in zip(models.items(), ({}, {"objective": "ram"}), strict=True)
    }
    sample = inputs.noise((1, 12, 10, 3))
    expected = [litert_outputs(models[n], compiled[n], [[sample]])[0][0].tolist() for n in models]
    main = f"""#include "one.h"
#include "two.h"
#include <cstdio>
#define LARGER (ONE_ARENA_SIZE > TWO_ARENA_SIZE ? ONE_ARENA_SIZE : TWO_ARENA_SIZE)
static THUMBNET_ARENA(arena, LARGER);
static const int8_t input[] = {{{literal(sample)}}};
int main()
{{
    one_t one;
    two_t two;
    int8_t a[ONE_OUTPUT_SIZE], b[TWO_OUTPUT_SIZE];
    int bad = one_init(&one, arena, sizeof arena) | two_init(&two, arena, sizeof arena);
    for (int turn = 0; turn < 2; turn++) {{
        bad |= one_run(&one, input, a) | two_run(&two, input, b);
        for (int8_t value : a) std::printf("%d ", value);
        for (int8_t value : b) std::printf("%d ", value);
    }}
    return bad;
}}
"""
    files = {**compiled["one"].files, **compiled["two"].files}
    printed = [int(word) for word in run_program(tmp_path, files, main, "g++").split()]
    assert printed == 2 * (expected[0] + expected[1])


def test_the_readme_s_examples_compile(tmp_path: Path) -> None:
    blocks = re.findall(r"^```c\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.M | re.S)
    assert len(blocks) >= 2
    labels = ("no_person", "person", "cat", "dog")
    names: dict[str, Any] = {"inputs": ("image",), "outputs": ("scores",), "labels": labels}
    compiled = compiled_net(classifier(), tmp_path, "person_detect", schedule=ROWS, **names)
    declarations, statements = blocks[0].split("\n\n", 1)
    main = f"""{declarations}
static int8_t image[PERSON_DETECT_IMAGE_SIZE], scores[PERSON_DETECT_SCORES_SIZE];
static const int8_t *camera_line(int y) {{ return image + y * (int)PERSON_DETECT_IMAGE_ROW_SIZE; }}
#include <stdio.h>
int main(void)
{{
{statements}
    printf("%d\\n", scores[PERSON_DETECT_PERSON]);
    scores[PERSON_DETECT_PERSON] = 0;
{"".join(blocks[1:])}
    printf("%d\\n", scores[PERSON_DETECT_PERSON]);
    return 0;
}}
"""
    # The README's loops compare with int.
    main = '#pragma GCC diagnostic ignored "-Wsign-compare"\n' + main
    printed = run_program(tmp_path, compiled.files, main).split()
    assert len(printed) == 2
    assert printed[0] == printed[1] != "0"


# -- borders of graphs ----------------------------------------------------------------------------


def _twice(net: Net) -> list[Value]:
    made = net.conv(net.image())
    return [made, made]


def _in_between(net: Net) -> list[Value]:
    made = net.conv(net.image())
    flat = net.reshape(made, (60,))
    return [made, flat, net.relu(made, scale=0.2), net.dense(flat)]


def _passed_through(net: Net) -> list[Value]:
    x = net.image()
    return [net.conv(x), x]


def _ignored(net: Net) -> list[Value]:
    x, _ = net.image(), net.image(1, 2, 3, 4)
    return [net.conv(x)]


def _unsigned(net: Net) -> list[Value]:
    made = net.conv(net.quantize(net.image(dtype="uint8"), scale=0.05, zero_point=-3))
    return [net.quantize(made, "uint8", scale=0.05, zero_point=125)]


BORDERS: dict[str, Callable[[Net], list[Value]]] = {
    "only a reshape": lambda net: [net.reshape(net.image(), (60,))],
    "a tensor twice": _twice,
    "tensors in between": _in_between,
    "an input that is an output": _passed_through,
    "an input that nothing reads": _ignored,
    "unsigned bytes": _unsigned,
}


@pytest.mark.parametrize("source", ["arena", "buffer"])
@pytest.mark.parametrize("what", BORDERS)
def test_borders(what: str, source: str, tmp_path: Path) -> None:
    net = Net()
    model = net.finish(BORDERS[what](net))
    compiled = compiled_net(model, tmp_path, schedule={"input": source})
    samples = [shaped_for(compiled.graph, sample) for sample in suite(compiled.reference_graph)]
    expected = [
        [
            output.reshape(-1)
            for output in litert.run(model, shaped_for(compiled.reference_graph, s))
        ]
        for s in samples
    ]
    compile_check(compiled.files, "net", resolve_target("host"))
    measured = run_on(compiled, "host", samples, sanitize=True, optimization="-O0")
    assert not mismatches(measured, expected)
    assert measured.arena_touched == measured.arena_size


# -- float borders --------------------------------------------------------------------------------


def float_network() -> bytes:
    """Float borders around operators on which all of TFLite's resolvers agree."""
    net = Net()
    x = net.quantize(net.input((1, 6, 5, 2), "float32"), scale=0.02, zero_point=-5)
    pooled = net.max_pool_2d(x, 2)
    y = net.add(pooled, pooled, scale=0.03, zero_point=4)
    # Results below the zero point, whose ties resolvers round differently, are clamped.
    z = net.conv(y, 3, activation="relu", zero_point=-128)
    return net.finish([net.dequantize(z), net.dequantize(y)])


def float_samples(scale: float, zero_point: int) -> list[AnyArray]:
    """Noise beyond the quantized range, and every tie between two steps and its neighbours."""
    rng = np.random.default_rng(3)
    ties = (np.arange(-128, 127) - zero_point + 0.5) * scale
    near = np.concatenate([np.nextafter(ties.astype(np.float32), np.float32(d)) for d in (-9, 9)])
    values = np.concatenate([ties.astype(np.float32), near, rng.normal(0, 3, 195)])
    return list(values.astype(np.float32)[:960].reshape(-1, 1, 6, 5, 2))


def test_float_borders_are_converted_on_the_device(tmp_path: Path) -> None:
    model = float_network()
    compiled = compiled_net(model, tmp_path, io="float")
    assert {op.kind for op in compiled.graph.operators} >= {"quantize", "dequantize"}
    assert "const float input[NET_INPUT_SIZE]" in compiled.files["net.h"]
    assert "NET_INPUT_SCALE" not in compiled.files["net.h"]
    samples = [[sample] for sample in float_samples(float(np.float32(0.02)), -5)]
    assert len(samples) == 16
    reference = litert.LiteRT(model, litert.REFERENCE)
    expected = [[output.reshape(-1) for output in reference.run(sample)] for sample in samples]
    measured = run_on(compiled, "host", samples, sanitize=True)
    assert not mismatches(measured, expected)
    assert not mismatches(run_on(compiled, "cortex-m0plus", samples[:2]), expected[:2])


def test_quantized_borders_leave_the_conversion_to_the_caller(tmp_path: Path) -> None:
    model = float_network()
    compiled = compiled_net(model, tmp_path)
    header = compiled.files["net.h"]
    assert not {op.kind for op in compiled.graph.operators} & {"quantize", "dequantize"}
    assert "const int8_t input[NET_INPUT_SIZE]" in header
    # With the scale and zero point that the header states, as a caller would.
    found = macros(header)
    border = {
        name: (
            np.float32(found[f"NET_{name}_SCALE"].rstrip("f")),
            np.float32(found[f"NET_{name}_ZERO_POINT"].strip("()")),
        )
        for name in ("INPUT", "OUTPUT_0", "OUTPUT_1")
    }
    samples = inputs.suite((1, 6, 5, 2))
    reals = [border["INPUT"][0] * (s.astype(np.float32) - border["INPUT"][1]) for s in samples]
    reference = litert.LiteRT(model, litert.REFERENCE)
    measured = run_on(compiled, "host", [[sample] for sample in samples], sanitize=True)
    for real, outputs in zip(reals, measured.outputs, strict=True):
        for index, (wanted, output) in enumerate(zip(reference.run([real]), outputs, strict=True)):
            scale, zero_point = border[f"OUTPUT_{index}"]
            assert np.array_equal(
                scale * (output.astype(np.float32) - zero_point), wanted.reshape(-1)
            )
