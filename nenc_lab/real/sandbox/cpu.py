"""Chooses the one CPU that a guest runs on: its kernel and its programs wait for each other at every system call.

On two CPUs each of these hand-overs wakes another CPU. Under a load of 60 Mbit/s the guest then had no time left; on
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
"""Prefix of the word in a guest kernel's command line that names the guest."""


def choose() -> int:
    """Chooses, among the CPUs this process may use, the one with the fewest guests, then the fastest, then the last.

    Interrupts prefer the first CPU. Guests in other containers, and those that start at this moment, are not seen.
    """
    guests = Counter(number for _, number in _bound())
    return min(os.sched_getaffinity(0), key=lambda number: (guests[number], -_highest_khz(number), -number))


def allowed(pid: int) -> list[int]:
    """Returns the CPUs that a process may run on; none when it has ended."""
    with suppress(OSError):
        return sorted(os.sched_getaffinity(pid))
    return []


def _bound() -> set[tuple[str, int]]:
    """Returns (guest, CPU) for every guest that is bound to one CPU, including other users' guests."""
    found: set[tuple[str, int]] = set()
    for pid in all_pids():
        guest = next((word for word in command_line(pid) if word.startswith(GUEST)), None)
        if guest is not None and len(numbers := allowed(pid)) == 1:
            found.add((guest, numbers[0]))
    return found


def _highest_khz(number: int) -> int:
    """Returns the highest clock frequency of a CPU in kHz; 0 when it is not known."""
    try:
        return int(Path(f"/sys/devices/system/cpu/cpu{number}/cpufreq/cpuinfo_max_freq").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0
