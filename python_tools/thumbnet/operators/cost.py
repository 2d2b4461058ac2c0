"""How many instructions a row kernel executes, predicted.

A call that makes n pixels costs a weighted sum of counts that follow from the kernel's loops:
calls, tiles of columns, pairs of channels in them, steps of their inner loop. The weights were
fitted to executed instructions on emulated cores by ``scripts/fit_costs.py``, which writes
``costs.json``: one table an instruction set, one entry a kernel function (or instantiation, where
it has its own).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from thumbnet.operators import cost_dsp, cost_windows
from thumbnet.operators.base import CArray, Lowered, Part, is_cold
from thumbnet.operators.cost_windows import Features
from thumbnet.options import Optimize

TABLE = Path(__file__).with_name("costs.json")

CORES = {
    "cortex-m0": "armv6m",
    "cortex-m0plus": "armv6m",
    "cortex-m3": "armv7m",
    "cortex-m4": "dsp",
    "cortex-m7": "dsp",
    "cortex-m33": "dsp",
    "cortex-m55": "mve",
    "rv32imc": "rv32imc",
}
"""The table of each core that instructions are counted on."""

WIDE, WIDE_RUN = "thumbnet_wide_channels_s8", 32
DILATED, DILATED_RUN = "thumbnet_dilated_conv_2d_s8", 6
"""Kernels that call one of any sort, and the most pixels for which they do."""

ROUGH = {"call": 200.0, "pixels": 10.0, "elements": 10.0, "taps": 2.0}
"""What a kernel without weights may cost."""

SMALL = " small"
"""What ends the entries of kernels that are compiled for size."""

LIKE_OTHERS = "dsp"
"""The table for cores that have none, and for kernels that another's has not."""

FRAME = "thumbnet_run"
"""The entry of what an inference takes besides its operators: checks, and for each table of layers,
each layer and each moved output a part of its own."""


class CallCost:
    """Predicted instructions of calls of one operator's kernel, by the pixels that a call makes."""

    def __init__(self, lowered: Lowered, core: str, optimize: Optimize = "balanced") -> None:
        self.lowered = lowered
        self.core = core
        self.optimize = optimize
        self._weights: Mapping[str, float] | None = None
        self._known: dict[int, float] = {}
        self._parts: dict[str, CallCost] | None = None

    @property
    def parts(self) -> dict[str, CallCost]:
        """The costs of the kernels that the kernel calls, by the name of the field."""
        if self._parts is None:
            fields = self.lowered.fields
            found = {name: value.lowered for name, value in fields if isinstance(value, Part)}
            self._parts = {
                name: CallCost(part, self.core, self.optimize) for name, part in found.items()
            }
        return self._parts

    def __call__(self, n: int) -> float:
        """Of a call that makes ``n`` pixels (an accumulating kernel: that takes them)."""
        if self._weights is None:
            self._weights = weights(self.lowered, self.core, self.optimize)
        if n not in self._known:
            found = features(self.lowered, n).items()
            own = sum(self._weights.get(name, 0.0) * value for name, value in found)
            self._known[n] = own + self.called(n)
        return self._known[n]

    def called(self, n: int) -> float:
        """Of the calls that a kernel of wide channels or of dilation makes for ``n`` pixels."""
        if self.lowered.kernel.function == DILATED:
            return sum(self.parts["part"](run) for run in _dilated_runs(self.lowered, n))
        if self.lowered.kernel.function != WIDE:
            return 0.0
        full, last = divmod(n, WIDE_RUN)
        rest = self.parts["rest"]
        return (full * rest(WIDE_RUN) if full else 0.0) + (rest(last) if last else 0.0)


def frame_cost(counts: Features, core: str) -> float:
    """Predicted instructions of what surrounds kernels: counts of :data:`FRAME`'s weights."""
    table = _weights((FRAME,), core)
    return sum(table.get(name, 0.0) * value for name, value in counts.items())


def moved(size: int, offset: int) -> Features:
    """A move of ``size`` bytes between a caller's buffer, which is aligned, and the arena."""
    aligned = offset % 4 == 0
    sixteens, rest = divmod(size, 16) if aligned else (0, size)
    kind = "aligned" if aligned else "unaligned"
    return {
        "moves": 1.0,
        "sixteens": sixteens,
        f"{kind} words": rest // 4,
        "bytes": rest % 4,
    }


def features(lowered: Lowered, n: int) -> Features:
    """What a call that makes ``n`` pixels does, as counts that its cost is linear in."""
    function = lowered.kernel.function
    kind = next((kind for prefix, kind in _KINDS if function.startswith(prefix)), _elementwise)
    if lowered.accumulates:
        kind = _accumulating
    return {"call": 1.0, **kind(lowered, n)}


def entry(lowered: Lowered) -> str:
    """The name under which an instantiation's weights may be filed."""
    kernel = lowered.kernel
    return "_".join([kernel.function, *map(str, kernel.literals)])


def entries(lowered: Lowered, optimize: Optimize) -> tuple[str, ...]:
    """The names under which a kernel's weights are looked for; compiled small it has its own."""
    found = (entry(lowered), lowered.kernel.function)
    if not is_cold(lowered, optimize):
        return found
    return (*(f"{name}{SMALL}" for name in found), *found)


def weights(lowered: Lowered, core: str, optimize: Optimize = "balanced") -> Mapping[str, float]:
    """The fitted weights of a kernel on ``core``; another's where it has none, at worst rough ones.

    A test says which kernels have to have their own.
    """
    return _weights(entries(lowered, optimize), core)


def _weights(keys: Sequence[str], core: str) -> Mapping[str, float]:
    tables = _tables()
    name = CORES.get(core, LIKE_OTHERS)
    order = [name, LIKE_OTHERS, *sorted(tables)]
    for key in keys:
        for table in order:
            if key in tables.get(table, {}):
                return tables[table][key]
    return ROUGH


@cache
def _tables() -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    found: Mapping[str, Mapping[str, Mapping[str, float]]] = json.loads(TABLE.read_text())
    return found


def _window_taps(lowered: Lowered) -> int:
    source = lowered.sources[0]
    return source.kernel_height * source.kernel_width


def _tiles(prefix: str, n: int, width: int) -> Features:
    """Tiles of ``width`` pixels, and the narrower one that ends a run."""
    full, rest = divmod(n, width)
    found = {f"{prefix}{width}": float(full)}
    if rest:
        found[f"{prefix}{rest}"] = 1.0
    return found


def _convolution(lowered: Lowered, n: int) -> Features:
    """Tiles of neighbouring pixels; in them pairs of channels; in these multiply-accumulates."""
    output = lowered.output
    pairs = (output.channels + 1) // 2
    source = lowered.sources[0]
    depth = _window_taps(lowered) * source.rows.channels
    steps = -(-depth // 4)
    found: Features = {}
    for name, count in _tiles("tile", n, 2).items():
        found |= {
            name: count,
            f"{name} pairs": count * pairs,
            f"{name} steps": count * pairs * steps,
        }
    rows, columns = outside(lowered)
    row = source.kernel_width * source.rows.channels
    found |= {
        "pixels": n,
        "expanded rows": n * source.kernel_height,
        "expanded": n * depth,
        "remains": n * source.kernel_height * (row % 4),
        "edges": n * columns * source.kernel_height,
        "expanded edges": n * columns * depth,
        "edge rows": n * rows,
    }
    return found


def outside(lowered: Lowered) -> tuple[float, float]:
    """The parts of the output's rows and columns whose windows reach outside the input."""
    source, output = lowered.sources[0], lowered.output

    def part(count: int, size: int, kernel: int, stride: int, pad: int) -> float:
        starts = [at * stride - pad for at in range(count)]
        return sum(start < 0 or start + kernel > size for start in starts) / max(count, 1)

    rows = part(output.height, source.rows.height, source.kernel_height, source.stride, source.pad)
    columns = part(
        output.width,
        source.rows.width,
        source.kernel_width,
        source.stride_width,
        source.pad_left,
    )
    return rows, columns


def _depthwise(lowered: Lowered, n: int) -> Features:
    """Blocks of columns; in them blocks of channels whose columns are gathered, then filtered."""
    source, channels = lowered.sources[0], lowered.output.channels
    taps = _window_taps(lowered)
    groups = -(-channels // 4)
    columns = (n - 1) * source.stride_width + source.kernel_width
    blocks = -(-n // _block(lowered, n))
    columns += (blocks - 1) * max(source.kernel_width - source.stride_width, 0)
    outer, _ = outside(lowered)
    found = {
        "edge columns": outer * columns * groups,
        "edge taps": outer * n * channels * taps,
        "edge channels": outer * blocks * channels,
        "groups": float(blocks * groups),
        "columns": float(columns * groups),
        "column rows": float(columns * groups * source.kernel_height),
        "channels": float(blocks * channels),
        "channel rows": float(blocks * channels * source.kernel_height),
        "pixels": float(n * channels),
        "taps": float(n * channels * taps),
        "channel taps": float(blocks * channels * taps),
    }
    for name, count in _tiles("tile", n, 4).items():
        found |= {name: count * channels, f"{name} taps": count * channels * taps}
    return found


def _general(lowered: Lowered, n: int) -> Features:
    """Windows expanded tap by tap; of two pixels pairs of channels, and in these products."""
    of = _numbers(lowered)
    taps, groups = of["kernel_height"] * of["kernel_width"], of["groups"]
    pairs = groups * -(-of["channels"] // 2) * -(-n // 2)
    return {
        "pixels": n,
        "columns": n * groups * taps,
        "expanded": n * groups * taps * of["depth"],
        "outputs": n * lowered.output.channels,
        "pairs": pairs,
        "steps": pairs * taps * of["depth"],
    }


def _dilated(lowered: Lowered, n: int) -> Features:
    """Runs of every so many pixels, whose columns are gathered and whose outputs moved."""
    of = _numbers(lowered)
    if of["dilation_width"] == 1:
        return {"picked": of["kernel_height"]}
    runs = _dilated_runs(lowered, n)
    gathered = sum((run - 1) * of["stride"] + of["kernel_width"] for run in runs)
    gathered *= of["kernel_height"]
    return {
        "runs": len(runs),
        "rows": len(runs) * of["kernel_height"],
        "gathered": gathered,
        "gathered bytes": gathered * of["in_channels"],
        "pixels": n,
        "bytes": n * of["out_channels"],
    }


def _dilated_runs(lowered: Lowered, n: int) -> list[int]:
    """The pixels of each call of the kernel without dilation."""
    of = _numbers(lowered)
    if of["dilation_width"] == 1:
        return [n]
    phases = min(of["phases"], n)
    pixels = [(n - phase - 1) // of["phases"] + 1 for phase in range(phases)]
    return [min(DILATED_RUN, count - at) for count in pixels for at in range(0, count, DILATED_RUN)]


def _wide(lowered: Lowered, n: int) -> Features:
    """Runs of pixels of which wide channels are made, row by row, besides what is called."""
    of = _numbers(lowered)
    calls = of["channels"] * of["kernel_height"]
    runs = -(-n // WIDE_RUN)
    return {
        "runs": runs,
        "channels": runs * of["channels"],
        "rows": runs * calls,
        "outputs": n * of["channels"],
        "output rows": n * calls,
        "taps": n * calls * of["kernel_width"] * of["depth"],
    }


def _numbers(lowered: Lowered) -> dict[str, int]:
    return {name: value for name, value in lowered.fields if isinstance(value, int)}


def _transposed(lowered: Lowered, n: int) -> Features:
    """Pixel by pixel: what is gathered; pairs of channels; in these multiply-accumulates."""
    output = lowered.output
    taps = lowered.macs / (output.height * output.width * output.channels)
    pairs = (lowered.output.channels + 1) // 2
    return {
        "pixels": n,
        "gathered": n * taps,
        "pairs": n * pairs,
        "steps": n * pairs * taps / 4,
    }


def _accumulating(lowered: Lowered, n: int) -> Features:
    """The last call also writes the output: a part of it is each call's."""
    rows = lowered.sources[0].rows
    output = lowered.output.width * lowered.output.channels
    return {
        "pixels": n,
        "columns": lowered.output.width,
        "elements": n * (rows.channels - rows.channels % 4),
        "last": n * (rows.channels % 4),
        "output": output * n / (rows.height * rows.width),
    }


def _lstm(lowered: Lowered, n: int) -> Features:
    """Units of each step, and in them steps of four products over the input and the state."""
    units, depth = lowered.output.channels, lowered.sources[0].rows.channels
    quads = -(-depth // 4) + -(-units // 4)
    return {"pixels": n, "units": n * units, "steps": n * units * quads}


def _svdf(lowered: Lowered, n: int) -> Features:
    """Units, in them filters, and in these products with the input and with the memory."""
    depth, memory = lowered.sources[0].rows.channels, lowered.sources[1].rows.channels
    filters = (lowered.macs - memory) // depth
    return {
        "units": n * lowered.output.channels,
        "filters": n * filters,
        "taps": n * filters * depth,
        "memory": n * memory,
    }


def _reduction(lowered: Lowered, n: int) -> Features:
    """Within a row: outputs, and elements that they are made of."""
    outputs = n * lowered.output.channels
    return {"pixels": n, "elements": outputs, "taps": outputs * _number(lowered, "count")}


def _product(lowered: Lowered, n: int) -> Features:
    """Sums, and products in them."""
    sums = n * lowered.output.channels
    return {"pixels": n, "elements": sums, "taps": sums * _number(lowered, "depth")}


def _number(lowered: Lowered, field: str) -> int:
    value = dict(lowered.fields)[field]
    return value if isinstance(value, int) else 0


def _mean_row(lowered: Lowered, n: int) -> Features:
    made = n * _integer(lowered, "outputs")
    return {"elements": made, "taps": made * _integer(lowered, "count")}


def _softmax(lowered: Lowered, n: int) -> Features:
    return {"pixels": n, "elements": n * lowered.output.channels}


def _transpose(lowered: Lowered, n: int) -> Features:
    """Runs along the innermost dimension, in these blocks of bytes that stay together."""
    sizes = dict(lowered.fields)["sizes"]
    if not isinstance(sizes, CArray):
        raise ValueError("a transpose has no sizes")
    blocks = float(sizes.values.astype(float).prod())
    return {
        "runs": blocks / float(sizes.values[-1]),
        "blocks": blocks,
        "bytes": blocks * _integer(lowered, "block"),
    }


def _integer(lowered: Lowered, name: str) -> int:
    value = dict(lowered.fields)[name]
    if not isinstance(value, int):
        raise ValueError(f"{lowered.kernel.function} has no integer {name}")
    return value


def _elementwise(lowered: Lowered, n: int) -> Features:
    """Elements four by four, and the last ones."""
    elements = n * lowered.output.channels
    return {"pixels": n, "elements": elements - elements % 4, "last": elements % 4}


def _picked(lowered: Lowered, n: int) -> Features:
    """Moves of a few bytes; neighbours of which all is taken are moved together."""
    fields = dict(lowered.fields)
    pieces = fields["pieces"]
    times = int(pieces.values.reshape(-1, 4)[:, 2].sum()) if isinstance(pieces, CArray) else 1
    size = n * lowered.output.channels * lowered.output.element_size
    whole = lowered.output.channels == lowered.sources[0].rows.channels
    if whole and times == 1 and fields.get("step") == 1:
        return {"together": size}
    return {"pixels": n, "moves": n * times, "moved": size}


def _squares(lowered: Lowered, n: int) -> Features:
    """Rows of squares, each moved by itself."""
    size = dict(lowered.fields)["size"]
    moved = n * lowered.output.channels * lowered.output.element_size
    return {"moves": moved / size, "moved": moved} if isinstance(size, int) else {"moved": moved}


_PASS = 12
"""Columns that the scalar depthwise kernel makes in a pass."""


def _block(lowered: Lowered, n: int) -> int:
    """Columns that a depthwise kernel makes in a pass."""
    if lowered.kernel.function == "thumbnet_depthwise_conv_2d_columns_s8":
        return min(n, _PASS)
    most = next((value for name, value in lowered.fields if name == "most"), n)
    return most if isinstance(most, int) else n


_KINDS: tuple[tuple[str, Callable[[Lowered, int], Features]], ...] = (
    (WIDE, _wide),
    ("thumbnet_conv_2d_general", _general),
    (DILATED, _dilated),
    ("thumbnet_conv_2d_1x1_dsp", cost_dsp.convolution),
    ("thumbnet_conv_2d_dsp", cost_dsp.convolution),
    ("thumbnet_conv_2d_gathered_dsp", cost_dsp.convolution),
    ("thumbnet_fully_connected_dsp", cost_dsp.convolution),
    ("thumbnet_conv_2d", _convolution),
    ("thumbnet_fully_connected", _convolution),
    ("thumbnet_depthwise_conv_2d_dsp", cost_dsp.depthwise),
    ("thumbnet_depthwise_conv_2d_s8", cost_windows.depthwise),
    ("thumbnet_depthwise_conv_2d_multiplier", cost_windows.multiplied),
    ("thumbnet_depthwise", _depthwise),
    ("thumbnet_average_pool", cost_windows.pool),
    ("thumbnet_max_pool", cost_windows.pool),
    ("thumbnet_mean_row", _mean_row),
    ("thumbnet_softmax", _softmax),
    ("thumbnet_transpose_conv", _transposed),
    ("thumbnet_transpose", _transpose),
    ("thumbnet_pool_2d", cost_windows.pool),
    ("thumbnet_lstm", _lstm),
    ("thumbnet_svdf", _svdf),
    ("thumbnet_reduce_row", _reduction),
    ("thumbnet_batch_matmul", _product),
    ("thumbnet_pick", _picked),
    ("thumbnet_depth_to_space", _squares),
    ("thumbnet_space_to_depth", _squares),
)
"""By what their names begin with, the first that fits; elementwise where none does."""
