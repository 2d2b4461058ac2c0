"""Builds .tflite models with transposed convolutions, for tests."""

from __future__ import annotations

import numpy as np
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]

from support.tflite_model import AnyArray, Scales, Value
from support.tflite_writer import ACTIVATIONS, PADDINGS, Writer, pair


class TransposedWriter(Writer):
    """A model of one subgraph under construction."""

    def transpose_conv(
        self,
        x: Value,
        weights: AnyArray,
        size: tuple[int, int],
        bias: AnyArray | None = None,
        *,
        weight_scale: Scales,
        scale: float,
        zero_point: int = 0,
        stride: int | tuple[int, int] = 1,
        padding: str = "same",
        activation: str = "none",
        shape: Value | None = None,
    ) -> Value:
        """transpose_conv with weights [O,KH,KW,I] to ``size``; ``shape`` as a variable if given."""
        options = schema.TransposeConvOptionsT()
        options.padding = PADDINGS[padding]
        options.strideH, options.strideW = pair(stride)
        options.fusedActivationFunction = ACTIVATIONS[activation]
        w = self.constant(weights, weight_scale, axis=0)
        out_shape = (1, *size, weights.shape[0])
        given = self.constant(np.array(out_shape, np.int32)) if shape is None else shape
        operands: list[Value | None] = [given, w, x]
        if bias is not None:
            operands.append(self._bias(bias, x, w))
        out = self.tensor(out_shape, x.dtype, scale, zero_point)
        self.operator("TRANSPOSE_CONV", operands, [out], options, 4)
        return out
