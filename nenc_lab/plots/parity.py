"""The parity figure: two networks on one time axis, a column per flow, and the table of what is within tolerance.

``info`` takes a `Parity`, reads its runs again for their curves and decides everything; ``draw`` paints it. From top to
bottom: the verdict; rates against capacity; queue delay; loss; the pairs. A line is the mean over the repeats, the band
around it goes from the lowest to the highest of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nenc_lab.analysis.course import Course, Spread, course, spread
from nenc_lab.analysis.pair import Verdict
from nenc_lab.plots import annotate, gather, pairs_table, style
from nenc_lab.plots.curves import envelope
from nenc_lab.plots.files import render as rendered
from nenc_lab.plots.frame import Frame
from nenc_lab.plots.marks import Event, events, rate_max_bps
from nenc_lab.plots.panels import BUCKETS, LOSS_SCALE, Series, delay_scale, say_ms, top_of, y_ticks
from nenc_lab.plots.parts import Area, Curve, Label, Mark, Panel, Stroke, Tick
from nenc_lab.plots.place import Box, Page, flags
from nenc_lab.plots.scales import Scale, time_ticks
from nenc_lab.plots.text import number, percent, shorten, width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nenc_lab.analysis.parity import FlowParity, Parity
    from nenc_lab.analysis.rate_distance import RateDistance

Floats = npt.NDArray[np.float64]

WIDTH = 12.0
COLOURS = (style.BLUE, style.VERMILLION)
"""Of the first and of the second network."""
COLUMNS = 3
"""Flows shown beside each other."""
ROWS = 12
"""Of the table, below one flow's curves."""
_LEFT, _EDGE, _BETWEEN = 0.62, 11.88, 0.55
_RATE, _DELAY, _LOSS = 2.7, 1.35, 0.85
"""Heights of the panels."""
_GAP = 0.34
"""Between two panels: a heading and air."""
_FLAGS = 0.74
"""Above the rates: two lines of heading and two rows of flags."""
_MANY_EVENTS = 60


@dataclass(frozen=True, slots=True, eq=False)
class ParityFigure:
    """The whole figure as data; everything is where it will be drawn."""

    title: str
    width: float
    height: float
    panels: tuple[Panel, ...]
    labels: tuple[Label, ...]
    strokes: tuple[Stroke, ...]

    def panel(self, name: str) -> Panel:
        """The panel ``rate``, ``delay`` or ``loss`` of a flow, such as ``rate.video`` (KeyError: there is none)."""
        return {panel.name: panel for panel in self.panels}[name]


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """One flow and its curves on both networks."""

    flow: FlowParity
    rate: tuple[Spread, Spread]
    delay: tuple[Spread, Spread]
    loss: tuple[Spread, Spread]


def info(parity: Parity) -> ParityFigure:
    """Everything the figure shows. Raises InputError when a run cannot be read."""
    flows = sorted(parity.flows, key=_worst_first)[:COLUMNS]
    shown = [_shown(parity, flow) for flow in parity.flows if flow in flows]
    count = max(1, len(shown))
    wide = (_EDGE - _LEFT - (count - 1) * _BETWEEN) / count
    sides = [(_LEFT + k * (wide + _BETWEEN), _LEFT + k * (wide + _BETWEEN) + wide) for k in range(count)]
    tables = [pairs_table.blocks(one.flow.pairs, 2 if count == 1 else 1, ROWS) for one in shown]
    low = 0.16 + max((pairs_table.height(found) for found in tables), default=0.0) + 0.5
    loss, delay = low + _LOSS + _GAP, low + _LOSS + _GAP + _DELAY + _GAP
    high = delay + _RATE + _FLAGS + 0.95

    page, strokes, panels = Page(), [], []
    strokes += _header(page, parity, high, len(parity.flows) - len(shown))
    end = max((spread.end_s for one in shown for spread in one.rate), default=0.0) or 1.0
    scenario = parity.sides[0].complete[0].info.get("scenario", {})
    happened = events(scenario, end)
    capacity = envelope(*gather.capacity_mbps(parity.sides[0].complete[0]), BUCKETS)
    scales = _rate_scale(shown, capacity[1], scenario), _delay_scale(shown)
    for one, (left, right), found in zip(shown, sides, tables, strict=True):
        boxes = [
            Box(left, bottom, right, bottom + tall) for bottom, tall in ((delay, _RATE), (loss, _DELAY), (low, _LOSS))
        ]
        new, stems = _panels(page, one, boxes, scales, capacity, happened, end, high)
        panels += new
        strokes += stems
        middle = (left + right) / 2
        places = [(left - 0.3, right)] if len(found) == 1 else [(left - 0.3, middle - 0.15), (middle + 0.1, right)]
        for block, (begin, until) in zip(found, places, strict=True):
            names = parity.sides[0].name, parity.sides[1].name
            pairs_table.write(page, block, names, COLOURS, begin, until, low - 0.5)
    if not shown:
        page.put(Label(WIDTH / 2, high / 2, "no flow ran", 11, style.BAD, anchor="center"))
    return ParityFigure(parity.scenario, WIDTH, high, tuple(panels), tuple(page.labels), tuple(strokes))


def draw(info: ParityFigure, figure: Figure) -> None:
    """Paints ``info`` onto an empty ``figure`` and sets its size. Use it within `nenc_lab.plots.style.settings`."""
    from nenc_lab.plots import paint

    figure.set_size_inches(info.width, info.height)
    for panel in info.panels:
        paint.panel(figure, panel)
    for stroke in info.strokes:
        paint.stroke(figure, stroke)
    for label in info.labels:
        paint.label(figure, label)


def render(parity: Parity) -> dict[str, bytes]:
    """The figure as png and svg, the same bytes every time."""
    figure_info = info(parity)
    return rendered(lambda figure: draw(figure_info, figure), f"parity of {figure_info.title}")


def _worst_first(flow: FlowParity) -> tuple[int, int]:
    """The flows with the most misses, then the most undecided pairs."""
    verdicts = [pair.verdict for pair in flow.pairs]
    return -verdicts.count(Verdict.MISSES), -verdicts.count(Verdict.UNDECIDED)


def _shown(parity: Parity, flow: FlowParity) -> _Shown:
    runs = [[course(run, flow.name) for run in side.complete] for side in parity.sides]

    def both(read: Callable[[Course], Floats]) -> tuple[Spread, Spread]:
        return spread([read(one) for one in runs[0]]), spread([read(one) for one in runs[1]])

    return _Shown(flow, both(lambda one: one.rate), both(lambda one: one.queue_delay), both(lambda one: one.loss))


def _header(page: Page, parity: Parity, high: float, hidden: int) -> list[Stroke]:
    """Title, verdict, and the samples of what the curves are."""
    top = high - 0.3
    name = shorten(parity.scenario, 15, 4.0, bold=True)
    page.put(Label(_LEFT - 0.3, top, name, 15, bold=True))
    x = _LEFT - 0.3 + width(name, 15, bold=True) + 0.18
    controllers = dict.fromkeys(str(run.info.get("controller", "")) for side in parity.sides for run in side.complete)
    page.put(Label(x, top - 0.02, shorten(", ".join(controllers).rpartition("/")[2], 10, 2.5), 10, style.MUTED))

    verdicts = [pair.verdict for _, pair in parity.pairs]
    misses, undecided = verdicts.count(Verdict.MISSES), verdicts.count(Verdict.UNDECIDED)
    of = f"of {len(verdicts)} pairs"
    text = f"{misses} {of} miss" if misses else f"{undecided} {of} undecided" if undecided else f"all {of[3:]} agree"
    mark, colour = pairs_table.MARKS[parity.verdict], pairs_table.COLOURS[parity.verdict]
    page.put(Label(_EDGE, top, f"{mark} {text}", 12, colour, bold=True, anchor="right"))
    rest = [f"{undecided} undecided"] if misses and undecided else []
    if hidden:
        rest.append(f"{hidden} more flow{'s' if hidden > 1 else ''} not shown")
    if rest:
        page.put(Label(_EDGE, top - 0.25, ", ".join(rest), 8.5, style.MUTED, anchor="right"))

    strokes, x, y = [], _LEFT - 0.3, top - 0.3
    for side, colour in zip(parity.sides, COLOURS, strict=True):
        count = len(side.complete)
        text = f"{shorten(side.name, 9, 2.0)}, {count} run{'s: mean, lowest and highest' if count > 1 else ''}"
        strokes.append(Stroke((x, x + 0.3), (y, y), colour, 2.6))
        page.put(Label(x + 0.38, y, text, 9))
        x += 0.38 + width(text, 9) + 0.35
    strokes.append(Stroke((x, x + 0.3), (y, y), style.CAPACITY_EDGE, 4.0))
    page.put(Label(x + 0.38, y, "capacity", 9))
    return strokes


def _panels(
    page: Page,
    one: _Shown,
    boxes: Sequence[Box],
    scales: tuple[Scale, Scale],
    capacity: tuple[Floats, Floats],
    happened: Sequence[Event],
    end: float,
    high: float,
) -> tuple[list[Panel], list[Stroke]]:
    """The three panels of a flow, from the top."""
    rates, delays, losses = (
        Frame(box, 0.0, end, scale) for box, scale in zip(boxes, (*scales, LOSS_SCALE), strict=True)
    )
    top = rates.box.top
    left, right = rates.box.left, rates.box.right
    name = shorten(one.flow.name, 9, 1.8, bold=True)
    page.put(Label(left, top + _FLAGS - 0.07, f"{name}: rate, Mbit/s", 9, bold=True))
    page.put(Label(left, top + _FLAGS - 0.26, _apart(one.flow.distance, right - left), 8, style.MUTED))
    marked = happened if len(happened) <= _MANY_EVENTS else ()
    stems = flags(
        page,
        [(float(rates.x(event.t_s)), event.text) for event in marked],
        (top + 0.1, top + 0.28),
        8,
        style.MUTED,
        right + 0.1,
    )
    strokes = [Stroke((at, at), (top, row + 0.06), style.EVENT, 0.7) for at, row in stems]
    marks = annotate.clipped(page, rates, *capacity)
    for frame, text in ((delays, "Queue delay, ms"), (losses, "Loss, %")):
        page.put(Label(frame.box.left, frame.box.top + 0.13, text, 9, bold=True))
    unit, clock = time_ticks(0.0, end, max(3, round((right - left) / 0.9)))
    page.put(Label(right, losses.box.bottom - 0.31, f"time, {unit}", 8.5, anchor="right"))

    seen = np.minimum(capacity[1], 1.02 * rates.scale.high)
    areas = (Area("capacity", capacity[0], seen, style.CAPACITY_FILL),) if len(seen) else ()
    edge = (Curve("capacity", capacity[0], seen, style.CAPACITY_EDGE, 0.9, z=2.0),) if len(seen) else ()
    lines = tuple(event.t_s for event in marked)

    def panel(
        name: str, frame: Frame, spreads: tuple[Spread, Spread], ticks: tuple[Tick, ...], marks: tuple[Mark, ...] = ()
    ) -> Panel:
        curves, bands = _curves(spreads)
        rate = name == "rate"
        return Panel(
            name=f"{name}.{one.flow.name}",
            place=frame.fractions(WIDTH, high),
            x_limits=(0.0, end),
            scale=frame.scale,
            x_ticks=tuple(Tick(value, text if name == "loss" else "") for value, text in clock),
            y_ticks=ticks,
            curves=(*curves, *(edge if rate else ())),
            areas=(*(areas if rate else ()), *bands),
            marks=marks,
            verticals=lines,
        )

    return [
        panel("rate", rates, one.rate, y_ticks(rates, 7), marks),
        panel("delay", delays, one.delay, y_ticks(delays, 4, say_ms)),
        panel("loss", losses, one.loss, y_ticks(losses, 4)),
    ], strokes


def _curves(spreads: tuple[Spread, Spread]) -> tuple[list[Curve], list[Area]]:
    """A line and a band for each network, as many points as the page has room for."""
    curves, bands = [], []
    for k, (found, colour) in enumerate(zip(spreads, COLOURS, strict=True)):
        t, mean, low, high = _thinned(found)
        curves.append(Curve(f"mean.{k}", t, mean, colour, (2.2, 1.2)[k], z=4.0 + k))  # equal ones show both
        if np.any(high > low):
            bands.append(Area(f"band.{k}", t, high, colour, 0.22, 2.6 + 0.1 * k, low=low))
    return curves, bands


def _thinned(found: Spread) -> tuple[Floats, Floats, Floats, Floats]:
    """Times, mean, low and high; where there are more steps than the page shows, of several steps together."""
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


def _rate_scale(shown: Sequence[_Shown], capacity: Floats, scenario: dict[str, object]) -> Scale:
    """As in the convergence figure: the rates seen, and the capacity as far as the flows' highest rate."""
    seen = max((top_of(spread.high, 1.0) for one in shown for spread in one.rate), default=0.0)
    flows = scenario.get("flows")
    limits = [(rate_max_bps(flow) or 0.0) / 1e6 for flow in flows] if isinstance(flows, list) else []
    usable = min(top_of(capacity, 1.0, infinite=True), max(limits, default=0.0) or seen)
    top = max(usable, seen)
    return Scale(0.0, 1.15 * top if top > 0 else 1.0)


def _delay_scale(shown: Sequence[_Shown]) -> Scale:
    return delay_scale([Series("", 0, spread.t_s, spread.high) for one in shown for spread in one.delay])


def _apart(distance: RateDistance, room: float) -> str:
    """The distance of the rate curves, as much of it as there is room for (inches)."""
    if distance.mean_mbps is None:
        return "no rate curve on one of them"
    parts = [f"curves apart by {number(distance.mean_mbps)} Mbit/s"]
    if distance.of_share is not None:
        parts[0] += f" ({percent(distance.of_share)} of the share)"
    if distance.shifted_mbps is not None:
        parts.append(f"{number(distance.shifted_mbps)} if 1 s late or early is forgiven")
    if distance.worst_mbps is not None and distance.worst_at_s is not None:
        parts.append(f"{number(distance.worst_mbps)} in the worst second (at {number(round(distance.worst_at_s))} s)")
    while len(parts) > 1 and width(", ".join(parts), 8) > room:
        parts.pop()
    return shorten(", ".join(parts), 8, room)
