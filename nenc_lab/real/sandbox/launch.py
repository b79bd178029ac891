"""The data passed on when a sandbox starts: to its supervisor, and to the first process inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict


@dataclass(frozen=True, slots=True)
class Launch:
    """What a supervisor is to start. ``@FOLDER@`` in command, environment and files becomes the private folder."""

    command: list[str]
    environment: dict[str, str]
    files: dict[str, str]
    """Text of the files in the private folder, by name."""
    descriptors: list[int]
    """Descriptors that the sandbox inherits; they stay open in the lab."""
    bases: list[str]
    """Folders in which the private folder may be made, best first."""
    free_bytes: int = 1 << 20
    """Space that must be free there."""
    executable: bool = False
    """Whether it must be possible to map files there as programs."""
    cpu: int | None = None
    """The CPU to bind the sandbox to, if that is possible; None for no binding."""
    as_root: bool = False
    """True when the sandbox must be root in a PID namespace. Otherwise it gets a PID namespace as the present user, if
    this machine allows one.
    """


class Setup(TypedDict):
    """The setup file: what the first process inside needs to know."""

    path: list[str]
    """sys.path of the lab."""
    cwd: str
    preload: list[str]
    """Modules that the server imports before the first call."""
    folder: str
    """The private folder."""
    channel: int
    heartbeat: int
    """Descriptors of the two streams to the lab. A guest uses serial lines instead."""


class About(TypedDict, total=False):
    """Describes a sandbox; it becomes ``place`` in run.json, together with the sandbox's name."""

    kernel: str
    """Release of the kernel."""
    hz: int
    memory_mb: int
    modules_missing: list[str]
    """Kernel modules that a guest could not load."""
    processors: list[int]
    """CPUs that it may run on."""
    boot_s: float
    warm_s: float
    """Time that the imports took, s."""
