"""The generated functions: init, run and, where rows are pushed, begin, push_row and finish."""

from __future__ import annotations

from thumbnet.codegen.header import init_signature, push_signatures, run_signature
from thumbnet.codegen.layers import group_steps, layer_groups
from thumbnet.codegen.model import TAG, Naming, arena_of, ctype, operator_comment
from thumbnet.codegen.signal import CLEAR
from thumbnet.codegen.states import keep_states, reset, reset_call
from thumbnet.codegen.stream import stage_symbol
from thumbnet.plan import Plan, Stage
from thumbnet.signal.front_end import FrontEnd

_IDLE = "0xffffu"  # the row counter outside begin ... finish


def functions(plan: Plan, naming: Naming, front_end: FrontEnd | None = None) -> str:
    """All functions of a model but those of its front end."""
    clear = "" if front_end is None else CLEAR
    parts = [reset(plan, naming, clear), _init(plan, naming, clear), _accessors(plan, naming)]
    if plan.pushed:
        parts += [_begin(naming), _push_row(plan, naming), _finish(plan, naming)]
        parts.append(_run_pushed(plan, naming))
    else:
        parts.append(_run(plan, naming))
    return "\n".join(part for part in parts if part)


def _init(plan: Plan, naming: Naming, clear: str) -> str:
    if plan.memory.slow is not None:
        return _init_two(plan, naming, clear)
    name = naming.name
    rows = f"    model->rows = {_IDLE};\n" if plan.pushed else ""
    return f"""int {name}_init({name}_t *model, void *arena, size_t arena_size)
{{
    if (model == NULL || arena == NULL) {{
        return THUMBNET_ERROR_NULL;
    }}
    if (arena_size < {name.upper()}_ARENA_SIZE) {{
        return THUMBNET_ERROR_ARENA_SIZE;
    }}
    if ((uintptr_t)arena % THUMBNET_ARENA_ALIGNMENT != 0) {{
        return THUMBNET_ERROR_ARENA_ALIGNMENT;
    }}
    model->arena = (uint8_t *)arena;
    model->tag = {TAG};
{rows}{reset_call(plan, naming)}{clear}    return THUMBNET_OK;
}}
"""


def _init_two(plan: Plan, naming: Naming, clear: str) -> str:
    prefix = naming.name.upper()
    slow = plan.memory.slow
    # An empty arena needs no place, and compilers warn of sizes below 0u.
    empty = slow is None or not slow.size
    null, size, misaligned = "", f"fast_size < {prefix}_ARENA_SIZE", "(uintptr_t)fast"
    if not empty:
        null = " || slow == NULL"
        size += f" || slow_size < {prefix}_SLOW_ARENA_SIZE"
        misaligned = "((uintptr_t)fast | (uintptr_t)slow)"
    unused = "    (void)slow_size;\n" if empty else ""
    rows = f"    model->rows = {_IDLE};\n" if plan.pushed else ""
    return f"""{init_signature(plan, naming)}
{{
    if (model == NULL || fast == NULL{null}) {{
        return THUMBNET_ERROR_NULL;
    }}
    if ({size}) {{
        return THUMBNET_ERROR_ARENA_SIZE;
    }}
    if ({misaligned} % THUMBNET_ARENA_ALIGNMENT != 0) {{
        return THUMBNET_ERROR_ARENA_ALIGNMENT;
    }}
    model->arena[THUMBNET_FAST] = (uint8_t *)fast;
    model->arena[THUMBNET_SLOW] = (uint8_t *)slow;
{unused}    model->tag = {TAG};
{rows}{reset_call(plan, naming)}{clear}    return THUMBNET_OK;
}}
"""


def _accessors(plan: Plan, naming: Naming) -> str:
    if not plan.input_in_arena:
        return ""
    text = []
    for tensor, name in zip(plan.graph.inputs, naming.inputs, strict=True):
        element = ctype(plan.graph.tensor(tensor))
        place = f"{arena_of(plan, tensor)} + {plan.memory.offsets[tensor]}"
        text.append(
            f"{element} *{naming.name}_{name}({naming.name}_t *model)\n{{\n"
            f"    return ({element} *)(void *)(model->{place});\n}}\n"
        )
    return "\n".join(text)


def _checks(pointers: list[str]) -> list[str]:
    return [
        f"    if ({' || '.join(f'{pointer} == NULL' for pointer in pointers)}) {{",
        "        return THUMBNET_ERROR_NULL;",
        "    }",
        f"    if (model->tag != {TAG}) {{",
        "        return THUMBNET_ERROR_NOT_INITIALIZED;",
        "    }",
    ]


def _run(plan: Plan, naming: Naming) -> str:
    lines = [
        run_signature(plan, naming),
        "{",
        *_checks(["model", *naming.inputs, *naming.outputs]),
        _arena(plan),
        *_copy_inputs(plan, naming),
    ]
    for index in range(len(plan.stages)):
        lines += _stage(plan, naming, index)
    lines += _copy_outputs(plan, naming)
    lines += keep_states(plan, {name: _place(plan, naming, name) for name in plan.graph.results})
    return "\n".join([*lines, "    return THUMBNET_OK;", "}", ""])


def _arena(plan: Plan) -> str:
    both = "*const " if plan.memory.slow is not None else ""
    return f"    uint8_t *const {both}arena = model->arena;"


def _begin(naming: Naming) -> str:
    lines = [
        f"int {naming.name}_begin({naming.name}_t *model)",
        "{",
        *_checks(["model"]),
        f"    thumbnet_begin_stream(&{stage_symbol(0)}, model->arena);",
        "    model->rows = 0;",
        "    return THUMBNET_OK;",
        "}",
        "",
    ]
    return "\n".join(lines)


def _push_row(plan: Plan, naming: Naming) -> str:
    height = f"{naming.name.upper()}_{naming.inputs[0].upper()}_ROWS"
    lines = [
        push_signatures(plan, naming)["push_row"],
        "{",
        *_checks(["model", "row"]),
        # The idle counter is above every height, too.
        f"    if (model->rows >= {height}) {{",
        "        return THUMBNET_ERROR_ROWS;",
        "    }",
        "    model->rows++;",
        *_describe(plan, plan.stages[0]),
        f"    thumbnet_push_stream(&{stage_symbol(0)}, model->arena, row);",
        "    return THUMBNET_OK;",
        "}",
        "",
    ]
    return "\n".join(lines)


def _finish(plan: Plan, naming: Naming) -> str:
    height = f"{naming.name.upper()}_{naming.inputs[0].upper()}_ROWS"
    lines = [
        push_signatures(plan, naming)["finish"],
        "{",
        *_checks(["model", *naming.outputs]),
        f"    if (model->rows != {height}) {{",
        "        return THUMBNET_ERROR_ROWS;",
        "    }",
        _arena(plan),
        f"    model->rows = {_IDLE};",
    ]
    for index in range(1, len(plan.stages)):
        lines += _stage(plan, naming, index)
    lines += _copy_outputs(plan, naming)
    return "\n".join([*lines, "    return THUMBNET_OK;", "}", ""])


def _run_pushed(plan: Plan, naming: Naming) -> str:
    # No variables: their names could be those of outputs.
    macro = f"{naming.name.upper()}_{naming.inputs[0].upper()}"
    source = naming.inputs[0]
    lines = [
        run_signature(plan, naming),
        "{",
        *_checks(["model", source, *naming.outputs]),
        f"    (void){naming.name}_begin(model);",
        f"    while (model->rows < {macro}_ROWS) {{",
        f"        (void){naming.name}_push_row(model, {source} + model->rows * {macro}_ROW_SIZE);",
        "    }",
        f"    return {naming.name}_finish({', '.join(['model', *naming.outputs])});",
        "}",
        "",
    ]
    return "\n".join(lines)


def _copy_inputs(plan: Plan, naming: Naming) -> list[str]:
    if not plan.input_in_arena:
        return []
    lines = []
    for tensor, name in zip(plan.graph.inputs, naming.inputs, strict=True):
        place = f"{arena_of(plan, tensor)} + {plan.memory.offsets[tensor]}"
        lines += [
            f"    if ((const void *){name} != (const void *)({place})) {{",
            f"        thumbnet_move({place}, {name}, {plan.graph.tensor(tensor).size});",
            "    }",
        ]
    return lines


def _copy_outputs(plan: Plan, naming: Naming) -> list[str]:
    graph = plan.graph
    return [
        f"    thumbnet_move({name}, {_place(plan, naming, tensor)}, {graph.tensor(tensor).size});"
        for tensor, name in zip(graph.outputs, naming.outputs, strict=True)
    ]


def _stage(plan: Plan, naming: Naming, index: int) -> list[str]:
    """The statements that run stage ``index``; of layers, with the first of their table."""
    stage = plan.stages[index]
    places = ", ".join(_place(plan, naming, name) for name in plan.buffers)
    buffers = f"(const void *const[]){{{places}}}" if places else "NULL"
    if stage.kind == "stream":
        run = "thumbnet_run_tiles" if stage.tiled else "thumbnet_run_stream"
        call = f"    {run}(&{stage_symbol(index)}, arena, {buffers});"
        return [*_describe(plan, stage), call]
    for number, group in enumerate(layer_groups(plan)):
        if group[0] == index:
            count = len(group_steps(plan, group))
            table = f"layers_{number}, {count}, places_{number}"
            return [f"    thumbnet_run_layers({table}, arena, {buffers});"]
    return []


def _describe(plan: Plan, stage: Stage) -> list[str]:
    return [f"    {operator_comment(plan, step.operator)}" for step in stage.steps]


def _place(plan: Plan, naming: Naming, tensor: str) -> str:
    if tensor in plan.memory.offsets:
        return f"{arena_of(plan, tensor)} + {plan.memory.offsets[tensor]}"
    # Only states and inputs that stay in the caller's buffer have no place in the arena.
    source = plan.memory.views.get(tensor, tensor)
    if source in plan.state_places:
        return f"model->state + {plan.state_places[source]}"
    return naming.inputs[plan.graph.inputs.index(source)]
