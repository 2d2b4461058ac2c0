"""A generated model's inputs and outputs as the harness needs them, and the header that says so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DTYPES: dict[str, npt.DTypeLike] = {
    "int8_t": np.int8,
    "uint8_t": np.uint8,
    "int16_t": np.int16,
    "int32_t": np.int32,
    "float": np.float32,
    "bool": np.bool_,
}
"""numpy's type for each C element type that a model may have."""


@dataclass(frozen=True)
class Border:
    """One input or output: its C name, C element type and number of elements."""

    name: str
    ctype: str
    elements: int

    def __post_init__(self) -> None:
        if self.ctype not in DTYPES:
            raise ValueError(f"{self.name}: element type {self.ctype!r}")

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The element type, little-endian."""
        return np.dtype(DTYPES[self.ctype]).newbyteorder("<")

    @property
    def size(self) -> int:
        """Bytes."""
        return self.elements * self.dtype.itemsize


@dataclass(frozen=True)
class ModelIo:
    """Inputs and outputs in the order of ``<name>_run``'s parameters."""

    inputs: tuple[Border, ...]
    outputs: tuple[Border, ...]


@dataclass(frozen=True)
class HarnessOptions:
    """How the harness calls the model.

    ``two_memories``: it has a fast and a slow arena, ``<name>_init`` takes both.
    ``arena_is_shareable``: the arena is painted again between init and run, because its contents
    are undefined between calls; False for a model that keeps state.
    ``input_in_arena``: inputs are written to the place that ``<name>_<input>()`` names.
    ``misalignment``: bytes (0 to 15) by which buffers of one-byte elements are moved off their
    alignment, which C allows for them.
    """

    arena_is_shareable: bool = True
    input_in_arena: bool = False
    misalignment: int = 0
    two_memories: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.misalignment < 16:
            raise ValueError(f"misalignment {self.misalignment} is not in 0..15")


def io_header(name: str, io: ModelIo, inferences: int, options: HarnessOptions) -> str:
    """Return the text of ``model_io.h``, the harness's view of model ``name``."""
    upper = name.upper()
    borders = (*io.inputs, *io.outputs)
    sizes = [f"sizeof({border.ctype}) * {border.elements}u" for border in borders]
    inputs, outputs = sizes[: len(io.inputs)], sizes[len(io.inputs) :]
    placed = ["0u"] * len(inputs) if options.input_in_arena else inputs
    shifts = [options.misalignment if border.dtype.itemsize == 1 else 0 for border in borders]
    arenas, arena_names = [f"{upper}_ARENA_SIZE"], ["arena"]
    if options.two_memories:
        arenas, arena_names = [*arenas, f"{upper}_SLOW_ARENA_SIZE"], ["fast arena", "slow arena"]
    shifts[len(io.inputs) : len(io.inputs)] = [0] * len(arenas)
    region_names = [border.name for border in borders]
    region_names[len(io.inputs) : len(io.inputs)] = arena_names
    given = [f"(arenas)[{i}], (sizes)[{i}]" for i in range(len(arenas))]
    arguments = [f"(const {b.ctype} *)(inputs)[{i}]" for i, b in enumerate(io.inputs)]
    arguments += [f"({b.ctype} *)(outputs)[{i}]" for i, b in enumerate(io.outputs)]
    places = [
        f"(inputs)[{i}] = "
        + (f"{name}_{b.name}(model)" if options.input_in_arena else f"(regions)[{i}]")
        for i, b in enumerate(io.inputs)
    ]
    macros = {
        "MODEL_NAME": f'"{name}"',
        "MODEL_T": f"{name}_t",
        "MODEL_INFERENCES": str(inferences),
        "MODEL_INPUTS": f"{len(io.inputs)}u",
        "MODEL_ARENAS": f"{len(arenas)}u",
        "MODEL_OUTPUTS": f"{len(io.outputs)}u",
        "MODEL_ARENA_IS_SHAREABLE": str(int(options.arena_is_shareable)),
        "MODEL_INPUT_SIZES": _initializer([*inputs, "0u"]),
        "MODEL_SIZES": _initializer([*placed, *arenas, *outputs]),
        "MODEL_MISALIGNMENTS": _initializer([f"{shift}u" for shift in shifts]),
        "MODEL_REGION_NAMES": _initializer([f'"{region}"' for region in region_names]),
        "MODEL_BYTES": "(" + " + ".join([*placed, *arenas, *outputs]) + ")",
        "MODEL_INIT(model, arenas, sizes)": f"{name}_init({', '.join(['model', *given])})",
        "MODEL_PLACE_INPUTS(model, inputs, regions)": f"({', '.join([*places, '(void)0'])})",
        "MODEL_RUN(model, inputs, outputs)": f"{name}_run({', '.join(['model', *arguments])})",
    }
    checks = "".join(
        f"typedef char {b.name}_size_is_as_told[{upper}_{b.name.upper()}_SIZE == {b.elements}u"
        " ? 1 : -1];\n"
        for b in borders
    )
    defines = "".join(f"#define {macro} {value}\n" for macro, value in macros.items())
    return f'#include "{name}.h"\n\n{defines}\n{checks}'


def _initializer(values: list[str]) -> str:
    return "{" + ", ".join(values) + "}"
