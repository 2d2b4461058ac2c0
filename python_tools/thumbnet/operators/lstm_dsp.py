"""Weights of an LSTM for Arm's DSP extension: two gates in the lanes of a word.

What the words hold is in ``src/thumbnet/kernels/lstm_dsp.h``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thumbnet.ir.graph import Array
from thumbnet.quantize.requantize import IntArray

HEADER = "thumbnet/kernels/lstm_dsp.h"
_QUADS = 4


def words(gates: Sequence[IntArray]) -> Array | None:
    """Words [U, quads of values, 4] of the weights [U,N] of four gates.

    None where a lane or a sum over any values would leave its bits.
    """
    padding = -gates[0].shape[1] % _QUADS
    padded = [np.pad(gate, ((0, 0), (0, padding))) for gate in gates]
    found = []
    for low, high in ((padded[0], padded[1]), (padded[2], padded[3])):
        lanes = 256 * high + low
        if np.abs(lanes).max() >= 1 << 15:
            return None
        # The sum of both, and what remains when the lower gate's is taken from it.
        reach = 128 * (np.abs(lanes).sum(axis=1) + np.abs(low).sum(axis=1))
        if reach.max() >= 1 << 31:
            return None
        quads = (lanes & 0xFFFF).reshape(lanes.shape[0], -1, _QUADS)
        found += [quads[..., 0] | quads[..., 2] << 16, quads[..., 1] | quads[..., 3] << 16]
    return np.stack(found, axis=2).astype(np.uint32)
