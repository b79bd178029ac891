"""What one panel of a figure shows, as data in the panel's own units. Nothing here imports matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nenc_lab.plots.curves import envelope
from nenc_lab.plots.looks import Look, look
from nenc_lab.plots.words import number

Floats = npt.NDArray[np.float64]
BUCKETS = 900
"""A curve keeps at most two points for each of this many buckets: more than the panel has columns of ink."""
_POINTS = 24_000
"""Points of all curves of a figure together; this keeps an SVG below a megabyte."""
_CURVES_PER_FLOW = 9


@dataclass(frozen=True, slots=True)
class Scale:
    """A vertical axis from ``low`` to ``high``: linear, or with ``linear_to`` linear up to there and a decade per step
    beyond (matplotlib's "symlog", in which 0 stays 0 and small values stay visible beside large ones)."""

    low: float
    high: float
    linear_to: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A line through ``x`` (s) and ``y`` (the panel's unit); NaN breaks it."""

    name: str
    x: Floats
    y: Floats
    look: Look


@dataclass(frozen=True, slots=True, eq=False)
class Area:
    """A filled area between ``low`` (0 when there is none) and ``y``; NaN breaks it."""

    name: str
    x: Floats
    y: Floats
    colour: str
    alpha: float = 1.0
    z: float = 1.0
    low: Floats | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A symbol (a marker of matplotlib's) at a point, and the text that stands beside it where there is room.

    Texts of a lower ``rank`` are placed first.
    """

    x: float
    y: float
    symbol: str
    colour: str
    text: str = ""
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Beyond:
    """A stretch of time in which the capacity lies above the axis, and the words that say so."""

    begin_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One coordinate system with everything in it; the time axis is the figure's."""

    name: str
    heading: str
    height: float
    """Inches."""
    scale: Scale
    curves: tuple[Curve, ...]
    legend: tuple[Look, ...] = ()
    """Samples for the margin, from the top."""
    note: str = ""
    areas: tuple[Area, ...] = ()
    marks: tuple[Mark, ...] = ()
    beyond: tuple[Beyond, ...] = ()
    zero_line: bool = False
    say: Callable[[float], str] = number
    """Turns a value of the axis into the text of its tick."""

    def curve(self, name: str) -> Curve:
        """The curve called ``name`` (KeyError when there is none)."""
        return {curve.name: curve for curve in self.curves}[name]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """A quantity of flow number ``flow`` over time, before it is thinned for the page."""

    quantity: str
    flow: int
    x: Floats
    y: Floats


def thinned(series: Iterable[Series], flows: int) -> tuple[Curve, ...]:
    """The series as curves that share the figure's points; every peak stays."""
    buckets = max(100, min(BUCKETS, _POINTS // (2 * _CURVES_PER_FLOW * max(flows, 1))))
    return tuple(
        Curve(f"{one.quantity}.{one.flow}", *envelope(one.x, one.y, buckets), look(one.quantity, one.flow, flows))
        for one in series
    )


def highest(values: Floats, quantile: float = 1.0, infinite: bool = False) -> float:
    """The highest value that is there, or a quantile of them; 0 of nothing."""
    there = values[~np.isnan(values)] if infinite else values[np.isfinite(values)]
    if there.size == 0:
        return 0.0
    return float(there.max() if quantile >= 1.0 else np.quantile(there, quantile))
