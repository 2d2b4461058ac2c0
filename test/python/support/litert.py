"""The independent reference: LiteRT's interpreter without delegates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter, OpResolverType  # type: ignore[import-untyped]

AnyArray = npt.NDArray[Any]
TRUSTED = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
"""Optimized kernels, no delegates: its SIMD paths round some negative ties up (convolutions)."""
REFERENCE = OpResolverType.BUILTIN_REF
"""Reference kernels: equal to TFLM's, except fully_connected, which requantizes in float here."""


class LiteRT:
    """A loaded model, for many runs."""

    def __init__(self, model: bytes, resolver: Any = TRUSTED, keep_all: bool = False) -> None:
        self.interpreter = Interpreter(
            model_content=model,
            experimental_op_resolver_type=resolver,
            experimental_preserve_all_tensors=keep_all,
            num_threads=1,
        )
        self.interpreter.allocate_tensors()
        self.inputs = self.interpreter.get_input_details()
        self.outputs = self.interpreter.get_output_details()

    def run(self, inputs: list[AnyArray]) -> list[AnyArray]:
        """All outputs for ``inputs``, in the model's order."""
        for detail, value in zip(self.inputs, inputs, strict=True):
            self.interpreter.set_tensor(detail["index"], np.asarray(value))
        self.interpreter.invoke()
        return [self.interpreter.get_tensor(detail["index"]) for detail in self.outputs]

    def sequence(self, samples: Sequence[list[AnyArray]]) -> list[list[AnyArray]]:
        """The outputs of one inference a sample; variables keep their values from one to the next.

        What the interpreter returns for one sample is gone with the next, so it is copied.
        """
        return [[value.copy() for value in self.run(sample)] for sample in samples]

    def tensors(self) -> dict[str, AnyArray]:
        """Every tensor's value after a run, by name; needs ``keep_all``."""
        found = {}
        for detail in self.interpreter.get_tensor_details():
            try:
                found[detail["name"]] = self.interpreter.get_tensor(detail["index"])
            except ValueError:  # a temporary tensor of a kernel
                continue
        return found


def run(model: bytes, inputs: list[AnyArray], resolver: Any = TRUSTED) -> list[AnyArray]:
    """The model's outputs for ``inputs`` (arrays of the inputs' shapes and dtypes)."""
    return LiteRT(model, resolver).run(inputs)


def run_all(model: bytes, inputs: list[AnyArray], resolver: Any = TRUSTED) -> dict[str, AnyArray]:
    """Every tensor of the model by name, intermediate ones too."""
    reference = LiteRT(model, resolver, keep_all=True)
    reference.run(inputs)
    return reference.tensors()
