"""The parity figure: two networks on one time axis, a column per flow, and the table of compared pairs.

``info`` takes a `Parity`, reads its runs again for their curves and computes the figure; ``draw`` draws it. From top to
bottom: the verdict, rates and capacity, queue delay, loss, and the pairs. A line is the mean over the repeats; the band
around it spans the lowest to the highest of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nenc_lab.analysis.course import Course, Spread, course, spread
from nenc_lab.analysis.pair import Verdict
from nenc_lab.analysis.read import timeline_of
from nenc_lab.plots import gather, pairs_table, style
from nenc_lab.plots.curves import envelope
from nenc_lab.plots.events import Event, events
from nenc_lab.plots.files import Kind, render_kinds
from nenc_lab.plots.looks import Look
from nenc_lab.plots.pairs_table import Block
from nenc_lab.plots.panel import BUCKETS, Area, Curve, Panel, Scale, highest
from nenc_lab.plots.panels import delay, loss, rate
from nenc_lab.plots.words import milliseconds, number, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nenc_lab.analysis.parity import FlowParity, Parity
    from nenc_lab.analysis.rate_distance import RateDistance

Floats = npt.NDArray[np.float64]

WIDTH = 12.0
COLOURS = (style.BLUE, style.VERMILLION)
"""Colours of the first and the second network."""
COLUMNS = 3
"""Largest number of flows shown side by side."""
ROWS = 12
"""Largest number of rows of the table below one flow's curves."""
_LEFT, _EDGE, _BETWEEN = 0.62, 11.88, 0.55
_RATE, _DELAY, _LOSS = 2.7, 1.35, 0.85
"""Heights of the panels, inches."""
_GAP = 0.34
"""Space between two panels, which holds a heading, inches."""
_FLAGS = 0.74
"""Space above the rates for two lines of heading and two rows of event names, inches."""
_MANY_EVENTS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One flow: its panels from the top, the distance of its rate curves, and its blocks of pairs."""

    name: str
    panels: tuple[Panel, ...]
    apart: tuple[str, ...]
    """Remarks, of which as many are drawn as fit."""
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ParityFigure:
    """The whole figure as data."""

    title: str
    controllers: str
    verdict: Verdict
    says: str
    rest: str
    """The text below the verdict."""
    names: tuple[str, str]
    repeats: tuple[int, int]
    """Number of complete runs of each network."""
    end_s: float
    events: tuple[Event, ...]
    flows: tuple[Shown, ...]

    def panel(self, name: str) -> Panel:
        """Returns the panel ``rate``, ``delay`` or ``loss`` of a flow, as ``rate.video``. Raises KeyError otherwise."""
        return {panel.name: panel for flow in self.flows for panel in flow.panels}[name]


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """The curves of one flow on both networks."""

    flow: FlowParity
    rate: tuple[Spread, Spread]
    delay: tuple[Spread, Spread]
    loss: tuple[Spread, Spread]


def info(parity: Parity) -> ParityFigure:
    """Computes the figure. Raises InputError when a run cannot be read."""
    chosen = sorted(parity.flows, key=_worst_first)[:COLUMNS]
    read = [_read(parity, flow) for flow in parity.flows if flow in chosen]
    end = max((spread.end_s for one in read for spread in one.rate), default=0.0) or 1.0
    first = parity.sides[0].complete[0]
    timeline = timeline_of(first)
    happened = events(timeline, end)
    capacity = envelope(*gather.capacity_mbps(first, timeline), BUCKETS)
    most = max(flow.rate.max for flow in timeline.scenario.flows) / 1e6
    verdicts = [pair.verdict for _, pair in parity.pairs]
    misses, undecided = verdicts.count(Verdict.MISSES), verdicts.count(Verdict.UNDECIDED)
    of = f"of {len(verdicts)} pairs"
    hidden = len(parity.flows) - len(read)
    rest = [f"{undecided} undecided"] if misses and undecided else []
    rest += [f"{hidden} more flow{'s' if hidden > 1 else ''} not shown"] if hidden else []
    controllers = dict.fromkeys(str(run.info.get("controller", "")) for side in parity.sides for run in side.complete)
    return ParityFigure(
        title=parity.scenario,
        controllers=", ".join(controllers).rpartition("/")[2],
        verdict=parity.verdict,
        says=f"{misses} {of} miss" if misses else f"{undecided} {of} undecided" if undecided else f"all {of[3:]} agree",
        rest=", ".join(rest),
        names=(parity.sides[0].name, parity.sides[1].name),
        repeats=(len(parity.sides[0].complete), len(parity.sides[1].complete)),
        end_s=end,
        events=happened if len(happened) <= _MANY_EVENTS else (),
        flows=tuple(
            Shown(
                one.flow.name,
                _panels(one, read, capacity, most),
                _apart(one.flow.distance),
                tuple(pairs_table.blocks(one.flow.pairs, 2 if len(read) == 1 else 1, ROWS)),
            )
            for one in read
        ),
    )


def draw(info: ParityFigure, figure: Figure) -> None:
    """Draws ``info`` on an empty ``figure`` and sets its size. Use it within `nenc_lab.plots.style.settings`."""
    from nenc_lab.plots import paint

    heights = [_RATE, _DELAY, _LOSS]
    low = 0.66 + max((pairs_table.height(flow.blocks) for flow in info.flows), default=0.0)
    top = low + sum(heights) + 2 * _GAP
    high = top + _FLAGS + 0.95
    figure.set_size_inches(WIDTH, high)
    _header(info, figure, high - 0.3)
    count = max(1, len(info.flows))
    grid = paint.grid(figure, heights, count, left=_LEFT, right=_EDGE, bottom=low, gap=_GAP, between=_BETWEEN)
    wide = (_EDGE - _LEFT - (count - 1) * _BETWEEN) / count
    for k, flow in enumerate(info.flows):
        left = _LEFT + k * (wide + _BETWEEN)
        right = left + wide
        unit = paint.time_axis(grid[0][k], info.end_s, max(3, round(wide / 0.9)))
        for row, panel in zip(grid, flow.panels, strict=True):
            paint.panel(row[k], panel, [event.t_s for event in info.events])
        paint.raise_flags(figure, paint.flags(figure, info.events, info.end_s, left, right, right + 0.1, 2), top)
        name = paint.words(figure, left, top + _FLAGS - 0.07, flow.name, 1.8, fontsize=9, weight="bold")
        after = paint.end_of(name)
        paint.words(figure, after, top + _FLAGS - 0.07, ": rate, Mbit/s", fontsize=9, weight="bold")
        paint.fitting(figure, left, top + _FLAGS - 0.26, flow.apart, wide, fontsize=8, color=style.MUTED)
        paint.words(figure, right, low - 0.31, f"time, {unit}", fontsize=8.5, ha="right")
        middle = (left + right) / 2
        places = (
            [(left - 0.3, right)] if len(flow.blocks) == 1 else [(left - 0.3, middle - 0.15), (middle + 0.1, right)]
        )
        for block, (begin, until) in zip(flow.blocks, places, strict=False):
            pairs_table.draw(figure, block, info.names, COLOURS, begin, until, low - 0.5)
    if not info.flows:
        paint.words(figure, WIDTH / 2, high / 2, "no flow ran", fontsize=11, color=style.BAD, ha="center")


def render(parity: Parity) -> dict[Kind, bytes]:
    """Renders the figure as PNG and SVG, with the same bytes every time."""
    shown = info(parity)
    return render_kinds(lambda figure: draw(shown, figure), f"parity of {shown.title}")


def _worst_first(flow: FlowParity) -> tuple[int, int]:
    """Returns a key that sorts flows by their misses, then by their undecided pairs, the most first."""
    verdicts = [pair.verdict for pair in flow.pairs]
    return -verdicts.count(Verdict.MISSES), -verdicts.count(Verdict.UNDECIDED)


def _read(parity: Parity, flow: FlowParity) -> _Read:
    runs = [[course(run, flow.name) for run in side.complete] for side in parity.sides]

    def both(read: Callable[[Course], Floats]) -> tuple[Spread, Spread]:
        return spread([read(one) for one in runs[0]]), spread([read(one) for one in runs[1]])

    return _Read(flow, both(lambda one: one.rate), both(lambda one: one.queue_delay), both(lambda one: one.loss))


def _header(info: ParityFigure, figure: Figure, top: float) -> None:
    """Draws the title, the verdict and the legend."""
    from nenc_lab.plots.paint import end_of, words

    left = _LEFT - 0.3
    after = end_of(words(figure, left, top, info.title, 4.0, fontsize=15, weight="bold")) + 0.18
    words(figure, after, top - 0.02, info.controllers, 2.5, fontsize=10, color=style.MUTED)
    mark, colour = pairs_table.MARKS[info.verdict], pairs_table.COLOURS[info.verdict]
    words(figure, _EDGE, top, f"{mark} {info.says}", fontsize=12, color=colour, weight="bold", ha="right")
    words(figure, _EDGE, top - 0.25, info.rest, fontsize=8.5, color=style.MUTED, ha="right")
    x, y = left, top - 0.3
    for name, count, colour in zip(info.names, info.repeats, COLOURS, strict=True):
        words(figure, x, y, "\N{BLACK SQUARE}", fontsize=11, color=colour)
        x = end_of(words(figure, x + 0.2, y, name, 2.0, fontsize=9)) + 0.01
        text = f", {count} run{'s: mean, lowest and highest' if count > 1 else ''}"
        x = end_of(words(figure, x, y, text, fontsize=9)) + 0.35
    words(figure, x, y, "\N{BLACK SQUARE}", fontsize=11, color=style.CAPACITY_EDGE)
    words(figure, x + 0.2, y, "capacity", fontsize=9)


def _panels(one: _Read, shown: Sequence[_Read], capacity: tuple[Floats, Floats], most: float) -> tuple[Panel, ...]:
    """The three panels of a flow, from the top; ``most`` is the highest ``rate.max``, Mbit/s. Flows share scales."""
    name = one.flow.name
    seen = max((highest(spread.high) for each in shown for spread in each.rate), default=0.0)
    rates = rate.to_show(seen, capacity[1], most)
    delays = delay.scale(spread.high for each in shown for spread in each.delay)
    areas, edge = rate.capacity_parts(*capacity, rates)
    curves, bands = _curves(one.rate)
    beyond = rate.beyond(*capacity, rates.high)
    return (
        Panel(f"rate.{name}", "", _RATE, rates, (*curves, *edge), areas=(*areas, *bands), beyond=beyond),
        replace(
            _panel(f"delay.{name}", "Queue delay, ms", _DELAY, delays, one.delay),
            note=delay.note(delays),
            say=milliseconds,
        ),
        _panel(f"loss.{name}", "Loss, %", _LOSS, loss.SCALE, one.loss),
    )


def _panel(name: str, heading: str, height: float, scale: Scale, spreads: tuple[Spread, Spread]) -> Panel:
    curves, bands = _curves(spreads)
    return Panel(name, heading, height, scale, curves, areas=bands)


def _curves(spreads: tuple[Spread, Spread]) -> tuple[tuple[Curve, ...], tuple[Area, ...]]:
    """Returns a line and a band for each network, thinned for the figure."""
    curves, bands = [], []
    for k, (found, colour) in enumerate(zip(spreads, COLOURS, strict=True)):
        t, mean, low, high = _thinned(found)
        # The widths differ, so that both of two equal curves are visible.
        curves.append(Curve(f"mean.{k}", t, mean, Look("", colour, (2.2, 1.2)[k], z=4.0 + k)))
        if np.any(high > low):
            bands.append(Area(f"band.{k}", t, high, colour, 0.22, 2.6 + 0.1 * k, low=low))
    return tuple(curves), tuple(bands)


def _thinned(found: Spread) -> tuple[Floats, Floats, Floats, Floats]:
    """Returns times, mean, low and high; joins successive steps if there are more than the figure can show."""
    size = -(-len(found.mean) // BUCKETS) or 1
    starts = np.arange(0, len(found.mean), size)
    if size == 1:
        return found.t_s, found.mean, found.low, found.high
    known = np.isfinite(found.mean)
    count = np.add.reduceat(known, starts, dtype=np.int64)
    total = np.add.reduceat(np.where(known, found.mean, 0.0), starts)
    low = np.minimum.reduceat(np.where(known, found.low, np.inf), starts)
    high = np.maximum.reduceat(np.where(known, found.high, -np.inf), starts)
    none = count == 0
    mean = np.divide(total, count, out=np.full(len(starts), np.nan), where=~none)
    return found.t_s[starts], mean, np.where(none, np.nan, low), np.where(none, np.nan, high)


def _apart(distance: RateDistance) -> tuple[str, ...]:
    """Describes the distance of the rate curves, the most important remark first."""
    if distance.mean_mbps is None:
        return ("no rate curve on one of them",)
    parts = [f"curves apart by {number(distance.mean_mbps)} Mbit/s"]
    if distance.of_share is not None:
        parts[0] += f" ({percent(distance.of_share)} of the share)"
    if distance.shifted_mbps is not None:
        parts.append(f"{number(distance.shifted_mbps)} if 1 s late or early is forgiven")
    if distance.worst_mbps is not None and distance.worst_at_s is not None:
        parts.append(f"{number(distance.worst_mbps)} in the worst second (at {number(round(distance.worst_at_s))} s)")
    return tuple(parts)
