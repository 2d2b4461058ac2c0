"""Trains the digits network and writes it as a fully int8 `digits.tflite`.

    pip install tensorflow scikit-learn
    python train.py

TensorFlow's own converter quantizes the network after training, calibrated on training images.
The 360 test images of `digits_data.py` play no part in training, in choices or in calibration:
they are only looked at to print the last lines.

Seeds are fixed and TensorFlow is told to be deterministic, so a second run on the same machine
writes the same bytes; another processor or TensorFlow release rounds differently and gives a
model of the same quality, but not the same file.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")  # must stand before the import below
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import digits_data
import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

SEED = 1
EPOCHS = 40
BATCH_SIZE = 32
LEARNING_RATE = 4e-3
WEIGHT_DECAY = 1e-3
LABEL_SMOOTHING = 0.05
STEM_CHANNELS = 16
LATE_CHANNELS = 32
SHIFTS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))
"""Every training image is also shown moved by one pixel: (rows, columns)."""

MODEL_FILE = Path(__file__).parent / "digits.tflite"


def build_network() -> keras.Model:
    """The float network: [N, 8, 8, 1] in 0 to 1 -> logits [N, 10].

    A 3x3 stem, then two stages of depthwise-separable blocks (8x8 and 4x4), each with one
    residual connection, then the global mean and a fully connected layer.
    """
    image = keras.Input((digits_data.SIDE, digits_data.SIDE, 1), name="image")
    x = _activated(_convolution(image, STEM_CHANNELS, kernel_size=3))
    x = _residual_block(x)
    x = _activated(_convolution(_depthwise(x, strides=2), LATE_CHANNELS, kernel_size=1))
    x = _residual_block(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(digits_data.CLASSES)(x))


def _residual_block(x: keras.KerasTensor) -> keras.KerasTensor:
    """A depthwise-separable convolution that is added to its own input."""
    return _activated(layers.Add()([x, _convolution(_depthwise(x), x.shape[-1], kernel_size=1)]))


def _convolution(x: keras.KerasTensor, channels: int, kernel_size: int) -> keras.KerasTensor:
    x = layers.Conv2D(channels, kernel_size, padding="same", use_bias=False)(x)
    return layers.BatchNormalization()(x)


def _depthwise(x: keras.KerasTensor, strides: int = 1) -> keras.KerasTensor:
    x = layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(x)
    return _activated(layers.BatchNormalization()(x))


def _activated(x: keras.KerasTensor) -> keras.KerasTensor:
    return layers.ReLU()(x)


def augment(part: digits_data.Part) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Every image at each of `SHIFTS`, filled up with black, and its label as a one-hot row."""
    images = digits_data.as_float(part.pixels)
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    side = digits_data.SIDE
    moved = [padded[:, 1 + y : 1 + y + side, 1 + x : 1 + x + side] for y, x in SHIFTS]
    one_hot = np.eye(digits_data.CLASSES, dtype=np.float32)[part.labels]
    return np.concatenate(moved), np.concatenate([one_hot] * len(SHIFTS))


def train(network: keras.Model, split: digits_data.Split) -> None:
    """Trains in place; the validation images choose the epoch whose weights are kept."""
    images, targets = augment(split.train)
    validation_targets = np.eye(digits_data.CLASSES, dtype=np.float32)[split.validation.labels]
    steps = EPOCHS * -(-len(images) // BATCH_SIZE)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    network.compile(
        optimizer=keras.optimizers.AdamW(schedule, weight_decay=WEIGHT_DECAY),
        loss=keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=LABEL_SMOOTHING
        ),
        metrics=["accuracy"],
    )
    keep_best = keras.callbacks.EarlyStopping(
        monitor="val_loss", patience=EPOCHS, restore_best_weights=True
    )
    network.fit(
        images,
        targets,
        validation_data=(digits_data.as_float(split.validation.pixels), validation_targets),
        batch_size=BATCH_SIZE,
        epochs=EPOCHS,
        callbacks=[keep_best],
        verbose=2,
    )


def convert(network: keras.Model, calibration: digits_data.Part) -> bytes:
    """The network with a softmax behind it as an int8 .tflite with a batch of exactly one."""
    side = digits_data.SIDE
    image = keras.Input((side, side, 1), batch_size=1, name="image")
    classifier = keras.Model(image, {"scores": layers.Softmax()(network(image))})

    def representative_data() -> Iterator[list[NDArray[np.float32]]]:
        for pixels in digits_data.as_float(calibration.pixels):
            yield [pixels[np.newaxis]]

    converter = tf.lite.TFLiteConverter.from_keras_model(classifier)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative_data
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def float_accuracy(network: keras.Model, part: digits_data.Part) -> float:
    """Share of the images that the float network gets right."""
    logits = network.predict(digits_data.as_float(part.pixels), verbose=0)
    return float(np.mean(np.argmax(logits, axis=1) == part.labels))


def int8_accuracy(model: bytes, part: digits_data.Part) -> float:
    """Share of the images that the .tflite gets right, run by TFLite's reference kernels.

    Raises:
        ValueError: the converter gave the input another quantization than `digits_data` assumes.
    """
    interpreter = tf.lite.Interpreter(
        model_content=model,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF,
    )
    interpreter.allocate_tensors()
    image, scores = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    scale, zero_point = image["quantization"]
    expected = (digits_data.IMAGE_SCALE, digits_data.IMAGE_ZERO_POINT)
    if not np.allclose((scale, zero_point), expected, rtol=1e-6):
        raise ValueError(f"input quantization is {(scale, zero_point)}, not {expected}")
    right = 0
    for pixels, label in zip(digits_data.as_int8(part.pixels), part.labels, strict=True):
        interpreter.set_tensor(image["index"], pixels[np.newaxis])
        interpreter.invoke()
        right += int(np.argmax(interpreter.get_tensor(scores["index"])[0]) == label)
    return right / len(part)


def main() -> None:
    """Trains, converts, writes the file and prints what became of the accuracy."""
    parser = argparse.ArgumentParser(description="Train the digits network.")
    parser.add_argument("--output", type=Path, default=MODEL_FILE, help="the .tflite to write")
    output: Path = parser.parse_args().output

    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    split = digits_data.load()
    network = build_network()
    train(network, split)
    model = convert(network, calibration=split.train)
    output.write_bytes(model)

    print(f"wrote {output.name}, {len(model)} bytes")
    for name, part in (("validation", split.validation), ("test", split.test)):
        print(
            f"{name}: {len(part)} images, float {float_accuracy(network, part):.2%},"
            f" int8 {int8_accuracy(model, part):.2%}"
        )


if __name__ == "__main__":
    main()
