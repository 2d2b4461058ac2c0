"""The measuring device itself, on hand-written models whose costs are known beforehand."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from thumbnet.emulator import (
    Border,
    HarnessOptions,
    Measurement,
    ModelIo,
    compile_check,
    measure,
)
from thumbnet.emulator.toolchain import Family, compiler_name
from thumbnet.errors import ThumbnetError
from thumbnet.target import resolve_target

CORES = (
    "cortex-m0plus",
    "cortex-m3",
    "cortex-m4",
    "cortex-m7",
    "cortex-m33",
    "cortex-m55",
    "rv32imc",
)
ARENA_SIZE = 96
X = Border("x", "int32_t", 3)
Y = Border("y", "int32_t", 2)
IO = ModelIo((X,), (Y,))
NO_INPUT = np.zeros(3, np.int32)

HEADER = """#ifndef TINY_H
#define TINY_H
#include <thumbnet.h>
#define TINY_ARENA_SIZE {arena}u
{sizes}
#ifdef __cplusplus
extern "C" {{
#endif
typedef struct {{ uint8_t *arena; }} tiny_t;
int tiny_init(tiny_t *model, void *arena, size_t arena_size);
{declarations}
int tiny_run(tiny_t *model, {parameters});
#ifdef __cplusplus
}}
#endif
#endif
"""

SOURCE = """#include "tiny.h"
#include <string.h>
{before}
int tiny_init(tiny_t *model, void *arena, size_t arena_size)
{{
    if (arena_size < TINY_ARENA_SIZE) {{
        return THUMBNET_ERROR_ARENA_SIZE;
    }}
    model->arena = (uint8_t *)arena;
    {init}
    return THUMBNET_OK;
}}
int tiny_run(tiny_t *model, {parameters})
{{
    uint8_t *const arena = model->arena;
    (void)arena;
    {run}
    return THUMBNET_OK;
}}
"""

ZERO_Y = "y[0] = 0; y[1] = x[0] - x[0];"

# x[0] rounds of two instructions, on every core.
LOOP = """
static THUMBNET_NOINLINE void spin(int32_t n)
{
#if defined(__arm__)
    __asm__ volatile(".syntax unified\\n.align 2\\n1: subs %0, %0, #1\\n bne 1b\\n"
                     : "+l"(n) : : "cc");
#elif defined(__riscv)
    __asm__ volatile("1: addi %0, %0, -1\\n bnez %0, 1b\\n" : "+r"(n));
#else
    (void)n;
#endif
}
"""

UNDEFINED = """
static void undefined(void)
{
#if defined(__arm__)
    __asm__ volatile(".inst.n 0xde00");
#elif defined(__riscv)
    __asm__ volatile(".word 0");
#endif
}
"""


def tiny(
    run: str,
    before: str = "",
    init: str = "",
    *,
    io: ModelIo = IO,
    arena: int = ARENA_SIZE,
    declarations: str = "",
) -> dict[str, str]:
    """Write a model called tiny whose ``run`` and ``init`` have these bodies."""
    borders = (*io.inputs, *io.outputs)
    sizes = "\n".join(f"#define TINY_{b.name.upper()}_SIZE {b.elements}u" for b in borders)
    parameters = [f"const {b.ctype} {b.name}[TINY_{b.name.upper()}_SIZE]" for b in io.inputs]
    parameters += [f"{b.ctype} {b.name}[TINY_{b.name.upper()}_SIZE]" for b in io.outputs]
    words = {"parameters": ", ".join(parameters)}
    return {
        "tiny.h": HEADER.format(arena=arena, sizes=sizes, declarations=declarations, **words),
        "tiny.c": SOURCE.format(before=before, init=init, run=run, **words),
    }


def needs(core: str) -> None:
    """Skip where the compiler or the emulator of a core is missing."""
    target = resolve_target(core)
    tools = [compiler_name(target)]
    if target.machine is not None:
        tools.append(target.machine.emulator)
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"NOT MEASURED on {core}: {' and '.join(missing)} not on PATH")


def measured(
    model: dict[str, str],
    core: str,
    inputs: Sequence[Sequence[npt.NDArray[np.generic]]] = ((NO_INPUT,),),
    *,
    io: ModelIo = IO,
    options: HarnessOptions | None = None,
    sanitize: bool = False,
    seconds: float = 30.0,
    stack_size: int = 4096,
) -> Measurement:
    """Measure a model called tiny, or skip."""
    needs(core)
    return measure(
        model,
        "tiny",
        resolve_target(core),
        inputs,
        io,
        options=options or HarnessOptions(),
        sanitize=sanitize,
        seconds=seconds,
        stack_size=stack_size,
    )


def rejected(model: dict[str, str], core: str = "host", **options: object) -> str:
    """Return the message with which measuring a model fails."""
    with pytest.raises(ThumbnetError) as caught:
        measured(model, core, **options)  # type: ignore[arg-type]
    return str(caught.value)


def words(*values: int) -> npt.NDArray[np.int32]:
    """Return an x."""
    return np.array(values, np.int32)


@pytest.mark.parametrize("core", ["host", "generic", *CORES])
def test_outputs_come_back_for_every_input(core: str) -> None:
    inputs = [(words(i, -7 * i, 1 << 20),) for i in range(5)]
    result = measured(tiny("y[0] = x[0] + x[1]; y[1] = x[2] - 1;"), core, inputs)
    assert [list(y) for (y,) in result.outputs] == [[-6 * i, (1 << 20) - 1] for i in range(5)]


@pytest.mark.parametrize("core", CORES)
def test_instructions_of_a_known_loop(core: str) -> None:
    model = tiny(f"spin(x[0]); {ZERO_Y}", LOOP)
    rounds = (1000, 1, 2, 12345, 1000, 40_000_001)
    result = measured(model, core, [(words(n, 0, 0),) for n in rounds])
    assert result.instructions_per_input is not None
    base = result.instructions_per_input[1]
    assert [n - base for n in result.instructions_per_input] == [2 * (n - 1) for n in rounds]
    # The call, the stores, the return: a handful besides the loop's own two.
    assert 2 < base <= 40
    assert result.instructions == base + 2 * 999


def test_native_runs_have_no_counts() -> None:
    result = measured(tiny(ZERO_Y), "host")
    assert (result.instructions, result.instructions_per_input) == (None, None)
    assert result.stack_bytes is None


@pytest.mark.parametrize("core", CORES)
def test_stack_of_a_known_array(core: str) -> None:
    def stack(size: int) -> int:
        deep = (
            f"static THUMBNET_NOINLINE int32_t deep(int32_t n)\n{{\n"
            f"    volatile uint8_t bytes[{size}];\n"
            f"    for (int32_t i = 0; i < {size}; i++) {{ bytes[i] = (uint8_t)(n + i); }}\n"
            f"    return bytes[n & 15];\n}}\n"
        )
        result = measured(tiny("y[0] = deep(x[0]); y[1] = 0;", deep), core)
        assert result.stack_bytes is not None
        return result.stack_bytes

    # A leaf with its few values in registers.
    assert measured(tiny(ZERO_Y), core).stack_bytes == 0
    # Beside the array there are saved registers, a little more of them with a far array.
    small, large = stack(64), stack(1600)
    assert 64 <= small <= 64 + 64
    assert 0 <= large - small - (1600 - 64) <= 16


@pytest.mark.parametrize("core", CORES)
def test_a_stack_overflow_is_an_error(core: str) -> None:
    deep = (
        "static THUMBNET_NOINLINE int32_t deep(int32_t n)\n{\n"
        "    volatile uint8_t bytes[256];\n"
        "    bytes[0] = (uint8_t)n;\n"
        "    return n == 0 ? 0 : deep(n - 1) + bytes[0];\n}\n"
    )
    model = tiny("y[0] = deep(x[0]); y[1] = 0;", deep)
    message = rejected(model, core, inputs=[(words(40, 0, 0),)])
    assert "the stack has grown past its limit" in message or "stack was used up" in message


@pytest.mark.parametrize("core", ["host", "cortex-m4"])
@pytest.mark.parametrize(
    ("init", "run", "touched"),
    [
        ("", "", 0),
        ("", "memset(arena + 10, 0x00, 33);", 33),
        # The values of the paints themselves.
        ("", "memset(arena, 0xA5, 5); memset(arena + 40, 0x5A, 7);", 12),
        ("memset(model->arena, 1, 8);", "memset(arena + 4, 2, 8);", 12),
        ("", "memset(arena, 0, TINY_ARENA_SIZE);", ARENA_SIZE),
    ],
)
def test_touched_arena_bytes(core: str, init: str, run: str, touched: int) -> None:
    result = measured(tiny(run + ZERO_Y, init=init), core)
    assert (result.arena_touched, result.arena_size) == (touched, ARENA_SIZE)


@pytest.mark.parametrize("core", ["host", "cortex-m4"])
@pytest.mark.parametrize(
    ("run", "message"),
    [
        ("arena[TINY_ARENA_SIZE] = 0;", "wrote past the end of arena; offset from its end: 0"),
        ("arena[TINY_ARENA_SIZE + 77u] = 0;", "past the end of arena; offset from its end: 77"),
        ("*(arena - 3) = 0;", "wrote before the start of arena; bytes before it: 3"),
        ("y[x[0] + 2] = 5;", "wrote past the end of y; offset from its end: 0"),
        ("*((int32_t *)(uintptr_t)x + 1) = 5;", "changed its input in inference 0"),
        ("return -4;", "tiny_run returned -4"),
    ],
)
def test_broken_promises_are_errors(core: str, run: str, message: str) -> None:
    assert message in rejected(tiny(f"{ZERO_Y} {run}"), core)


def test_a_broken_promise_of_a_later_inference_is_an_error() -> None:
    model = tiny(f"{ZERO_Y} if (x[0] == 3) {{ arena[TINY_ARENA_SIZE] = 0; }}")
    inputs = [(words(i, 0, 0),) for i in range(3)]
    measured(model, "host", inputs)
    assert "past the end of arena" in rejected(model, inputs=[*inputs, (words(3, 0, 0),)])
    failing = tiny(f"{ZERO_Y} if (x[0] == 2) {{ return -9; }}")
    assert "inference 2; tiny_run returned -9" in rejected(failing, inputs=inputs)


@pytest.mark.parametrize("core", ["host", "cortex-m4"])
def test_outputs_that_depend_on_old_memory_are_errors(core: str) -> None:
    assert "depend" in rejected(tiny("y[0] = x[0] + arena[5]; y[1] = 0;"), core)
    # An output that is never written.
    assert "depend" in rejected(tiny("y[0] = x[0];"), core)


@pytest.mark.parametrize("core", ["cortex-m4", "rv32imc"])
def test_a_count_that_depends_on_old_memory_is_an_error(core: str) -> None:
    model = tiny(f"spin(arena[5] == 0x5A ? 10 : 20); {ZERO_Y}", LOOP)
    assert "the same input took" in rejected(model, core)


def test_a_failing_init_is_an_error() -> None:
    assert "tiny_init returned -3" in rejected(tiny(ZERO_Y, init="return -3;"))


@pytest.mark.parametrize("core", ["host", "cortex-m4", "rv32imc"])
def test_a_run_that_hangs_is_ended(core: str) -> None:
    hang = "for (volatile int32_t i = 0; i < 1;) { (void)i; }"
    message = rejected(tiny(hang + ZERO_Y), core, seconds=2.0)
    assert "longer than 2 s" in message


@pytest.mark.parametrize("core", CORES)
def test_a_fault_is_reported(core: str) -> None:
    message = rejected(tiny(f"undefined(); {ZERO_Y}", UNDEFINED), core)
    assert "status 121" in message
    assert "fault" in message


@pytest.mark.parametrize("core", ["host", "cortex-m0plus", "cortex-m55", "rv32imc"])
def test_any_number_of_inputs_and_outputs_of_any_type(core: str) -> None:
    io = ModelIo(
        (
            Border("a", "float", 2),
            Border("b", "int16_t", 3),
            Border("c", "int8_t", 5),
            Border("d", "uint8_t", 1),
        ),
        (Border("e", "int32_t", 2), Border("f", "uint8_t", 3), Border("g", "float", 1)),
    )
    run = (
        "e[0] = b[0] + b[2]; e[1] = c[4] * d[0]; f[0] = d[0]; f[1] = 7; f[2] = 255;"
        "g[0] = a[0] * a[1];"
    )
    inputs = (
        np.array([1.5, -4.0], np.float32),
        np.array([-32768, 1, 2], np.int16),
        np.array([1, 2, 3, 4, -128], np.int8),
        np.array([250], np.uint8),
    )
    ((e, f, g),) = measured(tiny(run, io=io), core, [inputs], io=io).outputs
    assert (list(e), list(f), list(g)) == ([-32766, -32000], [250, 7, 255], [-6.0])
    assert [array.dtype for array in (e, f, g)] == [np.int32, np.uint8, np.float32]


@pytest.mark.parametrize("core", ["host", "cortex-m4"])
@pytest.mark.parametrize("misalignment", [0, 1, 7])
def test_byte_buffers_can_be_misaligned_and_others_are_not(core: str, misalignment: int) -> None:
    io = ModelIo(
        (Border("p", "int8_t", 3), Border("q", "int32_t", 1)),
        (Border("r", "int32_t", 3), Border("s", "uint8_t", 1)),
    )
    run = (
        "r[0] = (int32_t)((uintptr_t)p & 15u); r[1] = (int32_t)((uintptr_t)q & 15u);"
        "r[2] = (int32_t)((uintptr_t)arena & 15u); s[0] = (uint8_t)((uintptr_t)s & 15u);"
    )
    options = HarnessOptions(misalignment=misalignment)
    inputs = [(np.zeros(3, np.int8), np.zeros(1, np.int32))]
    ((r, s),) = measured(tiny(run, io=io), core, inputs, io=io, options=options).outputs
    assert (list(r), list(s)) == ([misalignment, 0, 0], [misalignment])


def test_a_word_read_from_a_misaligned_byte_buffer_is_found() -> None:
    io = ModelIo((Border("p", "int8_t", 8),), (Border("r", "int32_t", 1),))
    model = tiny("r[0] = *(const int32_t *)(const void *)p;", io=io)
    inputs = [(np.zeros(8, np.int8),)]
    measured(model, "cortex-m0plus", inputs, io=io)
    options = HarnessOptions(misalignment=1)
    assert "fault" in rejected(model, "cortex-m0plus", inputs=inputs, io=io, options=options)


@pytest.mark.parametrize("core", ["host", "cortex-m4"])
def test_inputs_can_be_placed_in_the_arena(core: str) -> None:
    accessor = "int32_t *tiny_x(tiny_t *model);"
    place = "int32_t *tiny_x(tiny_t *model)\n{ return (int32_t *)(void *)(model->arena + 16); }\n"
    run = "y[0] = x[0] + x[2]; y[1] = (int32_t)((const uint8_t *)x - arena);"
    model = tiny(run, place, declarations=accessor)
    options = HarnessOptions(input_in_arena=True)
    result = measured(model, core, [(words(i, 5, 6),) for i in range(3)], options=options)
    assert [list(y) for (y,) in result.outputs] == [[6, 16], [7, 16], [8, 16]]
    assert result.arena_touched == X.size


def test_state_in_the_arena_needs_to_be_announced() -> None:
    model = tiny(
        "arena[0] = (uint8_t)(arena[0] + x[0]); y[0] = arena[0]; y[1] = 0;",
        init="model->arena[0] = 100;",
    )
    inputs = [(words(i, 0, 0),) for i in (1, 2, 3)]
    assert "depend" in rejected(model, inputs=inputs)
    options = HarnessOptions(arena_is_shareable=False)
    result = measured(model, "host", inputs, options=options)
    assert [y[0] for (y,) in result.outputs] == [101, 103, 106]


WEIGHTS = """
static const int8_t conv_2d_0_weights[400] = {1, 2, 3};
static const int32_t conv_2d_0_bias[10] = {1, 2, 3};
static const int16_t other[%d] = {1, 2, 3};
struct descriptor { const int8_t *weights; const int32_t *bias; };
static const struct descriptor conv_2d_0_constants = {conv_2d_0_weights, conv_2d_0_bias};
"""
USE_WEIGHTS = (
    "const struct descriptor *const volatile d = &conv_2d_0_constants;"
    "y[0] = d->weights[x[0] & 255] + d->bias[x[1] & 7]; y[1] = other[x[2] & 7];"
)


@pytest.mark.parametrize("core", ["host", *CORES])
def test_sizes_of_code_and_weights(core: str) -> None:
    small = measured(tiny(USE_WEIGHTS, WEIGHTS % 20), core)
    large = measured(tiny(USE_WEIGHTS, WEIGHTS % 70), core)
    assert small.weight_bytes == large.weight_bytes == 400 + 4 * 10
    # Constants of other names are not weights.
    assert 100 - 16 <= large.code_bytes - small.code_bytes <= 100 + 16
    assert 40 < small.code_bytes < 400
    assert small.static_bytes == 0


@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m4", "rv32imc"])
def test_code_includes_what_comes_from_the_library_and_nothing_unused(core: str) -> None:
    plain = measured(tiny(ZERO_Y), core)
    unused = measured(
        tiny(ZERO_Y, "void unused(void *p);\nvoid unused(void *p)\n{ *(int *)p = 1; }"), core
    )
    copying = measured(tiny(f"memmove(arena, x, (size_t)(x[0] & 7)); {ZERO_Y}"), core)
    assert plain.code_bytes == unused.code_bytes
    assert copying.code_bytes > plain.code_bytes + 20


@pytest.mark.parametrize("core", ["host", "cortex-m4", "rv32imc"])
@pytest.mark.parametrize(
    ("before", "bytes_"),
    [
        ("static int32_t calls;", 4),
        ("static int32_t calls[2] = {1, 2};\n#define calls calls[0]", 8),
    ],
)
def test_hidden_statics_show(core: str, before: str, bytes_: int) -> None:
    run = f"calls = calls * 3 + x[0]; {ZERO_Y}"
    assert measured(tiny(run, before), core).static_bytes == bytes_


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ("x[x[0] + 3]", "AddressSanitizer"),
        ("x[0] + arena[TINY_ARENA_SIZE]", "AddressSanitizer"),
        ("x[0] + *(arena - 1)", "AddressSanitizer"),
        ("x[0] + 2147483647 + 1", "signed integer overflow"),
    ],
)
def test_sanitizers_see_what_guards_cannot(run: str, message: str) -> None:
    # volatile keeps the faulty expression, whose value changes nothing, in the program.
    model = tiny(f"volatile int32_t sink = {run}; y[0] = sink & 0; y[1] = 0;")
    measured(model, "host")
    assert message in rejected(model, sanitize=True)


def test_sanitized_code_runs_and_its_sizes_are_the_plain_ones() -> None:
    model = tiny(USE_WEIGHTS + " memset(arena, 0, TINY_ARENA_SIZE);", WEIGHTS % 20)
    plain, sanitized = measured(model, "host"), measured(model, "host", sanitize=True)
    assert plain.outputs[0][0].tolist() == sanitized.outputs[0][0].tolist()
    assert plain.code_bytes == sanitized.code_bytes
    assert sanitized.static_bytes == 0


def test_sanitizers_are_for_the_host() -> None:
    with pytest.raises(ThumbnetError, match="host only"):
        measure(tiny(ZERO_Y), "tiny", resolve_target("cortex-m4"), [[NO_INPUT]], IO, sanitize=True)


@pytest.mark.parametrize("core", ["host", "cortex-m4"])
def test_warnings_and_errors_of_the_compiler_are_shown(core: str) -> None:
    assert "-Werror=conversion" in rejected(tiny(f"{ZERO_Y} arena[0] = x[0];"), core)
    assert "nonsense" in rejected(tiny(f"{ZERO_Y} nonsense();"), core)


def test_a_size_that_is_not_the_headers_does_not_compile() -> None:
    io = ModelIo((Border("x", "int32_t", 4),), (Y,))
    message = rejected(tiny(ZERO_Y), inputs=[(np.zeros(4, np.int32),)], io=io)
    assert "x_size_is_as_told" in message


def test_a_model_that_does_not_fit_the_machine_does_not_link() -> None:
    needs("cortex-m4")
    message = rejected(tiny(ZERO_Y, arena=5 << 20), "cortex-m4")
    assert "linking for cortex-m4 failed" in message
    assert "overflowed" in message


def test_inputs_must_fit_the_model() -> None:
    target = resolve_target("host")
    wrong: list[list[list[npt.NDArray[np.generic]]]] = [
        [],
        [[]],
        [[np.zeros(4, np.int32)]],
        [[np.zeros(3, np.int8)]],
    ]
    for inputs in wrong:
        with pytest.raises(ValueError):
            measure(tiny(ZERO_Y), "tiny", target, inputs, IO)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("core", ["host", *CORES])
def test_compile_check(core: str, compiler: str) -> None:
    needs(core)
    if shutil.which(compiler) is None:
        pytest.skip(f"NOT CHECKED with {compiler}: not on PATH")
    family: Family = "clang" if compiler == "clang" else "gcc"
    compile_check(tiny(USE_WEIGHTS, WEIGHTS % 20), "tiny", resolve_target(core), family)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_compile_check_fails(compiler: str) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"NOT CHECKED with {compiler}: not on PATH")
    family: Family = "clang" if compiler == "clang" else "gcc"
    host = resolve_target("host")
    narrowing = tiny(f"{ZERO_Y} arena[0] = x[0];")
    with pytest.raises(ThumbnetError, match=r"compiling tiny\.c failed"):
        compile_check(narrowing, "tiny", host, family)
    only_c = tiny(ZERO_Y, declarations="int tiny_other(int class);")
    with pytest.raises(ThumbnetError, match=r"compiling user\.cpp failed"):
        compile_check(only_c, "tiny", host, family)


@pytest.mark.parametrize(
    ("core", "tool", "package"),
    [
        ("host", "gcc", "gcc"),
        ("cortex-m4", "arm-none-eabi-gcc", "gcc-arm-none-eabi"),
        ("cortex-m4", "qemu-system-arm", "qemu-system-arm"),
        ("rv32imc", "riscv64-unknown-elf-gcc", "gcc-riscv64-unknown-elf"),
        ("rv32imc", "qemu-system-riscv32", "qemu-system-misc"),
    ],
)
def test_missing_tools_name_their_package(
    core: str, tool: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs(core)
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == tool else which(name))
    with pytest.raises(ThumbnetError) as caught:
        measure(tiny(ZERO_Y), "tiny", resolve_target(core), [[NO_INPUT]], IO)
    assert f"{tool} is not on PATH" in caught.value.problem
    assert f"apt-get install {package}" in caught.value.remedy
