"""The tables of a streamed stage, read by ``src/thumbnet/stream.h``."""

from __future__ import annotations

from collections.abc import Mapping

from thumbnet.codegen.model import comment_text
from thumbnet.operators.base import Lowered
from thumbnet.plan import Plan, Stage, Step

_WHOLE, _LINES = "THUMBNET_STREAM_WHOLE", "THUMBNET_STREAM_LINES"
_CALLER, _PUSHED = "THUMBNET_STREAM_CALLER", "THUMBNET_STREAM_PUSHED"


def stage_symbol(index: int) -> str:
    """The name of stage ``index``'s tables."""
    return f"stream_{index}"


def stream_tables(plan: Plan, index: int, symbols: Mapping[str, str]) -> str:
    """The constant tables of streamed stage ``index``; ``symbols``: its layers by operator name."""
    stage = plan.stages[index]
    steps = [step for step in stage.steps if not plan.is_view(step.operator)]
    inputs = stage_inputs(plan, stage)
    tensors = [*inputs, *(step.operator.outputs[0] for step in steps)]
    numbers = {tensor: number for number, tensor in enumerate(tensors)}
    name = stage_symbol(index)
    states = len(tensors) + sum(step.lowered.accumulates for step in steps)
    text = f"static const thumbnet_stream_tensor_t {name}_tensors[{len(tensors)}] = {{\n"
    text += "".join(_tensor(plan, stage, steps, tensor) for tensor in tensors) + "};\n"
    read = [[numbers[_root(plan, name)] for name in activations(plan, step)] for step in steps]
    text += f"static const thumbnet_stream_operator_t {name}_operators[{len(steps)}] = {{\n"
    position = len(tensors)
    for step, of_one in zip(steps, read, strict=True):
        own = numbers[step.operator.outputs[0]]
        if step.lowered.accumulates:
            own, position = position, position + 1
        text += _operator(plan, stage, step, symbols[step.operator.name], numbers, (of_one, own))
    text += "};\n"
    upwards = ", .upwards = 1" if stage.upwards else ""
    last = max(number for number, of_one in enumerate(read) if 0 in of_one)
    pushed = f", .pushed_reader = {last}" if stage.pushed else ""
    text += (
        f"static const thumbnet_stream_t {name} = {{\n"
        f"    .tensors = {name}_tensors, .operators = {name}_operators,\n"
        f"    .state = {plan.memory.state[index]}, .state_count = {states},\n"
        f"    .input_count = {len(inputs)}, "
        f".operator_count = {len(steps)}{pushed}{upwards}{_tiles(stage)}}};\n"
    )
    return text


def _tiles(stage: Stage) -> str:
    if not stage.tiled:
        return ""
    tiles = stage.tiles
    text = f",\n    .tile_columns = {tiles.columns}, .tile_rows = {tiles.rows}"
    return f"{text}, .tile_edge = {tiles.edge}"


def stage_inputs(plan: Plan, stage: Stage) -> list[str]:
    """The tensors that a stage reads and does not make, in order of first use."""
    made = {step.operator.outputs[0] for step in stage.steps}
    found: dict[str, None] = {}
    for step in stage.steps:
        for tensor in activations(plan, step):
            root = _root(plan, tensor)
            if root not in made:
                found[root] = None
    if stage.pushed:
        # The executor takes the pushed tensor for the first one.
        pushed = plan.graph.inputs[0]
        return [pushed, *(tensor for tensor in found if tensor != pushed)]
    return list(found)


def activations(plan: Plan, step: Step) -> list[str]:
    """The inputs of a step that are no constants, in the order of its kernel's sources."""
    names = [name for name in step.operator.inputs if name]
    return [name for name in names if not plan.graph.tensor(name).is_constant]


def _root(plan: Plan, tensor: str) -> str:
    return plan.memory.views.get(tensor, tensor)


def _tensor(plan: Plan, stage: Stage, steps: list[Step], tensor: str) -> str:
    rows = _rows(plan, steps, tensor)
    more = max(
        (step.lowered.band for step in steps if step.operator.outputs[0] == tensor), default=1
    )
    together = f", .more = {more - 1}" if more > 1 else ""
    line = stage.lines.get(tensor)
    slots, strip, kept, margin, width = 0, 0, rows[0], 0, rows[1]
    slow = "THUMBNET_IN_SLOW + " if plan.memory.is_slow(tensor) else ""
    if line is not None:
        place = _PUSHED if stage.pushed and tensor == plan.graph.inputs[0] else _LINES
        slots, strip = plan.memory.lines[tensor]
        kept, margin, width = line.rows, line.margin, line.width
    elif tensor in plan.memory.offsets:
        place, slots = _WHOLE, plan.memory.offsets[tensor]
    else:
        place, slots = _CALLER, plan.buffers.index(tensor)
    return (
        f"    /* {comment_text(tensor)} */\n"
        f"    {{.slots = {slow}{slots}, .strip = {strip}, .rows = {kept}, .margin = {margin},\n"
        f"     .height = {rows[0]}, .width = {width}, .pixel_size = {rows[2]}, "
        f".place = {place}{together}}},\n"
    )


def _rows(plan: Plan, steps: list[Step], tensor: str) -> tuple[int, int, int]:
    """Height, width and bytes of a pixel, as the stage's operators see the tensor."""
    for step in steps:
        if step.operator.outputs[0] == tensor:
            made = step.lowered.output
            return made.height, made.width, made.channels * made.element_size
    for step in steps:
        names = [_root(plan, name) for name in activations(plan, step)]
        for name, source in zip(names, step.lowered.sources, strict=True):
            if name == tensor:
                read = source.rows
                return read.height, read.width, read.channels * read.element_size
    raise ValueError(f"no step of the stage touches {tensor!r}")


def _operator(
    plan: Plan,
    stage: Stage,
    step: Step,
    layer: str,
    numbers: Mapping[str, int],
    states: tuple[list[int], int],
) -> str:
    """One operator's entry; ``states`` are the numbers of its inputs and of its own state."""
    output = step.operator.outputs[0]
    steps = [other for other in stage.steps if not plan.is_view(other.operator)]
    readers = [
        number
        for number, other in enumerate(steps)
        if output in (_root(plan, tensor) for tensor in activations(plan, other))
    ]
    own = steps.index(step)
    read, position = states
    return (
        f"    {{.layer = &{layer}, "
        f".scratch = {plan.memory.scratch.get(step.operator.name, 0)}, "
        f".segment = {_segment(stage, step.lowered, step.operator.name)},\n"
        f"     .output = {numbers[output]}, .position = {position}, "
        f".ahead = {max(readers, default=own) - own}, "
        f".inputs = {{{', '.join(map(str, read))}}}}},\n"
    )


def _segment(stage: Stage, lowered: Lowered, operator: str) -> int:
    width = lowered.output.width if lowered.width is None else lowered.width
    return min(stage.segments.get(operator, width), width)
