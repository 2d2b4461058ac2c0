"""int8 models with other types of bytes: uint8 as converters of 2018 wrote them, int4 weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]

from support.tflite_model import pack

Rng = np.random.Generator

ZERO_POINTS = (0, 100, 120, 128, 128, 140, 157, 204, 255)
"""Of weights: 128 is none, and the more another one differs the fewer channels fit int8."""


def _constants(model: schema.ModelT) -> list[int]:
    """Indices of the int8 constants."""
    return [
        index
        for index, tensor in enumerate(model.subgraphs[0].tensors)
        if tensor.type == schema.TensorType.INT8 and model.buffers[tensor.buffer].data is not None
    ]


def unsigned(model: bytes, rng: Rng | None = None) -> bytes:
    """``model`` with uint8 for int8, the same values and zero points plus 128.

    With a generator constants have a zero point of ZERO_POINTS instead.
    """
    root = schema.ModelT.InitFromPackedBuf(model, 0)
    constants = _constants(root)
    for index, tensor in enumerate(root.subgraphs[0].tensors):
        if tensor.type != schema.TensorType.INT8:
            continue
        points = np.asarray(tensor.quantization.zeroPoint) + 128
        if index in constants and rng is not None:
            points = np.full_like(points, rng.choice(ZERO_POINTS))
        tensor.type = schema.TensorType.UINT8
        tensor.quantization.zeroPoint = points.tolist()
        buffer = root.buffers[tensor.buffer]
        if buffer.data is not None:
            buffer.data = np.asarray(buffer.data, np.uint8) ^ 0x80
    return pack(root)


def int4_weights(model: bytes) -> bytes:
    """``model`` with its int8 constants as int4, clipped to it."""
    root = schema.ModelT.InitFromPackedBuf(model, 0)
    for index in _constants(root):
        tensor = root.subgraphs[0].tensors[index]
        buffer = root.buffers[tensor.buffer]
        values: Any = np.clip(np.asarray(buffer.data, np.uint8).view(np.int8) // 8, -7, 7)
        halves = (np.pad(values, (0, values.size % 2)) & 15).astype(np.uint8)
        buffer.data = halves[::2] | (halves[1::2] << 4)
        tensor.type = schema.TensorType.INT4
        tensor.quantization.scale = (np.asarray(tensor.quantization.scale) * 8).tolist()
    return pack(root)
