"""The gain map as data: settling time and overshoot over two swept keys, from a sweep's rows (one per point and seed).

The points of a full grid make two heat maps; anything else (random or Sobol samples) makes two scatters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from nenc_lab.errors import InputError
from nenc_lab.plots.words import number


class Rows(Protocol):
    """A table of rows: a polars data frame, a pyarrow table, or a mapping of columns."""

    def __getitem__(self, column: str, /) -> Iterable[float | None]: ...


Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_GEOMETRIC = 0.02
_WIDE_RANGE = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """The axis of one swept key."""

    key: str
    low: float
    high: float
    log: bool
    ticks: tuple[float, ...]
    """At most eight of the grid's values; empty if matplotlib chooses the ticks."""
    edges: Floats
    """Edges of the cells of a grid; empty for a scatter plot."""

    @property
    def label(self) -> str:
        """The last part of the key."""
        return self.key.rsplit(".", 1)[-1]


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """One quantity over the two keys: a value per point (NaN: none) and its text in a cell."""

    title: str
    values: Floats
    texts: tuple[str, ...]
    failures: tuple[str, ...] = ()
    """Texts that replace the values in cells with failed runs, drawn in the colour for failures; else empty."""


@dataclass(frozen=True, slots=True, eq=False)
class GainMap:
    """The whole figure as data. Points of a grid are in rows, from the bottom up."""

    x: Axis
    y: Axis
    grid: bool
    points_x: Floats
    points_y: Floats
    runs: Ints
    failures: Ints
    """Number of runs per point in which the rate did not settle."""
    best: int | None
    """Index of the point with the least median settling time, then overshoot, among those where all runs settled."""
    maps: tuple[Map, Map]

    @property
    def failed(self) -> Bools:
        """Whether at least one run of each point did not settle."""
        failed: Bools = self.failures > 0
        return failed

    @property
    def about(self) -> str:
        """The numbers of points, of runs and of failed points."""
        runs = f"{self.runs.min()}" if np.ptp(self.runs) == 0 else f"{self.runs.min()} to {self.runs.max()}"
        text = f"{self.runs.size} point{'s' if self.runs.size > 1 else ''}, "
        text += f"{runs} run{'s' if self.runs.max() > 1 else ''} each, medians"
        count = int(self.failed.sum())
        return f"{text}; {'hatched' if self.grid else 'crossed'}: {count} where a run did not settle" if count else text

    @property
    def verdict(self) -> str:
        """The best point and its figures."""
        if self.best is None:
            return "nowhere did every run settle"
        where = f"{self.x.label} {short(self.points_x[self.best])}, {self.y.label} {short(self.points_y[self.best])}"
        time, peak = (float(one.values[self.best]) for one in self.maps)
        over = f", overshoot {number(round(peak, 1))} %" if np.isfinite(peak) else ""
        return f"best: {where}, settles in {time:.1f} s{over}"


def info(
    table: Rows,
    x: str | None = None,
    y: str | None = None,
    *,
    settling: str = "settling_s",
    overshoot: str = "overshoot",
) -> GainMap:
    """Computes the map of ``table`` (polars, pyarrow, or a mapping of columns), which has a row per point and seed.

    ``x`` and ``y`` are the columns of the swept keys, by default those that end in ``kp`` and ``ki``; ``settling`` (s,
    null if not settled) and ``overshoot`` (ratio) are the columns of the figures. Rows with equal values of both keys
    form one point, which shows their median; a run that did not settle counts as infinitely slow.
    Raises InputError when a column is missing or empty.
    """
    names = _names(table)
    x_key, y_key = x or _ending(names, "kp"), y or _ending(names, "ki")
    for name in (x_key, y_key, settling, overshoot):
        if name not in names:
            raise InputError(f"the table has no column {name!r}: it has {', '.join(names)}")
    xs, ys = _column(table, x_key), _column(table, y_key)
    keep = np.isfinite(xs) & np.isfinite(ys)
    if not keep.any():
        raise InputError(f"no row of the table has both {x_key} and {y_key}: a gain map needs at least one point")
    points, which = np.unique(np.column_stack((ys[keep], xs[keep])), axis=0, return_inverse=True)
    which = which.reshape(-1)
    settled, above = _column(table, settling)[keep], _column(table, overshoot)[keep]
    count = len(points)
    # A run that did not settle counts as slower than all that did; without it the median would look better than it is.
    time = _medians(np.where(np.isfinite(settled), settled, np.inf), which, count)
    peak = _medians(above, which, count)
    runs = np.bincount(which, minlength=count)
    failures = np.bincount(which, weights=~np.isfinite(settled), minlength=count).astype(np.int64)

    px, py = points[:, 1], points[:, 0]
    columns, rows = np.unique(px), np.unique(py)
    grid = count == columns.size * rows.size and columns.size > 1 and rows.size > 1
    x_axis, y_axis = axis(x_key, columns, grid), axis(y_key, rows, grid)
    best = _best(time, peak, failures)
    failed = [f"{bad}/{of}" if bad else "" for bad, of in zip(failures, runs, strict=True)]
    maps = (
        Map("Settling time, s", time, tuple(f"{value:.1f}" for value in time), tuple(failed)),
        Map("Overshoot, %", peak * 100.0, tuple(f"{value:.0f}".replace("-0", "0") for value in peak * 100.0)),
    )
    return GainMap(x_axis, y_axis, grid, px, py, runs, failures, best, maps)


def axis(key: str, values: Floats, grid: bool) -> Axis:
    """Makes the axis of a key: logarithmic for a geometric grid, and for samples that span a decade or more."""
    log = False
    if values[0] > 0 and values.size > 2:
        ratios = values[1:] / values[:-1]
        log = bool(np.ptp(ratios) < _GEOMETRIC * ratios.mean()) if grid else bool(values[-1] / values[0] >= _WIDE_RANGE)
    ruler = np.log(values) if log else values
    if grid:
        middle = (ruler[1:] + ruler[:-1]) / 2
        edges = np.concatenate(([2 * ruler[0] - middle[0]], middle, [2 * ruler[-1] - middle[-1]]))
        low, high = edges[0], edges[-1]
        ticks = tuple(float(value) for value in values[:: -(-values.size // 8)])
    else:
        edges = np.empty(0)
        pad = 0.05 * (ruler[-1] - ruler[0]) or 0.05 * abs(ruler[0]) or 1.0
        low, high = ruler[0] - pad, ruler[-1] + pad
        ticks = (float(values[0]),) if values.size == 1 else ()
    back = np.exp if log else np.asarray
    return Axis(key, float(back(low)), float(back(high)), log, ticks, np.asarray(back(edges), dtype=np.float64))


def short(value: float) -> str:
    """Formats a value with two significant digits, or as a whole number from 100 on."""
    return number(float(f"{value:.2g}")) if abs(value) < 100 else number(round(value))


def _names(table: Rows) -> list[str]:
    """Returns the names of the columns of a pyarrow table, a polars data frame or a mapping."""
    for attribute in ("column_names", "columns"):
        if hasattr(table, attribute):
            return [str(name) for name in getattr(table, attribute)]
    assert isinstance(table, Mapping)
    return [str(name) for name in table]


def _ending(names: Sequence[str], gain: str) -> str:
    found = [name for name in names if name == gain or name.endswith(f".{gain}")]
    if not found:
        raise InputError(
            f"no column ends in .{gain}: give the map's two swept keys (x=..., y=...) among {', '.join(names)}"
        )
    return found[0]


def _column(table: Rows, name: str) -> Floats:
    column = table[name]
    values = column.to_pylist() if hasattr(column, "to_pylist") else column
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _medians(values: Floats, which: npt.NDArray[np.intp], count: int) -> Floats:
    """Returns the median of each point's values; NaN if it is not finite or there are none."""
    result = np.full(count, np.nan)
    there = ~np.isnan(values)
    for k in np.unique(which[there]):
        result[k] = np.median(values[there & (which == k)])
    return np.where(np.isfinite(result), result, np.nan)


def _best(time: Floats, peak: Floats, failures: Ints) -> int | None:
    sound = np.flatnonzero((failures == 0) & np.isfinite(time))
    if sound.size == 0:
        return None
    return int(sound[np.lexsort((np.nan_to_num(peak[sound], nan=np.inf), time[sound]))[0]])
