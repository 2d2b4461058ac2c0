"""What ``thumbnet measure --frontend`` adds: the front end on made-up samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from thumbnet.emulator.feed import Fed, Feed, feed
from thumbnet.emulator.model_io import Border
from thumbnet.errors import ThumbnetError
from thumbnet.pipeline import Compiled
from thumbnet.reference.interpreter import run_sequence
from thumbnet.signal.camera import FORMATS
from thumbnet.signal.front_end import FrontEnd
from thumbnet.signal.options import AudioOptions, CameraOptions
from thumbnet.target import Target

_SENSOR_ROWS = 100


def measure_front_end(
    compiled: Compiled, target: Target, outputs: tuple[Border, ...]
) -> tuple[bool, dict[str, object]]:
    """Whether the rows are the reference's, and the figures by their names.

    ``frontend_instructions`` are for a second of audio, a row of a sensor, or a picture.

    Raises:
        ThumbnetError: the manifest has no front end, or the run fails.
    """
    front_end = compiled.front_end
    if front_end is None:
        raise ThumbnetError(
            "--frontend", f"{compiled.naming.name} has no front end", "add frontend: to a manifest"
        )
    samples = made_up(front_end)
    count = len(samples)
    options = front_end.options
    chunks = [1] * count
    if isinstance(options, AudioOptions):
        hop = options.hop_samples
        chunks = [hop] * (count // hop) + ([count % hop] if count % hop else [])
    fed = push(compiled, target, samples, chunks, outputs)
    per = _SENSOR_ROWS if front_end.kind == "imu" else 1
    figures: dict[str, object] = {
        "frontend_bytes": front_end.state_bytes,
        "frontend_flash_bytes": front_end.flash_bytes,
        "frontend_stack_bytes": fed.stack_bytes,
        "frontend_instructions": None if fed.instructions is None else fed.instructions // per,
    }
    wanted = front_end.reference(samples)
    if front_end.kind == "camera":
        return _same_outputs(compiled, fed, wanted, outputs), figures
    return np.array_equal(fed.rows, wanted), figures


def _same_outputs(
    compiled: Compiled, fed: Fed, image: npt.NDArray[np.int8], outputs: tuple[Border, ...]
) -> bool:
    """Whether the inference on a camera's picture is the reference's."""
    graph = compiled.reference_graph
    shape = graph.tensor(graph.inputs[0]).shape
    (expected,) = run_sequence(graph, [[image.reshape(shape)]])
    found, at = fed.outputs.tobytes(), 0
    for border, right in zip(outputs, expected, strict=True):
        if found[at : at + border.size] != right.tobytes():
            return False
        at += -(-border.size // 8) * 8
    return len(fed.outputs) == 1


def push(
    compiled: Compiled,
    target: Target,
    samples: npt.NDArray[Any],
    chunks: list[int],
    outputs: tuple[Border, ...],
    **how: Any,
) -> Fed:
    """Feed a compiled model's front end; ``how`` as for :func:`thumbnet.emulator.feed.feed`."""
    front_end = compiled.front_end
    if front_end is None:
        raise ValueError("the model has no front end")
    what = Feed(
        front_end.kind,
        samples[:1].nbytes,
        front_end.rows,
        front_end.features,
        outputs,
        compiled.plan.memory.slow is not None,
    )
    return feed(compiled.files, compiled.naming.name, target, samples, chunks, what, **how)


def made_up(front_end: FrontEnd) -> npt.NDArray[Any]:
    """A second of audio, rows of a sensor or a picture: noise, the same at every call."""
    options, random = front_end.options, np.random.default_rng(1)
    if isinstance(options, CameraOptions):
        size = (options.height, options.width * FORMATS[options.format])
        return random.integers(0, 256, size).astype(np.uint8)
    if isinstance(options, AudioOptions):
        swell = np.sin(np.pi * np.arange(options.rate) / options.rate)
        return (random.normal(size=options.rate) * swell * 6000).clip(-32768, 32767).astype("<i2")
    return random.integers(-32768, 32768, (_SENSOR_ROWS, options.channels)).astype("<i2")
