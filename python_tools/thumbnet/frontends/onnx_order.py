"""In which order of memory a network's input is wanted, from what reads it first."""

from __future__ import annotations

from collections.abc import Sequence

from thumbnet.frontends.onnx_functions import ELEMENTWISE
from thumbnet.frontends.onnx_layout import CHANNELS_LAST, Arrangement, plain
from thumbnet.frontends.onnx_model import RawNode

_IMAGES = (
    *("Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"),
    *("Resize", "BatchNormalization", "DepthToSpace", "SpaceToDepth", "Flatten"),
)
"""Operators whose images are channels first in the file."""
_FOLLOWING = ("QuantizeLinear", "DequantizeLinear", "Identity", "Pad", "Concat", "Slice", "Split")
_STEPS = 1000


def wanted_order(nodes: Sequence[RawNode], name: str, rank: int) -> Arrangement:
    """Channels last where ``name``, of ``rank`` dimensions, is read as an image, else the file's.

    A transpose of the file in front of the image is followed: then the input is what it makes of
    channels last.
    """
    if rank not in CHANNELS_LAST:
        return plain(rank)
    readers: dict[str, list[RawNode]] = {}
    for node in nodes:
        for read in node.inputs:
            readers.setdefault(read, []).append(node)
    dims = list(range(rank))  # those of the tensor that is looked at, as dimensions of the input
    steps = 0
    while readers.get(name) and steps < _STEPS:
        steps += 1
        node = readers[name][0]
        if node.op in _IMAGES:
            return tuple(None if d is None else dims[d] for d in CHANNELS_LAST[rank])
        permutation = node.attributes.get("perm")
        if node.op == "Transpose" and isinstance(permutation, tuple):
            if sorted(int(p) for p in permutation) != list(range(rank)):
                break
            dims = [dims[int(p)] for p in permutation]
        elif node.op not in ELEMENTWISE and node.op not in _FOLLOWING:
            break
        name = node.outputs[0]
    return plain(rank)
