"""Generated files: what the header states, how its functions answer, and what compilers make of it.

Outputs of whole networks are in test_models.py and test_random_networks.py, odd and float borders
in test_model_borders.py, the README's promises in test_promises.py.
"""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML
from support import inputs
from support.compiled import litert_outputs
from support.every_operator import every_operator
from support.generated import compiled_net, literal, macros, run_program
from support.signals import with_front_end
from support.small_networks import Net, classifier
from thumbnet.codegen import Provenance, generate
from thumbnet.codegen.arrays import Definitions, array_value
from thumbnet.emulator import compile_check
from thumbnet.operators.base import CArray
from thumbnet.schedule.layers import make_plan
from thumbnet.target import resolve_target

ROOT = Path(__file__).resolve().parents[2]
ROWS = {"input": "rows", "objective": "ram"}


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


def test_scales_are_stated_to_the_last_bit(tmp_path: Path) -> None:
    scales = [1 / 3, 0.1, 1e-7, 12345.678, 1.0, 64.0, 2.0**-24, 0.1 + 2.0**-27, 3e-12]
    net = Net()
    values = [net.input((1, 3), "int8", scale, 5) for scale in scales]
    header = compiled_net(net.finish([net.relu(value) for value in values]), tmp_path).files[
        "net.h"
    ]
    found = macros(header)
    for index, scale in enumerate(scales):
        for border in ("INPUT", "OUTPUT"):
            text = found[f"NET_{border}_{index}_SCALE"]
            assert re.fullmatch(r"\d[\d.]*(\.|e-)\d+f", text)
            assert np.float32(text.rstrip("f")) == np.float32(scale)


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
    found = Definitions()
    assert [found.name(name, *array_value(array)) for name, array in arrays.items()] == [*arrays]
    text += found.text()
    prints = "".join(
        f"for (unsigned i = 0; i < sizeof {name}; i++) "
        f'printf("%02x", ((const unsigned char *){name})[i]);\nputchar(10);\n'
        for name in arrays
    )
    printed = run_program(tmp_path, {}, f"{text}int main(void) {{\n{prints}return 0;\n}}\n")
    assert printed.split() == [array.values.tobytes().hex() for array in arrays.values()]
    assert all(len(line) <= 100 for line in text.splitlines())


def test_equal_arrays_of_one_type_are_one() -> None:
    found = Definitions()
    values = np.array([1, -2, 3], np.int8)
    assert found.name("first", *array_value(CArray("a", "int8_t", values))) == "first"
    assert found.name("same", *array_value(CArray("b", "int8_t", values.copy()))) == "first"
    wider = CArray("c", "int16_t", values.astype(np.int16))
    assert found.name("wider", *array_value(wider)) == "wider"
    assert found.name("other", *array_value(CArray("d", "int8_t", values + 1))) == "other"
    assert found.text().count("static const") == 3


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
        for (name, model), schedule in zip(models.items(), ({}, ROWS), strict=True)
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


def readme_examples() -> list[str]:
    """The README's C code."""
    text = (ROOT / "README.md").read_text("utf-8")
    return re.findall(r"^```c\n(.*?)^```$", text, re.M | re.S)


def test_the_readme_s_front_end_compiles(tmp_path: Path) -> None:
    """The manifest's line as printed, and a second of sound in two pieces, run when it is full."""
    text = (ROOT / "README.md").read_text("utf-8")
    (line,) = re.findall(r"^```yaml\n(frontend: .*?)^```$", text, re.M | re.S)
    (block,) = [block for block in readme_examples() if "push_audio" in block]
    front_end = YAML(typ="safe").load(line)["frontend"]
    compiled = with_front_end(
        tmp_path, front_end, (1, 49, 10, 1), name="kws", inputs=("mfcc",), outputs=("scores",)
    )
    main = f"""#include <stdio.h>
#include <string.h>
#include "kws.h"
static THUMBNET_ARENA(arena, KWS_ARENA_SIZE);
static kws_t net;
static int16_t samples[8000];
int main(void)
{{
    int8_t scores[KWS_SCORES_SIZE], untouched[KWS_SCORES_SIZE];
    size_t count = 8000;
    memset(scores, 77, sizeof scores);
    memset(untouched, 77, sizeof untouched);
    for (int i = 0; i < 8000; i++) {{
        samples[i] = (int16_t)(i % 50 * 400 - 10000);
    }}
    kws_init(&net, arena, sizeof arena);
    for (int half = 0; half < 2; half++) {{
{block}
        printf("%d\\n", memcmp(scores, untouched, sizeof scores) != 0);
    }}
    return 0;
}}
"""
    assert run_program(tmp_path, compiled.files, main).split() == ["0", "1"]


def test_the_readme_s_two_memories_compile(tmp_path: Path) -> None:
    """The arenas and init as printed, with what they need around them."""
    (block,) = [block for block in readme_examples() if "SLOW" in block]
    *declarations, statement = block.strip().split("\n")
    names: dict[str, Any] = {"inputs": ("image",), "outputs": ("scores",)}
    sizes = {"ram": {"fast": 200, "slow": "64K"}}
    compiled = compiled_net(classifier(), tmp_path, "person_detect", schedule=sizes, **names)
    assert "PERSON_DETECT_SLOW_ARENA_SIZE 0u" not in compiled.files["person_detect.h"]
    main = "#include <person_detect.h>\n#include <stdio.h>\n" + "\n".join(declarations)
    main += f"""
int main(void)
{{
    person_detect_t net;
    printf("%d\\n", {statement.strip().split(";")[0]});
    return 0;
}}
"""
    assert run_program(tmp_path, compiled.files, main).split() == ["0"]


def test_the_readme_s_examples_compile(tmp_path: Path) -> None:
    blocks = [b for b in readme_examples() if "SLOW" not in b and "push_audio" not in b]
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
