"""The gain map: settling time and overshoot over two swept keys, side by side. Where is it fast, where does it fail?

``info`` takes the rows of a sweep, one per point and seed, and decides everything; ``draw`` paints it. A full grid
becomes two heat maps, anything else (random or Sobol samples) two scatters on the same colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nenc_lab.errors import InputError
from nenc_lab.plots import style
from nenc_lab.plots.gain_axis import Axis, axis, inches, short
from nenc_lab.plots.parts import Label, Tick
from nenc_lab.plots.place import Box, Page, box_of
from nenc_lab.plots.scales import linear_ticks
from nenc_lab.plots.text import number, shorten, width

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Corners = tuple[tuple[float, float], ...]

WIDTH, HEIGHT = 12.0, 6.0
COLOURS = "cividis_r"
"""Even in lightness and safe for colour-blind readers; reversed, so that good (low) is light."""
_MAPS = (Box(0.9, 0.72, 5.1, 4.92), Box(6.9, 0.72, 11.1, 4.92))
_BAR_GAP, _BAR_WIDTH = 0.12, 0.16
_LEFT, _TOP = 0.35, HEIGHT - 0.27
_LEGIBLE = 0.3
"""Inches a cell must be wide for its value to be written into it."""
_DARK = 0.5
"""From this shade on, white reads better than black."""


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """One quantity over the two keys. ``shade`` is 0 (best) to 1 per point, rows of a grid upwards; NaN: no value."""

    title: str
    place: tuple[float, float, float, float]
    bar: tuple[float, float, float, float]
    values: Floats
    shade: Floats
    bar_ticks: tuple[Tick, ...]
    hatches: tuple[tuple[str, tuple[Corners, ...]], ...] = ()
    """Colour of the hatching and the cells of a grid where a run did not settle: light on dark cells, dark on light."""


@dataclass(frozen=True, slots=True, eq=False)
class GainMap:
    """The whole figure as data."""

    width: float
    height: float
    x: Axis
    y: Axis
    grid: bool
    points_x: Floats
    points_y: Floats
    failed: Bools
    """Per point: in at least one of its runs the rate did not settle. Same shape as ``Map.shade``, raveled."""
    runs: Ints
    failures: Ints
    best: int | None
    """Index of the best point: all its runs settled, least median settling time, then least overshoot."""
    best_cell: Corners
    maps: tuple[Map, Map]
    labels: tuple[Label, ...]


def info(
    table: Any,
    x: str | None = None,
    y: str | None = None,
    *,
    settling: str = "settling_s",
    overshoot: str = "overshoot",
) -> GainMap:
    """The map of ``table`` (polars, pyarrow, or a mapping of columns): a row per point and seed.

    ``x`` and ``y`` are the swept keys' columns, by default the ones ending in ``kp`` and ``ki``; ``settling`` (s, null:
    did not settle) and ``overshoot`` (ratio) the columns of the figures. Rows that agree in both keys are one point:
    its value is the median over them, other keys and seeds alike; what did not settle took for ever.
    Raises InputError when a column is missing or empty.
    """
    names = list(
        table.column_names if hasattr(table, "column_names") else table.columns if hasattr(table, "columns") else table
    )
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
    # a run that did not settle took longer than any that did: without it the rest would look better than it is
    time = _medians(np.where(np.isfinite(settled), settled, np.inf), which, count)
    peak = _medians(above, which, count)
    runs = np.bincount(which, minlength=count)
    failures = np.bincount(which, weights=~np.isfinite(settled), minlength=count).astype(np.int64)

    px, py = points[:, 1], points[:, 0]
    columns, rows = np.unique(px), np.unique(py)
    grid = count == columns.size * rows.size and columns.size > 1 and rows.size > 1
    x_axis, y_axis = axis(x_key, columns, grid), axis(y_key, rows, grid)
    best = _best(time, peak, failures)
    page = Page()
    maps = _map("Settling time, s", _MAPS[0], time), _map("Overshoot, %", _MAPS[1], peak * 100.0)
    _words(page, maps, x_axis, y_axis, runs, failures)
    _verdict(page, x_axis, y_axis, best, points, time, peak)
    best_cell: Corners = ()
    if grid:
        corners = [_corners(x_axis, y_axis, k, columns.size) for k in range(count)]
        best_cell = corners[best] if best is not None else ()
        maps = _hatched(maps[0], corners, failures), _hatched(maps[1], corners, failures)
        fail = [[f"{bad} of {of} fail", f"{bad}/{of}"] if bad else [] for bad, of in zip(failures, runs, strict=True)]
        _in_cells(page, maps[0], _MAPS[0], x_axis, y_axis, [f"{v:.1f}" for v in time], fail)
        _in_cells(
            page, maps[1], _MAPS[1], x_axis, y_axis, [f"{v:.0f}".replace("-0", "0") for v in peak * 100.0], [[]] * count
        )
    return GainMap(
        WIDTH,
        HEIGHT,
        x_axis,
        y_axis,
        grid,
        px,
        py,
        failures > 0,
        runs,
        failures,
        best,
        best_cell,
        maps,
        tuple(page.labels),
    )


def draw(info: GainMap, figure: Figure) -> None:
    """Paints ``info`` onto an empty ``figure`` and sets its size. Use it within `nenc_lab.plots.style.settings`."""
    from nenc_lab.plots import paint, paint_map

    figure.set_size_inches(info.width, info.height)
    for one in info.maps:
        paint_map.panel(figure, info, one)
        paint_map.bar(figure, one)
    for label in info.labels:
        paint.label(figure, label)


def save(info: GainMap, path: Path) -> Path:
    """Writes the figure to ``path`` (.png or .svg), whole or not at all. Raises InputError for another ending."""
    from nenc_lab.plots.files import render
    from nenc_lab.recording.atomic import said_plainly, write_whole

    if path.suffix not in {".png", ".svg"}:
        raise InputError(f"{path} ends in {path.suffix!r}: a gain map is written as .png or .svg")
    data = render(lambda figure: draw(info, figure), "gain map", (path.suffix[1:],))[path.suffix[1:]]
    with said_plainly("write", path):
        write_whole(path, data)
    return path


def _ending(names: Sequence[str], gain: str) -> str:
    found = [name for name in names if name == gain or name.endswith(f".{gain}")]
    if not found:
        raise InputError(
            f"no column ends in .{gain}: name the map's two swept keys (x=..., y=...); there are {', '.join(names)}"
        )
    return found[0]


def _column(table: Any, name: str) -> Floats:
    column = table[name]
    values = (
        column.to_pylist()
        if hasattr(column, "to_pylist")
        else column.to_list()
        if hasattr(column, "to_list")
        else column
    )
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _medians(values: Floats, which: npt.NDArray[np.intp], count: int) -> Floats:
    """Median of the values of each point, NaN where it is not finite, or there is none."""
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


def _map(title: str, box: Box, values: Floats) -> Map:
    there = values[np.isfinite(values)]
    low, high = (float(there.min()), float(there.max())) if there.size else (0.0, 1.0)
    span = high - low or 1.0
    ticks = [tick for tick in linear_ticks(low, low + span, 5) if low <= tick[0] <= low + span]
    place = (box.left / WIDTH, box.bottom / HEIGHT, (box.right - box.left) / WIDTH, (box.top - box.bottom) / HEIGHT)
    bar = ((box.right + _BAR_GAP) / WIDTH, place[1], _BAR_WIDTH / WIDTH, place[3])
    return Map(
        title, place, bar, values, (values - low) / span, tuple(Tick((v - low) / span, text) for v, text in ticks)
    )


def _hatched(one: Map, corners: Sequence[Corners], failures: Ints) -> Map:
    dark = one.shade > _DARK
    groups = ((style.MUTED, (failures > 0) & ~dark), ("#C8C8C8", (failures > 0) & dark))
    return replace(
        one, hatches=tuple((colour, tuple(corners[int(k)] for k in np.flatnonzero(of))) for colour, of in groups)
    )


def _words(page: Page, maps: tuple[Map, Map], x: Axis, y: Axis, runs: Ints, failures: Ints) -> None:
    title = page.put(Label(_LEFT, _TOP, shorten(f"{x.label} x {y.label}", 15, 4.0, bold=True), 15, bold=True))
    seeds = f"{runs.min()}" if runs.min() == runs.max() else f"{runs.min()} to {runs.max()}"
    text = f"{runs.size} point{'s' if runs.size > 1 else ''}, {seeds} run{'s' if runs.max() > 1 else ''} each, medians"
    failed = int((failures > 0).sum())
    if failed:
        text += f"; {'hatched' if x.edges else 'crossed'}: {failed} where a run did not settle"
    after = _LEFT + width(title.text, 15, bold=True) + 0.2
    page.put(Label(after, _TOP - 0.02, shorten(text, 9.5, WIDTH - after - 0.3), 9.5, style.MUTED))
    for one, box in zip(maps, _MAPS, strict=True):
        page.put(Label(box.left, box.top + 0.16, one.title, 9.5, bold=True))
        middle = (box.left + box.right) / 2, (box.bottom + box.top) / 2
        page.put(Label(middle[0], box.bottom - 0.42, shorten(x.key, 9, box.right - box.left), 9, anchor="center"))
        page.put(
            Label(box.left - 0.64, middle[1], shorten(y.key, 9, box.top - box.bottom), 9, anchor="center", turned=True)
        )


def _verdict(page: Page, x: Axis, y: Axis, best: int | None, points: Floats, time: Floats, peak: Floats) -> None:
    if best is None:
        page.put(Label(_LEFT, _TOP - 0.32, "nowhere did every run settle", 10.5, style.BAD, bold=True))
        return
    where = f"{x.label} {short(float(points[best, 1]))}, {y.label} {short(float(points[best, 0]))}"
    text = f"best: {where}, settles in {time[best]:.1f} s"
    if np.isfinite(peak[best]):
        text += f", overshoot {number(round(float(peak[best]) * 100, 1))} %"
    page.put(Label(_LEFT, _TOP - 0.32, shorten(text, 10.5, WIDTH - 0.7, bold=True), 10.5, bold=True))


def _corners(x: Axis, y: Axis, index: int, columns: int) -> Corners:
    row, column = divmod(int(index), columns)
    left, right, low, high = x.edges[column], x.edges[column + 1], y.edges[row], y.edges[row + 1]
    return ((left, low), (right, low), (right, high), (left, high))


def _in_cells(
    page: Page, one: Map, box: Box, x: Axis, y: Axis, values: Sequence[str], instead: Sequence[Sequence[str]]
) -> None:
    """Each cell's value, or what stands ``instead`` (longest form first), where one form fits all cells of its kind."""
    across, up = inches(x, box.left, box.right), inches(y, box.bottom, box.top)
    columns = across.size - 1
    if np.diff(across).min() < _LEGIBLE:
        return

    def fitting(texts: dict[int, str], colour: str = "", halo: bool = False) -> bool:
        labels = []
        for k, text in texts.items():
            row, column = divmod(k, columns)
            room = Box(across[column], up[row], across[column + 1], up[row + 1])
            ink = colour or ("#FFFFFF" if one.shade[k] > _DARK else style.INK)
            middle = (room.left + room.right) / 2, (room.bottom + room.top) / 2
            labels.append(Label(*middle, text, 7.5, ink, anchor="center", halo=halo))
            if not box_of(labels[-1], 0.01).inside(room):
                return False
        for label in labels:
            page.put(label)
        return True

    fitting({k: text for k, text in enumerate(values) if not instead[k] and np.isfinite(one.values[k])})
    for form in range(max((len(forms) for forms in instead), default=0)):
        if fitting({k: forms[form] for k, forms in enumerate(instead) if forms}, style.BAD, halo=True):
            break
