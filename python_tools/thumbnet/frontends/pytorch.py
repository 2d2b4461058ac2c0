"""Networks that a Python function builds with PyTorch, by torch.export. They run the user's code.

Only a manifest that names the function has it called, and only this module imports torch. The
exported program goes on as the plain operators of an ONNX file would (``onnx_quantization`` and
what follows), so both ways give the same graph.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from thumbnet.errors import ThumbnetError, ThumbnetErrors
from thumbnet.frontends.onnx import import_raw
from thumbnet.frontends.onnx_model import Border, RawModel, needed_nodes
from thumbnet.frontends.pytorch_calls import Call, Nodes, Ref
from thumbnet.frontends.pytorch_operators import TRANSLATORS
from thumbnet.ir.graph import Array, DType, Graph

OPSET = 17
"""Whose operators the program's become."""
_RETURNS = "return (module, example), example being a tensor [1, ...] or a tuple of them"


def read_pytorch(path: Path, factory: str, checkpoint: Path | None = None) -> Graph:
    """The network that the function ``factory`` of the file ``path`` returns, named after the file.

    The function takes nothing and returns the module and an example of its input: a float32 tensor
    with a batch of one, or a tuple of them. ``checkpoint`` is a state dictionary of torch.save,
    read with weights_only.

    Raises:
        ThumbnetError: torch is missing, the code fails, or the network has an operator that is not
            known; all such operators at once.
    """
    place = f"{path.name}:{factory}"
    torch = _torch(place)
    module, example = _built(path, factory, place, torch)
    if checkpoint is not None:
        _load(module, checkpoint, torch)
    try:
        with torch.no_grad():
            program = torch.export.export(module.eval(), example)
            # Without in-place operators, the others as they are.
            program = program.run_decompositions({})
    except Exception as error:  # the user's code and torch raise anything
        raise _failed(place, "torch.export", error) from error
    return import_raw(_raw(program, place, path.name)).graph


def _torch(place: str) -> Any:
    try:
        return importlib.import_module("torch")
    except ModuleNotFoundError:
        raise ThumbnetError(
            place, "needs PyTorch, which is not installed", "pip install thumbnet[pytorch]"
        ) from None


def _failed(place: str, what: str, error: BaseException) -> ThumbnetError:
    lines = str(error).strip().splitlines()
    said = lines[0][:160] if lines else ""
    return ThumbnetError(place, f"{what} raises {type(error).__name__}: {said}", "")


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """The file's neighbours can be imported while it runs."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _built(path: Path, factory: str, place: str, torch: Any) -> tuple[Any, tuple[Any, ...]]:
    """What the function returns, as a module and a tuple of examples."""
    spec = importlib.util.spec_from_file_location(f"thumbnet_model_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ThumbnetError(place, "is no Python file", "check the path of the model")
    source = importlib.util.module_from_spec(spec)
    try:
        with _importable(path.parent):
            spec.loader.exec_module(source)
            function = getattr(source, factory, None)
            if not callable(function):
                raise ThumbnetError(place, f"has no function {factory}", "check its name")
            made = function()
    except ThumbnetError:
        raise
    except Exception as error:  # the user's code
        raise _failed(place, "it", error) from error
    module, example = made if isinstance(made, tuple) and len(made) == 2 else (made, None)
    examples = example if isinstance(example, tuple) else (example,)
    if not isinstance(module, torch.nn.Module):
        raise ThumbnetError(place, f"returns {type(made).__name__}", _RETURNS)
    if not all(isinstance(part, torch.Tensor) and part.ndim for part in examples):
        raise ThumbnetError(place, "returns no example of the network's input", _RETURNS)
    for part in examples:
        if part.dtype is not torch.float32 or part.shape[0] != 1:
            shape = list(part.shape)
            raise ThumbnetError(place, f"returns an example {part.dtype} {shape}", _RETURNS)
    return module, examples


def _load(module: Any, checkpoint: Path, torch: Any) -> None:
    place = str(checkpoint)
    try:
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)
        for key in ("state_dict", "model"):
            state = state[key] if isinstance(state.get(key), dict) else state
        module.load_state_dict(state)
    except FileNotFoundError:
        raise ThumbnetError(place, "does not exist", "check the manifest's checkpoint") from None
    except Exception as error:  # torch raises anything
        raise ThumbnetError(
            place,
            f"is no state dictionary of the network ({type(error).__name__})",
            "write it with torch.save(module.state_dict(), path)",
        ) from error


def _raw(program: Any, place: str, file: str) -> RawModel:
    """The exported program as a network of plain nodes."""
    signature = program.graph_signature
    stored = {spec.arg.name: spec.target for spec in signature.input_specs if spec.target}
    nodes, refs = Nodes(), dict[str, Ref]()
    inputs, errors = [], []
    for node in program.graph.nodes:
        if node.op == "placeholder":
            refs[node.name] = Ref(node.name, _shape(node.meta.get("val")))
            if node.name in stored:
                nodes.constants[node.name] = _array(program, stored[node.name])
            else:
                inputs.append(Border(node.name, DType.FLOAT32, refs[node.name].shape))
        elif node.op == "call_function" and node.target.__name__ == "getitem":
            source, number = node.args
            refs[node.name] = Ref(f"{source.name}.{number}", _shape(node.meta["val"]))
        elif node.op == "call_function":
            value = node.meta["val"]
            values = value if isinstance(value, list | tuple) else [value]
            shapes = tuple(map(_shape, values))
            refs[node.name] = Ref(node.name, shapes[0])
            call = Call(_op(node.target), node.name, _arguments(node, refs), shapes, place)
            try:
                _translate(nodes, call)
            except ThumbnetError as error:
                errors.append(error)
    if errors:
        raise errors[0] if len(errors) == 1 else ThumbnetErrors(errors)
    outputs = tuple(
        refs[spec.arg.name].name
        for spec in signature.output_specs
        if spec.kind.name == "USER_OUTPUT"
    )
    needed = needed_nodes(nodes.nodes, outputs)
    return RawModel(file, OPSET, tuple(inputs), outputs, needed, nodes.constants)


def _translate(nodes: Nodes, call: Call) -> None:
    translator = TRANSLATORS.get(call.op)
    if translator is None:
        remedy = "replace it by operators of SUPPORTED_ONNX_OPS.md"
        raise call.refuse("operator is not supported", remedy)
    translator(nodes, call)


def _op(target: Any) -> str:
    """aten.conv2d.default -> conv2d."""
    name = str(target).removeprefix("aten.")
    return name.partition(".")[0]


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(int(size) for size in getattr(value, "shape", ()))


def _array(program: Any, name: str) -> Array:
    """A parameter, buffer or constant of the program."""
    held: Mapping[str, Any] = program.state_dict
    tensor = held[name] if name in held else program.constants[name]
    array = tensor.detach().cpu().numpy()
    return np.asarray(array.astype(np.float32) if array.dtype.kind == "f" else array)


def _arguments(node: Any, refs: Mapping[str, Ref]) -> dict[str, object]:
    """The call's arguments by name, defaults too."""

    def value(given: Any) -> object:
        if isinstance(given, list | tuple):
            return [value(item) for item in given]
        return refs.get(given.name) if hasattr(given, "op") else given

    schema = getattr(node.target, "_schema", None)
    if schema is None:
        return {}
    names = [argument.name for argument in schema.arguments]
    found = {
        argument.name: argument.default_value
        for argument in schema.arguments
        if argument.has_default_value()
    }
    found |= dict(zip(names, node.args, strict=False)) | dict(node.kwargs)
    return {name: value(given) for name, given in found.items()}
