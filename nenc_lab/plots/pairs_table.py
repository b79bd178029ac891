"""The table of pairs below the curves of the parity figure: both means, their difference, and a mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nenc_lab.analysis.pair import Verdict
from nenc_lab.plots import style
from nenc_lab.plots.words import CHECK, CROSS, DASH, MINUS, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nenc_lab.analysis.interval import Estimate
    from nenc_lab.analysis.pair import Pair

ROW = 0.19
"""Height of a row, inches."""
SIZE = 8.0
_COLUMN, _ROOM_FOR_ALL = 0.86, 4.9
"""Width of a column of figures, and the least width of a block with all four columns, inches."""
_WORST_FIRST = {Verdict.MISSES: 0, Verdict.UNDECIDED: 1, Verdict.AGREES: 2}
MARKS = {Verdict.AGREES: CHECK, Verdict.MISSES: CROSS, Verdict.UNDECIDED: "?"}
COLOURS = {Verdict.AGREES: style.GOOD, Verdict.MISSES: style.BAD, Verdict.UNDECIDED: style.INK}
_WITHIN = "\N{PLUS-MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Block:
    """A column of rows, and the remark below them."""

    rows: tuple[Pair, ...]
    more: str = ""


def blocks(pairs: Sequence[Pair], count: int, rows: int) -> list[Block]:
    """Splits the pairs into ``count`` blocks of at most ``rows`` rows: all in their order, or else the worst first."""
    capacity = count * rows
    shown, more = list(pairs), ""
    if len(pairs) > capacity:
        by_verdict = sorted(pairs, key=lambda pair: _WORST_FIRST[pair.verdict])
        shown, left = by_verdict[:capacity], by_verdict[capacity:]
        agree = sum(pair.verdict is Verdict.AGREES for pair in left)
        more = f"and {len(left)} more, of which {agree} agree" if agree < len(left) else f"and {agree} more that agree"
    height = -(-len(shown) // count)
    cut = [Block(tuple(shown[k * height : (k + 1) * height])) for k in range(count)]
    filled = [block for block in cut if block.rows]
    if more:
        filled[-1] = Block(filled[-1].rows, more)
    return filled


def height(found: Sequence[Block]) -> float:
    """Returns the height of the highest block with its heading, inches."""
    return ROW * max((1 + len(block.rows) + bool(block.more) for block in found), default=0)


def draw(
    figure: Figure,
    block: Block,
    names: tuple[str, str],
    colours: tuple[str, str],
    left: float,
    right: float,
    top: float,
) -> None:
    """Draws a block below ``top`` (inches); omits the tolerance when there is no room for it."""
    from nenc_lab.plots.paint import words

    columns = 4 if right - left > _ROOM_FOR_ALL else 3
    edges = [right - (columns - 1 - k) * _COLUMN for k in range(columns)]
    heads = [*names, "difference", "allowed"]
    inks = [*colours, style.MUTED, style.MUTED]
    for edge, head, ink in zip(edges, heads, inks, strict=False):
        words(figure, edge, top, head, _COLUMN - 0.12, fontsize=SIZE, color=ink, ha="right")
    for line, pair in enumerate(block.rows, 1):
        y = top - line * ROW
        ink = style.BAD if pair.verdict is Verdict.MISSES else style.INK
        mark, colour = MARKS[pair.verdict], COLOURS[pair.verdict]
        words(figure, left + 0.06, y, mark, fontsize=SIZE + 1, color=colour, weight="bold", ha="center")
        words(figure, left + 0.2, y, pair.label, edges[0] - _COLUMN - left - 0.1, fontsize=SIZE, color=ink)
        for edge, text in zip(edges, cells(pair), strict=False):
            words(figure, edge, y, text, fontsize=SIZE, color=ink, ha="right")
    if block.more:
        words(figure, left + 0.2, top - (1 + len(block.rows)) * ROW, block.more, fontsize=SIZE, color=style.MUTED)


def cells(pair: Pair) -> tuple[str, str, str, str]:
    """Returns the texts of both means, their difference, and the tolerance."""
    first, second = pair.means
    limit = DASH if pair.limit is None else number(pair.limit)
    return estimate_text(first), estimate_text(second), estimate_text(pair.difference, signed=True), limit


def estimate_text(one: Estimate | None, signed: bool = False) -> str:
    """Formats a mean and half its interval, which sets the digits: 27.9 +- 1.9, +64 +- 12; a dash for None."""
    if one is None:
        return DASH
    mean = one.mean if abs(one.mean) >= 0.005 else 0.0  # less than half a hundredth counts as 0
    sign = "+" if signed and mean > 0 else ""
    if not one.half or one.half < 0.005:
        text = sign + number(round(mean, 2))
        return text if one.half is None else f"{text} {_WITHIN} 0"
    digits = 0 if one.half >= 9.95 else 1 if one.half >= 0.995 else 2
    return f"{sign}{mean:.{digits}f}".replace("-", MINUS) + f" {_WITHIN} {one.half:.{digits}f}"
