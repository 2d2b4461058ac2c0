"""``thumbnet quantize``: what a float32 network loses as int8, and what it then needs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from thumbnet.commands.model import read_for
from thumbnet.errors import ThumbnetError
from thumbnet.manifest import Manifest
from thumbnet.operators.cost import CORES
from thumbnet.pipeline import compile_imported, finish_import, quantized, read_model
from thumbnet.quantize.quality import (
    float_scores,
    int8_scores,
    noise,
    right,
    standard_error,
    takes_classes,
)
from thumbnet.quantize.quantizer import Quantized
from thumbnet.quantize.samples import Labelled, Scaling, read_samples
from thumbnet.report.console import console
from thumbnet.report.quantization import (
    AccuracyFigures,
    LayerFigures,
    QuantizationFigures,
    layers_picture,
    quantization_lines,
)
from thumbnet.schedule.predict import predict
from thumbnet.target import Target

COUNT = 500
"""Validation samples, unless told."""
_NOISE = 8
"""Samples that layers are compared on."""


def quantize(path: Path, target: str, count: int | None, as_json: bool) -> None:
    """Print accuracy, the layers' noise and the predicted cost, as text or one JSON object.

    ``count`` is how many validation samples are run; the reference interpreter runs them exactly as
    the generated code would.
    """
    manifest, board = read_for(path, target, None, None, None)
    if manifest.quantize is None:
        raise ThumbnetError(
            str(path),
            "does not say how to quantize",
            "add quantize: {calibration: FILE}, a .npz of samples or a folder of pictures",
        )
    result, used = quantized(manifest)
    validation = _validation(manifest, result, COUNT if count is None else count)
    figures = _figures(manifest, board, result, used, validation)
    if as_json:
        print(json.dumps(dataclasses.asdict(figures)))
        return
    print("\n".join([*quantization_lines(figures), ""]), flush=True)
    console().print(layers_picture(figures.layers))


def _validation(manifest: Manifest, result: Quantized, count: int) -> Labelled | None:
    how = manifest.quantize
    if how is None or how.validation is None:
        return None
    place = manifest.place("quantize", "validation")
    found = read_samples(how.validation, result.real, Scaling(how.mean, how.std), place, count)
    if found.labels is None:
        raise ThumbnetError(
            f'{place}: "{how.validation}"',
            "holds no classes",
            "add an array y with the class of each sample, or a folder for each class",
        )
    if not takes_classes(result.graph):
        raise ThumbnetError(place, "the network's first output holds no scores", "leave it out")
    return found


def _figures(
    manifest: Manifest,
    board: Target,
    result: Quantized,
    used: Labelled,
    validation: Labelled | None,
) -> QuantizationFigures:
    compiled = compile_imported(finish_import(result.graph, manifest), manifest, board)
    accuracy = None
    if validation is not None and validation.labels is not None:
        # Equalisation may have moved clamps: the file's own network is what counts.
        real = float_scores(read_model(manifest), validation.samples)
        scores = int8_scores(result.graph, validation.samples)
        before, after = (right(s, validation.labels) for s in (real, scores))
        total = len(validation.labels)
        accuracy = AccuracyFigures(total, before, after, standard_error(before, total))
    lines = noise(result, (validation or used).first(_NOISE).samples)
    layers = tuple(
        LayerFigures(line.name, line.kind, round(line.decibels, 2), round(line.added, 2))
        for line in lines
    )
    cost = predict(compiled.plan).total if board.core in CORES else None
    return QuantizationFigures(
        manifest.name,
        len(used.samples[0]),
        result.choice.clipping,
        result.choice.weights,
        result.equalized,
        result.error,
        accuracy,
        layers,
        compiled.plan.memory.arena_size,
        compiled.plan.weight_bytes,
        compiled.plan.network_macs,
        cost,
    )
