"""What is sent along when a sandbox starts: to its supervisor, and to the first process inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict


@dataclass(frozen=True, slots=True)
class Launch:
    """What a supervisor is to start. ``@FOLDER@`` in command, environment and files becomes the private folder."""

    command: list[str]
    environment: dict[str, str]
    files: dict[str, str]
    """Text by name, in the private folder."""
    descriptors: list[int]
    """Inherited by the sandbox; they stay open in the lab."""
    bases: list[str]
    """Where the private folder may be, best first."""
    free_bytes: int = 1 << 20
    """How much must be free there."""
    executable: bool = False
    """Whether files there must be fit for mapping as programs."""
    cpu: int | None = None
    """The one CPU that the sandbox runs on, where it may be bound."""
    as_root: bool = False
    """Whether the sandbox must be confined to a PID namespace, as root. Otherwise it is confined where that is allowed,
    as the present user."""


class Setup(TypedDict):
    """The setup file: what the first process inside has to know."""

    path: list[str]
    """sys.path of the lab."""
    cwd: str
    preload: list[str]
    """Modules that the server imports before the first call."""
    folder: str
    """The private folder."""
    channel: int
    heartbeat: int
    """Descriptors of the two streams to the lab. A guest has serial lines in their place."""


class About(TypedDict, total=False):
    """What a sandbox is: ``place`` in run.json, together with its name."""

    kernel: str
    """Release."""
    hz: int
    memory_mb: int
    modules_missing: list[str]
    """Kernel modules that a guest could not load."""
    processors: list[int]
    """CPUs that it may run on."""
    boot_s: float
    warm_s: float
    """Of the imports."""
