"""The generated front end: from samples to the newest rows of the input."""

from __future__ import annotations

from collections.abc import Sequence

from thumbnet.codegen.arrays import array_value
from thumbnet.codegen.model import TAG, Naming, arena_of
from thumbnet.operators.base import CArray
from thumbnet.plan import Plan
from thumbnet.signal.camera import FORMATS
from thumbnet.signal.front_end import FrontEnd, Table
from thumbnet.signal.options import AudioOptions, CameraOptions, ImuOptions

_STATE = "thumbnet_signal_state_t"

_WHAT = {
    "audio": "Takes any number of samples of 16-bit PCM; each frame that they complete makes a row,"
    "\n * the newest of the input. THUMBNET_OK, THUMBNET_ERROR_NULL or _NOT_INITIALIZED.",
    "imu": "Takes one sample of all channels, which makes a row, the newest of the input.\n"
    " * THUMBNET_OK, THUMBNET_ERROR_NULL or _NOT_INITIALIZED.",
    "camera": "Takes the next line of a picture, from the top. THUMBNET_OK, THUMBNET_ERROR_NULL,\n"
    " * _NOT_INITIALIZED, or _ROWS behind the last line. From the first line to run_newest the\n"
    " * arena belongs to this model.",
}
"""What pushing does, by the sort of front end."""

CLEAR = "    thumbnet_fill(model->frontend, 0, 8);\n"
"""What init and reset do: no samples, no rows."""


def frontend_size(front_end: FrontEnd | None, naming: Naming) -> str:
    """The macro of what a front end keeps; "" without one."""
    if front_end is None:
        return ""
    prefix = naming.name.upper()
    what = f"bytes of {naming.name}_t: samples, scratch, the newest rows; not in the arena"
    text = f"#define {prefix}_FRONTEND_SIZE {front_end.state_bytes}u /* {what} */\n"
    return text + "".join(
        f"#define {prefix}_{name} {value}u /* {comment} */\n"
        for name, value, comment in _macros(front_end)
    )


def _macros(front_end: FrontEnd) -> list[tuple[str, int, str]]:
    options = front_end.options
    if isinstance(options, AudioOptions):
        return [
            ("FRONTEND_RATE", options.rate, "samples a second"),
            ("FRONTEND_HOP", options.hop_samples, "samples from one row to the next"),
        ]
    if isinstance(options, ImuOptions):
        return [("FRONTEND_CHANNELS", options.channels, "of a sample")]
    if isinstance(options, CameraOptions):
        size = options.width * FORMATS[options.format]
        return [
            ("FRONTEND_LINES", options.height, "of a picture"),
            ("FRONTEND_LINE_SIZE", size, f"bytes, {options.format}"),
        ]
    return []


def frontend_member(front_end: FrontEnd | None, naming: Naming) -> str:
    """The member of the model object."""
    if front_end is None:
        return ""
    return f"    THUMBNET_ALIGNED uint8_t frontend[{naming.name.upper()}_FRONTEND_SIZE];\n"


def frontend_declarations(
    front_end: FrontEnd | None, naming: Naming, outputs: Sequence[str]
) -> str:
    """The declarations with their comments; ``outputs`` are parameters of ``<name>_run``."""
    if front_end is None:
        return ""
    name = naming.name
    rows = _rows_between(front_end)
    came = "a new row has come" if rows == 1 else f"{rows} new rows have come"
    ready = f"1 where the input is full and {came} since the last inference, else 0."
    run = "One inference on the newest rows. As run, and THUMBNET_ERROR_ROWS while the input is\n"
    run += " * not full."
    if front_end.kind == "camera":
        ready = "1 where all lines of a picture have come, else 0."
        run = (
            "One inference on the picture; the next line is the first of another one. As run, and\n"
        )
        run += " * THUMBNET_ERROR_ROWS while lines are missing."
    return (
        f"/* {_WHAT[front_end.kind]} */\n{_push_signature(front_end, name)};\n\n"
        f"/* {ready} */\nint {name}_ready(const {name}_t *model);\n\n"
        f"/* {run} */\n{_run_signature(name, outputs)};\n\n"
    )


def _rows_between(front_end: FrontEnd) -> int:
    options = front_end.options
    return options.every if isinstance(options, AudioOptions | ImuOptions) else 1


def _push_signature(front_end: FrontEnd, name: str) -> str:
    if front_end.kind == "audio":
        return f"int {name}_push_audio({name}_t *model, const int16_t *samples, size_t count)"
    if front_end.kind == "camera":
        size = f"{name.upper()}_FRONTEND_LINE_SIZE"
        return f"int {name}_push_camera_row({name}_t *model, const uint8_t line[{size}])"
    channels = f"{name.upper()}_FRONTEND_CHANNELS"
    return f"int {name}_push_sample({name}_t *model, const int16_t sample[{channels}])"


def _run_signature(name: str, outputs: Sequence[str]) -> str:
    return f"int {name}_run_newest({', '.join([f'{name}_t *model', *outputs])})"


def frontend_source(
    front_end: FrontEnd | None, plan: Plan, naming: Naming, outputs: Sequence[str]
) -> str:
    """The constants and the functions, behind those of the network."""
    if front_end is None:
        return ""
    name = naming.name
    state = f"const {_STATE} *const state = (const {_STATE} *)(const void *)model->frontend;"
    push = _push_camera if front_end.kind == "camera" else _push
    return (
        f"#include <thumbnet/signal/{front_end.kind}.h>\n\n{_constants(front_end)}\n"
        f"{push(front_end, plan, naming)}\n"
        f"int {name}_ready(const {name}_t *model)\n{{\n{_checks(['model'])}"
        f"    {state}\n"
        f"    return {_is_ready(front_end)};\n}}\n\n"
        f"{_run_signature(name, outputs)}\n{{\n{_checks(['model', *naming.outputs])}"
        f"    {_STATE} *const newest_rows = ({_STATE} *)(void *)model->frontend;\n"
        f"    if ({_is_missing(front_end)}) {{\n"
        "        return THUMBNET_ERROR_ROWS;\n    }\n"
        f"{_run(front_end, plan, naming)}}}\n"
    )


def _is_ready(front_end: FrontEnd) -> str:
    if isinstance(front_end.options, CameraOptions):
        return f"state->held == {front_end.options.height}"
    enough = f"state->fresh >= {_rows_between(front_end)}"
    return f"state->rows == {front_end.frames} && {enough}"


def _is_missing(front_end: FrontEnd) -> str:
    if isinstance(front_end.options, CameraOptions):
        return f"newest_rows->held != {front_end.options.height}"
    return f"newest_rows->rows != {front_end.frames}"


def _push(front_end: FrontEnd, plan: Plan, naming: Naming) -> str:
    del plan
    argument, call = {
        "audio": ("samples", "thumbnet_audio_push(&frontend, model->frontend, samples, count);"),
        "imu": ("sample", "thumbnet_imu_push(&frontend, model->frontend, sample);"),
    }[front_end.kind]
    return (
        f"{_push_signature(front_end, naming.name)}\n{{\n{_checks(['model', argument])}"
        f"    {call}\n    return THUMBNET_OK;\n}}\n"
    )


def _push_camera(front_end: FrontEnd, plan: Plan, naming: Naming) -> str:
    name = naming.name
    begin = ""
    push = f"        row += {front_end.features};\n"
    if plan.pushed:
        begin = f"    if (state->held == 0) {{\n        (void){name}_begin(model);\n    }}\n"
        push = f"        (void){name}_push_row(model, row);\n"
    at = "" if plan.pushed else f" + state->rows * {front_end.features}u"
    return (
        f"{_push_signature(front_end, name)}\n{{\n{_checks(['model', 'line'])}"
        f"    {_STATE} *const state = ({_STATE} *)(void *)model->frontend;\n"
        f"    if (state->held >= {name.upper()}_FRONTEND_LINES) {{\n"
        f"        return THUMBNET_ERROR_ROWS;\n    }}\n{begin}"
        f"    int8_t *row = (int8_t *)({_image(front_end, plan)}{at});\n"
        "    while (thumbnet_camera_row(&frontend, model->frontend, line, row)) {\n"
        f"{push}        state->rows++;\n        state->fresh = 1;\n    }}\n"
        "    state->held++;\n    return THUMBNET_OK;\n}\n"
    )


def _image(front_end: FrontEnd, plan: Plan) -> str:
    """Where the rows of the input are."""
    if front_end.kind == "camera" and plan.input_in_arena:
        tensor = plan.graph.inputs[0]
        return f"model->{arena_of(plan, tensor)} + {plan.memory.offsets[tensor]}"
    return f"model->frontend + {front_end.rows}"


def _run(front_end: FrontEnd, plan: Plan, naming: Naming) -> str:
    camera = front_end.kind == "camera"
    given = ["model", f"(const int8_t *)({_image(front_end, plan)})", *naming.outputs]
    # A picture is looked at once; of samples the rows stay.
    counters = ("held", "rows", "fresh") if camera else ("fresh",)
    text = "".join(f"    newest_rows->{counter} = 0;\n" for counter in counters)
    if camera and plan.pushed:
        return f"{text}    return {naming.name}_finish({', '.join(['model', *naming.outputs])});\n"
    return f"{text}    return {naming.name}_run({', '.join(given)});\n"


def _checks(pointers: list[str]) -> str:
    nulls = " || ".join(f"{pointer} == NULL" for pointer in pointers)
    return (
        f"    if ({nulls}) {{\n        return THUMBNET_ERROR_NULL;\n    }}\n"
        f"    if (model->tag != {TAG}) {{\n        return THUMBNET_ERROR_NOT_INITIALIZED;\n    }}\n"
    )


def _constants(front_end: FrontEnd) -> str:
    text = ""
    for field, table in front_end.tables:
        ctype, extent, value = array_value(CArray("", table.ctype, table.values))
        text += f"static const {ctype} frontend_{field}{extent} = {value};\n"
    lines = [
        f"    .{field} = {f'frontend_{field}' if isinstance(value, Table) else _value(value)},\n"
        for field, value in front_end.fields
    ]
    shift = front_end.requantization.shift
    return (
        f"{text}static const thumbnet_{front_end.kind}_t frontend = {{\n{''.join(lines)}"
        f"    .quantize = {{frontend_multipliers, frontend_offsets, {shift}}},\n}};\n"
    )


def _value(value: object) -> str:
    return "NULL" if value is None else str(value)
