"""What places have left behind whose lab and keeper were killed at once: finds it, removes what is nobody's."""

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

from nenc_lab.real.sandbox.ownership import PATTERN, Owner, command_line, start_ticks
from nenc_lab.real.sandbox.scratch import PREFIX, bases, end_processes_in

NAME = re.compile(rf"{PREFIX}({PATTERN})-\w*", re.ASCII)
END_S = 5.0


@dataclass(slots=True)
class Leftover:
    """Folders and processes of one owner."""

    owner: Owner
    folders: list[Path] = field(default_factory=list)
    processes: dict[int, int] = field(default_factory=dict)
    """Start time in clock ticks, by number: so that nobody else is met who was given the number since."""

    def is_in_use(self) -> bool:
        """Its lab runs, or nobody here can tell."""
        return not self.owner.is_here() or self.owner.is_alive()


def find() -> list[Leftover]:
    """Everything of this user that bears a place's label, in use or not."""
    found: dict[Owner, Leftover] = {}
    for owner, folder in _folders():
        found.setdefault(owner, Leftover(owner)).folders.append(folder)
    for owner, pid in _processes():
        if (start := start_ticks(pid)) is not None:
            found.setdefault(owner, Leftover(owner)).processes[pid] = start
    return sorted(found.values(), key=lambda left: (left.owner.namespace, left.owner.pid, left.owner.start_ticks))


def remove(left: Leftover) -> None:
    """Ends its processes, deletes its folders. Whoever is in use is left alone. Raises OSError."""
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
        with suppress(FileNotFoundError):  # its keeper is cleaning, too
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
    """Those that work in a private folder, which may be deleted; and keepers, which say the label in their command."""
    for name in os.listdir("/proc"):
        if not name.isdecimal():
            continue
        try:
            if os.stat(f"/proc/{name}").st_uid != _me():
                continue
            place = Path(os.readlink(f"/proc/{name}/cwd").removesuffix(" (deleted)")).name
        except OSError:
            continue
        owner = next((owner for word in (place, *command_line(int(name))) if (owner := _label(word)) is not None), None)
        if owner is not None:
            yield owner, int(name)


def _me() -> int:
    return os.geteuid()
