"""Trains a small network on Fashion-MNIST and writes it as float32 ONNX, to quantize.

    .venv/bin/python scripts/train_fashion.py FOLDER OUT.onnx [--epochs N]

FOLDER holds the data set's four IDX files (.gz). Needs torch. The network is a MobileNet of five
blocks with one residual; pictures are (x - 127.5) / 127.5.
"""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path

import numpy as np
import torch
from torch import nn

MEAN = STD = 127.5
BATCH = 128


def idx(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The array in an IDX file of bytes."""
    data = gzip.decompress(path.read_bytes())
    rank = data[3]
    shape = [int.from_bytes(data[4 + 4 * d : 8 + 4 * d], "big") for d in range(rank)]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def fashion(folder: Path, part: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures [N,1,28,28] and classes of the part ``train`` or ``t10k``."""
    pictures = idx(folder / f"{part}-images-idx3-ubyte.gz").astype(np.float32)
    labels = idx(folder / f"{part}-labels-idx1-ubyte.gz").astype(np.int64)
    return torch.from_numpy((pictures[:, None] - MEAN) / STD), torch.from_numpy(labels)


class Block(nn.Module):
    """Expansion, depthwise and projection; with a residual where the shape stays."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self.residual = stride == 1 and inputs == outputs
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, inner, 1, bias=False),
            nn.BatchNorm2d(inner),
            nn.ReLU6(),
            nn.Conv2d(inner, inner, 3, stride, 1, groups=inner, bias=False),
            nn.BatchNorm2d(inner),
            nn.ReLU6(),
            nn.Conv2d(inner, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[N,inputs,H,W] to [N,outputs,H/stride,W/stride]."""
        made: torch.Tensor = self.layers(x)
        return x + made if self.residual else made


def network() -> nn.Module:
    """The network, untrained."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, 2, 1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        Block(16, 24, 1, 3),
        Block(24, 24, 1, 3),
        Block(24, 40, 2, 3),
        Block(40, 40, 1, 3),
        nn.Conv2d(40, 96, 1, bias=False),
        nn.BatchNorm2d(96),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(96, 10),
    )


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=6)
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    x, y = fashion(given.folder, "train")
    model = network()
    steps = given.epochs * (len(x) // BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    for epoch in range(given.epochs):
        model.train()
        for chosen in torch.randperm(len(x))[: len(x) // BATCH * BATCH].split(BATCH):
            pictures = x[chosen]
            if torch.rand(()) < 0.5:
                pictures = pictures.flip(3)
            loss = nn.functional.cross_entropy(model(pictures), y[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        model.eval()
        with torch.no_grad():
            tx, ty = fashion(given.folder, "t10k")
            right = sum(
                int((model(tx[i : i + 500]).argmax(1) == ty[i : i + 500]).sum())
                for i in range(0, len(tx), 500)
            )
        print(f"epoch {epoch + 1}: {right / 100:.2f} % of 10,000", flush=True)
        export(model, given.out)


def export(model: nn.Module, path: Path) -> None:
    """Write the network with a batch of one."""
    torch.onnx.export(
        model.eval(),
        (torch.zeros(1, 1, 28, 28),),
        str(path),
        input_names=["x"],
        output_names=["scores"],
        opset_version=17,
        dynamo=False,
        dynamic_axes={"x": {0: "N"}, "scores": {0: "N"}},
    )


if __name__ == "__main__":
    main()
