"""Views of memory, and random chains of what moves elements, against numpy and onnxruntime."""

from __future__ import annotations

import numpy as np
import pytest
from support.float_graph import run_float
from support.onnx_models import OnnxModel, arranged, imported, kinds, made_up, session, worst
from thumbnet.frontends.onnx_layout import View, plain

CHAINS = 60


def factored(random: np.random.Generator, count: int, rank: int) -> list[int]:
    """A shape of ``count`` elements and about ``rank`` dimensions."""
    shape = [1] * rank
    prime = 2
    while count > 1:
        while count % prime == 0:
            shape[random.integers(rank)] *= prime
            count //= prime
        prime += 1
    return shape


def materialised(view: View, memory: np.ndarray) -> np.ndarray:
    """The tensor of the file, element by element as the view's definition has it."""
    order = [f for group in view.dims for f in group]
    return memory.reshape(view.sizes).transpose(order).reshape(view.shape)


@pytest.mark.parametrize("seed", range(200))
def test_views_are_what_numpy_makes_of_the_same_steps(seed: int) -> None:
    random = np.random.default_rng(seed)
    shape = factored(random, 2 * 2 * 2 * 3 * 3 * 5, int(random.integers(1, 6)))
    memory = np.arange(np.prod(shape))
    order = tuple(int(d) for d in random.permutation(len(shape)))
    view = View.of(shape, order)
    array = materialised(view, memory)
    assert array.shape == tuple(shape)
    for _ in range(6):
        step = random.integers(3)
        if step == 0:
            permutation = random.permutation(len(array.shape)).tolist()
            view, array = view.transposed(permutation), array.transpose(permutation)
        elif step == 1:
            target = factored(random, array.size, int(random.integers(1, 6)))
            seen = view.reshaped(target)
            if seen is not None:
                view, array = seen, array.reshape(target)
        else:
            dims: list[int | None] = [*range(len(array.shape))]
            dims.insert(int(random.integers(len(dims) + 1)), None)
            view = view.with_dims(dims)
            array = array.reshape(view.shape)
        assert np.array_equal(materialised(view, memory), array)
        for wanted in (plain(array.ndim), view.natural()):
            move = view.move_to(wanted)
            moved = memory if move is None else memory.reshape(move.shape)
            moved = moved if move is None else moved.transpose(move.permutation)
            dims_wanted = [d for d in wanted if d is not None]
            assert np.array_equal(moved.reshape(-1), array.transpose(dims_wanted).reshape(-1))
        last = array.ndim - 1
        if view.ends_in(last):
            taken = view.elements_of(last)
            taken = np.arange(array.shape[last]) if taken is None else taken
            rows = memory.reshape(-1, array.shape[last])
            assert np.array_equal(rows, array.reshape(-1, array.shape[last])[:, taken])


def chain(seed: int, *, quantized: bool) -> bytes:
    """A random chain of operators that move elements, images among them."""
    random = np.random.default_rng(seed)
    m = OnnxModel()
    shape = [1, 6, 4, 10]
    x = m.input(shape)
    x = m.quantized(x, 0.05, 3) if quantized else x
    for _ in range(7):
        choice = random.integers(9)
        rank = len(shape)
        if choice == 0:
            permutation = [0, *(random.permutation(rank - 1) + 1).tolist()]
            x = m.node("Transpose", x, perm=permutation)
            shape = [shape[d] for d in permutation]
        elif choice == 1:
            shape = [1, *factored(random, int(np.prod(shape)), int(random.integers(1, 4)))]
            x = m.node("Reshape", x, m.constant(shape, np.int64))
        elif choice == 2 and rank == 4 and min(shape[2:]) > 1:
            x = m.node("MaxPool", x, kernel_shape=[2, 2])
            shape = [*shape[:2], shape[2] - 1, shape[3] - 1]
        elif choice == 3 and np.prod(shape) < 2000 and rank < 5:
            axis = int(random.integers(1, rank)) if rank > 1 else 0
            x = m.node("Concat", x, m.node("Relu", x), axis=axis)
            shape[axis] *= 2
        elif choice == 4 and rank < 5:
            x = m.node("Unsqueeze", x, m.constant([rank], np.int64))
            shape = [*shape, 1]
        elif choice == 5 and 1 in shape[1:] and rank > 2:
            axis = shape.index(1, 1)
            x = m.node("Squeeze", x, m.constant([axis], np.int64))
            shape.pop(axis)
        elif choice == 6 and rank == 4:
            pads = random.integers(0, 2, 3).tolist()
            x = m.node("Pad", x, m.constant([0, pads[0], 0, pads[1], 0, 0, pads[2], 0], np.int64))
            shape = [1, shape[1] + pads[0], shape[2] + pads[2], shape[3] + pads[1]]
        elif choice == 7 and rank == 4 and shape[1] % 4 == 0:
            mode = ("DCR", "CRD")[random.integers(2)]
            x = m.node("DepthToSpace", x, blocksize=2, mode=mode)
            shape = [1, shape[1] // 4, shape[2] * 2, shape[3] * 2]
        elif choice == 8 and rank == 4 and shape[2] % 2 == 0 and shape[3] % 2 == 0:
            x = m.node("SpaceToDepth", x, blocksize=2)
            shape = [1, shape[1] * 4, shape[2] // 2, shape[3] // 2]
    return m.bytes(m.quantized(x, 0.05, 3) if quantized else x)


@pytest.mark.parametrize("seed", range(CHAINS))
def test_random_chains_of_bytes(seed: int) -> None:
    assert worst(chain(seed, quantized=True), seed) == 0


@pytest.mark.parametrize("seed", range(CHAINS))
def test_random_chains_of_floats(seed: int) -> None:
    data = chain(seed, quantized=False)
    model = imported(data)
    (value,) = made_up(data, seed)
    (wanted,) = session(data).run(None, {"x": value})
    (found,) = run_float(model.graph, [arranged(value, model.inputs[0])])
    assert np.array_equal(found, arranged(wanted, model.outputs[0]))


def test_the_chains_hold_each_kind() -> None:
    """Guards the two tests above against chains that do nothing."""
    found = {kind for seed in range(CHAINS) for kind in kinds(chain(seed, quantized=True))}
    assert found >= {"transpose", "reshape", "max_pool_2d", "concatenation", "pad", "relu"}


def shuffled(m: OnnxModel, x: str) -> str:
    """ShuffleNet's: channels of two groups in turns."""
    x = m.node("Reshape", x, m.constant([1, 2, 3, 8, 10], np.int64))
    x = m.node("Transpose", x, perm=[0, 2, 1, 3, 4])
    return m.node("Reshape", x, m.constant([1, 6, 8, 10], np.int64))


def test_an_image_network_has_no_transpose() -> None:
    random = np.random.default_rng(0)
    m = OnnxModel()
    x = m.input((1, 3, 8, 10))
    for channels, before in ((6, 3), (4, 6)):
        weights = random.normal(size=(channels, before, 3, 3)).astype(np.float32)
        x = m.node("Relu", m.node("Conv", x, m.constant(weights), pads=[1, 1, 1, 1]))
    x = m.node("Flatten", m.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2]))
    weights = random.normal(size=(7, 80)).astype(np.float32)
    data = m.bytes(m.node("Gemm", x, m.constant(weights), transB=1))
    assert kinds(data) == ["conv_2d", "relu", "conv_2d", "relu", "max_pool_2d", "fully_connected"]
    model = imported(data)
    assert model.graph.tensor("x").shape == (1, 8, 10, 3)
    assert model.inputs == ((0, 2, 3, 1),)
    (value,) = made_up(data, 1)
    (wanted,) = session(data).run(None, {"x": value})
    (found,) = run_float(model.graph, [arranged(value, model.inputs[0])])
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)


def test_a_transpose_of_the_file_in_front_of_images_vanishes() -> None:
    m = OnnxModel()
    x = m.node("Transpose", m.input((1, 8, 10, 3)), perm=[0, 3, 1, 2])
    x = m.node("MaxPool", x, kernel_shape=[2, 2])
    data = m.bytes(m.node("Transpose", x, perm=[0, 2, 3, 1]))
    assert kinds(data) == ["max_pool_2d"]
    assert imported(data).inputs == imported(data).outputs == ((0, 1, 2, 3),)


def test_a_mixing_of_channels_is_one_transpose() -> None:
    m = OnnxModel()
    x = m.node("MaxPool", m.input((1, 6, 8, 10)), kernel_shape=[1, 1])
    data = m.bytes(m.node("MaxPool", shuffled(m, x), kernel_shape=[2, 2]))
    assert kinds(data).count("transpose") == 1
    model = imported(data)
    (value,) = made_up(data, 1)
    (wanted,) = session(data).run(None, {"x": value})
    (found,) = run_float(model.graph, [arranged(value, model.inputs[0])])
    assert np.array_equal(found, arranged(wanted, model.outputs[0]))


def test_two_readers_share_one_transpose() -> None:
    m = OnnxModel()
    x = m.node("MaxPool", m.input((1, 6, 8, 10)), kernel_shape=[1, 1])
    x = shuffled(m, x)
    a = m.node("MaxPool", x, kernel_shape=[2, 2])
    b = m.node("AveragePool", x, kernel_shape=[2, 2])
    assert kinds(m.bytes(m.node("Add", a, b))).count("transpose") == 1


def test_signals_are_images_of_one_row() -> None:
    m = OnnxModel()
    x = m.node("MaxPool", m.input((1, 4, 30)), kernel_shape=[3], strides=[2])
    weights = np.ones((6, 4, 5), np.float32)
    data = m.bytes(m.node("Conv", x, m.constant(weights), strides=[2]))
    assert kinds(data) == ["max_pool_2d", "conv_2d"]
    model = imported(data)
    assert model.graph.tensor("x").shape == (1, 1, 30, 4)
    assert model.inputs == model.outputs == ((0, None, 2, 1),)


def test_inputs_that_are_no_images_keep_their_order() -> None:
    m = OnnxModel()
    x = m.input((1, 3, 4, 5))
    data = m.bytes(m.node("MatMul", x, m.constant(np.ones((5, 2), np.float32))))
    assert imported(data).inputs == ((0, 1, 2, 3),)
