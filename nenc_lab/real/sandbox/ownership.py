"""Whose it is: the label on everything a place makes, and whether the owner it names is still there.

``PIDNS-PID-START``: the PID namespace (a folder may be seen from another container), the process, and when that was
started (numbers are used again).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Self

PATTERN = r"(\d+)-(\d+)-(\d+)"


@dataclass(frozen=True, slots=True)
class Owner:
    namespace: int
    """Inode of the PID namespace."""
    pid: int
    start_ticks: int
    """Field 22 of /proc/PID/stat: clock ticks since boot."""

    def __str__(self) -> str:
        return f"{self.namespace}-{self.pid}-{self.start_ticks}"

    @classmethod
    def me(cls) -> Self:
        start = start_ticks(os.getpid())
        assert start is not None, "a process finds itself in /proc"
        return cls(_namespace(), os.getpid(), start)

    @classmethod
    def of(cls, label: str) -> Self | None:
        """The owner a label names; None when it is no label."""
        found = re.fullmatch(PATTERN, label)
        return cls(*(int(group) for group in found.groups())) if found else None

    def is_here(self) -> bool:
        """Can this process see whether the owner lives?"""
        return self.namespace == _namespace()

    def is_alive(self) -> bool:
        return start_ticks(self.pid) == self.start_ticks


def start_ticks(pid: int) -> int | None:
    """When the process was started; None when it is gone or a zombie."""
    fields = stat_fields(pid)
    return None if fields is None or fields[0] in "ZX" else int(fields[19])


def stat_fields(pid: int) -> list[str] | None:
    """Fields 3 (state) and on of /proc/PID/stat; None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def command_line(pid: int) -> list[str]:
    """Its words; none when it has ended or may not be seen."""
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
            return file.read().split("\0")
    except OSError:
        return []


def _namespace() -> int:
    return os.stat("/proc/self/ns/pid").st_ino
