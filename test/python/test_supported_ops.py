"""SUPPORTED_OPS.md says what the compiler checks; every operator of the frontend has a family."""

from __future__ import annotations

import dataclasses
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from support.every_models import every_model
from support.recurrent_models import recurrent_operators
from support.small_networks import classifier
from support.stream_graphs import StreamBuilder
from support.wide_network import every_wide_operator
from thumbnet.errors import ThumbnetError
from thumbnet.frontends.tflite import parse_tflite
from thumbnet.frontends.tflite_operators import CONVERTERS, MADE_OF
from thumbnet.ir.graph import DType
from thumbnet.operators.registry import check_supported, constraint_text, families
from thumbnet.passes import run_passes
from thumbnet.schedule.bands import find_bottlenecks, in_bands

ROOT = Path(__file__).resolve().parents[2]


def script() -> ModuleType:
    """scripts/supported_ops.py as a module."""
    path = ROOT / "scripts" / "supported_ops.py"
    spec = importlib.util.spec_from_file_location("supported_ops", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_script_writes() -> None:
    page = (ROOT / "SUPPORTED_OPS.md").read_text(encoding="utf-8")
    assert page == script().supported_ops(), "run make supported-ops"


def test_the_page_has_every_operator_with_all_its_limits() -> None:
    page = (ROOT / "SUPPORTED_OPS.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", page, re.M | re.S))
    kinds, others = set(families()) - script().INTERNAL, script().OTHER_KINDS
    assert set(others.values()) <= set(CONVERTERS)
    wide = {kind for kind in kinds if kind.endswith(script().OF_INT16)} - set(others)
    assert {kind.removesuffix(script().OF_INT16).upper() for kind in wide} <= set(CONVERTERS)
    assert set(sections) == {builtin.lower() for builtin in CONVERTERS} | kinds
    for builtin, made_of in MADE_OF.items():
        assert builtin in CONVERTERS
        assert re.findall(r"\(#(\w+)\)", sections.pop(builtin.lower())) == [*made_of]
    for kind, text in sections.items():
        limits = re.findall(r"^- (.+)$", text, re.M)
        assert limits == [constraint_text(limit) for limit in families()[kind].constraints]


def test_the_frontend_and_the_families_know_the_same_operators() -> None:
    internal = script().INTERNAL
    own = {builtin.lower() for builtin in CONVERTERS if builtin not in MADE_OF}
    others = {kind for kinds in MADE_OF.values() for kind in kinds}
    others |= set(script().OTHER_KINDS)
    others |= {kind for kind in families() if kind.endswith(script().OF_INT16)}
    assert own | others == set(families()) - internal
    # By example, not by name: what the frontend makes of every operator.
    imported = [parse_tflite(model, "net.tflite") for model in every_model()]
    imported.append(parse_tflite(recurrent_operators(), "net.tflite"))
    imported.append(parse_tflite(every_wide_operator(), "net.tflite"))
    kinds = {operator.kind for graph in imported for operator in graph.operators}
    assert kinds == set(families()) - internal
    # What is internal appears only behind the passes and in schedules.
    made = {operator.kind for graph in imported for operator in run_passes(graph).operators}
    builder = StreamBuilder((1, 6, 6, 2))
    block = builder.graph(builder.inverted(builder.inputs[0], 2, 3, 1, 2))
    banded = in_bands(block, dict.fromkeys(find_bottlenecks(block), 2))
    made |= {operator.kind for operator in banded.operators}
    assert internal <= made <= set(families())


def test_limits_are_phrases_for_a_sentence() -> None:
    """They stand behind "supports" in error messages and behind a dash in the page."""
    for kind, family in families().items():
        assert kind in family.kinds
        assert family.constraints, kind
        texts = [constraint_text(limit) for limit in family.constraints]
        assert len(set(texts)) == len(texts), kind
        for limit, text in zip(family.constraints, texts, strict=True):
            assert re.fullmatch(r"[^A-Z\s].{8,}[^.\s]", text), (kind, text)
            # Nothing is lost: the whole docstring is one line.
            assert len((limit.__doc__ or "").strip().splitlines()) == 1, (kind, limit)


def test_errors_point_to_headings_of_the_page() -> None:
    page = (ROOT / "SUPPORTED_OPS.md").read_text(encoding="utf-8")
    graph = parse_tflite(classifier(), "net.tflite")
    scores = dataclasses.replace(graph.tensor(graph.outputs[0]), dtype=DType.INT16)
    changed = graph.replace(tensors=[scores])
    with pytest.raises(ThumbnetError) as caught:
        check_supported(changed, "net.tflite")
    anchors = re.findall(r"SUPPORTED_OPS\.md#(\w+)", caught.value.message())
    assert set(anchors) == {"softmax"}
    assert all(f"\n## {anchor}\n" in page for anchor in anchors)


def test_the_page_of_onnx_is_what_the_script_writes() -> None:
    page = (ROOT / "SUPPORTED_ONNX_OPS.md").read_text(encoding="utf-8")
    assert page == script().onnx_ops(), "run make supported-ops"
