"""Random networks: LiteRT, the reference before and after the passes, and the C code agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from support.compiled import compile_file, mismatches, run_on
from support.litert import LiteRT
from support.random_networks import random_network
from support.small_networks import Net, is_part_of, shaped_for, suite
from thumbnet.frontends.tflite import parse_tflite
from thumbnet.ir.dump import dump
from thumbnet.passes import PASSES, run_passes
from thumbnet.pipeline import Compiled
from thumbnet.reference.interpreter import run_all

SEEDS = range(12)


def test_random_networks_give_every_pass_something_to_do() -> None:
    """Guards the test below against looking at nothing."""
    busy: Counter[str] = Counter()
    for seed in SEEDS:
        graph = parse_tflite(random_network(seed), "net.tflite")
        for name, apply in PASSES:
            changed = apply(graph)
            busy[name] += dump(changed) != dump(graph)
            graph = changed
    assert all(busy[name] >= len(SEEDS) / 3 for name, _ in PASSES), busy


@pytest.mark.parametrize("seed", SEEDS)
def test_random_networks_compute_the_same_at_every_stage(seed: int, tmp_path: Path) -> None:
    compute_the_same_at_every_stage(random_network(seed), tmp_path)


@pytest.mark.parametrize("seed", range(100, 106))
def test_random_networks_streamed_row_by_row(seed: int, tmp_path: Path) -> None:
    schedule = {"input": "rows", "objective": "ram"}
    compiled = compute_the_same_at_every_stage(random_network(seed, 1), tmp_path, schedule)
    assert compiled.plan.pushed


def test_networks_that_were_wrong_once(tmp_path: Path) -> None:
    net = Net()
    pixel = net.constant(np.array([5, -7], np.int8), 0.1)
    # A plane of one column was run as one row along which the constant pixel advanced.
    narrow = net.sum(net.image(1, 7, 1, 2), pixel)
    # A reshape to an output was taken away under an operator that needed the output's shape.
    plane = net.reshape(net.dense(net.image()), (1, 2, 2, 1))
    padded = net.pad(plane, [(0, 0), (2, 1), (0, 1), (0, 0)])
    # Seven channels of one round otherwise than those of a convolution.
    deep = net.depthwise(net.image(1, 9, 9, 1), 7, scale=0.01)
    compute_the_same_at_every_stage(net.finish([narrow, plane, padded, deep]), tmp_path)


def compute_the_same_at_every_stage(
    model: bytes, folder: Path, schedule: Mapping[str, str] = MappingProxyType({})
) -> Compiled:
    """LiteRT, the imported graph, the graph after the passes and the C code, bit for bit."""
    path = folder / "net.tflite"
    path.write_bytes(model)
    compiled = compile_file(path, schedule=dict(schedule))
    before, after = compiled.reference_graph, compiled.graph
    assert dump(run_passes(after)) == dump(after)
    reference = LiteRT(path.read_bytes(), keep_all=True)
    samples, expected = suite(before), []
    for sample in samples:
        outputs = reference.run(sample)
        # Nearly all tensors, not only outputs, which clamps and softmax make poor.
        imported = run_all(before, sample)
        theirs = reference.tensors()
        known = [name for name in imported if name in theirs]
        assert len(known) >= 0.9 * len(imported)
        for name in known:
            assert np.array_equal(imported[name], theirs[name]), before.producer(name)
        for name, value in run_all(after, shaped_for(after, sample)).items():
            if name in imported:
                assert is_part_of(value, imported[name]), after.producer(name)
        expected.append([output.reshape(-1) for output in outputs])
    # At -O0, which compiles fast; kernels have tests of their own with optimization.
    measured = run_on(compiled, "host", samples, sanitize=True, optimization="-O0")
    assert not mismatches(measured, expected)
    assert measured.arena_touched == measured.arena_size
    assert measured.static_bytes == 0
    return compiled
