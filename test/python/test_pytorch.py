"""Networks from PyTorch: the same as by way of ONNX, and refusals. Skips where torch is absent."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.onnx_models import arranged
from thumbnet.errors import ThumbnetError, ThumbnetErrors
from thumbnet.frontends.pytorch import read_pytorch
from thumbnet.ir.verify import verify
from thumbnet.manifest import load
from thumbnet.pipeline import compile_model
from thumbnet.quantize.float_run import run
from thumbnet.target import resolve_target

torch = pytest.importorskip("torch", reason="needs torch (pip install thumbnet[pytorch])")

HEAD = """
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self, **layers):
        super().__init__()
        for name, layer in layers.items():
            setattr(self, name, layer)


def built(shape, forward, **layers):
    class Made(Net):
        pass
    Made.forward = forward
    made = Made(**layers)
    for module in made.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -1, 1)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return made, torch.zeros(1, *shape)
"""
NETWORK = """
def forward(s, x):
    x = s.r(s.b(s.a(x)))
    x = x + s.n(s.p(F.relu6(s.d(x))))
    x = F.max_pool2d(x, 2)
    return s.l(F.adaptive_avg_pool2d(x, 1).flatten(1))


def build():
    return built((3, 16, 16), forward, a=nn.Conv2d(3, 8, 3, 2, 1, bias=False),
        b=nn.BatchNorm2d(8), r=nn.ReLU(inplace=True), d=nn.Conv2d(8, 8, 3, padding=1, groups=8),
        p=nn.Conv2d(8, 8, 1), n=nn.BatchNorm2d(8), l=nn.Linear(8, 5))
"""
CASES = {
    "functions": (
        (6, 8, 8),
        "return torch.cat([F.silu(x), F.hardswish(x), F.gelu(x), F.elu(x), F.leaky_relu(x, 0.1),"
        " F.hardtanh(x), x.clamp(-0.5, 0.7), x.sigmoid() * 2 - 1, 1 - x.tanh() / 3, F.mish(x),"
        " F.softplus(x), s.p(x), F.hardsigmoid(x), F.gelu(x, approximate='tanh'), x.abs().sqrt(),"
        " F.relu(x).pow(2), F.selu(x), -x.clamp(min=0.1)], 1)",
        "p=nn.PReLU(6)",
    ),
    "in place": (
        (6, 8, 8),
        "y = s.a(x); z = F.relu_(y); return torch.cat([y, z.mul_(0.5)], 1)",
        "a=nn.Conv2d(6, 4, 3)",
    ),
    "convolutions": (
        (6, 9, 8),
        "return s.d(s.c(s.b(s.a(x))))",
        "a=nn.Conv2d(6, 8, (3, 2), padding='same'), b=nn.Conv2d(8, 4, 3, groups=2, dilation=2),"
        "c=nn.ConvTranspose2d(4, 6, 3, 2, 1, 1), d=nn.Conv2d(6, 6, 3, padding='valid', groups=6)",
    ),
    "pools": (
        (4, 12, 9),
        "return torch.cat([F.max_pool2d(x, 3, 2, 1), F.avg_pool2d(x, 3, 2, 1),"
        " F.avg_pool2d(x, (3, 3), 2, 1, count_include_pad=False),"
        " F.max_pool2d(x, 2, ceil_mode=True)], 1)",
        "",
    ),
    "divisors": ((4, 12, 9), "return F.adaptive_avg_pool2d(x, (4, 3))", ""),
    "reductions": (
        (4, 6, 5),
        "return torch.cat([x.mean((2, 3)), x.amax((2, 3)), x.sum((2, 3)), x.amin([2, 3])], 1)",
        "",
    ),
    "movement": (
        (4, 6, 5),
        "a, b = x.chunk(2, 1); y = torch.cat([b, a], 1)[:, 1:, ::2]; z = y.permute(0, 2, 3, 1)"
        "; z = z.reshape(1, -1, 3).transpose(1, 2); return z[:, 1].unsqueeze(1).squeeze(0)",
        "",
    ),
    "sizes": (
        (4, 6, 4),
        "y = F.interpolate(x, scale_factor=2); z = F.interpolate(x, (12, 8), mode='bilinear')"
        "; y = F.pixel_unshuffle(F.pixel_shuffle(F.pad(y + z, (1, 1, 2, 2)), 2), 2)"
        "; return F.pad(y, (1, 0, 0, 2), mode='reflect')",
        "",
    ),
    "rows": ((7, 6), "return F.log_softmax(s.l(x), -1)", "l=nn.Linear(6, 5)"),
    "matrices": ((7, 6), "return F.softmax(x @ x.transpose(1, 2), -1) @ x", ""),
    "one dimension": (
        (4, 20),
        "return F.avg_pool1d(F.max_pool1d(s.a(x), 2), 3)",
        "a=nn.Conv1d(4, 6, 5, padding=2)",
    ),
}


def source(folder: Path, text: str) -> Path:
    path = folder / "net.py"
    path.write_text(HEAD + text)
    return path


def module(path: Path) -> Any:
    names: dict[str, Any] = {}
    exec(path.read_text(), names)
    return names["build"]()


@pytest.mark.parametrize("name", CASES)
def test_operators_compute_what_torch_does(tmp_path: Path, name: str) -> None:
    shape, body, layers = CASES[name]
    text = f"\ndef forward(s, x):\n    {body}\n\n"
    text += f"def build():\n    return built({shape}, forward, {layers})\n"
    path = source(tmp_path, text)
    graph = verify(read_pytorch(path, "build"))
    net, example = module(path)
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(example.shape, generator=generator)
    with torch.no_grad():
        wanted = net.eval()(x.clone()).numpy()
    given = x.numpy()
    if given.ndim == 4:
        given = arranged(given, (0, 2, 3, 1))
    shape_in = graph.tensor(graph.inputs[0]).shape
    if given.shape != shape_in:
        given = np.moveaxis(x.numpy(), 1, -1) if name == "one dimension" else x.numpy()
    (made,) = run(graph, [given.reshape(1, *shape_in).astype(np.float32)])
    made = made[0]
    if made.size == wanted.size and made.shape != wanted.shape:
        wanted = np.moveaxis(wanted, 1, -1).reshape(made.shape)
    assert np.allclose(made, wanted, atol=2e-5, rtol=2e-5)


def without_names(text: str) -> str:
    """C without comments, and with what is named after tensors numbered."""
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)


def test_both_ways_give_the_same_firmware(tmp_path: Path) -> None:
    path = source(tmp_path, NETWORK)
    net, example = module(path)
    # In training mode EVAL the exporter folds batch normalizations itself, in float32.
    torch.onnx.export(
        net.eval(),
        (example,),
        str(tmp_path / "net.onnx"),
        dynamo=False,
        opset_version=17,
        training=torch.onnx.TrainingMode.PRESERVE,
    )
    random = np.random.default_rng(0)
    np.savez(tmp_path / "samples.npz", x=random.normal(0, 1, (40, 3, 16, 16)).astype(np.float32))
    found = []
    for model in ("net.py:build", "net.onnx"):
        manifest = tmp_path / f"{len(found)}.yaml"
        manifest.write_text(f"model: {model}\nname: net\nquantize: {{calibration: samples.npz}}\n")
        compiled = compile_model(load(manifest), resolve_target("cortex-m4"))
        kinds = [op.kind for op in compiled.graph.operators]
        assert kinds.count("conv_2d") == 2
        found.append(without_names(compiled.files["net.c"]))
    assert found[0] == found[1]


def test_checkpoints_are_loaded_and_pickles_are_not(tmp_path: Path) -> None:
    path = source(tmp_path, NETWORK)
    net, _ = module(path)
    with torch.no_grad():
        net.l.bias.fill_(3)
    torch.save({"state_dict": net.state_dict()}, tmp_path / "w.pt")
    graph = read_pytorch(path, "build", tmp_path / "w.pt")
    bias = graph.tensor(graph.operators[-1].inputs[2]).data
    assert bias is not None and bias.tolist() == [3] * 5
    torch.save(torch.nn.ReLU(), tmp_path / "whole.pt")
    for name, words in (("whole.pt", "is no state dictionary"), ("none.pt", "does not exist")):
        with pytest.raises(ThumbnetError, match=words):
            read_pytorch(path, "build", tmp_path / name)
    torch.save({"other": torch.zeros(3)}, tmp_path / "other.pt")
    with pytest.raises(ThumbnetError, match="is no state dictionary"):
        read_pytorch(path, "build", tmp_path / "other.pt")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no function build"),
        ("raise KeyError('no')", "it raises KeyError"),
        ("def build():\n    1 / 0", "it raises ZeroDivisionError: division by zero"),
        ("def build():\n    return 3", "returns int"),
        ("def build():\n    return nn.ReLU()", "returns no example of the network's input"),
        (
            "def build():\n    return nn.ReLU(), torch.zeros(2, 3)",
            "returns an example torch.float32",
        ),
        ("def build():\n    return nn.Linear(4, 3), torch.zeros(1, 5)", "torch.export raises"),
        ("def build(:", "it raises SyntaxError"),
        (
            "def build():\n    m = nn.Sequential(nn.LayerNorm(4), nn.GLU())\n"
            "    return m, torch.zeros(1, 6, 5)[..., :4]",
            "(aten.layer_norm): operator is not supported",
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ThumbnetError) as caught:
        read_pytorch(source(tmp_path, text), "build")
    assert words in caught.value.message()
    assert "net.py:build" in caught.value.message()
    if "LayerNorm" in text:
        assert isinstance(caught.value, ThumbnetErrors)
