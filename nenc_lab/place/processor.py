"""Which processor a guest runs on: one alone, for its kernel and its programs wait for each other at every system call.

On two, each of these hand-overs wakes another processor: under a load of 60 Mbit/s the guest then had no time left, and
on one it was idle for a quarter of it.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path

GUEST = b"\0umid=nenc-"
"""In the command line of a guest's kernel."""


def for_a_guest() -> int:
    """Of those this process may use, the one with the fewest guests; of these the last, as interrupts prefer the
    first."""
    taken = Counter(_alone())
    return min(os.sched_getaffinity(0), key=lambda number: (taken[number], -number))


def _alone() -> list[int]:
    """The processors that guests' kernels are bound to, some more than once; other users' guests count as well."""
    found = []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(OSError, ValueError):
            if GUEST in Path("/proc", name, "cmdline").read_bytes():
                (number,) = os.sched_getaffinity(int(name))
                found.append(number)
    return found
