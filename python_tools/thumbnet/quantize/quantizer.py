"""Post-training quantization: a float32 graph and samples to an int8 graph.

Steps: the graph is prepared (``prepare``), run on the samples (``calibrate``), its channels are
equalised where that helps (``equalize``), clipping and rounding are chosen by the error of the
outputs (``search``), biases corrected (``correct``), and the result written down (``convert``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from thumbnet.errors import ThumbnetError, ThumbnetErrors
from thumbnet.ir.graph import DType, Graph
from thumbnet.ir.verify import verify
from thumbnet.quantize.calibrate import Samples, observe
from thumbnet.quantize.clipping import Range
from thumbnet.quantize.convert import convert
from thumbnet.quantize.correct import corrected
from thumbnet.quantize.equalize import equalize
from thumbnet.quantize.float_functions import FUNCTIONS
from thumbnet.quantize.float_run import KINDS
from thumbnet.quantize.prepare import WEIGHTED, prepare
from thumbnet.quantize.search import Choice, Search
from thumbnet.quantize.simulate import Scheme

LEAST_SAMPLES = 16
"""Samples without which ranges are guesses."""
HELD_BYTES = 1 << 29
"""About what all values of the held-out samples may take."""
_HELD = 32
_CORRECTION = 64


@dataclass(frozen=True, eq=False)
class Quantized:
    """An int8 graph, and how it came about."""

    graph: Graph
    real: Graph
    """The float32 network whose tensors the int8 graph's stand for."""
    scheme: Scheme
    choice: Choice
    equalized: bool
    error: float
    """The squared error of the outputs of held-out samples, relative to their variance."""


def quantize_graph(
    graph: Graph, samples: Samples, file: str, bounds: Mapping[str, Range] | None = None
) -> Quantized:
    """The int8 form of ``graph``, whose samples are [N, *shape] for each of its inputs.

    Deterministic: the same samples on the same machine give the same bytes. Of N samples, the last
    of every four are held out, up to 32, to choose by. ``bounds`` are the ranges of inputs that are
    known, of bytes for example; those of others are what the samples have.

    Raises:
        ThumbnetError: there are too few samples, a value is not finite, or the network has an
            operator that has no int8 form.
    """
    check_kinds(graph, file)
    real = prepare(graph)
    check_kinds(real, file)
    count = len(samples[0])
    if count < LEAST_SAMPLES:
        raise ThumbnetError(
            file,
            f"quantize.calibration has {count} samples; at least {LEAST_SAMPLES} are needed",
            "give 100 to 500 that are like what the device will see",
        )
    size = sum(tensor.elements for tensor in real.tensors.values() if not tensor.is_constant)
    most = max(min(_HELD, HELD_BYTES // (4 * size)), 4)
    held = [part[3::4][:most] for part in samples]
    held_places = set(range(3, len(samples[0]), 4)[:most])
    kept = [n for n in range(len(samples[0])) if n not in held_places]
    given = [part[kept] for part in samples]
    try:
        return _chosen(real, given, held, bounds or {})
    except FloatingPointError as error:
        raise ThumbnetError(
            file,
            f'tensor "{error}" is not finite for a calibration sample',
            "check the samples' scale, and the network's weights",
        ) from None


def _chosen(real: Graph, given: Samples, held: Samples, bounds: Mapping[str, Range]) -> Quantized:
    seen = observe(real, given)
    search = Search(real, seen, held, real, bounds)
    error, choice = search.start()
    equal = equalize(real, seen)
    equalized = False
    if equal is not real:
        other = Search(equal, observe(equal, given), held, real, bounds)
        found, chosen = other.start()
        if found < error:
            search, error, choice, equalized = other, found, chosen, True
    scheme = search.scheme(choice)
    few = [part[: max(min(_CORRECTION, 2 * len(held[0])), 16)] for part in given]
    error, scheme = _better(search, error, scheme, corrected(scheme, few))
    error, scheme = search.refine(scheme)
    error, scheme = _better(search, error, scheme, corrected(scheme, few))
    graph = verify(convert(scheme))
    return Quantized(graph, search.graph, scheme, choice, equalized, error)


def _better(search: Search, error: float, scheme: Scheme, other: Scheme) -> tuple[float, Scheme]:
    found = search.error(other)
    return (found, other) if found < error else (error, scheme)


def check_kinds(graph: Graph, file: str) -> None:
    """Refuses networks that cannot be quantized.

    Raises:
        ThumbnetError: names every operator that has no int8 form.
    """
    errors = []
    for name in graph.inputs:
        if graph.tensor(name).dtype is not DType.FLOAT32:
            kind = graph.tensor(name).dtype.value
            errors.append(
                ThumbnetError(
                    f'{file}: input "{name}"',
                    f"is {kind}; networks with float32 inputs are quantized",
                    "export it with a float32 input",
                )
            )
    for operator in graph.operators:
        problem = None
        if operator.kind not in KINDS and operator.kind not in FUNCTIONS:
            problem = "has no int8 form"
        elif operator.kind in WEIGHTED and not graph.tensor(operator.inputs[1]).is_constant:
            problem = "has weights that are computed; constant ones are quantized"
        elif graph.states:
            problem = "stands in a network that keeps state"
        if problem is not None:
            errors.append(
                ThumbnetError(
                    f'{file}: node "{operator.name}" ({operator.kind.upper()})',
                    problem,
                    "replace it by operators of SUPPORTED_OPS.md",
                )
            )
    if errors:
        raise errors[0] if len(errors) == 1 else ThumbnetErrors(errors)
