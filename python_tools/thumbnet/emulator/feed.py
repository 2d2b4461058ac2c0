"""Runs a generated front end on samples, in an emulator or natively, and measures what it costs."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from thumbnet.emulator.measure import SANITIZERS, WARNINGS
from thumbnet.emulator.model_io import Border
from thumbnet.emulator.toolchain import Toolchain, run_program, tail
from thumbnet.errors import ThumbnetError
from thumbnet.resources import data_directory
from thumbnet.target import Target

_HARNESS = Path(__file__).resolve().parent

_PUSHES = {
    "audio": "{name}_push_audio((model), (const int16_t *)(const void *)(bytes), (count))",
    "imu": "{name}_push_sample((model), (const int16_t *)(const void *)(bytes))",
    "camera": "{name}_push_camera_row((model), (bytes))",
}
"""The call for each sort of front end; all but audio take one sample a call."""


@dataclass(frozen=True)
class Feed:
    """What the harness has to know of a front end.

    A sample is ``item_bytes`` bytes (of a sensor all channels, of a camera a line); ``rows_at`` and
    ``row_bytes`` say where rows lie in what it keeps; ``outputs`` are the model's.
    """

    kind: str
    item_bytes: int
    rows_at: int
    row_bytes: int
    outputs: tuple[Border, ...]
    two_memories: bool = False


@dataclass(frozen=True, eq=False)
class Fed:
    """What a front end made of its samples.

    ``rows`` are int8 [rows, features]; ``outputs`` raw bytes [inferences, bytes] of the inferences
    after every call that left the model ready. ``instructions`` are those of all calls, None
    natively; ``stack_bytes`` what they used of the stack, None natively.
    """

    rows: npt.NDArray[np.int8]
    outputs: npt.NDArray[np.uint8]
    instructions: int | None
    stack_bytes: int | None


def feed(
    generated: Mapping[str, str],
    name: str,
    target: Target,
    samples: npt.NDArray[Any],
    chunks: Sequence[int],
    what: Feed,
    *,
    optimization: str = "-O2",
    sanitize: bool = False,
    seconds: float = 600.0,
) -> Fed:
    """Compile a model with its front end, push ``samples`` in ``chunks`` and read its rows.

    Raises:
        ThumbnetError: a tool is missing, the code does not compile cleanly or the run fails.
        ValueError: the chunks are not the samples, or not one at a time where they must be.
    """
    raw = np.ascontiguousarray(samples).tobytes()
    one_by_one = what.kind == "audio" or set(chunks) <= {1}
    if sum(chunks) * what.item_bytes != len(raw) or min(chunks, default=1) < 1 or not one_by_one:
        raise ValueError(f"chunks of {sum(chunks)} samples for {len(raw)} bytes")
    place = f"{name} on {target.name}"
    with tempfile.TemporaryDirectory(prefix="thumbnet-") as folder:
        directory = Path(folder)
        for file, text in generated.items():
            (directory / file).write_text(text, encoding="utf-8")
        (directory / "feed_io.h").write_text(_header(name, what, max(chunks, default=1)))
        (directory / "samples.bin").write_bytes(raw)
        (directory / "chunks.bin").write_bytes(np.array(chunks, "<u4").tobytes())
        program = _program(
            Toolchain(target, place, optimization, _extra(sanitize)), directory, name
        )
        done = run_program(target, program, place, seconds)
        if done.returncode != 0:
            output = tail(done.stdout + done.stderr, 20)
            raise ThumbnetError(place, f"the program ended with {done.returncode}:\n{output}")
        return _read(directory, target, what)


def _extra(sanitize: bool) -> tuple[str, ...]:
    return SANITIZERS if sanitize else ()


def _program(toolchain: Toolchain, directory: Path, name: str) -> Path:
    flags = ("-std=c99", *WARNINGS)
    objects = [toolchain.compile(directory / f"{name}.c", directory / "model.o", *flags)]
    support = data_directory("emulated") / "support"
    own = ("-std=gnu99", f"-I{support}", f"-I{directory}", "-Wall", "-Wextra", "-Werror")
    sources = ["feed.c", *(["host.c"] if toolchain.target.machine is None else [])]
    for source in sources:
        objects.append(toolchain.compile(_HARNESS / source, directory / f"{source}.o", *own))
    return toolchain.link_program(objects, directory / "program.elf", 16384)


def _header(name: str, what: Feed, most: int) -> str:
    upper = name.upper()
    arguments, at = [], 0
    for border in what.outputs:
        arguments.append(f"({border.ctype} *)(void *)((outputs) + {at})")
        at += -(-border.size // 8) * 8
    push = _PUSHES[what.kind].format(name=name)
    given = ", ".join(["(model)", *arguments])
    arenas = "arena, sizeof arena"
    if what.two_memories:
        arenas += ", slow_arena, sizeof slow_arena"
    slow = f"({upper}_SLOW_ARENA_SIZE + 1u)" if what.two_memories else "1u"
    macros = {
        "MODEL_NAME": f'"{name}"',
        "MODEL_T": f"{name}_t",
        "ARENA_BYTES": f"{upper}_ARENA_SIZE",
        "SLOW_ARENA_BYTES": slow,
        "MODEL_INIT(model)": f"((void)slow_arena, {name}_init((model), {arenas}))",
        "MODEL_PUSH(model, bytes, count)": f"((void)(count), {push})",
        "MODEL_READY(model)": f"{name}_ready(model)",
        "MODEL_RUN_NEWEST(model, outputs)": f"{name}_run_newest({given})",
        "ITEM_BYTES": f"{what.item_bytes}u",
        "MOST_ITEMS": f"{most}u",
        "ROWS_KEPT": str(int(what.kind != "camera")),
        "ROWS_AT": f"{what.rows_at}u",
        "ROW_BYTES": f"{what.row_bytes}u",
        "OUTPUT_BYTES": f"{at}u",
    }
    defines = "".join(f"#define {macro} {value}\n" for macro, value in macros.items())
    return f'#include "{name}.h"\n\n{defines}'


def _read(directory: Path, target: Target, what: Feed) -> Fed:
    rows = np.fromfile(directory / "rows.bin", np.int8).reshape(-1, what.row_bytes)
    one = sum(-(-border.size // 8) * 8 for border in what.outputs)
    outputs = np.fromfile(directory / "outputs.bin", np.uint8).reshape(-1, one)
    instructions, stack, free = np.fromfile(directory / "figures.bin", "<u8").tolist()
    if target.machine is None:
        return Fed(rows, outputs, None, None)
    if stack == free:
        raise ThumbnetError(target.name, f"the stack of {stack} bytes was used up")
    return Fed(rows, outputs, instructions, stack)
