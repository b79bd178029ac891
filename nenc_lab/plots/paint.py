"""Draws panels and lines of text with matplotlib, whose renderer measures the size of each text.

It does without pyplot, whose import takes half a second. The content of panels is computed elsewhere; see
`nenc_lab.plots.panel`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from numpy.typing import ArrayLike

from nenc_lab.plots import style
from nenc_lab.plots.looks import CAPACITY, Look
from nenc_lab.plots.panel import Panel, Scale
from nenc_lab.plots.placing import Places
from nenc_lab.plots.words import ELLIPSIS, number

if TYPE_CHECKING:
    from nenc_lab.plots.events import Event

STEPS = [1, 2, 5, 10]
FLAG_ROW = 0.18
"""Height of a row of event names, inches."""


def grid(
    figure: Figure, heights: Sequence[float], columns: int, *, left: float, right: float, bottom: float, gap: float,
    between: float = 0.0,
) -> list[list[Axes]]:  # fmt: skip
    """Makes axes in rows of these ``heights``, from the top, and in equal columns; all lengths are in inches."""
    wide, high = (float(size) for size in figure.get_size_inches())
    top = bottom + sum(heights) + gap * (len(heights) - 1)
    column = (right - left - between * (columns - 1)) / columns
    axes = figure.subplots(
        len(heights), columns, squeeze=False, sharex="col",
        gridspec_kw={
            "left": left / wide, "right": right / wide, "bottom": bottom / high, "top": top / high,
            "height_ratios": heights, "hspace": gap * len(heights) / sum(heights), "wspace": between / column,
        },
    )  # fmt: skip
    return [list(row) for row in axes]


def time_axis(axes: Axes, end_s: float, count: int) -> str:
    """Sets at most ``count`` steps of whole seconds, minutes or hours on the time axis; returns the unit's name."""
    unit, size = ("s", 1.0) if end_s < 600 else ("min", 60.0) if end_s < 6 * 3600 else ("h", 3600.0)
    ticks = MaxNLocator(count, steps=[1, 2, 3, 5, 6, 10] if size > 1 else STEPS).tick_values(0.0, end_s / size)
    axes.set_xlim(0.0, end_s)
    axes.xaxis.set_major_locator(FixedLocator([float(tick) * size for tick in ticks]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(round(value / size, 6))))
    return unit


def panel(axes: Axes, shown: Panel, times: Sequence[float] = (), lift: float = 0.0, legend: bool = True) -> None:
    """Draws a panel on axes whose time axis is set, with a vertical line at each of ``times``.

    The heading is raised by ``lift`` inches.
    """
    _value_axis(axes, shown.scale, shown)
    title = axes.set_title(shown.heading, loc="left", pad=6.0 + 72.0 * lift)
    if shown.note:
        axes.annotate(
            shown.note, (1.0, 0.0), xycoords=title, xytext=(8.0, 1.9), textcoords="offset points",
            annotation_clip=False, va="baseline", color=style.MUTED, fontsize=8,
        )  # fmt: skip
    if len(times):
        axes.vlines(times, 0, 1, style.EVENT, linewidth=0.6, zorder=2.5, transform=axes.get_xaxis_transform())
    if shown.zero_line:
        axes.axhline(0.0, color=style.MUTED, linewidth=0.6, zorder=2.0)
    for area in shown.areas:
        base = 0.0 if area.low is None else area.low
        axes.fill_between(area.x, area.y, base, color=area.colour, alpha=area.alpha, linewidth=0, zorder=area.z)
    for curve in shown.curves:
        axes.add_line(_line(curve.look, curve.x, curve.y))
    places = Places(axes, [curve for curve in shown.curves if curve.look != CAPACITY])
    for stretch in shown.beyond:
        if not places.inside(stretch.begin_s, stretch.end_s, stretch.text):
            middle = (stretch.begin_s + stretch.end_s) / 2
            axes.plot(middle, shown.scale.high, "^", color=style.CAPACITY_EDGE, markersize=4, clip_on=False, zorder=7)
    for mark in shown.marks:
        axes.add_line(_line(Look("", mark.colour, z=7.0, symbol=mark.symbol), [mark.x], [mark.y]))
        places.block(mark.x, mark.y)
    for mark in shown.marks:
        places.near(mark.x, mark.y, mark.text, mark.colour, bold=mark.rank == 0)
    if legend and shown.legend:
        axes.legend(
            [_line(sample, [], []) for sample in shown.legend], [sample.label for sample in shown.legend],
            loc="upper left", bbox_to_anchor=(1.008, 1.0), frameon=False, borderaxespad=0.0, borderpad=0.0,
            handlelength=2.0, handletextpad=0.7, labelspacing=0.45, fontsize=8.5,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Flag:
    """The name of an event above a panel: its text, the position of its line (inches from the left) and its row."""

    text: Text
    x: float
    row: int


def flags(
    figure: Figure, events: Sequence[Event], end_s: float, left: float, right: float, limit: float, rows: int = 3
) -> list[Flag]:
    """Names events above a panel from ``left`` to ``right``, each right of its line in the lowest row with room.

    Texts are placed from right to left, so that a line to a higher row never crosses a text in a lower one. A text
    that fits into no row before ``limit`` is omitted. Lengths are in inches. `raise_flags` sets the heights.
    """
    wide = float(figure.get_size_inches()[0])
    ends = [limit] * rows  # the next text of each row must end here, because a text begins or a line passes
    placed: list[Flag] = []
    for event in reversed(events):
        x = left + event.t_s / end_s * (right - left)
        text = figure.text((x + 0.035) / wide, 0.0, event.text, fontsize=8, color=style.MUTED, va="baseline")
        row = next((row for row, end in enumerate(ends) if end_of(text) + 0.03 < end), None)
        if row is None:
            text.remove()
            continue
        ends[: row + 1] = [x] * (row + 1)
        placed.append(Flag(text, x, row))
    return placed


def raise_flags(figure: Figure, placed: Sequence[Flag], top: float) -> None:
    """Moves the names above ``top``, the upper edge of their panel in inches, once the figure has its height."""
    wide, high = (float(size) for size in figure.get_size_inches())
    for flag in placed:
        foot = top + 0.045 + flag.row * FLAG_ROW
        flag.text.set_y((foot + 0.025) / high)
        figure.add_artist(
            Line2D([flag.x / wide] * 2, [top / high, (foot + 0.14) / high], color=style.EVENT, linewidth=0.7)
        )


def words(figure: Figure, x: float, y: float, text: str, room: float | None = None, **how: object) -> Text:
    """Writes a line of text at (x, y), inches from the lower left corner, cut to ``room`` inches with an ellipsis."""
    wide, high = (float(size) for size in figure.get_size_inches())
    made = figure.text(x / wide, y / high, " ".join(text.split()), **{"va": "center", **how})  # type: ignore[arg-type]
    return made if room is None else cut(made, room)


def fitting(figure: Figure, x: float, y: float, parts: Sequence[str], room: float, **how: object) -> Text:
    """Writes the first ``parts``, as many as fit into ``room`` inches."""
    for count in range(len(parts), 1, -1):
        text = words(figure, x, y, ", ".join(parts[:count]), None, **how)
        if end_of(text) <= x + room:
            return text
        text.remove()
    return words(figure, x, y, parts[0], room, **how)


def cut(text: Text, room: float) -> Text:
    """Shortens a text that is wider than ``room`` inches, and returns it."""
    figure = text.get_figure()
    assert isinstance(figure, Figure)
    whole = text.get_text()
    keep = len(whole)
    while keep and text.get_window_extent().width > room * figure.dpi:
        keep = min(
            keep - 1,
            int(len(whole) * room * figure.dpi / text.get_window_extent().width) if keep == len(whole) else keep - 1,
        )
        text.set_text(whole[: max(keep, 0)].rstrip() + ELLIPSIS)
    return text


def end_of(text: Text) -> float:
    """Returns where a line of text ends, in inches from the left edge of the page, rounded up to a whole pixel."""
    figure = text.get_figure()
    assert isinstance(figure, Figure)
    return float(math.ceil(text.get_window_extent().x1) / figure.dpi)


def _value_axis(axes: Axes, scale: Scale, shown: Panel) -> None:
    axis = axes.yaxis
    if scale.linear_to is None:
        count = min(8, max(4, round(2.7 * shown.height)))
        axis.set_major_locator(MaxNLocator(count, steps=STEPS))
    else:
        axes.set_yscale("symlog", linthresh=scale.linear_to, linscale=1.0)
        decades = int(np.floor(np.log10(scale.high / scale.linear_to) + 1e-9))
        axis.set_major_locator(FixedLocator([0.0, *(scale.linear_to * 10.0**k for k in range(decades + 1))]))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: shown.say(round(value, 9))))
    axes.grid(axis="y", color=style.GRID, linewidth=0.5)
    axes.set_ylim(scale.low, scale.high)


def _line(how: Look, x: ArrayLike, y: ArrayLike) -> Line2D:
    if how.symbol:
        return Line2D(
            x, y, linestyle="none", marker=how.symbol, markersize=5.5, markeredgewidth=1.3, clip_on=False,
            markeredgecolor=how.colour, markerfacecolor="white", zorder=how.z,
        )  # fmt: skip
    dashes = (0, how.dash) if how.dash else "solid"
    return Line2D(x, y, color=how.colour, linewidth=how.width, linestyle=dashes, zorder=how.z)  # type: ignore[arg-type]
