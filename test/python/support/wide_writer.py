"""Builds .tflite models with int16 activations, for tests.

The methods of :class:`Writer` make tensors of their first input's type. What differs for int16 is
here: biases of 32 or 64 bits, fixed output scales, and operators that the other has not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]

from support.tflite_model import AnyArray, Scales, Value
from support.tflite_writer import ACTIVATIONS
from support.transposed_writer import TransposedWriter


class WideWriter(TransposedWriter):
    """A model of one subgraph under construction; a bias has the type of its array."""

    def fully_connected(
        self,
        x: Value,
        weights: AnyArray,
        bias: AnyArray | None = None,
        *,
        weight_scale: Scales,
        scale: float,
        zero_point: int = 0,
        activation: str = "none",
        keep_dims: bool = False,
    ) -> Value:
        """fully_connected with int8 weights [O,I] and a bias [O] of any integers."""
        options = schema.FullyConnectedOptionsT()
        options.fusedActivationFunction = ACTIVATIONS[activation]
        options.keepNumDims = keep_dims
        w = self.constant(weights, weight_scale, axis=0)
        lead = x.shape[:-1] if keep_dims else (int(np.prod(x.shape)) // weights.shape[1],)
        out = self.tensor((*lead, weights.shape[0]), x.dtype, scale, zero_point)
        operands = [x, w, self._bias(bias, x, w)]
        self.operator("FULLY_CONNECTED", operands, [out], options, 12)
        return out

    def logistic(self, x: Value) -> Value:
        """1 / (1 + exp(-x)) of int16, whose output is a fraction of 15 bits."""
        return self._unary("LOGISTIC", [x], None, x.shape, (1 / 32768, 0), version=3)

    def tanh(self, x: Value) -> Value:
        """tanh(x) of int16, whose output is a fraction of 15 bits."""
        return self._unary("TANH", [x], None, x.shape, (1 / 32768, 0), version=3)

    def softmax(self, x: Value, *, beta: float = 1.0) -> Value:
        """Softmax of int16 over the last dimension."""
        options = schema.SoftmaxOptionsT()
        options.beta = beta
        return self._unary("SOFTMAX", [x], options, x.shape, (1 / 32768, 0), version=3)

    def leaky_relu(self, x: Value, alpha: float, *, scale: float) -> Value:
        """x, or alpha * x where it is negative."""
        options = schema.LeakyReluOptionsT()
        options.alpha = alpha
        return self._unary("LEAKY_RELU", [x], options, x.shape, (scale, 0), version=2)

    def extreme(self, kind: str, a: Value, b: Value) -> Value:
        """maximum or minimum, broadcast."""
        options = schema.MaximumMinimumOptionsT()
        shape = np.broadcast_shapes(a.shape, b.shape)
        out = self.tensor(shape, a.dtype, a.scale, a.zero_point)
        self.operator(kind.upper(), [a, b], [out], options, 4)
        return out

    def sum_of_powers(self, builtin: str, a: Value, b: Value, *, scale: float) -> Value:
        """add or sub that may take scales for powers of two."""
        options = schema.AddOptionsT() if builtin == "ADD" else schema.SubOptionsT()
        options.potScaleInt16 = True
        shape = np.broadcast_shapes(a.shape, b.shape)
        out = self.tensor(shape, a.dtype, scale, 0)
        self.operator(builtin, [a, b], [out], options, 4)
        return out

    def _bias(self, bias: AnyArray | None, x: Value, weights: Value) -> Value | None:
        if bias is None:
            return None
        scales: Sequence[float] | AnyArray
        scales = np.float32(x.scale[0]) * np.array(weights.scale, np.float32)
        return self.constant(bias, scales, axis=0)
