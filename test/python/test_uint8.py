"""uint8 networks: operators against LiteRT's uint8 kernels, weights of nine bits, borders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from support import inputs, shared
from support import random_models as models
from support.compiled import compile_file, litert_outputs, mismatches, run_on
from support.kernel_harness import KernelHarness
from support.litert import LiteRT
from support.operator_samples import mean_samples, pool_samples, softmax_samples
from support.random_models import random_scale
from support.tflite_writer import Writer
from support.unsigned import unsigned
from thumbnet.frontends.tflite import parse_tflite, read_tflite
from thumbnet.frontends.tflite_tensors import printable
from thumbnet.ir.graph import DType, Graph
from thumbnet.ir.verify import verify
from thumbnet.operators.conv_2d_general import wide_channels
from thumbnet.operators.registry import check_supported
from thumbnet.options import Build
from thumbnet.passes import run_passes
from thumbnet.quantize.requantize import quantize_multiplier
from thumbnet.reference import run, run_all
from thumbnet.schedule.replay_stream import replay_plan

AnyArray = npt.NDArray[Any]
Rng = np.random.Generator
CORAL = "coral-mobilenet-v1-0.25-128-quant"


def imported(model: bytes) -> Graph:
    """The graph of a model within the operators' limits."""
    graph = verify(parse_tflite(model, "net.tflite"))
    check_supported(graph, "net.tflite")
    return graph


def check(model: bytes, samples: int = 3) -> None:
    """The model's references, before and behind the passes, equal LiteRT."""
    litert, graph = LiteRT(model), imported(model)
    passed = run_passes(graph)
    for seed in range(samples):
        make = inputs.smooth if seed % 2 else inputs.noise
        given = [make(tuple(d["shape"]), "uint8", seed + i) for i, d in enumerate(litert.inputs)]
        for expected, got, behind in zip(
            litert.run(given), run(graph, given), run(passed, given), strict=True
        ):
            assert got.dtype == expected.dtype == np.uint8
            np.testing.assert_array_equal(got, expected)
            np.testing.assert_array_equal(behind.reshape(-1), expected.reshape(-1))


# -- operators ------------------------------------------------------------------------------------

ONE = {"per_channel": False}
CONVOLUTIONS: dict[str, Callable[[Rng], bytes]] = {
    "conv 3x3": lambda rng: models.conv_2d(rng, (1, 9, 8, 5), 9, 3, **ONE),
    "conv 1x1": lambda rng: models.conv_2d(rng, (1, 5, 7, 8), 12, 1, **ONE),
    "conv stride": lambda rng: models.conv_2d(
        rng, (1, 9, 8, 3), 8, (3, 2), stride=2, activation="relu6", **ONE
    ),
    "depthwise 8": lambda rng: models.depthwise_conv_2d(rng, (1, 9, 8, 16), 1, 3, **ONE),
    "depthwise 5": lambda rng: models.depthwise_conv_2d(rng, (1, 9, 8, 5), 1, 3, **ONE),
    "depthwise multiplier": lambda rng: models.depthwise_conv_2d(
        rng, (1, 9, 8, 3), 3, 3, stride=2, padding="valid", **ONE
    ),
    "depthwise of one": lambda rng: models.depthwise_conv_2d(rng, (1, 9, 8, 1), 8, 3, **ONE),
    "no bias": lambda rng: models.fully_connected(rng, (2, 30), 6, bias=False),
    "fully connected": lambda rng: models.fully_connected(rng, (1, 60), 17),
    "batch": lambda rng: models.fully_connected(rng, (5, 60), 9, activation="relu"),
    "dilation": lambda rng: models.conv_2d(rng, (1, 9, 8, 5), 9, 3, dilation=2, **ONE),
    "dilated depthwise": lambda rng: models.depthwise_conv_2d(
        rng, (1, 9, 8, 8), 1, 3, dilation=2, **ONE
    ),
    "groups": lambda rng: models.conv_2d(rng, (1, 7, 6, 8), 6, 3, groups=2, **ONE),
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions_equal_litert(name: str) -> None:
    rng = np.random.default_rng(list(CONVOLUTIONS).index(name))
    for _ in range(10):
        check(unsigned(CONVOLUTIONS[name](rng), rng))


COPIES: dict[str, dict[str, object]] = {
    "pad": {"before_after": [(0, 0), (1, 2), (0, 1), (2, 0)]},
    "transpose": {"permutation": (0, 2, 1, 3)},
    "resize_nearest_neighbor": {"size": (9, 7)},
    "reshape": {"shape": (1, 90)},
}
OTHERS: dict[str, Callable[[], list[bytes]]] = {
    "pool": lambda: [sample.model for sample in pool_samples(1, 48)],
    "mean": lambda: [sample.model for sample in mean_samples(2, 5)],
    "softmax": lambda: [sample.model for sample in softmax_samples(3, 8)],
    "elementwise": lambda: [
        models.binary(np.random.default_rng(i), kind, ((1, 5, 6, 7), shape))
        for i, kind in enumerate(("add", "sub", "mul") * 3)
        for shape in ((1, 5, 6, 7), (1, 1, 1, 7))
    ],
    "bytes": lambda: [
        models.unary(np.random.default_rng(i), kind, (1, 5, 6, 7))
        for kind in ("logistic", "hard_swish", "relu")
        for i in range(4)
    ],
    "copies": lambda: [
        models.unary(np.random.default_rng(i), kind, (1, 5, 6, 3), **arguments)
        for i, (kind, arguments) in enumerate(COPIES.items())
    ],
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_operators_equal_litert(name: str) -> None:
    for model in OTHERS[name]():
        check(unsigned(model))


def test_averages_and_means_round_as_values_from_zero() -> None:
    # Half of a negative int8 sum rounds away from zero; the same values as uint8 round upwards.
    writer = Writer()
    x = writer.input((1, 2, 1, 1), scale=0.1, zero_point=0)
    model = writer.finish([writer.average_pool_2d(x, (2, 1))])
    given = np.array([[[[-3]], [[0]]]], np.int8)
    assert run(imported(model), [given])[0].item() == -2
    shifted = given.view(np.uint8) ^ np.uint8(128)
    assert run(imported(unsigned(model)), [shifted])[0].item() - 128 == -1


def test_concatenation_of_other_scales_equals_litert() -> None:
    rng = np.random.default_rng(5)
    for _ in range(12):
        writer = Writer()
        points = rng.integers(-128, 128, 3)
        a = writer.input((1, 3, 4, 5), scale=random_scale(rng), zero_point=int(points[0]))
        b = writer.input((1, 3, 4, 7), scale=random_scale(rng), zero_point=int(points[1]))
        made = writer.concatenation(
            [a, b, a], 3, scale=random_scale(rng), zero_point=int(points[2])
        )
        check(unsigned(writer.finish([made])))


def test_multipliers_of_convolutions_follow_from_float_products() -> None:
    # LiteRT rounds the product of two scales to float32 for uint8 convolutions alone.
    rng = np.random.default_rng(6)
    differing = 0
    for _ in range(300):
        writer = Writer()
        x = writer.input((1, 2, 2, 1), scale=random_scale(rng), zero_point=0)
        weights, scale = np.ones((1, 1, 1, 1), np.int8), random_scale(rng)
        made = writer.conv_2d(x, weights, weight_scale=scale, scale=random_scale(rng))
        graph = imported(unsigned(writer.finish([made])))
        operator = next(op for op in graph.operators if op.kind == "conv_2d")
        given, used = graph.tensor(operator.inputs[0]), graph.tensor(operator.inputs[1])
        output = graph.tensor(operator.outputs[0])
        product = float(np.float32(given.scale) * np.float32(scale))
        wanted = quantize_multiplier(product / output.scale)
        assert quantize_multiplier(given.scale * used.scale / output.scale) == wanted
        differing += (
            quantize_multiplier(given.scale * float(np.float32(scale)) / output.scale) != wanted
        )
    assert differing > 100


# -- kernels --------------------------------------------------------------------------------------

BUILDS = (
    Build(),
    Build("portable", "balanced", "cortex-m0"),
    Build("portable", "speed", "cortex-m3"),
    Build("dsp", "speed", "cortex-m4"),
    Build("dsp", "size", "cortex-m4"),
    Build("mve", "balanced", "cortex-m55"),
)


def with_few_wide(rng: Rng, kind: str) -> bytes:
    """A layer of 9 channels of which one or two have weights that do not fit int8."""
    while True:
        make = {
            "conv": lambda: models.conv_2d(rng, (1, 7, 6, 4), 9, 3, **ONE),
            "point": lambda: models.conv_2d(rng, (1, 7, 6, 4), 9, 1, **ONE),
            "strided": lambda: models.conv_2d(rng, (1, 8, 7, 3), 9, (2, 3), stride=2, **ONE),
            "wide": lambda: models.conv_2d(rng, (1, 2, 53, 4), 9, 3, **ONE),
            "dense": lambda: models.fully_connected(rng, (3, 20), 9),
            "depthwise": lambda: models.depthwise_conv_2d(rng, (1, 7, 30, 9), 1, 3, **ONE),
            "multiplier": lambda: models.depthwise_conv_2d(rng, (1, 7, 6, 3), 3, 3, **ONE),
        }[kind]
        model = unsigned(make(), rng)
        operator = imported(model).operators[1]
        weights = imported(model).tensor(operator.inputs[1])
        assert weights.data is not None
        by_channel = (
            np.moveaxis(weights.data, 3, 0) if "depthwise" in operator.kind else weights.data
        )
        if 1 <= wide_channels(by_channel).sum() <= 2:
            return model


def test_few_wide_channels_leave_the_others_to_the_kernels_of_int8(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    harness = KernelHarness(tmp_path, widths=(1, 3))
    rest = set()
    for kind in ("conv", "point", "strided", "wide", "dense", "depthwise", "multiplier"):
        graph = imported(with_few_wide(rng, kind))
        operator = graph.operators[1]
        shape = graph.tensor(operator.inputs[0]).shape
        for build in BUILDS:
            given = [[inputs.noise(shape, "int8", 1)], [inputs.checkered(shape)]]
            harness.add(graph.built_for(build), operator, given)
            lowered = harness.cases[-1].lowered
            assert lowered.kernel.function == "thumbnet_wide_channels_s8"
            rest.add(lowered.kernels[0].function)
            weights = next(array for array in lowered.arrays if array.name == "wide_weights")
            assert len(weights.values) <= 2
    harness.check()
    assert {
        "thumbnet_conv_2d_s8",
        "thumbnet_conv_2d_dsp_s8",
        "thumbnet_conv_2d_mve_s8",
        "thumbnet_conv_2d_1x1_pairs_s8",
        "thumbnet_depthwise_conv_2d_columns_s8",
    } <= rest


def test_many_wide_channels_take_the_general_kernels(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    harness = KernelHarness(tmp_path)
    for name in (
        "conv 3x3",
        "conv 1x1",
        "conv stride",
        "depthwise 5",
        "depthwise multiplier",
        "batch",
    ):
        for _ in range(6):
            graph = imported(unsigned(CONVOLUTIONS[name](rng), rng))
            operator = graph.operators[1]
            if graph.tensor(operator.inputs[1]).dtype is DType.INT16:
                shape = graph.tensor(operator.inputs[0]).shape
                harness.add(graph, operator, [[inputs.noise(shape, "int8", 2)]])
    functions = {case.lowered.kernel.function for case in harness.cases}
    assert functions == {"thumbnet_conv_2d_general_s8", "thumbnet_wide_channels_s8"}
    for case in harness.cases:
        stored = next(array for array in case.lowered.arrays if array.name.endswith("weights"))
        assert stored.ctype in ("int8_t", "int16_t")
    harness.check()


def test_averages_and_means_in_c(tmp_path: Path) -> None:
    harness = KernelHarness(tmp_path, widths=(1, 3))
    made = [*pool_samples(4, 12), *mean_samples(5, 1)]
    for seed, sample in enumerate(made):
        graph = imported(unsigned(sample.model))
        operator = next(op for op in graph.operators if op.kind != "quantize")
        shape = graph.tensor(operator.inputs[0]).shape
        harness.add(graph, operator, [[inputs.noise(shape, "int8", seed)]])
    assert any(("ties_up", 1) in case.lowered.fields for case in harness.cases)
    harness.check()


# -- networks -------------------------------------------------------------------------------------


def network(rng: Rng) -> bytes:
    """Convolutions of several kinds, a residual, an average and a softmax."""
    writer = Writer()
    x = writer.input((1, 32, 32, 3), scale=1 / 128, zero_point=0)

    def conv(x: Any, channels: int, kernel: int, activation: str = "relu6", stride: int = 1) -> Any:
        weights = models.random_weights(rng, (channels, kernel, kernel, x.shape[3]))
        bias = rng.normal(0, 2000, channels).astype(np.int32)
        return writer.conv_2d(
            x, weights, bias, weight_scale=0.01, scale=6 / 255, zero_point=-128,
            stride=stride, activation=activation,
        )  # fmt: skip

    def depthwise(x: Any, stride: int) -> Any:
        weights = models.random_weights(rng, (1, 3, 3, x.shape[3]))
        bias = rng.normal(0, 500, x.shape[3]).astype(np.int32)
        return writer.depthwise_conv_2d(
            x, weights, bias, weight_scale=0.02, scale=6 / 255, zero_point=-128,
            stride=stride, activation="relu6",
        )  # fmt: skip

    x = conv(x, 8, 3, stride=2)
    for stride in (1, 2):
        x = conv(depthwise(x, stride), 16, 1)
    x = writer.add(x, conv(depthwise(conv(x, 24, 1), 1), 16, 1), scale=12 / 255, zero_point=-128)
    x = writer.average_pool_2d(x, 8)
    x = writer.reshape(x, (1, 16))
    weights = models.random_weights(rng, (10, 16))
    x = writer.fully_connected(x, weights, weight_scale=0.01, scale=0.1, zero_point=3)
    return writer.finish([writer.softmax(x)])


@pytest.mark.parametrize(
    "schedule", [{"objective": "speed"}, {"objective": "ram", "input": "buffer", "recompute": 3}]
)
def test_networks_run_as_litert_does(schedule: dict[str, object], tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    path = tmp_path / "net.tflite"
    path.write_bytes(unsigned(network(rng), rng))
    compiled = compile_file(path, schedule=schedule)
    if schedule["objective"] == "ram":
        kinds = {operator.kind for operator in compiled.plan.graph.operators}
        assert "inverted_bottleneck" in kinds
        assert any(stage.kind == "stream" for stage in compiled.plan.stages)
    replay_plan(compiled.plan)
    given = [[inputs.smooth((1, 32, 32, 3), "uint8", seed)] for seed in range(2)]
    measured = run_on(compiled, "host", given, sanitize=True)
    assert not mismatches(measured, litert_outputs(path.read_bytes(), compiled, given))


def test_borders_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(unsigned(network(np.random.default_rng(1))))
    header = compile_file(path).files["net.h"]
    assert "const uint8_t input[" in header
    assert "uint8_t output[" in header
    assert "ZERO_POINT (128)" in header
    graph = imported(path.read_bytes())
    for name in (*graph.inputs, *graph.outputs):
        assert graph.tensor(name).dtype is DType.UINT8
    inside = {graph.tensor(op.inputs[0]).dtype for op in graph.operators[1:]}
    assert inside == {DType.INT8}


def test_what_converts_next_to_a_border_is_all_that_converts() -> None:
    writer = Writer()
    x = writer.input((1, 4), "uint8", 0.1, 100)
    y = writer.quantize(
        writer.relu(writer.quantize(x, scale=0.2)), "uint8", scale=0.2, zero_point=9
    )
    graph = imported(writer.finish([y]))
    assert [op.kind for op in graph.operators] == ["quantize", "relu", "quantize"]


def test_an_input_that_is_an_output_too(tmp_path: Path) -> None:
    writer = Writer()
    x = writer.input((1, 4), "uint8", 0.1, 100)
    made = writer.tensor((1, 4), "uint8", 0.1, 100)
    writer.operator("RELU", [x], [made])
    again = writer.tensor((1, 4), "uint8", 0.2, 100)
    writer.operator("RELU6", [made], [again])
    model = writer.finish([made, again])
    check(model)


# -- a real network -------------------------------------------------------------------------------


@shared.needs_shared
def test_all_tensors_of_mobilenet_equal_litert() -> None:
    path = shared.model_path(CORAL)
    graph, litert = read_tflite(path), LiteRT(path.read_bytes(), keep_all=True)
    for picture in shared.real_inputs(CORAL, (1, 128, 128, 3), 2):
        x = picture.view(np.uint8) ^ np.uint8(128)
        litert.run([x])
        expected = {printable(name): value for name, value in litert.tensors().items()}
        found = run_all(graph, [x])
        compared = 0
        for name, tensor in graph.tensors.items():
            if name in expected and not tensor.is_constant:
                value = found[name]
                if value.dtype == np.int8:
                    value = value.view(np.uint8) ^ np.uint8(128)
                np.testing.assert_array_equal(value, expected[name], name)
                compared += 1
        assert compared >= 31


@shared.needs_shared
@pytest.mark.parametrize("target", ["host", "cortex-m4"])
def test_mobilenet_runs_as_litert_does(target: str) -> None:
    path = shared.model_path(CORAL)
    pictures = shared.real_inputs(CORAL, (1, 128, 128, 3), 3)
    given = [[picture.view(np.uint8) ^ np.uint8(128)] for picture in pictures]
    compiled = compile_file(path, target)
    measured = run_on(compiled, target, given)
    assert not mismatches(measured, litert_outputs(path.read_bytes(), compiled, given))
    kernels = {kernel.function for step in compiled.plan.steps for kernel in step.lowered.kernels}
    isa = "" if target == "host" else "dsp_"
    assert {
        "thumbnet_wide_channels_s8",
        f"thumbnet_conv_2d_1x1_{isa}s8",
        f"thumbnet_depthwise_conv_2d_{isa}s8",
    } <= kernels
    assert not any("general" in kernel for kernel in kernels)
    # A byte a weight, two more for those of channels that need them, and constants of channels.
    assert compiled.plan.weight_bytes < 1.05 * path.stat().st_size
