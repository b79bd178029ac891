"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_TARGETS = typer.Argument(
    metavar="FILE|DIR|NAME...", help="Scenario files, directories of them, or names of shipped scenarios (step)."
)
Targets = Annotated[list[str], _TARGETS]
TargetsIfAny = Annotated[list[str] | None, _TARGETS]
Controller = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE.so", help="Controller of every flow: nenc, classic, fixed, or your own: ./mine.so."
    ),
]
Encoder = Annotated[str | None, typer.Option(metavar="NAME", help="Encoder of every flow: model, null.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="A.B=C", help="Override one value, such as flows.video.rate.max=80Mbps; repeatable."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one line per result, and nothing else on stdout.")]
NoPlot = Annotated[bool, typer.Option("--no-plot", help="Do not draw the figure.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Directory for the run folders.")]
