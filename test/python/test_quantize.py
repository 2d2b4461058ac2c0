"""Post-training quantization: from float32 ONNX files and samples to int8 networks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from PIL import Image
from support.cli import run as run_command
from support.compiled import mismatches, run_on
from support.onnx_models import OnnxModel, imported, session
from test_quantize_float import BUILDS, model
from thumbnet.errors import ThumbnetError
from thumbnet.ir.dump import dump
from thumbnet.manifest import load
from thumbnet.operators.registry import check_supported
from thumbnet.pipeline import compile_model
from thumbnet.quantize.calibrate import observe
from thumbnet.quantize.clipping import METHODS, quantization_of, ranges
from thumbnet.quantize.equalize import equalize
from thumbnet.quantize.float_run import run
from thumbnet.quantize.histogram import Histogram
from thumbnet.quantize.prepare import WEIGHTED, prepare
from thumbnet.quantize.quantizer import Quantized, quantize_graph
from thumbnet.quantize.samples import Scaling, read_samples
from thumbnet.quantize.weights import quantize_weights
from thumbnet.reference.interpreter import run as exact
from thumbnet.target import resolve_target

AnyArray = np.ndarray
Capture = pytest.CaptureFixture[str]
F32 = np.float32
COUNT = 48


def weights(*shape: int) -> AnyArray:
    """The same ones for the same shape."""
    return np.random.default_rng(shape).normal(0, 0.5, shape).astype(F32)


def smooth(seed: int, shape: tuple[int, ...], count: int = COUNT) -> AnyArray:
    """Samples [count, *shape] whose channels differ in mean and spread."""
    random = np.random.default_rng(seed)
    mean, spread = random.normal(0, 1, shape[-1]), random.uniform(0.3, 1.5, shape[-1])
    return (random.normal(0, 1, (count, *shape)) * spread + mean).astype(F32)


def quantized(data: bytes, seed: int = 0) -> tuple[Quantized, AnyArray]:
    graph = imported(data).graph
    samples = smooth(seed, graph.tensor(graph.inputs[0]).shape)
    return quantize_graph(graph, [samples], "net.onnx"), samples


def decibels(data: bytes, seed: int = 0) -> float:
    """Signal over noise of the exact int8 network on samples that calibration did not see."""
    result, samples = quantized(data, seed)
    check_supported(result.graph, "net.onnx")
    fresh = smooth(seed, samples.shape[1:], 60)[COUNT:]
    (wanted,) = run(imported(data).graph, [fresh])
    made = np.stack([exact(result.graph, [sample])[0] for sample in fresh])
    assert made.shape == wanted.shape
    noise = np.square(made - wanted, dtype=np.float64).sum()
    return float(10 * np.log10(np.square(wanted, dtype=np.float64).sum() / noise))


NOISY = {
    "power": 20.0,
    "attention": 15.0,
    "log softmax": 18.0,
    "softmax": 25.0,
    "normalized behind": 24.0,
}
"""What squares, or compares products of products, or has a prescribed step, is noisier."""


@pytest.mark.parametrize("name", BUILDS)
def test_single_operators_become_int8(name: str) -> None:
    assert decibels(model(BUILDS[name])) > NOISY.get(name, 28.0)


def bottleneck(m: OnnxModel, x: str, channels: int, activation: Callable[[str], str]) -> str:
    """Expansion, depthwise with channels of very unlike ranges, projection, sum."""
    random = np.random.default_rng(3)
    wide = 3 * channels
    gains = np.exp(random.normal(0, 1.2, wide)).astype(F32)
    first = weights(wide, channels, 1, 1) * gains.reshape(-1, 1, 1, 1)
    y = activation(m.node("Conv", x, m.constant(first), m.constant(weights(wide))))
    middle = weights(wide, 1, 3, 3) / gains.reshape(-1, 1, 1, 1)
    y = m.node("Conv", y, m.constant(middle), group=wide, pads=[1, 1, 1, 1])
    last = weights(channels, wide, 1, 1) / F32(np.sqrt(wide))
    y = m.node("Conv", activation(y), m.constant(last), m.constant(weights(channels)))
    return m.node("Add", x, y)


def network(clamp: float | None = None) -> bytes:
    """Blocks like MobileNet's on [1,3,12,12], with ReLU or a ReLU6, and 5 scores."""
    m = OnnxModel()
    bounds = [m.constant(F32(0)), m.constant(F32(clamp))] if clamp else []
    activation = (lambda y: m.node("Clip", y, *bounds)) if clamp else (lambda y: m.node("Relu", y))
    x = m.input((1, 3, 12, 12))
    x = activation(m.node("Conv", x, m.constant(weights(8, 3, 3, 3)), strides=[2, 2]))
    x = bottleneck(m, x, 8, activation)
    x = bottleneck(m, x, 8, activation)
    x = m.node("Flatten", m.node("GlobalAveragePool", x))
    x = m.node("Gemm", x, m.constant(weights(5, 8)), m.constant(weights(5)), transB=1)
    return m.bytes(m.node("Softmax", x, axis=1))


class Reader(CalibrationDataReader):
    """Samples for onnxruntime, channels first."""

    def __init__(self, name: str, samples: AnyArray) -> None:
        self.items = iter([{name: np.moveaxis(sample, -1, 1)} for sample in samples])

    def get_next(self) -> Any:
        return next(self.items, None)


@pytest.mark.parametrize("clamp", [None, 6.0])
def test_networks_are_no_worse_than_onnxruntime_makes_them(
    tmp_path: Path, clamp: float | None
) -> None:
    data = network(clamp)
    result, samples = quantized(data)
    (tmp_path / "net.onnx").write_bytes(data)
    quantize_static(
        tmp_path / "net.onnx",
        tmp_path / "int8.onnx",
        Reader("x", samples),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QInt8,
        weight_type=QuantType.QInt8,
    )
    theirs = session((tmp_path / "int8.onnx").read_bytes())
    fresh = smooth(0, samples.shape[1:], 148)[COUNT:]
    (wanted,) = run(imported(data).graph, [fresh])
    ours = np.stack([exact(result.graph, [sample])[0] for sample in fresh])
    other = np.stack([theirs.run(None, {"x": np.moveaxis(x, -1, 1)})[0] for x in fresh])
    assert np.square(ours - wanted).mean() <= np.square(other - wanted).mean()


def test_all_parts_take_part() -> None:
    """Channels of unlike ranges are equalised, and the result is nearer to float32 than without."""
    result, samples = quantized(network())
    assert result.equalized
    assert result.error < 2e-3
    real = prepare(imported(network()).graph)
    seen = observe(real, [samples])
    equal = equalize(real, seen)
    before, after = (run(graph, [samples])[0] for graph in (real, equal))
    assert np.allclose(before, after, atol=1e-5)
    spread = {}
    for name, graph in (("before", real), ("after", equal)):
        most = observe(graph, [samples]).most
        first = graph.operators[1].outputs[0]
        spread[name] = float(most[first].max() / np.median(most[first]))
    assert spread["after"] < spread["before"] / 2


def test_clamps_cut_off_nothing_more_behind_equalisation() -> None:
    real = prepare(imported(network(6.0)).graph)
    samples = smooth(0, (1, 12, 12, 3))
    equal = equalize(real, observe(real, [samples]))
    assert equal is not real
    assert np.allclose(run(real, [samples])[0], run(equal, [samples])[0], atol=1e-5)


def test_the_same_samples_give_the_same_graph() -> None:
    assert dump(quantized(network())[0].graph) == dump(quantized(network())[0].graph)


def test_histograms_know_percentiles() -> None:
    random = np.random.default_rng(0)
    values = random.normal(1, 2, 200_000).astype(F32)
    seen = Histogram()
    for part in np.split(values, 10):
        seen.add(part * F32(0.01) if seen.limit == 0 else part)
    assert seen.counts.sum() == values.size
    assert seen.high == values.max()
    low, high = seen.between(0.999)
    assert abs(high - np.quantile(values, 0.999)) < 0.1
    assert abs(low - np.quantile(values, 0.001)) < 0.1
    both = seen.with_(seen)
    assert np.array_equal(both.counts, 2 * seen.counts)


def test_ranges_with_outliers_are_clipped() -> None:
    """Against the squared error of the values themselves."""
    random = np.random.default_rng(0)
    values = np.append(random.laplace(0, 1, 1_000_000), 60.0).astype(F32)
    seen = Histogram()
    seen.add(values)
    found = ranges(seen)
    assert list(found) == list(METHODS)
    assert found["minmax"] == (values.min(), 60.0)

    def error(given: tuple[float, float]) -> float:
        q = quantization_of(given)
        steps = np.clip(np.rint(values / q.scale[0]) + q.zero_point[0], -128, 127)
        return float(np.square((steps - q.zero_point[0]) * q.scale[0] - values).mean())

    assert min(found, key=lambda name: error(found[name])) == "mse"
    assert error(found["mse"]) < error(found["minmax"]) / 2
    assert found["kl"][1] < 60
    assert quantization_of((0.0, 0.0)).scale[0] > 0


@pytest.mark.parametrize("kind", WEIGHTED)
def test_weights_have_a_scale_for_every_output(kind: str) -> None:
    random = np.random.default_rng(0)
    shape = {"depthwise_conv_2d": (1, 3, 3, 7), "fully_connected": (7, 30)}.get(kind, (7, 3, 3, 5))
    data = random.standard_t(3, shape).astype(F32)
    squares = random.uniform(0.1, 3, shape[-1])
    axis = WEIGHTED[kind]
    others = tuple(d for d in range(len(shape)) if d != axis)
    heights = 1.0 if kind == "depthwise_conv_2d" else squares
    errors = {}
    for method in ("max", "mse"):
        made = quantize_weights(kind, data, method, squares, np.zeros(7))
        assert made.codes.shape == shape
        assert made.codes.min() >= -127
        errors[method] = (np.square(made.real - data) * heights).sum(others)
    assert np.all(errors["mse"] <= errors["max"] + 1e-9)
    assert errors["mse"].sum() < errors["max"].sum()
    whole = quantize_weights(kind, data, "max", squares, np.zeros(7))
    assert np.allclose(whole.scales * 127, np.abs(data).max(others), rtol=1e-6)


def test_dead_channels_and_large_biases() -> None:
    """Weights of zero, or so small that the bias would leave int32 at their scale."""
    m = OnnxModel()
    kernel = weights(4, 3, 1, 1)
    kernel[0], kernel[1] = 0, 1e-12
    bias = m.constant(np.array([1, 2, 3, 0], F32))
    x = m.node("Conv", m.input((1, 3, 5, 5)), m.constant(kernel), bias)
    data = m.bytes(x)
    assert decibels(data) > 35
    result, samples = quantized(data)
    (made,) = exact(result.graph, [samples[0]])
    assert np.allclose(made[..., :2], [1, 2], atol=0.05)


def test_shared_and_prescribed_scales_and_several_outputs() -> None:
    """Probabilities beside other reals, a tensor that is an output and read, places."""
    m = OnnxModel()
    x = m.input((1, 6, 8, 7))
    y = m.node("Conv", x, m.constant(weights(6, 6, 1, 1)))
    flat = m.node("GlobalAveragePool", y)
    flat = m.node("Flatten", flat)
    soft = m.node("Softmax", flat, axis=1)
    both = m.node("Concat", soft, m.node("Mul", flat, m.constant(F32(4))), axis=1)
    place = m.node("ArgMax", both, axis=1, keepdims=0)
    data = m.bytes(flat, soft, both, place)
    result, samples = quantized(data)
    graph = result.graph
    check_supported(graph, "net.onnx")
    assert [op.kind for op in graph.operators].count("softmax") == 1
    wanted = run(imported(data).graph, [samples])
    made = [exact(graph, [sample]) for sample in samples]
    for number, least in enumerate((30, 20, 30)):
        found = np.stack([outputs[number] for outputs in made])
        noise = np.square(found - wanted[number], dtype=np.float64).mean()
        signal = np.square(wanted[number], dtype=np.float64).mean()
        assert 10 * np.log10(signal / noise) > least
    places = np.stack([outputs[3] for outputs in made])
    assert places.dtype == np.int32
    assert np.mean(places == wanted[3]) > 0.9


def test_bytes_have_their_own_range(tmp_path: Path) -> None:
    """What 0 and 255 stand for, though no sample reaches it."""
    pixels = np.random.default_rng(0).integers(100, 150, (20, 12, 12, 3), np.uint8)
    manifest = project(tmp_path, text="  mean: 128\n  std: 64\n", x=pixels)
    graph = compile_model(load(manifest), resolve_target("host")).graph
    tensor = graph.tensor(graph.inputs[0])
    assert tensor.quantization is not None
    assert (np.float32(1 / 64), 0) == (tensor.scale, tensor.zero_point)


# -- manifests, files and commands ----------------------------------------------------------------


def project(folder: Path, data: bytes | None = None, text: str = "", **arrays: AnyArray) -> Path:
    """A manifest with a network of [1,3,12,12] and samples.npz."""
    (folder / "net.onnx").write_bytes(network() if data is None else data)
    samples = smooth(0, (12, 12, 3))
    np.savez(folder / "samples.npz", **(arrays or {"x": samples}))
    manifest = folder / "thumbnet.yaml"
    manifest.write_text(f"model: net.onnx\nquantize:\n  calibration: samples.npz\n{text}")
    return manifest


def test_generated_code_is_what_the_reference_says(tmp_path: Path) -> None:
    compiled = compile_model(load(project(tmp_path)), resolve_target("host"))
    graph = compiled.reference_graph
    shape = graph.tensor(graph.inputs[0]).shape
    random = np.random.default_rng(1)
    samples = [[random.integers(-128, 128, shape).astype(np.int8)] for _ in range(8)]
    expected = [[out.reshape(-1) for out in exact(graph, sample)] for sample in samples]
    assert not mismatches(run_on(compiled, "host", samples), expected)
    wide = load(project(tmp_path, text="io: float\n"))
    assert "thumbnet_quantize" in compile_model(wide, resolve_target("host")).files["net.c"]


def message(manifest: Path) -> str:
    with pytest.raises(ThumbnetError) as caught:
        compile_model(load(manifest), resolve_target("host"))
    found = caught.value.message()
    assert "\n" not in found
    return found.replace(str(manifest.parent), "")


def _with(value: float) -> AnyArray:
    samples = smooth(0, (12, 12, 3))
    samples[7, 3, 3, 1] = value
    return samples


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x": smooth(0, (12, 12, 3), 15)}, "has 15 samples; at least 16 are needed"),
        ({"x": smooth(0, (12, 12, 3), 0)}, "holds no samples"),
        ({"x": smooth(0, (12, 11, 3))}, "has shape [48, 12, 11, 3]; samples of the network are"),
        ({"x": _with(np.nan)}, "in sample 7 that is not finite"),
        ({"x": _with(np.inf)}, "in sample 7 that is not finite"),
        ({"x": np.ones((20, 12, 12, 3), F32)}, "all values of x are 1"),
        ({"x": np.zeros((20, 12, 12, 3), np.uint8)}, "quantize.mean and quantize.std"),
        ({"x": np.zeros((20, 12, 12, 3), np.int64)}, "holds int64; float32 or uint8 is wanted"),
        ({"z": smooth(0, (12, 12, 3))}, "holds z; an array x or x is wanted"),
        ({"x": np.array([{}], object)}, "Python objects, which are not unpickled"),
        ({"x": np.array(["a"])}, "is <U1[1]"),
    ],
)
def test_bad_samples_are_refused(tmp_path: Path, arrays: dict[str, AnyArray], words: str) -> None:
    assert words in message(project(tmp_path, **arrays))


def test_other_files_are_refused(tmp_path: Path) -> None:
    manifest = project(tmp_path)
    (tmp_path / "samples.npz").write_bytes(b"PK nothing")
    assert "cannot be read as .npy or .npz" in message(manifest)
    (tmp_path / "samples.npz").unlink()
    assert 'thumbnet.yaml:3: "/samples.npz": does not exist' in message(manifest)
    (tmp_path / "samples.npz").mkdir()
    assert "holds no pictures. Remedy: pictures are files named" in message(manifest)
    (tmp_path / "samples.npz" / "a.png").write_bytes(b"no picture")
    assert "a.png: is no picture" in message(manifest)


def test_a_network_of_another_sort_is_refused(tmp_path: Path) -> None:
    m = OnnxModel()
    x = m.node("Sign", m.node("Conv", m.input((1, 3, 12, 12)), m.constant(weights(3, 3, 1, 1))))
    y = m.node("Exp", x)
    m.nodes[-1].op_type = "Det"
    manifest = project(tmp_path, m.bytes(y))
    assert "Det" in message(manifest)
    m = OnnxModel()
    x = m.quantized(m.input((1, 3, 12, 12)), 0.05)
    manifest = project(tmp_path, m.bytes(m.quantized(m.node("Relu", x), 0.05)))
    assert "thumbnet.yaml:2: net.onnx is quantized already. Remedy: leave quantize out" in message(
        manifest
    )
    m = OnnxModel()
    kernel = m.constant(np.full((3, 3, 1, 1), 3e38, F32))
    manifest = project(tmp_path, m.bytes(m.node("Conv", m.input((1, 3, 12, 12)), kernel)))
    assert "is not finite for a calibration sample" in message(manifest)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("quantize: {}", 'key "quantize.calibration" is missing'),
        ("quantize: {calibrate: a}", 'unknown key "quantize.calibrate"'),
        ("quantize: {calibration: 3}", "quantize.calibration: 3 is not a file name"),
        ("quantize: {calibration: a, std: 0}", "holds a value that is not above zero"),
        ("quantize: {calibration: a, mean: [x]}", "quantize.mean.0: 'x' is not"),
        ("quantize: {calibration: a, samples: 4}", "quantize.samples: 4 is not"),
        ("quantize: yes", "quantize: "),
    ],
)
def test_bad_manifests_are_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "thumbnet.yaml"
    path.write_text(f"model: net.onnx\n{text}\n")
    with pytest.raises(ThumbnetError) as caught:
        load(path)
    assert words in caught.value.message()


def test_layouts_and_scales(tmp_path: Path) -> None:
    """Channels first or last, bytes or reals, files or pictures: the same samples."""
    graph = imported(network()).graph
    pixels = np.random.default_rng(0).integers(0, 256, (20, 12, 12, 3), np.uint8)
    scaling = Scaling((127.5,), (50.0, 60.0, 70.0))
    wanted = (pixels.astype(F32) - F32(127.5)) / np.array([50, 60, 70], F32)
    for number, x in enumerate((pixels, np.moveaxis(pixels, -1, 1), wanted)):
        path = tmp_path / f"{number}.npz"
        np.savez(path, x=x, y=np.arange(20))
        found = read_samples(path, graph, scaling, "key", 100)
        assert np.allclose(found.samples[0][:, 0], wanted)
        assert found.labels is not None and found.labels.tolist() == list(range(20))
    np.save(tmp_path / "a.npy", pixels)
    found = read_samples(tmp_path / "a.npy", graph, scaling, "key", 5)
    assert np.allclose(found.samples[0][:, 0], wanted[::4])
    for number, picture in enumerate(pixels):
        folder = tmp_path / "pictures" / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / f"{number:02}.png")
    found = read_samples(tmp_path / "pictures", graph, scaling, "key", 100)
    assert np.allclose(found.samples[0][:, 0], np.concatenate([wanted[::2], wanted[1::2]]))
    assert found.labels is not None and found.labels.tolist() == [0] * 10 + [1] * 10


def test_the_command_reports(tmp_path: Path, capsys: Capture) -> None:
    manifest = project(tmp_path, text="  validation: val.npz\n")
    fresh = smooth(0, (12, 12, 3), 88)[COUNT:]
    (scores,) = run(imported(network()).graph, [fresh.reshape(-1, 1, 12, 12, 3)])
    labels = scores.reshape(len(fresh), -1).argmax(axis=1)
    labels[:4] = (labels[:4] + 1) % 5
    np.savez(tmp_path / "val.npz", x=fresh, y=labels)
    ran = run_command(capsys, "quantize", manifest, "--target", "cortex-m4")
    assert ran.status == 0, ran.err
    assert "accuracy on 40 validation samples: float 90.00 %" in ran.out
    assert ran.out.count("<- loses most") == 5
    ran = run_command(capsys, "quantize", manifest, "--json", "--count", "10")
    figures = json.loads(ran.out)
    assert figures["accuracy"]["count"] == 10
    assert abs(figures["accuracy"]["int8_right"] - figures["accuracy"]["float_right"]) <= 1
    assert min(layer["decibels"] for layer in figures["layers"]) > 20
    assert figures["instructions"] is None
    listed = json.loads(run_command(capsys, "inputs", manifest).out)["inputs"]
    assert str(tmp_path / "samples.npz") in listed
    np.savez(tmp_path / "val.npz", x=fresh)
    ran = run_command(capsys, "quantize", manifest)
    assert (ran.status, "holds no classes" in ran.err) == (2, True)
    ran = run_command(capsys, "quantize", tmp_path / "net.onnx")
    assert (ran.status, "add quantize: {calibration: FILE}" in ran.err) == (2, True)
