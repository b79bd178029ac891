"""Prints tables and runs, for people (coloured on a terminal) and for programs (one JSON line)."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from nenc_lab import report
from nenc_lab.cli.streams import on_terminal

if TYPE_CHECKING:
    from rich.console import Console

    from nenc_lab.lab import LabRun

PLAIN_WIDTH = 200
"""Columns when nobody looks: a pipe or a file must not be wrapped at 80."""


def json_line(value: object) -> None:
    """One line on stdout; what is not in JSON (NaN) is a defect and raises ValueError."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


def run_as_json(run: LabRun) -> dict[str, Any]:
    """What ``run --json`` prints of one run."""
    info = run.info
    return {
        "scenario": info["scenario"]["name"],
        "controller": info["controller"],
        "backend": info["backend"],
        "seed": info["seed"],
        "folder": str(run.folder),
        "summary": run.summary,
        "expectations": run.expectations,
    }


def console() -> Console:
    """rich's console on stdout: as wide as the terminal, or wide enough for every table."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, width=None if on_terminal("stdout") else PLAIN_WIDTH)


def show_table(out: Console, table: report.TextTable) -> None:
    """Prints a table, unless it has no rows."""
    from rich import box
    from rich.table import Table

    if not table.rows:
        return
    drawn = Table(
        title=table.title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False
    )
    for index, column in enumerate(table.columns):
        drawn.add_column(column, justify="left" if index < table.left else "right", vertical="bottom")
    for row in table.rows:
        drawn.add_row(*row, style="bold red" if row[0] == "FAILED" else None)
    out.print(drawn)


def show_run(out: Console, run: LabRun) -> None:
    """The end of one run: headline, changes, whole run, verdicts, where everything is."""
    out.print(report.headline(run), style="bold")
    for table in (report.changes(run.summary), report.totals(run.summary), report.verdicts(run.expectations)):
        show_table(out, table)
    out.print(f"figure: {run.figure}" if run.figure is not None else f"folder: {run.folder}", soft_wrap=True)
