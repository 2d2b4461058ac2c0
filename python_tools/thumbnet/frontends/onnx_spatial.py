"""Converters of what walks windows over images: convolutions, pools, resizing."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from thumbnet.frontends.onnx_builder import (
    Held,
    Value,
)
from thumbnet.frontends.onnx_layout import CHANNELS_LAST
from thumbnet.frontends.onnx_nodes import (
    MAX_STEP,
    Node,
)
from thumbnet.frontends.onnx_picks import picked
from thumbnet.frontends.onnx_weights import bias_of, weights_of
from thumbnet.ir.attributes import (
    Convolution,
    DepthwiseConvolution,
    Pad,
    Pool,
    Reduce,
    ResizeBilinear,
    ResizeNearestNeighbor,
    TransposeConvolution,
    Window,
)
from thumbnet.ir.graph import DType, Tensor
from thumbnet.operators.resize import nearest

_CENTRES = "half_pixel"


def conv(node: Node) -> Sequence[Value]:
    """Conv with weights [O,I/groups,KH,KW] or [O,I/groups,K]."""
    x, spatial = node.image()
    weights = weights_of(node, 1, x)
    if weights.data.ndim != spatial + 2:
        raise node.malformed(f"weights {list(weights.data.shape)} do not fit {spatial} dimensions")
    channels, groups = weights.data.shape[0], node.integer("group", 1)
    if groups < 1 or channels % groups or weights.data.shape[1] * groups != x.shape[3]:
        raise node.malformed(
            f"weights {list(weights.data.shape)} of {groups} groups do not fit"
            f" {x.shape[3]} input channels"
        )
    window, size = _window(node, x, spatial, weights.data.shape[2:])
    bias = bias_of(node, 2, channels, x, weights)
    if spatial == 1:
        weights = dataclasses.replace(weights, data=weights.data[:, :, None])
    attributes: Convolution | DepthwiseConvolution
    if groups == x.shape[3] and groups > 1:
        kind = "depthwise_conv_2d"
        attributes = DepthwiseConvolution(window, channels // groups)
        stored = weights.stored(node, (1, 2, 3, 0))
    else:
        kind = "conv_2d"
        attributes = Convolution(window, groups=groups)
        stored = weights.stored(node, (0, 2, 3, 1))
    shape = (x.shape[0], channels, *size[2 - spatial :])
    order = CHANNELS_LAST[spatial + 2]
    return [node.make(kind, attributes, (x, stored, bias), shape, node.required(), order)]


def conv_transpose(node: Node) -> Sequence[Value]:
    """ConvTranspose with weights [I,O,KH,KW] or [I,O,K]."""
    x, spatial = node.image()
    weights = weights_of(node, 1, x)
    if weights.data.ndim != spatial + 2 or weights.data.shape[0] != x.shape[3]:
        raise node.malformed(f"weights {list(weights.data.shape)} do not fit {list(x.shape)}")
    if node.integer("group", 1) != 1:
        raise node.refuse("groups; one is supported", "use Resize and Conv instead")
    channels = weights.data.shape[1]
    window, size = _spread(node, x, spatial, weights.data.shape[2:])
    bias = bias_of(node, 2, channels, x, weights)
    if bias is None:
        dtype = DType.FLOAT32 if x.quantization is None else DType.INT32
        bias = node.stored("bias", np.zeros(channels, dtype.numpy), None, dtype)
    if spatial == 1:
        weights = dataclasses.replace(weights, data=weights.data[:, :, None])
    shape = (x.shape[0], channels, *size[2 - spatial :])
    inputs = (x, weights.stored(node, (1, 2, 3, 0)), bias)
    order = CHANNELS_LAST[spatial + 2]
    attributes = TransposeConvolution(window)
    return [node.make("transpose_conv", attributes, inputs, shape, node.required(), order)]


def _spread(
    node: Node, x: Tensor, spatial: int, kernel: Sequence[int]
) -> tuple[Window, tuple[int, int]]:
    """The window of a ConvTranspose, and the output's height and width."""
    ones = [1] * spatial
    strides = node.integers("strides", ones, spatial)
    added = node.integers("output_padding", [0] * spatial, spatial)
    pads = node.integers("pads", [0] * 2 * spatial, 2 * spatial)
    if node.integers("dilations", ones, spatial) != ones:
        raise node.refuse("dilations; none is supported", "export without dilation")
    values = (*kernel, *strides, *(n + 1 for n in (*added, *pads)))
    if not all(1 <= value <= MAX_STEP for value in values):
        raise node.malformed(f"kernel {list(kernel)}, strides {strides} or pads {pads}")
    auto = node.text("auto_pad", "NOTSET")
    sizes = []
    for axis in range(spatial):
        size, stride = x.shape[3 - spatial + axis], strides[axis]
        whole = (size - 1) * stride + kernel[axis] + added[axis]
        total = whole - size * stride
        if "output_shape" in node.raw.attributes:
            total = whole - node.integers("output_shape", (), spatial)[axis]
        elif not auto.startswith("SAME"):
            sizes.append(whole - pads[axis] - pads[spatial + axis])
            continue
        if total < 0:
            raise node.refuse("an output larger than its windows", "use output_padding")
        less, more = total // 2, total - total // 2
        first = less if auto == "SAME_UPPER" else more
        pads[axis], pads[spatial + axis] = first, total - first
        sizes.append(whole - total)
    if auto == "VALID":
        raise node.refuse("auto_pad VALID", "give the pads")
    ends = [pads[spatial + axis] - added[axis] for axis in range(spatial)]
    if spatial == 1:
        kernel, strides, sizes = [1, *kernel], [1, *strides], [1, *sizes]
        pads, ends = [0, *pads], [0, *ends]
    node.check_shape(sizes)
    window = Window(
        kernel[0], kernel[1], strides[0], strides[1], pads[0], ends[0], pads[1], ends[1]
    )
    return window, (sizes[0], sizes[1])


def max_pool(node: Node) -> Sequence[Value]:
    """MaxPool; its second output, the indices, is not there."""
    if len(node.raw.outputs) > 1 and node.raw.outputs[1]:
        raise node.refuse("its indices are used; only the values are supported", "leave them out")
    x, spatial = node.image()
    kernel = node.integers("kernel_shape", (), spatial)
    window, size = _window(node, x, spatial, kernel, pool=True)
    if window.dilated:
        raise node.refuse("a pool with dilations; none is supported", "export without dilation")
    return [_pool(node, "max_pool_2d", x, window, size, spatial)]


def average_pool(node: Node) -> Sequence[Value]:
    """AveragePool; padding that counts becomes zeros in front of it."""
    if node.integer("channels_last", 0):
        raise node.refuse("channels_last; channels first is supported", "export again")
    x, spatial = node.image()
    kernel = node.integers("kernel_shape", (), spatial)
    window, size = _window(node, x, spatial, kernel, pool=True)
    if window.dilated:
        raise node.refuse("a pool with dilations; none is supported", "export without dilation")
    pads = (window.pad_top, window.pad_left, window.pad_bottom, window.pad_right)
    if any(pads) and node.integer("count_include_pad", 0):
        if node.integer("ceil_mode", 0):
            raise node.refuse("ceil_mode beside count_include_pad", "use one of them")
        before, after = (0, *pads[:2], 0), (0, *pads[2:], 0)
        shape = [sum(sizes) for sizes in zip(before, x.shape, after, strict=True)]
        x = node.between("pad", Pad(before, after), x, "padded", shape)
        strides = (window.stride_height, window.stride_width)
        window = Window(window.kernel_height, window.kernel_width, *strides)
    if (window.kernel_height, window.kernel_width) == x.shape[1:3] and not any(
        (window.pad_top, window.pad_left, window.pad_bottom, window.pad_right)
    ):
        return [_mean_of_all(node, x, spatial)]
    return [_pool(node, "average_pool_2d", x, window, size, spatial, scaled=True)]


def global_average_pool(node: Node) -> Sequence[Value]:
    """GlobalAveragePool as a mean over all pixels."""
    if node.integer("channels_last", 0):
        raise node.refuse("channels_last; channels first is supported", "export again")
    x, spatial = node.image()
    return [_mean_of_all(node, x, spatial)]


def global_max_pool(node: Node) -> Sequence[Value]:
    """GlobalMaxPool as a window of all pixels."""
    x, spatial = node.image()
    return [_pool(node, "max_pool_2d", x, Window(*x.shape[1:3]), (1, 1), spatial)]


def _mean_of_all(node: Node, x: Tensor, spatial: int) -> Held:
    shape = (x.shape[0], x.shape[3], *(1,) * spatial)
    order = CHANNELS_LAST[spatial + 2]
    return node.make("mean", Reduce((1, 2), True), (x,), shape, node.required(), order)


def _pool(
    node: Node,
    kind: str,
    x: Tensor,
    window: Window,
    size: tuple[int, int],
    spatial: int,
    *,
    scaled: bool = False,
) -> Held:
    """A pool; one that is not ``scaled`` keeps its input's quantization."""
    shape = (x.shape[0], x.shape[3], *size[2 - spatial :])
    quantization = node.required() if scaled else x.quantization
    order = CHANNELS_LAST[spatial + 2]
    attributes = Pool(window, unsigned=node.unsigned if scaled else None)
    return node.make(kind, attributes, (x,), shape, quantization, order)


def _window(
    node: Node, x: Tensor, spatial: int, kernel: Sequence[int], *, pool: bool = False
) -> tuple[Window, tuple[int, int]]:
    """The window with its padding made explicit, and the output's height and width."""
    ones = [1] * spatial
    strides = node.integers("strides", ones, spatial)
    dilations = node.integers("dilations", ones, spatial)
    given = node.integers("pads", [0] * 2 * spatial, 2 * spatial)
    if not all(1 <= value <= MAX_STEP for value in (*kernel, *strides, *dilations)):
        raise node.malformed(
            f"kernel {list(kernel)}, strides {strides} or dilations {dilations} are out of range"
        )
    if not all(0 <= value <= MAX_STEP for value in given):
        raise node.refuse(f"padding {given}; no negative one is supported", "slice the input")
    named = node.integers("kernel_shape", kernel, spatial)
    if list(kernel) != named:
        raise node.malformed(f"kernel_shape {named} differs from the weights' {list(kernel)}")
    auto = node.text("auto_pad", "NOTSET")
    if auto not in ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"):
        raise node.malformed(f'auto_pad "{printable_text(auto)}"')
    ceil = pool and bool(node.integer("ceil_mode", 0))
    pads, sizes = [], []
    for axis in range(spatial):
        extent = (kernel[axis] - 1) * dilations[axis] + 1
        size, stride = x.shape[3 - spatial + axis], strides[axis]
        before, after = _padding(auto, (given[axis], given[spatial + axis]), size, extent, stride)
        if extent > size + before + after:
            raise node.malformed(f"kernel {list(kernel)} is larger than input {list(x.shape)}")
        count = (size + before + after - extent) // stride + 1
        # Rounded up, the last window reaches behind the padding, but begins within the input.
        reach = (size + before + after - extent) % stride
        if ceil and reach and count * stride < size + before:
            count, after = count + 1, after + stride - reach
        pads.append((before, after))
        sizes.append(count)
    if spatial == 1:
        kernel, strides, dilations = [1, *kernel], [1, *strides], [1, *dilations]
        pads, sizes = [(0, 0), *pads], [1, *sizes]
    (top, bottom), (left, right) = pads
    found = Window(
        kernel[0], kernel[1], strides[0], strides[1], top, bottom, left, right, *dilations
    )
    return found, (sizes[0], sizes[1])


def printable_text(text: str) -> str:
    """A string attribute for a message."""
    return "".join(c for c in text if c.isalnum() or c == "_")[:40]


def _padding(
    auto: str, given: tuple[int, int], size: int, extent: int, stride: int
) -> tuple[int, int]:
    if auto == "NOTSET":
        return given
    if auto == "VALID":
        return 0, 0
    total = max((-(-size // stride) - 1) * stride + extent - size, 0)
    less, more = total // 2, total - total // 2
    return (less, more) if auto == "SAME_UPPER" else (more, less)


def resize(node: Node) -> Sequence[Value]:
    """Resize of height and width to the nearest pixels, or between the four nearest."""
    x, spatial = node.image()
    mode = node.text("mode", "nearest")
    if mode not in ("nearest", "linear"):
        text = printable_text(mode)
        raise node.refuse(f'mode "{text}"; nearest and linear are supported', "use nearest")
    shape = (x.shape[0], x.shape[3], *x.shape[1:3])
    target, scales = _target(node, shape[:2] + shape[4 - spatial :])
    if spatial == 1:
        target, scales = [*target[:2], 1, *target[2:]], [*scales[:2], 1.0, *scales[2:]]
    if target[:2] != list(shape[:2]):
        raise node.refuse("resizes batch or channels", "resize height and width alone")
    if mode == "linear":
        return [_between(node, x, (*target[:2], *target[4 - spatial :]), scales[2:])]
    wanted = [
        _nearest_of(node, size, new, scale)
        for size, new, scale in zip(shape[2:], target[2:], scales[2:], strict=True)
    ]
    for align, half in ((False, False), (False, True), (True, False), (True, True)):
        maps = [
            nearest(size, new, align_corners=align, half_pixel_centers=half)
            for size, new in zip(shape[2:], target[2:], strict=True)
        ]
        if maps == wanted:
            made = (*target[:2], *target[4 - spatial :])
            order = CHANNELS_LAST[spatial + 2]
            attributes = ResizeNearestNeighbor(align, half)
            kind = "resize_nearest_neighbor"
            return [node.make(kind, attributes, (x,), made, x.quantization, order)]
    held = node.held()
    rank = len(held.view.dims)
    return [picked(node, held, dict(zip(range(2, rank), wanted[4 - rank :], strict=True)))]


def _between(node: Node, x: Tensor, shape: Sequence[int], scales: Sequence[float]) -> Held:
    """resize_bilinear, whose steps are quotients of the sizes."""
    how = node.text("coordinate_transformation_mode", _CENTRES)
    order = CHANNELS_LAST[len(shape)]
    sizes = [shape[d] if d is not None else 1 for d in order[1:3]]
    even = all(
        abs(new / old - scale) < 1e-6 * scale
        for old, new, scale in zip(x.shape[1:3], sizes, scales, strict=True)
    )
    known = ("asymmetric", "align_corners", "half_pixel")
    if how == "pytorch_half_pixel" and min(sizes) > 1:
        how = "half_pixel"
    if how not in known or not even or node.integer("antialias"):
        raise node.refuse(
            f'linear with coordinates "{printable_text(how)}" and scales {list(scales)}; supported'
            f" are {', '.join(known)} by quotients of whole sizes",
            "resize by whole factors",
        )
    attributes = ResizeBilinear(how == "align_corners", how == "half_pixel")
    return node.make("resize_bilinear", attributes, (x, x), shape, x.quantization, order)


def _target(node: Node, shape: Sequence[int]) -> tuple[list[int], list[float]]:
    """The output's shape and by how much each dimension grows."""
    rank = len(shape)
    axes = node.integers("axes", range(rank))
    places = [node.axis(axis, rank) for axis in axes]
    target, scales = list(shape), [1.0] * rank
    if node.present(3):
        sizes = node.whole(3, "sizes")
        if (
            len(sizes) != len(places)
            or node.text("keep_aspect_ratio_policy", "stretch") != "stretch"
        ):
            raise node.refuse(f"sizes {sizes}", "give the size of every dimension")
        for place, size in zip(places, sizes, strict=True):
            target[place], scales[place] = size, size / shape[place]
    elif node.present(2):
        factors = [float(f) for f in node.constant(2, "scales").data.reshape(-1)]
        if len(factors) != len(places) or not all(0 < f < MAX_STEP for f in factors):
            raise node.malformed(f"scales {factors}")
        for place, factor in zip(places, factors, strict=True):
            target[place], scales[place] = math.floor(shape[place] * factor), factor
    else:
        raise node.malformed("has neither scales nor sizes")
    node.check_shape(target)
    return target, scales


def _nearest_of(node: Node, size: int, new: int, scale: float) -> list[int]:
    """The input row of each output row, as ONNX defines them."""
    how = node.text("coordinate_transformation_mode", _CENTRES)
    rounding = node.text("nearest_mode", "round_prefer_floor")
    at = np.arange(new, dtype=np.float64)
    if how in (_CENTRES, "pytorch_half_pixel", "half_pixel_symmetric"):
        places = (at + 0.5) / scale - 0.5
        if how == "pytorch_half_pixel" and new == 1:
            places = at * 0
        if how == "half_pixel_symmetric":
            places = places + size / 2 * (1 - new / (scale * size))
    elif how == "asymmetric":
        places = at / scale
    elif how == "align_corners":
        places = at * (size - 1) / (new - 1) if new > 1 else at * 0
    else:
        raise node.refuse(f'coordinates "{printable_text(how)}"', "use asymmetric")
    if rounding == "round_prefer_floor":
        rows = np.ceil(places - 0.5)
    elif rounding == "round_prefer_ceil":
        rows = np.floor(places + 0.5)
    else:
        rows = np.floor(places) if rounding == "floor" else np.ceil(places)
    return [int(row) for row in np.clip(rows, 0, size - 1)]
