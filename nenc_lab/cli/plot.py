"""``nenc-lab plot``: redraws the figures of runs from their folders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nenc_lab.cli import options


def plot(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER...", help="Run folders.")],
    svg: Annotated[bool, typer.Option("--svg", help="Also draw convergence.svg, which takes longer.")] = False,
    as_json: options.Json = False,
) -> None:
    """Redraw convergence.png of runs, and with --svg also convergence.svg.

    Every run with a run.json can be drawn, even one that was interrupted or killed. Prints the paths of the figures;
    --json prints one line per run: {"folder", "png", "svg"}, where svg is null without --svg.
    """
    from nenc_lab.api import open_run
    from nenc_lab.cli.show import json_line
    from nenc_lab.plots.save import save_png, save_svg

    for run in [open_run(folder) for folder in folders]:  # a bad folder is reported before the first figure is drawn
        png = save_png(run)
        vector = save_svg(run) if svg else None
        if as_json:
            json_line({"folder": str(run.folder), "png": str(png), "svg": None if vector is None else str(vector)})
        else:
            print("\n".join(str(path) for path in (png, vector) if path is not None))
