"""The places there are, by name."""

from __future__ import annotations

from collections.abc import Sequence

from nenc_lab.errors import EnvironmentError_, InputError
from nenc_lab.real.sandbox import host, uml
from nenc_lab.real.sandbox.base import Place
from nenc_lab.real.sandbox.guest import MEMORY_MB, Guest
from nenc_lab.real.sandbox.host import Host

KINDS = ("auto", "host", "guest")


def open_place(kind: str = "auto", memory_mb: int = MEMORY_MB, warm: Sequence[str] = ()) -> Place:
    """A context manager. ``memory_mb`` is a guest's; ``warm`` names modules that are imported before the first call.

    ``auto`` is the host where that can emulate networks (it is tried), else the guest. Raises EnvironmentError_ here or
    when it is entered.
    """
    if kind == "host":
        return Host(warm)
    if kind == "guest":
        return Guest(memory_mb, warm)
    if kind != "auto":
        raise InputError(f"{kind!r} is no place: {', '.join(KINDS)}")
    obstacle = host.obstacle()
    if obstacle is None:
        return Host(warm)
    if uml.find() is None:
        raise EnvironmentError_(f"real networks can run neither here nor in a guest: {obstacle}; or {uml.REMEDY}")
    return Guest(memory_mb, warm)
