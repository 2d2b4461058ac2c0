"""Operators that move, pick and repeat elements: references against LiteRT, C against them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]
from support import inputs as samples
from support.kernel_harness import KernelHarness
from support.litert import LiteRT
from support.shape_models import OTHERS, PICKS, ShapeWriter
from support.tflite_model import Value
from thumbnet.errors import ThumbnetError
from thumbnet.frontends.tflite import parse_tflite
from thumbnet.ir.graph import Graph
from thumbnet.ir.verify import verify
from thumbnet.operators.registry import check_supported, family
from thumbnet.passes.pipeline import run_passes
from thumbnet.reference import interpreter

AnyArray = np.typing.NDArray[Any]
Make = Callable[[np.random.Generator], bytes]


def read(model: bytes) -> Graph:
    """The model's graph, within the operators' limits."""
    graph = verify(parse_tflite(model, "net.tflite"))
    check_supported(graph, "net.tflite")
    return graph


def given_to(graph: Graph, seed: int) -> list[AnyArray]:
    """Noise for every input."""
    tensors = [graph.tensor(name) for name in graph.inputs]
    return [samples.noise(t.shape, t.dtype.value, seed + i) for i, t in enumerate(tensors)]


def check_model(model: bytes, seed: int, harness: KernelHarness | None) -> Graph:
    """The graph as imported and after the passes equals LiteRT; its kernels go to the harness."""
    graph = read(model)
    given = given_to(graph, seed)
    expected = LiteRT(model).run(given)
    values = interpreter.run_all(graph, given)
    changed = run_passes(graph)
    shaped = [x.reshape(changed.tensor(n).shape) for n, x in zip(graph.inputs, given, strict=True)]
    rewritten = interpreter.run(changed, shaped)
    for name, wanted, also in zip(graph.outputs, expected, rewritten, strict=True):
        text = f"seed {seed}: {[(op.kind, op.attributes) for op in graph.operators]}"
        np.testing.assert_array_equal(values[name], wanted, text)
        np.testing.assert_array_equal(also.reshape(-1), wanted.reshape(-1), text)
    if harness is not None:
        for operator in graph.operators:
            if operator.kind == "quantize":  # the border of a uint8 network, which is int8 inside
                continue
            variable = [n for n in operator.inputs if n and not graph.tensor(n).is_constant]
            if variable:
                harness.add(graph, operator, [[values[name] for name in variable]])
    return graph


def kinds_of(graphs: Sequence[Graph]) -> set[str]:
    """All kinds of operators but for what makes int8 of uint8 at the borders."""
    return {operator.kind for graph in graphs for operator in graph.operators} - {"quantize"}


@pytest.mark.parametrize("make", PICKS, ids=lambda make: make.__name__)
def test_picks_equal_litert(make: Make, tmp_path: Path) -> None:
    harness = KernelHarness(tmp_path, widths=(1, 3))
    graphs = []
    for seed in range(60):
        model = make(np.random.default_rng(seed))
        graphs.append(check_model(model, seed, harness if seed < 25 else None))
    assert kinds_of(graphs) <= {"pick", "reshape"}
    harness.check()


@pytest.mark.parametrize("make", OTHERS, ids=lambda make: make.__name__)
def test_others_equal_litert(make: Make, tmp_path: Path) -> None:
    harness = KernelHarness(tmp_path, widths=(1, 3))
    for seed in range(50):
        model = make(np.random.default_rng(seed))
        check_model(model, seed, harness if seed < 25 else None)
    harness.check()


def sliced(writer: ShapeWriter) -> Value:
    x = writer.given((4, 3))
    operands = [x, writer.ints(3, 0), writer.ints(2, 3)]
    return writer.make("SLICE", x, operands, (2, 3), schema.SliceOptionsT(), 2)


def divided(writer: ShapeWriter) -> Value:
    x = writer.given((5, 3))
    outs = [writer.like(x, (2, 3)) for _ in range(2)]
    writer.operator("SPLIT", [writer.ints(0), x], outs, schema.SplitOptionsT(), 2)
    return outs[0]


def gathered(writer: ShapeWriter) -> Value:
    x = writer.given((5, 3))
    return writer.make("GATHER", x, [x, writer.ints(5)], (1, 3), schema.GatherOptionsT(), 2)


def looked_up(writer: ShapeWriter) -> Value:
    x, indices = writer.given((5, 3)), writer.given((2,), "int32")
    return writer.make("GATHER", x, [x, indices], (2, 3), schema.GatherOptionsT(), 2)


def without_dimensions(writer: ShapeWriter) -> Value:
    x = writer.given((5,))
    return writer.strided_slice(x, [0, 0], [0, 2], [1, 1], (2,), ellipsisMask=1)


def too_much_mirrored(writer: ShapeWriter) -> Value:
    x = writer.given((3,))
    operands, options = [x, writer.ints((3, 0))], schema.MirrorPadOptionsT()
    return writer.make("MIRROR_PAD", x, operands, (6,), options, 2)


def mixed(writer: ShapeWriter) -> Value:
    x = writer.given((1, 3))
    return writer.concatenation([x, writer.constant(np.ones((1, 2), np.int8), 0.02, 3)], 1)


def rescaled(writer: ShapeWriter) -> Value:
    x = writer.given((1, 3))
    y = writer.input((1, 3), "int8", 0.03, 3)
    return writer.concatenation([x, y], 1)


@pytest.mark.parametrize(
    ("build", "problem"),
    [
        (sliced, "leave [4, 3]"),
        (divided, "2 parts of 5 are not equal"),
        (gathered, "index 5 is not one of 5"),
        (looked_up, "indices are computed at run time"),
        (without_dimensions, "an ellipsis that stands for no dimension"),
        (too_much_mirrored, "do not fit input [3]"),
        (mixed, "is constant; concatenation supports inputs of which none is constant, or all"),
        (rescaled, "supports inputs of the output's type, scale and zero point"),
    ],
)
def test_what_cannot_be_is_refused(build: Callable[[ShapeWriter], Value], problem: str) -> None:
    writer = ShapeWriter()
    model = writer.finish([build(writer)])
    with pytest.raises(ThumbnetError) as caught:
        read(model)
    message = caught.value.message()
    assert message.startswith("net.tflite: node")
    assert problem in message


def test_a_slice_reads_no_more_than_it_takes() -> None:
    """Its source begins at the rows and columns of the slice and ends there."""
    writer = ShapeWriter()
    x = writer.given((1, 9, 8, 2))
    graph = read(writer.finish([writer.crop(x, (0, 2, 3, 0), (1, 4, 5, 2))]))
    lowered = family(graph.operators[0]).lower(graph, graph.operators[0])
    (source,) = lowered.sources
    assert (source.pad, source.pad_left) == (-2, -3)
    assert (source.kernel_height, source.kernel_width, source.left_out) == (1, 1, 6)
    assert lowered.kernel.function == "thumbnet_pick"
