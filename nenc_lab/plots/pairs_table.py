"""The table of pairs under the curves of the parity figure: both means, their difference, and a mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nenc_lab.analysis.pair import Verdict
from nenc_lab.plots import style
from nenc_lab.plots.parts import Label
from nenc_lab.plots.place import Page
from nenc_lab.plots.text import CHECK, CROSS, MINUS, number, shorten, width

if TYPE_CHECKING:
    from nenc_lab.analysis.interval import Estimate
    from nenc_lab.analysis.pair import Pair

ROW = 0.19
"""Inches a row takes."""
SIZE = 8.0
_GAP = 0.16
_WORST_FIRST = {Verdict.MISSES: 0, Verdict.UNDECIDED: 1, Verdict.AGREES: 2}
MARKS = {Verdict.AGREES: CHECK, Verdict.MISSES: CROSS, Verdict.UNDECIDED: "?"}
COLOURS = {Verdict.AGREES: style.GOOD, Verdict.MISSES: style.BAD, Verdict.UNDECIDED: style.INK}
_NONE = "\N{EN DASH}"
_WITHIN = "\N{PLUS-MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Block:
    """Rows that stand below each other, and what is said below them."""

    rows: tuple[Pair, ...]
    more: str = ""


def blocks(pairs: Sequence[Pair], count: int, rows: int) -> list[Block]:
    """The pairs in ``count`` blocks of at most ``rows`` rows: all in their order, or the worst first."""
    room = count * rows
    shown, more = list(pairs), ""
    if len(pairs) > room:
        shown = sorted(pairs, key=lambda pair: _WORST_FIRST[pair.verdict])[:room]
        left = sorted(pairs, key=lambda pair: _WORST_FIRST[pair.verdict])[room:]
        agree = sum(pair.verdict is Verdict.AGREES for pair in left)
        more = f"and {len(left)} more, of which {agree} agree" if agree < len(left) else f"and {agree} more that agree"
    height = -(-len(shown) // count)
    cut = [Block(tuple(shown[k * height : (k + 1) * height])) for k in range(count)]
    filled = [block for block in cut if block.rows]
    if more:
        filled[-1] = Block(filled[-1].rows, more)
    return filled


def height(found: Sequence[Block]) -> float:
    """Inches that the highest of the blocks takes, its heading included."""
    return ROW * max((1 + len(block.rows) + bool(block.more) for block in found), default=0)


def write(
    page: Page, block: Block, names: tuple[str, str], colours: tuple[str, str], left: float, right: float, top: float
) -> None:
    """Writes a block below ``top``; the tolerance is left out where there is no room for it."""
    cells = [
        [
            told(pair.means[0]),
            told(pair.means[1]),
            told(pair.difference, signed=True),
            _NONE if pair.limit is None else number(pair.limit),
        ]
        for pair in block.rows
    ]
    heads = [*(shorten(name, SIZE, 0.9) for name in names), "difference", "allowed"]
    inks = [*colours, style.MUTED, style.MUTED]
    wide = [
        max(width(text, SIZE) for text in (head, *(row[k] for row in cells))) + _GAP for k, head in enumerate(heads)
    ]
    titles = [pair.label for pair in block.rows]
    wanted = max((width(title, SIZE) for title in titles), default=0.0)
    kept = 4 if left + 0.2 + min(wanted, 1.3) + sum(wide) <= right else 3
    room = min(wanted, right - left - 0.2 - sum(wide[:kept]))
    edges, x = [], left + 0.2 + room
    for k in range(kept):
        x += wide[k]
        edges.append(x)
    for k, edge in enumerate(edges):
        page.put(Label(edge, top, heads[k], SIZE, inks[k], anchor="right"))
    for line, (pair, title, row) in enumerate(zip(block.rows, titles, cells, strict=True), 1):
        y, colour = top - line * ROW, COLOURS[pair.verdict]
        page.put(Label(left + 0.06, y, MARKS[pair.verdict], SIZE + 1, colour, bold=True, anchor="center"))
        ink = style.BAD if pair.verdict is Verdict.MISSES else style.INK
        page.put(Label(left + 0.2, y, shorten(title, SIZE, room), SIZE, ink))
        for edge, text in zip(edges, row, strict=False):
            page.put(Label(edge, y, text, SIZE, ink, anchor="right"))
    if block.more:
        page.put(Label(left + 0.2, top - (1 + len(block.rows)) * ROW, block.more, SIZE, style.MUTED))


def told(one: Estimate | None, signed: bool = False) -> str:
    """A mean with half of its interval, with as many digits as that allows: 27.9 +- 1.9, +64 +- 12; a dash for none."""
    if one is None:
        return _NONE
    mean = one.mean if abs(one.mean) >= 0.005 else 0.0  # what is less than a hundredth is nothing here
    sign = "+" if signed and mean > 0 else ""
    if not one.half or one.half < 0.005:
        text = sign + number(round(mean, 2))
        return text if one.half is None else f"{text} {_WITHIN} 0"
    digits = 0 if one.half >= 9.95 else 1 if one.half >= 0.995 else 2
    return f"{sign}{mean:.{digits}f}".replace("-", MINUS) + f" {_WITHIN} {one.half:.{digits}f}"
