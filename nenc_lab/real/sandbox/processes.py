"""Processes as /proc shows them: which ones exist, whose they are, and how to end them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path


def all_pids() -> Iterator[int]:
    """Yields every process that this one can see."""
    return map(int, filter(str.isdecimal, os.listdir("/proc")))


def stat_fields(pid: int) -> list[str] | None:
    """Returns field 3 (state) and the following ones of /proc/PID/stat; None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def start_ticks(pid: int) -> int | None:
    """Returns the start time of a process in clock ticks since boot; None when it has ended or is a zombie."""
    fields = stat_fields(pid)
    return None if fields is None or fields[0] in "ZX" else int(fields[19])


def command_line(pid: int) -> list[str]:
    """Returns the words of its command line; none when it has ended or may not be read."""
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
            return file.read().split("\0")
    except OSError:
        return []


def working_folder(pid: int) -> str | None:
    """Returns the working folder, even a deleted one; None when the process has ended or belongs to another user."""
    try:
        return os.readlink(f"/proc/{pid}/cwd").removesuffix(" (deleted)")
    except OSError:
        return None


def children(pid: int) -> list[int]:
    """Returns the processes that ``pid`` has started or adopted."""
    return [child for child in all_pids() if (fields := stat_fields(child)) is not None and int(fields[1]) == pid]


def end_all(timeout_s: float = 5.0) -> bool:
    """Kills and reaps all descendants of this process, and returns whether all are gone.

    The process must have called `adopt_orphans`.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            while os.waitpid(-1, os.WNOHANG)[0] != 0:
                pass
        except ChildProcessError:
            return True
        if time.monotonic() > deadline:
            return False
        for pid in children(os.getpid()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)


def processes_in(folder: Path) -> list[int]:
    """Returns the processes whose working folder is ``folder``.

    A sandbox's processes all start in its private folder, and those in a guest have no telling command line.
    """
    return [pid for pid in all_pids() if working_folder(pid) == str(folder)]


def end_processes_in(folder: Path, timeout_s: float = 5.0) -> list[int]:
    """Kills the processes that work in ``folder`` until none is left, and returns those it killed."""
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
    """Returns the proportional set size of all these processes, in megabytes."""
    total_kb = 0
    for pid in processes:
        with suppress(OSError):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
            total_kb += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total_kb // 1024
