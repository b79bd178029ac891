"""Colours, dashes and matplotlib settings that all figures of the lab share.

Colours are Okabe & Ito's, which people with any common colour-vision deficiency can distinguish
(https://jfly.uni-koeln.de/color/). Importing this does not import matplotlib.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
PURPLE = "#CC79A7"
SKY = "#56B4E9"
VERMILLION = "#D55E00"
BLACK = "#000000"

FLOW_COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK)
"""One colour per flow, used in turn; without yellow, which is hardly visible on white."""

INK = "#222222"
MUTED = "#5F5F5F"
GRID = "#E3E3E3"
EVENT = "#8A8A8A"
CAPACITY_FILL = "#E4E4E4"
CAPACITY_EDGE = "#A8A8A8"
GOOD = "#00795A"
BAD = "#C24400"
"""Okabe-Ito green and vermillion, slightly darker for small text (contrast 5:1 on white)."""

SOLID: tuple[float, ...] = ()
DASHED: tuple[float, ...] = (4.0, 1.6)
DOTTED: tuple[float, ...] = (1.0, 1.2)

FONT = "DejaVu Sans"
"""A font that ships with matplotlib, so that figures are the same on every machine."""
DPI = 150

SETTINGS: dict[str, object] = {
    "font.family": [FONT],
    "font.size": 8.0,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlesize": 9.0,
    "axes.titleweight": "bold",
    "axes.titley": 1.0,  # no ticks on top for a title to keep clear of: finding that out takes as long as the curves
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    **{
        f"{side}tick.{key}": value
        for side in "xy"
        for key, value in (
            ("color", MUTED),
            ("labelcolor", INK),
            ("labelsize", 8.5),
            ("major.size", 3.0),
            ("major.width", 0.6),
            ("major.pad", 2.5),
        )
    },
    "hatch.linewidth": 0.8,
    "lines.solid_capstyle": "butt",
    "lines.solid_joinstyle": "round",
    "path.simplify": True,
    "path.simplify_threshold": 0.2,
    "svg.fonttype": "path",
    "svg.hashsalt": "nenc-lab",
    "text.color": INK,
    "text.parse_math": False,
    "text.usetex": False,
    "text.hinting": "none",
    "savefig.bbox": None,
    "savefig.facecolor": "white",
    "savefig.transparent": False,
}


@contextmanager
def settings() -> Iterator[None]:
    """Applies the lab's matplotlib settings and none of the user's, so that files do not depend on a matplotlibrc."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(SETTINGS)  # type: ignore[arg-type]
        yield
