"""The content of one panel of a figure, as data in the panel's units. Does not import matplotlib."""

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
"""Number of buckets, each with at most two points of a curve; more than a panel has columns of pixels."""
_POINTS = 24_000
"""Limit on the points of all curves of a figure together, which keeps an SVG below a megabyte."""
_CURVES_PER_FLOW = 9


@dataclass(frozen=True, slots=True)
class Scale:
    """A vertical axis from ``low`` to ``high``: linear, or with ``linear_to`` logarithmic above that value.

    The latter is matplotlib's "symlog", which includes 0 and shows small values beside large ones.
    """

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
    """A filled area between ``low`` (0 if None) and ``y``; NaN breaks it."""

    name: str
    x: Floats
    y: Floats
    colour: str
    alpha: float = 1.0
    z: float = 1.0
    low: Floats | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A symbol (a matplotlib marker) at a point, and the text beside it if there is room.

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
    """A time span in which the capacity is above the axis, and the text that says so."""

    begin_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One coordinate system with its content; the figure sets the time axis."""

    name: str
    heading: str
    height: float
    """Height in inches."""
    scale: Scale
    curves: tuple[Curve, ...]
    legend: tuple[Look, ...] = ()
    """Legend entries for the margin, from the top."""
    note: str = ""
    areas: tuple[Area, ...] = ()
    marks: tuple[Mark, ...] = ()
    beyond: tuple[Beyond, ...] = ()
    zero_line: bool = False
    say: Callable[[float], str] = number
    """Formats a value of the axis for its tick."""

    def curve(self, name: str) -> Curve:
        """Returns the curve called ``name``. Raises KeyError when there is none."""
        return {curve.name: curve for curve in self.curves}[name]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """A quantity of flow number ``flow`` over time, before it is thinned for the figure."""

    quantity: str
    flow: int
    x: Floats
    y: Floats


def thinned(series: Iterable[Series], flows: int) -> tuple[Curve, ...]:
    """Returns the series as curves that share the figure's limit of points and keep every peak."""
    buckets = max(100, min(BUCKETS, _POINTS // (2 * _CURVES_PER_FLOW * max(flows, 1))))
    return tuple(
        Curve(f"{one.quantity}.{one.flow}", *envelope(one.x, one.y, buckets), look(one.quantity, one.flow, flows))
        for one in series
    )


def highest(values: Floats, quantile: float = 1.0, infinite: bool = False) -> float:
    """Returns the highest finite value, or a quantile of them; 0 if there are none. ``infinite`` includes inf."""
    there = values[~np.isnan(values)] if infinite else values[np.isfinite(values)]
    if there.size == 0:
        return 0.0
    return float(there.max() if quantile >= 1.0 else np.quantile(there, quantile))
