"""The panels of the convergence figure as data: scales, curves thinned for the page, names in the margin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nenc_lab.plots import style
from nenc_lab.plots.curves import envelope
from nenc_lab.plots.frame import Frame
from nenc_lab.plots.gather import Flow
from nenc_lab.plots.looks import Look, legend, look
from nenc_lab.plots.parts import Area, Curve, Label, Mark, Stroke, Tick
from nenc_lab.plots.place import Box, Page, spread
from nenc_lab.plots.scales import Scale, linear_ticks, spaced, symlog_ticks
from nenc_lab.plots.text import height, number, shorten

Floats = npt.NDArray[np.float64]
_TICK_GAP = 0.15
"""Inches between tick texts."""
_FAR = 6.0
_POINTS = 24_000
"""Points of all curves of a figure together: keeps an SVG under a megabyte."""
_CURVES_PER_FLOW = 9
BUCKETS = 900
"""Buckets a curve is thinned to at most: two points each, more than the panel has columns of ink."""
LOSS_SCALE = Scale(0.0, 100.0, "symlog", 0.1)
"""Percent. The same in every figure, and 0 is 0; from 0.1 % on a decade per step, so that 0.5 % shows beside 85 %."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """A curve as computed, before it is thinned."""

    quantity: str
    flow: int
    x: Floats
    y: Floats


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in the margin: its sample, and the height (inches) it would like to be at."""

    look: Look
    wanted: float
    symbol: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One panel before it is put on the page, with its heading and the names for its margin."""

    name: str
    heading: str
    frame: Frame
    ticks: tuple[Tick, ...]
    curves: tuple[Curve, ...]
    listed: Sequence[Entry]
    note: str = ""
    areas: tuple[Area, ...] = ()
    marks: tuple[Mark, ...] = ()
    zero_line: bool = False


def delay_part(flows: Sequence[Flow], box: Box, end: float) -> Part:
    """Queue delay and round-trip time."""
    series = delay_series(flows)
    frame = Frame(box, 0.0, end, delay_scale(series))
    listed = entries(frame, series, ("queue_delay", "rtt"), len(flows))
    return Part("delay", "Delay, ms", frame, y_ticks(frame, 4, say_ms), thinned(series, len(flows)), listed)


def loss_part(flows: Sequence[Flow], box: Box, end: float) -> Part:
    """Loss over the rate window; filled for a flow that is alone, so that short losses catch the eye."""
    series = loss_series(flows)
    frame = Frame(box, 0.0, end, LOSS_SCALE)
    curves = thinned(series, len(flows))
    areas = tuple(Area("loss", curve.x, curve.y, curve.colour, 0.25, 2.0) for curve in curves if len(flows) == 1)
    known = [one.y[np.isfinite(one.y)] for one in series]
    quiet = any(values.size for values in known) and not any(values.any() for values in known)
    note = "no packet was lost" if quiet else ""
    listed = entries(frame, series, ("loss",), len(flows))
    return Part("loss", "Loss, %", frame, y_ticks(frame, 4), curves, listed, note, areas)


def terms_part(flows: Sequence[Flow], box: Box, end: float) -> Part:
    """The controller's p, i and d."""
    series = term_series(flows)
    scale = term_scale(series)
    frame = Frame(box, 0.0, end, scale)
    low, high = extremes(series)
    cut = [number(value) for value, limit in ((low, scale.low), (high, scale.high)) if abs(value) > abs(limit)]
    note = f"peaks up to {' and '.join(cut)} are cut off" if cut else ""
    if flows and low == high == 0.0:
        note = "this controller reports none"
    listed = entries(frame, series, ("p", "i", "d"), len(flows))
    curves = thinned(series, len(flows))
    return Part(
        "terms",
        "Controller terms, share of the operating point",
        frame,
        y_ticks(frame, 4),
        curves,
        listed,
        note,
        zero_line=True,
    )


def delay_series(flows: Sequence[Flow]) -> list[Series]:
    """Queue delay (from the queues) and round-trip time of every flow, ms."""
    result = []
    for k, flow in enumerate(flows):
        result.append(Series("rtt", k, flow.t, flow.rtt))
        result.append(Series("queue_delay", k, flow.t, flow.queue_delay))
    return result


def loss_series(flows: Sequence[Flow]) -> list[Series]:
    """Loss over the rate window of every flow, percent."""
    return [Series("loss", k, flow.t, flow.loss) for k, flow in enumerate(flows)]


def term_series(flows: Sequence[Flow]) -> list[Series]:
    """The controller's p, i and d of every flow, relative to its operating point."""
    return [Series(term, k, flow.t, flow.terms[term]) for k, flow in enumerate(flows) for term in ("d", "p", "i")]


def thinned(series: Iterable[Series], flows: int) -> tuple[Curve, ...]:
    """The series as curves of at most their part of the figure's points."""
    buckets = max(100, min(BUCKETS, _POINTS // (2 * _CURVES_PER_FLOW * max(flows, 1))))
    curves = []
    for one in series:
        x, y = envelope(one.x, one.y, buckets)
        how = look(one.quantity, one.flow, flows)
        curves.append(Curve(f"{one.quantity}.{one.flow}", x, y, how.colour, how.width, how.dash, how.z))
    return tuple(curves)


def delay_scale(series: Iterable[Series]) -> Scale:
    """Milliseconds from 0: linear; where they go beyond 1.5 s, linear to 100 ms and a decade per step from there."""
    top = max((top_of(one.y, 1.0) for one in series), default=0.0)
    if top > 1500.0:
        return Scale(0.0, 1.1 * top, "symlog", 100.0)
    return Scale(0.0, 1.08 * top if top > 0 else 1.0)


def term_scale(series: Sequence[Series]) -> Scale:
    """Both signs, linear. A peak far beyond what the terms are 99 % of the time is cut off, and the figure says so."""
    low, high = extremes(series)
    if low == high == 0.0:
        return Scale(-1.0, 1.0)
    values = np.abs(np.concatenate([one.y[np.isfinite(one.y)] for one in series]))
    common = float(np.quantile(values[values > 0], 0.99))
    if max(high, -low) > _FAR * common:
        low, high = max(low, -2.0 * common), min(high, 2.0 * common)
    pad = 0.06 * (high - low)
    return Scale(low - pad, high + pad)


def extremes(series: Iterable[Series]) -> tuple[float, float]:
    """The lowest and highest value, 0 included."""
    there = [one.y[np.isfinite(one.y)] for one in series]
    low = min([0.0, *(float(values.min()) for values in there if values.size)])
    return low, max([0.0, *(float(values.max()) for values in there if values.size)])


def y_ticks(frame: Frame, count: int, say: Callable[[float], str] = number) -> tuple[Tick, ...]:
    """Ticks with room for their texts."""
    scale, room = frame.scale, frame.box.top - frame.box.bottom
    if scale.kind == "linear":
        ticks = linear_ticks(scale.low, scale.high, count)
    else:
        ticks = spaced(symlog_ticks(scale, say), scale, room, _TICK_GAP)
    return tuple(Tick(value, text) for value, text in ticks)


def say_ms(value: float) -> str:
    """100, and from a second on 1 s, 10 s."""
    return number(value) if value < 1000 else f"{number(value / 1000)} s"


def entries(frame: Frame, series: Sequence[Series], quantities: Sequence[str], flows: int) -> list[Entry]:
    """A margin entry per quantity, beside the end of its first flow's curve.

    Where all ends lie close together their order is noise: the names then stand in the order of ``quantities``.
    """
    found = {}
    for quantity in quantities:
        ends = [_last(one.y) for one in series if one.quantity == quantity]
        wanted = next((float(frame.y(end)) for end in ends if end is not None), None)
        if wanted is not None:
            found[quantity] = wanted
    heights = list(found.values())
    if heights and max(heights) - min(heights) < 0.12 * len(heights):
        middle = sum(heights) / len(heights)
        found = {quantity: middle - 1e-3 * k for k, quantity in enumerate(found)}
    return [Entry(legend(quantity, flows), wanted) for quantity, wanted in found.items()]


def margin(page: Page, frame: Frame, listed: Sequence[Entry], right: float, size: float = 8.5) -> list[Stroke]:
    """Writes the names right of a panel, near their curves' ends and clear of each other; returns their samples."""
    gap = height(size) + 0.055
    low, high = frame.box.bottom + gap / 2, frame.box.top - gap / 2
    left = frame.box.right + 0.1
    samples = []
    for entry, y in zip(listed, spread([entry.wanted for entry in listed], gap, low, high), strict=True):
        x = (left + 0.11,) if entry.symbol else (left, left + 0.22)
        how = entry.look
        samples.append(Stroke(x, (y,) * len(x), how.colour, how.width, how.dash, entry.symbol))
        text = shorten(entry.text or how.label, size, right - left - 0.3)
        page.put(Label(left + 0.3, y, text, size, style.INK))
    return samples


def top_of(values: Floats, quantile: float, infinite: bool = False) -> float:
    """The highest value, or a quantile, of what is there; 0 of nothing."""
    there = values[~np.isnan(values)] if infinite else values[np.isfinite(values)]
    if there.size == 0:
        return 0.0
    return float(there.max() if quantile >= 1.0 else np.quantile(there, quantile))


def _last(values: Floats) -> float | None:
    there = np.flatnonzero(np.isfinite(values))
    return float(values[there[-1]]) if there.size else None
