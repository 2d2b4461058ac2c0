"""The reference kernels themselves: TensorFlow Lite Micro's interpreter on the host.

Where LiteRT's resolvers disagree (see :mod:`support.litert`) this is the arithmetic that the
generated code reproduces. Its package is large and has development releases only, so tests that
use it skip where it is absent.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]

AnyArray = npt.NDArray[Any]
ARENA = 16 << 20


class Tflm:
    """A loaded model, for many runs; skips the test where TFLM is not installed."""

    def __init__(self, model: bytes) -> None:
        runtime = pytest.importorskip("tflite_micro.python.tflite_micro.runtime")
        self.outputs = schema.Model.GetRootAs(model).Subgraphs(0).OutputsLength()
        self.interpreter = runtime.Interpreter.from_bytes(model, arena_size=ARENA)

    def run(self, inputs: list[AnyArray]) -> list[AnyArray]:
        """All outputs for ``inputs``, in the model's order."""
        for index, value in enumerate(inputs):
            self.interpreter.set_input(np.ascontiguousarray(value), index)
        self.interpreter.invoke()
        return [np.array(self.interpreter.get_output(index)) for index in range(self.outputs)]


def run(model: bytes, inputs: list[AnyArray]) -> list[AnyArray]:
    """The model's outputs for ``inputs`` (arrays of the inputs' shapes and dtypes)."""
    return Tflm(model).run(inputs)
