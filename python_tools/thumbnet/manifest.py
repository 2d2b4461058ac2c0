"""thumbnet.yaml -> :class:`Manifest`: which model, under which names, for which schedule.

Every error names the file, the line, the offending key or value and what would be right; all
errors of a manifest are reported at once.
"""

from __future__ import annotations

import difflib
import os
import re
import reprlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails

from thumbnet import identifiers, yaml_lines
from thumbnet.errors import ThumbnetError, ThumbnetErrors
from thumbnet.options import Optimize
from thumbnet.signal.options import KINDS, SORTS, FrontEndOptions
from thumbnet.yaml_lines import Document, Key

LATER_KEYS = ("train", "search")
"""Keys of the manifest's design that this release refuses."""

MOST_RECOMPUTE = 4.0
"""The most that may be computed, as a multiple of the network's multiply-accumulates."""

_TAKEN_TENSOR_NAMES = frozenset(
    {"model", "arena", "arena_size", "slow_arena", "init", "run", "t", "memcpy", "memset"}
)
"""What generated functions call things or call, and tails of names after ``<model>_``."""

_MODEL_MACROS = frozenset({"ARENA_SIZE", "SLOW_ARENA_SIZE", "WEIGHT_SIZE", "MACS"})
"""Tails of the macros that every generated header has."""

_FRONT_END_NAMES = frozenset(
    ("frontend", "newest_rows", "ready", "reset", "run_newest", "push_audio", "push_sample")
)
"""What generated functions of a front end are called or call things."""

_TENSOR_MACROS = ("SIZE", "SCALE", "ZERO_POINT", "ROWS", "ROW_SIZE")
"""Tails of the macros that a generated header may have for each input and output."""

_EXPECTED = {
    "string_type": "text (quote it)",
    "tuple_type": "a list such as [a, b]",
    "model_type": "a mapping such as {objective: speed}",
    "path_type": "a file name",
    "float_type": "a number",
    "int_type": "a whole number",
}
"""What pydantic's error types mean to a user."""


def parse_size(value: object) -> int:
    """Bytes of ``65536``, ``64K`` or ``1M`` (powers of 1024; KB and KiB mean K).

    Raises:
        ValueError: anything else, or nothing to hold a model in.
    """
    match = re.fullmatch(r"(\d{1,12})\s*(?:([KM])(?:I?B)?)?", str(value).strip().upper())
    if isinstance(value, bool) or not isinstance(value, str | int) or match is None:
        raise ValueError("is not a number of bytes such as 65536, 64K or 1M")
    size = int(match[1]) * {None: 1, "K": 1024, "M": 1024**2}[match[2]]
    if size == 0:
        raise ValueError("is no room for a model")
    return size


def _ram(value: object) -> object:
    return value if value == "auto" else parse_size(value)


def _recompute(value: object) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 1.0 <= float(str(value)) <= MOST_RECOMPUTE:
        raise ValueError(f"is not a number from 1.0 (nothing twice) to {MOST_RECOMPUTE}")
    return float(str(value))


def _model_name(value: str) -> str:
    fault = identifiers.model_fault(value)
    if fault is not None:
        raise ValueError(f'{fault}; "{identifiers.model_name(value)}" would do')
    return value


def _tensor_name(value: str) -> str:
    fault = "is taken in the generated header" if value in _TAKEN_TENSOR_NAMES else None
    fault = fault or identifiers.fault(value)
    if fault is not None:
        raise ValueError(fault)
    return value


def _label(value: object) -> object:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and not identifiers.constant_name(text):
        raise ValueError("holds no letter or digit to make a C name of")
    return text


Labels = tuple[Annotated[str, BeforeValidator(_label)], ...]
TensorNames = tuple[Annotated[str, AfterValidator(_tensor_name)], ...]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TwoMemories(_Frozen):
    """Bytes for an arena in fast memory and for one in slow memory."""

    fast: Annotated[int, BeforeValidator(parse_size)]
    slow: Annotated[int, BeforeValidator(parse_size)]


_OneMemory = Annotated[int | Literal["auto"], BeforeValidator(_ram)]

_SORTS = ("one memory", "two memories")
"""What pydantic calls the sorts of ``ram``; users never see them."""

_HIDDEN = (*_SORTS, *SORTS)
"""Parts of pydantic's places that are no keys of the file."""

_Ram = Annotated[
    Annotated[_OneMemory, Tag(_SORTS[0])] | Annotated[TwoMemories, Tag(_SORTS[1])],
    Discriminator(lambda value: _SORTS[isinstance(value, dict | TwoMemories)]),
]


class Schedule(_Frozen):
    """What the scheduler aims at: ``ram`` is its limit in bytes, auto what the board has left.

    Of two memories ``ram`` is one limit each. ``recompute`` is how many times the network's
    multiply-accumulates may be executed for less RAM, in one memory. ``plan`` is a lock file (an
    absolute path) with the plan to use; nothing is searched then.
    """

    objective: Literal["speed", "ram"] = "speed"
    ram: _Ram = "auto"
    input: Literal["arena", "buffer", "rows"] = "arena"
    recompute: Annotated[float, BeforeValidator(_recompute)] = 1.0
    plan: Path | None = None

    @property
    def ram_limit(self) -> int | None:
        """The most bytes that the arena may have; None for auto, or where there are two."""
        return self.ram if isinstance(self.ram, int) else None

    @property
    def memories(self) -> TwoMemories | None:
        """The most bytes that each of two arenas may have; None where there is one."""
        return self.ram if isinstance(self.ram, TwoMemories) else None


def _numbers(value: object) -> object:
    """One number as a list of it."""
    single = isinstance(value, int | float) and not isinstance(value, bool)
    return (value,) if single else value


def _deviations(value: tuple[float, ...]) -> tuple[float, ...]:
    if not all(number > 0 for number in value):
        raise ValueError("holds a value that is not above zero")
    return value


_Numbers = Annotated[
    tuple[Annotated[float, Field(allow_inf_nan=False)], ...], BeforeValidator(_numbers)
]


class Quantize(_Frozen):
    """How a float32 model becomes int8: samples of its input (absolute paths).

    ``calibration`` and ``validation`` are .npz, .npy or folders of pictures; of the latter the
    report tells the accuracy. uint8 values are (value - ``mean``) / ``std`` to the network.
    ``samples`` is how many of the calibration samples are used.
    """

    calibration: Path
    validation: Path | None = None
    mean: _Numbers = ()
    std: Annotated[_Numbers, AfterValidator(_deviations)] = ()
    samples: Annotated[int, Field(ge=16, le=4096, strict=True)] = 256

    @property
    def sources(self) -> tuple[Path, ...]:
        """The files and folders that are read."""
        return (self.calibration, *([] if self.validation is None else [self.validation]))


class Manifest(_Frozen):
    """A model to build, checked; ``model`` is its absolute path, ``name`` a C identifier.

    ``inputs`` and ``outputs`` are C names by position, empty or as many as the model has;
    ``labels`` name the classes of the first output. ``optimize`` is what flash is spent on, see
    :data:`thumbnet.options.Optimize`. ``io`` quantized leaves a float model's
    QUANTIZE and DEQUANTIZE at its borders to the caller; float converts on the device.
    ``quantize`` says how a float32 model is quantized. ``factory`` is the function of a Python file
    ``model`` that builds the network (``model: net.py:build``), ``checkpoint`` its weights.
    ``frontend`` makes the input from a sensor's samples.
    """

    model: Path
    name: Annotated[str, AfterValidator(_model_name)]
    inputs: TensorNames = ()
    outputs: TensorNames = ()
    labels: Labels = ()
    io: Literal["quantized", "float"] = "quantized"
    optimize: Optimize = "balanced"
    schedule: Schedule = Schedule()
    quantize: Quantize | None = None
    factory: str | None = None
    checkpoint: Path | None = None
    frontend: FrontEndOptions | None = None
    _document: Document | None = PrivateAttr(default=None)

    @field_validator("inputs", "outputs")
    @classmethod
    def _tensors_are_distinct(cls, value: TensorNames, info: ValidationInfo) -> TensorNames:
        other = "output" if info.field_name == "inputs" else "input"
        for name in value:
            if re.fullmatch(rf"{other}(_\d+)?", name.lower()):
                raise ValueError(f'has "{name}", which {other}s are called by default')
        names = (*info.data.get("inputs", ()), *value)
        # Macros carry the names in upper case, so names that differ only in case meet there, and
        # the size of "image_row" and the row size of "image".
        _refuse_twins([name.upper() for name in names], names)
        for name in names:
            if f"{name}_row".upper() in (other.upper() for other in names):
                raise ValueError(f'has "{name}" and "{name}_row", which share a macro')
        return value

    @field_validator("labels")
    @classmethod
    def _labels_are_distinct(cls, value: Labels, info: ValidationInfo) -> Labels:
        names = [identifiers.constant_name(label) for label in value]
        _refuse_twins(names, value)
        tensors = (*info.data.get("inputs", ()), *info.data.get("outputs", ()))
        stems = "|".join([*(name.upper() for name in tensors), r"(?:INPUT|OUTPUT)(?:_\d+)?"])
        tails = "|".join(_TENSOR_MACROS)
        for name in names:
            if name in _MODEL_MACROS or re.fullmatch(f"(?:{stems})_(?:{tails})", name):
                raise ValueError(f"has {name}, the name of a macro in the generated header")
        return value

    @field_validator("frontend")
    @classmethod
    def _front_end_names(
        cls, value: FrontEndOptions | None, info: ValidationInfo
    ) -> FrontEndOptions | None:
        names = (*info.data.get("inputs", ()), *info.data.get("outputs", ()))
        taken = [name for name in names if name in _FRONT_END_NAMES]
        if value is not None and taken:
            raise ValueError(f'cannot stand beside a tensor called "{taken[0]}"')
        labels = [identifiers.constant_name(label) for label in info.data.get("labels", ())]
        macros = [label for label in labels if label.startswith("FRONTEND_")]
        if value is not None and macros:
            raise ValueError(f"cannot stand beside a label called {macros[0]}")
        return value

    @property
    def label_identifiers(self) -> tuple[str, ...]:
        """``labels`` as tails of enumerators: "no person" is NO_PERSON."""
        return tuple(identifiers.constant_name(label) for label in self.labels)

    @property
    def source(self) -> Path | None:
        """The manifest file's absolute path; None for a bare model."""
        return None if self._document is None else _absolute(Path(self._document.file))

    def place(self, *key: str | int) -> str:
        """``file:line`` of a key for an error message; the model's path without a manifest."""
        return str(self.model) if self._document is None else self._document.place(key)

    def require_model(self) -> None:
        """Raise a ThumbnetError unless the model is a file."""
        if not self.model.is_file():
            fault = "is a directory" if self.model.is_dir() else "does not exist"
            remedy = "check the path; a manifest's paths are relative to its own folder"
            raise ThumbnetError(self.place("model"), f'model "{self.model}" {fault}', remedy)

    def require_plan(self) -> None:
        """Raise a ThumbnetError unless the pinned plan, if there is one, is a file."""
        plan = self.schedule.plan
        if plan is not None and not plan.is_file():
            fault = "is a directory" if plan.is_dir() else "does not exist"
            remedy = "write it with thumbnet plan MANIFEST --lock"
            raise ThumbnetError(self.place("schedule", "plan"), f'plan "{plan}" {fault}', remedy)


def load(path: Path) -> Manifest:
    """The manifest in the file ``path``; its model need not exist yet.

    Raises:
        ThumbnetError: the file cannot be read, or the errors of all its keys.
    """
    document = yaml_lines.read(path)
    values = dict(document.values)
    errors = [_later(document, key) for key in LATER_KEYS if key in values]
    for key in LATER_KEYS:
        values.pop(key, None)
    model = values.get("model")
    if isinstance(model, str):
        errors += _model_errors(document, model)
        model, factory = _divided(model)
        values["model"] = _absolute(path.parent / model)
        if factory is not None and "factory" not in values:
            values["factory"] = factory
    if isinstance(values.get("checkpoint"), str):
        values["checkpoint"] = _absolute(path.parent / str(values["checkpoint"]))
    schedule = values.get("schedule")
    if isinstance(schedule, dict) and isinstance(schedule.get("plan"), str):
        values["schedule"] = schedule | {"plan": _absolute(path.parent / schedule["plan"])}
    quantize = values.get("quantize")
    if isinstance(quantize, dict):
        named = {key: quantize.get(key) for key in ("calibration", "validation")}
        values["quantize"] = quantize | {
            key: _absolute(path.parent / value)
            for key, value in named.items()
            if isinstance(value, str)
        }
    values.setdefault("name", identifiers.model_name(Path(str(model)).stem))
    try:
        manifest = Manifest.model_validate(values)
    except ValidationError as error:
        errors += [_translated(document, details) for details in error.errors()]
    if errors:
        # file:9 before file:10, and what is missing from the file first.
        errors.sort(key=lambda error: (len(error.place), error.place))
        raise errors[0] if len(errors) == 1 else ThumbnetErrors(errors)
    manifest._document = document
    return manifest


def implicit(model: Path) -> Manifest:
    """The manifest of a bare model file: everything by default."""
    return Manifest(model=_absolute(model), name=identifiers.model_name(model.stem))


def load_or_implicit(path: Path) -> Manifest:
    """``path`` as a manifest where it ends in .yaml or .yml, else as a model."""
    return load(path) if path.suffix.lower() in (".yaml", ".yml") else implicit(path)


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 (Path.absolute keeps "..", resolve follows links)


def _divided(model: str) -> tuple[str, str | None]:
    """``net.py:build`` as the file and the function; of other models the function is None."""
    found = re.fullmatch(r"(.*\.py):([A-Za-z_]\w*)", model)
    return (model, None) if found is None else (found[1], found[2])


def _model_errors(document: Document, model: str) -> list[ThumbnetError]:
    place, file = document.place(("model",)), _divided(model)[0]
    if not model.strip() or "\0" in model:
        remedy = "give a .tflite, an .onnx, or net.py:build"
        return [ThumbnetError(place, f'model: "{model}" is not a file name', remedy)]
    if model == file and re.search(r"\.py(:.*)?\Z", model):
        remedy = "name it behind a colon: model: net.py:build"
        return [ThumbnetError(place, f'model: "{model}" names no function of the file', remedy)]
    if model == file and "checkpoint" in document.values:
        problem = f'key "checkpoint" stands beside model: "{model}", which has its weights'
        return [ThumbnetError(document.place(("checkpoint",)), problem, "leave it out")]
    if "factory" in document.values:
        place, remedy = document.place(("factory",)), "write model: net.py:build"
        return [ThumbnetError(place, 'unknown key "factory"', remedy)]
    return []


def _later(document: Document, key: str) -> ThumbnetError:
    return ThumbnetError(
        document.place((key,)),
        f'key "{key}" is not supported yet in this release',
        "leave it out; int8 inference is what this release builds",
    )


def _translated(document: Document, details: ErrorDetails) -> ThumbnetError:
    """A ThumbnetError of one pydantic error."""
    key: Key = tuple(part for part in details["loc"] if part not in _HIDDEN)
    place, dotted = document.place(key), ".".join(str(part) for part in key)
    value = _short(details["input"])
    match details["type"]:
        case "missing" if key[0] == "quantize":
            remedy = "add calibration: FILE, a .npz of samples or a folder of pictures"
            return ThumbnetError(document.place(key[:-1]), f'key "{dotted}" is missing', remedy)
        case "missing" if key[0] == "frontend":
            problem = f'key "{dotted}" is missing'
            return ThumbnetError(document.place(key[:-1]), problem, f"add {key[-1]}: to it")
        case "missing" if len(key) > 1:
            remedy = "give both, such as ram: {fast: 64K, slow: 256K}"
            return ThumbnetError(document.place(key[:-1]), f'key "{dotted}" is missing', remedy)
        case "missing":
            return ThumbnetError(document.file, f'key "{dotted}" is missing', f"add {dotted}: FILE")
        case "extra_forbidden":
            valid = _valid_keys(document, key)
            return ThumbnetError(place, f'unknown key "{dotted}"', _nearest(str(key[-1]), valid))
        case "literal_error":
            valid = re.findall(r"'(\w+)'", details["ctx"]["expected"])
            valid = list(KINDS) if key == ("frontend", "kind") else valid
            problem = f"{dotted}: {value} is not one of {', '.join(valid)}"
            return ThumbnetError(place, problem, _nearest(str(details["input"]), valid))
        case "value_error":
            return ThumbnetError(place, f"{dotted}: {value} {details['ctx']['error']}")
        case kind:
            expected = _EXPECTED.get(kind, details["msg"])
            return ThumbnetError(place, f"{dotted}: {value} is not {expected}")


def _valid_keys(document: Document, key: Key) -> list[str]:
    if key[0] == "quantize" and len(key) > 1:
        return list(Quantize.model_fields)
    if key[0] == "frontend" and len(key) > 1:
        given = document.values["frontend"]
        kind = given.get("kind") if isinstance(given, dict) else None
        return list(KINDS[kind if kind in KINDS else "mfcc"].model_fields)
    if key[0] != "schedule" or len(key) == 1:
        return [name for name in Manifest.model_fields if name != "factory"]
    return list((TwoMemories if key[1] == "ram" and len(key) > 2 else Schedule).model_fields)


def _nearest(word: str, valid: Sequence[str]) -> str:
    near = difflib.get_close_matches(word.lower(), valid, n=1)
    return f'write "{near[0]}"' if near else f"valid here: {', '.join(valid)}"


def _short(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    short = reprlib.Repr()
    short.maxlevel, short.maxstring, short.maxother = 2, 60, 60
    return short.repr(value)


def _refuse_twins(names: Sequence[str], shown: Sequence[str]) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            first = shown[names.index(name)]
            raise ValueError(f'has "{first}" and "{shown[index]}", which are one C name')
