"""Finding room for texts: nothing overlaps, curves are avoided, what does not fit is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from nenc_lab.plots.parts import Label
from nenc_lab.plots.text import height, width

Floats = npt.NDArray[np.float64]
_PAD = 0.025
"""Inches kept free around a text."""
_COLUMNS_PER_INCH = 48


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the page, inches."""

    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )

    def inside(self, other: Box) -> bool:
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.bottom >= other.bottom
            and self.top <= other.top
        )


def box_of(label: Label, pad: float = _PAD) -> Box:
    """The rectangle ``label`` covers, ``pad`` inches wider on every side."""
    wide, high = width(label.text, label.size, label.bold), height(label.size)
    if label.turned:
        wide, high = high, wide
    left = label.x - {"left": 0.0, "center": wide / 2, "right": wide}[label.anchor]
    return Box(left - pad, label.y - high / 2 - pad, left + wide + pad, label.y + high / 2 + pad)


class Terrain:
    """The curves of one panel as heights over narrow columns: how much ink would a text cover?"""

    def __init__(self, frame: Box) -> None:
        self.frame = frame
        self._edges = np.linspace(frame.left, frame.right, max(2, int((frame.right - frame.left) * _COLUMNS_PER_INCH)))
        self._low: list[Floats] = []
        self._high: list[Floats] = []
        self._stacked: tuple[Floats, Floats] | None = None

    def add(self, x: Floats, y: Floats) -> None:
        """A curve through points in inches; NaN breaks it."""
        if x.size < 2:
            return
        samples = np.interp(np.linspace(self.frame.left, self.frame.right, 4 * self._edges.size), x, y, np.nan, np.nan)
        table = np.clip(samples, self.frame.bottom, self.frame.top).reshape(-1, 4)
        self._stacked = None
        self._low.append(np.where(np.isnan(table), np.inf, table).min(axis=1))
        self._high.append(np.where(np.isnan(table), -np.inf, table).max(axis=1))

    def cost(self, box: Box) -> float:
        """How many curves run through ``box``, each by the share of its width where they do."""
        if not self._low:
            return 0.0
        first, last = np.searchsorted(self._edges, (box.left, box.right))
        if last <= first:
            return 0.0
        if self._stacked is None:
            self._stacked = np.array(self._low), np.array(self._high)
        low, high = self._stacked
        return float(((low[:, first:last] < box.top) & (high[:, first:last] > box.bottom)).mean(axis=1).sum())


@dataclass(slots=True)
class Page:
    """What is taken already, and every label placed so far."""

    labels: list[Label] = field(default_factory=list)
    taken: list[Box] = field(default_factory=list)

    def free(self, box: Box) -> bool:
        return not any(box.overlaps(other) for other in self.taken)

    def put(self, label: Label) -> Label:
        """Place ``label`` where it is, whatever is there: the caller knows there is room."""
        self.labels.append(label)
        self.taken.append(box_of(label))
        return label

    def block(self, x: float, y: float, size: float) -> None:
        """Keeps texts off a symbol at (x, y) of ``size`` inches."""
        self.taken.append(Box(x - size / 2, y - size / 2, x + size / 2, y + size / 2))

    def put_if_free(self, label: Label) -> bool:
        """Place ``label`` where it is unless something is there."""
        if not self.free(box_of(label)):
            return False
        self.put(label)
        return True

    def put_near(
        self, label: Label, frame: Box, terrain: Terrain, reach: float = 0.25, patience: float = 1.2
    ) -> Label | None:
        """Place ``label`` (centred) near its position, inside ``frame``, on as few curves as can be; None: no room.

        ``reach`` is how far it may move (inches), ``patience`` how much ink it may cover (in curves).
        """
        wide, high = width(label.text, label.size, label.bold) / 2 + 0.05, height(label.size) / 2 + 0.05
        best: tuple[float, Label] | None = None
        for away in (0.03, 0.09, 0.16, 0.24):
            if away > reach:
                break
            for side, up in ((0, 1), (1, 1), (-1, 1), (0, -1), (1, -1), (-1, -1), (1, 0), (-1, 0)):
                x = label.x + side * (wide + away * 0.7)
                y = label.y + up * (high + away)
                moved = _moved(label, x, y)
                box = box_of(moved)
                if not box.inside(frame) or not self.free(box):
                    continue
                cost = terrain.cost(box)
                if cost > patience:
                    continue
                cost += 1.2 * away + 0.05 * (side != 0) + 0.08 * (up == 0)
                if best is None or cost < best[0]:
                    best = (cost, moved)
        return self.put(best[1]) if best else None


def _moved(label: Label, x: float, y: float) -> Label:
    return replace(label, x=x, y=y, anchor="center")


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions in the order of ``wanted``, at least ``gap`` apart within [low, high], as near to ``wanted`` as can be.

    Least squares under the order: pool adjacent violators on the positions less their rank times the gap.
    When there is no room for all, the gap shrinks.
    """
    count = len(wanted)
    if count == 0:
        return []
    gap = min(gap, (high - low) / max(count - 1, 1))
    order = sorted(range(count), key=lambda i: wanted[i])
    pools: list[tuple[float, int]] = []
    for rank, index in enumerate(order):
        mean, size = wanted[index] - rank * gap, 1
        while pools and pools[-1][0] >= mean:
            before, many = pools.pop()
            mean, size = (before * many + mean * size) / (many + size), many + size
        pools.append((mean, size))
    slack = [min(max(mean, low), high - (count - 1) * gap) for mean, size in pools for _ in range(size)]
    result = [0.0] * count
    for rank, index in enumerate(order):
        result[index] = slack[rank] + rank * gap
    return result


def flags(
    page: Page, stems: Sequence[tuple[float, str]], rows: Sequence[float], size: float, colour: str, right: float
) -> list[tuple[float, float]]:
    """Label vertical lines above a panel: text right of its stem, in the lowest of ``rows`` (heights) that has room.

    ``stems`` are (x, text) from left to right. Placed from right to left, so that a stem reaching a higher row never
    runs through a lower text. Returns (x, row height) of every label placed; one that finds no row is left out.
    """
    placed: list[tuple[float, float]] = []
    for x, text in reversed(stems):
        if not text:
            continue
        for row in rows:
            label = Label(x + 0.035, row, text, size, colour)
            box = box_of(label)
            crossed = any(box.left < other < box.right and row < top and other != x for other, top in placed)
            if crossed or box.right > right or not page.free(box):
                continue
            page.put(label)
            placed.append((x, row))
            break
    return placed
