"""What a streamed stage keeps of each tensor, found while the stage grows by one operator at a time.

Every operator of a stage runs as soon as its input exists (``src/thumbnet/stream.h``). So how far
it is follows from how far the *leader* is, the stage's first operator: pixel (y, x) of a tensor
exists once the leader has made row ``scale * y + delay`` and, of that row, column
``column_scale * x + column_delay``. An operator waits for the latest of its inputs. What a reader
still needs lies behind the newest pixel by a distance that depends on neither y nor x, and that is
the line buffer: whole rows and the columns of one more.

A stage may have several leaders, operators of which all inputs are whole. The executor runs
the deepest of them, and all that hangs on it, to its end before the next; what is read across that
boundary is kept whole. The same holds behind an operator that accumulates. Each such phase has a
*clock* of its own.

A row that is read as a whole (resizing) breaks the relation between columns: its readers begin a
new *epoch*, in which columns are counted afresh.
"""

from __future__ import annotations

from dataclasses import dataclass

from thumbnet.schedule.stream_net import UNIT, Network, Node, Read

ROW = 0
"""The segment width that stands for a whole row."""


@dataclass(frozen=True, slots=True)
class Time:
    """When pixel (y, x) exists, in ticks (UNIT to a row or column) of the clock's leader."""

    clock: int
    scale: int
    delay: int
    epoch: int
    column_scale: int
    column_delay: int


@dataclass(slots=True)
class Need:
    """What the readers seen so far need of a tensor that a stage makes or is pushed.

    ``lags`` holds, for each reader, the rows and columns that it is behind and whether it reads
    the newest row; None once a reader needs all of it.
    """

    lags: list[tuple[int, int, bool]] | None

    def rows_and_margin(self, height: int, width: int) -> tuple[int, int] | None:
        """Kept rows and margin of a tensor of that size; None if all of it is kept."""
        if self.lags is None:
            return None
        rows = max((lag[0] for lag in self.lags), default=0)
        # Columns of the oldest row die as the newest row grows over them, and the strip must hold
        # what is read of the newest; rows between these two are whole.
        margin = max((lag[1] for lag in self.lags if lag[0] == rows or lag[2]), default=0)
        if rows >= height:
            return None
        return rows, min(margin, width - 1)


class Walk:
    """A stage that begins with operator ``start`` and grows by :meth:`extend`.

    With ``pushed``, the graph's input comes row by row.
    """

    def __init__(self, net: Network, start: int, *, pushed: bool = False) -> None:
        self.net = net
        self.start = start
        self.end = start
        self.times: dict[int, Time] = {}
        """Of tensors made in the stage, and of the pushed one."""
        self.operator_times: dict[int, Time] = {}
        """When an operator runs for pixel (y, x) of its grid."""
        self.needs: dict[int, Need] = {}
        self.readers: dict[int, list[tuple[int, Read]]] = {}
        """Reads of whole tensors."""
        self.clocks: list[int] = []
        """In the order in which they end."""
        self.pushed: int | None = None
        if pushed:
            self.pushed = net.inputs[0]
            self.clocks.append(-1)
            self.times[self.pushed] = Time(-1, UNIT, 0, -1, UNIT, 0)
            self.needs[self.pushed] = Need([])

    def extend(self) -> bool:
        """Adds the next operator; False, and nothing is changed, if it cannot join the stage."""
        index = self.end
        node = self.net.nodes[index]
        if not node.streams:
            return False
        arrivals = []
        for read in node.reads:
            if read.tensor not in self.times:
                if not self._same_rows(read):
                    return False
            elif not read.fits:
                return False
            else:
                arrivals.append((read, self._arrival(index, read)))
        when = self._latest(index, [time for _, time in arrivals if time is not None])
        if when is None:
            return False
        for read in node.reads:
            if read.tensor not in self.times:
                self.readers.setdefault(read.tensor, []).append((index, read))
        self.operator_times[index] = when
        for read, _ in arrivals:
            self._keep(read, when)
        self._make(index, node, when)
        self.end += 1
        return True

    def _same_rows(self, read: Read) -> bool:
        others = self.readers.get(read.tensor)
        return not others or others[0][1].rows == read.rows

    def _arrival(self, index: int, read: Read) -> Time | None:
        """When the window of the operator's pixel (y, x) exists; None if only once all does."""
        tensor = self.times[read.tensor]
        if read.ratio is not None:
            product = tensor.scale * read.ratio[0]
            if product % read.ratio[1]:
                return None
            scale, delay = product // read.ratio[1], tensor.delay
            delay += -(-tensor.scale * read.most // read.ratio[1])
        elif read.stride == 0:
            return None
        else:
            scale = tensor.scale * read.stride
            delay = tensor.delay + tensor.scale * read.rows_behind
        if read.stride_width == 0 or read.tensor == self.pushed:
            return Time(tensor.clock, scale, delay, index, UNIT, 0)
        return Time(
            tensor.clock,
            scale,
            delay,
            tensor.epoch,
            tensor.column_scale * read.stride_width,
            tensor.column_delay + tensor.column_scale * read.columns_behind,
        )
