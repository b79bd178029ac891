"""The command ``nenc-lab``. Each command is a function in a file of this package; `app` holds the table of them."""

from __future__ import annotations

from collections.abc import Sequence

from nenc_lab.process import freeze_for_good, prepare_own


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line (default: the process's own) and returns its exit code (see `exits`)."""
    from nenc_lab.cli import streams
    from nenc_lab.cli.exits import outcome

    if argv is None:  # the process is the lab's own, and has not imported numpy and pydantic yet
        prepare_own()
    streams.repair()

    def call() -> object:
        from nenc_lab.cli.app import build

        return build()(args=None if argv is None else list(argv), prog_name="nenc-lab", standalone_mode=False)

    code = outcome(call)
    if argv is None:
        freeze_for_good()
    return code
