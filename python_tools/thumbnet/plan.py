"""The plan as a value: what the scheduler decides and code generation and reports read.

A stage is what the generated code runs as one loop nest: a layer is one operator over whole
tensors, a stream is several operators that advance together along rows (``src/thumbnet/stream.h``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from thumbnet.ir.graph import Graph, Operator
from thumbnet.operators.base import Lowered
from thumbnet.schedule.memory import Memories, MemoryPlan, memory_map

__all__ = [
    "LineBuffer",
    "Memories",
    "MemoryPlan",
    "Plan",
    "SecondPass",
    "Stage",
    "Step",
    "Tiles",
    "memory_map",
]


@dataclass(frozen=True, eq=False)
class Step:
    """One operator with the kernel that runs it."""

    operator: Operator
    lowered: Lowered


@dataclass(frozen=True)
class LineBuffer:
    """What a stream keeps of a tensor of ``height`` rows of ``width`` pixels of ``pixel`` bytes.

    ``rows`` finished rows, and of the newest row a strip: ``margin`` columns and a run of at most
    ``segment`` more. A pushed tensor has no strip: its newest row is the caller's.
    """

    tensor: str
    height: int
    width: int
    pixel: int
    rows: int
    margin: int
    segment: int

    @property
    def slots_size(self) -> int:
        """Bytes of the finished rows."""
        return self.rows * self.width * self.pixel

    @property
    def strip_size(self) -> int:
        """Bytes of the strip."""
        return min(self.margin + self.segment, self.width) * self.pixel if self.segment else 0


class Tiles(NamedTuple):
    """How many tiles a tensor is made in, side by side and below one another.

    The outermost ones are ``edge`` columns wider than those between, as they share less.
    """

    columns: int = 1
    rows: int = 1
    edge: int = 0

    @property
    def number(self) -> int:
        """All tiles."""
        return self.columns * self.rows


ONE_TILE = Tiles()


@dataclass(frozen=True, eq=False)
class Stage:
    """Operators that run as one loop nest; ``kind`` is ``layer`` or ``stream``.

    Of a stream: ``lines`` by tensor for all that is not whole, ``segments`` by operator the most
    pixels that it makes at once (the whole row where none is given), and ``pushed`` where the
    graph's input comes row by row. Of a stage that runs ``upwards`` rows are counted from the end
    of every tensor, also in its steps' sources. Where its last output is made in several ``tiles``,
    line buffers are as wide as the widest of these needs, and steps' multiply-accumulates count
    what neighbours make twice.
    """

    kind: str
    steps: tuple[Step, ...]
    lines: Mapping[str, LineBuffer] = field(default_factory=dict)
    segments: Mapping[str, int] = field(default_factory=dict)
    pushed: bool = False
    upwards: bool = False
    tiles: Tiles = ONE_TILE

    @property
    def tiled(self) -> bool:
        """Whether it runs over tiles."""
        return self.tiles.number > 1


@dataclass(frozen=True)
class SecondPass:
    """A squeeze-and-excite block that makes what it multiplies twice: for the mean, then again.

    ``gate`` is the operator that multiplies; ``operators`` run twice, from the tensors ``sources``,
    which are whole until then. The first ``kept`` channels are made once and kept, the rest twice:
    ``macs`` are added, and ``size`` is the bytes that need not be whole any more.
    """

    gate: str
    sources: tuple[str, ...]
    operators: tuple[str, ...]
    macs: int
    size: int
    kept: int = 0


@dataclass(frozen=True, eq=False)
class Plan:
    """How a graph runs: stages in order and the place of every byte they write.

    ``graph`` has the operators that run twice, for ``second_passes``, twice.
    """

    graph: Graph
    stages: tuple[Stage, ...]
    memory: MemoryPlan
    input_in_arena: bool
    second_passes: tuple[SecondPass, ...] = ()

    @property
    def pushed(self) -> bool:
        """Whether the input comes row by row."""
        return bool(self.stages) and self.stages[0].pushed

    @property
    def buffers(self) -> tuple[str, ...]:
        """Tensors outside the arena, in the order of the pointers that stages are given."""
        return self.graph.outside(input_in_arena=self.input_in_arena or self.pushed)

    @property
    def state_places(self) -> dict[str, int]:
        """By the tensor that reads it, where each state lies in the model object's bytes."""
        places, end = {}, 0
        for state in self.graph.states:
            places[state.read] = end
            end += self.graph.state_size(state)
        return places

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps in order."""
        return tuple(step for stage in self.stages for step in stage.steps)

    @property
    def macs(self) -> int:
        """Multiply-accumulates executed in one inference."""
        return sum(step.lowered.macs for step in self.steps)

    @property
    def network_macs(self) -> int:
        """Multiply-accumulates of the network, nothing computed twice."""
        extra = sum(step.lowered.extra_macs for step in self.steps)
        return self.macs - extra - sum(one.macs for one in self.second_passes)

    @property
    def weight_bytes(self) -> int:
        """Bytes of all constant arrays in flash, where equal ones are one."""
        arrays = (array for step in self.steps for array in step.lowered.arrays)
        return sum({array.key: array.size for array in arrays}.values())

    def is_view(self, operator: Operator) -> bool:
        """Whether the operator's output is its input's bytes, so that nothing has to run."""
        if operator.kind != "reshape":
            return False
        offsets = self.memory.offsets
        return offsets.get(operator.inputs[0]) == offsets.get(operator.outputs[0])

    def number(self, operator: Operator) -> int:
        """The operator's place in the order."""
        return [step.operator.name for step in self.steps].index(operator.name)

    def step(self, operator: str) -> Step:
        """The step of the operator of that name."""
        return next(step for step in self.steps if step.operator.name == operator)
