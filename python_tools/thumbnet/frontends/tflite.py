"""Reads .tflite files into the IR. The file is not trusted."""

from __future__ import annotations

from pathlib import Path

from thumbnet.errors import ThumbnetError, ThumbnetErrors
from thumbnet.frontends.flatbuffer import Malformed
from thumbnet.frontends.tflite_nodes import Converted, Node
from thumbnet.frontends.tflite_operators import CONVERTERS, DATA_INPUTS, REMEDIES, SHAPE_INPUTS
from thumbnet.frontends.tflite_schema import RawModel, RawOperator, read_model
from thumbnet.frontends.tflite_tensors import Names, Tensors, short_name
from thumbnet.ir.graph import Graph, Operator, Tensor

MAX_FILE_SIZE = 64 << 20
"""Bytes; far above any microcontroller's flash."""
MAX_OPERATORS = 10_000


def read_tflite(path: Path) -> Graph:
    """The network in a .tflite file, named after the file.

    Raises:
        ThumbnetError: the file cannot be read, is damaged, or holds what the compiler cannot
            express; :class:`ThumbnetErrors` where several operators are at fault.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE_SIZE:
            raise ThumbnetError(
                path.name,
                f"has {size} bytes; the limit is {MAX_FILE_SIZE}",
                "use a smaller network",
            )
        data = path.read_bytes()
    except OSError as error:
        raise ThumbnetError(
            str(path), f"cannot be read: {error.strerror}", "check the path of the model"
        ) from None
    return parse_tflite(data, path.name)


def parse_tflite(data: bytes, file: str) -> Graph:
    """The network in the bytes of a .tflite file; ``file`` is its name for messages.

    Raises:
        ThumbnetError: as :func:`read_tflite`.
    """
    try:
        model = read_model(data)
        return _convert(model, file)
    except Malformed as error:
        raise ThumbnetError(
            file,
            f"is not a valid .tflite file: {error}",
            "it may be cut short or of another format; export or copy it again",
        ) from None


def _convert(model: RawModel, file: str) -> Graph:
    if not model.inputs or not model.outputs:
        raise Malformed("the network has no inputs or no outputs")
    if len(model.operators) > MAX_OPERATORS:
        raise ThumbnetError(
            file, f"has {len(model.operators)} operators; the limit is {MAX_OPERATORS}"
        )
    tensors = Tensors(model, file)
    borders = [
        [tensors.get(index) for index in indices] for indices in (_inputs(model), model.outputs)
    ]
    names = Names()
    operators: list[Operator] = []
    used = {tensor.name: tensor for border in borders for tensor in border}
    errors: dict[str, ThumbnetError] = {}
    for index in _needed(model):
        node = Node(index, model.operators[index], tensors, file)
        try:
            made, touched = _operators(node, names)
            operators += made
            used.update((tensor.name, tensor) for tensor in touched)
        except ThumbnetError as error:
            errors.setdefault(error.message(), error)
    if errors:
        found = list(errors.values())
        raise found[0] if len(found) == 1 else ThumbnetErrors(found)
    inputs, outputs = (tuple(tensor.name for tensor in border) for border in borders)
    graph = Graph(Path(file).stem, used, tuple(operators), inputs, outputs)
    _check_order(graph)
    return graph


def _operators(node: Node, names: Names) -> tuple[list[Operator], list[Tensor]]:
    """The operators that the node becomes and the tensors that they read and write."""
    converter = CONVERTERS.get(node.raw.builtin)
    if converter is None:
        remedy = REMEDIES.get(node.raw.builtin, "replace it by supported operators")
        raise node.refuse("operator is not supported", f"{remedy}; see SUPPORTED_OPS.md")
    converted = converter(node)
    operators, touched = [], []
    for one in [converted] if isinstance(converted, Converted) else converted:
        outputs = one.outputs or (node.output(),)
        operators.append(
            Operator(
                one.kind,
                names.unique(short_name(outputs[0].name)),
                tuple("" if tensor is None else tensor.name for tensor in one.inputs),
                tuple(tensor.name for tensor in outputs),
                one.attributes,
            )
        )
        touched += [*outputs, *(tensor for tensor in one.inputs if tensor is not None)]
    return operators, touched


def _data_inputs(operator: RawOperator) -> tuple[int, ...]:
    count = DATA_INPUTS.get(operator.builtin, len(operator.inputs))
    shape = SHAPE_INPUTS.get(operator.builtin)
    found = enumerate(operator.inputs[:count])
    return tuple(index for number, index in found if index != -1 and number != shape)


def _inputs(model: RawModel) -> list[int]:
    """The network's inputs, but for those that nothing reads but as a shape."""
    shapes: set[int] = set()
    data = set(model.outputs)
    for operator in model.operators:
        number = SHAPE_INPUTS.get(operator.builtin)
        if number is not None:
            shapes.update(operator.inputs[number : number + 1])
        data.update(_data_inputs(operator))
    kept = [index for index in model.inputs if index in data or index not in shapes]
    if not kept:
        raise Malformed("the network has no inputs")
    return kept


def _needed(model: RawModel) -> list[int]:
    """The operators that the outputs depend on, in order."""
    wanted = set(model.outputs)
    needed = []
    for index in range(len(model.operators) - 1, -1, -1):
        operator = model.operators[index]
        if wanted.intersection(operator.outputs):
            needed.append(index)
            wanted.update(_data_inputs(operator))
    return needed[::-1]


def _check_order(graph: Graph) -> None:
    """Every value is written once, and before it is read."""
    ready = {name for name, tensor in graph.tensors.items() if tensor.is_constant}
    for name in graph.inputs:
        if name in ready:
            raise Malformed(f'input "{name}" is a constant or named twice')
        ready.add(name)
    for operator in graph.operators:
        for name in operator.inputs:
            if name and name not in ready:
                raise Malformed(f'node "{operator.name}" reads "{name}" before it is written')
        for name in operator.outputs:
            if name in ready:
                raise Malformed(f'node "{operator.name}" writes "{name}", which has a value')
            ready.add(name)
    for name in graph.outputs:
        if name not in ready:
            raise Malformed(f'output "{name}" is never written')
