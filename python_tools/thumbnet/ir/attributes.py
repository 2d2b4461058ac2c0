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
class Numbers(Attributes):
    """What a function of a float32 network is told, by the names that its file has for it.

    Such networks are shown, not built; see the families for what is.
    """

    values: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Window:
    """How a spatial operator walks over rows and columns; all pads are explicit.

    An output pixel (y, x) reads input rows ``y * stride_height - pad_top`` and on, likewise
    columns; what lies outside the input is zero point (convolution) or left out (pooling).
    With a dilation d, which only convolutions have, it reads every d-th of them.
    """

    kernel_height: int
    kernel_width: int
    stride_height: int = 1
    stride_width: int = 1
    pad_top: int = 0
    pad_bottom: int = 0
    pad_left: int = 0
    pad_right: int = 0
    dilation_height: int = 1
    dilation_width: int = 1

    @property
    def height(self) -> int:
        """Rows from the first that is read to the last."""
        return (self.kernel_height - 1) * self.dilation_height + 1

    @property
    def width(self) -> int:
        """Columns from the first that is read to the last."""
        return (self.kernel_width - 1) * self.dilation_width + 1

    @property
    def dilated(self) -> bool:
        """Whether rows or columns between those that are read are left out."""
        return self.height > self.kernel_height or self.width > self.kernel_width


@dataclass(frozen=True)
class Convolution(Attributes):
    """conv_2d: inputs x [1,H,W,I], weights [O,KH,KW,I/groups], bias [O] or "".

    Weights are int8, or int16 in [-255, 255] where a zero point has been taken off that leaves
    more than eight bits. Outputs and inputs are divided into ``groups`` of neighbouring channels,
    each of which reads the inputs of its own.
    """

    window: Window
    activation: Activation = Activation.NONE
    groups: int = 1


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
class BatchMatMul(Attributes):
    """batch_matmul: inputs [...,M,K] ([...,K,M] with ``adj_x``), [...,K,N], bias [N] or none.

    With ``ties_up`` ties are rounded upwards, else away from zero.
    """

    adj_x: bool = False
    adj_y: bool = False
    activation: Activation = Activation.NONE
    ties_up: bool = False


@dataclass(frozen=True)
class Elementwise(Attributes):
    """add, sub, mul: two inputs, broadcast as numpy does.

    ``unsigned``, of models that round as onnxruntime does: that it works on uint8, whose codes are
    greater by 128 than those here, which shows in what its float32 numbers are rounded to.
    """

    activation: Activation = Activation.NONE
    unsigned: bool | None = None


@dataclass(frozen=True)
class Pad(Attributes):
    """pad: elements before and after each dimension, filled with the zero point."""

    before: tuple[int, ...]
    after: tuple[int, ...]


@dataclass(frozen=True)
class Pool(Attributes):
    """average_pool_2d, max_pool_2d.

    ``unsigned`` as in :class:`Elementwise`, of averages.
    """

    window: Window
    activation: Activation = Activation.NONE
    unsigned: bool | None = None


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
class Span:
    """Positions ``begin``, ``begin + step`` and so on, ``count`` of them."""

    begin: int
    step: int
    count: int


@dataclass(frozen=True)
class Pick(Attributes):
    """pick: output element (i, j, ...) is input element (axes[0][i], axes[1][j], ...).

    Of each dimension the positions, spans one behind the other; what slices, splits, mirrors,
    repeats and gathers become.
    """

    axes: tuple[tuple[Span, ...], ...]


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
class ResizeBilinear(Attributes):
    """resize_bilinear: inputs x twice; to the height and width of the output tensor."""

    align_corners: bool = False
    half_pixel_centers: bool = False


@dataclass(frozen=True)
class Softmax(Attributes):
    """softmax over the last dimension."""

    beta: float = 1.0


@dataclass(frozen=True)
class Lookup(Attributes):
    """lookup: out = table[x], one byte to one byte; inputs x, table [256] indexed by x + 128 or x.

    What logistic, relu and requantization between byte types become; ``origin`` is their kind.
    """

    origin: str
