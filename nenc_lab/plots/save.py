"""Writes a run's convergence figure into its folder, with the same bytes every time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nenc_lab.plots import convergence
from nenc_lab.plots.files import Kind, render_kinds, write

if TYPE_CHECKING:
    from pathlib import Path

    from nenc_lab.recording.open import Run


def save_png(run: Run) -> Path:
    """Draws ``run``, replaces its convergence.png and returns the path.

    Raises InputError when a table cannot be read, MachineError when the folder cannot be written.
    """
    return _save(run, ("png",))[0]


def save_svg(run: Run) -> Path:
    """Draws ``run``, replaces its convergence.svg and returns the path. Raises the same errors as `save_png`."""
    return _save(run, ("svg",))[0]


def save(run: Run) -> tuple[Path, Path]:
    """Draws ``run`` once, writes both files and returns their paths, the PNG's first. Raises as `save_png` does."""
    png, svg = _save(run, ("png", "svg"))
    return png, svg


def _save(run: Run, kinds: Sequence[Kind]) -> list[Path]:
    info = convergence.info(run)
    made = render_kinds(lambda figure: convergence.draw(info, figure), info.title, kinds)
    return [write(run.folder / f"convergence.{kind}", data) for kind, data in made.items()]
