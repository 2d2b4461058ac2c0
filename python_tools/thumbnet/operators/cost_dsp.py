"""What the kernels for Arm's DSP extension do in a call, as counts that costs are linear in.

They follow the loops of ``src/thumbnet/kernels/conv_2d_dsp.h``, ``conv_2d_asm_dsp.h`` and
``depthwise_conv_2d_dsp.h``; an instantiation's literals are the same in all its calls, so that what
depends on them alone is a part of its weights.
"""

from __future__ import annotations

from thumbnet.operators.base import CArray, Lowered
from thumbnet.operators.cost_windows import (
    Features,
    Tile,
    present_rows,
    starts,
    tiles,
)

_SIZE, _SPEED = 0, 2
"""The literal ``effort`` where flash is not spent, and where much is."""

_TILE = 3
_BLOCK = 4
_BLOCKS = 1
"""The literal ``records`` of depthwise kernels that make all blocks of channels in one function."""

_UNROLLED = {(1, 0): 1, (1, 1): 4, (1, 2): 8, (2, 0): 2, (2, 1): 2, (2, 2): 8}
_UNROLLED |= {(3, 0): 4, (3, 1): 4, (3, 2): 8}
"""By columns and effort: how often the loop of a tile is unrolled; of one column in twos."""


def convolution(lowered: Lowered, n: int) -> Features:
    """Tiles of one to three pixels: their windows are expanded, then all channels are made."""
    found: Features = {}
    function = lowered.kernel.function
    single = lowered.kernel.literals[0] == _SIZE or function == "thumbnet_fully_connected_dsp_s8"
    for tile in tiles(lowered, n, 1 if single else _TILE):
        _add(found, _channels(lowered, tile))
        if "gathered" in function:
            _add(found, _gathered(lowered, tile))
        elif function != "thumbnet_conv_2d_dsp_s8":
            depth = lowered.sources[0].rows.channels
            _add(found, {f"spread{tile.columns}": tile.number * (depth // 4)})
        elif tile.outside:
            _add(found, _edge(lowered, tile))
        else:
            _add(found, _expand(lowered, tile, tile.number))
    if "gathered" in function:
        found["rows"] = lowered.sources[0].kernel_height
    return found


def _add(found: Features, more: Features) -> None:
    for name, value in more.items():
        found[name] = found.get(name, 0.0) + value


def _channels(lowered: Lowered, tile: Tile) -> Features:
    """All channels of a tile's pixels from their expanded windows."""
    fields = dict(lowered.fields)
    weights, quads = fields["weights"], fields["quads"]
    if not isinstance(weights, CArray) or not isinstance(quads, int):
        raise ValueError(f"{lowered.kernel.function} has no weights")
    effort, clamp = lowered.kernel.literals[:2]
    # Where lanes cannot be shared a channel is by itself: there are more pairs than halves.
    pairs = weights.values.size // (2 * quads + (8 if effort == _SPEED else 4))
    columns, count = tile.columns, tile.number
    name, steps = f"tile{columns}", quads
    found: Features = {}
    if columns == 1:
        steps = quads // 2
        found[f"{name} odd"] = count * pairs * (quads % 2)
    found |= {
        name: count,
        f"{name} pairs": count * pairs,
        f"{name} steps": count * pairs * steps,
        f"{name} loops": count * pairs * -(-steps // _UNROLLED[columns, effort]),
    }
    if clamp:
        words, rest = divmod(columns * lowered.output.channels, 4)
        found |= {"clamped": count * words, "clamped rest": count * rest}
    return found


def _row_size(lowered: Lowered) -> int:
    source = lowered.sources[0]
    return source.kernel_width * source.rows.channels


def _expand(lowered: Lowered, tile: Tile, count: float) -> Features:
    """``count`` tiles inside: whole quads of each row, then what remains of all rows."""
    source, columns = lowered.sources[0], tile.columns
    inside = float(source.kernel_height)
    if "gathered" not in lowered.kernel.function:
        inside, _, _ = present_rows(source, lowered.output.height)
    quads, rest = divmod(_row_size(lowered), 4)
    missing = source.kernel_height - inside
    name = f"expand{columns}"
    kept = -(-source.kernel_height * rest // 4)
    return {
        name: count,
        f"{name} rows": count * inside,
        f"{name} quads": count * inside * quads,
        f"{name} rest": count * inside * rest,
        f"{name} cut rows": count * inside * (rest > 0),
        "kept": count * columns * kept,
        "filled rows": count * missing,
        "filled": count * missing * quads * columns,
    }


def _edge(lowered: Lowered, tile: Tile) -> Features:
    """Tiles that reach outside columns: each window pixel by pixel, of four channels and more."""
    source = lowered.sources[0]
    rows, _, _ = present_rows(source, lowered.output.height)
    inside = rows * tile.inside
    outside = source.kernel_height * source.kernel_width - inside
    quads = source.rows.channels // 4
    windows = tile.number * tile.columns
    return {
        "edges": tile.number,
        "edge columns": windows,
        "edge rows": windows * source.kernel_height,
        "edge inside": windows * inside,
        "edge quads": windows * inside * quads,
        "edge outside": windows * outside,
        "edge filled": windows * outside * quads,
    }


def _gathered(lowered: Lowered, tile: Tile) -> Features:
    """Tiles of any number of channels: inside as :func:`_expand`, else byte by byte."""
    source, count = lowered.sources[0], tile.number
    height, size = source.kernel_height, _row_size(lowered)
    effort, _, nine = lowered.kernel.literals
    if effort == _SIZE:
        return {
            "collected": count,
            "collected rows": count * height,
            "collected pixels": count * height * source.kernel_width,
            "collected bytes": count * height * size,
            "collected quads": count * -(-height * size // 4),
        }
    _, whole, cut = present_rows(source, lowered.output.height)
    expanded = 0.0 if tile.outside else count * whole
    found = {f"nine{tile.columns}": expanded} if nine else _expand(lowered, tile, expanded)
    # Some rows do not exist, or some columns.
    rows = (1 - whole) * cut + (whole * height if tile.outside else 0.0)
    inside = count * tile.columns * rows * tile.inside * source.rows.channels
    windows = (count - expanded) * tile.columns
    rests = height * (size % 4)
    return found | {
        "gathered": count - expanded,
        "gathered columns": windows,
        "gathered rows": windows * height,
        "gathered cut rows": windows * height * (size % 4 > 0),
        "gathered inside": inside,
        "gathered outside": windows * height * size - inside,
        "gathered quads": windows * (height * (size // 4) + -(-rests // 4)),
        "gathered rest": windows * rests,
    }


def depthwise(lowered: Lowered, n: int) -> Features:
    """Passes over up to ``most`` pixels; in them blocks of four channels.

    Of a block columns are expanded two by two, then each channel's outputs made four and two at a
    time.
    """
    source = lowered.sources[0]
    most = dict(lowered.fields)["most"]
    how = lowered.kernel.literals[2]
    if not isinstance(most, int):
        raise ValueError(f"{lowered.kernel.function} has no number of pixels of a pass")
    _, whole, _ = present_rows(source, lowered.output.height)
    together = whole if how == _BLOCKS else 0.0
    runs = starts(lowered, n)
    found: Features = {}
    for start in runs:
        for at in range(start, start + n, most):
            made = min(most, start + n - at)
            _add(found, _pass(lowered, at, made, together))
    return {name: value / len(runs) for name, value in found.items()}


def _pass(lowered: Lowered, at: int, made: int, together: float) -> Features:
    source, channels = lowered.sources[0], lowered.output.channels
    size, stride, _ = lowered.kernel.literals
    columns = (made - 1) * stride + size
    first = at * source.stride_width - source.pad_left
    left = min(max(-first, 0), columns)
    inside = min(source.rows.width - (first + left), columns - left)
    if inside <= 0:
        left, inside, together = columns + columns % 2, 0, 0.0
    groups = (left % 2 + inside + 1) // 2
    ragged = left % 2 + (left % 2 + inside) % 2
    outside = left // 2 + max((columns + 1) // 2 - (left + inside + 1) // 2, 0)
    blocks, rest = divmod(channels, _BLOCK)
    # Blocks that a function makes by itself, and those behind them.
    alone = blocks * (1 - together) + (rest > 0)
    return {
        "passes": 1.0,
        "outside": outside,
        "strips": (1 - together) * (blocks > 0) + (rest > 0),
        "together": together,
        "together blocks": blocks * together,
        "together groups": blocks * together * groups,
        "together ragged": blocks * together * ragged,
        "blocks": alone,
        "groups": alone * groups,
        "ragged": alone * ragged,
        "channels": channels,
        "fours": channels * (made // 4),
        "twos": channels * ((made % 4 + 1) // 2),
        # What instantiations differ in, for those without weights of their own.
        "group rows": alone * groups * size,
        "channel taps": channels * size * size,
        "four taps": channels * (made // 4) * size * size,
        "two taps": channels * ((made % 4 + 1) // 2) * size * size,
    }
