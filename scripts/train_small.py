"""Trains small networks on spoken digits or gestures, for comparisons of quantizers.

    .venv/bin/python scripts/train_small.py digits|gestures DATA.npz OUT

writes OUT.onnx (float32), OUT_train.npz and OUT_val.npz (samples x, classes y). Needs torch. Digits
are the Free Spoken Digit Dataset's, takes 0 to 4 being kept for validation; gestures are 119 steps
of an accelerometer and a gyroscope.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

Floats = npt.NDArray[np.float32]
FRAMES, BANDS, FRAME, HOP = 48, 20, 256, 128
EPOCHS = {"digits": 30, "gestures": 60}


def spectrogram(wave: Floats, rate: int) -> Floats:
    """[FRAMES, BANDS] logarithms of energies in bands of the mel scale."""
    wave = np.pad(wave, (0, max(FRAMES * HOP + FRAME - len(wave), 0)))
    frames = np.stack([wave[i * HOP : i * HOP + FRAME] for i in range(FRAMES)])
    power = np.abs(np.fft.rfft(frames * np.hanning(FRAME))) ** 2
    top = 2595 * np.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, BANDS + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(FRAME, 1 / rate)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    weights = np.clip(
        np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle)), 0, 1
    )
    made: Floats = np.log(power @ weights.T + 1e-3).astype(np.float32)
    return made


def digits(path: Path) -> tuple[Floats, Any, Any]:
    """Samples [N,1,FRAMES,BANDS], classes, and which are for validation."""
    with np.load(path, allow_pickle=False) as data:
        sound, at, rate = data["samples"], data["offsets"], int(data["rate"])
        labels, held = data["labels"].astype(np.int64), data["take"] < 5
    waves = (sound[a:b].astype(np.float32) / 32768 for a, b in pairwise(at))
    return np.stack([spectrogram(wave, rate) for wave in waves])[:, None], labels, held


def gestures(path: Path) -> tuple[Floats, Any, Any]:
    """Samples [N,6,119], classes, and which are for validation."""
    with np.load(path, allow_pickle=False) as data:
        parts = [(data[f"x_{part}"], data[f"y_{part}"]) for part in ("train", "test")]
    x = np.concatenate([part[0] for part in parts]).astype(np.float32)
    low, size = np.array([-4] * 3 + [-2000] * 3), np.array([8] * 3 + [4000] * 3)
    scaled = ((x - low) / size).astype(np.float32)
    labels = np.concatenate([part[1] for part in parts]).reshape(-1).astype(np.int64)
    return np.moveaxis(scaled, 2, 1), labels, np.arange(len(x)) >= len(parts[0][0])


def conv(inputs: int, outputs: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """A 3x3 convolution with batch normalization and Hardswish."""
    layer = nn.Conv2d(inputs, outputs, 3, stride, 1, groups=groups, bias=False)
    return [layer, nn.BatchNorm2d(outputs), nn.Hardswish()]


def network(kind: str, classes: int) -> nn.Module:
    """A small network, untrained."""
    if kind == "digits":
        return nn.Sequential(
            *conv(1, 16, 2),
            *conv(16, 16, 1, 16),
            nn.Conv2d(16, 32, 1),
            nn.Hardswish(),
            *conv(32, 32, 2, 32),
            nn.Conv2d(32, 48, 1),
            nn.Hardswish(),
            *conv(48, 48, 2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(48, classes),
        )
    return nn.Sequential(
        nn.BatchNorm1d(6), nn.Conv1d(6, 16, 7, padding=3), nn.ELU(), nn.MaxPool1d(3),
        nn.Conv1d(16, 24, 5, padding=2), nn.ELU(), nn.MaxPool1d(3), nn.Flatten(),
        nn.Dropout(0.4), nn.Linear(24 * 13, classes), nn.Softmax(1),
    )  # fmt: skip


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("digits", "gestures"))
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    samples, labels, held = (digits if given.kind == "digits" else gestures)(given.data)
    x, y = torch.from_numpy(samples[~held]), torch.from_numpy(labels[~held])
    model = network(given.kind, int(labels.max()) + 1)
    loss_of = nn.NLLLoss() if given.kind == "gestures" else nn.CrossEntropyLoss()
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS[given.kind])
    for _ in range(EPOCHS[given.kind]):
        model.train()
        for chosen in torch.randperm(len(x)).split(32):
            made = model(x[chosen])
            loss = loss_of(torch.log(made + 1e-9) if given.kind == "gestures" else made, y[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
    model.eval()
    with torch.no_grad():
        right = model(torch.from_numpy(samples[held])).argmax(1).numpy() == labels[held]
    print(f"{given.kind}: {100 * right.mean():.2f} % of {len(right)}")
    for part, chosen in (("train", ~held), ("val", held)):
        np.savez(f"{given.out}_{part}.npz", x=samples[chosen], y=labels[chosen])
    torch.onnx.export(model, (x[:1],), f"{given.out}.onnx", opset_version=17, dynamo=False)


if __name__ == "__main__":
    main()
