"""The gain map: settling time and overshoot over two swept keys, side by side.

``info`` takes the rows of a sweep, one per point and seed, and computes the figure; ``draw`` draws it. A full grid
becomes two heat maps; other samples (random or Sobol) become two scatter plots with the same colours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nenc_lab.errors import InputError
from nenc_lab.plots import style
from nenc_lab.plots.gain_points import GainMap, Map, info, short

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw", "info", "save"]

WIDTH, HEIGHT = 12.0, 6.0
COLOURS = "cividis_r"
"""A map with uniform lightness, safe for colour-blind readers; reversed, so that good (low) values are light."""
_DARK = 0.5
"""Colours above this fraction of the map have white text instead of black."""


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


def save(info: GainMap, path: Path) -> Path:
    """Writes the figure to ``path`` (.png or .svg) atomically. Raises InputError for any other suffix."""
    from nenc_lab.plots.files import render, write

    if path.suffix == ".png":
        return write(path, render(lambda figure: draw(info, figure), "gain map", "png"))
    if path.suffix == ".svg":
        return write(path, render(lambda figure: draw(info, figure), "gain map", "svg"))
    raise InputError(f"{path} ends in {path.suffix!r}: choose .png or .svg for a gain map")
