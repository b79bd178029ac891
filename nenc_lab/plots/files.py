"""Renders figures as PNG or SVG with the same bytes every time: no date, no version, no user settings."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from nenc_lab.plots import style
from nenc_lab.process import prepare_matplotlib

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

Kind = Literal["png", "svg"]
KINDS: tuple[Kind, ...] = ("png", "svg")
_ABOUT: dict[str, dict[str, str | None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": "nenc-lab"},
}

_HOW: dict[str, dict[str, object]] = {"png": {"pil_kwargs": {"compress_level": 2}}, "svg": {}}
"""At zlib's usual level 6 the compression takes as long as the drawing."""


def render(paint: Callable[[Figure], None], title: str, kind: Kind = "png") -> bytes:
    """Calls ``paint`` on an empty figure and returns the file's bytes."""
    return render_kinds(paint, title, (kind,))[kind]


def render_kinds(paint: Callable[[Figure], None], title: str, kinds: Sequence[Kind] = KINDS) -> dict[Kind, bytes]:
    """Calls ``paint`` once on an empty figure and returns the files' bytes in several formats."""
    prepare_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    result: dict[Kind, bytes] = {}
    with style.settings():
        figure = Figure(dpi=style.DPI)
        canvas = FigureCanvasAgg(figure)
        paint(figure)
        for kind in kinds:
            file = io.BytesIO()
            about = {**_ABOUT[kind], "Title": title}
            canvas.print_figure(file, format=kind, dpi=style.DPI, metadata=about, **_HOW[kind])  # type: ignore[arg-type]
            result[kind] = file.getvalue()
    return result


def write(path: Path, data: bytes) -> Path:
    """Writes a figure to ``path`` atomically and returns the path. Raises MachineError when it cannot be written."""
    from nenc_lab.recording.atomic import said_plainly, write_whole

    with said_plainly("write", path):
        write_whole(path, data)
    return path
