"""Which CPU a guest runs on: one alone, because its kernel and its programs wait for each other at every system call.

On two CPUs each of these hand-overs wakes another one. Under a load of 60 Mbit/s the guest then had no time left; on
one CPU it was idle for a quarter of the time.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path

from nenc_lab.real.sandbox.processes import all_pids, command_line
from nenc_lab.real.sandbox.uml import NAME_OPTION

GUEST = f"{NAME_OPTION}nenc-"
"""Begins the word in the command line of a guest's kernel that names the guest."""


def choose() -> int:
    """Of the CPUs this process may use, the one with the fewest guests, then the fastest, then the last (interrupts
    prefer the first). Guests in other containers cannot be seen, nor those that start at this moment."""
    guests = Counter(number for _, number in _bound())
    return min(os.sched_getaffinity(0), key=lambda number: (guests[number], -_highest_khz(number), -number))


def allowed(pid: int) -> list[int]:
    """The CPUs that a process may run on; none when it has ended."""
    with suppress(OSError):
        return sorted(os.sched_getaffinity(pid))
    return []


def _bound() -> set[tuple[str, int]]:
    """(guest, CPU) of every guest that is bound to one CPU, other users' guests too."""
    found: set[tuple[str, int]] = set()
    for pid in all_pids():
        guest = next((word for word in command_line(pid) if word.startswith(GUEST)), None)
        if guest is not None and len(numbers := allowed(pid)) == 1:
            found.add((guest, numbers[0]))
    return found


def _highest_khz(number: int) -> int:
    """The highest clock of a CPU; 0 where nobody says."""
    try:
        return int(Path(f"/sys/devices/system/cpu/cpu{number}/cpufreq/cpuinfo_max_freq").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0
