"""int8 models made uint8, as converters of 2018 wrote them: the same values, zero points plus 128."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]

from support.tflite_model import pack


def unsigned(model: bytes, weight_zero_points: Mapping[int, int] | None = None) -> bytes:
    """``model`` with uint8 for int8; other zero points for the constants that are named by index."""
    root = schema.ModelT.InitFromPackedBuf(model, 0)
    for index, tensor in enumerate(root.subgraphs[0].tensors):
        if tensor.type != schema.TensorType.INT8:
            continue
        tensor.type = schema.TensorType.UINT8
        points = np.asarray(tensor.quantization.zeroPoint) + 128
        if weight_zero_points and index in weight_zero_points:
            points = np.full_like(points, weight_zero_points[index])
        tensor.quantization.zeroPoint = points.tolist()
        buffer = root.buffers[tensor.buffer]
        if buffer.data is not None:
            buffer.data = np.asarray(buffer.data, np.uint8) ^ 0x80
    return pack(root)
