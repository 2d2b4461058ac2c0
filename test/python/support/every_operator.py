"""One small model with every operator that the TFLite frontend reads."""

from __future__ import annotations

import numpy as np

from support.random_models import random_weights
from support.shape_models import ShapeWriter


def every_operator(*, runs_in_litert: bool = False) -> bytes:
    """A network of all supported operators, with float and byte borders.

    Its depthwise_conv_2d has no bias, unless it is to run in LiteRT, which refuses that.
    """
    rng = np.random.default_rng(1)
    writer = ShapeWriter()
    image = writer.input((1, 8, 8, 3), "float32", name="image")
    camera = writer.input((1, 5, 5, 4), "uint8", scale=0.02, zero_point=128, name="camera")
    x = writer.quantize(image, scale=0.02, zero_point=-5)
    weights = random_weights(rng, (4, 3, 3, 3))
    conv = writer.conv_2d(
        x, weights, np.arange(4), weight_scale=[0.01, 0.02, 0.03, 0.04], scale=0.03, stride=2,
        activation="relu6",
    )  # fmt: skip
    taps = random_weights(rng, (1, 3, 3, 4))
    bias = np.arange(4) if runs_in_litert else None
    x = writer.depthwise_conv_2d(conv, taps, bias, weight_scale=0.01, scale=0.03)
    x = writer.sub(writer.mul(writer.add(x, conv, scale=0.05), conv, scale=0.04), x, scale=0.04)
    x = writer.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    x = writer.average_pool_2d(writer.max_pool_2d(x, 2, stride=2), 2, padding="same")
    x = writer.transpose(writer.resize_nearest_neighbor(x, (5, 5)), (0, 2, 1, 3))
    x = writer.space_to_depth(writer.crop(x, (0, 1, 0, 0), (1, 4, 4, 4)), 2)
    x = writer.resize_bilinear(writer.depth_to_space(x, 2), (5, 5), False, True)
    seen = writer.quantize(camera, scale=0.04, zero_point=0)
    x = writer.concatenation([x, seen], -1)
    x = writer.hard_swish(x, zero_point=-10)
    x = writer.relu(writer.relu(writer.relu(x), "relu6"), "relu_n1_to_1")
    x = writer.reshape(writer.mean(x, [1, 2], keep_dims=True), (1, 8))
    dense = random_weights(rng, (3, 8))
    x = writer.fully_connected(x, dense, np.arange(3), weight_scale=0.02, scale=0.1)
    scores = writer.softmax(x, beta=0.5)
    return writer.finish([writer.dequantize(scores), writer.logistic(x)])
