"""The gain map: settling time and overshoot over two swept keys, side by side.

``info`` takes the rows of a sweep, one per point and seed, and computes the figure; ``draw`` draws it. A full grid
becomes two heat maps; other samples (random or Sobol) become two scatter plots with the same colours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from nenc_lab.errors import InputError
from nenc_lab.plots import style
from nenc_lab.plots.words import number

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Rows(Protocol):
    """A table of rows: a polars data frame, a pyarrow table, or a mapping of columns."""

    def __getitem__(self, column: str, /) -> Iterable[float | None]: ...


Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

WIDTH, HEIGHT = 12.0, 6.0
COLOURS = "cividis_r"
"""A map with uniform lightness, safe for colour-blind readers; reversed, so that good (low) values are light."""
_DARK = 0.5
"""Colours above this fraction of the map have white text instead of black."""
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


def draw(info: GainMap, figure: Figure) -> None:
    """Draws ``info`` on an empty ``figure`` and sets its size. Use it within `nenc_lab.plots.style.settings`."""
    from nenc_lab.plots.paint import end_of, grid, words

    figure.set_size_inches(WIDTH, HEIGHT)
    title = words(figure, 0.35, 5.73, f"{info.x.label} x {info.y.label}", 4.0, fontsize=15, weight="bold")
    after = end_of(title) + 0.2
    words(figure, after, 5.71, info.about, WIDTH - after - 0.3, fontsize=9.5, color=style.MUTED)
    ink = style.BAD if info.best is None else style.INK
    words(figure, 0.35, 5.41, info.verdict, WIDTH - 0.7, fontsize=10.5, color=ink, weight="bold")
    axes = grid(figure, [4.2], 2, left=0.9, right=11.1, bottom=0.72, gap=0.0, between=1.8)[0]
    for one, where in zip(info.maps, axes, strict=True):
        _map(where, info, one)


def _map(axes: Axes, info: GainMap, one: Map) -> None:
    """Draws one map with its colour bar: cells or points, failures, and the best point."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.patches import Rectangle
    from matplotlib.ticker import MaxNLocator

    from nenc_lab.plots.paint import STEPS, cut

    there = one.values[np.isfinite(one.values)]
    low, high = (float(there.min()), float(there.max())) if there.size else (0.0, 1.0)
    norm = Normalize(low, high if high > low else low + 1.0)
    colours = ScalarMappable(norm, COLOURS)
    axes.set_title(one.title, loc="left")
    _scale(axes, info)
    cut(axes.set_xlabel(info.x.key, fontsize=9), 4.6)
    cut(axes.set_ylabel(info.y.key, fontsize=9), 4.2)
    if info.grid:
        shape = info.y.edges.size - 1, info.x.edges.size - 1
        axes.pcolormesh(
            info.x.edges, info.y.edges, one.values.reshape(shape), cmap=COLOURS, norm=norm, edgecolor="white",
            linewidth=0.4,
        )  # fmt: skip
        dark = np.nan_to_num(norm(one.values)) > _DARK
        for k in np.flatnonzero(info.failed):
            hatch = "#C8C8C8" if dark[k] else style.MUTED
            axes.add_patch(Rectangle(*_cell(info, int(k)), fill=False, edgecolor=hatch, hatch="////", linewidth=0.0))
        if info.best is not None:
            axes.add_patch(Rectangle(*_cell(info, info.best), fill=False, edgecolor=style.VERMILLION, linewidth=2.4))
        inks = ["#FFFFFF" if shade else style.INK for shade in dark]
        plain = [
            k for k in range(one.values.size) if np.isfinite(one.values[k]) and not (one.failures and one.failures[k])
        ]
        _in_cells(axes, info, {k: one.texts[k] for k in plain}, inks)
        _in_cells(axes, info, {k: text for k, text in enumerate(one.failures) if text}, [style.BAD] * one.values.size)
    else:
        sound = ~info.failed
        axes.scatter(
            info.points_x[sound], info.points_y[sound], c=one.values[sound], cmap=COLOURS, norm=norm, s=34,
            edgecolor=style.MUTED, linewidth=0.4, zorder=3, plotnonfinite=False,
        )  # fmt: skip
        axes.scatter(
            info.points_x[~sound], info.points_y[~sound], c=style.BAD, marker="x", s=20, linewidth=1.0, zorder=2
        )
        if info.best is not None:
            axes.scatter(
                info.points_x[info.best], info.points_y[info.best], s=150, facecolor="none",
                edgecolor=style.VERMILLION, linewidth=2.0, zorder=4,
            )  # fmt: skip
    bar = axes.figure.colorbar(colours, cax=axes.inset_axes((1.03, 0.0, 0.035, 1.0)))
    bar.locator = MaxNLocator(5, steps=STEPS)
    bar.outline.set_visible(False)
    bar.update_ticks()


def _scale(axes: Axes, info: GainMap) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

    from nenc_lab.plots.paint import STEPS

    for key, where, set_scale, set_limits in (
        (info.x, axes.xaxis, axes.set_xscale, axes.set_xlim),
        (info.y, axes.yaxis, axes.set_yscale, axes.set_ylim),
    ):
        set_scale("log" if key.log else "linear")
        set_limits(key.low, key.high)
        if key.ticks:
            where.set_major_locator(FixedLocator(key.ticks))
        elif key.log:
            where.set_major_locator(LogLocator(subs=(1.0,) if key.high / key.low > 300 else (1.0, 2.0, 5.0)))
        else:
            where.set_major_locator(MaxNLocator(6, steps=STEPS))
        where.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
        where.set_minor_locator(NullLocator())


def _cell(info: GainMap, index: int) -> tuple[tuple[float, float], float, float]:
    """Returns the lower left corner, width and height of a cell."""
    row, column = divmod(index, info.x.edges.size - 1)
    left, right = (float(edge) for edge in info.x.edges[column : column + 2])
    low, high = (float(edge) for edge in info.y.edges[row : row + 2])
    return (left, low), right - left, high - low


def _in_cells(axes: Axes, info: GainMap, texts: Mapping[int, str], inks: Sequence[str]) -> None:
    """Writes a text into each of these cells, or into none of them when one does not fit."""
    from matplotlib.patheffects import withStroke

    made = []
    halo = [withStroke(linewidth=2.2, foreground="white")]
    for k, text in texts.items():
        (left, low), wide, high = _cell(info, k)
        box = axes.transData.transform([(left, low), (left + wide, low + high)])
        x, y = (float(at) for at in axes.transData.inverted().transform(box.mean(axis=0)))
        path_effects = halo if inks[k] == style.BAD else None
        put = axes.text(x, y, text, fontsize=7.5, color=inks[k], ha="center", va="center", path_effects=path_effects)
        made.append(put)
        size, room = put.get_window_extent(), box[1] - box[0]
        if size.width + 3 > room[0] or size.height > room[1]:
            for one in made:
                one.remove()
            return


def short(value: float) -> str:
    """Formats a value with two significant digits, or as a whole number from 100 on."""
    return number(float(f"{value:.2g}")) if abs(value) < 100 else number(round(value))


def save(info: GainMap, path: Path) -> Path:
    """Writes the figure to ``path`` (.png or .svg) atomically. Raises InputError for any other suffix."""
    from nenc_lab.plots.files import render, write

    if path.suffix == ".png":
        return write(path, render(lambda figure: draw(info, figure), "gain map", "png"))
    if path.suffix == ".svg":
        return write(path, render(lambda figure: draw(info, figure), "gain map", "svg"))
    raise InputError(f"{path} ends in {path.suffix!r}: choose .png or .svg for a gain map")


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
