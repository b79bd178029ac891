"""A figure as the bytes of a PNG and an SVG, the same every time: no date, no version, no user settings."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from nenc_lab.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def render(paint: Callable[[Figure], None], title: str, kinds: Sequence[str] = ("png", "svg")) -> dict[str, bytes]:
    """Lets ``paint`` draw on an empty figure; returns its bytes by kind ("png", "svg")."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    about: dict[str, dict[str, str | None]] = {
        "png": {"Software": None, "Title": title},
        "svg": {"Date": None, "Creator": "nenc-lab", "Title": title},
    }
    result = {}
    with style.settings():
        figure = Figure(dpi=style.DPI)
        canvas = FigureCanvasAgg(figure)
        paint(figure)
        for kind in kinds:
            file = io.BytesIO()
            canvas.print_figure(file, format=kind, dpi=style.DPI, metadata=about[kind])
            result[kind] = file.getvalue()
    return result
