"""The places there are, by name."""

from __future__ import annotations

from collections.abc import Sequence

from nenc_lab.errors import InputError
from nenc_lab.place.base import Place
from nenc_lab.place.guest import MEMORY_MB, Guest

KINDS = ("auto", "host", "guest")


def open_place(kind: str = "auto", memory_mb: int = MEMORY_MB, warm: Sequence[str] = ()) -> Place:
    """A context manager. ``memory_mb`` is a guest's; ``warm`` names modules that are imported before the first call."""
    if kind == "guest":
        return Guest(memory_mb, warm)
    raise InputError(f"{kind!r} is no place: {', '.join(KINDS)}")
