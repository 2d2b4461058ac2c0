"""Attributes of each operator kind, as frozen dataclasses.

Kinds are the snake_case names of TFLite's builtin operators. Activation is the fused clamp of a
kind that has one; its bounds in the output's integers come from
:func:`thumbnet.quantize.requantize.activation_bounds`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Activation(enum.Enum):
    """A clamp fused into an operator."""

    NONE = "none"
    RELU = "relu"
    RELU6 = "relu6"
    RELU_N1_TO_1 = "relu_n1_to_1"


@dataclass(frozen=True)
class Attributes:
    """Base of all attributes; itself the attributes of a kind that has none."""


@dataclass(frozen=True)
class Window:
    """How a spatial operator walks over rows and columns; all pads are explicit.

    An output pixel (y, x) reads input rows ``y * stride_height - pad_top`` and on, likewise
    columns; what lies outside the input is zero point (convolution) or left out (pooling).
    """

    kernel_height: int
    kernel_width: int
    stride_height: int = 1
    stride_width: int = 1
    pad_top: int = 0
    pad_bottom: int = 0
    pad_left: int = 0
    pad_right: int = 0


@dataclass(frozen=True)
class Convolution(Attributes):
    """conv_2d: inputs x [1,H,W,I], weights [O,KH,KW,I], bias [O] or ""."""

    window: Window
    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class DepthwiseConvolution(Attributes):
    """depthwise_conv_2d: inputs x [1,H,W,I], weights [1,KH,KW,I*M], bias [I*M] or "".

    The first ``ties_up`` output channels round ties upwards; None: as many as TFLite rounds so,
    which is another number only behind a pass that removed channels.
    """

    window: Window
    depth_multiplier: int = 1
    activation: Activation = Activation.NONE
    ties_up: int | None = None


@dataclass(frozen=True)
class TransposeConvolution(Attributes):
    """transpose_conv: inputs x [1,H,W,I], weights [O,KH,KW,I], bias [O].

    Input pixel (y, x) is spread over output rows ``y * stride_height - pad_top`` and on, likewise
    columns; the window's other pads are what of the last kernels lies outside the output.
    """

    window: Window
    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class FullyConnected(Attributes):
    """fully_connected: inputs x (flattened to [N,I]), weights [O,I], bias [O] or ""."""

    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class Elementwise(Attributes):
    """add, sub, mul: two inputs, broadcast as numpy does."""

    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class Pad(Attributes):
    """pad: elements before and after each dimension, filled with the zero point."""

    before: tuple[int, ...]
    after: tuple[int, ...]


@dataclass(frozen=True)
class Pool(Attributes):
    """average_pool_2d, max_pool_2d."""

    window: Window
    activation: Activation = Activation.NONE


@dataclass(frozen=True)
class Reduce(Attributes):
    """mean: over ``axes`` (non-negative), kept as 1 where ``keep_dims``.

    ``ties_up`` as in :class:`DepthwiseConvolution`.
    """

    axes: tuple[int, ...]
    keep_dims: bool
    ties_up: int | None = None


@dataclass(frozen=True)
class Reshape(Attributes):
    """reshape: to the shape of the output tensor."""


@dataclass(frozen=True)
class Transpose(Attributes):
    """transpose: output dimension i is input dimension ``permutation[i]``."""

    permutation: tuple[int, ...]


@dataclass(frozen=True)
class Concatenation(Attributes):
    """concatenation along ``axis`` (non-negative)."""

    axis: int


@dataclass(frozen=True)
class ResizeNearestNeighbor(Attributes):
    """resize_nearest_neighbor: to the height and width of the output tensor."""

    align_corners: bool = False
    half_pixel_centers: bool = False


@dataclass(frozen=True)
class Softmax(Attributes):
    """softmax over the last dimension."""

    beta: float = 1.0


@dataclass(frozen=True)
class Slope(Attributes):
    """leaky_relu_int16: x, or ``alpha`` * x where that is negative."""

    alpha: float


@dataclass(frozen=True)
class Lookup(Attributes):
    """lookup: out = table[x], one byte to one byte; inputs x, table [256] indexed by x + 128 or x.

    What logistic, relu and requantization between byte types become; ``origin`` is their kind.
    """

    origin: str
