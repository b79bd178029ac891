"""Standard streams that may be closed, piped or terminals."""

from __future__ import annotations

import io
import os
import sys


def repair() -> None:
    """Gives closed standard streams a place to go, and characters the terminal cannot show an escape."""
    for number, name in ((0, "stdin"), (1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)  # else the next file opened would take the number
            if descriptor != number:
                os.dup2(descriptor, number)
                os.close(descriptor)
            # the same number for the interpreter's whole life: nothing to close
            setattr(sys, name, open(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def on_terminal(name: str) -> bool:
    """Is ``stdout`` or ``stderr`` a terminal?"""
    stream = getattr(sys, name)
    try:
        return bool(stream.isatty())
    except ValueError:  # closed since
        return False
