"""What a streamed stage keeps of each tensor, found while it grows by one operator at a time.

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

from typing import NamedTuple

from thumbnet.schedule.stream_net import UNIT, Fused, Network, Node, Read

_FRESH, _PUSHED = -1, -2
"""Epochs: of a clock's leader, and of a tensor whose rows come all at once."""


_MOST_STATES = 250


class Time(NamedTuple):
    """When pixel (y, x) exists, in ticks (UNIT to a row or column) of the clock's leader."""

    clock: int
    scale: int
    delay: int
    epoch: int
    column_scale: int
    column_delay: int


class Lag(NamedTuple):
    """How far behind a tensor's newest pixel a reader's oldest one is."""

    rows: int
    columns: int
    reads_newest: bool


class Extent(NamedTuple):
    """Kept rows and margin of a line buffer."""

    rows: int
    margin: int


class Walk:
    """A stage that begins with operator ``start`` and grows by :meth:`extend`.

    With ``pushed``, the graph's input comes row by row.

    times           of the tensors that the stage makes, and of the pushed one
    operator_times  when an operator runs for pixel (y, x) of its grid
    lags            tensor -> one a reader; None where all of the tensor is kept
    readers         whole tensor -> the operators that read it, and how
    writers         tensor -> the operator of the stage that makes it
    nodes           operator -> how it runs; one that is fused with those behind it: with them
    ends            operator -> the operator behind it and what is fused with it
    """

    def __init__(self, net: Network, start: int, *, pushed: bool = False) -> None:
        self.net = net
        self.start = start
        self.end = start
        self.times: dict[int, Time] = {}
        self.operator_times: dict[int, Time] = {}
        self.lags: dict[int, list[Lag] | None] = {}
        self.readers: dict[int, list[tuple[int, Read]]] = {}
        self.writers: dict[int, int] = {}
        self.nodes: dict[int, Node] = {}
        self.ends: dict[int, int] = {}
        self.pushed: int | None = None
        self._clocks: list[int] = []  # in the order in which they end
        if pushed:
            self.pushed = net.inputs[0]
            self._clocks.append(-1)
            self.times[self.pushed] = Time(-1, UNIT, 0, _PUSHED, UNIT, 0)
            self.lags[self.pushed] = []

    def copy(self) -> Walk:
        """A stage that grows on by itself."""
        other = Walk(self.net, self.start)
        other.end = self.end
        other.pushed = self.pushed
        other.times = dict(self.times)
        other.operator_times = dict(self.operator_times)
        other.lags = {key: None if lags is None else list(lags) for key, lags in self.lags.items()}
        other.readers = {key: list(readers) for key, readers in self.readers.items()}
        other.writers = dict(self.writers)
        other.nodes = dict(self.nodes)
        other.ends = dict(self.ends)
        other._clocks = list(self._clocks)
        return other

    def extend(self, fused: Fused | None = None) -> bool:
        """Adds the next operator, or those that are fused into one.

        False, and nothing is changed, if it cannot join the stage.
        """
        index = self.end
        node = self.net.nodes[index] if fused is None else fused.node
        end = index + 1 if fused is None else fused.end
        times = self.times
        if not node.streams or self._is_full(node):
            return False
        for read in node.reads:
            if read.tensor in times:
                if not read.fits:
                    return False
            elif not self._same_rows(read):
                return False
        self.nodes[index], self.ends[index] = node, end
        when = self._when(index, node)
        if when is None:
            return False
        self.operator_times[index] = when
        self.writers[node.output] = index
        for read in node.reads:
            if read.tensor in times:
                self._keep(read, when)
            else:
                self.readers.setdefault(read.tensor, []).append((index, read))
        if node.accumulates:
            clock = self._clock_after(when.clock, index)
            times[node.output] = Time(clock, UNIT, 0, _FRESH, UNIT, 0)
            self.lags[node.output] = None
        else:
            times[node.output] = when
            self.lags[node.output] = []
        self.end = end
        return True

    def extent(self, tensor: int) -> Extent | None:
        """The line buffer of a tensor for the readers so far; None if all of it is kept."""
        lags = self.lags[tensor]
        if lags is None:
            return None
        shape = self.net.values[tensor].rows
        rows = max((lag.rows for lag in lags), default=0)
        # Columns of the oldest row die as the newest row grows over them, and the strip must hold
        # what is read of the newest; the rows between are whole.
        tied = [lag.columns for lag in lags if lag.rows == rows or lag.reads_newest]
        if self.band(tensor) > 1:
            # All rows of a band are made in their slots.
            return Extent(rows + 1, 0) if rows + 1 < shape.height else None
        if rows >= shape.height:
            return None
        return Extent(rows, min(max(tied, default=0), shape.width - 1))

    def band(self, tensor: int) -> int:
        """Rows of a tensor that are made together."""
        writer = self.writers.get(tensor)
        return 1 if writer is None else self.nodes[writer].band

    def _is_full(self, node: Node) -> bool:
        """Whether the executor's 8-bit numbers of tensors and states could run out."""
        tensors = len(self.times) + len(self.readers) + len(node.reads) + 1
        return tensors + len(self.operator_times) > _MOST_STATES

    def _same_rows(self, read: Read) -> bool:
        values = self.net.values
        root = values[read.tensor].root
        return all(
            others[0][1].rows == read.rows
            for tensor, others in self.readers.items()
            if values[tensor].root == root
        )

    def _when(self, index: int, node: Node) -> Time | None:
        """When the operator runs: with its latest input; None if these keep no fixed distance."""
        latest: Time | None = None
        ended = -1
        for read in node.reads:
            tensor = self.times.get(read.tensor)
            if tensor is None:
                continue
            arrival = self._arrival(index, read, tensor)
            if arrival is None:
                ended = max(ended, self._clocks.index(tensor.clock))
            elif latest is None:
                latest = arrival
            else:
                later = self._later(index, latest, arrival)
                if later is None:
                    return None
                latest = later
        if ended >= 0 and (latest is None or self._clocks.index(latest.clock) <= ended):
            clock = self._clock_after(self._clocks[ended], index)
        elif latest is not None:
            return latest
        else:
            # The deepest leader ends first.
            self._clocks.insert(0, index)
            clock = index
        return Time(clock, UNIT, 0, _FRESH, UNIT, 0)

    def _clock_after(self, clock: int, index: int) -> int:
        self._clocks.insert(self._clocks.index(clock) + 1, index)
        return index

    def _arrival(self, index: int, read: Read, tensor: Time) -> Time | None:
        """When the window of the operator's pixel (y, x) exists; None if only once all does."""
        if read.ratio is not None:
            rows, steps = read.ratio
            scale, remainder = divmod(tensor.scale * rows, steps)
            if remainder:
                return None
            delay = tensor.delay - (-tensor.scale * read.most // steps)
        elif read.stride == 0:
            return None
        else:
            scale = tensor.scale * read.stride
            behind, band = read.rows_behind, self.band(read.tensor)
            if read.stride * self.nodes[index].band % band == 0:
                # The last row of each window is as deep in its band, which comes with its first.
                behind -= behind % band
            delay = tensor.delay + tensor.scale * behind
        if read.stride_width == 0 or tensor.epoch == _PUSHED:
            return Time(tensor.clock, scale, delay, index, UNIT, 0)
        return Time(
            tensor.clock,
            scale,
            delay,
            tensor.epoch,
            tensor.column_scale * read.stride_width,
            tensor.column_delay + tensor.column_scale * read.columns_behind,
        )

    def _later(self, index: int, a: Time, b: Time) -> Time | None:
        """The later of two arrivals at one operator; None where neither is so for all pixels."""
        if a.clock != b.clock:
            return max(a, b, key=lambda time: self._clocks.index(time.clock))
        if a.scale != b.scale:
            return None
        if a.delay != b.delay:
            return max(a, b, key=lambda time: time.delay)
        if a.epoch != b.epoch and min(a.epoch, b.epoch) < 0:
            return max(a, b, key=lambda time: time.epoch)
        if a.epoch != b.epoch or a.column_scale != b.column_scale:
            return Time(a.clock, a.scale, a.delay, index, UNIT, 0)
        return max(a, b, key=lambda time: time.column_delay)

    def _keep(self, read: Read, when: Time) -> None:
        """Notes what an operator that runs at ``when`` still needs of a tensor of the stage."""
        lags = self.lags[read.tensor]
        if lags is None:
            return
        tensor = self.times[read.tensor]
        if when.clock != tensor.clock:
            self.lags[read.tensor] = None
            return
        distance = when.delay - tensor.delay
        if read.ratio is not None:
            distance -= tensor.scale * read.least // read.ratio[1]
        rows, between = divmod(distance, tensor.scale)
        width = read.rows.width
        if between or when.epoch != tensor.epoch:
            # A whole row has been made and its next pixels come only later.
            columns = width - 1
        else:
            columns = (when.column_delay - tensor.column_delay) // tensor.column_scale
        rows = _most_rows(read) if rows == read.rows_behind else rows + read.pad
        rows += self.band(read.tensor) - 1
        columns = max(min(columns + read.pad_left, width - 1), 0)
        lags.append(Lag(rows, columns, rows == read.kernel_height - 1))


def _most_rows(read: Read) -> int:
    """Rows between the newest one and the oldest that a reader close behind still needs.

    One less than its window has, except where the tensor ends before the window gets so far.
    """
    if read.ratio is not None or not read.stride:
        return read.kernel_height - 1
    behind, stride, height = read.rows_behind, read.stride, read.rows.height
    if behind - stride * (-read.pad // stride) < height:
        return read.kernel_height - 1
    oldest = (max(-((behind - y) // stride) * stride - read.pad, 0) for y in range(height))
    return max((y - row for y, row in enumerate(oldest)), default=0)
