"""Writes a run's convergence figure into its folder, the same bytes every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nenc_lab.plots import convergence
from nenc_lab.plots.files import Kind, render, write

if TYPE_CHECKING:
    from pathlib import Path

    from nenc_lab.recording.open import Run


def save_png(run: Run) -> Path:
    """Draws ``run``, replaces its convergence.png and returns the path.

    Raises InputError when a table cannot be read, EnvironmentError_ when the folder cannot be written.
    """
    return _save(run, "png")


def save_svg(run: Run) -> Path:
    """Draws ``run``, replaces its convergence.svg and returns the path; it raises what `save_png` raises."""
    return _save(run, "svg")


def save(run: Run) -> tuple[Path, Path]:
    """Both files, the PNG first."""
    return save_png(run), save_svg(run)


def _save(run: Run, kind: Kind) -> Path:
    info = convergence.info(run)
    data = render(lambda figure: convergence.draw(info, figure), info.title, kind)
    return write(run.folder / f"convergence.{kind}", data)
