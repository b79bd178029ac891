"""Settling, overshoot and clipped capacity, marked where they happen in the rate panel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nenc_lab.plots import style
from nenc_lab.plots.frame import Frame
from nenc_lab.plots.gather import Change, Flow
from nenc_lab.plots.looks import flow_colour
from nenc_lab.plots.parts import Label, Mark
from nenc_lab.plots.place import Page, Terrain
from nenc_lab.plots.text import UP, percent, rate, settling, width

Floats = npt.NDArray[np.float64]
SETTLED, OVERSHOOT, UNSETTLED = "o", "^", "x"
_BAND = 0.05
"""A rate up to this much above its share is in the settled band (design section 5): no overshoot to mark."""
_APART = 1.6
"""Inches between two equal texts of a colour; every mark is drawn all the same."""
_AT_ONCE = 0.05
"""A flow whose rate is in the band of its new share already (seconds) has nothing to mark."""
_SYMBOL = 0.085
_CROWD = 160
"""More marks than this would hide the curves: then there are none, and the key figures say how many settled."""


def marks(page: Page, frame: Frame, terrain: Terrain, flows: Sequence[Flow]) -> tuple[Mark, ...]:
    """The marks of every change of every flow; their texts go onto ``page`` as far as there is room, bad news first."""
    found = sorted(
        (
            entry
            for k, flow in enumerate(flows)
            for change in flow.changes
            for entry in _of_change(flow, change, flow_colour(k, len(flows)))
        ),
        key=lambda entry: (entry[0], entry[1].x),
    )
    if len(found) > _CROWD:
        return ()
    for _, mark, _ in found:
        page.block(float(frame.x(mark.x)), float(frame.y(mark.y)), _SYMBOL)
    said: dict[tuple[str, str], list[float]] = {}
    for rank, mark, text in found:
        x, y = float(frame.x(mark.x)), float(frame.y(mark.y))
        if any(abs(x - other) < _APART for other in said.get((text, mark.colour), ())):
            continue
        label = Label(x, y, text, 8, mark.colour, bold=rank == 0, anchor="center", halo=True)
        if page.put_near(label, frame.box, terrain):
            said.setdefault((text, mark.colour), []).append(x)
    return tuple(mark for _, mark, _ in found)


def _of_change(flow: Flow, change: Change, colour: str) -> list[tuple[int, Mark, str]]:
    """Rank (0 is said first), mark and text of what is worth marking about a change."""
    during = (flow.t >= change.at_s) & (flow.t <= change.until_s)
    if not change.share_mbps or not during.any():
        return []
    t, target = flow.t[during], flow.target[during]
    if not np.isfinite(target).any():
        return []
    result = []
    if change.settling_s is None:
        middle = (change.at_s + min(change.until_s, float(t[-1]))) / 2
        result.append((0, Mark(middle, _at(t, target, middle), UNSETTLED, style.BAD, 6.0), "not settled"))
    elif change.settling_s > _AT_ONCE:
        when = change.at_s + change.settling_s
        result.append((1, Mark(when, _at(t, target, when), SETTLED, colour), settling(change.settling_s)))
    if change.overshoot is not None and change.overshoot > _BAND:
        top = int(np.nanargmax(target))
        result.append((2, Mark(float(t[top]), float(target[top]), OVERSHOOT, colour), _over(change.overshoot)))
    return result


def _over(overshoot: float) -> str:
    """Above its share: in percent, from tenfold on as a multiple of the share."""
    return f"+{percent(overshoot)}" if overshoot < 9 else f"{1 + overshoot:.0f}x"


def _at(t: Floats, y: Floats, when: float) -> float:
    return float(np.interp(when, t, y))


def clipped(page: Page, frame: Frame, x: Floats, capacity: Floats) -> tuple[Mark, ...]:
    """An arrow over each stretch whose capacity lies beyond the axis; its value where the stretch is wide enough."""
    result = []
    for begin, end, low, high in _beyond(x, capacity, frame.scale.high):
        left, right = float(frame.x(begin)), float(frame.x(end))
        if right - left < 0.12:
            continue
        if np.isinf(high):
            text = "no bottleneck"
        else:
            text = f"capacity {rate(high * 1e6)}" if low == high else f"capacity up to {rate(high * 1e6)}"
        text = f"{UP} {text}"
        y = frame.box.top - 0.12
        for at in (0.5, 0.25, 0.75):
            label = Label(left + at * (right - left), y, text, 8, style.MUTED, anchor="center", halo=True)
            fits = label.x - width(text, 8) / 2 > left and label.x + width(text, 8) / 2 < right
            if fits and page.put_if_free(label):
                break
        else:
            result.append(Mark((begin + end) / 2, frame.scale.high, "^", style.CAPACITY_EDGE, 4.0, hollow=False))
    return tuple(result)


def _beyond(x: Floats, y: Floats, top: float) -> list[tuple[float, float, float, float]]:
    """Begin, end, least and largest value of each stretch of a stairs curve above ``top``."""
    above = np.concatenate(([False], y > top, [False]))
    begins, ends = np.flatnonzero(above[1:] & ~above[:-1]), np.flatnonzero(~above[1:] & above[:-1]) - 1
    return [
        (float(x[b]), float(x[e]), float(y[b : e + 1].min()), float(y[b : e + 1].max()))
        for b, e in zip(begins, ends, strict=True)
    ]
