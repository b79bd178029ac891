"""The delay panel: queueing delay and round-trip time."""

from __future__ import annotations

from collections.abc import Iterable

from nenc_lab.plots.gather import Story
from nenc_lab.plots.looks import legend
from nenc_lab.plots.panel import Floats, Panel, Scale, Series, highest, thinned
from nenc_lab.plots.words import milliseconds

LINEAR_TO_MS = 100.0
_LINEAR_BELOW_MS = 1500.0


def panel(story: Story) -> Panel:
    """Makes the panel with queue delay (measured in the queues) and round-trip time of each flow, ms."""
    series = []
    for k, flow in enumerate(story.flows):
        series += [Series("rtt", k, flow.t, flow.rtt), Series("queue_delay", k, flow.t, flow.queue_delay)]
    axis = scale(one.y for one in series)
    count = len(story.flows)
    return Panel(
        name="delay",
        heading="Delay, ms",
        height=1.30,
        scale=axis,
        curves=thinned(series, count),
        legend=legend(("rtt", "queue_delay"), count) if count else (),
        note=note(axis),
        say=milliseconds,
    )


def scale(curves: Iterable[Floats]) -> Scale:
    """Returns the axis from 0, in ms: linear, or logarithmic above 100 ms if a curve exceeds 1.5 s."""
    top = max((highest(values) for values in curves), default=0.0)
    if top > _LINEAR_BELOW_MS:
        return Scale(0.0, 1.1 * top, LINEAR_TO_MS)
    return Scale(0.0, 1.08 * top if top > 0 else 1.0)


def note(axis: Scale) -> str:
    """Returns a note for an axis that is not linear, else ""."""
    return "" if axis.linear_to is None else f"logarithmic above {milliseconds(axis.linear_to)} ms"
