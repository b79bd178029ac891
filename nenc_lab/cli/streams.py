"""Prepares the standard streams, which may be closed, pipes or terminals."""

from __future__ import annotations

import io
import os
import sys


def repair() -> None:
    """Opens /dev/null for closed standard streams, and escapes characters that the terminal cannot show."""
    for number, name in ((0, "stdin"), (1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)  # otherwise the next file opened would take its number
            if descriptor != number:
                os.dup2(descriptor, number)
                os.close(descriptor)
            # The descriptor stays open until the interpreter ends.
            setattr(sys, name, open(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def on_terminal(name: str) -> bool:
    """Is ``stdout`` or ``stderr`` a terminal?"""
    stream = getattr(sys, name)
    try:
        return bool(stream.isatty())
    except ValueError:  # the stream has been closed
        return False
