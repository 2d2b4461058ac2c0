"""The generated front end: from samples to the newest rows of the input."""

from __future__ import annotations

from collections.abc import Sequence

from thumbnet.codegen.arrays import array_value
from thumbnet.codegen.model import TAG, Naming
from thumbnet.operators.base import CArray
from thumbnet.signal.front_end import FrontEnd, Table
from thumbnet.signal.options import AudioOptions, ImuOptions

_STATE = "thumbnet_signal_state_t"

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
    what = {
        "audio": "/* Takes any number of samples of 16-bit PCM; each frame that they complete makes"
        " a row, the\n * newest of the input.",
        "imu": "/* Takes one sample of all channels, which makes a row, the newest of the input.",
    }[front_end.kind]
    name = naming.name
    return (
        f"{what} THUMBNET_OK, THUMBNET_ERROR_NULL or\n * _NOT_INITIALIZED. */\n"
        f"{_push_signature(front_end, name)};\n\n"
        "/* 1 where the input is full and "
        f"{_every(front_end)} since the last inference, else 0. */\n"
        f"int {name}_ready(const {name}_t *model);\n\n"
        "/* One inference on the newest rows. As run, and THUMBNET_ERROR_ROWS while the input is"
        " not full. */\n"
        f"{_run_signature(name, outputs)};\n\n"
    )


def _every(front_end: FrontEnd) -> str:
    rows = _rows_between(front_end)
    return "a new row has come" if rows == 1 else f"{rows} new rows have come"


def _rows_between(front_end: FrontEnd) -> int:
    options = front_end.options
    return options.every if isinstance(options, AudioOptions | ImuOptions) else 1


def _push_signature(front_end: FrontEnd, name: str) -> str:
    if front_end.kind == "audio":
        return f"int {name}_push_audio({name}_t *model, const int16_t *samples, size_t count)"
    channels = f"{name.upper()}_FRONTEND_CHANNELS"
    return f"int {name}_push_sample({name}_t *model, const int16_t sample[{channels}])"


def _run_signature(name: str, outputs: Sequence[str]) -> str:
    return f"int {name}_run_newest({', '.join([f'{name}_t *model', *outputs])})"


def frontend_source(front_end: FrontEnd | None, naming: Naming, outputs: Sequence[str]) -> str:
    """The constants and the functions, behind those of the network."""
    if front_end is None:
        return ""
    name = naming.name
    state = f"const {_STATE} *const state = (const {_STATE} *)(const void *)model->frontend;"
    given = ", ".join(["model", f"(const int8_t *)(model->frontend + {front_end.rows})"])
    given = ", ".join([given, *naming.outputs])
    argument, call = {
        "audio": ("samples", "thumbnet_audio_push(&frontend, model->frontend, samples, count);"),
        "imu": ("sample", "thumbnet_imu_push(&frontend, model->frontend, sample);"),
    }[front_end.kind]
    return (
        f"#include <thumbnet/signal/{front_end.kind}.h>\n\n{_constants(front_end)}\n"
        f"{_push_signature(front_end, name)}\n{{\n{_checks(['model', argument])}"
        f"    {call}\n    return THUMBNET_OK;\n}}\n\n"
        f"int {name}_ready(const {name}_t *model)\n{{\n{_checks(['model'])}"
        f"    {state}\n"
        f"    return state->rows == {front_end.frames} && "
        f"state->fresh >= {_rows_between(front_end)};\n}}\n\n"
        f"{_run_signature(name, outputs)}\n{{\n{_checks(['model', *naming.outputs])}"
        f"    {_STATE} *const newest_rows = ({_STATE} *)(void *)model->frontend;\n"
        f"    if (newest_rows->rows != {front_end.frames}) {{\n"
        "        return THUMBNET_ERROR_ROWS;\n    }\n"
        "    newest_rows->fresh = 0;\n"
        f"    return {name}_run({given});\n}}\n"
    )


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
