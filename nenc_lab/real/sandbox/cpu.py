"""Which processor a guest runs on: one alone, for its kernel and its programs wait for each other at every system call.

On two, each of these hand-overs wakes another processor: under a load of 60 Mbit/s the guest then had no time left, and
on one it was idle for a quarter of it.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path

from nenc_lab.real.sandbox.ownership import command_line
from nenc_lab.real.sandbox.uml import NAMED

GUEST = f"{NAMED}nenc-"
"""Begins the word in the command line of a guest's kernel that names the guest."""


def for_a_guest() -> int:
    """Of those this process may use, the one with the fewest guests; of these the fastest; of these the last, as
    interrupts prefer the first. Guests in other PID namespaces (containers) cannot be seen, nor those of labs that
    start at this moment."""
    taken = Counter(number for _, number in _bound())
    return min(os.sched_getaffinity(0), key=lambda number: (taken[number], -_highest_khz(number), -number))


def of(pid: int) -> list[int]:
    """Those that a process may run on; none when it has ended."""
    with suppress(OSError):
        return sorted(os.sched_getaffinity(pid))
    return []


def _bound() -> set[tuple[str, int]]:
    """(guest, processor) of guests' kernels that are bound to one, other users' too."""
    found: set[tuple[str, int]] = set()
    for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))):
        guest = next((word for word in command_line(pid) if word.startswith(GUEST)), None)
        if guest is not None and len(numbers := of(pid)) == 1:
            found.add((guest, numbers[0]))
    return found


def _highest_khz(number: int) -> int:
    """Of a processor's clock; 0 where nobody says."""
    try:
        return int(Path(f"/sys/devices/system/cpu/cpu{number}/cpufreq/cpuinfo_max_freq").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0
