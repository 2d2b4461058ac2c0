"""The plan as a value: what the scheduler decides and code generation and reports read.

A stage is what the generated code runs as one loop nest. This release has one kind of stage, a
layer: one operator over whole tensors. Streamed and patched stages join it as further kinds.
"""

from __future__ import annotations

from dataclasses import dataclass

from thumbnet.ir.graph import Graph, Operator
from thumbnet.operators.base import Lowered
from thumbnet.schedule.memory import MemoryPlan, memory_map

__all__ = ["MemoryPlan", "Plan", "Stage", "Step", "memory_map"]


@dataclass(frozen=True, eq=False)
class Step:
    """One operator with the kernel that runs it."""

    operator: Operator
    lowered: Lowered


@dataclass(frozen=True, eq=False)
class Stage:
    """Operators that run as one loop nest; ``kind`` is ``layer``."""

    kind: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """How a graph runs: stages in order and the place of every byte they write."""

    graph: Graph
    stages: tuple[Stage, ...]
    memory: MemoryPlan
    input_in_arena: bool

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps in order."""
        return tuple(step for stage in self.stages for step in stage.steps)

    @property
    def macs(self) -> int:
        """Multiply-accumulates executed in one inference."""
        return sum(step.lowered.macs for step in self.steps)

    @property
    def weight_bytes(self) -> int:
        """Bytes of all constant arrays in flash."""
        return sum(array.values.nbytes for step in self.steps for array in step.lowered.arrays)

    def is_view(self, operator: Operator) -> bool:
        """Whether the operator's output is its input's bytes, so that nothing has to run."""
        if operator.kind != "reshape":
            return False
        offsets = self.memory.offsets
        return offsets.get(operator.inputs[0]) == offsets.get(operator.outputs[0])

    def step(self, operator: str) -> Step:
        """The step of the operator of that name."""
        return next(step for step in self.steps if step.operator.name == operator)
