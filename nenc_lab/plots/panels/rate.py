"""The rate panel: capacity, target, encoder output and goodput, with settling and overshoot marked at each change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nenc_lab.plots import style
from nenc_lab.plots.gather import Change, Flow, Story
from nenc_lab.plots.looks import CAPACITY, SHARE, Look, flow_colour, legend
from nenc_lab.plots.panel import Area, Beyond, Curve, Floats, Mark, Panel, Scale, Series, highest, thinned
from nenc_lab.plots.words import UP, percent, rate, settling

SETTLED, OVERSHOOT, UNSETTLED = "o", "^", "x"
_HEADROOM = 1.15
_OUT_OF_SIGHT = 1.02
"""Height of the outline of a capacity that is cut off, in heights of the axis."""
_MANY_SHARES = 120
_BAND = 0.05
"""A rate up to this fraction above its share counts as settled, so that its overshoot is not marked."""
_AT_ONCE_S = 0.05
"""A settling time up to this is not marked."""
_MANY_MARKS = 160
"""More marks than this are not drawn, because they would hide the curves; the header counts the settled changes."""


def panel(story: Story) -> Panel:
    """Makes the panel; marks settling and overshoot only if the capacity is steady, since only then shares exist."""
    flows = story.flows
    series = []
    for k, flow in enumerate(flows):
        series += [Series("output", k, flow.output_t, flow.output), Series("goodput", k, flow.t, flow.goodput)]
        series.append(Series("target", k, flow.t, flow.target))
    axis = scale(flows, story.capacity[1])
    shares = _shares(flows) if story.steady else ()
    marks = _marks(flows) if story.steady else ()
    seen = {one.quantity for one in series if np.isfinite(one.y).any()}
    samples = legend([quantity for quantity in ("target", "output", "goodput") if quantity in seen], len(flows))
    areas, edge = capacity_parts(*story.capacity, axis)
    explained = (
        Look("settling time", flow_colour(0, 1), symbol=SETTLED),
        Look("overshoot", flow_colour(0, 1), symbol=OVERSHOOT),
        Look("not settled", style.BAD, symbol=UNSETTLED),
    )
    return Panel(
        name="rate",
        heading="Rate, Mbit/s",
        height=2.96,
        scale=axis,
        curves=(*thinned(series, len(flows)), *shares, *edge),
        legend=(
            *samples,
            *((Look("capacity", style.CAPACITY_EDGE, 4.0),) if edge else ()),
            *((SHARE,) if shares else ()),
            *(sample for sample in explained if any(mark.symbol == sample.symbol for mark in marks)),
        ),
        areas=areas,
        marks=marks,
        beyond=beyond(*story.capacity, axis.high),
    )


def scale(flows: Sequence[Flow], capacity: Floats) -> Scale:
    """Returns the axis from 0 to a little above the observed rates, and the capacity up to the flows' highest rate.

    A larger capacity is cut off and marked, so that 1 Gbit/s does not flatten a curve of 5 to 120 Mbit/s. The top half
    percent of encoder output and goodput, which are noisy, does not count.
    """
    seen = [highest(flow.target) for flow in flows]
    seen += [highest(curve, 0.995) for flow in flows for curve in (flow.output, flow.goodput)]
    most = max(flow.rate_max_mbps for flow in flows)
    return to_show(max(seen, default=0.0), capacity, most)


def to_show(seen: float, capacity: Floats, most: float) -> Scale:
    """Returns the axis for rates up to ``seen`` and a capacity of which the flows can use ``most``, Mbit/s."""
    top = max(min(highest(capacity, infinite=True), most), seen)
    return Scale(0.0, _HEADROOM * top if top > 0 else 1.0)


def capacity_parts(x: Floats, y: Floats, axis: Scale) -> tuple[tuple[Area, ...], tuple[Curve, ...]]:
    """Returns the capacity's area and outline; the outline leaves the panel where the capacity is cut off."""
    if not x.size:
        return (), ()
    seen = np.minimum(y, _OUT_OF_SIGHT * axis.high)
    return (Area("capacity", x, seen, style.CAPACITY_FILL),), (Curve("capacity", x, seen, CAPACITY),)


def beyond(x: Floats, capacity: Floats, top: float) -> tuple[Beyond, ...]:
    """Returns each time span in which the capacity, a step function given by its corners, is above ``top``."""
    above = np.concatenate(([False], capacity > top, [False]))
    begins, ends = np.flatnonzero(above[1:] & ~above[:-1]), np.flatnonzero(~above[1:] & above[:-1]) - 1
    found = []
    for begin, end in zip(begins, ends, strict=True):
        low, high = capacity[begin : end + 1].min(), capacity[begin : end + 1].max()
        text = f"capacity {rate(high * 1e6)}" if low == high else f"capacity up to {rate(high * 1e6)}"
        text = "no bottleneck" if np.isinf(high) else text
        found.append(Beyond(float(x[begin]), float(x[end]), f"{UP} {text}"))
    return tuple(found)


def _shares(flows: Sequence[Flow]) -> tuple[Curve, ...]:
    """Returns the curve of a single flow's fair share, change by change."""
    known = [change for change in flows[0].changes if change.share_mbps is not None] if len(flows) == 1 else []
    if not 0 < len(known) <= _MANY_SHARES:
        return ()
    x = np.array([[change.at_s, change.until_s, change.until_s] for change in known]).ravel()
    y = np.array([[change.share_mbps, change.share_mbps, np.nan] for change in known], dtype=np.float64).ravel()
    return (Curve("share", x, y, SHARE),)


def _marks(flows: Sequence[Flow]) -> tuple[Mark, ...]:
    """Returns the marks of all changes of all flows in the order of placing texts: failures first, then by time."""
    found = [
        mark
        for k, flow in enumerate(flows)
        for change in flow.changes
        for mark in _of_change(flow, change, flow_colour(k, len(flows)))
    ]
    return tuple(sorted(found, key=lambda mark: (mark.rank, mark.x))) if len(found) <= _MANY_MARKS else ()


def _of_change(flow: Flow, change: Change, colour: str) -> list[Mark]:
    """Returns the marks of one change."""
    during = (flow.t >= change.at_s) & (flow.t <= change.until_s)
    t, target = flow.t[during], flow.target[during]
    if not change.share_mbps or not np.isfinite(target).any():
        return []
    result = []
    if change.settling_s is None:
        middle = (change.at_s + min(change.until_s, float(t[-1]))) / 2
        result.append(Mark(middle, float(np.interp(middle, t, target)), UNSETTLED, style.BAD, "not settled"))
    elif change.settling_s > _AT_ONCE_S:
        when = change.at_s + change.settling_s
        text = settling(change.settling_s)
        result.append(Mark(when, float(np.interp(when, t, target)), SETTLED, colour, text, 1))
    if change.overshoot is not None and change.overshoot > _BAND:
        top = int(np.nanargmax(target))
        result.append(Mark(float(t[top]), float(target[top]), OVERSHOOT, colour, _over(change.overshoot), 2))
    return result


def _over(overshoot: float) -> str:
    """Formats an overshoot in percent, or from tenfold on as the rate's multiple of its share."""
    return f"+{percent(overshoot)}" if overshoot < 9 else f"{1 + overshoot:.0f}x"
