"""The label on everything that a sandbox makes: it names the owning process, and shows whether that still runs.

It is ``PIDNS-PID-START``: the PID namespace (a folder may be seen from another container), the process, and its start
time (PIDs are reused).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Self

from nenc_lab.real.sandbox.processes import start_ticks

PATTERN = r"(\d+)-(\d+)-(\d+)"


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that opened a sandbox."""

    namespace: int
    """Inode of the PID namespace."""
    pid: int
    start_ticks: int
    """Field 22 of /proc/PID/stat: clock ticks since boot."""

    def __str__(self) -> str:
        return f"{self.namespace}-{self.pid}-{self.start_ticks}"

    @classmethod
    def me(cls) -> Self:
        """Returns this process as an owner."""
        start = start_ticks(os.getpid())
        assert start is not None, "a process finds itself in /proc"
        return cls(_namespace(), os.getpid(), start)

    @classmethod
    def of(cls, label: str) -> Self | None:
        """Returns the owner that a label names, or None when the text is not a label."""
        found = re.fullmatch(PATTERN, label)
        return cls(*(int(group) for group in found.groups())) if found else None

    def is_here(self) -> bool:
        """Returns whether this process can tell if the owner is alive."""
        return self.namespace == _namespace()

    def is_alive(self) -> bool:
        return start_ticks(self.pid) == self.start_ticks


def _namespace() -> int:
    return os.stat("/proc/self/ns/pid").st_ino
