"""The replay against a naive simulation, and every way in which a plan can be wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from itertools import product

import pytest
from support.memory_graphs import GraphBuilder
from thumbnet.ir.attributes import Window
from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered
from thumbnet.schedule.layers import make_plan
from thumbnet.schedule.replay import ReplayError, replay

Event = tuple[str, int]
"""("write", byte of the output) or (input, byte of it that is read)."""

Build = Callable[[GraphBuilder], str]
Shape = tuple[int, ...]

SHAPE = (1, 3, 4, 2)
X = "in0"


def lowered_of(graph: Graph) -> dict[str, Lowered]:
    return {step.operator.name: step.lowered for step in make_plan(graph).steps}


def succeeds(graph: Graph, offsets: dict[str, int], size: int) -> bool:
    """Whether the replay accepts these offsets; scratch lies behind ``size`` bytes."""
    lowered = lowered_of(graph)
    scratch = {name: size for name, lower in lowered.items() if lower.scratch}
    size += max((lower.scratch for lower in lowered.values()), default=0)
    try:
        replay(graph, lowered, offsets, scratch, size)
    except ReplayError:
        return False
    return True


def simulated(events: Iterator[Event], offsets: dict[str, int], sizes: dict[str, int]) -> bool:
    """Whether each byte read is that of its input; byte by byte in a dictionary."""
    arena: dict[int, tuple[str, int]] = {}
    for name, offset in offsets.items():
        if name != "out":
            arena |= {offset + byte: (name, byte) for byte in range(sizes[name])}
    for what, byte in events:
        if what == "write":
            arena[offsets["out"] + byte] = ("out", byte)
        elif arena[offsets[what] + byte] != (what, byte):
            return False
    return True


def window_events(shape: Shape, out: Shape, window: Window, together: int) -> Iterator[Event]:
    """Pixels left to right; ``together`` of them are written before the first's last read."""
    _, height, width, channels = shape
    pixel = out[3]
    for y, x in product(range(out[1]), range(out[2])):
        for made in range(x, min(x + together, out[2])):
            yield from (("write", (y * out[2] + made) * pixel + c) for c in range(pixel))
        for ky, kx in product(range(window.kernel_height), range(window.kernel_width)):
            row = y * window.stride_height - window.pad_top + ky
            column = x * window.stride_width - window.pad_left + kx
            if 0 <= row < height and 0 <= column < width:
                start = (row * width + column) * channels
                yield from ((X, start + c) for c in range(channels))


def element_events(reads: list[list[tuple[str, int]]]) -> Iterator[Event]:
    """Output byte i is written after ``reads[i]``."""
    for i, places in enumerate(reads):
        yield from places
        yield ("write", i)


def moved_bytes(out: Shape, source: Callable[[int, int, int], int | None]) -> Iterator[Event]:
    """Pixel by pixel: reads the bytes that its channels come from, then writes it."""
    for y, x in product(range(out[1]), range(out[2])):
        places = [source(y, x, c) for c in range(out[3])]
        yield from ((X, place) for place in places if place is not None)
        yield from (("write", (y * out[2] + x) * out[3] + c) for c in range(out[3]))


def byte(y: int, x: int, c: int) -> int:
    return (y * SHAPE[2] + x) * SHAPE[3] + c


def conv_3x3() -> Iterator[Event]:
    return window_events(SHAPE, (1, 3, 4, 3), Window(3, 3, 1, 1, 1, 1, 1, 1), 2)


def conv_1x1() -> Iterator[Event]:
    # One long row of pixels.
    return window_events((1, 1, 12, 2), (1, 1, 12, 1), Window(1, 1), 2)


def conv_stride_2() -> Iterator[Event]:
    return window_events(SHAPE, (1, 2, 2, 6), Window(3, 3, 2, 2, 1, 1, 0, 1), 2)


def depthwise_2x2() -> Iterator[Event]:
    """Channel by channel of two pixels: both windows' channel is read, then both are written.

    Any pixel may be the first of a pair, so the later pixel's write is put behind the first's read.
    """
    _, height, width, channels = SHAPE
    yield from (("write", c) for c in range(channels))
    for y, x, c in product(range(height), range(width), range(channels)):
        for row, column in product((y, y + 1), (x, x + 1)):
            if row < height and column < width:
                yield (X, byte(row, column, c))
        if (y, x) != (height - 1, width - 1):
            yield ("write", (y * width + x + 1) * channels + c)


def pool_2x2() -> Iterator[Event]:
    return window_events(SHAPE, (1, 2, 2, 2), Window(2, 2, 2, 2), 1)


def add_in_place() -> Iterator[Event]:
    return element_events([[(X, i), (X, i)] for i in range(24)])


def mean_of_row() -> Iterator[Event]:
    reads = [[(X, byte(y, x, c)) for x in range(4)] for y in range(3) for c in range(2)]
    return element_events(reads)


def mean_of_channels() -> Iterator[Event]:
    return element_events([[(X, 2 * i), (X, 2 * i + 1)] for i in range(12)])


def mean_of_plane() -> Iterator[Event]:
    yield from ((X, i) for i in range(24))
    yield from (("write", i) for i in range(2))


def softmax() -> Iterator[Event]:
    for pixel in range(12):
        yield from ((X, 2 * pixel + c) for c in range(2))
        yield from element_events_of(2 * pixel, 2)


def element_events_of(first: int, count: int) -> Iterator[Event]:
    for i in range(first, first + count):
        yield (X, i)
        yield ("write", i)


def pad_plane() -> Iterator[Event]:
    def source(y: int, x: int, c: int) -> int | None:
        return byte(y - 1, x - 2, c) if 1 <= y < 4 and 2 <= x < 6 else None

    return moved_bytes((1, 4, 7, 2), source)


def resize_twice() -> Iterator[Event]:
    return moved_bytes((1, 6, 8, 2), lambda y, x, c: byte(y // 2, x // 2, c))


def transpose() -> Iterator[Event]:
    return element_events(
        [[(X, byte(y, x, c))] for x in range(4) for y in range(3) for c in (0, 1)]
    )


CASES: dict[str, tuple[Build, Callable[[], Iterator[Event]]]] = {
    "conv_3x3": (lambda b: b.conv(X, 3, 3), conv_3x3),
    "conv_1x1": (lambda b: b.conv(X, 1), conv_1x1),
    "conv_stride_2": (lambda b: b.conv(X, 6, 3, 2), conv_stride_2),
    "depthwise_2x2": (lambda b: b.depthwise(X, 2), depthwise_2x2),
    "pool_2x2": (lambda b: b.pool(X, 2, 2), pool_2x2),
    "add": (lambda b: b.add(X, X), add_in_place),
    "lookup": (lambda b: b.lookup(X), lambda: element_events_of(0, 24)),
    "mean_of_row": (lambda b: b.mean(X, (2,)), mean_of_row),
    "mean_of_channels": (lambda b: b.mean(X, (3,)), mean_of_channels),
    "mean_of_plane": (lambda b: b.mean(X, (1, 2)), mean_of_plane),
    "softmax": (lambda b: b.softmax(X), softmax),
    "pad": (lambda b: b.pad(X, (0, 1, 2, 0), (0, 0, 1, 0)), pad_plane),
    "resize": (lambda b: b.resize(X, 6, 8), resize_twice),
    "transpose": (lambda b: b.transpose(X, (0, 2, 1, 3)), transpose),
}


@pytest.mark.parametrize("case", CASES)
def test_verdicts_equal_a_naive_simulation(case: str) -> None:
    """One operator, its output at every distance from its input."""
    build, events = CASES[case]
    builder = GraphBuilder(SHAPE)
    result = build(builder)
    graph = builder.graph(result)
    size = graph.tensor(result).size
    verdicts = set()
    for start in range(size + 24 + 1):
        offsets = {X: size, result: start}
        expected = simulated(events(), {X: size, "out": start}, {X: 24})
        assert succeeds(graph, offsets, 2 * size + 24) == expected, start - size
        verdicts.add(expected)
    assert True in verdicts
    assert False in verdicts or case == "mean_of_plane"


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_concatenation_at_every_pair_of_distances(axis: int) -> None:
    """Two inputs and the output in all places of a small arena where the inputs are apart."""
    builder = GraphBuilder((1, 2, 2, 1), (1, 2, 2, 1))
    result = builder.concatenation(builder.inputs, axis)
    graph = builder.graph(result)

    def events() -> Iterator[Event]:
        _, height, width, channels = builder.shape(result)
        # Along the channels pixel by pixel, else in whole runs of one input.
        pixels = list(product(range(height), range(width)))
        for y, x in pixels:
            for c in range(channels):
                place = [y, x, c]
                part = place[axis - 1] // (2, 2, 1)[axis - 1]
                place[axis - 1] %= (2, 2, 1)[axis - 1]
                yield (f"in{part}", place[0] * 2 + place[1])
                yield ("write", (y * width + x) * channels + c)

    for first, second, out in product(range(13), range(13), range(9)):
        if abs(first - second) >= 4:
            offsets = {"in0": first, "in1": second, result: out}
            places = {"in0": first, "in1": second, "out": out}
            expected = simulated(events(), places, {"in0": 4, "in1": 4})
            if succeeds(graph, offsets, 17) != expected:
                # Runs are moved at once, which is kinder than element by element.
                assert axis != 3 and not expected, places


def test_a_bystander_is_watched() -> None:
    builder = GraphBuilder(SHAPE)
    middle = builder.conv(X, 2)
    graph = builder.graph(builder.add(builder.conv(middle, 2), X))
    assert succeeds(graph, {X: 0, "t0": 50, "t1": 24, "t2": 0}, 80)
    with pytest.raises(ReplayError, match=r"'add2': row 0 reads byte 23 of 'in0', .*holds 't1'"):
        replay(graph, lowered_of(graph), {X: 0, "t0": 50, "t1": 23, "t2": 0}, {}, 80)


def test_inputs_lie_apart_before_the_first_operator() -> None:
    builder = GraphBuilder((1, 1, 1, 4), (1, 1, 1, 4))
    first = builder.lookup("in0")
    graph = builder.graph(builder.add(first, "in1"))
    assert succeeds(graph, {"in0": 0, "in1": 4, "t0": 0, "t1": 0}, 8)
    with pytest.raises(ReplayError, match="before the first operator: byte 3 of 'in0'"):
        replay(graph, lowered_of(graph), {"in0": 0, "in1": 3, "t0": 0, "t1": 0}, {}, 8)


def test_an_early_output_lasts_to_the_end() -> None:
    builder = GraphBuilder((1, 1, 1, 4))
    early = builder.lookup(X)
    graph = builder.graph(early, builder.lookup(early))
    assert succeeds(graph, {X: 4, "t0": 4, "t1": 0}, 8)
    with pytest.raises(ReplayError, match="after the last operator: byte 0 of 't0' holds 't1'"):
        replay(graph, lowered_of(graph), {X: 4, "t0": 4, "t1": 1}, {}, 8)


def test_scratch_touches_nothing() -> None:
    builder = GraphBuilder(SHAPE)
    graph = builder.graph(builder.mean(X, (1, 2)))
    lowered = lowered_of(graph)
    assert lowered["mean0"].scratch == 12
    replay(graph, lowered, {X: 0, "t0": 0}, {"mean0": 24}, 36)
    with pytest.raises(ReplayError, match="holds 'scratch of mean0'"):
        replay(graph, lowered, {X: 0, "t0": 0}, {"mean0": 23}, 36)
    with pytest.raises(ReplayError, match="of 'scratch of mean0' holds 't0'"):
        replay(graph, lowered, {X: 0, "t0": 25}, {"mean0": 26}, 40)


def test_scratch_stays_clear_of_rows_that_are_made() -> None:
    builder = GraphBuilder(SHAPE)
    graph = builder.graph(builder.conv(X, 2))
    lowered = {"conv_2d0": dataclasses.replace(lowered_of(graph)["conv_2d0"], scratch=4)}
    replay(graph, lowered, {X: 0, "t0": 24}, {"conv_2d0": 48}, 52)
    for place in (-1, 21, 23, 24, 44, 47):
        with pytest.raises(ReplayError):
            replay(graph, lowered, {X: 0, "t0": 24}, {"conv_2d0": place}, 52)


def test_everything_lies_in_the_arena() -> None:
    builder = GraphBuilder((1, 1, 1, 4))
    graph = builder.graph(builder.lookup(X))
    for offsets, size in (({X: 0, "t0": 0}, 3), ({X: 0, "t0": -1}, 9), ({X: 6, "t0": 0}, 9)):
        with pytest.raises(ReplayError, match="of an arena of"):
            replay(graph, lowered_of(graph), offsets, {}, size)


def test_kernels_and_tensors_agree_about_sizes() -> None:
    builder = GraphBuilder((1, 1, 1, 4))
    graph = builder.graph(builder.lookup(X))
    lowered = lowered_of(graph)["lookup0"]
    longer = dataclasses.replace(lowered.output, width=2)
    wrong = {"lookup0": dataclasses.replace(lowered, output=longer)}
    with pytest.raises(ReplayError, match="8 bytes of 't0', which has 4"):
        replay(graph, wrong, {X: 0, "t0": 4}, {}, 12)


def test_a_view_is_its_source() -> None:
    builder = GraphBuilder(SHAPE)
    view = builder.reshape(builder.lookup(X), 1, 4, 3, 2)
    graph = builder.graph(builder.conv(view, 1))
    assert succeeds(graph, {X: 1, "t0": 1, "t1": 1, "t2": 40}, 60)
    # Elsewhere it is a copy, which may not cross its source.
    assert succeeds(graph, {X: 1, "t0": 1, "t1": 0, "t2": 40}, 60)
    assert not succeeds(graph, {X: 1, "t0": 1, "t1": 2, "t2": 40}, 60)


def test_the_callers_input_is_safe() -> None:
    builder = GraphBuilder(SHAPE)
    first = builder.conv(X, 2)
    graph = builder.graph(builder.add(builder.conv(first, 2), X))
    assert succeeds(graph, {"t0": 4, "t1": 0, "t2": 0}, 28)
    assert not succeeds(graph, {"t0": 3, "t1": 0, "t2": 0}, 28)
