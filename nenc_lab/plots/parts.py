"""The parts a figure is made of, as plain data: panels, curves, marks and texts, every position already decided.

Positions in a panel are in data units; positions on the page (`Label`, `Stroke`) are inches from the lower left corner.
Nothing here, and nothing that makes these, imports matplotlib.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from nenc_lab.plots.scales import Scale
from nenc_lab.plots.style import INK, SOLID

Floats = npt.NDArray[np.float64]
Anchor = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A line through ``x`` (s) and ``y`` (unit of its panel); NaN breaks it."""

    name: str
    x: Floats
    y: Floats
    colour: str
    width: float = 1.0
    dash: tuple[float, ...] = SOLID
    z: float = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Area:
    """A filled area between 0, or ``low``, and ``y``; NaN breaks it."""

    name: str
    x: Floats
    y: Floats
    colour: str
    alpha: float = 1.0
    z: float = 1.0
    low: Floats | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A symbol at a point of a panel; ``symbol`` is one of matplotlib's marker letters."""

    x: float
    y: float
    symbol: str
    colour: str
    size: float = 5.0
    hollow: bool = True


@dataclass(frozen=True, slots=True)
class Label:
    """One line of text, centred vertically on ``y``; the halo keeps it legible above curves."""

    x: float
    y: float
    text: str
    size: float = 8.0
    colour: str = INK
    bold: bool = False
    anchor: Anchor = "left"
    halo: bool = False
    turned: bool = False
    """Reads upwards; its anchor is then center."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line on the page: a sample in a legend, the stem of an event, a leader; or a symbol when ``symbol`` is set."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    colour: str
    width: float = 1.0
    dash: tuple[float, ...] = SOLID
    symbol: str = ""
    hollow: bool = True


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis and what is written there."""

    value: float
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One coordinate system of a figure with everything in it."""

    name: str
    place: tuple[float, float, float, float]
    """left, bottom, width, height as fractions of the page."""
    x_limits: tuple[float, float]
    scale: Scale
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    curves: tuple[Curve, ...]
    areas: tuple[Area, ...] = ()
    marks: tuple[Mark, ...] = ()
    verticals: tuple[float, ...] = ()
    zero_line: bool = False

    def curve(self, name: str) -> Curve:
        """The curve called ``name`` (KeyError when there is none)."""
        return {curve.name: curve for curve in self.curves}[name]
