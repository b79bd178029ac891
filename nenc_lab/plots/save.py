"""Writes a run's convergence figure into its folder: convergence.png and convergence.svg, the same bytes every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nenc_lab.plots import convergence
from nenc_lab.plots.files import render

if TYPE_CHECKING:
    from pathlib import Path

    from nenc_lab.recording.open import Run


def save(run: Run) -> tuple[Path, Path]:
    """Draws ``run`` and replaces its two figure files, each whole or not at all. Returns their paths, PNG first.

    Raises InputError when a table cannot be read, EnvironmentError_ when the folder cannot be written.
    """
    from nenc_lab.recording.atomic import said_plainly, write_whole

    info = convergence.info(run)
    paths = []
    for kind, data in render(lambda figure: convergence.draw(info, figure), info.title).items():
        path = run.folder / f"convergence.{kind}"
        with said_plainly("write", path):
            write_whole(path, data)
        paths.append(path)
    return paths[0], paths[1]
