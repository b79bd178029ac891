"""``nenc-lab plot``: draws the figures of runs again, from their folders alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nenc_lab.cli import options


def plot(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER...", help="Run folders.")],
    as_json: options.Json = False,
) -> None:
    """Draw convergence.png and convergence.svg of runs again.

    Works on every run that has a run.json, also on one that was interrupted or killed. Prints the figures' paths;
    --json prints one line per run: {"folder", "png", "svg"}.
    """
    from nenc_lab.api import open_run
    from nenc_lab.cli.show import json_line

    for run in [open_run(folder) for folder in folders]:  # all are opened before the first is drawn
        png = run.draw()
        if as_json:
            json_line({"folder": str(run.folder), "png": str(png), "svg": str(png.with_suffix(".svg"))})
        else:
            print(png)
