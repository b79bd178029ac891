"""Where the private folder of a place may be, and how it is named."""

from __future__ import annotations

import os
import re
import signal
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

PREFIX = "nenc-place-"
SAFE = re.compile(r"/[\w./+-]{0,60}", re.ASCII)
"""A guest's kernel takes its command line apart at spaces, and a socket's path is short."""


def bases() -> list[str]:
    """Folders for temporary files, best first: memory before disk."""
    wanted = ["/dev/shm", tempfile.gettempdir(), "/tmp", "/var/tmp"]
    found = [base for base in wanted if SAFE.fullmatch(base) and os.path.isdir(base) and os.access(base, os.W_OK)]
    return list(dict.fromkeys(found))


def processes_in(folder: Path) -> list[int]:
    """Processes whose working directory is the private folder: the keeper starts all of a place there, and a guest's
    processes have no command line that would name it."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdecimal():
            continue
        try:
            place = os.readlink(f"/proc/{name}/cwd")
        except OSError:
            continue  # gone, or somebody else's
        if place.removesuffix(" (deleted)") == str(folder):
            found.append(int(name))
    return found


def end_processes_in(folder: Path, timeout_s: float = 5.0) -> list[int]:
    """Kills them until there are none; returns whom it has killed."""
    killed: set[int] = set()
    deadline = time.monotonic() + timeout_s
    while (left := processes_in(folder)) and time.monotonic() < deadline:
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
        time.sleep(0.005)
    return sorted(killed)


def memory_mb(processes: Iterable[int]) -> int:
    """Proportional set size of them all."""
    total_kb = 0
    for pid in processes:
        with suppress(OSError):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
            total_kb += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total_kb // 1024
