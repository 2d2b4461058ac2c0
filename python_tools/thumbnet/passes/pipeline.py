"""The list of passes, as data, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable

from thumbnet.ir.graph import Graph
from thumbnet.ir.verify import verify
from thumbnet.passes.constant_channels import remove_constant_channels
from thumbnet.passes.fold_constants import fold_constants
from thumbnet.passes.fold_pad import fold_pad
from thumbnet.passes.fuse_activation import fuse_activation
from thumbnet.passes.lower_depthwise import lower_depthwise
from thumbnet.passes.lower_groups import lower_groups
from thumbnet.passes.lower_lookup import lower_lookup
from thumbnet.passes.remove_noops import remove_noops
from thumbnet.passes.remove_reshapes import remove_reshapes
from thumbnet.passes.remove_unused import remove_unused

Pass = Callable[[Graph], Graph]

PASSES: tuple[tuple[str, Pass], ...] = (
    # What nothing reads is not worth rewriting.
    ("remove unused", remove_unused),
    # Operators on constants alone disappear before anyone looks at shapes.
    ("fold constants", fold_constants),
    # Transposes that move only ones become reshapes; identities go.
    ("remove no-ops", remove_noops),
    # A reshape at a border or in front of a flattening operator is only another view.
    ("remove reshapes", remove_reshapes),
    # PAD + VALID convolution is one convolution with explicit pads.
    ("fold pad", fold_pad),
    # RELU after an operator that clamps anyway.
    ("fuse activation", fuse_activation),
    # Groups of one input channel are a depthwise convolution.
    ("lower groups", lower_groups),
    # Byte to byte functions become one kernel with a table.
    ("lower lookup", lower_lookup),
    # What has the same value for every input need not be computed.
    ("remove constant channels", remove_constant_channels),
    # Of what is left, some is an identity now, or pads no channels any more.
    ("remove no-ops", remove_noops),
    ("remove reshapes", remove_reshapes),
    ("fold pad", fold_pad),
    # One input channel with a multiplier is an ordinary convolution.
    ("lower depthwise", lower_depthwise),
    ("remove unused", remove_unused),
)


def run_passes(graph: Graph) -> Graph:
    """All passes in order, the graph verified after each."""
    for _, apply in PASSES:
        graph = verify(apply(graph))
    return graph
