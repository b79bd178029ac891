"""The table of commands. A new command is one function in a file of this package and one line here."""

from __future__ import annotations

from typing import Annotated

import typer

from nenc_lab.cli.bench import bench
from nenc_lab.cli.clean import clean
from nenc_lab.cli.doctor import doctor
from nenc_lab.cli.exits import guarded
from nenc_lab.cli.identify import identify
from nenc_lab.cli.parity import parity
from nenc_lab.cli.plot import plot
from nenc_lab.cli.run import run
from nenc_lab.cli.scenarios import schema, validate
from nenc_lab.cli.sweep import sweep
from nenc_lab.cli.test import test
from nenc_lab.cli.traces import import_trace

COMMANDS = {
    "run": run,
    "sweep": sweep,
    "parity": parity,
    "identify": identify,
    "plot": plot,
    "validate": validate,
    "schema": schema,
    "import-trace": import_trace,
    "doctor": doctor,
    "clean": clean,
    "bench": bench,
    "test": test,
}
PASS_THROUGH = {"test"}
"""Commands that pass unknown options on."""


def build() -> typer.Typer:
    """Builds the application; calling the result parses a command line."""
    # Help is plain text: importing rich would take longer than everything else that --help does.
    app = typer.Typer(
        help="A wind tunnel for adaptive-bitrate control of 4K/8K real-time video.",
        epilog="Exit codes: 0 done and expectations met, 1 an expectation failed, 2 bad input, "
        "3 this machine cannot do it, 4 internal error, 130 interrupted.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )
    app.callback()(_common)
    for name, command in COMMANDS.items():
        settings = {"allow_extra_args": True, "ignore_unknown_options": True} if name in PASS_THROUGH else None
        app.command(name, context_settings=settings)(guarded(command))  # type: ignore[arg-type]  # of any signature
    return app


def _version(wanted: bool) -> None:
    if wanted:
        from nenc_lab import __version__

        typer.echo(f"nenc-lab {__version__}")
        raise typer.Exit


def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass
