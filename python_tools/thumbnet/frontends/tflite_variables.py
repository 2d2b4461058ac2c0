"""Resource variables of a TFLite file: VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE, CALL_ONCE.

A variable is named by its handle's container and name. Operators run in the file's order: what
READ_VARIABLE makes before the first ASSIGN_VARIABLE is the value that the inference before left,
behind it what was assigned. The subgraph of CALL_ONCE assigns what the first inference reads.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

from thumbnet.frontends.tflite_nodes import Node
from thumbnet.frontends.tflite_schema import RawModel, RawOperator
from thumbnet.frontends.tflite_tensors import Names, Tensors, printable
from thumbnet.ir.attributes import Reshape
from thumbnet.ir.graph import Operator, State, Tensor

OPERATORS = ("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE")
"""What :func:`resolve` deals with; they become states, not operators."""

MAX_VARIABLES = 1000


@dataclass
class _Variable:
    """What is known of a variable at some place of the file."""

    name: str
    initial: Tensor | None = None
    read: int | None = None  # the tensor that holds what the inference before left
    value: int | None = None  # the tensor with what was assigned last


@dataclass(frozen=True)
class Variables:
    """The variables of a model: for each one the tensors read and written at last."""

    read_and_written: tuple[tuple[int, int], ...] = ()
    initial: tuple[Tensor, ...] = ()

    def written(self, wanted: set[int]) -> set[int]:
        """What has to be computed for the variables among ``wanted`` tensors."""
        return {written for read, written in self.read_and_written if read in wanted}

    def states(
        self, tensors: Tensors, used: dict[str, Tensor], operators: list[Operator], names: Names
    ) -> list[State]:
        """The states of a graph of ``operators`` and of the tensors ``used``.

        What they become is added to these. A value that no operator has made is copied first: where
        variables become what others were, they cannot be stored one after the other.
        """
        waiting = list(zip(self.read_and_written, self.initial, strict=True))
        made = {name for operator in operators for name in operator.outputs}
        found: list[State] = []
        while True:
            read = [pair for pair in waiting if tensors.get(pair[0][0]).name in used]
            if not read:
                return found
            for (before, after), initial in read:
                old, new = tensors.get(before), tensors.get(after)
                used[new.name] = new
                if new.name not in made:
                    operators.append(_copy(new, tensors, names))
                    name = operators[-1].outputs[0]
                    new = used[name] = dataclasses.replace(new, name=name, data=None)
                assert initial.data is not None
                found.append(State(old.name, new.name, initial.data))
            waiting = [pair for pair in waiting if pair not in read]


def _copy(value: Tensor, tensors: Tensors, names: Names) -> Operator:
    output = tensors.names.unique(f"{value.name}/kept")
    return Operator("reshape", names.unique(output), (value.name,), (output,), Reshape())


@dataclass
class _Resolver:
    tensors: Tensors
    file: str
    handles: dict[int, str] = field(default_factory=dict)
    variables: dict[str, _Variable] = field(default_factory=dict)
    aliases: dict[int, int] = field(default_factory=dict)

    def node(self, index: int, operator: RawOperator) -> None:
        """Follows an operator of the first subgraph."""
        node = Node(index, operator, self.tensors, self.file)
        if operator.builtin == "VAR_HANDLE":
            self._handle(node, self.handles)
        elif operator.builtin == "CALL_ONCE":
            self._call_once(node)
        elif operator.builtin == "READ_VARIABLE":
            self._read(node)
        else:
            self._assign(node)

    def found(self) -> Variables:
        """The variables that keep a value; one that is never assigned becomes a constant."""
        pairs, initial = [], []
        for variable in self.variables.values():
            if variable.read is None or variable.initial is None:
                continue
            if variable.value in (None, variable.read):
                read = self.tensors.get(variable.read)
                constant = dataclasses.replace(read, data=variable.initial.data)
                self.tensors.found[variable.read] = constant
                continue
            assert variable.value is not None
            pairs.append((variable.read, variable.value))
            initial.append(variable.initial)
        return Variables(tuple(pairs), tuple(initial))

    def _handle(self, node: Node, handles: dict[int, str]) -> None:
        options = node.options("VarHandleOptions")
        container, name = ("", "") if options is None else (options.text(0), options.text(1))
        if len(node.raw.outputs) != 1:
            raise node.malformed(f"has {len(node.raw.outputs)} outputs; it makes one")
        key = f"{container}/{name}" if container else name
        handles[node.raw.outputs[0]] = key
        if key not in self.variables:
            if len(self.variables) >= MAX_VARIABLES:
                raise node.refuse(f"more than {MAX_VARIABLES} variables", "use a smaller network")
            self.variables[key] = _Variable(printable(key))

    def _variable(self, node: Node, handles: dict[int, str], inputs: int) -> _Variable:
        if len(node.raw.inputs) != inputs:
            raise node.malformed(f"has {len(node.raw.inputs)} inputs; it takes {inputs}")
        handle = handles.get(node.raw.inputs[0])
        if handle is None:
            raise node.refuse(
                "its variable is not named by a VAR_HANDLE before it",
                "export variables of the network itself, not passed in by the caller",
            )
        return self.variables[handle]

    def _call_once(self, node: Node) -> None:
        if any(v.read is not None or v.value is not None for v in self.variables.values()):
            raise node.refuse(
                "initial values are assigned behind the first use of a variable",
                "export again; a converter puts CALL_ONCE first",
            )
        model = self.tensors.model.subgraph(node.integer("CallOnceOptions", 0, "i"))
        tensors, handles = Tensors(model, self.file), dict[int, str]()
        for index, operator in enumerate(model.operators):
            inner = Node(index, operator, tensors, f"{self.file}: initialization")
            if operator.builtin == "VAR_HANDLE":
                self._handle(inner, handles)
            elif operator.builtin == "ASSIGN_VARIABLE":
                variable = self._variable(inner, handles, 2)
                variable.initial = inner.input(1, "initial value")
                if variable.initial.data is None:
                    raise inner.refuse(
                        f'the initial value of variable "{variable.name}" is computed; it must be'
                        " constant",
                        "initialize states with constants",
                    )
            else:
                raise inner.refuse(
                    "operator is not supported in the initialization; only constants are assigned",
                    "initialize states with constants",
                )

    def _read(self, node: Node) -> None:
        variable, output = self._variable(node, self.handles, 1), node.output()
        index = node.raw.outputs[0]
        if variable.value is not None:
            self._fits(node, variable, self.tensors.get(variable.value), output, "read")
            self.aliases[index] = variable.value
        elif variable.read is not None:
            self._fits(node, variable, self.tensors.get(variable.read), output, "read")
            self.aliases[index] = variable.read
        else:
            if variable.initial is None:
                raise node.refuse(
                    f'variable "{variable.name}" is read before it is assigned; the first inference'
                    " would find no value",
                    "give the variable an initial value",
                )
            self._fits(node, variable, variable.initial, output, "read")
            variable.read = index

    def _assign(self, node: Node) -> None:
        variable = self._variable(node, self.handles, 2)
        value = node.input(1, "value")
        index = self.aliases.get(node.raw.inputs[1], node.raw.inputs[1])
        if variable.read is not None:
            self._fits(node, variable, self.tensors.get(variable.read), value, "assigned")
        variable.value = index

    @staticmethod
    def _fits(node: Node, variable: _Variable, held: Tensor, other: Tensor, what: str) -> None:
        """Refuses a value of another shape, type or quantization than the variable holds."""
        same = (held.shape, held.dtype) == (other.shape, other.dtype)
        quantizations = (held.quantization, other.quantization)
        if same and (None in quantizations or quantizations[0] == quantizations[1]):
            return
        how = "with another quantization"
        if not same:
            sort = f"{other.dtype.name} {list(other.shape)}"
            how = f"as {sort}; it holds {held.dtype.name} {list(held.shape)}"
        raise node.refuse(
            f'variable "{variable.name}" is {what} {how}', "give each state one shape and type"
        )


def resolve(model: RawModel, tensors: Tensors, file: str) -> tuple[RawModel, Variables]:
    """The model with its variables' values in place of what its READ_VARIABLE make.

    Operators keep their places; those of :data:`OPERATORS` are of no more use.

    Raises:
        ThumbnetError: a variable is read before it is assigned, or changes its shape.
    """
    resolver = _Resolver(tensors, file)
    operators = []
    for index, operator in enumerate(model.operators):
        if operator.builtin in OPERATORS:
            resolver.node(index, operator)
        elif resolver.aliases:
            inputs = tuple(resolver.aliases.get(i, i) for i in operator.inputs)
            operator = dataclasses.replace(operator, inputs=inputs)  # noqa: PLW2901
        operators.append(operator)
    outputs = tuple(resolver.aliases.get(index, index) for index in model.outputs)
    model = dataclasses.replace(model, operators=tuple(operators), outputs=outputs)
    return model, resolver.found()
