"""Prints tables and runs, for people (coloured on a terminal) and for programs (one JSON line)."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from nenc_lab import report
from nenc_lab.cli.streams import on_terminal
from nenc_lab.recording.page import first_notes, verdicts

if TYPE_CHECKING:
    from rich.console import Console

    from nenc_lab.recording.open import Run
    from nenc_lab.texttable import TextTable

PLAIN_WIDTH = 200
"""Width of output that goes to a pipe or a file, which must not be wrapped at 80 columns."""


def json_line(value: object) -> None:
    """Prints ``value`` as one line of JSON. Raises ValueError for NaN, which JSON does not have."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


def run_as_json(run: Run) -> dict[str, Any]:
    """What ``run --json`` prints of one run; ``failure`` is there only when a user's controller ended it early."""
    info = run.info
    return {
        "scenario": info["scenario"]["name"],
        "controller": info["controller"],
        "backend": info["backend"],
        "seed": info["seed"],
        "folder": str(run.folder),
        "summary": run.summary,
        "expectations": run.expectations,
        **({} if run.failure is None else {"failure": run.failure}),
    }


def console() -> Console:
    """Rich's console on stdout, as wide as the terminal or, without one, wide enough for every table."""
    from rich.console import Console

    class Plain(Console):
        def on_broken_pipe(self) -> None:
            raise  # rich would exit with 1, which here means that an expectation was not met

    return Plain(highlight=False, markup=False, emoji=False, width=None if on_terminal("stdout") else PLAIN_WIDTH)


def show_table(out: Console, table: TextTable) -> None:
    """Prints a table that has rows, without blanks at the ends of lines."""
    from rich import box
    from rich.table import Table

    if not table.rows:
        return
    drawn = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    lines = max(column.count("\n") for column in table.columns)
    for index, column in enumerate(table.columns):
        name = "\n" * (lines - column.count("\n")) + column  # headings are aligned at the bottom
        drawn.add_column(name, justify="left" if index < table.left else "right", overflow="fold")
    for row in table.rows:
        drawn.add_row(*row, style="bold red" if row[0] == "FAILED" else None)
    with out.capture() as printed:
        out.print(drawn)
    print(f"\n{table.title}")
    print("\n".join(line.rstrip() for line in printed.get().splitlines()))


def show_run(out: Console, run: Run, *, brief: bool = False) -> None:
    """Prints headline, changes, verdicts and folder of a run; ``brief`` prints only the verdicts that failed."""
    out.print(run.headline, style="bold", soft_wrap=True)
    show_table(out, report.changes(run.summary))
    if not brief:
        show_table(out, report.totals(run.summary))
    notes = first_notes(run.notes)
    if notes:
        print("\n" + "\n".join(f"note: {text}" for text in notes))
    failed = [verdict for verdict in run.expectations if not verdict["passed"]]
    show_table(out, verdicts(failed if brief else run.expectations))
    print(f"\n{len(run.expectations) - len(failed)} of {len(run.expectations)} expectations met")
    print(f"figure: {run.figure}" if run.figure is not None else f"folder: {run.folder}")
    if brief:
        print()
