"""Parts to matplotlib artists, one function per part, no arithmetic. Without pyplot: its import takes half a second."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import AbstractPathEffect, withStroke
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from nenc_lab.plots import style
from nenc_lab.plots.parts import Label, Panel, Stroke
from nenc_lab.plots.scales import Scale


def panel(figure: Figure, panel: Panel) -> None:
    """Adds the panel's axes with all that is in it."""
    axes = figure.add_axes(panel.place)
    _set_scale(axes.set_yscale, panel.scale)
    axes.set_xlim(*panel.x_limits)
    axes.set_ylim(panel.scale.low, panel.scale.high)
    for axis, ticks in ((axes.xaxis, panel.x_ticks), (axes.yaxis, panel.y_ticks)):
        axis.set_major_locator(FixedLocator([tick.value for tick in ticks]))
        axis.set_major_formatter(FixedFormatter([tick.text for tick in ticks]))
        axis.set_minor_locator(NullLocator())
        axis.set_tick_params(length=3, width=0.6, labelsize=8.5, pad=2.5)
    axes.hlines(
        [tick.value for tick in panel.y_ticks],
        0,
        1,
        style.GRID,
        linewidth=0.5,
        zorder=1.5,
        transform=axes.get_yaxis_transform(),
    )
    if panel.verticals:
        axes.vlines(panel.verticals, 0, 1, style.EVENT, linewidth=0.6, zorder=2.5, transform=axes.get_xaxis_transform())
    if panel.zero_line:
        axes.axhline(0.0, color=style.MUTED, linewidth=0.6, zorder=2.0)
    for area in panel.areas:
        base = 0.0 if area.low is None else area.low
        axes.fill_between(area.x, area.y, base, color=area.colour, alpha=area.alpha, linewidth=0, zorder=area.z)
    for curve in panel.curves:
        axes.add_line(
            Line2D(
                curve.x,
                curve.y,
                color=curve.colour,
                linewidth=curve.width,
                linestyle=_dashes(curve.dash),
                zorder=curve.z,
            )
        )
    for mark in panel.marks:
        axes.add_line(
            Line2D(
                [mark.x], [mark.y], linestyle="none", marker=mark.symbol, markersize=mark.size, markeredgewidth=1.3,
                markeredgecolor=mark.colour, markerfacecolor="white" if mark.hollow else mark.colour, zorder=7,
                clip_on=False,
            )
        )  # fmt: skip


def stroke(figure: Figure, stroke: Stroke) -> None:
    """Adds a line, or a symbol, that lies on the page itself."""
    figure.add_artist(
        Line2D(
            stroke.x, stroke.y, transform=figure.dpi_scale_trans, color=stroke.colour, linewidth=stroke.width,
            linestyle=_dashes(stroke.dash), marker=stroke.symbol or "none", markersize=5.5, markeredgewidth=1.3,
            markerfacecolor="white" if stroke.hollow else stroke.colour,
        )
    )  # fmt: skip


def label(figure: Figure, label: Label) -> None:
    """Adds a text that lies on the page itself."""
    figure.text(
        label.x, label.y, label.text, transform=figure.dpi_scale_trans, fontsize=label.size, color=label.colour,
        fontweight="bold" if label.bold else "normal", ha=label.anchor, va="center", parse_math=False,
        rotation=90 if label.turned else 0, rotation_mode="default",
        path_effects=_halo() if label.halo else None, zorder=10,
    )  # fmt: skip


@cache
def _halo() -> list[AbstractPathEffect]:
    return [withStroke(linewidth=2.2, foreground="white")]


def _dashes(dash: tuple[float, ...]) -> Any:
    return (0, dash) if dash else "solid"


def _set_scale(setter: Callable[..., Any], scale: Scale) -> None:
    if scale.kind == "symlog":
        setter("symlog", base=10, linthresh=scale.threshold, linscale=1.0)
