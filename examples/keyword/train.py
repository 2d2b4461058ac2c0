"""Trains the keyword network and writes `keyword.onnx` and `thumbnet.yaml`.

    pip install torch onnx numpy
    pip install ../../python_tools          # thumbnet: its front end is what training hears
    python train.py fsdd.npz

Features are those of `thumbnet.signal.audio`, bit for bit what the firmware computes. The test
recordings play no part here. Seeds are fixed; another processor or release of PyTorch rounds
differently and gives a model of the same quality, but not the same file.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import keyword_data
import numpy as np
import torch
from numpy.typing import NDArray
from thumbnet.signal.audio import AudioTables, audio_tables, float_features
from thumbnet.signal.options import AudioOptions
from torch import nn

sys.path.insert(0, str(Path(__file__).parent.parent))
from quantized_onnx import Classifier, Convolution, write_onnx

SEED = 1
STREAMS = 2
"""How often every word is heard, each time elsewhere and in other noise."""

EPOCHS = 7
BATCH_SIZE = 64
LEARNING_RATE = 5e-3
INPUT_SCALE = 1 / 24
"""Of normalised features: int8 is 5 standard deviations wide on either side."""

STEP = 8
"""Rows between two windows of training."""

HERE = Path(__file__).parent

FRONT_END = {
    "kind": "mfcc",
    "rate": keyword_data.RATE,
    "window_ms": 32,
    "hop_ms": 20,
    "bands": 32,
    "low_hz": 60,
    "high_hz": 3900,
    "coefficients": 10,
}

MANIFEST = """\
# What thumbnet makes of keyword.onnx and of a microphone: `#include <keyword.h>`.
# Written by train.py.
model: keyword.onnx
labels: [{labels}]
outputs: [scores]
frontend:
{front_end}
  mean: [{mean}]
  scale: [{scale}]
  every: 5
"""


class Network(nn.Module):
    """[N, 1, 49, 10] -> logits: four convolutions, the mean."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        self._add(1, 16, (5, 5), (2, 2))
        self._add(16, 24, (3, 3), (2, 2))
        self._add(24, 32, (3, 3), (2, 1))
        self._add(32, 48, (3, 3), (1, 1))
        self.classifier = nn.Linear(48, keyword_data.NOTHING + 1)

    def _add(
        self, inputs: int, outputs: int, size: tuple[int, int], stride: tuple[int, int]
    ) -> None:
        padding = (size[0] // 2, size[1] // 2)
        layer = nn.Conv2d(inputs, outputs, size, stride, padding, bias=False)
        self.layers.append(nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.ReLU()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits [N, classes]."""
        for layer in self.layers:
            x = layer(x)
        return self.classifier(nn.functional.dropout(x.mean(dim=(2, 3)), 0.1, self.training))


def front_end(words: keyword_data.Words) -> AudioOptions:
    """The front end whose normalisation is that of the training words' rows."""
    plain = AudioOptions.model_validate(FRONT_END)
    stream = keyword_data.make_stream(words, SEED)
    rows = float_features(plain, stream.samples[: 600 * keyword_data.RATE])
    mean, scale = rows.mean(axis=0).round(2), rows.std(axis=0).round(2)
    return plain.model_copy(update={"mean": tuple(mean.tolist()), "scale": tuple(scale.tolist())})


def batches(
    tables: AudioTables, words: keyword_data.Words, seeds: range
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Inputs [N, 1, frames, features] as the network sees them, and classes."""
    made = [
        keyword_data.windows(tables, keyword_data.make_stream(words, seed, (0.05, 1.0)), STEP)
        for seed in seeds
    ]
    inputs = np.concatenate([one for one, _ in made])[:, None]
    return inputs.astype(np.float32) * INPUT_SCALE, np.concatenate([one for _, one in made])


def train(network: Network, inputs: NDArray[np.float32], classes: NDArray[np.int64]) -> None:
    """Trains in place; nothing is half as frequent as all words together."""
    counts = np.bincount(classes, minlength=keyword_data.NOTHING + 1)
    weights = torch.tensor((counts.sum() / len(counts) / counts) ** 0.5, dtype=torch.float32)
    x, y = torch.from_numpy(inputs), torch.from_numpy(classes)
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=1e-3)
    steps = EPOCHS * (len(x) // BATCH_SIZE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, steps)
    network.train()
    for epoch in range(EPOCHS):
        total = 0.0
        for chosen in torch.randperm(len(x))[: len(x) // BATCH_SIZE * BATCH_SIZE].view(
            -1, BATCH_SIZE
        ):
            loss = nn.functional.cross_entropy(network(x[chosen]), y[chosen], weights)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total * BATCH_SIZE / len(x):.4f}", flush=True)
    network.eval()


def accuracy(network: Network, inputs: NDArray[np.float32], classes: NDArray[np.int64]) -> float:
    """Part of windows whose class is right."""
    with torch.no_grad():
        found = network(torch.from_numpy(inputs)).argmax(dim=1).numpy()
    return float((found == classes).mean())


def folded(network: Network) -> tuple[list[Convolution], Classifier]:
    """The layers with their normalisations folded into weights and biases."""
    layers = []
    for layer in network.layers:
        convolution, norm, _ = layer
        factor = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach()
        weights = (convolution.weight * factor[:, None, None, None]).detach().numpy()
        biases = (norm.bias - norm.running_mean * factor).detach().numpy()
        down, right = convolution.padding
        pads = (down, right, down, right)
        layers.append(Convolution(weights, biases, convolution.stride, pads, convolution.groups))
    head = network.classifier
    return layers, Classifier(head.weight.detach().numpy(), head.bias.detach().numpy())


def manifest(options: AudioOptions) -> str:
    """The text of `thumbnet.yaml`."""
    lines = "\n".join(f"  {key}: {value}" for key, value in FRONT_END.items())
    return MANIFEST.format(
        labels=", ".join([*keyword_data.CLASSES, "nothing"]),
        front_end=lines,
        mean=", ".join(map(str, options.mean)),
        scale=", ".join(map(str, options.scale)),
    )


def main() -> None:
    """Trains, writes the files and prints accuracies."""
    parser = argparse.ArgumentParser(description="Train the keyword network.")
    parser.add_argument("data", type=Path, help="fsdd.npz")
    parts = keyword_data.load(parser.parse_args().data)
    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(True)
    options = front_end(parts["train"])
    tables = audio_tables(options, INPUT_SCALE, 0)
    inputs, classes = batches(tables, parts["train"], range(10, 10 + STREAMS))
    print(f"{len(inputs)} windows", flush=True)
    network = Network()
    train(network, inputs, classes)
    held_out = batches(tables, parts["validation"], range(1))
    print(f"validation windows right: {100 * accuracy(network, *held_out):.2f} %")
    layers, classifier = folded(network)
    write_onnx(HERE / "keyword.onnx", layers, classifier, inputs[::50], INPUT_SCALE)
    (HERE / "thumbnet.yaml").write_text(manifest(options), encoding="utf-8")


if __name__ == "__main__":
    main()
