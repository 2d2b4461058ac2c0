"""Runs many compiled models on the host in one program, under sanitizers.

Every buffer is a heap block of exactly its size, so that AddressSanitizer sees a step outside of
it; where rows are pushed, each row is a block of its own that is freed as soon as push_row returns.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from thumbnet.emulator.measure import SANITIZERS, WARNINGS
from thumbnet.emulator.toolchain import Toolchain
from thumbnet.pipeline import Compiled
from thumbnet.target import resolve_target

AnyArray = npt.NDArray[Any]

PRELUDE = """\
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *in_file, *out_file;

static void check(int status, const char *what)
{
    if (status != 0) {
        fprintf(stderr, "%s returned %d\\n", what, status);
        exit(1);
    }
}

static void *block(size_t size)
{
    void *bytes = malloc(size);
    memset(bytes, 0xA7, size);
    return bytes;
}

static void *read_block(size_t size)
{
    void *bytes = malloc(size);
    if (fread(bytes, 1, size, in_file) != size) {
        exit(2);
    }
    return bytes;
}

static void write_block(void *bytes, size_t size)
{
    fwrite(bytes, 1, size, out_file);
    free(bytes);
}
"""


def run_together(
    models: Sequence[Compiled], samples: Sequence[list[AnyArray]], folder: Path
) -> list[list[list[list[AnyArray]]]]:
    """Outputs [model][sample][way][output], flat; way 0 is run(), way 1 pushed rows if there are.

    ``models`` have different names and all take ``samples``. gcc's warnings are errors.
    """
    toolchain = Toolchain(resolve_target("host"), "batch", "-O0", SANITIZERS)
    objects = []
    texts = [PRELUDE]
    for compiled in models:
        for name, text in compiled.files.items():
            (folder / name).write_text(text)
        source = folder / f"{compiled.naming.name}.c"
        objects.append(toolchain.compile(source, source.with_suffix(".o"), "-std=c99", *WARNINGS))
        texts.append(_driver(compiled))
    calls = "".join(
        f"        for (int i = 0; i < {len(samples)}; i++) {{ {compiled.naming.name}_case(); }}\n"
        "        rewind(in_file);\n"
        for compiled in models
    )
    texts.append(
        "int main(int count, char **names)\n{\n"
        '    in_file = fopen(names[1], "rb");\n    out_file = fopen(names[2], "wb");\n'
        f"    if (count == 3) {{\n{calls}    }}\n    fclose(in_file);\n"
        "    return fclose(out_file);\n}\n"
    )
    (folder / "main.c").write_text("".join(texts))
    objects.append(toolchain.compile(folder / "main.c", folder / "main.o", "-std=c99"))
    program = toolchain.link_program(objects, folder / "program", 0)
    given, made = folder / "inputs.bin", folder / "outputs.bin"
    given.write_bytes(b"".join(array.tobytes() for sample in samples for array in sample))
    done = subprocess.run(
        [str(program), str(given), str(made)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return _read(models, len(samples), made.read_bytes())


def _driver(compiled: Compiled) -> str:
    """A function that takes one sample from the input file all the ways that there are."""
    naming, graph, plan = compiled.naming, compiled.graph, compiled.plan
    name = naming.name
    sizes = [graph.tensor(tensor).size for tensor in (*graph.inputs, *graph.outputs)]
    ins = [f"in_{i}" for i in range(len(graph.inputs))]
    outs = [f"out_{i}" for i in range(len(graph.outputs))]
    out_sizes = sizes[len(ins) :]
    lines = [f'#include "{name}.h"', f"static void {name}_case(void)", "{"]
    arenas = {"arena": f"{name.upper()}_ARENA_SIZE"}
    if plan.memory.slow is not None:
        arenas["slow"] = f"{name.upper()}_SLOW_ARENA_SIZE"
    lines += [f"    void *{arena} = block({size});" for arena, size in arenas.items()]
    lines.append(f"    {name}_t model;\n    memset(&model, 0x5B, sizeof model);")
    both = ", ".join(f"{arena}, {size}" for arena, size in arenas.items())
    lines.append(f'    check({name}_init(&model, {both}), "{name}_init");')
    made = [f"    void *{out} = block({n});" for out, n in zip(outs, out_sizes, strict=True)]
    kept = [f"    write_block({out}, {n});" for out, n in zip(outs, out_sizes, strict=True)]
    for i, given in enumerate(ins):
        lines.append(f"    void *{given} = read_block({sizes[i]});")
        lines.append(f"    void *{given}_copy = malloc({sizes[i]});")
        lines.append(f"    memcpy({given}_copy, {given}, {sizes[i]});")
    arguments = ", ".join(["&model", *ins, *outs])
    lines += [*made, f'    check({name}_run({arguments}), "{name}_run");', *kept]
    for i, given in enumerate(ins):
        lines.append(f'    check(memcmp({given}, {given}_copy, {sizes[i]}), "{name} input");')
    if plan.pushed:
        size = sizes[0] // plan.stages[0].lines[graph.inputs[0]].height
        macro = f"{name.upper()}_{naming.inputs[0].upper()}"
        lines += [
            *(f"    memset({arena}, 0x3C, {size});" for arena, size in arenas.items()),
            f'    check({name}_begin(&model), "{name}_begin");',
            f"    for (uint32_t y = 0; y < {macro}_ROWS; y++) {{",
            f"        void *row = malloc({size});",
            f"        memcpy(row, (char *)in_0 + y * {size}, {size});",
            f'        check({name}_push_row(&model, row), "{name}_push_row");',
            f"        memset(row, 0x77, {size});\n        free(row);\n    }}",
            *(line.replace("    void *", "    ") for line in made),
            f'    check({name}_finish({", ".join(["&model", *outs])}), "{name}_finish");',
            *kept,
        ]
    lines += [f"    free({given});\n    free({given}_copy);" for given in ins]
    return "\n".join([*lines, *(f"    free({arena});" for arena in arenas), "}", ""])


def _read(models: Sequence[Compiled], count: int, raw: bytes) -> list[list[list[list[AnyArray]]]]:
    results, at = [], 0
    for compiled in models:
        tensors = [compiled.graph.tensor(name) for name in compiled.graph.outputs]
        of_model: list[list[list[AnyArray]]] = []
        for _ in range(count):
            ways = []
            for _ in range(2 if compiled.plan.pushed else 1):
                outputs = []
                for tensor in tensors:
                    data = np.frombuffer(raw, tensor.dtype.numpy, tensor.elements, at)
                    outputs.append(data)
                    at += tensor.size
                ways.append(outputs)
            of_model.append(ways)
        results.append(of_model)
    assert at == len(raw)
    return results
