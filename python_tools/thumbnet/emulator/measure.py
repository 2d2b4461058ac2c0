"""Runs generated code in an emulator, or natively, and measures what it costs.

Counts are executed instructions, never cycles: a load, a multiply and a vector operation count one
each. They are exact and repeat: QEMU's ``-icount`` gives every instruction the same time.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from thumbnet.emulator.model_io import Border, HarnessOptions, ModelIo, io_header
from thumbnet.emulator.size import WEIGHT_SYMBOLS, Size, model_size
from thumbnet.emulator.toolchain import (
    COMPILE_SECONDS,
    Family,
    Toolchain,
    compiler_name,
    find_tool,
    run_program,
    run_tool,
    tail,
)
from thumbnet.errors import ThumbnetError
from thumbnet.resources import data_directory
from thumbnet.target import Target

Array = npt.NDArray[np.generic]

WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Werror")
"""What generated code must compile clean under, as C99."""

SANITIZERS = (
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
    "-g",
)

_HARNESS = Path(__file__).resolve().parent
_DEFAULT_OPTIONS = HarnessOptions()


@dataclass(frozen=True, eq=False)
class Measurement:
    """What one model did on one target.

    ``outputs[i]`` are the output arrays (flat) of input i. ``instructions`` are those of one call
    of ``<name>_run`` on the first input, ``instructions_per_input`` on each; None where the
    program ran natively. ``arena_touched`` are the arena bytes that init or run wrote, out of
    ``arena_size``; of two arenas both together, and those of the slow one are ``slow_touched`` and
    ``slow_size`` (None where there is one). ``stack_bytes`` is the stack that run used below its
    caller's frame; None natively. ``code_bytes`` and ``weight_bytes`` are flash, with what the
    model pulls from the C library (natively: the object file alone); ``static_bytes`` is RAM
    outside the arena.
    """

    outputs: tuple[tuple[Array, ...], ...]
    instructions: int | None
    instructions_per_input: tuple[int, ...] | None
    arena_size: int
    arena_touched: int
    stack_bytes: int | None
    code_bytes: int
    weight_bytes: int
    static_bytes: int
    slow_size: int | None = None
    slow_touched: int | None = None


def measure(
    generated: Mapping[str, str],
    name: str,
    target: Target,
    inputs: Sequence[Sequence[Array]],
    io: ModelIo,
    *,
    optimization: str = "-O2",
    options: HarnessOptions = _DEFAULT_OPTIONS,
    weight_symbols: str = WEIGHT_SYMBOLS,
    stack_size: int = 32768,
    sanitize: bool = False,
    seconds: float = 600.0,
) -> Measurement:
    """Compile, run and measure a generated model.

    ``generated`` maps file names (``NAME.c``, ``NAME.h``) to their text; ``inputs[i]`` holds the
    arrays of inference i in the order of ``io.inputs``, of any shape with the right number of
    elements. The first inference runs three times, twice in an arena painted with different
    bytes. ``stack_size`` bytes are reserved; ``seconds`` bounds the run; ``sanitize`` adds
    AddressSanitizer and UBSan (host only).

    Raises:
        ThumbnetError: a tool is missing; the code does not compile cleanly; the run fails, hangs,
            overflows its stack, writes outside its buffers or into its inputs; or outputs or
            instruction counts depend on what the arena held before.
        ValueError: an input array does not fit ``io``, or ``inputs`` is empty.
    """
    place = f"{name} on {target.name}"
    if sanitize and target.machine is not None:
        raise ThumbnetError(place, "sanitizers run on the host only", "use target host")
    packed = _pack(inputs, io)
    with tempfile.TemporaryDirectory(prefix="thumbnet-") as folder:
        directory = Path(folder)
        extra = SANITIZERS if sanitize else ()
        toolchain = Toolchain(target, place, optimization, extra)
        _write_sources(generated, directory)
        (directory / "model_io.h").write_text(io_header(name, io, len(inputs), options))
        (directory / "inputs.bin").write_bytes(packed)
        flags = ("-std=c99", *WARNINGS)
        model = toolchain.compile(directory / f"{name}.c", directory / "model.o", *flags)
        size = _size(toolchain, model, name, weight_symbols)
        program = toolchain.link_program(
            _harness_objects(toolchain, model), directory / "program.elf", stack_size
        )
        done = run_program(target, program, place, seconds)
        if done.returncode != 0:
            raise _failure(place, done.returncode, done.stdout + done.stderr)
        measured = _read(directory, target, io, size, place)
        if options.two_memories:
            return measured
        return replace(measured, slow_size=None, slow_touched=None)


def compile_check(
    generated: Mapping[str, str],
    name: str,
    target: Target,
    compiler: Family = "gcc",
    optimization: str = "-O2",
    *,
    arenas: int = 1,
) -> None:
    """Compile a generated model as C99 and include its header from C++, warnings being errors.

    ``arenas`` is how many ``<name>_init`` takes.

    Raises:
        ThumbnetError: with the compiler's messages, or a compiler is missing.
    """
    place = f"{name} on {target.name} with {compiler}"
    toolchain = Toolchain(target, place, optimization)
    flags = toolchain.flags if compiler == "gcc" else toolchain.clang_flags()
    user = (
        f'#include "{name}.h"\n{name}_t model;\nint use(void);\n'
        f"int use(void) {{ return {name}_init(&model{', 0, 0' * arenas}); }}\n"
    )
    files = ((f"{name}.c", "c"), ("user.c", "c"), ("user.cpp", "c++"))
    with tempfile.TemporaryDirectory(prefix="thumbnet-") as folder:
        directory = Path(folder)
        _write_sources({**generated, "user.c": user, "user.cpp": user}, directory)
        for source, language in files:
            program = find_tool(compiler_name(target, compiler, language), place)
            standard = "-std=c99" if language == "c" else "-std=c++11"
            command = [program, *flags, *WARNINGS, standard, "-pedantic", "-c", source]
            command += ["-o", "checked.o"]
            done = run_tool(command, place, directory, COMPILE_SECONDS, f"compiling {source}")
            if done.returncode != 0:
                raise ThumbnetError(place, f"compiling {source} failed:\n{tail(done.stderr, 30)}")


def _pack(inputs: Sequence[Sequence[Array]], io: ModelIo) -> bytes:
    if not inputs:
        raise ValueError("no inputs to measure with")
    return b"".join(
        _bytes(array, border)
        for arrays in inputs
        for array, border in zip(arrays, io.inputs, strict=True)
    )


def _bytes(array: Array, border: Border) -> bytes:
    if array.dtype != border.dtype or array.size != border.elements:
        raise ValueError(
            f"{border.name}: {array.dtype} x {array.size} for {border.dtype} x {border.elements}"
        )
    return array.astype(border.dtype).tobytes()


def _write_sources(generated: Mapping[str, str], directory: Path) -> None:
    for file_name, text in generated.items():
        if Path(file_name).name != file_name:
            raise ValueError(f"{file_name!r} is not a plain file name")
        (directory / file_name).write_text(text, encoding="utf-8")


def _harness_objects(toolchain: Toolchain, model: Path) -> list[Path]:
    directory = model.parent
    support = data_directory("emulated") / "support"
    flags = ("-std=gnu99", f"-I{support}", f"-I{directory}", "-Wall", "-Wextra", "-Werror")
    sources = ["harness.c", *(["host.c"] if toolchain.target.machine is None else [])]
    objects = [
        toolchain.compile(_HARNESS / source, directory / f"{source}.o", *flags)
        for source in sources
    ]
    return [*objects, model]


def _size(toolchain: Toolchain, model: Path, name: str, weight_symbols: str) -> Size:
    if toolchain.extra:
        # Sanitizers add code and data of their own.
        plain = replace(toolchain, extra=())
        model = plain.compile(model.parent / f"{name}.c", model.parent / "plain.o", "-std=c99")
    if toolchain.target.machine is None:
        return model_size(model, weight_symbols)
    roots = (f"{name}_run", f"{name}_init")
    script = _HARNESS / "size.ld"
    alone = toolchain.link_alone(model, roots, script, model.parent / "alone.elf")
    return model_size(alone, weight_symbols)


def _failure(place: str, status: int, output: str) -> ThumbnetError:
    marked = [line for line in output.splitlines() if line.startswith("harness: ")]
    if marked:
        return ThumbnetError(place, "; ".join(line.removeprefix("harness: ") for line in marked))
    what = "was killed by a signal" if status < 0 else f"ended with status {status}"
    return ThumbnetError(place, f"the program {what}:\n{tail(output, 40)}")


def _read(directory: Path, target: Target, io: ModelIo, size: Size, place: str) -> Measurement:
    outputs = (directory / "outputs.bin").read_bytes()
    one = sum(border.size for border in io.outputs)
    painted, rest = outputs[: 2 * one], outputs[2 * one :]
    for start in (0, one):
        if painted[start : start + one] != rest[:one]:
            raise ThumbnetError(
                place, "the outputs depend on what the arena or the outputs held before"
            )
    figures = np.fromfile(directory / "figures.bin", "<u8").tolist()
    fast_size, slow_size, stack, stack_free, repeated, *counts = figures
    if repeated != counts[0]:
        raise ThumbnetError(
            place, f"the same input took {repeated} and then {counts[0]} instructions"
        )
    if stack == stack_free and target.machine is not None:
        raise ThumbnetError(place, f"the stack of {stack} bytes was used up", "raise stack_size")
    arena = np.fromfile(directory / "arena.bin", np.uint8).reshape(4, fast_size + slow_size)
    native = target.machine is None
    return Measurement(
        outputs=tuple(_unpack(rest[i * one : (i + 1) * one], io) for i in range(len(counts))),
        instructions=None if native else counts[0],
        instructions_per_input=None if native else tuple(counts),
        arena_size=arena.shape[1],
        arena_touched=_touched(arena),
        stack_bytes=None if native else stack,
        code_bytes=size.code,
        weight_bytes=size.weights,
        static_bytes=size.static,
        slow_size=slow_size,
        slow_touched=_touched(arena[:, fast_size:]),
    )


def _touched(arena: npt.NDArray[np.uint8]) -> int:
    """Bytes that no longer hold the paint of both dumps; rows are init, run, init, run.

    A byte written with the value of one paint differs from the other.
    """
    paints = np.array([[0xA5], [0xA5], [0x5A], [0x5A]], np.uint8)
    return int(np.count_nonzero(np.any(arena != paints, axis=0)))


def _unpack(raw: bytes, io: ModelIo) -> tuple[Array, ...]:
    arrays: list[Array] = []
    start = 0
    for border in io.outputs:
        arrays.append(np.frombuffer(raw, border.dtype, border.elements, start))
        start += border.size
    return tuple(arrays)
