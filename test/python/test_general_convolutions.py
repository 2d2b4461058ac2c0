"""Dilated, grouped and one-dimensional convolutions, int4 weights, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from ai_edge_litert import schema_py_generated as schema  # type: ignore[import-untyped]
from support import inputs
from support import random_models as models
from support.compiled import compile_file, litert_outputs, mismatches, run_on
from support.kernel_harness import KernelHarness
from support.litert import LiteRT
from support.tflite_writer import Writer
from support.unsigned import int4_weights
from thumbnet.errors import ThumbnetError
from thumbnet.frontends.tflite import parse_tflite
from thumbnet.ir.attributes import Convolution, DepthwiseConvolution
from thumbnet.ir.dump import dump
from thumbnet.ir.graph import Graph
from thumbnet.ir.verify import verify
from thumbnet.operators.registry import check_supported, family
from thumbnet.options import Build
from thumbnet.passes import run_passes
from thumbnet.passes.intervals import intervals
from thumbnet.passes.lower_groups import lower_groups
from thumbnet.reference import run
from thumbnet.schedule.replay_stream import replay_plan

AnyArray = npt.NDArray[Any]
Rng = np.random.Generator

DILATED: dict[str, Callable[[Rng], bytes]] = {
    "same": lambda rng: models.conv_2d(rng, (1, 12, 11, 5), 7, 3, dilation=(2, 3)),
    "valid": lambda rng: models.conv_2d(rng, (1, 12, 11, 5), 6, 3, dilation=2, padding="valid"),
    "strided": lambda rng: models.conv_2d(
        rng, (1, 12, 11, 4), 6, (3, 2), dilation=(1, 3), stride=2
    ),
    "wider than the input": lambda rng: models.conv_2d(rng, (1, 6, 5, 3), 4, 3, dilation=(5, 7)),
    "in time": lambda rng: models.conv_2d(rng, (1, 1, 40, 6), 8, (1, 3), dilation=(1, 8)),
    "depthwise": lambda rng: models.depthwise_conv_2d(rng, (1, 12, 11, 8), 1, 3, dilation=(2, 3)),
    "depthwise tail": lambda rng: models.depthwise_conv_2d(
        rng, (1, 12, 11, 5), 1, 3, dilation=2, stride=2, padding="valid"
    ),
    "depthwise multiplier": lambda rng: models.depthwise_conv_2d(
        rng, (1, 9, 11, 3), 3, (2, 3), dilation=(1, 2), activation="relu6"
    ),
    "depthwise of one": lambda rng: models.depthwise_conv_2d(rng, (1, 9, 8, 1), 8, 3, dilation=2),
}
GROUPED: dict[str, Callable[[Rng], bytes]] = {
    "two": lambda rng: models.conv_2d(rng, (1, 7, 6, 8), 6, 3, groups=2),
    "points": lambda rng: models.conv_2d(rng, (1, 7, 6, 8), 12, 1, groups=4),
    "strided": lambda rng: models.conv_2d(
        rng, (1, 7, 6, 6), 9, (3, 2), groups=3, stride=2, activation="relu", per_channel=False
    ),
    "dilated": lambda rng: models.conv_2d(rng, (1, 9, 9, 8), 6, 3, groups=2, dilation=2),
    "depthwise": lambda rng: models.conv_2d(rng, (1, 7, 6, 8), 8, 3, groups=8),
    "depthwise multiplier": lambda rng: models.conv_2d(rng, (1, 7, 6, 4), 12, 3, groups=4),
}
ONE_DIMENSION: dict[str, Callable[[Rng], bytes]] = {
    f"{kernel} {stride} {padding} of {shape}": lambda rng, s=shape, k=kernel, t=stride, p=padding: (
        models.conv_2d(rng, s, 8, k, stride=t, padding=p)
    )
    for shape, kernel in (((1, 1, 19, 4), (1, 5)), ((1, 19, 1, 4), (5, 1)), ((1, 9, 8, 3), (1, 4)))
    for stride in (1, 2, 3)
    for padding in ("same", "valid")
}
ALL = {
    **{f"dilated {name}": make for name, make in DILATED.items()},
    **{f"groups {name}": make for name, make in GROUPED.items()},
    **ONE_DIMENSION,
}


def imported(model: bytes) -> Graph:
    """The graph of a model within the operators' limits."""
    graph = verify(parse_tflite(model, "net.tflite"))
    check_supported(graph, "net.tflite")
    return graph


def check(model: bytes, samples: int = 3) -> None:
    """The model's references, before and behind the passes, equal LiteRT."""
    litert, graph = LiteRT(model), imported(model)
    passed = verify(run_passes(graph))
    check_supported(passed, "net.tflite")
    for seed in range(samples):
        make = inputs.smooth if seed % 2 else inputs.noise
        given = [make(tuple(litert.inputs[0]["shape"]), "int8", seed)]
        expected = litert.run(given)[0]
        np.testing.assert_array_equal(run(graph, given)[0], expected)
        np.testing.assert_array_equal(run(passed, given)[0].reshape(-1), expected.reshape(-1))


@pytest.mark.parametrize("name", ALL)
def test_references_equal_litert(name: str) -> None:
    rng = np.random.default_rng(list(ALL).index(name))
    for _ in range(6):
        check(ALL[name](rng))


BUILDS = (
    Build(),
    Build("portable", "balanced", "cortex-m0"),
    Build("dsp", "balanced", "cortex-m4"),
    Build("mve", "balanced", "cortex-m55"),
)


def test_kernels_equal_the_references(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    harness, used = KernelHarness(tmp_path, widths=(1, 5)), set[str]()
    for name, make in ALL.items():
        graph = imported(make(rng))
        operator = graph.operators[0]
        shape = graph.tensor(operator.inputs[0]).shape
        for build in BUILDS[:1] if name.startswith("groups") else BUILDS:
            given = [[inputs.noise(shape, seed=2)], [inputs.checkered(shape)]]
            harness.add(graph.built_for(build), operator, given)
            lowered = harness.cases[-1].lowered
            used |= {kernel.function for kernel in lowered.kernels}
            dilated = lowered.kernel.function == "thumbnet_dilated_conv_2d_s8"
            assert dilated == ("dilated" in name)
            assert name in ONE_DIMENSION or len(lowered.kernels) == 1 + dilated
    harness.check()
    assert {
        "thumbnet_conv_2d_general_s8",
        "thumbnet_conv_2d_pairs_s8",
        "thumbnet_conv_2d_dsp_s8",
        "thumbnet_conv_2d_mve_s8",
        "thumbnet_depthwise_conv_2d_dsp_s8",
        "thumbnet_depthwise_conv_2d_mve_s8",
    } <= used


@pytest.mark.parametrize(("isa", "core"), [("dsp", "cortex-m4"), ("mve", "cortex-m55")])
def test_one_dimension_takes_the_kernels_of_the_instruction_set(isa: Any, core: str) -> None:
    rng = np.random.default_rng(2)
    for make in ONE_DIMENSION.values():
        graph = imported(make(rng)).built_for(Build(isa, "balanced", core))
        lowered = family(graph.operators[0]).lower(graph, graph.operators[0])
        assert f"_{isa}_" in lowered.kernel.function


def test_groups_of_one_channel_become_depthwise() -> None:
    rng = np.random.default_rng(3)
    for name in ("depthwise", "depthwise multiplier"):
        graph = imported(GROUPED[name](rng))
        changed = verify(lower_groups(graph))
        (operator,) = changed.operators
        assert isinstance(operator.attributes, DepthwiseConvolution)
        assert operator.attributes.ties_up == 0
        assert lower_groups(changed) is changed
    for name in ("two", "points", "dilated"):
        graph = imported(GROUPED[name](rng))
        assert lower_groups(graph) is graph


def test_dumps_tell_dilation_and_groups() -> None:
    rng = np.random.default_rng(4)
    text = dump(imported(GROUPED["dilated"](rng)))
    assert "dilation 2x2" in text
    assert "groups=2" in text
    assert "groups" not in dump(imported(models.conv_2d(rng)))


def test_bounds_hold_for_dilated_windows() -> None:
    rng = np.random.default_rng(5)
    for name in ("same", "valid", "wider than the input", "depthwise"):
        graph = imported(DILATED[name](rng))
        known = intervals(graph)[graph.outputs[0]]
        shape = graph.tensor(graph.inputs[0]).shape
        for make in (inputs.noise, inputs.checkered):
            made = run(graph, [make(shape)])[0].reshape(-1, len(known.low))
            assert np.all(made.min(axis=0) >= known.low)
            assert np.all(made.max(axis=0) <= known.high)


def network(rng: Rng) -> bytes:
    """Dilated and grouped convolutions between ordinary ones."""
    writer = Writer()
    x = writer.input((1, 40, 40, 3), scale=0.01, zero_point=-5)

    def conv(x: Any, channels: int, kernel: int, **how: Any) -> Any:
        groups = how.pop("groups", 1)
        weights = models.random_weights(rng, (channels, kernel, kernel, x.shape[3] // groups))
        scale = x.scale[0] * 0.01 * 45 * 74 * np.sqrt(weights[0].size) / 50
        bias = rng.normal(0, 500, channels).astype(np.int32)
        return writer.conv_2d(x, weights, bias, weight_scale=0.01, scale=scale, zero_point=3, **how)

    x = conv(x, 8, 3, activation="relu")
    x = conv(x, 16, 3, dilation=2)
    x = conv(x, 16, 3, groups=4, activation="relu")
    x = conv(x, 12, 1, groups=2)
    weights = models.random_weights(rng, (1, 3, 3, 12))
    bias = np.arange(12, dtype=np.int32)
    x = writer.depthwise_conv_2d(
        x, weights, bias, weight_scale=0.01, scale=x.scale[0] * 3, dilation=3
    )
    x = conv(x, 4, 1)
    return writer.finish([writer.max_pool_2d(x, 2, stride=2)])


@pytest.mark.parametrize("input_mode", ["buffer", "rows"])
def test_networks_stream(input_mode: str, tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(network(np.random.default_rng(6)))
    compiled = compile_file(path, schedule={"objective": "ram", "input": input_mode})
    assert any(stage.kind == "stream" for stage in compiled.plan.stages)
    replay_plan(compiled.plan)
    if input_mode == "buffer":
        given = [[inputs.smooth((1, 40, 40, 3), "int8", seed)] for seed in range(2)]
        measured = run_on(compiled, "host", given, sanitize=True)
        assert not mismatches(measured, litert_outputs(path.read_bytes(), compiled, given))


# -- types of weights -----------------------------------------------------------------------------


@pytest.mark.parametrize("per_channel", [True, False])
def test_int4_weights_equal_litert(per_channel: bool) -> None:
    rng = np.random.default_rng(7)
    for _ in range(5):
        for model in (
            models.conv_2d(rng, (1, 7, 6, 5), 6, 3, per_channel=per_channel),
            models.depthwise_conv_2d(rng, (1, 7, 6, 5), 1, 3, per_channel=per_channel),
            models.fully_connected(rng, (3, 31), 5, per_channel=per_channel, bias=False),
        ):
            check(int4_weights(model))


def test_weights_of_fully_connected_may_have_a_zero_point() -> None:
    rng = np.random.default_rng(8)
    for point in (-9, 3, 100, -128):
        model = edited(
            models.fully_connected(rng, (2, 40), 9),
            lambda root, point=point: setattr(
                root.subgraphs[0].tensors[1].quantization, "zeroPoint", [point]
            ),
        )
        check(model)


def edited(model: bytes, change: Callable[[schema.ModelT], None]) -> bytes:
    """``model`` behind ``change``."""
    from support.tflite_model import pack

    root = schema.ModelT.InitFromPackedBuf(model, 0)
    change(root)
    return pack(root)


@pytest.mark.parametrize("keep_dims", [True, False])
def test_fully_connected_keeps_dimensions(keep_dims: bool) -> None:
    rng = np.random.default_rng(9)
    for shape in ((1, 3, 4, 6), (2, 6), (1, 2, 6)):
        for bias in (True, False):
            check(models.fully_connected(rng, shape, 5, keep_dims=keep_dims, bias=bias))


def refusal(model: bytes) -> str:
    """The message with which ``model`` is refused."""
    with pytest.raises(ThumbnetError) as caught:
        imported(model)
    return caught.value.message()


def test_float_networks_are_refused_as_one() -> None:
    writer = Writer()
    x = writer.input((1, 6, 6, 2), "float32")
    weights = writer.constant(np.ones((3, 1, 1, 2), np.float32))
    options = schema.Conv2DOptionsT()
    options.strideH = options.strideW = 1
    options.padding = schema.Padding.VALID
    made = []
    for _ in range(3):
        y = writer.tensor((1, 6, 6, 3), "float32")
        writer.operator("CONV_2D", [x, weights, None], [y], options)
        z = writer.tensor((1, 6, 6, 3), "float32")
        writer.operator("LEAKY_RELU", [y], [z], schema.LeakyReluOptionsT())
        made.append(z)
    message = refusal(writer.finish(made))
    assert len(message.splitlines()) == 1
    assert 'node 0 "t2" (CONV_2D)' in message
    assert "FLOAT32" in message
    assert "5 more operators in floating point" in message
    assert "representative data set" in message


def test_half_precision_weights_are_refused_as_one() -> None:
    writer = Writer()
    x = writer.input((1, 4), "float32")
    half = writer.constant(np.ones((2, 4), np.int16), name="half")
    full = writer.tensor((2, 4), "float32", name="full")
    writer.operator("DEQUANTIZE", [half], [full], schema.DequantizeOptionsT())
    y = writer.tensor((1, 2), "float32")
    writer.operator("FULLY_CONNECTED", [x, full, None], [y], schema.FullyConnectedOptionsT())

    def as_half(root: schema.ModelT) -> None:
        root.subgraphs[0].tensors[half.index].type = schema.TensorType.FLOAT16

    message = refusal(edited(writer.finish([y]), as_half))
    assert len(message.splitlines()) == 1
    assert '"full" (DEQUANTIZE): reads FLOAT16' in message
    assert "1 more operator in floating point" in message


def test_windows_that_are_too_large_are_refused() -> None:
    rng = np.random.default_rng(10)
    for model in (
        models.conv_2d(rng, (1, 1, 300, 2), 2, (1, 3), dilation=(1, 128)),
        models.depthwise_conv_2d(rng, (1, 300, 1, 2), 1, (3, 1), dilation=(128, 1)),
    ):
        assert "windows, dilated ones too" in refusal(model)
    assert isinstance(imported(models.conv_2d(rng)).operators[0].attributes, Convolution)
