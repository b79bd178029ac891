"""``nenc-lab plot``: draws the figures of runs again, from their folders alone."""

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
    """Draw convergence.png of runs again, and convergence.svg too with --svg.

    Works on every run that has a run.json, also on one that was interrupted or killed. Prints the figures' paths;
    --json prints one line per run: {"folder", "png", "svg"}, where svg is null when it was not asked for.
    """
    from nenc_lab.api import open_run
    from nenc_lab.cli.show import json_line
    from nenc_lab.plots.save import save_png, save_svg

    for run in [open_run(folder) for folder in folders]:  # all are opened before the first is drawn
        png = save_png(run)
        vector = save_svg(run) if svg else None
        if as_json:
            json_line({"folder": str(run.folder), "png": str(png), "svg": None if vector is None else str(vector)})
        else:
            print("\n".join(str(path) for path in (png, vector) if path is not None))
