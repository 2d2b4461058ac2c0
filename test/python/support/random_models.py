"""Models of one operator with random weights and plausible random quantization, as bytes.

Scales are drawn so that outputs use most of the int8 range and sometimes saturate. The same
generator state gives the same model.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from support.tflite_writer import Writer, pair

Rng = np.random.Generator


def random_scale(rng: Rng, low: float = 0.003, high: float = 0.2) -> float:
    """A scale, log-uniform."""
    return float(np.float32(np.exp(rng.uniform(np.log(low), np.log(high)))))


def random_zero_point(rng: Rng) -> int:
    """A zero point: an extreme, zero or anything."""
    return int(rng.choice([-128, 127, 0, int(rng.integers(-128, 128))]))


def random_weights(rng: Rng, shape: tuple[int, ...]) -> npt.NDArray[np.int8]:
    """Bell-shaped int8 weights in [-127, 127] that reach the ends."""
    values = rng.normal(0, 45, shape)
    return np.clip(np.rint(values), -127, 127).astype(np.int8)


def _products(
    rng: Rng, x_scale: float, weights_shape: tuple[int, int], *, per_channel: bool, bias: bool
) -> tuple[npt.NDArray[np.float32], float, npt.NDArray[np.int32] | None]:
    """Weight scales, an output scale that suits the sums, and a bias (or None)."""
    channels, taps = weights_shape
    count = channels if per_channel else 1
    scales = np.exp(rng.uniform(np.log(0.002), np.log(0.02), count)).astype(np.float32)
    spread = 45 * 74 * np.sqrt(taps)  # standard deviation of a sum of taps products
    out_scale = float(x_scale * np.mean(scales) * spread / 50 * np.exp(rng.uniform(-1, 0.7)))
    values = rng.normal(0, spread, channels).astype(np.int32) if bias else None
    return scales, out_scale, values


def conv_2d(
    rng: Rng,
    shape: tuple[int, int, int, int] = (1, 7, 6, 5),
    channels: int = 6,
    kernel: int | tuple[int, int] = 3,
    *,
    stride: int | tuple[int, int] = 1,
    padding: str = "same",
    activation: str = "none",
    per_channel: bool = True,
    bias: bool = True,
    dilation: int | tuple[int, int] = 1,
    groups: int = 1,
) -> bytes:
    """One conv_2d on input ``shape``."""
    writer, x_scale = Writer(), random_scale(rng)
    x = writer.input(shape, scale=x_scale, zero_point=random_zero_point(rng))
    weights = random_weights(rng, (channels, *pair(kernel), shape[3] // groups))
    taps = weights[0].size
    scales, out_scale, values = _products(
        rng, x_scale, (channels, taps), per_channel=per_channel, bias=bias
    )
    y = writer.conv_2d(
        x,
        weights,
        values,
        weight_scale=scales,
        scale=out_scale,
        activation=activation,
        zero_point=random_zero_point(rng),
        stride=stride,
        padding=padding,
        dilation=dilation,
    )
    return writer.finish([y])


def depthwise_conv_2d(
    rng: Rng,
    shape: tuple[int, int, int, int] = (1, 7, 6, 5),
    multiplier: int = 1,
    kernel: int | tuple[int, int] = 3,
    *,
    stride: int | tuple[int, int] = 1,
    padding: str = "same",
    activation: str = "none",
    per_channel: bool = True,
    bias: bool = True,
    zero_point: int | None = None,
    dilation: int | tuple[int, int] = 1,
) -> bytes:
    """One depthwise_conv_2d on input ``shape``, with the output's ``zero_point`` or any."""
    writer, x_scale = Writer(), random_scale(rng)
    x = writer.input(shape, scale=x_scale, zero_point=random_zero_point(rng))
    channels = shape[3] * multiplier
    weights = random_weights(rng, (1, *pair(kernel), channels))
    taps = weights.size // channels
    scales, out_scale, values = _products(
        rng, x_scale, (channels, taps), per_channel=per_channel, bias=bias
    )
    y = writer.depthwise_conv_2d(
        x,
        weights,
        values,
        weight_scale=scales,
        scale=out_scale,
        activation=activation,
        zero_point=random_zero_point(rng) if zero_point is None else zero_point,
        stride=stride,
        padding=padding,
        dilation=dilation,
    )
    return writer.finish([y])


def fully_connected(
    rng: Rng,
    shape: tuple[int, ...] = (1, 30),
    channels: int = 6,
    *,
    activation: str = "none",
    per_channel: bool = False,
    bias: bool = True,
    keep_dims: bool = False,
) -> bytes:
    """One fully_connected; the weights' inputs are the last dimension of ``shape``."""
    writer, x_scale = Writer(), random_scale(rng)
    x = writer.input(shape, scale=x_scale, zero_point=random_zero_point(rng))
    weights = random_weights(rng, (channels, shape[-1]))
    scales, out_scale, values = _products(
        rng, x_scale, (channels, shape[-1]), per_channel=per_channel, bias=bias
    )
    y = writer.fully_connected(
        x,
        weights,
        values,
        weight_scale=scales,
        scale=out_scale,
        activation=activation,
        zero_point=random_zero_point(rng),
        keep_dims=keep_dims,
    )
    return writer.finish([y])


def _binary_range(
    kind: str, scales: tuple[float, float], zero_points: tuple[int, int]
) -> tuple[float, float]:
    """An output scale and the middle of the real outputs over the corners of both inputs."""
    reals = [[s * (q - z) for q in (-128, 127)] for s, z in zip(scales, zero_points, strict=True)]
    operation = {"add": np.add, "sub": np.subtract, "mul": np.multiply}[kind]
    corners = [float(operation(a, b)) for a in reals[0] for b in reals[1]]
    return (max(corners) - min(corners)) / 300, (max(corners) + min(corners)) / 2


def binary(
    rng: Rng,
    kind: str,
    shapes: tuple[tuple[int, ...], tuple[int, ...]],
    *,
    activation: str = "none",
) -> bytes:
    """One add, sub or mul of two inputs."""
    writer = Writer()
    a_scale, b_scale = random_scale(rng), random_scale(rng)
    a = writer.input(shapes[0], scale=a_scale, zero_point=random_zero_point(rng))
    b = writer.input(shapes[1], scale=b_scale, zero_point=random_zero_point(rng))
    scale, middle = _binary_range(kind, (a_scale, b_scale), (a.zero_point[0], b.zero_point[0]))
    scale *= float(np.exp(rng.uniform(-0.7, 0.7)))
    zero_point = int(np.clip(rng.normal(-middle / scale, 20), -128, 127))
    method = getattr(writer, kind)
    y = method(a, b, scale=scale, zero_point=zero_point, activation=activation)
    return writer.finish([y])


def unary(rng: Rng, kind: str, shape: tuple[int, ...], /, **arguments: object) -> bytes:
    """One operator of a single input: any method of Writer that takes (x, ...)."""
    writer = Writer()
    x = writer.input(shape, scale=random_scale(rng), zero_point=random_zero_point(rng))
    return writer.finish([getattr(writer, kind)(x, **arguments)])
