"""Runs the command line in this process, and a small model to run it on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from thumbnet.cli import run_command

from support.tflite_writer import Writer


@dataclass(frozen=True)
class Ran:
    """What a command line did."""

    status: int
    out: str
    err: str


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Ran:
    """``thumbnet ARGUMENTS`` with what it printed."""
    capsys.readouterr()
    status = run_command([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return Ran(status, captured.out, captured.err)


def small_model(height: int = 12) -> bytes:
    """int8 [1, height, 10, 2] -> conv_2d 3x3 to 4 channels -> average pool -> 3 softmax scores."""
    random = np.random.default_rng(1)
    writer = Writer()
    x = writer.input((1, height, 10, 2), scale=0.05, zero_point=-3)
    weights = random.integers(-127, 128, (4, 3, 3, 2)).astype(np.int8)
    bias = random.integers(-500, 500, 4).astype(np.int32)
    y = writer.conv_2d(x, weights, bias, weight_scale=0.01, scale=0.2, activation="relu")
    y = writer.average_pool_2d(y, (height, 10), padding="valid")
    y = writer.reshape(y, (1, 4))
    weights = random.integers(-127, 128, (3, 4)).astype(np.int8)
    y = writer.fully_connected(y, weights, None, weight_scale=0.02, scale=0.3, zero_point=5)
    return writer.finish([writer.softmax(y)])
