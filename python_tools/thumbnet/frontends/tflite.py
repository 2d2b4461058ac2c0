"""Reads .tflite files into the IR. The file is not trusted."""

from __future__ import annotations

from pathlib import Path

from thumbnet.errors import ThumbnetError, ThumbnetErrors
from thumbnet.frontends.flatbuffer import Malformed
from thumbnet.frontends.tflite_dilation import fuse_dilations
from thumbnet.frontends.tflite_float import computes_in_float, described, together
from thumbnet.frontends.tflite_folding import fold
from thumbnet.frontends.tflite_nodes import Converted, Node
from thumbnet.frontends.tflite_operators import CONVERTERS, DATA_INPUTS, REMEDIES, SHAPE_INPUTS
from thumbnet.frontends.tflite_schema import RawModel, RawOperator, read_model
from thumbnet.frontends.tflite_tensors import Names, Tensors, short_name
from thumbnet.frontends.tflite_unsigned import with_borders
from thumbnet.frontends.tflite_variables import OPERATORS as STATE_OPERATORS
from thumbnet.frontends.tflite_variables import Variables, resolve
from thumbnet.frontends.tflite_versions import NEWEST
from thumbnet.ir.graph import Graph, Operator, State, Tensor

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
    model, variables = resolve(model, tensors, file)
    borders = [
        [tensors.get(index) for index in indices] for indices in (_inputs(model), model.outputs)
    ]
    names = Names()
    operators: list[Operator] = []
    used = {tensor.name: tensor for border in borders for tensor in border}
    states: list[State] = []
    errors: dict[str, ThumbnetError] = {}
    floats: list[ThumbnetError] = []
    for index in _needed(model, variables):
        node = Node(index, model.operators[index], tensors, file)
        try:
            constants = fold(node, CONVERTERS)
            if constants is not None:
                tensors.found.update(constants)
                used.update((t.name, t) for t in constants.values() if t.name in used)
                continue
            made, touched, kept = _operators(node, names)
            operators += made
            states += kept
            used.update((tensor.name, tensor) for tensor in touched)
        except ThumbnetError as error:
            if computes_in_float(node):
                floats.append(described(node, error))
            else:
                errors.setdefault(error.message(), error)
    if errors or floats:
        found = ([together(floats)] if floats else []) + list(errors.values())
        raise found[0] if len(found) == 1 else ThumbnetErrors(found)
    inputs, outputs = (tuple(tensor.name for tensor in border) for border in borders)
    states += variables.states(tensors, used, operators, names)
    graph = Graph(Path(file).stem, used, tuple(operators), inputs, outputs, states=tuple(states))
    _check_order(graph)
    return fuse_dilations(with_borders(graph, tensors.unsigned, names), file)


def _operators(node: Node, names: Names) -> tuple[list[Operator], list[Tensor], list[State]]:
    """The operators that the node becomes, the tensors that they read and write, their states."""
    converter = CONVERTERS.get(node.raw.builtin)
    if converter is None:
        remedy = REMEDIES.get(node.raw.builtin, "replace it by supported operators")
        raise node.refuse("operator is not supported", f"{remedy}; see SUPPORTED_OPS.md")
    newest = NEWEST.get(node.raw.builtin, 1)
    if not 1 <= node.raw.version <= newest:
        raise node.refuse(
            f"version {node.raw.version} of the operator; versions 1 to {newest} are known",
            "export with an older converter, or use a newer thumbnet",
        )
    converted = converter(node)
    operators, touched = [], []
    states: list[State] = []
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
        states += one.states
    return operators, touched, states


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


def _needed(model: RawModel, variables: Variables) -> list[int]:
    """The operators that the outputs depend on, now or in a later inference, in order."""
    wanted: set[int] = set(model.outputs)
    needed: set[int] = set()
    while True:
        before = len(wanted)
        for index in range(len(model.operators) - 1, -1, -1):
            operator = model.operators[index]
            if operator.builtin not in STATE_OPERATORS and wanted.intersection(operator.outputs):
                needed.add(index)
                wanted.update(_data_inputs(operator))
        wanted |= variables.written(wanted)
        if len(wanted) == before:
            return sorted(needed)


def _check_order(graph: Graph) -> None:
    """Every value is written once, and before it is read."""
    ready = {name for name, tensor in graph.tensors.items() if tensor.is_constant}
    for name in graph.inputs:
        if name in ready:
            raise Malformed(f'input "{name}" is a constant or named twice')
        ready.add(name)
    for state in graph.states:
        if state.read in ready:
            raise Malformed(f'variable "{state.read}" is an input, or of two operators')
        ready.add(state.read)
    for operator in graph.operators:
        for name in operator.inputs:
            if name and name not in ready:
                raise Malformed(f'node "{operator.name}" reads "{name}" before it is written')
        for name in operator.outputs:
            if name in ready:
                raise Malformed(f'node "{operator.name}" writes "{name}", which has a value')
            ready.add(name)
    for name in graph.results:
        if name not in ready:
            raise Malformed(f'output "{name}" is never written')
    _check_states(graph)


def _check_states(graph: Graph) -> None:
    """What an operator changes in place is read by it alone."""
    in_place = {name for operator in graph.operators for name in operator.outputs[1:]}
    for state in graph.states:
        shared = len(graph.consumers(state.read)) > 1 or state.read in graph.outputs
        if state.written in in_place and shared:
            raise Malformed(f'variable "{state.read}" is read beside the operator that changes it')
