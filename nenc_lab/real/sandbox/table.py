"""The kinds of sandbox, by name."""

from __future__ import annotations

from collections.abc import Sequence

from nenc_lab.errors import InputError, MachineError
from nenc_lab.real.sandbox import host, uml
from nenc_lab.real.sandbox.base import Sandbox
from nenc_lab.real.sandbox.guest import MEMORY_MB, Guest
from nenc_lab.real.sandbox.host import Host

KINDS = ("auto", "host", "guest")


def open_sandbox(kind: str = "auto", memory_mb: int = MEMORY_MB, preload: Sequence[str] = ()) -> Sandbox:
    """Returns a sandbox, which is a context manager; see `Sandbox`. ``memory_mb`` applies to a guest.

    ``auto`` chooses the host when its kernel can emulate networks (which is tried), and otherwise a guest. Raises
    InputError for an unknown kind, and MachineError here or when the sandbox is entered.
    """
    if kind == "host":
        return Host(preload)
    if kind == "guest":
        return Guest(memory_mb, preload)
    if kind != "auto":
        raise InputError(f"{kind!r} is not a kind of sandbox; the kinds are {', '.join(KINDS)}")
    obstacle = host.obstacle()
    if obstacle is None:
        return Host(preload)
    if uml.find() is None:
        raise MachineError(f"real networks can run neither here nor in a guest: {obstacle}; or {uml.REMEDY}")
    return Guest(memory_mb, preload)
