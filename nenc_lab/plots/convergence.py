"""The convergence figure: did the rate find its share, how fast, and at what price in delay and loss?

``info`` reads a run and decides everything, in plain arithmetic; ``draw`` paints it. From top to bottom: what ran and
whether it held; rates against capacity; delay; loss; the controller's terms; one time axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nenc_lab.plots import annotate, gather, header, panels, style
from nenc_lab.plots.curves import envelope
from nenc_lab.plots.frame import Frame
from nenc_lab.plots.gather import Flow
from nenc_lab.plots.looks import Look, flow_colour
from nenc_lab.plots.marks import Event, duration_s, events, on_trace
from nenc_lab.plots.panels import Entry
from nenc_lab.plots.parts import Area, Curve, Label, Mark, Panel, Stroke, Tick
from nenc_lab.plots.place import Box, Page, Terrain, flags
from nenc_lab.plots.scales import Scale, time_ticks
from nenc_lab.plots.text import duration, number, shorten, width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nenc_lab.recording.open import Run

Floats = npt.NDArray[np.float64]

WIDTH, HEIGHT = 12.0, 9.0
"""Inches; 1800 x 1350 pixels at 150 dpi. Each flow beyond two makes the page a line higher."""
_LEFT, _RIGHT, _EDGE = 0.62, 10.3, 11.88
_RATES, _DELAYS, _LOSSES, _TERMS = (4.50, 7.46), (2.90, 4.20), (1.82, 2.58), (0.42, 1.50)
"""Lower and upper edge of each panel."""
_FLAG_ROWS = (7.555, 7.74, 7.925)
_STRIP, _TABLE, _TITLE = 8.40, 8.50, 8.79
_MANY_EVENTS = 120
"""Beyond this many, lines would be a grey wall: only those with a label are drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Convergence:
    """The whole figure as data; everything is where it will be drawn."""

    title: str
    width: float
    height: float
    panels: tuple[Panel, ...]
    labels: tuple[Label, ...]
    strokes: tuple[Stroke, ...]
    events: tuple[Event, ...]

    def panel(self, name: str) -> Panel:
        """The panel called ``name``: rate, delay, loss or terms (KeyError when there is none)."""
        return {panel.name: panel for panel in self.panels}[name]


def info(run: Run) -> Convergence:
    """Everything the figure shows of ``run``, complete or not. Raises InputError when a table cannot be read."""
    scenario = run.info.get("scenario", {})
    flows = gather.flows(run)
    steady = not on_trace(scenario)
    cap_x, cap_y = envelope(*gather.capacity_mbps(run), panels.BUCKETS)
    end, covered = _extent(run, flows, cap_x)
    happened = _happened(run, end)
    page, strokes = Page(), []
    extra = max(0, header.rows(flows) - 3) * 0.19
    high = HEIGHT + extra

    header.title(page, run, _LEFT, _EDGE, _TITLE + extra, covered)
    header.outcome(page, gather.verdicts(run), _EDGE, _TITLE + extra)
    if len(flows) == 1:
        header.strip(page, flows[0], _LEFT, _STRIP, steady)
    elif flows:
        strokes += header.table(page, flows, _LEFT, _TABLE + extra, steady)
    fairness = header.fairness(run) if len(flows) > 1 else ""
    row = _FLAG_ROWS[1] if happened else _FLAG_ROWS[0]
    page.put(Label(_LEFT, row, "Rate, Mbit/s", 9, bold=True))
    if fairness:
        page.put(Label(_EDGE, row, fairness, 8, style.MUTED, anchor="right"))

    groups = (
        panels.rate_series(flows),
        panels.delay_series(flows),
        panels.loss_series(flows),
        panels.term_series(flows),
    )
    scales = (
        panels.rate_scale(flows, cap_y),
        panels.delay_scale(groups[1]),
        panels.LOSS_SCALE,
        panels.term_scale(groups[3]),
    )
    frames = [
        Frame(Box(_LEFT, bottom, _RIGHT, top), 0.0, end, scale)
        for (bottom, top), scale in zip((_RATES, _DELAYS, _LOSSES, _TERMS), scales, strict=True)
    ]
    total = sum(len(group) for group in groups)
    curves = [panels.thinned(group, len(flows), total) for group in groups]
    rates, delays, losses, terms = frames

    stems = flags(page, [(float(rates.x(e.t_s)), e.text) for e in happened], _FLAG_ROWS, 8, style.MUTED, _EDGE)
    strokes += [Stroke((x, x), (rates.box.top, row + 0.06), style.EVENT, 0.7) for x, row in stems]
    placed = {x for x, _ in stems}
    flagged = {e.t_s for e in happened if float(rates.x(e.t_s)) in placed}

    shares = _shares(flows) if steady else ()
    found = _rate_marks(page, rates, flows if steady else (), (*curves[0], *shares), cap_x, cap_y)
    strokes += panels.margin(page, rates, _rate_entries(rates, groups[0], flows, cap_y, found, bool(shares)), _EDGE)
    for frame, group, names in (
        (delays, groups[1], ("queue_delay", "rtt")),
        (losses, groups[2], ("loss",)),
        (terms, groups[3], ("p", "i", "d")),
    ):
        strokes += panels.margin(page, frame, panels.entries(frame, group, names, len(flows)), _EDGE)
    for frame, text, note in (
        (delays, "Delay, ms", ""),
        (losses, "Loss, %", _loss_note(flows)),
        (terms, "Controller terms, 1/s", _terms_note(flows, groups[3], scales[3])),
    ):
        page.put(Label(_LEFT, frame.box.top + 0.13, text, 9, bold=True))
        if note:
            page.put(Label(_LEFT + width(text, 9, bold=True) + 0.12, frame.box.top + 0.13, note, 8, style.MUTED))
    if not any(flow.t.size for flow in flows):
        page.put(
            Label((_LEFT + _RIGHT) / 2, sum(_RATES) / 2, "no samples were recorded", 11, style.BAD, anchor="center")
        )

    unit, when = time_ticks(0.0, end, 12)
    page.put(Label(_RIGHT + 0.25, _TERMS[0] - 0.14, f"time, {unit}", 8.5, style.INK))
    clock = tuple(Tick(value, text) for value, text in when)
    blank = tuple(Tick(tick.value, "") for tick in clock)
    lines = tuple(event.t_s for event in happened if len(happened) <= _MANY_EVENTS or event.t_s in flagged)
    areas: tuple[tuple[Area, ...], ...] = (
        _capacity_area(cap_x, cap_y, scales[0]), (), panels.loss_area(flows, curves[2]), (),
    )  # fmt: skip
    y_ticks = (
        panels.y_ticks(rates, 8),
        panels.y_ticks(delays, 4, panels.say_ms),
        panels.y_ticks(losses, 4),
        panels.y_ticks(terms, 4),
    )
    made = tuple(
        Panel(
            name=name,
            place=frames[k].fractions(WIDTH, high),
            x_limits=(0.0, end),
            scale=scales[k],
            x_ticks=clock if k == 3 else blank,
            y_ticks=y_ticks[k],
            curves=(*curves[k], *shares, *_capacity_edge(cap_x, cap_y, scales[0])) if k == 0 else curves[k],
            areas=areas[k],
            marks=found if k == 0 else (),
            verticals=lines,
            zero_line=k == 3,
        )
        for k, name in enumerate(("rate", "delay", "loss", "terms"))
    )
    title = f"{scenario.get('name', 'run')}, {run.info.get('controller', '')}"
    return Convergence(title, WIDTH, high, made, tuple(page.labels), tuple(strokes), happened)


def draw(info: Convergence, figure: Figure) -> None:
    """Paints ``info`` onto an empty ``figure`` and sets its size. Use it within `nenc_lab.plots.style.settings`."""
    from nenc_lab.plots import paint

    figure.set_size_inches(info.width, info.height)
    for panel in info.panels:
        paint.panel(figure, panel)
    for stroke in info.strokes:
        paint.stroke(figure, stroke)
    for label in info.labels:
        paint.label(figure, label)


def _extent(run: Run, flows: Sequence[Flow], cap_x: Floats) -> tuple[float, str]:
    """Where the time axis ends, and how much of a partial run there is ("" for a whole one)."""
    wanted = duration_s(run.info.get("scenario", {}))
    seen = max([float(flow.t[-1]) for flow in flows if flow.t.size] + [float(cap_x[-1]) if cap_x.size else 0.0])
    if run.status == "complete":
        return wanted or seen or 1.0, ""
    of = f" of {duration(wanted)}" if wanted else ""
    return seen or wanted or 1.0, f"{duration(seen)}{of}"


def _happened(run: Run, end: float) -> tuple[Event, ...]:
    """The scenario's events and the run's own warnings in time order; one at an announced event is part of that."""
    announced = events(run.info.get("scenario", {}), end)
    known = [event.t_s for event in announced]
    extra = [
        Event(t_s, shorten(text, 8, 1.5))
        for t_s, text in gather.warnings(run)
        if t_s < end and not any(abs(t_s - other) < 0.1 for other in known)
    ]
    return tuple(sorted((*announced, *extra), key=lambda event: event.t_s))


def _rate_marks(
    page: Page, frame: Frame, flows: Sequence[Flow], curves: Sequence[Curve], cap_x: Floats, cap_y: Floats
) -> tuple[Mark, ...]:
    terrain = Terrain(frame.box)
    for curve in curves:
        terrain.add(np.asarray(frame.x(curve.x)), np.asarray(frame.y(curve.y)))
    arrows = annotate.clipped(page, frame, cap_x, cap_y)
    return (*arrows, *annotate.marks(page, frame, terrain, flows))


def _rate_entries(
    frame: Frame,
    series: Sequence[panels.Series],
    flows: Sequence[Flow],
    capacity: Floats,
    found: Sequence[Mark],
    shares: bool,
) -> list[Entry]:
    listed = panels.entries(frame, series, ("target", "output", "goodput"), len(flows))
    if capacity.size:
        listed.append(Entry(Look("capacity", style.CAPACITY_EDGE, 4.0), float(frame.y(capacity[-1]))))
    if shares:
        listed.append(Entry(Look("fair share", style.INK, 0.9, style.DOTTED), float(frame.y(_last_share(flows)))))
    explained = (
        (annotate.SETTLED, "settling time", flow_colour(0, 1)),
        (annotate.OVERSHOOT, "overshoot", flow_colour(0, 1)),
        (annotate.UNSETTLED, "not settled", style.BAD),
    )
    seen = {mark.symbol for mark in found if mark.hollow}
    listed += [
        Entry(Look(text, colour, 1.0), frame.box.bottom + 0.1 * (len(explained) - k), symbol)
        for k, (symbol, text, colour) in enumerate(explained)
        if symbol in seen
    ]
    return listed


def _shares(flows: Sequence[Flow]) -> tuple[Curve, ...]:
    """The share a flow that is alone should find, change by change."""
    if len(flows) != 1:
        return ()
    known = [change for change in flows[0].changes if change.share_mbps is not None]
    if not 0 < len(known) <= _MANY_EVENTS:
        return ()
    x = np.array([[change.at_s, change.until_s, change.until_s] for change in known]).ravel()
    y = np.array([[change.share_mbps, change.share_mbps, np.nan] for change in known], dtype=np.float64).ravel()
    return (Curve("share", x, y, style.INK, 0.9, style.DOTTED, 4.5),)


def _last_share(flows: Sequence[Flow]) -> float:
    return [change.share_mbps for change in flows[0].changes if change.share_mbps is not None][-1]


def _capacity_area(x: Floats, y: Floats, scale: Scale) -> tuple[Area, ...]:
    return (Area("capacity", x, np.minimum(y, 1.02 * scale.high), style.CAPACITY_FILL),) if x.size else ()


def _capacity_edge(x: Floats, y: Floats, scale: Scale) -> tuple[Curve, ...]:
    """The outline of the capacity; it leaves the panel where the capacity is cut off."""
    if not x.size:
        return ()
    return (Curve("capacity", x, np.minimum(y, 1.02 * scale.high), style.CAPACITY_EDGE, 0.9, z=2.0),)


def _loss_note(flows: Sequence[Flow]) -> str:
    sampled = [flow for flow in flows if np.isfinite(flow.loss).any()]
    quiet = sampled and not any(np.nanmax(flow.loss) > 0 for flow in sampled)
    return "no packet was lost" if quiet else ""


def _terms_note(flows: Sequence[Flow], series: Sequence[panels.Series], scale: Scale) -> str:
    low, high = panels.extremes(series)
    if flows and low == high == 0.0:
        return "this controller reports none"
    cut = [number(value) for value, limit in ((low, scale.low), (high, scale.high)) if abs(value) > abs(limit)]
    return f"peaks up to {' and '.join(cut)} are cut off" if cut else ""
