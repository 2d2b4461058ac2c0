"""The allocator against exhaustive search, plain cases, and what must hold of any allocation."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pytest
from thumbnet.schedule.allocate import Allocation, Buffer, Interval, allocate, disjoint, overlapping
from thumbnet.schedule.allocate_problem import Problem, make_problem
from thumbnet.schedule.allocate_search import Budget, first_fit, fit_within, places

Pairs = Mapping[tuple[str, str], Interval]


def smallest_arena(buffers: Sequence[Buffer], forbidden: Pairs) -> int:
    """The least arena, by trying every offset of every buffer."""
    size = max((buffer.size for buffer in buffers), default=0)
    while not _any_offsets(buffers, forbidden, {}, size):
        size += 1
    return size


def _any_offsets(
    buffers: Sequence[Buffer], forbidden: Pairs, placed: dict[str, int], size: int
) -> bool:
    if len(placed) == len(buffers):
        return True
    buffer = buffers[len(placed)]
    for offset in range(0, size - buffer.size + 1, buffer.alignment):
        offsets = placed | {buffer.name: offset}
        if not clashes(forbidden, offsets) and _any_offsets(buffers, forbidden, offsets, size):
            return True
    return False


def clashes(forbidden: Pairs, offsets: Mapping[str, int]) -> list[tuple[str, str]]:
    """The pairs, both placed, whose distance is forbidden."""
    return [
        (a, b)
        for (a, b), (low, high) in forbidden.items()
        if a in offsets and b in offsets and low < offsets[b] - offsets[a] < high
    ]


def assert_valid(buffers: Sequence[Buffer], forbidden: Pairs, found: Allocation) -> None:
    """Every buffer is in the arena at its alignment, and no forbidden distance occurs."""
    assert set(found.offsets) == {buffer.name for buffer in buffers}
    for buffer in buffers:
        assert found.offsets[buffer.name] % buffer.alignment == 0
        assert 0 <= found.offsets[buffer.name] <= found.size - buffer.size
    assert not clashes(forbidden, found.offsets)
    ends = [found.offsets[buffer.name] + buffer.size for buffer in buffers]
    assert found.size == max(ends, default=0)
    assert found.lower_bound <= found.size


def live_instance(
    lives: Sequence[tuple[int, int, int]], distances: Mapping[tuple[int, int], int] | None = None
) -> tuple[list[Buffer], dict[tuple[str, str], Interval]]:
    """Buffers from (first step, last step, size); ``distances`` of pairs that may overlap."""
    buffers = [Buffer(str(i), size) for i, (_, _, size) in enumerate(lives)]
    forbidden = {
        (str(i), str(j)): overlapping(a[2], b[2], (distances or {}).get((i, j)))
        for j, b in enumerate(lives)
        for i, a in enumerate(lives[:j])
        if a[0] <= b[1] and b[0] <= a[1]
    }
    return buffers, forbidden


@pytest.mark.parametrize(
    ("lives", "distances", "size"),
    [
        ([], {}, 0),
        ([(0, 0, 7)], {}, 7),
        ([(0, 1, 7), (1, 2, 5)], {}, 12),
        # The third takes the place of the first.
        ([(0, 1, 7), (1, 2, 5), (2, 3, 6)], {}, 12),
        # Side by side although first fit in order of birth would leave a hole.
        ([(0, 1, 4), (1, 2, 4), (2, 3, 8)], {}, 12),
        ([(0, 3, 2), (0, 1, 5), (1, 2, 3), (2, 3, 5)], {}, 10),
        # In place.
        ([(0, 1, 7), (1, 2, 7)], {(0, 1): 0}, 7),
        # A smaller output slides down by 2, a larger one by more than its input's size.
        ([(0, 1, 9), (1, 2, 4)], {(0, 1): 2}, 9 + 2),
        ([(0, 1, 4), (1, 2, 9)], {(0, 1): 6}, 4 + 6),
        # Equal sizes: down by 1 each time, unless there is room for a step up.
        ([(0, 1, 10), (1, 2, 10), (2, 3, 10)], {(0, 1): 1, (1, 2): 1}, 12),
        ([(0, 1, 3), (1, 2, 10), (2, 3, 10), (3, 4, 3)], {(0, 1): 3, (1, 2): 1, (2, 3): 1}, 11 + 1),
        # A distance beyond the output's size is no better than disjoint.
        ([(0, 1, 4), (1, 2, 3)], {(0, 1): 50}, 7),
        # The larger the distance, the sooner a second buffer pays.
        ([(0, 2, 2), (0, 1, 8), (1, 2, 8)], {(1, 2): 3}, 2 + 8 + 3),
    ],
)
def test_plain_cases(
    lives: Sequence[tuple[int, int, int]], distances: dict[tuple[int, int], int], size: int
) -> None:
    buffers, forbidden = live_instance(lives, distances)
    found = allocate(buffers, forbidden)
    assert_valid(buffers, forbidden, found)
    assert smallest_arena(buffers, forbidden) == size
    assert (found.size, found.lower_bound) == (size, size)


def test_alignment_is_kept_in_an_overlap() -> None:
    buffers = [Buffer("a", 10, 4), Buffer("b", 10, 4)]
    found = allocate(buffers, {("a", "b"): overlapping(10, 10, 1)})
    assert (dict(found.offsets), found.size) == ({"a": 4, "b": 0}, 14)


def random_instance(rng: random.Random) -> tuple[list[Buffer], dict[tuple[str, str], Interval]]:
    """At most six small buffers with lives, some of them overlapping at a handover."""
    count, largest = rng.randint(1, 6), rng.choice([3, 6])
    firsts = sorted(rng.randint(0, count) for _ in range(count))
    lives = [(first, first + rng.choice([0, 1, 1, 1, 2, 3])) for first in firsts]
    buffers = [
        Buffer(str(i), rng.randint(1, largest), rng.choice([1, 1, 1, 2, 4])) for i in range(count)
    ]
    forbidden = {}
    for j in range(count):
        for i in range(j):
            if lives[i][1] >= lives[j][0]:
                at_handover = lives[i][1] == lives[j][0] and rng.random() < 0.7
                distance = rng.randint(0, largest) if at_handover else None
                pair = overlapping(buffers[i].size, buffers[j].size, distance)
                forbidden[str(i), str(j)] = pair
    return buffers, forbidden


def random_intervals(rng: random.Random) -> tuple[list[Buffer], dict[tuple[str, str], Interval]]:
    """At most five small buffers with any forbidden intervals, also two to a pair."""
    count = rng.randint(1, 5)
    buffers = [Buffer(str(i), rng.randint(0, 5), rng.choice([1, 1, 2])) for i in range(count)]
    forbidden = {}
    for a in range(count):
        for b in range(count):
            if a != b and rng.random() < 0.4:
                low = rng.randint(-6, 6)
                forbidden[str(a), str(b)] = (low, low + rng.randint(0, 10))
    return buffers, forbidden


@pytest.mark.parametrize("block", range(4))
@pytest.mark.parametrize("instance", [random_instance, random_intervals])
def test_small_instances_are_optimal(instance, block: int) -> None:  # type: ignore[no-untyped-def]
    """100 instances each: the size is the exhaustive optimum and is known to be."""
    rng = random.Random(block)
    for _ in range(100):
        buffers, forbidden = instance(rng)
        found = allocate(buffers, forbidden)
        assert_valid(buffers, forbidden, found)
        optimum = smallest_arena(buffers, forbidden)
        assert (found.size, found.lower_bound) == (optimum, optimum), (buffers, forbidden)


@pytest.mark.parametrize("effort", [0, 10, 1_000])
def test_little_effort_gives_valid_allocations(effort: int) -> None:
    rng = random.Random(effort)
    for _ in range(100):
        buffers, forbidden = random_instance(rng)
        found = allocate(buffers, forbidden, effort=effort)
        assert_valid(buffers, forbidden, found)
        assert found.lower_bound <= smallest_arena(buffers, forbidden)


def random_network(
    rng: random.Random, length: int
) -> tuple[list[Buffer], dict[tuple[str, str], Interval]]:
    """Lives of a residual network's tensors and scratch, with overlap at most handovers."""
    lives = []
    for step in range(length):
        last = step + 1 if rng.random() < 0.7 else step + rng.randint(2, 5)
        lives.append((step, last, rng.randint(100, 20_000)))
        if rng.random() < 0.4:
            lives.append((step, step, rng.choice([64, 256, 1024])))
    distances = {}
    for j, b in enumerate(lives):
        for i, a in enumerate(lives[:j]):
            if a[1] == b[0] and a[0] < b[0] < b[1] and rng.random() < 0.8:
                distances[i, j] = rng.choice([0, rng.randint(1, 500), rng.randint(1, b[2])])
    return live_instance(lives, distances)


def test_networks_are_near_the_lower_bound() -> None:
    """Forty networks of 20 to 100 operators: nearly all proven optimal, none far off."""
    rng = random.Random(1)
    optimal = 0
    for _ in range(40):
        buffers, forbidden = random_network(rng, rng.choice([20, 50, 100]))
        found = allocate(buffers, forbidden)
        assert_valid(buffers, forbidden, found)
        assert found.size <= 1.05 * found.lower_bound
        optimal += found.optimal
    assert optimal >= 36


def test_many_buffers_at_once() -> None:
    """Line buffers and the like: up to 40 live together, nothing to overlap."""
    rng = random.Random(2)
    for _ in range(3):
        lives = sorted(
            (rng.randint(0, 60), rng.randint(1, 20), rng.randint(1, 4000)) for _ in range(90)
        )
        buffers, forbidden = live_instance([(a, a + b, size) for a, b, size in lives])
        found = allocate(buffers, forbidden)
        assert_valid(buffers, forbidden, found)
        # Without overlap the most bytes live at once are a bound, and nearly always enough.
        most = max(sum(s for a, b, s in lives if a <= t <= a + b) for t in range(80))
        assert most <= found.lower_bound
        assert found.size <= 1.05 * most


def test_the_same_instance_gives_the_same_offsets() -> None:
    buffers, forbidden = random_network(random.Random(3), 30)
    first = allocate(buffers, forbidden)
    again = allocate(list(buffers), dict(forbidden))
    assert (first.offsets, first.size) == (again.offsets, again.size)


def test_a_search_ends_with_its_budget() -> None:
    buffers, forbidden = live_instance([(0, 9, 10)] * 9)
    problem = make_problem(buffers, forbidden)
    budget = Budget(500)
    assert fit_within(problem, range(9), 89, budget) is None
    assert budget.steps < 0
    whole = Budget(500)
    assert fit_within(problem, range(9), 90, whole.part(20)) is not None
    assert 480 <= whole.steps < 500


def test_first_fit_is_the_lowest_place_left() -> None:
    rng = random.Random(4)
    for _ in range(200):
        buffers, forbidden = random_intervals(rng)
        order = rng.sample(range(len(buffers)), len(buffers))
        offsets = first_fit(make_problem(buffers, forbidden), order)
        placed: dict[str, int] = {}
        for buffer, offset in ((buffers[i], offsets[i]) for i in order):
            tries = range(0, 100, buffer.alignment)
            free = (o for o in tries if not clashes(forbidden, placed | {buffer.name: o}))
            assert offset == next(free)
            placed[buffer.name] = offset


def test_backjumping_misses_nothing_that_backtracking_finds() -> None:
    rng = random.Random(5)
    verdicts = set()
    for _ in range(300):
        buffers, forbidden = random_instance(rng)
        problem = make_problem(buffers, forbidden)
        order = rng.sample(range(len(buffers)), len(buffers))
        limit = smallest_arena(buffers, forbidden)
        found = fit_within(problem, order, limit, Budget(100_000))
        assert (found is not None) == _backtrack(problem, order, limit, [None] * len(buffers))
        if found is not None:
            assert problem.extent(found) <= limit
            names = [buffer.name for buffer in buffers]
            assert not clashes(forbidden, dict(zip(names, found, strict=True)))
        verdicts.add(found is not None)
    assert verdicts == {True, False}


def _backtrack(
    problem: Problem, order: Sequence[int], limit: int, offsets: list[int | None]
) -> bool:
    if not order:
        return True
    for offset in places(problem, order[0], offsets, limit):
        offsets[order[0]] = offset
        if _backtrack(problem, order[1:], limit, offsets):
            return True
        offsets[order[0]] = None
    return False


@pytest.mark.parametrize(
    ("buffers", "forbidden"),
    [
        ([Buffer("a", 1), Buffer("a", 2)], {}),
        ([Buffer("a", -1)], {}),
        ([Buffer("a", 1, 3)], {}),
        ([Buffer("a", 1)], {("a", "b"): (0, 1)}),
        ([Buffer("a", 1)], {("a", "a"): (-1, 1)}),
    ],
)
def test_contradictions_are_refused(buffers: list[Buffer], forbidden: Pairs) -> None:
    with pytest.raises(ValueError, match=r"buffer|pair"):
        allocate(buffers, forbidden)


def test_disjoint_and_overlapping_intervals() -> None:
    """The distances that are left are those at which no byte is shared, or few enough."""

    def free(interval: Interval) -> list[int]:
        return [d for d in range(-6, 7) if not interval[0] < d < interval[1]]

    assert free(disjoint(4, 3)) == [-6, -5, -4, -3, 4, 5, 6]
    assert free(overlapping(4, 3, None)) == free(disjoint(4, 3))
    assert free(overlapping(4, 3, 1)) == [-6, -5, -4, -3, -2, -1, 4, 5, 6]
    assert free(overlapping(4, 3, 0)) == [-6, -5, -4, -3, -2, -1, 0, 4, 5, 6]
    assert free(overlapping(4, 3, 99)) == free(disjoint(4, 3))
