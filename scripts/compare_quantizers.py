"""Compares what is left of a float32 network's accuracy here and by onnxruntime's quantizer.

    .venv/bin/python scripts/compare_quantizers.py NET.onnx CALIBRATION.npz VALIDATION.npz \
        [--mean 127.5] [--std 127.5] [--samples 256] [--count N] [--code]

Both files hold samples x and classes y. onnxruntime's quantize_static gets the same calibration
samples (QDQ, int8, per channel, its pre-processing) and its network is run by onnxruntime; ours is
run by the numpy reference, or with --code by the generated C on this machine, which says how far
both agree. One line of Markdown is printed.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from thumbnet.commands.measure import model_io
from thumbnet.emulator import HarnessOptions, measure
from thumbnet.frontends.onnx import read_onnx
from thumbnet.ir.graph import Tensor
from thumbnet.manifest import implicit
from thumbnet.pipeline import compile_imported, finish_import
from thumbnet.quantize.quality import dequantized, float_scores, int8_scores, standard_error
from thumbnet.quantize.quantizer import quantize_graph
from thumbnet.quantize.samples import Scaling, read_samples
from thumbnet.target import resolve_target

Floats = npt.NDArray[np.float32]
BATCH = 500
"""Samples of one run of the generated code."""


class Reader(CalibrationDataReader):  # type: ignore[misc]
    """Samples in the file's layout."""

    def __init__(self, name: str, samples: Floats) -> None:
        self.items = iter([{name: sample[None]} for sample in samples])

    def get_next(self) -> Any:
        """The next sample."""
        return next(self.items, None)


def onnxruntime_scores(model: Path, samples: Floats) -> Floats:
    """The first output of a file for each sample."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    found = [session.run(None, {name: sample[None]})[0].reshape(-1) for sample in samples]
    return np.stack(found)


def file_layout(samples: Floats, model: Path) -> Floats:
    """Samples of the graph as the file has them."""
    session = ort.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    shape = list(session.get_inputs()[0].shape[1:])
    flat = samples.reshape(len(samples), *samples.shape[2:])
    if list(flat.shape[1:]) != shape and flat.ndim == 4:
        flat = np.moveaxis(flat, -1, 1)
    return np.ascontiguousarray(flat.reshape(len(samples), *shape))


def theirs(model: Path, calibration: Floats, validation: Floats) -> Floats:
    """The scores of what quantize_static makes."""
    with tempfile.TemporaryDirectory() as folder:
        ready, made = Path(folder) / "ready.onnx", Path(folder) / "int8.onnx"
        quant_pre_process(str(model), str(ready), skip_symbolic_shape=True)
        name = ort.InferenceSession(str(ready)).get_inputs()[0].name
        quantize_static(
            str(ready),
            str(made),
            Reader(name, calibration),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
        )
        return onnxruntime_scores(made, validation)


def code_scores(graph: Any, model: Path, samples: Floats) -> Floats:
    """The scores of the generated C, compiled for this machine."""
    manifest, target = implicit(model), resolve_target("host")
    compiled = compile_imported(finish_import(graph, manifest), manifest, target)
    given: Tensor = compiled.graph.tensor(compiled.graph.inputs[0])
    made: Tensor = compiled.graph.tensor(compiled.graph.outputs[0])
    # Half away from zero, as TFLite's QUANTIZE rounds.
    ratios = samples / np.float32(given.scale)
    steps = np.copysign(np.floor(np.abs(ratios) + np.float32(0.5)), ratios) + given.zero_point
    codes = np.clip(steps, -128, 127).astype(np.int8)
    found = []
    for start in range(0, len(codes), BATCH):
        part = [[code.reshape(given.shape)] for code in codes[start : start + BATCH]]
        options = HarnessOptions(input_in_arena=compiled.plan.input_in_arena)
        name = compiled.naming.name
        ran = measure(compiled.files, name, target, part, model_io(compiled), options=options)
        found += [dequantized(made, np.asarray(out).reshape(-1)) for (out,) in ran.outputs]
    return np.stack(found)


def main() -> None:
    """Quantize twice, run three networks, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("model", "calibration", "validation"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--mean", type=float, nargs="+", default=(127.5,))
    parser.add_argument("--std", type=float, nargs="+", default=(127.5,))
    parser.add_argument("--samples", type=int, default=256)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--code", action="store_true")
    given = parser.parse_args()
    graph, scaling = read_onnx(given.model), Scaling(tuple(given.mean), tuple(given.std))
    seen = read_samples(given.calibration, graph, scaling, "calibration", given.samples)
    asked = read_samples(given.validation, graph, scaling, "validation", given.count)
    labels = asked.labels
    if labels is None:
        parser.error("validation needs classes y")
    started = time.monotonic()
    result = quantize_graph(graph, seen.samples, given.model.name, seen.bounds)
    print(
        f"{result.choice}, equalized {result.equalized}, error {result.error:.5f},"
        f" {time.monotonic() - started:.0f} s",
        flush=True,
    )
    calibration, validation = (file_layout(s.samples[0], given.model) for s in (seen, asked))
    scores = {
        "float": float_scores(graph, asked.samples),
        "ours": (
            code_scores(result.graph, given.model, asked.samples[0])
            if given.code
            else int8_scores(result.graph, asked.samples)
        ),
        "onnxruntime": theirs(given.model, calibration, validation),
    }
    total = len(labels)
    right = {k: int(np.count_nonzero(v.argmax(1) == labels)) for k, v in scores.items()}
    same = {
        k: 100 * float(np.mean(v.argmax(1) == scores["float"].argmax(1))) for k, v in scores.items()
    }
    error = standard_error(right["float"], total)
    cells = [given.model.stem, f"{len(calibration)}", f"{total}"]
    cells += [f"{100 * right['float'] / total:.2f} ± {error:.2f}"]
    cells += [f"{100 * right[k] / total:.2f} ({same[k]:.2f})" for k in ("ours", "onnxruntime")]
    print("| " + " | ".join(cells) + " |")
    if given.code:
        few = [part[:20] for part in asked.samples]
        exact = int8_scores(result.graph, few)
        print(f"code equals reference on 20 samples: {np.array_equal(exact, scores['ours'][:20])}")


if __name__ == "__main__":
    main()
