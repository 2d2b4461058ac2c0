"""What a model keeps from one inference to the next: bytes of the model object."""

from __future__ import annotations

from collections.abc import Mapping

from thumbnet.codegen.arrays import array_value
from thumbnet.codegen.model import CTYPES, TAG, Naming
from thumbnet.operators.base import CArray
from thumbnet.plan import Plan


def state_member(plan: Plan, naming: Naming) -> str:
    """The member of the model object."""
    if not plan.graph.state_bytes:
        return ""
    size = f"{naming.name.upper()}_STATE_SIZE"
    return f"    THUMBNET_ALIGNED uint8_t state[{size}]; /* kept between inferences */\n"


def state_size(plan: Plan, naming: Naming) -> str:
    """The macro of its size."""
    if not plan.graph.state_bytes:
        return ""
    what = f"of {naming.name}_t, kept between inferences; not in the arena"
    return (
        f"#define {naming.name.upper()}_STATE_SIZE {plan.graph.state_bytes}u /* bytes {what} */\n"
    )


def reset_declaration(plan: Plan, naming: Naming, front_end: bool = False) -> str:
    """The declaration of ``<name>_reset`` with its comment; "" where nothing is kept."""
    if not plan.graph.state_bytes and not front_end:
        return ""
    kept = "all earlier inferences" if plan.graph.state_bytes else "all earlier samples"
    kept += " and samples" if plan.graph.state_bytes and front_end else ""
    return (
        f"/* Forgets {kept}, as init does. THUMBNET_OK, THUMBNET_ERROR_NULL or\n"
        f" * _NOT_INITIALIZED. */\nint {naming.name}_reset({naming.name}_t *model);\n\n"
    )


def reset(plan: Plan, naming: Naming, clear: str = "") -> str:
    """The constants of initial states and the function that writes them; "" without states.

    ``clear`` are the statements that empty the front end.
    """
    if not plan.graph.state_bytes:
        return _reset(naming, clear) if clear else ""
    places, constants, lines = plan.state_places, "", []
    for index, state in enumerate(plan.graph.states):
        place = f"model->state + {places[state.read]}"
        raw = state.initial.tobytes()
        if len(set(raw)) == 1:
            lines.append(f"    thumbnet_fill({place}, {raw[0]}, {len(raw)});\n")
            continue
        element = CTYPES[plan.graph.tensor(state.read).dtype]
        ctype, extent, value = array_value(CArray("", element, state.initial))
        constants += f"static const {ctype} initial_{index}{extent} = {value};\n"
        lines.append(f"    thumbnet_move({place}, initial_{index}, {len(raw)});\n")
    return (
        f"{constants}static void initial_states({naming.name}_t *model)\n{{\n{''.join(lines)}}}\n\n"
        + _reset(naming, f"    initial_states(model);\n{clear}")
    )


def _reset(naming: Naming, statements: str) -> str:
    return (
        f"int {naming.name}_reset({naming.name}_t *model)\n{{\n"
        "    if (model == NULL) {\n        return THUMBNET_ERROR_NULL;\n    }\n"
        f"    if (model->tag != {TAG}) {{\n"
        "        return THUMBNET_ERROR_NOT_INITIALIZED;\n    }\n"
        f"{statements}    return THUMBNET_OK;\n}}\n"
    )


def reset_call(plan: Plan, naming: Naming) -> str:
    """What ``<name>_init`` does about states."""
    return "    initial_states(model);\n" if plan.graph.state_bytes else ""


def keep_states(plan: Plan, places: Mapping[str, str]) -> list[str]:
    """The statements that copy new states, by tensor at ``places``, behind the last operator."""
    return [
        f"    thumbnet_move(model->state + {plan.state_places[state.read]}, "
        f"{places[state.written]}, {plan.graph.tensor(state.read).size});"
        for state in plan.graph.states
        if state.written in places
    ]
