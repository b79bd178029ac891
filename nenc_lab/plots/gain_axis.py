"""One axis of a gain map: limits, ticks and cell borders of a swept key, linear or logarithmic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nenc_lab.plots.parts import Tick
from nenc_lab.plots.scales import linear_ticks
from nenc_lab.plots.text import number

Floats = npt.NDArray[np.float64]
_GEOMETRIC = 0.02
_WIDE_RANGE = 10.0


@dataclass(frozen=True, slots=True)
class Axis:
    """One swept key: its limits and ticks, and whether it is logarithmic."""

    key: str
    label: str
    low: float
    high: float
    log: bool
    ticks: tuple[Tick, ...]
    edges: tuple[float, ...] = ()
    """Borders of the cells of a grid; empty for a scatter."""


def axis(key: str, values: Floats, grid: bool) -> Axis:
    """Logarithmic where the grid is geometric; for samples where they span a decade or more."""
    log = False
    if values[0] > 0 and values.size > 2:
        ratios = values[1:] / values[:-1]
        log = bool(np.ptp(ratios) < _GEOMETRIC * ratios.mean()) if grid else bool(values[-1] / values[0] >= _WIDE_RANGE)
    ruler = np.log(values) if log else values
    if grid:
        middle = (ruler[1:] + ruler[:-1]) / 2
        edges = np.concatenate(([2 * ruler[0] - middle[0]], middle, [2 * ruler[-1] - middle[-1]]))
        low, high = edges[0], edges[-1]
    else:
        edges = np.empty(0)
        pad = 0.05 * (ruler[-1] - ruler[0]) or 0.05 * abs(ruler[0]) or 1.0
        low, high = ruler[0] - pad, ruler[-1] + pad
    back = np.exp if log else np.asarray
    limits = float(back(low)), float(back(high))
    label = key.rsplit(".", 1)[-1]
    ticks = tuple(Tick(value, text) for value, text in _axis_ticks(values, *limits, log, grid))
    return Axis(key, label, *limits, log, ticks, tuple(float(edge) for edge in np.atleast_1d(back(edges))))


def _axis_ticks(values: Floats, low: float, high: float, log: bool, grid: bool) -> list[tuple[float, str]]:
    """The grid's own values, thinned to at most eight; for samples 1-2-5 values, or a plain ruler."""
    if grid:
        step = -(-values.size // 8)
        return [(float(value), short(float(value))) for value in values[::step]]
    if values.size == 1:
        return [(float(values[0]), short(float(values[0])))]
    if not log:
        return linear_ticks(low, high, 6)
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    many = np.log10(high / low) > 2.5
    found = [m * 10.0**power for power in powers for m in ((1.0,) if many else (1.0, 2.0, 5.0))]
    return [(value, short(value)) for value in found if low <= value <= high]


def short(value: float) -> str:
    """Three significant digits at most."""
    return number(float(f"{value:.2g}")) if abs(value) < 100 else number(round(value))


def inches(axis: Axis, start: float, end: float) -> Floats:
    """Where the borders of the cells lie between ``start`` and ``end`` on the page."""
    edges = np.array(axis.edges)
    ruler = np.log(edges) if axis.log else edges
    return np.asarray(start + (ruler - ruler[0]) / (ruler[-1] - ruler[0]) * (end - start), dtype=np.float64)
