"""Finds and removes what sandboxes leave behind when lab and supervisor are killed together."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from nenc_lab.real.sandbox.ownership import PATTERN, Owner
from nenc_lab.real.sandbox.private_folder import PREFIX, bases
from nenc_lab.real.sandbox.processes import all_pids, command_line, end_processes_in, start_ticks, working_folder

NAME = re.compile(rf"{PREFIX}({PATTERN})-\w*", re.ASCII)
END_S = 5.0


@dataclass(slots=True)
class Leftover:
    """Private folders and processes of one owner."""

    owner: Owner
    folders: list[Path] = field(default_factory=list)
    processes: dict[int, int] = field(default_factory=dict)
    """Start times in clock ticks by PID, because a PID may have been reused since."""

    def is_in_use(self) -> bool:
        """Returns whether its lab still runs, or nobody here can tell."""
        return not self.owner.is_here() or self.owner.is_alive()


def find() -> list[Leftover]:
    """Returns everything of this user that has a sandbox's label, whether in use or not."""
    found: dict[Owner, Leftover] = {}
    for owner, folder in _folders():
        found.setdefault(owner, Leftover(owner)).folders.append(folder)
    for owner, pid in _processes():
        if (start := start_ticks(pid)) is not None:
            found.setdefault(owner, Leftover(owner)).processes[pid] = start
    return sorted(found.values(), key=lambda left: (left.owner.namespace, left.owner.pid, left.owner.start_ticks))


def remove(left: Leftover) -> None:
    """Ends the processes and deletes the folders of ``left``, unless it is in use. Raises OSError."""
    if left.is_in_use():
        return
    deadline = time.monotonic() + END_S
    while (alive := [pid for pid, start in left.processes.items() if start_ticks(pid) == start]) and (
        time.monotonic() < deadline
    ):
        for pid in alive:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)
    for folder in left.folders:
        end_processes_in(folder)
        with suppress(FileNotFoundError):  # its supervisor may be cleaning up too
            shutil.rmtree(folder)


def _label(name: str) -> Owner | None:
    found = NAME.fullmatch(name)
    return Owner.of(found[1]) if found else None


def _folders() -> Iterator[tuple[Owner, Path]]:
    for base in bases():
        for entry in os.scandir(base):
            owner = _label(entry.name)
            with suppress(FileNotFoundError):
                if owner and entry.is_dir(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_uid == _me():
                    yield owner, Path(entry.path)


def _processes() -> Iterator[tuple[Owner, int]]:
    """Yields processes that work in a private folder, even a deleted one, and supervisors, known by their command."""
    for pid in all_pids():
        try:
            if os.stat(f"/proc/{pid}").st_uid != _me():
                continue
        except OSError:
            continue
        if (folder := working_folder(pid)) is None:
            continue
        words = (Path(folder).name, *command_line(pid))
        owner = next((owner for word in words if (owner := _label(word)) is not None), None)
        if owner is not None:
            yield owner, pid


def _me() -> int:
    return os.geteuid()
