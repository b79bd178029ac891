"""The convergence figure: did the rate reach its share, how fast, and at what cost in delay and loss?

``info`` reads a run and computes the figure; ``draw`` draws it. At the top is the header with the run and its verdict,
below it are the panels of `nenc_lab.plots.panels`, which share one time axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nenc_lab.plots import gather, header, style
from nenc_lab.plots.events import Event
from nenc_lab.plots.header import Header
from nenc_lab.plots.panel import Panel
from nenc_lab.plots.panels import PANELS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nenc_lab.recording.open import Run

WIDTH = 12.0
"""Width in inches, 1800 pixels at 150 dpi. The height is the sum of header and panels."""
_LEFT, _RIGHT, _EDGE = 0.62, 10.3, 11.88
_TOP, _BOTTOM, _GAP = 0.22, 0.42, 0.32
_HEADING = 0.3
"""Space between the header and the first panel's event names, inches."""
_MANY_EVENTS = 120
"""More events than this are not drawn, because their lines would cover the figure; it gives their number instead."""


@dataclass(frozen=True, slots=True, eq=False)
class Convergence:
    """The whole figure as data."""

    header: Header
    panels: tuple[Panel, ...]
    events: tuple[Event, ...]
    end_s: float
    remark: str
    """The text above the first panel, on the right."""
    empty: bool
    """Whether no flow has any sample."""

    @property
    def title(self) -> str:
        """The scenario's name."""
        return self.header.name

    @property
    def marked(self) -> tuple[Event, ...]:
        """The events that are drawn: all, or none when there are too many."""
        return self.events if len(self.events) <= _MANY_EVENTS else ()

    def panel(self, name: str) -> Panel:
        """Returns the panel called ``name``: rate, delay, loss or terms. Raises KeyError for any other."""
        return {panel.name: panel for panel in self.panels}[name]


def info(run: Run) -> Convergence:
    """Computes the figure of ``run``, complete or not. Raises InputError when a table cannot be read."""
    story = gather.story(run)
    crowd = f"{len(story.events)} events, too many to mark" if len(story.events) > _MANY_EVENTS else ""
    fair = header.fairness(run) if len(story.flows) > 1 else ""
    return Convergence(
        header=header.info(run, story, gather.verdicts(run)),
        panels=tuple(panel(story) for panel in PANELS),
        events=story.events,
        end_s=story.end_s,
        remark="; ".join(text for text in (fair, crowd) if text),
        empty=not any(flow.t.size for flow in story.flows),
    )


def draw(info: Convergence, figure: Figure) -> None:
    """Draws ``info`` on an empty ``figure`` and sets its size. Use it within `nenc_lab.plots.style.settings`."""
    from nenc_lab.plots import paint

    figure.set_size_inches(WIDTH, 1.0)
    flags = paint.flags(figure, info.marked, info.end_s, _LEFT, _RIGHT, _EDGE)
    lift = paint.FLAG_ROW * max((flag.row + 1 for flag in flags), default=0)
    heights = [panel.height for panel in info.panels]
    top = _BOTTOM + sum(heights) + _GAP * (len(heights) - 1)
    high = top + lift + _HEADING + info.header.height + _TOP
    figure.set_size_inches(WIDTH, high)
    header.draw(info.header, figure, _LEFT, _EDGE, high - _TOP)
    paint.raise_flags(figure, flags, top)
    grid = paint.grid(figure, heights, 1, left=_LEFT, right=_RIGHT, bottom=_BOTTOM, gap=_GAP)
    unit = paint.time_axis(grid[0][0], info.end_s, 12)
    times = [event.t_s for event in info.marked]
    for (axes,), panel in zip(grid, info.panels, strict=True):
        paint.panel(axes, panel, times, lift if panel is info.panels[0] else 0.0)
    paint.words(figure, _EDGE, top + lift + 0.14, info.remark, fontsize=8, color=style.MUTED, ha="right")
    paint.words(figure, _RIGHT + 0.25, _BOTTOM - 0.14, f"time, {unit}", fontsize=8.5)
    if info.empty:
        middle = (_LEFT + _RIGHT) / 2, top - heights[0] / 2
        paint.words(figure, *middle, "no samples were recorded", fontsize=11, color=style.BAD, ha="center")
