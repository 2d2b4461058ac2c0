"""Trains `squeeze_excite.tflite`, a small network of MobileNetV3's kind, for the tests.

    pip install tensorflow scikit-learn
    python squeeze_excite.py

Inverted bottlenecks, most of them with squeeze-and-excite, hard swish, strides and residuals, on
digits drawn into 64x64 colour images. TensorFlow's own converter quantizes it after training.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")  # must stand before the import below
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import coloured_digits
import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

SEED = 1
EPOCHS = 24
BATCH_SIZE = 32
LEARNING_RATE = 4e-3
WEIGHT_DECAY = 1e-3
CALIBRATION = 200
STEM_CHANNELS, HEAD_CHANNELS = 8, 64
TEST_SEED = 1000

MODEL_FILE = Path(__file__).parent / "squeeze_excite.tflite"


class Block(NamedTuple):
    """An inverted bottleneck; ``squeezed`` channels between gate's convolutions, 0: no gate."""

    kernel: int
    expanded: int
    channels: int
    strides: int
    squeezed: int
    activation: str


BLOCKS = (
    Block(3, 24, 8, 1, 8, "relu"),
    Block(3, 32, 12, 2, 8, "relu"),
    Block(5, 48, 12, 1, 12, "hard_swish"),
    Block(5, 48, 20, 2, 0, "hard_swish"),
    Block(5, 80, 20, 1, 20, "hard_swish"),
)


def build_network() -> keras.Model:
    """The float network: [N, 64, 64, 3] in 0 to 1 -> logits [N, 10]."""
    image = keras.Input((coloured_digits.SIDE, coloured_digits.SIDE, 3), name="image")
    x = _convolution(image, STEM_CHANNELS, 3, 2, "hard_swish")
    for block in BLOCKS:
        x = _bottleneck(x, block)
    x = layers.GlobalAveragePooling2D()(_convolution(x, HEAD_CHANNELS, 1, 1, "hard_swish"))
    return keras.Model(image, layers.Dense(coloured_digits.CLASSES)(x))


def _bottleneck(x: keras.KerasTensor, block: Block) -> keras.KerasTensor:
    narrow = x
    x = _convolution(x, block.expanded, 1, 1, block.activation)
    x = layers.DepthwiseConv2D(block.kernel, strides=block.strides, padding="same", use_bias=False)(
        x
    )
    x = layers.Activation(block.activation)(layers.BatchNormalization()(x))
    if block.squeezed:
        x = layers.Multiply()([x, _gate(x, block.squeezed)])
    x = layers.Conv2D(block.channels, 1, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    if block.strides == 1 and narrow.shape[-1] == block.channels:
        x = layers.Add()([narrow, x])
    return x


def _gate(x: keras.KerasTensor, squeezed: int) -> keras.KerasTensor:
    """The factor of each channel, as keras.applications' MobileNetV3 has it."""
    channels = x.shape[-1]
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Conv2D(squeezed, 1, activation="relu")(x)
    x = layers.Conv2D(channels, 1)(x)
    return layers.Rescaling(1 / 6)(layers.ReLU(6.0)(layers.Rescaling(1.0, 3.0)(x)))


def _convolution(
    x: keras.KerasTensor, channels: int, kernel: int, strides: int, activation: str
) -> keras.KerasTensor:
    x = layers.Conv2D(channels, kernel, strides=strides, padding="same", use_bias=False)(x)
    return layers.Activation(activation)(layers.BatchNormalization()(x))


def as_float(images: coloured_digits.Images) -> NDArray[np.float32]:
    """Pixels in 0 to 1."""
    return images.pixels.astype(np.float32) / np.float32(255)


class Fresh(keras.utils.PyDataset):  # type: ignore[misc]
    """The training digits, drawn anew for every epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.epoch = -1
        self.on_epoch_end()

    def __len__(self) -> int:
        return len(self.labels) // BATCH_SIZE

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        part = slice(index * BATCH_SIZE, (index + 1) * BATCH_SIZE)
        return self.pixels[part], self.labels[part]

    def on_epoch_end(self) -> None:
        """Draws the next epoch's images in another order."""
        self.epoch += 1
        images = coloured_digits.draw("train", SEED + self.epoch)
        order = np.random.RandomState(self.epoch).permutation(len(images.labels))
        self.pixels, self.labels = as_float(images)[order], images.labels[order]


def train(network: keras.Model) -> None:
    """Trains in place."""
    data = Fresh()
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, EPOCHS * len(data))
    network.compile(
        optimizer=keras.optimizers.AdamW(schedule, weight_decay=WEIGHT_DECAY),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    network.fit(data, epochs=EPOCHS, verbose=2, shuffle=False)


def convert(network: keras.Model) -> bytes:
    """The network with a softmax behind it as an int8 .tflite with a batch of exactly one."""
    side = coloured_digits.SIDE
    image = keras.Input((side, side, 3), batch_size=1, name="image")
    classifier = keras.Model(image, {"scores": layers.Softmax()(network(image))})
    calibration = as_float(coloured_digits.draw("train", SEED))[:CALIBRATION]

    def representative_data() -> Iterator[list[NDArray[np.float32]]]:
        for pixels in calibration:
            yield [pixels[np.newaxis]]

    converter = tf.lite.TFLiteConverter.from_keras_model(classifier)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative_data
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def float_accuracy(network: keras.Model) -> float:
    """Share of the held-out images that the float network gets right."""
    images = coloured_digits.draw("test", TEST_SEED)
    logits = network.predict(as_float(images), verbose=0)
    return float(np.mean(np.argmax(logits, axis=1) == images.labels))


def int8_accuracy(model: bytes) -> float:
    """Share of the held-out images that the .tflite gets right."""
    images = coloured_digits.draw("test", TEST_SEED)
    interpreter = tf.lite.Interpreter(model_content=model)
    interpreter.allocate_tensors()
    image, scores = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    right = 0
    for pixels, label in zip(images.pixels, images.labels, strict=True):
        as_int8 = (pixels.astype(np.int16) - 128).astype(np.int8)
        interpreter.set_tensor(image["index"], as_int8[np.newaxis])
        interpreter.invoke()
        right += int(np.argmax(interpreter.get_tensor(scores["index"])[0]) == label)
    return right / len(images.labels)


def main() -> None:
    """Trains, converts, writes the file and prints what became of the accuracy."""
    parser = argparse.ArgumentParser(description="Train the squeeze-and-excite test network.")
    parser.add_argument("--output", type=Path, default=MODEL_FILE, help="the .tflite to write")
    output: Path = parser.parse_args().output

    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    network = build_network()
    train(network)
    model = convert(network)
    output.write_bytes(model)
    print(f"wrote {output.name}, {len(model)} bytes")
    print(f"held out: float {float_accuracy(network):.2%}, int8 {int8_accuracy(model):.2%}")


if __name__ == "__main__":
    main()
