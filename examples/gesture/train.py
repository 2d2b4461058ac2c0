"""Trains the gesture network and writes `gesture.onnx` and `thumbnet.yaml`.

    pip install torch onnx numpy
    pip install ../../python_tools
    python train.py magic_wand.npz

Rows are those of `thumbnet.signal.imu`, bit for bit what the firmware computes. The 25 test
gestures play no part here. Seeds are fixed; another processor or release of PyTorch rounds
differently.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import gesture_data
import numpy as np
import torch
from numpy.typing import NDArray
from thumbnet.signal.imu import imu_features, imu_requantization
from thumbnet.signal.options import ImuOptions
from torch import nn

sys.path.insert(0, str(Path(__file__).parent.parent))
from quantized_onnx import Classifier, Convolution, write_onnx

SEED = 1
EPOCHS = 200
LEARNING_RATE = 3e-3
CHANNELS = 16
INPUT_SCALE = 1 / 40
"""Of normalised samples: int8 is 3.2 standard deviations wide on either side."""

HERE = Path(__file__).parent

MANIFEST = """\
# What thumbnet makes of gesture.onnx and of a motion sensor: `#include <gesture.h>`.
# Written by train.py.
model: gesture.onnx
labels: [{labels}]
outputs: [scores]
frontend:
  kind: imu
  channels: 6
  mean: [{mean}]
  scale: [{scale}]
"""


class Network(nn.Module):
    """[N, 6, 119, 1] -> logits: four convolutions along time, one over all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        inputs = 6
        for outputs in (CHANNELS, CHANNELS, 2 * CHANNELS, 2 * CHANNELS):
            self._add(nn.Conv2d(inputs, outputs, (5, 1), (2, 1), (2, 0), bias=False))
            inputs = outputs
        # What came first must count differently from what came last.
        self._add(nn.Conv2d(inputs, inputs, (8, 1), groups=inputs, bias=False))
        self.classifier = nn.Linear(inputs, len(gesture_data.CLASSES))

    def _add(self, layer: nn.Conv2d) -> None:
        normalised = nn.BatchNorm2d(layer.out_channels)
        self.layers.append(nn.Sequential(layer, normalised, nn.ReLU()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits [N, 5]."""
        for layer in self.layers:
            x = layer(x)
        return self.classifier(nn.functional.dropout(x.mean(dim=(2, 3)), 0.3, self.training))


def varied(gestures: NDArray[np.int16], random: np.random.Generator) -> NDArray[np.int16]:
    """The same gestures made larger, slower, later and noisier."""
    made = np.empty_like(gestures)
    count = gesture_data.SAMPLES
    for at, gesture in enumerate(gestures):
        place = np.arange(count) * random.uniform(0.8, 1.25) + random.uniform(-12, 12)
        place = np.clip(place + 3 * np.sin(np.arange(count) / 19 + random.uniform(0, 6)), 0, 118)
        moved = [np.interp(place, np.arange(count), channel) for channel in gesture.T]
        steps = np.array(gesture_data.STEPS) * [0.05, 0.05, 0.05, 5, 5, 5]
        noisy = np.stack(moved, 1) * random.uniform(0.8, 1.2) + random.normal(size=6) * steps
        made[at] = np.clip(np.rint(noisy), -32768, 32767)
    return made


def inputs(options: ImuOptions, gestures: NDArray[np.int16]) -> NDArray[np.float32]:
    """[N, 6, 119, 1] as the network sees them."""
    made = imu_requantization(options, INPUT_SCALE, 0)
    rows = imu_features(made, gestures.reshape(-1, 6)).reshape(gestures.shape)
    return np.ascontiguousarray(rows.transpose(0, 2, 1)[..., None], np.float32) * INPUT_SCALE


def train(network: Network, options: ImuOptions, part: gesture_data.Part) -> None:
    """Trains in place, on other variations in every epoch."""
    random = np.random.default_rng(SEED)
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=2e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    network.train()
    for _ in range(EPOCHS):
        x = torch.from_numpy(inputs(options, varied(part.gestures, random)))
        y = torch.from_numpy(part.labels)
        for chosen in torch.randperm(len(x)).view(-1, 20):
            loss = nn.functional.cross_entropy(network(x[chosen]), y[chosen], label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
    network.eval()


def folded(network: Network) -> tuple[list[Convolution], Classifier]:
    """The layers with their normalisations folded into weights and biases."""
    layers = []
    for layer in network.layers:
        convolution, norm, _ = layer
        factor = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach()
        weights = (convolution.weight * factor[:, None, None, None]).detach().numpy()
        biases = (norm.bias - norm.running_mean * factor).detach().numpy()
        down, _ = convolution.padding
        pads = (down, 0, down, 0)
        layers.append(Convolution(weights, biases, convolution.stride, pads, convolution.groups))
    head = network.classifier
    return layers, Classifier(head.weight.detach().numpy(), head.bias.detach().numpy())


def accuracy(network: Network, x: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Part of the gestures whose class is right."""
    with torch.no_grad():
        found = network(torch.from_numpy(x)).argmax(dim=1).numpy()
    return float((found == labels).mean())


def main() -> None:
    """Trains, writes the files and prints the accuracy."""
    parser = argparse.ArgumentParser(description="Train the gesture network.")
    parser.add_argument("data", type=Path, help="magic_wand.npz")
    parts = gesture_data.load(parser.parse_args().data)
    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(True)
    samples = parts["train"].gestures.reshape(-1, 6)
    mean, scale = samples.mean(axis=0).round(1), samples.std(axis=0).round(1)
    numbers = {"mean": mean.tolist(), "scale": scale.tolist()}
    options = ImuOptions.model_validate({"kind": "imu", "channels": 6, **numbers})
    network = Network()
    train(network, options, parts["train"])
    test = parts["test"]
    right = accuracy(network, inputs(options, test.gestures), test.labels)
    print(f"float: {100 * right:.0f} % of {len(test.labels)} test gestures")
    layers, classifier = folded(network)
    calibration = inputs(options, parts["train"].gestures)
    write_onnx(HERE / "gesture.onnx", layers, classifier, calibration, INPUT_SCALE)
    text = MANIFEST.format(
        labels=", ".join(gesture_data.CLASSES),
        mean=", ".join(map(str, options.mean)),
        scale=", ".join(map(str, options.scale)),
    )
    (HERE / "thumbnet.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
