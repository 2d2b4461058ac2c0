"""How the elements of an ONNX tensor lie in memory: reshapes and transposes without data moved.

ONNX is channels first, the compiler channels last. So a tensor of the file is looked at through a
:class:`View`: its dimensions are products of *factors*, and memory has the factors in an order of
its own. A transpose only reorders dimensions, a reshape only groups factors anew; data moves where
an operator wants an order that memory does not have, and only there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Arrangement = tuple[int | None, ...]
"""Dimensions of a tensor of the file in the order of memory; None is an added dimension of one."""

CHANNELS_LAST: dict[int, Arrangement] = {
    3: (0, None, 2, 1),
    4: (0, 2, 3, 1),
    5: (0, 2, 3, 4, 1),
}
"""[N,C,L] as [N,1,L,C], [N,C,H,W] as [N,H,W,C]."""


def plain(rank: int) -> Arrangement:
    """The order of the file."""
    return tuple(range(rank))


@dataclass(frozen=True)
class Move:
    """A transpose that a change of order needs: of memory as ``shape``, by ``permutation``."""

    shape: tuple[int, ...]
    permutation: tuple[int, ...]


@dataclass(frozen=True)
class View:
    """A tensor of the file over memory.

    ``sizes`` are factors, all above one, in the order of memory. ``dims`` are for each dimension of
    the file the numbers of its factors, the most significant first; a dimension of one has none.
    """

    sizes: tuple[int, ...]
    dims: tuple[tuple[int, ...], ...]

    @staticmethod
    def of(shape: Sequence[int], order: Arrangement | None = None) -> View:
        """A tensor of ``shape``, its dimensions in memory in ``order``, by default the file's."""
        arranged = [d for d in order or plain(len(shape)) if d is not None and shape[d] > 1]
        dims = tuple((arranged.index(d),) if d in arranged else () for d in range(len(shape)))
        return View(tuple(shape[d] for d in arranged), dims)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape in the file."""
        return tuple(math.prod(self.sizes[f] for f in group) for group in self.dims)

    def transposed(self, permutation: Sequence[int]) -> View:
        """The same memory as another order of dimensions."""
        return View(self.sizes, tuple(self.dims[d] for d in permutation))

    def with_dims(self, dims: Sequence[int | None]) -> View:
        """Some of the dimensions, and for every None a new one of size one."""
        return View(self.sizes, tuple(() if d is None else self.dims[d] for d in dims))

    def reshaped(self, shape: Sequence[int]) -> View | None:
        """The same memory under another shape; None where its factors do not divide so."""
        sequence = [f for group in self.dims for f in group]
        pieces: list[list[int]] = [[] for _ in self.sizes]
        groups: list[list[tuple[int, int]]] = []
        left = 1
        for size in shape:
            need, group = size, []
            while need > 1:
                if left == 1:
                    factor = sequence.pop(0)
                    left = self.sizes[factor]
                if need % left and left % need:
                    return None
                taken = min(need, left)
                group.append((factor, len(pieces[factor])))
                pieces[factor].append(taken)
                need, left = need // taken, left // taken
            groups.append(group)
        starts = np.cumsum([0, *(len(piece) for piece in pieces)]).tolist()
        dims = tuple(tuple(starts[f] + piece for f, piece in group) for group in groups)
        return View(tuple(size for piece in pieces for size in piece), dims).merged()

    def merged(self) -> View:
        """The same with neighbours of memory that are neighbours in a dimension as one factor."""
        follows = {a: b for group in self.dims for a, b in pairwise(group)}
        joined = [f > 0 and follows.get(f - 1) == f for f in range(len(self.sizes))]
        numbers = (np.cumsum([not j for j in joined]) - 1).tolist()
        sizes = [1] * (numbers[-1] + 1 if numbers else 0)
        for factor, size in enumerate(self.sizes):
            sizes[numbers[factor]] *= size
        dims = tuple(tuple(numbers[f] for f in group if not joined[f]) for group in self.dims)
        return View(tuple(sizes), dims)

    def arranged(self, order: Arrangement) -> tuple[int, ...]:
        """The shape of memory that has the dimensions in ``order``."""
        shape = self.shape
        return tuple(1 if d is None else shape[d] for d in order)

    def move_to(self, order: Arrangement) -> Move | None:
        """The transpose after which memory has the dimensions in ``order``; None where it has."""
        wanted = [f for d in order if d is not None for f in self.dims[d]]
        runs: list[list[int]] = []
        for factor in wanted:
            if runs and runs[-1][-1] + 1 == factor:
                runs[-1].append(factor)
            else:
                runs.append([factor])
        if len(runs) <= 1:
            return None
        before = sorted(runs)
        shape = tuple(math.prod(self.sizes[f] for f in run) for run in before)
        return Move(shape, tuple(before.index(run) for run in runs))

    def natural(self) -> Arrangement:
        """An order that memory has, as an operator likes it; the file's where it has none."""
        rank = len(self.dims)
        placed = sorted((group[0], d) for d, group in enumerate(self.dims) if group)
        by_memory = [d for _, d in placed]
        for d in range(rank):
            if d not in by_memory:  # dimensions of one go where the file has them
                by_memory.insert(min(d, len(by_memory)), d)
        candidates: list[Arrangement] = [plain(rank), tuple(by_memory)]
        if rank in CHANNELS_LAST:
            candidates.insert(0 if rank == 4 else 1, CHANNELS_LAST[rank])
        fitting = [order for order in candidates if self.move_to(order) is None]
        return fitting[0] if fitting else plain(rank)

    def elements_of(self, dim: int) -> npt.NDArray[np.int64] | None:
        """For each place of memory along ``dim`` the index that it has in the file; None if same.

        What weights that are multiplied with the dimension have to be permuted by.
        """
        group = self.dims[dim]
        if list(group) == sorted(group):
            return None
        sizes = [self.sizes[f] for f in group]
        indices = np.arange(math.prod(sizes), dtype=np.int64).reshape(sizes)
        return indices.transpose(np.argsort(group)).reshape(-1)

    def ends_in(self, dim: int) -> bool:
        """Whether memory holds ``dim`` innermost and all other dimensions in the file's order."""
        others = [f for d, group in enumerate(self.dims) if d != dim for f in group]
        return others == list(range(len(others)))
