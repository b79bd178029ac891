"""Places texts inside a panel, so that none covers another text, a mark or many curves; omits those that do not fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from nenc_lab.plots import style
from nenc_lab.plots.panel import Curve

_APART_PT = 115.0
"""Least distance of two equal texts of one colour; a nearer one is omitted, but its mark is still drawn."""
_SYMBOL_PT = 3.1
_PAD_PT = 1.8
_AWAY_PT = (2.0, 6.5, 11.5, 17.0)
_SIDES = ((0, 1), (1, 1), (-1, 1), (0, -1), (1, -1), (-1, -1), (1, 0), (-1, 0))
"""Positions of a text around its mark, in order of preference."""
_MOST_INK = 1.2
"""Largest number of curves that a text may cover."""
_HALO = [withStroke(linewidth=2.2, foreground="white")]


class Places:
    """The occupied places of one panel, in pixels; the limits of its axes must be set."""

    def __init__(self, axes: Axes, curves: Sequence[Curve]) -> None:
        figure = axes.figure
        self._axes = axes
        self._point = figure.dpi / 72.0
        self._frame = axes.get_window_extent()
        self._taken: list[Bbox] = []
        self._placed: list[tuple[str, str, float]] = []
        self._curves: list[npt.NDArray[np.float64]] = [
            axes.transData.transform(np.column_stack((curve.x, curve.y))) for curve in curves if curve.x.size
        ]

    def block(self, x: float, y: float) -> None:
        """Reserves the place of a mark's symbol."""
        at, half = self._axes.transData.transform((x, y)), _SYMBOL_PT * self._point
        self._taken.append(Bbox([at - half, at + half]))

    def inside(self, begin: float, end: float, text: str) -> bool:
        """Writes a text below the upper edge within a time span; returns False when there is no room for it."""
        made = self._text(text, style.MUTED, bold=False)
        size = made.get_window_extent()
        left, right = (float(self._axes.transData.transform((t, 0.0))[0]) for t in (begin, end))
        top = self._frame.y1 - 3.0 * self._point
        for part in (0.5, 0.25, 0.75):
            middle = left + part * (right - left)
            box = Bbox.from_bounds(middle - size.width / 2, top - size.height, size.width, size.height)
            if box.x0 > left and box.x1 < right and not box.count_overlaps(self._taken):
                self._put(made, box)
                return True
        made.remove()
        return False

    def near(self, x: float, y: float, text: str, colour: str, *, bold: bool) -> None:
        """Writes a text near a point, where it covers the fewest curves."""
        at = self._axes.transData.transform((x, y))
        if not text or any(
            (text, colour) == (placed, ink) and abs(at[0] - where) < _APART_PT * self._point
            for placed, ink, where in self._placed
        ):
            return
        made = self._text(text, colour, bold=bold)
        size = made.get_window_extent()
        half = np.array([size.width / 2, size.height / 2]) + _SYMBOL_PT * self._point
        found: list[tuple[float, Bbox]] = []
        for away in _AWAY_PT:
            for side, up in _SIDES:
                middle = at + np.array([side, up]) * (half + away * self._point)
                box = Bbox.from_bounds(
                    middle[0] - size.width / 2, middle[1] - size.height / 2, size.width, size.height
                ).padded(_PAD_PT * self._point)
                if not self._holds(box) or box.count_overlaps(self._taken):
                    continue
                ink = self._ink(box)
                if ink <= _MOST_INK:
                    found.append((ink + 0.017 * away + 0.05 * abs(side) + 0.08 * (up == 0), box))
        if not found:
            made.remove()
            return
        self._placed.append((text, colour, float(at[0])))
        self._put(made, min(found, key=lambda place: place[0])[1])

    def _text(self, text: str, colour: str, *, bold: bool) -> Annotation:
        return self._axes.annotate(
            text, (0.0, 0.0), xycoords="axes points", ha="center", va="center", fontsize=8, color=colour, zorder=10,
            fontweight="bold" if bold else "normal", path_effects=_HALO, annotation_clip=False,
        )  # fmt: skip

    def _put(self, text: Annotation, box: Bbox) -> None:
        middle = ((box.x0 + box.x1) / 2 - self._frame.x0, (box.y0 + box.y1) / 2 - self._frame.y0)
        text.set_position((middle[0] / self._point, middle[1] / self._point))
        self._taken.append(box)

    def _holds(self, box: Bbox) -> bool:
        frame = self._frame
        return bool(box.x0 >= frame.x0 and box.x1 <= frame.x1 and box.y0 >= frame.y0 and box.y1 <= frame.y1)

    def _ink(self, box: Bbox) -> float:
        """Returns how many curves run through ``box``, each weighted by the fraction of its segments there."""
        total = 0.0
        for curve in self._curves:
            first, last = np.searchsorted(curve[:, 0], (box.x0, box.x1))
            y = curve[max(first - 1, 0) : last + 1, 1]
            y = y[np.isfinite(y)]
            if y.size > 1:
                low, high = np.minimum(y[1:], y[:-1]), np.maximum(y[1:], y[:-1])
                total += float(((low < box.y1) & (high > box.y0)).mean())
        return total
