"""The tables of operators over whole tensors, read by ``src/thumbnet/layer.h``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from thumbnet.codegen.model import operator_comment
from thumbnet.codegen.stream import activations
from thumbnet.operators.base import Lowered, Source
from thumbnet.plan import Plan, Step

_WIDE_CALLER, _NARROW_CALLER = 0x40000000, 0xFF00
"""Where numbers of the caller's buffers begin, above every offset in an arena."""


def table_options(plan: Plan) -> str:
    """The macros that say what the tables of this model need."""
    sources = [source for step in plan.steps for source in step.lowered.sources]
    options = {
        "THUMBNET_SIZE": "uint16_t" if _is_narrow(plan) else "uint32_t",
        "THUMBNET_WINDOW": "uint8_t" if max(_windows(sources), default=0) < 256 else "uint16_t",
        "THUMBNET_ROW_MAPS": str(int(any(source.row_map is not None for source in sources))),
        "THUMBNET_STREAMS": str(int(any(stage.kind == "stream" for stage in plan.stages))),
    }
    if any(map(_crops, sources)):
        options["THUMBNET_CROPS"] = "1"
    if any(step.lowered.numbered for step in plan.steps):
        options["THUMBNET_ROW_NUMBERS"] = "1"
    options |= dict.fromkeys(
        sorted({one for step in plan.steps for one in step.lowered.options}), "1"
    )
    most = max((len(step.lowered.sources) for step in plan.steps), default=1)
    options["THUMBNET_MAX_INPUTS"] = str(most)
    if plan.pushed:
        options["THUMBNET_PUSHED"] = "1"
    if plan.buffers:
        options["THUMBNET_CALLER"] = f"{_caller(plan):#x}u"
        options["THUMBNET_CALLER_BUFFERS"] = f"{len(plan.buffers)}u"
    return "".join(f"#define {name} {value}\n" for name, value in options.items())


def layer_groups(plan: Plan) -> list[tuple[int, ...]]:
    """Stages that run layer by layer one after the other, by number: each group is one table."""
    groups: list[tuple[int, ...]] = []
    for index, stage in enumerate(plan.stages):
        if stage.kind == "stream" or all(plan.is_view(step.operator) for step in stage.steps):
            continue
        between = plan.stages[groups[-1][-1] : index] if groups else ()
        if groups and all(other.kind != "stream" for other in between):
            groups[-1] = (*groups[-1], index)
        else:
            groups.append((index,))
    return groups


def group_steps(plan: Plan, group: tuple[int, ...]) -> list[Step]:
    """What a group runs."""
    steps = (step for index in group for step in plan.stages[index].steps)
    return [step for step in steps if not plan.is_view(step.operator)]


def layer_tables(plan: Plan, layers: Mapping[str, str]) -> str:
    """The tables of all groups; ``layers`` by operator name (:func:`layer`)."""
    text = ""
    for number, group in enumerate(layer_groups(plan)):
        steps = group_steps(plan, group)
        entries = "".join(
            f"    {operator_comment(plan, step.operator)}\n    {layers[step.operator.name]},\n"
            for step in steps
        )
        places = ",\n".join(f"    {', '.join(_places(plan, step))}" for step in steps)
        text += f"static const thumbnet_layer_t layers_{number}[] = {{\n{entries}}};\n"
        text += f"static const THUMBNET_SIZE places_{number}[] = {{\n{places}}};\n"
    return text


def layer(lowered: Lowered, kernel: str, constants: str, sources: str) -> str:
    """The initialiser of a ``thumbnet_layer_t``; the rest are names in C."""
    row_size, steps, width = _extent(lowered)
    if lowered.clear % 4:
        raise ValueError(f"{lowered.kernel.function} clears {lowered.clear} bytes, no whole words")
    return (
        f"{{.kernel = {kernel}, .constants = &{constants},\n"
        f"     .sources = {sources}, .out_row_size = {row_size}, .width = {width},\n"
        f"     .clear = {lowered.clear}, .steps = {steps}, .inputs = {len(lowered.sources)}}}"
    )


def source_fields(plan: Plan, source: Source, row_map: str) -> str:
    """The initialiser of a ``thumbnet_source_t``."""
    picked = "" if source.row_map is None else f".map = {row_map}, "
    text = (
        f"    {{{picked}.row_size = {source.rows.row_size}, .height = {source.rows.height},\n"
        f"     .kernel_height = {source.kernel_height}, .stride = {source.stride}, "
        f".pad = {source.pad}"
    )
    if source.left_out:
        text += f", .left_out = {source.left_out}"
    if any(stage.kind == "stream" for stage in plan.stages):
        text += (
            f",\n     .kernel_width = {source.kernel_width}, "
            f".stride_width = {source.stride_width}, .pad_left = {source.pad_left}"
        )
    return text + "}"


def _crops(source: Source) -> bool:
    """Whether rows or columns are left out in front of those that it reads."""
    return min(source.pad, source.pad_left) < 0


def _extent(lowered: Lowered) -> tuple[int, int, int]:
    """Bytes of an output row, steps and pixels of a run."""
    row_size = 0 if lowered.accumulates else lowered.output.row_size
    steps = lowered.output.height if lowered.steps is None else lowered.steps
    width = lowered.output.width if lowered.width is None else lowered.width
    return row_size, steps, width


def _is_narrow(plan: Plan) -> bool:
    """Whether 16 bits are enough for all sizes and offsets, and leave room for buffers' numbers."""
    if plan.memory.slow is not None:
        return False
    numbers = [plan.memory.arena_size]
    for step in plan.steps:
        row_size, _, width = _extent(step.lowered)
        numbers += [row_size, width, step.lowered.clear]
        numbers += [source.rows.row_size for source in step.lowered.sources]
    return max(numbers) <= _NARROW_CALLER


def _windows(sources: list[Source]) -> Iterator[int]:
    for source in sources:
        yield from (source.kernel_height, source.stride, source.pad)
        yield from (source.kernel_width, source.stride_width, source.pad_left)


def _caller(plan: Plan) -> int:
    return _NARROW_CALLER if _is_narrow(plan) else _WIDE_CALLER


def _places(plan: Plan, step: Step) -> list[str]:
    """Where a layer's inputs, its output and its scratch are."""
    names = [*activations(plan, step), step.operator.outputs[0]]
    scratch = plan.memory.scratch.get(step.operator.name, 0)
    return [*(_place(plan, name) for name in names), str(scratch)]


def _place(plan: Plan, tensor: str) -> str:
    memory = plan.memory
    if tensor in memory.offsets:
        slow = "THUMBNET_IN_SLOW + " if memory.is_slow(tensor) else ""
        return f"{slow}{memory.offsets[tensor]}"
    # Only states and inputs that stay in the caller's buffer have no place in the arena.
    source = memory.views.get(tensor, tensor)
    return f"THUMBNET_CALLER + {plan.buffers.index(source)}"
