"""A gain map's parts to matplotlib artists, no arithmetic. Without pyplot."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from nenc_lab.plots import gain_map, style
from nenc_lab.plots.gain_map import GainMap, Map


def panel(figure: Figure, info: GainMap, one: Map) -> None:
    """Adds one map: cells or points, what failed, and the best."""
    axes = figure.add_axes(one.place)
    for name, axis in (("x", info.x), ("y", info.y)):
        if axis.log:
            axes.set(**{f"{name}scale": "log"})
        where = axes.xaxis if name == "x" else axes.yaxis
        where.set_major_locator(FixedLocator([tick.value for tick in axis.ticks]))
        where.set_major_formatter(FixedFormatter([tick.text for tick in axis.ticks]))
        where.set_minor_locator(NullLocator())
        where.set_tick_params(length=3, width=0.6, labelsize=8.5, pad=2.5)
    axes.set_xlim(info.x.low, info.x.high)
    axes.set_ylim(info.y.low, info.y.high)
    axes.set_facecolor("#FFFFFF")
    if info.grid:
        shades = one.shade.reshape(len(info.y.edges) - 1, len(info.x.edges) - 1)
        axes.pcolormesh(
            info.x.edges,
            info.y.edges,
            shades,
            cmap=gain_map.COLOURS,
            vmin=0.0,
            vmax=1.0,
            edgecolor="white",
            linewidth=0.4,
        )
        for colour, cells in one.hatches:
            axes.add_collection(
                PolyCollection(
                    [np.array(cell) for cell in cells], facecolor="none", edgecolor=colour, hatch="////", linewidth=0.0
                ),
                autolim=False,
            )
        if info.best_cell:
            axes.add_collection(
                PolyCollection([np.array(info.best_cell)], facecolor="none", edgecolor=style.VERMILLION, linewidth=2.4),
                autolim=False,
            )
        return
    sound = ~info.failed
    axes.scatter(
        info.points_x[sound], info.points_y[sound], c=one.shade[sound], cmap=gain_map.COLOURS, vmin=0.0, vmax=1.0, s=34,
        edgecolor=style.MUTED, linewidth=0.4, zorder=3, plotnonfinite=False,
    )  # fmt: skip
    axes.scatter(
        info.points_x[info.failed], info.points_y[info.failed], c=style.BAD, marker="x", s=20, linewidth=1.0, zorder=2
    )
    if info.best is not None:
        axes.scatter(
            info.points_x[info.best], info.points_y[info.best], s=150, facecolor="none", edgecolor=style.VERMILLION,
            linewidth=2.0, zorder=4,
        )  # fmt: skip


def bar(figure: Figure, one: Map) -> None:
    """Adds the map's colour bar."""
    axes = figure.add_axes(one.bar)
    axes.imshow(
        np.linspace(0.0, 1.0, 256)[:, None],
        cmap=gain_map.COLOURS,
        aspect="auto",
        origin="lower",
        extent=(0.0, 1.0, 0.0, 1.0),
    )
    axes.xaxis.set_major_locator(NullLocator())
    axes.yaxis.tick_right()
    axes.yaxis.set_major_locator(FixedLocator([tick.value for tick in one.bar_ticks]))
    axes.yaxis.set_major_formatter(FixedFormatter([tick.text for tick in one.bar_ticks]))
    axes.set_ylim(0.0, 1.0)
    axes.tick_params(length=3, width=0.6, labelsize=8.5, pad=2.5)
