"""The whole compile as one readable function: manifest and target in, C text out."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass

from thumbnet import __version__
from thumbnet.codegen import Naming, Provenance, generate
from thumbnet.errors import ThumbnetError
from thumbnet.frontends.onnx import read_onnx
from thumbnet.frontends.pytorch import read_pytorch
from thumbnet.frontends.tflite import read_tflite
from thumbnet.ir.graph import DType, Graph, Operator
from thumbnet.ir.verify import verify
from thumbnet.manifest import MOST_RECOMPUTE, Manifest
from thumbnet.operators.registry import check_supported, is_supported
from thumbnet.options import Build
from thumbnet.passes import run_passes
from thumbnet.passes.quantized_io import quantize_io
from thumbnet.plan import Memories, Plan
from thumbnet.quantize.quantizer import Quantized, check_kinds, quantize_graph
from thumbnet.quantize.samples import Labelled, Scaling, read_samples
from thumbnet.schedule.choose import choose_plan
from thumbnet.schedule.lock import pinned_plan, read_lock
from thumbnet.schedule.pushed import why_not_pushed
from thumbnet.schedule.search_memories import Shortage
from thumbnet.schedule.two_memories import fits_two_memories, schedule_two_memories
from thumbnet.signal.front_end import FrontEnd, Input, make_front_end
from thumbnet.target import Target

RESERVE = 8192
"""Bytes of a board's RAM that a plan leaves to the stack and to the firmware, unless told."""


@dataclass(frozen=True, eq=False)
class Compiled:
    """A compiled model: what was read, what runs, and the files that run it."""

    naming: Naming
    reference_graph: Graph
    """The model as imported, before any pass: what outputs are compared with."""
    graph: Graph
    """After all passes; in the plan's, what runs twice is there twice."""
    plan: Plan
    files: Mapping[str, str]
    """File name -> text of ``<name>.c``, ``<name>.h`` and ``<name>.json``."""
    front_end: FrontEnd | None = None
    """What makes the input from a sensor's samples."""


def compile_model(manifest: Manifest, target: Target) -> Compiled:
    """Compiles the manifest's model for ``target``.

    Raises:
        ThumbnetError: the model cannot be read, is not supported, or does not fit.
    """
    return compile_imported(import_model(manifest), manifest, target)


def compile_imported(imported: Graph, manifest: Manifest, target: Target) -> Compiled:
    """Compiles the manifest's model, which :func:`import_model` made.

    Raises:
        ThumbnetError: as :func:`compile_model`.
    """
    check_quantized(imported, manifest.model.name)
    build = Build(target.isa, manifest.optimize, target.core)
    graph = run_passes(imported).built_for(build)
    check_supported(graph, manifest.model.name)
    check_outputs(graph, manifest.model.name)
    front_end = front_end_of(graph, manifest)
    target = _less(target, front_end)
    plan = schedule(graph, manifest, target)
    check_fits(graph, plan, manifest, target)
    naming = name_model(graph, manifest)
    digest = hashlib.sha256(manifest.model.read_bytes()).hexdigest()
    provenance = Provenance(manifest.model.name, digest, __version__)
    files = generate(plan, naming, provenance, front_end)
    return Compiled(naming, imported, graph, plan, files, front_end)


def front_end_of(graph: Graph, manifest: Manifest) -> FrontEnd | None:
    """What the manifest puts in front of the network; None where it has no ``frontend``.

    Raises:
        ThumbnetError: the network's input is not its rows, or the options make no sense.
    """
    if manifest.frontend is None:
        return None
    place = manifest.place("frontend")
    if len(graph.inputs) != 1:
        problem = f"a front end makes one input; this model has {len(graph.inputs)}"
        raise ThumbnetError(place, problem, "leave frontend out")
    tensor = graph.tensor(graph.inputs[0])
    if tensor.dtype is not DType.INT8 or tensor.quantization is None:
        problem = f'the input "{tensor.name}" is {tensor.dtype.value}; a front end makes int8'
        raise ThumbnetError(place, problem, "quantize the model to int8, with io: quantized")
    source = manifest.schedule.input
    wanted = Input(tensor.name, tensor.shape, tensor.scale, tensor.zero_point, source)
    return make_front_end(manifest.frontend, wanted, place)


def _less(target: Target, front_end: FrontEnd | None) -> Target:
    """The target without the RAM and flash that the front end takes."""
    if front_end is None:
        return target
    ram = None if target.ram is None else target.ram - front_end.state_bytes
    flash = None if target.flash is None else target.flash - front_end.flash_bytes
    return dataclasses.replace(target, ram=ram, flash=flash)


def import_model(manifest: Manifest) -> Graph:
    """The manifest's model as a verified graph within the operators' limits.

    A float32 network is shown, not built: nothing is said of its operators' limits.
    """
    if manifest.quantize is None:
        return finish_import(read_model(manifest), manifest)
    result, _ = quantized(manifest)
    return finish_import(result.graph, manifest)


def finish_import(graph: Graph, manifest: Manifest) -> Graph:
    """A graph that was read or quantized, with the borders that the manifest asks for, checked.

    Raises:
        ThumbnetErrors: operators lie outside their families' limits.
    """
    if manifest.io == "quantized":
        graph = quantize_io(graph)
    if float_operator(graph) is None:
        check_supported(graph, manifest.model.name)
    return verify(graph).renamed(manifest.name)


def read_model(manifest: Manifest) -> Graph:
    """The network as the manifest's file has it: .onnx, a function of a .py, else .tflite."""
    path = manifest.model
    if manifest.factory is not None:
        return read_pytorch(path, manifest.factory, manifest.checkpoint)
    return read_onnx(path) if path.suffix.lower() == ".onnx" else read_tflite(path)


def quantized(manifest: Manifest) -> tuple[Quantized, Labelled]:
    """The manifest's float32 model as an int8 graph, by its key ``quantize``, and the samples.

    Raises:
        ThumbnetError: the model or the samples cannot be read, or the model is not of float32.
    """
    graph, how, file = read_model(manifest), manifest.quantize, manifest.model.name
    if how is None:
        raise ValueError("the manifest does not say how to quantize")
    if float_operator(graph) is None:
        raise ThumbnetError(
            manifest.place("quantize"), f"{file} is quantized already", "leave quantize out"
        )
    check_kinds(graph, file)
    place = manifest.place("quantize", "calibration")
    scaling = Scaling(how.mean, how.std)
    given = read_samples(how.calibration, graph, scaling, place, how.samples)
    return quantize_graph(graph, given.samples, file, given.bounds), given


def float_operator(graph: Graph) -> Operator | None:
    """The first operator that would have to compute in float32 and does not."""
    for operator in graph.operators:
        float32 = graph.tensor(operator.outputs[0]).dtype is DType.FLOAT32
        if float32 and not is_supported(graph, operator):
            return operator
    return None


def check_quantized(graph: Graph, file: str) -> None:
    """Refuses networks that compute in float32.

    Raises:
        ThumbnetError: names the first operator that does.
    """
    operator = float_operator(graph)
    if operator is not None:
        raise ThumbnetError(
            f'{file}: node "{operator.name}" ({operator.kind.upper()})',
            "computes in float32; networks of int8 are built",
            "quantize it: add quantize: {calibration: FILE} to the manifest, a .npz of samples or a"
            " folder of pictures",
        )


def check_outputs(graph: Graph, file: str) -> None:
    """Refuses outputs that no inference changes.

    Raises:
        ThumbnetError: an output is a constant, in the file or after folding.
    """
    for name in graph.outputs:
        if graph.tensor(name).is_constant:
            raise ThumbnetError(
                file, f'output "{name}" does not depend on the inputs', "remove it from the model"
            )


def schedule(graph: Graph, manifest: Manifest, target: Target) -> Plan:
    """The plan that the manifest pins, or one that meets what it asks for.

    Raises:
        ThumbnetError: the input cannot be pushed by rows, the pinned plan does not fit, or nothing
            fits two memories.
    """
    if manifest.schedule.input == "rows":
        obstacle = why_not_pushed(graph)
        if obstacle is not None:
            place = manifest.place("schedule", "input")
            raise ThumbnetError(
                place, f"schedule.input: {obstacle}", "use input: arena or input: buffer"
            )
    if manifest.schedule.plan is not None:
        manifest.require_plan()
        lock = read_lock(manifest.schedule.plan)
        place = str(manifest.schedule.plan)
        how = manifest.schedule
        return pinned_plan(graph, lock, place, input=how.input, memories=memories(manifest))
    if manifest.schedule.memories is not None:
        if manifest.schedule.recompute > 1:
            place = manifest.place("schedule", "recompute")
            problem = f"schedule.recompute is {manifest.schedule.recompute:g} beside two memories"
            raise ThumbnetError(place, problem, "leave recompute out, or give ram one size")
        return _in_two_memories(graph, manifest)
    return choose_plan(
        graph,
        input=manifest.schedule.input,
        objective=manifest.schedule.objective,
        ram_limit=ram_limit(graph, manifest, target),
        recompute=manifest.schedule.recompute,
    )


def memories(manifest: Manifest) -> Memories | None:
    """The sizes of two memories, where the manifest gives them."""
    given = manifest.schedule.memories
    return None if given is None else Memories(given.fast, given.slow)


def _in_two_memories(graph: Graph, manifest: Manifest) -> Plan:
    how, sizes = manifest.schedule, memories(manifest)
    if sizes is None:
        raise ValueError("the manifest gives one memory")
    found = schedule_two_memories(graph, input=how.input, objective=how.objective, memories=sizes)
    if isinstance(found, Plan):
        return found
    has = sizes.fast if found.memory == "fast" else sizes.slow
    raise ThumbnetError(
        manifest.model.name,
        f'the {found.memory} memory needs at least {found.least} bytes at node "{found.operator}" '
        f"and schedule.ram.{found.memory} has {has}: {found.least - has} bytes are missing",
        _memories_remedy(graph, how.input, sizes, found),
    )


def _memories_remedy(graph: Graph, input: str, sizes: Memories, found: Shortage) -> str:
    for other in ("rows", "buffer"):
        possible = other != "rows" or why_not_pushed(graph) is None
        if input == "arena" and possible and fits_two_memories(graph, input=other, memories=sizes):
            return f"set schedule: {{input: {other}}}; then the sizes do"
    enough = dataclasses.replace(sizes, **{found.memory: found.least})
    return f"set schedule: {{ram: {{fast: {enough.fast}, slow: {enough.slow}}}}}"


def ram_limit(graph: Graph, manifest: Manifest, target: Target) -> int | None:
    """The most bytes that the arena may have: the manifest's, else what the board has left.

    Of a board, a fifth but at most 8 KB are left for the stack and the firmware's own data, and
    what the model keeps between inferences. None where nothing limits it, or where the manifest
    gives two memories.
    """
    if manifest.schedule.memories is not None:
        return None
    if manifest.schedule.ram_limit is not None or target.ram is None:
        return manifest.schedule.ram_limit
    return target.ram - min(target.ram // 5, RESERVE) - graph.state_bytes


def check_fits(graph: Graph, plan: Plan, manifest: Manifest, target: Target) -> None:
    """Compares the plan of ``graph`` with the manifest's RAM limit and the board's memories.

    Raises:
        ThumbnetError: names the operator that peaks and the bytes that are missing.
    """
    limit = ram_limit(graph, manifest, target)
    if limit is not None and plan.memory.arena_size > limit:
        missing = plan.memory.arena_size - limit
        given = "schedule.ram" if manifest.schedule.ram_limit is not None else target.name
        raise ThumbnetError(
            manifest.model.name,
            f'the arena needs at least {plan.memory.arena_size} bytes at node "{plan.memory.peak}"'
            f" and {given} has {limit} for it: {missing} bytes are missing",
            _ram_remedy(graph, manifest, limit),
        )
    if target.flash is not None and plan.weight_bytes > target.flash:
        missing = plan.weight_bytes - target.flash
        raise ThumbnetError(
            manifest.model.name,
            f"the weights need {plan.weight_bytes} bytes of flash and {target.name} has "
            f"{target.flash}: {missing} bytes are missing",
            "use a smaller network or a board with more flash",
        )


def _ram_remedy(graph: Graph, manifest: Manifest, limit: int) -> str:
    if manifest.schedule.plan is not None:
        return "leave schedule.plan out, or write it again with thumbnet plan MANIFEST --lock"
    for other in ("rows", "buffer"):
        possible = other != "rows" or why_not_pushed(graph) is None
        if manifest.schedule.input == "arena" and possible:
            recompute = manifest.schedule.recompute
            least = choose_plan(
                graph, input=other, objective="ram", ram_limit=limit, recompute=recompute
            )
            if least.memory.arena_size <= limit:
                needs = least.memory.arena_size
                return f"set schedule: {{input: {other}}}; the arena then needs {needs} bytes"
    source = manifest.schedule.input
    twice = choose_plan(
        graph, input=source, objective="speed", ram_limit=limit, recompute=MOST_RECOMPUTE
    )
    if twice.memory.arena_size <= limit:
        part = math.ceil(100 * twice.macs / twice.network_macs) / 100
        needs = twice.memory.arena_size
        return f"set schedule: {{recompute: {part}}}; the arena then needs {needs} bytes"
    return "raise schedule.ram, use a board with more RAM, or a model of lower resolution or width"


def name_model(graph: Graph, manifest: Manifest) -> Naming:
    """C names of the model's inputs and outputs: the manifest's, else input/output by position."""
    return Naming(
        manifest.name,
        _border_names(manifest, manifest.inputs, graph.inputs, "input"),
        _border_names(manifest, manifest.outputs, graph.outputs, "output"),
        _labels(manifest, graph),
    )


def _labels(manifest: Manifest, graph: Graph) -> tuple[str, ...]:
    """One a class, which is one an element of a pixel; two for a single element, no and yes."""
    count = graph.tensor(graph.outputs[0]).shape[-1]
    given = len(manifest.labels)
    if given not in (0, count) and (given, count) != (2, 1):
        raise ThumbnetError(
            manifest.place("labels"),
            f"labels names {given} classes, the first output has {count}",
            f"give {count} labels or leave labels out",
        )
    return manifest.label_identifiers


def _border_names(
    manifest: Manifest, given: tuple[str, ...], tensors: tuple[str, ...], kind: str
) -> tuple[str, ...]:
    if not given:
        if len(tensors) == 1:
            return (kind,)
        return tuple(f"{kind}_{index}" for index in range(len(tensors)))
    if len(given) != len(tensors):
        raise ThumbnetError(
            manifest.place(f"{kind}s"),
            f"{kind}s names {len(given)} tensors, the model has {len(tensors)}",
            f"give {len(tensors)} names or leave {kind}s out",
        )
    return given
