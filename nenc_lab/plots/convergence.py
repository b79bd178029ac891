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

from nenc_lab.plots import gather, header, panels, style
from nenc_lab.plots.curves import envelope
from nenc_lab.plots.frame import Frame
from nenc_lab.plots.gather import Flow
from nenc_lab.plots.marks import Event, duration_s, events, on_trace
from nenc_lab.plots.panels import Part
from nenc_lab.plots.parts import Label, Panel, Stroke, Tick
from nenc_lab.plots.place import Box, Page, flags
from nenc_lab.plots.rate_panel import rate_part
from nenc_lab.plots.scales import Scale, time_ticks
from nenc_lab.plots.text import duration, shorten, width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nenc_lab.recording.open import Run

Floats = npt.NDArray[np.float64]

WIDTH, HEIGHT = 12.0, 9.0
"""Inches; 1800 x 1350 pixels at 150 dpi. Each flow beyond two makes the page a line higher."""
_LEFT, _RIGHT, _EDGE = 0.62, 10.3, 11.88
_PANELS = (4.50, 7.46), (2.90, 4.20), (1.82, 2.58), (0.42, 1.50)
"""Lower and upper edge of each panel: rates, delay, loss, terms."""
_FLAG_ROWS = (7.555, 7.74, 7.925)
_STRIP, _TABLE, _TITLE = 8.40, 8.50, 8.79
_MANY_EVENTS = 120
"""Beyond this many, lines would be a grey wall: the figure gives their number instead."""


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
    flows = gather.flows(run)
    capacity = envelope(*gather.capacity_mbps(run), panels.BUCKETS)
    end, covered = _extent(run, flows, capacity[0])
    happened = _happened(run, end)
    marked = happened if len(happened) <= _MANY_EVENTS else ()
    steady = not on_trace(run.info.get("scenario", {}))
    lift = max(0, header.rows(flows) - 3) * header.ROW
    page, strokes = Page(), []

    header.title(page, run, _LEFT, _EDGE, _TITLE + lift, covered)
    header.outcome(page, gather.verdicts(run), _EDGE, _TITLE + lift)
    if len(flows) == 1:
        header.strip(page, flows[0], _LEFT, _STRIP, steady)
    elif flows:
        strokes += header.table(page, flows, _LEFT, _TABLE + lift, steady)
    _heading(page, "Rate, Mbit/s", _FLAG_ROWS[1] if happened else _FLAG_ROWS[0], "")
    if fairness := header.fairness(run) if len(flows) > 1 else "":
        page.put(Label(_EDGE, _FLAG_ROWS[1], fairness, 8, style.MUTED, anchor="right"))

    rates, delays, losses, terms = (Box(_LEFT, low, _RIGHT, high) for low, high in _PANELS)
    strokes += _flags(page, marked, end, rates)
    if len(happened) > len(marked):
        note = f"{len(happened)} events, too many to mark"
        page.put(Label(_RIGHT, _FLAG_ROWS[0], note, 8, style.MUTED, anchor="right"))
    parts = (
        rate_part(page, flows, rates, end, capacity, steady),
        panels.delay_part(flows, delays, end),
        panels.loss_part(flows, losses, end),
        panels.terms_part(flows, terms, end),
    )
    for part in parts:
        strokes += panels.margin(page, part.frame, part.listed, _EDGE)
    for part in parts[1:]:
        _heading(page, part.heading, part.frame.box.top + 0.13, part.note)
    if not any(flow.t.size for flow in flows):
        middle = (rates.left + rates.right) / 2, (rates.bottom + rates.top) / 2
        page.put(Label(*middle, "no samples were recorded", 11, style.BAD, anchor="center"))

    unit, clock = time_ticks(0.0, end, 12)
    page.put(Label(_RIGHT + 0.25, terms.bottom - 0.14, f"time, {unit}", 8.5))
    lines = tuple(event.t_s for event in marked)
    made = tuple(_panel(part, HEIGHT + lift, end, clock, part is parts[-1], lines) for part in parts)
    name = str(run.info.get("scenario", {}).get("name", "run"))
    return Convergence(name, WIDTH, HEIGHT + lift, made, tuple(page.labels), tuple(strokes), happened)


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


def _heading(page: Page, text: str, y: float, note: str) -> None:
    page.put(Label(_LEFT, y, text, 9, bold=True))
    if note:
        page.put(Label(_LEFT + width(text, 9, bold=True) + 0.12, y, note, 8, style.MUTED))


def _flags(page: Page, marked: Sequence[Event], end: float, above: Box) -> list[Stroke]:
    """Names the events above the rate panel; returns the stems that lead down to it."""
    x = Frame(above, 0.0, end, Scale(0.0, 1.0)).x
    stems = flags(page, [(float(x(event.t_s)), event.text) for event in marked], _FLAG_ROWS, 8, style.MUTED, _EDGE)
    return [Stroke((at, at), (above.top, row + 0.06), style.EVENT, 0.7) for at, row in stems]


def _panel(
    part: Part, high: float, end: float, clock: Sequence[tuple[float, str]], lowest: bool, lines: tuple[float, ...]
) -> Panel:
    """The part as a panel of a page ``high`` inches high; only the ``lowest`` one has its times written out."""
    return Panel(
        name=part.name,
        place=part.frame.fractions(WIDTH, high),
        x_limits=(0.0, end),
        scale=part.frame.scale,
        x_ticks=tuple(Tick(value, text if lowest else "") for value, text in clock),
        y_ticks=part.ticks,
        curves=part.curves,
        areas=part.areas,
        marks=part.marks,
        verticals=lines,
        zero_line=part.zero_line,
    )
