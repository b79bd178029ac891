"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Targets = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE|DIR|NAME...",
        help="Scenario files, directories of them, or names of shipped scenarios (step).",
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="A.B=C", help="Override one value, such as flows.video.rate.max=80Mbps; repeatable."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one line per result, and nothing else on stdout.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Directory for the run folders.")]
