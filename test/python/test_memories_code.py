"""Generated code for a fast and a slow memory: exact, within both arenas, and as hot as it says."""

from __future__ import annotations

import dataclasses
import random
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from support.compiled import AnyArray, compile_file, litert_outputs, mismatches, run_on
from support.random_plans import random_split_plan
from support.schedules import check_exact, planned
from support.shared import model_path, needs_shared, suite
from support.small_networks import suite as small_suite
from support.stream_networks import stream_network
from thumbnet.emulator.measure import WARNINGS, compile_check
from thumbnet.emulator.toolchain import Family, Toolchain
from thumbnet.errors import ThumbnetError
from thumbnet.passes import run_passes
from thumbnet.pipeline import Compiled, import_model
from thumbnet.plan import Memories
from thumbnet.schedule.pushed import why_not_pushed
from thumbnet.schedule.replay_stream import replay_plan
from thumbnet.schedule.scheduler import Scheduler
from thumbnet.schedule.search_cuts import Cut
from thumbnet.schedule.two_memories import place_stages
from thumbnet.target import resolve_target

from thumbnet import manifest

SOURCE = Path(__file__).resolve().parents[2] / "src"
NETWORK = Path(__file__).resolve().parents[1] / "golden" / "residual.tflite"


@pytest.mark.parametrize("seed", range(6))
def test_random_networks_are_exact_in_two_memories(seed: int, tmp_path: Path) -> None:
    """Random stages and sizes, from run() and pushed rows; each arena a block of its very size."""
    path = tmp_path / "net.tflite"
    path.write_bytes(stream_network(seed))
    graph = run_passes(import_model(manifest.implicit(path)))
    base = compile_file(path)
    models = []
    for number, source in enumerate(("arena", "buffer", "rows")):
        if source == "rows" and why_not_pushed(graph) is not None:
            continue
        plan = random_split_plan(graph, source, random.Random(seed))
        models.append(planned(base, plan, f"split_{number}"))
    check_exact(path, models, small_suite(base.reference_graph), tmp_path)


def layer_by_layer(path: Path, memories: Memories) -> Compiled:
    """The model as whole layers in two memories."""
    base = compile_file(path)
    cuts = [Cut(i, i + 1, None, 0, 0) for i in range(len(base.graph.operators))]
    plan = place_stages(Scheduler(base.graph, "arena").maker, cuts, memories)
    assert plan is not None
    return planned(base, plan, base.naming.name)


def samples_for(name: str, compiled: Compiled) -> list[list[AnyArray]]:
    """Real and extreme inputs."""
    graph = compiled.reference_graph
    return [[array] for array in suite(name, graph.tensor(graph.inputs[0]).shape, 4)]


@needs_shared
@pytest.mark.parametrize("target", ["host", "cortex-m4"])
@pytest.mark.parametrize("kind", ["streams", "rows", "layers"])
def test_real_models_are_exact_in_two_memories(kind: str, target: str) -> None:
    """LiteRT's outputs, all painted bytes of both arenas and none around them touched; replayed."""
    name = "mlperf-vww96" if kind == "layers" else "mcunet-vww1"
    path = model_path(name)
    if kind == "layers":
        memories = Memories(32 << 10, 64 << 10)
        compiled = layer_by_layer(path, memories)
    else:
        memories = Memories(16 << 10 if kind == "streams" else 8 << 10, 96 << 10)
        how = {"ram": {"fast": memories.fast, "slow": memories.slow}}
        how |= {"input": "rows"} if kind == "rows" else {}
        compiled = compile_file(path, target, schedule=how)
    plan = compiled.plan
    slow = plan.memory.slow
    assert slow is not None
    streamed = any(stage.kind == "stream" for stage in plan.stages)
    assert streamed == (kind != "layers") and plan.pushed == (kind == "rows")
    replay_plan(plan)
    samples = samples_for(name, compiled)
    measured = run_on(compiled, target, samples, sanitize=target == "host")
    assert mismatches(measured, litert_outputs(path.read_bytes(), compiled, samples)) == []
    assert measured.slow_size == slow.size <= memories.slow
    assert measured.arena_size - slow.size == plan.memory.arena_size <= memories.fast
    assert slow.size > 0
    assert slow.accesses == slow.least < slow.all_accesses / 4, "proven best for its stages"
    assert measured.slow_touched == slow.size
    assert measured.arena_touched == measured.arena_size


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("arena[THUMBNET_SLOW][NET_SLOW_ARENA_SIZE] = 0;", "wrote past the end of slow arena"),
        ("arena[THUMBNET_SLOW][-1] = 0;", "wrote (past the end of fast|before the start of slow)"),
        ("arena[THUMBNET_FAST][NET_ARENA_SIZE] = 0;", "wrote past the end of fast arena"),
        ("arena[THUMBNET_FAST][-1] = 0;", "wrote before the start of fast arena"),
    ],
)
@pytest.mark.parametrize("target", ["host", "cortex-m4"])
def test_a_step_outside_either_arena_is_noticed(target: str, statement: str, said: str) -> None:
    """The harness watches both."""
    compiled = split_network(0.5)
    broken = f"    {statement}\n    return THUMBNET_OK;"
    before, _, after = compiled.files["net.c"].rpartition("    return THUMBNET_OK;")
    files = {**compiled.files, "net.c": before + broken + after}
    graph = compiled.reference_graph
    sample = [np.zeros(graph.tensor(name).shape, np.int8) for name in graph.inputs]
    with pytest.raises(ThumbnetError, match=said):
        run_on(dataclasses.replace(compiled, files=files), target, [sample])


COUNTER = """\
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "net.h"

static uint8_t *slow;
static unsigned long long bytes;

static void count(uintptr_t at, size_t size)
{
    if (at >= (uintptr_t)slow && at < (uintptr_t)slow + NET_SLOW_ARENA_SIZE) {
        bytes += size;
    }
}

#define COUNT(n) \\
    void __asan_load##n##_noabort(uintptr_t at); \\
    void __asan_store##n##_noabort(uintptr_t at); \\
    void __asan_load##n##_noabort(uintptr_t at) { count(at, n); } \\
    void __asan_store##n##_noabort(uintptr_t at) { count(at, n); }
COUNT(1)
COUNT(2)
COUNT(4)
COUNT(8)
COUNT(16)
void __asan_loadN_noabort(uintptr_t at, size_t n);
void __asan_storeN_noabort(uintptr_t at, size_t n);
void __asan_handle_no_return(void);
void __asan_loadN_noabort(uintptr_t at, size_t n) { count(at, n); }
void __asan_storeN_noabort(uintptr_t at, size_t n) { count(at, n); }
void __asan_handle_no_return(void) { }

int main(void)
{
    void *fast = malloc(NET_ARENA_SIZE);
    slow = malloc(NET_SLOW_ARENA_SIZE);
    int8_t *in = calloc(1, NET_INPUT_SIZE);
    int8_t *out = calloc(1, NET_OUTPUT_SIZE);
    net_t net;
    int status = net_init(&net, fast, NET_ARENA_SIZE, slow, NET_SLOW_ARENA_SIZE);
    status |= net_run(&net, in, out);
    printf("%llu\\n", bytes);
    return status;
}
"""
"""Counts what the compiled kernels load and store: gcc calls these functions for every access."""


@needs_shared
@pytest.mark.parametrize(
    ("name", "fast", "slow"), [("mcunet-vww1", 16, 96), ("mlperf-vww96", 4, 64)]
)
def test_kernels_load_what_accesses_say(name: str, fast: int, slow: int, tmp_path: Path) -> None:
    """Bytes really read and written in the slow arena are within 5 % of the plan's figure.

    The copy of the model's input is not the kernels', but the plan's.
    """
    how = {"ram": {"fast": fast << 10, "slow": slow << 10}}
    compiled = compile_file(model_path(name), name="net", schedule=how)
    for file, text in compiled.files.items():
        (tmp_path / file).write_text(text)
    (tmp_path / "main.c").write_text(COUNTER)
    flags = ["-fsanitize=kernel-address", "--param", "asan-instrumentation-with-call-threshold=0"]
    flags += ["--param", "asan-globals=0", "--param", "asan-stack=0"]
    for source, extra in (("net", flags), ("main", [])):
        command = ["gcc", "-O2", f"-I{SOURCE}", *extra, "-c", f"{source}.c"]
        subprocess.run(command, cwd=tmp_path, check=True)
    subprocess.run(["gcc", "net.o", "main.o", "-o", "counted"], cwd=tmp_path, check=True)
    ran = subprocess.run(
        [str(tmp_path / "counted")], capture_output=True, text=True, check=True
    ).stdout
    memory = compiled.plan.memory
    assert memory.slow is not None and memory.slow.accesses > 100_000
    borders = (*compiled.graph.inputs, *compiled.graph.outputs)
    copied = sum(compiled.graph.tensor(tensor).size for tensor in borders if memory.is_slow(tensor))
    assert int(ran) + copied == pytest.approx(memory.slow.accesses, rel=0.05)


API = """\
#include <stdio.h>
#include "net.h"

static THUMBNET_ARENA(fast, NET_ARENA_SIZE + 8);
static THUMBNET_ARENA(slow, NET_SLOW_ARENA_SIZE + 8);

int main(void)
{
    const size_t a = NET_ARENA_SIZE;
    const size_t b = NET_SLOW_ARENA_SIZE;
    net_t net;
    static int8_t in[NET_INPUT_SIZE];
    static int8_t out[NET_OUTPUT_SIZE];
    net.tag = 0;
    printf("%d ", net_run(&net, in, out) == THUMBNET_ERROR_NOT_INITIALIZED);
    printf("%d ", net_init(NULL, fast, a, slow, b) == THUMBNET_ERROR_NULL);
    printf("%d ", net_init(&net, NULL, a, slow, b) == THUMBNET_ERROR_NULL);
    printf("%d ", net_init(&net, fast, a, NULL, b) == THUMBNET_ERROR_NULL);
    printf("%d ", net_init(&net, fast, a - 1, slow, b) == THUMBNET_ERROR_ARENA_SIZE);
    printf("%d ", net_init(&net, fast, a, slow, b - 1) == THUMBNET_ERROR_ARENA_SIZE);
    printf("%d ", net_init(&net, fast + 1, a, slow, b) == THUMBNET_ERROR_ARENA_ALIGNMENT);
    printf("%d ", net_init(&net, fast, a, slow + 4, b) == THUMBNET_ERROR_ARENA_ALIGNMENT);
    printf("%d ", net_run(&net, in, out) == THUMBNET_ERROR_NOT_INITIALIZED);
    printf("%d ", net_init(&net, fast, a, slow, b) == THUMBNET_OK);
    printf("%d\\n", net_run(&net, in, out) == THUMBNET_OK);
    return 0;
}
"""


EMPTY = """\
#include <stdio.h>
#include "net.h"

static THUMBNET_ARENA(fast, NET_ARENA_SIZE + 8);

int main(void)
{
    net_t net;
    static int8_t in[NET_INPUT_SIZE];
    static int8_t out[NET_OUTPUT_SIZE];
    printf("%d ", net_init(&net, NULL, NET_ARENA_SIZE, NULL, 0) == THUMBNET_ERROR_NULL);
    printf("%d ", net_init(&net, fast, NET_ARENA_SIZE - 1, NULL, 0) == THUMBNET_ERROR_ARENA_SIZE);
    printf("%d ", net_init(&net, fast, NET_ARENA_SIZE, NULL, 0) == THUMBNET_OK);
    printf("%d\\n", net_run(&net, in, out) == THUMBNET_OK);
    return 0;
}
"""


def split_network(fraction: float) -> Compiled:
    """A small network of one input and output with that part of its arena in fast memory."""
    size = compile_file(NETWORK).plan.memory.arena_size
    how = {"ram": {"fast": int(size * fraction), "slow": size}}
    return compile_file(NETWORK, name="net", schedule=how)


def run_program(compiled: Compiled, text: str, folder: Path) -> str:
    """The output of a C program that uses the model."""
    for file, content in {**compiled.files, "main.c": text}.items():
        (folder / file).write_text(content)
    toolchain = Toolchain(resolve_target("host"), "api", "-O1")
    flags = ("-std=c99", *WARNINGS)
    objects = [
        toolchain.compile(folder / f"{n}.c", folder / f"{n}.o", *flags) for n in ("net", "main")
    ]
    program = toolchain.link_program(objects, folder / "program", 0)
    return subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout


def test_init_refuses_what_is_wrong_with_either_arena(tmp_path: Path) -> None:
    compiled = split_network(0.5)
    slow = compiled.plan.memory.slow
    assert slow is not None and slow.size > 0
    assert run_program(compiled, API, tmp_path).split() == ["1"] * 11


def test_an_empty_slow_arena_may_be_absent(tmp_path: Path) -> None:
    """Where all fits the fast memory."""
    compiled = split_network(1.0)
    slow = compiled.plan.memory.slow
    assert slow is not None and slow.size == slow.accesses == 0
    assert "#define NET_SLOW_ARENA_SIZE 0u" in compiled.files["net.h"]
    assert run_program(compiled, EMPTY, tmp_path).split() == ["1"] * 4


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("fraction", [0.5, 1.0])
def test_it_compiles_clean(compiler: Family, fraction: float) -> None:
    """As C99, and its header in C++, with an empty slow arena, too."""
    compiled = split_network(fraction)
    compile_check(compiled.files, "net", resolve_target("host"), compiler, arenas=2)


def test_one_memory_has_one_arena() -> None:
    """Nothing of two memories is in the files of a model that has one, and its functions stay."""
    for how in ({}, {"objective": "ram"}, {"objective": "ram", "input": "rows"}):
        files = compile_file(NETWORK, name="net", schedule=how).files
        assert not re.search("slow|fast|two_memories", "".join(files.values()), re.IGNORECASE)
        assert ONE_INIT in files["net.c"]
        assert ONE_TYPE in files["net.h"]
        assert "int net_init(net_t *model, void *arena, size_t arena_size);" in files["net.h"]
        calls = re.findall(r"thumbnet_(?:run|begin)_stream\(.*", files["net.c"])
        assert bool(calls) == ("objective" in how)
        assert all(re.search(r", (model->)?arena[,)]", call) for call in calls)


ONE_TYPE = """\
typedef struct {
    uint8_t *arena;
    uint32_t tag;
"""

ONE_INIT = """\
int net_init(net_t *model, void *arena, size_t arena_size)
{
    if (model == NULL || arena == NULL) {
        return THUMBNET_ERROR_NULL;
    }
    if (arena_size < NET_ARENA_SIZE) {
        return THUMBNET_ERROR_ARENA_SIZE;
    }
    if ((uintptr_t)arena % THUMBNET_ARENA_ALIGNMENT != 0) {
        return THUMBNET_ERROR_ARENA_ALIGNMENT;
    }
    model->arena = (uint8_t *)arena;
    model->tag = 0x74686e31u;
"""
"""What firmware was written against."""
