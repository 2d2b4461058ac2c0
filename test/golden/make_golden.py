#!/usr/bin/env python3
"""Makes the golden data of the Unity suites: `python test/golden/make_golden.py`.

Expected values come from TFLite's interpreter (LiteRT's kernels without delegates) or, where it is
to be followed, from onnxruntime, never from thumbnet's references or its C. What comes from
thumbnet is how an operator's constants are laid out (kernel_constants.h), since kernels are tested
together with that.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy.typing as npt

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
for folder in (ROOT / "python_tools", ROOT / "test" / "python", HERE):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

# ruff: noqa: E402 (these are found in the folders above)
import c_text
from case_models import KernelCase
from kernel_builds import PARTS, Part
from kernel_cases import kernel_cases
from networks import Network, networks
from support.litert import LiteRT
from support.ort import on_uint8, ort_outputs
from thumbnet.frontends.tflite import parse_tflite
from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered, Rows
from thumbnet.operators.registry import family
from thumbnet.options import GENERIC, Build
from thumbnet.passes import run_passes
from thumbnet.schedule.bands import find_bottlenecks, in_bands

AnyArray = npt.NDArray[Any]

HEADER = """\
/* {about}.
 *
 * Made by make_golden.py, do not edit: the models and their seeds are in kernel_cases.py and
 * networks.py. Outputs are those of TFLite's interpreter with its built-in kernels and no
 * delegates: {version}, BUILTIN_WITHOUT_DEFAULT_DELEGATES (for the operators
 * quantize and dequantize BUILTIN_REF, see kernel_cases.py); of names with "even", onnxruntime's.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef {guard}
#define {guard}

/* clang-format off */

{preamble}
{parts}
#endif
"""


@dataclass(frozen=True, eq=False)
class GoldenCase:
    """A kernel case with what the compiler makes of it and what LiteRT computes."""

    name: str
    model: str
    """The kernel case's name."""
    graph: Graph
    samples: list[list[AnyArray]]
    """Of each sample the inputs in the order of the lowered operator's sources, then the output and
    what states have become."""
    states: tuple[int, ...] = ()
    """The sources that are states."""
    build: Build = GENERIC
    generic: bool = True

    @functools.cached_property
    def lowered(self) -> Lowered:
        """The operator for the build, with scratch for the longest of its runs."""
        graph = self.graph.built_for(self.build)
        (operator,) = graph.operators
        lowered = family(operator).lower(graph, operator)
        output = lowered.output
        return lowered.for_runs(output.width * (output.height if lowered.pointwise else 1))

    @property
    def group(self) -> str:
        """The kernel's name, which the cases of a test share."""
        return self.lowered.kernel.function.removeprefix("thumbnet_")


def golden_case(case: KernelCase) -> GoldenCase:
    """Runs one case.

    Raises:
        ValueError: the passes leave more than the one operator that the case is about.
    """
    imported = parse_tflite(case.model, f"{case.name}.tflite")
    if case.even:
        imported = on_uint8(imported)
    graph = run_passes(imported) if case.passes else imported
    if case.banded:
        graph = in_bands(graph, dict.fromkeys(find_bottlenecks(graph), 1))
    if len(graph.operators) != 1:
        raise ValueError(f"{case.name}: {[operator.kind for operator in graph.operators]}")
    operator = graph.operators[0]
    order = [name for name in operator.inputs if _is_variable(graph, name)]
    if case.even:
        rounded = ort_outputs(graph, case.inputs, style="qdq", unsigned=True)
        places = [graph.inputs.index(name) for name in order]
        samples = [
            [*(given[place] for place in places), output.copy()]
            for given, output in zip(case.inputs, rounded, strict=True)
        ]
        return GoldenCase(case.name, case.name, graph, samples, generic=case.generic)
    reference = LiteRT(case.model, case.resolver)
    variables = {d["name"]: d["index"] for d in reference.interpreter.get_tensor_details()}
    kept = {state.read: state for state in graph.states}
    samples = []
    for given in case.inputs:
        values = dict(zip(graph.inputs, given, strict=True))
        values |= {name: _held(reference, variables[name]) for name in kept}
        (output,) = reference.run(list(given))
        after = [_held(reference, variables[name]) for name in order if name in kept]
        samples.append([*(values[name] for name in order), output.copy(), *after])
    states = tuple(index for index, name in enumerate(order) if name in kept)
    return GoldenCase(case.name, case.name, graph, samples, states, generic=case.generic)


def _held(reference: LiteRT, index: int) -> AnyArray:
    """What a variable tensor of the interpreter holds."""
    value: AnyArray = reference.interpreter.get_tensor(index)
    return value


def _is_variable(graph: Graph, name: str) -> bool:
    return bool(name) and not graph.tensor(name).is_constant


# -- kernel headers -------------------------------------------------------------------------------


def kernel_vectors(cases: Sequence[GoldenCase]) -> str:
    """Inputs and outputs of all kernel cases."""
    parts = []
    for case in cases:
        names = []
        for number, sample in enumerate(case.samples):
            for index, values in enumerate(sample):
                names.append(_vector(case, number, index))
                parts.append(c_text.tensor(names[-1], values))
        parts.append(c_text.table(f"void *const {case.name}_vectors[{len(names)}]", names))
    about = (
        "Inputs and outputs of one-operator models: <case>_<sample>_<input>, and <case>_<sample>\n"
        " * for the output, behind it what states become; <case>_vectors are all of a case"
    )
    return _header("kernel_vectors", about, "#include <stdint.h>\n", ["".join(parts)])


def _vector(case: GoldenCase, sample: int, index: int) -> str:
    inputs = len(case.samples[sample]) - 1 - len(case.states)
    return f"{case.name}_{sample}" + (f"_{index}" if index != inputs else "")


def part_cases(part: Part, cases: Sequence[GoldenCase]) -> Iterator[GoldenCase]:
    """The cases of a part of the suite, for its builds.

    Raises:
        ValueError: a case is left to the kernel that the generic part runs on it.
    """
    if part.lowerings is None:
        yield from (case for case in cases if case.generic)
        return
    by_name = {case.name: case for case in cases}
    for lowering in part.lowerings:
        for name in lowering.cases:
            generic = by_name[name]
            case = replace(generic, name=name + lowering.suffix, build=lowering.build)
            if generic.generic and case.group == generic.group:
                raise ValueError(f"{name}: {lowering.build} takes {case.group}")
            yield case


def kernel_constants(suffix: str, cases: Sequence[GoldenCase]) -> str:
    """The lowered operators and the tables of cases, one a kernel."""
    kernels = list(dict.fromkeys(kernel for case in cases for kernel in case.lowered.kernels))
    rows = max(sum(s.kernel_height for s in case.lowered.sources) for case in cases)
    includes = "".join(f"#include <{header}>\n" for header in sorted({k.header for k in kernels}))
    sources = [source for case in cases for source in case.lowered.sources]
    options = ""
    if any(min(source.pad, source.pad_left) < 0 for source in sources):
        options += "#define THUMBNET_CROPS 1\n"
    if any(case.lowered.numbered for case in cases):
        options += "#define THUMBNET_ROW_NUMBERS 1\n"
    for option in sorted({option for case in cases for option in case.lowered.options}):
        options += f"#define {option} 1\n"
    preamble = (
        f"#define THUMBNET_MAX_ROWS {rows}\n{options}\n"
        f'#include "golden.h"\n#include "kernel_vectors.h"\n\n'
        f"{includes}\n{_limits(cases)}"
    )
    parts = ["".join(map(c_text.instantiation, kernels))]
    parts += [c_text.layer(case.name, case.lowered) + _tables(case) for case in cases]
    groups: dict[str, list[GoldenCase]] = {}
    for case in cases:
        groups.setdefault(case.group, []).append(case)
    for group, members in groups.items():
        name = f"golden_{group}[{len(members)}]"
        parts.append(c_text.table(f"golden_case_t {name}", map(_case, members)))
    about = "How thumbnet lowers the models of kernel_vectors.h, and its cases by kernel"
    return _header(f"kernel_constants{suffix}", about, preamble, parts)


def _limits(cases: Sequence[GoldenCase]) -> str:
    """What buffers for any case must hold."""
    most_out = max(case.lowered.output.size for case in cases)
    most_in = max(s.rows.size for case in cases for s in case.lowered.sources)
    most_overlap = max(d or 0 for case in cases for d in case.lowered.overlap)
    states = [sum(_aligned(_state_size(case, i)) for i in case.states) for case in cases]
    row_sizes = [
        [
            source.rows.row_size
            for source in case.lowered.sources
            for _ in range(source.kernel_height)
        ]
        for case in cases
    ]
    return (
        f"#define GOLDEN_MOST_OUTPUT {most_out}\n"
        f"#define GOLDEN_MOST_INPUT {most_in}\n"
        f"#define GOLDEN_MOST_OVERLAP {most_overlap}\n"
        f"#define GOLDEN_MOST_ROWS_SIZE {max(map(sum, row_sizes))} /* all that a run may read */\n"
        f"#define GOLDEN_MOST_INPUTS {max(len(case.lowered.sources) for case in cases)}\n"
        f"#define GOLDEN_MOST_STATES {max(8, *states)}\n"
        f"#define GOLDEN_MOST_SCRATCH {max(case.lowered.scratch for case in cases)}\n"
    )


def _state_size(case: GoldenCase, number: int) -> int:
    return case.lowered.sources[number].rows.size


def _aligned(size: int) -> int:
    return -(-size // 8) * 8


def _tables(case: GoldenCase) -> str:
    inputs = []
    for number, source in enumerate(case.lowered.sources):
        overlap = case.lowered.overlap[number]
        if overlap is None:
            overlap = -2 - case.states.index(number) if number in case.states else -1
        inputs.append(f"{{{source.rows.width}, {_pixel_size(source.rows)}, {overlap}}}")
    return c_text.table(f"golden_input_t {case.name}_inputs[{len(inputs)}]", inputs)


def _pixel_size(rows: Rows) -> int:
    return rows.channels * rows.element_size


def _case(case: GoldenCase) -> str:
    lowered, name = case.lowered, case.name
    return (
        f"GOLDEN_CASE({name}, {case.model}, {c_text.instance(lowered.kernel)}, "
        f"{len(case.samples)}, {lowered.output.size}, {_pixel_size(lowered.output)}, "
        f"{lowered.scratch}, {int(lowered.pointwise)})"
    )


# -- models ---------------------------------------------------------------------------------------


def model_vectors(found: Sequence[Network]) -> str:
    """Inputs and outputs of the networks."""
    parts = []
    for network in found:
        reference = LiteRT(network.model)
        runs = [(sample, [v.copy() for v in reference.run(sample)]) for sample in network.inputs]
        parts.append(f"#define {network.name.upper()}_SAMPLES {len(runs)}\n")
        if network.is_ours:
            parts += _stacked(f"{network.name}_input", [inputs for inputs, _ in runs])
        parts += _stacked(f"{network.name}_output", [outputs for _, outputs in runs])
    about = "Inputs and outputs of networks: <model>_input_<n> and <model>_output_<n>, by sample"
    return _header("model_vectors", about, "#include <stdint.h>\n", parts)


def _stacked(name: str, samples: list[list[AnyArray]]) -> list[str]:
    """One array [samples][elements] for each tensor."""
    texts = []
    for index, values in enumerate(zip(*samples, strict=True)):
        texts.append(c_text.tensors(f"{name}_{index}", [value.reshape(-1) for value in values]))
    return texts


# -- files ----------------------------------------------------------------------------------------


def interpreter_version() -> str:
    """The interpreter that the expected values come from."""
    return f"ai-edge-litert {metadata.version('ai-edge-litert')}"


def _header(name: str, about: str, preamble: str, parts: Sequence[str]) -> str:
    guard = f"GOLDEN_{name.upper()}_H"
    return HEADER.format(
        about=about,
        version=interpreter_version(),
        guard=guard,
        preamble=preamble,
        parts="\n".join(parts),
    )


def golden_files() -> dict[str, bytes]:
    """Every file that is made, by name."""
    cases = [golden_case(case) for case in kernel_cases()]
    found = networks()
    texts = {
        "kernel_vectors.h": kernel_vectors(cases),
        **{
            f"kernel_constants{part.suffix}.h": kernel_constants(
                part.suffix, list(part_cases(part, cases))
            )
            for part in PARTS
        },
        "model_vectors.h": model_vectors(found),
    }
    models = {f"{network.name}.tflite": network.model for network in found if network.is_ours}
    return {name: text.encode() for name, text in texts.items()} | models


def main() -> None:
    """Writes the files beside this script."""
    for name, data in golden_files().items():
        (HERE / name).write_bytes(data)
        print(f"{len(data):7} {name}")


if __name__ == "__main__":
    main()
