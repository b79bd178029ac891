"""The texts that a figure really draws, with the part of the page that each covers."""

from __future__ import annotations

from collections.abc import Callable
from unittest import mock

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from nenc_lab.plots import style

Box = tuple[float, float, float, float]


def drawn_texts(draw: Callable[[Figure], None]) -> list[tuple[str, Box]]:
    """Each text with left, bottom, right and top as parts of the page; ticks outside their axis are not drawn."""
    seen: list[Text] = []
    really = Text.draw

    def recorded(text: Text, *arguments: object, **options: object) -> None:
        seen.append(text)
        really(text, *arguments, **options)

    with style.settings(), mock.patch.object(Text, "draw", recorded):
        figure = Figure(dpi=150)
        canvas = FigureCanvasAgg(figure)
        draw(figure)
        canvas.draw()
        shown = [text for text in seen if text.get_text() and text.get_visible()]
        page = figure.transFigure.inverted()
        boxes = [page.transform_bbox(Text.get_window_extent(text)) for text in shown]
    return [(text.get_text(), (box.x0, box.y0, box.x1, box.y1)) for text, box in zip(shown, boxes, strict=True)]
