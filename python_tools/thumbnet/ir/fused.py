"""Attributes of kinds that stand for several operators."""

from __future__ import annotations

from dataclasses import dataclass

from thumbnet.ir.attributes import Attributes
from thumbnet.ir.graph import Graph


@dataclass(frozen=True, eq=False)
class InvertedBottleneck(Attributes):
    """inverted_bottleneck: input x [1,H,W,I]; the scheduler makes it of the operators of ``body``.

    These are a 1x1 conv_2d, a depthwise_conv_2d, a 1x1 conv_2d and perhaps the add of x; ``rows``
    output rows are made together.
    """

    body: Graph
    rows: int
