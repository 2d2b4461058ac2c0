"""Plans from given cuts, with stages that run downwards or upwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from thumbnet.ir.graph import Graph
from thumbnet.operators.base import Lowered
from thumbnet.plan import Plan, SecondPass
from thumbnet.schedule.search_cuts import Cut
from thumbnet.schedule.stream_build import Built, build_layer, build_stream
from thumbnet.schedule.stream_memory import crowded, plan_stages
from thumbnet.schedule.stream_net import Network, make_network
from thumbnet.schedule.tile_stage import build_tiles


class StageMaker:
    """Makes plans of one graph; ``input`` is arena, buffer or rows."""

    def __init__(
        self,
        graph: Graph,
        lowered: Mapping[str, Lowered],
        input: str,
        second_passes: tuple[SecondPass, ...] = (),
    ) -> None:
        self.graph = graph
        self.second_passes = second_passes
        self.lowered = lowered
        self.in_arena = input == "arena"
        self.pushed = input == "rows"
        self.net = make_network(graph, lowered, input_in_arena=self.in_arena)
        self._built: dict[Cut, Built] = {}
        self._whole, self._whole_in_arena = graph, self.in_arena
        self._before: tuple[Built, ...] = ()

    def follow(self, whole: Graph, before: Sequence[Built], *, in_arena: bool) -> None:
        """Makes plans of ``whole``, of which the graph is the rest behind the stages ``before``."""
        self._whole, self._whole_in_arena = whole, in_arena
        self._before = tuple(before)

    def plan(self, cuts: Sequence[Cut]) -> Plan:
        """The plan of these stages.

        Raises:
            ValueError: a cut is no stage.
        """
        built = [*self._before, *self.built(cuts)]
        in_arena = self._whole_in_arena
        memory = plan_stages(self._whole, built, input_in_arena=in_arena)
        stages = tuple(found.stage for found in built)
        return Plan(self._whole, stages, memory, in_arena, self.second_passes)

    def crowded(self, cuts: Sequence[Cut], limit: int) -> range | None:
        """The fewest of these stages that no arena of ``limit`` bytes has room for; None: none."""
        built = [*self._before, *self.built(cuts)]
        found = crowded(self._whole, built, limit, input_in_arena=self._whole_in_arena)
        if found is None:
            return None
        count = len(self._before)
        return range(max(found.start - count, 0), max(found.stop - count, 0))

    def built(self, cuts: Sequence[Cut]) -> list[Built]:
        """The stages with what their memory plan has to know."""
        for cut in cuts:
            if cut not in self._built:
                self._built[cut] = self._build(cut)
        return [self._built[cut] for cut in cuts]

    def _build(self, cut: Cut) -> Built:
        if cut.width is None:
            return build_layer(self.graph, self.lowered, self.net, cut.first)
        if cut.tiles.number > 1:
            if cut.first:
                raise ValueError(f"tiles of operators {cut.first} to {cut.end}")
            return build_tiles(self.graph, self.lowered, self.net, cut.end, cut.tiles, cut.width)
        if cut.upwards and not self.turns(cut):
            raise ValueError(f"operators {cut.first} to {cut.end} cannot run upwards")
        lowered, net = self._upwards if cut.upwards else (self.lowered, self.net)
        pushed = self.pushed and cut.first == 0
        return build_stream(self.graph, lowered, net, cut, pushed=pushed)

    def turns(self, cut: Cut) -> bool:
        """Whether the stage can run upwards: not rows that are pushed from the top."""
        if cut.width is None or cut.tiles.number > 1 or (self.pushed and cut.first == 0):
            return False
        operators = self.graph.operators[cut.first : cut.end]
        return all(self.lowered[one.name].upwards() is not None for one in operators)

    def turned(self, cuts: Sequence[Cut], parity: int) -> list[Cut] | None:
        """The cuts with every other stream running upwards; None if that turns none.

        Downwards an output grows over its input from below, upwards from above: in turns they stay
        where they are.
        """
        found: list[Cut] = []
        count = 0
        for cut in cuts:
            turns = cut.width is not None and count % 2 == parity and self.turns(cut)
            count += cut.width is not None
            found.append(cut._replace(upwards=True) if turns else cut)
        return found if any(cut.upwards for cut in found) else None

    @cached_property
    def _upwards(self) -> tuple[dict[str, Lowered], Network]:
        """The operators and the network with rows counted from the end.

        Operators that cannot be so stay as they are, and out of stages that run upwards.
        """
        lowered = {name: how.upwards() or how for name, how in self.lowered.items()}
        return lowered, make_network(self.graph, lowered, input_in_arena=self.in_arena)
