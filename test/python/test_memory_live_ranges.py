"""What lives when, and what may overlap: small graphs with lives written out by hand."""

from __future__ import annotations

import numpy as np
from thumbnet.ir.attributes import Attributes, Reshape
from thumbnet.ir.graph import DType, Graph, Operator, Tensor
from thumbnet.operators.base import Kernel, Lowered, rows_of
from thumbnet.schedule.live_ranges import conflicts, find_views, live_ranges


class Net:
    """A graph of made-up operators whose overlap distances and scratch are given."""

    def __init__(self, inputs: dict[str, int], outputs: tuple[str, ...]) -> None:
        self.tensors = {name: self._tensor(name, size) for name, size in inputs.items()}
        self.inputs = tuple(inputs)
        self.outputs = outputs
        self.operators: list[Operator] = []
        self.lowered: dict[str, Lowered] = {}

    def op(
        self,
        name: str,
        inputs: tuple[str, ...],
        output: str,
        size: int,
        overlap: tuple[int | None, ...],
        *,
        scratch: int = 0,
    ) -> Net:
        """Adds an operator with one output of ``size`` bytes."""
        self.tensors[output] = self._tensor(output, size)
        self.operators.append(Operator("made_up", name, inputs, (output,), Attributes()))
        rows = rows_of(self.tensors[output])
        kernel = Kernel("none.h", "none")
        self.lowered[name] = Lowered(kernel, "none", (), (), rows, 0, overlap, scratch=scratch)
        return self

    def reshape(self, name: str, x: str, output: str, overlap: int = 0) -> Net:
        """Adds a reshape."""
        size = self.tensors[x].size
        self.op(name, (x,), output, size, (overlap,))
        self.operators[-1] = Operator("reshape", name, (x,), (output,), Reshape())
        return self

    def graph(self) -> Graph:
        return Graph("net", self.tensors, tuple(self.operators), self.inputs, self.outputs)

    def lives(self, *, input_in_arena: bool = True) -> dict[str, tuple[int, int]]:
        """Key -> (first, last)."""
        found = live_ranges(self.graph(), self.lowered, input_in_arena=input_in_arena)
        return {live.key: (live.first, live.last) for live in found}

    def pairs(self, *, input_in_arena: bool = True) -> dict[tuple[str, str], tuple[int, int]]:
        """The forbidden intervals, keys without the word tensor."""
        graph = self.graph()
        ranges = live_ranges(graph, self.lowered, input_in_arena=input_in_arena)
        found = conflicts(graph, self.lowered, ranges)
        return {
            (a.removeprefix("tensor "), b.removeprefix("tensor ")): interval
            for (a, b), interval in found.items()
        }

    @staticmethod
    def _tensor(name: str, size: int) -> Tensor:
        return Tensor(name, (1, 1, 1, size), DType.INT8)


def test_inputs_live_before_the_first_step_and_outputs_after_the_last() -> None:
    net = Net({"x": 8, "unused": 4, "late": 2}, ("y", "early"))
    net.op("a", ("x",), "early", 6, (1,)).op("b", ("early", "late"), "y", 5, (1, 1))
    assert net.lives() == {
        "tensor x": (-1, 0),
        "tensor unused": (-1, -1),
        "tensor late": (-1, 1),
        "tensor early": (0, 2),
        "tensor y": (1, 2),
    }
    assert net.pairs() == {
        ("x", "unused"): (-4, 8),
        ("x", "late"): (-2, 8),
        ("unused", "late"): (-2, 4),
        ("x", "early"): (-1, 8),
        ("late", "early"): (-6, 2),
        # An output is read after the last step, so y may not grow over it although b reads it.
        ("early", "y"): (-5, 6),
        ("late", "y"): (-1, 2),
    }


def test_inputs_in_the_callers_buffer_have_no_life_here() -> None:
    net = Net({"x": 8}, ("y",)).op("a", ("x",), "t", 6, (1,)).op("b", ("t",), "y", 5, (2,))
    assert net.lives(input_in_arena=False) == {"tensor t": (0, 1), "tensor y": (1, 2)}
    assert net.pairs(input_in_arena=False) == {("t", "y"): (-2, 6)}


def test_a_tensor_lives_until_its_last_reader() -> None:
    net = Net({"x": 8}, ("y",))
    net.op("a", ("x",), "t", 6, (0,)).op("b", ("t",), "u", 6, (0,)).op(
        "c", ("t", "u"), "y", 6, (0, 3)
    )
    assert net.lives()["tensor t"] == (0, 2)
    pairs = net.pairs()
    assert pairs["t", "u"] == (-6, 6)
    assert (pairs["t", "y"], pairs["u", "y"]) == ((0, 6), (-3, 6))


def test_a_tensor_that_is_read_twice_obeys_both_distances() -> None:
    for distances, interval in (((0, 3), (-3, 6)), ((4, 1), (-4, 6)), ((0, None), (-5, 6))):
        net = Net({"x": 6}, ("y",)).op("a", ("x", "x"), "y", 5, distances)
        assert net.pairs() == {("x", "y"): interval}


def test_constants_and_absent_inputs_do_not_count() -> None:
    net = Net({"x": 8}, ("y",))
    net.tensors["w"] = Tensor("w", (3,), DType.INT8, None, np.zeros(3, np.int8))
    net.op("a", ("", "w", "x"), "y", 5, (2,))
    assert net.pairs() == {("x", "y"): (-2, 8)}


def test_scratch_lives_during_its_operator_beside_everything() -> None:
    net = Net({"x": 8}, ("y",))
    net.op("a", ("x",), "t", 6, (1,), scratch=16).op("b", ("t",), "y", 5, (0,), scratch=4)
    ranges = live_ranges(net.graph(), net.lowered, input_in_arena=True)
    scratch = [live for live in ranges if live.is_scratch]
    assert [(s.name, s.first, s.last, s.size, s.alignment) for s in scratch] == [
        ("a", 0, 0, 16, 4),
        ("b", 1, 1, 4, 4),
    ]
    pairs = net.pairs()
    assert pairs["x", "scratch a"] == (-16, 8)
    assert pairs["t", "scratch a"] == (-16, 6)
    assert pairs["y", "scratch b"] == (-4, 5)
    assert ("scratch a", "scratch b") not in pairs


def test_views_share_the_bytes_of_the_first_tensor() -> None:
    net = Net({"x": 8}, ("y",)).op("a", ("x",), "t", 6, (1,))
    net.reshape("r", "t", "v").reshape("s", "v", "w").op("b", ("w",), "y", 5, (2,))
    assert find_views(net.graph(), input_in_arena=True) == {"v": "t", "w": "t"}
    ranges = live_ranges(net.graph(), net.lowered, input_in_arena=True)
    assert [(live.tensors, live.first, live.last) for live in ranges] == [
        (("x",), -1, 0),
        (("t", "v", "w"), 0, 3),
        (("y",), 3, 4),
    ]
    assert net.pairs() == {("x", "t"): (-1, 8), ("t", "y"): (-2, 6)}


def test_a_view_keeps_its_source_alive_and_the_other_way_round() -> None:
    net = Net({"x": 8}, ("v",)).op("a", ("x",), "t", 6, (1,)).reshape("r", "t", "v")
    net.op("b", ("t",), "y", 5, (2,))
    assert net.lives()["tensor t"] == (0, 3)
    assert net.pairs()["t", "y"] == (-5, 6)
    net = Net({"x": 8}, ("y",)).op("a", ("x",), "t", 6, (1,)).reshape("r", "t", "v")
    net.op("b", ("t",), "u", 5, (2,)).op("c", ("v", "u"), "y", 5, (1, 0))
    assert net.pairs()["t", "u"] == (-5, 6)
    assert net.pairs()["t", "y"] == (-1, 6)


def test_a_tensor_and_its_view_read_by_one_operator_obey_both_distances() -> None:
    net = Net({"x": 6}, ("y",)).reshape("r", "x", "v").op("a", ("x", "v"), "y", 6, (1, 4))
    assert net.pairs() == {("x", "y"): (-4, 6)}


def test_views_of_the_callers_input_stay_outside() -> None:
    net = Net({"x": 8}, ("y",)).reshape("r", "x", "v").op("a", ("v",), "y", 5, (1,))
    assert net.lives(input_in_arena=False) == {"tensor y": (1, 2)}
    assert find_views(net.graph(), input_in_arena=False) == {"v": "x"}


def test_an_output_that_is_a_view_of_the_callers_input_is_copied() -> None:
    net = Net({"x": 8}, ("v",)).reshape("r", "x", "v")
    assert net.lives(input_in_arena=True) == {"tensor x": (-1, 1)}
    assert net.lives(input_in_arena=False) == {"tensor v": (0, 1)}
    assert find_views(net.graph(), input_in_arena=False) == {}


def test_alignment_is_that_of_the_widest_element() -> None:
    net = Net({"x": 8}, ("y",)).op("a", ("x",), "y", 8, (0,))
    net.tensors["y"] = Tensor("y", (1, 1, 1, 2), DType.INT32)
    ranges = live_ranges(net.graph(), net.lowered, input_in_arena=True)
    assert [(live.size, live.alignment) for live in ranges] == [(8, 1), (8, 4)]
